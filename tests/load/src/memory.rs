//! (c) Peak memory of a long push, with the service as a process of its own.

use crate::{
    Outcome,
    items::{COURSES, item},
    people::Dice,
    push::all_credited,
    report::{Row, milliseconds},
    stage::Stage,
    wire::{Connection, request},
};
use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};
use uuid::Uuid;

/// So much memory above idle a push must never take, however many lines it has.
const MOST_MEGABYTES: f64 = 100.0;

/// Measures one push of so many lines.
pub(crate) fn measure(stage: &Stage, lines: u32) -> Outcome<Vec<Row>> {
    let service = Service::start(stage)?;
    let mut connection = Connection::open(&service.address)?;
    connection.exchange(&request("GET", "/readyz", "", None))?.expect_ok()?;
    let push = long_push(stage, lines)?;
    // Allocators give back what the start needed only by and by.
    std::thread::sleep(Duration::from_millis(500));
    let idle = service.kilobytes("VmRSS")?;
    service.forget_peak()?;
    let started = Instant::now();
    let answer = connection.exchange(&push)?;
    let took = started.elapsed();
    answer.expect_ok()?;
    all_credited(&answer.body, lines as usize)?;
    let peak = service.kilobytes("VmHWM")?;
    let above = peak.saturating_sub(idle) as f64 / 1024.0;
    Ok(vec![Row {
        what: "peak memory of a push in lines",
        service: format!("{:.1} MB at {:.0} items/s", above, f64::from(lines) / took.as_secs_f64()),
        limit: format!("idle {:.1} MB", idle as f64 / 1024.0),
        ratio: String::new(),
        aim: "100 MB",
        failed: above >= MOST_MEGABYTES,
        p50: milliseconds(took),
        p99: String::new(),
    }])
}

fn long_push(stage: &Stage, lines: u32) -> Outcome<Vec<u8>> {
    let mut dice = Dice(6);
    let people = stage.pushed_for();
    let mut body = Vec::new();
    let run = Uuid::now_v7().simple().to_string();
    for line in 0..lines {
        let person = &people[dice.below(people.len())].1;
        let course = dice.below(COURSES);
        body.extend_from_slice(item(&format!("{}-{line:06}", &run[..12]), person, course, &mut dice).as_bytes());
        body.push(b'\n');
    }
    let token = stage.platform_token()?;
    Ok(request("POST", "/v1/completion-batches", &token, Some(("application/x-ndjson", &body))))
}

struct Service {
    address: String,
    child: Child,
}

impl Service {
    /// Starts this program again as `serve`, on the same database with the same keys.
    fn start(stage: &Stage) -> Outcome<Self> {
        let mut child = Command::new(std::env::current_exe()?)
            .args(["serve", "--listen", "127.0.0.1:0", "--log-format", "json", "--migrate", "--keys-dir"])
            .arg(&stage.settings.keys_dir)
            .env("DATABASE_URL", stage.database.url())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()?;
        let mut lines = BufReader::new(child.stderr.take().ok_or("no log")?).lines();
        let mut heard = String::new();
        while let Some(Ok(line)) = lines.next() {
            let said: serde_json::Value = serde_json::from_str(&line).unwrap_or_default();
            if let Some(address) = said["address"].as_str().filter(|_| said["message"] == "listening") {
                let address = address.to_owned();
                // The log is read on, so that the process never waits for a full pipe.
                std::thread::spawn(move || lines.for_each(drop));
                return Ok(Self { address, child });
            }
            heard.push_str(&line);
        }
        let _ = child.wait();
        Err(format!("the service did not start to listen: {heard}").into())
    }

    /// A figure of the process as the kernel keeps it.
    fn kilobytes(&self, name: &str) -> Outcome<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find(|line| line.starts_with(name)).ok_or("no such figure")?;
        Ok(line.split_whitespace().nth(1).ok_or("no such figure")?.parse()?)
    }

    /// The peak starts again from now.
    fn forget_peak(&self) -> Outcome<()> {
        Ok(std::fs::write(format!("/proc/{}/clear_refs", self.child.id()), "5")?)
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
