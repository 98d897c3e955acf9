//! Where keys of issuers are fetched: one request over TLS, to an address that was judged.
//!
//! A name is resolved once, every address that it has is judged, and the connection goes to one of these, so that a name cannot lead
//! elsewhere between the judgement and the connection. Nothing is followed, no proxy of the environment is used, and the whole
//! answer is bounded in time and length. What the other side says reaches neither a record nor a log, but for its keys.

use super::address::{bare, is_among, is_public};
use crate::tls::{self, TlsError};
use domain::access::KeyFetchFailure;
use rustls::crypto::ring::default_provider;
use std::{io, path::PathBuf, sync::Arc, time::Duration as Wait};
use thiserror::Error;
use time::Duration;
use ureq::{
    Agent, Error as HttpError,
    config::Config,
    http::Uri,
    tls::{Certificate, RootCerts, TlsConfig},
    unversioned::{
        resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver},
        transport::{DefaultConnector, NextTimeout},
    },
};

/// More than twenty keys of any kind need.
const LONGEST: u64 = 64 * 1024;

/// How keys of issuers are fetched.
#[derive(Clone, Debug)]
pub struct KeyFetching {
    /// Certificates of the authorities that may vouch for a host (PEM); those of the system where none is named.
    pub ca_file: Option<PathBuf>,
    /// Hosts that may have addresses which are not public.
    pub private_hosts: Vec<String>,
    /// How often keys are fetched.
    pub every: Duration,
    /// How long keys are trusted after they were fetched last.
    pub trusted: Duration,
    /// How long the whole of one request may take. No setting of operators; tests shorten it.
    pub time: Wait,
}

/// The means to fetch keys, and how long they are trusted.
#[derive(Debug)]
pub(crate) struct KeySource {
    /// None where no certificates are known.
    agent: Option<Agent>,
    pub(super) private_hosts: Vec<String>,
    pub(super) every: Duration,
    pub(crate) trusted: Duration,
}

impl KeySource {
    /// Reads the certificates.
    ///
    /// # Errors
    /// When the file that is named cannot be used.
    pub(crate) fn of(fetching: &KeyFetching) -> Result<Self, TlsError> {
        let KeyFetching { ca_file, private_hosts, every, trusted, time } = fetching.clone();
        let roots = tls::authorities(ca_file.as_deref())?;
        let agent = (!roots.is_empty()).then(|| {
            let judged = Judged { names: DefaultResolver::default(), private_hosts: private_hosts.clone() };
            let roots = roots.iter().map(|root| Certificate::from_der(root).to_owned());
            Agent::with_parts(config(roots.into(), time), DefaultConnector::default(), judged)
        });
        Ok(Self { agent, private_hosts, every, trusted })
    }

    /// Whether anything could be fetched.
    pub(super) fn is_ready(&self) -> bool {
        self.agent.is_some()
    }

    /// What lies at an address.
    ///
    /// # Errors
    /// Says by a kind why it could not be had.
    pub(super) fn fetch(&self, address: &str) -> Result<Vec<u8>, KeyFetchFailure> {
        let agent = self.agent.as_ref().ok_or(KeyFetchFailure::NoCertificates)?;
        let mut answer = agent.get(address).call().map_err(|error| failure(&error))?;
        match answer.status().as_u16() {
            200 => answer.body_mut().with_config().limit(LONGEST).read_to_vec().map_err(|error| failure(&error)),
            300..=399 => Err(KeyFetchFailure::Redirected),
            _ => Err(KeyFetchFailure::WrongStatus),
        }
    }
}

fn config(roots: RootCerts, time: Wait) -> Config {
    let tls =
        TlsConfig::builder().root_certs(roots).unversioned_rustls_crypto_provider(Arc::new(default_provider())).build();
    Agent::config_builder()
        .https_only(true)
        .proxy(None)
        .http_status_as_error(false)
        .max_redirects(0)
        .max_redirects_will_error(false)
        // Each connection is made to an address that was judged for it.
        .max_idle_connections(0)
        .timeout_global(Some(time))
        .timeout_connect(Some(time / 2))
        .accept("application/jwk-set+json, application/json")
        .user_agent("xueshi")
        .tls_config(tls)
        .build()
}

/// The addresses of a name, if the service may connect to all of them.
#[derive(Debug)]
struct Judged {
    names: DefaultResolver,
    private_hosts: Vec<String>,
}

#[derive(Debug, Error)]
#[error("an address that is not public")]
struct NotPublic;

impl Resolver for Judged {
    fn resolve(&self, uri: &Uri, config: &Config, time: NextTimeout) -> Result<ResolvedSocketAddrs, HttpError> {
        let found = self.names.resolve(uri, config, time).map_err(|error| match error {
            HttpError::Io(_) => HttpError::HostNotFound,
            other => other,
        })?;
        let named = is_among(&self.private_hosts, bare(uri.host().unwrap_or_default()));
        if named || found.iter().all(|address| is_public(address.ip())) {
            Ok(found)
        } else {
            Err(HttpError::Other(Box::new(NotPublic)))
        }
    }
}

fn failure(error: &HttpError) -> KeyFetchFailure {
    match error {
        HttpError::HostNotFound => KeyFetchFailure::NameNotFound,
        HttpError::Other(why) if why.is::<NotPublic>() => KeyFetchFailure::AddressNotAllowed,
        HttpError::Timeout(_) => KeyFetchFailure::TimedOut,
        HttpError::BodyExceedsLimit(_) | HttpError::LargeResponseHeader(..) => KeyFetchFailure::TooLarge,
        HttpError::Tls(_) | HttpError::Rustls(_) | HttpError::Pem(_) => KeyFetchFailure::NotTrusted,
        HttpError::Io(why) => match why.kind() {
            // What `rustls` says about the other side.
            io::ErrorKind::InvalidData => KeyFetchFailure::NotTrusted,
            io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock => KeyFetchFailure::TimedOut,
            _ => KeyFetchFailure::Unreachable,
        },
        _ => KeyFetchFailure::Unreachable,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_certificates_nobody_is_asked() {
        let (every, trusted) = (Duration::MINUTE, Duration::HOUR);
        let source = KeySource { agent: None, private_hosts: Vec::new(), every, trusted };
        assert!(!source.is_ready());
        assert_eq!(source.fetch("https://localhost/keys"), Err(KeyFetchFailure::NoCertificates));
    }
}
