//! What a learner may ask to have corrected in the own file: read, and done once an office has approved it, by what does it when an office
//! corrects, records and joins of its own accord.

use super::{
    body::{DocumentInput, EmploymentInput, PlacementInput},
    change::{Corrected, Occasion, Right, keep_stated, put_right, resolved},
    file, identity,
    merge::join_known,
    stated::{Record, Sent, Within, employers},
};
use crate::{
    extract::Faults,
    problem::{FieldError, Kind, Problem},
    state::AppState,
    text::Text,
    wire::Day,
};
use domain::{
    corrections::CorrectionKind,
    kernel::{CaseId, Document, EmployerId, LearnerId, PersonName, PlaceCode},
    registry::{DocumentWas, LearnerFacts, PlaceTree, is_news},
};
use store::{
    Db,
    registry::{identifiers_of, persons},
};
use time::Date;

/// One thing that is to be corrected. Nothing here is shown by `Debug`.
#[derive(Clone)]
pub(crate) enum Wanted {
    /// The name.
    Name(PersonName),
    /// The document, and what the present one was.
    Document(Document, DocumentWas),
    /// The employer; from the day of the decision where none is named.
    Employment(Option<EmployerId>, Option<Date>),
    /// The place; likewise.
    Placement(PlaceCode, Option<Date>),
    /// That the file of this document and name ends in the learner's.
    Merge(Document, PersonName),
}

/// What is asked as it was sent, each part where it stands in the body.
#[derive(Clone, Copy)]
pub(crate) struct Asked<'a> {
    pub(crate) name: Option<&'a str>,
    pub(crate) document: Option<&'a DocumentInput>,
    pub(crate) document_was: Option<DocumentWas>,
    pub(crate) employment: Option<&'a EmploymentInput>,
    pub(crate) placement: Option<&'a PlacementInput>,
    pub(crate) merge: Option<(&'a DocumentInput, &'a str)>,
}

impl Asked<'_> {
    fn parts(self) -> Vec<CorrectionKind> {
        let parts = [
            self.name.map(|_| CorrectionKind::Name),
            self.document.map(|_| CorrectionKind::Document),
            self.employment.map(|_| CorrectionKind::Employment),
            self.placement.map(|_| CorrectionKind::Placement),
            self.merge.map(|_| CorrectionKind::Merge),
        ];
        parts.into_iter().flatten().collect()
    }
}

/// Reads what is asked. Whether somebody else has the document, or there is another file, is not looked for: the learner is not told.
pub(crate) fn read(
    db: &mut Db,
    (state, tree, today): (&AppState, &PlaceTree, Date),
    (asked, facts): (Asked<'_>, &LearnerFacts),
    faults: &mut Faults<'_>,
) -> Result<Option<Wanted>, Problem> {
    one_thing(asked, faults);
    let mut found = Vec::new();
    if let Some(name) = asked.name {
        found.extend(identity::name(faults, "/name", name).map(Wanted::Name));
    }
    if let Some(document) = asked.document {
        let read = identity::document(faults, "/document", document, today);
        let was = asked.document_was.unwrap_or(DocumentWas::Wrong);
        found.extend(read.map(|document| Wanted::Document(document, was)));
    }
    let employers = employers(db, asked.employment.into_iter())?;
    let sent = Sent { placement: asked.placement, employment: asked.employment, post: None };
    let stated = sent.resolve(faults, Within::TOGETHER, (tree, &employers), today);
    let day = |day: Option<Day>| day.map(|day| day.0);
    found.extend(asked.employment.map(|sent| Wanted::Employment(sent.employer_id, day(sent.from_on))));
    if let Some((sent, (place, _))) = asked.placement.zip(stated.place()) {
        found.push(Wanted::Placement(place.clone(), day(sent.from_on)));
    }
    if let Some((document, name)) = asked.merge {
        let document = identity::document(faults, "/merge/document", document, today);
        let name = identity::name(faults, "/merge/name", name);
        found.extend(document.zip(name).map(|(document, name)| Wanted::Merge(document, name)));
    }
    for wanted in &found {
        if let Some(pointer) = stands_so(db, (state, today), wanted, facts)?
            && faults.are_sound(&[pointer])
            && !faults.tell_of(pointer)
        {
            let words = Text::new("与现登记相同，无须更正", "it stands so in the file already");
            faults.add(pointer, "stands_so", words);
        }
    }
    Ok(found.pop())
}

/// Exactly one thing is asked.
fn one_thing(asked: Asked<'_>, faults: &mut Faults<'_>) {
    if asked.document.is_none() && asked.document_was.is_some() {
        let words = Text::new("应给出取代原证件的 document", "the document that takes its place must be given");
        faults.add("/document", "missing", words);
    }
    let parts = asked.parts();
    if parts.is_empty() && asked.document_was.is_none() {
        let words = Text::new(
            "应给出 name、document、employment、placement、merge 之一",
            "one of name, document, employment, placement and merge must be given",
        );
        faults.add("", "missing", words);
    }
    for more in parts.iter().skip(1) {
        let words = Text::new("一次只申请更正一项", "one thing is asked at a time");
        faults.add(&format!("/{more}"), "more_than_one", words);
    }
}

/// Where that is said which stands so in the learner's file already.
fn stands_so(
    db: &mut Db,
    (state, today): (&AppState, Date),
    wanted: &Wanted,
    facts: &LearnerFacts,
) -> Result<Option<&'static str>, Problem> {
    let from = |day: &Option<Date>| day.unwrap_or(today);
    let (is_so, pointer) = match wanted {
        Wanted::Name(name) => {
            (persons(db, &[facts.id])?.pop().is_some_and(|person| person.name == name.as_str()), "/name")
        }
        Wanted::Document(document, _) => {
            let own =
                persons(db, &[facts.id])?.pop().map(|person| identity::opened(&state.keys, &person)).transpose()?;
            (own.is_some_and(|own| own == *document), "/document")
        }
        Wanted::Employment(employer, day) => (!is_news(&facts.employers, employer, from(day)), "/employment"),
        Wanted::Placement(place, day) => (!is_news(&facts.places, place, from(day)), "/placement"),
        Wanted::Merge(document, _) => {
            let hash = identity::hash(&state.keys, document);
            let own = identifiers_of(db, &[facts.id])?.into_iter().any(|(known, _)| known == hash);
            (own, "/merge/document")
        }
    };
    Ok(is_so.then_some(pointer))
}

/// Does what was asked, about a learner who is held, by the permission of whoever approved it; answers what that changed.
///
/// # Errors
/// `correction_not_possible` with what speaks against it now, `already_exists` where a document is somebody's.
pub(crate) fn carry_out(
    db: &mut Db,
    at: Occasion<'_>,
    (id, case): (LearnerId, CaseId),
    wanted: Wanted,
) -> Result<Corrected, Problem> {
    let refused = |faults: Vec<FieldError>| Problem::new(Kind::CorrectionNotPossible).errors(faults);
    let facts = match file::visible(db, at.permission, at.tree, id, at.today) {
        // Who saw the case answers for the person no more.
        Err(problem) if problem.kind() == Kind::NotFound => {
            let words = Text::new("该学员已不在管辖范围内", "the learner belongs to you no more");
            return Err(refused(vec![FieldError::new("/learner_id", Kind::OutsidePlace.slug(), words)]));
        }
        found => found?,
    };
    let right = match wanted {
        Wanted::Name(name) => Right { name: Some(name), document: None, keeps_former: false },
        Wanted::Document(document, was) => {
            Right { name: None, document: Some(document), keeps_former: was == DocumentWas::Former }
        }
        Wanted::Employment(employer_id, day) => {
            let sent = EmploymentInput { employer_id, from_on: day.map(Day) };
            let done = state(db, at, facts, Sent { employment: Some(&sent), ..Sent::default() })?;
            return done.map(|news| Corrected::one(CorrectionKind::Employment, news)).map_err(refused);
        }
        Wanted::Placement(place, day) => {
            let sent = PlacementInput { place: place.to_string(), from_on: day.map(Day) };
            let done = state(db, at, facts, Sent { placement: Some(&sent), ..Sent::default() })?;
            return done.map(|news| Corrected::one(CorrectionKind::Placement, news)).map_err(refused);
        }
        Wanted::Merge(document, name) => {
            let done = join_known(db, at, (id, case), (&document, &name))?;
            return done.map(|()| Corrected::one(CorrectionKind::Merge, true)).map_err(|fault| refused(vec![fault]));
        }
    };
    put_right(db, at, id, &right).map(|righted| righted.corrected)
}

/// Records what is stated, unless something speaks against it; answers whether it was news.
fn state(
    db: &mut Db,
    at: Occasion<'_>,
    mut facts: LearnerFacts,
    sent: Sent<'_>,
) -> Result<Result<bool, Vec<FieldError>>, Problem> {
    let mut faults = Faults::none();
    let stated = resolved(db, at, (sent, Within::TOGETHER), (&facts, &mut faults))?;
    let found = faults.into_found();
    if !found.is_empty() {
        return Ok(Err(found));
    }
    let record = Record::new(facts.id, at.now, at.permission.signature(), || at.state.new_id());
    keep_stated(db, at, &stated, (&mut facts, &record)).map(Ok)
}
