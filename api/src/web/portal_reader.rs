//! Who reads a page of the portal, and what surrounds each of their pages. The pages ask nothing else about the reader,
//! so a preview shows them without a session.

use super::{
    guard::{Respondent, Staff},
    page::portal_shell,
    portal_views::nav,
};
use crate::{
    domain::{ids::RespondentId, sheet::Sheet},
    render::{
        Shell,
        page::{Organisation, SignedIn},
        parts::{FlashNotice, Link},
    },
    usecases::{ctx::TenantInfo, previews::Preview},
};
use chrono::{DateTime, Utc};

/// A respondent with a session, or the person for whom a preview shows the page.
pub(super) struct Reader<'a> {
    /// The asking organisation.
    pub tenant: &'a TenantInfo,
    /// The reader's name.
    pub name: &'a str,
    /// Which respondent they are; none where nobody is chosen yet.
    pub id: Option<RespondentId>,
    /// Whether this person may submit.
    pub is_lead: bool,
    /// Whether the page is only looked at before sending: who has no session can go nowhere but where the preview leads.
    pub in_preview: bool,
    /// The present instant.
    pub now: DateTime<Utc>,
    frame: Shell,
}

impl<'a> Reader<'a> {
    /// The respondent of a session.
    pub(super) fn of(who: &'a Respondent) -> Self {
        let respondent = who.ctx.respondent();
        Self {
            tenant: who.ctx.tenant(),
            name: &respondent.name,
            id: Some(respondent.id),
            is_lead: respondent.is_lead,
            in_preview: false,
            now: who.ctx.now(),
            frame: portal_shell(who, "", ""),
        }
    }

    /// The one whom a preview shows reading, who will be invited as lead, with a notice on each page and the way back.
    /// There is nothing to sign out of, and no script that would save.
    pub(super) fn previewed(staff: &'a Staff, preview: &'a Preview, notice: String, back: Link) -> Self {
        let (tenant, name) = (staff.ctx.tenant(), preview.reader());
        let id = preview.people.first().map(|person| person.id);
        let frame = Shell::portal("", Organisation::new(tenant.name.clone()), "", "");
        let mut frame = frame.flash(Some(FlashNotice::info(notice))).crumb(back.label, back.href);
        frame.user = Some(SignedIn::new(name, "Lead"));
        staff.look.colour(&mut frame);
        Self { tenant, name, id, is_lead: true, in_preview: true, now: staff.ctx.now(), frame }
    }

    /// The hidden value of every form.
    pub(super) fn csrf(&self) -> &str {
        &self.frame.csrf
    }

    /// The frame of a page about this sheet.
    pub(super) fn shell(&self, sheet: &Sheet, title: impl Into<String>) -> Shell {
        let about = &sheet.rows.assessment;
        let mut shell = self.frame.clone();
        shell.title = title.into();
        shell.about = Some(format!("Questions about {} for {}", about.service, about.vendor));
        shell.nav = nav(sheet);
        shell
    }
}
