//! What is done with any organisation of this room: search, show, register and replace it.
//!
//! Authorities, employers, training bases and learning platforms differ in what a row holds, what speaks against one and how it is
//! shown; [`Entry`] asks each for that. The order of things stands here, once: who replaces an entry answers for the place it
//! has *and* for the one it gets, and holds the row before reading what is written over. Courses and learners are written many
//! at a time and have ways of their own.

use super::{CatalogueQuery, Faults, not_found, places_asked_for};
use crate::{
    audit::Recording,
    auth::Permission,
    extract::{Page, Paged, Unjudged},
    idempotency::Made,
    problem::Problem,
    state::AppState,
    text::Language,
    wire::PlaceRef,
};
use actix_web::{FromRequest, HttpRequest, dev::Payload, web::Data};
use domain::{
    kernel::{PlaceCode, china_date},
    policy::RuleBook,
    registry::PlaceTree,
};
use serde::Serialize;
use std::{
    fmt::Display,
    future::{Ready, ready},
};
use store::{
    Db, StoreError,
    registry::{AfterName, Held, Search, hold},
};
use time::{Date, OffsetDateTime};
use uuid::Uuid;

/// A kind of organisation, as its row.
pub(super) trait Entry: Clone + Send + 'static {
    /// Where entries of this kind are found.
    const PATH: &'static str;
    /// What events of the audit trail call an entry.
    const KIND: &'static str;
    /// What names one.
    type Id: Copy + Display + Send + Sync + 'static;
    /// One as someone wants it to be.
    type Input: Send + Sync + 'static;
    /// One as it is shown.
    type Body: Serialize + Send + 'static;

    /// The id of an entry that is to be registered.
    fn new_id(id: Uuid) -> Self::Id;
    /// The row to hold while an entry is replaced.
    fn held(id: Self::Id) -> Held;
    /// A page of rows.
    fn page(db: &mut Db, search: Search<'_>) -> Result<Vec<Self>, StoreError>;
    /// The row of an id.
    fn find(db: &mut Db, id: Self::Id) -> Result<Option<Self>, StoreError>;
    /// What all kinds have.
    fn head(&self) -> Head<'_>;
    /// The code of the place to which the entry shall belong.
    fn place_in(input: &Self::Input) -> &str;
    /// The row that a change asks for; its faults are added to the others.
    fn asked_for(db: &mut Db, change: &Change<'_, Self>, faults: &mut Faults<'_>) -> Result<Option<Self>, Problem>;
    /// Writes the row with what belongs to it, if nothing else stands in its way.
    fn keep(&self, db: &mut Db, change: &Change<'_, Self>) -> Result<(), Problem>;
    /// The rows as they are shown; the same number of queries for any number of rows.
    fn bodies(db: &mut Db, shown: Shown<'_>, rows: Vec<Self>) -> Result<Vec<Self::Body>, Problem>;
}

/// What every row has.
pub(super) struct Head<'a> {
    pub(super) id: Uuid,
    pub(super) name: &'a str,
    pub(super) place: &'a PlaceCode,
    pub(super) created_at: OffsetDateTime,
}

/// An entry that is to be kept.
pub(super) struct Change<'a, E: Entry> {
    pub(super) state: &'a AppState,
    pub(super) book: &'a RuleBook,
    pub(super) tree: &'a PlaceTree,
    pub(super) permission: &'a Permission,
    pub(super) id: E::Id,
    pub(super) input: &'a E::Input,
    /// The entry as it stands; none where it is new.
    pub(super) before: Option<&'a E>,
    /// When the entry was registered: now, if it is new.
    pub(super) created_at: OffsetDateTime,
    pub(super) now: OffsetDateTime,
}

impl<E: Entry> Change<'_, E> {
    /// The civil day of the change.
    pub(super) fn today(&self) -> Date {
        china_date(self.now)
    }
}

/// To whom and on which day entries are shown.
#[derive(Clone, Copy)]
pub(super) struct Shown<'a> {
    tree: &'a PlaceTree,
    pub(super) today: Date,
    pub(super) language: Language,
}

impl Shown<'_> {
    pub(super) fn place(self, place: &PlaceCode) -> PlaceRef {
        PlaceRef::of(self.tree, place, self.today)
    }
}

/// The catalogues, for the language of one request.
pub(super) struct Catalogue {
    state: Data<AppState>,
    language: Language,
}

impl FromRequest for Catalogue {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let state = request.app_data::<Data<AppState>>().cloned();
        let language = Language::of(request.headers());
        ready(state.map(|state| Self { state, language }).ok_or_else(|| Problem::internal("no state")))
    }
}

impl Catalogue {
    pub(super) async fn search<E: Entry>(self, query: CatalogueQuery, page: Page) -> Result<Paged<E::Body>, Problem> {
        let after = page.after::<(String, Uuid)>()?.map(|(name, id)| AfterName { name, id });
        let today = self.state.clock.today();
        let Self { state, language } = self;
        let shared = state.clone();
        let read = move |db: &mut Db| {
            let book = shared.rule_books.current(db)?;
            let tree = book.places();
            let asked = places_asked_for(tree, query.place.as_deref(), Problem::invalid_query)?;
            let (text, places) = (query.q.as_deref(), asked.as_deref());
            let rows = E::page(db, Search { text, places, after: after.as_ref(), limit: page.fetch() })?;
            let Paged { items, next_cursor } = Paged::new(&page, rows, |last: &E| {
                let head = last.head();
                (head.name.to_owned(), head.id)
            });
            Ok(Paged { items: E::bodies(db, Shown { tree, today, language }, items)?, next_cursor })
        };
        state.store.read(read).await
    }

    pub(super) async fn find<E: Entry>(self, id: E::Id) -> Result<E::Body, Problem> {
        let today = self.state.clock.today();
        let Self { state, language } = self;
        let shared = state.clone();
        let read = move |db: &mut Db| {
            let book = shared.rule_books.current(db)?;
            let row = E::find(db, id)?.ok_or_else(not_found)?;
            one(db, Shown { tree: book.places(), today, language }, row)
        };
        state.store.read(read).await
    }

    /// 201 with the new entry.
    pub(super) async fn create<E: Entry>(
        self,
        permission: Permission,
        input: Unjudged<E::Input>,
    ) -> Result<Made, Problem> {
        let (id, state, author) = (E::new_id(self.state.new_id()), self.state.clone(), permission.author());
        let write = self.writing::<E>(permission, id, input, |_, _, _, _| Ok(None));
        let made = move |db: &mut Recording<'_>| Made::at(format!("{}/{id}", E::PATH), &write(db)?);
        state.create(author, made).await
    }

    pub(super) async fn replace<E: Entry>(
        self,
        permission: Permission,
        id: E::Id,
        input: Unjudged<E::Input>,
    ) -> Result<E::Body, Problem> {
        let (state, author) = (self.state.clone(), permission.author());
        state.write(author, self.writing::<E>(permission, id, input, registered::<E>)).await
    }

    /// What is done in the transaction that keeps an entry.
    fn writing<E: Entry>(
        self,
        permission: Permission,
        id: E::Id,
        input: Unjudged<E::Input>,
        registered: Registered<E>,
    ) -> impl Fn(&mut Recording<'_>) -> Result<E::Body, Problem> + Send + 'static {
        let Self { state: shared, language } = self;
        let now = shared.clock.now();
        move |db: &mut Recording<'_>| {
            let book = shared.rule_books.current(db)?;
            let tree = book.places();
            let shown = Shown { tree, today: china_date(now), language };
            let before = input.after(registered(db, tree, &permission, id))?;
            if let Some(before) = before.clone() {
                let before = one(db, shown, before)?;
                db.before(&before);
            }
            let named = input.where_sound(&["/place"]).and_then(|read| tree.find(E::place_in(read)));
            if let Some(place) = named.map(|node| &node.code).filter(|place| !permission.covers_place(tree, place)) {
                return Err(permission.outside(tree, place).at("/place"));
            }
            let (row, change) = input.judged(|input, faults| {
                let change = Change {
                    state: &shared,
                    book: &book,
                    tree,
                    permission: &permission,
                    id,
                    input,
                    before: before.as_ref(),
                    created_at: before.as_ref().map_or(now, |before| before.head().created_at),
                    now,
                };
                Ok(E::asked_for(db, &change, faults)?.map(|row| (row, change)))
            })?;
            row.keep(db, &change)?;
            let body = one(db, shown, row)?;
            Ok(db.after(E::KIND, id, body))
        }
    }
}

/// The entry that is to be replaced; none for one that is not registered yet.
type Registered<E> = fn(&mut Db, &PlaceTree, &Permission, <E as Entry>::Id) -> Result<Option<E>, Problem>;

/// Holds the entry that is to be replaced, if the caller answers for the place it has.
fn registered<E: Entry>(
    db: &mut Db,
    tree: &PlaceTree,
    permission: &Permission,
    id: E::Id,
) -> Result<Option<E>, Problem> {
    hold(db, E::held(id))?;
    let before = E::find(db, id)?.ok_or_else(not_found)?;
    permission.require_place(tree, before.head().place)?;
    Ok(Some(before))
}

fn one<E: Entry>(db: &mut Db, shown: Shown<'_>, row: E) -> Result<E::Body, Problem> {
    E::bodies(db, shown, vec![row])?.pop().ok_or_else(not_found)
}
