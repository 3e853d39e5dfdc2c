//! Light, dark, or as the system does: what a browser chose is a cookie that holds no secret. Every page follows it, and
//! every page with a session has the form to choose in its foot.

use super::{
    Answer,
    form::CsrfForm,
    guard::{Respondent, Staff},
    problem::Problem,
    routes::{Access, routes},
    session::{COLOURS, CookieRules},
};
use crate::{
    domain::Permission,
    render::{
        Shell,
        page::{Colours, ColoursForm},
    },
    usecases::UseCaseError,
};
use actix_web::{
    HttpRequest, HttpResponse,
    http::{Method, header},
    web::Data,
};

routes! {
    POST "/theme" => choose, Access::Staff(Permission::Read), Page, ["theme", "back"];
    POST "/portal/theme" => choose_in_portal, Access::Portal, Page, ["theme", "back"];
}

/// The longest address that one is sent back to.
const LONGEST: usize = 2_000;

/// How a browser wants its pages, and where it is.
#[derive(Clone, Debug)]
pub struct Look {
    chosen: Option<Colours>,
    here: Option<String>,
}

impl Look {
    /// As this request says.
    #[must_use]
    pub fn of(request: &HttpRequest) -> Self {
        let here = request.uri().path_and_query().map(ToString::to_string);
        Self {
            chosen: request.cookie(COLOURS).and_then(|cookie| Colours::parse(cookie.value())),
            // Only what was opened can be opened again.
            here: here.filter(|_| matches!(*request.method(), Method::GET | Method::HEAD)),
        }
    }

    /// Colours the page, and gives it the form that posts to `action`.
    pub fn dress(&self, shell: &mut Shell, action: &'static str) {
        self.colour(shell);
        shell.colours = Some(ColoursForm::new(action, self.here.as_deref().unwrap_or_default(), self.chosen));
    }

    /// Colours the page.
    pub fn colour(&self, shell: &mut Shell) {
        shell.theme = self.chosen.map(|chosen| chosen.as_str().to_owned());
    }
}

/// Where to go back to: a path of this service, never another site.
fn local(back: &str) -> Option<&str> {
    let path = back.len() <= LONGEST
        && back.starts_with('/')
        && !back.starts_with("//")
        && back.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    path.then_some(back)
}

fn chosen(rules: CookieRules, form: &CsrfForm, start: &str) -> Answer {
    let CsrfForm(form) = form;
    let word = form.text("theme");
    let choice = Colours::parse(word);
    if choice.is_none() && word != "system" {
        let words = "Choose light, dark, or as the system does";
        return Err(Problem::from(UseCaseError::field("theme", "invalid", words)));
    }
    let target = local(form.text("back")).unwrap_or(start);
    Ok(HttpResponse::SeeOther()
        .insert_header((header::LOCATION, target))
        .cookie(rules.colours(choice.map_or("", Colours::as_str)))
        .finish())
}

async fn choose(_: Staff, rules: Data<CookieRules>, form: CsrfForm) -> Answer {
    chosen(**rules, &form, "/")
}

async fn choose_in_portal(_: Respondent, rules: Data<CookieRules>, form: CsrfForm) -> Answer {
    chosen(**rules, &form, "/portal")
}

#[cfg(test)]
mod tests {
    use super::local;

    #[test]
    fn one_is_sent_back_within_this_service_only() {
        for good in ["/", "/vendors?name=a%20b&page=2", "/portal/questions/SEC-GOV-01"] {
            assert_eq!(local(good), Some(good));
        }
        let long = format!("/{}", "a".repeat(2_000));
        for bad in [
            "",
            "vendors",
            "//evil.example",
            "/\\evil.example",
            "https://evil.example",
            "/a\r\nb",
            "/ä",
            &long,
        ] {
            assert_eq!(local(bad), None, "{bad}");
        }
    }
}
