//! The harness: the real application on port 0 with a database of its own, and callers to try it with.
//!
//! A test is written once and run by [`each_backend`] on SQLite, and on PostgreSQL where `XUESHI_TEST_POSTGRES_URL` names a
//! server (any database on it; each test gets a fresh one beside it, dropped afterwards). Nothing sleeps and nothing depends
//! on order: the clock stands still until a test moves it.

mod answer;
mod client;
mod database;
pub mod fixtures;
mod node;
mod own_postgres;

pub use answer::Answer;
pub use client::Client;
pub use database::Backend;
pub use node::Node;
pub use own_postgres::OwnPostgres;

use database::Database;
use domain::{
    access::Named,
    kernel::{BaseId, EmployerId, LearnerId, PlaceCode, PlatformId},
};
use std::{
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    path::{Path, PathBuf},
    sync::atomic::{AtomicBool, Ordering},
};
use time::{Duration, OffsetDateTime, macros::datetime};
use xueshi::{
    auth::{CallerKind, Subject},
    clock::Clock,
    logging::LogFormat,
    settings::{Given, Settings},
    startup::{InBackground, in_background},
};

/// Where every test's clock stands at first: noon of a day in the middle of a policy year, in China.
pub const NOON: OffsetDateTime = datetime!(2021-06-15 12:00 +08:00);

/// Where the application under test believes that callers reach it.
pub const PUBLIC_URL: &str = "https://xueshi.test";

/// The application with a database of its own.
#[derive(Debug)]
pub struct App {
    /// The clock that the application reads; tests move it.
    pub clock: Clock,
    service: Option<InBackground>,
    agent: ureq::Agent,
    settings: Settings,
    folder: PathBuf,
    past_the_service: AtomicBool,
    // Last: dropped after the service has let go of it.
    database: Database,
}

/// Runs a test on every back end that is at hand. Whatever it did, the ledger holds together afterwards.
///
/// # Panics
/// When the test fails; the back end is named.
pub fn each_backend(test: impl Fn(&App)) {
    for backend in Backend::at_hand() {
        let outcome = catch_unwind(AssertUnwindSafe(|| {
            let app = App::start(backend);
            test(&app);
            app.expect_sound_ledger();
        }));
        if let Err(failure) = outcome {
            eprintln!("failed on {backend:?}");
            resume_unwind(failure);
        }
    }
}

impl App {
    /// Starts the application on a fresh database.
    ///
    /// # Panics
    /// When it does not start.
    #[must_use]
    pub fn start(backend: Backend) -> Self {
        let folder = own_folder();
        let database = Database::create(backend, &folder);
        let settings = settings(&database, &folder);
        Self::with(folder, database, settings)
    }

    /// Starts the application on a database that is there, as whoever the address signs in. Nothing is migrated, and the
    /// database stays.
    ///
    /// # Panics
    /// When it does not start.
    #[must_use]
    pub fn signed_in(address: String) -> Self {
        let (folder, database) = (own_folder(), Database::there(address));
        let settings = Settings { migrate: false, ..settings(&database, &folder) };
        Self::with(folder, database, settings)
    }

    /// Starts the application on a fresh database without its runner of queued work, so that queued work waits.
    ///
    /// # Panics
    /// When it does not start.
    #[must_use]
    pub fn without_runner(backend: Backend) -> Self {
        Self::set(backend, |settings| settings.run_worker = false)
    }

    /// Starts the application on a fresh database with other settings than the harness has.
    ///
    /// # Panics
    /// When it does not start.
    #[must_use]
    pub fn set(backend: Backend, change: impl FnOnce(&mut Settings)) -> Self {
        let folder = own_folder();
        let database = Database::create(backend, &folder);
        let mut settings = settings(&database, &folder);
        change(&mut settings);
        Self::with(folder, database, settings)
    }

    /// Starts the application on a fresh database of a test's own server.
    ///
    /// # Panics
    /// When it does not start.
    #[must_use]
    pub fn on(server: &OwnPostgres) -> Self {
        let (folder, database) = (own_folder(), Database::on_server(server.url()));
        let settings = settings(&database, &folder);
        Self::with(folder, database, settings)
    }

    #[expect(clippy::expect_used, reason = "a test that cannot start should fail loudly")]
    fn with(folder: PathBuf, database: Database, settings: Settings) -> Self {
        let clock = Clock::fixed(NOON);
        let service = in_background(&settings, clock.clone()).expect("the application starts");
        let past_the_service = AtomicBool::new(false);
        Self { clock, service: Some(service), agent: agent(), settings, folder, past_the_service, database }
    }

    /// Says that this test wrote lines of the ledger past the service, which are not expected to hold together with anything.
    pub fn write_lines_past_the_service(&self) {
        self.past_the_service.store(true, Ordering::SeqCst);
    }

    /// Expects that the ledger holds together, by all that `ledger verify` compares.
    ///
    /// # Panics
    /// When it does not.
    #[expect(clippy::expect_used, reason = "a ledger that cannot be read should fail the test loudly")]
    pub fn expect_sound_ledger(&self) {
        if !self.past_the_service.load(Ordering::SeqCst) {
            let found = self.state().ledger_findings().expect("the ledger is read");
            assert!(found.is_empty(), "the ledger does not hold together: {found:#?}");
        }
    }

    /// Which database this one has.
    #[must_use]
    pub fn backend(&self) -> Backend {
        self.database.backend()
    }

    /// A folder that goes with the test.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Stops the application and starts it again on the same database.
    ///
    /// # Panics
    /// When it does not.
    #[expect(clippy::expect_used, reason = "a test that cannot restart should fail loudly")]
    pub fn restart(&mut self) {
        if let Some(service) = self.service.take() {
            service.stop(true).expect("the application stops");
        }
        self.service = Some(in_background(&self.settings, self.clock.clone()).expect("the application starts again"));
    }

    /// From the next start on the application runs queued work.
    pub fn with_runner(&mut self) {
        self.settings.run_worker = true;
    }

    /// From the next start on the application leaves queued work alone.
    pub fn rest_runner(&mut self) {
        self.settings.run_worker = false;
    }

    /// Another process of the service (`serve`) on the same database, with the machine's clock: for tests that kill it.
    ///
    /// # Panics
    /// When it does not start.
    #[must_use]
    pub fn node(&self, binary: &str) -> Node {
        self.node_that_logs(binary, LogFormat::Json)
    }

    /// The same, logging in this form.
    ///
    /// # Panics
    /// When it does not start.
    #[must_use]
    pub fn node_that_logs(&self, binary: &str, format: LogFormat) -> Node {
        Node::start(binary, &self.settings, format)
    }

    /// Runs a command (`audit verify`) on the same database to its end.
    ///
    /// # Panics
    /// When it cannot be started.
    #[must_use]
    pub fn command(&self, binary: &str, arguments: &[&str]) -> std::process::Output {
        self.command_with(binary, arguments, &[])
    }

    /// As [`App::command`], with more in its environment.
    ///
    /// # Panics
    /// When it cannot be started.
    #[must_use]
    #[expect(clippy::expect_used, reason = "a test without its command should fail loudly")]
    pub fn command_with(&self, binary: &str, arguments: &[&str], environment: &[(&str, &str)]) -> std::process::Output {
        let mut command = std::process::Command::new(binary);
        command.args(arguments).env("DATABASE_URL", &self.settings.database_url).envs(environment.iter().copied());
        command.output().expect("the command runs")
    }

    /// What the running application holds: for what no request can reach, such as the store.
    ///
    /// # Panics
    /// Between a stop and a start.
    #[must_use]
    #[expect(clippy::expect_used, reason = "only `restart` takes the service away, and puts it back")]
    pub fn state(&self) -> &xueshi::state::AppState {
        &self.service.as_ref().expect("running").state
    }

    /// The address of a path.
    ///
    /// # Panics
    /// Between a stop and a start.
    #[must_use]
    #[expect(clippy::expect_used, reason = "only `restart` takes the service away, and puts it back")]
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.service.as_ref().expect("running").address)
    }

    /// Someone without a token.
    #[must_use]
    pub fn as_nobody(&self) -> Client<'_> {
        Client::new(self, None)
    }

    /// A learner.
    #[must_use]
    pub fn as_learner(&self, id: LearnerId) -> Client<'_> {
        self.caller(CallerKind::Learner, &id.to_string(), None)
    }

    /// A learning platform.
    #[must_use]
    pub fn as_platform(&self, id: PlatformId) -> Client<'_> {
        self.caller(CallerKind::Platform, &id.to_string(), None)
    }

    /// An officer of a place.
    ///
    /// # Panics
    /// When that is no place code.
    #[must_use]
    #[expect(clippy::expect_used, reason = "a wrong place in a test is a mistake in the test")]
    pub fn as_officer(&self, place: &str) -> Client<'_> {
        let place: PlaceCode = place.parse().expect("a place code");
        self.caller(CallerKind::Officer, "chen", Some(place))
    }

    /// An officer of the nation, who answers for every place.
    #[must_use]
    pub fn as_national_officer(&self) -> Client<'_> {
        self.as_officer("000000")
    }

    /// Who keeps the registry of places and organisations.
    #[must_use]
    pub fn as_system_administrator(&self) -> Client<'_> {
        self.caller(CallerKind::SystemAdministrator, "root", None)
    }

    /// Who keeps clients, issuers and grants.
    #[must_use]
    pub fn as_security_administrator(&self) -> Client<'_> {
        self.caller(CallerKind::SecurityAdministrator, "root", None)
    }

    /// Who looks at what the others did.
    #[must_use]
    pub fn as_audit_administrator(&self) -> Client<'_> {
        self.caller(CallerKind::AuditAdministrator, "root", None)
    }

    /// Someone of a kind, who answers for something: officials of places for the province of the tests, the others for what
    /// does not exist.
    #[must_use]
    pub fn someone(&self, kind: CallerKind) -> Client<'_> {
        let (place, id) = ("610000".parse().ok(), uuid::uuid!("0190d3f0-0000-7000-8000-00000000beef"));
        let (employer, base) = (Some(EmployerId::from_uuid(id)), Some(BaseId::from_uuid(id)));
        let nothing = Named::default();
        let named = match kind {
            CallerKind::Officer => Named { place, ..nothing },
            CallerKind::SectorAuthority => Named { place, series: Some("会计".to_owned()), ..nothing },
            CallerKind::EmployerAdministrator => Named { employer, ..nothing },
            CallerKind::BaseOperator => Named { base, ..nothing },
            _ => nothing,
        };
        self.calling(Subject { kind, name: id.to_string(), named })
    }

    /// A caller of any kind, with a token that holds for a hundred years around the test's clock.
    ///
    /// # Panics
    /// When the subject does not fit the kind.
    #[must_use]
    pub fn caller(&self, kind: CallerKind, name: &str, place: Option<PlaceCode>) -> Client<'_> {
        self.calling(Subject::of(kind, name, place))
    }

    /// A caller with a token that holds for a hundred years around the test's clock.
    ///
    /// # Panics
    /// When the subject is not whole.
    #[must_use]
    #[expect(clippy::expect_used, reason = "a wrong subject in a test is a mistake in the test")]
    pub fn calling(&self, subject: Subject) -> Client<'_> {
        let from = self.clock.now() - Duration::days(18_250);
        let token = self.state().tokens.mint(&subject, from, Duration::days(36_500)).expect("a token");
        Client::new(self, Some(token))
    }
}

impl Drop for App {
    fn drop(&mut self) {
        drop(self.service.take());
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

#[expect(clippy::expect_used, reason = "a test without a folder should fail loudly")]
fn own_folder() -> PathBuf {
    let folder = std::env::temp_dir().join(format!("xueshi-test-{}", uuid::Uuid::now_v7()));
    std::fs::create_dir_all(&folder).expect("a folder for the test");
    folder
}

#[expect(clippy::expect_used, reason = "settings of the harness are right or the harness is wrong")]
fn settings(database: &Database, folder: &Path) -> Settings {
    let given = Given {
        database_url: Some(database.url().to_owned()),
        listen: Some(([127, 0, 0, 1], 0).into()),
        workers: std::num::NonZeroUsize::new(2),
        database_connections: std::num::NonZeroU32::new(3),
        keys_dir: Some(folder.join("keys")),
        create_keys: Some(true),
        migrate: Some(true),
        public_url: Some(PUBLIC_URL.to_owned()),
        // Nobody is limited: quotas come back by the clock, which stands still or is moved back. Tests of them set their own.
        requests_a_minute: Some(0),
        ..Given::default()
    };
    given.resolve().expect("settings")
}

fn agent() -> ureq::Agent {
    ureq::Agent::config_builder().http_status_as_error(false).max_redirects(0).build().into()
}

/// Runs both at the same moment, each on a thread of its own.
///
/// # Panics
/// When one of the two does.
#[expect(clippy::unwrap_used, reason = "a failed assertion on the other thread is one of this test")]
pub fn at_once<A: Send, B: Send>(one: impl FnOnce() -> A + Send, other: impl FnOnce() -> B + Send) -> (A, B) {
    let start = std::sync::Barrier::new(2);
    std::thread::scope(|scope| {
        let other = scope.spawn(|| {
            start.wait();
            other()
        });
        start.wait();
        (one(), other.join().unwrap())
    })
}
