//! Rule 12: what a text may hold. Asked for every text while it is read.

use super::{Code, Faults, is_invisible};
use crate::definition::yaml::Pos;

/// The longest question in characters.
pub const MAX_QUESTION: usize = 130;

/// What ends a question in a questionnaire.
pub(crate) const OWN_MARK: [char; 1] = ['?'];

/// What may end a question in a translation: also the mark of full-width and of Arabic script.
pub(crate) const MARKS: [char; 3] = ['?', '？', '؟'];

/// Schemes that make a link without "//". Others, such as a word before a colon, are prose.
const OTHER_SCHEMES: [&str; 8] = ["http", "ftp", "file", "data", "mailto", "tel", "javascript", "vbscript"];

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

/// The text of a question: short, one line, no link, no markup, ends with one of the `marks`.
pub(crate) fn check_question(text: &str, marks: &[char], pos: Pos, faults: &mut Faults) {
    let length = text.chars().count();
    if length > MAX_QUESTION {
        faults.add(pos, Code::TextTooLong, format!("the question has {length} characters"));
    }
    if !text.ends_with(marks) && !text.trim().is_empty() {
        faults.add(pos, Code::TextNoQuestionMark, "the question does not end with a question mark");
    }
    if text.contains(['\n', '\t']) || text.contains("://") || holds_other_link(text) || holds_markdown(text) {
        faults.add(pos, Code::TextNotPlain, "a question is one line of plain words without links and markup");
    }
}

/// Every other text: links with https only.
pub(crate) fn check_links(text: &str, pos: Pos, faults: &mut Faults) {
    if holds_other_link(text) {
        faults.add(pos, Code::HelpLink, "a link that is not https");
    }
}

/// A link that is not https: the target of a Markdown link, `scheme://`, one of the [`OTHER_SCHEMES`] with its
/// colon directly before a word, or `//host`.
fn holds_other_link(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    let around = |at: usize, length: usize| (&text[..at], &text[at + length..]);
    let target = text.match_indices("](").any(|(at, open)| {
        let (_, target) = around(at, open.len());
        !target.trim_start().starts_with("https://")
    });
    let scheme = text.match_indices(':').any(|(at, colon)| {
        let (before, after) = around(at, colon.len());
        let word = before.rsplit(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))).next();
        let scheme = word.unwrap_or_default();
        match after.strip_prefix("//") {
            Some(_) => scheme != "https",
            None => {
                OTHER_SCHEMES.contains(&scheme)
                    && after.starts_with(|c: char| c == '/' || c.is_alphanumeric())
            }
        }
    });
    let host = text.match_indices("//").any(|(at, slashes)| {
        let (before, after) = around(at, slashes.len());
        let begins =
            before.chars().next_back().is_none_or(|c| c.is_whitespace() || matches!(c, '(' | '"' | '\''));
        begins && after.starts_with(char::is_alphanumeric)
    });
    target || scheme || host
}

/// Markdown that would show as such where plain text is shown: a link, bold, code, a heading, a list, a quotation.
fn holds_markdown(text: &str) -> bool {
    ["](", "**", "`"].iter().any(|mark| text.contains(mark))
        || ["# ", "- ", "* ", "> "].iter().any(|mark| text.starts_with(mark))
}

/// A tag (`<b>`, `</b>`, `<!--`, `<?`) or an entity (`&amp;`, `&#60;`). A plain "<" before a space or digit is text.
pub(crate) fn holds_html(text: &str) -> bool {
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
    fn a_link_is_told_from_prose() {
        for link in [
            "http://example.org",
            "see ftp://x",
            "[x](javascript:alert(1))",
            "://x",
            "xhttps://x",
            "[x](vbscript:a)",
            "[x](/a)",
            "[x](java\tscript:a)",
            "mailto:a@b.c",
            "DATA:text/html,x",
            "(file:/etc/passwd)",
            "http:x",
            "tel:123",
            "//x.org/a",
            "see //x.org",
            "[x](//x.org)",
        ] {
            assert!(holds_other_link(link), "{link}");
        }
        for prose in [
            "See https://example.org and (HTTPS://example.org).",
            "[x](https://x.org)",
            "data: none",
            "metadata:x",
            "and/or",
            "test-data:x",
            "the profile:full",
            "either//or",
            "// remark",
            "JavaScript: signed",
            "at 10:30",
            "a [1] (see b)",
        ] {
            assert!(!holds_other_link(prose), "{prose}");
        }
    }

    #[test]
    fn markdown_is_told_from_plain_words() {
        for marked in ["Is **this** so?", "[a](https://b)?", "Is `ls` run?", "# A?", "- a?"] {
            assert!(holds_markdown(marked), "{marked}");
        }
        for plain in [
            "Is 2 * 3 so?",
            "Is C# used?",
            "Is it - at last - so?",
            "Is issue #3 (or [4]) closed?",
            "Is a > b?",
        ] {
            assert!(!holds_markdown(plain), "{plain}");
        }
    }
}
