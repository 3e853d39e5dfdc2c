//! A page of the portal as a preview shows it: its links lead to pages of the preview, and no form of it does anything.
//!
//! The page is changed after it was rendered, so that whatever a template of the portal holds, now or later, is shown
//! as the vendor will see it and is without effect. No text is met by it: texts are escaped, and quotes in them too.

/// The page with links below `/portal` leading below `base`, every button disabled, and forms that send nothing.
#[must_use]
pub fn without_effect(page: &str, base: &str) -> String {
    page.replace("href=\"/portal", &format!("href=\"{base}"))
        .replace("<button", "<button disabled")
        // Outside a dialog nothing is sent, even where Enter needs no button.
        .replace("method=\"post\"", "method=\"dialog\"")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::{Renderer, portal::samples};

    #[test]
    fn whatever_a_page_of_the_portal_holds_has_no_effect() {
        let renderer = Renderer::new(None).unwrap();
        let (mut links, mut buttons, mut forms) = (0, 0, 0);
        for sample in samples().into_iter().filter(|sample| sample.template.starts_with("portal/")) {
            let page = renderer.page(sample.template, &sample.view).unwrap();
            let shown = without_effect(&page, "/assessments/1/preview/portal");
            links += shown.matches("href=\"/assessments/1/preview/portal").count();
            assert!(!shown.contains("href=\"/portal"), "{}", sample.template);
            for button in shown.split("<button").skip(1) {
                assert!(button.starts_with(" disabled"), "{}: {button}", sample.template);
                buttons += 1;
            }
            for form in shown.split("<form").skip(1) {
                let (tag, _) = form.split_once('>').unwrap();
                assert!(tag.contains("method=\"dialog\""), "{}: {tag}", sample.template);
                forms += 1;
            }
        }
        assert!(links > 20 && buttons > 20 && forms > 20, "{links} links, {buttons} buttons, {forms} forms");
    }

    #[test]
    fn a_text_is_left_alone() {
        let text = "&lt;button&gt; href&#x3D;&quot;/portal method&#x3D;&quot;post&quot;";
        assert_eq!(without_effect(text, "/x"), text);
    }
}
