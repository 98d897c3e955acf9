//! A fresh database for one test, gone afterwards.

use diesel::{Connection, PgConnection, RunQueryDsl, sql_query};
use std::{
    io::{self, Write},
    path::Path,
    sync::Once,
};

/// The databases that the service runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Backend {
    /// A file.
    Sqlite,
    /// A server, named by `XUESHI_TEST_POSTGRES_URL`.
    Postgres,
}

const SERVER: &str = "XUESHI_TEST_POSTGRES_URL";

impl Backend {
    /// The back ends that tests run on here. Says so once, past the test runner's capture.
    #[must_use]
    pub fn at_hand() -> Vec<Self> {
        static SAID: Once = Once::new();
        let server = std::env::var(SERVER).is_ok_and(|url| !url.is_empty());
        SAID.call_once(|| {
            let covered = if server { "SQLite and PostgreSQL" } else { "SQLite only" };
            let hint =
                if server { "" } else { " (name a PostgreSQL server in XUESHI_TEST_POSTGRES_URL to cover both)" };
            let _ = writeln!(io::stderr(), "back ends covered: {covered}{hint}");
        });
        if server { vec![Self::Sqlite, Self::Postgres] } else { vec![Self::Sqlite] }
    }

    /// Whether a server is named. Where none is, a test that would run on it alone says so by its name: it passes and shows nothing.
    #[must_use]
    pub fn has_server() -> bool {
        let has = Self::at_hand().contains(&Self::Postgres);
        if !has {
            not_run("a PostgreSQL server");
        }
        has
    }
}

/// Says past the test runner's capture that the test which asks passes without having run.
pub(crate) fn not_run(wanted: &str) {
    let test = std::thread::current().name().unwrap_or("a test").to_owned();
    let _ = writeln!(io::stderr(), "not run, for want of {wanted}: {test}");
}

#[derive(Debug)]
pub(crate) struct Database {
    backend: Backend,
    url: String,
    /// On PostgreSQL: the server's own address and the database's name.
    server: Option<(String, String)>,
}

impl Database {
    #[expect(clippy::expect_used, reason = "a test without its database should fail loudly")]
    pub(crate) fn create(backend: Backend, folder: &Path) -> Self {
        if backend == Backend::Sqlite {
            let url = format!("sqlite://{}", folder.join("xueshi.db").display());
            return Self { backend, url, server: None };
        }
        Self::on_server(std::env::var(SERVER).expect("XUESHI_TEST_POSTGRES_URL"))
    }

    #[expect(clippy::expect_used, reason = "a test without its database should fail loudly")]
    pub(crate) fn on_server(server: String) -> Self {
        let name = format!("xueshi_test_{}", uuid::Uuid::now_v7().simple());
        let mut connection = PgConnection::establish(&server).expect("the PostgreSQL server of the tests");
        sql_query(format!("CREATE DATABASE {name}")).execute(&mut connection).expect("a fresh database");
        let url = beside(&server, &name);
        Self { backend: Backend::Postgres, url, server: Some((server, name)) }
    }

    /// One that is there already, and stays.
    pub(crate) fn there(url: String) -> Self {
        let backend = if url.starts_with("postgres") { Backend::Postgres } else { Backend::Sqlite };
        Self { backend, url, server: None }
    }

    pub(crate) fn backend(&self) -> Backend {
        self.backend
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        if let Some((server, name)) = &self.server
            && let Ok(mut connection) = PgConnection::establish(server)
        {
            let _ = sql_query(format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")).execute(&mut connection);
        }
    }
}

/// The same server's address with another database.
fn beside(server: &str, name: &str) -> String {
    let (address, options) = server.split_once('?').map_or((server, None), |(a, o)| (a, Some(o)));
    let after_scheme = address.find("://").map_or(0, |at| at + 3);
    let host_end = address[after_scheme..].find('/').map_or(address.len(), |at| after_scheme + at);
    let options = options.map(|options| format!("?{options}")).unwrap_or_default();
    format!("{}/{name}{options}", &address[..host_end])
}

#[cfg(test)]
mod tests {
    use super::beside;

    #[test]
    fn another_database_is_named_on_the_same_server() {
        for (server, wanted) in [
            ("postgres://u:p@h:5432/postgres", "postgres://u:p@h:5432/x"),
            ("postgres://u@h", "postgres://u@h/x"),
            ("postgres://h/a?sslmode=disable", "postgres://h/x?sslmode=disable"),
            ("postgresql:///a?host=/tmp", "postgresql:///x?host=/tmp"),
        ] {
            assert_eq!(beside(server, "x"), wanted);
        }
    }
}
