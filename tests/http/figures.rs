//! Every figure on a page about scores follows from the others on it, and pages about the same thing agree.

mod shown;

use crate::seed::{Seeded, Submission, handed_in, submitted};
use api::{
    domain::{Role, assessment::Assessment, ids::AssessmentId},
    store,
    usecases::{
        Ctx, assessments,
        findings::{self, RaiseFinding},
        reviews::{self, GiveVerdict},
    },
};
use futures_util::{StreamExt as _, stream};
use questionnaires::{
    definition::{AnswerType, catalog::Library},
    exact::Exact,
};
use scraper::Html;
use shown::{Part, Result, number, severity};
use std::collections::{BTreeMap, BTreeSet};
use tests::{
    app::{PASSWORD, TestApp, address},
    browser::{Client, Page},
};

/// How many vendors, and how many assessments of each: two of the first service, one of two others.
const VENDORS: usize = 50;
const OF_EACH: usize = 4;
/// Each answers other questions in another way.
const ASSESSMENTS: usize = VENDORS * OF_EACH;
/// What is asked; every third is asked both.
const ASKED: [&str; 2] = ["supplier-security-core", "ai-tool-risk"];

/// Answers to the single choices of the questionnaires, drawn by a number: some are left out.
fn drawn(number: usize, asked: &[&str]) -> Vec<(String, String)> {
    let library = Library::shipped();
    let mut state = number * 7_919 + 1;
    let mut answers = Vec::new();
    for id in asked {
        let definition = library.questionnaire(id).unwrap();
        for (_, question) in definition.questions().filter(|(_, q)| q.answer_type == AnswerType::SelectOne) {
            state = (state * 1_103 + 12_345) % 65_536;
            // From an assessment that answers little and badly to one that answers everything well.
            let skip = state % 100 < 40_usize.saturating_sub(number / 3);
            let best = state / 7 % ASSESSMENTS < number;
            let place = if best { 0 } else { state / 13 % question.options.len() };
            if !skip {
                answers.push((question.id.clone(), question.options[place].id.clone()));
            }
        }
    }
    answers
}

fn borrowed(answers: &[(String, String)]) -> Vec<(&str, &str)> {
    answers.iter().map(|(question, option)| (question.as_str(), option.as_str())).collect()
}

/// An assessment, with what its pages show.
struct Seen {
    reference: String,
    service: String,
    assessment: AssessmentId,
    results: Vec<Result>,
    /// Claimed score and coverage by control set.
    sets: BTreeMap<String, (String, String)>,
}

impl Seen {
    fn residual(&self) -> usize {
        self.results.iter().map(|one| severity(&one.residual)).max().unwrap_or_default()
    }
}

/// Notes when it was handed in, by which a vendor's page tells the newest.
async fn dated(ctx: &Ctx, id: AssessmentId) {
    let found = assessments::view(ctx, id).await.unwrap().assessment;
    let mut tx = ctx.begin_write().await.unwrap();
    let handed_in = Assessment { submitted_at: Some(ctx.now()), submission_number: 1, ..found };
    store::assessments::update(&mut tx, &handed_in).await.unwrap();
    tx.commit_unaudited("test data").await.unwrap();
}

/// Accepts the first answers of the queue, and raises findings of these severities.
async fn reviewed(ctx: &Ctx, id: AssessmentId, verdicts: usize, severities: &[&str]) {
    let desk = reviews::desk(ctx, id).await.unwrap();
    let answered = desk.queue.iter().filter(|item| desk.inputs.revision(&item.question) > 0);
    for item in answered.take(verdicts) {
        let answer_rev = desk.inputs.revision(&item.question);
        let input = GiveVerdict { verdict: "accepted".to_owned(), answer_rev, ..GiveVerdict::default() };
        reviews::give_verdict(ctx, id, &item.question, input).await.unwrap();
    }
    for (at, severity) in severities.iter().enumerate() {
        let raise = RaiseFinding {
            title: format!("Gap {at}"),
            severity: (*severity).to_owned(),
            key: format!("{id} {at}"),
            ..RaiseFinding::default()
        };
        findings::raise_by_hand(ctx, id, raise).await.unwrap();
    }
}

/// Plays the assessments of one vendor, and looks at every page about it.
async fn vendor(app: &TestApp, ctx: &Ctx, client: &Client, number: usize) -> Vec<Seen> {
    let raised = &["critical", "high", "high", "medium", "low"][..number % 6];
    let mut first: Option<Seeded> = None;
    let mut seen: Vec<Seen> = Vec::new();
    for at in 0..OF_EACH {
        let nth = number * OF_EACH + at;
        let asked = if nth.is_multiple_of(3) { &ASKED[..] } else { &ASKED[..1] };
        let answers = drawn(nth, asked);
        let name = format!("Vendor {number:02}-{at}");
        let again = at + 1 == OF_EACH;
        let submission = Submission {
            name: &name,
            vendor: first.as_ref().map(|one| one.vendor),
            service: first.as_ref().filter(|_| again).map(|one| one.service),
            asked,
            choices: &borrowed(&answers),
            facts: &[],
        };
        app.advance(chrono::Duration::seconds(1));
        let seeded = submitted(ctx, submission).await;
        dated(ctx, seeded.assessment).await;
        if at % 2 == 1 {
            reviewed(ctx, seeded.assessment, 1 + nth % 3, if at == 1 { raised } else { &[] }).await;
        }
        let page = client.open(&format!("{}/score", seeded.base())).await.expect(200);
        let body = Html::parse_document(&page.body);
        let (results, sets) = (shown::score(Part::of(&body)), shown::control_sets(Part::of(&body)));
        assert_eq!(results.len(), asked.len());
        let page = client.open(&format!("{}/review?show=all", seeded.base())).await.expect(200);
        shown::review(Part::of(&Html::parse_document(&page.body)), &results);
        let about = if again { 0 } else { at };
        seen.push(Seen {
            reference: format!("T-{name}"),
            service: format!("Vendor {number:02}-{about} Service"),
            assessment: seeded.assessment,
            results,
            sets,
        });
        first = first.or(Some(seeded));
    }
    let path = format!("/vendors/{}", first.unwrap().vendor);
    let page = client.open(&path).await.expect(200);
    profile(Part::of(&Html::parse_document(&page.body)), &seen, raised);
    seen
}

/// What a line says that an assessment came to.
fn ratings(line: &Part<'_>) -> BTreeSet<String> {
    line.texts(".end .results > span").into_iter().collect()
}

/// The same, as the page of its score says it.
fn of_score_page(seen: &Seen) -> BTreeSet<String> {
    seen.results.iter().map(|one| format!("{} {} {}", one.title, one.letter, one.claimed)).collect()
}

/// The page of a vendor that these assessments are about.
fn profile(page: Part<'_>, seen: &[Seen], raised: &[&str]) {
    let of = |reference: &str| seen.iter().find(|one| one.reference == reference).unwrap();
    let mut worst = 0;
    for line in page.parts("section[aria-labelledby=services] li") {
        let name = line.first("b");
        let newest = seen.iter().rfind(|one| one.service == name).unwrap();
        assert!(line.first("small").contains(&newest.reference), "{}", line.text());
        assert_eq!(ratings(&line), of_score_page(newest), "{name}");
        let residual = severity(&line.first(".end > .band"));
        assert_eq!(residual, newest.residual(), "{name}");
        worst = worst.max(residual);
    }
    let facts = page.part("main");
    assert_eq!(severity(&facts.fact("Residual risk").unwrap().0), worst, "the worst of its services");
    for line in page.parts("section[aria-labelledby=assessments] li") {
        let one = of(&line.first("b"));
        assert_eq!(severity(&line.first(".end > .band")), one.residual(), "{}", line.text());
        assert_eq!(ratings(&line), of_score_page(one), "{}", line.text());
    }
    let history = page.part("section[aria-labelledby=history]");
    let past = history.parts("tbody tr");
    assert!(!past.is_empty(), "the first service was assessed twice: {}", history.text());
    for row in past {
        let bands = row.texts(".band");
        let one = of(&row.first("a"));
        let found = one.results.iter().find(|r| format!("{} {}", r.letter, r.claimed) == bands[0]);
        let result = found.unwrap_or_else(|| panic!("{bands:?} are not of {:?}", one.results));
        assert_eq!(severity(&bands[1]), severity(&result.residual), "{bands:?}");
    }
    let (open, by_severity) = facts.fact("Open findings").unwrap();
    assert_eq!(open, raised.len().to_string());
    let counts: Vec<(&str, usize)> = by_severity
        .split(", ")
        .filter_map(|one| one.split_once(' '))
        .map(|(count, severity)| (severity, count.parse().unwrap()))
        .collect();
    assert_eq!(counts.iter().map(|(_, count)| count).sum::<usize>(), raised.len(), "{by_severity}");
    for (severity, count) in counts {
        assert_eq!(raised.iter().filter(|one| **one == severity).count(), count, "{by_severity}");
    }
}

/// Those that have such a part.
fn with<'a>(parts: Vec<Part<'a>>, css: &str) -> Vec<Part<'a>> {
    parts.into_iter().filter(|part| !part.parts(css).is_empty()).collect()
}

/// A comparison, whose figures are those of the score pages and whose ranks follow from them.
fn comparison(page: Part<'_>, columns: &[&Seen]) {
    for (column, head) in columns.iter().zip(page.parts("table.fixed1 thead th")) {
        assert_eq!(severity(&head.first(".band")), column.residual(), "{}", head.text());
        let count = column.results.len();
        assert_eq!(head.text().contains(&format!("worst of {count}")), count > 1, "{}", head.text());
    }
    for group in page.parts("table.fixed1 tbody") {
        let title = group.part(".qh span").main_text();
        let of: Vec<Option<&Result>> =
            columns.iter().map(|one| one.results.iter().find(|result| result.title == title)).collect();
        let cells = with(group.parts("td.rc"), ".rate");
        let rank =
            |cell: &Part<'_>| cell.fact("Rank").map(|(rank, _)| rank).filter(|rank| rank.contains(" of "));
        // Better by rating, then by claimed, then by evidenced score, as shown.
        let worth = |result: &Result| {
            let negative = |text: &str| Exact::zero() - number(text);
            (result.letter.clone(), negative(&result.claimed), negative(&result.evidenced))
        };
        let ranked: Vec<&Result> = of
            .iter()
            .zip(&cells)
            .filter(|(_, cell)| rank(cell).is_some())
            .filter_map(|(one, _)| *one)
            .collect();
        for (result, cell) in of.iter().zip(&cells) {
            let Some(result) = result else {
                assert_eq!(cell.text(), "\u{2013} Not asked");
                continue;
            };
            assert_eq!(
                (cell.first(".lt"), cell.first(".n")),
                (result.letter.clone(), result.claimed.clone())
            );
            assert_eq!(cell.fact("Evidenced").unwrap().0, result.evidenced);
            assert_eq!(severity(&cell.first(".band")), severity(&result.residual));
            if let Some(rank) = rank(cell) {
                let better = ranked.iter().filter(|other| worth(other) < worth(result)).count();
                assert_eq!(rank, format!("{} of {}", better + 1, ranked.len()), "{title}");
            }
        }
        for row in with(group.parts("tr"), ".strip") {
            let section = row.part("th").main_text();
            for (result, cell) in of.iter().zip(row.parts(".cell b")) {
                let shown = cell.text();
                match result.map(|result| result.sections.get(&section)) {
                    None => assert_eq!(shown, "\u{2013}"),
                    Some(Some(score)) => assert_eq!(&shown, score, "{section}"),
                    Some(None) => assert!(matches!(&*shown, "100.0" | "\u{2013}"), "{section}: {shown}"),
                }
            }
        }
    }
}

/// All vendors under each questionnaire: every service once, with the figures of its newest score page.
async fn all_vendors(client: &Client, seen: &[Vec<Seen>]) {
    let newest: BTreeMap<&str, &Seen> =
        seen.iter().flatten().map(|one| (one.service.as_str(), one)).collect();
    for asked in ASKED {
        let mut page = client.open(&format!("/compare/all?questionnaire={asked}")).await.expect(200);
        let mut services = BTreeSet::new();
        loop {
            let body = Html::parse_document(&page.body);
            let table = Part::of(&body).part("table.mx");
            let title = Part::of(&body).first(".tabs[aria-label=Questionnaires] a[aria-current]");
            let sections: Vec<String> = table.texts("thead th:not(.set)").split_off(6);
            let sets: Vec<String> = table.texts("thead .set");
            assert!(!sets.is_empty());
            for row in with(table.parts("tbody tr"), ".rate") {
                let service = row.first("th small");
                let of = newest.get(service.split(',').next().unwrap()).unwrap();
                let result = of.results.iter().find(|one| one.title == title).unwrap();
                let cells = row.parts("td");
                assert_eq!(
                    (row.first(".lt"), row.first(".n"), cells[1].text()),
                    (result.letter.clone(), result.claimed.clone(), result.evidenced.clone()),
                    "{service}"
                );
                assert_eq!(severity(&cells[3].first(".band")), severity(&result.residual), "{service}");
                assert_eq!(cells.len(), 5 + sections.len() + sets.len());
                for (set, cell) in sets.iter().zip(&cells[5 + sections.len()..]) {
                    let told = of.sets.get(set.trim_end_matches(" control set"));
                    let Some((claimed, coverage)) = told else {
                        assert_eq!(cell.text(), "Not covered", "{service}, {set}");
                        continue;
                    };
                    assert_eq!(cell.first(".cell b"), *claimed, "{service}, {set}");
                    assert!(coverage.contains(&cell.first("small")), "{service}, {set}: {coverage}");
                }
                for (section, cell) in sections.iter().zip(&cells[5..]) {
                    let shown = cell.first(".cell b");
                    match result.sections.get(section) {
                        Some(score) => assert_eq!(&shown, score, "{service}, {section}"),
                        None => assert!(matches!(&*shown, "100.0" | "\u{2013}"), "{section}: {shown}"),
                    }
                }
                assert!(services.insert(service), "twice");
            }
            if !page.all("a[rel=next]").contains(&"Next".to_owned()) {
                break;
            }
            page = page.follow("Next").await.expect(200);
        }
        let asked_it = newest.values().filter(|one| one.results.len() > 1 || asked == ASKED[0]).count();
        assert_eq!(services.len(), asked_it, "{asked}");
    }
}

#[tokio::test]
async fn the_figures_of_two_hundred_assessments_follow_from_each_other() {
    let app = TestApp::start().await;
    let ctx = app.ctx(Role::RiskManager).await;
    // A connection for each request: between two of them this thread reads pages for longer than one is kept open.
    let client = Client::with_fresh_connections(&app.base);
    let page = client.open("/sign-in").await.expect(200);
    let form = page.form("/sign-in").set("email", &address(Role::RiskManager)).set("password", PASSWORD);
    form.submit().await.expect(303);
    // The first alone, so that everything that is asked is in the database before others ask it side by side.
    let mut seen = vec![vendor(&app, &ctx, &client, 0).await];
    let others = stream::iter(1..VENDORS).map(|number| vendor(&app, &ctx, &client, number));
    seen.extend(others.buffered(4).collect::<Vec<_>>().await);
    for four in seen.chunks(4) {
        // What is compared has to have been handed in, each about another service.
        let columns: Vec<&Seen> = four.iter().filter_map(|vendor| vendor.last()).collect();
        let picks: Vec<String> = columns.iter().map(|one| format!("assessment={}", one.assessment)).collect();
        let page = client.open(&format!("/compare?{}&view=1", picks.join("&"))).await.expect(200);
        comparison(Part::of(&Html::parse_document(&page.body)), &columns);
    }
    all_vendors(&client, &seen).await;
    let results: Vec<&Result> = seen.iter().flatten().flat_map(|one| &one.results).collect();
    let mut ratings: BTreeMap<&str, usize> = BTreeMap::new();
    for result in &results {
        *ratings.entry(&result.letter).or_default() += 1;
    }
    assert_eq!(seen.iter().flatten().count(), ASSESSMENTS);
    assert!(ratings.len() >= 4, "{ratings:?}");
    assert!(results.iter().filter(|one| one.has_way).count() > results.len() / 2);
}

#[tokio::test]
async fn the_rows_of_a_comparison_are_folded_ordered_and_restored_by_the_address() {
    let app = TestApp::start().await;
    let mut chosen = Vec::new();
    for at in [120, 160, 190] {
        let answers = drawn(at, &ASKED[..1]);
        let seeded = handed_in(&app, &format!("Vendor {at}"), &borrowed(&answers)).await;
        chosen.push(format!("assessment={}", seeded.assessment));
    }
    let viewer = app.signed_in(Role::Viewer).await;
    let compared = format!("/compare?{}", chosen.join("&"));
    let gaps = |page: &Page| -> Vec<Exact> {
        let row = |row: &String| {
            let scores = row.split_once("Spread: ")?.1.split(", ").filter_map(|one| one.rsplit_once(' '));
            let scores: Vec<Exact> = scores.map(|(_, score)| number(score)).collect();
            Some(scores.first()? - scores.last()?)
        };
        let words = page.attributes("svg.strip", "aria-label");
        words.iter().filter_map(row).collect()
    };
    let first = viewer.open(&compared).await.expect(200);
    let shown = gaps(&first);
    assert!(!shown.is_empty() && shown.iter().all(|gap| *gap >= Exact::from(10_i64)), "{shown:?}");
    assert!(shown.windows(2).all(|pair| pair[0] >= pair[1]), "largest first: {shown:?}");
    let folded = first.all("tr.fold td").remove(0);
    let (_, names) = folded.split_once(": ").unwrap();
    let (count, scored) =
        (names.matches('(').count(), names.matches('(').count() - names.matches("(N/A)").count());
    assert!(first.text().contains(&format!("Show {count} more")), "{folded}");
    let opened = first.follow(&format!("Show {count} more")).await.expect(200);
    assert_eq!(gaps(&opened).len(), shown.len() + scored);
    let plain = viewer.open(&format!("{compared}&view=1")).await.expect(200);
    assert_eq!(gaps(&plain).len(), shown.len() + scored, "nothing is folded");
    assert!(plain.all("tr.fold").is_empty());
    let differing = first.all(".diff li");
    assert_eq!(differing.len(), 5, "the first ones");
    let all = first.all("#differing ~ p a").remove(0);
    let all = first.follow(&all).await.expect(200);
    assert!(all.all(".diff li").len() > 5);
    assert!(all.all("tr.fold td").remove(0) == folded, "the rest of the view stays");
}
