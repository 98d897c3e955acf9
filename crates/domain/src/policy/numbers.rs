//! Every number and date of a rule file that a verdict or an outcome depends on, so that a test can turn each by one and see
//! whether the situations notice.

use super::shape::{MakeUpMode, Rules, ShareOf};
use crate::kernel::Hours;
use time::Date;

/// One evaluated number turned by one step.
pub struct Turn {
    /// Which number, for instance `category public min + 1`.
    pub what: String,
    /// The rules with only that number turned.
    pub rules: Rules,
}

impl Rules {
    /// The same rules once for each evaluated number and direction, with that number turned by one: an hour, a point, a day.
    #[must_use]
    pub fn turns(&self) -> Vec<Turn> {
        let mut turns = Turns { rules: self, found: Vec::new() };
        turns.year("policy year", |rules| rules.policy.year.as_mut());
        turns.year("policy first year", |rules| rules.policy.years_from.as_mut());
        turns.hours("total min", |rules| Some(&mut rules.total.min));
        turns.hours("total max", |rules| rules.total.max.as_mut());
        for (i, category) in self.category.iter().enumerate() {
            let code = &category.code;
            turns.hours(&format!("category {code} min"), |rules| rules.category[i].min.as_mut());
            turns.hours(&format!("category {code} max"), |rules| rules.category[i].max.as_mut());
            turns.count(&format!("category {code} choose"), |rules| rules.category[i].choose.as_mut());
            // A share of what is required only repeats the minimum beside it, and the parser compares the two.
            if category.share.as_ref().is_some_and(|share| share.of == ShareOf::EarnedTotal) {
                turns.part(&format!("category {code} share numerator"), |rules| {
                    Some(&mut rules.category[i].share.as_mut()?.numerator)
                });
                turns.part(&format!("category {code} share denominator"), |rules| {
                    Some(&mut rules.category[i].share.as_mut()?.denominator)
                });
            }
        }
        for (i, subject) in self.subject.iter().enumerate() {
            turns.hours(&format!("subject {} hours", subject.code), |rules| Some(&mut rules.subject[i].hours));
        }
        for i in 0..self.source.len() {
            turns.hours(&format!("source {i} pass mark"), |rules| rules.source[i].exam.as_mut()?.pass_mark.as_mut());
        }
        for i in 0..self.check.len() {
            turns.count(&format!("check {i} minutes"), |rules| rules.check[i].minutes_per_unit.as_mut());
        }
        for i in 0..self.study_window.len() {
            turns.date(&format!("study window {i} opens"), |rules| rules.study_window[i].opens_on.as_mut());
            turns.date(&format!("study window {i} on time"), |rules| rules.study_window[i].on_time_until.as_mut());
            turns.date(&format!("study window {i} closes"), |rules| rules.study_window[i].closes_on.as_mut());
        }
        turns.date("year closes", |rules| rules.year.closes_on.as_mut());
        for (i, make_up) in self.make_up.iter().enumerate() {
            turns.date(&format!("make-up {i} closes"), |rules| rules.make_up[i].closes_on.as_mut());
            let mode = make_up.mode;
            turns.year(&format!("make-up {i} last year"), |rules| Some(&mut rules.make_up[i].years_to));
            if mode != MakeUpMode::None {
                turns.year(&format!("make-up {i} first year"), |rules| rules.make_up[i].years_from.as_mut());
            }
        }
        turns.found
    }
}

struct Turns<'r> {
    rules: &'r Rules,
    found: Vec<Turn>,
}

impl Turns<'_> {
    fn turn<T>(&mut self, what: &str, at: impl Fn(&mut Rules) -> Option<&mut T>, step: impl Fn(&mut T, bool) -> bool) {
        for up in [true, false] {
            let mut rules = self.rules.clone();
            if at(&mut rules).is_some_and(|number| step(number, up)) {
                let what = format!("{what} {} 1", if up { '+' } else { '-' });
                self.found.push(Turn { what, rules });
            }
        }
    }

    fn hours(&mut self, what: &str, at: impl Fn(&mut Rules) -> Option<&mut Hours>) {
        self.turn(what, at, |hours, up| {
            let turned = if up { *hours + Hours::whole(1) } else { *hours - Hours::whole(1) };
            std::mem::replace(hours, turned) != turned && turned >= Hours::ZERO
        });
    }

    /// A count of nothing is no rule, so no turn leads there.
    fn count(&mut self, what: &str, at: impl Fn(&mut Rules) -> Option<&mut u32>) {
        self.turn(what, at, |count, up| {
            let turned = if up { count.saturating_add(1) } else { count.saturating_sub(1) };
            std::mem::replace(count, turned) != turned && turned > 0
        });
    }

    /// A year that a rule file could not name there, such as one that two provisions cover, is no turn: the parser notices.
    fn year(&mut self, what: &str, at: impl Fn(&mut Rules) -> Option<&mut i32>) {
        self.readable(what, at, |year, up| {
            *year += if up { 1 } else { -1 };
            true
        });
    }

    /// A part of a share. One that makes no share between 0 and 1 is no turn either.
    fn part(&mut self, what: &str, at: impl Fn(&mut Rules) -> Option<&mut i64>) {
        self.readable(what, at, |part, up| {
            *part += if up { 1 } else { -1 };
            true
        });
    }

    fn readable<T>(
        &mut self,
        what: &str,
        at: impl Fn(&mut Rules) -> Option<&mut T>,
        step: impl Fn(&mut T, bool) -> bool,
    ) {
        let before = self.found.len();
        self.turn(what, at, step);
        let turned = self.found.split_off(before);
        self.found.extend(turned.into_iter().filter(|turn| turn.rules.faults().is_empty()));
    }

    fn date(&mut self, what: &str, at: impl Fn(&mut Rules) -> Option<&mut Date>) {
        self.turn(what, at, |date, up| {
            let turned = if up { date.next_day() } else { date.previous_day() };
            turned.is_some_and(|turned| std::mem::replace(date, turned) != turned)
        });
    }
}
