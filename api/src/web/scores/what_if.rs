//! What would change a score: the fewest fixes to the next better rating, and what rests on answers without proof.

use super::minus;
use crate::render::{
    parts::capitalised,
    scores::{FastestView, FixLine, UnprovenRow, UnprovenView},
};
use questionnaires::{
    answering::Grade,
    exact::Exact,
    risk::residual::Residual,
    scoring::{
        QuestionnaireScore, Rating,
        what_if::{Basis, Fastest, Fix, Unproven, fastest, unproven},
    },
};

/// Answers shown of those that carry most without evidence.
const CARRIED: usize = 5;

/// The card "Fastest way to"; nothing at the best rating.
pub(super) fn fastest_view(base: &str, basis: &Basis<'_>, now: &QuestionnaireScore) -> Option<FastestView> {
    let way = fastest(basis, now)?;
    let claimed = now.claimed.as_ref()?.rounded(2);
    let after = way.after.claimed.as_ref()?.rounded(2);
    let rating = way.after.rating?;
    let residual = way.after.residual.map(residual_words).unwrap_or_default();
    let total = FixLine {
        text: format!("{} becomes {}, rating {rating}{residual}", claimed.display2(), after.display2()),
        about: String::new(),
        points: plus(&(&after - &claimed)),
        href: None,
    };
    Some(FastestView {
        // A fix may lead further than to the next rating.
        title: format!("Fastest way to {}", if way.reached { rating } else { way.target }),
        lede: lede(&way, now, &claimed),
        fixes: way.fixes.iter().map(|fix| fix_line(base, basis, fix)).collect(),
        total: (!way.fixes.is_empty()).then_some(total),
        findings: format!("{base}/findings"),
    })
}

fn residual_words(residual: Residual) -> String {
    format!(", residual {}", capitalised(residual.level.as_str()))
}

fn plus(points: &Exact) -> String {
    format!("+{}", points.display2())
}

fn lede(way: &Fastest, now: &QuestionnaireScore, claimed: &Exact) -> String {
    let fixes = match way.fixes.len() {
        1 => "This fix".to_owned(),
        count => format!("These {count} fixes"),
    };
    if !way.reached {
        let (noun, verb) = if way.waiting.len() == 1 { ("answer", "waits") } else { ("answers", "wait") };
        return format!(
            "Fixes alone do not lead there: {} \"does not apply\" {noun} {verb} for a verdict ({}).",
            way.waiting.len(),
            way.waiting.join(", ")
        );
    }
    if now.band.is_some_and(|band| band <= way.target) {
        return format!("The score is there already. {fixes} {} the cap.", lifts(way));
    }
    let gained: Exact = way.fixes.iter().map(|fix| fix.gain_printed.clone()).sum();
    let least = Exact::from(way.target.floor());
    let capped = now.knock_outs.iter().any(|failed| {
        way.fixes
            .iter()
            .any(|fix| fix.question == failed.question || Some(&fix.question) == failed.gate.as_ref())
    });
    format!(
        "{} needs {}. {fixes} {} {}{}.",
        least.display2(),
        plus(&(&least - claimed)),
        if way.fixes.len() == 1 { "adds" } else { "add" },
        gained.display2(),
        if capped { format!(" and {} a cap", lifts(way)) } else { String::new() }
    )
}

fn lifts(way: &Fastest) -> &'static str {
    if way.fixes.len() == 1 { "lifts" } else { "lift" }
}

fn fix_line(base: &str, basis: &Basis<'_>, fix: &Fix) -> FixLine {
    FixLine {
        text: text_of(basis, &fix.question),
        about: match fix.credit < Exact::one() {
            true => format!("{}, credit {} to 1 of weight {}", fix.question, fix.credit, fix.weight),
            false => format!(
                "{}, credit 1 by a reviewer's word; answered anew, the questions behind it are asked",
                fix.question
            ),
        },
        points: plus(&fix.gain_printed),
        href: Some(answer_href(base, &fix.question)),
    }
}

fn text_of(basis: &Basis<'_>, question: &str) -> String {
    basis.questionnaire.question(question).map_or_else(|| question.to_owned(), |found| found.text.clone())
}

fn answer_href(base: &str, question: &str) -> String {
    format!("{base}/review?show=all&q={question}")
}

/// The card "If unproven answers were false"; nothing without a score.
pub(super) fn unproven_view(base: &str, basis: &Basis<'_>, now: &QuestionnaireScore) -> Option<UnprovenView> {
    let without_evidence = unproven(basis, now, Grade::Supplied)?;
    let without_reading = unproven(basis, now, Grade::Accepted)?;
    let row = |assumption: &str, claimed: &Exact, rating: Rating, residual: Option<Residual>| UnprovenRow {
        assumption: assumption.to_owned(),
        claimed: claimed.display1(),
        means: format!("rating {rating}{}", residual.map(residual_words).unwrap_or_default()),
    };
    let of = |assumption: &str, then: &Unproven| row(assumption, &then.claimed, then.rating, then.residual);
    Some(UnprovenView {
        rows: vec![
            row("Every answer", now.claimed.as_ref()?, now.rating?, now.residual),
            of("Only answers with evidence", &without_evidence),
            of("Only evidence that was accepted", &without_reading),
        ],
        text: words(&without_evidence),
        carried: without_evidence
            .carried
            .iter()
            .take(CARRIED)
            .map(|(question, points)| FixLine {
                text: text_of(basis, question),
                about: format!("{question}, no evidence"),
                points: minus(&points.rounded(2)),
                href: Some(answer_href(base, question)),
            })
            .collect(),
    })
}

fn words(then: &Unproven) -> String {
    let carried: Exact = then.carried.iter().map(|(_, points)| points.clone()).sum();
    let mut words = match then.carried.len() {
        0 => "Every answer that counts has evidence.".to_owned(),
        1 => format!("1 answer has no evidence; it carries {} points.", carried.display2()),
        count => format!("{count} answers have no evidence; they carry {} points.", carried.display2()),
    };
    if !then.carried.is_empty() {
        words.push_str(" Here they count for nothing; the evidenced score still counts a quarter of them.");
    }
    match then.failing.len() {
        0 => {}
        1 => words.push_str(&format!(" A critical question would fail: {}.", then.failing[0])),
        count => {
            words.push_str(&format!(" {count} critical questions would fail: {}.", then.failing.join(", ")));
        }
    }
    words
}
