//! Routes that nobody could take or that would never end.

use super::Notes;
use crate::policy::{
    FaultKind, Spot,
    shape::{Act, OfficeRole, Route, RouteSubject, Rules, Seat, Step, Vacant},
};

pub(super) fn routes(rules: &Rules, note: &mut Notes<'_>) {
    let self_reviewing = rules.office.iter().any(|office| office.role == OfficeRole::SelfReviewing);
    for (i, route) in rules.route.iter().enumerate() {
        if route.filed_by.is_empty() {
            let rule = "nobody can take this route; say who submits: filed_by = [..], a list of seats";
            note.combination(route.at, format!("route[{i}].filed_by"), rule);
        }
        if route.self_reviewing == Some(true) && !self_reviewing {
            let rule = "no [[office]] with role = \"self_reviewing\" names the units that review for themselves";
            note.combination(route.at, format!("route[{i}].self_reviewing"), rule);
        }
        some_days(route.days, route.at, format!("route[{i}].days"), note);
        for (j, step) in route.step.iter().enumerate() {
            one_step(route, step, &format!("route[{i}].step[{j}]"), note);
        }
        if route.subject == RouteSubject::EmployerBatch {
            batch_for_all(rules, i, note);
        }
        ends(route, i, note);
        if let Some(earlier) = rules.route[..i].iter().find(|earlier| hides(earlier, route)) {
            let rule = format!(
                "no case comes this far: the route of line {} takes them all; put what is for some only before what is for all",
                earlier.at.line
            );
            note.combination(route.at, format!("route[{i}]"), &rule);
        }
    }
}

/// What an employer hands in is the same for all of its staff: whose year wants verifying is said by this one route.
fn batch_for_all(rules: &Rules, index: usize, note: &mut Notes<'_>) {
    let route = &rules.route[index];
    if route.who.is_some() {
        let rule = "an employer's batch is for all of its staff: this route takes no who";
        note.combination(route.at, format!("route[{index}].who"), rule);
    }
    // One that takes them all hides the later one, which is told besides.
    let another = |earlier: &Route| earlier.subject == RouteSubject::EmployerBatch && !hides(earlier, route);
    if rules.route[..index].iter().any(another) {
        let rule = "there is one way to hand in an employer's batch; another route says so already";
        note.combination(route.at, format!("route[{index}].subject"), rule);
    }
}

/// Whether every case that could take the later route takes the earlier one.
fn hides(earlier: &Route, later: &Route) -> bool {
    let takes_all = earlier.who.as_ref().is_none_or(|who| later.who.as_ref().is_some_and(|other| who.says_as(other)));
    let covers = later.filed_by.iter().all(|seat| earlier.filed_by.contains(seat));
    earlier.subject == later.subject && takes_all && covers && !later.filed_by.is_empty()
}

fn one_step(route: &Route, step: &Step, path: &str, note: &mut Notes<'_>) {
    seats(step, &format!("{path}.seat"), note);
    let about_bases = step.seat.contains(&Seat::Base) || route.filed_by.contains(&Seat::Base);
    if step.only_for.is_some() == step.tiers.is_empty() {
        let rule = "words alone decide nothing and tiers want their words: write only_for and tiers together";
        note.combination(step.at, format!("{path}.tiers"), rule);
    } else if !step.tiers.is_empty() && !about_bases {
        let rule = "tiers are those of a base, and none submits here or stands at this step";
        note.combination(step.at, format!("{path}.tiers"), rule);
    }
    if !step.act.is_waited_for() && (step.days.is_some() || step.by.is_some() || step.vacant.is_some()) {
        let rule = "nobody is waited for at this step; leave out days, by and vacant";
        note.combination(step.at, path, rule);
    }
    some_days(step.days, step.at, format!("{path}.days"), note);
}

fn seats(step: &Step, path: &str, note: &mut Notes<'_>) {
    if step.seat.is_empty() {
        let rule = "nobody stands at this step; say who the office is: seat = [..], of which the first decides whom a case has";
        note.combination(step.at, path, rule);
    }
    let rule = match step.act {
        Act::Generates if step.seat.iter().any(|seat| *seat != Seat::Platform) => {
            Some("what is generated is so without anybody; the seat is [\"platform\"]")
        }
        // A platform may enter what others have decided.
        Act::Registers if step.seat == [Seat::Platform] => None,
        act if act.decides() && !step.seat.iter().all(|seat| seat.can_decide()) => {
            Some("a learner or a platform decides nothing; write the seat of an office, a base or a unit")
        }
        _ => None,
    };
    if let Some(rule) = rule {
        note.combination(step.at, path, rule);
    }
    if let Some(twice) = (1..step.seat.len()).find(|index| step.seat[..*index].contains(&step.seat[*index])) {
        let rule = format!("{} stands twice; whom a case does not have is not asked again", step.seat[twice]);
        note.combination(step.at, path, &rule);
    }
}

fn some_days(days: Option<u32>, at: Spot, path: String, note: &mut Notes<'_>) {
    if days == Some(0) {
        let (found, expected) = ("0".to_owned(), "at least one day".to_owned());
        note.add(at, path, FaultKind::OutOfRange { found, expected });
    }
}

/// What a learner asks an office to recognise has to come before one, whatever steps fall away.
fn ends(route: &Route, index: usize, note: &mut Notes<'_>) {
    let recognises = matches!(route.subject, RouteSubject::Recognition | RouteSubject::TitleTimeHours);
    // A step with a fault of its own stays; it is told what is wrong with it.
    let stays = |step: &Step| {
        let may_fall_away = step.vacant == Some(Vacant::Skipped) || !step.tiers.is_empty();
        step.act.decides() && step.seat != [Seat::Platform] && !may_fall_away
    };
    if recognises && !route.step.iter().any(stays) {
        let rule =
            "nobody may be left to decide; let one deciding step stand without vacant = \"skipped\" and without tiers";
        note.combination(route.at, format!("route[{index}].step"), rule);
    }
}
