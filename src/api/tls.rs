//! TLS: rustls with ring, the system's certificate authorities and those of `SSL_CERT_FILE`.

use std::{
    path::Path,
    sync::{Arc, OnceLock},
};

use rustls::{
    ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme,
    client::{
        WebPkiServerVerifier,
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    },
    crypto::{CryptoProvider, ring},
    pki_types::{CertificateDer, ServerName, UnixTime},
};

use super::{ApiError, Cause};

/// Where Linux distributions and BSDs keep the one file with all authorities.
/// Reading it is many times faster than the folder of single files beside it.
const BUNDLES: [&str; 5] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
];

/// Builds the TLS configuration; `extra` is the file of `SSL_CERT_FILE`.
///
/// # Errors
/// [`ApiError::Certificates`] when `extra` or the system's authorities cannot be used.
pub(super) fn config(extra: Option<&Path>) -> Result<ClientConfig, ApiError> {
    let provider = Arc::new(ring::default_provider());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(unusable)?;
    let mut config = match extra {
        None => builder.with_root_certificates(system_roots()?),
        Some(path) => builder
            // rustls calls any verifier of one's own dangerous. This one only asks rustls's own
            // verifier twice, over two sets of authorities.
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(EitherVerifier {
                extra: verifier(file_roots(path)?, &provider)?,
                provider,
                system: OnceLock::new(),
            })),
    }
    .with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}

/// A configuration that trusts no certificate, for a service without TLS.
///
/// # Errors
/// [`ApiError::Certificates`] when the library refuses its own protocol versions.
pub(super) fn none() -> Result<ClientConfig, ApiError> {
    ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(unusable)
        .map(|builder| {
            builder
                .with_root_certificates(RootCertStore::empty())
                .with_no_client_auth()
        })
}

fn unusable(source: impl Into<Cause>) -> ApiError {
    let source = source.into();
    ApiError::Certificates {
        reason: source.to_string(),
        source,
    }
}

fn roots(found: rustls_native_certs::CertificateResult) -> Result<RootCertStore, ApiError> {
    let mut store = RootCertStore::empty();
    let (added, _) = store.add_parsable_certificates(found.certs);
    match (added, found.errors.into_iter().next()) {
        (0, Some(err)) => Err(unusable(err)),
        (0, None) => Err(unusable("no certificate in it")),
        _ => Ok(store),
    }
}

fn file_roots(path: &Path) -> Result<RootCertStore, ApiError> {
    // Opening a FIFO would wait for a writer, and could not be interrupted.
    if path.metadata().is_ok_and(|found| !found.is_file()) {
        return Err(unusable("it is not a regular file"));
    }
    roots(rustls_native_certs::load_certs_from_paths(Some(path), None))
}

fn system_roots() -> Result<RootCertStore, ApiError> {
    match BUNDLES.iter().map(Path::new).find(|path| path.exists()) {
        Some(bundle) => file_roots(bundle),
        None => roots(rustls_native_certs::load_native_certs()),
    }
}

fn verifier(
    roots: RootCertStore,
    provider: &Arc<CryptoProvider>,
) -> Result<Arc<WebPkiServerVerifier>, ApiError> {
    WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(provider))
        .build()
        .map_err(unusable)
}

/// Takes a certificate that `SSL_CERT_FILE` vouches for, and else one that the system vouches
/// for. The system's authorities are loaded only when they are asked.
#[derive(Debug)]
struct EitherVerifier {
    extra: Arc<WebPkiServerVerifier>,
    provider: Arc<CryptoProvider>,
    system: OnceLock<Option<Arc<WebPkiServerVerifier>>>,
}

impl EitherVerifier {
    fn system(&self) -> Option<&Arc<WebPkiServerVerifier>> {
        self.system
            .get_or_init(|| {
                system_roots()
                    .and_then(|roots| verifier(roots, &self.provider))
                    .ok()
            })
            .as_ref()
    }
}

impl ServerCertVerifier for EitherVerifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        self.extra
            .verify_server_cert(end_entity, intermediates, server_name, ocsp, now)
            .or_else(|err| match self.system() {
                Some(system) => {
                    system.verify_server_cert(end_entity, intermediates, server_name, ocsp, now)
                }
                None => Err(err),
            })
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.extra.verify_tls12_signature(message, cert, dss)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.extra.verify_tls13_signature(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.extra.supported_verify_schemes()
    }
}
