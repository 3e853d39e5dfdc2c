//! Evidence in and out (U-01 to U-07, U-12).

use crate::{
    procurement,
    vendor_side::{come_in, exchange, mailed_code, mailed_link, respondent},
};
use api::domain::Role;
use tests::{
    app::TestApp,
    browser::{Client, Page},
};

const QUESTION: &str = "SEC-GOV-01";

async fn upload(vendor: &Client, name: &str, bytes: &[u8]) -> Page {
    let page = vendor.open(&format!("/portal/questions/{QUESTION}")).await.expect(200);
    page.form(&format!("{QUESTION}/evidence")).file("file", name, bytes.to_vec()).submit().await
}

fn download_links(page: &Page) -> Vec<String> {
    page.attributes(".file a", "href")
        .into_iter()
        .filter(|href| href.starts_with("/portal/evidence/"))
        .collect()
}

#[tokio::test]
async fn u_01_u_07_a_file_comes_back_byte_for_byte_and_always_as_an_attachment() {
    let app = TestApp::start().await;
    let (vendor, path) = respondent(&app).await;
    let content = b"%PDF-1.7\nsome <script>alert(1)</script> bytes".repeat(5_000);
    let page = upload(&vendor, "Prüf\"bericht.pdf", &content).await.expect(200);
    let link = download_links(&page).remove(0);
    let raw = vendor.request(reqwest::Method::GET, &format!("{}{link}", app.base)).send().await.unwrap();
    let header =
        |name: &str| raw.headers().get(name).map(|v| v.to_str().unwrap().to_owned()).unwrap_or_default();
    assert_eq!(header("content-type"), "application/pdf");
    assert!(header("content-disposition").starts_with("attachment; "), "{}", header("content-disposition"));
    assert!(header("content-disposition").contains("filename*=UTF-8''Pr%C3%BCf%22bericht.pdf"));
    assert_eq!(header("x-content-type-options"), "nosniff");
    assert_eq!(header("content-security-policy"), "sandbox; default-src 'none'");
    assert_eq!(header("cross-origin-resource-policy"), "same-origin");
    assert_eq!(raw.bytes().await.unwrap(), content);
    // A user reads the same file by its own address, and the trail says so.
    let staff = app.signed_in(Role::RiskManager).await;
    let id = link.rsplit('/').next().unwrap();
    staff.json(&format!("/evidence/{id}")).await.expect(200);
    assert!(path.starts_with("/assessments/"));
    app.other_organisation().await.json(&format!("/evidence/{id}")).await.expect(404);
}

#[tokio::test]
async fn u_02_a_file_over_25_mb_is_refused_and_leaves_nothing() {
    let app = TestApp::start().await;
    let (vendor, _) = respondent(&app).await;
    let mut big = b"%PDF-1.7".to_vec();
    big.resize(25 * 1024 * 1024 + 1, b'x');
    let refused = upload(&vendor, "big.pdf", &big).await.expect(413);
    assert!(refused.text().contains("25 MB"), "{}", refused.text());
    let page = vendor.open(&format!("/portal/questions/{QUESTION}")).await.expect(200);
    assert!(download_links(&page).is_empty());
}

/// Files below the store's folder with their sizes.
fn kept_bytes(folder: &std::path::Path) -> u64 {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.map(|path| if path.is_dir() { kept_bytes(&path) } else { path.metadata().unwrap().len() }).sum()
}

#[tokio::test]
async fn u_02_of_200_mb_no_more_than_the_limit_is_ever_written() {
    let app = TestApp::start().await;
    let (vendor, _) = respondent(&app).await;
    let folder = app.evidence_folder();
    let page = vendor.open(&format!("/portal/questions/{QUESTION}")).await.expect(200);
    let form =
        page.form(&format!("{QUESTION}/evidence")).file("file", "big.txt", vec![b'x'; 200 * 1024 * 1024]);
    let most = std::sync::Arc::new(std::sync::atomic::AtomicU64::new(0));
    let (seen, watched) = (most.clone(), folder.clone());
    let watch = tokio::spawn(async move {
        loop {
            let now = std::panic::catch_unwind(|| kept_bytes(&watched)).unwrap_or(0);
            seen.fetch_max(now, std::sync::atomic::Ordering::Relaxed);
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
    });
    let _ = form.submit().await.expect(413);
    watch.abort();
    assert!(most.load(std::sync::atomic::Ordering::Relaxed) <= 25 * 1024 * 1024 + 64 * 1024);
    assert_eq!(kept_bytes(&folder), 0);
}

#[tokio::test]
async fn a_link_without_https_or_a_missing_file_is_met_by_the_browser_before_it_is_sent() {
    let app = TestApp::start().await;
    let (vendor, _) = respondent(&app).await;
    let page = vendor.open("/portal/questions/SEC-GOV-01").await.expect(200);
    let link = "input[type=url][name=url][required]";
    assert_eq!(page.attributes(link, "pattern"), ["[Hh][Tt][Tt][Pp][Ss]://.*"]);
    assert_eq!(page.attributes(link, "title"), ["The address begins with https://"]);
    assert_eq!(page.attributes("input[type=file][required]", "name"), ["file"]);
    for form in ["/evidence", "/link"] {
        let unchecked = format!("form[action$='{form}'][novalidate]");
        assert!(page.attributes(&unchecked, "action").is_empty(), "{form}");
    }
}

#[tokio::test]
async fn u_03_an_empty_file_and_no_file_are_refused() {
    let app = TestApp::start().await;
    let (vendor, _) = respondent(&app).await;
    upload(&vendor, "empty.pdf", b"").await.expect(422);
    let page = vendor.open(&format!("/portal/questions/{QUESTION}")).await.expect(200);
    page.form(&format!("{QUESTION}/evidence")).submit().await.expect(422);
}

#[tokio::test]
async fn u_05_u_06_what_is_no_document_or_not_what_it_claims_is_refused() {
    let app = TestApp::start().await;
    let (vendor, _) = respondent(&app).await;
    for (name, content) in [
        ("x.svg", &b"<svg xmlns='http://www.w3.org/2000/svg'/>"[..]),
        ("x.html", b"<html></html>"),
        ("x.exe", b"MZ"),
        ("a.pdf.exe", b"%PDF-1.7"),
        ("x.docm", b"PK\x03\x04"),
        ("x.pdf", b"<html></html>"),
        ("x.txt", b"%PDF-1.7"),
        ("x.txt", b"<?xml version='1.0'?>"),
    ] {
        let refused = upload(&vendor, name, content).await.expect(422);
        assert!(refused.text().contains("taken"), "{name}: {}", refused.text());
        assert_eq!(refused.problem(), "file-not-allowed", "{name}");
    }
}

#[tokio::test]
async fn evidence_is_used_again_removed_and_linked() {
    let app = TestApp::start().await;
    let (vendor, _) = respondent(&app).await;
    let page = upload(&vendor, "../../soc2.txt", b"SOC 2 report").await.expect(200);
    assert!(page.text().contains("soc2.txt") && !page.text().contains(".."));
    let other = vendor.open("/portal/questions/SEC-GOV-02").await.expect(200);
    let other = other.form("SEC-GOV-02/reuse").submit().await.expect(200);
    assert_eq!(download_links(&other), download_links(&page));
    let removed = other.form("/remove").submit().await.expect(200);
    assert_eq!(removed.status.as_u16(), 200);
    let other = vendor.open("/portal/questions/SEC-GOV-02").await.expect(200);
    assert!(download_links(&other).is_empty());
    let link = other.form("SEC-GOV-02/link");
    link.set("url", "javascript:alert(1)").submit().await.expect(422);
    let link = vendor.open("/portal/questions/SEC-GOV-02").await.expect(200).form("SEC-GOV-02/link");
    let page = link
        .set("url", "https://trust.lumen.example/soc2")
        .set("title", "Trust / SOC 2")
        .submit()
        .await
        .expect(200);
    assert!(page.text().contains("Trust / SOC 2"));
    assert_eq!(page.attributes(".file a[rel*=noreferrer]", "href"), ["https://trust.lumen.example/soc2"]);
}

#[tokio::test]
async fn an_upload_without_our_token_keeps_nothing() {
    let app = TestApp::start().await;
    let (vendor, _) = respondent(&app).await;
    let page = vendor.open(&format!("/portal/questions/{QUESTION}")).await.expect(200);
    let form = page.form(&format!("{QUESTION}/evidence")).without("csrf");
    form.file("file", "a.txt", b"text".to_vec()).submit().await.expect(403);
    let page = vendor.open(&format!("/portal/questions/{QUESTION}")).await.expect(200);
    assert!(download_links(&page).is_empty());
}

#[tokio::test]
async fn z_04_a_file_of_another_vendor_is_not_found() {
    let app = TestApp::start().await;
    let (vendor, _) = respondent(&app).await;
    let page = upload(&vendor, "a.txt", b"secret text").await.expect(200);
    let link = download_links(&page).remove(0);
    let staff = app.signed_in(Role::Procurement).await;
    let other = procurement::vendor(&staff, "Corvid").await;
    procurement::contact(&staff, &other, "Ines Vale", "ines@corvid.example").await;
    let service = procurement::service(&staff, &other, "Corvid Chat").await;
    let page = procurement::cv_screening(&staff, &service).await;
    let page = page.form("/assessments").submit().await.expect(200);
    let page = page.form("/questionnaires").submit().await.expect(200);
    let page = page.form("/people").submit().await.expect(200);
    page.form("/send").submit().await.expect(200);
    app.run_jobs().await;
    let ines = app.anonymous();
    exchange(&ines, &mailed_link(&app, "ines@corvid.example")).await.expect(200);
    app.run_jobs().await;
    ines.post("/q/code", &[("code", &mailed_code(&app, "ines@corvid.example"))]).await.expect(200);
    ines.json(&link).await.expect(404);
    vendor.json(&link).await.expect(200);
    drop(come_in(&app, &mailed_link(&app, crate::vendor_side::PRIYA)));
}
