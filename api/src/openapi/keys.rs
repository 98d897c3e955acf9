//! What the document says of operations that take an `Idempotency-Key`.

use crate::{
    auth::{self, Line},
    idempotency::{KEY, LONGEST_KEY, REPLAYED},
};
use utoipa::openapi::{
    RefOr, Required, Response,
    header::Header,
    path::{Operation, ParameterBuilder, ParameterIn},
    schema::{ObjectBuilder, Type},
};

/// Whether the permission table says that it takes an `Idempotency-Key`.
pub(super) fn creates(operation: &Operation) -> bool {
    operation.operation_id.as_deref().and_then(auth::line).is_some_and(Line::creates)
}

/// Says of an operation how its repeats are told from new requests, and how they are answered.
pub(super) fn take_keys(operation: &mut Operation) {
    let key = ObjectBuilder::new().schema_type(Type::String).pattern(Some(format!("^[!-~]{{1,{LONGEST_KEY}}}$")));
    let header = ParameterBuilder::new()
        .name(KEY)
        .parameter_in(ParameterIn::Header)
        .required(Required::False)
        .description(Some(
            "由调用方为每次办理自取的唯一值；24 小时内（可设定更长）以同一值重发同一请求，不再办理，原样返回首次的答复 / A value that the \
             caller makes up for each thing to be done; the same request sent again with it within 24 hours (longer by setting) is not done \
             again and gets the first answer",
        ))
        .schema(Some(key));
    operation.parameters.get_or_insert_default().push(RefOr::T(header.build()));
    for (status, response) in &mut operation.responses.responses {
        let RefOr::T(response) = response else { continue };
        match status.as_str() {
            "409" => also(response, "；或同一请求正在处理", "; or the same request is being worked on"),
            "422" => also(response, "；或该值已用于另一请求", "; or the key was used for another request"),
            status if status.starts_with('2') => {
                let word = ObjectBuilder::new().schema_type(Type::String).enum_values(Some(["true"]));
                let mut replayed = Header::new(word);
                replayed.description = Some("仅见于重发的答复 / Only of an answer that was given before".into());
                response.headers.insert(REPLAYED.into(), RefOr::T(replayed));
            }
            _ => {}
        }
    }
}

/// Says more of a response, in both languages.
fn also(response: &mut Response, zh: &str, en: &str) {
    if let Some((said_zh, said_en)) = response.description.split_once(" / ") {
        response.description = format!("{said_zh}{zh} / {said_en}{en}");
    }
}
