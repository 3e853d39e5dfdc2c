//! Seven vendors whose stories began long ago: asked again after a year with their answers carried forward, waiting for
//! a decision, expired, cancelled, in draft, archived. To add one: a script here, and a function that plays it.

use super::{
    actors::{Manner, answer_all},
    story::{Result, Script, Stage},
};
use crate::{
    domain::answer::TypedAnswer,
    usecases::{
        PortalCtx,
        answers::{self, SaveAnswer},
        assessments, carry, reviews, vendors,
    },
};

const HEARTH: Script = Script {
    vendor: "Hearth Systems",
    website: "https://hearth.example",
    service: "Hearth Inbox",
    about: "Archives e-mail of the service desk.",
    contact: ("Noor Haddad", "noor.haddad@hearth.example", "Security lead"),
    intake: &[("INH-DAT", &["personal"]), ("INH-VOL", &["k1"]), ("INH-ACC", &["read"])],
    with_ai: false,
    keep: &[],
    message: "We would like to open Hearth Inbox to every branch.",
};
const STRATUS: Script = Script {
    vendor: "Stratus Vision",
    website: "https://stratus.example",
    service: "Stratus Scan",
    about: "Reads invoices and suggests the account.",
    contact: ("Leo Marsh", "leo.marsh@stratus.example", "Head of engineering"),
    intake: &[("INH-DAT", &["confidential"])],
    with_ai: true,
    keep: &[],
    message: "Finance would like to read invoices with Stratus Scan.",
};
const PALLAS: Script = Script {
    vendor: "Pallas Voice",
    website: "https://pallas.example",
    service: "Pallas Notes",
    about: "Writes minutes of meetings.",
    contact: ("Rita Sole", "rita.sole@pallas.example", "Data protection officer"),
    intake: &[("INH-DAT", &["personal"]), ("INH-CTX", &["genai"])],
    with_ai: true,
    keep: &[],
    message: "Several teams would like to have minutes written by Pallas Notes.",
};
const NIMBUS: Script = Script {
    vendor: "Nimbus OCR",
    website: "https://nimbus.example",
    service: "Nimbus Read",
    about: "Turns scanned letters into text.",
    contact: ("Ola Wirth", "ola.wirth@nimbus.example", "Sales engineer"),
    intake: &[],
    with_ai: false,
    keep: &[],
    message: "We would like to scan incoming letters with Nimbus Read.",
};
const BRIGHTDESK: Script = Script {
    vendor: "Brightdesk",
    website: "https://brightdesk.example",
    service: "Brightdesk Help",
    about: "Tickets of the internal help desk.",
    contact: ("Carl Ives", "carl.ives@brightdesk.example", "Support lead"),
    intake: &[],
    with_ai: false,
    keep: &[],
    message: "Please tell us how Brightdesk Help is protected.",
};
const VANTOR: Script = Script {
    vendor: "Vantor Labs",
    website: "https://vantor.example",
    service: "Vantor Forecast",
    about: "Forecasts cash in branches, and who of the staff is needed where.",
    contact: ("Sven Aalto", "sven.aalto@vantor.example", "Chief technology officer"),
    intake: &[("INH-DAT", &["confidential"]), ("INH-AIE", &["informs"])],
    with_ai: true,
    keep: &[],
    message: "Treasury would like to forecast cash with Vantor Forecast.",
};

const QUILL: Script = Script {
    vendor: "Quill Fax",
    website: "https://quill.example",
    service: "Quill Gateway",
    about: "Sends faxes from the branches.",
    contact: ("Emil Roth", "emil.roth@quill.example", "Account manager"),
    intake: &[],
    with_ai: false,
    keep: &[],
    message: "",
};

/// Plays all of them.
///
/// # Errors
/// When a use-case refuses, which would be a fault of the story.
pub(super) async fn play(stage: &Stage<'_>) -> Result<()> {
    quill(stage).await?;
    hearth(stage).await?;
    vantor(stage).await?;
    brightdesk(stage).await?;
    stratus(stage).await?;
    pallas(stage).await?;
    nimbus(stage).await
}

/// Uses every answer of the time before that still fits.
async fn carry_all(portal: &PortalCtx) -> Result<()> {
    let sheet = answers::open(portal).await?;
    for section in &sheet.sections {
        carry::use_section(portal, &section.questionnaire_id, &section.id).await?;
    }
    Ok(())
}

/// Writes the notes of two carried answers anew.
async fn say_what_changed(portal: &PortalCtx, note: &str) -> Result<()> {
    let sheet = answers::open(portal).await?;
    for row in sheet.rows.answers.iter().filter(|row| row.note.is_some()).take(2) {
        let before = TypedAnswer::of_stored(row.value.as_ref(), row.note.as_deref());
        let save = SaveAnswer {
            question: row.question_id.clone(),
            rev: row.rev,
            mutation: format!("demo-note-{}", row.question_id),
            typed: TypedAnswer { note: note.to_owned(), ..before },
        };
        answers::save(portal, save).await?;
    }
    Ok(())
}

/// Registered, and archived when the branches stopped sending faxes.
async fn quill(stage: &Stage<'_>) -> Result<()> {
    stage.long_ago(0, 1);
    let registered = stage.register(&QUILL).await?;
    stage.long_ago(1, 1);
    let version = vendors::vendor(&stage.procurement, registered.vendor).await?.version;
    vendors::archive(&stage.procurement, registered.vendor, version).await
}

/// Three yearly rounds: weak at first, better each time, approved, with two findings left; and asked once more, nothing
/// answered yet.
async fn hearth(stage: &Stage<'_>) -> Result<()> {
    stage.long_ago(2, 1);
    let registered = stage.register(&HEARTH).await?;
    for (round, begin, better) in [(1, 2, 0), (2, 350, 30), (3, 676, 60)] {
        stage.long_ago(begin, 2);
        let (id, portal) = stage.ask(&HEARTH, registered, round).await?;
        stage.long_ago(begin + 6, 3);
        // What had gaps the time before is answered anew, the rest is carried forward.
        if better > 0 {
            answer_all(&portal, &Manner { stop_after: better, ..Manner::default() }).await?;
        }
        carry_all(&portal).await?;
        if better > 0 {
            let missing = if round == 2 { "one internal tool follows" } else { "the last tool follows" };
            say_what_changed(
                &portal,
                &format!("In place for the production service; {missing} next quarter."),
            )
            .await?;
        }
        answer_all(&portal, &Manner { slip_every: 1, ..Manner::default() }).await?;
        stage.submit(&portal, &HEARTH, &format!("hearth-{round}")).await?;
        stage.long_ago(begin + 9, 1);
        stage.accept(id, 3).await?;
        reviews::finish_review(&stage.risk, id).await?;
        if round == 3 {
            stage.raise(id, 2).await?;
        }
        let (outcome, conditions) = match round {
            1 => ("approved_with_conditions", "Better proof of the controls within a year."),
            _ => ("approved", ""),
        };
        stage.decide(id, outcome, conditions, "Small, careful, and improving.").await?;
        stage.pass_by(begin + 42).await?;
    }
    stage.long_ago(727, 1);
    stage.ask(&HEARTH, registered, 4).await?;
    Ok(())
}

/// Asked about the wrong service and cancelled; then so weak that it was declined. A new draft waits to be sent.
async fn vantor(stage: &Stage<'_>) -> Result<()> {
    stage.long_ago(640, 1);
    let registered = stage.register(&VANTOR).await?;
    let (id, _) = stage.ask(&VANTOR, registered, 1).await?;
    stage.long_ago(642, 1);
    let version = assessments::view(&stage.procurement, id).await?.assessment.version;
    let reason = "Asked about the wrong service; a new questionnaire follows.";
    assessments::cancel(&stage.procurement, id, version, reason).await?;
    stage.postman.run_until_idle().await?;
    let (id, portal) = stage.ask(&VANTOR, registered, 2).await?;
    stage.long_ago(650, 1);
    answer_all(&portal, &Manner { weak: true, ..Manner::default() }).await?;
    stage.submit(&portal, &VANTOR, "vantor").await?;
    stage.long_ago(653, 1);
    stage.accept(id, 0).await?;
    reviews::finish_review(&stage.risk, id).await?;
    stage.decide(id, "declined", "", "Nearly nothing is in place; ask again in spring.").await?;
    stage.pass_by(690).await?;
    stage.long_ago(728, 1);
    stage.prepare(&VANTOR, registered, 3).await?;
    Ok(())
}

/// Half answered until the link ended.
async fn brightdesk(stage: &Stage<'_>) -> Result<()> {
    stage.long_ago(600, 1);
    let registered = stage.register(&BRIGHTDESK).await?;
    let (_, portal) = stage.ask(&BRIGHTDESK, registered, 1).await?;
    stage.long_ago(610, 4);
    answer_all(&portal, &Manner { slip_every: 3, stop_after: 20, ..Manner::default() }).await?;
    stage.pass_by(650).await
}

/// Reviewed to the end; somebody has to decide.
async fn stratus(stage: &Stage<'_>) -> Result<()> {
    stage.long_ago(700, 1);
    let registered = stage.register(&STRATUS).await?;
    let (id, portal) = stage.ask(&STRATUS, registered, 1).await?;
    stage.long_ago(710, 2);
    answer_all(&portal, &Manner { slip_every: 5, ..Manner::default() }).await?;
    stage.submit(&portal, &STRATUS, "stratus").await?;
    stage.long_ago(718, 1);
    stage.accept(id, 5).await?;
    reviews::finish_review(&stage.risk, id).await?;
    Ok(())
}

/// Under review.
async fn pallas(stage: &Stage<'_>) -> Result<()> {
    stage.long_ago(705, 1);
    let registered = stage.register(&PALLAS).await?;
    let (id, portal) = stage.ask(&PALLAS, registered, 1).await?;
    stage.long_ago(716, 2);
    answer_all(&portal, &Manner { slip_every: 3, ..Manner::default() }).await?;
    stage.submit(&portal, &PALLAS, "pallas").await?;
    stage.long_ago(722, 3);
    stage.accept(id, 2).await
}

/// Sent; nobody has come in yet.
async fn nimbus(stage: &Stage<'_>) -> Result<()> {
    stage.long_ago(724, 2);
    let registered = stage.register(&NIMBUS).await?;
    stage.ask(&NIMBUS, registered, 1).await?;
    Ok(())
}
