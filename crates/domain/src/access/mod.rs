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
