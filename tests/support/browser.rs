//! A client that behaves like a browser without script: cookies, redirects, forms filled in from the page.
//!
//! `client.open("/vendors").await.form("/vendors").set("name", "Lumen").submit().await` reads like what a person does.

use reqwest::{Method, StatusCode, Url, cookie::CookieStore, header, header::HeaderValue, multipart};
use scraper::{ElementRef, Html, Selector};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// One browser with its own cookies.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    base: Arc<str>,
}

/// The cookies of one browser, and every `Set-Cookie` that it was ever sent.
#[derive(Default)]
pub struct Jar(Mutex<Cookies>);

#[derive(Default)]
struct Cookies {
    held: BTreeMap<String, String>,
    sent: Vec<String>,
}

impl Jar {
    fn lock(&self) -> MutexGuard<'_, Cookies> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
    /// Puts a cookie in, as somebody else might who gets at the browser.
    pub fn plant(&self, name: &str, value: &str) {
        self.lock().held.insert(name.to_owned(), value.to_owned());
    }
    /// Every `Set-Cookie` header, in order.
    #[must_use]
    pub fn sent(&self) -> Vec<String> {
        self.lock().sent.clone()
    }
    /// The cookies held now, by name.
    #[must_use]
    pub fn held(&self) -> BTreeMap<String, String> {
        self.lock().held.clone()
    }
}

impl CookieStore for Jar {
    fn set_cookies(&self, headers: &mut dyn Iterator<Item = &HeaderValue>, _: &Url) {
        let mut cookies = self.lock();
        for header in headers {
            let header = header.to_str().expect("a readable cookie").to_owned();
            let (name, value) =
                header.split(';').next().unwrap_or_default().split_once('=').expect("a cookie");
            if header.contains("Max-Age=0") {
                cookies.held.remove(name);
            } else {
                cookies.held.insert(name.to_owned(), value.to_owned());
            }
            cookies.sent.push(header);
        }
    }
    fn cookies(&self, _: &Url) -> Option<HeaderValue> {
        let pairs: Vec<String> =
            self.lock().held.iter().map(|(name, value)| format!("{name}={value}")).collect();
        (!pairs.is_empty()).then(|| HeaderValue::from_str(&pairs.join("; ")).expect("a cookie header"))
    }
}

/// What came back, after redirects.
#[derive(Clone)]
pub struct Page {
    client: Client,
    /// Status of the last answer.
    pub status: StatusCode,
    /// Where the redirects ended, without the base.
    pub path: String,
    /// Headers of the last answer.
    pub headers: header::HeaderMap,
    /// The body.
    pub body: String,
}

/// A form of a page, with what is filled in already.
#[derive(Clone)]
pub struct Form {
    client: Client,
    action: String,
    multipart: bool,
    fields: Vec<(String, String)>,
    file: Option<(String, String, Vec<u8>)>,
}

impl Client {
    /// A fresh browser for the service at `base`.
    #[must_use]
    pub fn new(base: &str) -> Self {
        Self::with_redirects(base, reqwest::redirect::Policy::default())
    }
    /// A fresh browser that stops at the first answer: for looking at redirects.
    #[must_use]
    pub fn without_redirects(base: &str) -> Self {
        Self::with_redirects(base, reqwest::redirect::Policy::none())
    }
    /// A fresh browser that stops at the first answer and makes a connection for each request: whatever goes wrong with
    /// one is then the server's doing.
    #[must_use]
    pub fn with_fresh_connections(base: &str) -> Self {
        let builder = reqwest::Client::builder().cookie_store(true).pool_max_idle_per_host(0);
        Self::built(base, builder.redirect(reqwest::redirect::Policy::none()))
    }
    fn with_redirects(base: &str, redirects: reqwest::redirect::Policy) -> Self {
        Self::built(base, reqwest::Client::builder().cookie_store(true).redirect(redirects))
    }
    /// A fresh browser whose cookies can be looked at. It sends `Secure` cookies too, as a browser does that reaches
    /// the service through a proxy with TLS.
    #[must_use]
    pub fn with_jar(base: &str, jar: &Arc<Jar>) -> Self {
        Self::built(base, reqwest::Client::builder().cookie_provider(Arc::clone(jar)))
    }
    fn built(base: &str, builder: reqwest::ClientBuilder) -> Self {
        let http = builder.no_proxy().build().expect("a client");
        Self { http, base: base.trim_end_matches('/').into() }
    }
    /// The same browser, with the same cookies, at another process of the same service.
    #[must_use]
    pub fn at(&self, base: &str) -> Self {
        Self { http: self.http.clone(), base: base.trim_end_matches('/').into() }
    }
    /// Opens a page.
    pub async fn open(&self, path: &str) -> Page {
        let request = self.http.get(self.url(path)).header(header::ACCEPT, "text/html");
        self.page(request.send().await.expect("an answer")).await
    }
    /// Asks for JSON.
    pub async fn json(&self, path: &str) -> Page {
        self.page(self.http.get(self.url(path)).send().await.expect("an answer")).await
    }
    /// Posts pairs as they are, without a page's form (so without its token, unless given).
    pub async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Page {
        let request = self.http.post(self.url(path)).header(header::ACCEPT, "text/html").form(fields);
        self.page(request.send().await.expect("an answer")).await
    }
    /// Posts JSON as our own script does.
    pub async fn post_json(&self, path: &str, body: &serde_json::Value) -> Page {
        let request = self.http.post(self.url(path)).header("X-Assay", "1").json(body);
        self.page(request.send().await.expect("an answer")).await
    }
    /// Any request: for tests of methods and headers.
    pub fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        self.http.request(method, self.url(path))
    }
    /// Sends a request made with [`Self::request`].
    pub async fn send(&self, request: reqwest::RequestBuilder) -> Page {
        self.page(request.send().await.expect("an answer")).await
    }
    fn url(&self, path: &str) -> String {
        if path.starts_with("http") { path.to_owned() } else { format!("{}{path}", self.base) }
    }
    async fn page(&self, answer: reqwest::Response) -> Page {
        let status = answer.status();
        let url = answer.url().clone();
        let path = match url.query() {
            Some(query) => format!("{}?{query}", url.path()),
            None => url.path().to_owned(),
        };
        let headers = answer.headers().clone();
        let body = String::from_utf8_lossy(&answer.bytes().await.expect("a whole body")).into_owned();
        Page { client: self.clone(), status, path, headers, body }
    }
}

fn selector(text: &str) -> Selector {
    Selector::parse(text).unwrap_or_else(|e| panic!("selector {text}: {e}"))
}

/// What a person reads in a part of a page.
#[must_use]
pub fn words(element: ElementRef<'_>) -> String {
    element.text().collect::<Vec<_>>().join(" ").split_whitespace().collect::<Vec<_>>().join(" ")
}

impl Page {
    /// The page, or a panic that shows what came instead.
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status.as_u16(), status, "{} answered:\n{}", self.path, self.text());
        self
    }
    /// Everything a person can read on the page.
    #[must_use]
    pub fn text(&self) -> String {
        let document = Html::parse_document(&self.body);
        document.select(&selector("body")).next().map(words).unwrap_or_else(|| self.body.clone())
    }
    /// The page's heading.
    #[must_use]
    pub fn heading(&self) -> String {
        self.all("h1").into_iter().next().unwrap_or_default()
    }
    /// The words of everything that matches a CSS selector.
    #[must_use]
    pub fn all(&self, css: &str) -> Vec<String> {
        Html::parse_document(&self.body).select(&selector(css)).map(words).collect()
    }
    /// An attribute of everything that matches.
    #[must_use]
    pub fn attributes(&self, css: &str, name: &str) -> Vec<String> {
        let document = Html::parse_document(&self.body);
        document.select(&selector(css)).filter_map(|e| e.attr(name).map(str::to_owned)).collect()
    }
    /// Follows the first link whose words contain `text`.
    pub async fn follow(&self, text: &str) -> Page {
        let target = {
            let document = Html::parse_document(&self.body);
            document
                .select(&selector("a[href]"))
                .find(|link| words(*link).contains(text))
                .and_then(|link| link.attr("href").map(str::to_owned))
        };
        let target = target.unwrap_or_else(|| panic!("no link {text:?} on {}:\n{}", self.path, self.text()));
        self.client.open(&target).await
    }
    /// The form whose action ends with `action`, filled as the page shows it.
    #[must_use]
    pub fn form(&self, action: &str) -> Form {
        self.try_form(action).unwrap_or_else(|| panic!("no form {action:?} on {}:\n{}", self.path, self.body))
    }
    /// As [`Self::form`], if there is one.
    #[must_use]
    pub fn try_form(&self, action: &str) -> Option<Form> {
        let document = Html::parse_document(&self.body);
        let form = document
            .select(&selector("form"))
            .find(|f| f.attr("action").unwrap_or_default().ends_with(action))?;
        let mut fields = Vec::new();
        for element in form.select(&selector("input, select, textarea")) {
            let Some(name) = element.attr("name") else { continue };
            if element.attr("disabled").is_some() {
                continue;
            }
            match element.value().name() {
                "select" => {
                    let options: Vec<_> = element.select(&selector("option")).collect();
                    let chosen = options.iter().find(|o| o.attr("selected").is_some()).or(options.first());
                    let value = chosen.map(|o| o.attr("value").map_or_else(|| words(*o), str::to_owned));
                    fields.push((name.to_owned(), value.unwrap_or_default()));
                }
                "textarea" => {
                    let text: String = element.text().collect();
                    fields.push((name.to_owned(), text.strip_prefix('\n').unwrap_or(&text).to_owned()));
                }
                _ => match element.attr("type").unwrap_or("text") {
                    "checkbox" | "radio" if element.attr("checked").is_none() => {}
                    "submit" | "button" | "file" => {}
                    _ => fields.push((name.to_owned(), element.attr("value").unwrap_or_default().to_owned())),
                },
            }
        }
        Some(Form {
            client: self.client.clone(),
            action: form.attr("action").unwrap_or_default().to_owned(),
            multipart: form.attr("enctype") == Some("multipart/form-data"),
            fields,
            file: None,
        })
    }
    /// The code of the problem that came, as JSON or as a page; empty when none did.
    #[must_use]
    pub fn problem(&self) -> String {
        if let Ok(problem) = serde_json::from_str::<serde_json::Value>(&self.body) {
            return problem["code"].as_str().unwrap_or_default().to_owned();
        }
        let text = self.text();
        let reference = text.split("name this reference: ").nth(1).unwrap_or_default();
        let code = reference.split_once(", ").and_then(|(_, rest)| rest.split_once(')'));
        code.map(|(code, _)| code.to_owned()).unwrap_or_default()
    }
    /// The body as JSON.
    #[must_use]
    pub fn value(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap_or_else(|e| panic!("no JSON ({e}): {}", self.body))
    }
}

impl Form {
    /// Fills a field (all its former values go).
    #[must_use]
    pub fn set(mut self, name: &str, value: &str) -> Self {
        self.fields.retain(|(n, _)| n != name);
        self.fields.push((name.to_owned(), value.to_owned()));
        self
    }
    /// Fills several fields.
    #[must_use]
    pub fn with(self, pairs: &[(&str, &str)]) -> Self {
        pairs.iter().fold(self, |form, (name, value)| form.set(name, value))
    }
    /// Ticks one more box of a name.
    #[must_use]
    pub fn tick(mut self, name: &str, value: &str) -> Self {
        self.fields.push((name.to_owned(), value.to_owned()));
        self
    }
    /// Takes a field out, as an unticked box.
    #[must_use]
    pub fn without(mut self, name: &str) -> Self {
        self.fields.retain(|(n, _)| n != name);
        self
    }
    /// Chooses a file.
    #[must_use]
    pub fn file(mut self, name: &str, file_name: &str, bytes: Vec<u8>) -> Self {
        self.file = Some((name.to_owned(), file_name.to_owned(), bytes));
        self
    }
    /// What is filled in now.
    #[must_use]
    pub fn values(&self) -> BTreeMap<String, Vec<String>> {
        let mut values: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (name, value) in &self.fields {
            values.entry(name.clone()).or_default().push(value.clone());
        }
        values
    }
    /// Presses the button.
    pub async fn submit(self) -> Page {
        let client = self.client.clone();
        client.page(self.sent().await.expect("an answer")).await
    }
    /// Presses the button of a service that may die of it.
    ///
    /// # Errors
    /// When no answer comes.
    pub async fn sent(self) -> reqwest::Result<reqwest::Response> {
        let request =
            self.client.http.post(self.client.url(&self.action)).header(header::ACCEPT, "text/html");
        let request = if self.multipart || self.file.is_some() {
            let mut form = multipart::Form::new();
            for (name, value) in self.fields {
                form = form.text(name, value);
            }
            if let Some((name, file_name, bytes)) = self.file {
                form = form.part(name, multipart::Part::bytes(bytes).file_name(file_name));
            }
            request.multipart(form)
        } else {
            request.form(&self.fields)
        };
        request.send().await
    }
}
