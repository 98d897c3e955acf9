//! A course from the wire to its row, and back.

use super::v1::{CourseBody, CourseInput, CourseProvider, CourseVersionBody, PlanFilingBody};
use domain::{
    kernel::CourseId,
    registry::{CourseFacts, CourseVersion},
};
use store::registry::{self as rows, LastFiling};

pub(super) fn row(input: &CourseInput, new_id: CourseId) -> rows::CourseInput {
    rows::CourseInput {
        new_id,
        code: input.code.clone(),
        provider_kind: input.provider.kind,
        provider_id: input.provider.id,
        version: CourseVersion {
            number: 0,
            title: input.title.trim().to_owned(),
            category: input.category.clone(),
            requirement: input.requirement,
            subject: input.subject.clone(),
            hours: input.hours,
            modes: input.modes.clone(),
            policy_year: input.policy_year,
            available_from: input.available_from.0,
        },
        platforms: input.platforms.clone(),
    }
}

pub(super) fn body(facts: CourseFacts, filing: Option<LastFiling>) -> CourseBody {
    let mut versions = facts.versions;
    versions.sort_unstable_by_key(|version| version.number);
    CourseBody {
        course_id: facts.id,
        code: facts.code,
        provider: CourseProvider { kind: facts.provider_kind, id: facts.provider_id },
        platforms: facts.platforms,
        filed_on: facts.filed_on.map(Into::into),
        plan_filing: filing.map(filing_body),
        versions: versions.into_iter().map(version_body).collect(),
    }
}

fn filing_body(LastFiling { filed, recorded_at }: LastFiling) -> PlanFilingBody {
    let withdrawn = filed.is_none();
    let (filed_on, reference) = filed.map(|(day, reference)| (day.into(), reference)).unzip();
    PlanFilingBody { filed_on, reference, withdrawn, recorded_at: recorded_at.into() }
}

fn version_body(version: CourseVersion) -> CourseVersionBody {
    CourseVersionBody {
        number: version.number,
        title: version.title,
        category: version.category,
        requirement: version.requirement,
        subject: version.subject,
        hours: version.hours,
        modes: version.modes,
        policy_year: version.policy_year,
        available_from: version.available_from.into(),
    }
}
