//! A questionnaire's node tree to a draft: keys, types, words and scales. Rules that look at more than one value
//! are in `lint`.

use std::collections::{HashMap, HashSet};

use super::definition::*;
use super::draft::{Draft, QuestionDraft, SectionDraft, Sound, UseDraft};
use super::fields::*;
use super::lint::{Code, Faults, ids, maps, show, texts};
use super::yaml::{Node, Pos, Value};
use crate::exact::Exact;

/// The `format` of questionnaire files.
pub const FORMAT: &str = "assay/1";

const TIERS: [(&str, Tier); 4] =
    [("low", Tier::Low), ("medium", Tier::Medium), ("high", Tier::High), ("critical", Tier::Critical)];

const TYPES: [(&str, AnswerType); 8] = [
    ("select_one", AnswerType::SelectOne),
    ("select_many", AnswerType::SelectMany),
    ("number", AnswerType::Number),
    ("date", AnswerType::Date),
    ("text", AnswerType::Text),
    ("file", AnswerType::File),
    ("table", AnswerType::Table),
    ("attest", AnswerType::Attest),
];

const COLUMN_TYPES: [(&str, ColumnType); 4] = [
    ("text", ColumnType::Text),
    ("number", ColumnType::Number),
    ("date", ColumnType::Date),
    ("select_one", ColumnType::SelectOne),
];

const QUESTIONNAIRE_KEYS: [&str; 16] = [
    "format",
    "kind",
    "id",
    "version",
    "title",
    "locale",
    "license",
    "audience",
    "minutes",
    "description",
    "counts_to_residual",
    "due_hours",
    "facts",
    "scales",
    "sections",
    "checks",
];
const SECTION_KEYS: [&str; 7] = ["id", "title", "topics", "multiplier", "show_if", "uses", "questions"];
const QUESTION_KEYS: [&str; 27] = [
    "id",
    "text",
    "help",
    "type",
    "scale",
    "options",
    "bands",
    "credit_mode",
    "required",
    "na",
    "weight",
    "critical",
    "show_if",
    "if_hidden",
    "widen",
    "maps",
    "evidence",
    "evidence_required_from",
    "fix",
    "sla_days",
    "topics",
    "assured_by",
    "accept",
    "max_mb",
    "columns",
    "max_rows",
    "factor_weight",
];
const OPTION_KEYS: [&str; 9] =
    ["id", "label", "credit", "exclusive", "plan", "explain", "finding", "points", "sets_facts"];

/// The most options of one question, and the most columns of one table.
const MAX_OPTIONS: usize = 300;

/// The most options that all questions of a file take from scales together; a bound on copying, far above need.
const MAX_SCALE_OPTIONS: usize = 200_000;

/// A named list of options, and whether its ids and its credits could be read.
struct Options {
    choices: Vec<Choice>,
    ids_sound: bool,
    credits_sound: bool,
}

/// Reads a questionnaire. Returns nothing only when the file is no map.
pub(crate) fn questionnaire<'n>(root: &'n Node, faults: &mut Faults) -> Option<Draft<'n>> {
    let fields = Fields::read(root, "a questionnaire", &QUESTIONNAIRE_KEYS, faults)?;
    let mut head = Questionnaire { counts_to_residual: true, ..Questionnaire::default() };
    head.format = FORMAT.to_owned();
    if let Some(node) = fields.get("kind") {
        let kinds = [("questionnaire", Kind::Questionnaire), ("intake", Kind::Intake)];
        head.kind = one_of(node, &kinds, faults).unwrap_or_default();
    }
    if let Some(node) = fields.required("id", faults) {
        head.id = ids::name(node, Code::QuestionnaireIdSyntax, faults).unwrap_or_default();
    }
    if let Some(node) = fields.required("version", faults) {
        head.version = ids::version(node, faults).unwrap_or_default();
    }
    head.title = fields.required_text("title", faults);
    head.locale = fields.required_text("locale", faults);
    head.license = fields.required_text("license", faults);
    if let Some(node) = fields.required("audience", faults) {
        let audiences = [("vendor", Audience::Vendor), ("buyer", Audience::Buyer)];
        head.audience = one_of(node, &audiences, faults).unwrap_or_default();
    }
    if let Some(node) = fields.required("minutes", faults) {
        head.minutes = integer(node, 1, 10_000, Code::NumberOutOfRange, faults).unwrap_or_default();
    }
    head.description = fields.required_text("description", faults);
    if let Some(node) = fields.get("counts_to_residual") {
        head.counts_to_residual = flag(node, faults).unwrap_or(true);
    }
    head.due_hours = fields.integer("due_hours", 1, 100_000, faults);
    head.facts = fields.get("facts").map(|node| facts(node, faults)).unwrap_or_default();
    let mut scales = fields.get("scales").map(|node| scales(node, faults)).unwrap_or_default();

    let mut draft = Draft { head, root, sections: Vec::new(), questions: Vec::new(), checks: Vec::new() };
    if let Some(node) = fields.required("sections", faults) {
        if matches!(&node.value, Value::Seq(list) if list.is_empty()) {
            faults.add(node.pos, Code::SectionEmpty, "a questionnaire has at least one section");
        }
        for item in items(node, faults) {
            section(item, &mut scales, &mut draft, faults);
        }
    }
    if let Some(node) = fields.get("checks") {
        for item in items(node, faults) {
            draft.checks.extend(check(item, faults));
        }
    }
    Some(draft)
}

fn facts(node: &Node, faults: &mut Faults) -> Vec<Fact> {
    let mut found = Vec::new();
    for item in items(node, faults) {
        let Some(fields) = Fields::read(item, "a fact", &["id", "label", "default"], faults) else {
            continue;
        };
        let id = fields.required("id", faults).and_then(|node| ids::name(node, Code::NameSyntax, faults));
        let label = fields.required_text("label", faults);
        let default = fields.required("default", faults).and_then(|node| flag(node, faults)).unwrap_or(false);
        if let Some(id) = id {
            found.push(Fact { id, label, default });
        }
    }
    found
}

/// The scales of a file, and how many options questions have taken from them.
#[derive(Default)]
struct Scales {
    named: HashMap<String, Options>,
    taken: usize,
}

fn scales(node: &Node, faults: &mut Faults) -> Scales {
    if !matches!(node.value, Value::Map(_)) {
        wrong_type(node, "scales is a map from name to options", faults);
    }
    let mut found = HashMap::new();
    for entry in node.entries() {
        ids::check(&entry.key, entry.key_pos, Code::ScaleIdSyntax, faults);
        found.insert(entry.key.clone(), options(&entry.node, faults));
    }
    Scales { named: found, taken: 0 }
}

fn options(node: &Node, faults: &mut Faults) -> Options {
    let mut read = Options { choices: Vec::new(), ids_sound: true, credits_sound: true };
    let mut seen = HashSet::new();
    if node.items().len() > MAX_OPTIONS {
        let message = format!("{} options, more than {MAX_OPTIONS}", node.items().len());
        faults.add(node.pos, Code::NumberOutOfRange, message);
    }
    if items(node, faults).is_empty() {
        read.ids_sound = false;
        if matches!(node.value, Value::Seq(_)) {
            faults.add(node.pos, Code::OptionsMissing, "an empty list of options");
        }
    }
    for item in node.items().iter().take(MAX_OPTIONS) {
        let Some(fields) = Fields::read(item, "an option", &OPTION_KEYS, faults) else {
            read.ids_sound = false;
            read.credits_sound = false;
            continue;
        };
        let mut choice = Choice::default();
        if let Some(node) = fields.required("id", faults)
            && let Some(id) = ids::option_word(node, faults)
        {
            ids::check_option(&id, node.pos, faults);
            if !seen.insert(id.clone()) {
                faults.add(node.pos, Code::DuplicateId, format!("a second option {}", show(&id)));
            }
            choice.id = id;
        }
        read.ids_sound &= !choice.id.is_empty();
        choice.label = fields.required_text("label", faults);
        if let Some(node) = fields.get("credit") {
            choice.credit = credit(node, faults);
            read.credits_sound &= choice.credit.is_some();
        }
        choice.exclusive = fields.flag("exclusive", faults);
        choice.plan = fields.flag("plan", faults);
        choice.explain = fields.flag("explain", faults);
        choice.finding = fields.text("finding", faults);
        choice.points = fields.integer("points", 0, 4, faults).and_then(|n| u8::try_from(n).ok());
        choice.sets_facts = fields.words("sets_facts", faults).into_iter().map(|(fact, _)| fact).collect();
        read.choices.push(choice);
    }
    read
}

fn section<'n>(node: &'n Node, scales: &mut Scales, draft: &mut Draft<'n>, faults: &mut Faults) {
    let Some(fields) = Fields::read(node, "a section", &SECTION_KEYS, faults) else { return };
    let mut section = Section::default();
    if let Some(node) = fields.required("id", faults) {
        section.id = ids::name(node, Code::SectionIdSyntax, faults).unwrap_or_default();
    }
    section.title = fields.required_text("title", faults);
    section.topics = topics(&fields, faults);
    if let Some(node) = fields.get("multiplier")
        && let Some(multiplier) = number(node, faults)
    {
        if multiplier.is_positive() {
            section.multiplier = multiplier;
        } else {
            faults.add(node.pos, Code::NumberOutOfRange, "a multiplier is above 0");
        }
    }
    let (show_if, terms, _) = optional_condition(fields.get("show_if"), faults);
    section.show_if = show_if;

    let index = draft.sections.len();
    let mut is_empty = true;
    if let Some(list) = fields.get("questions") {
        for item in items(list, faults) {
            is_empty = false;
            draft.questions.extend(question(item, index, scales, faults));
        }
        is_empty &= !matches!(list.value, Value::Broken | Value::Scalar { .. } | Value::Map(_));
    }
    let mut used = Vec::new();
    if let Some(list) = fields.get("uses") {
        for item in items(list, faults) {
            is_empty = false;
            used.extend(uses(item, faults));
        }
        is_empty &= !matches!(list.value, Value::Broken | Value::Scalar { .. } | Value::Map(_));
    }
    if is_empty {
        faults.add(node.pos, Code::SectionEmpty, format!("the section {} asks nothing", show(&section.id)));
    }
    draft.sections.push(SectionDraft { section, node, terms, uses: used });
}

fn uses(node: &Node, faults: &mut Faults) -> Option<UseDraft> {
    let fields = Fields::read(node, "an entry of uses", &["questionnaire", "version", "questions"], faults)?;
    let home = fields.required("questionnaire", faults);
    let version = fields.required("version", faults);
    let list = fields.required("questions", faults);
    let (home, version, list) = (home?, version?, list?);
    let questionnaire = word(home, faults);
    let range_text = word(version, faults);
    let questions = words(list, faults);
    if matches!(&list.value, Value::Seq(items) if items.is_empty()) {
        faults.add(list.pos, Code::SectionEmpty, "no question is named");
    }
    let range_text = range_text?;
    let range = range_text.parse().ok();
    if range.is_none() {
        faults.add(version.pos, Code::UsesVersion, format!("{} is no range of versions", show(&range_text)));
    }
    let (pos, range_pos) = (home.pos, version.pos);
    Some(UseDraft { questionnaire: questionnaire?, pos, range, range_text, range_pos, questions })
}

fn topics(fields: &Fields<'_>, faults: &mut Faults) -> Vec<String> {
    let found = fields.words("topics", faults);
    for (topic, pos) in &found {
        ids::check(topic, *pos, Code::NameSyntax, faults);
    }
    found.into_iter().map(|(topic, _)| topic).collect()
}

fn question<'n>(
    node: &'n Node,
    section: usize,
    scales: &mut Scales,
    faults: &mut Faults,
) -> Option<QuestionDraft<'n>> {
    let fields = Fields::read(node, "a question", &QUESTION_KEYS, faults)?;
    let mut sound = Sound::ALL;
    let mut question = Question::default();
    match fields.required("id", faults).and_then(|node| word(node, faults)) {
        Some(id) => question.id = id,
        None => sound.id = false,
    }
    question.text = fields
        .required("text", faults)
        .and_then(|node| question_text(node, &texts::OWN_MARK, faults))
        .unwrap_or_default();
    question.help = fields.text("help", faults);
    if let Some(node) = fields.get("type") {
        let found = one_of(node, &TYPES, faults);
        sound.answer_type = found.is_some();
        question.answer_type = found.unwrap_or_default();
    }
    choices(&fields, scales, &mut question, &mut sound, faults);
    if let Some(node) = fields.get("bands") {
        bands(node, &mut question, &mut sound, faults);
    }
    if let Some(node) = fields.get("credit_mode") {
        question.credit_mode = one_of(node, &[("sum_capped", CreditMode::SumCapped)], faults);
    }
    question.required = fields.flag("required", faults);
    question.na = fields.text("na", faults);
    match fields.required("weight", faults).and_then(|node| integer(node, 0, 5, Code::WeightRange, faults)) {
        Some(weight) => question.weight = u8::try_from(weight).unwrap_or(5),
        None => sound.weight = false,
    }
    question.critical = fields.get("critical").and_then(|node| critical(node, faults));
    let (show_if, terms, complete) = optional_condition(fields.get("show_if"), faults);
    question.show_if = show_if;
    sound.show_if = complete;
    question.if_hidden =
        fields.get("if_hidden").and_then(|node| one_of(node, &[("zero", IfHidden::Zero)], faults));
    question.widen = fields.get("widen").map(|node| widen(node, faults)).unwrap_or_default();
    question.maps = control_refs(&fields, faults);
    question.evidence = fields.text("evidence", faults);
    question.evidence_required_from =
        fields.get("evidence_required_from").and_then(|node| one_of(node, &TIERS, faults));
    question.fix = fields.text("fix", faults);
    question.sla_days = fields.integer("sla_days", 1, 3_650, faults);
    question.topics = topics(&fields, faults);
    question.assured_by = fields.words("assured_by", faults).into_iter().map(|(set, _)| set).collect();
    question.accept = fields.words("accept", faults).into_iter().map(|(ending, _)| ending).collect();
    question.max_mb = fields.integer("max_mb", 1, 10_000, faults);
    question.columns = fields.get("columns").map(|node| columns(node, faults)).unwrap_or_default();
    question.max_rows = fields.integer("max_rows", 1, 100_000, faults);
    question.factor_weight =
        fields.integer("factor_weight", 1, 38, faults).and_then(|n| u8::try_from(n).ok());
    Some(QuestionDraft { question, section, node: Some(node), pos: node.pos, terms, sound })
}

fn choices(
    fields: &Fields<'_>,
    scales: &mut Scales,
    question: &mut Question,
    sound: &mut Sound,
    faults: &mut Faults,
) {
    let mut take = |read: &Options| {
        question.options.clone_from(&read.choices);
        sound.options = read.ids_sound;
        sound.credits = read.credits_sound;
    };
    if let Some(node) = fields.get("options") {
        take(&options(node, faults));
        if let Some(scale) = fields.get("scale") {
            faults.add(scale.pos, Code::OptionsTwice, "a question has either options or a scale");
            // Nobody knows which of the two was meant, so nothing is said about their credits.
            sound.credits = false;
        }
        return;
    }
    let Some(node) = fields.get("scale") else { return };
    let name = word(node, faults);
    match name.as_deref().and_then(|name| scales.named.get(name)) {
        Some(read) => {
            scales.taken += read.choices.len();
            if scales.taken <= MAX_SCALE_OPTIONS {
                take(read);
            } else {
                sound.options = false;
                faults.add(
                    node.pos,
                    Code::TooLarge,
                    format!("more than {MAX_SCALE_OPTIONS} options from scales"),
                );
            }
        }
        None => {
            sound.options = false;
            sound.credits = false;
            if let Some(name) = &name {
                faults.add(node.pos, Code::UnknownScale, format!("there is no scale {}", show(name)));
            }
        }
    }
    question.scale = name;
}

fn bands(node: &Node, question: &mut Question, sound: &mut Sound, faults: &mut Faults) {
    let before = faults.count();
    for item in items(node, faults) {
        let Some(fields) = Fields::read(item, "a band", &["upto", "credit"], faults) else { continue };
        let upto = fields.get("upto").map(|node| number(node, faults));
        let credit = fields.required("credit", faults).and_then(|node| credit(node, faults));
        // A bound that could not be read must not look like the last band.
        if let (Some(credit), None | Some(Some(_))) = (credit, &upto) {
            question.bands.push(Band { upto: upto.flatten(), credit });
        }
    }
    sound.credits = faults.count() == before;
}

fn critical(node: &Node, faults: &mut Faults) -> Option<Critical> {
    let fields = Fields::read(node, "critical", &["level", "pass"], faults)?;
    let levels = [("major", CriticalLevel::Major), ("blocker", CriticalLevel::Blocker)];
    let level = fields.required("level", faults).and_then(|node| one_of(node, &levels, faults));
    let pass = fields.required("pass", faults).and_then(|node| number(node, faults));
    Some(Critical { level: level?, pass: pass? })
}

fn widen(node: &Node, faults: &mut Faults) -> Vec<Widen> {
    let mut found = Vec::new();
    for item in items(node, faults) {
        let Some(fields) = Fields::read(item, "an entry of widen", &["fact", "to"], faults) else { continue };
        let fact = fields.required("fact", faults).and_then(|node| word(node, faults));
        let to = fields.required("to", faults).and_then(|node| word(node, faults));
        if let (Some(fact), Some(to)) = (fact, to) {
            found.push(Widen { fact, to });
        }
    }
    found
}

fn control_refs(fields: &Fields<'_>, faults: &mut Faults) -> Vec<MapRef> {
    let mut found = Vec::new();
    for (text, pos) in fields.words("maps", faults) {
        match maps::parse(&text) {
            Some(map) => found.push(map),
            None => {
                faults.add(pos, Code::MapSyntax, format!("{} is not <control set id>:<ref>", show(&text)));
            }
        }
    }
    found
}

fn columns(node: &Node, faults: &mut Faults) -> Vec<Column> {
    let mut found: Vec<Column> = Vec::new();
    if node.items().len() > MAX_OPTIONS {
        let message = format!("{} columns, more than {MAX_OPTIONS}", node.items().len());
        faults.add(node.pos, Code::NumberOutOfRange, message);
    }
    for item in items(node, faults).iter().take(MAX_OPTIONS) {
        let keys = ["id", "label", "type", "options", "required"];
        let Some(fields) = Fields::read(item, "a column", &keys, faults) else { continue };
        let mut column = Column::default();
        if let Some(node) = fields.required("id", faults)
            && let Some(id) = ids::name(node, Code::NameSyntax, faults)
        {
            if found.iter().any(|other| other.id == id) {
                faults.add(node.pos, Code::DuplicateId, format!("a second column {}", show(&id)));
            }
            column.id = id;
        }
        column.label = fields.required_text("label", faults);
        let kind = fields.required("type", faults).and_then(|node| one_of(node, &COLUMN_TYPES, faults));
        column.column_type = kind.unwrap_or_default();
        match (fields.get("options"), kind) {
            (Some(node), Some(ColumnType::SelectOne) | None) => {
                column.options = options(node, faults).choices
            }
            (Some(node), Some(_)) => {
                faults.add(node.pos, Code::KeyNotForType, "only a select_one column has options");
            }
            (None, Some(ColumnType::SelectOne)) => {
                faults.add(item.pos, Code::OptionsMissing, "a select_one column has no options");
            }
            (None, _) => {}
        }
        column.required = fields.flag("required", faults);
        found.push(column);
    }
    found
}

fn check(node: &Node, faults: &mut Faults) -> Option<(Check, Vec<Pos>)> {
    let fields = Fields::read(node, "a check", &["id", "when", "text"], faults)?;
    let id = fields.required("id", faults).and_then(|node| ids::name(node, Code::NameSyntax, faults));
    let (when, terms, _) = optional_condition(fields.required("when", faults), faults);
    let text = fields.required_text("text", faults);
    Some((Check { id: id.unwrap_or_default(), when: when?, text }, terms))
}

/// A condition, the place of each of its terms, and whether all of it could be read.
fn optional_condition(node: Option<&Node>, faults: &mut Faults) -> (Option<Condition>, Vec<Pos>, bool) {
    let Some(node) = node else { return (None, Vec::new(), true) };
    let before = faults.count();
    let mut terms = Vec::new();
    let read = condition(node, &mut terms, faults);
    (read, terms, faults.count() == before && !matches!(node.value, Value::Broken))
}

/// Reads what it can: a combination keeps its good parts. The depth of the file bounds the recursion.
fn condition(node: &Node, terms: &mut Vec<Pos>, faults: &mut Faults) -> Option<Condition> {
    const KEYS: [&str; 12] =
        ["q", "in", "not_in", "any_of", "gte", "lte", "answered", "profile", "is", "tier", "all", "any"];
    let before = faults.count();
    let fields = Fields::read(node, "a condition", &KEYS, faults)?;
    let mut keys: Vec<&str> = KEYS.into_iter().filter(|key| fields.get(key).is_some()).collect();
    keys.sort_unstable();
    let value = |key: &str| fields.get(key);
    let read = match keys[..] {
        ["all"] | ["any"] => {
            let list = value(keys[0])?;
            let parts = not_empty(list, faults)
                .iter()
                .filter_map(|part| condition(part, terms, faults))
                .collect::<Vec<_>>();
            return Some(if keys[0] == "all" {
                Condition::All { all: parts }
            } else {
                Condition::Any { any: parts }
            });
        }
        ["in", "q"] => Condition::In { q: word(value("q")?, faults)?, options: names(value("in")?, faults) },
        ["not_in", "q"] => {
            Condition::NotIn { q: word(value("q")?, faults)?, options: names(value("not_in")?, faults) }
        }
        ["any_of", "q"] => {
            Condition::AnyOf { q: word(value("q")?, faults)?, options: names(value("any_of")?, faults) }
        }
        ["gte", "q"] => {
            Condition::Gte { q: word(value("q")?, faults)?, value: number(value("gte")?, faults)? }
        }
        ["lte", "q"] => {
            Condition::Lte { q: word(value("q")?, faults)?, value: number(value("lte")?, faults)? }
        }
        ["answered", "q"] => {
            let (q, answered) = (word(value("q")?, faults)?, flag(value("answered")?, faults)?);
            if !answered {
                faults.add(node.pos, Code::ConditionOperator, "answered can only be true");
            }
            Condition::Answered { q, answered: true }
        }
        ["is", "profile"] => {
            Condition::Profile { fact: word(value("profile")?, faults)?, is: flag(value("is")?, faults)? }
        }
        ["tier"] => {
            let list = not_empty(value("tier")?, faults);
            Condition::Tier { tiers: list.iter().filter_map(|node| one_of(node, &TIERS, faults)).collect() }
        }
        _ => {
            // An unknown key has been reported already; it may be a misspelt operator.
            if faults.count() == before {
                faults.add(node.pos, Code::ConditionShape, "this is no condition");
            }
            return None;
        }
    };
    terms.push(node.pos);
    Some(read)
}

fn not_empty<'n>(node: &'n Node, faults: &mut Faults) -> &'n [Node] {
    let found = items(node, faults);
    if found.is_empty() && matches!(node.value, Value::Seq(_)) {
        faults.add(node.pos, Code::ConditionEmpty, "an empty list in a condition");
    }
    found
}

fn names(node: &Node, faults: &mut Faults) -> Vec<String> {
    not_empty(node, faults);
    match node.value {
        Value::Seq(_) => words(node, faults).into_iter().map(|(name, _)| name).collect(),
        _ => Vec::new(),
    }
}

/// The credit of `pass` may have more places than a credit; equality with an option's credit decides.
pub(crate) fn pass_in_range(pass: &Exact) -> bool {
    pass.is_positive() && *pass <= Exact::one()
}
