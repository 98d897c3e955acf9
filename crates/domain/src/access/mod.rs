//! Who may do what: the clients of other systems with their scopes, and the grants of officials.
//!
//! How a caller proves who they are (signatures, secrets) is the top floor's; what follows from it is decided here.

mod belonging;
mod giving;
mod grant;
mod scope;

pub use belonging::{belongs, belongs_within};
pub use giving::{Gift, Giver, GrantRefusal, Office, may_stand_beside};
pub use grant::{Grant, Named, Part, Reach, Role, qualified};
pub use scope::{ClientKind, Scope, ScopeRefusal, Scopes};

/// The algorithms by which another system may sign. None of them is symmetric: a public key must never verify as a shared one.
mod algorithm {
    crate::words! {
        /// How a token or an assertion is signed.
        pub enum SigningAlgorithm {
            /// ECDSA on P-256 with SHA-256.
            Es256 = "ES256",
            /// RSASSA-PKCS1-v1_5 with SHA-256.
            Rs256 = "RS256",
            /// Ed25519.
            EdDsa = "EdDSA",
        }
    }
}
pub use algorithm::SigningAlgorithm;

/// Why the keys of an issuer could not be had from its address.
mod key_fetch {
    crate::words! {
        /// Why keys could not be fetched: a kind, and nothing of what the other side said.
        pub enum KeyFetchFailure {
            /// The service knows no certificates by which it could tell whether the other side is who it says.
            NoCertificates = "no_certificates",
            /// The host's name leads to no address.
            NameNotFound = "name_not_found",
            /// The host's name leads to an address that is not public.
            AddressNotAllowed = "address_not_allowed",
            /// Nobody answers there, or not in HTTP.
            Unreachable = "unreachable",
            /// The whole did not come within its time.
            TimedOut = "timed_out",
            /// No TLS, or nobody who is trusted vouches for the other side.
            NotTrusted = "not_trusted",
            /// It sends elsewhere, which is not followed.
            Redirected = "redirected",
            /// Another status than 200.
            WrongStatus = "wrong_status",
            /// More than a set of keys can be.
            TooLarge = "too_large",
            /// No set of keys, or one with a key that could not be registered.
            UnusableKeys = "unusable_keys",
        }
    }
}
pub use key_fetch::KeyFetchFailure;
