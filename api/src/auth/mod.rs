//! Cryptography and verification only: passwords, secrets, one-time codes, CSRF tokens, signatures. Rows live in `store`;
//! of files there are the private keys alone.

pub mod code;
pub mod jwt;
pub mod keys;
pub mod password;
pub mod secret;

pub use secret::{Proof, Secret};
