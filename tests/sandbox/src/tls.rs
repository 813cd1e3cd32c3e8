//! A certificate authority of the sandbox's own, made at every start.

use std::{fs, io, path::Path, sync::Arc};

use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa,
    Issuer, KeyPair, KeyUsagePurpose,
};
use rustls::{
    ServerConfig,
    crypto::ring,
    pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer},
};
use tokio_rustls::TlsAcceptor;

/// TLS could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A certificate could not be made.
    #[error("a certificate could not be made: {0}")]
    Certificate(#[from] rcgen::Error),
    /// The certificate could not be used.
    #[error("the certificate could not be used: {0}")]
    Config(#[from] rustls::Error),
    /// A file could not be written.
    #[error("the certificate could not be written: {0}")]
    File(#[from] io::Error),
}

/// Makes an authority and a certificate for this machine, writes `ca.pem`, `cert.pem` and
/// `key.pem` (0600) into `folder`, and returns what accepts connections with them.
pub(crate) fn acceptor(folder: &Path) -> Result<TlsAcceptor, TlsError> {
    let ca_key = KeyPair::generate()?;
    let mut ca = CertificateParams::default();
    ca.distinguished_name = name("scw-sandbox authority");
    ca.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    ca.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    let ca_certificate = ca.self_signed(&ca_key)?;

    let key = KeyPair::generate()?;
    let names = ["localhost", "127.0.0.1", "::1"].map(str::to_owned);
    let mut leaf = CertificateParams::new(names)?;
    leaf.distinguished_name = name("scw-sandbox");
    // Strict verifiers (Python since 3.13) refuse a certificate that does not name its authority.
    leaf.use_authority_key_identifier_extension = true;
    leaf.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let certificate = leaf.signed_by(&key, &Issuer::new(ca, ca_key))?;

    fs::create_dir_all(folder)?;
    fs::write(folder.join("ca.pem"), ca_certificate.pem())?;
    fs::write(folder.join("cert.pem"), certificate.pem())?;
    write_private(&folder.join("key.pem"), key.serialize_pem().as_bytes())?;

    let private = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], private)?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}

fn name(common: &str) -> DistinguishedName {
    let mut name = DistinguishedName::new();
    name.push(DnType::CommonName, common);
    name
}

fn write_private(path: &Path, content: &[u8]) -> io::Result<()> {
    use std::{
        io::Write,
        os::unix::fs::{OpenOptionsExt, PermissionsExt},
    };

    let mut file = fs::OpenOptions::new()
        .create(true)
        .truncate(true)
        .write(true)
        .mode(0o600)
        .open(path)?;
    // A file that was there keeps its mode otherwise.
    file.set_permissions(fs::Permissions::from_mode(0o600))?;
    file.write_all(content)
}
