//! What stands around the questions of the portal: who answers, how long there is, where a respondent left off, and why a
//! question is asked.

use crate::{
    seed,
    vendor_side::{PRIYA, choose, come_in, give_code, invited, mailed_link},
};
use api::{
    domain::{Role, ids::AssessmentId},
    usecases::{
        respondents::{self, AddRespondent},
        vendors::ContactInput,
    },
};
use chrono::Duration;
use questionnaires::definition::{MapRef, catalog::Library};
use tests::{
    app::TestApp,
    browser::{Client, Page},
    database::TestDatabase,
    on_both_databases,
};

on_both_databases!(respondents_see_each_other_and_what_each_did_last,);

const TOM: &str = "tom@lumen.example";

/// A name with what stands below it, for each of the people answering.
fn people(page: &Page) -> Vec<String> {
    page.all("aside .ppl li > span:last-child")
}

fn beside(page: &Page) -> String {
    page.all("aside section:first-child").concat()
}

fn resume(page: &Page) -> String {
    page.all("main .card.go").concat()
}

async fn section(browser: &Client) -> Page {
    browser.open("/portal/sections/supplier-security-core/GOV").await.expect(200)
}

async fn respondents_see_each_other_and_what_each_did_last(database: TestDatabase) {
    let app = TestApp::on(database).await;
    let (path, link) = invited(&app).await;
    let id: AssessmentId = path.rsplit('/').next().unwrap().parse().unwrap();
    let ctx = app.ctx(Role::Procurement).await;
    // A namesake: people are told apart by who they are.
    let new =
        ContactInput { name: "Priya Shah".to_owned(), email: TOM.to_owned(), ..ContactInput::default() };
    app.advance(Duration::minutes(1));
    let other =
        respondents::add(&ctx, id, &AddRespondent { contact: None, new }, &tests::key()).await.unwrap();
    app.run_jobs().await;
    let priya = come_in(&app, &link).await;
    choose(&priya, "SEC-GOV-01", "informal").await.expect(200);

    let me = "Priya Shah (you) Lead, can submit";
    let page = priya.open("/portal/tasks").await.expect(200);
    assert!(page.text().contains("People answering"));
    assert_eq!(people(&page), [me, "Priya Shah Lead, can submit Has not opened the link yet"]);

    let tom = app.anonymous();
    give_code(&app, &tom, &mailed_link(&app, TOM), TOM).await.expect(200);
    assert_eq!(people(&section(&priya).await)[1], "Priya Shah Lead, can submit Last here at 09:01");
    app.advance(Duration::minutes(29));
    choose(&tom, "SEC-GOV-02", "full").await.expect(200);
    assert_eq!(people(&section(&priya).await), [me, "Priya Shah Lead, can submit Saved an answer at 09:30"]);
    assert_eq!(
        people(&section(&tom).await),
        ["Priya Shah Lead, can submit Saved an answer at 09:01", "Priya Shah (you) Lead, can submit"]
    );

    respondents::revoke(&ctx, id, other, "Left the company.").await.unwrap();
    assert_eq!(people(&section(&priya).await), [me]);
}

#[tokio::test]
async fn the_days_and_minutes_that_are_left_are_said_until_all_is_handed_in() {
    let app = TestApp::start().await;
    let (_, link) = invited(&app).await;
    let priya = come_in(&app, &link).await;
    let before = beside(&priya.open("/portal/tasks").await.expect(200));
    assert!(
        before.starts_with("14 days left Due at the end of Tuesday 8 December 2026, London time."),
        "{before}"
    );
    let minutes = |text: &str| {
        let (_, rest) = text.split_once("About ").unwrap();
        rest.split_once(" minutes of questions remain.").unwrap().0.parse::<u32>().unwrap()
    };
    for question in ["SEC-GOV-01", "SEC-GOV-02", "SEC-GOV-03"] {
        choose(&priya, question, "-unknown").await.expect(200);
    }
    let after = beside(&section(&priya).await);
    assert!(minutes(&after) < minutes(&before), "{before}\n{after}");

    app.advance(Duration::days(14));
    let late = come_in(&app, &mailed_link(&app, PRIYA)).await;
    assert!(beside(&section(&late).await).starts_with("Due today "));
    app.advance(Duration::days(1));
    let late = come_in(&app, &mailed_link(&app, PRIYA)).await;
    assert!(beside(&section(&late).await).starts_with("1 day late "));
}

#[tokio::test]
async fn the_task_list_leads_back_to_where_somebody_left_off() {
    let app = TestApp::start().await;
    let (_, link) = invited(&app).await;
    let priya = come_in(&app, &link).await;
    let page = priya.open("/portal/tasks").await.expect(200);
    assert!(resume(&page).starts_with("Governance 0 of 4 answered, about "), "{}", resume(&page));
    assert!(resume(&page).ends_with(" minutes left in this section Start here"), "{}", resume(&page));
    choose(&priya, "SEC-HRS-01", "-unknown").await.expect(200);
    let page = priya.open("/portal/tasks").await.expect(200);
    let words = resume(&page);
    assert!(words.starts_with("You were in People 1 of "), "{words}");
    assert!(words.ends_with(" left in this section Continue where you left off"), "{words}");
    assert_eq!(page.attributes("main .card.go a", "href"), ["/portal/sections/supplier-security-core/HRS"]);
    assert_eq!(page.all(".tl li.next > a"), ["People"]);
}

#[tokio::test]
async fn a_question_names_the_shipped_requirements_behind_it_and_nothing_else() {
    let app = TestApp::start().await;
    let owner = app.ctx(Role::RiskManager).await;
    let mut asked = Library::shipped().questionnaire("supplier-security-core").unwrap().clone();
    let own = MapRef { set: "canary-own-set".to_owned(), reference: "7".to_owned() };
    for question in asked.sections.iter_mut().flat_map(|section| &mut section.questions) {
        match question.id.as_str() {
            "SEC-GOV-01" => question.maps.push(own.clone()),
            "SEC-GOV-02" => question.maps = vec![own.clone()],
            _ => {}
        }
    }
    let id = seed::sent_to_nobody(&owner, "Lumen", &asked).await;
    let new =
        ContactInput { name: "Priya Shah".to_owned(), email: PRIYA.to_owned(), ..ContactInput::default() };
    respondents::add(&owner, id, &AddRespondent { contact: None, new }, &tests::key()).await.unwrap();
    app.run_jobs().await;
    let priya = come_in(&app, &mailed_link(&app, PRIYA)).await;
    let page = section(&priya).await;
    let why = |question: &str| page.all(&format!("#{question} form > details"));
    let [first] = &why("SEC-GOV-01")[..] else { panic!("{}", page.body) };
    assert!(first.starts_with("Why we ask : question 1.1 Your answer shows whether these requirements are met: ISO/IEC 27001:2022 Annex A: A.5.1; "), "{first}");
    assert_eq!(why("SEC-GOV-02"), Vec::<String>::new());
    assert!(!page.body.contains("canary-own-set"));
}
