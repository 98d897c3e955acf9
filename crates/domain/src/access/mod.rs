//! Who may do what: the clients of other systems with their scopes, and the grants of officials.
//!
//! How a caller proves who they are (signatures, secrets) is the top floor's; what follows from it is decided here.

mod belonging;
mod grant;
mod scope;

pub use belonging::{belongs, belongs_within};
pub use grant::{Giver, Grant, GrantRefusal, Named, Part, Reach, Role, may_govern, may_stand_beside, qualified};
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
