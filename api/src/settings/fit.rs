//! What was read of a setting and cannot be used all the same: too long, too short, or not beside another.

use super::{Settings, fault::HIDDEN};
use domain::audit::LEAST_RETENTION;

/// A setting that was read and cannot be used.
pub(super) struct Unfit {
    /// It, and another one on which it depends, if one does.
    pub(super) names: &'static [&'static str],
    pub(super) found: String,
    pub(super) expected: &'static str,
}

/// Whether a setting is wrong, and what an [`Unfit`] says of it.
type Told = (bool, &'static [&'static str], String, &'static str);

impl Settings {
    /// What was read and cannot be used all the same. A URL is not shown: it may hold a password.
    pub(super) fn unfit(&self, batch_limit_is_said: bool) -> Vec<Unfit> {
        let url = &self.database_url;
        let schemes = ["sqlite://", "postgres://", "postgresql://"];
        let named = schemes.iter().any(|scheme| url.strip_prefix(scheme).is_some_and(|rest| !rest.is_empty()));
        let (longest, batch) = (self.limits.body_bytes, self.limits.batch_body_bytes);
        let at = &self.public_url;
        let host = ["https://", "http://"].iter().any(|s| at.strip_prefix(s).is_some_and(|rest| !rest.is_empty()));
        let address = host && !at.contains(['?', '#', ' ', '"']);
        let keys = &self.key_fetching;
        let told: [Told; 8] = [
            (!named, &["database_url"], url_found(url), "sqlite://FILE or postgres://USER:PASSWORD@HOST/NAME"),
            (self.workers > 1024, &["workers"], self.workers.to_string(), "a whole number from 1 to 1024"),
            (self.token_issuer.is_empty(), &["token_issuer"], NOTHING.into(), "a name"),
            (self.token_audience.is_empty(), &["token_audience"], NOTHING.into(), "a name"),
            (!address, &["public_url"], url_found(at), "https://HOST or http://HOST, without query or fragment"),
            (
                !keys.private_hosts.iter().all(|host| is_host(host)),
                &["jwks_allow_private_hosts"],
                url_found(&keys.private_hosts.join(",")),
                "names of hosts, without scheme, port or path, with commas between",
            ),
            (batch < longest && batch_limit_is_said, &[BATCH, BODY], batch.to_string(), "body_limit_bytes or more"),
            (
                batch < longest && !batch_limit_is_said,
                &[BODY, BATCH],
                longest.to_string(),
                "batch_body_limit_bytes or less",
            ),
        ];
        let unfit = told.into_iter().chain(self.times()).filter(|(wrong, ..)| *wrong);
        unfit.map(|(_, names, found, expected)| Unfit { names, found, expected }).collect()
    }

    /// Times that are too short or too long.
    fn times(&self) -> [Told; 8] {
        let days = |retention: time::Duration| retention.whole_days().to_string();
        let (repeats, keys) = (self.repeats_retention.whole_hours(), &self.key_fetching);
        [
            (
                !(LEAST_RETENTION..=LONGEST_RETENTION).contains(&self.audit_retention),
                &["audit_retention_days"],
                days(self.audit_retention),
                "a whole number from 184, six months, to 36500",
            ),
            (
                !(LEAST_RETENTION..=LONGEST_RETENTION).contains(&self.access_retention),
                &["access_retention_days"],
                days(self.access_retention),
                "a whole number from 184, six months, to 36500",
            ),
            (
                self.held_retention > LONGEST_RETENTION,
                &["held_retention_days"],
                days(self.held_retention),
                "a whole number from 1 to 36500",
            ),
            (
                self.changes_retention > LONGEST_RETENTION,
                &["changes_retention_days"],
                days(self.changes_retention),
                "a whole number from 1 to 36500",
            ),
            (
                keys.every > LONGEST_REFRESH,
                &["jwks_refresh_minutes"],
                keys.every.whole_minutes().to_string(),
                "a whole number from 1 to 1440, a day",
            ),
            (
                keys.trusted > LONGEST_TRUST,
                &["jwks_trusted_hours"],
                keys.trusted.whole_hours().to_string(),
                "a whole number from 1 to 8760, a year",
            ),
            (
                !(24..=168).contains(&repeats),
                &["repeats_retention_hours"],
                repeats.to_string(),
                "a whole number from 24 to 168",
            ),
            (
                keys.trusted < keys.every,
                &["jwks_trusted_hours", "jwks_refresh_minutes"],
                keys.trusted.whole_hours().to_string(),
                "no less time than jwks_refresh_minutes",
            ),
        ]
    }
}

/// How long anything is kept that goes at all: a hundred years. Longer ones would lead beyond the calendar.
const LONGEST_RETENTION: time::Duration = time::Duration::days(36_500);

/// How long keys of issuers may go without being fetched: whoever wants to be asked less often gives them.
const LONGEST_REFRESH: time::Duration = time::Duration::days(1);

/// How long keys that were fetched may be trusted.
const LONGEST_TRUST: time::Duration = time::Duration::days(365);

const BODY: &str = "body_limit_bytes";
const BATCH: &str = "batch_body_limit_bytes";
pub(super) const NOTHING: &str = "nothing";

/// A name, or an address without brackets: what is compared with the host of an address.
fn is_host(text: &str) -> bool {
    let name = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-_".contains(&byte));
    (name && !text.is_empty()) || text.parse::<std::net::IpAddr>().is_ok()
}

fn url_found(url: &str) -> String {
    if url.is_empty() { NOTHING.to_owned() } else { HIDDEN.to_owned() }
}
