//! What a file says: the types of questionnaires and control sets, reading them strictly, and the shipped catalog.
//!
//! A file goes through `yaml` (text to tree), `read`, `read_control_set` or `overlay` (tree to types), `lint` (the
//! rules that look at more than one value) and [`load`] (all of it, `uses` included).
//!
//! `schema/` of this crate tells editors the shape of the three kinds of file; a test holds it to what is read here.

pub mod catalog;
pub mod control_set;
#[expect(
    clippy::module_inception,
    reason = "the file is named for the thing: the definition of a questionnaire"
)]
pub mod definition;
mod draft;
mod fields;
pub mod lint;
pub mod load;
pub mod overlay;
mod read;
mod read_control_set;
pub mod version;
mod yaml;

pub use control_set::{Control, ControlGroup, ControlSet};
pub use definition::*;
pub use yaml::{MAX_BYTES, MAX_DEPTH};
