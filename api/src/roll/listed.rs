//! Who stands, or stood, on a roll.

use super::{
    body::{AttestedHours, EntryReversed, RollEntry},
    service::visible,
};
use crate::{
    auth::Permission,
    extract::{Page, Paged},
    problem::Problem,
    state::AppState,
};
use actix_web::web::Data;
use domain::{
    access::belongs,
    hour_ledger::{Entry, EntryKind},
    kernel::{CaseId, LearnerId, PersonName},
};
use std::collections::HashMap;
use store::{
    Db,
    hour_ledger::{RollItem, lines_on_rolls, page_of_roll},
    registry::{load_learner_facts, persons},
};

pub(super) async fn list(
    state: &Data<AppState>,
    permission: Permission,
    id: CaseId,
    page: Page,
) -> Result<Paged<RollEntry>, Problem> {
    let (shared, now, today) = (state.clone(), state.clock.now(), state.clock.today());
    let after = page.after::<(LearnerId, i32, i32)>()?;
    let after = after.map(|(learner, year, number)| RollItem { learner, year, number });
    let read = move |db: &mut Db| {
        let book = shared.rule_books.current(db)?;
        let roll = visible(db, &permission, &book, id)?;
        let rows = page_of_roll(db, roll.roll_id, after, page.fetch())?;
        let rows = Paged::new(&page, rows, |last| (last.learner, last.year, last.number));
        let mut people: Vec<LearnerId> = rows.items.iter().map(|item| item.learner).collect();
        people.dedup();
        let reach = permission.caller().reach();
        let facts = load_learner_facts(db, &people)?;
        let own = facts.iter().filter(|facts| {
            reach.is_some_and(|reach| facts.ended_in.is_none() && belongs(reach, book.places(), facts, today))
        });
        let own: Vec<LearnerId> = own.map(|facts| facts.id).collect();
        shared.journal.listed(&permission, "roll", now)?;
        // Those of other places too, of whom it says the id, the year and what was said.
        shared.journal.shown_among(&permission, people.iter().copied(), now)?;
        let names: HashMap<LearnerId, String> = persons(db, &own)?
            .into_iter()
            .map(|person| (person.learner_id, PersonName::from_stored(person.name).masked()))
            .collect();
        let lines = Lines::of(id, lines_on_rolls(db, &people)?);
        Ok(rows.map(|item| lines.entry(item, names.get(&item.learner).cloned())))
    };
    state.store.read(read).await
}

/// The lines of a roll, with what took them back.
struct Lines {
    of: HashMap<RollItem, Vec<Entry>>,
    back: HashMap<domain::kernel::EntryId, Entry>,
}

impl Lines {
    fn of(roll: CaseId, lines: Vec<Entry>) -> Self {
        let (mut of, mut back) = (HashMap::<RollItem, Vec<Entry>>::new(), HashMap::new());
        for line in lines.into_iter().filter(|line| line.ground.as_ref().is_some_and(|ground| ground.case == roll)) {
            match (line.reverses, line.decision_number) {
                (Some(reverses), _) => drop(back.insert(reverses, line)),
                (None, Some(number)) => {
                    let item = RollItem { learner: line.learner, year: line.year, number };
                    of.entry(item).or_default().push(line);
                }
                (None, None) => {}
            }
        }
        Self { of, back }
    }

    fn entry(&self, item: RollItem, name: Option<String>) -> RollEntry {
        let mut lines: Vec<&Entry> = self.of.get(&item).into_iter().flatten().collect();
        lines.retain(|line| line.kind != EntryKind::Reversal);
        lines.sort_by(|a, b| a.category.cmp(&b.category));
        let first = lines.first();
        let reversed = first.and_then(|line| self.back.get(&line.id));
        let (met, hours): (Vec<&Entry>, Vec<&Entry>) = lines.iter().copied().partition(|line| line.fulfils().is_some());
        // As it was said: a category with its parts.
        let said = |whole: &Entry| {
            let of_it = hours.iter().filter(|line| line.category.is_within(&whole.category));
            let category = whole.category.to_string();
            AttestedHours { category, hours: of_it.map(|line| line.hours).sum() }
        };
        RollEntry {
            learner_id: item.learner,
            name,
            year: item.year,
            number: item.number,
            met: met.into_iter().map(|line| line.category.to_string()).collect(),
            hours: hours.iter().map(|line| said(line)).collect(),
            recorded_at: first.map_or(time::OffsetDateTime::UNIX_EPOCH, |line| line.recorded_at).into(),
            reversed: reversed
                .map(|by| EntryReversed { at: by.recorded_at.into(), reason_code: by.reason_code.clone() }),
        }
    }
}
