//! (b) One person's standing at eight connections, against the bare select of that person's entries.

use crate::{
    Outcome,
    lap::{self, Lap},
    people::Dice,
    push::laps,
    report::{Compared, Row},
    stage::Stage,
    wire::{Connection, request},
};
use diesel::{Connection as _, PgConnection, RunQueryDsl, sql_query};
use domain::kernel::LearnerId;
use std::time::Duration;
use store::{StoreError, hour_ledger::entries_of};

const CONNECTIONS: usize = 8;
const YEAR: i32 = 2020;

/// Measures service and limits in turn.
pub(crate) fn measure(stage: &Stage, time: Duration) -> Outcome<Vec<Row>> {
    let laps = laps(time);
    let each = time / (laps * 3);
    let token = stage.officer_token()?;
    let requests: Vec<Vec<u8>> = stage
        .apart()
        .iter()
        .map(|(id, _)| request("GET", &format!("/v1/learners/{id}/standings/{YEAR}"), &token, None))
        .collect();
    let (mut bare, mut door) = (Compared::default(), Compared::default());
    for lap in 0..=laps {
        let (service, select, read) = (asked(stage, &requests, each)?, selected(stage, each)?, by_door(stage, each)?);
        // The first lap warms up.
        if lap > 0 {
            bare.service.push(service.clone());
            bare.limit.push(select);
            door.service.push(service);
            door.limit.push(read);
        }
    }
    Ok(vec![
        bare.row("one standing, 8 connections, against the bare select", "requests", 1, "0.30"),
        door.row("the same, against the select in a transaction of the store's pool", "requests", 1, ""),
    ])
}

fn asked(stage: &Stage, requests: &[Vec<u8>], time: Duration) -> Outcome<Lap> {
    let address = stage.address();
    lap::run_for(
        CONNECTIONS,
        time,
        || Ok((Connection::open(&address)?, Dice(3))),
        |(connection, dice), piece| {
            dice.0 = dice.0.wrapping_add(piece as u64);
            connection.exchange(&requests[dice.below(requests.len())])?.expect_ok()
        },
    )
}

/// Through the store's own door and pool: BEGIN, the select, COMMIT.
fn by_door(stage: &Stage, time: Duration) -> Outcome<Lap> {
    let people = stage.apart();
    lap::run_for(
        CONNECTIONS,
        time,
        || Ok(Dice(5)),
        |dice, piece| {
            dice.0 = dice.0.wrapping_add(piece as u64);
            let id = people[dice.below(people.len())].0;
            let read: Result<_, StoreError> = stage.state().store.read_blocking(|db| entries_of(db, id, YEAR, None));
            found(read?.len())
        },
    )
}

/// One prepared statement a thread, every column fetched, nothing else.
fn selected(stage: &Stage, time: Duration) -> Outcome<Lap> {
    let people: Vec<LearnerId> = stage.apart().iter().map(|(id, _)| *id).collect();
    match stage.database.file() {
        Some(file) => lap::run_for(
            CONNECTIONS,
            time,
            || {
                let connection = rusqlite::Connection::open(file)?;
                connection.execute_batch("PRAGMA query_only = ON; PRAGMA cache_size = -20000;")?;
                Ok((connection, Dice(4)))
            },
            |(connection, dice), piece| {
                dice.0 = dice.0.wrapping_add(piece as u64);
                let id = people[dice.below(people.len())].as_uuid();
                let mut select =
                    connection.prepare_cached("SELECT * FROM hour_entry WHERE learner_id = ? AND year = ?")?;
                let columns = select.column_count();
                let mut rows = select.query((id.as_bytes(), YEAR))?;
                let mut number = 0;
                while let Some(row) = rows.next()? {
                    for column in 0..columns {
                        std::hint::black_box(row.get_ref(column)?);
                    }
                    number += 1;
                }
                found(number)
            },
        ),
        None => selected_on_server(stage, &people, time),
    }
}

fn selected_on_server(stage: &Stage, people: &[LearnerId], time: Duration) -> Outcome<Lap> {
    lap::run_for(
        CONNECTIONS,
        time,
        || {
            let mut connection = PgConnection::establish(stage.database.url())?;
            sql_query(
                "PREPARE entries (uuid, integer) AS SELECT * FROM hour_entry WHERE learner_id = $1 AND year = $2",
            )
            .execute(&mut connection)?;
            Ok((connection, Dice(4)))
        },
        |(connection, dice), piece| {
            dice.0 = dice.0.wrapping_add(piece as u64);
            let id = people[dice.below(people.len())];
            found(sql_query(format!("EXECUTE entries ('{id}', {YEAR})")).execute(connection)?)
        },
    )
}

fn found(entries: usize) -> Outcome<()> {
    if entries >= 12 { Ok(()) } else { Err(format!("a person with {entries} entries instead of 12").into()) }
}
