//! TLS of the service's own, for whoever has no proxy in front of it: TLS 1.2 and 1.3 by rustls, HTTP/1.1 within.
//!
//! Certificate and key are read when the service starts; a new certificate is taken by a restart.

use crate::{keys::read_private, settings::Settings};
use rustls::{
    ServerConfig,
    crypto::ring::default_provider,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
};
use std::{path::Path, sync::Arc};
use thiserror::Error;

/// Why the service cannot speak TLS.
#[derive(Debug, Error)]
#[error("TLS: {path}: {reason}")]
pub struct TlsError {
    path: String,
    reason: String,
}

/// How TLS is spoken; nothing where the settings name no certificate.
///
/// # Errors
/// Says which of the two files cannot be used and why, or that they do not belong together.
pub(crate) fn config(settings: &Settings) -> Result<Option<ServerConfig>, TlsError> {
    let Some((certificate, key)) = &settings.tls else { return Ok(None) };
    let fault = |path: &Path, reason: String| TlsError { path: path.display().to_string(), reason };
    let text = std::fs::read(certificate).map_err(|error| fault(certificate, error.to_string()))?;
    let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_slice_iter(&text)
        .collect::<Result<_, _>>()
        .map_err(|error| fault(certificate, error.to_string()))?;
    if chain.is_empty() {
        return Err(fault(certificate, "it holds no certificate in PEM form".to_owned()));
    }
    let text = read_private(key).map_err(|reason| fault(key, reason))?;
    let private = PrivateKeyDer::from_pem_slice(text.as_bytes())
        .map_err(|_| fault(key, "it holds no private key in PEM form".to_owned()))?;
    let config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .and_then(|builder| builder.with_no_client_auth().with_single_cert(chain, private))
        .map_err(|error| fault(certificate, error.to_string()))?;
    Ok(Some(config))
}
