//! How a respondent gets in: link secret, one-time code, session; and how a lost link is replaced.
//!
//! A right secret alone opens nothing. In a browser that is not known it has a six-digit code mailed to the invited
//! address; the code, in the browser that asked for it, opens a session and makes the browser known for 30 days.
//! Everything that does not work is answered alike, after the same work.

use super::{
    Result, UseCaseError,
    accounts::tenant_info,
    ctx::{PortalCtx, PortalRespondent, Services, SystemCtx},
    deliveries::{Recipient, queue_mail},
};
use crate::{
    auth::{Proof, Secret, code},
    domain::{
        Actor, AuditEvent, RequestInfo,
        delivery::LinkNews,
        due,
        email_address::EmailAddress,
        ids::{BrowserBindingId, Id as _, OneTimeCodeId, PortalSessionId},
        job::Job,
        link::{LinkAbout, browser_lifetime, link_is_usable, session_idle_limit},
    },
    store::{
        WriteTx,
        portal::{self as store, CodeRow, LinkRow, NewBinding, NewPortalSession},
        rate_limit,
    },
};
use chrono::{DateTime, Duration, Utc};

/// Mails with a fresh link that one address is sent in a day because somebody asked for them.
const FRESH_LINKS_PER_DAY: i64 = 10;

/// What a right secret leads to.
#[derive(Debug)]
pub enum Opened {
    /// This browser is known: a session.
    Session(Secret),
    /// This browser has to give a code first. Whether a mail was sent now is not told.
    CodeNeeded {
        /// For the pending cookie.
        pending: Secret,
        /// What may be shown meanwhile.
        about: LinkAbout,
    },
}

/// What a right code gives.
#[derive(Debug)]
pub struct Admitted {
    /// For the session cookie.
    pub session: Secret,
    /// For the cookie that makes the browser known.
    pub browser: Secret,
}

/// Exchanges a link secret. With the link's public id the secret is looked for among that link's secrets; an access
/// code typed without its link is found by its hash, which 160 random bits make as safe as an id.
///
/// # Errors
/// [`UseCaseError::LinkNotUsable`] for everything that does not work; [`UseCaseError::RateLimited`] after too many
/// wrong secrets.
pub async fn open_link(
    services: &Services,
    link_id: Option<&str>,
    secret: &Secret,
    cookies: Presented,
    request: RequestInfo,
) -> Result<Opened> {
    let database = &services.database;
    let link = match link_id {
        Some(id) => store::link_by_id(database, id).await?,
        None => store::link_by_secret(database, &secret.hash()).await?,
    };
    let hashes = match &link {
        Some(row) => store::live_secrets(database, row).await?,
        None => Vec::new(),
    };
    let proof = Proof::of_any(secret, &hashes);
    let now = services.now();
    let (Some(_), Some(link)) = (proof, link.filter(|row| usable(row, now))) else {
        return Err(refuse_secret(services, link_id, &request).await?);
    };
    if let Some(browser) = cookies.browser {
        let known = store::binding_is_live(database, &link, &browser.hash(), now).await?;
        if known {
            return Ok(Opened::Session(start_session(services, &link, None, request).await?));
        }
    }
    let about = about(services, &link).await?;
    // A browser that asked before keeps its cookie, so that the code already in the mailbox still fits.
    let known = match cookies
        .pending
        .filter(|cookie| split_pending(cookie).is_some_and(|(id, _)| id == link.link_id))
    {
        Some(cookie) if store::latest_code(database, &link, &cookie.hash()).await?.is_some() => Some(cookie),
        _ => None,
    };
    let is_new = known.is_none();
    let pending = known.unwrap_or_else(|| {
        let random = Secret::for_session(&services.surroundings);
        Secret::presented(format!("{}.{}", link.link_id, random.reveal()))
    });
    send_code(services, &link, &pending, is_new, request).await?;
    Ok(Opened::CodeNeeded { pending, about })
}

/// The cookies of the browser that presents a link.
#[derive(Debug, Default)]
pub struct Presented {
    /// It passed a code once.
    pub browser: Option<Secret>,
    /// It is waiting for a code.
    pub pending: Option<Secret>,
}

fn usable(link: &LinkRow, now: DateTime<Utc>) -> bool {
    link_is_usable(link.invitation_state, link.assessment_state, link.ends_at, now)
}

/// Counts a wrong secret; the link's counter is kept only while the peer's has room, so nobody can fill the table.
async fn refuse_secret(
    services: &Services,
    link_id: Option<&str>,
    request: &RequestInfo,
) -> Result<UseCaseError> {
    let (now, window) = (services.now(), Duration::minutes(10));
    let limited = UseCaseError::RateLimited { retry_after: 600 };
    if rate_limit::hit(&services.database, &format!("link peer {}", request.network()), now, window).await?
        > 30
    {
        return Ok(limited);
    }
    if let Some(id) = link_id.filter(|id| id.len() <= 64 && id.bytes().all(|b| b.is_ascii_alphanumeric()))
        && rate_limit::hit(&services.database, &format!("link id {id}"), now, window).await? > 10
    {
        return Ok(limited);
    }
    Ok(UseCaseError::LinkNotUsable)
}

async fn about(services: &Services, link: &LinkRow) -> Result<LinkAbout> {
    let tenant = tenant_info(&link.tenant)?;
    let titles = store::titles(&services.database, link).await?;
    Ok(LinkAbout {
        organisation: tenant.name,
        title: titles.join(" and "),
        due: format!(
            "{}, end of the day in {}",
            due::long_day(link.due_on),
            zone_in_words(tenant.zone.name())
        ),
        masked_address: EmailAddress::masked(&link.respondent_email),
    })
}

/// `Europe/London` as "London".
#[must_use]
pub fn zone_in_words(zone: &str) -> String {
    zone.rsplit('/').next().unwrap_or(zone).replace('_', " ")
}

/// Sends a code unless a limit says no; the caller is told nothing either way. A new browser gets a row in any case:
/// the row is what proves that its cookie is ours.
async fn send_code(
    services: &Services,
    link: &LinkRow,
    pending: &Secret,
    new_browser: bool,
    request: RequestInfo,
) -> Result<()> {
    let now = services.now();
    let canonical =
        EmailAddress::parse(&link.respondent_email).map(|e| e.canonical().to_owned()).unwrap_or_default();
    for (bucket, limit, window) in [
        (format!("code sends 5min {}", link.invitation), 2, Duration::minutes(5)),
        (format!("code sends hour {}", link.invitation), 5, Duration::hours(1)),
        (format!("code sends day {canonical}"), 10, Duration::days(1)),
    ] {
        if rate_limit::hit(&services.database, &bucket, now, window).await? > limit {
            tracing::info!(invitation.id = %link.invitation, "one-time code suppressed by a limit");
            if new_browser {
                let code: OneTimeCodeId = services.surroundings.id();
                let mut tx = services.database.tenant(link.tenant.id).begin_write().await?;
                refuse_unless_current(&tx, link, now).await?;
                store::insert_code(&mut tx, code, link.invitation, pending.hash(), now, now).await?;
                tx.commit_unaudited("browser waits, no code sent").await?;
            }
            return Ok(());
        }
    }
    let code: OneTimeCodeId = services.surroundings.id();
    let mut tx = services.database.tenant(link.tenant.id).begin_write().await?;
    refuse_unless_current(&tx, link, now).await?;
    // The newest mail counts: older codes of the invitation die with it.
    store::supersede_codes(&mut tx, link.invitation, now).await?;
    store::insert_code(&mut tx, code, link.invitation, pending.hash(), now, now + code::lifetime()).await?;
    queue_mail(&mut tx, services, &Job::MailOneTimeCode { code }, &recipient(link), None).await?;
    let event = AuditEvent::new(
        "respondent.code_requested",
        "respondent",
        Some(link.respondent.uuid()),
        Actor::System("link"),
        now,
        request,
    );
    tx.commit(event.on_assessment(link.assessment)).await?;
    Ok(())
}

fn recipient(link: &LinkRow) -> Recipient {
    Recipient {
        address: link.respondent_email.clone(),
        assessment: Some(link.assessment),
        respondent: Some(link.respondent),
        user: None,
    }
}

/// The parts of a pending cookie: the link's public id, and a secret of this browser.
fn split_pending(pending: &Secret) -> Option<(&str, &str)> {
    pending.reveal().split_once('.').filter(|(_, secret)| secret.len() == 64)
}

/// The link that a waiting browser has opened, and its newest code. A cookie without a row is not one of ours.
async fn pending_link(services: &Services, pending: &Secret) -> Result<(LinkRow, CodeRow)> {
    let (link_id, _) = split_pending(pending).ok_or(UseCaseError::LinkNotUsable)?;
    let link = store::link_by_id(&services.database, link_id).await?;
    let link = link.filter(|row| usable(row, services.now())).ok_or(UseCaseError::LinkNotUsable)?;
    let row = store::latest_code(&services.database, &link, &pending.hash()).await?;
    row.map(|row| (link, row)).ok_or(UseCaseError::LinkNotUsable)
}

/// Whether the browser has given a right link secret and not yet a code.
///
/// # Errors
/// When the database cannot be read.
pub async fn is_waiting_for_code(services: &Services, pending: &Secret) -> Result<bool> {
    match pending_link(services, pending).await {
        Ok(_) => Ok(true),
        Err(UseCaseError::LinkNotUsable) => Ok(false),
        Err(other) => Err(other),
    }
}

/// What the page that asks for the code may say.
///
/// # Errors
/// [`UseCaseError::LinkNotUsable`] when this browser is not waiting for a code.
pub async fn code_page(services: &Services, pending: &Secret) -> Result<LinkAbout> {
    let (link, _) = pending_link(services, pending).await?;
    about(services, &link).await
}

/// Sends another code to the invited address, within the limits.
///
/// # Errors
/// [`UseCaseError::LinkNotUsable`] when this browser is not waiting for a code.
pub async fn resend_code(services: &Services, pending: &Secret, request: RequestInfo) -> Result<()> {
    let (link, _) = pending_link(services, pending).await?;
    send_code(services, &link, pending, false, request).await
}

/// Checks a typed code and opens a session. A try is counted before the code is looked at, in one statement, so
/// that many tries at once are no more than many tries in a row.
///
/// # Errors
/// [`UseCaseError::CodeNotAccepted`] for a wrong, old, used, exhausted code, or another browser's;
/// [`UseCaseError::LinkNotUsable`] when the link has died meanwhile.
pub async fn give_code(
    services: &Services,
    pending: &Secret,
    typed: &str,
    request: RequestInfo,
) -> Result<Admitted> {
    let (link, row) = pending_link(services, pending).await?;
    let now = services.now();
    let scope = services.database.tenant(link.tenant.id);
    if row.has_run_out(now) {
        // Once it was too old it stays so, also when the clock is set back.
        let mut tx = scope.begin_write().await?;
        store::supersede_code(&mut tx, row.id, now).await?;
        tx.commit_unaudited("one-time code found too old").await?;
    }
    if !row.can_be_tried(now) {
        return Err(UseCaseError::CodeNotAccepted);
    }
    let mut tx = scope.begin_write().await?;
    if !store::count_try(&mut tx, row.id, code::TRIES_PER_CODE).await? {
        return Err(UseCaseError::CodeNotAccepted);
    }
    tx.commit_unaudited("one-time code tried").await?;
    // A reissued link begins anew: it is what helps after a day's tries are used up.
    let day = format!("code tries {} {}", link.invitation, link.generation);
    if rate_limit::hit(&services.database, &day, now, Duration::days(1)).await? > code::TRIES_PER_DAY {
        return Err(UseCaseError::CodeNotAccepted);
    }
    let typed = code::typed(typed);
    let stored = row.code_hash.clone();
    if !services.hashing(move || code::verify(&typed, Some(&stored))).await? {
        return Err(UseCaseError::CodeNotAccepted);
    }
    let browser = Secret::for_session(&services.surroundings);
    let session = start_session(services, &link, Some((row.id, &browser)), request).await?;
    Ok(Admitted { session, browser })
}

/// Reads the link again inside the transaction: a revoke or a reissue that came in between wins.
async fn refuse_unless_current(tx: &WriteTx, link: &LinkRow, now: DateTime<Utc>) -> Result<()> {
    let fresh = store::link_in(tx, link.invitation).await?.ok_or(UseCaseError::LinkNotUsable)?;
    let usable = link_is_usable(fresh.state, link.assessment_state, fresh.ends_at, now);
    if usable && fresh.generation == link.generation { Ok(()) } else { Err(UseCaseError::LinkNotUsable) }
}

/// A new session; after a code it also uses up the code and makes the browser known.
async fn start_session(
    services: &Services,
    link: &LinkRow,
    after_code: Option<(OneTimeCodeId, &Secret)>,
    request: RequestInfo,
) -> Result<Secret> {
    let now = services.now();
    let session = Secret::for_session(&services.surroundings);
    let id: PortalSessionId = services.surroundings.id();
    let user_agent = request.user_agent.clone().unwrap_or_default();
    let mut tx = services.database.tenant(link.tenant.id).begin_write().await?;
    refuse_unless_current(&tx, link, now).await?;
    if let Some((code, browser)) = after_code {
        if !store::use_code(&mut tx, code, now).await? {
            return Err(UseCaseError::CodeNotAccepted);
        }
        let binding = NewBinding {
            id: services.surroundings.id::<BrowserBindingId>(),
            invitation: link.invitation,
            token_hash: browser.hash(),
            user_agent: user_agent.clone(),
            created_at: now,
            expires_at: now + browser_lifetime(),
        };
        store::insert_binding(&mut tx, binding).await?;
        store::note_code_verified(&mut tx, link.invitation, now).await?;
    }
    let new = NewPortalSession {
        id,
        invitation: link.invitation,
        respondent: link.respondent,
        assessment: link.assessment,
        token_hash: session.hash(),
        user_agent,
        created_at: now,
    };
    store::insert_session(&mut tx, new).await?;
    let act = if after_code.is_some() { "respondent.code_verified" } else { "respondent.signed_in" };
    let actor = Actor::Respondent(link.respondent);
    let event = AuditEvent::new(act, "respondent", Some(link.respondent.uuid()), actor, now, request);
    tx.commit(event.on_assessment(link.assessment)).await?;
    Ok(session)
}

/// The context of the respondent whose session secret this is.
///
/// # Errors
/// [`UseCaseError::Unauthenticated`] when there is no such live session, or its link is no longer usable.
pub async fn authenticate(services: &Services, secret: &Secret, request: RequestInfo) -> Result<PortalCtx> {
    let found = store::session_by_hash(&services.database, &secret.hash()).await?;
    let proof = Proof::of(secret, found.as_ref().map(|row| row.token_hash.as_slice()));
    let (Some(proof), Some(row)) = (proof, found) else { return Err(UseCaseError::Unauthenticated) };
    let now = services.now();
    let live =
        row.ended_at.is_none() && now - row.last_seen_at < session_idle_limit() && usable(&row.link, now);
    if !live {
        return Err(UseCaseError::Unauthenticated);
    }
    let tenant = tenant_info(&row.link.tenant)?;
    if now - row.last_seen_at > Duration::minutes(5) {
        let mut tx = services.database.tenant(tenant.id).begin_write().await?;
        store::touch_session(&mut tx, row.id, now).await?;
        tx.commit_unaudited("portal session touch").await?;
    }
    let respondent = respondent_of(&row.link, row.id);
    Ok(PortalCtx::new(&proof, services.clone(), tenant, row.link.assessment, respondent, request))
}

fn respondent_of(link: &LinkRow, session: PortalSessionId) -> PortalRespondent {
    PortalRespondent {
        id: link.respondent,
        name: link.respondent_name.clone(),
        email: link.respondent_email.clone(),
        is_lead: link.respondent_is_lead,
        invitation: link.invitation,
        session,
    }
}

/// The context of an invited respondent without a browser: how the demo's seeding plays its vendors.
///
/// # Errors
/// [`UseCaseError::NotFound`] without such a usable link.
pub async fn play_respondent(system: &SystemCtx, link_id: &str) -> Result<PortalCtx> {
    let services = system.services();
    let link = store::link_by_id(&services.database, link_id).await?.ok_or(UseCaseError::NotFound)?;
    if !usable(&link, services.now()) {
        return Err(UseCaseError::NotFound);
    }
    let tenant = tenant_info(&link.tenant)?;
    let session: PortalSessionId = services.surroundings.id();
    Ok(PortalCtx::for_demo(system, tenant, link.assessment, respondent_of(&link, session)))
}

/// Ends the session; the browser stays known.
///
/// # Errors
/// When the database cannot be written.
pub async fn sign_out(ctx: &PortalCtx) -> Result<()> {
    let mut tx = ctx.begin_write().await?;
    store::end_session(&mut tx, ctx.respondent().session, ctx.now()).await?;
    tx.commit(ctx.event("respondent.signed_out", "respondent", ctx.respondent().id)).await?;
    Ok(())
}

/// Has a fresh link mailed for every usable invitation of an address, to that address only. The answer is the same
/// whether there is one, none, or a limit was reached.
///
/// # Errors
/// When the database cannot be read or written.
pub async fn request_fresh_link(services: &Services, typed: &str, request: RequestInfo) -> Result<()> {
    let now = services.now();
    let canonical = EmailAddress::parse(typed).map(|e| e.canonical().to_owned()).unwrap_or_default();
    for (bucket, limit, window) in [
        (format!("fresh link peer {}", request.network()), 10, Duration::hours(1)),
        (format!("fresh link address {canonical}"), 3, Duration::hours(3)),
    ] {
        if rate_limit::hit(&services.database, &bucket, now, window).await? > limit {
            tracing::info!("fresh link suppressed by a limit");
            return Ok(());
        }
    }
    for link in store::links_of_address(&services.database, &canonical).await? {
        if !usable(&link, now) {
            continue;
        }
        // One for each mail, not for each request: an address may stand in many assessments.
        let day = format!("fresh link day {canonical}");
        if rate_limit::hit(&services.database, &day, now, Duration::days(1)).await? > FRESH_LINKS_PER_DAY {
            tracing::info!(invitation.id = %link.invitation, "fresh link suppressed by a limit");
            return Ok(());
        }
        let mut tx = services.database.tenant(link.tenant.id).begin_write().await?;
        let job = Job::MailFreshLink { invitation: link.invitation, news: LinkNews::Asked };
        queue_mail(
            &mut tx,
            services,
            &job,
            &recipient(&link),
            Some(format!("fresh-link:{}", link.invitation)),
        )
        .await?;
        let actor = Actor::System("link");
        let event = AuditEvent::new(
            "invitation.fresh_link_requested",
            "invitation",
            Some(link.invitation.uuid()),
            actor,
            now,
            request.clone(),
        );
        tx.commit(event.on_assessment(link.assessment)).await?;
    }
    Ok(())
}
