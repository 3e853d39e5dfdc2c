//! Looking before sending: every mail and every page is shown as the vendor will get it, and looking changes nothing.

use crate::{
    procurement,
    vendor_side::{PRIYA, come_in, mailed_link},
};
use api::{
    domain::{Role, assessment_mail::AssessmentMail},
    web::{
        error_page::CONTENT_SECURITY_POLICY,
        frame::{FOLLOWED_POLICY, FRAMED_POLICY},
    },
};
use reqwest::header;
use std::collections::BTreeSet;
use tests::{
    app::TestApp,
    browser::{Client, Page},
    rows::differences,
};

/// A draft for Priya Shah that is ready to be sent.
struct Draft {
    app: TestApp,
    staff: Client,
    check: Page,
    /// `/assessments/<id>`.
    path: String,
}

impl Draft {
    /// It asks the sub-processor check alone.
    async fn ready() -> Self {
        Self::asking(async |page| procurement::ready_short(&page).await).await
    }

    /// It asks all that the intake suggests.
    async fn of_all_suggested() -> Self {
        Self::asking(async |page| {
            let page = page.form("/questionnaires").submit().await.expect(200);
            page.form("/people").submit().await.expect(200)
        })
        .await
    }

    async fn asking(choose: impl AsyncFnOnce(Page) -> Page) -> Self {
        let app = TestApp::start().await;
        let staff = app.signed_in(Role::Procurement).await;
        let contact = ("Priya Shah", PRIYA);
        let page = procurement::prepared(&staff, "Lumen Analytics", "Lumen Hire", contact).await;
        let check = choose(page).await;
        let path = check.path.trim_end_matches("/check").to_owned();
        Self { app, staff, check, path }
    }

    async fn open(&self, below: &str) -> Page {
        self.staff.open(&format!("{}/preview{below}", self.path)).await
    }

    async fn send(&self) {
        self.check.form("/send").submit().await.expect(200);
        self.app.run_jobs().await;
    }
}

fn policy(page: &Page) -> &str {
    page.headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap()
}

fn words(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[tokio::test]
async fn every_mail_is_shown_with_the_names_of_the_draft_and_without_secrets() {
    let draft = Draft::ready().await;
    let page = draft.check.follow("every other mail").await.expect(200);
    let listed = page.attributes("nav .list a", "href");
    assert_eq!(listed.len(), AssessmentMail::ALL.len());
    for (which, href) in AssessmentMail::ALL.iter().zip(&listed) {
        let page = draft.staff.open(href).await.expect(200);
        let subject = page.all("h2").remove(0);
        assert_eq!(page.all("nav .list a[aria-current]"), [which.label()]);
        assert!(page.text().contains(which.when()), "{which}: {}", page.text());
        let frame = page.attributes("iframe", "src").remove(0);
        assert_eq!(frame, format!("{}/preview/mails/{which}?scheme=light", draft.path));
        let html = draft.staff.open(&frame).await.expect(200);
        let text = page.follow("Text").await.expect(200);
        assert!(text.attributes("iframe", "src").is_empty());
        let text = text.all("pre").remove(0);
        assert!(
            ["Northwind Bank", "Lumen Hire", "Lumen Analytics", "due"]
                .iter()
                .any(|word| subject.contains(word)),
            "{which}: {subject}"
        );
        for mail in [html.text(), text] {
            assert!(mail.contains("Northwind Bank"), "{which}: {mail}");
            let code = *which == AssessmentMail::Code;
            let dear = match which {
                // A colleague is invited by her.
                AssessmentMail::Colleague => "Dear [name],",
                _ if which.to_vendor() => "Dear Priya Shah,",
                _ => "",
            };
            assert!(code || mail.contains(dear) && mail.contains("Lumen Hire"), "{which}: {mail}");
            assert_eq!(mail.contains("\u{2022}\u{2022}\u{2022}"), which.to_vendor(), "{which}: {mail}");
        }
        assert!(!html.body.contains("href="), "{which} leads somewhere: {}", html.body);
    }
    // Who is asked for by no name does not exist, and neither does a draft that is none.
    draft.open("/mails?mail=nothing").await.expect(404);
    draft.open("/mails/nothing").await.expect(404);
}

#[tokio::test]
async fn the_previewed_invitation_is_the_mailed_one_but_for_the_link() {
    let draft = Draft::of_all_suggested().await;
    let html = draft.open("/mails/invitation?scheme=dark").await.expect(200);
    let text = draft.open("/mails?mail=invitation&part=text").await.expect(200);
    let subject = text.all("h2").remove(0);
    draft.send().await;
    let mail = draft.app.mailbox.newest_first().remove(0);
    let link = mailed_link(&draft.app, PRIYA);
    let code = mail.text.split("access code ").nth(1).unwrap().lines().next().unwrap();
    let dots = "\u{2022}".repeat(8);
    let plain = |text: &str| {
        let text = text.replace(&link.secret, &dots).replace(&link.id, &dots[..18]);
        words(&text.replace(code, &format!("{dots} {dots}")))
    };
    assert_eq!(subject, mail.subject);
    assert_eq!(text.all("pre"), [plain(&mail.text)]);
    let mut mailed = html.clone();
    mailed.body = plain(&mail.html);
    assert_eq!(html.text(), mailed.text());
    assert_eq!(html.all("h1, td, a, p"), mailed.all("h1, td, a, p"));
}

#[tokio::test]
async fn the_time_it_takes_is_said_in_the_same_words_before_sending_in_the_mail_and_to_the_vendor() {
    let draft = Draft::of_all_suggested().await;
    let check = draft.check.text();
    let said = check.split(", about ").nth(1).and_then(|rest| rest.split('.').next()).unwrap();
    assert!(said.ends_with(" minutes"), "{said}");
    draft.send().await;
    let mail = words(&draft.app.mailbox.newest_first().remove(0).text);
    assert!(mail.contains(&format!("Time: About {said} in all.")), "{said}: {mail}");
    let vendor = come_in(&draft.app, &mailed_link(&draft.app, PRIYA)).await;
    let welcome = vendor.open("/portal").await.expect(200).text();
    assert!(welcome.contains(&format!("about {said}")), "{said}: {welcome}");
    // Both know of as many questions at most.
    let most = check.split("Up to ").nth(1).and_then(|rest| rest.split(' ').next()).unwrap();
    assert!(welcome.contains(&format!("up to {most}, depending on your answers")), "{most}: {welcome}");
}

#[tokio::test]
async fn a_mail_is_framed_by_its_page_alone_and_neither_runs_nor_loads_anything() {
    let draft = Draft::ready().await;
    for (page, framing) in [(draft.open("/mails").await, true), (draft.check.clone(), false)] {
        let wanted = if framing { "; frame-src 'self'" } else { "" };
        assert_eq!(policy(&page.expect(200)), format!("{CONTENT_SECURITY_POLICY}{wanted}"));
    }
    for (scheme, colours) in
        [("light", "@media not all{body"), ("dark", "@media all{body"), ("x", "@media not all{body")]
    {
        let mail = draft.open(&format!("/mails/reminder?scheme={scheme}")).await.expect(200);
        assert_eq!(policy(&mail), FRAMED_POLICY);
        assert!(mail.body.contains(colours) && !mail.body.contains("prefers-color-scheme"), "{scheme}");
        assert_eq!(mail.headers["cross-origin-opener-policy"], "unsafe-none");
    }
    assert!(FRAMED_POLICY.ends_with("; sandbox") && FRAMED_POLICY.starts_with("default-src 'none'; "));
}

#[tokio::test]
async fn the_mailbox_shows_a_mail_as_html_and_as_text_and_its_links_work() {
    let draft = Draft::ready().await;
    draft.send().await;
    let anybody = draft.app.anonymous();
    let list = anybody.open("/dev/mailbox").await.expect(200);
    let when = list.all("time").remove(0);
    let machine = list.attributes("time", "datetime").remove(0);
    assert!(when.ends_with(" UTC") && when.contains(&machine[11..16]) && when != machine, "{when}");
    let page = list.follow("asks up to 14 questions").await.expect(200);
    assert_eq!(page.all("time"), [when]);
    assert_eq!(policy(&page), format!("{CONTENT_SECURITY_POLICY}; frame-src 'self'"));
    for (tab, media) in [("HTML, light", "@media not all{body"), ("HTML, dark", "@media all{body")] {
        let page = page.follow(tab).await.expect(200);
        let mail = anybody.open(&page.attributes("iframe", "src").remove(0)).await.expect(200);
        assert_eq!(policy(&mail), FOLLOWED_POLICY);
        assert!(mail.body.contains(media), "{tab}");
        let links = mail.attributes("a[target=_top]", "href");
        assert!(links.len() > 1 && links.iter().all(|link| link.contains("/q/")), "{links:?}");
    }
    let text = page.follow("Text").await.expect(200);
    assert_eq!(text.attributes("pre a", "href").len(), 2);
    assert!(text.attributes("iframe", "src").is_empty());
    anybody.open("/dev/mailbox/nothing/html").await.expect(404);
}

#[tokio::test]
async fn the_portal_is_shown_as_the_vendor_will_find_it_and_nothing_on_it_has_an_effect() {
    let draft = Draft::ready().await;
    let before = draft.app.rows().await;
    let welcome = draft.check.follow("vendor's pages").await.expect(200);
    // Every page that links of the preview lead to.
    let base = format!("{}/preview/portal", draft.path);
    let mut open = vec![base.clone(), format!("{base}/check"), format!("{base}/submit")];
    let (mut seen, mut previewed) = (BTreeSet::new(), Vec::new());
    while let Some(path) = open.pop() {
        if !seen.insert(path.clone()) {
            continue;
        }
        let page = draft.staff.open(&path).await.expect(200);
        let notice = "Preview: what Priya Shah will see. Nothing is saved here.";
        assert_eq!(page.all(".notice p")[0], notice, "{path}");
        assert_eq!(page.all("button:not([disabled])"), Vec::<String>::new(), "{path}");
        assert!(page.attributes("form", "method").iter().all(|method| method == "dialog"), "{path}");
        assert!(page.attributes("script", "src").is_empty(), "{path}");
        assert!(policy(&page).contains("form-action 'none'"), "{path}: {}", policy(&page));
        assert!(page.headers.get(header::SET_COOKIE).is_none(), "{path}");
        for href in page.attributes("a", "href") {
            let inside = href.starts_with(&base) || href.starts_with('#') || href.ends_with("/check");
            assert!(inside, "{path} leads to {href}");
            open.extend(href.split('#').next().filter(|to| to.starts_with(&base)).map(str::to_owned));
        }
        previewed.push((path.trim_start_matches(&base).to_owned(), page));
    }
    assert!(seen.len() >= 8, "{seen:?}");
    assert_eq!(differences(&before, &draft.app.rows().await), Vec::<String>::new());
    assert!(welcome.heading().contains("has questions about Lumen Hire"), "{}", welcome.heading());

    // The same pages, once they are real.
    draft.send().await;
    let priya = come_in(&draft.app, &mailed_link(&draft.app, PRIYA)).await;
    let shown = "h1, .lede, .facts, .tl li, .q, .rail li, .side section, main details li, main details dd";
    for (path, preview) in previewed.into_iter().filter(|(path, _)| !path.ends_with("/submit")) {
        let real = priya.open(&format!("/portal{path}")).await.expect(200);
        assert!(real.all(shown).len() > 2, "{path}");
        assert_eq!(preview.all(shown), real.all(shown), "{path}");
    }
    // What was sent is no draft any more.
    draft.open("/portal").await.expect(409);
    draft.open("/mails").await.expect(409);
    draft.open("/mails/invitation").await.expect(409);
}

#[tokio::test]
async fn a_draft_without_people_is_shown_with_a_word_in_the_place_of_a_name() {
    let app = TestApp::start().await;
    let staff = app.signed_in(Role::Procurement).await;
    let page = procurement::prepared(&staff, "Lumen", "Lumen Hire", ("Priya Shah", PRIYA)).await;
    let draft = page.path.trim_end_matches("/questionnaires").to_owned();
    let mail = staff.open(&format!("{draft}/preview/mails/invitation")).await.expect(200);
    assert!(mail.text().contains("Dear [name],"), "{}", mail.text());
    let portal = staff.open(&format!("{draft}/preview/portal")).await.expect(200);
    assert!(portal.text().contains("Preview: what the vendor will see."), "{}", portal.text());
    let check = staff.open(&format!("{draft}/check")).await.expect(200);
    assert!(check.text().contains("Choose who answers"), "{}", check.text());
}
