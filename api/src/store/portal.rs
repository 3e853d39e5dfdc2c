//! Rows of the vendor's way in: invitations with their secrets, one-time codes, known browsers and sessions.

use super::{connect::Database, error::StoreError, tenant_scope::Scoped, write_tx::WriteTx};
use crate::domain::{
    assessment::{AssessmentState, InvitationState},
    ids::{
        AssessmentId, BrowserBindingId, InvitationId, OneTimeCodeId, PortalSessionId, RespondentId, TenantId,
    },
    respondent::{LIVE_SECRETS, RespondentRole},
    user::Organisation,
};
use chrono::{DateTime, NaiveDate, Utc};
use entity::{
    assessment, assessment_questionnaire, browser_binding, invitation, link_secret, one_time_code,
    portal_session, questionnaire_version, respondent, tenant,
};
use sea_orm::{
    ColumnTrait as _, EntityTrait as _, FromQueryResult, JoinType, PaginatorTrait as _, QueryFilter as _,
    QueryOrder as _, QuerySelect, RelationTrait as _, Set,
    sea_query::{Expr, ExprTrait as _, Func},
};
use uuid::Uuid;

/// A link with everything that decides whether it lets its respondent in.
#[derive(Clone, Debug)]
pub struct LinkRow {
    /// Who asks.
    pub tenant: Organisation,
    /// The permission.
    pub invitation: InvitationId,
    /// The link's public id.
    pub link_id: String,
    /// Secrets of other generations are dead.
    pub generation: i32,
    /// Whether the invitation is active.
    pub invitation_state: InvitationState,
    /// When the link ends by itself.
    pub ends_at: DateTime<Utc>,
    /// What is answered.
    pub assessment: AssessmentId,
    /// Where it stands.
    pub assessment_state: AssessmentState,
    /// Its due day.
    pub due_on: NaiveDate,
    /// Who answers.
    pub respondent: RespondentId,
    /// Their name.
    pub respondent_name: String,
    /// Their address.
    pub respondent_email: String,
    /// Whether they may submit.
    pub respondent_is_lead: bool,
}

#[derive(Debug, FromQueryResult)]
struct LinkFlat {
    tenant_id: Uuid,
    tenant_name: String,
    tenant_zone: String,
    tenant_created_at: DateTime<Utc>,
    invitation_id: Uuid,
    link_id: String,
    generation: i32,
    invitation_state: String,
    ends_at: DateTime<Utc>,
    assessment_id: Uuid,
    assessment_state: String,
    due_on: NaiveDate,
    respondent_id: Uuid,
    respondent_name: String,
    respondent_email: String,
    respondent_role: String,
}

/// The columns of [`LinkFlat`] on a query that begins at, or has joined, `invitation`.
fn with_link<S: QuerySelect>(query: S) -> S {
    let tenant = invitation::Entity::belongs_to(tenant::Entity)
        .from(invitation::Column::TenantId)
        .to(tenant::Column::Id)
        .into();
    query
        .join(JoinType::InnerJoin, invitation::Relation::Respondent.def())
        .join(JoinType::InnerJoin, invitation::Relation::Assessment.def())
        .join(JoinType::InnerJoin, tenant)
        .column_as(tenant::Column::Id, "tenant_id")
        .column_as(tenant::Column::Name, "tenant_name")
        .column_as(tenant::Column::TimeZone, "tenant_zone")
        .column_as(tenant::Column::CreatedAt, "tenant_created_at")
        .column_as(invitation::Column::Id, "invitation_id")
        .column_as(invitation::Column::LinkId, "link_id")
        .column_as(invitation::Column::Generation, "generation")
        .column_as(invitation::Column::State, "invitation_state")
        .column_as(invitation::Column::EndsAt, "ends_at")
        .column_as(assessment::Column::Id, "assessment_id")
        .column_as(assessment::Column::State, "assessment_state")
        .column_as(assessment::Column::DueOn, "due_on")
        .column_as(respondent::Column::Id, "respondent_id")
        .column_as(respondent::Column::Name, "respondent_name")
        .column_as(respondent::Column::Email, "respondent_email")
        .column_as(respondent::Column::Role, "respondent_role")
}

fn link_of(row: LinkFlat) -> Result<LinkRow, StoreError> {
    let role = RespondentRole::parse(&row.respondent_role)
        .ok_or_else(|| StoreError::corrupt("respondent", "role", row.respondent_id))?;
    Ok(LinkRow {
        tenant: Organisation {
            id: TenantId(row.tenant_id),
            name: row.tenant_name,
            time_zone: row.tenant_zone,
            created_at: row.tenant_created_at,
        },
        invitation: InvitationId(row.invitation_id),
        link_id: row.link_id,
        generation: row.generation,
        invitation_state: InvitationState::parse(&row.invitation_state)
            .ok_or_else(|| StoreError::corrupt("invitation", "state", row.invitation_id))?,
        ends_at: row.ends_at,
        assessment: AssessmentId(row.assessment_id),
        assessment_state: AssessmentState::parse(&row.assessment_state)
            .ok_or_else(|| StoreError::corrupt("assessment", "state", row.assessment_id))?,
        due_on: row.due_on,
        respondent: RespondentId(row.respondent_id),
        respondent_name: row.respondent_name,
        respondent_email: row.respondent_email,
        respondent_is_lead: role == RespondentRole::Lead,
    })
}

const LINK_SAYS_WHOSE: &str = "the link says which organisation it belongs to";

/// The link with this public id.
///
/// # Errors
/// When the database does not answer.
pub async fn link_by_id(database: &Database, link_id: &str) -> Result<Option<LinkRow>, StoreError> {
    let all = database.across_tenants(LINK_SAYS_WHOSE);
    let query = with_link(all.find::<invitation::Entity>().select_only());
    let row = query
        .filter(invitation::Column::LinkId.eq(link_id))
        .into_model::<LinkFlat>()
        .one(all.connection())
        .await?;
    row.map(link_of).transpose()
}

/// The link of which this is the hash of a secret of the present generation.
///
/// # Errors
/// When the database does not answer.
pub async fn link_by_secret(database: &Database, hash: &[u8]) -> Result<Option<LinkRow>, StoreError> {
    let all = database.across_tenants(LINK_SAYS_WHOSE);
    let query = all
        .find::<link_secret::Entity>()
        .select_only()
        .join(JoinType::InnerJoin, link_secret::Relation::Invitation.def());
    let row = with_link(query)
        .filter(link_secret::Column::SecretHash.eq(hash))
        .filter(
            Expr::col((link_secret::Entity, link_secret::Column::Generation))
                .equals((invitation::Entity, invitation::Column::Generation)),
        )
        .into_model::<LinkFlat>()
        .one(all.connection())
        .await?;
    row.map(link_of).transpose()
}

/// Links of every respondent with this canonical address.
///
/// # Errors
/// When the database does not answer.
pub async fn links_of_address(database: &Database, canonical: &str) -> Result<Vec<LinkRow>, StoreError> {
    let all = database.across_tenants("whoever lost a link knows an address, not an organisation");
    let lower: Expr = Func::lower(Expr::col((respondent::Entity, respondent::Column::Email))).into();
    let query = with_link(all.find::<invitation::Entity>().select_only());
    let rows = query
        .filter(sea_orm::sea_query::ExprTrait::eq(lower, canonical))
        .order_by_asc(invitation::Column::Id)
        .into_model::<LinkFlat>()
        .all(all.connection())
        .await?;
    rows.into_iter().map(link_of).collect()
}

/// Hashes of the secrets that open this link now.
///
/// # Errors
/// When the database does not answer.
pub async fn live_secrets(database: &Database, link: &LinkRow) -> Result<Vec<Vec<u8>>, StoreError> {
    let scope = database.tenant(link.tenant.id);
    let rows = scope
        .find::<link_secret::Entity>()
        .filter(link_secret::Column::InvitationId.eq(link.invitation.0))
        .filter(link_secret::Column::Generation.eq(link.generation))
        .order_by_desc(link_secret::Column::MintedAt)
        .limit(LIVE_SECRETS as u64)
        .all(scope.connection())
        .await?;
    Ok(rows.into_iter().map(|row| row.secret_hash).collect())
}

/// Titles of the questionnaires that the link's assessment asks the vendor, in order.
///
/// # Errors
/// When the database does not answer.
pub async fn titles(database: &Database, link: &LinkRow) -> Result<Vec<String>, StoreError> {
    let scope = database.tenant(link.tenant.id);
    Ok(scope
        .find::<assessment_questionnaire::Entity>()
        .select_only()
        .join(JoinType::InnerJoin, assessment_questionnaire::Relation::QuestionnaireVersion.def())
        .column(questionnaire_version::Column::Title)
        .filter(assessment_questionnaire::Column::AssessmentId.eq(link.assessment.0))
        .filter(questionnaire_version::Column::Audience.eq("vendor"))
        .order_by_asc(assessment_questionnaire::Column::Position)
        .into_tuple()
        .all(scope.connection())
        .await?)
}

/// An invitation as it is inside a transaction.
#[derive(Clone, Copy, Debug)]
pub struct InvitationNow {
    /// Secrets of other generations are dead.
    pub generation: i32,
    /// Whether it is active.
    pub state: InvitationState,
    /// When the link ends by itself.
    pub ends_at: DateTime<Utc>,
}

/// The invitation, read and locked inside a transaction.
///
/// # Errors
/// When the database does not answer.
pub async fn link_in(tx: &WriteTx, invitation: InvitationId) -> Result<Option<InvitationNow>, StoreError> {
    let row = tx.find_id::<invitation::Entity>(invitation).lock_exclusive().one(tx.connection()).await?;
    row.map(|row| {
        Ok(InvitationNow {
            generation: row.generation,
            state: InvitationState::parse(&row.state)
                .ok_or_else(|| StoreError::corrupt("invitation", "state", row.id))?,
            ends_at: row.ends_at,
        })
    })
    .transpose()
}

/// Notes that a browser passed a code; the first one counts.
///
/// # Errors
/// When the database cannot be written.
pub async fn note_code_verified(
    tx: &mut WriteTx,
    id: InvitationId,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    tx.update_many::<invitation::Entity>()
        .col_expr(invitation::Column::CodeVerifiedAt, Expr::value(now))
        .filter(invitation::Column::Id.eq(id.0))
        .filter(invitation::Column::CodeVerifiedAt.is_null())
        .exec(tx.connection())
        .await?;
    Ok(())
}

/// A one-time code.
#[derive(Clone, Debug)]
pub struct CodeRow {
    /// Which.
    pub id: OneTimeCodeId,
    /// Empty until the mail that carries the code is made.
    pub code_hash: String,
    /// Until when it works.
    pub expires_at: DateTime<Utc>,
    used: bool,
    superseded: bool,
}

impl CodeRow {
    /// Whether a guess may be compared with it.
    #[must_use]
    pub fn can_be_tried(&self, now: DateTime<Utc>) -> bool {
        !self.used && !self.superseded && !self.code_hash.is_empty() && now < self.expires_at
    }

    /// Whether its age alone has ended it, and nothing in the database says so yet.
    #[must_use]
    pub fn has_run_out(&self, now: DateTime<Utc>) -> bool {
        !self.used && !self.superseded && now >= self.expires_at
    }
}

fn code_of(row: one_time_code::Model) -> CodeRow {
    CodeRow {
        id: OneTimeCodeId(row.id),
        code_hash: row.code_hash,
        expires_at: row.expires_at,
        used: row.used_at.is_some(),
        superseded: row.superseded_at.is_some(),
    }
}

/// The newest code that this browser asked for.
///
/// # Errors
/// When the database does not answer.
pub async fn latest_code(
    database: &Database,
    link: &LinkRow,
    browser: &[u8],
) -> Result<Option<CodeRow>, StoreError> {
    let scope = database.tenant(link.tenant.id);
    let row = scope
        .find::<one_time_code::Entity>()
        .filter(one_time_code::Column::InvitationId.eq(link.invitation.0))
        .filter(one_time_code::Column::BrowserHash.eq(browser))
        .order_by_desc(one_time_code::Column::CreatedAt)
        .order_by_desc(one_time_code::Column::Id)
        .one(scope.connection())
        .await?;
    Ok(row.map(code_of))
}

/// Ends every unused code of an invitation.
///
/// # Errors
/// When the database cannot be written.
pub async fn supersede_codes(
    tx: &mut WriteTx,
    invitation: InvitationId,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    tx.update_many::<one_time_code::Entity>()
        .col_expr(one_time_code::Column::SupersededAt, Expr::value(now))
        .filter(one_time_code::Column::InvitationId.eq(invitation.0))
        .filter(one_time_code::Column::UsedAt.is_null())
        .filter(one_time_code::Column::SupersededAt.is_null())
        .exec(tx.connection())
        .await?;
    Ok(())
}

/// Ends one unused code.
///
/// # Errors
/// When the database cannot be written.
pub async fn supersede_code(
    tx: &mut WriteTx,
    id: OneTimeCodeId,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    tx.update_many::<one_time_code::Entity>()
        .col_expr(one_time_code::Column::SupersededAt, Expr::value(now))
        .filter(one_time_code::Column::Id.eq(id.0))
        .filter(one_time_code::Column::UsedAt.is_null())
        .filter(one_time_code::Column::SupersededAt.is_null())
        .exec(tx.connection())
        .await?;
    Ok(())
}

/// Inserts a code that is not minted yet.
///
/// # Errors
/// When the database cannot be written.
pub async fn insert_code(
    tx: &mut WriteTx,
    id: OneTimeCodeId,
    invitation: InvitationId,
    browser: Vec<u8>,
    now: DateTime<Utc>,
    expires_at: DateTime<Utc>,
) -> Result<(), StoreError> {
    tx.insert::<one_time_code::Entity>(one_time_code::ActiveModel {
        id: Set(id.0),
        invitation_id: Set(invitation.0),
        code_hash: Set(String::new()),
        browser_hash: Set(browser),
        created_at: Set(now),
        expires_at: Set(expires_at),
        attempts: Set(0),
        used_at: Set(None),
        superseded_at: Set(None),
        ..Default::default()
    })
    .await
}

/// Counts a guess, in one statement; false when the code has no tries left or is used or replaced.
///
/// # Errors
/// When the database cannot be written.
pub async fn count_try(tx: &mut WriteTx, id: OneTimeCodeId, most: i32) -> Result<bool, StoreError> {
    let done = tx
        .update_many::<one_time_code::Entity>()
        .col_expr(one_time_code::Column::Attempts, Expr::col(one_time_code::Column::Attempts).add(1))
        .filter(one_time_code::Column::Id.eq(id.0))
        .filter(one_time_code::Column::Attempts.lt(most))
        .filter(one_time_code::Column::UsedAt.is_null())
        .filter(one_time_code::Column::SupersededAt.is_null())
        .exec(tx.connection())
        .await?;
    Ok(done.rows_affected == 1)
}

/// Uses a code up; false when somebody was quicker.
///
/// # Errors
/// When the database cannot be written.
pub async fn use_code(tx: &mut WriteTx, id: OneTimeCodeId, now: DateTime<Utc>) -> Result<bool, StoreError> {
    let done = tx
        .update_many::<one_time_code::Entity>()
        .col_expr(one_time_code::Column::UsedAt, Expr::value(now))
        .filter(one_time_code::Column::Id.eq(id.0))
        .filter(one_time_code::Column::UsedAt.is_null())
        .filter(one_time_code::Column::SupersededAt.is_null())
        .exec(tx.connection())
        .await?;
    Ok(done.rows_affected == 1)
}

/// A known browser to insert.
#[derive(Clone, Debug)]
pub struct NewBinding {
    /// Which.
    pub id: BrowserBindingId,
    /// For which link.
    pub invitation: InvitationId,
    /// SHA-256 of its cookie.
    pub token_hash: Vec<u8>,
    /// Coarse description.
    pub user_agent: String,
    /// When.
    pub created_at: DateTime<Utc>,
    /// Until when it need not give a code.
    pub expires_at: DateTime<Utc>,
}

/// Inserts a known browser.
///
/// # Errors
/// When the database cannot be written.
pub async fn insert_binding(tx: &mut WriteTx, new: NewBinding) -> Result<(), StoreError> {
    tx.insert::<browser_binding::Entity>(browser_binding::ActiveModel {
        id: Set(new.id.0),
        invitation_id: Set(new.invitation.0),
        token_hash: Set(new.token_hash),
        user_agent: Set(new.user_agent),
        created_at: Set(new.created_at),
        expires_at: Set(new.expires_at),
        ended_at: Set(None),
        ..Default::default()
    })
    .await
}

/// Whether this browser passed a code for this link and is still remembered.
///
/// # Errors
/// When the database does not answer.
pub async fn binding_is_live(
    database: &Database,
    link: &LinkRow,
    hash: &[u8],
    now: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let scope = database.tenant(link.tenant.id);
    let found = scope
        .find::<browser_binding::Entity>()
        .filter(browser_binding::Column::InvitationId.eq(link.invitation.0))
        .filter(browser_binding::Column::TokenHash.eq(hash))
        .filter(browser_binding::Column::EndedAt.is_null())
        .filter(browser_binding::Column::ExpiresAt.gt(now))
        .count(scope.connection())
        .await?;
    Ok(found > 0)
}

/// A session to insert.
#[derive(Clone, Debug)]
pub struct NewPortalSession {
    /// Which.
    pub id: PortalSessionId,
    /// By which permission.
    pub invitation: InvitationId,
    /// Whose.
    pub respondent: RespondentId,
    /// On what.
    pub assessment: AssessmentId,
    /// SHA-256 of its cookie.
    pub token_hash: Vec<u8>,
    /// Coarse description.
    pub user_agent: String,
    /// When.
    pub created_at: DateTime<Utc>,
}

/// Inserts a session.
///
/// # Errors
/// When the database cannot be written.
pub async fn insert_session(tx: &mut WriteTx, new: NewPortalSession) -> Result<(), StoreError> {
    tx.insert::<portal_session::Entity>(portal_session::ActiveModel {
        id: Set(new.id.0),
        invitation_id: Set(new.invitation.0),
        respondent_id: Set(new.respondent.0),
        assessment_id: Set(new.assessment.0),
        token_hash: Set(new.token_hash),
        user_agent: Set(new.user_agent),
        created_at: Set(new.created_at),
        last_seen_at: Set(new.created_at),
        ended_at: Set(None),
        ..Default::default()
    })
    .await
}

/// A session as stored.
#[derive(Clone, Debug)]
pub struct PortalSession {
    /// Which.
    pub id: PortalSessionId,
    /// SHA-256 of its cookie.
    pub token_hash: Vec<u8>,
    /// When it was last used, to within five minutes.
    pub last_seen_at: DateTime<Utc>,
    /// When it was ended.
    pub ended_at: Option<DateTime<Utc>>,
    /// The link it came from.
    pub link: LinkRow,
}

#[derive(Debug, FromQueryResult)]
struct SessionFlat {
    session_id: Uuid,
    token_hash: Vec<u8>,
    last_seen_at: DateTime<Utc>,
    ended_at: Option<DateTime<Utc>>,
    #[sea_orm(nested)]
    link: LinkFlat,
}

/// The session with this hash and its link: one statement, because every request asks it.
///
/// # Errors
/// When the database does not answer.
pub async fn session_by_hash(database: &Database, hash: &[u8]) -> Result<Option<PortalSession>, StoreError> {
    let all = database.across_tenants("the session says which organisation it belongs to");
    let query = all
        .find::<portal_session::Entity>()
        .select_only()
        .join(JoinType::InnerJoin, portal_session::Relation::Invitation.def())
        .column_as(portal_session::Column::Id, "session_id")
        .column_as(portal_session::Column::TokenHash, "token_hash")
        .column_as(portal_session::Column::LastSeenAt, "last_seen_at")
        .column_as(portal_session::Column::EndedAt, "ended_at");
    let row = with_link(query)
        .filter(portal_session::Column::TokenHash.eq(hash))
        .into_model::<SessionFlat>()
        .one(all.connection())
        .await?;
    row.map(|row| {
        Ok(PortalSession {
            id: PortalSessionId(row.session_id),
            token_hash: row.token_hash,
            last_seen_at: row.last_seen_at,
            ended_at: row.ended_at,
            link: link_of(row.link)?,
        })
    })
    .transpose()
}

/// Notes that a session was used.
///
/// # Errors
/// When the database cannot be written.
pub async fn touch_session(
    tx: &mut WriteTx,
    id: PortalSessionId,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    tx.update_many::<portal_session::Entity>()
        .col_expr(portal_session::Column::LastSeenAt, Expr::value(now))
        .filter(portal_session::Column::Id.eq(id.0))
        .exec(tx.connection())
        .await?;
    Ok(())
}

/// Ends a session.
///
/// # Errors
/// When the database cannot be written.
pub async fn end_session(
    tx: &mut WriteTx,
    id: PortalSessionId,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    tx.update_many::<portal_session::Entity>()
        .col_expr(portal_session::Column::EndedAt, Expr::value(now))
        .filter(portal_session::Column::Id.eq(id.0))
        .exec(tx.connection())
        .await?;
    Ok(())
}
