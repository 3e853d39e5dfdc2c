//! The table of codes: name, severity, and what to do.

use std::fmt;

use serde::{Serialize, Serializer};

/// Whether a finding of the linter makes the file unusable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Severity {
    /// The file is refused.
    Fault,
    /// The file loads; somebody should look.
    Warning,
}

macro_rules! codes {
    ($($(#[$doc:meta])* $variant:ident = $name:literal, $severity:ident, $hint:literal;)*) => {
        /// A rule of the format, by its stable name.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code { $(#[doc = $hint] $variant,)* }

        impl Code {
            /// Every code, in the order of the rules.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The stable name.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// Fault or warning.
            #[must_use]
            pub fn severity(self) -> Severity {
                match self { $(Self::$variant => Severity::$severity,)* }
            }

            /// What to do about it.
            #[must_use]
            pub fn hint(self) -> &'static str {
                match self { $(Self::$variant => $hint,)* }
            }
        }
    };
}

codes! {
    // Rule 1: the YAML that is allowed, known keys, right types.
    TooLarge = "too_large", Fault, "A file holds at most 2 MB; split the questionnaire.";
    NotUtf8 = "not_utf8", Fault, "Save the file as UTF-8.";
    YamlSyntax = "yaml_syntax", Fault, "Correct the YAML; quote texts that hold ': ', ' #' or begin with a special character.";
    EmptyFile = "empty_file", Fault, "Give the file its first line, such as 'format: assay/1'.";
    MultipleDocuments = "multiple_documents", Fault, "One file holds one document; move the rest to its own file.";
    TooDeep = "too_deep", Fault, "At most 12 lists and maps inside each other; write the condition flatter.";
    Anchor = "anchor", Fault, "Write the value out where it is needed, or quote a text that begins with '&'.";
    Alias = "alias", Fault, "Write the value out here, or quote a text that begins with '*'.";
    Tag = "tag", Fault, "Leave the tag out, or quote a text that begins with '!'.";
    MergeKey = "merge_key", Fault, "Write the keys out.";
    KeyNotText = "key_not_text", Fault, "A key is a plain word.";
    DuplicateKey = "duplicate_key", Fault, "Keep one of the two.";
    UnknownKey = "unknown_key", Fault, "Correct its spelling or take it out.";
    MissingKey = "missing_key", Fault, "Add the key.";
    WrongType = "wrong_type", Fault, "Write the kind of value that is expected here.";
    UnknownWord = "unknown_word", Fault, "Use one of the words listed.";
    NumberOutOfRange = "number_out_of_range", Fault, "Write a number in the range given.";
    UnknownFormat = "unknown_format", Fault, "Use 'format: assay/1' or 'format: assay-control-set/1'; a translation has 'questionnaire' and 'lang' instead.";

    // Rule 2: ids.
    QuestionnaireIdSyntax = "questionnaire_id_syntax", Fault, "3 to 40 small letters, digits and hyphens.";
    QuestionIdSyntax = "question_id_syntax", Fault, "Write ABC-DEF-01, or ABC-01 where all own ids share ABC, or INH-ABC in the intake.";
    QuestionIdPrefix = "question_id_prefix", Fault, "Ids of the form ABC-01 need all own ids to begin with the same three letters; use ABC-DEF-01.";
    OptionIdSyntax = "option_id_syntax", Fault, "A small letter, then 1 to 19 small letters, digits or underscores.";
    OptionIdReserved = "option_id_reserved", Fault, "YAML readers take this word for a truth value or null; choose a word that says what is chosen.";
    ScaleIdSyntax = "scale_id_syntax", Fault, "A small letter, then 1 to 19 small letters, digits or underscores.";
    SectionIdSyntax = "section_id_syntax", Fault, "Three capital letters.";
    NameSyntax = "name_syntax", Fault, "A small letter, then up to 39 small letters, digits or underscores.";
    DuplicateId = "duplicate_id", Fault, "Ids are unique; give the second its own, or take it out.";
    VersionSyntax = "version_syntax", Fault, "Three numbers, such as 1.0.0.";

    // Rule 3 and 4: weights and credits.
    WeightRange = "weight_range", Fault, "A weight is 0, 1, 2, 3, 4 or 5.";
    ScoredType = "scored_type", Fault, "Give it weight 0, or ask it as a choice, a number or a date.";
    ScoredWithoutCredits = "scored_without_credits", Fault, "Add options, a scale or bands, or set the weight to 0.";
    ScoredWithoutMaps = "scored_without_maps", Fault, "Name at least one control in maps, or set the weight to 0.";
    ScoredWithoutEvidence = "scored_without_evidence", Fault, "Say in evidence what would prove the answer.";
    ScoredWithoutFix = "scored_without_fix", Fault, "Say in fix what to do about a gap.";
    CreditMissing = "credit_missing", Fault, "Every option of a scored question has a credit.";
    CreditSyntax = "credit_syntax", Fault, "Write a plain decimal with at most 4 places, such as 0.75.";
    CreditRange = "credit_range", Fault, "A credit lies between 0 and 1.";
    CreditWithoutZeroAndOne = "credit_without_zero_and_one", Fault, "The best choice has credit 1 and the worst has credit 0.";
    RequiredOnScored = "required_on_scored", Fault, "Leave required out: scored blanks cost credit and are listed, they never block.";

    // Rule 8: scored multi-selects.
    MultiCreditMode = "multi_credit_mode", Fault, "Add 'credit_mode: sum_capped'.";
    MultiNoExclusive = "multi_no_exclusive", Fault, "Add an option such as 'none of these' with 'credit: 0, exclusive: true'.";
    MultiExclusiveCredit = "multi_exclusive_credit", Fault, "An exclusive option of a scored multi-select has credit 0.";
    MultiSum = "multi_sum", Fault, "The credits of the options that are not exclusive sum to at least 1.";

    // Rule 10 and 11: critical questions and bands.
    CriticalWeight = "critical_weight", Fault, "A critical question has weight 5.";
    CriticalPass = "critical_pass", Fault, "Let pass be the credit of the worst choice that is still acceptable, above 0.";
    BandsOrder = "bands_order", Fault, "Let upto grow from band to band.";
    BandsLast = "bands_last", Fault, "Leave upto out on the last band and only there.";

    // Which key goes with which type.
    OptionsMissing = "options_missing", Fault, "Add options or name a scale.";
    OptionsTwice = "options_twice", Fault, "Keep either options or scale.";
    UnknownScale = "unknown_scale", Fault, "Declare it under scales, or correct its spelling.";
    KeyNotForType = "key_not_for_type", Fault, "Take the key out, or change the type.";
    WidenScored = "widen_scored", Fault, "Only a weight-0 question is widened.";
    WidenUnknownOption = "widen_unknown_option", Fault, "Name an option of this question.";
    SectionEmpty = "section_empty", Fault, "Give the section questions or uses.";

    // Rule 5, 6, 7 and 9: conditions and gates.
    ConditionShape = "condition_shape", Fault, "Write one of {q, in}, {q, not_in}, {q, any_of}, {q, gte}, {q, lte}, {q, answered: true}, {profile, is}, {tier}, {all}, {any}.";
    ConditionEmpty = "condition_empty", Fault, "A list in a condition names at least one thing.";
    ConditionOperator = "condition_operator", Fault, "Use in or not_in for select_one, any_of or not_in for select_many, gte or lte for number, 'answered: true' for any.";
    ConditionUnknownQuestion = "condition_unknown_question", Fault, "Name a question of this questionnaire.";
    ConditionNotEarlier = "condition_not_earlier", Fault, "Move the question that is named before this one.";
    ConditionUnknownOption = "condition_unknown_option", Fault, "Name options that the question has.";
    UnknownFact = "unknown_fact", Fault, "Declare the fact under facts, or correct its spelling.";
    IfHiddenMissing = "if_hidden_missing", Fault, "Add 'if_hidden: zero', so that a bad answer cannot raise the score by hiding this question.";
    IfHiddenMisplaced = "if_hidden_misplaced", Fault, "Take if_hidden out: it belongs to scored questions whose show_if names a scored question.";
    GateNotUpward = "gate_not_upward", Fault, "A scored gate opens for its better answers: list every option of credit 1 and all options at least as good as a listed one; exclude only the worst.";
    ScoredGateLaundered = "scored_gate_laundered", Fault, "Only facts, the tier and weight-0 questions may decide here; put the scored gate on each question, with 'if_hidden: zero'.";

    // Rule 12: texts.
    TextEmpty = "text_empty", Fault, "Write something, or leave the key out where it may be left out.";
    TextTooLong = "text_too_long", Fault, "At most 130 characters; move explanation to help.";
    TextNoQuestionMark = "text_no_question_mark", Fault, "End the question with '?'.";
    TextNotPlain = "text_not_plain", Fault, "Plain words on one line; links and paragraphs go to help.";
    Html = "html", Fault, "Write plain text; no tags and no entities.";
    HelpLink = "help_link", Fault, "Only https links, and only outside the text of a question.";

    // Rule 14: maps.
    MapSyntax = "map_syntax", Fault, "Write <control set id>:<ref>, such as iso27001:A.5.1.";
    UnknownControlSet = "unknown_control_set", Fault, "Name a shipped control set or give its file too.";

    // Rule 15: uses.
    UsesUnknownQuestionnaire = "uses_unknown_questionnaire", Fault, "Name a shipped questionnaire or give its file too.";
    UsesVersion = "uses_version", Fault, "Write a range such as \"^1\" or an exact version that exists.";
    UsesUnknownQuestion = "uses_unknown_question", Fault, "Name a question that the other file itself asks.";
    UsedGateMissing = "used_gate_missing", Fault, "Use the gate too, before this question, with the content that it has in the question's own questionnaire and version.";

    // The intake.
    IntakeAudience = "intake_audience", Fault, "The intake is answered by the buyer: 'audience: buyer'.";
    IntakeScored = "intake_scored", Fault, "Every question of the intake has weight 0.";
    IntakeFactors = "intake_factors", Fault, "The intake has 12 factors with these factor_weights: DAT 5, VOL 3, ACC 4, CRT 5, SUB 2, REG 3, LOC 2, NTH 1, AIE 5, AUT 3, AIX 3, PPL 2.";
    IntakePoints = "intake_points", Fault, "A factor has exactly one option for each of points 0, 1, 2, 3 and 4.";
    IntakeFactUnset = "intake_fact_unset", Fault, "Let an option of INH-CTX or of another question set it.";
    IntakeOnly = "intake_only", Fault, "Only 'kind: intake' has factor_weight, points, sets_facts and the intake's questions.";

    // Control-set files and translations.
    ControlWhyMissing = "control_why_missing", Fault, "Say in why, in one sentence, what makes the weight differ from 1.";
    ControlUrl = "control_url", Fault, "Write an https address with a host and without spaces.";
    DateSyntax = "date_syntax", Fault, "Write the day as 2027-12-31.";
    OverlayUnknownQuestionnaire = "overlay_unknown_questionnaire", Fault, "Name a shipped questionnaire or give its file too.";
    OverlayUnknownId = "overlay_unknown_id", Fault, "Translate what the questionnaire has.";

    // Warnings.
    UnknownControl = "unknown_control", Warning, "Check the ref against the control set.";
    NearDuplicateText = "near_duplicate_text", Warning, "Ask once, or say what differs.";
    TooManyQuestions = "too_many_questions", Warning, "People give up; more than 100 questions need a good reason.";
    DominantWeight = "dominant_weight", Warning, "One question decides this section's score; check that this is meant.";
    BestOptionExclusive = "best_option_exclusive", Warning, "The best answer shuts out all others; check the credits.";
    OverlayStale = "overlay_stale", Warning, "Look at the translation again, then write the present version, or the present text_hash.";
    TopicNeverScored = "topic_never_scored", Warning, "No scored question has this topic; check its spelling.";
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for Code {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}
