//! What standing on an authority's list is worth: years deemed met.

use super::{
    Facts, Judged, Line, Listing, Reason, ReasonKind, StepKind, findings::Findings, project, worth::out_of_scope,
};
use crate::{
    kernel::{Hours, last_day},
    policy::{
        CategoryCode,
        shape::{Described, Exemption, Fulfils, Ledger},
    },
};
use time::Date;

/// Judges what an authority's list means for one person and year (QH-33). Whose list it is, is for `review` to see to.
///
/// All reasons are given at once; a person out of scope, or a list that the rules do not know, is told that alone.
#[must_use]
pub fn exempt(facts: &Facts<'_>, listing: &Listing) -> Judged {
    let Some(exemption) = facts.rules.exemption_of(&listing.kind) else {
        let known = facts.rules.exemption.iter().map(|exemption| exemption.kind.clone()).collect();
        return Judged::alone(Reason::plain(ReasonKind::KindUnknown { known }), None);
    };
    let day = facts.today.min(last_day(listing.year));
    if let Some(reason) = out_of_scope(facts, day) {
        return Judged::alone(reason, Some(Ledger::On));
    }
    let mut found = Findings::under(&exemption.cite);
    gates(facts, exemption, listing.year, day, &mut found);
    for category in reached(facts, exemption) {
        let fulfils = exemption.fulfils;
        found.step(StepKind::Fulfils { fulfils, category: category.clone(), minimum: None });
        let line = |year| Line {
            year,
            category: category.clone(),
            hours: Hours::ZERO,
            fulfils: Some(fulfils),
            achievement: exemption.kind.clone(),
        };
        if fulfils == Fulfils::CategoryTenure {
            project::tenure(facts, &mut found).for_each(|year| found.line(line(year)));
        } else {
            found.line(line(listing.year));
        }
    }
    found.judged(Ledger::On, Some(day))
}

fn gates(facts: &Facts<'_>, exemption: &Exemption, year: i32, day: Date, found: &mut Findings<'_>) {
    if year > facts.today.year() {
        found.plain(ReasonKind::YearNotBegun { year });
    }
    if !exemption.years.is_empty() && !exemption.years.contains(&year) {
        found.rule(ReasonKind::YearNotExempt { year, years: exemption.years.clone() });
    } else if !facts.rules.policy.covers(year) {
        found.rule(ReasonKind::NoRuleForYear { year });
    }
    let Some(who) = &exemption.who else { return };
    if !who.fits_but_for_degrees(&Described::on(facts.learner, day, facts.known_at)) {
        found.rule(ReasonKind::NotForThem);
    } else if !who.degrees.is_empty() {
        found.rule(ReasonKind::DegreeUnknown);
    }
}

/// The categories deemed met; `None` alone for everything of the year.
fn reached(facts: &Facts<'_>, exemption: &Exemption) -> Vec<Option<CategoryCode>> {
    if exemption.fulfils == Fulfils::EverythingYear {
        return vec![None];
    }
    if !exemption.categories.is_empty() {
        return exemption.categories.iter().cloned().map(Some).collect();
    }
    let top = facts.rules.category.iter().map(|node| &node.code).filter(|code| code.parent().is_none());
    top.cloned().map(Some).collect()
}
