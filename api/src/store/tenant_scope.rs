//! Reading one tenant's rows. The filter is added here, so that a query cannot forget it.

use super::{connect::Database, error::StoreError, kept::Reader, write_tx::WriteTx};
use crate::domain::ids::TenantId;
use entity::TenantOwned;
use sea_orm::{
    ColumnTrait as _, ConnectionTrait, EntityTrait, ExprTrait as _, QueryFilter as _, QuerySelect as _,
    Select,
    sea_query::{Asterisk, Expr},
};
use uuid::Uuid;

/// A handle on one tenant's rows, inside or outside a transaction. Query functions take `&impl Scoped`.
pub trait Scoped: Sync {
    /// The connection or transaction.
    type Connection: ConnectionTrait + Send + Sync;
    /// What to execute on.
    fn connection(&self) -> &Self::Connection;
    /// Whose rows.
    fn tenant_id(&self) -> TenantId;
    /// Rows of `E` that belong to the tenant.
    #[expect(clippy::disallowed_methods, reason = "the place that adds the tenant")]
    fn find<E: TenantOwned>(&self) -> Select<E> {
        E::find().filter(E::TENANT_ID.eq(self.tenant_id().0))
    }
    /// The tenant's row of `E` with this id.
    fn find_id<E: TenantOwned>(&self, id: impl Into<Uuid>) -> Select<E> {
        self.find::<E>().filter(E::ID.eq(id.into()))
    }
}

/// How many rows this finds. One statement.
pub(super) async fn count_rows<E: EntityTrait>(
    s: &impl Scoped,
    query: Select<E>,
) -> Result<usize, StoreError> {
    let query = query.select_only().column_as(Expr::col(Asterisk).count(), "count");
    let found: Option<i64> = query.into_tuple().one(s.connection()).await?;
    Ok(found.and_then(|count| usize::try_from(count).ok()).unwrap_or_default())
}

/// One tenant's rows, for reading. Cheap to clone.
#[derive(Clone, Debug)]
pub struct TenantScope {
    database: Database,
    tenant: TenantId,
}

impl TenantScope {
    pub(super) fn new(database: Database, tenant: TenantId) -> Self {
        Self { database, tenant }
    }
    /// Begins a write transaction on this tenant's rows.
    ///
    /// # Errors
    /// [`StoreError::Busy`] when the database has no capacity.
    pub async fn begin_write(&self) -> Result<WriteTx, StoreError> {
        WriteTx::begin(self.database.clone(), self.tenant).await
    }
    /// The database behind it.
    #[must_use]
    pub fn database(&self) -> &Database {
        &self.database
    }
}

impl Scoped for TenantScope {
    type Connection = Reader;
    fn connection(&self) -> &Reader {
        self.database.reader()
    }
    fn tenant_id(&self) -> TenantId {
        self.tenant
    }
}

/// Reads past tenants: sign-in, links, the worker, the operator. Made by [`Database::across_tenants`] with a reason.
#[derive(Clone, Debug)]
pub struct AcrossTenants(Database);

impl AcrossTenants {
    pub(super) fn new(database: Database) -> Self {
        Self(database)
    }
    /// Rows of `E` of every tenant.
    #[expect(clippy::disallowed_methods, reason = "made only with a stated reason")]
    pub fn find<E: EntityTrait>(&self) -> Select<E> {
        E::find()
    }
    /// What to execute on.
    #[must_use]
    pub fn connection(&self) -> &Reader {
        self.0.reader()
    }
}
