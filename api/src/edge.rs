//! The outermost layer around every request: its id, its failure in the caller's language, its log line, its counts.

use crate::{
    audit::Author,
    auth::{Attempt, CallerKind, Identified, Line, identify, line},
    browser::protect,
    clock::Clock,
    openapi::Contract,
    problem::{Kind, PROBLEM_JSON, Problem},
    quota,
    state::AppState,
    text::Language,
};
use actix_web::{
    Error, HttpMessage, HttpRequest, HttpResponse,
    body::{BoxBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    error::InternalError,
    http::{
        Method, StatusCode,
        header::{AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue},
    },
    middleware::Next,
    web::Data,
};
use domain::kernel::{names_a_person, names_a_person_in_groups};
use futures_util::FutureExt;
use std::{panic::AssertUnwindSafe, time::Instant};
use time::Date;
use uuid::Uuid;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The id of a request: the caller's own if it is harmless, else a new one: it stands in the log and in the audit trail. Also the
/// trace id of a failure.
#[derive(Clone, Debug)]
pub(crate) struct RequestId(pub(crate) String);

impl RequestId {
    fn of(headers: &HeaderMap, today: Date) -> Self {
        let safe = |id: &&str| {
            let plain = |b: u8| b.is_ascii_alphanumeric() || b"-_.".contains(&b);
            let names = || names_a_person(id, today) || names_a_person_in_groups(id, today);
            (1..=64).contains(&id.len()) && id.bytes().all(plain) && !names()
        };
        let given = headers.get(&REQUEST_ID).and_then(|value| value.to_str().ok()).filter(safe);
        Self(given.map_or_else(|| Uuid::now_v7().to_string(), str::to_owned))
    }
}

/// Marks a failure whose form another standard prescribes, so that it leaves as it is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct OwnFailure;

/// The middleware. Everything that leaves the service passes through it.
pub(crate) async fn edge<B: MessageBody + 'static>(
    mut request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let began = Instant::now();
    let state = request.app_data::<Data<AppState>>().cloned();
    let in_flight = state.as_ref().map(|state| state.metrics.enter());
    let id = RequestId::of(
        request.headers(),
        state.as_ref().map_or_else(|| Clock::System.today(), |state| state.clock.today()),
    );
    let language = Language::of(request.headers());
    request.extensions_mut().insert(id.clone());
    let asked = request.method().clone();
    if asked == Method::HEAD {
        // HEAD is GET without the body (RFC 9110, 9.3.2). The server has noted what was asked for, and sends the head alone,
        // with the length that the body has.
        request.head_mut().method = Method::GET;
    }
    // Known by the path alone, so also where the request does not come back.
    let route = request.match_pattern().unwrap_or_else(|| "unmatched".to_owned());
    let seen = Seen { began, id, language, asked, route };
    let arrived = match &state {
        Some(state) => arrives(&request, state).await,
        None => Ok(()),
    };
    let answered = match arrived {
        Ok(()) => {
            let answered = AssertUnwindSafe(next.call(request)).catch_unwind().await;
            answered.map(|answered| answered.map(ServiceResponse::map_into_boxed_body))
        }
        Err(problem) => Ok(Ok(request.error_response(problem))),
    };
    let (request, response) = match answered {
        Ok(answered) => answered?.into_parts(),
        Err(_) => {
            // What panicked said so on standard error already. The request went with it, and with it who asked.
            let problem = Problem::internal("a handler panicked").with("trace_id", &seen.id.0);
            note_cause(&problem, &seen.id);
            let response = seen.leaves(problem.respond(seen.language, Some(&seen.id.0)), state.as_ref(), "-");
            return Err(InternalError::from_response("a handler panicked", response).into());
        }
    };
    if let Some(state) = &state {
        note_refusal(&request, &response, state, &seen.id);
    }
    let response = match shown_unasked(&request, &response) {
        Some(problem) => HttpResponse::from_error(problem),
        None => response,
    };
    let response = match failure(&response) {
        Some(problem) => {
            note_cause(&problem, &seen.id);
            problem.respond(seen.language, Some(&seen.id.0))
        }
        None => match ours(&response) {
            Some(problem) => {
                note_cause(problem, &seen.id);
                problem.respond(seen.language, Some(&seen.id.0))
            }
            None => response,
        },
    };
    drop(in_flight);
    let caller = request.extensions().get::<CallerKind>().map_or("-", |kind| kind.as_str());
    let response = seen.leaves(response, state.as_ref(), caller);
    Ok(ServiceResponse::new(request, response))
}

/// Whether a method is one that RFC 9110 or RFC 5789 names.
fn is_standard(method: &Method) -> bool {
    const KNOWN: [Method; 9] = [
        Method::GET,
        Method::HEAD,
        Method::POST,
        Method::PUT,
        Method::PATCH,
        Method::DELETE,
        Method::OPTIONS,
        Method::TRACE,
        Method::CONNECT,
    ];
    KNOWN.contains(method)
}

/// Finds out who calls, and takes what the request costs from their quota.
async fn arrives(request: &ServiceRequest, state: &AppState) -> Result<(), Problem> {
    let units = quota::cost(request.request());
    if units == 0 {
        // What costs nothing wants no token, or proves its caller itself: nobody is looked up for it.
        return Ok(());
    }
    let address = quota::address(request.peer_addr().map(|peer| peer.ip()));
    if !request.headers().contains_key(AUTHORIZATION) {
        return state.quotas.spend(&address, units);
    }
    let pays = |kind: CallerKind, who: &String| {
        request.extensions_mut().insert(kind);
        state.quotas.spend(who, units)
    };
    let found = identify(request.headers(), state, &pays).await;
    let paid = request.extensions().contains::<CallerKind>();
    match found {
        Err(over) if over.kind() == Kind::TooManyRequests => return Err(over),
        Err(failed) if !paid => match state.quotas.spend(&address, units) {
            Ok(()) => request.extensions_mut().insert(Identified(Err(failed))),
            // Many may share the address. Whose token has just ended is told so, whatever the others ask.
            Err(over) => return Err(if wants_a_token(request.request()) { failed } else { over }),
        },
        found => request.extensions_mut().insert(Identified(found)),
    };
    Ok(())
}

fn wants_a_token(request: &HttpRequest) -> bool {
    let operation = request.app_data::<Data<Contract>>().and_then(|contract| contract.operation(request));
    operation.and_then(line).is_some_and(|line: &Line| !line.is_open())
}

/// What is known of a request before a room has it.
struct Seen {
    began: Instant,
    id: RequestId,
    language: Language,
    asked: Method,
    /// The template of its path.
    route: String,
}

impl Seen {
    /// What every answer carries, and its lines in the metrics and the log.
    fn leaves(&self, mut response: HttpResponse, state: Option<&Data<AppState>>, caller: &str) -> HttpResponse {
        let headers = response.headers_mut();
        if let Ok(value) = HeaderValue::from_str(&self.id.0) {
            headers.insert(REQUEST_ID, value);
        }
        protect(headers, &self.route, state.is_some_and(|state| state.public_url.starts_with("https://")));
        if self.route.starts_with("/v1/") && !headers.contains_key(CACHE_CONTROL) {
            // Answers are about persons; no cache keeps them unless a room says how.
            headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        }
        let took = self.began.elapsed();
        // One that no standard knows is any text of the caller's.
        let method = if is_standard(&self.asked) { self.asked.as_str() } else { "other" };
        let status = response.status().as_u16();
        if let Some(state) = state {
            state.metrics.answered(&self.route, method, status, took);
        }
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        // The route's template, never the path or the query: they may hold what belongs to a person.
        log::info!(target: "xueshi::access", method, route = self.route.as_str(), status, micros, caller, request_id = self.id.0.as_str();
            "request");
        response
    }
}

/// The problem that a room made.
fn ours<B>(response: &HttpResponse<B>) -> Option<&Problem> {
    response.error().and_then(Error::as_error::<Problem>)
}

/// The failure of a room that shows something without having asked whose it is.
fn shown_unasked<B>(request: &HttpRequest, response: &HttpResponse<B>) -> Option<Problem> {
    let attempt = request.extensions().get::<Attempt>().cloned()?;
    let Author { whose, operation, .. } = attempt.author;
    whose.require_asked(&operation).err().filter(|_| response.status().is_success())
}

/// A refused attempt goes to the audit trail: by whoever the token speaks for, by the account or the portal of one that holds and speaks
/// for nobody, or by nobody where none holds.
fn note_refusal<B>(request: &HttpRequest, response: &HttpResponse<B>, state: &AppState, id: &RequestId) {
    let attempt = request.extensions().get::<Attempt>().cloned();
    let hidden = attempt.as_ref().is_some_and(|attempt| attempt.hides);
    let slug = match ours(response).map(Problem::kind) {
        Some(Kind::NotFound) if hidden => Kind::NotFound.slug(),
        Some(kind) if kind.is_refusal() => kind.slug(),
        // A room that says what was tried wants it told, whatever the refusal is called.
        Some(kind) if ours(response).is_some_and(|problem| problem.tried().is_some()) => kind.slug(),
        // The token endpoint speaks as OAuth does.
        None if response.status() == StatusCode::UNAUTHORIZED => "invalid_client",
        _ => return,
    };
    let author = attempt.map(|attempt| attempt.author).or_else(|| {
        let contract = request.app_data::<Data<Contract>>()?;
        let author = Author::nobody(contract.operation(request)?.to_owned(), Some(id.0.clone()));
        // A token may hold and speak for nobody here: an official's without a grant, a portal's that names no learner.
        Some(match ours(response).and_then(Problem::proven) {
            Some(proven) => author.proven(proven),
            None => author,
        })
    });
    if let Some(author) = author {
        state.journal.refused(&author, slug, ours(response).and_then(Problem::tried), state.clock.now());
    }
}

/// The problem for a failure that no room made: the framework's own, or a bare status.
fn failure<B>(response: &HttpResponse<B>) -> Option<Problem> {
    let status = response.status();
    let rendered = response.headers().get(CONTENT_TYPE).is_some_and(|value| value == PROBLEM_JSON)
        || response.extensions().get::<OwnFailure>().is_some();
    if ours(response).is_some() || rendered || !(status.is_client_error() || status.is_server_error()) {
        return None;
    }
    let cause = response.error().map_or_else(|| status.to_string(), ToString::to_string);
    Some(match status {
        StatusCode::NOT_FOUND => Problem::new(Kind::UnknownPath),
        StatusCode::METHOD_NOT_ALLOWED => Problem::new(Kind::MethodNotAllowed),
        StatusCode::PAYLOAD_TOO_LARGE => Problem::new(Kind::BodyTooLarge),
        StatusCode::UNSUPPORTED_MEDIA_TYPE => Problem::new(Kind::UnsupportedMediaType),
        StatusCode::SERVICE_UNAVAILABLE => Problem::unavailable(cause),
        status if status.is_client_error() => Problem::new(Kind::BadRequest),
        _ => Problem::internal(cause),
    })
}

/// A failure is logged once, here.
fn note_cause(problem: &Problem, id: &RequestId) {
    let level = if problem.kind().status().is_server_error() { log::Level::Error } else { log::Level::Info };
    if let Some(cause) = problem.cause() {
        log::log!(target: "xueshi::failure", level, kind = problem.kind().slug(), request_id = id.0.as_str(); "{cause}");
    }
}
