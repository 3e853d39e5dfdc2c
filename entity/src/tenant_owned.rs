//! What every table of a tenant has in common.

use sea_orm::{ActiveModelTrait, EntityTrait, ModelTrait};

/// A table whose rows belong to one tenant. The store adds the tenant to every query and to every insert, and the
/// schema makes a reference to another tenant's row impossible.
pub trait TenantOwned:
    EntityTrait<
        Model: ModelTrait<Entity = Self> + Send + Sync,
        ActiveModel: ActiveModelTrait<Entity = Self> + Send,
    >
{
    /// The primary key, a UUIDv7.
    const ID: Self::Column;
    /// The owner.
    const TENANT_ID: Self::Column;
}

/// A table whose rows two people may edit at once: a save names the version it started from.
pub trait Versioned: TenantOwned {
    /// Starts at 1 and rises by one with each save.
    const VERSION: Self::Column;
}
