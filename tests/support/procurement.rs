//! What several tests begin with: a vendor with a contact and a service, its intake, an assessment that was sent.

use crate::browser::{Client, Page};

/// Registers a vendor through its page; gives `/vendors/<id>`.
pub async fn vendor(client: &Client, name: &str) -> String {
    let page = client.open("/vendors/new").await.expect(200);
    let page = page.form("/vendors").set("name", name).submit().await.expect(200);
    assert_eq!(page.heading(), name);
    page.path.clone()
}

/// Adds a contact to a vendor.
pub async fn contact(client: &Client, vendor: &str, name: &str, email: &str) {
    let page = client.open(&format!("{vendor}/contacts/new")).await.expect(200);
    page.form("/contacts").set("name", name).set("email", email).submit().await.expect(200);
}

/// Adds a service to a vendor; gives `/services/<id>`.
pub async fn service(client: &Client, vendor: &str, name: &str) -> String {
    let page = client.open(&format!("{vendor}/services/new")).await.expect(200);
    page.form("/services").set("name", name).submit().await.expect(200).path.clone()
}

/// Answers the intake as worked example I2 of the scoring model: a tool that screens CVs, 83/152, 54.6, high.
pub async fn cv_screening(client: &Client, service: &str) -> Page {
    let page = client.open(&format!("{service}/intake/answer")).await.expect(200);
    let answers = [
        ("INH-DAT", "personal"),
        ("INH-VOL", "k100"),
        ("INH-ACC", "read"),
        ("INH-CRT", "days"),
        ("INH-SUB", "weeks"),
        ("INH-REG", "guidance"),
        ("INH-LOC", "agreed"),
        ("INH-NTH", "some"),
        ("INH-AIE", "informs"),
        ("INH-AUT", "suggests"),
        ("INH-AIX", "stored"),
        ("INH-PPL", "k100"),
        ("INH-CTX", "genai"),
        ("INH-PRO", "clear"),
        ("INH-ANX", "employment"),
        ("INH-OWN", "Head of HR, hr@northwind.example"),
    ];
    page.form("/intake").with(&answers).submit().await.expect(200)
}

/// Sends the suggested questionnaires about a CV screening service to one contact; gives `/assessments/<id>`.
pub async fn sent(client: &Client) -> String {
    sent_to(client, "Lumen Analytics", "Lumen Hire", ("Priya Shah", "priya@lumen.example")).await
}

/// As [`sent`], to the contact of another vendor and about its service.
pub async fn sent_to(client: &Client, vendor: &str, service: &str, contact: (&str, &str)) -> String {
    let page = prepared(client, vendor, service, contact).await;
    let page = page.form("/questionnaires").submit().await.expect(200);
    let page =
        page.form("/people").set("message", "We want to use it for hiring.").submit().await.expect(200);
    page.form("/send").submit().await.expect(200).path.clone()
}

/// As [`sent_to`], with the sub-processor check alone: 14 questions, of which one has to be answered.
pub async fn sent_short(client: &Client, vendor: &str, service: &str, contact: (&str, &str)) -> String {
    send_short(&prepared(client, vendor, service, contact).await).await
}

/// Sends the sub-processor check alone, from the page that chooses what to ask.
pub async fn send_short(page: &Page) -> String {
    ready_short(page).await.form("/send").submit().await.expect(200).path.clone()
}

/// The page that checks a draft of the sub-processor check alone, from the page that chooses what to ask.
pub async fn ready_short(page: &Page) -> Page {
    let reasons = page.attributes("input[name^=reason-]", "name");
    let form = page.form("/questionnaires").set("questionnaire", "subprocessor");
    let form = reasons.iter().fold(form, |form, name| form.set(name, "Not asked now."));
    let page = form.submit().await.expect(200);
    page.form("/people").submit().await.expect(200)
}

/// The page that chooses what to ask, of a draft about a new vendor's service.
pub async fn prepared(
    client: &Client,
    vendor_name: &str,
    service_name: &str,
    (name, email): (&str, &str),
) -> Page {
    let vendor = vendor(client, vendor_name).await;
    contact(client, &vendor, name, email).await;
    let service = service(client, &vendor, service_name).await;
    let page = cv_screening(client, &service).await;
    page.form("/assessments").submit().await.expect(200)
}
