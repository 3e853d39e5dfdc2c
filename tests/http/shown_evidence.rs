//! Evidence beside the answer: which kinds a reviewer is shown, under which headers, and who is (U-07).

use crate::{submission::hand_in, vendor_side::respondent};
use api::{
    domain::Role,
    web::{
        error_page::CONTENT_SECURITY_POLICY,
        frame::{FITTED_POLICY, PDF_POLICY, PICTURE_POLICY},
    },
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use tests::{
    app::TestApp,
    browser::{Client, Page},
};

const QUESTION: &str = "SEC-GOV-01";
const PDF: &[u8] = b"%PDF-1.7\nsome <script>alert(1)</script> bytes";
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>";
const JPEG: &[u8] = b"\xff\xd8\xff<html><script>alert(1)</script></html>";

async fn upload(vendor: &Client, name: &str, bytes: &[u8]) -> Page {
    let page = vendor.open(&format!("/portal/questions/{QUESTION}")).await.expect(200);
    page.form(&format!("{QUESTION}/evidence")).file("file", name, bytes.to_vec()).submit().await
}

/// A submission with a link and these files, and the address of its review.
async fn reviewed(app: &TestApp, files: &[(&str, &[u8])]) -> String {
    let (vendor, path) = respondent(app).await;
    let page = vendor.open(&format!("/portal/questions/{QUESTION}")).await.expect(200);
    let link = page.form(&format!("{QUESTION}/link")).set("url", "https://trust.lumen.example/soc2");
    link.set("title", "Trust page").submit().await.expect(200);
    for (name, bytes) in files {
        // So that they are listed in the order in which they were added.
        app.advance(chrono::Duration::seconds(1));
        upload(&vendor, name, bytes).await.expect(200);
    }
    hand_in(&vendor).await;
    format!("{path}/review?show=all&q={QUESTION}")
}

fn value<'a>(page: &'a Page, name: &str) -> &'a str {
    page.headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
}

/// Of the frame on a page: its address, title, and whether it is a sandbox.
fn frame(page: &Page) -> (String, String, bool) {
    let of = |selector: &str, name: &str| page.attributes(selector, name);
    assert_eq!(of("iframe", "src").len(), 1, "{}", page.body);
    (of("iframe", "src").remove(0), of("iframe", "title").remove(0), of("iframe", "sandbox") == [""])
}

/// A picture in its frame: the very bytes, in a page that holds nothing else and may do nothing.
async fn fits_its_frame(client: &Client, src: &str, kind: &str, bytes: &[u8]) {
    let page = client.json(src).await.expect(200);
    assert_eq!(value(&page, "content-type"), "text/html; charset=utf-8");
    assert_eq!(value(&page, "content-security-policy"), FITTED_POLICY);
    assert_eq!(value(&page, "cross-origin-resource-policy"), "same-origin");
    assert_eq!(value(&page, "cross-origin-opener-policy"), "unsafe-none");
    assert_eq!(value(&page, "cache-control"), "no-store");
    let shown = format!("data:{kind};base64,{}", STANDARD.encode(bytes));
    assert_eq!(page.attributes("img", "src"), [shown]);
    assert!(!page.body.contains("script"), "{}", page.body);
}

#[tokio::test]
async fn u_07_pictures_and_pdf_are_shown_beside_the_answer_and_the_rest_is_downloaded() {
    let app = TestApp::start().await;
    let files = [("notes.txt", &b"Notes."[..]), ("report.pdf", PDF), ("one.png", PNG), ("two.jpeg", JPEG)];
    let review = reviewed(&app, &files).await;
    let risk = app.signed_in(Role::RiskManager).await;
    let page = risk.open(&review).await.expect(200);
    assert_eq!(
        value(&page, "content-security-policy"),
        format!("{CONTENT_SECURITY_POLICY}; frame-src 'self'")
    );
    assert!(page.text().contains("cannot be shown here"), "{}", page.text());
    assert_eq!(page.all(".file a[aria-current]"), ["report.pdf"], "the first that can be shown");
    let (src, title, sandbox) = frame(&page);
    assert_eq!((title.as_str(), sandbox), ("Evidence: report.pdf", false));
    let beside = page.attributes(".beside a", "href");
    assert_eq!(beside, [src.strip_suffix("/view").unwrap(), &src], "to be saved, and to be shown alone");

    for (name, bytes, kind, sandboxed, policy) in [
        ("report.pdf", PDF, "application/pdf", false, PDF_POLICY),
        ("one.png", PNG, "image/png", true, PICTURE_POLICY),
        ("two.jpeg", JPEG, "image/jpeg", true, PICTURE_POLICY),
    ] {
        let page = page.follow(name).await.expect(200);
        assert_eq!(page.all(".file a[aria-current]"), [name]);
        let (src, title, sandbox) = frame(&page);
        assert_eq!((title, sandbox), (format!("Evidence: {name}"), sandboxed));
        let src = match src.strip_suffix("?fit=yes") {
            Some(alone) if sandboxed => {
                fits_its_frame(&risk, &src, kind, bytes).await;
                alone.to_owned()
            }
            fitted => {
                assert!(fitted.is_none() && !sandboxed, "{src}");
                src
            }
        };
        let shown = risk.json(&src).await.expect(200);
        assert_eq!(value(&shown, "content-type"), kind);
        assert!(value(&shown, "content-disposition").starts_with("inline; filename=\""), "{name}");
        assert_eq!(value(&shown, "content-security-policy"), policy);
        assert_eq!(value(&shown, "content-length"), bytes.len().to_string());
        assert_eq!(value(&shown, "x-content-type-options"), "nosniff");
        assert_eq!(value(&shown, "cross-origin-resource-policy"), "same-origin");
        assert_eq!(value(&shown, "cache-control"), "no-store");
        let window = value(&shown, "cross-origin-opener-policy");
        assert_eq!(window, if sandboxed { "unsafe-none" } else { "same-origin" });
        // The other address of the same file saves it, as ever.
        let saved = risk.json(src.strip_suffix("/view").unwrap()).await.expect(200);
        assert!(value(&saved, "content-disposition").starts_with("attachment; "), "{name}");
    }
    assert!(PICTURE_POLICY.ends_with("; sandbox"));
    for policy in [PICTURE_POLICY, PDF_POLICY] {
        assert!(policy.starts_with("default-src 'none'; frame-ancestors 'self'"), "{policy}");
    }

    // Asking for the text, or for a piece of nothing, shows what is shown by itself.
    let text = page.attributes(".file a[href^='/evidence/']", "href").remove(0);
    for asked in [text.rsplit('/').next().unwrap(), "x"] {
        let page = risk.open(&format!("{review}&file={asked}")).await.expect(200);
        assert_eq!(frame(&page).0, src);
    }
    risk.json(&text).await.expect(200);
    risk.json(&format!("{text}/view")).await.expect(404);
    let trail = risk.open("/audit").await.expect(200).text();
    assert_eq!(
        trail.matches("Evidence shown").count(),
        3 + 2 + 1,
        "three files, two of them framed too, and the filter"
    );
    assert_eq!(trail.matches("Evidence downloaded").count(), 4 + 1, "four files, and the filter");

    // An answer without anything to show is no page that frames.
    let page = risk.open(&review.replace(QUESTION, "SEC-GOV-02")).await.expect(200);
    assert!(page.all("iframe").is_empty() && page.text().contains("No evidence is cited"));
    assert_eq!(value(&page, "content-security-policy"), CONTENT_SECURITY_POLICY);
}

#[tokio::test]
async fn u_07_what_only_claims_to_be_a_picture_is_not_taken_and_text_is_never_shown() {
    let app = TestApp::start().await;
    let (vendor, path) = respondent(&app).await;
    for (name, bytes) in [
        ("drawing.png", &b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"[..]),
        ("page.jpg", b"<!doctype html><script>alert(1)</script>"),
        ("drawing.svg", b"\x89PNG\r\n\x1a\n"),
        ("page.html", b"%PDF-1.7"),
    ] {
        upload(&vendor, name, bytes).await.expect(422);
    }
    upload(&vendor, "notes.txt", b"Notes <script>alert(1)</script>").await.expect(200);
    hand_in(&vendor).await;
    let risk = app.signed_in(Role::RiskManager).await;
    let page = risk.open(&format!("{path}/review?show=all&q={QUESTION}")).await.expect(200);
    assert!(page.all("iframe").is_empty() && page.text().contains("notes.txt"), "{}", page.text());
    let text = page.attributes(".file a", "href").remove(0);
    risk.json(&format!("{text}/view")).await.expect(404);
    // A ticket for the download does not show it either.
    let saved = risk.json(&text).await.expect(200);
    let shown = saved.path.replace("/downloads/", "/shown/");
    assert_ne!(shown, saved.path);
    risk.json(&shown).await.expect(404);
}

#[tokio::test]
async fn z_05_a_file_is_shown_to_users_of_its_organisation_alone_and_by_a_ticket() {
    let app = TestApp::start().await;
    let review = reviewed(&app, &[("one.png", PNG)]).await;
    let risk = app.signed_in(Role::RiskManager).await;
    let (src, ..) = frame(&risk.open(&review).await.expect(200));
    let shown = risk.json(&src).await.expect(200);
    assert!(shown.path.starts_with("/shown/"), "{}", shown.path);
    for reader in [Role::Viewer, Role::Procurement, Role::Admin] {
        let reader = app.signed_in(reader).await;
        reader.json(&shown.path).await.expect(404);
        reader.json(&src).await.expect(200);
    }
    app.advance(chrono::Duration::seconds(61));
    risk.json(&shown.path).await.expect(404);
    let other = app.other_organisation().await;
    for path in [&src, &shown.path] {
        other.json(path).await.expect(404);
        app.anonymous().json(path).await.expect(401);
    }
}
