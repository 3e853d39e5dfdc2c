//! The result of `assay score` for people: the figures, why they are what they are, and what each question gives.

use std::fmt::Write;

use crate::exact::Exact;
use crate::scoring::assessment::{AssessmentScore, SCORING_MODEL};
use crate::scoring::control_sets::ControlSetScore;
use crate::scoring::explain::ScopeAnswer;
use crate::scoring::score::{ConfidenceLabel, QuestionnaireScore, Rating, RowScore, ScoreState};

/// The result as readable text. Exact numbers stand in brackets behind the rounded ones.
#[must_use]
pub fn score_text(score: &AssessmentScore) -> String {
    let mut out = format!("Scoring model {SCORING_MODEL}\n");
    for questionnaire in &score.questionnaires {
        out.push('\n');
        // Writing to a String cannot fail.
        let _ = write_questionnaire(&mut out, questionnaire);
    }
    if let Some(residual) = score.residual {
        let _ = writeln!(out, "\nResidual risk of the assessment: {}", residual.as_str());
    }
    for set in &score.control_sets {
        let _ = write_control_set(&mut out, set);
    }
    out
}

fn figure(exact: Option<&Exact>) -> String {
    exact.map_or_else(|| "-".to_owned(), |exact| format!("{} ({exact})", exact.display1()))
}

fn rounded(exact: Option<&Exact>) -> String {
    exact.map_or_else(|| "-".to_owned(), Exact::display1)
}

fn share(exact: Option<&Exact>) -> String {
    let percent = |exact: &Exact| format!("{} % ({exact})", (exact * &Exact::from(100_i64)).display1());
    exact.map_or_else(|| "-".to_owned(), percent)
}

fn label(label: ConfidenceLabel) -> &'static str {
    match label {
        ConfidenceLabel::Low => "low",
        ConfidenceLabel::Medium => "medium",
        ConfidenceLabel::High => "high",
    }
}

fn band_word(band: Rating) -> &'static str {
    match band {
        Rating::A => "strong",
        Rating::B => "good",
        Rating::C => "fair",
        Rating::D => "weak",
        Rating::E => "poor",
    }
}

fn write_questionnaire(out: &mut String, score: &QuestionnaireScore) -> std::fmt::Result {
    writeln!(out, "{} {}", score.id, score.version)?;
    if score.own_readiness {
        writeln!(out, "  Own readiness: answered by us about ourselves, apart from the vendor's scores.")?;
    }
    match score.state {
        ScoreState::NotApplicable => writeln!(out, "  Not applicable: every scored question is hidden.")?,
        ScoreState::NotAssessed => writeln!(out, "  Not assessed: everything that was asked is N/A.")?,
        ScoreState::Scored => {}
    }
    writeln!(out, "  Claimed       {}", figure(score.claimed.as_ref()))?;
    writeln!(out, "  Evidenced     {}", figure(score.evidenced.as_ref()))?;
    if let Some(confidence) = &score.confidence {
        let percent = share(Some(&confidence.exact));
        writeln!(out, "  Confidence    {}, {percent}", label(confidence.label))?;
    }
    writeln!(out, "  At most       {}", figure(score.upper.as_ref()))?;
    writeln!(out, "  Completeness  {}", share(score.completeness.as_ref()))?;
    let limited = if score.limited_scope { ": limited scope" } else { "" };
    writeln!(out, "  N/A share     {}{limited}", share(score.na_share.as_ref()))?;
    write_rating(out, score)?;
    write_residual(out, score)?;
    write_scope(out, score)?;
    write_sections(out, score)?;
    write_questions(out, &score.rows)
}

fn write_rating(out: &mut String, score: &QuestionnaireScore) -> std::fmt::Result {
    let (Some(band), Some(rating)) = (score.band, score.rating) else { return Ok(()) };
    let names: Vec<&str> = score.knock_outs.iter().map(|failed| failed.question.as_str()).collect();
    match band == rating {
        true => writeln!(out, "  Rating        {rating} ({})", band_word(band))?,
        false => {
            writeln!(
                out,
                "  Rating        {rating}: {}, capped from {band} to {rating} because of {}",
                rounded(score.claimed.as_ref()),
                names.join(", ")
            )?;
        }
    }
    for failed in &score.knock_outs {
        let level = match failed.level {
            crate::definition::CriticalLevel::Blocker => "blocker",
            crate::definition::CriticalLevel::Major => "major",
        };
        match &failed.gate {
            Some(gate) => writeln!(out, "    failed {level} {} (hidden by {gate})", failed.question)?,
            None => writeln!(out, "    failed {level} {}", failed.question)?,
        }
    }
    Ok(())
}

fn write_residual(out: &mut String, score: &QuestionnaireScore) -> std::fmt::Result {
    let Some(residual) = score.residual else { return Ok(()) };
    let read = match (residual.read_as, residual.shifted) {
        (None, _) => "not assessed: the worst of the tier".to_owned(),
        (Some(rating), true) => format!("rating read as {rating}: too little is proven"),
        (Some(rating), false) => format!("rating {rating}"),
    };
    writeln!(out, "  Residual risk {} (tier {}, {read})", residual.level.as_str(), residual.tier)
}

fn write_scope(out: &mut String, score: &QuestionnaireScore) -> std::fmt::Result {
    for line in &score.scope {
        let effective = match &line.effective {
            None => "blank".to_owned(),
            Some(ScopeAnswer::One(answer)) => answer.clone(),
            Some(ScopeAnswer::Many(answers)) => answers.join(", "),
        };
        let (hidden, weight) = (line.hidden, &line.hidden_weight);
        write!(out, "  Scope: {} = {effective} hides {hidden} questions of weight {weight}", line.question)?;
        match line.hidden_critical.is_empty() {
            true => writeln!(out)?,
            false => writeln!(out, ", critical: {}", line.hidden_critical.join(", "))?,
        }
    }
    Ok(())
}

fn write_sections(out: &mut String, score: &QuestionnaireScore) -> std::fmt::Result {
    writeln!(out, "\n  {:<10} {:>8} {:>8}", "Section", "score", "weight")?;
    for section in &score.sections {
        let weight = section.weight.to_string();
        writeln!(out, "  {:<10} {:>8} {weight:>8}", section.id, rounded(section.claimed.as_ref()))?;
    }
    Ok(())
}

fn write_questions(out: &mut String, rows: &[RowScore]) -> std::fmt::Result {
    writeln!(
        out,
        "\n  {:<12} {:<12} {:>7} {:>7} {:<12} {:>8} {:>8}",
        "Question", "state", "weight", "credit", "evidence", "gives", "lost"
    )?;
    for row in rows {
        write!(out, "  {:<12} {:<12}", row.question, row.state.as_str())?;
        if let Some(parts) = &row.explained {
            let (weight, credit) = (row.weight.to_string(), row.credit.to_string());
            let grade = row.evidence.map_or("-", crate::answering::Grade::as_str);
            let (gives, lost) = (parts.contribution_printed.display2(), parts.lost_printed.display2());
            write!(out, " {weight:>7} {credit:>7} {grade:<12} {gives:>8} {lost:>8}")?;
        }
        match &row.gate {
            Some(gate) => writeln!(out, "  because of {gate}")?,
            None => writeln!(out)?,
        }
    }
    Ok(())
}

fn write_control_set(out: &mut String, set: &ControlSetScore) -> std::fmt::Result {
    writeln!(
        out,
        "\n{} {}: {} of {} controls covered, readiness indication",
        set.id, set.version, set.covered, set.counted
    )?;
    let band = set.band.map_or_else(String::new, |band| format!(", band {band}"));
    writeln!(
        out,
        "  claimed {}, evidenced {}{band}, coverage {}",
        figure(set.claimed.as_ref()),
        figure(set.evidenced.as_ref()),
        share(Some(&set.coverage))
    )?;
    for group in &set.groups {
        writeln!(out, "  {:<12} {:>8}", group.id, rounded(group.claimed.as_ref()))?;
    }
    for control in set.controls.iter().filter(|control| control.claimed.is_some()) {
        let questions = control.questions.join(", ");
        writeln!(out, "    {:<14} {:>6}  {questions}", control.reference, rounded(control.claimed.as_ref()))?;
    }
    Ok(())
}
