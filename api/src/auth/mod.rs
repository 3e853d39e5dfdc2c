//! Cryptography and verification only: passwords, secrets, one-time codes, CSRF tokens. Rows live in `store`.

pub mod code;
pub mod password;
pub mod secret;

pub use secret::{Proof, Secret};
