//! The service as a process of its own: what a test can kill.

use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, ExitStatus, Stdio},
    sync::{Arc, Mutex, PoisonError},
};
use xueshi::{logging::LogFormat, settings::Settings};

/// A running `serve` process.
#[derive(Debug)]
pub struct Node {
    /// Where it listens.
    pub address: String,
    child: Child,
    log: Arc<Mutex<Vec<String>>>,
}

impl Node {
    /// Starts `binary serve` with these settings, logging in this form, and waits until it listens. The binary of the tests is
    /// `env!("CARGO_BIN_EXE_node")`.
    ///
    /// # Panics
    /// When it does not start.
    #[must_use]
    #[expect(clippy::expect_used, clippy::panic, reason = "a test without its process should fail loudly")]
    pub fn start(binary: &str, settings: &Settings, format: LogFormat) -> Self {
        let written = match format {
            LogFormat::Text => "text",
            LogFormat::Json => "json",
        };
        let mut child = Command::new(binary)
            .args(["serve", "--listen", "127.0.0.1:0", "--log-format", written, "--workers", "2"])
            .args(["--database-connections", &settings.database_connections.to_string(), "--migrate"])
            .args(["--log-level", settings.log_level.as_str()])
            .args(["--requests-a-minute", &settings.requests_a_minute.to_string()])
            .args(settings.tls.iter().flat_map(|(file, key)| {
                ["--tls-certificate".as_ref(), file.as_os_str(), "--tls-key".as_ref(), key.as_os_str()]
            }))
            .arg("--keys-dir")
            .arg(&settings.keys_dir)
            .env("DATABASE_URL", &settings.database_url)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the process starts");
        let mut lines = BufReader::new(child.stderr.take().expect("its log")).lines();
        let mut heard = Vec::new();
        while let Some(Ok(line)) = lines.next() {
            let address = listening(&line, format);
            heard.push(line);
            if let Some(address) = address {
                let log = Arc::new(Mutex::new(heard));
                let kept = Arc::clone(&log);
                // The log is read on, so that the process never waits for a full pipe.
                std::thread::spawn(move || {
                    lines.map_while(Result::ok).for_each(|line| {
                        kept.lock().unwrap_or_else(PoisonError::into_inner).push(line);
                    });
                });
                return Self { address, child, log };
            }
        }
        let _ = child.wait();
        panic!("the process did not start to listen: {heard:?}");
    }

    /// What it has written to its log so far.
    #[must_use]
    pub fn log(&self) -> Vec<String> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The address of a path.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// SIGKILL: nothing gets finished.
    pub fn kill(mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// SIGTERM, as an operator or an orchestrator stops it; waits for the end.
    ///
    /// # Panics
    /// When it cannot be told or never ends.
    #[expect(clippy::expect_used, reason = "a process that does not stop should fail the test loudly")]
    pub fn terminate(mut self) -> ExitStatus {
        let told = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status();
        assert!(told.is_ok_and(|status| status.success()), "the process is told to stop");
        self.child.wait().expect("its end")
    }
}

/// The address, if this line says that the process listens.
fn listening(line: &str, format: LogFormat) -> Option<String> {
    let said: serde_json::Value = match format {
        LogFormat::Json => serde_json::from_str(line).unwrap_or_default(),
        LogFormat::Text => {
            let address = line.split_once(" listening ")?.1.split_whitespace();
            let address = address.filter_map(|pair| pair.strip_prefix("address=")).next()?;
            serde_json::json!({ "message": "listening", "address": address })
        }
    };
    Some(said["address"].as_str().filter(|_| said["message"] == "listening")?.to_owned())
}

impl Drop for Node {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
