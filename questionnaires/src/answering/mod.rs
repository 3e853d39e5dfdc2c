//! What a vendor says: answers and whether they fit, conditions, which questions are shown, what may be carried over.

pub mod answer;
pub mod answers_file;
pub mod carry_forward;
pub mod check;
pub mod condition;
pub mod evidence;
pub mod json;
pub mod visibility;

pub use answer::{Answer, AnswerValue, Answers, Compensating, Fault, Grade, NaVerdict, Review, TableRow};
pub use answers_file::{AnswersFile, parse_answer, parse_answers};
pub use carry_forward::{Carried, NotCarried, carry_forward};
pub use check::{check_answer, check_form, check_use};
pub use condition::Facts;
pub use evidence::{Citation, effective_grade};
pub use visibility::{
    AgainstFacts, Progress, SectionProgress, Visibility, answers_against_facts, firing_checks,
    na_needs_acceptance, named_ids, progress, scope_questions, visible,
};
