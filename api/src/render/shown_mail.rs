//! A mail as a page shows it: in a frame, light or dark, or as text. What is framed is the mail's own HTML.

use super::{
    page::Colours,
    parts::{NavItem, Tabs},
};
use serde::Serialize;

/// Which part of a mail is shown, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MailPart {
    /// The HTML part in these colours.
    Html(Colours),
    /// The text part.
    Text,
}

impl MailPart {
    const ALL: [(Self, &'static str, &'static str); 3] = [
        (Self::Html(Colours::Light), "light", "HTML, light"),
        (Self::Html(Colours::Dark), "dark", "HTML, dark"),
        (Self::Text, "text", "Text"),
    ];

    /// The part of this word in an address; the HTML part in light colours without one.
    #[must_use]
    pub fn parse(word: &str) -> Self {
        let known = Self::ALL.iter().find(|(_, name, _)| *name == word);
        known.map_or(Self::Html(Colours::Light), |(part, ..)| *part)
    }
}

/// A mail with its tabs. Partial `shown_mail`.
#[derive(Debug, Clone, Serialize)]
pub struct ShownMail {
    /// One for each part.
    pub tabs: Tabs,
    /// The address of what is framed; none when the text is shown.
    pub frame: Option<String>,
    /// The text, cut where addresses begin and end.
    pub text: Vec<TextPart>,
}

impl ShownMail {
    /// The part of a mail. `page` is the address of its page, to which `part=` is added; `frame` that of its HTML, to
    /// which the colours are.
    #[must_use]
    pub fn new(part: MailPart, page: &str, frame: &str, text: Vec<TextPart>) -> Self {
        let and = if page.contains('?') { '&' } else { '?' };
        let tab = |(this, word, label): &(MailPart, &str, &str)| {
            NavItem::new(*label, format!("{page}{and}part={word}")).current(*this == part)
        };
        let frame = match part {
            MailPart::Html(colours) => Some(format!("{frame}?scheme={}", colours.as_str())),
            MailPart::Text => None,
        };
        let items = MailPart::ALL.iter().map(tab).collect();
        Self { tabs: Tabs { label: "Parts of the mail".to_owned(), items }, frame, text }
    }
}

/// Plain words, or an address that can be followed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TextPart {
    /// The words.
    pub text: String,
    /// The address, when the words are one of ours.
    pub href: Option<String>,
}

/// Cuts a text at addresses that begin with `base`, so that a page can link them.
#[must_use]
pub fn parts(text: &str, base: &str) -> Vec<TextPart> {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some(at) = (!base.is_empty()).then(|| rest.find(base)).flatten() {
        let (before, from) = rest.split_at(at);
        let end = from.find(char::is_whitespace).unwrap_or(from.len());
        let (address, after) = from.split_at(end);
        parts.push(TextPart { text: before.to_owned(), href: None });
        parts.push(TextPart { text: address.to_owned(), href: Some(address.to_owned()) });
        rest = after;
    }
    parts.push(plain(rest));
    parts
}

/// A text in which nothing can be followed.
#[must_use]
pub fn plain(text: &str) -> TextPart {
    TextPart { text: text.to_owned(), href: None }
}

/// What the links of a framed mail do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FramedLinks {
    /// Nothing.
    Inert,
    /// They lead the whole window there, not the frame.
    Followed,
}

/// How a mail asks for the colours of the system.
const DARK_BY_SYSTEM: &str = "@media(prefers-color-scheme:dark)";

/// The HTML part of a mail as a frame shows it: in these colours whatever the system has, and with these links.
#[must_use]
pub fn framed(html: &str, colours: Colours, links: FramedLinks) -> String {
    let dark = match colours {
        Colours::Light => "@media not all",
        Colours::Dark => "@media all",
    };
    let scheme = colours.as_str();
    let html = html
        .replace(DARK_BY_SYSTEM, dark)
        .replace("color-scheme:light dark", &format!("color-scheme:{scheme}"))
        .replace("content=\"light dark\"", &format!("content=\"{scheme}\""));
    match links {
        FramedLinks::Followed => html.replace("<a href=", "<a target=\"_top\" href="),
        FramedLinks::Inert => without_links(&html),
    }
}

/// Every link looks as before and leads nowhere.
fn without_links(html: &str) -> String {
    let mut pieces = html.split("<a href=\"");
    let mut out =
        pieces.next().unwrap_or_default().replace("</style>", "a{text-decoration:underline}</style>");
    for piece in pieces {
        let (_, rest) = piece.split_once('"').unwrap_or(("", piece));
        out.push_str("<a role=\"link\" aria-disabled=\"true\"");
        out.push_str(rest);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::{Renderer, samples};

    #[test]
    fn addresses_of_ours_become_links_and_nothing_is_lost() {
        let text = "See http://a/q#1\nand http://b/x.";
        let parts = parts(text, "http://a");
        assert_eq!(parts.iter().map(|part| part.text.as_str()).collect::<String>(), text);
        assert_eq!(
            parts.iter().filter_map(|part| part.href.as_deref()).collect::<Vec<_>>(),
            ["http://a/q#1"]
        );
    }

    #[test]
    fn every_mail_can_be_framed_in_either_colours_and_leads_nowhere() {
        let renderer = Renderer::new(None).unwrap();
        for sample in samples::mails() {
            let mail = renderer.mail_sample(&sample).unwrap().html;
            assert_eq!(mail.matches(DARK_BY_SYSTEM).count(), 1, "{}", sample.template);
            let light = framed(&mail, Colours::Light, FramedLinks::Inert);
            let dark = framed(&mail, Colours::Dark, FramedLinks::Inert);
            assert!(light.contains("@media not all{body") && dark.contains("@media all{body"));
            for (html, scheme) in [(&light, "light"), (&dark, "dark")] {
                assert!(!html.contains("prefers-color-scheme") && !html.contains("light dark"), "{html}");
                assert!(html.contains(&format!(":root{{color-scheme:{scheme}}}")), "{html}");
                assert!(!html.contains("href="), "{}: {html}", sample.template);
                assert_eq!(html.matches("<a role=").count(), mail.matches("<a href=").count());
            }
            let followed = framed(&mail, Colours::Light, FramedLinks::Followed);
            assert_eq!(followed.matches("<a target=\"_top\" href=").count(), mail.matches("<a ").count());
        }
    }

    #[test]
    fn a_text_that_looks_like_a_link_is_still_a_text() {
        let renderer = Renderer::new(None).unwrap();
        let mut sample = samples::mails().remove(0);
        sample.view["why"] = "<a href=\"https://evil.example\">".into();
        let mail = renderer.mail_sample(&sample).unwrap().html;
        let html = framed(&mail, Colours::Light, FramedLinks::Inert);
        let escaped = "&lt;a href&#x3D;&quot;https://evil.example&quot;&gt;";
        assert!(html.contains(escaped), "{html}");
    }
}
