//! The database gone, in the ways in which it goes: the connection is cut, nobody listens, everything is swallowed without a word,
//! or another process holds the lock. Nobody is told that something was done which was not, everybody is told something in time,
//! and it is as before when the database is.

use diesel::{Connection, SqliteConnection, connection::SimpleConnection};
use std::{
    io::{Read, Write},
    net::{Shutdown, TcpListener, TcpStream},
    sync::{
        Arc, Mutex,
        atomic::{AtomicU8, Ordering},
    },
    thread,
    time::{Duration, Instant},
};
use tests::{
    Answer, App, Backend,
    fixtures::{Item, Learner, Stage},
};
use xueshi::settings::Settings;

const PASSES: u8 = 0;
const REFUSES: u8 = 1;
const SWALLOWS: u8 = 2;

/// Longer than any request may take: what the settings of the tests say, and room for a busy machine.
const IN_TIME: Duration = Duration::from_secs(20);

/// What stands between the service and its server.
#[derive(Clone)]
struct Proxy {
    port: u16,
    does: Arc<AtomicU8>,
    streams: Arc<Mutex<Vec<TcpStream>>>,
}

impl Proxy {
    /// A proxy in front of the server of an address, and the address that leads through it.
    fn before(url: &str) -> (Self, String) {
        let (head, rest) = url.split_once("://").unwrap();
        let (authority, path) = rest.split_once('/').unwrap();
        let (user, server) = authority.rsplit_once('@').unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let proxy = Self { port, does: Arc::default(), streams: Arc::default() };
        let (its, server) = (proxy.clone(), server.to_owned());
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                its.take(client, &server);
            }
        });
        let through = format!("{head}://{user}@127.0.0.1:{}/{path}", proxy.port);
        (proxy, through)
    }

    fn take(&self, client: TcpStream, server: &str) {
        if self.does.load(Ordering::SeqCst) == REFUSES {
            let _ = client.shutdown(Shutdown::Both);
            return;
        }
        let server = TcpStream::connect(server).unwrap();
        let mut streams = self.streams.lock().unwrap();
        for (from, to) in [(&client, &server), (&server, &client)] {
            let (mut from, mut to, does) = (from.try_clone().unwrap(), to.try_clone().unwrap(), Arc::clone(&self.does));
            streams.push(from.try_clone().unwrap());
            thread::spawn(move || {
                let mut bytes = [0; 65_536];
                while let Ok(count @ 1..) = from.read(&mut bytes) {
                    if does.load(Ordering::SeqCst) != SWALLOWS && to.write_all(&bytes[..count]).is_err() {
                        break;
                    }
                }
                let _ = to.shutdown(Shutdown::Both);
            });
        }
    }

    fn now(&self, does: u8) {
        self.does.store(does, Ordering::SeqCst);
    }

    fn cut(&self) {
        for stream in self.streams.lock().unwrap().drain(..) {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }
}

/// Lets a test that has failed end, too: the service stops once its transactions have.
struct Heals(Proxy);

impl Drop for Heals {
    fn drop(&mut self) {
        self.0.now(PASSES);
        self.0.cut();
    }
}

fn impatient(settings: &mut Settings) {
    settings.answer_time = Duration::from_secs(3);
    settings.database_wait = Duration::from_secs(1);
    settings.pushes.patience = Duration::from_secs(3);
}

fn in_time(what: &str, ask: impl FnOnce() -> Answer) -> Answer {
    let begun = Instant::now();
    let answer = ask();
    assert!(begun.elapsed() < IN_TIME, "{what} took {:?}", begun.elapsed());
    answer
}

/// Told that the service cannot now, and when to come again.
fn told_to_wait(what: &str, ask: impl FnOnce() -> Answer) {
    let answer = in_time(what, ask);
    assert!(
        answer.status == 503 && !answer.header("retry-after").is_empty(),
        "{what}: {} {}",
        answer.status,
        answer.text
    );
}

fn until_ready(app: &App) {
    let end = Instant::now() + Duration::from_secs(60);
    while app.as_nobody().get("/readyz").status != 200 {
        assert!(Instant::now() < end, "it does not recover");
        thread::sleep(Duration::from_millis(50));
    }
}

/// Pushes one item; whether it was acknowledged.
fn pushed(app: &App, stage: &Stage, item: &Item) -> bool {
    let answer = in_time("a push", || app.push_batch(&stage.platform, [item.clone()]));
    assert!([200, 503].contains(&answer.status), "{}", answer.text);
    if answer.status == 503 {
        assert!(!answer.header("retry-after").is_empty(), "{}", answer.text);
        return false;
    }
    assert_eq!(answer.json["items"][0]["outcome"], "credited", "{}", answer.text);
    true
}

/// What was acknowledged is there, and what was not is there or is taken now.
fn nothing_is_lost(app: &App, stage: &Stage, sent: &[(Item, bool)]) {
    for (item, acknowledged) in sent {
        let outcome = app.push_one(&stage.platform, item)["outcome"].clone();
        let right = outcome == "already_recorded" || (outcome == "credited" && !acknowledged);
        assert!(right, "{outcome}, acknowledged: {acknowledged}");
    }
}

fn people(app: &App) -> (Stage, Learner) {
    let stage = app.shaanxi();
    let learner = app.learner(stage.place).register();
    (stage, learner)
}

#[test]
fn a_server_that_is_cut_off_refuses_or_says_nothing_leaves_no_wrong_answer_and_comes_back() {
    if !Backend::has_server() {
        return;
    }
    let mut proxy = None;
    let app = App::set(Backend::Postgres, |settings| {
        impatient(settings);
        let (before, through) = Proxy::before(&settings.database_url);
        (settings.database_url, proxy) = (through, Some(before));
    });
    let proxy = proxy.unwrap();
    let _heals = Heals(proxy.clone());
    let (stage, learner) = people(&app);
    let file = format!("/v1/learners/{}", learner.id);
    for does in [REFUSES, SWALLOWS, REFUSES, SWALLOWS] {
        let (mut sent, taken) = (Vec::new(), AtomicU8::new(0));
        thread::scope(|scope| {
            // It goes while pushes are under way.
            let pushing = scope.spawn(|| {
                let mut sent = Vec::new();
                loop {
                    let item = learner.finished(&stage.public);
                    let acknowledged = pushed(&app, &stage, &item);
                    sent.push((item, acknowledged));
                    if !acknowledged {
                        return sent;
                    }
                    taken.fetch_max(u8::try_from(sent.len().min(3)).unwrap(), Ordering::SeqCst);
                }
            });
            while taken.load(Ordering::SeqCst) < 3 && !pushing.is_finished() {
                thread::sleep(Duration::from_millis(10));
            }
            proxy.now(does);
            if does == REFUSES {
                proxy.cut();
            }
            sent = pushing.join().unwrap();
        });
        assert!(sent.len() > 3, "it went before anything was acknowledged");
        // More than there are connections: none of them waits behind the others for ever.
        for _ in 0..4 {
            let item = learner.finished(&stage.public);
            told_to_wait("a push", || app.push_batch(&stage.platform, [item.clone()]));
            sent.push((item, false));
            told_to_wait("a file", || app.as_national_officer().get(&file));
        }
        told_to_wait("the readiness", || app.as_nobody().get("/readyz"));
        let _ = app.as_nobody().get("/healthz").expect(200);
        proxy.now(PASSES);
        proxy.cut();
        until_ready(&app);
        nothing_is_lost(&app, &stage, &sent);
        let _ = app.as_national_officer().get(&file).expect(200);
    }
    // Cut once, and at once there again: a connection that went is replaced.
    proxy.cut();
    until_ready(&app);
    assert!(pushed(&app, &stage, &learner.finished(&stage.public)));
}

#[test]
fn a_lock_that_another_process_holds_is_told_in_time_and_forgotten_with_it() {
    let app = App::set(Backend::Sqlite, impatient);
    let (stage, learner) = people(&app);
    let mut other = SqliteConnection::establish(app.folder().join("xueshi.db").to_str().unwrap()).unwrap();
    let mut sent = vec![(learner.finished(&stage.public), true)];
    assert!(pushed(&app, &stage, &sent[0].0));
    for _ in 0..2 {
        other.batch_execute("PRAGMA busy_timeout = 10000; BEGIN EXCLUSIVE").unwrap();
        for _ in 0..3 {
            let item = learner.finished(&stage.public);
            told_to_wait("a push", || app.push_batch(&stage.platform, [item.clone()]));
            sent.push((item, false));
        }
        told_to_wait("the readiness", || app.as_nobody().get("/readyz"));
        // Reading needs no lock: what is answered is what was committed.
        let read = in_time("a file", || app.as_learner(learner.id).get(&format!("/v1/learners/{}", learner.id)));
        assert_eq!(read.status, 200);
        other.batch_execute("ROLLBACK").unwrap();
        until_ready(&app);
        nothing_is_lost(&app, &stage, &sent);
    }
}
