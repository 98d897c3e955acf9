//! TLS of the service's own, for whoever has no proxy in front of it: TLS 1.2 and 1.3 by rustls, HTTP/1.1 within; and whom it
//! trusts where it is the one that asks.
//!
//! Certificate and key are read when the service starts; a new certificate is taken by a restart.

use crate::{keys::read_private, settings::Settings};
use percent_encoding::percent_decode_str;
use rustls::{
    ServerConfig,
    crypto::ring::default_provider,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
};
use std::{fmt::Display, path::Path, sync::Arc};
use thiserror::Error;

/// Why files of certificates and keys cannot be used: all of them, each with its setting and its path.
#[derive(Debug, Error)]
#[error("{}", .0.join("\n"))]
pub struct TlsError(pub(crate) Vec<String>);

impl TlsError {
    fn of(setting: &str, path: &Path, reason: impl Display) -> Self {
        Self(vec![format!("{setting}: {}: {reason}", path.display())])
    }

    /// Both, or what is wrong with either.
    pub(crate) fn both<A, B>(one: Result<A, Self>, other: Result<B, Self>) -> Result<(A, B), Self> {
        match (one, other) {
            (Ok(one), Ok(other)) => Ok((one, other)),
            (Err(mut one), Err(other)) => {
                one.0.extend(other.0);
                Err(one)
            }
            (Err(fault), _) | (_, Err(fault)) => Err(fault),
        }
    }
}

/// Where systems keep the certificates of the authorities they trust: Debian and Alpine, Red Hat and openEuler, SUSE.
const OF_SYSTEMS: [&str; 3] =
    ["/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/ca-bundle.pem"];

/// The authorities that may vouch for hosts of issuers' keys: those of a file, or else of the system; none where it has none.
///
/// # Errors
/// Says why the file that is named cannot be used.
pub(crate) fn authorities(file: Option<&Path>) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let of = |file: &Path| certificates("jwks_ca_file", file);
    match file {
        Some(file) => of(file),
        // One that holds nothing is the system's matter, and stops nobody who needs none.
        None => Ok(OF_SYSTEMS.iter().find_map(|file| of(Path::new(file)).ok()).unwrap_or_default()),
    }
}

/// The certificates of a file, at least one.
fn certificates(setting: &str, file: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let text = std::fs::read(file).map_err(|error| TlsError::of(setting, file, error))?;
    let found: Vec<_> = CertificateDer::pem_slice_iter(&text)
        .collect::<Result<_, _>>()
        .map_err(|error| TlsError::of(setting, file, error))?;
    if found.is_empty() {
        return Err(TlsError::of(setting, file, "it holds no certificate in PEM form"));
    }
    Ok(found)
}

fn private_key(file: &Path) -> Result<PrivateKeyDer<'static>, TlsError> {
    let text = read_private(file).map_err(|reason| TlsError::of("tls_key", file, reason))?;
    PrivateKeyDer::from_pem_slice(text.as_bytes())
        .map_err(|_| TlsError::of("tls_key", file, "it holds no private key in PEM form"))
}

/// How TLS is spoken; nothing where the settings name no certificate.
///
/// # Errors
/// Says which of the two files cannot be used and why, or that they do not belong together.
pub(crate) fn config(settings: &Settings) -> Result<Option<ServerConfig>, TlsError> {
    let Some((certificate, key)) = &settings.tls else { return Ok(None) };
    let (chain, private) = TlsError::both(certificates("tls_certificate", certificate), private_key(key))?;
    let together = |error| TlsError::of("tls_key", key, format!("not with {}: {error}", certificate.display()));
    let config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .and_then(|builder| builder.with_no_client_auth().with_single_cert(chain, private))
        .map_err(together)?;
    Ok(Some(config))
}

/// Looks at the files that the address of a PostgreSQL server names, which libpq itself would read with the first connection.
///
/// # Errors
/// Says which of them cannot be used and why.
pub(crate) fn of_database(url: &str) -> Result<(), TlsError> {
    let query = url.rsplit_once('?').filter(|_| url.starts_with("postgres")).map_or("", |(_, query)| query);
    let mut looked_at = Ok(());
    for (name, value) in query.split('&').filter_map(|pair| pair.split_once('=')) {
        let file = percent_decode_str(value).decode_utf8_lossy();
        let (setting, path) = (format!("database_url: {name}"), Path::new(file.as_ref()));
        let found = match name {
            // The certificates of the system, by libpq's word for them.
            "sslrootcert" if file == "system" => continue,
            "sslrootcert" | "sslcert" => certificates(&setting, path).map(drop),
            "sslkey" => std::fs::read(path).map(drop).map_err(|error| TlsError::of(&setting, path, error)),
            _ => continue,
        };
        looked_at = TlsError::both(looked_at, found).map(drop);
    }
    looked_at
}
