//! Pushes of lines whose process dies: the outcomes that were kept are those of the chunks that were taken in, no more, no less.

use super::{BATCHES, CHUNK, NDJSON, credits, lines_of, node, post, token, was_taken_in};
use serde_json::{Value, json};
use std::{
    thread,
    time::{Duration, Instant},
};
use tests::{
    App, each_backend,
    fixtures::{Item, Stage},
};
use uuid::Uuid;

const CHUNKS: usize = 4;

/// The outcomes that the first attempt left, line by line.
fn first_outcomes(app: &App, stage: &Stage, batch: Uuid) -> Vec<Value> {
    let client = app.as_platform(stage.platform.id).with("accept", NDJSON);
    let answer = client.get(&format!("{BATCHES}/{batch}/outcomes?attempt=1")).expect(200);
    answer.text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Waits until so many chunks were said to be recorded, and answers how many lines were.
fn recorded(app: &App, stage: &Stage, batch: Uuid, chunks: usize) -> usize {
    let client = app.as_platform(stage.platform.id);
    let until = Instant::now() + Duration::from_secs(60);
    loop {
        let told = client.get(&format!("{BATCHES}/{batch}"));
        let lines = told.json["lines"].as_u64().map_or(0, |lines| usize::try_from(lines).unwrap());
        if told.status == 200 && lines >= chunks * CHUNK {
            return lines;
        }
        assert!(Instant::now() < until, "{chunks} chunks were not recorded in time: {}", told.text);
        thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn pushes_of_lines_that_die_leave_whole_chunks_with_their_outcomes() {
    each_backend(|app| {
        let stage = app.shaanxi();
        let token = token(app, &stage);
        let mut left = Vec::new();
        // Killed before the first chunk, between two, and behind the last; the wait lets the kill fall within a transaction.
        for (chunks, wait) in [(0, 0), (1, 0), (2, 60), (1, 140), (3, 30)] {
            let learner = app.learner(stage.place).register();
            let items: Vec<Item> = (0..CHUNK * CHUNKS).map(|_| learner.finished(&stage.public)).collect();
            let (node, batch) = (node(app), Uuid::now_v7());
            let (url, body, token) =
                (node.url(&format!("{BATCHES}?batch_id={batch}")), lines_of(&items), token.clone());
            let pusher = thread::spawn(move || post(&url, &token, NDJSON, &body));
            let _ = recorded(app, &stage, batch, chunks);
            thread::sleep(Duration::from_millis(wait));
            let acknowledged = recorded(app, &stage, batch, chunks);
            node.kill();
            let answered = pusher.join().unwrap();

            // Sent again first: a transaction that the dead process left behind is over when its items are decided.
            let taken_in: Vec<bool> = items.chunks(CHUNK).map(|chunk| was_taken_in(app, &stage, chunk)).collect();
            let whole = taken_in.iter().filter(|taken_in| **taken_in).count();
            assert!(taken_in.is_sorted_by(|one, next| one >= next), "a chunk is missing between others: {taken_in:?}");
            assert!(whole * CHUNK >= acknowledged, "{acknowledged} lines were said to be recorded: {taken_in:?}");
            if let Some((status, answer)) = &answered {
                assert_eq!((*status, whole), (200, CHUNKS), "{answer}");
            }
            let outcomes = first_outcomes(app, &stage, batch);
            let told: Vec<_> =
                outcomes.iter().map(|one| (&one["line"], &one["external_id"], &one["outcome"])).collect();
            let numbered: Vec<_> = (1..)
                .zip(&items[..whole * CHUNK])
                .map(|(line, item)| (json!(line), json!(item.external_id())))
                .collect();
            let credited = json!("credited");
            let expected: Vec<_> = numbered.iter().map(|(line, id)| (line, id, &credited)).collect();
            assert!(told == expected, "{} outcomes are left of {whole} chunks", told.len());
            assert_eq!(credits(app, learner.id), items.len(), "one credit for each item, none twice");
            left.push(whole);
        }
        assert!(left.iter().any(|whole| *whole < CHUNKS), "no push died before its end: {left:?}");
        assert!(left.iter().any(|whole| *whole > 0), "no chunk was taken in: {left:?}");
    });
}
