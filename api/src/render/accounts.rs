//! Views of first run, sign-in, sign-in links and users.

use super::{
    fields::FieldView,
    page::{Section, Shell},
    samples::{Sample, staff},
};
use serde::Serialize;

/// A page that is one form: set-up, sign-in, choosing a password.
#[derive(Debug, Clone, Serialize)]
pub struct FormView {
    /// The fields, in order.
    pub fields: Vec<FieldView>,
}

/// The users of the organisation, and the form that invites one more.
#[derive(Debug, Clone, Serialize)]
pub struct UsersView {
    /// Everybody, by name.
    pub users: Vec<UserRow>,
    /// Makes a form sent twice one act.
    pub key: String,
    /// The form.
    pub fields: Vec<FieldView>,
}

/// One user.
#[derive(Debug, Clone, Serialize)]
pub struct UserRow {
    /// Id for addresses.
    pub id: String,
    /// Name.
    pub name: String,
    /// Address.
    pub email: String,
    /// Role in words.
    pub role: String,
    /// To change it; none for oneself and for disabled users.
    pub role_field: Option<FieldView>,
    /// State in words.
    pub state: String,
    /// Whether this is the one who looks.
    pub is_me: bool,
    /// Whether "Disable" is offered.
    pub can_disable: bool,
    /// Whether "Enable" is offered.
    pub can_enable: bool,
    /// Whether "Mail a sign-in link" is offered.
    pub can_mail: bool,
}

pub(super) fn samples() -> Vec<Sample> {
    let form = |fields: Vec<FieldView>| FormView { fields };
    let sign_in = vec![
        FieldView::email("email", "E-mail"),
        FieldView::password("password", "Password", "current-password"),
    ];
    let row = |name: &str, is_me: bool| UserRow {
        id: "0190".to_owned(),
        name: name.to_owned(),
        email: format!("{}@northwind.example", name.to_lowercase()),
        role: "Viewer".to_owned(),
        role_field: (!is_me).then(|| {
            FieldView::select("role", format!("Role of {name}"))
                .id(format!("role-{name}"))
                .choices([("viewer", "Viewer"), ("admin", "Admin")], |value| value == "viewer")
        }),
        state: "Active".to_owned(),
        is_me,
        can_disable: !is_me,
        can_enable: false,
        can_mail: !is_me,
    };
    let users = UsersView {
        users: vec![row("Amara", true), row("Daniel", false)],
        key: "0199f3c2-7a10-7c3e-9d1e-000000000001".to_owned(),
        fields: vec![FieldView::text("name", "Name"), FieldView::email("email", "E-mail")],
    };
    vec![
        Sample::page(
            "pages/accounts/set_up",
            "empty",
            &Shell::plain("Set up Assay").wrap(form(vec![FieldView::text("organisation", "Organisation")])),
        ),
        Sample::page("pages/accounts/sign_in", "empty", &Shell::plain("Sign in").wrap(form(sign_in))),
        Sample::page(
            "pages/accounts/join",
            "empty",
            &Shell::plain("Choose a password").wrap(form(vec![FieldView::text("code", "Sign-in code")])),
        ),
        Sample::page("pages/accounts/users", "two", &staff("Users", Section::Users).wrap(users)),
    ]
}
