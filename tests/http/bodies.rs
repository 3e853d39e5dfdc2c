//! Bodies that do not arrive in time, and bodies that are not what they say (V-03, U-02).

use crate::vendor_side::{MailedLink, PRIYA, come_in, exchange, invited, mailed_code};
use api::{
    usecases::{
        SystemCtx,
        evidence::{self, Supports},
        portal_access::play_respondent,
    },
    web::body::Pace,
};
use reqwest::{Method, header};
use std::time::{Duration, Instant};
use tests::{app::TestApp, browser::Client};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

const FORM: &str = "Content-Type: application/x-www-form-urlencoded";
const JSON: &str = "Content-Type: application/json\r\nX-Assay: 1";
const UPLOAD: &str = "Content-Type: multipart/form-data; boundary=b";

/// A service in which a body has a second, and one more for each 64 kB.
async fn impatient() -> TestApp {
    let pace = Pace { grace: Duration::from_secs(1), ..Pace::default() };
    TestApp::with(move |state| state.at_pace(pace)).await
}

/// Sends the text and then nothing more; gives what came back until the server closed the connection, which it must.
async fn say(app: &TestApp, text: &str) -> String {
    let mut socket = TcpStream::connect(app.base.strip_prefix("http://").unwrap()).await.unwrap();
    socket.write_all(text.as_bytes()).await.unwrap();
    heard(&mut socket).await
}

async fn heard(socket: &mut TcpStream) -> String {
    let mut answer = Vec::new();
    let closed = tokio::time::timeout(Duration::from_secs(8), socket.read_to_end(&mut answer)).await;
    closed.unwrap().unwrap();
    String::from_utf8(answer).unwrap()
}

fn head(path: &str, headers: &str) -> String {
    format!("POST {path} HTTP/1.1\r\nHost: assay\r\nAccept: application/problem+json\r\n{headers}\r\n")
}

/// A respondent, with its cookie and the token of its forms for requests written by hand.
struct Respondent {
    link: MailedLink,
    cookie: String,
    csrf: String,
    browser: Client,
}

async fn respondent(app: &TestApp) -> Respondent {
    let (_, link) = invited(app).await;
    let browser = Client::without_redirects(&app.base);
    exchange(&browser, &link).await.expect(200);
    app.run_jobs().await;
    let page = browser.open("/q/code").await.expect(200);
    let inside = page.form("/q/code").set("code", &mailed_code(app, PRIYA)).submit().await.expect(303);
    let cookies = inside.headers.get_all(header::SET_COOKIE).iter();
    let cookies = cookies.map(|value| value.to_str().unwrap().split(';').next().unwrap().to_owned());
    let cookie = format!("Cookie: {}", cookies.collect::<Vec<_>>().join("; "));
    let csrf = browser.open("/portal").await.expect(200).attributes("input[name=csrf]", "value").remove(0);
    Respondent { link, cookie, csrf, browser }
}

fn field(name: &str, value: &str) -> String {
    format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
}

fn begun_file(csrf: &str) -> String {
    let file = "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.txt\"\r\n\r\n";
    format!("{}{file}", field("csrf", csrf))
}

#[tokio::test]
async fn v_03_a_body_that_does_not_arrive_is_ended_with_408_and_the_connection_closed() {
    let app = impatient().await;
    let Respondent { cookie, csrf, .. } = respondent(&app).await;
    let upload = "/portal/questions/SEC-GOV-01/evidence";
    let begun = begun_file(&csrf);
    let session = format!("{cookie}\r\n{UPLOAD}");
    let cases = [
        ("/sign-in", FORM, "email=a%40b.example"),
        ("/q/exchange", JSON, "{\"link_id\":"),
        (upload, &session, &begun),
        (upload, &session, "--b\r\nContent-Disp"),
        ("/portal/start", &format!("{cookie}\r\n{FORM}"), ""),
    ];
    let mut requests = Vec::new();
    for (path, headers, body) in cases {
        let lie = format!("{}\r\n{body}", head(path, &format!("{headers}\r\nContent-Length: 70000")));
        let chunk = if body.is_empty() { String::new() } else { format!("{:x}\r\n{body}\r\n", body.len()) };
        let endless =
            format!("{}\r\n{chunk}", head(path, &format!("{headers}\r\nTransfer-Encoding: chunked")));
        requests.extend([(path, lie), (path, endless)]);
    }
    let began = Instant::now();
    let answers = futures_util::future::join_all(requests.iter().map(|(_, text)| say(&app, text))).await;
    assert!(began.elapsed() >= Duration::from_secs(1), "a second is given");
    for ((path, _), answer) in requests.iter().zip(answers) {
        assert!(answer.starts_with("HTTP/1.1 408"), "{path}:\n{answer}");
        assert!(answer.contains("\"code\":\"request-timeout\""), "{path}:\n{answer}");
        assert!(answer.to_lowercase().contains("connection: close"), "{path}:\n{answer}");
    }
    // A person reads it as a page.
    let page = head("/sign-in", &format!("{FORM}\r\nContent-Length: 9"));
    let page = say(&app, &format!("{}\r\n", page.replace("application/problem+json", "text/html"))).await;
    assert!(page.starts_with("HTTP/1.1 408") && page.contains("took too long to arrive"), "{page}");
}

#[tokio::test]
async fn v_03_a_body_that_drips_is_ended_too_and_one_that_nobody_reads_as_well() {
    let app = impatient().await;
    let mut socket = TcpStream::connect(app.base.strip_prefix("http://").unwrap()).await.unwrap();
    let begin = head("/sign-in", &format!("{FORM}\r\nContent-Length: 70000"));
    socket.write_all(format!("{begin}\r\n").as_bytes()).await.unwrap();
    let (mut reading, mut writing) = socket.into_split();
    let drip = tokio::spawn(async move {
        while writing.write_all(b"x").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    });
    let mut answer = [0; 12];
    let read = tokio::time::timeout(Duration::from_secs(8), reading.read_exact(&mut answer)).await;
    read.expect("ended in time").unwrap();
    assert_eq!(&answer, b"HTTP/1.1 408");
    drip.abort();
    // Refused before its body was looked at: the connection does not stay for the rest.
    let endless = head("/vendors", &format!("{FORM}\r\nTransfer-Encoding: chunked"));
    let refused = say(&app, &format!("{endless}\r\n5\r\nname=\r\n")).await;
    assert!(refused.starts_with("HTTP/1.1 401"), "{refused}");
    assert!(refused.contains("\"code\":\"unauthenticated\""), "{refused}");
}

#[tokio::test]
async fn u_01_a_large_file_earns_the_time_that_it_needs() {
    let app = impatient().await;
    let vendor = respondent(&app).await.browser;
    let page = vendor.open("/portal/questions/SEC-GOV-01").await.expect(200);
    let mut file = b"%PDF-1.7".to_vec();
    file.resize(25 * 1024 * 1024, b'x');
    page.form("SEC-GOV-01/evidence").file("file", "large.pdf", file).submit().await.expect(303);
}

#[tokio::test]
async fn v_03_json_is_utf_8_to_the_letter() {
    let app = TestApp::start().await;
    let client = app.anonymous();
    let sent = async |kind: &str, body: Vec<u8>| {
        let request = client.request(Method::POST, "/q/exchange").header("X-Assay", "1");
        let answer = client.send(request.header(header::CONTENT_TYPE, kind).body(body)).await;
        (answer.status.as_u16(), answer.problem())
    };
    let plain = r#"{"link_id":"0123456789abcdef0123","secret":"x"}"#;
    let utf16 = |little: bool| -> Vec<u8> {
        let units = plain.encode_utf16();
        units.flat_map(|unit| if little { unit.to_le_bytes() } else { unit.to_be_bytes() }).collect()
    };
    let json = "application/json";
    let unknown = (404, "link-not-usable".to_owned());
    assert_eq!(sent(json, plain.into()).await, unknown, "read, and there is no such link");
    assert_eq!(sent("application/json; charset=UTF-8", plain.into()).await, unknown);
    let other = (415, "unsupported-media-type".to_owned());
    for (kind, body) in [
        ("application/json; charset=utf-16", utf16(true)),
        ("application/json; charset=iso-8859-1", plain.into()),
        ("text/plain", plain.into()),
        (json, utf16(true)),
        (json, utf16(false)),
        (json, [vec![0xFF, 0xFE], utf16(true)].concat()),
        (json, [vec![0xFE, 0xFF], utf16(false)].concat()),
    ] {
        assert_eq!(sent(kind, body.clone()).await, other, "{kind} {:?}", &body[..4]);
    }
    let deep =
        |depth: usize| format!(r#"{{"link_id":{}1{},"secret":"x"}}"#, "[".repeat(depth), "]".repeat(depth));
    for body in [
        format!("\u{feff}{plain}"),
        format!("{plain} {{}}"),
        format!("{plain}x"),
        r#"{"link_id":"a","link_id":"b","secret":"x"}"#.to_owned(),
        deep(32),
        deep(2_000),
    ] {
        assert_eq!(sent(json, body.clone().into()).await, (400, "malformed-request".to_owned()), "{body}");
    }
    let more = r#"{"link_id":"a","secret":"x","tenant_id":1}"#;
    assert_eq!(sent(json, more.into()).await, (422, "validation-failed".to_owned()));
    let large = format!(r#"{{"link_id":"{}"}}"#, "x".repeat(4_096));
    assert_eq!(sent(json, large.into()).await, (413, "payload-too-large".to_owned()));
    // Fewer bytes than announced, and then the end.
    let begin = head("/q/exchange", &format!("{JSON}\r\nContent-Length: 100"));
    let mut socket = TcpStream::connect(app.base.strip_prefix("http://").unwrap()).await.unwrap();
    socket.write_all(format!("{begin}\r\n{plain}").as_bytes()).await.unwrap();
    socket.shutdown().await.unwrap();
    let answer = heard(&mut socket).await;
    assert!(answer.starts_with("HTTP/1.1 400"), "{answer}");
}

#[tokio::test]
async fn a_file_is_refused_before_its_first_byte_when_there_is_no_room_or_no_place_for_it() {
    let app = impatient().await;
    let Respondent { link, cookie, csrf, .. } = respondent(&app).await;
    let offer = async |question: &str| {
        let path = format!("/portal/questions/{question}/evidence");
        let begin = head(&path, &format!("{cookie}\r\n{UPLOAD}\r\nContent-Length: 70000"));
        say(&app, &format!("{begin}\r\n{}", begun_file(&csrf))).await
    };
    assert!(offer("SEC-GOV-01").await.starts_with("HTTP/1.1 408"), "awaited where there is room");
    assert!(offer("SEC-XXX-99").await.starts_with("HTTP/1.1 404"));
    let portal = play_respondent(&SystemCtx::new(app.services.clone(), "test"), &link.id).await.unwrap();
    for n in 0..200 {
        let (supports, link) =
            (Supports::answer("SEC-GOV-01".to_owned()), format!("https://lumen.example/{n}"));
        evidence::add_link(&portal, supports, &link, "", "", &link).await.unwrap();
    }
    let full = offer("SEC-GOV-01").await;
    assert!(full.starts_with("HTTP/1.1 409") && full.contains("\"code\":\"quota-exceeded\""), "{full}");
    let vendor = come_in(&app, &link).await;
    let page = vendor.open("/portal/questions/SEC-GOV-01").await.expect(200);
    page.form("/remove").submit().await.expect(200);
    assert!(offer("SEC-GOV-01").await.starts_with("HTTP/1.1 408"), "removing one made room");
    // And now the answer is handed in.
    crate::submission::hand_in(&vendor).await;
    let closed = offer("SEC-GOV-01").await;
    assert!(
        closed.starts_with("HTTP/1.1 409") && closed.contains("\"code\":\"already-submitted\""),
        "{closed}"
    );
}
