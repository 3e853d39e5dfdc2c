//! Rows of organisations, users, their sessions and sign-in links.

use super::{connect::Database, error::StoreError, tenant_scope::Scoped, write_tx::WriteTx};
use crate::domain::{
    Role,
    email_address::EmailAddress,
    ids::{LoginSessionId, TenantId, UserId, UserLinkId},
    user::{Organisation, User, UserLinkPurpose, UserState},
};
use chrono::{DateTime, Utc};
use entity::{login_session, tenant, user_account, user_link};
use sea_orm::{
    ColumnTrait as _, ConnectionTrait, DbBackend, EntityTrait as _, PaginatorTrait as _, QueryFilter as _,
    QueryOrder as _, Set, sea_query::Expr,
};

/// A user to insert.
#[derive(Clone, Debug)]
pub struct NewUser {
    /// Who.
    pub id: UserId,
    /// Name as shown.
    pub name: String,
    /// Address; unique in the installation.
    pub email: EmailAddress,
    /// What they may do.
    pub role: Role,
    /// With a hash the user is active, without one invited.
    pub password_hash: Option<String>,
    /// When.
    pub created_at: DateTime<Utc>,
}

/// A session to insert.
#[derive(Clone, Debug)]
pub struct NewSession {
    /// Which.
    pub id: LoginSessionId,
    /// Whose.
    pub user_id: UserId,
    /// SHA-256 of the cookie.
    pub token_hash: Vec<u8>,
    /// When.
    pub created_at: DateTime<Utc>,
    /// From where.
    pub client_address: String,
    /// With what.
    pub user_agent: String,
}

/// A session as stored, with its user and organisation.
#[derive(Clone, Debug)]
pub struct Session {
    /// Which.
    pub id: LoginSessionId,
    /// SHA-256 of the cookie.
    pub token_hash: Vec<u8>,
    /// When it began.
    pub created_at: DateTime<Utc>,
    /// When it was last used, to within five minutes.
    pub last_seen_at: DateTime<Utc>,
    /// When it was ended.
    pub ended_at: Option<DateTime<Utc>>,
    /// Whose.
    pub user: User,
    /// For whom.
    pub tenant: Organisation,
}

/// A sign-in link to insert; its secret is set when it is mailed or printed.
#[derive(Clone, Debug)]
pub struct NewUserLink {
    /// Which.
    pub id: UserLinkId,
    /// Whose.
    pub user_id: UserId,
    /// Why.
    pub purpose: UserLinkPurpose,
    /// The hash of a secret that nobody knows, until the real one is minted.
    pub placeholder: Vec<u8>,
    /// When.
    pub created_at: DateTime<Utc>,
}

/// A sign-in link as stored.
#[derive(Clone, Debug)]
pub struct UserLink {
    /// Which.
    pub id: UserLinkId,
    /// Why.
    pub purpose: UserLinkPurpose,
    /// SHA-256 of its secret.
    pub secret_hash: Vec<u8>,
    /// Until when it works; the moment it was made, until a secret is minted.
    pub expires_at: DateTime<Utc>,
    /// When it was used.
    pub used_at: Option<DateTime<Utc>>,
}

fn organisation(row: tenant::Model) -> Organisation {
    Organisation {
        id: TenantId(row.id),
        name: row.name,
        time_zone: row.time_zone,
        created_at: row.created_at,
    }
}

fn user_of(row: user_account::Model) -> Result<User, StoreError> {
    Ok(User {
        role: Role::parse(&row.role).ok_or_else(|| StoreError::corrupt("user_account", "role", row.id))?,
        state: UserState::parse(&row.state)
            .ok_or_else(|| StoreError::corrupt("user_account", "state", row.id))?,
        id: UserId(row.id),
        tenant_id: TenantId(row.tenant_id),
        name: row.name,
        email: row.email,
        password_hash: row.password_hash,
        version: row.version,
    })
}

#[expect(clippy::disallowed_methods, reason = "organisations belong to no tenant")]
async fn count_tenants(on: &impl ConnectionTrait) -> Result<u64, StoreError> {
    Ok(tenant::Entity::find().count(on).await?)
}

/// Whether an organisation exists.
///
/// # Errors
/// When the database does not answer.
pub async fn any_tenant(database: &Database) -> Result<bool, StoreError> {
    Ok(count_tenants(database.reader()).await? > 0)
}

/// Whether an organisation exists, inside a write transaction. Until that ends, others who ask wait for their answer:
/// of two who set up at once, each would otherwise find none.
///
/// # Errors
/// When the database does not answer.
pub async fn any_tenant_in(tx: &WriteTx) -> Result<bool, StoreError> {
    let on = tx.connection();
    // SQLite lets one transaction write at a time.
    if on.get_database_backend() == DbBackend::Postgres {
        on.execute_unprepared("SELECT pg_advisory_xact_lock(4158842)").await?;
    }
    Ok(count_tenants(on).await? > 0)
}

/// Every organisation, oldest first.
///
/// # Errors
/// When the database does not answer.
pub async fn tenants(database: &Database) -> Result<Vec<Organisation>, StoreError> {
    let all = database.across_tenants("operator's commands and timers name organisations");
    let rows = all.find::<tenant::Entity>().order_by_asc(tenant::Column::Id).all(all.connection()).await?;
    Ok(rows.into_iter().map(organisation).collect())
}

/// One organisation.
///
/// # Errors
/// When the database does not answer.
pub async fn tenant(scope: &impl Scoped) -> Result<Option<Organisation>, StoreError> {
    #[expect(
        clippy::disallowed_methods,
        reason = "organisations belong to no tenant; this is the scope's own"
    )]
    let row = tenant::Entity::find_by_id(scope.tenant_id().0).one(scope.connection()).await?;
    Ok(row.map(organisation))
}

/// Inserts the organisation of this transaction.
///
/// # Errors
/// When the database cannot be written.
pub async fn insert_tenant(tx: &mut WriteTx, new: &Organisation) -> Result<(), StoreError> {
    let row = tenant::ActiveModel {
        id: Set(new.id.0),
        name: Set(new.name.clone()),
        time_zone: Set(new.time_zone.clone()),
        locale: Set("en".to_owned()),
        reference_prefix: Set("AIQ".to_owned()),
        next_reference: Set(1),
        audit_seq: Set(0),
        audit_head: Set(String::new()),
        created_at: Set(new.created_at),
        version: Set(1),
    };
    #[expect(clippy::disallowed_methods, reason = "organisations belong to no tenant")]
    tenant::Entity::insert(row).exec_without_returning(tx.connection()).await?;
    Ok(())
}

/// Inserts a user.
///
/// # Errors
/// [`StoreError::Duplicate`] when the address exists in the installation.
pub async fn insert_user(tx: &mut WriteTx, new: NewUser) -> Result<User, StoreError> {
    let state = if new.password_hash.is_some() { UserState::Active } else { UserState::Invited };
    let row = user_account::ActiveModel {
        id: Set(new.id.0),
        tenant_id: Set(tx.tenant_id().0),
        email: Set(new.email.typed().to_owned()),
        email_canonical: Set(new.email.canonical().to_owned()),
        name: Set(new.name.clone()),
        role: Set(new.role.to_string()),
        password_hash: Set(new.password_hash.clone()),
        state: Set(state.to_string()),
        created_at: Set(new.created_at),
        last_sign_in_at: Set(None),
        version: Set(1),
    };
    tx.insert::<user_account::Entity>(row).await?;
    Ok(User {
        id: new.id,
        tenant_id: tx.tenant_id(),
        name: new.name,
        email: new.email.typed().to_owned(),
        role: new.role,
        password_hash: new.password_hash,
        state,
        version: 1,
    })
}

/// The session with this hash, with its user and organisation: one statement, because every request asks it.
///
/// # Errors
/// When the database does not answer.
pub async fn session_by_hash(database: &Database, hash: &[u8]) -> Result<Option<Session>, StoreError> {
    let all = database.across_tenants("the session says which organisation it belongs to");
    let found = all
        .find::<login_session::Entity>()
        .filter(login_session::Column::TokenHash.eq(hash))
        .find_also(login_session::Entity, user_account::Entity)
        .find_also(user_account::Entity, tenant::Entity)
        .one(all.connection())
        .await?;
    let Some((session, Some(user), Some(tenant))) = found else { return Ok(None) };
    Ok(Some(Session {
        id: LoginSessionId(session.id),
        token_hash: session.token_hash,
        created_at: session.created_at,
        last_seen_at: session.last_seen_at,
        ended_at: session.ended_at,
        user: user_of(user)?,
        tenant: organisation(tenant),
    }))
}

/// Inserts a session.
///
/// # Errors
/// When the database cannot be written.
pub async fn insert_session(tx: &mut WriteTx, new: NewSession) -> Result<(), StoreError> {
    tx.update_many::<user_account::Entity>()
        .col_expr(user_account::Column::LastSignInAt, Expr::value(new.created_at))
        .filter(user_account::Column::Id.eq(new.user_id.0))
        .exec(tx.connection())
        .await?;
    tx.insert::<login_session::Entity>(login_session::ActiveModel {
        id: Set(new.id.0),
        tenant_id: Set(tx.tenant_id().0),
        user_id: Set(new.user_id.0),
        token_hash: Set(new.token_hash),
        created_at: Set(new.created_at),
        last_seen_at: Set(new.created_at),
        ended_at: Set(None),
        client_address: Set(new.client_address),
        user_agent: Set(new.user_agent),
    })
    .await
}

/// Notes that a session was used.
///
/// # Errors
/// When the database cannot be written.
pub async fn touch_session(
    tx: &mut WriteTx,
    id: LoginSessionId,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    tx.update_many::<login_session::Entity>()
        .col_expr(login_session::Column::LastSeenAt, Expr::value(now))
        .filter(login_session::Column::Id.eq(id.0))
        .exec(tx.connection())
        .await?;
    Ok(())
}

/// Ends the session with this hash.
///
/// # Errors
/// When the database cannot be written.
pub async fn end_session(tx: &mut WriteTx, hash: &[u8], now: DateTime<Utc>) -> Result<(), StoreError> {
    tx.update_many::<login_session::Entity>()
        .col_expr(login_session::Column::EndedAt, Expr::value(now))
        .filter(login_session::Column::TokenHash.eq(hash))
        .exec(tx.connection())
        .await?;
    Ok(())
}

/// Ends every session of a user.
///
/// # Errors
/// When the database cannot be written.
pub async fn end_sessions_of(tx: &mut WriteTx, user: UserId, now: DateTime<Utc>) -> Result<(), StoreError> {
    tx.update_many::<login_session::Entity>()
        .col_expr(login_session::Column::EndedAt, Expr::value(now))
        .filter(login_session::Column::UserId.eq(user.0))
        .filter(login_session::Column::EndedAt.is_null())
        .exec(tx.connection())
        .await?;
    Ok(())
}

/// Whether the user has ever begun a session from this address.
///
/// # Errors
/// When the database does not answer.
pub async fn has_signed_in_from(
    database: &Database,
    user: UserId,
    address: &str,
) -> Result<bool, StoreError> {
    let all = database.across_tenants("sign-in knows no tenant yet");
    let session = all
        .find::<login_session::Entity>()
        .filter(login_session::Column::UserId.eq(user.0))
        .filter(login_session::Column::ClientAddress.eq(address))
        .one(all.connection())
        .await?;
    Ok(session.is_some())
}

/// The user with this canonical address, in whichever organisation.
///
/// # Errors
/// When the database does not answer.
pub async fn user_by_email(database: &Database, canonical: &str) -> Result<Option<User>, StoreError> {
    let all = database.across_tenants("an address is unique in the installation and says which organisation");
    let row = all
        .find::<user_account::Entity>()
        .filter(user_account::Column::EmailCanonical.eq(canonical))
        .one(all.connection())
        .await?;
    row.map(user_of).transpose()
}

/// Every user of the tenant, by name.
///
/// # Errors
/// When the database does not answer.
pub async fn users(scope: &impl Scoped) -> Result<Vec<User>, StoreError> {
    let rows = scope
        .find::<user_account::Entity>()
        .order_by_asc(user_account::Column::Name)
        .order_by_asc(user_account::Column::Id)
        .all(scope.connection())
        .await?;
    rows.into_iter().map(user_of).collect()
}

/// One user of the tenant.
///
/// # Errors
/// When the database does not answer.
pub async fn user(scope: &impl Scoped, id: UserId) -> Result<Option<User>, StoreError> {
    scope.find_id::<user_account::Entity>(id).one(scope.connection()).await?.map(user_of).transpose()
}

/// How many admins can sign in.
///
/// # Errors
/// When the database does not answer.
pub async fn active_admins(scope: &impl Scoped) -> Result<u64, StoreError> {
    Ok(scope
        .find::<user_account::Entity>()
        .filter(user_account::Column::Role.eq(Role::Admin.as_str()))
        .filter(user_account::Column::State.eq(UserState::Active.as_str()))
        .count(scope.connection())
        .await?)
}

/// Saves role and state of a user, if nobody else did in between.
///
/// # Errors
/// [`StoreError::VersionConflict`].
pub async fn update_user(tx: &mut WriteTx, user: &User) -> Result<(), StoreError> {
    let row = user_account::ActiveModel {
        id: Set(user.id.0),
        role: Set(user.role.to_string()),
        state: Set(user.state.to_string()),
        ..Default::default()
    };
    tx.save::<user_account::Entity>(row, user.version).await
}

/// Sets a user's password; an invited user becomes active.
///
/// # Errors
/// When the database cannot be written.
pub async fn set_password(tx: &mut WriteTx, user: UserId, hash: String) -> Result<(), StoreError> {
    tx.update_many::<user_account::Entity>()
        .col_expr(user_account::Column::PasswordHash, Expr::value(hash))
        .col_expr(user_account::Column::State, Expr::value(UserState::Active.as_str()))
        .filter(user_account::Column::Id.eq(user.0))
        .exec(tx.connection())
        .await?;
    Ok(())
}

/// Inserts a sign-in link that does not work yet.
///
/// # Errors
/// When the database cannot be written.
pub async fn insert_user_link(tx: &mut WriteTx, new: NewUserLink) -> Result<(), StoreError> {
    tx.insert::<user_link::Entity>(user_link::ActiveModel {
        id: Set(new.id.0),
        tenant_id: Set(tx.tenant_id().0),
        user_id: Set(new.user_id.0),
        secret_hash: Set(new.placeholder),
        purpose: Set(new.purpose.to_string()),
        expires_at: Set(new.created_at),
        used_at: Set(None),
        created_at: Set(new.created_at),
    })
    .await
}

/// Gives a link its secret; other unused links of the same user stop working.
///
/// # Errors
/// When the database cannot be written.
pub async fn set_user_link_secret(
    tx: &mut WriteTx,
    id: UserLinkId,
    hash: Vec<u8>,
    expires_at: DateTime<Utc>,
) -> Result<(), StoreError> {
    tx.update_many::<user_link::Entity>()
        .col_expr(user_link::Column::SecretHash, Expr::value(hash))
        .col_expr(user_link::Column::ExpiresAt, Expr::value(expires_at))
        .filter(user_link::Column::Id.eq(id.0))
        .exec(tx.connection())
        .await?;
    Ok(())
}

/// A link of the tenant with its user, for the mail that carries it.
///
/// # Errors
/// When the database does not answer.
pub async fn user_link(scope: &impl Scoped, id: UserLinkId) -> Result<Option<(UserLink, User)>, StoreError> {
    let found = scope
        .find_id::<user_link::Entity>(id)
        .find_also_related(user_account::Entity)
        .one(scope.connection())
        .await?;
    let Some((row, Some(user))) = found else { return Ok(None) };
    Ok(Some((link_of(row)?, user_of(user)?)))
}

fn link_of(row: user_link::Model) -> Result<UserLink, StoreError> {
    Ok(UserLink {
        purpose: UserLinkPurpose::parse(&row.purpose)
            .ok_or_else(|| StoreError::corrupt("user_link", "purpose", row.id))?,
        id: UserLinkId(row.id),
        secret_hash: row.secret_hash,
        expires_at: row.expires_at,
        used_at: row.used_at,
    })
}

/// The link with this hash and its user, in whichever organisation.
///
/// # Errors
/// When the database does not answer.
pub async fn user_link_by_hash(
    database: &Database,
    hash: &[u8],
) -> Result<Option<(UserLink, User)>, StoreError> {
    let all = database.across_tenants("the link says which organisation it belongs to");
    let found = all
        .find::<user_link::Entity>()
        .filter(user_link::Column::SecretHash.eq(hash))
        .find_also_related(user_account::Entity)
        .one(all.connection())
        .await?;
    let Some((row, Some(user))) = found else { return Ok(None) };
    Ok(Some((link_of(row)?, user_of(user)?)))
}

/// Uses a link up; false when somebody was quicker.
///
/// # Errors
/// When the database cannot be written.
pub async fn use_user_link(tx: &mut WriteTx, id: UserLinkId, now: DateTime<Utc>) -> Result<bool, StoreError> {
    let done = tx
        .update_many::<user_link::Entity>()
        .col_expr(user_link::Column::UsedAt, Expr::value(now))
        .filter(user_link::Column::Id.eq(id.0))
        .filter(user_link::Column::UsedAt.is_null())
        .exec(tx.connection())
        .await?;
    Ok(done.rows_affected == 1)
}
