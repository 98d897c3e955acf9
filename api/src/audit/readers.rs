//! In whose name somebody looked at a file: the account in a record says nothing to the person whose file it is, the office does.

use crate::{problem::Problem, wire::PlaceRef};
use domain::{
    access::Role,
    audit::Event,
    kernel::{Words, china_date},
    registry::{LearnerFacts, PlaceTree},
};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use store::{
    Db,
    access::{AccessGrant, GrantWithEnd, find_issuer_by_iss, grants_ever_of},
    registry::{bases_by_id, employers_by_id},
};
use time::Date;
use utoipa::ToSchema;

/// 查阅人所在机关或单位 / For whom somebody looked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(super) struct ReaderOffice {
    /// 所辖地区 / The place that the office answers for.
    #[serde(skip_serializing_if = "Option::is_none")]
    place: Option<PlaceRef>,
    /// 用人单位名称 / The employer's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    employer: Option<String>,
    /// 继续教育基地名称 / The training base's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    training_base: Option<String>,
    /// 职称系列 / The series that the authority answers for.
    #[serde(skip_serializing_if = "Option::is_none")]
    series: Option<String>,
}

/// The grants of everybody who looked, by account.
pub(super) struct Readers {
    grants: HashMap<String, Vec<GrantWithEnd>>,
    names: HashMap<String, String>,
}

/// The account of an official within a name in records: `officer:{iss}#{subject}`.
fn account(event: &Event) -> Option<(&str, &str)> {
    let (_, account) = event.actor.split_once(':')?;
    account.split_once('#')
}

impl Readers {
    /// Those of these events: a handful of queries for any number of one portal's officials.
    pub(super) fn of(db: &mut Db, events: &[Event]) -> Result<Self, Problem> {
        let mut accounts: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for (iss, subject) in events.iter().filter_map(account) {
            let _ = accounts.entry(iss).or_default().insert(subject);
        }
        let (mut grants, mut names): (HashMap<String, Vec<GrantWithEnd>>, _) = (HashMap::new(), HashMap::new());
        for (iss, subjects) in accounts {
            let Some(issuer) = find_issuer_by_iss(db, iss)? else { continue };
            let subjects: Vec<&str> = subjects.into_iter().collect();
            for grant in grants_ever_of(db, issuer.issuer_id, &subjects)? {
                grants.entry(format!("{iss}#{}", grant.0.subject)).or_default().push(grant);
            }
        }
        let all = || grants.values().flatten().map(|(grant, _)| grant);
        let employers: Vec<_> = all().filter_map(|grant| grant.employer_id).collect();
        let bases: Vec<_> = all().filter_map(|grant| grant.base_id).collect();
        names.extend(employers_by_id(db, &employers)?.into_iter().map(|row| (row.employer_id.to_string(), row.name)));
        names.extend(bases_by_id(db, &bases)?.into_iter().map(|row| (row.base_id.to_string(), row.name)));
        Ok(Self { grants, names })
    }

    /// For whom somebody looked then: by the grants of the role that held at that moment and answered for the person that day; by all that
    /// held where none did (who answered before reads the years of then), since a record does not say by which of several. None of a
    /// caller whose token is the service's own.
    pub(super) fn offices(
        &self,
        event: &Event,
        people: &[LearnerFacts],
        (places, today): (&PlaceTree, Date),
    ) -> Vec<ReaderOffice> {
        let role = event.role.as_deref().and_then(Role::of_word);
        let granted = account(event).and_then(|(iss, subject)| self.grants.get(&format!("{iss}#{subject}")));
        let on = china_date(event.at);
        let held = granted.into_iter().flatten().filter(|(grant, end)| {
            Some(grant.role) == role
                && grant.given_at <= event.at
                && grant.from_on <= on
                && grant.until_on.is_none_or(|last| on <= last)
                && end.as_ref().is_none_or(|end| event.at <= end.withdrawn_at)
        });
        let office = |grant: &AccessGrant| ReaderOffice {
            place: grant.place_code.as_ref().map(|place| PlaceRef::of(places, place, today)),
            employer: grant.employer_id.and_then(|id| self.names.get(&id.to_string()).cloned()),
            training_base: grant.base_id.and_then(|id| self.names.get(&id.to_string()).cloned()),
            series: grant.series.clone(),
        };
        let person = people.iter().find(|person| event.subject_id.as_deref() == Some(person.id.to_string().as_str()));
        let (at, employer) = (
            person.and_then(|person| person.place_on(on, Some(event.at))),
            person.and_then(|person| person.employer_on(on, Some(event.at))).map(|employer| employer.id),
        );
        let held: Vec<&AccessGrant> = held.map(|(grant, _)| grant).collect();
        let answered = |grant: &&AccessGrant| match (&grant.place_code, grant.employer_id) {
            (_, Some(own)) => employer == Some(own),
            (Some(own), None) => at.is_some_and(|at| places.contains(own, at)),
            (None, None) => false,
        };
        let theirs: Vec<&AccessGrant> = held.iter().copied().filter(answered).collect();
        let told = if theirs.is_empty() { held } else { theirs };
        told.into_iter().map(office).collect()
    }
}
