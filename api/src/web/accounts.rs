//! First run, sign-in and out, sign-in links, and the users of an organisation.

use super::{
    Answer,
    acts::fresh_key,
    form::{CsrfForm, Fields, OpenForm},
    guard::{Staff, request_info},
    page::{plain_shell, respond, see_other, staff_shell, with_errors},
    problem::{NOT_FOUND, Problem},
    routes::{Access, routes},
    session::{CookieKind, CookieRules},
};
use crate::{
    auth::Secret,
    domain::{
        Permission, Role,
        ids::UserId,
        user::{User, UserState},
    },
    render::{
        Renderer, Shell,
        accounts::{FormView, UserRow, UsersView},
        fields::{FieldView, errors_of},
        page::Section,
    },
    usecases::{
        FieldError, Services, UseCaseError,
        accounts::{self, CreateOrganisation, InviteUser},
    },
};
use actix_web::{
    HttpRequest, HttpResponse,
    http::{StatusCode, header},
    web::{Data, Path},
};

routes! {
    GET "/set-up" => set_up_page, Access::Public, Page;
    POST "/set-up" => set_up, Access::Public, Page, ["organisation", "time_zone", "name", "email", "password"];
    GET "/sign-in" => sign_in_page, Access::Public, Page;
    POST "/sign-in" => sign_in, Access::Public, Page, ["email", "password"];
    POST "/sign-out" => sign_out, Access::Staff(Permission::Read), Page;
    GET "/join" => join_page, Access::Public, Page;
    POST "/join" => join, Access::Public, Page, ["code", "password"];
    GET "/users" => users_page, Access::Staff(Permission::ManageUsers), Page;
    POST "/users" => invite, Access::Staff(Permission::ManageUsers), Page, ["name", "email", "role", "key"];
    POST "/users/{user}/role" => change_role, Access::Staff(Permission::ManageUsers), Page, ["role"];
    POST "/users/{user}/disable" => disable, Access::Staff(Permission::ManageUsers), Page;
    POST "/users/{user}/enable" => enable, Access::Staff(Permission::ManageUsers), Page;
    POST "/users/{user}/link" => resend_link, Access::Staff(Permission::ManageUsers), Page, ["key"];
}

type Errors<'a> = &'a [FieldError];

fn failed(errors: Errors<'_>) -> StatusCode {
    if errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY }
}

fn form_page(
    renderer: &Renderer,
    errors: Errors<'_>,
    template: &str,
    shell: Shell,
    fields: Vec<FieldView>,
) -> Answer {
    let fields = with_errors(fields, errors);
    let shell = shell.errors(errors_of(&fields));
    respond(renderer, failed(errors), template, shell, FormView { fields })
}

fn set_up_response(request: &HttpRequest, renderer: &Renderer, typed: &Fields, errors: Errors<'_>) -> Answer {
    let zone = typed.filled("time_zone").unwrap_or("UTC");
    let zones = chrono_tz::TZ_VARIANTS.iter().map(|zone| zone.name());
    let zones = zones.filter(|name| name.contains('/') || *name == "UTC").map(|name| (name, name));
    let fields = vec![
        FieldView::text("organisation", "Organisation")
            .hint("As vendors will read it in mails and on their pages.")
            .value(typed.text("organisation"))
            .autocomplete("organization"),
        FieldView::select("time_zone", "Time zone")
            .hint("Due dates end at midnight there.")
            .choices(zones, |name| name == zone),
        FieldView::text("name", "Your name").value(typed.text("name")).autocomplete("name"),
        FieldView::email("email", "Your e-mail").value(typed.text("email")),
        FieldView::password("password", "Password", "new-password")
            .hint("At least 15 characters; a sentence of several words is easiest."),
    ];
    let shell = plain_shell(request, "Set up Assay");
    form_page(renderer, errors, "pages/accounts/set_up", shell, fields)
}

async fn set_up_page(request: HttpRequest, services: Data<Services>, renderer: Data<Renderer>) -> Answer {
    if !accounts::first_run_needed(&services).await? {
        return Err(Problem::new(NOT_FOUND));
    }
    set_up_response(&request, &renderer, &Fields::default(), &[])
}

async fn set_up(
    request: HttpRequest,
    services: Data<Services>,
    renderer: Data<Renderer>,
    rules: Data<CookieRules>,
    OpenForm(form): OpenForm,
) -> Answer {
    let input = CreateOrganisation {
        organisation: form.text("organisation").to_owned(),
        time_zone: form.text("time_zone").to_owned(),
        name: form.text("name").to_owned(),
        email: form.text("email").to_owned(),
        password: form.text("password").to_owned(),
    };
    match accounts::create_first_organisation(&services, input, request_info(&request)).await {
        Ok(secret) => Ok(signed_in(&rules, &secret)),
        Err(UseCaseError::Invalid(errors)) => set_up_response(&request, &renderer, &form, &errors),
        Err(other) => Err(other.into()),
    }
}

/// A new session id after every sign-in; a cookie that was there before is never taken over.
fn signed_in(rules: &CookieRules, secret: &Secret) -> HttpResponse {
    HttpResponse::SeeOther()
        .cookie(rules.make(CookieKind::Staff, secret.reveal(), None))
        .insert_header((header::LOCATION, "/"))
        .finish()
}

fn sign_in_response(request: &HttpRequest, renderer: &Renderer, email: &str, errors: Errors<'_>) -> Answer {
    let fields = vec![
        FieldView::email("email", "E-mail").value(email).autocomplete("username"),
        FieldView::password("password", "Password", "current-password"),
    ];
    form_page(renderer, errors, "pages/accounts/sign_in", plain_shell(request, "Sign in"), fields)
}

async fn sign_in_page(request: HttpRequest, services: Data<Services>, renderer: Data<Renderer>) -> Answer {
    if accounts::first_run_needed(&services).await? {
        return Ok(see_other("/set-up"));
    }
    sign_in_response(&request, &renderer, "", &[])
}

async fn sign_in(
    request: HttpRequest,
    services: Data<Services>,
    renderer: Data<Renderer>,
    rules: Data<CookieRules>,
    OpenForm(form): OpenForm,
) -> Answer {
    let email = form.text("email");
    match accounts::sign_in(&services, email, form.text("password"), request_info(&request)).await {
        Ok(secret) => Ok(signed_in(&rules, &secret)),
        Err(UseCaseError::Invalid(errors)) => sign_in_response(&request, &renderer, email, &errors),
        Err(other) => Err(other.into()),
    }
}

async fn sign_out(request: HttpRequest, staff: Staff, rules: Data<CookieRules>, _form: CsrfForm) -> Answer {
    if let Some(secret) = rules.read(&request, CookieKind::Staff) {
        accounts::sign_out(&staff.ctx, &Secret::presented(secret)).await?;
    }
    Ok(HttpResponse::SeeOther()
        .cookie(rules.remove(CookieKind::Staff))
        .insert_header(("Clear-Site-Data", "\"cache\""))
        .insert_header((header::LOCATION, "/sign-in"))
        .finish())
}

fn join_response(request: &HttpRequest, renderer: &Renderer, code: &str, errors: Errors<'_>) -> Answer {
    let mut shell = plain_shell(request, "Choose a password");
    shell.scripts = vec!["link.js".to_owned()];
    let fields = vec![
        FieldView::text("code", "Sign-in code")
            .hint("It is in the mail, below the link; the link fills it in by itself.")
            .value(code)
            .autocomplete("off"),
        FieldView::password("password", "New password", "new-password"),
    ];
    form_page(renderer, errors, "pages/accounts/join", shell, fields)
}

/// The same page for every link; the script moves the secret from the fragment into the form.
async fn join_page(request: HttpRequest, renderer: Data<Renderer>) -> Answer {
    join_response(&request, &renderer, "", &[])
}

async fn join(
    request: HttpRequest,
    services: Data<Services>,
    renderer: Data<Renderer>,
    rules: Data<CookieRules>,
    OpenForm(form): OpenForm,
) -> Answer {
    let code = form.text("code");
    let secret = Secret::typed(code);
    match accounts::accept_user_link(&services, &secret, form.text("password"), request_info(&request)).await
    {
        Ok(session) => Ok(signed_in(&rules, &session)),
        Err(UseCaseError::Invalid(errors)) => join_response(&request, &renderer, code, &errors),
        Err(other) => Err(other.into()),
    }
}

fn role_field(id: &str, label: String, chosen: &str) -> FieldView {
    let roles = Role::ALL.iter().rev().map(|role| (role.as_str(), role.label()));
    FieldView::select("role", label).id(id).choices(roles, |value| value == chosen)
}

fn user_row(me: UserId, user: &User) -> UserRow {
    let is_me = user.id == me;
    let enabled = user.state != UserState::Disabled;
    UserRow {
        id: user.id.to_string(),
        name: user.name.clone(),
        email: user.email.clone(),
        role: user.role.label().to_owned(),
        role_field: (!is_me && enabled).then(|| {
            role_field(&format!("role-{}", user.id), format!("Role of {}", user.name), user.role.as_str())
        }),
        state: match user.state {
            UserState::Invited => "Invited, has not chosen a password yet".to_owned(),
            UserState::Active => "Active".to_owned(),
            UserState::Disabled => "Disabled, cannot sign in".to_owned(),
        },
        is_me,
        can_disable: !is_me && enabled,
        can_enable: !enabled,
        can_mail: !is_me && enabled,
    }
}

async fn users_response(
    staff: &Staff,
    renderer: &Renderer,
    typed: &InviteUser,
    key: String,
    errors: Errors<'_>,
) -> Answer {
    let users = accounts::list_users(&staff.ctx).await?;
    let fields = vec![
        FieldView::text("name", "Name").value(&typed.name),
        FieldView::email("email", "E-mail").value(&typed.email).hint("The invitation goes there."),
        role_field("role", "Role".to_owned(), &typed.role),
    ];
    let fields = with_errors(fields, errors);
    let shell = staff_shell(staff, "Users", Some(Section::Users)).errors(errors_of(&fields));
    let users = users.iter().map(|user| user_row(staff.ctx.user().id, user)).collect();
    respond(renderer, failed(errors), "pages/accounts/users", shell, UsersView { users, key, fields })
}

async fn users_page(staff: Staff, renderer: Data<Renderer>) -> Answer {
    let empty = InviteUser { name: String::new(), email: String::new(), role: String::new() };
    users_response(&staff, &renderer, &empty, fresh_key(&staff), &[]).await
}

async fn invite(staff: Staff, renderer: Data<Renderer>, CsrfForm(form): CsrfForm) -> Answer {
    let input = InviteUser {
        name: form.text("name").to_owned(),
        email: form.text("email").to_owned(),
        role: form.text("role").to_owned(),
    };
    let key = form.text("key");
    match accounts::invite_user(&staff.ctx, input.clone(), key).await {
        Ok(_) => Ok(see_other("/users")),
        Err(UseCaseError::Invalid(errors)) => {
            users_response(&staff, &renderer, &input, key.to_owned(), &errors).await
        }
        Err(other) => Err(other.into()),
    }
}

async fn change_role(staff: Staff, user: Path<UserId>, CsrfForm(form): CsrfForm) -> Answer {
    accounts::change_role(&staff.ctx, *user, form.text("role")).await?;
    Ok(see_other("/users"))
}

async fn disable(staff: Staff, user: Path<UserId>, _form: CsrfForm) -> Answer {
    accounts::disable_user(&staff.ctx, *user).await?;
    Ok(see_other("/users"))
}

async fn enable(staff: Staff, user: Path<UserId>, _form: CsrfForm) -> Answer {
    accounts::enable_user(&staff.ctx, *user).await?;
    Ok(see_other("/users"))
}

async fn resend_link(staff: Staff, user: Path<UserId>, CsrfForm(form): CsrfForm) -> Answer {
    accounts::resend_user_link(&staff.ctx, *user, form.text("key")).await?;
    Ok(see_other("/users"))
}
