//! Every number and date of a rule file that a verdict or an outcome depends on, so that a test can turn each by one and see
//! whether the situations notice.

use super::shape::{Cause, Formula, MakeUpMode, RankBand, Rules, ShareOf};
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
        for i in 0..self.recognition.len() {
            turns.recognition(i);
        }
        for (i, exemption) in self.exemption.iter().enumerate() {
            for j in 0..exemption.years.len() {
                turns.year(&format!("exemption {} year {j}", exemption.kind), |rules| {
                    rules.exemption[i].years.get_mut(j)
                });
            }
        }
        turns.uses();
        turns.found
    }
}

fn formula(rules: &mut Rules, recognition: usize) -> Option<&mut Formula> {
    rules.recognition.get_mut(recognition)?.formula.as_mut()
}

struct Turns<'r> {
    rules: &'r Rules,
    found: Vec<Turn>,
}

impl Turns<'_> {
    /// The figures of one kind of achievement. Where a band of ranks ends, the next one begins: both turn together.
    fn recognition(&mut self, i: usize) {
        let kind = &self.rules.recognition[i];
        let name = format!("recognition {}", kind.kind);
        self.hours(&format!("{name} fixed"), |rules| formula(rules, i)?.fixed.as_mut());
        self.hours(&format!("{name} per day"), |rules| formula(rules, i)?.per_day.as_mut());
        self.hours(&format!("{name} least"), |rules| formula(rules, i)?.bounds.as_mut()?.least.as_mut());
        self.hours(&format!("{name} most"), |rules| formula(rules, i)?.bounds.as_mut()?.most.as_mut());
        self.hours(&format!("{name} cap"), |rules| Some(&mut rules.recognition[i].cap.as_mut()?.hours));
        self.date(&format!("{name} earned from"), |rules| rules.recognition[i].earned_from.as_mut());
        self.count(&format!("{name} last rank"), |rules| rules.recognition[i].rank_to.as_mut());
        let (bands, roles) = kind.formula.as_ref().map_or((0, 0), |own| (own.by_rank.len(), own.by_role.len()));
        for j in 0..bands {
            let band = format!("{name} band {j}");
            self.hours(&band, |rules| Some(&mut formula(rules, i)?.by_rank.get_mut(j)?.hours));
            self.border(&format!("{band} last rank"), |rules| formula(rules, i)?.by_rank.get_mut(j..));
        }
        for j in 0..roles {
            let role = format!("{name} role {j}");
            self.hours(&role, |rules| Some(&mut formula(rules, i)?.by_role.get_mut(j)?.hours));
        }
    }

    /// The figures of what years are used for, of surplus, and of what follows.
    fn uses(&mut self) {
        for i in 0..self.rules.window.len() {
            self.count(&format!("window {i} years"), |rules| rules.window[i].years.as_mut());
        }
        let served = self.rules.surplus.as_ref().map_or(0, |surplus| surplus.into_years.len());
        self.year("surplus from year", |rules| rules.surplus.as_mut()?.from_year.as_mut());
        for i in 0..served {
            self.year(&format!("surplus into year {i}"), |rules| rules.surplus.as_mut()?.into_years.get_mut(i));
        }
        for (i, rule) in self.rules.consequence.iter().enumerate() {
            let name = format!("consequence {i} {}", rule.effect);
            self.count(&format!("{name} years"), |rules| rules.consequence[i].years.as_mut());
            self.since(&format!("{name} since"), i);
        }
    }

    /// Since when a missed year has a consequence is asked year by year, so it turns by a year; where the rules do not cover the year
    /// that this adds or takes away, it decides nothing here.
    fn since(&mut self, what: &str, i: usize) {
        let rule = &self.rules.consequence[i];
        if rule.cause != Cause::YearMissed {
            return self.date(what, |rules| rules.consequence[i].since.as_mut());
        }
        let Some(since) = rule.since else { return };
        for (step, sign, decided) in [(1, '+', since.year()), (-1, '-', since.year() - 1)] {
            let turned = since.replace_year(since.year() + step).ok().filter(|_| self.rules.policy.covers(decided));
            if let Some(turned) = turned {
                let mut rules = self.rules.clone();
                rules.consequence[i].since = Some(turned);
                self.found.push(Turn { what: format!("{what} {sign} 1 year"), rules });
            }
        }
    }

    /// The border between a band of ranks and the next.
    fn border(&mut self, what: &str, at: impl Fn(&mut Rules) -> Option<&mut [RankBand]>) {
        for up in [true, false] {
            let mut rules = self.rules.clone();
            let turned = at(&mut rules).is_some_and(|bands| {
                let [band, next, ..] = bands else { return false };
                let Some(to) = band.to else { return false };
                let to = if up { to.saturating_add(1) } else { to.saturating_sub(1) };
                (band.to, next.from) = (Some(to), to.saturating_add(1));
                true
            });
            if turned && rules.faults().is_empty() {
                self.found.push(Turn { what: format!("{what} {} 1", if up { '+' } else { '-' }), rules });
            }
        }
    }

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
