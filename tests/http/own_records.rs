//! What whoever may is answered about the records of their own organisation or vendor: every line of `rights.rs`, with
//! the fields that a test can fill in without knowing the form. A form that wants more than these says so (422), and an
//! act that comes too late says that (409, 412): the record was found and the guard let the caller through.

use crate::{
    authorization::records,
    doors::{fields, filled, request, signed_in},
    foreign_ids::Vendor,
    procurement,
    rights::{self, Line},
    vendor_side::Signed,
};
use api::{
    domain::{Role, ids::Id as _, saved_view::ViewList},
    usecases::saved_views,
};
use std::collections::BTreeMap;
use tests::{
    app::{TestApp, address},
    browser::Client,
};
use uuid::Uuid;

type Records = BTreeMap<&'static str, Uuid>;

/// Asks every line of its caller; gives the lines that were answered otherwise.
async fn ask(client: &Client, csrf: &str, own: &Records, line: &Line) -> Option<String> {
    let id = |name: &str| *own.get(name).unwrap_or_else(|| panic!("a record for {name} of {}", line.path));
    let mut path = filled(line.path, id);
    let mut fields = fields(csrf);
    // Vendors and the draft are asked the short questionnaire.
    if line.path.contains("/portal") {
        path = path
            .replace("SEC-GOV-01", "SUB-02")
            .replace("supplier-security-core/governance", "subprocessor/SVC");
        fields.iter_mut().for_each(|(_, value)| *value = value.replace("SEC-GOV-01", "SUB-02"));
    }
    let answer = client.send(request(client, line.route(), &path, &fields)).await;
    let found = answer.status.as_u16();
    (found != line.status).then(|| format!("{} {} {found}, and not {}", line.method, line.path, line.status))
}

#[tokio::test]
async fn z_01_staff_are_answered_about_their_own_records_as_listed() {
    let app = TestApp::start().await;
    let mut own = records(&app).await;
    let viewer = app.ctx(Role::Viewer).await;
    own.insert("user", viewer.user().id.uuid());
    // Views belong to whoever saved them.
    saved_views::save(&viewer, ViewList::Findings, "High", "severity=high").await.unwrap();
    own.insert("view", saved_views::of_list(&viewer, ViewList::Findings).await.unwrap().remove(0).id.uuid());
    let procurement = app.signed_in(Role::Procurement).await;
    let page =
        procurement::prepared(&procurement, "Draft", "Draft Service", ("Dora", "dora@draft.example")).await;
    let draft = procurement::ready_short(&page).await.path.split('/').nth(2).unwrap().parse().unwrap();
    own.insert("draft", draft);
    let vendor = Vendor::invited(&app, "Corvid", ("Ines Vale", "ines@corvid.example")).await;
    vendor.with_a_finding(&app).await;
    own.insert("finished", vendor.assessment);
    let mut wrong = Vec::new();
    // First what only reads, for everybody who may; then what acts, once, for the last who may.
    for reads in [true, false] {
        for &role in Role::ALL {
            let (client, csrf) = signed_in(&app, &address(role)).await;
            let asked =
                |roles: &[Role]| if reads { roles.contains(&role) } else { roles.last() == Some(&role) };
            let lines =
                rights::of_staff().filter(|(roles, line)| (line.method == "GET") == reads && asked(roles));
            for (_, line) in lines {
                let found = ask(&client, &csrf, &own, &line).await;
                wrong.extend(found.map(|found| format!("{role}: {found}")));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn z_01_respondents_are_answered_about_their_own_records_as_listed() {
    let app = TestApp::start().await;
    let lumen = Vendor::invited(&app, "Lumen", ("Priya Shah", "priya@lumen.example")).await;
    let colleague =
        [("name", "Tom Okafor"), ("email", "tom@lumen.example"), ("mutation", "1"), ("csrf", &*lumen.csrf)];
    lumen.client.post("/portal/people", &colleague).await.expect(200);
    let corvid = Vendor::invited(&app, "Corvid", ("Ines Vale", "ines@corvid.example")).await;
    let own = corvid.with_a_finding(&app).await;
    // Two codes for each invitation in five minutes.
    app.advance(chrono::Duration::minutes(6));
    app.run_jobs().await;
    let come_in = async |to| Signed::come_in(&app, to).await;
    let (tom, priya) = (come_in("tom@lumen.example").await, come_in("priya@lumen.example").await);
    let (hal, ines) = (come_in("hal@helpers.example").await, come_in("ines@corvid.example").await);
    let mut wrong = Vec::new();
    // Who has not handed in, and who has; of each a helper, who may some of it, and the lead. What acts is asked once.
    type Asked = fn(bool, &Line) -> bool;
    let callers: [(&Signed, bool, Asked); 5] = [
        (&priya, false, |_, line| line.method == "GET"),
        (&tom, false, |helper, _| helper),
        (&priya, false, |helper, _| !helper),
        (&hal, true, |helper, line| helper && line.method == "GET"),
        (&ines, true, |_, _| true),
    ];
    for (caller, handed_in, asked) in callers {
        let lines =
            rights::of_portal().filter(|(helper, line)| line.handed_in == handed_in && asked(*helper, line));
        let mut lines: Vec<Line> = lines.map(|(_, line)| line).collect();
        // Signing out ends what the others need.
        lines.sort_by_key(|line| line.path.ends_with("/sign-out"));
        for line in &lines {
            let found = ask(&caller.client, &caller.csrf, &own, line).await;
            wrong.extend(found.map(|found| format!("{found}, handed in: {handed_in}")));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
