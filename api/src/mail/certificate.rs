//! What a mail server's certificate says of itself, for the operator who looks at the connection.

use chrono::{DateTime, Utc};

/// The certificate of an encrypted connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PeerCertificate {
    /// Whose it is.
    pub subject: String,
    /// Who issued it.
    pub issuer: String,
    /// Until when it is valid.
    pub not_after: DateTime<Utc>,
}

impl PeerCertificate {
    /// Reads it from its DER form; `None` when it is none. It has passed the check of the connection already.
    pub(super) fn read(der: &[u8]) -> Option<Self> {
        let (_, certificate) = x509_parser::parse_x509_certificate(der).ok()?;
        let named = |name: String, missing: &str| if name.is_empty() { missing.to_owned() } else { name };
        let names = certificate.subject_alternative_name().ok().flatten();
        let first = names.and_then(|names| names.value.general_names.first().map(ToString::to_string));
        Some(Self {
            subject: named(certificate.subject().to_string(), &first.unwrap_or_default()),
            issuer: named(certificate.issuer().to_string(), "nobody"),
            not_after: DateTime::from_timestamp(certificate.validity().not_after.timestamp(), 0)?,
        })
    }
}
