//! Use cases of findings about courses: file, try, confirm, show, annul.

use super::{
    body::{CourseAnnulmentInput, CourseFindingBody, CourseFindingInput, CourseTrialBody, ProgressBody},
    run::{Follow, queue},
};
use crate::{
    audit::Recording,
    auth::Permission,
    extract::{Faults, Unjudged},
    idempotency::Made,
    problem::{Kind, Problem},
    state::AppState,
    text::Text,
    wire::{Day, Moment, PlaceRef},
};
use actix_web::web::Data;
use domain::{
    kernel::{CaseId, PlaceCode, WorkId},
    policy::RuleBook,
    review::is_same_account,
};
use store::{
    Db,
    findings::{
        CourseFinding, OfCourse, annul_course_finding, count_course_lines, count_of_course, decide_course_finding,
        find_course_finding, hold_course_finding, insert_course_finding,
    },
    registry::courses_by_id,
    whole_micros,
    work::{WorkState, find_work},
};
use time::{Date, OffsetDateTime};

/// Refuses a place that is not the caller's, as far as what was read names one.
fn allowed(permission: &Permission, book: &RuleBook, input: &CourseFindingInput) -> Result<(), Problem> {
    let places = book.places();
    let place = places.find(&input.place).map(|node| node.code.clone());
    // Of no place nothing is anybody's: what is wrong with the body says so.
    let own = place.as_ref().is_none_or(|place| permission.caller().answers_for(places, place));
    if permission.covers(own) {
        return Ok(());
    }
    let outside = place.map(|place| permission.outside(places, &place).at("/place"));
    Err(outside.unwrap_or_else(|| Problem::new(Kind::OutsidePlace)))
}

/// The place that is named, unless something speaks against the finding.
fn named(
    db: &mut Db,
    book: &RuleBook,
    (input, today): (&CourseFindingInput, Date),
    faults: &mut Faults<'_>,
) -> Result<Option<PlaceCode>, Problem> {
    let place = faults.place("/place", book.places(), &input.place);
    let course = courses_by_id(db, &[input.course_id])?.pop();
    faults.must_exist("/course_id", course.is_some());
    if let Some(course) = &course {
        faults.must_exist("/version", course.versions.iter().any(|version| version.number == input.version));
    }
    if input.decided_on > Day(today) {
        faults.add("/decided_on", "in_the_future", Text::new("不得晚于今天", "must not lie in the future"));
    }
    Ok(place)
}

fn judged(
    db: &mut Db,
    (permission, book): (&Permission, &RuleBook),
    input: &Unjudged<CourseFindingInput>,
    today: Date,
) -> Result<(CourseFindingInput, PlaceCode), Problem> {
    input.after_named(&["/place"], allowed(permission, book, input.as_read()))?;
    input.judged(|input, faults| Ok(named(db, book, (input, today), faults)?.map(|place| (input.clone(), place))))
}

fn counted(
    db: &mut Db,
    book: &RuleBook,
    (input, place): (&CourseFindingInput, &PlaceCode),
) -> Result<CourseTrialBody, Problem> {
    let places = book.places().subtree(place);
    let of = OfCourse { course: input.course_id, version: input.version, places: &places };
    let (lines, people) = count_of_course(db, of)?;
    Ok(CourseTrialBody { lines, people })
}

pub(super) async fn validate(
    state: &Data<AppState>,
    permission: Permission,
    input: Unjudged<CourseFindingInput>,
) -> Result<CourseTrialBody, Problem> {
    let (shared, today) = (state.clone(), state.clock.today());
    let read = move |db: &mut Db| {
        let book = shared.rule_books.current(db)?;
        let (input, place) = judged(db, (&permission, &book), &input, today)?;
        counted(db, &book, (&input, &place))
    };
    state.store.read(read).await
}

pub(super) async fn create(
    state: &Data<AppState>,
    permission: Permission,
    input: Unjudged<CourseFindingInput>,
) -> Result<Made, Problem> {
    let (shared, now, today) = (state.clone(), whole_micros(state.clock.now()), state.clock.today());
    let (id, author) = (CaseId::from_uuid(state.new_id()), permission.author());
    let write = move |db: &mut Recording<'_>| {
        let book = shared.rule_books.current(db)?;
        let (input, place_code) = judged(db, (&permission, &book), &input, today)?;
        let row = CourseFinding {
            finding_id: id,
            course_id: input.course_id,
            course_version: input.version,
            place_code,
            found_on: input.decided_on.0,
            document: input.document.trim().to_owned(),
            recorded_at: now,
            recorded_by: permission.signature(),
            decided_at: None,
            decided_by: None,
            work_id: None,
            annulled_at: None,
            annulled_by: None,
            annulment_reason: None,
            annulment_work_id: None,
        };
        insert_course_finding(db, &row)?;
        let body = body(db, &book, row, today)?;
        Made::at(format!("/v1/course-findings/{id}"), &db.after("course_finding", id, body))
    };
    state.create(author, write).await
}

/// A finding that is the caller's to see: whoever answers for its place.
fn visible(db: &mut Db, permission: &Permission, book: &RuleBook, id: CaseId) -> Result<CourseFinding, Problem> {
    let found = find_course_finding(db, id)?;
    let own = found.as_ref().is_some_and(|row| permission.caller().answers_for(book.places(), &row.place_code));
    permission.require(own)?;
    found.ok_or_else(|| Problem::new(Kind::NotFound))
}

pub(super) async fn find(
    state: &Data<AppState>,
    permission: Permission,
    id: CaseId,
) -> Result<CourseFindingBody, Problem> {
    let (shared, today) = (state.clone(), state.clock.today());
    let read = move |db: &mut Db| {
        let book = shared.rule_books.current(db)?;
        let row = visible(db, &permission, &book, id)?;
        body(db, &book, row, today)
    };
    state.store.read(read).await
}

/// Nobody decides what they filed.
fn not_the_filer(permission: &Permission, row: &CourseFinding) -> Result<(), Problem> {
    if !is_same_account(&permission.signature(), &row.recorded_by) {
        return Ok(());
    }
    let words = Text::new("不得办理本人提交的事项", "nobody decides what they handed in");
    Err(Problem::new(Kind::ConflictOfInterest).with("reason", "filed_by_you").detail(words))
}

fn settled(by: Option<&String>, at: OffsetDateTime) -> Problem {
    Problem::new(Kind::ReviewSettled).with("settled_by", by).with("settled_at", Moment(at))
}

/// Confirms a finding, and queues the work that takes its lines back.
pub(super) async fn confirm(
    state: &Data<AppState>,
    permission: Permission,
    id: CaseId,
) -> Result<CourseFindingBody, Problem> {
    let (shared, now, today) = (state.clone(), whole_micros(state.clock.now()), state.clock.today());
    let (author, work) = (permission.author(), WorkId::from_uuid(state.new_id()));
    let write = move |db: &mut Recording<'_>| {
        hold_course_finding(db, id)?;
        let book = shared.rule_books.current(db)?;
        let row = visible(db, &permission, &book, id)?;
        not_the_filer(&permission, &row)?;
        if let Some(at) = row.decided_at {
            return Err(settled(row.decided_by.as_ref(), at));
        }
        let before = body(db, &book, row, today)?;
        db.before(&before);
        if !decide_course_finding(db, id, work, (now, &permission.signature()))? {
            return Err(Problem::new(Kind::ReviewSettled));
        }
        queue(db, (work, Follow { finding: id, anew: false }), now)?;
        let row = visible(db, &permission, &book, id)?;
        let body = body(db, &book, row, today)?;
        Ok(db.after("course_finding", id, body))
    };
    state.write(author, write).await
}

/// Annuls a finding whose lines are all taken back, and queues the work that says them anew.
pub(super) async fn annul(
    state: &Data<AppState>,
    permission: Permission,
    id: CaseId,
    input: Unjudged<CourseAnnulmentInput>,
) -> Result<CourseFindingBody, Problem> {
    let (shared, now, today) = (state.clone(), whole_micros(state.clock.now()), state.clock.today());
    let (author, work) = (permission.author(), WorkId::from_uuid(state.new_id()));
    let write = move |db: &mut Recording<'_>| {
        hold_course_finding(db, id)?;
        let book = shared.rule_books.current(db)?;
        let found = visible(db, &permission, &book, id).and_then(|row| not_the_filer(&permission, &row).map(|()| row));
        let row = input.after(found)?;
        if let Some(at) = row.annulled_at {
            return input.after(Err(settled(row.annulled_by.as_ref(), at)));
        }
        // Else lines would be said anew while others are still being taken back.
        if !is_through(db, row.work_id)? {
            return input.after(Err(Problem::new(Kind::ReviewNotNow)));
        }
        let reason = input.judged(|input, _| Ok(Some(input.reason.trim().to_owned())))?;
        let before = body(db, &book, row, today)?;
        db.before(&before);
        if !annul_course_finding(db, id, (work, &reason), (now, &permission.signature()))? {
            return Err(Problem::new(Kind::ReviewSettled));
        }
        queue(db, (work, Follow { finding: id, anew: true }), now)?;
        let row = visible(db, &permission, &book, id)?;
        let body = body(db, &book, row, today)?;
        Ok(db.after("course_finding", id, body))
    };
    state.write(author, write).await
}

/// Whether a piece of work was queued and is done. What was done long ago is no longer among the work.
fn is_through(db: &mut Db, work: Option<WorkId>) -> Result<bool, Problem> {
    let Some(work) = work else { return Ok(false) };
    Ok(find_work(db, work)?.is_none_or(|work| work.state == WorkState::Done))
}

fn body(db: &mut Db, book: &RuleBook, row: CourseFinding, today: Date) -> Result<CourseFindingBody, Problem> {
    Ok(CourseFindingBody {
        finding_id: row.finding_id,
        course_id: row.course_id,
        version: row.course_version,
        place: PlaceRef::of(book.places(), &row.place_code, today),
        decided_on: Day(row.found_on),
        document: row.document,
        recorded_at: row.recorded_at.into(),
        recorded_by: row.recorded_by,
        effective_at: row.decided_at.map(Moment),
        confirmed_by: row.decided_by,
        reversal: progress(db, row.work_id)?,
        lines: count_course_lines(db, row.finding_id)?,
        annulled_at: row.annulled_at.map(Moment),
        annulled_by: row.annulled_by,
        annulment_reason: row.annulment_reason,
        restoration: progress(db, row.annulment_work_id)?,
    })
}

fn progress(db: &mut Db, work: Option<WorkId>) -> Result<Option<ProgressBody>, Problem> {
    let Some(work) = work else { return Ok(None) };
    let work = find_work(db, work)?;
    Ok(Some(ProgressBody {
        state: work.as_ref().map_or(WorkState::Done, |work| work.state),
        done: work.as_ref().map(|work| work.done),
        total: work.and_then(|work| work.total),
    }))
}
