//! What pages about scores show, read as a person reads them, with what has to hold on each page alone.

use questionnaires::exact::Exact;
use scraper::{ElementRef, Html, Selector};
use std::collections::BTreeMap;
use tests::browser::words;

/// A part of a page.
#[derive(Clone, Copy)]
pub struct Part<'a>(ElementRef<'a>);

impl<'a> Part<'a> {
    pub fn of(page: &'a Html) -> Self {
        Self(page.root_element())
    }
    pub fn parts(self, css: &str) -> Vec<Part<'a>> {
        let selector = Selector::parse(css).unwrap();
        self.0.select(&selector).map(Part).collect()
    }
    /// The first part that fits.
    pub fn part(self, css: &str) -> Part<'a> {
        self.parts(css).into_iter().next().unwrap_or_else(|| panic!("no {css} in {}", self.text()))
    }
    pub fn text(self) -> String {
        words(self.0)
    }
    pub fn texts(self, css: &str) -> Vec<String> {
        self.parts(css).into_iter().map(Part::text).collect()
    }
    pub fn first(self, css: &str) -> String {
        self.part(css).text()
    }
    pub fn attribute(self, name: &str) -> String {
        self.0.attr(name).unwrap_or_default().to_owned()
    }
    /// Its words without those of its small print.
    pub fn main_text(self) -> String {
        let small: String = self.texts("small").join(" ");
        self.text().trim_end_matches(&small).trim().to_owned()
    }
    /// Every number in the cells that fit; a dash is none.
    pub fn numbers(self, css: &str) -> Vec<Exact> {
        self.texts(css).iter().filter(|text| !text.contains('\u{2013}')).map(|text| number(text)).collect()
    }
    /// What stands beside a label, and the small print below it.
    pub fn fact(self, label: &str) -> Option<(String, String)> {
        for list in self.parts("dl") {
            let labels = list.texts("dt");
            if let Some(place) = labels.iter().position(|one| one.starts_with(label)) {
                let value = list.parts("dd:not(.note)")[place];
                return Some((value.main_text(), value.texts("small").join(" ")));
            }
        }
        None
    }
}

pub fn number(text: &str) -> Exact {
    let text = text.trim().replace('\u{2212}', "-").replace('+', "");
    match text.strip_prefix('-') {
        Some(rest) => Exact::zero() - Exact::parse_decimal(rest, 2).unwrap(),
        None => Exact::parse_decimal(&text, 2).unwrap_or_else(|e| panic!("{text}: {e:?}")),
    }
}

/// The last one stands under the others.
fn sums_up(mut numbers: Vec<Exact>, what: &str) -> Exact {
    let total = numbers.pop().unwrap();
    assert_eq!(numbers.into_iter().sum::<Exact>(), total, "{what}");
    total
}

/// Both are rounded from one exact number: 43.246 is 43.25 and 43.2.
fn is_near(one: &Exact, other: &Exact, hundredths: i64, what: &str) {
    let apart = if one > other { one - other } else { other - one };
    assert!(apart <= Exact::ratio(hundredths * 10 + 5, 1000), "{what}: {one} and {other}");
}

/// How bad a residual risk is; 0 when there is none.
pub fn severity(level: &str) -> usize {
    let levels = ["Low", "Moderate", "High", "Critical"];
    levels.iter().position(|known| level.starts_with(known)).map_or(0, |at| at + 1)
}

/// One questionnaire of a score page.
#[derive(Clone, Debug)]
pub struct Result {
    pub title: String,
    pub letter: String,
    /// With one decimal, as lists show it.
    pub claimed: String,
    pub evidenced: String,
    /// The residual risk that it leaves.
    pub residual: String,
    /// Claimed scores of the sections that lose something.
    pub sections: BTreeMap<String, String>,
    /// What was answered, credit, weight, evidence, points given and points lost of each question.
    pub rows: BTreeMap<String, Vec<String>>,
    /// Whether the page named a way to the next rating.
    pub has_way: bool,
}

/// A score page, whose figures all follow from each other.
pub fn score(page: Part<'_>) -> Vec<Result> {
    let results: Vec<Result> = page.parts("section[aria-labelledby^='q-']").into_iter().map(result).collect();
    let residual = page.part("main").fact("Residual risk").unwrap().0;
    let worst = results.iter().map(|one| severity(&one.residual)).max().unwrap_or_default();
    assert_eq!(severity(&residual), worst, "the worst of {results:?}");
    causes(page, &results);
    let (open, raised) = page.part("main").fact("Open findings").unwrap();
    assert!(number(&open) <= number(raised.trim_end_matches(" raised")), "{open} of {raised}");
    for set in page.parts("section[aria-labelledby=sets] > details") {
        let points = set.numbers("[data-th=Points]");
        let sum = sums_up(points, "points of a control set");
        let (_, after) =
            set.first("summary").split_once("claimed ").map(|(a, b)| (a.to_owned(), b.to_owned())).unwrap();
        is_near(&sum, &number(after.split_once(',').unwrap().0), 5, "a control set");
        let covered = set.texts("[data-th=Claimed]").iter().filter(|text| *text != "Not covered").count();
        assert!(after.contains(&format!("{covered} of ")), "{covered} covered: {after}");
    }
    results
}

/// Claimed score and coverage of each control set of a score page.
pub fn control_sets(page: Part<'_>) -> BTreeMap<String, (String, String)> {
    let sets = page.parts("section[aria-labelledby=sets] > details");
    let told = sets.into_iter().map(|set| {
        let (title, summary) = (set.first("summary b"), set.first("summary"));
        let claimed = summary.split_once("claimed ").unwrap().1.split_once(',').unwrap().0.to_owned();
        (title, (claimed, summary.split_once("; ").unwrap().1.to_owned()))
    });
    told.collect()
}

/// The answers that a score page begins with: those that hold a rating have failed, the others cost most.
fn causes(page: Part<'_>, results: &[Result]) {
    for section in page.parts(".causes") {
        let about = section.first("h2");
        let one = results.iter().find(|one| about.contains(&one.title)).unwrap();
        let lines: Vec<(String, String)> =
            section.parts("li").into_iter().map(|line| (line.first(".mono"), line.text())).collect();
        assert!(!lines.is_empty(), "{about}");
        let lost = |row: &[String]| Exact::zero() - number(row[5].trim_matches('\u{2013}'));
        if about.starts_with("Why ") || about.starts_with("Blockers ") {
            let held = about.ends_with(&format!("held at {}", one.letter));
            assert!(held || about.starts_with("Blockers "), "{about}: {}", one.letter);
            let failed = if held { "a failed " } else { "a failed blocker" };
            assert!(lines.iter().all(|(_, text)| text.contains(failed)), "{lines:?}");
            assert!(lines.iter().all(|(question, _)| one.rows.contains_key(question)), "{lines:?}");
        } else {
            let mut dearest: Vec<Exact> =
                one.rows.values().filter(|row| row[5] != "\u{2013}").map(|row| lost(row)).collect();
            dearest.sort_unstable();
            dearest.reverse();
            for ((question, text), most) in lines.iter().zip(dearest) {
                let of_it = lost(&one.rows[question]);
                assert_eq!(of_it, most, "{text}");
                assert!(text.contains(&format!("{} points", one.rows[question][5])), "{text}");
            }
        }
    }
}

fn result(part: Part<'_>) -> Result {
    let title = part.first("h2");
    let chart = part.first("svg.wf title");
    let claimed = number(chart.strip_prefix("From 100 to ").unwrap());
    let sections = ".g2 table.t.cards tbody tr";
    let lost = sums_up(part.numbers(&format!("{sections} [data-th=Lost]")), "points lost by section");
    assert_eq!(Exact::from(100_i64) + lost.clone(), claimed, "{title}: the chart ends where the table does");
    let weight = sums_up(part.numbers(&format!("{sections} [data-th=Weight]")), "weight by section");
    let about = part.first("header span");
    assert!(about.ends_with(&format!("weight {weight} counted")), "{about}: {weight}");
    let shown = part.first(&format!("{sections}.total [data-th=Score]"));
    is_near(&claimed, &number(&shown), 5, &title);
    let bars = part.numbers("svg.wf text.vl:not(.in)");
    assert_eq!(bars.into_iter().sum::<Exact>(), lost, "{title}: the bars are the table's losses");

    let table = part.part("details table.t.cards");
    let of = |column: &str| table.numbers(&format!("[data-th={column}]"));
    assert_eq!(sums_up(of("Given"), "points given by question"), claimed, "{title}");
    assert_eq!(sums_up(of("Lost"), "points lost by question"), lost, "{title}");
    assert_eq!(sums_up(of("Weight"), "weight by question"), weight, "{title}");

    let aside = part.part("aside");
    assert_eq!(aside.first(".rate .n"), shown, "{title}");
    let evidenced = aside.fact("Evidenced").unwrap().0;
    if let Some((confidence, _)) = aside.fact("Confidence") {
        let (_, ratio) = confidence.split_once(", ").unwrap();
        // Of rounded figures, so less exact the smaller they are.
        if number(&shown) >= Exact::from(20_i64) {
            is_near(&(number(&evidenced) / number(&shown)), &number(ratio), 1, "confidence");
        }
    }
    let has_way = way(part, &claimed);
    let scored = part.parts(&format!("{sections}:not(.total)")).into_iter().filter_map(|row| {
        let name = row.first("th");
        let counted = !name.ends_with("at full credit") && !name.ends_with("not counted");
        counted.then(|| (name, row.first("[data-th=Score]")))
    });
    Result {
        letter: aside.first(".rate .lt"),
        claimed: shown,
        evidenced,
        residual: aside.fact("Residual").map(|(residual, _)| residual).unwrap_or_default(),
        sections: scored.collect(),
        rows: table
            .parts("tbody tr:not(.total)")
            .into_iter()
            .map(|row| {
                let cells = row.parts("td").into_iter().map(Part::main_text).collect();
                (row.first("th a"), cells)
            })
            .collect(),
        has_way,
        title,
    }
}

/// The fixes to the next rating add up to what they promise.
fn way(part: Part<'_>, claimed: &Exact) -> bool {
    let lists = part.parts("ol.fix");
    let Some(list) = lists.into_iter().find(|list| !list.parts("li.total").is_empty()) else { return false };
    let total = list.first("li.total span");
    let (before, after) = total.split_once(" becomes ").unwrap();
    let (after, _) = after.split_once(',').unwrap();
    assert_eq!(&number(before), claimed, "{total}");
    let gained: Exact = list.numbers("li:not(.total) b").into_iter().sum();
    assert_eq!(gained, number(after) - number(before), "{total}");
    true
}

/// A review page that shows every answer, beside the score page of the same assessment.
pub fn review(page: Part<'_>, results: &[Result]) {
    let lines: Vec<(String, String)> = page
        .parts(".queue h3.grp")
        .into_iter()
        .zip(page.parts(".queue ul"))
        .flat_map(|(group, list)| {
            let words = list.texts("li .sr").into_iter();
            words.map(move |words| (group.text(), words)).collect::<Vec<_>>()
        })
        .collect();
    let count = |wanted: &[&str]| lines.iter().filter(|(_, words)| wanted.contains(&words.as_str())).count();
    let done = count(&["accepted", "adjusted"]);
    let waiting = count(&["waiting for the vendor"]);
    let first = lines.iter().filter(|(group, _)| group != "The rest").count();
    assert_eq!(
        page.texts(".queue .chips a"),
        [
            format!("First {first}"),
            format!("Open {}", lines.len() - done - waiting),
            format!("All {}", lines.len())
        ]
    );
    let asked = match waiting {
        0 => String::new(),
        1 => ", 1 waits for the vendor".to_owned(),
        more => format!(", {more} wait for the vendor"),
    };
    assert_eq!(page.first(".phead .b"), format!("{done} of {} have a verdict{asked}", lines.len()));
    let bar = page.part(".phead progress");
    let numbers = (bar.attribute("value"), bar.attribute("max"));
    assert_eq!(numbers, (done.to_string(), lines.len().to_string()));
    let undecided = |(group, words): &&(String, String)| {
        group.ends_with("verdict needed before a decision") && !matches!(&**words, "accepted" | "adjusted")
    };
    let missing = lines.iter().filter(undecided).count();
    let says = page.texts(".notice p").join(" ");
    let said = says.contains(&format!("{missing} answers still need a verdict"))
        || says.contains(&format!("{missing} answer still needs a verdict"));
    assert_eq!(said, missing > 0, "{missing}: {says}");

    let bands: Vec<String> = page.texts(".phead .row .row");
    let wanted: Vec<String> =
        results.iter().map(|one| format!("{} {} {}", one.title, one.letter, one.claimed)).collect();
    assert_eq!(bands, wanted);
    let question = page.first("#answer p .mono");
    let worth = page.part("#answer");
    for (title, list) in worth.texts("#worth ~ h4").into_iter().zip(worth.parts("dl.worth")) {
        let result = results.iter().find(|one| one.title == title).unwrap();
        let cells = list.texts("dd");
        // The state is said in other words there, and a loss has its sign.
        let there: Vec<String> =
            result.rows[&question].iter().skip(1).map(|cell| cell.replace('\u{2212}', "")).collect();
        assert_eq!(cells[1..6], there, "{question} in {title}");
        assert_eq!(cells[7], format!("{} {}", result.letter, result.claimed), "{question} in {title}");
    }
}
