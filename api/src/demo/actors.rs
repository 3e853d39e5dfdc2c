//! The people of the demo: the staff of Northwind Bank with random passwords, and vendors who answer.

use crate::{
    auth::Secret,
    domain::{
        Role,
        actor::SignedInUser,
        answer::{NOT_APPLICABLE, TypedAnswer, UNKNOWN},
        ids::UserId,
    },
    usecases::{
        Ctx, PortalCtx, SystemCtx, UseCaseError,
        accounts::{self, CreateOrganisation, InviteUser},
        answers::{self, SaveAnswer},
        ctx::TenantInfo,
    },
};
use chrono::NaiveDate;
use futures_util::future::join_all;
use questionnaires::definition::{AnswerType, ColumnType, Question};
use std::collections::BTreeMap;

/// One user with the password that is printed.
#[derive(Clone, Debug)]
pub struct Person {
    /// Who.
    pub id: UserId,
    /// Name.
    pub name: &'static str,
    /// Address.
    pub email: String,
    /// Role.
    pub role: Role,
    /// Random, printed once.
    pub password: String,
}

/// Everybody at Northwind Bank.
#[derive(Clone, Debug)]
pub struct Staff {
    /// The organisation.
    pub tenant: TenantInfo,
    /// One per role.
    pub people: Vec<Person>,
}

impl Staff {
    /// Sets up the organisation with one user per role.
    ///
    /// # Errors
    /// When a use-case refuses.
    pub async fn hire(system: &SystemCtx) -> Result<Self, UseCaseError> {
        let surroundings = &system.services().surroundings;
        let password = || Secret::for_password(surroundings).reveal().to_owned();
        let admin_password = password();
        let input = CreateOrganisation {
            organisation: "Northwind Bank".to_owned(),
            time_zone: "Europe/London".to_owned(),
            name: "Helena Brandt".to_owned(),
            email: "admin@northwind.example".to_owned(),
            password: admin_password.clone(),
        };
        let admin = accounts::add_tenant(system, input).await?;
        let tenant = TenantInfo {
            id: admin.tenant_id,
            name: "Northwind Bank".to_owned(),
            zone: chrono_tz::Europe::London,
        };
        let mut people = vec![Person {
            id: admin.id,
            name: "Helena Brandt",
            email: admin.email,
            role: Role::Admin,
            password: admin_password,
        }];
        for (name, role) in [
            ("Amara Nwosu", Role::RiskManager),
            ("Daniel Reyes", Role::Procurement),
            ("Ines Vale", Role::Viewer),
        ] {
            let email =
                format!("{}@northwind.example", name.split(' ').next().unwrap_or(name).to_lowercase());
            let input = InviteUser { name: name.to_owned(), email: email.clone(), role: role.to_string() };
            let user = accounts::add_user(system, None, input).await?;
            let link = accounts::reset_by_operator(system, &email).await?;
            let chosen = password();
            accounts::accept_user_link(
                system.services(),
                &link,
                &chosen,
                crate::domain::RequestInfo::default(),
            )
            .await?;
            people.push(Person { id: user.id, name, email, role, password: chosen });
        }
        Ok(Self { tenant, people })
    }

    /// The user of a role.
    ///
    /// # Panics
    /// Never: there is one per role.
    #[must_use]
    pub fn of(&self, role: Role) -> &Person {
        self.people.iter().find(|person| person.role == role).unwrap_or_else(|| unreachable!("one per role"))
    }

    /// The context of the user of a role.
    #[must_use]
    pub fn ctx(&self, system: &SystemCtx, role: Role) -> Ctx {
        let person = self.of(role);
        let user = SignedInUser {
            id: person.id,
            name: person.name.to_owned(),
            email: person.email.clone(),
            role: person.role,
        };
        Ctx::for_demo(system, self.tenant.clone(), user)
    }
}

/// How a vendor answers.
#[derive(Clone, Debug, Default)]
pub struct Manner {
    /// Answers that matter to the story: question to option (or to a text).
    pub fixed: BTreeMap<&'static str, &'static str>,
    /// Every how manieth choice is one step short of the best; 0 for never.
    pub slip_every: usize,
    /// Stop after so many answers; 0 for all.
    pub stop_after: usize,
    /// Every choice is the worst.
    pub weak: bool,
}

/// Answers question after question, follow-ups included, until nothing is open or the manner says stop.
///
/// # Errors
/// When a use-case refuses.
pub async fn answer_all(ctx: &PortalCtx, manner: &Manner) -> Result<usize, UseCaseError> {
    let mut given = 0;
    loop {
        let sheet = answers::open(ctx).await?;
        let open: Vec<String> = sheet
            .sections
            .iter()
            .flat_map(|section| section.questions.iter().filter(|question| !question.done))
            .map(|question| question.id.clone())
            .collect();
        if open.is_empty() {
            return Ok(given);
        }
        let left = if manner.stop_after > 0 { manner.stop_after - given } else { open.len() };
        let mut saves = Vec::new();
        for id in open.into_iter().take(left) {
            let found = sheet.rows.questionnaires.iter().find_map(|asked| asked.definition.question(&id));
            let Some(question) = found else { continue };
            let typed = typed(question, manner, given, ctx.today());
            saves.push(SaveAnswer { mutation: format!("demo-{id}"), question: id, rev: 0, typed });
            given += 1;
        }
        // Side by side, so that they share commits.
        for outcome in join_all(saves.into_iter().map(|save| answers::save(ctx, save))).await {
            match outcome {
                // A follow-up can vanish with the answer before it; the next round sees what is open then.
                Ok(_) | Err(UseCaseError::NotFound) => {}
                Err(other) => return Err(other),
            }
        }
        if manner.stop_after > 0 && given >= manner.stop_after {
            return Ok(given);
        }
    }
}

/// The answer a vendor of this manner gives, with the note that the option asks for.
#[must_use]
pub fn typed(question: &Question, manner: &Manner, nth: usize, today: NaiveDate) -> TypedAnswer {
    let fixed = manner.fixed.get(question.id.as_str()).copied();
    if let Some(mark @ (UNKNOWN | NOT_APPLICABLE)) = fixed {
        let reason = if mark == NOT_APPLICABLE { "This part of the service is not used by you." } else { "" };
        return TypedAnswer {
            choices: vec![mark.to_owned()],
            reason: reason.to_owned(),
            ..TypedAnswer::default()
        };
    }
    let note = |id: &str| {
        let explain = question.options.iter().any(|option| option.id == id && option.explain);
        if explain {
            "In place for the production service; two internal tools follow next quarter.".to_owned()
        } else {
            String::new()
        }
    };
    match question.answer_type {
        AnswerType::SelectOne | AnswerType::File if !question.options.is_empty() => {
            let id = fixed.map_or_else(|| option_of(question, manner, nth), str::to_owned);
            TypedAnswer { note: note(&id), choices: vec![id], ..TypedAnswer::default() }
        }
        AnswerType::SelectMany => {
            let choices = match fixed {
                Some(ids) => ids.split(',').map(str::to_owned).collect(),
                None => question
                    .options
                    .iter()
                    .filter(|option| !option.exclusive)
                    .take(if question.weight > 0 { 2 } else { 1 })
                    .map(|option| option.id.clone())
                    .collect(),
            };
            TypedAnswer { choices, ..TypedAnswer::default() }
        }
        AnswerType::Number => TypedAnswer { value: "14".to_owned(), ..TypedAnswer::default() },
        AnswerType::Date => TypedAnswer { value: today.to_string(), ..TypedAnswer::default() },
        AnswerType::Text => {
            let value =
                fixed.unwrap_or("See the documentation on our trust page, reviewed this quarter.").to_owned();
            TypedAnswer { value, ..TypedAnswer::default() }
        }
        AnswerType::Table => {
            let cell = |column: &questionnaires::definition::Column| {
                let value = match column.column_type {
                    ColumnType::SelectOne => {
                        column.options.last().map(|option| option.id.clone()).unwrap_or_default()
                    }
                    ColumnType::Number => "3".to_owned(),
                    ColumnType::Date => today.to_string(),
                    _ if column.id == "region" => "EU".to_owned(),
                    _ => "Nimbus Cloud".to_owned(),
                };
                (column.id.clone(), value)
            };
            let row = question.columns.iter().map(cell).collect();
            TypedAnswer { rows: vec![row], ..TypedAnswer::default() }
        }
        _ => TypedAnswer { choices: vec![UNKNOWN.to_owned()], ..TypedAnswer::default() },
    }
}

/// The best option, or the one after it where the manner slips; the worst of a weak vendor.
fn option_of(question: &Question, manner: &Manner, nth: usize) -> String {
    let mut ranked: Vec<_> = question.options.iter().collect();
    ranked.sort_by(|a, b| b.credit.cmp(&a.credit));
    let worst = ranked.iter().rfind(|option| option.credit.is_some()).filter(|_| manner.weak);
    let slips = manner.slip_every > 0 && nth % manner.slip_every == manner.slip_every - 1;
    let slipped = ranked.get(1).filter(|_| slips);
    let chosen = worst.or(slipped).or_else(|| ranked.first());
    chosen.map(|option| option.id.clone()).unwrap_or_default()
}
