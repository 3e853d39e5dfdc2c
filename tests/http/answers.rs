//! Answering: saving, conflicts, states (C-02, C-04, V-01, V-02, V-08).

use crate::{
    procurement,
    vendor_side::{choose, come_in, invited, mailed_link, options, respondent},
};
use api::domain::Role;
use tests::{app::TestApp, browser::Client};

const QUESTION: &str = "SEC-GOV-01";

async fn state(app: &TestApp, path: &str) -> String {
    let staff = app.signed_in(Role::Procurement).await;
    staff.open(path).await.expect(200).text()
}

#[tokio::test]
async fn the_first_answer_starts_the_assessment_and_comes_back_as_it_was_saved() {
    let app = TestApp::start().await;
    let (vendor, path) = respondent(&app).await;
    let welcome = vendor.open("/portal").await.expect(200);
    assert!(
        welcome.heading().contains("Northwind Bank has questions about Lumen Hire"),
        "{}",
        welcome.heading()
    );
    let section = welcome.form("/portal/start").submit().await.expect(200);
    assert!(section.path.starts_with("/portal/sections/"), "{}", section.path);
    let option = options(&vendor, QUESTION).await.remove(0);
    let saved = choose(&vendor, QUESTION, &option).await.expect(200);
    assert!(saved.text().contains("by Priya Shah"), "{}", saved.text());
    assert_eq!(saved.attributes("input[name=choice][checked]", "value"), [option]);
    assert_eq!(saved.attributes("input[name=revision]", "value"), ["1"]);
    assert!(state(&app, &path).await.contains("In progress"));
    assert!(vendor.open("/portal").await.expect(200).path.ends_with("/portal/tasks"));
}

#[tokio::test]
async fn v_01_an_answer_that_is_no_option_is_refused_in_place_and_what_was_typed_stays() {
    let app = TestApp::start().await;
    let (vendor, _) = respondent(&app).await;
    let address = format!("/portal/questions/{QUESTION}");
    let page = vendor.open(&address).await.expect(200);
    let form = page.form(&address).set("choice", "nonsense").set("note", "My words & <b>more</b>");
    let refused = form.submit().await.expect(422);
    let form = refused.form(&address);
    assert_eq!(form.values()["note"], ["My words & <b>more</b>"]);
    assert_eq!(form.values()["revision"], ["0"]);
    assert!(refused.text().contains("There is a problem"));
}

#[tokio::test]
async fn a_table_that_has_nothing_to_hold_is_answered_by_saying_so() {
    const TABLE: &str = "SEC-SUP-06";
    let app = TestApp::start().await;
    let (vendor, _) = respondent(&app).await;
    let address = format!("/portal/questions/{TABLE}");
    let page = vendor.open(&address).await.expect(200);
    page.form(&address).submit().await.expect(422);
    let both = page.form(&address).set("choice", "-none").set("rows.0.name", "Nimbus Cloud");
    let refused = both.submit().await.expect(422);
    assert!(refused.text().contains("or say that there are none, not both"), "{}", refused.text());
    let saved = choose(&vendor, TABLE, "-none").await.expect(200);
    assert!(saved.text().contains("by Priya Shah"), "{}", saved.text());
    assert_eq!(saved.attributes("input[name=choice][checked]", "value"), ["-none"]);
    let section = vendor.open("/portal/check?section=supplier-security-core/SUP").await.expect(200);
    assert!(section.all("dd").contains(&"There are none".to_owned()), "{:?}", section.all("dd"));
}

#[tokio::test]
async fn a_card_sent_with_nothing_in_it_says_so_and_an_answer_can_still_be_emptied() {
    let app = TestApp::start().await;
    let (vendor, _) = respondent(&app).await;
    let address = format!("/portal/questions/{QUESTION}");
    let page = vendor.open(&address).await.expect(200);
    let refused = page.form(&address).submit().await.expect(422);
    assert!(refused.all(&format!("#{QUESTION} .alert"))[0].contains("Choose or write an answer first"));
    assert_eq!(refused.form(&address).values()["revision"], ["0"], "nothing is stored");
    let option = options(&vendor, QUESTION).await.remove(0);
    refused.form(&address).set("choice", &option).submit().await.expect(200);
    let page = vendor.open(&address).await.expect(200);
    let emptied = page.form(&address).without("choice").submit().await.expect(200);
    assert_eq!(emptied.form(&address).values()["revision"], ["2"]);
    assert!(emptied.attributes("input[name=choice][checked]", "value").is_empty());
    // Sent once more as it is: that is what is stored.
    emptied.form(&address).submit().await.expect(200);
}

#[tokio::test]
async fn v_02_notes_take_4000_characters_and_no_nul() {
    let app = TestApp::start().await;
    let (vendor, _) = respondent(&app).await;
    let address = format!("/portal/questions/{QUESTION}");
    let option = options(&vendor, QUESTION).await.remove(0);
    let send = async |note: &str| {
        let page = vendor.open(&address).await.expect(200);
        page.form(&address).set("choice", &option).set("note", note).submit().await
    };
    send("a\0b").await.expect(422);
    send(&"x".repeat(4_001)).await.expect(422);
    let kept = " 🚲 e\u{301} \u{202e}rtl\nsecond line ";
    let page = send(kept).await.expect(200);
    assert_eq!(page.form(&address).values()["note"], [kept]);
}

/// One respondent in two browsers.
async fn two_browsers(app: &TestApp) -> (Client, Client) {
    let (one, _) = respondent(app).await;
    app.advance(chrono::Duration::minutes(6));
    let two = come_in(app, &mailed_link(app, crate::vendor_side::PRIYA)).await;
    (one, two)
}

#[tokio::test]
async fn c_02_of_two_savers_one_wins_and_the_other_sees_both_texts() {
    let app = TestApp::start().await;
    let (one, two) = two_browsers(&app).await;
    let address = format!("/portal/questions/{QUESTION}");
    let choices = options(&one, QUESTION).await;
    let (mine, theirs) = (one.open(&address).await, two.open(&address).await);
    theirs.form(&address).set("choice", &choices[1]).set("note", "theirs").submit().await.expect(200);
    let lost = mine.form(&address).set("choice", &choices[0]).set("note", "mine").submit().await.expect(412);
    let text = lost.text();
    assert!(
        text.contains("changed this") && text.contains("Keep mine") && text.contains("Keep theirs"),
        "{text}"
    );
    let form = lost.form(&address);
    assert_eq!(
        (&form.values()["note"][..], &form.values()["revision"][..]),
        (&["mine".to_owned()][..], &["1".to_owned()][..])
    );
    let stored = two.open(&address).await.expect(200);
    assert_eq!(stored.form(&address).values()["note"], ["theirs"], "nothing was overwritten");
    form.set("resolve", "mine").submit().await.expect(200);
    let stored = two.open(&address).await.expect(200);
    assert_eq!(stored.form(&address).values()["note"], ["mine"], "chosen knowingly");
    // The same content at a stale revision is no conflict.
    mine.form(&address).set("choice", &choices[0]).set("note", "mine").submit().await.expect(200);
}

#[tokio::test]
async fn c_02_a_refused_text_that_is_mended_still_meets_what_somebody_saved_meanwhile() {
    let app = TestApp::start().await;
    let (one, two) = two_browsers(&app).await;
    let address = format!("/portal/questions/{QUESTION}");
    let choices = options(&one, QUESTION).await;
    let mine = one.open(&address).await;
    let theirs = two.open(&address).await;
    theirs.form(&address).set("choice", &choices[1]).set("note", "theirs").submit().await.expect(200);
    let long = "x".repeat(4_001);
    let refused =
        mine.form(&address).set("choice", &choices[0]).set("note", &long).submit().await.expect(422);
    let mended = refused.form(&address).set("note", "mine").submit().await.expect(412);
    assert!(mended.text().contains("Keep theirs"), "{}", mended.text());
    let stored = two.open(&address).await.expect(200);
    assert_eq!(stored.form(&address).values()["note"], ["theirs"], "nothing was overwritten");
}

#[tokio::test]
async fn c_03_the_same_form_sent_many_times_is_one_save() {
    let app = TestApp::start().await;
    let (vendor, _) = respondent(&app).await;
    let address = format!("/portal/questions/{QUESTION}");
    let choices = options(&vendor, QUESTION).await;
    let page = vendor.open(&address).await.expect(200);
    let sends = (0..8).map(|_| page.form(&address).set("choice", &choices[0]).submit());
    for answer in futures_util::future::join_all(sends).await {
        answer.expect(200);
    }
    choose(&vendor, QUESTION, &choices[1]).await.expect(200);
    // A late repeat of the first form changes nothing and is no conflict.
    page.form(&address).set("choice", &choices[0]).submit().await.expect(200);
    let now = vendor.open(&address).await.expect(200);
    assert_eq!(now.attributes("input[name=revision]", "value"), ["2"]);
    assert_eq!(now.attributes("input[name=choice][checked]", "value"), [choices[1].clone()]);
}

#[tokio::test]
async fn c_04_a_form_without_a_revision_or_with_a_foreign_one_is_refused() {
    let app = TestApp::start().await;
    let (vendor, _) = respondent(&app).await;
    let address = format!("/portal/questions/{QUESTION}");
    let page = vendor.open(&address).await.expect(200);
    let option = options(&vendor, QUESTION).await.remove(0);
    let send = async |revision: &str| {
        page.form(&address).set("choice", &option).set("revision", revision).submit().await
    };
    let unsaid =
        [send("").await, page.form(&address).set("choice", &option).without("revision").submit().await];
    for refused in unsaid {
        let refused = refused.expect(428);
        assert!(refused.text().contains("precondition-required"), "{}", refused.text());
    }
    let any = send("*").await.expect(422);
    assert!(any.text().contains("validation-failed"), "{}", any.text());
    for foreign in ["W/\"0\"", "\"0\"", "-1", "1.5", "7"] {
        let refused = send(foreign).await.expect(412);
        // What was typed is still there, on a form that can be saved.
        let again = refused.form(&address).values();
        assert_eq!((&again["choice"][0], &again["revision"][0][..]), (&option, "0"), "{foreign}");
    }
    // A program gets the same as a problem; after a save it says what is stored.
    let csrf = page.attributes("input[name=csrf]", "value").remove(0);
    let program = async |revision: Option<&str>, mutation: &str| {
        let mut fields =
            vec![("csrf", &csrf[..]), ("choice", &option), ("mutation", mutation), ("note", mutation)];
        fields.extend(revision.map(|revision| ("revision", revision)));
        let request = vendor.request(reqwest::Method::POST, &address).form(&fields);
        vendor.send(request.header("accept", "application/problem+json")).await
    };
    assert_eq!(program(None, "m-1").await.expect(428).value()["code"], "precondition-required");
    let problem = program(Some("*"), "m-2").await.expect(422).value();
    assert_eq!(
        (&problem["code"], &problem["errors"][0]["pointer"]),
        (&"validation-failed".into(), &"revision".into())
    );
    let problem = program(Some("W/\"1\""), "m-3").await.expect(412).value();
    assert_eq!((&problem["code"], problem.get("current")), (&"version-conflict".into(), None));
    assert_eq!(vendor.open(&address).await.form(&address).values()["revision"], ["0"], "nothing was saved");
    program(Some("0"), "m-4").await.expect(200);
    let current = &program(Some("0"), "m-5").await.expect(412).value()["current"];
    assert_eq!((&current["rev"], &current["note"]), (&1.into(), &"m-4".into()));
    let page = vendor.open(&address).await.expect(200);
    page.form(&address).without("csrf").submit().await.expect(403);
    page.form(&address).set("mutation", "").submit().await.expect(422);
    vendor.open("/portal/questions/SEC-XXX-99").await.expect(404);
    vendor.open("/portal/sections/nowhere/GOV").await.expect(404);
}

#[tokio::test]
async fn a_section_is_called_ready_only_when_nothing_is_missing() {
    let app = TestApp::start().await;
    let (vendor, _) = respondent(&app).await;
    let section =
        vendor.open(&format!("/portal/questions/{QUESTION}")).await.expect(200).follow("All of").await;
    let refused = section.form("/ready").submit().await.expect(422);
    assert!(refused.text().contains("has no answer"), "{}", refused.text());
    for _ in 0..12 {
        let page = vendor.open(&section.path).await.expect(200);
        let ids = page.attributes("article.card.q", "id");
        for id in &ids {
            unknown(&vendor, id).await;
        }
        if vendor.open(&section.path).await.expect(200).attributes("article.card.q", "id").len() == ids.len()
        {
            break;
        }
    }
    let page = vendor.open(&section.path).await.expect(200);
    let tasks = page.form("/ready").submit().await.expect(200);
    assert!(tasks.text().contains("Ready"));
}

/// "We do not know", whichever inputs the question has.
pub async fn unknown(vendor: &Client, question: &str) {
    let address = format!("/portal/questions/{question}");
    let page = vendor.open(&address).await.expect(200);
    let form = page.form(&address);
    let radio = page.body.contains("type=\"radio\"");
    let form =
        if radio { form.set("choice", "-unknown") } else { form.without("choice").set("unknown", "yes") };
    form.submit().await.expect(200);
}

#[tokio::test]
async fn respondents_see_no_weight_score_tier_or_reviewer() {
    let app = TestApp::start().await;
    let (vendor, _) = respondent(&app).await;
    let option = options(&vendor, QUESTION).await.pop().unwrap();
    choose(&vendor, QUESTION, &option).await.expect(200);
    for path in ["/portal/tasks", "/portal/questions/SEC-GOV-01", "/portal/check", "/portal/submit"] {
        let page = vendor.open(path).await.expect(200);
        let body = page.body.to_lowercase();
        for word in ["weight", "tier", "verdict", "knock-out", "reviewer", "residual"] {
            assert!(!page.text().to_lowercase().contains(word), "{path} says {word}");
        }
        assert!(!body.contains("risk@northwind.example"), "{path}");
    }
}

#[tokio::test]
async fn v_08_nothing_can_be_handed_in_before_it_was_begun() {
    let app = TestApp::start().await;
    let (vendor, _) = respondent(&app).await;
    let page = vendor.open("/portal/tasks").await.expect(200);
    let csrf = page.attributes("input[name=csrf]", "value").remove(0);
    let fields =
        [("csrf", csrf.as_str()), ("mutation", "m-1"), ("name", "P"), ("role", "R"), ("agree", "yes")];
    let refused = vendor.post("/portal/submit", &fields).await.expect(409);
    assert!(refused.text().contains("nothing to hand in"), "{}", refused.text());
    assert_eq!(refused.problem(), "state-conflict");
}

#[tokio::test]
async fn a_revoked_link_ends_the_session_at_once() {
    let app = TestApp::start().await;
    let (path, link) = invited(&app).await;
    let vendor = come_in(&app, &link).await;
    let staff = app.signed_in(Role::Procurement).await;
    let page = staff.open(&path).await.expect(200);
    let confirm = staff.open(&page.attributes("a[href$='/revoke']", "href").remove(0)).await.expect(200);
    confirm.form("/revoke").set("reason", "Left the company").submit().await.expect(200);
    assert_eq!(vendor.open("/portal/tasks").await.expect(200).path, "/q");
}

#[tokio::test]
async fn z_04_another_vendors_questions_and_answers_are_out_of_reach() {
    let app = TestApp::start().await;
    let (vendor, _) = respondent(&app).await;
    let option = options(&vendor, QUESTION).await.remove(0);
    choose(&vendor, QUESTION, &option).await.expect(200);
    let staff = app.signed_in(Role::Procurement).await;
    let other = procurement::vendor(&staff, "Corvid").await;
    procurement::contact(&staff, &other, "Ines Vale", "ines@corvid.example").await;
    let service = procurement::service(&staff, &other, "Corvid Chat").await;
    let page = procurement::cv_screening(&staff, &service).await;
    let page = page.form("/assessments").submit().await.expect(200);
    let page = page.form("/questionnaires").submit().await.expect(200);
    let page = page.form("/people").submit().await.expect(200);
    page.form("/send").submit().await.expect(200);
    app.run_jobs().await;
    let ines = app.anonymous();
    let link = mailed_link(&app, "ines@corvid.example");
    crate::vendor_side::exchange(&ines, &link).await.expect(200);
    app.run_jobs().await;
    let code = crate::vendor_side::mailed_code(&app, "ines@corvid.example");
    ines.post("/q/code", &[("code", &code)]).await.expect(200);
    let page = ines.open(&format!("/portal/questions/{QUESTION}")).await.expect(200);
    assert_eq!(page.attributes("input[name=revision]", "value"), ["0"]);
    assert!(!page.text().contains("Lumen") && !page.text().contains("Priya"));
}
