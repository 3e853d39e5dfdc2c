//! Foreign words in mails: no name writes a header (M-05), no text becomes markup (M-06), and nobody can have a stranger
//! flooded with mail (M-11).

use crate::{
    procurement,
    submission::answer_required,
    vendor_side::{PRIYA, ask_again, choose, codes_mailed, come_in, exchange, invited, mailed_link, options},
};
use api::{
    domain::Role,
    usecases::{
        accounts::{self, InviteUser},
        findings::{self, RaiseFinding, VerifyAction},
        respondents, reviews,
    },
};
use chrono::Duration;
use entity::email_delivery;
use reqwest::Method;
use scraper::{Html, Selector};
use std::collections::BTreeSet;
use tests::{
    app::{PASSWORD, TestApp},
    smtp::SmtpServer,
};

/// The headers of every mail, each once; mails that nobody should answer have no `Reply-To`.
const HEADERS: [&str; 10] = [
    "From",
    "To",
    "Reply-To",
    "References",
    "Subject",
    "Message-ID",
    "Date",
    "Auto-Submitted",
    "MIME-Version",
    "Content-Type",
];

#[tokio::test]
async fn m_05_a_name_of_several_lines_is_refused_wherever_a_mail_could_carry_it() {
    let app = TestApp::start().await;
    let staff = app.signed_in(Role::Procurement).await;
    let admin = app.signed_in(Role::Admin).await;
    let vendor = procurement::vendor(&staff, "Lumen").await;
    procurement::contact(&staff, &vendor, "Ines Vale", "ines@lumen.example").await;
    let contact = staff.open(&vendor).await.expect(200);
    let contact = contact.attributes("a[href*='/contacts/'][href$='/edit']", "href").remove(0);
    let draft =
        procurement::prepared(&staff, "Corvid", "Corvid Chat", ("Ines Vale", "ines@corvid.example")).await;
    let draft = draft.form("/questionnaires").submit().await.expect(200);
    let sent = procurement::sent(&staff).await;
    app.run_jobs().await;
    let respondent = come_in(&app, &mailed_link(&app, PRIYA)).await;
    let option = options(&respondent, "SEC-GOV-01").await.remove(0);
    choose(&respondent, "SEC-GOV-01", &option).await.expect(200);
    answer_required(&respondent).await;
    let declaration = respondent.open("/portal/submit").await.expect(200);
    let untouched = TestApp::untouched().await;
    let first = untouched.anonymous().open("/set-up").await.expect(200);
    for evil in
        ["Lumen\r\nBcc: all@x.example", "Lumen\nX", "Lumen\rX", "Lumen\0X", "Lumen\u{85}X", "Lumen\u{2028}X"]
    {
        for (client, page, action, email) in [
            (&staff, "/vendors/new".to_owned(), "/vendors", None),
            (&staff, format!("{vendor}/services/new"), "/services", None),
            (&staff, format!("{vendor}/contacts/new"), "/contacts", Some("priya@lumen.example")),
            (&admin, "/users".to_owned(), "/users", Some("noor@northwind.example")),
        ] {
            let form = client.open(&page).await.expect(200).form(action).set("name", evil);
            let form = if let Some(email) = email { form.set("email", email) } else { form };
            let answer = form.submit().await;
            assert_eq!(answer.status, 422, "{action} {evil:?}");
        }
        let form = staff.open(&contact).await.expect(200).form("/edit").set("name", evil);
        assert_eq!(form.submit().await.status, 422, "a contact that is changed: {evil:?}");
        let form = draft.form("/people").set("new_name", evil).set("new_email", "new@corvid.example");
        assert_eq!(form.submit().await.status, 422, "somebody new in a draft: {evil:?}");
        let form = staff.open(&format!("{sent}/people/add")).await.expect(200).form("/people/add");
        let form = form.set("new_name", evil).set("new_email", "new@lumen.example");
        assert_eq!(form.submit().await.status, 422, "somebody new in what was sent: {evil:?}");
        for field in ["name", "role"] {
            let form = declaration.form("/portal/submit").set("role", "Lead").set("agree", "yes");
            assert_eq!(form.set(field, evil).submit().await.status, 422, "attestation {field}: {evil:?}");
        }
        for field in ["organisation", "name"] {
            let form = first.form("/set-up").set("organisation", "Northwind").set("time_zone", "UTC");
            let form =
                form.set("name", "Ada").set("email", "ada@northwind.example").set("password", PASSWORD);
            assert_eq!(form.set(field, evil).submit().await.status, 422, "set-up {field}: {evil:?}");
        }
    }
    declaration.form("/portal/submit").set("role", "Lead").set("agree", "yes").submit().await.expect(200);
}

#[tokio::test]
async fn m_05_names_that_imitate_headers_and_addresses_make_one_clean_header() {
    let server = SmtpServer::start().await.unwrap();
    let app = TestApp::with_mail_server(&server).await;
    let staff = app.signed_in(Role::Procurement).await;
    for (number, evil) in [
        "=?utf-8?q?x=0D=0ABcc:_all@x.example?=",
        "a@x.example, b@y.example",
        "Priya <other@x.example>",
        "\"; Bcc: all@x.example",
        "(comment) group: a@x.example;",
    ]
    .into_iter()
    .enumerate()
    {
        rename_organisation(&app, evil).await;
        let to = format!("priya{number}@lumen.example");
        // Two vendors of one name are told apart by their services.
        procurement::sent_short(&staff, &format!("{evil} {number}"), evil, (evil, &to)).await;
        app.run_jobs().await;
        let mail = server.kept_for(&to).pop().unwrap();
        let raw = String::from_utf8(mail.raw.clone()).unwrap();
        let block = raw.split("\r\n\r\n").next().unwrap();
        let names = block.lines().filter(|line| !line.starts_with([' ', '\t']));
        let names: Vec<&str> = names.map(|line| line.split(':').next().unwrap()).collect();
        let unique: BTreeSet<&str> = names.iter().copied().collect();
        assert_eq!(unique, BTreeSet::from(HEADERS), "{evil}");
        assert_eq!(names.len(), HEADERS.len(), "each once: {names:?}");
        let parsed = mail.parse();
        for (list, only) in [
            (parsed.from().unwrap(), "assay@northwind.example"),
            (parsed.to().unwrap(), to.as_str()),
            (parsed.reply_to().unwrap(), "procurement@northwind.example"),
        ] {
            let seen: Vec<_> = list.iter().filter_map(|one| one.address()).collect();
            assert_eq!(seen, [only], "{evil}");
        }
    }
}

async fn rename_organisation(app: &TestApp, name: &str) {
    use sea_orm::{ConnectionTrait as _, Statement};
    let raw = sea_orm::Database::connect(app.database_url()).await.unwrap();
    let backend = raw.get_database_backend();
    let quoted = name.replace('\'', "''");
    let change = Statement::from_string(backend, format!("UPDATE tenant SET name = '{quoted}'"));
    raw.execute_raw(change).await.unwrap();
    raw.close().await.unwrap();
}

/// Links and pictures for HTML, for Markdown and for the template engine.
const MARKUP: &str = "<a href=//evil.example>x</a><img src=x>{{{y}}}[z](//evil.example)&lt;b&gt;";

/// Every kind of mail.
const KINDS: [&str; 13] = [
    "mail_invitation",
    "mail_reminder",
    "mail_fresh_link",
    "mail_one_time_code",
    "mail_clarifications",
    "mail_submitted",
    "mail_submission_arrived",
    "mail_findings",
    "mail_action_reported",
    "mail_amendment_asked",
    "mail_action_rejected",
    "mail_findings_closed",
    "mail_user_link",
];

#[tokio::test]
async fn m_06_whatever_people_write_stands_in_their_mails_as_they_wrote_it() {
    let app = TestApp::start().await;
    rename_organisation(&app, MARKUP).await;
    let (staff, risk) = (app.signed_in(Role::Procurement).await, app.ctx(Role::RiskManager).await);
    let invite = InviteUser {
        name: MARKUP.to_owned(),
        email: "noor@northwind.example".to_owned(),
        role: "viewer".to_owned(),
    };
    accounts::invite_user(&app.ctx(Role::Admin).await, invite, &tests::key()).await.unwrap();

    let page = procurement::prepared(&staff, MARKUP, MARKUP, (MARKUP, PRIYA)).await;
    let page = page.form("/questionnaires").submit().await.expect(200);
    let reviewer = risk.user().id.to_string();
    let form = page.form("/people").set("message", MARKUP).set("reviewer", &reviewer);
    let page = form.submit().await.expect(200);
    let path = page.form("/send").submit().await.expect(200).path.clone();
    let id = path.rsplit('/').next().unwrap().parse().unwrap();
    app.run_jobs().await;
    let link = mailed_link(&app, PRIYA);
    let vendor = come_in(&app, &link).await;
    let question = "/portal/questions/SEC-GOV-01";
    let option = crate::vendor_side::options(&vendor, "SEC-GOV-01").await.remove(0);
    let page = vendor.open(question).await.expect(200);
    page.form(question).set("choice", &option).set("note", MARKUP).submit().await.expect(200);
    answer_required(&vendor).await;
    let declaration = vendor.open("/portal/submit").await.expect(200).form("/portal/submit");
    declaration.set("name", MARKUP).set("role", MARKUP).set("agree", "yes").submit().await.expect(200);
    app.run_jobs().await;

    let receipt = vendor.open("/portal/receipt").await.expect(200);
    receipt.form("/portal/amend").set("reason", MARKUP).submit().await.expect(200);
    app.run_jobs().await;
    ask_again(&risk, id, "SEC-GOV-01", MARKUP).await;
    app.run_jobs().await;
    let view = api::usecases::assessments::view(&risk, id).await.unwrap();
    respondents::remind(&risk, id, view.people[0].respondent.id, &tests::key()).await.unwrap();
    app.run_jobs().await;
    let page = vendor.open("/portal").await.expect(200);
    page.form("/portal/submit")
        .set("name", MARKUP)
        .set("role", MARKUP)
        .set("agree", "yes")
        .submit()
        .await
        .expect(200);
    reviews::finish_review(&risk, id).await.unwrap();
    let raise = RaiseFinding {
        title: MARKUP.to_owned(),
        severity: "high".to_owned(),
        key: tests::key(),
        ..RaiseFinding::default()
    };
    let finding = findings::raise_by_hand(&risk, id, raise).await.unwrap();
    findings::send(&risk, id).await.unwrap();
    app.run_jobs().await;
    let version = async || findings::open(&risk, finding).await.unwrap().finding.version;
    let report = async || {
        let page = vendor.open("/portal/actions").await.expect(200);
        page.form("/done").set("note", MARKUP).submit().await.expect(200);
        app.run_jobs().await;
    };
    let page = vendor.open("/portal/actions").await.expect(200);
    let page = page.form("/plan").set("text", MARKUP).set("due_on", "2026-12-18").submit().await.expect(200);
    page.form("/evidence").file("file", "restore.txt", b"It worked.".to_vec()).submit().await.expect(200);
    report().await;
    findings::reject_action(&risk, finding, version().await, MARKUP).await.unwrap();
    report().await;
    let verify =
        VerifyAction { reason: MARKUP.to_owned(), version: version().await, ..VerifyAction::default() };
    findings::verify_action(&risk, finding, verify).await.unwrap();
    let fresh = app.anonymous().open("/q").await.expect(200);
    fresh.form("/q/fresh").set("email", PRIYA).submit().await.expect(202);
    app.run_jobs().await;
    let all = app.services.database.across_tenants("test");
    let sent = all.find::<email_delivery::Entity>().all(all.connection()).await.unwrap();
    let kinds: BTreeSet<&str> = sent.iter().map(|mail| mail.kind.as_str()).collect();
    assert_eq!(kinds, BTreeSet::from(KINDS));

    let mails = app.mailbox.newest_first();
    let subjects: BTreeSet<&str> =
        mails.iter().map(|mail| mail.subject.split(' ').next().unwrap_or_default()).collect();
    assert!(mails.len() >= 9, "{subjects:?}");
    let select = |css: &str| Selector::parse(css).unwrap();
    for mail in &mails {
        let (subject, html) = (&mail.subject, Html::parse_document(&mail.html));
        for link in html.select(&select("a")) {
            let href = link.attr("href").unwrap_or_default();
            assert!(href.starts_with(&app.base), "{subject}: we wrote no link to {href:?}");
        }
        let foreign = html.select(&select("img, script, iframe, form, object, svg, link, b > b")).count();
        assert_eq!(foreign, 0, "{subject}:\n{}", mail.html);
        let read: String = html.root_element().text().collect();
        assert_eq!(mail.text.contains(MARKUP), read.contains(MARKUP), "{subject}: both parts, or none");
        assert!(read.contains(MARKUP), "{subject}: literally\n{}", mail.html);
    }
}

#[tokio::test]
async fn m_11_a_thousand_requests_for_one_address_in_a_day_mail_it_ten_links_and_ten_codes() {
    let app = TestApp::with(|state| state.behind("127.0.0.1".parse().unwrap())).await;
    let (_, link) = invited(&app).await;
    let before = app.mailbox.newest_first().len();
    let browser = app.anonymous();
    let form = browser.open("/q").await.expect(200).form("/q/fresh").set("email", PRIYA).values();
    let fields: Vec<(&str, &str)> = form
        .iter()
        .flat_map(|(name, values)| values.iter().map(|value| (name.as_str(), value.as_str())))
        .collect();
    for number in 0..1_000 {
        let peer = format!("198.51.{}.{}", number % 2, number % 250);
        let request = browser.request(Method::POST, "/q/fresh").form(&fields);
        browser.send(request.header("x-forwarded-for", peer)).await.expect(202);
        if number % 20 == 0 {
            app.run_jobs().await;
        }
        app.advance(Duration::seconds(80));
    }
    app.run_jobs().await;
    let links = app.mailbox.newest_first().len() - before;
    assert!((3..=10).contains(&links), "{links} fresh links in a day");

    for number in 0..100 {
        exchange(&app.anonymous(), &link).await.expect(200);
        if number % 5 == 0 {
            app.run_jobs().await;
        }
        app.advance(Duration::minutes(13));
    }
    app.run_jobs().await;
    let codes = codes_mailed(&app);
    assert!((3..=10).contains(&codes), "{codes} codes in a day");
}
