//! What a lead does about who else answers: invites a colleague as helper, and revokes their link again.
//!
//! A helper answers whatever is open and reports what is done about findings; they submit nothing and invite nobody.
//! Whose address is of another domain than the lead's is invited only when the lead says that they may see all of it.

use super::{
    PortalCtx, Result, UseCaseError,
    error::Faults,
    idempotency::{Once, once},
    respondents::{self, respondent_of},
    vendors::{self, ContactInput},
};
use crate::{
    domain::{
        assessment::InvitationState,
        email_address::EmailAddress,
        ids::RespondentId,
        respondent::{Invitation, Respondent, RespondentRole},
    },
    store::{self, respondents as rows},
};
use serde_json::json;

/// How many people an assessment may have before nobody can be invited, those whose link was revoked among them: whoever
/// has a link cannot make Assay write to any number of addresses.
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
/// already, unfit, or of another domain without the lead's word, and when there are [`MOST_PEOPLE`];
/// [`UseCaseError::StateConflict`] when nothing is open.
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
    // Whoever revokes the lead's own link, or invites somebody else, waits or has been waited for.
    store::answers::lock(&tx, ctx.assessment()).await?;
    let (_, own_link) = respondent_of(&tx, ctx.assessment(), ctx.respondent().id).await?;
    if own_link.state != InvitationState::Active {
        return Err(UseCaseError::Unauthenticated);
    }
    let assessment =
        store::assessments::assessment(&tx, ctx.assessment()).await?.ok_or(UseCaseError::NotFound)?;
    let Some(ends_at) = assessment.link_ends_at.filter(|_| assessment.state.open_to_vendor()) else {
        return Err(UseCaseError::conflict("Nobody can be invited: nothing is open to be answered."));
    };
    let mut faults = Faults::default();
    let name = faults.one_line("name", "your colleague's name", &input.name, 100);
    // One line: in the text of a mail, lines of one's own could pass for ours.
    let ask = input.ask.split_whitespace().collect::<Vec<_>>().join(" ");
    let ask = faults.optional("ask", "what you ask for", Some(&ask), MAX_ASK);
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
        let text =
            format!("{MOST_PEOPLE} people were invited already. Ask who sent you the questions to add more");
        return Err(UseCaseError::field("email", "too_many", text));
    }
    let same =
        |other: &str| EmailAddress::parse(other).is_ok_and(|other| other.canonical() == email.canonical());
    if let Some(person) = present.iter().find(|person| same(&person.email)) {
        let (_, invitation) = respondent_of(&tx, assessment.id, person.id).await?;
        return Err(match invitation.state {
            InvitationState::Revoked => unfit(),
            _ => UseCaseError::field("email", "taken", "This address was invited already"),
        });
    }
    let contacts = store::vendors::contacts(&tx, assessment.vendor_id).await?;
    let known = contacts.into_iter().find(|contact| same(&contact.email));
    let new_contact = known.is_none();
    let contact = match known {
        Some(contact) => contact,
        None => {
            let job_title = format!("Invited by {}", ctx.respondent().name).chars().take(100).collect();
            let new = ContactInput { name: name.clone(), email: input.email.clone(), job_title };
            let fields = ["name", "email", "email"];
            vendors::insert_contact(&mut tx, ctx.now(), ctx.id(), assessment.vendor_id, &new, fields).await?
        }
    };
    if contact.refused_reason.is_some() {
        return Err(unfit());
    }
    let added = json!({"contact": contact.id, "new_contact": new_contact, "outside": input.outside});
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
    tx.commit(ctx.event("respondent.invited", "respondent", id).after(added)).await?;
    Ok(id)
}

/// An address to which nothing can be sent, without saying why: what the buyer knows of it is the buyer's.
fn unfit() -> UseCaseError {
    UseCaseError::field(
        "email",
        "unfit",
        "This person cannot be invited from here. Ask who sent you the questions to add them",
    )
}

/// Revokes the link of a helper at once, whatever state it is in, so that nobody opens it again but the buyer; what they
/// answered stays.
///
/// # Errors
/// [`UseCaseError::Forbidden`] for helpers; [`UseCaseError::NotFound`] when it is not a helper of this assessment.
pub async fn revoke(ctx: &PortalCtx, helper: RespondentId) -> Result<()> {
    refuse_helpers(ctx)?;
    let mut tx = ctx.begin_write().await?;
    store::answers::lock(&tx, ctx.assessment()).await?;
    let (respondent, invitation) = respondent_of(&tx, ctx.assessment(), helper).await?;
    if respondent.role != RespondentRole::Helper {
        return Err(UseCaseError::NotFound);
    }
    if invitation.state == InvitationState::Revoked {
        return Ok(());
    }
    let id = invitation.id;
    let ended = Invitation { state: InvitationState::Revoked, closed_at: Some(ctx.now()), ..invitation };
    rows::update_invitation(&mut tx, &ended).await?;
    rows::kill(&mut tx, id, ctx.now()).await?;
    tx.commit(ctx.event("invitation.revoked", "respondent", helper)).await?;
    Ok(())
}

fn refuse_helpers(ctx: &PortalCtx) -> Result<()> {
    if ctx.respondent().is_lead { Ok(()) } else { Err(UseCaseError::Forbidden) }
}
