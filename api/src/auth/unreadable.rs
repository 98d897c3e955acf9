//! Why a token cannot be verified. The log says it always, by the request's id and without anything of the token. Its bearer is told
//! what anyone can read off the token, and what is wrong with claims whose signature held; which issuer, key or algorithm is
//! registered here, and whether a signature held, is told to nobody.

use crate::text::Text;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::errors::{Error, ErrorKind};
use serde::de::DeserializeOwned;

/// Why a token cannot be verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unreadable {
    /// More than one `Authorization` header.
    SeveralHeaders,
    /// Longer than what is looked at.
    TooLong,
    /// Not three parts, or no JSON in them; or `alg` is none that is known.
    Form,
    /// No `iss`, by which the keys are found.
    NoIssuer,
    /// Critical extensions, which are not understood.
    Critical,
    /// A token for another use.
    Type,
    /// No `kid`.
    NoKeyId,
    /// An issuer that is not registered, or is disabled.
    UnknownIssuer,
    /// The keys of the issuer were fetched too long ago.
    KeysTooOld,
    /// No key has this `kid`.
    UnknownKey,
    /// `alg` is not that of the key, or not allowed for the issuer.
    Algorithm,
    /// The signature does not hold.
    Signature,
    /// A claim is missing or of another type; which, where one alone is.
    Claim(String),
    /// The claims name nobody: a learner in two ways or by half, no `sub`, or what does not fit the kind of caller.
    Names,
    /// `sub` holds the number of an identity card.
    Personal,
    /// The issuer names no callers of this kind.
    Subjects,
}

impl Unreadable {
    /// Why the library did not take a token.
    pub(crate) fn of<T: DeserializeOwned>(error: &Error, token: &str) -> Self {
        match error.kind() {
            ErrorKind::Json(_) => Self::Claim(misfit::<T>(token)),
            ErrorKind::MissingRequiredClaim(name) => Self::Claim(name.clone()),
            ErrorKind::InvalidIssuer => Self::Claim("iss".to_owned()),
            // The form was judged before a key was looked for: what is left is the signature, and one that is no base64 must not show
            // that there was a key to try it with.
            _ => Self::Signature,
        }
    }

    /// For the log.
    pub(crate) fn cause(&self) -> String {
        let why = match self {
            Self::SeveralHeaders => "more than one Authorization header",
            Self::TooLong => "it is too long",
            Self::Form => "its form, or its alg is none that is known",
            Self::NoIssuer => "it has no iss",
            Self::Critical => "it has critical extensions (crit)",
            Self::Type => "its typ is of another use",
            Self::NoKeyId => "it has no kid",
            Self::UnknownIssuer => "its issuer is not registered, or disabled",
            Self::KeysTooOld => "the keys of its issuer were fetched too long ago",
            Self::UnknownKey => "its kid is of no key of the issuer",
            Self::Algorithm => "its alg is not that of the key, or not allowed for the issuer",
            Self::Signature => "its signature does not hold",
            Self::Claim(name) => {
                return format!("token not accepted: its claim {name} is missing, of another type or said twice");
            }
            Self::Names => "its claims name nobody, or in two ways",
            Self::Personal => "its sub holds the number of an identity card",
            Self::Subjects => "its issuer names no callers of this kind",
        };
        format!("token not accepted: {why}")
    }

    /// For the bearer.
    pub(super) fn told(&self) -> Text {
        let (zh, en) = match self {
            Self::SeveralHeaders => ("只应有一个 Authorization 请求头", "There is more than one Authorization header"),
            Self::TooLong => ("凭证过长", "The token is too long"),
            Self::Form => (
                "凭证不是 alg 为 EdDSA、ES256 或 RS256 的 JWT，或其头部字段的类型不符",
                "The token is no JWT whose alg is EdDSA, ES256 or RS256, or a field of its header is of another type",
            ),
            Self::NoIssuer => ("凭证缺少 iss", "The token has no iss"),
            Self::Critical => ("不支持凭证中的 crit 扩展", "The extensions in crit are not understood"),
            Self::Type => ("凭证的 typ 不是 JWT 或 at+jwt", "The typ of the token is not JWT or at+jwt"),
            Self::NoKeyId => ("凭证头部缺少 kid", "The header of the token has no kid"),
            // All on the same path, with the same words.
            Self::UnknownIssuer | Self::KeysTooOld | Self::UnknownKey | Self::Algorithm | Self::Signature => {
                ("无法验证该凭证", "The token cannot be verified")
            }
            Self::Claim(name) => {
                let zh = format!("凭证的 {name} 缺失、类型不符或重复");
                return Text::new(zh, format!("The claim {name} is missing, of another type or said twice"));
            }
            Self::Names => (
                "凭证未指明唯一的人员，或其声明互不相符",
                "The claims of the token name nobody, name a learner in two ways, or do not fit together",
            ),
            Self::Personal => (
                "凭证的 sub 含身份证件号码；工作人员须以账号指明",
                "The sub of the token holds the number of an identity card; officials are named by an account",
            ),
            Self::Subjects => ("该签发者不得为此类人员签发凭证", "The issuer may not name callers of this kind"),
        };
        Text::new(zh, en)
    }
}

/// The claim that is missing or of another type, of a token whose signature held. The library's own words would quote its value.
fn misfit<T: DeserializeOwned>(token: &str) -> String {
    // From the text itself: a value that was read before has forgotten what was said twice.
    let claims = token.split('.').nth(1).and_then(|part| URL_SAFE_NO_PAD.decode(part).ok()).unwrap_or_default();
    let mut text = serde_json::Deserializer::from_slice(&claims);
    let Err(error) = serde_path_to_error::deserialize::<_, T>(&mut text) else { return "-".to_owned() };
    let named = error.path().iter().next().map(ToString::to_string);
    // Of one that is missing the message says no more than which.
    named.unwrap_or_else(|| error.inner().to_string().split('`').nth(1).unwrap_or("-").to_owned())
}
