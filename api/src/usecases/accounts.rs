//! Organisations, users, sign-in: who may act for a tenant, and how they prove it.

use super::{
    Result, UseCaseError,
    ctx::{Ctx, Services, SystemCtx, TenantInfo},
    deliveries::{self, Recipient},
    error::Faults,
    idempotency::{Once, once},
};
use crate::{
    auth::{Proof, Secret, password},
    domain::{
        Actor, AuditEvent, Permission, RequestInfo, Role,
        actor::SignedInUser,
        due,
        email_address::EmailAddress,
        ids::{Id as _, LoginSessionId, TenantId, UserId, UserLinkId},
        job::Job,
        user::{Organisation, User, UserLinkPurpose, UserState},
    },
    store::{
        WriteTx,
        accounts::{self as store, NewSession, NewUser, NewUserLink},
        rate_limit,
    },
};
use chrono::Duration;
use serde_json::json;

/// A staff session ends after an hour without a request, and after a day in any case (ASVS 7.3).
fn idle_limit() -> Duration {
    Duration::minutes(60)
}
fn absolute_limit() -> Duration {
    Duration::hours(24)
}

/// What the first run asks for.
#[derive(Clone, Debug)]
pub struct CreateOrganisation {
    /// Name as vendors will see it.
    pub organisation: String,
    /// IANA time zone; due dates end there.
    pub time_zone: String,
    /// The first admin's name.
    pub name: String,
    /// The first admin's address.
    pub email: String,
    /// The first admin's password.
    pub password: String,
}

/// Whether nobody has set up an organisation yet, so that the first-run page exists.
///
/// # Errors
/// When the database cannot be read.
pub async fn first_run_needed(services: &Services) -> Result<bool> {
    Ok(!store::any_tenant(&services.database).await?)
}

/// Sets up the first organisation with its admin, and signs the admin in. Of two racers one wins.
///
/// # Errors
/// [`UseCaseError::NotFound`] once an organisation exists; [`UseCaseError::Invalid`] with every fault of the input.
pub async fn create_first_organisation(
    services: &Services,
    input: CreateOrganisation,
    request: RequestInfo,
) -> Result<Secret> {
    if !first_run_needed(services).await? {
        return Err(UseCaseError::NotFound);
    }
    let admin =
        create_organisation(services, input, Actor::System("first run"), request.clone(), true).await?;
    start_session(services, &admin, request).await
}

/// Adds an organisation with its admin, from the command line.
///
/// # Errors
/// [`UseCaseError::Invalid`] with every fault of the input.
pub async fn add_tenant(system: &SystemCtx, input: CreateOrganisation) -> Result<User> {
    create_organisation(system.services(), input, Actor::System("tenant add"), RequestInfo::default(), false)
        .await
}

async fn create_organisation(
    services: &Services,
    input: CreateOrganisation,
    actor: Actor,
    request: RequestInfo,
    must_be_first: bool,
) -> Result<User> {
    let mut faults = Faults::default();
    let organisation = faults.one_line("organisation", "the organisation's name", &input.organisation, 100);
    let name = faults.one_line("name", "your name", &input.name, 100);
    let zone = input.time_zone.trim().to_owned();
    if due::time_zone(&zone).is_none() {
        faults.add("time_zone", "unknown", "Choose a time zone from the list, such as Europe/London");
    }
    let email =
        EmailAddress::parse(&input.email).map_err(|e| faults.add("email", "invalid", e.to_string())).ok();
    if let Err(weak) = password::check(&input.password, &[&organisation, &name]) {
        faults.add("password", "weak_password", weak.to_string());
    }
    faults.finish()?;
    let email = email.ok_or(UseCaseError::NotFound)?;
    let surroundings = services.surroundings.clone();
    let plain = input.password;
    let hash = services
        .hashing(move || password::hash(&plain, &surroundings))
        .await?
        .map_err(UseCaseError::internal)?;

    let tenant_id: TenantId = services.surroundings.id();
    let user_id: UserId = services.surroundings.id();
    let now = services.now();
    let mut tx = services.database.tenant(tenant_id).begin_write().await?;
    if must_be_first && store::any_tenant_in(&tx).await? {
        return Err(UseCaseError::NotFound);
    }
    store::insert_tenant(
        &mut tx,
        &Organisation { id: tenant_id, name: organisation.clone(), time_zone: zone, created_at: now },
    )
    .await?;
    let user = insert_user(
        &mut tx,
        NewUser { id: user_id, name, email, role: Role::Admin, password_hash: Some(hash), created_at: now },
    )
    .await?;
    let event = AuditEvent::new("tenant.created", "tenant", Some(tenant_id.uuid()), actor, now, request)
        .after(json!({"name": organisation, "admin": user_id}));
    tx.commit(event).await?;
    Ok(user)
}

async fn insert_user(tx: &mut WriteTx, user: NewUser) -> Result<User> {
    match store::insert_user(tx, user).await {
        Err(crate::store::StoreError::Duplicate(_)) => Err(UseCaseError::field(
            "email",
            "taken",
            "Somebody with this e-mail address exists already in this installation",
        )),
        other => Ok(other?),
    }
}

/// The context of the user whose session secret this is.
///
/// # Errors
/// [`UseCaseError::Unauthenticated`] when there is no such live session, or its user is disabled.
pub async fn authenticate(services: &Services, secret: &Secret, request: RequestInfo) -> Result<Ctx> {
    let found = store::session_by_hash(&services.database, &secret.hash()).await?;
    let proof = Proof::of(secret, found.as_ref().map(|row| row.token_hash.as_slice()));
    let (Some(proof), Some(row)) = (proof, found) else { return Err(UseCaseError::Unauthenticated) };
    let now = services.now();
    let live = row.ended_at.is_none()
        && row.user.state == UserState::Active
        && now - row.last_seen_at < idle_limit()
        && now - row.created_at < absolute_limit();
    if !live {
        return Err(UseCaseError::Unauthenticated);
    }
    let tenant = tenant_info(&row.tenant)?;
    if now - row.last_seen_at > Duration::minutes(5) {
        let mut tx = services.database.tenant(tenant.id).begin_write().await?;
        store::touch_session(&mut tx, row.id, now).await?;
        tx.commit_unaudited("session touch").await?;
    }
    Ok(Ctx::new(&proof, services.clone(), tenant, signed_in(&row.user), request))
}

/// What contexts know of an organisation.
///
/// # Errors
/// [`UseCaseError::Internal`] when its stored time zone is unknown to this build.
pub fn tenant_info(tenant: &Organisation) -> Result<TenantInfo> {
    let zone = due::time_zone(&tenant.time_zone)
        .ok_or_else(|| UseCaseError::internal(format!("unknown time zone {}", tenant.time_zone)))?;
    Ok(TenantInfo { id: tenant.id, name: tenant.name.clone(), zone })
}

fn signed_in(user: &User) -> SignedInUser {
    SignedInUser { id: user.id, name: user.name.clone(), email: user.email.clone(), role: user.role }
}

/// Failed sign-ins per network: so many at once, then one in each span.
const NETWORK_BURST: i64 = 5;
fn network_regains() -> Duration {
    Duration::seconds(20)
}
/// Failed sign-ins per account and hour: loose, because whoever knows an address can use them up.
const ACCOUNT_TRIES: i64 = 100;

/// Checks address and password and starts a session. Known and unknown addresses take the same path. Only failures
/// count towards the limits, in counters that nothing else shares; a success gives its tries back.
///
/// # Errors
/// [`UseCaseError::Invalid`] with one fault for every kind of mismatch; [`UseCaseError::RateLimited`].
pub async fn sign_in(services: &Services, email: &str, plain: &str, request: RequestInfo) -> Result<Secret> {
    let (database, now) = (&services.database, services.now());
    let account = EmailAddress::parse(email).map(|e| e.canonical().to_owned()).unwrap_or_default();
    // Counted before the password is looked at, so that a hundred guesses at once are not all looked at.
    let of_network = format!("sign-in network {}", request.network());
    let wait = rate_limit::take(database, &of_network, now, NETWORK_BURST, network_regains()).await?;
    if let Some(wait) = wait {
        return Err(limited(wait));
    }
    let user = store::user_by_email(database, &account).await?;
    let of_account = format!("sign-in account {account}");
    if rate_limit::hit(database, &of_account, now, Duration::hours(1)).await? > ACCOUNT_TRIES
        && !is_known_from_here(services, user.as_ref(), &request).await?
    {
        return Err(limited(Duration::hours(1)));
    }
    let stored = user.as_ref().and_then(|user| user.password_hash.clone());
    let typed = plain.chars().take(256).collect::<String>();
    let right = services.hashing(move || password::verify(&typed, stored.as_deref())).await?;
    match user.filter(|user| right && user.state == UserState::Active) {
        Some(user) => {
            for bucket in [&of_network, &of_account] {
                rate_limit::give_back(database, bucket).await?;
            }
            start_session(services, &user, request).await
        }
        None => {
            tracing::info!(actor.kind = "user", "sign-in refused");
            Err(UseCaseError::field(
                "email",
                "not_accepted",
                "The e-mail address or the password is not right",
            ))
        }
    }
}

fn limited(wait: Duration) -> UseCaseError {
    UseCaseError::RateLimited { retry_after: u64::try_from(wait.num_seconds()).unwrap_or_default() + 1 }
}

/// Whether the user has signed in from this address before: strangers who use up the tries of an account do not keep
/// its owner out.
async fn is_known_from_here(services: &Services, user: Option<&User>, request: &RequestInfo) -> Result<bool> {
    match (user, &request.client_address) {
        (Some(user), Some(address)) => {
            Ok(store::has_signed_in_from(&services.database, user.id, address).await?)
        }
        _ => Ok(false),
    }
}

async fn start_session(services: &Services, user: &User, request: RequestInfo) -> Result<Secret> {
    let secret = Secret::for_session(&services.surroundings);
    let now = services.now();
    let id: LoginSessionId = services.surroundings.id();
    let mut tx = services.database.tenant(user.tenant_id).begin_write().await?;
    let session = NewSession {
        id,
        user_id: user.id,
        token_hash: secret.hash(),
        created_at: now,
        client_address: request.client_address.clone().unwrap_or_default(),
        user_agent: request.user_agent.clone().unwrap_or_default(),
    };
    store::insert_session(&mut tx, session).await?;
    let event =
        AuditEvent::new("user.signed_in", "user", Some(user.id.uuid()), Actor::User(user.id), now, request);
    tx.commit(event).await?;
    Ok(secret)
}

/// Ends the session of this secret.
///
/// # Errors
/// When the database cannot be written.
pub async fn sign_out(ctx: &Ctx, secret: &Secret) -> Result<()> {
    let mut tx = ctx.begin_write().await?;
    store::end_session(&mut tx, &secret.hash(), ctx.now()).await?;
    tx.commit(ctx.event("user.signed_out", "user", ctx.user().id)).await?;
    Ok(())
}

/// Every user of the organisation, by name.
///
/// # Errors
/// [`UseCaseError::Forbidden`] for everybody but admins.
pub async fn list_users(ctx: &Ctx) -> Result<Vec<User>> {
    ctx.require(Permission::ManageUsers)?;
    Ok(store::users(ctx.scope()).await?)
}

/// Users who may be named as owner or reviewer: active, and allowed to do that work.
///
/// # Errors
/// [`UseCaseError::Forbidden`] without the right to read.
pub async fn people(ctx: &Ctx, permission: Permission) -> Result<Vec<User>> {
    ctx.require(Permission::Read)?;
    let users = store::users(ctx.scope()).await?;
    Ok(users
        .into_iter()
        .filter(|user| user.state == UserState::Active && user.role.may(permission))
        .collect())
}

/// Who to invite, as what.
#[derive(Clone, Debug)]
pub struct InviteUser {
    /// Their name.
    pub name: String,
    /// Their address.
    pub email: String,
    /// Their role.
    pub role: String,
}

/// Invites a user: a sign-in link is mailed, with which they choose a password. `key` makes a repeated form harmless.
///
/// # Errors
/// [`UseCaseError::Forbidden`] for everybody but admins; [`UseCaseError::Invalid`] with every fault.
pub async fn invite_user(ctx: &Ctx, input: InviteUser, key: &str) -> Result<UserId> {
    ctx.require(Permission::ManageUsers)?;
    let mut faults = Faults::default();
    let name = faults.one_line("name", "a name", &input.name, 100);
    let email =
        EmailAddress::parse(&input.email).map_err(|e| faults.add("email", "invalid", e.to_string())).ok();
    let role = Role::parse(&input.role);
    if role.is_none() {
        faults.add("role", "required", "Choose a role");
    }
    faults.finish()?;
    let (Some(email), Some(role)) = (email, role) else { return Err(UseCaseError::NotFound) };
    let id: UserId = ctx.id();
    let now = ctx.now();
    let mut tx = ctx.begin_write().await?;
    let address = email.to_string();
    let request = json!({"name": name, "email": address, "role": role});
    if let Once::Before(response) = once(&mut tx, ctx, "user.invite", key, &request, &json!(id)).await? {
        return serde_json::from_value(response).map_err(UseCaseError::internal);
    }
    insert_user(&mut tx, NewUser { id, name, email, role, password_hash: None, created_at: now }).await?;
    let link: UserLinkId = ctx.id();
    let fresh = new_link(ctx.services(), link, id, UserLinkPurpose::Invite);
    store::insert_user_link(&mut tx, fresh).await?;
    mail_link(&mut tx, ctx, link, id, address).await?;
    tx.commit(ctx.event("user.invited", "user", id).after(json!({"role": role}))).await?;
    Ok(id)
}

/// Mails a user a new sign-in link (the first one was lost, or the password forgotten). `key` makes a repeated form
/// harmless.
///
/// # Errors
/// [`UseCaseError::Forbidden`] for everybody but admins; [`UseCaseError::StateConflict`] for a disabled user.
pub async fn resend_user_link(ctx: &Ctx, user: UserId, key: &str) -> Result<()> {
    ctx.require(Permission::ManageUsers)?;
    let mut tx = ctx.begin_write().await?;
    // Every user has such a form on the same page, which has one key.
    let scope = format!("user.link:{user}");
    if once(&mut tx, ctx, &scope, key, &json!(null), &json!(null)).await? != Once::First {
        return Ok(());
    }
    let user = store::user(&tx, user).await?.ok_or(UseCaseError::NotFound)?;
    let purpose = match user.state {
        UserState::Invited => UserLinkPurpose::Invite,
        UserState::Active => UserLinkPurpose::Reset,
        UserState::Disabled => {
            return Err(UseCaseError::conflict("This user is disabled. Enable them first."));
        }
    };
    let link: UserLinkId = ctx.id();
    store::insert_user_link(&mut tx, new_link(ctx.services(), link, user.id, purpose)).await?;
    mail_link(&mut tx, ctx, link, user.id, user.email.to_string()).await?;
    tx.commit(ctx.event("user.link_sent", "user", user.id)).await?;
    Ok(())
}

/// Queues the mail with a sign-in link, with a row that tells what became of it.
async fn mail_link(
    tx: &mut WriteTx,
    ctx: &Ctx,
    link: UserLinkId,
    user: UserId,
    address: String,
) -> Result<()> {
    let to = Recipient::user(user, address, None);
    deliveries::queue_mail(tx, ctx.services(), &Job::MailUserLink { link }, &to, None).await
}

/// A link that works only once its secret is minted, where it is mailed or printed.
fn new_link(services: &Services, id: UserLinkId, user_id: UserId, purpose: UserLinkPurpose) -> NewUserLink {
    let placeholder = Secret::for_session(&services.surroundings).hash();
    NewUserLink { id, user_id, purpose, placeholder, created_at: services.now() }
}

/// Makes a one-time sign-in link for the operator's terminal: how an installation without mail lets people in.
///
/// # Errors
/// [`UseCaseError::NotFound`] when nobody has this address.
pub async fn reset_by_operator(system: &SystemCtx, email: &str) -> Result<Secret> {
    let services = system.services();
    let canonical = EmailAddress::parse(email).map(|e| e.canonical().to_owned()).unwrap_or_default();
    let user = store::user_by_email(&services.database, &canonical).await?.ok_or(UseCaseError::NotFound)?;
    let link: UserLinkId = services.surroundings.id();
    let now = services.now();
    let purpose =
        if user.state == UserState::Invited { UserLinkPurpose::Invite } else { UserLinkPurpose::Reset };
    let mut tx = services.database.tenant(user.tenant_id).begin_write().await?;
    store::insert_user_link(&mut tx, new_link(services, link, user.id, purpose)).await?;
    let secret = Secret::for_link(&services.surroundings);
    store::set_user_link_secret(&mut tx, link, secret.hash(), now + link_lifetime(purpose)).await?;
    tx.commit(system.event("user.link_printed", "user", user.id)).await?;
    Ok(secret)
}

/// Adds a user from the command line; use `reset_by_operator` for their first link.
///
/// # Errors
/// [`UseCaseError::NotFound`] without such an organisation; [`UseCaseError::Invalid`] with every fault.
pub async fn add_user(system: &SystemCtx, organisation: Option<&str>, input: InviteUser) -> Result<User> {
    let services = system.services();
    let tenants = store::tenants(&services.database).await?;
    let tenant = match organisation {
        Some(name) => tenants.into_iter().find(|tenant| tenant.name == name || tenant.id.to_string() == name),
        None if tenants.len() == 1 => tenants.into_iter().next(),
        None => {
            return Err(UseCaseError::field("tenant", "required", "Say which organisation with --tenant"));
        }
    };
    let tenant = tenant.ok_or(UseCaseError::NotFound)?;
    let mut faults = Faults::default();
    let name = faults.one_line("name", "a name", &input.name, 100);
    let email =
        EmailAddress::parse(&input.email).map_err(|e| faults.add("email", "invalid", e.to_string())).ok();
    let role = Role::parse(&input.role);
    if role.is_none() {
        faults.add("role", "unknown", "The role is admin, risk_manager, procurement or viewer");
    }
    faults.finish()?;
    let (Some(email), Some(role)) = (email, role) else { return Err(UseCaseError::NotFound) };
    let id: UserId = services.surroundings.id();
    let mut tx = services.database.tenant(tenant.id).begin_write().await?;
    let new = NewUser { id, name, email, role, password_hash: None, created_at: services.now() };
    let user = insert_user(&mut tx, new).await?;
    tx.commit(system.event("user.invited", "user", id).after(json!({"role": role}))).await?;
    Ok(user)
}

/// How long a sign-in link works.
#[must_use]
pub fn link_lifetime(purpose: UserLinkPurpose) -> Duration {
    match purpose {
        UserLinkPurpose::Invite => Duration::days(7),
        UserLinkPurpose::Reset => Duration::minutes(30),
    }
}

/// Chooses a password with a sign-in link, and signs in. The link works once; other sessions of the user end.
///
/// # Errors
/// [`UseCaseError::LinkNotUsable`] for every link that does not work; [`UseCaseError::Invalid`] for a weak password
/// (the link is not used up then).
pub async fn accept_user_link(
    services: &Services,
    secret: &Secret,
    plain: &str,
    request: RequestInfo,
) -> Result<Secret> {
    let now = services.now();
    let bucket = format!("user link {}", request.network());
    if rate_limit::hit(&services.database, &bucket, now, Duration::minutes(10)).await? > 30 {
        return Err(UseCaseError::RateLimited { retry_after: 600 });
    }
    if secret.is_blank() {
        return Err(UseCaseError::field("code", "required", "Enter the sign-in code from the mail"));
    }
    let found = store::user_link_by_hash(&services.database, &secret.hash()).await?;
    let stored = found.as_ref().map(|(link, _)| link.secret_hash.as_slice());
    let proof = Proof::of(secret, stored);
    let (Some(_), Some((link, user))) = (proof, found) else { return Err(UseCaseError::LinkNotUsable) };
    if link.used_at.is_some() || now >= link.expires_at || user.state == UserState::Disabled {
        return Err(UseCaseError::LinkNotUsable);
    }
    if let Err(weak) = password::check(plain, &[&user.name]) {
        return Err(UseCaseError::field("password", "weak_password", weak.to_string()));
    }
    let (typed, surroundings) = (plain.to_owned(), services.surroundings.clone());
    let hash = services
        .hashing(move || password::hash(&typed, &surroundings))
        .await?
        .map_err(UseCaseError::internal)?;
    let mut tx = services.database.tenant(user.tenant_id).begin_write().await?;
    if !store::use_user_link(&mut tx, link.id, now).await? {
        return Err(UseCaseError::LinkNotUsable);
    }
    store::set_password(&mut tx, user.id, hash).await?;
    store::end_sessions_of(&mut tx, user.id, now).await?;
    let event = AuditEvent::new(
        "user.password_chosen",
        "user",
        Some(user.id.uuid()),
        Actor::User(user.id),
        now,
        request.clone(),
    );
    tx.commit(event).await?;
    start_session(services, &user, request).await
}

/// Disables a user; their sessions end at once.
///
/// # Errors
/// [`UseCaseError::Forbidden`] for everybody but admins, and for oneself; [`UseCaseError::StateConflict`] for the
/// last active admin.
pub async fn disable_user(ctx: &Ctx, user: UserId) -> Result<()> {
    change_user(ctx, user, "user.disabled", |user| {
        user.state = UserState::Disabled;
    })
    .await
}

/// Enables a disabled user again.
///
/// # Errors
/// [`UseCaseError::Forbidden`] for everybody but admins.
pub async fn enable_user(ctx: &Ctx, user: UserId) -> Result<()> {
    change_user(ctx, user, "user.enabled", |user| {
        if user.state == UserState::Disabled {
            user.state = if user.password_hash.is_some() { UserState::Active } else { UserState::Invited };
        }
    })
    .await
}

/// Gives a user another role; it holds from their next request.
///
/// # Errors
/// [`UseCaseError::Forbidden`] for everybody but admins, and for one's own role; [`UseCaseError::StateConflict`] for
/// the last active admin.
pub async fn change_role(ctx: &Ctx, user: UserId, role: &str) -> Result<()> {
    ctx.require(Permission::ManageUsers)?;
    let role = Role::parse(role).ok_or_else(|| UseCaseError::field("role", "required", "Choose a role"))?;
    change_user(ctx, user, "user.role_changed", |user| user.role = role).await
}

async fn change_user(ctx: &Ctx, id: UserId, act: &'static str, change: impl FnOnce(&mut User)) -> Result<()> {
    ctx.require(Permission::ManageUsers)?;
    let mut tx = ctx.begin_write().await?;
    let before = store::user(&tx, id).await?.ok_or(UseCaseError::NotFound)?;
    if id == ctx.user().id {
        return Err(UseCaseError::Forbidden);
    }
    let mut after = before.clone();
    change(&mut after);
    let was_admin = before.role == Role::Admin && before.state == UserState::Active;
    let is_admin = after.role == Role::Admin && after.state == UserState::Active;
    if was_admin && !is_admin && store::active_admins(&tx).await? <= 1 {
        return Err(UseCaseError::conflict(
            "This is the last active admin. Make somebody else an admin first.",
        ));
    }
    store::update_user(&mut tx, &after).await?;
    if after.state == UserState::Disabled {
        store::end_sessions_of(&mut tx, id, ctx.now()).await?;
    }
    let event = ctx
        .event(act, "user", id)
        .before(json!({"role": before.role, "state": before.state}))
        .after(json!({"role": after.role, "state": after.state}));
    tx.commit(event).await?;
    Ok(())
}
