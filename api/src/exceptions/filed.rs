//! What an officer asks to grant, judged: whom it may be asked of, by whom, and whether the rules let it be granted.

use super::body::ExceptionInput;
use crate::{
    auth::Permission,
    explain,
    extract::{Faults, Unjudged},
    problem::{Kind, Problem},
    recognition::case::{files_of, is_own, open_file},
    roll::stated,
    text::{Language, Text},
};
use domain::{
    access::Reach,
    exceptions::{Asked, Possible, Reason, ReasonKind, judge},
    hour_ledger::Entry,
    kernel::{LearnerId, last_day},
    policy::RuleBook,
    registry::{LearnerFacts, PlaceTree},
    review::{Stage, own_office},
    roll::Stated,
};
use store::{Db, exceptions::waiting_exception, hour_ledger::entries_of};
use time::Date;

/// What is asked of whom, judged.
pub(super) struct Filed {
    pub(super) learner: LearnerFacts,
    pub(super) files: Vec<LearnerId>,
    /// The person's lines of the year.
    pub(super) entries: Vec<Entry>,
    pub(super) input: ExceptionInput,
    pub(super) stated: Stated,
    pub(super) decided_on: Date,
    pub(super) possible: Possible,
}

/// Reads and judges what is asked.
///
/// # Errors
/// `not_found`, `learner_merged`, all faults of the body at once, `exception_refused` with all reasons.
pub(super) fn filed(
    db: &mut Db,
    (permission, book): (&Permission, &RuleBook),
    input: &Unjudged<ExceptionInput>,
    (today, language): (Date, Language),
) -> Result<Filed, Problem> {
    let (id, year) = (input.as_read().learner_id, input.as_read().year);
    let may =
        |facts: &LearnerFacts| permission.require_file(may_file(permission, book, (facts, year), today), facts.id);
    let learner = input.after_named(&["/learner_id", "/year"], open_file(db, id, may))?;
    let entries = entries_of(db, learner.id, year, None)?;
    let (input, (stated, decided_on, judged)) = input.judged(|input, faults| {
        outside(permission, book, (&learner, year), faults);
        let stated = stated((input.met, input.hours.as_deref()), faults);
        let decided_on = input.decided_on.map_or(today, |day| day.0);
        let judged = stated
            .as_ref()
            .map(|stated| judge(&Asked { book, learner: &learner, entries: &entries, year, stated, today }));
        decided(decided_on, judged.as_ref().and_then(|judged| judged.as_ref().ok()), today, faults);
        Ok(stated.zip(judged).map(|(stated, judged)| (input.clone(), (stated, decided_on, judged))))
    })?;
    let files = files_of(db, learner.id)?;
    // Both would be granted for what the year lacks once.
    let waits = waiting_exception(db, &files, year)?.map(|case_id| ReasonKind::AlreadyWaiting { year, case_id });
    let possible = match (judged, waits.map(Reason::plain)) {
        (Ok(possible), None) => possible,
        (judged, waits) => {
            let reasons: Vec<Reason> = judged.err().into_iter().flatten().chain(waits).collect();
            return Err(refused(&reasons, language));
        }
    };
    Ok(Filed { learner, files, entries, input, stated, decided_on, possible })
}

/// Whether a person is the caller's to ask it of: who is theirs today, and whose year was their place's, wherever the person has gone since.
fn may_file(permission: &Permission, book: &RuleBook, (learner, year): (&LearnerFacts, i32), today: Date) -> bool {
    let then = learner.place_on(last_day(year).min(today), None);
    let layer = then.and_then(|place| book.governing_layer(place, None));
    let of_then = match permission.caller().reach() {
        Some(Reach::Place(own)) => layer.is_some_and(|layer| is_the_same(book.places(), own.as_str(), layer.as_str())),
        _ => false,
    };
    of_then || is_own(permission.caller(), book.places(), learner, today)
}

fn is_the_same(places: &PlaceTree, one: &str, other: &str) -> bool {
    places.find(one).is_some_and(|node| places.find(other).is_some_and(|found| found.code == node.code))
}

/// Each year is the business of the office that answered for the person then.
fn outside(permission: &Permission, book: &RuleBook, (learner, year): (&LearnerFacts, i32), faults: &mut Faults<'_>) {
    let then = learner.place_on(last_day(year), None).filter(|_| faults.are_sound(&["/year"]));
    if let Some(place) = then.filter(|place| !permission.covers_place(book.places(), place)) {
        faults.add_error(permission.outside(book.places(), place).fault("/year"));
    }
}

/// The day of the paper: not to come, and not before the year was missed.
fn decided(decided_on: Date, possible: Option<&Possible>, today: Date, faults: &mut Faults<'_>) {
    if !faults.are_sound(&["/decided_on"]) {
        return;
    }
    if decided_on > today {
        faults.add("/decided_on", "in_the_future", Text::new("不得晚于今天", "must not lie in the future"));
    } else if let Some(possible) = possible.filter(|possible| decided_on <= possible.closed_on) {
        let closed_on = possible.closed_on;
        let words = Text::new(
            format!("该年度至 {closed_on} 方结束，此前尚不能认定其未达标"),
            format!("the year was not over before {closed_on} had passed, so that nobody could say it was missed"),
        );
        faults.add("/decided_on", "before_the_year_closed", words);
    }
}

/// That the rules let nothing be granted, with all reasons.
pub(super) fn refused(reasons: &[Reason], language: Language) -> Problem {
    let reasons: Vec<_> = reasons.iter().map(|reason| explain::of_exception(reason).body(language)).collect();
    Problem::new(Kind::ExceptionRefused).with("reasons", reasons)
}

/// The office that decides it: the department at the place of the rules that name it.
///
/// # Errors
/// `no_route` where no department sits there.
pub(super) fn stage(possible: &Possible, places: &PlaceTree) -> Result<Stage, Problem> {
    let provision = &possible.provision;
    let stage = own_office(Some(&provision.policy.rules.policy.place), places);
    let stage = stage.map_err(|_| Problem::new(Kind::NoRoute))?;
    Ok(Stage { office: Some(provision.office.clone()), cite: provision.cite.clone(), ..stage })
}
