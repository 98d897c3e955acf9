//! What the demo registers and pushes, read from `sample.toml`.

use domain::kernel::{Document, DocumentKind};
use serde::Deserialize;
use serde_json::{Value, json};
use time::Date;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Sample {
    pub(super) base: Vec<Organisation>,
    pub(super) employer: Vec<Organisation>,
    pub(super) authority: Vec<Authority>,
    pub(super) platform: Vec<Platform>,
    pub(super) course: Vec<Course>,
    pub(super) learner: Vec<Learner>,
    pub(super) recognition: Vec<Recognition>,
    pub(super) surplus: Vec<Surplus>,
    pub(super) application: Vec<Application>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Organisation {
    pub(super) key: String,
    pub(super) name: String,
    pub(super) place: String,
    /// Of a base.
    pub(super) level: Option<String>,
    /// Of an employer.
    pub(super) kind: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Authority {
    pub(super) name: String,
    pub(super) place: String,
    pub(super) series: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Platform {
    pub(super) code: String,
    pub(super) name: String,
    pub(super) level: String,
    pub(super) place: String,
    pub(super) categories: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Course {
    pub(super) code: String,
    pub(super) title: String,
    pub(super) provider: String,
    pub(super) category: String,
    pub(super) requirement: Option<String>,
    pub(super) subject: Option<String>,
    pub(super) hours: i64,
    pub(super) policy_year: i32,
    pub(super) platforms: Vec<String>,
    pub(super) filed_on: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Learner {
    pub(super) name: String,
    region: String,
    born: String,
    pub(super) place: String,
    pub(super) employer: String,
    pub(super) series: String,
    pub(super) year: i32,
    pub(super) took: Vec<Took>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Took {
    course: String,
    pub(super) platform: String,
    score: Option<i64>,
    passed: Option<bool>,
    completed_at: String,
}

/// An achievement, as its learner declares it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Recognition {
    pub(super) learner: String,
    pub(super) claim: Value,
    pub(super) evidence: Value,
}

/// Surplus of a year that is to serve others, with what an office attests of them.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Surplus {
    pub(super) learner: String,
    pub(super) office: String,
    pub(super) from_year: i32,
    pub(super) attested: Value,
    pub(super) reference: String,
}

/// An application for a title.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Application {
    pub(super) learner: String,
    pub(super) level: String,
    pub(super) applied_on: String,
}

impl Sample {
    pub(super) fn read() -> Result<Self, toml::de::Error> {
        toml::from_str(include_str!("sample.toml"))
    }
}

impl Learner {
    /// An identity number with the sequence 000, which no real person has, and the check character that GB 11643 asks for.
    pub(super) fn number(&self, today: Date) -> Option<String> {
        let body = format!("{}{}000", self.region, self.born);
        let candidates = "0123456789X".chars().map(|check| format!("{body}{check}"));
        candidates.into_iter().find(|number| Document::parse(DocumentKind::ResidentId, number, today).is_ok())
    }
}

impl Took {
    /// The item as the platform pushes it.
    pub(super) fn item(&self, index: usize, learner: &Learner, number: &str) -> Value {
        let mut item = json!({
            "external_id": format!("demo-{}-{}", index + 1, self.course),
            "person": { "document_kind": "resident_id", "document_number": number, "name": learner.name },
            "course_code": self.course,
            "mode": "online",
            "completed_at": self.completed_at,
        });
        if let Some(score) = self.score {
            item["score"] = json!(score);
        }
        if let Some(passed) = self.passed {
            item["passed"] = json!(passed);
        }
        item
    }
}

#[cfg(test)]
mod tests {
    use super::Sample;
    use std::collections::HashSet;
    use time::macros::date;

    #[test]
    fn every_identity_number_is_valid_and_nobodys() {
        let sample = Sample::read().unwrap();
        assert!(sample.learner.len() >= 8);
        let numbers = sample.learner.iter().map(|learner| (&learner.name, learner.number(date!(2026 - 01 - 01))));
        let mut seen = HashSet::new();
        for (name, number) in numbers {
            let number = number.unwrap_or_else(|| panic!("{name} has no valid number"));
            assert_eq!((number.len(), &number[14..17]), (18, "000"), "{name}: {number}");
            assert!(seen.insert(number), "{name} has another one's number");
        }
    }

    #[test]
    fn whatever_the_sample_names_is_in_it() {
        let sample = Sample::read().unwrap();
        let courses: HashSet<_> = sample.course.iter().map(|course| course.code.as_str()).collect();
        let platforms: HashSet<_> = sample.platform.iter().map(|platform| platform.code.as_str()).collect();
        let employers: HashSet<_> = sample.employer.iter().map(|employer| employer.key.as_str()).collect();
        for learner in &sample.learner {
            assert!(employers.contains(learner.employer.as_str()), "{}", learner.employer);
            for took in &learner.took {
                assert!(courses.contains(took.course.as_str()), "{}", took.course);
                assert!(platforms.contains(took.platform.as_str()), "{}", took.platform);
            }
        }
        let learners: HashSet<_> = sample.learner.iter().map(|learner| learner.name.as_str()).collect();
        let declared = sample.recognition.iter().map(|one| &one.learner);
        let spread = sample.surplus.iter().map(|one| &one.learner);
        for name in declared.chain(spread).chain(sample.application.iter().map(|one| &one.learner)) {
            assert!(learners.contains(name.as_str()), "{name}");
        }
        let used: HashSet<_> = sample.course.iter().flat_map(|course| &course.platforms).map(String::as_str).collect();
        assert_eq!(used.difference(&platforms).count(), 0);
    }
}
