//! Ids in the path. One that cannot be an id names nothing, so it answers 404 like one that does not exist.

use crate::problem::{Kind, Problem};
use actix_web::{FromRequest, HttpRequest, dev::Payload, web};
use serde::de::DeserializeOwned;
use std::future::{Ready, ready};

/// The parts of the path, in order: one id (`FromPath<LearnerId>`) or a tuple (`FromPath<(PlaceCode, i32)>`).
#[derive(Clone, Copy, Debug)]
pub struct FromPath<T>(pub T);

impl<T: DeserializeOwned> FromRequest for FromPath<T> {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let clean = !request.match_info().iter().any(|(_, part)| part.contains('\0'));
        let read = web::Path::<T>::from_request(request, payload).into_inner();
        ready(match read {
            Ok(parts) if clean => Ok(Self(parts.into_inner())),
            _ => Err(Problem::new(Kind::NotFound)),
        })
    }
}
