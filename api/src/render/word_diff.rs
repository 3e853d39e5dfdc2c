//! Two texts beside each other, with the words marked that differ.

use super::Html;
use maud::html;
use similar::{ChangeTag, TextDiff};

/// The earlier text with what was taken out marked, and the later one with what was put in. The marks are said as
/// words too, for those who do not see them.
#[must_use]
pub fn marked(earlier: &str, later: &str) -> (Html, Html) {
    let diff = TextDiff::from_words(earlier, later);
    (side(&diff, ChangeTag::Delete), side(&diff, ChangeTag::Insert))
}

fn side<'t>(diff: &TextDiff<'t, 't, 't, str>, own: ChangeTag) -> Html {
    // Neighbouring words of one kind are one run.
    let mut runs: Vec<(bool, String)> = Vec::new();
    for change in diff.iter_all_changes().filter(|change| [ChangeTag::Equal, own].contains(&change.tag())) {
        let differs = change.tag() == own;
        match runs.last_mut() {
            Some((same, run)) if *same == differs => run.push_str(change.value()),
            _ => runs.push((differs, change.value().to_owned())),
        }
    }
    html! {
        @for (differs, run) in &runs {
            @if !differs {
                (run)
            } @else if own == ChangeTag::Insert {
                ins { span.sr { "added: " } (run) }
            } @else {
                del { span.sr { "removed: " } (run) }
            }
        }
    }
    .into()
}

/// A text without marks.
#[must_use]
pub fn plain(text: &str) -> Html {
    html! { (text) }.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(earlier: &str, later: &str) -> (String, String) {
        let text = |html: Html| serde_json::to_value(html).unwrap()["html"].as_str().unwrap().to_owned();
        let (before, now) = marked(earlier, later);
        (text(before), text(now))
    }

    #[test]
    fn only_the_words_that_differ_are_marked() {
        let (before, now) = shown("Tested every year by us.", "Tested every month by us.");
        assert_eq!(before, r#"Tested every <del><span class="sr">removed: </span>year</del> by us."#);
        assert_eq!(now, r#"Tested every <ins><span class="sr">added: </span>month</ins> by us."#);
    }

    #[test]
    fn equal_texts_have_no_marks_and_every_text_is_shown_and_not_obeyed() {
        assert_eq!(shown("<b>Same</b>", "<b>Same</b>").1, "&lt;b&gt;Same&lt;/b&gt;");
        assert!(shown("", "<script>").1.contains("&lt;script&gt;"));
    }
}
