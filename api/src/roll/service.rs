//! Use cases of rolls themselves: making, finding and listing them.

use super::{
    body::{RollBody, RollCountsBody, RollInput, RollQuery, RollReversalState},
    office::{Word, is_own, may_speak},
};
use crate::{
    audit::Recording,
    auth::Permission,
    explain::ClauseBody,
    extract::{Faults, Page, Paged, Unjudged},
    idempotency::Made,
    problem::{FieldError, Kind, Problem},
    state::AppState,
    text::Text,
    wire::PlaceRef,
};
use actix_web::web::Data;
use domain::{
    access::Reach,
    kernel::{CaseId, PlaceCode},
    policy::{RuleBook, shape::Exemption},
    roll::RollKind,
};
use store::{
    Db,
    hour_ledger::count_on_roll,
    roll::{Roll, RollSearch, find_roll, insert_roll, search_rolls},
    whole_micros,
    work::{WorkState, find_work},
};
use time::Date;

pub(super) async fn create(
    state: &Data<AppState>,
    permission: Permission,
    input: Unjudged<RollInput>,
) -> Result<Made, Problem> {
    let (shared, now, today) = (state.clone(), whole_micros(state.clock.now()), state.clock.today());
    let (id, author) = (CaseId::from_uuid(state.new_id()), permission.author());
    let write = move |db: &mut Recording<'_>| {
        let book = shared.rule_books.current(db)?;
        input.after_named(&["/place"], own_place(&permission, &book, input.as_read()))?;
        let allowed = allowed(db, &permission, &book, input.as_read());
        input.after_named(&["/place", "/kind", "/year", "/exemption"], allowed)?;
        let row = input.judged(|input, faults| {
            let place = faults.place("/place", book.places(), &input.place);
            let attested_by = match input.kind {
                // What else is wanted follows from the kind.
                _ if !faults.are_sound(&["/kind"]) => None,
                RollKind::PastYears => attested(input, faults),
                RollKind::Exemption => listed_by(&book, place.as_ref(), input, faults),
            };
            let series = permission.caller().reach().and_then(Reach::series).map(str::to_owned);
            let office = permission.caller().place().cloned();
            Ok(place.zip(attested_by).map(|(place_code, attested_by)| Roll {
                roll_id: id,
                kind: input.kind,
                office_place_code: office.unwrap_or_else(|| place_code.clone()),
                place_code,
                series,
                exemption: input.exemption.clone(),
                year: input.year,
                document: input.document.trim().to_owned(),
                attested_by,
                reason: input.reason.trim().to_owned(),
                recorded_at: now,
                recorded_by: permission.signature(),
                reversed_at: None,
                reversed_by: None,
                reversal_reason: None,
                work_id: None,
            }))
        })?;
        insert_roll(db, &row)?;
        let body = shown(db, &book, row, today)?;
        Made::at(format!("/v1/rolls/{id}"), &db.after("roll", id, body))
    };
    state.create(author, write).await
}

/// Whether the caller may make such a roll, as far as what was read says which it is.
fn own_place(permission: &Permission, book: &RuleBook, input: &RollInput) -> Result<(), Problem> {
    let places = book.places();
    let place = places.find(&input.place).map(|node| node.code.clone());
    // Of no place nothing is anybody's: what is wrong with the body says so.
    let own = place.as_ref().is_none_or(|place| permission.caller().is_within(places, place));
    if !permission.covers(own) {
        let outside = place.map(|place| permission.outside(places, &place).at("/place"));
        return Err(outside.unwrap_or_else(|| Problem::new(Kind::OutsidePlace)));
    }
    Ok(())
}

/// Whether the caller may speak by a list of this kind, of a place that is theirs.
fn allowed(db: &mut Db, permission: &Permission, book: &RuleBook, input: &RollInput) -> Result<(), Problem> {
    let place = book.places().find(&input.place).map(|node| node.code.clone());
    let word = Word { kind: input.kind, list_by: "", place: place.as_ref(), year: input.year };
    match input.kind {
        RollKind::PastYears => may_speak(db, permission, book, word),
        RollKind::Exemption => match place.as_ref().and_then(|place| exemption(book, place, input)) {
            Some(rule) => may_speak(db, permission, book, Word { list_by: &rule.list_by, ..word }),
            None => Ok(()),
        },
    }
}

/// The exemption that a list is about, by the rules of its place and year.
fn exemption(book: &RuleBook, place: &PlaceCode, input: &RollInput) -> Option<Exemption> {
    let policy = book.resolve(place, input.year?, None).in_force().cloned()?;
    policy.rules.exemption_of(input.exemption.as_deref()?).cloned()
}

/// The office that attests past years.
fn attested(input: &RollInput, faults: &mut Faults<'_>) -> Option<String> {
    for (pointer, said) in [("/exemption", input.exemption.is_some()), ("/year", input.year.is_some())] {
        if said {
            let words = Text::new("往年证明不填此项", "of a roll of past years this is not said");
            faults.add(pointer, "not_asked", words);
        }
    }
    if input.attested_by.is_none() {
        let words = Text::new("须填写出具证明的机关", "the office that attests it is missing");
        faults.add("/attested_by", "missing", words);
    }
    input.attested_by.as_ref().map(|office| office.trim().to_owned())
}

/// The authority whose list it is, by the rules of the place and year; what speaks against such a list.
fn listed_by(book: &RuleBook, place: Option<&PlaceCode>, input: &RollInput, faults: &mut Faults<'_>) -> Option<String> {
    if input.attested_by.is_some() {
        let words = Text::new("免修名单的机关由规则确定，不填此项", "whose list it is the rules say; this is not said");
        faults.add("/attested_by", "not_asked", words);
    }
    for (pointer, said) in [("/exemption", input.exemption.is_some()), ("/year", input.year.is_some())] {
        if !said {
            faults.add(pointer, "missing", Text::new("免修名单须填写此项", "a list of exemptions says this"));
        }
    }
    let (place, year, kind) = (place?, input.year?, input.exemption.as_deref()?);
    let resolution = book.resolve(place, year, None);
    let Some(policy) = resolution.in_force() else {
        let words =
            Text::new(format!("该地区没有 {year} 年度的规则"), format!("the place has no rules in force for {year}"));
        faults.add("/year", "no_rule_in_force", words);
        return None;
    };
    let Some(rule) = policy.rules.exemption_of(kind) else {
        let known: Vec<&str> = policy.rules.exemption.iter().map(|rule| rule.kind.as_str()).collect();
        let words = match known.is_empty() {
            true => Text::new("该年度的规则没有任何免修名单", "the rules of that year know no list of exemptions"),
            false => Text::new(
                format!("规则中没有这项免修；可用：{}", known.join("、")),
                format!("the rules have no such exemption; they have: {}", known.join(", ")),
            ),
        };
        faults.add_error(FieldError::new("/exemption", "unknown_value", words).with("known", known));
        return None;
    };
    if !rule.years.is_empty() && !rule.years.contains(&year) {
        let words = Text::new("规则不就该年度免修", "the rules exempt nobody of that year");
        faults.add_error(FieldError::new("/year", "year_not_exempt", words).with("years", &rule.years));
    }
    Some(rule.list_by.clone())
}

/// A roll that is the caller's to see.
pub(super) fn visible(db: &mut Db, permission: &Permission, book: &RuleBook, id: CaseId) -> Result<Roll, Problem> {
    let found = find_roll(db, id)?;
    let own = found.as_ref().is_some_and(|roll| is_own(permission.caller(), book.places(), roll));
    permission.require(own)?;
    found.ok_or_else(|| Problem::new(Kind::NotFound))
}

/// A roll that the caller may add to and take back from. What an office above attested for a place is that office's, and whoever answers for
/// the place leaves it alone.
pub(super) fn spoken_for(db: &mut Db, permission: &Permission, book: &RuleBook, id: CaseId) -> Result<Roll, Problem> {
    let roll = visible(db, permission, book, id)?;
    let word = Word { kind: roll.kind, list_by: &roll.attested_by, place: Some(&roll.place_code), year: roll.year };
    may_speak(db, permission, book, word)?;
    if roll.kind == RollKind::PastYears {
        permission.require_office(book.places(), &roll.office_place_code)?;
    }
    Ok(roll)
}

/// Nothing more is said by a roll that is taken back.
pub(super) fn still_stands(roll: &Roll) -> Result<(), Problem> {
    match roll.reversed_at {
        None => Ok(()),
        Some(at) => Err(Problem::new(Kind::RollReversed).with("reversed_at", crate::wire::Moment(at))),
    }
}

pub(super) async fn find(state: &Data<AppState>, permission: Permission, id: CaseId) -> Result<RollBody, Problem> {
    let (shared, today) = (state.clone(), state.clock.today());
    let read = move |db: &mut Db| {
        let book = shared.rule_books.current(db)?;
        let roll = visible(db, &permission, &book, id)?;
        shown(db, &book, roll, today)
    };
    state.store.read(read).await
}

pub(super) async fn list(
    state: &Data<AppState>,
    permission: Permission,
    query: RollQuery,
    page: Page,
) -> Result<Paged<RollBody>, Problem> {
    let (shared, today, after) = (state.clone(), state.clock.today(), page.after::<CaseId>()?);
    let read = move |db: &mut Db| {
        let book = shared.rule_books.current(db)?;
        let (tree, caller) = (book.places(), permission.scoped_by());
        let mut places = caller.places(tree);
        if let Some(code) = &query.place {
            let words = || Text::new("没有这个地区", "there is no such place");
            let node = tree.find(code).ok_or_else(|| Problem::invalid_query("place", "unknown_place", words()))?;
            places.retain(|place| tree.contains(&node.code, place));
        }
        let series = caller.reach().and_then(Reach::series);
        let search = RollSearch { places: &places, series, kind: query.kind, after, limit: page.fetch() };
        let rolls = Paged::new(&page, search_rolls(db, search)?, |last| last.roll_id);
        rolls.try_map(|roll| body(db, &book, roll, today))
    };
    state.store.read(read).await
}

/// A roll with how much it holds.
pub(super) fn shown(db: &mut Db, book: &RuleBook, roll: Roll, today: Date) -> Result<RollBody, Problem> {
    let counts = count_on_roll(db, roll.roll_id)?;
    let counts = RollCountsBody { people: counts.people, lines: counts.lines, reversed: counts.reversed };
    Ok(RollBody { counts: Some(counts), ..body(db, book, roll, today)? })
}

fn body(db: &mut Db, book: &RuleBook, roll: Roll, today: Date) -> Result<RollBody, Problem> {
    let reversal = reversal(db, &roll)?;
    let policy = roll.year.and_then(|year| book.resolve(&roll.place_code, year, None).in_force().cloned());
    let rule =
        policy.as_ref().zip(roll.exemption.as_deref()).and_then(|(policy, kind)| policy.rules.exemption_of(kind));
    Ok(RollBody {
        roll_id: roll.roll_id,
        kind: roll.kind,
        place: PlaceRef::of(book.places(), &roll.place_code, today),
        exemption: roll.exemption,
        year: roll.year,
        document: roll.document,
        attested_by: roll.attested_by,
        reason: roll.reason,
        clauses: rule.map(|rule| rule.cite.0.iter().map(ClauseBody::from).collect()).unwrap_or_default(),
        recorded_at: roll.recorded_at.into(),
        recorded_by: roll.recorded_by,
        counts: None,
        reversal,
    })
}

/// How far the reversal of a whole roll has come. What was done long ago is no longer among the work.
fn reversal(db: &mut Db, roll: &Roll) -> Result<Option<RollReversalState>, Problem> {
    let said = roll.reversed_at.zip(roll.reversed_by.clone()).zip(roll.reversal_reason.clone()).zip(roll.work_id);
    let Some((((at, by), reason), work)) = said else { return Ok(None) };
    let work = find_work(db, work)?;
    Ok(Some(RollReversalState {
        reason,
        reversed_at: at.into(),
        reversed_by: by,
        state: work.as_ref().map_or(WorkState::Done, |work| work.state),
        done: work.as_ref().map(|work| work.done),
        total: work.and_then(|work| work.total),
    }))
}
