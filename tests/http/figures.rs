//! Every figure on a page about scores follows from the others on it.

use crate::seed::handed_in;
use api::domain::Role;
use questionnaires::{
    definition::{AnswerType, catalog::Library},
    exact::Exact,
};
use tests::{app::TestApp, browser::Page};

/// Which assessments: each answers other questions in another way.
const ASSESSMENTS: usize = 60;

/// Answers to the single choices of a questionnaire, drawn by a number: some are left out.
fn drawn(number: usize) -> Vec<(String, String)> {
    let library = Library::shipped();
    let definition = library.questionnaire("supplier-security-core").unwrap();
    let choices =
        definition.questions().filter(|(_, question)| question.answer_type == AnswerType::SelectOne);
    let mut state = number * 7_919 + 1;
    let mut answers = Vec::new();
    for (_, question) in choices {
        state = (state * 1_103 + 12_345) % 65_536;
        // From an assessment that answers little and badly to one that answers everything well.
        let (skip, best) = (state % 100 < 40_usize.saturating_sub(number), state / 7 % ASSESSMENTS < number);
        let place = if best { 0 } else { state / 13 % question.options.len() };
        if !skip {
            answers.push((question.id.clone(), question.options[place].id.clone()));
        }
    }
    answers
}

fn number(text: &str) -> Exact {
    let text = text.replace('\u{2212}', "-").replace('+', "");
    match text.strip_prefix('-') {
        Some(rest) => Exact::zero() - Exact::parse_decimal(rest, 2).unwrap(),
        None => Exact::parse_decimal(&text, 2).unwrap(),
    }
}

fn numbers(page: &Page, css: &str) -> Vec<Exact> {
    page.all(css)
        .iter()
        .map(|text| text.trim())
        .filter(|text| !text.contains('\u{2013}'))
        .map(number)
        .collect()
}

/// The last one stands under the others.
fn sums_up(mut numbers: Vec<Exact>, what: &str) -> Exact {
    let total = numbers.pop().unwrap();
    assert_eq!(numbers.into_iter().sum::<Exact>(), total, "{what}");
    total
}

#[tokio::test]
async fn the_tables_and_cards_of_a_score_add_up() {
    let app = TestApp::start().await;
    let viewer = app.signed_in(Role::Viewer).await;
    let (mut ratings, mut ways) = (Vec::new(), 0);
    for at in 0..ASSESSMENTS {
        let answers = drawn(at);
        let answers: Vec<(&str, &str)> = answers.iter().map(|(q, o)| (q.as_str(), o.as_str())).collect();
        let seeded = handed_in(&app, &format!("Vendor {at}"), &answers).await;
        let page = viewer.open(&format!("{}/score", seeded.base())).await.expect(200);
        let chart = page.all("svg.wf title").remove(0);
        let claimed = number(chart.strip_prefix("From 100 to ").unwrap());
        let sections = ".g2 table.t.cards tbody tr";
        let lost = sums_up(numbers(&page, &format!("{sections} [data-th=Lost]")), "points lost by section");
        assert_eq!(Exact::from(100_i64) + lost.clone(), claimed, "{at}: the chart ends where the table does");
        sums_up(numbers(&page, &format!("{sections} [data-th=Weight]")), "weight by section");
        let shown = numbers(&page, &format!("{sections}.total [data-th=Score]")).remove(0);
        // Both are rounded from the exact score: 43.246 is 43.25 and 43.2.
        let apart = if shown > claimed { &shown - &claimed } else { &claimed - &shown };
        assert!(apart <= Exact::ratio(55, 1000), "{at}: {claimed} and {shown}");
        let bars = numbers(&page, "svg.wf text.vl:not(.in)");
        assert_eq!(bars.into_iter().sum::<Exact>(), lost, "{at}: the bars are the table's losses");
        let rows = "details table.t.cards tbody tr";
        let by_question = |column: &str| numbers(&page, &format!("{rows} [data-th={column}]"));
        // The first details are the questions; those after them are control sets.
        let given = sums_up(by_question("Given"), "points given by question");
        assert_eq!(given, claimed, "{at}");
        assert_eq!(sums_up(by_question("Lost"), "points lost by question"), lost, "{at}");
        let gains = numbers(&page, "ol.fix li:not(.total) b");
        let total = page.all("ol.fix li.total span").into_iter().next();
        if let Some(total) = total {
            ways += 1;
            let (before, after) = total.split_once(" becomes ").unwrap();
            let (after, _) = after.split_once(',').unwrap();
            assert_eq!(number(before), claimed);
            let gained: Exact = gains.into_iter().filter(Exact::is_positive).sum();
            assert_eq!(gained, number(after) - number(before), "{at}: {total}");
        }
        ratings.push(page.all(".rate.big .lt").remove(0));
    }
    ratings.sort();
    ratings.dedup();
    assert!(ratings.len() >= 3, "{ratings:?}");
    assert!(ways > ASSESSMENTS / 2, "{ways}");
}

#[tokio::test]
async fn the_rows_of_a_comparison_are_folded_ordered_and_restored_by_the_address() {
    let app = TestApp::start().await;
    let mut chosen = Vec::new();
    for at in [10, 35, 55] {
        let answers = drawn(at);
        let answers: Vec<(&str, &str)> = answers.iter().map(|(q, o)| (q.as_str(), o.as_str())).collect();
        let seeded = handed_in(&app, &format!("Vendor {at}"), &answers).await;
        chosen.push(format!("assessment={}", seeded.assessment));
    }
    let viewer = app.signed_in(Role::Viewer).await;
    let address = format!("/compare?{}", chosen.join("&"));
    let gaps = |page: &Page| -> Vec<Exact> {
        let row = |row: &String| {
            let scores = row.split_once("Spread: ")?.1.split(", ").filter_map(|one| one.rsplit_once(' '));
            let scores: Vec<Exact> = scores.map(|(_, score)| number(score)).collect();
            Some(scores.first()? - scores.last()?)
        };
        let words = page.attributes("svg.strip", "aria-label");
        words.iter().filter_map(row).collect()
    };
    let first = viewer.open(&address).await.expect(200);
    let shown = gaps(&first);
    assert!(!shown.is_empty() && shown.iter().all(|gap| *gap >= Exact::from(10_i64)), "{shown:?}");
    assert!(shown.windows(2).all(|pair| pair[0] >= pair[1]), "largest first: {shown:?}");
    let folded = first.all("tr.fold td").remove(0);
    let (_, names) = folded.split_once(": ").unwrap();
    let count = names.matches('(').count();
    assert!(first.text().contains(&format!("Show {count} more")), "{folded}");
    let opened = first.follow(&format!("Show {count} more")).await.expect(200);
    assert_eq!(gaps(&opened).len(), shown.len() + count);
    let plain = viewer.open(&format!("{address}&view=1")).await.expect(200);
    assert_eq!(gaps(&plain).len(), shown.len() + count, "nothing is folded");
    assert!(plain.all("tr.fold").is_empty());
    let differing = first.all(".diff li");
    assert_eq!(differing.len(), 5, "the first ones");
    let all = first.all("#differing ~ p a").remove(0);
    let all = first.follow(&all).await.expect(200);
    assert!(all.all(".diff li").len() > 5);
    assert!(all.all("tr.fold td").remove(0) == folded, "the rest of the view stays");
}
