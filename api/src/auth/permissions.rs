//! Permission types: the type of a handler's first argument IS the permission.

use super::{Caller, CallerKind, Identified, Identity, identity::unauthenticated};
use crate::problem::{Kind, Problem};
use actix_web::{FromRequest, HttpMessage, HttpRequest, dev::Payload};
use domain::{
    access::Scope,
    kernel::{LearnerId, PlaceCode, PlatformId},
};
use std::future::{Ready, ready};

/// What every permission type can say about itself. The document's `x-callers` is [`CALLERS`](Self::CALLERS).
pub trait Permission: Sized {
    /// The kinds of caller it lets through.
    const CALLERS: &'static [CallerKind];

    /// The scope that the token of a client must have; none where any token will do. The document's `security`.
    const SCOPE: Option<Scope>;

    /// The permission, if this caller has it. Accepts exactly the kinds of [`CALLERS`](Self::CALLERS).
    fn of(caller: Caller) -> Option<Self>;
}

/// A learner, asking about themselves.
#[derive(Clone, Copy, Debug)]
pub struct LearnerSelf(pub LearnerId);

/// A learning platform that pushes completions.
#[derive(Clone, Copy, Debug)]
pub struct PushingPlatform(pub PlatformId);

/// A learning platform that looks at what became of what it pushed.
#[derive(Clone, Copy, Debug)]
pub struct ReadingPlatform(pub PlatformId);

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

/// A learning platform, an officer or an administrator, reading what anyone of them may know.
#[derive(Clone, Debug)]
pub struct CatalogueReader(pub Caller);

/// A learning platform, an officer or an administrator, taking hours back. The handler still checks whose item it is.
#[derive(Clone, Debug)]
pub struct CompletionReverser(pub Caller);

/// Anyone, looking at one completion. The handler still checks whose it is.
#[derive(Clone, Debug)]
pub struct CompletionReader(pub Caller);

/// Anyone with a valid token.
#[derive(Clone, Debug)]
pub struct AnyCaller(pub Caller);

impl AsAdministrator {
    /// How a record names who wrote it.
    #[must_use]
    pub fn signature(&self) -> String {
        Caller::Administrator { subject: self.subject.clone() }.signature()
    }
}

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
    ($($name:ident: [$($kind:ident),+] $($scope:ident)?, $caller:ident => $of:expr;)+) => {$(
        impl Permission for $name {
            const CALLERS: &'static [CallerKind] = &[$($kind),+];
            const SCOPE: Option<Scope> = scope!($($scope)?);

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

macro_rules! scope {
    () => {
        None
    };
    ($scope:ident) => {
        Some(Scope::$scope)
    };
}

permissions! {
    LearnerSelf: [Learner], caller => match caller { Caller::Learner(id) => Some(Self(id)), _ => None };
    PushingPlatform: [Platform] CompletionsWrite, caller => match caller {
        Caller::Platform(id) => Some(Self(id)),
        _ => None,
    };
    ReadingPlatform: [Platform] CompletionsRead, caller => match caller {
        Caller::Platform(id) => Some(Self(id)),
        _ => None,
    };
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
    CatalogueReader: [Platform, Officer, Administrator] CoursesRead, caller =>
        one_of::<Self>(&caller).then_some(Self(caller));
    CompletionReverser: [Platform, Officer, Administrator] CompletionsWrite, caller =>
        one_of::<Self>(&caller).then_some(Self(caller));
    CompletionReader: [Learner, Platform, Officer, Administrator] CompletionsRead, caller => Some(Self(caller));
    AnyCaller: [Learner, Platform, Officer, Administrator], caller => Some(Self(caller));
}

fn one_of<P: Permission>(caller: &Caller) -> bool {
    P::CALLERS.contains(&caller.kind())
}

fn permit<P: Permission>(request: &HttpRequest) -> Result<P, Problem> {
    // The edge has looked at the token before the handler was asked, so that nothing of the body is waited for here.
    let Identified(found) = request.extensions_mut().remove().ok_or_else(unauthenticated)?;
    let Identity { caller, scopes } = found?;
    let kind = caller.kind();
    request.extensions_mut().insert(kind);
    let permitted = P::of(caller).ok_or_else(|| {
        let allowed = P::CALLERS.iter().map(|k| k.as_str()).collect::<Vec<_>>();
        Problem::new(Kind::CallerNotPermitted).with("caller", kind).with("permitted_callers", allowed)
    })?;
    // A learner's token of a mini-program is as good as the learner's own: what it is for is the learner it names.
    match (P::SCOPE, scopes) {
        (Some(needed), Some(has)) if kind == Platform && !has.contains(needed) => Err(insufficient(needed)),
        _ => Ok(permitted),
    }
}

fn insufficient(scope: Scope) -> Problem {
    let challenge = format!("Bearer realm=\"xueshi\", error=\"insufficient_scope\", scope=\"{scope}\"");
    Problem::new(Kind::InsufficientScope).with("scope", scope).header("www-authenticate", &challenge)
}
