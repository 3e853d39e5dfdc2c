//! The right-hand column of the vendor's pages: how long there is, who answers, and who asks.

use super::{acts::with_query, portal_reader::Reader};
use crate::{
    domain::{
        due,
        people::{Answering, last_act, role_in_words},
        sheet::{PortalAssessment, Sheet},
        time_left::{in_words, minutes_left},
    },
    render::{
        parts::Link,
        portal::{AsideBlock, Person},
    },
    usecases::portal_access::zone_in_words,
};
use chrono::TimeDelta;

/// The column beside a page about this sheet.
pub(super) fn aside(who: &Reader<'_>, sheet: &Sheet) -> Vec<AsideBlock> {
    let about = &sheet.rows.assessment;
    let mut blocks = vec![until(who, sheet)];
    if !about.people.is_empty() {
        let people = about.people.iter().map(|person| answering(who, sheet, person)).collect();
        let block = AsideBlock::people("People answering", people);
        let may_invite = who.is_lead && about.state.open_to_vendor();
        let label = if may_invite { "Invite a colleague" } else { "Who can do what" };
        blocks.push(block.link(Link::new(label, "/portal/people")));
    }
    let asks = format!("{}, {} ({})", about.owner, who.tenant.name, about.owner_email);
    let write = mail_to(about, &format!("Questions about {}", about.service));
    blocks.push(AsideBlock::text("Who asks", asks).link(Link::new("Send a message", write)));
    blocks.push(AsideBlock::text("Reference", about.reference.clone()));
    if who.in_preview {
        // Shown as they will be; they lead to what only a session can do, or out of the preview.
        for link in blocks.iter_mut().filter_map(|block| block.link.as_mut()) {
            link.href = "#".to_owned();
        }
    }
    blocks
}

/// How long there is, and what is left to do in it. Once nothing is awaited, the day alone.
fn until(who: &Reader<'_>, sheet: &Sheet) -> AsideBlock {
    let (about, zone) = (&sheet.rows.assessment, who.tenant.zone);
    let zone_name = zone_in_words(zone.name());
    let mut text = format!("Due at the end of {}, {zone_name} time.", due::long_day(about.due_on));
    if !about.state.open_to_vendor() {
        return AsideBlock::text("Due date", text);
    }
    if let Some(minutes) = minutes_left(sheet) {
        text.push_str(&format!(" About {} of questions remain.", in_words(minutes)));
    }
    if let Some(end) = about.link_ends_at {
        // The midnight that ends a day would be taken for the day after it.
        let last = due::day_in(zone, end - TimeDelta::seconds(1));
        let until = match due::end_of_day(zone, last) == end {
            true => format!("the end of {}", due::long_day(last)),
            false => due::short_instant(zone, end),
        };
        text.push_str(&format!(" Your link keeps working until {until}."));
    }
    let more_time = mail_to(about, &format!("More time for the questions about {}", about.service));
    AsideBlock::text(due::left_in_words(about.due_on, due::day_in(zone, who.now)), text)
        .link(Link::new("Ask for more time", more_time))
}

/// A mail to the owner, in the reader's own mail program: what is written there arrives where replies to our mails do.
fn mail_to(about: &PortalAssessment, subject: &str) -> String {
    let subject = format!("{subject} ({})", about.reference);
    let signs = [("%", "%25"), ("?", "%3F"), ("&", "%26"), ("#", "%23")];
    let address = signs.iter().fold(about.owner_email.clone(), |text, (sign, code)| text.replace(sign, code));
    with_query(&format!("mailto:{address}"), [("subject", subject.as_str())])
}

/// One respondent as the reader sees them: of themselves, what they may do; of others, also what they did last.
pub(super) fn answering(who: &Reader<'_>, sheet: &Sheet, person: &Answering) -> Person {
    let role = role_in_words(person.role);
    if who.id == Some(person.id) {
        return Person { name: format!("{} (you)", person.name), ..Person::new(&person.name, role) };
    }
    let own = sheet.rows.answers.iter().filter(|row| row.respondent == Some(person.id));
    let saved = own.map(|row| row.saved_at).max();
    Person::new(&person.name, role).did(last_act(saved, person.last_seen, who.now, who.tenant.zone))
}
