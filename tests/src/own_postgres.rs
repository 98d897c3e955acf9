//! A PostgreSQL server of a test's own: one that it may kill.

use diesel::{Connection, PgConnection, connection::SimpleConnection};
use std::{
    net::TcpStream,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

/// A running server with a folder of its own; both are gone afterwards.
#[derive(Debug)]
pub struct OwnPostgres {
    bin: PathBuf,
    folder: PathBuf,
    port: u16,
}

impl OwnPostgres {
    /// A fresh server, where tests run on PostgreSQL at all and this machine has the programs of a server.
    ///
    /// # Panics
    /// When the programs are there and the server does not start.
    #[must_use]
    pub fn start() -> Option<Self> {
        if !crate::Backend::has_server() {
            return None;
        }
        let Some(bin) = programs() else {
            crate::database::not_run("the programs of a PostgreSQL server");
            return None;
        };
        let folder = std::env::temp_dir().join(format!("xueshi-pg-{}", uuid::Uuid::now_v7().simple()));
        let server = Self { bin, folder, port: free_port() };
        assert!(std::fs::create_dir_all(&server.folder).is_ok(), "a folder for the server");
        if is_root() {
            run(Command::new("chown").arg("postgres").arg(&server.folder));
        }
        let data = server.data();
        run(server.as_owner("initdb").args(["-U", "xueshi", "--auth=trust", "--encoding=UTF8", "-D"]).arg(data));
        server.launch();
        Some(server)
    }

    /// Its address, with the database that every server has.
    #[must_use]
    pub fn url(&self) -> String {
        format!("postgres://xueshi@127.0.0.1:{}/postgres", self.port)
    }

    /// SIGKILL of the server itself, which is gone when this returns; its other processes end when they notice.
    ///
    /// # Panics
    /// When it is not running, or outlives the signal by a minute.
    #[expect(clippy::expect_used, reason = "a test without its server should fail loudly")]
    pub fn kill(&mut self) {
        let file = std::fs::read_to_string(self.data().join("postmaster.pid")).expect("the server's process id");
        let process = file.lines().next().expect("a first line");
        run(Command::new("kill").args(["-KILL", process]));
        // The signal is only sent by then: on a busy machine the server may take and serve connections for a while yet.
        let until = Instant::now() + Duration::from_secs(60);
        while TcpStream::connect(("127.0.0.1", self.port)).is_ok() {
            assert!(Instant::now() < until, "the server outlives SIGKILL");
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Starts it again after a kill; it recovers what it had committed.
    pub fn start_again(&mut self) {
        self.launch();
    }

    /// Runs one statement as its superuser.
    ///
    /// # Panics
    /// When it is refused.
    #[expect(clippy::expect_used, reason = "a test that cannot prepare its server should fail loudly")]
    pub fn run(&self, sql: &str) {
        let mut connection = PgConnection::establish(&self.url()).expect("a connection to the server");
        connection.batch_execute(sql).expect(sql);
    }

    /// What it has written to its log.
    ///
    /// # Panics
    /// When there is none.
    #[must_use]
    #[expect(clippy::expect_used, reason = "a server without its log should fail the test loudly")]
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.folder.join("log")).expect("its log")
    }

    /// Its port on this machine.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Where the programs of its version are, if this one is among them.
    #[must_use]
    pub fn programs_with(&self, program: &str) -> Option<&Path> {
        if !is_there(&self.bin, program) {
            crate::database::not_run(program);
            return None;
        }
        Some(self.bin.as_path())
    }

    fn launch(&self) {
        let options = format!(
            "-p {} -c listen_addresses=127.0.0.1 -c unix_socket_directories='' -c fsync=on -c max_connections=40",
            self.port
        );
        // Processes of a killed server may hold its memory for a moment longer, and no new one starts until they are gone.
        for _ in 0..100 {
            let started = self
                .as_owner("pg_ctl")
                .args(["start", "-s", "-w", "-t", "60", "-D"])
                .arg(self.data())
                .arg("-l")
                .arg(self.folder.join("log"))
                .args(["-o", &options])
                .stderr(Stdio::null())
                .status();
            if started.is_ok_and(|status| status.success()) {
                return;
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        let log = std::fs::read_to_string(self.folder.join("log")).unwrap_or_default();
        assert!(log.is_empty(), "the server does not start: {log}");
    }

    fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    /// A program of the server, run by whom the server accepts: it refuses root.
    fn as_owner(&self, program: &str) -> Command {
        let program = self.bin.join(program);
        let mut command = if is_root() {
            let mut command = Command::new("runuser");
            command.args(["-u", "postgres", "--"]).arg(program);
            command
        } else {
            Command::new(program)
        };
        command.current_dir("/").stdin(Stdio::null()).stdout(Stdio::null());
        command
    }
}

impl Drop for OwnPostgres {
    fn drop(&mut self) {
        let _ = self.as_owner("pg_ctl").args(["stop", "-s", "-m", "immediate", "-D"]).arg(self.data()).status();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

fn run(command: &mut Command) {
    let ended = command.status();
    assert!(ended.as_ref().is_ok_and(std::process::ExitStatus::success), "{command:?}: {ended:?}");
}

fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output();
    id.is_ok_and(|id| id.stdout.starts_with(b"0"))
}

/// Where the programs of a server are, the newest version last by name.
fn programs() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").ok()?;
    let mut found: Vec<PathBuf> = versions.flatten().map(|version| version.path().join("bin")).collect();
    found.retain(|bin| is_there(bin, "initdb") && is_there(bin, "pg_ctl"));
    found.sort();
    found.pop()
}

fn is_there(bin: &Path, program: &str) -> bool {
    bin.join(program).exists()
}

#[expect(clippy::expect_used, reason = "a test without a port should fail loudly")]
fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("its number").port()
}
