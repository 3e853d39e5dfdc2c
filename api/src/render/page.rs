//! What surrounds a page's own content: title, navigation, who is signed in, notices, errors, breadcrumbs.
//!
//! A handler builds a [`Shell`], adds what it knows, and wraps its view: `shell.wrap(view)`. In templates the shell
//! is `page` and the view's fields stand beside it, so a view must have no field named `page`.

use serde::Serialize;

use crate::domain::{Permission, Role};

use super::parts::{Crumb, ErrorItem, FlashNotice, NavItem, SavedLine, SectionProgress, initials};

/// A view with its shell; what a page template is rendered with.
#[derive(Debug, Clone, Serialize)]
pub struct Page<T> {
    /// The frame.
    pub page: Shell,
    /// The content; its fields stand beside `page` in the template.
    #[serde(flatten)]
    pub view: T,
}

/// The organisation whose questions these are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Organisation {
    /// Its name.
    pub name: String,
    /// What the logo tile shows.
    pub initial: String,
}

impl Organisation {
    /// An organisation by its name; the tile shows the first letter.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        let name = name.into();
        let initial = name.chars().find(|c| c.is_alphanumeric()).map(|c| c.to_uppercase().to_string());
        Self { initial: initial.unwrap_or_default(), name }
    }
}

/// Who is signed in, or who answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SignedIn {
    /// The person's name.
    pub name: String,
    /// Two letters for the round tile.
    pub initials: String,
    /// The role in words, for instance "Risk manager".
    pub role: String,
}

impl SignedIn {
    /// A person by name and role.
    #[must_use]
    pub fn new(name: impl Into<String>, role: impl Into<String>) -> Self {
        let name = name.into();
        Self { initials: initials(&name), name, role: role.into() }
    }
}

/// What a person chose instead of what the system does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Colours {
    /// Dark on light.
    Light,
    /// Light on dark.
    Dark,
}

impl Colours {
    /// The word of the cookie, the form and the pages.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    /// The choice of this word; none when the system decides.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Light, Self::Dark].into_iter().find(|one| one.as_str() == word)
    }
}

/// The form in the foot that chooses colours.
#[derive(Debug, Clone, Serialize)]
pub struct ColoursForm {
    /// Where it posts to.
    pub action: &'static str,
    /// Where one comes back to; empty for the start.
    pub back: String,
    /// One button each.
    pub choices: Vec<ColoursChoice>,
}

/// A button of that form.
#[derive(Debug, Clone, Serialize)]
pub struct ColoursChoice {
    /// `light`, `dark` or `system`.
    pub value: &'static str,
    /// What stands on it.
    pub label: &'static str,
    /// Whether it is so now.
    pub current: bool,
}

impl ColoursForm {
    /// The form, with what was chosen before.
    #[must_use]
    pub fn new(action: &'static str, back: &str, chosen: Option<Colours>) -> Self {
        let choice = |value, label, this| ColoursChoice { value, label, current: chosen == this };
        let choices = vec![
            choice("light", "Light", Some(Colours::Light)),
            choice("dark", "Dark", Some(Colours::Dark)),
            choice("system", "As the system does", None),
        ];
        Self { action, back: back.to_owned(), choices }
    }
}

/// The staff pages' main sections, in the order of the navigation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Section {
    /// What needs me.
    Today,
    /// Vendors, their contacts and services.
    Vendors,
    /// Assessments in flight.
    Assessments,
    /// Findings and actions.
    Findings,
    /// Vendors side by side.
    Compare,
    /// Who did what.
    AuditTrail,
    /// Users of the organisation.
    Users,
    /// Background work that needs somebody.
    Jobs,
}

impl Section {
    const ALL: [(Self, &'static str, &'static str, Permission); 8] = [
        (Self::Today, "Today", "/", Permission::Read),
        (Self::Vendors, "Vendors", "/vendors", Permission::Read),
        (Self::Assessments, "Assessments", "/assessments", Permission::Read),
        (Self::Findings, "Findings", "/findings", Permission::Read),
        (Self::Compare, "Compare", "/compare", Permission::Read),
        (Self::AuditTrail, "Audit trail", "/audit", Permission::ReadAuditTrail),
        (Self::Users, "Users", "/users", Permission::ManageUsers),
        (Self::Jobs, "Jobs", "/jobs", Permission::Operate),
    ];

    /// The sections that this role may open, with the current one marked.
    #[must_use]
    pub fn nav(current: Option<Self>, role: Role) -> Vec<NavItem> {
        Self::ALL
            .iter()
            .filter(|(.., permission)| role.may(*permission))
            .map(|(section, label, href, _)| NavItem::new(*label, *href).current(current == Some(*section)))
            .collect()
    }
}

/// The frame of a page. Build it with [`Shell::staff`], [`Shell::portal`] or [`Shell::plain`] and set what applies.
#[derive(Debug, Clone, Serialize)]
pub struct Shell {
    /// BCP 47 language of the page.
    pub lang: String,
    /// `ltr` or `rtl`.
    pub dir: String,
    /// `light` or `dark` when the person chose; otherwise the system decides.
    pub theme: Option<String>,
    /// Title of the document, without "Error:" and without the product's name.
    pub title: String,
    /// Whose pages these are.
    pub organisation: Option<Organisation>,
    /// Portal: what this is about, under the organisation's name.
    pub about: Option<String>,
    /// Main navigation.
    pub nav: Vec<NavItem>,
    /// Who is signed in.
    pub user: Option<SignedIn>,
    /// Where the sign-out form posts to; no form without it.
    pub sign_out: Option<String>,
    /// Hidden value of every form.
    pub csrf: String,
    /// From the top down to the parent of this page.
    pub crumbs: Vec<Crumb>,
    /// What just happened.
    pub flash: Option<FlashNotice>,
    /// What is wrong with the form; shown first, and the title then begins with "Error:".
    pub errors: Vec<ErrorItem>,
    /// Words of the skip link.
    pub skip: String,
    /// Target of the skip link, with `#`.
    pub skip_to: String,
    /// Portal: the saved line of the head.
    pub saved: Option<SavedLine>,
    /// Portal: the bar of sections.
    pub progress: Option<SectionProgress>,
    /// Names of the static modules to load.
    pub scripts: Vec<String>,
    /// On pages whose script saves answers: whose they are, so that nobody's waiting text is sent as another's.
    pub saving: Option<String>,
    /// Links of the foot.
    pub foot: Vec<NavItem>,
    /// The foot's form to choose colours; on pages with a session.
    pub colours: Option<ColoursForm>,
    /// Staff: a key goes to the search, and the foot lets a person switch it off.
    pub search_key: bool,
}

impl Shell {
    /// A page with neither navigation nor person: sign-in, errors, the static link page.
    #[must_use]
    pub fn plain(title: impl Into<String>) -> Self {
        Self {
            lang: "en".to_owned(),
            dir: "ltr".to_owned(),
            theme: None,
            title: title.into(),
            organisation: None,
            about: None,
            nav: Vec::new(),
            user: None,
            sign_out: None,
            csrf: String::new(),
            crumbs: Vec::new(),
            flash: None,
            errors: Vec::new(),
            skip: "Skip to main content".to_owned(),
            skip_to: "#main".to_owned(),
            saved: None,
            progress: None,
            scripts: Vec::new(),
            saving: None,
            foot: Vec::new(),
            colours: None,
            search_key: false,
        }
    }

    /// A staff page. What the role may open stands in the navigation.
    #[must_use]
    pub fn staff(
        title: impl Into<String>,
        section: Option<Section>,
        name: impl Into<String>,
        role: Role,
        csrf: impl Into<String>,
    ) -> Self {
        Self {
            nav: Section::nav(section, role),
            user: Some(SignedIn::new(name, role.label())),
            sign_out: Some("/sign-out".to_owned()),
            csrf: csrf.into(),
            scripts: vec!["search-key.js".to_owned()],
            search_key: true,
            ..Self::plain(title)
        }
    }

    /// A page of the vendor's portal; `about` says what is asked for whom. Set `user` and `sign_out` once there is a
    /// session.
    #[must_use]
    pub fn portal(
        title: impl Into<String>,
        organisation: Organisation,
        about: impl Into<String>,
        csrf: impl Into<String>,
    ) -> Self {
        Self {
            organisation: Some(organisation),
            about: Some(about.into()),
            csrf: csrf.into(),
            ..Self::plain(title)
        }
    }

    /// Adds a breadcrumb.
    #[must_use]
    pub fn crumb(mut self, label: impl Into<String>, href: impl Into<String>) -> Self {
        self.crumbs.push(Crumb { label: label.into(), href: href.into() });
        self
    }

    /// Shows a notice.
    #[must_use]
    pub fn flash(mut self, notice: Option<FlashNotice>) -> Self {
        self.flash = notice;
        self
    }

    /// Shows an error summary.
    #[must_use]
    pub fn errors(mut self, errors: Vec<ErrorItem>) -> Self {
        self.errors = errors;
        self
    }

    /// Puts the view into this frame.
    #[must_use]
    pub fn wrap<T: Serialize>(self, view: T) -> Page<T> {
        Page { page: self, view }
    }
}
