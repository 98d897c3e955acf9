//! (a) 500-item batches from four clients, against bare inserts of the same rows.

use crate::{
    Outcome,
    bare::{Bare, Templates},
    items::{BATCH, COURSES, body, item},
    lap::{self, Lap},
    people::{Dice, Person},
    report::{Compared, Row},
    stage::Stage,
    wire::{Connection, request},
};
use domain::kernel::LearnerId;
use std::time::Duration;

/// Clients, and writers of the bare rows.
pub(crate) const CLIENTS: usize = 4;

const PATH: &str = "/v1/completion-batches";

/// How many laps a measurement has.
pub(crate) fn laps(time: Duration) -> u32 {
    if time > Duration::from_secs(10) { 5 } else { 3 }
}

/// Every learner's first item, and eleven more for those whose standings are asked for later.
pub(crate) fn first_items(stage: &Stage) -> Outcome<()> {
    let mut dice = Dice(1);
    let mut items: Vec<String> = Vec::new();
    for (number, (_, person)) in stage.people.iter().enumerate() {
        let of_this = if number < stage.apart().len() { 12 } else { 1 };
        for nth in 0..of_this {
            items.push(item(&format!("first-{number:06}-{nth:02}"), person, (number + nth) % COURSES, &mut dice));
        }
    }
    let token = stage.platform_token()?;
    let mut connection = Connection::open(&stage.address())?;
    for some in items.chunks(BATCH) {
        let answer = connection.exchange(&push_of(&token, &body(some)))?;
        answer.expect_ok()?;
        all_credited(&answer.body, some.len())?;
    }
    Ok(())
}

/// What the ids of first items begin with.
pub(crate) fn first_id(number: usize) -> String {
    format!("first-{number:06}-00")
}

fn push_of(token: &str, body: &[u8]) -> Vec<u8> {
    request("POST", PATH, token, Some(("application/json", body)))
}

/// Measures service and limit in turn.
pub(crate) fn measure(stage: &Stage, time: Duration) -> Outcome<Vec<Row>> {
    let templates = Templates::read(stage)?;
    let bare = Bare::open(stage)?;
    let mut pusher = Pusher { stage, token: stage.platform_token()?, dice: Dice(2), sent: 0 };
    let laps = laps(time);
    let each = time / (laps * 2);
    // The first laps warm both up and tell how much work fills the time; they are not counted.
    let (mut at_once, mut bare_at_once) = (pieces(&pusher.lap(16)?, each), pieces(&bare.lap(&templates, 16)?, each));
    let mut compared = Compared::default();
    for _ in 0..laps {
        let (service, limit) = (pusher.lap(at_once)?, bare.lap(&templates, bare_at_once)?);
        (at_once, bare_at_once) = (pieces(&service, each), pieces(&limit, each));
        compared.service.push(service);
        compared.limit.push(limit);
    }
    Ok(vec![compared.row("500-item batches, 4 clients, against bare inserts", "items", BATCH, "0.50")])
}

/// How many pieces fill the time at the rate of the last lap, in a number that four clients share evenly.
fn pieces(last: &Lap, time: Duration) -> usize {
    let wanted = (last.rate() * time.as_secs_f64()) as usize;
    (wanted / CLIENTS).clamp(2, 250) * CLIENTS
}

struct Pusher<'s> {
    stage: &'s Stage,
    token: String,
    dice: Dice,
    sent: usize,
}

impl Pusher<'_> {
    fn lap(&mut self, batches: usize) -> Outcome<Lap> {
        let requests: Vec<Vec<u8>> = (0..batches).map(|_| self.batch()).collect();
        let address = self.stage.address();
        lap::run(
            CLIENTS,
            batches,
            || Connection::open(&address),
            |connection, piece| {
                let answer = connection.exchange(&requests[piece])?;
                answer.expect_ok()?;
                all_credited(&answer.body, BATCH)
            },
        )
    }

    fn batch(&mut self) -> Vec<u8> {
        let people = self.stage.pushed_for();
        let items: Vec<String> = (0..BATCH)
            .map(|_| {
                self.sent += 1;
                let (_, person): &(LearnerId, Person) = &people[self.dice.below(people.len())];
                let course = self.dice.below(COURSES);
                item(&format!("push-{:010}", self.sent), person, course, &mut self.dice)
            })
            .collect();
        push_of(&self.token, &body(&items))
    }
}

/// A measurement of refused items would look fast.
pub(crate) fn all_credited(body: &[u8], items: usize) -> Outcome<()> {
    let wanted = format!("\"credited\":{items},");
    let head = &body[..body.len().min(1200)];
    if head.windows(wanted.len()).any(|found| found == wanted.as_bytes()) {
        return Ok(());
    }
    Err(format!("not every item was credited: {}", String::from_utf8_lossy(head)).into())
}
