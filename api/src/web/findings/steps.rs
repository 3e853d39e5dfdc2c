//! What can be done with a finding in its state, each step with the form that it asks for. A new step gets a form here and a
//! row in the table of `findings.rs`; accepting a risk is in `acceptances.rs`.

use crate::{
    domain::{finding::FindingState, ids::FindingId, score_inputs::grade_label},
    render::{fields::FieldView, findings::StepView},
    usecases::{findings::FindingDetails, reviews::MAX_WORDS},
    web::guard::Staff,
};
use questionnaires::answering::Grade;

/// A step of a finding: the last part of its address, its title, what it means and its button, and what it asks for.
pub(in crate::web) fn step(
    id: FindingId,
    name: &str,
    (title, text, button): (&str, &str, &str),
    main: bool,
    fields: Vec<FieldView>,
) -> StepView {
    let own = |field: FieldView| {
        let id = format!("{name}-{}", field.id);
        rename_options(field.id(id))
    };
    StepView {
        title: title.to_owned(),
        text: text.to_owned(),
        fields: fields.into_iter().map(own).collect(),
        action: format!("/findings/{id}/{name}"),
        button: button.to_owned(),
        main,
    }
}

/// What can be done with a finding in its state.
pub(super) fn steps(staff: &Staff, found: &FindingDetails) -> Vec<StepView> {
    let finding = &found.finding;
    let step = |name: &str, title: &str, text: &str, button: &str, main: bool, fields: Vec<FieldView>| {
        step(finding.id, name, (title, text, button), main, fields)
    };
    let reason = |label: &str| vec![FieldView::textarea("reason", label)];
    let done = || {
        step(
            "done",
            "Record it as done",
            "When the vendor told you otherwise than on its link. Somebody else then has to verify it.",
            "Record as done",
            false,
            vec![FieldView::textarea("note", "What was done, and how you know")],
        )
    };
    match finding.state {
        FindingState::Open => vec![
            step(
                "agree",
                "Agree an action",
                "Who at the vendor does what by when. The finding is then planned.",
                "Agree action",
                true,
                agree_fields(found),
            ),
            done(),
            step("dismiss", "Dismiss", "It is no gap after all.", "Dismiss finding", false, reason("Reason")),
        ],
        FindingState::Planned => {
            vec![
                step(
                    "start",
                    "Start",
                    "Work on the action has started.",
                    "Mark as started",
                    true,
                    Vec::new(),
                ),
                done(),
            ]
        }
        FindingState::InProgress => vec![done()],
        FindingState::AwaitingVerification => {
            let action = found.actions.last().map(|(action, _)| action);
            let own = action.is_some_and(|action| action.recorded_by_user == Some(staff.ctx.user().id));
            let reject = step(
                "reject",
                "Reject",
                "The proof is not enough; work goes on.",
                "Reject action",
                false,
                vec![FieldView::textarea("reason", "What is missing").hint("The vendor reads it.")],
            );
            if own {
                return vec![reject];
            }
            let text =
                "Sets credit and evidence of the answer, makes a new score snapshot and closes the finding.";
            vec![step("verify", "Verify", text, "Verify and close", true, verify_fields(found)), reject]
        }
        FindingState::Closed | FindingState::Dismissed => {
            vec![step(
                "reopen",
                "Reopen",
                "The finding is open again; scores do not change by it.",
                "Reopen finding",
                false,
                reason("Reason"),
            )]
        }
        FindingState::Accepted => Vec::new(),
    }
}

/// The ids of a group's inputs follow the field's own id, which two forms of one page must not share.
fn rename_options(mut field: FieldView) -> FieldView {
    for (index, option) in field.options.iter_mut().enumerate() {
        option.id = if index == 0 { field.id.clone() } else { format!("{}-{index}", field.id) };
    }
    field
}

fn option_choices(found: &FindingDetails) -> Vec<(String, String)> {
    let options = found.question.iter().flat_map(|question| &question.options);
    options
        .filter_map(|option| Some((option, option.credit.as_ref()?)))
        .map(|(option, credit)| (option.id.clone(), format!("{}, credit {credit}", option.label)))
        .collect()
}

fn agree_fields(found: &FindingDetails) -> Vec<FieldView> {
    let most = u32::try_from(MAX_WORDS).unwrap_or(u32::MAX);
    let mut fields = vec![
        FieldView::textarea("text", "What will be done")
            .value(found.finding.fix.as_deref().unwrap_or_default())
            .maxlength(most),
        FieldView::text("owner_name", "Who does it, at the vendor").maxlength(100),
        FieldView::date("due_on", "Done by")
            .value(found.finding.due_on.map(|day| day.to_string()).unwrap_or_default()),
    ];
    let options = option_choices(found);
    if !options.is_empty() {
        let all = std::iter::once((String::new(), "Full credit".to_owned())).chain(options);
        fields.push(
            FieldView::select("target_option", "Aims at")
                .hint("The answer that will be true then; it decides the projected score.")
                .choices(all, str::is_empty),
        );
    }
    fields
}

fn verify_fields(found: &FindingDetails) -> Vec<FieldView> {
    let mut fields = Vec::new();
    if found.question.is_some() {
        let options = option_choices(found);
        if options.is_empty() {
            fields.push(
                FieldView::text("credit", "Credit earned now")
                    .hint("Between 0 and 1; blank means 1.")
                    .optional(),
            );
        } else {
            let target = found.actions.last().and_then(|(action, _)| action.target_option.clone());
            fields.push(
                FieldView::select("option", "What is true now")
                    .choices(options, |id| target.as_deref() == Some(id)),
            );
        }
        let proven = found.actions.last().is_some_and(|(_, proofs)| !proofs.is_empty());
        let grades: Vec<Grade> = if proven {
            vec![Grade::Accepted, Grade::Independent, Grade::Supplied, Grade::Asserted]
        } else {
            vec![Grade::Asserted]
        };
        let grades = grades
            .into_iter()
            .map(|grade| (grade.as_str(), format!("{}: {}", grade.factor(), grade_label(grade))));
        // Whoever verifies says it; nothing is chosen for them.
        let grades = std::iter::once(("", "Choose".to_owned())).chain(grades);
        fields.push(FieldView::select("grade", "Worth of the proof").choices(grades, |_| false));
    }
    fields.push(FieldView::textarea("reason", "What you saw").hint("For your own organisation."));
    fields
}
