//! What the database would keep of a case, and would refuse.

use crate::facts::{
    LEARNERS, NOW, Spec, book, candidate, course, external_id, is_late, learner, platform, replaces, uuid,
};
use domain::{
    completions::{
        BatchFacts, Below, Candidate, Chains, Closed, Decided, Fate, GivenBack, Link, Occasion, Outcome, Reason,
        Replaced, Standing, WaitsFor, decide_batch, gave_up, given_back, is_accepted, is_open, out_of_scope, replacer,
    },
    hour_ledger::{Entry, EntryKind, REPLACED},
    kernel::{EntryId, LearnerId},
    registry::CourseFacts,
};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

/// A decision as it is kept.
struct Kept {
    outcome: Option<Outcome>,
    reasons: Vec<Reason>,
    line: Option<EntryId>,
}

/// What the database would keep.
pub(crate) struct World<'s> {
    specs: &'s [Spec],
    person_is_there: bool,
    course_is_there: bool,
    mistaken: bool,
    arrived: BTreeSet<usize>,
    /// The decisions over each item; the first has number 1.
    decisions: BTreeMap<String, Vec<Kept>>,
    pub(crate) ledger: Vec<Entry>,
    pub(crate) waiting: BTreeMap<usize, WaitsFor>,
    ids: usize,
}

impl<'s> World<'s> {
    pub(crate) fn new(specs: &'s [Spec]) -> Self {
        World {
            specs,
            person_is_there: false,
            course_is_there: false,
            mistaken: false,
            arrived: BTreeSet::new(),
            decisions: BTreeMap::new(),
            ledger: Vec::new(),
            waiting: BTreeMap::new(),
            ids: 0,
        }
    }

    fn live(&self) -> Vec<&Entry> {
        let taken_back: HashSet<EntryId> = self.ledger.iter().filter_map(|line| line.reverses).collect();
        let lives = |line: &&Entry| line.kind != EntryKind::Reversal && !taken_back.contains(&line.id);
        self.ledger.iter().filter(lives).collect()
    }

    /// How an item stands that has arrived.
    fn link(&self, id: &str) -> Option<Link> {
        let item = self.arrived.iter().copied().find(|item| external_id(*item) == id)?;
        let decisions = self.decisions.get(id).map_or(&[][..], Vec::as_slice);
        let last = decisions.last();
        let line = last.and_then(|last| last.line).map(|id| {
            let entry = self.ledger.iter().find(|line| line.id == id).unwrap().clone();
            (entry, self.ledger.iter().any(|line| line.reverses == Some(id)))
        });
        let standing =
            Standing::after(last.and_then(|last| last.outcome), last.map_or(&[], |last| &last.reasons), line);
        let decided = i32::try_from(decisions.len()).unwrap();
        let replaced_by = match &standing {
            Standing::Replaced => last.and_then(|last| replacer(&last.reasons)).map(str::to_owned),
            Standing::Line { reversed: true, .. } => self.replacer_of(item),
            _ => None,
        };
        Some(Link { decided, standing, replaces: replaces(self.specs, item).map(external_id), replaced_by })
    }

    /// Who took the place of an item whose line was taken back: one that names it, or who took that one's place.
    fn replacer_of(&self, item: usize) -> Option<String> {
        let named = self.arrived.iter().filter(|by| replaces(self.specs, **by) == Some(item));
        named.map(|by| external_id(*by)).find_map(|by| {
            let last = self.decisions.get(&by)?.last()?;
            let accepted = is_accepted(last.outcome, &last.reasons);
            replacer(&last.reasons).map(str::to_owned).or(accepted.then_some(by))
        })
    }

    /// What the last decision over an item says; none while it waits.
    pub(crate) fn outcome(&self, item: usize) -> Option<Outcome> {
        self.decisions.get(&external_id(item))?.last()?.outcome
    }

    /// Decides items, and what they give back.
    fn decide(&mut self, occasion: Occasion, items: &[usize]) {
        let candidate = |item: &usize| {
            let decisions = self.decisions.get(&external_id(*item)).map_or(&[][..], Vec::as_slice);
            let accepted = decisions.last().is_some_and(|last| is_accepted(last.outcome, &last.reasons));
            candidate(self.specs, *item, i32::try_from(decisions.len()).unwrap(), accepted)
        };
        let candidates: Vec<Candidate> = items.iter().map(candidate).collect();
        self.decide_candidates(occasion, &candidates);
    }

    fn decide_candidates(&mut self, occasion: Occasion, candidates: &[Candidate]) {
        let decided = self.decided(occasion, candidates);
        self.write(candidates, &decided);
        for by in gave_up(candidates, &decided) {
            let mut below = Vec::new();
            let mut next = by.replaces.clone();
            while let Some(item) =
                next.and_then(|id| self.arrived.iter().copied().find(|item| external_id(*item) == id))
            {
                below.push(self.below(item));
                next = replaces(self.specs, item).map(external_id);
            }
            let mut anew = Vec::new();
            for given in given_back(&by.external_id, below) {
                match given {
                    GivenBack::Anew { external_id, decided, accepted } => {
                        let item =
                            self.arrived.iter().copied().find(|item| crate::facts::external_id(*item) == external_id);
                        anew.push(candidate(self.specs, item.unwrap(), decided, accepted));
                    }
                    GivenBack::Withdrawn(closed) => self.close(&closed),
                }
            }
            self.decide_candidates(Occasion::GivenBack, &anew);
        }
    }

    fn below(&self, item: usize) -> Below {
        let id = external_id(item);
        let decisions = &self.decisions[&id];
        let last = decisions.last().unwrap();
        let replaced = |line: EntryId| {
            let mut reversals = self.ledger.iter().filter(|other| other.reverses == Some(line));
            reversals.any(|reversal| reversal.reason_code.as_deref() == Some(REPLACED))
        };
        let before = decisions.iter().rev().nth(1);
        Below {
            decided: i32::try_from(decisions.len()).unwrap(),
            reasons: last.reasons.clone(),
            line_replaced: last.line.is_some_and(replaced),
            before: before.map_or((None, Vec::new()), |before| (before.outcome, before.reasons.clone())),
            external_id: id,
        }
    }

    fn close(&mut self, closed: &Closed) {
        let decisions = self.decisions.entry(closed.external_id.clone()).or_default();
        assert_eq!(i32::try_from(decisions.len()).unwrap() + 1, closed.number);
        let (outcome, reasons) = (Some(Outcome::NotCounted), vec![closed.reason.clone()]);
        decisions.push(Kept { outcome, reasons, line: None });
    }

    fn decided(&mut self, occasion: Occasion, candidates: &[Candidate]) -> Vec<Decided> {
        let mut chains = Chains::of(candidates);
        for _ in 0..Chains::LONGEST {
            let found = chains.unknown().into_iter().filter_map(|id| Some((id.clone(), self.link(&id)?)));
            if !chains.learn(found.collect::<Vec<_>>()) {
                break;
            }
        }
        let people = (0..LEARNERS).filter(|person| self.person_is_there || !is_late(*person));
        let people = people.map(|person| learner(person, self.mistaken));
        let learners: HashMap<_, _> = people.map(|facts| (facts.id, facts)).collect();
        let mut courses: Vec<CourseFacts> = (0..self.specs.len()).map(|n| course(&format!("C-{n}"), n)).collect();
        if self.course_is_there {
            courses.push(course("later", 99));
        }
        let mut sessions: HashMap<LearnerId, Vec<Entry>> = HashMap::new();
        for line in self.live().into_iter().filter(|line| line.started_at.is_some()) {
            sessions.entry(line.learner).or_default().push(line.clone());
        }
        let facts = BatchFacts {
            book: book(),
            platform: platform(),
            now: NOW,
            occasion,
            by: None,
            by_hash: (0..LEARNERS)
                .map(|n| (format!("person-{n}"), learner(n, false).id))
                .filter(|(_, id)| learners.contains_key(id))
                .collect(),
            successors: HashMap::new(),
            name_hashes: learners.keys().map(|id| (*id, vec!["name".to_owned()])).collect(),
            learners,
            courses_by_code: courses.into_iter().map(|course| (course.code.clone(), course)).collect(),
            courses_by_id: HashMap::new(),
            chains,
            sessions,
        };
        let ids = &mut self.ids;
        let decided = decide_batch(facts, candidates, &mut || {
            *ids += 1;
            EntryId::from_uuid(uuid(6, *ids))
        });
        assert_eq!(decided.len(), candidates.len());
        decided
    }

    /// Keeps what was decided, as the database does: decisions of one item are numbered without a gap and fall once, a line
    /// belongs to a decision, a line is taken back once, and only after it is there.
    fn write(&mut self, candidates: &[Candidate], decided: &[Decided]) {
        let mut rows: Vec<(String, i32, Kept)> = Vec::new();
        let (mut lines, mut reversals, mut settled) = (Vec::new(), Vec::new(), Vec::new());
        for (candidate, one) in candidates.iter().zip(decided) {
            let item = self.arrived.iter().copied().find(|item| external_id(*item) == candidate.external_id).unwrap();
            match &one.fate {
                Fate::Held(waits_for) => drop(self.waiting.insert(item, waits_for.clone())),
                Fate::Judged(_) => settled.push(candidate.external_id.clone()),
            }
            let Some(number) = one.number else {
                let looked_at = matches!(one.fate, Fate::Held(_) | Fate::Judged(Outcome::NotCounted));
                assert!(looked_at && one.entry.is_none() && one.replaced.is_empty());
                continue;
            };
            let outcome = match one.fate {
                Fate::Judged(outcome) => Some(outcome),
                Fate::Held(_) => None,
            };
            let line = one.entry.as_ref().map(|line| line.id);
            rows.push((candidate.external_id.clone(), number, Kept { outcome, reasons: one.reasons.clone(), line }));
            assert!(one.entry.iter().all(|line| line.decision_number == Some(number)), "a line without its decision");
            lines.extend(one.entry.clone());
            for replaced in &one.replaced {
                match replaced {
                    Replaced::Reversed { reversal, .. } => reversals.push(Entry::clone(reversal)),
                    Replaced::Closed(closed) => {
                        settled.push(closed.external_id.clone());
                        let (outcome, reasons) = (Some(Outcome::NotCounted), vec![closed.reason.clone()]);
                        rows.push((closed.external_id.clone(), closed.number, Kept { outcome, reasons, line: None }));
                    }
                }
            }
        }
        rows.sort_by(|a, b| (&a.0, a.1).cmp(&(&b.0, b.1)));
        for (id, number, kept) in rows {
            let decisions = self.decisions.entry(id.clone()).or_default();
            assert_eq!(i32::try_from(decisions.len()).unwrap() + 1, number, "the decisions over {id} leave no gap");
            decisions.push(kept);
        }
        self.ledger.extend(lines);
        for reversal in reversals {
            assert!(self.ledger.iter().any(|line| Some(line.id) == reversal.reverses), "{reversal:?}");
            assert!(self.ledger.iter().all(|line| line.reverses != reversal.reverses), "taken back twice");
            self.ledger.push(reversal);
        }
        self.waiting.retain(|item, _| !settled.contains(&external_id(*item)));
    }

    /// Pushes items as one batch, and lets go what waited for them.
    pub(crate) fn push(&mut self, items: &[usize]) {
        let mut seen = BTreeSet::new();
        let first: Vec<usize> = items.iter().copied().filter(|item| seen.insert(*item)).collect();
        let new: Vec<usize> = first.iter().copied().filter(|item| !self.arrived.contains(item)).collect();
        self.arrived.extend(&new);
        let open = |item: &usize| {
            let last = self.decisions.get(&external_id(*item)).and_then(|all| all.last());
            last.is_none_or(|last| is_open(last.outcome, &last.reasons))
        };
        let candidates: Vec<usize> = first.iter().copied().filter(open).collect();
        self.decide(Occasion::Push, &candidates);
        let arrived: Vec<String> = new.into_iter().map(external_id).collect();
        self.release(
            |waits_for| matches!(waits_for, WaitsFor::Item { external_id, .. } if arrived.contains(external_id)),
        );
    }

    fn release(&mut self, appeared: impl Fn(&WaitsFor) -> bool) {
        let waiting = self.waiting.iter().filter(|(_, waits_for)| appeared(waits_for));
        let items: Vec<usize> = waiting.map(|(item, _)| *item).collect();
        self.decide(Occasion::Release, &items);
    }

    pub(crate) fn person_appears(&mut self) {
        self.person_is_there = true;
        self.release(|waits_for| matches!(waits_for, WaitsFor::Person(_)));
    }

    pub(crate) fn course_appears(&mut self) {
        self.course_is_there = true;
        self.release(|waits_for| matches!(waits_for, WaitsFor::Course(_)));
    }

    /// A wrong fact is entered: some people are said to be another authority's.
    pub(crate) fn fact_is_mistaken(&mut self) {
        self.mistaken = true;
    }

    /// The right fact is entered: what was out of scope is decided anew.
    pub(crate) fn fact_is_corrected(&mut self) {
        self.mistaken = false;
        let out = |item: &usize| {
            let last = self.decisions.get(&external_id(*item)).and_then(|all| all.last());
            last.is_some_and(|last| last.outcome == Some(Outcome::NotCounted) && out_of_scope(&last.reasons))
        };
        let items: Vec<usize> = self.arrived.iter().copied().filter(out).collect();
        self.decide(Occasion::Correction, &items);
    }

    /// The items whose lines stand, each once, with what the line says.
    pub(crate) fn standing(&self) -> Vec<(String, EntryKind, LearnerId)> {
        let mut live: Vec<_> =
            self.live().into_iter().map(|line| (line.external_id.clone().unwrap(), line.kind, line.learner)).collect();
        live.sort();
        live
    }
}
