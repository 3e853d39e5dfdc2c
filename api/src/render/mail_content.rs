//! From the typed content of a mail to its words. Used by the worker that sends and by the preview before sending.

use super::{
    RenderError, RenderedMail, Renderer,
    mail::{
        AskedQuestion, ClarificationMail, FindingsIssuedMail, FreshLinkMail, InvitationMail, IssuedFinding,
        MailFrame, MailLink, NoticeMail, OneTimeCodeMail, QuestionnaireCount, ReminderMail, SectionLeft,
        SubmittedInternalMail, SubmittedVendorMail,
    },
    page::Organisation,
    parts::capitalised,
};
use crate::domain::{
    delivery::{FindingLine, LinkInMail, LinkNews, MailContent, MailFrame as Frame},
    due,
    time_left::about_minutes,
};

impl Renderer {
    /// Subject, text and HTML of a mail.
    ///
    /// # Errors
    /// When a template names something that the mail lacks.
    pub fn mail_content(&self, content: &MailContent) -> Result<RenderedMail, RenderError> {
        match content {
            MailContent::Invitation { frame, questions, questionnaires, minutes, message, offered, link } => {
                self.mail(&InvitationMail {
                    mail: signed(frame, "No account needed. Stop and go on at any time.".to_owned()),
                    service: frame.service.clone(),
                    why: message.clone().unwrap_or_else(|| {
                        format!(
                            "We would like to rely on {}. Before we decide, we ask how {} protects our data and keeps what it supplies reliable.",
                            frame.service, frame.vendor
                        )
                    }),
                    questions: count(*questions),
                    questionnaires: questionnaires
                        .iter()
                        .map(|asked| QuestionnaireCount {
                            title: asked.title.clone(),
                            questions: count(asked.questions),
                        })
                        .collect(),
                    time: capitalised(&about_minutes(*minutes)),
                    due: due::long_day(frame.due_on),
                    due_short: short(frame),
                    zone: zone(frame),
                    ready: Some("certificates, policies and test reports".to_owned()),
                    offered: offered.as_ref().map(|before| {
                        format!(
                            "Your answers of {} about {} are offered again where they still fit.",
                            due::short_day(before.on),
                            before.service
                        )
                    }),
                    link: mail_link(link),
                })
            }
            MailContent::ColleagueInvited { frame, ask, link } => self.mail(&NoticeMail {
                // Their colleague asks, and has the replies.
                mail: MailFrame {
                    sender: None,
                    ..signed(frame, format!("Due {}. No account needed.", short(frame)))
                },
                subject: format!("{} asks for your help with questions about {}", frame.named_by, frame.service),
                heading: format!("{} asks for your help", frame.named_by),
                text: format!(
                    "{} asks {} about {}, due {}, and {lead} would like you to answer a part of it. You can answer \
                     whatever is open; {lead} submits it. A reply to this mail goes to {lead}.",
                    frame.organisation,
                    frame.vendor,
                    frame.service,
                    due::long_day(frame.due_on),
                    lead = frame.named_by
                ),
                lines: ask
                    .iter()
                    .map(|words| format!("{} writes: \u{201c}{words}\u{201d}", frame.named_by))
                    .collect(),
                button: "Open the questions".to_owned(),
                url: link.url.clone(),
                link: Some(mail_link(link)),
                code: None,
            }),
            MailContent::Reminder { frame, left, total, sections, follow_up, overdue, link } => self.mail(&ReminderMail {
                mail: signed(frame, "What you have answered is kept.".to_owned()),
                service: frame.service.clone(),
                left: count(*left),
                total: count(*total),
                due: due::long_day(frame.due_on),
                due_short: short(frame),
                zone: zone(frame),
                follow_up: *follow_up,
                overdue: *overdue,
                effect: "until we have the answers, we cannot go on. If you need more time, reply and propose a date."
                    .to_owned(),
                sections: sections
                    .iter()
                    .map(|(title, left)| SectionLeft { title: title.clone(), left: count(*left) })
                    .collect(),
                link: mail_link(link),
            }),
            MailContent::FreshLink { frame, news, replaces, link } => {
                let (subject, heading, text) = link_news(frame, *news);
                self.mail(&FreshLinkMail {
                    mail: signed(frame, "What you have answered is kept.".to_owned()),
                    subject,
                    heading,
                    text,
                    replaces: *replaces,
                    link: mail_link(link),
                })
            }
            MailContent::OneTimeCode { organisation, code, minutes, .. } => self.mail(&OneTimeCodeMail {
                mail: MailFrame {
                    why_you: "You get this mail because your link was opened in a new browser.".to_owned(),
                    ..unsigned(organisation, "", "It works once.".to_owned())
                },
                code: grouped(code),
                minutes: u64::try_from(*minutes).unwrap_or_default(),
            }),
            MailContent::Clarifications { frame, asked, link } => self.mail(&ClarificationMail {
                mail: signed(frame, "Only these questions are open; the rest is kept.".to_owned()),
                service: frame.service.clone(),
                count: count(asked.len()),
                questions: (1..)
                    .zip(asked)
                    .map(|(number, asked)| AskedQuestion {
                        number: i32::to_string(&number),
                        question: asked.question.clone(),
                        asked: asked.text.clone(),
                    })
                    .collect(),
                due: due::long_day(frame.due_on),
                due_short: short(frame),
                link: mail_link(link),
            }),
            MailContent::Submitted { frame, number, submitted_at, sha256, submitted_by, link } => self.mail(&SubmittedVendorMail {
                mail: signed(frame, format!("Reference {}", frame.reference)),
                service: frame.service.clone(),
                reference: frame.reference.clone(),
                submission: u64::try_from(*number).unwrap_or_default(),
                sent_at: format!("{} in {}", due::short_instant(frame.zone, *submitted_at), zone(frame)),
                stated_by: submitted_by.clone(),
                hash: sha256.clone(),
                link: mail_link(link),
            }),
            MailContent::SubmissionArrived {
                frame,
                number,
                submitted_at,
                submitted_by,
                look,
                knock_outs,
                url,
            } => {
                let mut reasons: Vec<String> =
                    look.iter().map(|(why, count)| format!("{why}: {count}")).collect();
                if !knock_outs.is_empty() {
                    reasons.push(format!("Critical questions that failed: {}", knock_outs.join(", ")));
                }
                self.mail(&SubmittedInternalMail {
                    mail: internal(frame, format!("Reference {}", frame.reference)),
                    vendor: frame.vendor.clone(),
                    service: frame.service.clone(),
                    reference: frame.reference.clone(),
                    submission: u64::try_from(*number).unwrap_or_default(),
                    sent_at: format!("{} in {}", due::short_instant(frame.zone, *submitted_at), zone(frame)),
                    stated_by: submitted_by.clone(),
                    look: look.iter().map(|(_, n)| count(*n)).sum(),
                    reasons,
                    review_url: url.clone(),
                })
            }
            MailContent::Findings { frame, findings, link } => self.mail(&FindingsIssuedMail {
                mail: signed(frame, "Tell us what you do by when, and add proof when it is done.".to_owned()),
                service: frame.service.clone(),
                count: count(findings.len()),
                findings: findings
                    .iter()
                    .map(|finding| IssuedFinding {
                        title: finding.title.clone(),
                        severity: capitalised(&finding.severity),
                        due: finding.due_on.map(due::short_day).unwrap_or_default(),
                    })
                    .collect(),
                link: mail_link(link),
            }),
            MailContent::ActionReported { frame, findings, url } => self.mail(&NoticeMail {
                mail: internal(frame, format!("Reference {}", frame.reference)),
                subject: format!("{}: an action was reported done", frame.vendor),
                heading: format!("{} reported an action done", frame.vendor),
                text: format!("these findings about {} wait for somebody to verify them:", frame.service),
                lines: findings.iter().map(finding_line).collect(),
                button: "Verify".to_owned(),
                url: url.clone(),
                link: None,
                code: None,
            }),
            MailContent::AmendmentAsked { frame, reason, url } => self.mail(&NoticeMail {
                mail: internal(frame, format!("Reference {}", frame.reference)),
                subject: format!("{} would like to change its answers", frame.vendor),
                heading: format!("{} would like to change what it handed in", frame.vendor),
                text: format!("this is about {}. They write:", frame.service),
                lines: vec![reason.clone()],
                button: "Agree or go on".to_owned(),
                url: url.clone(),
                link: None,
                code: None,
            }),
            MailContent::ActionRejected { frame, finding, reason, link } => self.mail(&NoticeMail {
                mail: signed(frame, format!("Reference {}", frame.reference)),
                subject: format!("{} needs more proof about {}", frame.organisation, frame.service),
                heading: "What you reported is not enough yet".to_owned(),
                text: "we looked at what you reported done.".to_owned(),
                lines: vec![format!("Finding: {finding}"), format!("What is missing: {reason}")],
                button: "See the finding".to_owned(),
                url: link.url.clone(),
                link: Some(mail_link(link)),
                code: None,
            }),
            MailContent::FindingsClosed { frame, decision, conditions, closed, open, link } => {
                let mut lines = Vec::new();
                if let Some(decision) = decision {
                    lines.push(format!("Decision: {decision}"));
                }
                if let Some(conditions) = conditions {
                    lines.push(format!("Conditions: {conditions}"));
                }
                if *closed + *open > 0 {
                    lines.push(format!("Findings closed: {closed}; still open: {open}"));
                }
                self.mail(&NoticeMail {
                    mail: signed(frame, format!("Reference {}", frame.reference)),
                    subject: format!("{}: where {} stands", frame.organisation, frame.service),
                    heading: format!("Where {} stands", frame.service),
                    text: "this is what has changed.".to_owned(),
                    lines,
                    button: "See status".to_owned(),
                    url: link.url.clone(),
                    link: Some(mail_link(link)),
                    code: None,
                })
            }
            MailContent::UserLink { organisation, recipient_name, role, first, link, expires_at, zone } => {
                let (subject, heading, why) = if *first {
                    (
                        format!("You are invited to Assay at {organisation}"),
                        "You are invited to Assay",
                        "You get this mail because an admin of the organisation entered your address.",
                    )
                } else {
                    (
                        format!("Your sign-in link for Assay at {organisation}"),
                        "Choose a new password",
                        "You get this mail because an admin of the organisation sent you a sign-in link.",
                    )
                };
                self.mail(&NoticeMail {
                    mail: MailFrame {
                        why_you: why.to_owned(),
                        ..unsigned(organisation, recipient_name, "The link works once.".to_owned())
                    },
                    subject,
                    heading: heading.to_owned(),
                    text: format!("choose a password to sign in as {}.", role.to_lowercase()),
                    lines: vec![format!("The link works once, until {}.", due::short_instant(*zone, *expires_at))],
                    button: "Choose a password".to_owned(),
                    url: link.url.clone(),
                    link: None,
                    code: Some(link.access_code.clone()),
                })
            }
        }
    }
}

fn unsigned(organisation: &str, recipient: &str, preheader: String) -> MailFrame {
    MailFrame {
        lang: "en".to_owned(),
        dir: "ltr".to_owned(),
        organisation: Organisation::new(organisation),
        preheader,
        recipient: recipient.to_owned(),
        sender: None,
        why_you: String::new(),
    }
}

/// A mail to a respondent: signed by the owner, who answers replies.
fn signed(frame: &Frame, preheader: String) -> MailFrame {
    MailFrame {
        sender: Some(frame.asker_name.clone()),
        why_you: format!(
            "You get this mail because {} named you as contact for {}.",
            frame.named_by, frame.service
        ),
        ..unsigned(&frame.organisation, &frame.recipient_name, preheader)
    }
}

/// A mail to a user about their own work.
fn internal(frame: &Frame, preheader: String) -> MailFrame {
    MailFrame {
        why_you: format!("You get this mail because you are owner or reviewer of {}.", frame.reference),
        ..unsigned(&frame.organisation, &frame.recipient_name, preheader)
    }
}

/// Subject, headline and first sentence of a mail that brings a link again.
fn link_news(frame: &Frame, news: LinkNews) -> (String, String, String) {
    let (service, due) = (&frame.service, due::long_day(frame.due_on));
    let new_link =
        (format!("Your new link to the questions of {}", frame.organisation), "Your new link".to_owned());
    let ((subject, heading), text) = match news {
        LinkNews::Asked => (
            new_link,
            format!("you or somebody else asked for a fresh link to our questions about {service}."),
        ),
        LinkNews::Reissued => (new_link, format!("here is a new link to our questions about {service}.")),
        LinkNews::DueMoved => (
            (format!("New due day for {service}: {}", short(frame)), format!("The new due day is {due}")),
            format!(
                "you have until {due}, end of the day in {}, for our questions about {service}.",
                zone(frame)
            ),
        ),
        LinkNews::Amendment => (
            (
                format!("You can change your answers about {service}"),
                "You can change your answers".to_owned(),
            ),
            format!(
                "what you handed in about {service} is open to you again. What you change reaches {} when it is submitted \
                 once more.",
                frame.organisation
            ),
        ),
        LinkNews::Reopened => (
            (
                format!("{} looks at {service} again", frame.organisation),
                format!("We look at {service} again"),
            ),
            "there may be questions for you, so your link works again. There is nothing to do until we ask."
                .to_owned(),
        ),
    };
    (subject, heading, text)
}

fn finding_line(finding: &FindingLine) -> String {
    format!("{} ({})", finding.title, capitalised(&finding.severity))
}

fn mail_link(link: &LinkInMail) -> MailLink {
    let page_url = link.url.split('#').next().unwrap_or_default().to_owned();
    MailLink { url: link.url.clone(), page_url, access_code: link.access_code.clone() }
}

fn count(n: usize) -> u64 {
    u64::try_from(n).unwrap_or(u64::MAX)
}

/// Six digits in two groups, for reading aloud.
fn grouped(code: &str) -> String {
    match code.char_indices().nth(3).and_then(|(at, _)| code.split_at_checked(at)) {
        Some((first, second)) => format!("{first} {second}"),
        None => code.to_owned(),
    }
}

fn short(frame: &Frame) -> String {
    frame.due_on.format("%-d %b").to_string()
}

/// The place of a zone: `Europe/London` is "London".
fn zone(frame: &Frame) -> String {
    let name = frame.zone.name();
    name.rsplit('/').next().unwrap_or(name).replace('_', " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_grouped_whatever_it_is_made_of() {
        assert_eq!(grouped("418039"), "418 039");
        assert_eq!(grouped("\u{2022}\u{2022}\u{2022}\u{2022}"), "\u{2022}\u{2022}\u{2022} \u{2022}");
        assert_eq!(grouped("418"), "418");
    }
}
