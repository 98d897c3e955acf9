//! From the head of a request to who calls. Done once, at the edge, before anything of the body is waited for.

use super::{Caller, CallerKind, ClientToken, Session, TokenError, Unreadable};
use crate::{
    access,
    problem::{Kind, Problem},
    state::AppState,
    text::Text,
};
use actix_web::http::header::{AUTHORIZATION, HeaderMap};
use domain::{access::Scopes, audit::Channel};

/// Who calls, and for what their token is good.
#[derive(Clone, Debug)]
pub(crate) struct Identity {
    /// The caller.
    pub(crate) caller: Caller,
    /// The scopes of a client's token; nothing where the token is not limited by any.
    pub(crate) scopes: Option<Scopes>,
    /// By which way, with the client or the issuer.
    pub(crate) channel: (Channel, Option<String>),
}

/// What the edge has found out about the caller, kept for the permission type.
#[derive(Debug)]
pub(crate) struct Identified(pub(crate) Result<Identity, Problem>);

/// Takes what a request costs from the quota of a caller of this kind, under this name.
pub(crate) type Pays<'a> = dyn Fn(CallerKind, &String) -> Result<(), Problem> + 'a;

/// Who the bearer of the token is. Whoever a token that holds speaks for pays before anything is looked up about them.
///
/// # Errors
/// `unauthenticated`, `invalid_token`, or what keeps a valid one from speaking for anyone; `too_many_requests`.
pub(crate) async fn identify(headers: &HeaderMap, state: &AppState, pays: &Pays<'_>) -> Result<Identity, Problem> {
    let token = bearer(headers)?;
    let identity = match state.tokens.verify(token, state.clock.now()) {
        Ok(Session { caller, client: None }) => Identity { caller, scopes: None, channel: (Channel::OwnToken, None) },
        Ok(Session { caller, client: Some(ClientToken { client, scopes, issued_at }) }) => {
            let book = state.access.current(state).await?;
            // What was taken from the client since is gone from its tokens as well.
            let still = book.client_of_token(client, issued_at).ok_or_else(|| refused(TokenError::Revoked))?;
            let channel = (Channel::Client, Some(client.to_string()));
            Identity { caller, scopes: Some(scopes.both(&still.scopes)), channel }
        }
        Err(TokenError::Unreadable(why)) => {
            return access::identify_foreign(headers, (token, why), state, pays).await;
        }
        Err(error) => return Err(refused(error)),
    };
    pays(identity.caller.kind(), &identity.caller.signature())?;
    Ok(identity)
}

fn bearer(headers: &HeaderMap) -> Result<&str, Problem> {
    let mut given = headers.get_all(AUTHORIZATION);
    let header = given.next().ok_or_else(unauthenticated)?;
    if given.next().is_some() {
        return Err(refused(TokenError::Unreadable(Unreadable::SeveralHeaders)));
    }
    match header.to_str().ok().and_then(|header| header.split_once(' ')) {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => Ok(token.trim()),
        _ => Err(unauthenticated().detail(Text::new(
            "Authorization 应为 Bearer、一个空格和访问凭证",
            "Authorization must be the word Bearer, a blank and the token",
        ))),
    }
}

pub(super) fn unauthenticated() -> Problem {
    Problem::new(Kind::Unauthenticated).header("www-authenticate", "Bearer realm=\"xueshi\"")
}

/// The refusal of a token that does not hold.
pub(crate) fn refused(why: TokenError) -> Problem {
    let cause = match &why {
        TokenError::Unreadable(why) => why.cause(),
        other => format!("token not accepted: {other}"),
    };
    let (code, detail) = match why {
        TokenError::Unreadable(why) => ("unreadable", why.told()),
        TokenError::Expired => ("expired", Text::new("凭证已过期", "The token has expired")),
        TokenError::NotYetValid => ("not_yet_valid", Text::new("凭证尚未生效", "The token is not valid yet")),
        TokenError::WrongAudience => {
            ("wrong_audience", Text::new("凭证不是为本服务签发的", "The token was not issued for this service"))
        }
        TokenError::Revoked => {
            let zh = "该凭证已失效：签发后其客户端被停用，或有密钥、公钥被停用";
            let en = "The client of the token was disabled, or one of its secrets or keys ended, after it was issued";
            ("revoked", Text::new(zh, en))
        }
        TokenError::TooLong => {
            let (zh, en) = ("凭证有效期超过其签发者的上限", "The token holds longer than those of its issuer may");
            ("too_long", Text::new(zh, en))
        }
    };
    // RFC 6750, 3: a program that only reads the header learns as well whether a new token of the same kind would help.
    let challenge = format!("Bearer realm=\"xueshi\", error=\"invalid_token\", error_description=\"{}\"", detail.en);
    Problem::new(Kind::InvalidToken)
        .detail(detail)
        .with("reason", code)
        .header("www-authenticate", &challenge)
        .because(cause)
}
