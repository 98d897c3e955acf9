//! The years that a purpose looks at, and what of them.

use super::{Asked, Node, Standing};
use crate::{
    kernel::{Citation, Hours},
    policy::{
        CategoryCode, Rules,
        shape::{Described, Need, UseWindow, Weight, Who},
    },
    registry::Level,
};
use time::Date;

/// What the rules ask for a purpose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Window {
    /// How many years; `None` where no number is stated.
    pub years: Option<u32>,
    /// Whether the year of the application is one of them (QH-A1).
    pub includes_application_year: bool,
    /// Whether all of them are needed.
    pub need: Need,
    /// The categories looked at; empty for the whole year.
    pub categories: Vec<CategoryCode>,
    /// Whether the hours must lie in the same or a near specialty.
    pub same_specialty: bool,
    /// The last day on which years are verified for the purpose; of a year that no office verified, on which its hours are registered (GD-A6).
    pub verified_by: Option<Date>,
    /// How much the years weigh, where that is said.
    pub weight: Option<Weight>,
    /// A reading worth knowing.
    pub note: Option<String>,
    /// The clause.
    pub cite: Vec<Citation>,
}

impl Window {
    /// The first window of the rules that fits the application.
    pub(super) fn of(rules: &Rules, asked: &Asked<'_>) -> Option<Self> {
        let application = asked.application;
        let fits = |window: &&UseWindow| {
            window.purpose == application.purpose
                && (window.levels.is_empty() || application.level.is_some_and(|level| window.levels.contains(&level)))
                && window.who.as_ref().is_none_or(|who| describes(who, asked))
        };
        rules.window.iter().find(fits).map(|window| Self {
            years: window.years,
            includes_application_year: window.includes_application_year.unwrap_or(true),
            need: window.need.unwrap_or(Need::EveryYear),
            categories: window.categories.clone(),
            same_specialty: window.same_specialty == Some(true),
            verified_by: window.verified_by,
            weight: window.weight,
            note: window.note.clone(),
            cite: window.cite.0.clone(),
        })
    }

    /// The years looked at for an application of a day, the latest first.
    #[must_use]
    pub fn years(&self, applied_on: Date) -> Vec<i32> {
        let latest = applied_on.year() - i32::from(!self.includes_application_year);
        let years = self.years.and_then(|years| i32::try_from(years).ok()).unwrap_or(0);
        (0..years).map(|back| latest - back).collect()
    }

    /// Whether nothing is missing of what is looked at, in the nodes of a year.
    pub(super) fn is_met(&self, nodes: &[Node]) -> bool {
        let looked_at: Vec<&Node> = self.looked_at(nodes).collect();
        !looked_at.is_empty() && looked_at.into_iter().all(Node::is_met)
    }

    /// What is missing of it.
    pub(super) fn missing(&self, standing: &Standing) -> Vec<(String, Hours)> {
        let unmet = self.looked_at(&standing.nodes).filter(|node| !node.is_met());
        unmet.map(|node| (node.code.clone(), node.short)).collect()
    }

    fn looked_at<'s>(&'s self, nodes: &'s [Node]) -> impl Iterator<Item = &'s Node> {
        let within = |node: &&Node| {
            let code = CategoryCode::new(node.code.as_str());
            self.categories.is_empty() || self.categories.iter().any(|category| code.is_within(category))
        };
        nodes.iter().filter(within)
    }
}

/// The levels of which the rules say something for the purpose, where the application names none.
pub(super) fn levels_of(rules: &Rules, asked: &Asked<'_>) -> Vec<Level> {
    let of_purpose = rules.window.iter().filter(|window| window.purpose == asked.application.purpose);
    let mut levels: Vec<Level> = of_purpose.flat_map(|window| window.levels.iter().copied()).collect();
    levels.sort_unstable();
    levels.dedup();
    if asked.application.level.is_some() { Vec::new() } else { levels }
}

/// Whether an applicant is one of those described, on the day of the application.
fn describes(who: &Who, asked: &Asked<'_>) -> bool {
    let application = asked.application;
    let known = Described::on(asked.learner, application.applied_on, asked.known_at);
    let applicant = Described { level: asked.present_level(), ..known };
    let of_degree = who.degrees.is_empty() || application.degree.is_some_and(|degree| who.degrees.contains(&degree));
    of_degree && who.fits_but_for_degrees(&applicant)
}
