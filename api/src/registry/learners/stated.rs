//! What someone states about a learner: place, employer, post, each from a day on; and which of it is news.

use super::body::{EmploymentInput, PlacementInput, PostInput};
use crate::{auth::Permission, extract::Faults, wire::Day};
use domain::{
    kernel::{EmployerId, FactId, LearnerId, PlaceCode},
    registry::{Dated, LearnerFacts, PlaceTree, Post, displaced, is_news},
};
use std::collections::HashSet;
use store::{
    Db, StoreError,
    registry::{LearnerEmployer, LearnerPlace, LearnerPost, append_facts, employers_by_id},
};
use time::{Date, OffsetDateTime};
use uuid::Uuid;

/// The parts of a statement as they were sent.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Sent<'a> {
    pub(super) placement: Option<&'a PlacementInput>,
    pub(super) employment: Option<&'a EmploymentInput>,
    pub(super) post: Option<&'a PostInput>,
}

/// The ways to the parts in the body.
#[derive(Clone, Copy, Debug)]
pub(super) struct Within {
    pub(super) placement: &'static str,
    employment: &'static str,
    post: &'static str,
}

impl Within {
    /// The body is the part.
    pub(super) const ALONE: Self = Self { placement: "", employment: "", post: "" };
    /// The body has all parts.
    pub(super) const TOGETHER: Self = Self { placement: "/placement", employment: "/employment", post: "/post" };
}

/// A statement whose place and employer exist.
#[derive(Clone, Debug, Default)]
pub(super) struct Stated {
    place: Option<(PlaceCode, Date)>,
    employer: Option<(Option<EmployerId>, Date)>,
    post: Option<(Post, Date)>,
}

/// Those of the employers that statements name which exist.
pub(super) type Employers = HashSet<EmployerId>;

/// The employers that these statements name: one query.
pub(super) fn employers<'a>(
    db: &mut Db,
    employments: impl Iterator<Item = &'a EmploymentInput>,
) -> Result<Employers, StoreError> {
    let mut ids: Vec<EmployerId> = employments.filter_map(|employment| employment.employer_id).collect();
    ids.sort_unstable();
    ids.dedup();
    Ok(employers_by_id(db, &ids)?.into_iter().map(|row| row.employer_id).collect())
}

impl Sent<'_> {
    /// What is stated; what does not exist is a fault. `within` is the way to the parts in the body.
    pub(super) fn resolve(
        self,
        faults: &mut Faults<'_>,
        within: Within,
        (tree, employers): (&PlaceTree, &Employers),
        today: Date,
    ) -> Stated {
        let mut stated = Stated::default();
        let first_day = |faults: &mut Faults<'_>, part: &str, from_on: Option<Day>| {
            let from_on = from_on.map_or(today, |day| day.0);
            faults.first_day(&format!("{part}/from_on"), from_on, today);
            from_on
        };
        if let Some(sent) = self.placement {
            let place = faults.place(&format!("{}/place", within.placement), tree, &sent.place);
            let from_on = first_day(faults, within.placement, sent.from_on);
            stated.place = place.map(|place| (place, from_on));
        }
        if let Some(sent) = self.employment {
            let exists = sent.employer_id.is_none_or(|id| employers.contains(&id));
            faults.must_exist(&format!("{}/employer_id", within.employment), exists);
            stated.employer = Some((sent.employer_id, first_day(faults, within.employment, sent.from_on)));
        }
        if let Some(sent) = self.post {
            let PostInput { series, level, employment_kind, from_on } = sent.clone();
            stated.post = Some((Post { series, level, employment_kind }, first_day(faults, within.post, from_on)));
        }
        stated
    }
}

/// Who states it, when, and about whom. The ids are made before the transaction, which may run twice.
#[derive(Clone, Debug)]
pub(super) struct Record {
    pub(super) learner_id: LearnerId,
    pub(super) fact_ids: [FactId; 3],
    pub(super) recorded_at: OffsetDateTime,
    pub(super) recorded_by: String,
}

impl Record {
    pub(super) fn new(
        learner_id: LearnerId,
        recorded_at: OffsetDateTime,
        recorded_by: String,
        new_id: impl Fn() -> Uuid,
    ) -> Self {
        let fact_ids = std::array::from_fn(|_| FactId::from_uuid(new_id()));
        Self { learner_id, fact_ids, recorded_at, recorded_by }
    }
}

/// Rows to be added.
#[derive(Debug, Default)]
pub(super) struct NewFacts {
    pub(super) places: Vec<LearnerPlace>,
    pub(super) employers: Vec<LearnerEmployer>,
    pub(super) posts: Vec<LearnerPost>,
}

impl NewFacts {
    pub(super) fn is_empty(&self) -> bool {
        self.places.is_empty() && self.employers.is_empty() && self.posts.is_empty()
    }

    /// The learners who belong elsewhere by these.
    pub(super) fn moved(&self) -> Vec<LearnerId> {
        let mut moved: Vec<LearnerId> = self.places.iter().map(|fact| fact.learner_id).collect();
        moved.sort_unstable();
        moved.dedup();
        moved
    }

    /// The learners of whom anything is known by these that was not before.
    pub(super) fn changed(&self) -> Vec<LearnerId> {
        let places = self.places.iter().map(|fact| fact.learner_id);
        let employers = self.employers.iter().map(|fact| fact.learner_id);
        let mut changed: Vec<LearnerId> =
            places.chain(employers).chain(self.posts.iter().map(|fact| fact.learner_id)).collect();
        changed.sort_unstable();
        changed.dedup();
        changed
    }

    pub(super) fn extend(&mut self, more: Self) {
        self.places.extend(more.places);
        self.employers.extend(more.employers);
        self.posts.extend(more.posts);
    }

    pub(super) fn append(&self, db: &mut Db) -> Result<(), StoreError> {
        append_facts(db, &self.places, &self.employers, &self.posts)
    }
}

/// A day that has passed belongs to another place than the caller's: what was decided of it by the rules there stays theirs.
pub(super) const PAST_OF_ANOTHER: (&str, &str, &str) = (
    "past_of_another_place",
    "这些日期属于其他地区，不得追溯变更；确需追溯的，由同时管辖两地的上级登记",
    "these days belong to a place that you do not answer for; only who answers for both places may change them",
);

impl Stated {
    /// The place that loses days before today by this statement, if one does that the permission does not cover.
    pub(super) fn past_taken<'a>(
        &self,
        facts: &'a LearnerFacts,
        (permission, tree): (&Permission, &PlaceTree),
        today: Date,
    ) -> Option<&'a PlaceCode> {
        let (place, from_on) = self.place.as_ref()?;
        displaced(&facts.places, place, *from_on, today).filter(|lost| !permission.covers_place(tree, lost))
    }

    pub(super) fn place(&self) -> Option<&(PlaceCode, Date)> {
        self.place.as_ref()
    }

    /// The rows for what is news, and `facts` as they are with them.
    pub(super) fn news(&self, facts: &mut LearnerFacts, record: &Record) -> NewFacts {
        let mut new = NewFacts::default();
        let Record { learner_id, fact_ids: [place_fact, employer_fact, post_fact], recorded_at, .. } = *record;
        let recorded_by = || record.recorded_by.clone();
        if let Some((value, from_on)) = said(&mut facts.places, self.place.as_ref(), recorded_at, place_fact) {
            let (place_code, fact_id, recorded_by) = (value, place_fact, recorded_by());
            new.places.push(LearnerPlace { learner_id, fact_id, place_code, from_on, recorded_at, recorded_by });
        }
        if let Some((value, from_on)) = said(&mut facts.employers, self.employer.as_ref(), recorded_at, employer_fact) {
            let (employer_id, fact_id, recorded_by) = (value, employer_fact, recorded_by());
            new.employers.push(LearnerEmployer { learner_id, fact_id, employer_id, from_on, recorded_at, recorded_by });
        }
        if let Some((value, from_on)) = said(&mut facts.posts, self.post.as_ref(), recorded_at, post_fact) {
            let Post { series, level, employment_kind } = value;
            let (fact_id, recorded_by) = (post_fact, recorded_by());
            let row =
                LearnerPost { learner_id, fact_id, series, level, employment_kind, from_on, recorded_at, recorded_by };
            new.posts.push(row);
        }
        new
    }
}

/// The value with its first day if it is news; then it is among `facts` too.
fn said<T: Clone + PartialEq>(
    facts: &mut Vec<Dated<T>>,
    stated: Option<&(T, Date)>,
    recorded_at: OffsetDateTime,
    fact_id: FactId,
) -> Option<(T, Date)> {
    let (value, from_on) = stated.filter(|(value, from_on)| is_news(facts, value, *from_on))?.clone();
    facts.push(Dated { value: value.clone(), from_on, recorded_at, fact_id });
    Some((value, from_on))
}
