//! What a lead does about who else answers: invites a colleague as helper, and takes their access away again.
//!
//! A helper can answer everything and submit nothing, and invites nobody. Whose address is of another domain than the
//! lead's is invited only when the lead says that they may see all of it.

use super::{
    PortalCtx, Result, UseCaseError,
    error::Faults,
    idempotency::{Once, once},
    respondents::{self, end_invitations, respondent_of},
    vendors::{self, ContactInput},
};
use crate::{
    domain::{
        assessment::InvitationState,
        email_address::EmailAddress,
        ids::RespondentId,
        respondent::{Respondent, RespondentRole},
    },
    store::{self, respondents as rows},
};
use serde_json::json;

/// People who are invited to one assessment at most, those whose access ended among them: whoever has a link cannot
/// make Assay write to any number of addresses.
pub const MOST_PEOPLE: usize = 20;

/// Longest words to a colleague, in characters.
pub const MAX_ASK: usize = 500;

/// Who to invite, as the form sends it.
#[derive(Clone, Debug, Default)]
pub struct InviteColleague {
    /// Made with the form: the same form sent twice invites once.
    pub key: String,
    /// Their name.
    pub name: String,
    /// Their address.
    pub email: String,
    /// What the lead asks for; may be empty.
    pub ask: String,
    /// Whether somebody with an address of another domain may see everything.
    pub outside: bool,
}

/// Invites a colleague as helper; the link goes to them by mail.
///
/// # Errors
/// [`UseCaseError::Forbidden`] for helpers; [`UseCaseError::Invalid`] for a name or address that is missing, invited
/// already, refused by its mail server, or of another domain without the lead's word; [`UseCaseError::StateConflict`]
/// when nothing is open, or [`MOST_PEOPLE`] were invited.
pub async fn invite(ctx: &PortalCtx, input: &InviteColleague) -> Result<RespondentId> {
    refuse_helpers(ctx)?;
    let mut tx = ctx.begin_write().await?;
    let id: RespondentId = ctx.id();
    let request = json!([input.name, input.email, input.ask, input.outside]);
    if let Once::Before(response) =
        once(&mut tx, ctx, "colleague.invite", &input.key, &request, &json!(id)).await?
    {
        return serde_json::from_value(response).map_err(UseCaseError::internal);
    }
    let assessment =
        store::assessments::assessment(&tx, ctx.assessment()).await?.ok_or(UseCaseError::NotFound)?;
    let Some(ends_at) = assessment.link_ends_at.filter(|_| assessment.state.open_to_vendor()) else {
        return Err(UseCaseError::conflict("Nobody can be invited: nothing is open to be answered."));
    };
    let mut faults = Faults::default();
    let name = faults.one_line("name", "your colleague's name", &input.name, 100);
    let ask = faults.optional("ask", "what you ask for", Some(&input.ask), MAX_ASK);
    let email =
        EmailAddress::parse(&input.email).map_err(|e| faults.add("email", "invalid", e.to_string())).ok();
    let own = EmailAddress::parse(&ctx.respondent().email).map_err(UseCaseError::internal)?;
    if let Some(email) = email.as_ref().filter(|email| email.domain() != own.domain() && !input.outside) {
        faults.add(
            "outside",
            "required",
            format!(
                "{} is not {}: tick this if they may see all questions and answers",
                email.domain(),
                own.domain()
            ),
        );
    }
    faults.finish()?;
    let email = email.ok_or(UseCaseError::NotFound)?;
    let present = rows::respondents(&tx, assessment.id).await?;
    if present.len() >= MOST_PEOPLE {
        return Err(UseCaseError::conflict(format!(
            "{MOST_PEOPLE} people were invited already. Write to who asked you if you need more."
        )));
    }
    let same =
        |other: &str| EmailAddress::parse(other).is_ok_and(|other| other.canonical() == email.canonical());
    if present.iter().any(|person| same(&person.email)) {
        return Err(UseCaseError::field("email", "taken", "This address was invited already"));
    }
    let contacts = store::vendors::contacts(&tx, assessment.vendor_id).await?;
    let contact = match contacts.into_iter().find(|contact| same(&contact.email)) {
        Some(contact) => contact,
        None => {
            let new =
                ContactInput { name: name.clone(), email: input.email.clone(), job_title: String::new() };
            let fields = ["name", "email", "job_title"];
            vendors::insert_contact(&mut tx, ctx.now(), ctx.id(), assessment.vendor_id, &new, fields).await?
        }
    };
    if contact.refused_reason.is_some() {
        return Err(UseCaseError::field(
            "email",
            "refused",
            "The mail server there refused this address before",
        ));
    }
    let colleague = Respondent {
        id,
        assessment_id: assessment.id,
        contact_id: contact.id,
        name,
        email: contact.email,
        role: RespondentRole::Helper,
        created_at: ctx.now(),
        invited_by: Some(ctx.respondent().id),
        ask,
    };
    rows::insert_respondent(&mut tx, &colleague).await?;
    respondents::invite(&mut tx, ctx.services(), assessment.id, &colleague, ends_at).await?;
    tx.commit(ctx.event("respondent.invited", "respondent", id)).await?;
    Ok(id)
}

/// Takes the access of a helper away at once and for good; what they answered stays.
///
/// # Errors
/// [`UseCaseError::Forbidden`] for helpers; [`UseCaseError::NotFound`] when it is not a helper of this assessment.
pub async fn remove(ctx: &PortalCtx, helper: RespondentId) -> Result<()> {
    refuse_helpers(ctx)?;
    let mut tx = ctx.begin_write().await?;
    let (respondent, invitation) = respondent_of(&tx, ctx.assessment(), helper).await?;
    if respondent.role != RespondentRole::Helper {
        return Err(UseCaseError::NotFound);
    }
    if end_invitations(&mut tx, &[invitation], InvitationState::Revoked, ctx.now()).await? > 0 {
        tx.commit(ctx.event("respondent.removed", "respondent", helper)).await?;
    }
    Ok(())
}

fn refuse_helpers(ctx: &PortalCtx) -> Result<()> {
    if ctx.respondent().is_lead { Ok(()) } else { Err(UseCaseError::Forbidden) }
}
