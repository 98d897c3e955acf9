//! The permission of a request: the type of a handler's first argument names its operation, and the operation's line of the
//! table ([`table`](super::table)) says who gets past it and what of.

use super::{
    Caller, CallerKind, Identified, Identity,
    again::Began,
    identity::unauthenticated,
    table::{Cell, Line, Operation},
};
use crate::{
    audit::{Author, Came},
    edge::RequestId,
    extract::refuse_unread,
    idempotency::Once,
    problem::{FieldError, Kind, Problem, Tried},
    state::AppState,
    text::Text,
    wire::PlaceRef,
};
use actix_web::{FromRequest, HttpMessage, HttpRequest, dev::Payload, web::Data};
use domain::{
    access::Scope,
    kernel::{LearnerId, PlaceCode, PlatformId},
    registry::PlaceTree,
};
use std::{
    future::{Ready, ready},
    marker::PhantomData,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

/// A caller's permission for the operation `O`. A handler that has one was not called by anyone whom the table keeps out.
#[derive(Clone, Debug)]
pub struct Permit<O>(pub Permission, PhantomData<O>);

/// Who calls, for what, and how far that goes. Services ask it whatever is still to be decided: is this the caller's own?
#[derive(Clone, Debug)]
pub struct Permission {
    caller: Caller,
    line: &'static Line,
    cell: Cell,
    came: Came,
    once: Option<Once>,
    whose: Whose,
}

/// Whether it was asked whose something is, by a permission that is good for the caller's own alone. What is written or shown
/// without that question is neither: a room that forgets it fails at its first request, and nobody is shown what is another's.
#[derive(Clone, Debug)]
pub(crate) struct Whose(Arc<AtomicBool>);

impl Whose {
    pub(crate) fn of(cell: Cell) -> Self {
        // Who may do it to anyone's, or not at all, need not ask.
        Self(Arc::new(AtomicBool::new(matches!(cell, Cell::Any | Cell::Never))))
    }

    /// Where nobody's permission is needed.
    pub(crate) fn nobodys() -> Self {
        Self::of(Cell::Any)
    }

    /// Notes that it was asked.
    pub(crate) fn asked(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Refuses to go on where it was not.
    ///
    /// # Errors
    /// `internal_error`: the room is at fault, not the caller.
    pub(crate) fn require_asked(&self, operation: &str) -> Result<(), Problem> {
        match self.0.load(Ordering::Relaxed) {
            true => Ok(()),
            false => Err(Problem::internal(format!("{operation} never asked whose it is"))),
        }
    }
}

/// Who asks for what, as the edge learns it once a token was found good: should it be refused, the audit trail names them.
#[derive(Clone, Debug)]
pub(crate) struct Attempt {
    pub(crate) author: Author,
    /// Whether what is another's is answered as if it did not exist, so that such an answer is a refusal as well.
    pub(crate) hides: bool,
}

impl Permission {
    fn of(caller: Caller, came: Came, line: &'static Line) -> Self {
        let cell = line.cell(caller.kind());
        Self { caller, line, cell, came, once: None, whose: Whose::of(cell) }
    }

    fn attempt(&self) -> Attempt {
        Attempt { author: self.author(), hides: self.cell == Cell::Hide }
    }

    /// The same, to be used once, where the request names a key. Who acts by another grant is another caller: what they get to
    /// see may be less.
    fn once(self, request: &HttpRequest) -> Result<Self, Problem> {
        let state = request.app_data::<Data<AppState>>().ok_or_else(|| Problem::internal("no state"))?;
        let caller = format!("{} {}", self.signature(), self.caller.desk());
        let once = Once::of(request, &state.keys, &caller, &self.line.id())?;
        Ok(Self { once, ..self })
    }

    /// Lets in whom the line lets in.
    fn enter(self) -> Result<Self, Problem> {
        if self.cell != Cell::Never {
            return Ok(self);
        }
        let allowed = self.line.callers().iter().map(|kind| kind.as_str()).collect::<Vec<_>>();
        let problem = Problem::new(Kind::CallerNotPermitted).with("caller", self.caller.kind());
        Err(problem.with("permitted_callers", allowed))
    }

    /// Who calls.
    #[must_use]
    pub const fn caller(&self) -> &Caller {
        &self.caller
    }

    /// Who calls, for a question that goes by that: a search among their own, a rule that says what they may do and to whom.
    #[must_use]
    pub fn scoped_by(&self) -> &Caller {
        self.whose.asked();
        &self.caller
    }

    /// Notes that it is asked of each item by itself whose it is. One that cannot be read is nobody's.
    pub fn asks_of_each_item(&self) {
        self.whose.asked();
    }

    /// The line of the operation.
    #[must_use]
    pub const fn line(&self) -> &'static Line {
        self.line
    }

    /// How a record names who wrote it.
    #[must_use]
    pub fn signature(&self) -> String {
        self.caller.signature()
    }

    /// Who does what by this permission, for the event of a write.
    pub(crate) fn author(&self) -> Author {
        let (signature, role) = (self.signature(), Some(self.caller.kind().as_str()));
        let (came, once, whose) = (self.came.clone(), self.once.clone(), self.whose.clone());
        Author { signature, role, operation: self.line.id(), came, once, whose }
    }

    /// Whether the permission is good for anyone's, so that nobody need ask whose something is.
    #[must_use]
    pub fn is_for_any(&self) -> bool {
        self.whose.asked();
        self.cell == Cell::Any
    }

    /// Whether it is good for something that is the caller's own or not.
    #[must_use]
    pub fn covers(&self, own: bool) -> bool {
        self.is_for_any() || own
    }

    /// Whether it is good for what belongs to a place.
    #[must_use]
    pub fn covers_place(&self, places: &PlaceTree, place: &PlaceCode) -> bool {
        self.covers(self.caller.answers_for(places, place))
    }

    /// Refuses what is another's, in the way that the table says.
    ///
    /// # Errors
    /// `not_found` where another's is hidden or left out, `outside_place` where it is refused.
    pub fn require(&self, own: bool) -> Result<(), Problem> {
        match self.cell {
            _ if self.covers(own) => Ok(()),
            Cell::Deny => Err(self.refusal()),
            _ => Err(Problem::new(Kind::NotFound)),
        }
    }

    /// As [`require`](Self::require), of a file that exists: the trail says of whose file it was tried, which the caller is not told.
    ///
    /// # Errors
    /// As [`require`](Self::require).
    pub fn require_file(&self, own: bool, learner: LearnerId) -> Result<(), Problem> {
        let tried = || Tried { kind: "learner", id: Some(learner.to_string()), what: None };
        self.require(own).map_err(|problem| problem.trying(tried()))
    }

    /// Refuses what belongs to a place that is not the caller's, in the way that the table says.
    ///
    /// # Errors
    /// `not_found` where another's is hidden, `outside_place` with both places where it is refused.
    pub fn require_place(&self, places: &PlaceTree, place: &PlaceCode) -> Result<(), Problem> {
        self.require(self.caller.answers_for(places, place)).map_err(|problem| match self.cell {
            Cell::Deny => self.outside(places, place).into(),
            _ => problem,
        })
    }

    /// Refuses what the caller may know of and yet not do, because it is the business of another place.
    ///
    /// # Errors
    /// `outside_place`, whatever the table says of what is another's.
    pub fn require_office(&self, places: &PlaceTree, place: &PlaceCode) -> Result<(), Problem> {
        if self.covers_place(places, place) { Ok(()) } else { Err(self.outside(places, place).into()) }
    }

    /// The platform that calls.
    ///
    /// # Errors
    /// `caller_not_permitted` for anyone else, whom a line for platforms only never lets in.
    pub fn platform(&self) -> Result<PlatformId, Problem> {
        match self.caller {
            Caller::Platform(id) => {
                self.whose.asked();
                Ok(id)
            }
            _ => Err(Problem::new(Kind::CallerNotPermitted).with("caller", self.caller.kind())),
        }
    }

    /// The refusal in words, with the names of both places: people know those, not codes.
    pub(crate) fn outside(&self, places: &PlaceTree, place: &PlaceCode) -> Outside {
        let named = |code: &PlaceCode| {
            let name = places.find(code.as_str()).map(|node| node.name.clone()).unwrap_or_default();
            PlaceRef { code: code.to_string(), name }.in_words()
        };
        let asked = named(place);
        let words = match self.caller.place().map(named) {
            Some(own) => Text::new(
                format!("{}不属于调用方管辖的{}", asked.zh, own.zh),
                format!("{} does not lie in {}, which the caller answers for", asked.en, own.en),
            ),
            None => {
                Text::new(format!("调用方不管辖{}", asked.zh), format!("the caller does not answer for {}", asked.en))
            }
        };
        Outside { words, place: place.clone(), answers_for: self.caller.place().cloned() }
    }

    fn refusal(&self) -> Problem {
        Problem::new(Kind::OutsidePlace).with("answers_for", self.caller.place())
    }
}

/// The refusal of what lies outside the place that the caller answers for: of a whole request, or of one item among many.
#[derive(Clone, Debug)]
pub(crate) struct Outside {
    words: Text,
    place: PlaceCode,
    answers_for: Option<PlaceCode>,
}

impl Outside {
    /// The refusal of a request whose body names the place there.
    pub(crate) fn at(self, pointer: &str) -> Problem {
        Problem::from(self).with("pointer", pointer)
    }

    /// The same as a fault of an item that names the place there.
    pub(crate) fn fault(self, pointer: &str) -> FieldError {
        let fault = FieldError::new(pointer, Kind::OutsidePlace.slug(), self.words);
        fault.with("place", self.place).with("answers_for", self.answers_for)
    }
}

impl From<Outside> for Problem {
    fn from(outside: Outside) -> Self {
        let problem = Self::new(Kind::OutsidePlace).detail(outside.words);
        problem.with("place", outside.place).with("answers_for", outside.answers_for)
    }
}

impl<O: Operation> FromRequest for Permit<O> {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(permit(request, O::LINE).map(|permission| Self(permission, PhantomData)))
    }
}

fn permit(request: &HttpRequest, line: &'static Line) -> Result<Permission, Problem> {
    #[cfg(debug_assertions)]
    of_this_operation(request, line)?;
    // The edge has looked at the token before the handler was asked, so that nothing of the body is waited for here.
    let Identified(found) = request.extensions_mut().remove().ok_or_else(unauthenticated)?;
    let Identity { caller, scopes, channel: (channel, name) } = found?;
    let request_id = request.extensions().get::<RequestId>().map(|id| id.0.clone());
    let kind = caller.kind();
    request.extensions_mut().insert(kind);
    let permission = Permission::of(caller, Came { channel, name, request_id }, line);
    request.extensions_mut().insert(permission.attempt());
    let permission = permission.enter()?;
    // A learner's token of a mini-program is as good as the learner's own: what it is for is the learner it names.
    if let (Some(needed), Some(has)) = (line.scope, scopes)
        && kind == CallerKind::Platform
        && !has.contains(needed)
    {
        return Err(insufficient(needed));
    }
    // Who may not is told nothing of what is wrong with the request.
    refuse_unread(request)?;
    request.extensions_mut().insert(Began { caller: permission.caller.clone(), line });
    if line.creates() { permission.once(request) } else { Ok(permission) }
}

pub(super) fn insufficient(scope: Scope) -> Problem {
    let challenge = format!("Bearer realm=\"xueshi\", error=\"insufficient_scope\", scope=\"{scope}\"");
    Problem::new(Kind::InsufficientScope).with("scope", scope).header("www-authenticate", &challenge)
}

/// A handler that asks for another operation's permission than its own is a mistake, which the tests of every operation find.
#[cfg(debug_assertions)]
fn of_this_operation(request: &HttpRequest, line: &Line) -> Result<(), Problem> {
    let contract = request.app_data::<actix_web::web::Data<crate::openapi::Contract>>();
    match contract.and_then(|contract| contract.operation(request)) {
        Some(id) if id != line.id() => Err(Problem::internal(format!("{id} asks for the permission of {}", line.id()))),
        _ => Ok(()),
    }
}
