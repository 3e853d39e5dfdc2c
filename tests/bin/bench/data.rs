//! An organisation to measure: so many vendors, each asked so many questions, three of four answered.
//!
//! What is answered, chosen and written comes from a fixed seed; ids and times are fresh, because sessions have to be.
//! Four of ten vendors are answering (each with a respondent that has a session), six have handed in and are scored.

use crate::filling::Filling;
use api::{
    auth::keys::KeyFolder,
    blobs::Blobs,
    domain::{RequestInfo, Surroundings},
    store::{ConnectOptions, Database},
    usecases::{
        Services, SystemCtx,
        accounts::{self, CreateOrganisation},
    },
};
use std::path::Path;
use tests::app::PASSWORD;
use uuid::Uuid;

/// Whose password is [`PASSWORD`].
pub const ADMIN: &str = "admin@northwind.example";

/// How much there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// Vendors, with one service and one assessment each.
    pub vendors: usize,
    /// Questions of the questionnaire that each of them is asked.
    pub questions: usize,
    /// Sections that they stand in, each on a page of its own.
    pub sections: usize,
}

impl Size {
    /// So many vendors with so many questions on one page.
    #[must_use]
    pub fn new(vendors: usize, questions: usize) -> Self {
        Self { vendors, questions, sections: 1 }
    }
}

/// A respondent who is signed in.
#[derive(Clone, Debug)]
pub struct Seat {
    /// The session's cookie.
    pub cookie: String,
    /// What is answered.
    pub assessment: Uuid,
    /// The revision of each question's answer.
    pub revisions: Vec<i64>,
}

/// What was made.
#[derive(Clone, Debug)]
pub struct Data {
    /// How much.
    pub size: Size,
    /// Where.
    pub url: String,
    /// A staff member, who may do everything.
    pub admin: Uuid,
    /// Their cookie.
    pub staff: String,
    /// What their forms carry.
    pub form_token: String,
    /// A service of each vendor.
    pub services: Vec<Uuid>,
    /// Everybody who is answering.
    pub seats: Vec<Seat>,
    /// Assessments that were handed in.
    pub handed_in: Vec<Uuid>,
}

/// A number that looks random and is the same in every run.
#[must_use]
pub fn mixed(seed: u64) -> u64 {
    let mut z = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15).wrapping_add(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// Words of 120 bytes that begin with `begin`.
#[must_use]
pub fn words(begin: &str) -> String {
    let mut text =
        format!("{begin}: as agreed with the security team, reviewed each quarter, and described in the ");
    text.push_str("policy that is attached to this questionnaire in full");
    text.truncate(119);
    text.push('.');
    text
}

/// Migrates the database at `url` and fills it.
///
/// # Errors
/// When it cannot be written.
pub async fn fill(url: &str, evidence: &Path, size: Size) -> anyhow::Result<Data> {
    let database = Database::connect(&ConnectOptions::new(url)).await?;
    database.migrate().await?;
    let keys = KeyFolder::at(&evidence.with_file_name("keys"));
    let blobs = Blobs::folder(evidence)?;
    let services = Services::new(database, Surroundings::system(), blobs, keys, "http://127.0.0.1");
    let system = SystemCtx::new(services.clone(), "measuring");
    let organisation = CreateOrganisation {
        organisation: "Northwind Bank".to_owned(),
        time_zone: "Europe/London".to_owned(),
        name: "Ada Admin".to_owned(),
        email: ADMIN.to_owned(),
        password: PASSWORD.to_owned(),
    };
    accounts::add_tenant(&system, organisation).await?;
    let secret = accounts::sign_in(&services, ADMIN, PASSWORD, RequestInfo::default()).await?;
    let ctx = accounts::authenticate(&services, &secret, RequestInfo::default()).await?;
    let mut data = Data {
        size,
        url: url.to_owned(),
        admin: ctx.user().id.0,
        staff: format!("assay={}", secret.reveal()),
        form_token: secret.csrf_token(),
        services: Vec::new(),
        seats: Vec::new(),
        handed_in: Vec::new(),
    };
    let filling = Filling::new(&ctx, size)?;
    let all: Vec<usize> = (0..size.vendors).collect();
    for numbers in all.chunks(100) {
        filling.vendors(numbers, &mut data).await?;
    }
    services.database.close().await;
    Ok(data)
}
