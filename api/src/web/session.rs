//! Cookies. Names start with `__Host-` and are `Secure`; both are dropped only for an http loopback base URL.

use actix_web::{
    HttpRequest,
    cookie::{Cookie, SameSite, time::Duration},
};

/// The cookie of the colours that a browser chose. No secret, so it needs no name that nobody else can set.
pub const COLOURS: &str = "theme";

/// How cookies are made, decided once from the base URL.
#[derive(Clone, Copy, Debug)]
pub struct CookieRules {
    secure: bool,
}

/// A cookie's purpose; each has its own name, so one can never stand in for another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CookieKind {
    /// A signed-in user.
    Staff,
    /// A respondent's session.
    Respondent,
    /// A browser that has passed a one-time code.
    Browser,
    /// A browser that gave a right link secret and is waiting for its code.
    Pending,
}

impl CookieKind {
    const fn name(self) -> &'static str {
        match self {
            Self::Staff => "assay",
            Self::Respondent => "resp",
            Self::Browser => "rb",
            Self::Pending => "pending",
        }
    }
    const fn same_site(self) -> SameSite {
        match self {
            Self::Staff => SameSite::Lax,
            Self::Respondent | Self::Browser | Self::Pending => SameSite::Strict,
        }
    }
}

impl CookieRules {
    /// Rules for a service reached under `base_url`.
    #[must_use]
    pub fn for_base_url(base_url: &str) -> Self {
        let host =
            base_url.strip_prefix("http://").map(|rest| rest.split(['/', ':']).next().unwrap_or_default());
        Self { secure: !matches!(host, Some("127.0.0.1" | "localhost")) }
    }
    fn name(self, kind: CookieKind) -> String {
        if self.secure { format!("__Host-{}", kind.name()) } else { kind.name().to_owned() }
    }
    /// A cookie with the secret; without `max_age` it ends with the browser.
    #[must_use]
    pub fn make(self, kind: CookieKind, secret: &str, max_age: Option<Duration>) -> Cookie<'static> {
        let mut cookie = Cookie::build(self.name(kind), secret.to_owned())
            .path("/")
            .http_only(true)
            .secure(self.secure)
            .same_site(kind.same_site())
            .finish();
        if let Some(age) = max_age {
            cookie.set_max_age(age);
        }
        cookie
    }
    fn ticket_name(self) -> &'static str {
        if self.secure { "__Secure-dl" } else { "dl" }
    }
    /// A ticket for one download, seen by that address alone: two downloads at once do not take each other's.
    #[must_use]
    pub fn download_ticket(self, path: &str, ticket: &str, max_age: Duration) -> Cookie<'static> {
        Cookie::build(self.ticket_name(), ticket.to_owned())
            .path(path.to_owned())
            .http_only(true)
            .secure(self.secure)
            .same_site(SameSite::Lax)
            .max_age(max_age)
            .finish()
    }
    /// The colours that a browser chose, for a year; the empty word forgets them.
    #[must_use]
    pub fn colours(self, word: &'static str) -> Cookie<'static> {
        let age = if word.is_empty() { Duration::ZERO } else { Duration::days(365) };
        Cookie::build(COLOURS, word)
            .path("/")
            .http_only(true)
            .secure(self.secure)
            .same_site(SameSite::Lax)
            .max_age(age)
            .finish()
    }
    /// The ticket that the browser presents, if any.
    #[must_use]
    pub fn presented_ticket(self, request: &HttpRequest) -> Option<String> {
        request.cookie(self.ticket_name()).map(|cookie| cookie.value().to_owned())
    }
    /// A cookie that removes the one of this kind.
    #[must_use]
    pub fn remove(self, kind: CookieKind) -> Cookie<'static> {
        self.make(kind, "", Some(Duration::ZERO))
    }
    /// The secret that the browser presents, if any.
    #[must_use]
    pub fn read(self, request: &HttpRequest, kind: CookieKind) -> Option<String> {
        request
            .cookie(&self.name(kind))
            .map(|cookie| cookie.value().to_owned())
            .filter(|value| !value.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_19_the_prefix_is_dropped_only_for_http_on_a_loopback_address() {
        let name =
            |base: &str| CookieRules::for_base_url(base).make(CookieKind::Staff, "x", None).name().to_owned();
        assert_eq!(name("https://assay.example"), "__Host-assay");
        assert_eq!(name("https://127.0.0.1"), "__Host-assay");
        assert_eq!(name("http://assay.example"), "__Host-assay");
        assert_eq!(name("http://127.0.0.1.evil.example"), "__Host-assay");
        assert_eq!(name("http://127.0.0.1:8080"), "assay");
        assert_eq!(name("http://localhost"), "assay");
    }
}
