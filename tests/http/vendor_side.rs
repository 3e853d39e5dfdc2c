//! The vendor's side of a test: reading the mails, coming in by link and code, answering.

use crate::procurement;
use api::{
    domain::{Role, ids::AssessmentId},
    usecases::{
        Ctx,
        reviews::{self, GiveVerdict, ReturnToVendor},
    },
};
use serde_json::json;
use tests::{
    app::TestApp,
    browser::{Client, Page},
};

/// Who is invited by [`procurement::sent`].
pub const PRIYA: &str = "priya@lumen.example";

/// A link as its mail prints it.
#[derive(Clone, Debug)]
pub struct MailedLink {
    /// Public id.
    pub id: String,
    /// The fragment.
    pub secret: String,
}

/// The newest link that was mailed to the address.
pub fn mailed_link(app: &TestApp, to: &str) -> MailedLink {
    let mails = app.mailbox.newest_first();
    let text = mails
        .iter()
        .find(|mail| mail.to.contains(to) && mail.text.contains("/q/") && mail.text.contains('#'));
    let text = &text.unwrap_or_else(|| panic!("no link was mailed to {to}")).text;
    let rest = text.split("/q/").nth(1).unwrap();
    let (id, rest) = rest.split_once('#').unwrap();
    let secret = rest.split_whitespace().next().unwrap();
    MailedLink { id: id.to_owned(), secret: secret.to_owned() }
}

/// The newest one-time code that was mailed to the address.
pub fn mailed_code(app: &TestApp, to: &str) -> String {
    let mails = app.mailbox.newest_first();
    let mail = mails.iter().find(|mail| mail.to.contains(to) && mail.text.contains("Your code: "));
    let text = &mail.unwrap_or_else(|| panic!("no code was mailed to {to}")).text;
    let line = text.split("Your code: ").nth(1).unwrap().lines().next().unwrap();
    line.chars().filter(char::is_ascii_digit).collect()
}

/// How many codes were mailed.
pub fn codes_mailed(app: &TestApp) -> usize {
    app.mailbox.newest_first().iter().filter(|mail| mail.text.contains("Your code: ")).count()
}

/// Posts the secret as the page's script does.
pub async fn exchange(browser: &Client, link: &MailedLink) -> Page {
    browser.post_json("/q/exchange", &json!({"link_id": link.id, "secret": link.secret})).await
}

/// A sent assessment, its path for staff, and the invited person's link.
pub async fn invited(app: &TestApp) -> (String, MailedLink) {
    let staff = app.signed_in(Role::Procurement).await;
    let path = procurement::sent(&staff).await;
    app.run_jobs().await;
    (path, mailed_link(app, PRIYA))
}

/// Comes in with Priya's link and the mailed code.
pub async fn come_in(app: &TestApp, link: &MailedLink) -> Client {
    let browser = app.anonymous();
    give_code(app, &browser, link, PRIYA).await.expect(200);
    browser
}

/// Exchanges a link in this browser and gives the code that was mailed to the address.
pub async fn give_code(app: &TestApp, browser: &Client, link: &MailedLink, to: &str) -> Page {
    let opened = exchange(browser, link).await.expect(200);
    assert_eq!(opened.value()["next"], "/q/code");
    app.run_jobs().await;
    let page = browser.open("/q/code").await.expect(200);
    page.form("/q/code").set("code", &mailed_code(app, to)).submit().await
}

/// A respondent whose browser stops at redirects, with the token of its forms.
pub struct Signed {
    /// The browser.
    pub client: Client,
    /// The token.
    pub csrf: String,
}

impl Signed {
    /// Comes in with the newest link that was mailed to the address.
    pub async fn come_in(app: &TestApp, to: &str) -> Self {
        let client = Client::without_redirects(&app.base);
        give_code(app, &client, &mailed_link(app, to), to).await.expect(303);
        let page = client.open("/portal/tasks").await.expect(200);
        let csrf = page.attributes("input[name=csrf]", "value").remove(0);
        Self { client, csrf }
    }

    /// Posts fields with the token.
    pub async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Page {
        self.client.post(path, &[&[("csrf", self.csrf.as_str())], fields].concat()).await
    }
}

/// A respondent who has come in, and the assessment's path for staff.
pub async fn respondent(app: &TestApp) -> (Client, String) {
    let (path, link) = invited(app).await;
    (come_in(app, &link).await, path)
}

/// Answers one select_one question with its first option that is no "we do not know".
pub async fn choose(browser: &Client, question: &str, option: &str) -> Page {
    let page = browser.open(&format!("/portal/questions/{question}")).await.expect(200);
    page.form(&format!("/portal/questions/{question}")).set("choice", option).submit().await
}

/// The first option of a question, as the page offers it.
pub async fn options(browser: &Client, question: &str) -> Vec<String> {
    let page = browser.open(&format!("/portal/questions/{question}")).await.expect(200);
    let values = page.attributes("input[name=choice]", "value");
    values.into_iter().filter(|value| !value.starts_with('-')).collect()
}

/// Asks about one answer and returns the assessment to its vendor.
pub async fn ask_again(ctx: &Ctx, id: AssessmentId, question: &str, text: &str) {
    let desk = reviews::desk(ctx, id).await.unwrap();
    let item = desk.queue.iter().find(|item| item.question == question).unwrap();
    let verdict = GiveVerdict {
        verdict: "asked".to_owned(),
        text: text.to_owned(),
        answer_rev: desk.inputs.revision(&item.question),
        ..GiveVerdict::default()
    };
    reviews::give_verdict(ctx, id, question, verdict).await.unwrap();
    let desk = reviews::desk(ctx, id).await.unwrap();
    let texts = desk.drafts().map(|draft| (draft.id, draft.text.clone())).collect();
    let version = desk.case.assessment.version;
    let batch = ReturnToVendor { texts, version, due_on: "2026-12-20".to_owned() };
    reviews::return_to_vendor(ctx, id, batch).await.unwrap();
}
