//! Rule 12: what a text may hold. Asked for every text while it is read.

use super::{Code, Faults, is_invisible};
use crate::definition::yaml::Pos;

/// The longest question in characters.
pub const MAX_QUESTION: usize = 130;

/// Every text: not empty, no HTML, no control characters.
pub(crate) fn check(text: &str, pos: Pos, faults: &mut Faults) {
    if text.trim().is_empty() {
        faults.add(pos, Code::TextEmpty, "an empty text");
    }
    if holds_html(text) {
        faults.add(pos, Code::Html, "HTML in a text");
    }
    if text.chars().any(|c| (c.is_control() && c != '\n' && c != '\t') || is_invisible(c)) {
        faults.add(pos, Code::TextNotPlain, "a control character in a text");
    }
}

/// The text of a question: short, one line, no link, ends with a question mark.
///
/// Full-width and Arabic question marks count too, for translations.
pub(crate) fn check_question(text: &str, pos: Pos, faults: &mut Faults) {
    let length = text.chars().count();
    if length > MAX_QUESTION {
        faults.add(pos, Code::TextTooLong, format!("the question has {length} characters"));
    }
    if !text.ends_with(['?', '？', '؟']) && !text.trim().is_empty() {
        faults.add(pos, Code::TextNoQuestionMark, "the question does not end with a question mark");
    }
    if text.contains(['\n', '\t']) || text.contains("://") {
        faults.add(pos, Code::TextNotPlain, "a question is one line of plain words without links");
    }
}

/// A help text: paragraphs, and links with https only.
pub(crate) fn check_help(text: &str, pos: Pos, faults: &mut Faults) {
    let other_scheme = text.match_indices("://").any(|(at, _)| {
        let before = text.get(..at).unwrap_or_default();
        let scheme = before.rsplit(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or_default();
        !scheme.eq_ignore_ascii_case("https")
    });
    if other_scheme || text.to_ascii_lowercase().contains("javascript:") {
        faults.add(pos, Code::HelpLink, "a link that is not https");
    }
}

/// A tag (`<b>`, `</b>`, `<!--`, `<?`) or an entity (`&amp;`, `&#60;`). A plain "<" before a space or digit is text.
fn holds_html(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.iter().enumerate().any(|(at, byte)| match byte {
        b'<' => bytes.get(at + 1).is_some_and(|b| b.is_ascii_alphabetic() || matches!(b, b'/' | b'!' | b'?')),
        b'&' => {
            let name = bytes.get(at + 1..).unwrap_or_default();
            let length =
                name.iter().take(32).take_while(|b| b.is_ascii_alphanumeric() || **b == b'#').count();
            length > 1 && name.get(length) == Some(&b';')
        }
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_and_entities_are_html_and_comparisons_are_not() {
        for html in ["<b>x</b>", "a</p>", "<!-- x -->", "a &amp; b", "&#60;", "&#x3c;", "<script"] {
            assert!(holds_html(html), "{html}");
        }
        for plain in ["a < b", "R&D", "x <5", "5 <= 6", "&;", "Tom & Jerry; both", "->"] {
            assert!(!holds_html(plain), "{plain}");
        }
    }

    #[test]
    fn help_links_are_https() {
        let count = |text: &str| {
            let mut faults = Faults::new("f");
            check_help(text, Pos::START, &mut faults);
            faults.count()
        };
        assert_eq!(count("See https://example.org and (HTTPS://example.org)."), 0);
        for bad in ["http://example.org", "see ftp://x", "[x](javascript:alert(1))", "://x"] {
            assert_eq!(count(bad), 1, "{bad}");
        }
    }
}
