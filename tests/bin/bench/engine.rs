//! The scoring engine alone, beside SQLite's weighted mean.

use crate::{
    data::{Size, mixed},
    form::{OPTIONS, questionnaire},
    machine::Watched,
    report::{Goal, Half, Wanted},
    samples::{by_rate, repeat},
    scene::Bench,
};
use anyhow::{Context as _, ensure};
use questionnaires::{
    answering::{Answer, Answers, Facts},
    definition::{Questionnaire, Tier},
    scoring::score_questionnaire,
};
use rusqlite::Connection;
use std::{hint::black_box, time::Instant};

const QUESTIONS: usize = 100;
/// As many different assessments are scored in turn.
const ASSESSMENTS: u32 = 200;
const CREDITS: [f64; 4] = [1.0, 0.7, 0.3, 0.0];
const MEANS: &str = "SELECT assessment, sum(weight * credit) / sum(weight) FROM answer GROUP BY assessment";

/// Which option an assessment chose for a question; three of four questions are answered.
fn chosen(assessment: u32, question: usize) -> Option<usize> {
    let chance = mixed(u64::from(assessment) << 20 | question as u64);
    (!chance.is_multiple_of(4)).then_some((chance >> 8) as usize % OPTIONS.len())
}

/// B4: answers a second on one core.
///
/// # Errors
/// When both sides find different means.
pub fn scores(bench: &mut Bench) -> anyhow::Result<()> {
    let form = questionnaire(Size::new(0, QUESTIONS))?;
    let answers: Vec<Answers> = (0..ASSESSMENTS).map(|assessment| answers(&form, assessment)).collect();
    let answered = answers.iter().map(Answers::len).sum::<usize>() as f64 / f64::from(ASSESSMENTS);
    let rows = bench.pace.rows;
    let table = table(&form, rows)?;
    same_means(&form, &answers, &table)?;
    let (pace, nobody) = (bench.pace.clone(), Watched::default());
    let span = pace.span.half();
    let per_second = |answers: f64, half: Half| {
        let value = half.value * answers;
        Half { value, shown: format!("{:.2} M answers/s", value / 1e6), ..half }
    };
    let what = "scoring engine, one core, 100 questions, 75 % answered / SQLite's weighted mean of 1,000,000 answers";
    let finding = pace.pairs(
        Goal { id: "B4", what, wanted: Wanted::AtLeast(3.0) },
        || {
            let sample = repeat(&nobody, span, || {
                let begun = Instant::now();
                let mut means = table.prepare_cached(MEANS)?;
                let mut found = means.query(())?;
                while let Some(row) = found.next()? {
                    black_box(row.get::<_, f64>(1)?);
                }
                Ok(begun.elapsed())
            })?;
            Ok(per_second(f64::from(rows), by_rate(&sample, "")))
        },
        || {
            let mut turn = answers.iter().cycle();
            let sample = repeat(&nobody, span, || {
                let answers = turn.next().context("no answers")?;
                let begun = Instant::now();
                black_box(score_questionnaire(
                    black_box(&form),
                    answers,
                    &Facts::new(),
                    Some(Tier::High),
                    None,
                ));
                Ok(begun.elapsed())
            })?;
            Ok(per_second(answered, by_rate(&sample, "")))
        },
    )?;
    bench.found(finding);
    Ok(())
}

fn answers(form: &Questionnaire, assessment: u32) -> Answers {
    let questions = form.questions().enumerate();
    questions
        .filter_map(|(at, (_, question))| {
            let option = OPTIONS.get(chosen(assessment, at)?)?;
            Some((question.id.clone(), Answer::one(*option)))
        })
        .collect()
}

/// The same answers over and over as rows in memory, blank ones without credit.
fn table(form: &Questionnaire, rows: u32) -> anyhow::Result<Connection> {
    let mut table = Connection::open_in_memory()?;
    table.execute_batch(
        "CREATE TABLE answer (assessment INTEGER, question INTEGER, weight INTEGER, credit REAL, \
         PRIMARY KEY (assessment, question)) WITHOUT ROWID",
    )?;
    let filling = table.transaction()?;
    let weights: Vec<u8> = form.questions().map(|(_, question)| question.weight).collect();
    for assessment in 0..rows / 100 {
        for (question, weight) in weights.iter().enumerate() {
            let option = chosen(assessment % ASSESSMENTS, question);
            let credit = option.and_then(|at| CREDITS.get(at)).copied().unwrap_or_default();
            let mut insert = filling.prepare_cached("INSERT INTO answer VALUES (?1, ?2, ?3, ?4)")?;
            insert.execute((assessment, question as i64, weight, credit))?;
        }
    }
    filling.commit()?;
    Ok(table)
}

/// Refuses to compare two sides that do not compute the same.
fn same_means(form: &Questionnaire, answers: &[Answers], table: &Connection) -> anyhow::Result<()> {
    let mut means = table.prepare_cached(MEANS)?;
    let means = means.query_map((), |row| row.get::<_, f64>(1))?;
    for (answers, mean) in answers.iter().zip(means) {
        let score = score_questionnaire(form, answers, &Facts::new(), Some(Tier::High), None);
        // To one decimal, as scores are shown.
        let (claimed, mean) = (score.claimed.context("no score")?.r1_tenths() as f64 / 10.0, mean? * 100.0);
        ensure!((claimed - mean).abs() < 0.051, "the engine finds {claimed}, SQLite {mean}");
    }
    Ok(())
}
