//! What courses and platforms are called, kept in memory: an answer about one person asks the database for none of it.

use crate::state::Cached;
use domain::{
    hour_ledger::Entry,
    kernel::{CourseId, PlatformId},
};
use std::{
    collections::{BTreeSet, HashMap},
    sync::{Arc, PoisonError, RwLock},
};
use store::{
    Db, StoreError,
    registry::{CourseLabel, PlatformLabel, all_platform_labels, course_labels},
};

/// How many versions of courses are kept; beyond it all are forgotten and read anew. Some ten megabytes.
const MOST_KEPT: usize = 50_000;

type OfCourses = HashMap<(CourseId, i32), Arc<CourseLabel>>;
type OfPlatforms = HashMap<PlatformId, PlatformLabel>;

/// The labels read so far. Those of a version of a course never change; those of platforms, of which there are few, are
/// kept together for as long as the registry's revision stands.
#[derive(Debug, Default)]
pub struct LabelBook {
    courses: RwLock<OfCourses>,
    platforms: Cached<OfPlatforms>,
}

/// What the courses and platforms of some lines are called.
#[derive(Debug, Default)]
pub(super) struct Labels {
    courses: OfCourses,
    platforms: Arc<OfPlatforms>,
}

impl LabelBook {
    /// The labels of some lines, by at most one query for courses and one for platforms, and none where they are known.
    pub(super) fn of<'e>(
        &self,
        db: &mut Db,
        registry_revision: i64,
        entries: impl Iterator<Item = &'e Entry>,
    ) -> Result<Labels, StoreError> {
        let (mut wanted, mut with_platform) = (BTreeSet::new(), false);
        for entry in entries {
            wanted.extend(entry.course.zip(entry.course_version));
            with_platform |= entry.platform.is_some();
        }
        let courses = self.courses_of(db, &wanted)?;
        let platforms = match self.platforms.at(registry_revision) {
            _ if !with_platform => Arc::default(),
            Some(known) => known,
            None => {
                let all = all_platform_labels(db)?.into_iter().map(|label| (label.platform_id, label)).collect();
                self.platforms.keep(registry_revision, all)
            }
        };
        Ok(Labels { courses, platforms })
    }

    fn courses_of(&self, db: &mut Db, wanted: &BTreeSet<(CourseId, i32)>) -> Result<OfCourses, StoreError> {
        let mut found = OfCourses::with_capacity(wanted.len());
        let mut missing = BTreeSet::new();
        {
            let kept = self.courses.read().unwrap_or_else(PoisonError::into_inner);
            for version in wanted {
                match kept.get(version) {
                    Some(label) => drop(found.insert(*version, Arc::clone(label))),
                    None => drop(missing.insert(version.0)),
                }
            }
        }
        if missing.is_empty() {
            return Ok(found);
        }
        let read: OfCourses = course_labels(db, &Vec::from_iter(missing))?
            .into_iter()
            .map(|label| ((label.course_id, label.number), Arc::new(label)))
            .collect();
        found.extend(wanted.iter().filter_map(|version| Some((*version, Arc::clone(read.get(version)?)))));
        let mut kept = self.courses.write().unwrap_or_else(PoisonError::into_inner);
        if kept.len() + read.len() > MOST_KEPT {
            kept.clear();
        }
        kept.extend(read);
        Ok(found)
    }
}

impl Labels {
    /// The course of a line, in its version then.
    pub(super) fn course(&self, entry: &Entry) -> Option<&CourseLabel> {
        self.courses.get(&entry.course.zip(entry.course_version)?).map(Arc::as_ref)
    }

    /// The platform of a line.
    pub(super) fn platform(&self, entry: &Entry) -> Option<&PlatformLabel> {
        self.platforms.get(&entry.platform?)
    }

    /// What of them can change, as far as it is shown with these lines: part of an answer's tag.
    pub(super) fn changing<'e>(&self, entries: impl Iterator<Item = &'e Entry>) -> String {
        let platforms: BTreeSet<PlatformId> = entries.filter_map(|entry| entry.platform).collect();
        let labels = platforms.iter().filter_map(|id| self.platforms.get(id));
        labels.map(|label| format!("{}\0{}\0{}\0", label.platform_id, label.code, label.name)).collect()
    }
}
