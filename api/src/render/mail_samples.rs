//! The mails with invented content.

use super::mail::{
    AskedQuestion, ClarificationMail, FindingsIssuedMail, FreshLinkMail, InvitationMail, IssuedFinding,
    MailFrame, MailLink, NoticeMail, OneTimeCodeMail, QuestionnaireCount, ReminderMail, SectionLeft,
    SubmittedInternalMail, SubmittedVendorMail,
};
use super::page::Organisation;
use super::samples::Sample;

fn frame(preheader: &str) -> MailFrame {
    MailFrame {
        lang: "en".to_owned(),
        dir: "ltr".to_owned(),
        organisation: Organisation::new("Northwind Bank"),
        preheader: preheader.to_owned(),
        recipient: "Priya Shah".to_owned(),
        sender: Some("Daniel Reyes, Procurement".to_owned()),
        why_you: "You get this mail because Daniel Reyes named you as contact for Lumen Triage.".to_owned(),
    }
}

fn unsigned(preheader: &str, why: &str) -> MailFrame {
    MailFrame { sender: None, why_you: why.to_owned(), ..frame(preheader) }
}

fn link() -> MailLink {
    MailLink {
        url: "https://questions.northwindbank.example/q/k7Qm2x#4TRX9WQDMM2K7HSP4TRX9WQDMM2K7HSP".to_owned(),
        page_url: "https://questions.northwindbank.example/q/k7Qm2x".to_owned(),
        access_code: "4TRX 9WQD MM2K 7HSP 4TRX 9WQD MM2K 7HSP".to_owned(),
    }
}

fn reminder(overdue: bool) -> ReminderMail {
    ReminderMail {
        mail: frame("Supplier security, 6 left; AI tool risk, 22 left"),
        service: "Lumen Triage".to_owned(),
        left: 28,
        total: 141,
        due: "Friday 12 December 2025".to_owned(),
        due_short: "12 Dec".to_owned(),
        zone: "London".to_owned(),
        follow_up: false,
        overdue,
        effect:
            "until we have the answers, onboarding waits. If you need more time, reply and propose a date."
                .to_owned(),
        sections: vec![
            SectionLeft { title: "Business continuity".to_owned(), left: 4 },
            SectionLeft { title: "Third-party AI".to_owned(), left: 4 },
        ],
        link: link(),
    }
}

fn internal(look: u64, reasons: &[&str]) -> SubmittedInternalMail {
    SubmittedInternalMail {
        mail: MailFrame {
            recipient: "Amara Nwosu".to_owned(),
            ..unsigned("Submitted by Priya Shah", "You get this mail because you review this assessment.")
        },
        vendor: "Lumen Analytics".to_owned(),
        service: "Lumen Triage".to_owned(),
        reference: "AIQ-0412".to_owned(),
        submission: 1,
        sent_at: "Wednesday 10 December 2025, 16:04 in London".to_owned(),
        stated_by: "Priya Shah, Compliance lead".to_owned(),
        look,
        reasons: reasons.iter().map(|reason| (*reason).to_owned()).collect(),
        review_url: "https://assay.northwindbank.example/assessments/AIQ-0412/review".to_owned(),
    }
}

/// Samples of every mail.
#[must_use]
pub fn samples() -> Vec<Sample> {
    let invitation = InvitationMail {
        mail: frame("About 2.5 hours in all, in as many sittings as you like. No account needed."),
        service: "Lumen Triage".to_owned(),
        why: "We want to use Lumen Triage to prioritise customer complaints. Before we decide, we ask how Lumen \
              Analytics protects our data and keeps the AI reliable."
            .to_owned(),
        questions: 145,
        questionnaires: vec![
            QuestionnaireCount { title: "Supplier security".to_owned(), questions: 71 },
            QuestionnaireCount { title: "AI tool risk".to_owned(), questions: 74 },
        ],
        time: "About 150 minutes".to_owned(),
        due: "Friday 12 December 2025".to_owned(),
        due_short: "12 Dec".to_owned(),
        zone: "London".to_owned(),
        ready: Some("SOC 2 or ISO certificate, penetration test letter, model card".to_owned()),
        offered: Some(
            "Your answers of 3 March 2025 about Lumen Triage are offered again where they still fit.".to_owned(),
        ),
        link: link(),
    };
    let short = InvitationMail { ready: None, offered: None, ..invitation.clone() };
    let code = OneTimeCodeMail {
        mail: unsigned(
            "It works for 10 minutes and once.",
            "You get this mail because your link was opened in a new browser.",
        ),
        code: "418 039".to_owned(),
        minutes: 10,
    };
    let clarification = ClarificationMail {
        mail: frame("The questions are in this mail."),
        service: "Lumen Triage".to_owned(),
        count: 2,
        questions: vec![
            AskedQuestion {
                number: "8.2".to_owned(),
                question: "Are limits for unfair results written down?".to_owned(),
                asked: "Which numbers?\nAnd who reads them?".to_owned(),
            },
            AskedQuestion {
                number: "11.3".to_owned(),
                question: "Is there an alert when live data drifts from what was tested?".to_owned(),
                asked: "When does the draft model get its alert?".to_owned(),
            },
        ],
        due: "Thursday 18 December 2025".to_owned(),
        due_short: "18 Dec".to_owned(),
        link: link(),
    };
    let finding = |title: &str, severity: &str| IssuedFinding {
        title: title.to_owned(),
        severity: severity.to_owned(),
        due: "16 February 2026".to_owned(),
    };
    let findings = FindingsIssuedMail {
        mail: frame("The first is due on 16 February 2026."),
        service: "Lumen Triage".to_owned(),
        count: 2,
        findings: vec![
            finding("Penetration test is older than 24 months", "High"),
            finding("Fairness tested at first release only", "Medium"),
        ],
        link: link(),
    };
    let receipt = SubmittedVendorMail {
        mail: frame("Keep this mail: it holds the hash of your answers."),
        service: "Lumen Triage".to_owned(),
        reference: "AIQ-0412".to_owned(),
        submission: 1,
        sent_at: "Wednesday 10 December 2025, 16:04 in London".to_owned(),
        stated_by: "Priya Shah, Compliance lead".to_owned(),
        hash: "9f2c41d0b7aa0c5d8e6f3b21c4d59e7081f2a3b4c5d6e7f8091a2b3c4d5ee41a".to_owned(),
        link: link(),
    };
    let user = NoticeMail {
        mail: unsigned("The link works once.", "You get this mail because somebody entered your address."),
        subject: "You are invited to Assay at Northwind Bank".to_owned(),
        heading: "You are invited to Assay".to_owned(),
        text: "choose a password to begin.".to_owned(),
        lines: vec!["It works until Friday 5 December 2025.".to_owned()],
        button: "Choose a password".to_owned(),
        url: "https://assay.northwindbank.example/join#4TRX9WQDMM2K7HSP".to_owned(),
        link: None,
        code: Some("4TRX 9WQD MM2K 7HSP".to_owned()),
    };
    let closed =
        NoticeMail { link: Some(link()), url: link().url, code: None, lines: Vec::new(), ..user.clone() };
    let fresh = |replaces: bool| FreshLinkMail {
        mail: frame("What you have answered is kept."),
        subject: "Your new link to the questions of Northwind Bank".to_owned(),
        heading: "Your new link".to_owned(),
        text: "you or somebody else asked for a fresh link to our questions about Lumen Triage.".to_owned(),
        replaces,
        link: link(),
    };
    let follow_up =
        ReminderMail { left: 2, total: 3, follow_up: true, sections: Vec::new(), ..reminder(false) };
    vec![
        Sample::mail("full", &invitation),
        Sample::mail("short", &short),
        Sample::mail("any", &code),
        Sample::mail("going", &reminder(false)),
        Sample::mail("overdue", &reminder(true)),
        Sample::mail("follow_up", &follow_up),
        Sample::mail("two", &clarification),
        Sample::mail("two", &findings),
        Sample::mail("any", &receipt),
        Sample::mail("flagged", &internal(12, &["3 scope questions", "4 changed answers"])),
        Sample::mail("calm", &internal(0, &[])),
        Sample::mail("sign_in", &user),
        Sample::mail("linked", &closed),
        Sample::mail("added", &fresh(false)),
        Sample::mail("replaced", &fresh(true)),
    ]
}
