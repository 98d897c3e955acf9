//! Permission types: the type of a handler's first argument IS the permission.

use super::{Caller, CallerKind, TokenError};
use crate::{
    problem::{Kind, Problem},
    state::AppState,
    text::Text,
};
use actix_web::{
    FromRequest, HttpMessage, HttpRequest,
    dev::Payload,
    http::header::{AUTHORIZATION, HeaderMap},
    web::Data,
};
use domain::kernel::{LearnerId, PlaceCode, PlatformId};
use std::future::{Ready, ready};

/// What every permission type can say about itself. The document's `x-callers` is [`CALLERS`](Self::CALLERS).
pub trait Permission: Sized {
    /// The kinds of caller it lets through.
    const CALLERS: &'static [CallerKind];

    /// The permission, if this caller has it. Accepts exactly the kinds of [`CALLERS`](Self::CALLERS).
    fn of(caller: Caller) -> Option<Self>;
}

/// A learner, asking about themselves.
#[derive(Clone, Copy, Debug)]
pub struct LearnerSelf(pub LearnerId);

/// A learning platform.
#[derive(Clone, Copy, Debug)]
pub struct AsPlatform(pub PlatformId);

/// An officer of a place.
#[derive(Clone, Debug)]
pub struct AsOfficer {
    /// The place answered for, with all under it.
    pub place: PlaceCode,
    /// The officer's name.
    pub subject: String,
}

/// An administrator.
#[derive(Clone, Debug)]
pub struct AsAdministrator {
    /// The administrator's name.
    pub subject: String,
}

/// An officer or an administrator.
#[derive(Clone, Debug)]
pub struct Officials(pub Caller);

/// The learner themselves, an officer or an administrator. The handler still checks that it IS that learner.
#[derive(Clone, Debug)]
pub struct LearnerOrOfficials(pub Caller);

/// A learning platform, an officer or an administrator. The handler still checks whose thing it is.
#[derive(Clone, Debug)]
pub struct PlatformOrOfficials(pub Caller);

/// Anyone with a valid token.
#[derive(Clone, Debug)]
pub struct AnyCaller(pub Caller);

impl Officials {
    /// The place an officer answers for; an administrator answers for every place.
    #[must_use]
    pub fn place(&self) -> Option<&PlaceCode> {
        match &self.0 {
            Caller::Officer { place, .. } => Some(place),
            _ => None,
        }
    }
}

use CallerKind::{Administrator, Learner, Officer, Platform};

macro_rules! permissions {
    ($($name:ident: [$($kind:ident),+], $caller:ident => $of:expr;)+) => {$(
        impl Permission for $name {
            const CALLERS: &'static [CallerKind] = &[$($kind),+];

            fn of($caller: Caller) -> Option<Self> {
                $of
            }
        }

        impl FromRequest for $name {
            type Error = Problem;
            type Future = Ready<Result<Self, Problem>>;

            fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
                ready(permit(request))
            }
        }
    )+};
}

permissions! {
    LearnerSelf: [Learner], caller => match caller { Caller::Learner(id) => Some(Self(id)), _ => None };
    AsPlatform: [Platform], caller => match caller { Caller::Platform(id) => Some(Self(id)), _ => None };
    AsOfficer: [Officer], caller => match caller {
        Caller::Officer { place, subject } => Some(Self { place, subject }),
        _ => None,
    };
    AsAdministrator: [Administrator], caller => match caller {
        Caller::Administrator { subject } => Some(Self { subject }),
        _ => None,
    };
    Officials: [Officer, Administrator], caller => one_of::<Self>(&caller).then_some(Self(caller));
    LearnerOrOfficials: [Learner, Officer, Administrator], caller => one_of::<Self>(&caller).then_some(Self(caller));
    PlatformOrOfficials: [Platform, Officer, Administrator], caller => one_of::<Self>(&caller).then_some(Self(caller));
    AnyCaller: [Learner, Platform, Officer, Administrator], caller => Some(Self(caller));
}

fn one_of<P: Permission>(caller: &Caller) -> bool {
    P::CALLERS.contains(&caller.kind())
}

fn permit<P: Permission>(request: &HttpRequest) -> Result<P, Problem> {
    let state = request.app_data::<Data<AppState>>().ok_or_else(|| Problem::internal("no application state"))?;
    let caller = authenticate(request.headers(), state)?;
    request.extensions_mut().insert(caller.kind());
    let kind = caller.kind();
    P::of(caller).ok_or_else(|| {
        let allowed = P::CALLERS.iter().map(|k| k.as_str()).collect::<Vec<_>>();
        Problem::new(Kind::CallerNotPermitted).with("caller", kind).with("permitted_callers", allowed)
    })
}

fn authenticate(headers: &HeaderMap, state: &AppState) -> Result<Caller, Problem> {
    let missing = || Problem::new(Kind::Unauthenticated).header("www-authenticate", "Bearer realm=\"xueshi\"");
    let mut given = headers.get_all(AUTHORIZATION);
    let header = given.next().ok_or_else(missing)?;
    if given.next().is_some() {
        return Err(refused(TokenError::Unreadable));
    }
    let (scheme, token) = header.to_str().ok().and_then(|h| h.split_once(' ')).ok_or_else(missing)?;
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err(missing());
    }
    state.tokens.verify(token.trim(), state.clock.now()).map_err(refused)
}

fn refused(why: TokenError) -> Problem {
    let (code, detail) = match why {
        TokenError::Unreadable => ("unreadable", Text::new("无法验证该凭证", "The token cannot be verified")),
        TokenError::Expired => ("expired", Text::new("凭证已过期", "The token has expired")),
        TokenError::NotYetValid => ("not_yet_valid", Text::new("凭证尚未生效", "The token is not valid yet")),
        TokenError::WrongAudience => {
            ("wrong_audience", Text::new("凭证不是为本服务签发的", "The token was not issued for this service"))
        }
    };
    // RFC 6750, 3: a program that only reads the header learns as well whether a new token of the same kind would help.
    let challenge = format!("Bearer realm=\"xueshi\", error=\"invalid_token\", error_description=\"{}\"", detail.en);
    Problem::new(Kind::InvalidToken).detail(detail).with("reason", code).header("www-authenticate", &challenge)
}
