//! Whether who began a request still may go on with it: asked anew while a body comes in that takes long.

use super::{
    Caller, CallerKind, Line, TokenError,
    identity::{Identity, identify, refused},
    permit::insufficient,
};
use crate::{
    problem::{Kind, Problem},
    state::AppState,
};
use actix_web::{
    HttpMessage, HttpRequest,
    http::header::{HeaderMap, HeaderName},
    web::Data,
};

/// Who was let in for what, as the permit notes it.
#[derive(Clone, Debug)]
pub(super) struct Began {
    pub(super) caller: Caller,
    pub(super) line: &'static Line,
}

/// Whom to ask about, and by which head. Nothing of it is shown by `Debug`: the head holds a token.
pub(crate) struct Again {
    state: Data<AppState>,
    headers: HeaderMap,
    began: Began,
}

impl Again {
    /// Of a request that was let in by a permit; none of any other.
    pub(crate) fn of(request: &HttpRequest) -> Option<Self> {
        let state = request.app_data::<Data<AppState>>()?.clone();
        let began = request.extensions().get::<Began>()?.clone();
        let mut headers = HeaderMap::new();
        for (name, value) in request.headers().iter().filter(|(name, _)| is_asked(name)) {
            headers.append(name.clone(), value.clone());
        }
        Some(Self { state, headers, began })
    }

    /// Asks once more. Nothing is paid for it: the request was paid for.
    ///
    /// # Errors
    /// Those of a request that begins now: the token has ended, its client was disabled or lost a scope, its grant was withdrawn.
    pub(crate) async fn ask(&self) -> Result<(), Problem> {
        let paid = |_: CallerKind, _: &String| Ok(());
        let Identity { caller, scopes, .. } = identify(&self.headers, &self.state, &paid).await?;
        if caller != self.began.caller {
            // The same token stands for another now: by another grant, since the one it was begun with is gone, or for the file into
            // which the learner's was joined.
            let official = matches!((&caller, &self.began.caller), (Caller::Official { .. }, Caller::Official { .. }));
            return Err(if official { Problem::new(Kind::NoGrant) } else { refused(TokenError::Revoked) });
        }
        match (self.began.line.scope, scopes) {
            (Some(needed), Some(has)) if caller.kind() == CallerKind::Platform && !has.contains(needed) => {
                Err(insufficient(needed))
            }
            _ => Ok(()),
        }
    }
}

/// What of a head says who calls.
fn is_asked(name: &HeaderName) -> bool {
    *name == actix_web::http::header::AUTHORIZATION || *name == crate::access::GRANT_HEADER
}

impl std::fmt::Debug for Again {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Again")
    }
}
