//! Mails and evidence in frames: the page that holds the frame, and the answer that is framed, each with a policy of its
//! own. Every other page may neither frame nor be framed.

use super::error_page::CONTENT_SECURITY_POLICY;
use crate::{
    domain::evidence::Shown,
    render::{page::Colours, shown_mail::FramedLinks},
};
use actix_web::{
    HttpResponse, HttpResponseBuilder,
    http::header::{self, HeaderValue},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::Deserialize;

/// The policy of a framed mail: it loads nothing, runs nothing, sends nothing and leads nowhere.
pub const FRAMED_POLICY: &str =
    "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'; sandbox";

/// The same, but a click on a link leads the window that holds the frame there.
pub const FOLLOWED_POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'; \
     sandbox allow-top-navigation-by-user-activation";

/// The policy of a picture of a stranger: nothing but the picture.
pub const PICTURE_POLICY: &str = "default-src 'none'; frame-ancestors 'self'; sandbox";

/// The policy of a page that holds a stranger's picture within itself.
pub const FITTED_POLICY: &str =
    "default-src 'none'; img-src data:; style-src 'unsafe-inline'; frame-ancestors 'self'; sandbox";

/// The policy of a stranger's PDF. In a sandbox browsers refuse to start their viewer, which is apart from the page by
/// itself.
pub const PDF_POLICY: &str = "default-src 'none'; frame-ancestors 'self'";

/// In which colours a mail is framed.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Scheme {
    scheme: String,
}

impl Scheme {
    /// The colours; light unless dark is asked for.
    #[must_use]
    pub fn colours(&self) -> Colours {
        Colours::parse(&self.scheme).unwrap_or(Colours::Light)
    }
}

/// Lets a page show frames of our own.
#[must_use]
pub fn framing(mut page: HttpResponse) -> HttpResponse {
    if let Ok(policy) = HeaderValue::from_str(&format!("{CONTENT_SECURITY_POLICY}; frame-src 'self'")) {
        page.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    page
}

/// A mail as the answer that is framed.
#[must_use]
pub fn framed(html: String, links: FramedLinks) -> HttpResponse {
    let policy = match links {
        FramedLinks::Inert => FRAMED_POLICY,
        FramedLinks::Followed => FOLLOWED_POLICY,
    };
    HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, "text/html; charset=utf-8"))
        .insert_header((header::CONTENT_SECURITY_POLICY, policy))
        .insert_header(SHARED_WINDOW)
        .body(html)
}

/// A picture as the answer that is framed, no wider than its frame.
#[must_use]
pub fn framed_picture(media_type: &str, bytes: &[u8]) -> HttpResponse {
    let picture = STANDARD.encode(bytes);
    let page = format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Evidence</title>\
         <style>body{{margin:0}}img{{display:block;max-inline-size:100%;block-size:auto}}</style>\
         <img alt=\"Evidence\" src=\"data:{media_type};base64,{picture}\"></html>"
    );
    HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, "text/html; charset=utf-8"))
        .insert_header((header::CONTENT_SECURITY_POLICY, FITTED_POLICY))
        .insert_header(("Cross-Origin-Resource-Policy", "same-origin"))
        .insert_header(SHARED_WINDOW)
        .body(page)
}

/// Browsers refuse to show a sandboxed answer that also wants a window of its own.
const SHARED_WINDOW: (&str, &str) = ("cross-origin-opener-policy", "unsafe-none");

/// The headers under which a file is shown in this way.
pub fn showing(response: &mut HttpResponseBuilder, how: Shown) {
    match how {
        Shown::Picture => response
            .insert_header((header::CONTENT_SECURITY_POLICY, PICTURE_POLICY))
            .insert_header(SHARED_WINDOW),
        Shown::Pdf => response.insert_header((header::CONTENT_SECURITY_POLICY, PDF_POLICY)),
    };
}
