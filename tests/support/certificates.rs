//! Certificates made for one test: an authority of our own, and what it issues to mail servers, also when it should not.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use rcgen::{
    BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose, date_time_ymd,
};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use std::sync::Arc;

/// An authority that nobody knows until its certificate is handed over.
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pem: String,
}

impl Authority {
    /// A new one.
    #[must_use]
    pub fn new(name: &str) -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        params.distinguished_name.push(DnType::CommonName, name);
        let key = KeyPair::generate().unwrap();
        let pem = params.self_signed(&key).unwrap().pem();
        Self { issuer: Issuer::new(params, key), pem }
    }

    /// Its certificate, for `smtp.ca_file`.
    #[must_use]
    pub fn pem(&self) -> String {
        self.pem.clone()
    }

    /// A certificate for a server of this name or address, valid in the years when tests run.
    #[must_use]
    pub fn issue(&self, name: &str) -> ServerCertificate {
        self.issue_until(name, 2090)
    }

    /// A certificate whose time is over.
    #[must_use]
    pub fn issue_expired(&self, name: &str) -> ServerCertificate {
        self.issue_until(name, 2021)
    }

    fn issue_until(&self, name: &str, year: i32) -> ServerCertificate {
        let (params, key) = (server_params(name, year), KeyPair::generate().unwrap());
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        ServerCertificate { certificate: certificate.der().clone(), key }
    }
}

fn server_params(name: &str, year: i32) -> CertificateParams {
    let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
    params.distinguished_name.push(DnType::CommonName, name);
    (params.not_before, params.not_after) = (date_time_ymd(2020, 1, 1), date_time_ymd(year, 1, 1));
    params
}

/// A server's certificate with its key.
pub struct ServerCertificate {
    certificate: CertificateDer<'static>,
    key: KeyPair,
}

impl ServerCertificate {
    /// One that its server issued to itself.
    #[must_use]
    pub fn self_signed(name: &str) -> Self {
        let key = KeyPair::generate().unwrap();
        let certificate = server_params(name, 2090).self_signed(&key).unwrap();
        Self { certificate: certificate.der().clone(), key }
    }

    /// The same, marked as an authority's, as openssl makes it unless told otherwise.
    #[must_use]
    pub fn self_signed_authority(name: &str) -> Self {
        let (key, mut params) = (KeyPair::generate().unwrap(), server_params(name, 2090));
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let certificate = params.self_signed(&key).unwrap();
        Self { certificate: certificate.der().clone(), key }
    }

    /// The certificate alone, for `smtp.ca_file`.
    #[must_use]
    pub fn pem(&self) -> String {
        let body = BASE64.encode(&self.certificate);
        format!("-----BEGIN CERTIFICATE-----\n{body}\n-----END CERTIFICATE-----\n")
    }

    /// How a server offers it.
    #[must_use]
    pub fn acceptor(&self) -> tokio_rustls::TlsAcceptor {
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(self.key.serialize_der()));
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![self.certificate.clone()], key)
            .unwrap();
        tokio_rustls::TlsAcceptor::from(Arc::new(config))
    }
}
