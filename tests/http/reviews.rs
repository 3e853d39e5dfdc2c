//! From a submission to a verified finding, a decision and a comparison, through the pages.

use super::seed::{Seeded, Submission, handed_in, submitted};
use api::domain::Role;
use tests::{app::TestApp, browser::Page};

async fn verdict(
    app: &TestApp,
    seeded: &Seeded,
    role: Role,
    question: &str,
    fields: &[(&str, &str)],
) -> Page {
    let client = app.signed_in(role).await;
    let page = client.open(&format!("{}/review?show=all&q={question}", seeded.base())).await.expect(200);
    page.form(&format!("{}/review/{question}", seeded.base())).with(fields).submit().await
}

#[tokio::test]
async fn a_submission_is_scored_reviewed_fixed_verified_and_decided() {
    let app = TestApp::start().await;
    let seeded =
        handed_in(&app, "Lumen Analytics", &[("SEC-CLD-01", "cloud"), ("SEC-GOV-01", "informal")]).await;
    let risk = app.signed_in(Role::RiskManager).await;

    // The score page stands on the snapshot of the submission.
    let page = risk.open(&format!("{}/score", seeded.base())).await.expect(200);
    assert!(page.text().contains("SEC-GOV-01"), "{}", page.text());
    assert!(page.text().contains("readiness indication") || !page.text().contains("Control sets"));

    // A decision waits for the review.
    let review = risk.open(&format!("{}/review", seeded.base())).await.expect(200);
    assert!(review.text().contains("Scope questions"), "{}", review.text());
    let _ =
        verdict(&app, &seeded, Role::RiskManager, "SEC-GOV-01", &[("verdict", "accepted")]).await.expect(200);
    let decision = risk.open(&format!("{}/decision", seeded.base())).await.expect(200);
    let refused = decision
        .form(&format!("{}/decision", seeded.base()))
        .with(&[("outcome", "declined"), ("summary", "No")])
        .submit()
        .await
        .expect(422);
    assert!(refused.text().contains("SEC-CLD-01"), "{}", refused.text());

    // An adjustment needs a reason; nothing is stored without it.
    let faulty =
        verdict(&app, &seeded, Role::RiskManager, "SEC-GOV-01", &[("verdict", "adjusted"), ("credit", "1")])
            .await;
    assert!(faulty.expect(422).text().contains("Say why it counts otherwise"));
    let _ =
        verdict(&app, &seeded, Role::RiskManager, "SEC-CLD-01", &[("verdict", "accepted")]).await.expect(200);

    // The review ends; findings are proposed and one is raised.
    let review = risk.open(&format!("{}/review", seeded.base())).await.expect(200);
    let proposed = review.form(&format!("{}/finish-review", seeded.base())).submit().await.expect(200);
    assert!(proposed.path.ends_with("/findings"));
    let raised = proposed
        .form(&format!("{}/findings", seeded.base()))
        .without("question")
        .tick("question", "SEC-GOV-01")
        .submit()
        .await
        .expect(200);
    let finding = raised
        .attributes("tbody th a", "href")
        .into_iter()
        .find(|href| href.starts_with("/findings/"))
        .unwrap();

    // Who records an action as done cannot verify it; somebody else can, and the score rises.
    let page = risk.open(&finding).await.expect(200);
    let planned = page
        .form(&format!("{finding}/agree"))
        .with(&[("text", "Write the policy"), ("owner_name", "Tom"), ("due_on", "2026-12-18")])
        .submit()
        .await
        .expect(200);
    // The timeline names the action with its question and leads to its finding.
    let vendor = risk.open(&format!("/vendors/{}", seeded.vendor)).await.expect(200);
    let lede = vendor.all(".lede").remove(0);
    assert!(lede.ends_with(": Lumen Analytics Service, T-Lumen Analytics."), "{lede}");
    let told = vendor.all(".tm li");
    assert!(told[0].contains("Action agreed") && told[0].contains("SEC-GOV-01"), "{told:?}");
    assert_eq!(vendor.attributes(".tm li a", "href")[0], finding);
    for act in ["Review started", "Review finished"] {
        assert_eq!(told.iter().filter(|line| line.contains(act)).count(), 1, "{act}: {told:?}");
    }
    // What was finished once is not offered as if it were not.
    let review = risk.open(&format!("{}/review", seeded.base())).await.expect(200);
    assert!(review.text().contains("Finish again") && !review.text().contains("propose findings"));
    // The board says what closing it gains, and finds it by the owner of its action.
    let board = risk.open("/findings?owner=TOM").await.expect(200);
    assert!(board.all("td.num")[0].starts_with('+'), "{}", board.text());
    let nobody = risk.open("/findings?owner=somebody+else").await.expect(200);
    assert!(nobody.text().contains("No finding fits"), "{}", nobody.text());
    let reported = planned
        .form(&format!("{finding}/done"))
        .with(&[("note", "Seen on the call")])
        .submit()
        .await
        .expect(200);
    assert!(reported.try_form(&format!("{finding}/verify")).is_none());
    let admin = app.signed_in(Role::Admin).await;
    let page = admin.open(&finding).await.expect(200);
    let closed = page
        .form(&format!("{finding}/verify"))
        .with(&[("option", "current"), ("grade", "asserted"), ("reason", "Policy read")])
        .submit()
        .await
        .expect(200);
    assert!(closed.text().contains("Closed"), "{}", closed.text());

    // Now the decision stands, with a snapshot that recomputes bit for bit (P13).
    let decision = risk.open(&format!("{}/decision", seeded.base())).await.expect(200);
    let decided = decision
        .form(&format!("{}/decision", seeded.base()))
        .with(&[("outcome", "declined"), ("summary", "Too little is proven")])
        .submit()
        .await
        .expect(200);
    assert!(decided.text().contains("Declined"));
    let ctx = app.ctx(Role::Viewer).await;
    assert!(api::usecases::scores::recompute(&ctx, seeded.assessment).await.unwrap());
}

#[tokio::test]
async fn a_gate_with_full_credit_by_a_reviewers_word_says_what_its_answer_still_leaves_out() {
    let app = TestApp::start().await;
    let seeded = handed_in(&app, "Lumen Analytics", &[("SEC-ASR-03", "older")]).await;
    let score = format!("{}/score", seeded.base());
    let risk = app.signed_in(Role::RiskManager).await;
    let before = risk.open(&score).await.expect(200);
    assert!(before.text().contains("Not asked because of SEC-ASR-03"), "{}", before.text());
    assert!(before.text().contains("The review of this submission has not begun"), "{}", before.text());
    let full = [("verdict", "adjusted"), ("credit", "1"), ("reason", "The letter is of this spring")];
    verdict(&app, &seeded, Role::RiskManager, "SEC-ASR-03", &full).await.expect(200);
    let after = risk.open(&score).await.expect(200).text();
    assert!(!after.contains("Not asked because of SEC-ASR-03"), "{after}");
    assert!(after.contains("The review goes on, so this score follows the verdicts."), "{after}");
    assert!(after.contains("Not asked: SEC-ASR-03 counts in full by a reviewer's word"), "{after}");
}

#[tokio::test]
async fn what_does_not_fit_together_is_said_to_the_reviewer_until_verdicts_settle_it() {
    let app = TestApp::start().await;
    let choices = &[("SEC-CLD-01", "onprem"), ("SEC-BCP-01", "untested"), ("SEC-BCP-02", "met")];
    let submission = Submission {
        name: "Lumen Analytics",
        vendor: None,
        service: None,
        asked: &["supplier-security-core"],
        choices,
        facts: &["shared_cloud"],
    };
    let seeded = submitted(&app.ctx(Role::RiskManager).await, submission).await;
    let risk = app.signed_in(Role::RiskManager).await;
    let review = format!("{}/review", seeded.base());
    let lines = |page: &Page| page.all("section[aria-labelledby=contradictions] li");
    let page = risk.open(&review).await.expect(200);
    let found = lines(&page);
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(
        found[0].contains("Our intake says \"The service runs in a public or shared cloud\""),
        "{found:?}"
    );
    assert!(found[0].contains("Until it is accepted as given, \"Yes\" counts. open"), "{found:?}");
    assert!(found[1].contains("When was that test?"), "{found:?}");
    // The answer itself says it, too.
    let answer = risk.open(&format!("{review}?q=SEC-CLD-01")).await.expect(200);
    assert!(answer.all("#answer .why")[0].starts_with("Our intake says"), "{}", answer.text());

    let kept = [("verdict", "adjusted"), ("reason", "Their own status page names the cloud")];
    let _ = verdict(&app, &seeded, Role::RiskManager, "SEC-CLD-01", &kept).await.expect(200);
    let found = lines(&risk.open(&review).await.expect(200));
    assert!(found[0].contains("It was not accepted, so \"Yes\" counts. settled by a verdict"), "{found:?}");
    // The decision says what is still open.
    let decision = risk.open(&format!("{}/decision", seeded.base())).await.expect(200).text();
    assert!(decision.contains("Open contradictions 1"), "{decision}");
    assert!(decision.contains("Answers with a verdict 1 of "), "{decision}");
    for question in ["SEC-BCP-01", "SEC-BCP-02"] {
        let _ =
            verdict(&app, &seeded, Role::RiskManager, question, &[("verdict", "accepted")]).await.expect(200);
    }
    let decision = risk.open(&format!("{}/decision", seeded.base())).await.expect(200).text();
    assert!(!decision.contains("contradiction"), "{decision}");
}

#[tokio::test]
async fn a_question_to_the_vendor_is_waited_for_and_is_no_verdict() {
    let app = TestApp::start().await;
    let seeded = handed_in(&app, "Lumen Analytics", &[("SEC-GOV-01", "informal")]).await;
    let asked = [("verdict", "asked"), ("text", "Since when?")];
    let _ = verdict(&app, &seeded, Role::RiskManager, "SEC-GOV-01", &asked).await.expect(200);
    let risk = app.signed_in(Role::RiskManager).await;
    let address = format!("{}/review?show=all&q=SEC-GOV-01", seeded.base());
    let page = risk.open(&address).await.expect(200);
    let progress = page.all(".phead .b").remove(0);
    assert!(progress.starts_with("0 of ") && progress.ends_with(" have a verdict, 1 waits for the vendor"));
    assert_eq!(page.attributes(".phead progress", "value"), ["0"]);
    assert_eq!(page.all(".queue a[aria-current] .sr"), ["waiting for the vendor"]);
    assert!(page.text().contains("Waiting for the vendor: asked by "), "{}", page.text());
    // One heading, and a hint in the words of the choices.
    let headings = page.all("h2, h3, legend, label");
    assert_eq!(headings.iter().filter(|words| *words == "Verdict").count(), 1, "{headings:?}");
    let hint = "Needed with “Adjust what it counts” and with “Rejected: contradicts the answer”.";
    assert!(page.text().contains(hint), "{}", page.text());
}

#[tokio::test]
async fn c_08_two_reviewers_on_one_answer_end_with_one_verdict() {
    let app = TestApp::start().await;
    let seeded = handed_in(&app, "Lumen Analytics", &[("SEC-GOV-01", "informal")]).await;
    let path = format!("{}/review?show=all&q=SEC-GOV-01", seeded.base());
    let (first, second) = (app.signed_in(Role::RiskManager).await, app.signed_in(Role::Admin).await);
    let (one, other) = (first.open(&path).await.expect(200), second.open(&path).await.expect(200));
    let action = format!("{}/review/SEC-GOV-01", seeded.base());
    let _ = one.form(&action).with(&[("verdict", "accepted")]).submit().await.expect(200);
    let _ =
        other.form(&action).with(&[("verdict", "asked"), ("text", "Since when?")]).submit().await.expect(412);
}

#[tokio::test]
async fn the_bar_accepts_with_what_the_form_holds_and_leads_to_its_fields() {
    let app = TestApp::start().await;
    let seeded = handed_in(&app, "Lumen Analytics", &[("SEC-GOV-01", "informal")]).await;
    let path = format!("{}/review?show=all&q=SEC-GOV-01", seeded.base());
    let page = app.signed_in(Role::RiskManager).await.open(&path).await.expect(200);
    assert_eq!(page.all(".verdict button[form=judge][name=accept]"), ["Accept the answer"]);
    let panels = ["Ask", "Adjust credit", "Compensating control", "Grade evidence"];
    assert_eq!(page.all(".verdict a[href^='#']"), panels);
    for panel in page.attributes(".verdict a[href^='#']", "href") {
        assert_eq!(page.all(&format!("#judge {panel}")).len(), 1, "{panel}");
    }
    let next = page.attributes(".verdict .end a", "href");
    assert!(next.len() == 1 && !next[0].contains("SEC-GOV-01"), "{next:?}");
    let held = [("verdict", "asked"), ("reason", "I have read it."), ("accept", "yes")];
    let action = format!("{}/review/SEC-GOV-01", seeded.base());
    page.form(&action).with(&held).submit().await.expect(200);
    let viewer = app.signed_in(Role::Viewer).await.open(&path).await.expect(200);
    assert!(viewer.text().contains("Accepted by") && viewer.text().contains("Reason: I have read it."));
    assert!(viewer.all(".verdict").is_empty());
}

#[tokio::test]
async fn a_finding_raised_from_an_answer_keeps_the_question_and_its_days() {
    let app = TestApp::start().await;
    let asked = &["ai-tool-risk"];
    let ctx = app.ctx(Role::RiskManager).await;
    let submission =
        Submission { name: "Lumen", vendor: None, service: None, asked, choices: &[], facts: &[] };
    let seeded = submitted(&ctx, submission).await;
    let question = "AIT-POL-01";
    let risk = app.signed_in(Role::RiskManager).await;
    let review = format!("{}/review?show=all&q={question}", seeded.base());
    let page = risk.open(&review).await.expect(200);
    page.form("/start-review").submit().await.expect(200);
    let raise = page.attributes(".verdict .in > a[href*='findings/new']", "href").remove(0);
    let form = risk.open(&raise).await.expect(200);
    assert!(form.text().contains(&format!("About the answer to question {question}")), "{}", form.text());
    assert!(!form.form("/findings/new").values()["title"][0].is_empty(), "it starts with words");
    assert_eq!(form.attributes(".endbar a", "href"), [review], "the way back is the answer");
    let wrong = form.form("/findings/new").set("title", "").submit().await.expect(422);
    assert!(wrong.text().contains(question), "an error keeps the question");
    assert!(form.text().contains("60 days to fix, as the question says"), "{}", form.text());
    let raised = form.form("/findings/new").set("severity", "high").submit().await.expect(200);
    assert!(raised.text().contains("60-day SLA") && raised.text().contains(question), "{}", raised.text());
    let again = form.form("/findings/new").set("severity", "high").set("key", "another");
    assert!(again.submit().await.expect(409).text().contains("There is a finding about AIT-POL-01 already"));
    let _ = risk.open(&format!("{}/findings/new?question=NO-SUCH", seeded.base())).await.expect(404);
}

#[tokio::test]
async fn a_question_that_dropped_out_is_said_to_have_nothing_to_judge() {
    let app = TestApp::start().await;
    let seeded = handed_in(&app, "Lumen Analytics", &[("SEC-GOV-01", "informal")]).await;
    let risk = app.signed_in(Role::RiskManager).await;
    let all = risk.open(&format!("{}/review?show=all", seeded.base())).await.expect(200);
    let shown = all.attributes(".queue ul a", "href").join(" ");
    let library = questionnaires::definition::catalog::Library::shipped();
    let asked = library.questionnaire("supplier-security-core").unwrap();
    let hidden = asked.questions().map(|(_, question)| &question.id);
    let hidden = hidden.into_iter().find(|id| !shown.contains(&format!("q={id}#"))).unwrap();
    let page = risk.open(&format!("{}/review?show=all&q={hidden}", seeded.base())).await.expect(200);
    assert!(page.text().contains(&format!("{hidden} is not asked: another answer")), "{}", page.text());
}

#[tokio::test]
async fn answers_that_another_answer_leaves_out_are_named_as_not_judged() {
    let app = TestApp::start().await;
    let said = [("SEC-CLD-01", "onprem"), ("SEC-CLD-02", "current"), ("SEC-CLD-03", "full")];
    let seeded = handed_in(&app, "Lumen Analytics", &said).await;
    let risk = app.signed_in(Role::RiskManager).await;
    let page = risk.open(&format!("{}/review", seeded.base())).await.expect(200);
    let words =
        "2 answers are not judged, because other answers leave their questions out: SEC-CLD-02, SEC-CLD-03.";
    assert!(page.text().contains(words), "{}", page.text());
}

#[tokio::test]
async fn procurement_and_viewers_read_and_do_not_judge_and_others_see_nothing() {
    let app = TestApp::start().await;
    let seeded = handed_in(&app, "Lumen Analytics", &[("SEC-GOV-01", "informal")]).await;
    for role in [Role::Procurement, Role::Viewer] {
        let client = app.signed_in(role).await;
        let page = client.open(&format!("{}/review?show=all&q=SEC-GOV-01", seeded.base())).await.expect(200);
        assert!(page.try_form(&format!("{}/review/SEC-GOV-01", seeded.base())).is_none());
        let _ = client.post(&format!("{}/finish-review", seeded.base()), &[]).await.expect(403);
    }
    let other = app.other_organisation().await;
    for page in ["review", "score", "findings", "decision"] {
        let _ = other.open(&format!("{}/{page}", seeded.base())).await.expect(404);
    }
}

#[tokio::test]
async fn all_vendors_stand_in_one_table_in_the_order_asked_for() {
    let app = TestApp::start().await;
    let risk = app.signed_in(Role::RiskManager).await;
    let nothing = risk.open("/compare/all").await.expect(200);
    assert!(nothing.text().contains("Nothing to compare yet"), "{}", nothing.text());
    handed_in(&app, "Corvid AI", &[("SEC-CLD-01", "cloud"), ("SEC-GOV-01", "current")]).await;
    handed_in(&app, "Lumen Analytics", &[("SEC-CLD-01", "cloud"), ("SEC-GOV-01", "informal")]).await;
    let vendors = |page: &Page| page.all("table.mx tbody th a");
    let by_name = risk.open("/compare/all").await.expect(200);
    assert_eq!(vendors(&by_name), ["Corvid AI", "Lumen Analytics"]);
    for order in ["claimed", "evidenced"] {
        let lowest = risk.open(&format!("/compare/all?order={order}")).await.expect(200);
        assert_eq!(vendors(&lowest), ["Lumen Analytics", "Corvid AI"], "{order}");
    }
    let none = risk.open("/compare/all?tier=critical").await.expect(200);
    assert!(none.text().contains("No service fits"), "{}", none.text());
    assert_eq!(vendors(&none.follow("Show all tiers").await.expect(200)).len(), 2);
    let picks: Vec<String> = by_name
        .attributes("table.mx input[name=assessment]", "value")
        .iter()
        .map(|id| format!("assessment={id}"))
        .collect();
    let _ = risk.open(&format!("/compare?{}", picks.join("&"))).await.expect(200);
    let olga = app.other_organisation().await;
    let theirs = olga.open("/compare/all?questionnaire=supplier-security-core").await.expect(200);
    assert!(theirs.text().contains("Nothing to compare yet"), "{}", theirs.text());
}

#[tokio::test]
async fn vendors_stand_side_by_side_with_ranks_and_no_total() {
    let app = TestApp::start().await;
    let worse =
        handed_in(&app, "Lumen Analytics", &[("SEC-CLD-01", "cloud"), ("SEC-GOV-01", "informal")]).await;
    let better = handed_in(&app, "Corvid AI", &[("SEC-CLD-01", "cloud"), ("SEC-GOV-01", "current")]).await;
    let viewer = app.signed_in(Role::Viewer).await;
    let picker = viewer.open("/compare").await.expect(200);
    assert!(picker.text().contains("Corvid AI"));
    let path = format!("/compare?assessment={}&assessment={}", worse.assessment, better.assessment);
    let page = viewer.open(&path).await.expect(200);
    assert!(page.heading().contains("Corvid AI leads"), "{}", page.heading());
    assert!(page.text().contains("Rank 1 of 2") && page.text().contains("Rank 2 of 2"), "{}", page.text());
}
