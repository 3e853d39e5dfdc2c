//! Who acts, and through which request.

use super::{
    ids::{RespondentId, UserId},
    permission::Role,
};
use std::net::IpAddr;
use uuid::Uuid;

/// Who did it: goes into the audit trail and into "saved by".
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Actor {
    /// A person of the tenant.
    User(UserId),
    /// A person at the vendor.
    Respondent(RespondentId),
    /// A timer or a command; the word says which.
    System(&'static str),
}

impl Actor {
    /// `user`, `respondent` or `system`.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::User(_) => "user",
            Self::Respondent(_) => "respondent",
            Self::System(_) => "system",
        }
    }
    /// The raw id of the person; none for the system.
    #[must_use]
    pub fn id(&self) -> Option<Uuid> {
        match self {
            Self::User(id) => Some(id.0),
            Self::Respondent(id) => Some(id.0),
            Self::System(_) => None,
        }
    }
}

/// The signed-in user of a request.
#[derive(Clone, Debug)]
pub struct SignedInUser {
    /// Who.
    pub id: UserId,
    /// Name as shown on pages.
    pub name: String,
    /// Address that signs in.
    pub email: String,
    /// What the user may do.
    pub role: Role,
}

/// What the audit trail keeps of the request itself.
#[derive(Clone, Debug, Default)]
pub struct RequestInfo {
    /// Random id that is also printed on error pages and in logs.
    pub id: Option<Uuid>,
    /// The peer's address, after trusted proxies.
    pub client_address: Option<String>,
    /// The browser's own description, cut to 200 characters.
    pub user_agent: Option<String>,
}

impl RequestInfo {
    /// The peer as limits see it: an IPv4 address, or the /64 of an IPv6 address, which one household or office has.
    #[must_use]
    pub fn network(&self) -> String {
        let text = self.client_address.as_deref().unwrap_or_default();
        match text.parse() {
            Ok(IpAddr::V6(address)) => {
                let [a, b, c, d, ..] = address.segments();
                format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
            }
            _ => text.to_owned(),
        }
    }
}
