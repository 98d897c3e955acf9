//! Query parameters. A parameter that the document does not name for the operation is refused: a misspelt filter
//! must not answer with everything.

use super::{
    faults::{add_faults, from_serde, from_validation, shown},
    page::{CURSOR, foreign_cursor},
    shape::Shape,
};
use crate::{
    openapi::Contract,
    problem::{FieldError, Kind, Problem},
    text::Text,
};
use actix_web::{FromRequest, HttpRequest, dev::Payload, web::Data};
use percent_encoding::percent_decode_str;
use serde::de::DeserializeOwned;
use std::{
    borrow::Cow,
    collections::BTreeMap,
    future::{Ready, ready},
};
use validator::Validate;

/// How many parameters are looked at; no operation takes a tenth of it.
const MOST_PARAMETERS: usize = 100;

/// The parameters of a query, checked. `T` derives `Deserialize`, `Validate` and `IntoParams`.
#[derive(Clone, Debug)]
pub struct Query<T>(pub T);

impl<T: DeserializeOwned + Validate> FromRequest for Query<T> {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(read(request).map(Self))
    }
}

fn read<T: DeserializeOwned + Validate>(request: &HttpRequest) -> Result<T, Problem> {
    let (value, mut faults) = gather::<T>(request);
    if let Some(Err(broken)) = value.as_ref().map(Validate::validate) {
        add_faults(&mut faults, from_validation(&broken).into_iter().map(as_parameter).collect());
    }
    refuse_or(value, faults)
}

/// Refuses parameters of an operation that takes none: nobody else would read them.
///
/// # Errors
/// `invalid_query`.
pub(crate) fn refuse_unread(request: &HttpRequest) -> Result<(), Problem> {
    let known = request.app_data::<Data<Contract>>().and_then(|contract| contract.parameters(request));
    let Some(none) = known.map(|known| &known.query).filter(|known| known.is_empty()) else { return Ok(()) };
    let pairs: Vec<(Cow<'_, str>, Cow<'_, str>)> = form_urlencoded::parse(request.query_string().as_bytes()).collect();
    refuse_or(Some(()), faults_of_pairs(&pairs, &not_utf8(request.query_string()), Some(none)))
}

pub(super) fn refuse_or<T>(value: Option<T>, faults: Vec<FieldError>) -> Result<T, Problem> {
    value.filter(|_| faults.is_empty()).ok_or_else(|| Problem::new(Kind::InvalidQuery).errors(faults))
}

/// Reads the parameters that `T` knows. The faults are those of all parameters of the operation, since a handler may read
/// them by several extractors, of which the first that fails is the only one to speak.
pub(super) fn gather<T: DeserializeOwned>(request: &HttpRequest) -> (Option<T>, Vec<FieldError>) {
    let pairs: Vec<(Cow<'_, str>, Cow<'_, str>)> = form_urlencoded::parse(request.query_string().as_bytes()).collect();
    let known = request.app_data::<Data<Contract>>().and_then(|contract| contract.parameters(request));
    let mut faults = faults_of_pairs(&pairs, &not_utf8(request.query_string()), known.map(|known| &known.query));
    if known.is_some_and(|known| known.query.contains_key(CURSOR)) {
        add_faults(&mut faults, foreign_cursor(request, &pairs).into_iter().collect());
    }
    let deserializer = serde_urlencoded::Deserializer::new(form_urlencoded::parse(request.query_string().as_bytes()));
    match serde_path_to_error::deserialize(deserializer) {
        Ok(value) => (Some(value), faults),
        Err(error) => {
            // Of a parameter said twice serde does not say which, so what it says adds nothing there.
            if faults.is_empty() || error.path().iter().next().is_some() {
                add_faults(&mut faults, vec![as_parameter(from_serde(&error))]);
            }
            (None, faults)
        }
    }
}

/// Which of a query's pairs are no UTF-8, in the order of [`form_urlencoded::parse`], which would put U+FFFD for what it cannot
/// read: a search for another word than was meant.
fn not_utf8(query: &str) -> Vec<bool> {
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    pairs.map(|pair| percent_decode_str(pair).decode_utf8().is_err()).collect()
}

fn faults_of_pairs(
    pairs: &[(Cow<'_, str>, Cow<'_, str>)],
    not_utf8: &[bool],
    known: Option<&BTreeMap<String, Shape>>,
) -> Vec<FieldError> {
    let mut faults: Vec<FieldError> = Vec::new();
    for (index, (name, value)) in pairs.iter().enumerate().take(MOST_PARAMETERS) {
        let mut refuse = |code: &str, words: Text| {
            let fault = FieldError::new(format!("?{}", shown(name)), code, words);
            if !faults.contains(&fault) {
                faults.push(fault);
            }
        };
        if name.contains('\0') || value.contains('\0') {
            refuse("null_character", Text::new("文本不得包含 U+0000", "a text must not contain U+0000"));
            continue;
        }
        if not_utf8.get(index) == Some(&true) {
            let words = "percent-encoded bytes must be UTF-8";
            refuse("not_utf8", Text::new("百分号编码的内容须为 UTF-8", words));
            continue;
        }
        let Some(known) = known else { continue };
        let Some(shape) = known.get(name.as_ref()) else {
            let all: Vec<&str> = known.keys().map(String::as_str).collect();
            let words = match all.is_empty() {
                true => Text::new("未知参数；此操作没有查询参数", "unknown parameter; the operation takes none"),
                false => Text::new(
                    format!("未知参数；可用：{}", all.join("、")),
                    format!("unknown parameter; known are: {}", all.join(", ")),
                ),
            };
            refuse("unknown_parameter", words);
            continue;
        };
        if pairs.iter().take(index).any(|(other, _)| other == name) {
            refuse("duplicate_parameter", Text::new("参数重复，只能出现一次", "said twice: give it once"));
        } else if let Some((code, words)) = shape.fault_of_text(value) {
            refuse(code, words);
        }
    }
    faults
}

/// A pointer into a query's struct is the parameter's name.
fn as_parameter(mut fault: FieldError) -> FieldError {
    fault.pointer = format!("?{}", fault.pointer.trim_start_matches('/'));
    fault
}
