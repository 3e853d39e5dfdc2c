//! Requests made from the route table: what tests of permission and of foreign ids knock with.

use api::web::routes::{Access, Route};
use reqwest::{
    Method, RequestBuilder, header,
    multipart::{Form, Part},
};
use std::sync::atomic::{AtomicU64, Ordering};
use tests::{
    app::{PASSWORD, TestApp},
    browser::{Client, Page},
};
use uuid::Uuid;

/// What stands in the place of parameters that are no ids of records.
const WORDS: &[(&str, &str)] = &[
    ("question", "SEC-GOV-01"),
    ("questionnaire", "supplier-security-core"),
    ("section", "governance"),
    ("file:.*", "app.css"),
    ("mail", "nothing"),
    ("number", "1"),
    ("link_id", "0123456789abcdef0123"),
];

/// A body that gets past the checks of every form as far as possible, so that the record is looked up.
pub fn fields(csrf: &str) -> Vec<(&'static str, String)> {
    let pairs = [
        ("version", "1"),
        ("reason", "Because it is so"),
        ("name", "Nobody"),
        ("email", "nobody@vendor.example"),
        ("new_name", "Nobody"),
        ("new_email", "nobody@vendor.example"),
        ("role", "viewer"),
        ("due_on", "2026-12-20"),
        ("tier", "low"),
        ("severity", "low"),
        ("title", "A gap"),
        ("detail", "A gap"),
        ("fix", "Close it"),
        ("verdict", "accepted"),
        ("answer_rev", "1"),
        ("question", "SEC-GOV-01"),
        ("questionnaire", "supplier-security-core"),
        ("outcome", "declined"),
        ("summary", "No"),
        ("next_review_on", "2027-11-24"),
        ("text", "Words"),
        ("note", "Words"),
        ("owner_name", "Nobody"),
        ("url", "https://trust.example/report"),
        ("revision", "1"),
        ("go", "/portal/tasks"),
    ];
    // An upload is refused unless the token comes first.
    let mut fields = vec![("csrf", csrf.to_owned())];
    fields.extend(pairs.iter().map(|(name, value)| (*name, (*value).to_owned())));
    fields.extend(["key", "mutation"].map(|name| (name, random(name).to_string())));
    fields
}

/// The names of the route's parameters.
pub fn parameters(route: &Route) -> Vec<&'static str> {
    names(route.path).collect()
}

fn names(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
}

/// Whether the parameter is the id of a record.
pub fn is_id(parameter: &str) -> bool {
    WORDS.iter().all(|(word, _)| *word != parameter)
}

/// The route's path with ids from `id`.
pub fn path(route: &Route, id: impl Fn(&str) -> Uuid) -> String {
    filled(route.path, id)
}

/// The path with ids from `id` in the place of its names.
pub fn filled(template: &str, id: impl Fn(&str) -> Uuid) -> String {
    let mut path = template.to_owned();
    for parameter in names(template) {
        let value = match WORDS.iter().find(|(word, _)| *word == parameter) {
            Some((_, value)) => (*value).to_owned(),
            None => id(parameter).to_string(),
        };
        path = path.replace(&format!("{{{parameter}}}"), &value);
    }
    path
}

/// An id that no record has; another one each time.
pub fn random(_: &str) -> Uuid {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    Uuid::from_u128(0x0190_a0a0_0000_7000_8000 << 48 | u128::from(NEXT.fetch_add(1, Ordering::Relaxed)))
}

/// The request with these fields, sent as the route wants them.
pub fn request(client: &Client, route: &Route, path: &str, fields: &[(&str, String)]) -> RequestBuilder {
    let fields: Vec<_> = fields.iter().filter(|(name, _)| route.has_field(name)).cloned().collect();
    let method: Method = route.method.parse().unwrap();
    let request = client.request(method.clone(), path).header(header::ACCEPT, "text/html");
    let upload = route.access == Access::Portal && path.ends_with("/evidence");
    match (method, upload) {
        (Method::POST, true) => {
            let form = fields
                .iter()
                .fold(Form::new(), |form, (name, value)| form.text((*name).to_owned(), value.clone()));
            request.multipart(form.part("file", Part::text("It worked.").file_name("restore.txt")))
        }
        (Method::POST, false) if path == "/q/exchange" => {
            request.header("X-Assay", "1").json(&serde_json::json!({}))
        }
        (Method::POST, false) => request.form(&fields),
        (Method::PUT, _) => {
            let request = request.header("X-Assay", "1").header(header::IF_MATCH, "\"0\"");
            request.header("X-Mutation-Id", random("").to_string()).json(&serde_json::json!({}))
        }
        _ => request,
    }
}

/// A browser that stops at redirects, signed in, with the token of its forms.
pub async fn signed_in(app: &TestApp, email: &str) -> (Client, String) {
    let client = Client::without_redirects(&app.base);
    let page = client.open("/sign-in").await.expect(200);
    page.form("/sign-in").set("email", email).set("password", PASSWORD).submit().await.expect(303);
    let today = client.open("/").await.expect(200);
    let csrf = today.attributes("input[name=csrf]", "value").remove(0);
    (client, csrf)
}

/// The page without what differs between any two requests.
pub fn comparable(page: &Page) -> String {
    let mut text = String::new();
    let mut rest = page.body.as_str();
    while let Some(at) = rest
        .char_indices()
        .map(|(at, _)| at)
        .find(|at| rest.get(*at..at + 36).is_some_and(|word| Uuid::try_parse(word).is_ok()))
    {
        text.push_str(&rest[..at]);
        text.push_str("[id]");
        rest = &rest[at + 36..];
    }
    text + rest
}

/// Whether the answer, page or JSON, names this problem.
pub fn said(page: &Page, code: &str) -> bool {
    page.body.contains(&format!(", {code})")) || page.body.contains(&format!("\"code\":\"{code}\""))
}
