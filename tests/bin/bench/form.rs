//! The questionnaire that everybody is asked in what is measured, and the addresses of its pages.

use crate::data::Size;
use anyhow::Context as _;
use questionnaires::{
    definition::{Choice, MapRef, Question, Questionnaire, Section, catalog::Library},
    exact::Exact,
};

/// The options of every question.
pub const OPTIONS: [&str; 4] = ["full", "most", "some", "none"];

fn questionnaire_id(size: Size) -> String {
    format!("measured-{}-{}", size.questions, size.sections)
}

fn section_id(number: usize) -> String {
    format!("M{number:02}")
}

/// A question's id.
#[must_use]
pub fn question_id(number: usize) -> String {
    format!("MEA-{number:02}")
}

/// The page of a section, counted from 1.
#[must_use]
pub fn section_path(size: Size, number: usize) -> String {
    format!("/portal/sections/{}/{}", questionnaire_id(size), section_id(number))
}

/// The questionnaire, with the same questions however many sections they stand in.
///
/// # Errors
/// When the shipped control sets lack one that its questions map to.
pub fn questionnaire(size: Size) -> anyhow::Result<Questionnaire> {
    let library = Library::shipped();
    let set = library.control_set("iso27001").context("no control set iso27001")?;
    let references: Vec<String> = set.controls().map(|(_, control)| control.reference.clone()).collect();
    let choice = |at: usize, label: &str, credit: &str| {
        let credit: Exact = credit.parse().map_err(|e| anyhow::anyhow!("{credit}: {e}"))?;
        let id = OPTIONS.get(at).copied().unwrap_or_default().to_owned();
        Ok::<_, anyhow::Error>(Choice {
            id,
            label: label.to_owned(),
            credit: Some(credit),
            ..Choice::default()
        })
    };
    let options = vec![
        choice(0, "Yes, everywhere, and it is checked at least once a year", "1")?,
        choice(1, "Yes, for the systems that hold customer data", "7/10")?,
        choice(2, "In part, with gaps that are known and planned", "3/10")?,
        choice(3, "No", "0")?,
    ];
    let question = |number: usize| Question {
        id: question_id(number),
        text: format!(
            "Is measure {number} in place for every system that stores or handles data of your customers?"
        ),
        help: Some(
            "Answer for the service that we buy. A plan counts as not in place until it is carried out."
                .to_owned(),
        ),
        options: options.clone(),
        na: Some("Say why the measure cannot apply to the service.".to_owned()),
        weight: u8::try_from(1 + number % 5).unwrap_or(1),
        maps: references
            .get(number % references.len().max(1))
            .map(|reference| MapRef { set: "iso27001".to_owned(), reference: reference.clone() })
            .into_iter()
            .collect(),
        evidence: Some("The policy or a report that describes the measure".to_owned()),
        fix: Some("Put the measure in place for every system that handles customer data.".to_owned()),
        ..Question::default()
    };
    let each = size.questions / size.sections.max(1);
    let section = |number: usize| Section {
        id: section_id(number),
        title: format!("Measures {number}"),
        questions: ((number - 1) * each + 1..=number * each).map(question).collect(),
        ..Section::default()
    };
    Ok(Questionnaire {
        format: "assay/1".to_owned(),
        id: questionnaire_id(size),
        version: "1.0.0".to_owned(),
        title: format!("Questionnaire of {} questions", size.questions),
        locale: "en".to_owned(),
        license: "CC0-1.0".to_owned(),
        minutes: 60,
        description: "Made for measuring.".to_owned(),
        counts_to_residual: true,
        sections: (1..=size.sections).map(section).collect(),
        ..Questionnaire::default()
    })
}
