//! Files as bytes: what is taken comes back as it was, whatever its size (U-01, U-02), and what a browser or an office
//! program would run is refused, or never served as what it pretends to be (U-05).

use crate::{
    doors::said,
    vendor_side::{PRIYA, Signed, invited},
};
use reqwest::header;
use sha2::{Digest as _, Sha256};
use std::path::Path;
use tests::{app::TestApp, browser::Page};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

const QUESTION: &str = "/portal/questions/SEC-GOV-01";
const LIMIT: usize = 25 * 1024 * 1024;

async fn respondent(app: &TestApp) -> Signed {
    invited(app).await;
    Signed::come_in(app, PRIYA).await
}

async fn upload(vendor: &Signed, name: &str, bytes: Vec<u8>) -> Page {
    let page = vendor.client.open(QUESTION).await.expect(200);
    page.form("SEC-GOV-01/evidence").file("file", name, bytes).submit().await
}

/// A file as it comes back, by the ticket that its link gives.
async fn fetched(vendor: &Signed, href: &str) -> reqwest::Response {
    let ticket = vendor.client.open(href).await.expect(303);
    let place = ticket.headers["location"].to_str().unwrap();
    vendor.client.request(reqwest::Method::GET, place).send().await.unwrap()
}

/// Addresses of the files beside the answer.
async fn files(vendor: &Signed) -> Vec<String> {
    let page = vendor.client.open(QUESTION).await.expect(200);
    page.attributes(".file a[href^='/portal/evidence/']", "href")
}

/// An archive with stored entries of these names, each holding its own name.
fn archive(names: &[&str]) -> Vec<u8> {
    let (mut body, mut directory) = (Vec::new(), Vec::new());
    for name in names {
        let name_length = u16::try_from(name.len()).unwrap().to_le_bytes();
        let size = u32::try_from(name.len()).unwrap().to_le_bytes();
        let offset = u32::try_from(body.len()).unwrap().to_le_bytes();
        let sizes = [[0; 4], size, size].concat();
        body.extend(b"PK\x03\x04\x14\0\0\0\0\0\0\0\0\0");
        body.extend(&sizes);
        body.extend([&name_length[..], b"\0\0", name.as_bytes(), name.as_bytes()].concat());
        directory.extend(b"PK\x01\x02\x14\0\x14\0\0\0\0\0\0\0\0\0");
        directory.extend(&sizes);
        directory.extend([&name_length[..], &[0; 12], &offset, name.as_bytes()].concat());
    }
    let (at, length, count) = (body.len() as u32, directory.len() as u32, names.len() as u16);
    body.extend(directory);
    body.extend(b"PK\x05\x06\0\0\0\0");
    body.extend([count.to_le_bytes(), count.to_le_bytes()].concat());
    body.extend([length.to_le_bytes(), at.to_le_bytes()].concat());
    body.extend(b"\0\0");
    body
}

/// The least content of each kind that is taken.
fn least() -> Vec<(&'static str, Vec<u8>)> {
    let office = |part: &str| archive(&["[Content_Types].xml", part]);
    vec![
        ("a.pdf", b"%PDF-".to_vec()),
        ("a.png", b"\x89PNG\r\n\x1a\n".to_vec()),
        ("a.jpg", b"\xff\xd8\xff".to_vec()),
        ("a.jpeg", b"\xff\xd8\xff".to_vec()),
        ("a.docx", office("word/document.xml")),
        ("a.xlsx", office("xl/workbook.xml")),
        ("a.pptx", office("ppt/presentation.xml")),
        ("a.txt", b"a".to_vec()),
        ("a.csv", b"a".to_vec()),
        ("a.md", b"a".to_vec()),
    ]
}

#[tokio::test]
async fn u_01_each_kind_from_its_least_bytes_to_the_limit_comes_back_as_it_was() {
    let app = TestApp::start().await;
    let vendor = respondent(&app).await;
    let mut sent = Vec::new();
    for (name, content) in least() {
        let more = [content.clone(), b"1".to_vec()].concat();
        sent.extend([(name, content), (name, more)]);
    }
    let mut full = b"%PDF-1.7\n".to_vec();
    full.resize(LIMIT, b'x');
    sent.push(("full.pdf", full));
    let mut known = Vec::new();
    for (name, content) in sent {
        let (size, sha256) = (content.len(), Sha256::digest(&content));
        upload(&vendor, name, content).await.expect(303);
        let mut fresh = files(&vendor).await;
        fresh.retain(|href| !known.contains(href));
        let [href] = &fresh[..] else { panic!("{name}: {fresh:?}") };
        let answer = fetched(&vendor, href).await;
        assert_eq!(answer.headers()[header::CONTENT_LENGTH], size.to_string().as_str(), "{name}");
        let back = answer.bytes().await.unwrap();
        assert_eq!((back.len(), Sha256::digest(&back)), (size, sha256), "{name} of {size} bytes");
        known.push(href.clone());
    }
}

/// Bytes of all files below a folder.
fn kept_bytes(folder: &Path) -> u64 {
    let Ok(entries) = std::fs::read_dir(folder) else { return 0 };
    // A file may be deleted while we look.
    let size = |path: &Path| path.metadata().map_or(0, |metadata| metadata.len());
    entries
        .flatten()
        .map(|entry| entry.path())
        .map(|p| if p.is_dir() { kept_bytes(&p) } else { size(&p) })
        .sum()
}

#[tokio::test(flavor = "multi_thread")]
async fn u_02_of_a_body_without_end_no_more_than_the_limit_is_written_and_nothing_is_kept() {
    let app = TestApp::start().await;
    invited(&app).await;
    let jar = std::sync::Arc::default();
    let client = tests::browser::Client::with_jar(&app.base, &jar);
    let link = crate::vendor_side::mailed_link(&app, PRIYA);
    let page = crate::vendor_side::give_code(&app, &client, &link, PRIYA).await.expect(200);
    let csrf = page.attributes("input[name=csrf]", "value").remove(0);
    let cookies: Vec<String> = jar.held().iter().map(|(name, value)| format!("{name}={value}")).collect();

    let address = app.base.trim_start_matches("http://").to_owned();
    let mut stream = TcpStream::connect(&address).await.unwrap();
    let head = format!(
        "POST {QUESTION}/evidence HTTP/1.1\r\nHost: {address}\r\nCookie: {}\r\nContent-Type: multipart/form-data; \
         boundary=b\r\nTransfer-Encoding: chunked\r\n\r\n",
        cookies.join("; ")
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let parts = format!(
        "--b\r\nContent-Disposition: form-data; name=\"csrf\"\r\n\r\n{csrf}\r\n--b\r\nContent-Disposition: form-data; \
         name=\"file\"; filename=\"endless.txt\"\r\n\r\n"
    );
    stream.write_all(format!("{:x}\r\n{parts}\r\n", parts.len()).as_bytes()).await.unwrap();
    let (mut reading, mut writing) = stream.into_split();
    let endless = tokio::spawn(async move {
        let chunk = format!("{:x}\r\n{}\r\n", 64 * 1024, "x".repeat(64 * 1024));
        while writing.write_all(chunk.as_bytes()).await.is_ok() {}
    });
    let folder = app.evidence_folder();
    let watching = tokio::spawn(async move {
        let mut most = 0;
        loop {
            most = most.max(kept_bytes(&folder));
            let mut answer = [0; 13];
            let read = reading.read_exact(&mut answer);
            if tokio::time::timeout(std::time::Duration::from_millis(5), read).await.is_ok() {
                return (most, String::from_utf8_lossy(&answer).into_owned());
            }
        }
    });
    let (most, answer) = watching.await.unwrap();
    endless.abort();
    assert_eq!(answer, "HTTP/1.1 413 ");
    assert!(most > LIMIT as u64 / 2, "{most} bytes were seen: the folder was looked at too rarely");
    assert!(most <= (LIMIT + 64 * 1024) as u64, "{most} bytes were written");
    assert_eq!(kept_bytes(&app.evidence_folder()), 0);
}

#[tokio::test]
async fn u_05_what_a_browser_or_an_office_program_would_run_is_refused() {
    let app = TestApp::start().await;
    let vendor = respondent(&app).await;
    let office = |names: &[&str]| archive(&[&["[Content_Types].xml"], names].concat());
    let lnk = b"L\0\0\0\x01\x14\x02\0\0\0\0\0\xc0\0\0\0\0\0\0F".to_vec();
    let elf = b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x02\0>\0".to_vec();
    let mht = b"MIME-Version: 1.0\r\nContent-Type: multipart/related; boundary=x\r\n".to_vec();
    let hta = b"<html><head><HTA:APPLICATION/></head><script>1</script></html>".to_vec();
    let xhtml = b"<?xml version='1.0'?><html xmlns='http://www.w3.org/1999/xhtml'/>".to_vec();
    let macros = ["word/document.xml", "word/vbaProject.bin"];
    for (name, content) in [
        // By their own names.
        ("x.mht", mht.clone()),
        ("x.mhtml", mht.clone()),
        ("x.hta", hta.clone()),
        ("x.lnk", lnk.clone()),
        ("x.js", b"alert(1)".to_vec()),
        ("x.xhtml", xhtml.clone()),
        ("x.xml", xhtml.clone()),
        ("x", elf.clone()),
        ("x.elf", elf.clone()),
        ("x.so", elf.clone()),
        ("x.gif", b"GIF89a=1;alert(1)".to_vec()),
        ("x.zip", office(&["word/document.xml"])),
        ("x.docm", office(&macros)),
        ("x.xlsm", office(&["xl/workbook.xml", "xl/vbaProject.bin"])),
        ("x.pptm", office(&["ppt/presentation.xml", "ppt/vbaProject.bin"])),
        // Under a name that is taken.
        ("x.txt", mht),
        ("x.md", hta),
        ("x.csv", xhtml),
        ("x.txt", lnk.clone()),
        ("x.txt", elf.clone()),
        ("x.pdf", elf),
        ("x.docx", lnk),
        ("x.docx", office(&macros)),
        ("x.xlsx", office(&["xl/workbook.xml", "xl/vbaProject.bin"])),
        ("x.xlsx", office(&["xl/workbook.xml", "xl/macrosheets/sheet1.xml"])),
        ("x.pptx", office(&["ppt/presentation.xml", "ppt/activeX/activeX1.xml"])),
        // Two kinds in one.
        ("x.txt", b"GIF89a=1;alert(1)".to_vec()),
        ("x.docx", [b"%PDF-1.7\n".to_vec(), office(&["word/document.xml"])].concat()),
        ("x.png", [b"<svg onload=alert(1)>".to_vec(), b"\x89PNG\r\n\x1a\n".to_vec()].concat()),
    ] {
        let refused = upload(&vendor, name, content).await.expect(422);
        assert!(said(&refused, "file-not-allowed"), "{name}: {}", refused.text());
    }
    assert_eq!(files(&vendor).await, Vec::<String>::new());
    assert_eq!(kept_bytes(&app.evidence_folder()), 0);
}

#[tokio::test]
async fn u_05_a_file_of_two_kinds_is_kept_as_the_one_that_is_taken_and_never_shown() {
    let app = TestApp::start().await;
    let vendor = respondent(&app).await;
    let page = b"<html><script>alert(1)</script></html>".to_vec();
    for (name, kind, content) in [
        ("a.pdf", "application/pdf", [b"%PDF-1.7\n".to_vec(), page.clone()].concat()),
        ("b.pdf", "application/pdf", [b"%PDF-1.7\n".to_vec(), archive(&["x.html"])].concat()),
        ("c.png", "image/png", [b"\x89PNG\r\n\x1a\n".to_vec(), page.clone()].concat()),
        ("d.jpg", "image/jpeg", [b"\xff\xd8\xff\xe0/*".to_vec(), b"*/=alert(1)".to_vec()].concat()),
        ("e.txt", "application/octet-stream", [b"Minutes\n".to_vec(), page].concat()),
        ("f.csv", "application/octet-stream", b"=cmd|' /C calc'!A1".to_vec()),
    ] {
        let known = files(&vendor).await;
        upload(&vendor, name, content.clone()).await.expect(303);
        let href = files(&vendor).await.into_iter().find(|href| !known.contains(href)).unwrap();
        let answer = fetched(&vendor, &href).await;
        let value = |header: &str| answer.headers()[header].to_str().unwrap().to_owned();
        assert_eq!(value("content-type"), kind, "{name}");
        assert!(value("content-disposition").starts_with("attachment; "), "{name}");
        assert_eq!(value("x-content-type-options"), "nosniff", "{name}");
        assert_eq!(value("content-security-policy"), "sandbox; default-src 'none'", "{name}");
        assert_eq!(value("cross-origin-resource-policy"), "same-origin", "{name}");
        assert_eq!(answer.bytes().await.unwrap(), content, "{name}");
    }
}

#[tokio::test]
async fn bytes_that_no_row_names_are_deleted_after_a_day() {
    let app = TestApp::start().await;
    let vendor = respondent(&app).await;
    upload(&vendor, "soc2.txt", b"SOC 2 report".to_vec()).await.expect(303);
    let (folder, lost) = (app.evidence_folder(), "ab/cd/abcd0123456789abcdef0123456789abcdef0123");
    std::fs::create_dir_all(folder.join("ab/cd")).unwrap();
    std::fs::write(folder.join(lost), b"of an upload that was killed").unwrap();
    let kept = || app.services.blobs.older_than(app.services.now() + chrono::Duration::days(1000));
    for (hours, left) in [(23, 2), (25, 1)] {
        let written = app.services.now() - chrono::Duration::hours(hours);
        for key in kept().await.unwrap() {
            std::fs::File::open(folder.join(key)).unwrap().set_modified(written.into()).unwrap();
        }
        let job = app.services.surroundings.id();
        let database = &app.services.database;
        let work = api::domain::job::Job::ClearEvidence;
        assert!(
            database
                .enqueue_for_installation(job, &work, app.services.now(), &format!("clear {hours}"))
                .await
                .unwrap()
        );
        app.run_jobs().await;
        assert_eq!(kept().await.unwrap().len(), left, "after {hours} hours");
    }
    assert!(!folder.join(lost).exists());
    let href = files(&vendor).await.remove(0);
    assert_eq!(fetched(&vendor, &href).await.bytes().await.unwrap(), "SOC 2 report");
}
