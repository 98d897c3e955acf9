//! Ids in the path. One that cannot be an id names nothing, so it answers 404 like one that does not exist; what is said
//! about its form is what the document says to everyone, so it tells nothing about what exists.

use crate::{
    openapi::Contract,
    problem::{FieldError, Kind, Problem},
    text::Text,
};
use actix_web::{
    FromRequest, HttpRequest,
    dev::Payload,
    web::{self, Data},
};
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
            Ok(parts) if clean && faults(request).is_empty() => Ok(Self(parts.into_inner())),
            _ => Err(not_an_id(request)),
        })
    }
}

/// The parts of the path that have not the form that the document names, as far as it names one.
fn faults(request: &HttpRequest) -> Vec<FieldError> {
    let Some(known) = request.app_data::<Data<Contract>>().and_then(|contract| contract.parameters(request)) else {
        return Vec::new();
    };
    let faults = request.match_info().iter().filter_map(|(name, part)| {
        let (code, words) = known.path.get(name)?.fault_of_text(part)?;
        Some(FieldError::new(format!("{{{name}}}"), code, words))
    });
    faults.collect()
}

fn not_an_id(request: &HttpRequest) -> Problem {
    let problem = Problem::new(Kind::NotFound);
    let words = Text::new("地址中的参数写法不正确", "A part of the address is not written as it must be");
    match faults(request) {
        faults if faults.is_empty() => problem,
        faults => problem.detail(words).errors(faults),
    }
}
