//! Pure types and state machines of the service: no IO, no clock, no database.
//!
//! One file per concept of the glossary. A transition consumes a state, takes `now` where it needs it, and returns
//! the new state or a reason why not. To add a concept, add a file here, a table in `entity`, queries in `store`.

pub mod acceptance;
pub mod actor;
pub mod acts;
pub mod answer;
pub mod asking;
pub mod assessment;
pub mod assessment_mail;
pub mod audit;
pub mod clock;
pub mod contradictions;
pub mod delivery;
pub mod due;
pub mod earlier;
pub mod email_address;
pub mod evidence;
pub mod finding;
pub mod ids;
pub mod intake;
pub mod job;
pub mod link;
pub mod matrix;
pub mod people;
pub mod permission;
pub mod receipt;
pub mod remediation;
pub mod respondent;
pub mod review;
pub mod saved_view;
pub mod score_inputs;
pub mod sheet;
pub mod signing_key;
pub mod time_left;
pub mod timeline;
pub mod user;
pub mod vendor;

pub use actor::{Actor, RequestInfo};
pub use audit::AuditEvent;
pub use clock::Surroundings;
pub use permission::{Permission, Role};

/// Defines an enum whose values are stored and shown to programs as fixed lower-case words.
///
/// Gives `as_str`, `parse`, `ALL`, `Display` and serde by the same words, so that no word is written twice.
#[macro_export]
macro_rules! word_enum {
    ($(#[$meta:meta])* $name:ident { $($(#[$vmeta:meta])* $variant:ident => $word:literal),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        pub enum $name { $($(#[$vmeta])* #[serde(rename = $word)] $variant),+ }
        impl $name {
            /// Every value, in order.
            pub const ALL: &'static [$name] = &[$($name::$variant),+];
            /// The word that the API, the database and files use.
            #[must_use]
            pub const fn as_str(self) -> &'static str { match self { $($name::$variant => $word),+ } }
            /// The value with this word, if there is one.
            #[must_use]
            pub fn parse(word: &str) -> Option<Self> { match word { $($word => Some($name::$variant),)+ _ => None } }
        }
        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { f.write_str(self.as_str()) }
        }
    };
}
