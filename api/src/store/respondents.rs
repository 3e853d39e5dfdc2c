//! Rows of respondents, their invitations, the hashes of link secrets, and one-time codes as mail needs them.

use super::{error::StoreError, tenant_scope::Scoped, write_tx::WriteTx};
use crate::domain::{
    assessment::InvitationState,
    ids::{AssessmentId, ContactId, InvitationId, OneTimeCodeId, RespondentId, VendorId},
    respondent::{Invitation, LiveSecret, Respondent, RespondentRole},
};
use chrono::{DateTime, Utc};
use entity::{
    assessment, browser_binding, invitation, link_secret, one_time_code, portal_session, respondent,
};
use sea_orm::{
    ColumnTrait as _, JoinType, QueryFilter as _, QueryOrder as _, QuerySelect as _, RelationTrait as _, Set,
    sea_query::Expr,
};
use std::collections::BTreeMap;
use uuid::Uuid;

fn respondent_of(row: respondent::Model) -> Result<Respondent, StoreError> {
    Ok(Respondent {
        role: RespondentRole::parse(&row.role)
            .ok_or_else(|| StoreError::corrupt("respondent", "role", row.id))?,
        id: RespondentId(row.id),
        assessment_id: AssessmentId(row.assessment_id),
        contact_id: ContactId(row.contact_id),
        name: row.name,
        email: row.email,
        created_at: row.created_at,
        invited_by: row.invited_by.map(RespondentId),
        ask: row.ask,
    })
}

fn invitation_of(row: invitation::Model) -> Result<Invitation, StoreError> {
    Ok(Invitation {
        state: InvitationState::parse(&row.state)
            .ok_or_else(|| StoreError::corrupt("invitation", "state", row.id))?,
        id: InvitationId(row.id),
        assessment_id: AssessmentId(row.assessment_id),
        respondent_id: RespondentId(row.respondent_id),
        link_id: row.link_id,
        generation: row.generation,
        code_verified_at: row.code_verified_at,
        ends_at: row.ends_at,
        created_at: row.created_at,
        closed_at: row.closed_at,
        version: row.version,
    })
}

/// Respondents of an assessment, in the order of inviting.
///
/// # Errors
/// When the database does not answer.
pub async fn respondents(s: &impl Scoped, of: AssessmentId) -> Result<Vec<Respondent>, StoreError> {
    let query = s
        .find::<respondent::Entity>()
        .filter(respondent::Column::AssessmentId.eq(of.0))
        .order_by_asc(respondent::Column::CreatedAt)
        .order_by_asc(respondent::Column::Id);
    query.all(s.connection()).await?.into_iter().map(respondent_of).collect()
}

/// One respondent.
///
/// # Errors
/// When the database does not answer.
pub async fn respondent(s: &impl Scoped, id: RespondentId) -> Result<Option<Respondent>, StoreError> {
    s.find_id::<respondent::Entity>(id).one(s.connection()).await?.map(respondent_of).transpose()
}

/// The names of these respondents.
///
/// # Errors
/// When the database does not answer.
pub async fn names(
    s: &impl Scoped,
    ids: &[RespondentId],
) -> Result<BTreeMap<RespondentId, String>, StoreError> {
    if ids.is_empty() {
        return Ok(BTreeMap::new());
    }
    let rows: Vec<(Uuid, String)> = s
        .find::<respondent::Entity>()
        .select_only()
        .column(respondent::Column::Id)
        .column(respondent::Column::Name)
        .filter(respondent::Column::Id.is_in(ids.iter().map(|id| id.0)))
        .into_tuple()
        .all(s.connection())
        .await?;
    Ok(rows.into_iter().map(|(id, name)| (RespondentId(id), name)).collect())
}

/// Inserts a respondent.
///
/// # Errors
/// [`StoreError::Duplicate`] when the contact is in the assessment already.
pub async fn insert_respondent(tx: &mut WriteTx, new: &Respondent) -> Result<(), StoreError> {
    tx.insert::<respondent::Entity>(respondent::ActiveModel {
        id: Set(new.id.0),
        tenant_id: Set(tx.tenant_id().0),
        assessment_id: Set(new.assessment_id.0),
        contact_id: Set(new.contact_id.0),
        name: Set(new.name.clone()),
        email: Set(new.email.clone()),
        role: Set(new.role.to_string()),
        created_at: Set(new.created_at),
        invited_by: Set(new.invited_by.map(|id| id.0)),
        ask: Set(new.ask.clone()),
    })
    .await
}

/// Saves name, address and role of a respondent, and who invited them.
///
/// # Errors
/// When the database cannot be written.
pub async fn update_respondent(tx: &mut WriteTx, changed: &Respondent) -> Result<(), StoreError> {
    tx.update_many::<respondent::Entity>()
        .col_expr(respondent::Column::Name, Expr::value(changed.name.clone()))
        .col_expr(respondent::Column::Email, Expr::value(changed.email.clone()))
        .col_expr(respondent::Column::Role, Expr::value(changed.role.as_str()))
        .col_expr(respondent::Column::InvitedBy, Expr::value(changed.invited_by.map(|id| id.0)))
        .filter(respondent::Column::Id.eq(changed.id.0))
        .exec(tx.connection())
        .await?;
    Ok(())
}

/// Takes respondents out of a draft; nothing points at them yet.
///
/// # Errors
/// [`StoreError::NotFound`] when something does.
pub async fn delete_respondents(tx: &mut WriteTx, ids: &[RespondentId]) -> Result<(), StoreError> {
    tx.delete_many::<respondent::Entity>()
        .filter(respondent::Column::Id.is_in(ids.iter().map(|id| id.0)))
        .exec(tx.connection())
        .await?;
    Ok(())
}

/// Invitations of an assessment.
///
/// # Errors
/// When the database does not answer.
pub async fn invitations(s: &impl Scoped, of: AssessmentId) -> Result<Vec<Invitation>, StoreError> {
    let query = s
        .find::<invitation::Entity>()
        .filter(invitation::Column::AssessmentId.eq(of.0))
        .order_by_asc(invitation::Column::CreatedAt)
        .order_by_asc(invitation::Column::Id);
    query.all(s.connection()).await?.into_iter().map(invitation_of).collect()
}

/// Active invitations to any assessment of a vendor.
///
/// # Errors
/// When the database does not answer.
pub async fn active_of_vendor(s: &impl Scoped, vendor: VendorId) -> Result<Vec<Invitation>, StoreError> {
    let query = s
        .find::<invitation::Entity>()
        .join(JoinType::InnerJoin, invitation::Relation::Assessment.def())
        .filter(assessment::Column::VendorId.eq(vendor.0))
        .filter(invitation::Column::State.eq(InvitationState::Active.as_str()))
        .order_by_asc(invitation::Column::Id);
    query.all(s.connection()).await?.into_iter().map(invitation_of).collect()
}

/// One invitation.
///
/// # Errors
/// When the database does not answer.
pub async fn invitation(s: &impl Scoped, id: InvitationId) -> Result<Option<Invitation>, StoreError> {
    s.find_id::<invitation::Entity>(id).one(s.connection()).await?.map(invitation_of).transpose()
}

/// Inserts an invitation.
///
/// # Errors
/// When the database cannot be written.
pub async fn insert_invitation(tx: &mut WriteTx, new: &Invitation) -> Result<(), StoreError> {
    tx.insert::<invitation::Entity>(invitation::ActiveModel {
        id: Set(new.id.0),
        tenant_id: Set(tx.tenant_id().0),
        assessment_id: Set(new.assessment_id.0),
        respondent_id: Set(new.respondent_id.0),
        link_id: Set(new.link_id.clone()),
        generation: Set(new.generation),
        state: Set(new.state.to_string()),
        code_verified_at: Set(new.code_verified_at),
        ends_at: Set(new.ends_at),
        created_at: Set(new.created_at),
        closed_at: Set(new.closed_at),
        version: Set(1),
    })
    .await
}

/// Saves state, generation and end of an invitation if its version is still the one in `changed`.
///
/// # Errors
/// [`StoreError::VersionConflict`].
pub async fn update_invitation(tx: &mut WriteTx, changed: &Invitation) -> Result<(), StoreError> {
    let row = invitation::ActiveModel {
        id: Set(changed.id.0),
        generation: Set(changed.generation),
        state: Set(changed.state.to_string()),
        ends_at: Set(changed.ends_at),
        closed_at: Set(changed.closed_at),
        ..Default::default()
    };
    tx.save::<invitation::Entity>(row, changed.version).await
}

/// Ends everything that lets somebody in through an invitation: secrets, sessions, remembered browsers, codes.
///
/// # Errors
/// When the database cannot be written.
pub async fn kill(tx: &mut WriteTx, id: InvitationId, now: DateTime<Utc>) -> Result<(), StoreError> {
    // Whoever comes in meanwhile holds this row until the session is there to be ended, or finds it changed.
    tx.find_id::<invitation::Entity>(id).lock_exclusive().one(tx.connection()).await?;
    tx.delete_many::<link_secret::Entity>()
        .filter(link_secret::Column::InvitationId.eq(id.0))
        .exec(tx.connection())
        .await?;
    tx.update_many::<portal_session::Entity>()
        .col_expr(portal_session::Column::EndedAt, Expr::value(now))
        .filter(portal_session::Column::InvitationId.eq(id.0))
        .filter(portal_session::Column::EndedAt.is_null())
        .exec(tx.connection())
        .await?;
    tx.update_many::<browser_binding::Entity>()
        .col_expr(browser_binding::Column::EndedAt, Expr::value(now))
        .filter(browser_binding::Column::InvitationId.eq(id.0))
        .filter(browser_binding::Column::EndedAt.is_null())
        .exec(tx.connection())
        .await?;
    // A code's row is what lets a waiting browser ask for another one, so none may stay.
    tx.delete_many::<one_time_code::Entity>()
        .filter(one_time_code::Column::InvitationId.eq(id.0))
        .exec(tx.connection())
        .await?;
    Ok(())
}

/// The live secrets of an invitation's generation.
///
/// # Errors
/// When the database does not answer.
pub async fn live_secrets(
    s: &impl Scoped,
    of: InvitationId,
    generation: i32,
) -> Result<Vec<LiveSecret<Uuid>>, StoreError> {
    let rows = s
        .find::<link_secret::Entity>()
        .filter(link_secret::Column::InvitationId.eq(of.0))
        .filter(link_secret::Column::Generation.eq(generation))
        .order_by_asc(link_secret::Column::MintedAt)
        .all(s.connection())
        .await?;
    let live = rows.into_iter();
    Ok(live
        .map(|row| LiveSecret { id: row.id, minted_at: row.minted_at, mailed_at: row.mailed_at })
        .collect())
}

/// Takes secrets away.
///
/// # Errors
/// When the database cannot be written.
pub async fn delete_secrets(tx: &mut WriteTx, ids: &[Uuid]) -> Result<(), StoreError> {
    if ids.is_empty() {
        return Ok(());
    }
    tx.delete_many::<link_secret::Entity>()
        .filter(link_secret::Column::Id.is_in(ids.iter().copied()))
        .exec(tx.connection())
        .await?;
    Ok(())
}

/// Adds a secret's hash in the invitation's generation.
///
/// # Errors
/// When the database cannot be written.
pub async fn insert_secret(
    tx: &mut WriteTx,
    id: Uuid,
    invitation: &Invitation,
    secret_hash: Vec<u8>,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    tx.insert::<link_secret::Entity>(link_secret::ActiveModel {
        id: Set(id),
        tenant_id: Set(tx.tenant_id().0),
        invitation_id: Set(invitation.id.0),
        secret_hash: Set(secret_hash),
        generation: Set(invitation.generation),
        minted_at: Set(now),
        mailed_at: Set(None),
    })
    .await
}

/// Notes that the mail with a secret was taken by the mail server.
///
/// # Errors
/// When the database cannot be written.
pub async fn secret_mailed(tx: &mut WriteTx, id: Uuid, now: DateTime<Utc>) -> Result<(), StoreError> {
    tx.update_many::<link_secret::Entity>()
        .col_expr(link_secret::Column::MailedAt, Expr::value(now))
        .filter(link_secret::Column::Id.eq(id))
        .exec(tx.connection())
        .await?;
    Ok(())
}

/// What mail needs to know of a one-time code.
#[derive(Clone, Copy, Debug)]
pub struct CodeRow {
    /// Whose.
    pub invitation_id: InvitationId,
    /// Neither used nor replaced by a newer one.
    pub open: bool,
}

/// One one-time code.
///
/// # Errors
/// When the database does not answer.
pub async fn one_time_code(s: &impl Scoped, id: OneTimeCodeId) -> Result<Option<CodeRow>, StoreError> {
    let row = s.find_id::<one_time_code::Entity>(id).one(s.connection()).await?;
    Ok(row.map(|row| CodeRow {
        invitation_id: InvitationId(row.invitation_id),
        open: row.used_at.is_none() && row.superseded_at.is_none(),
    }))
}

/// Gives a one-time code its digits' hash, if it is still open.
///
/// # Errors
/// When the database cannot be written.
pub async fn set_code(
    tx: &mut WriteTx,
    id: OneTimeCodeId,
    hash: &str,
    expires_at: DateTime<Utc>,
) -> Result<bool, StoreError> {
    use one_time_code::Column as C;
    let done = tx
        .update_many::<one_time_code::Entity>()
        .col_expr(C::CodeHash, Expr::value(hash))
        .col_expr(C::ExpiresAt, Expr::value(expires_at))
        .filter(C::Id.eq(id.0))
        .filter(C::UsedAt.is_null())
        .filter(C::SupersededAt.is_null())
        .exec(tx.connection())
        .await?;
    Ok(done.rows_affected == 1)
}
