//! A fresh database a test, as a value with `Drop`.

use diesel::{Connection, PgConnection, connection::SimpleConnection};
use std::{io::Write, path::PathBuf, sync::Once};
use store::{Store, StoreOptions};
use uuid::Uuid;

pub(crate) struct Database {
    pub(crate) url: String,
    pub(crate) store: Option<Store>,
    place: Place,
}

enum Place {
    Folder(PathBuf),
    Server { admin: String, name: String },
}

impl Database {
    pub(crate) fn sqlite() -> Self {
        let database = Self::empty_sqlite();
        database.store().migrate().unwrap();
        database
    }

    /// One without a table.
    fn empty_sqlite() -> Self {
        let folder = std::env::temp_dir().join(format!("xueshi-store-{}", Uuid::now_v7()));
        std::fs::create_dir_all(&folder).unwrap();
        let url = format!("sqlite://{}", folder.join("test.db").display());
        Self::open(url, Place::Folder(folder))
    }

    /// `None` where no server is named, which a test that would run on it alone says by its name: it passes and shows nothing.
    pub(crate) fn postgres_alone() -> Option<Self> {
        let database = Self::postgres();
        if database.is_none() {
            let test = std::thread::current().name().unwrap_or("a test").to_owned();
            // Not println: that is shown only for tests that fail.
            let _ = writeln!(std::io::stderr(), "not run, for want of a PostgreSQL server: {test}");
        }
        database
    }

    /// `None` where no server is named.
    pub(crate) fn postgres() -> Option<Self> {
        let database = Self::empty_postgres()?;
        database.store().migrate().unwrap();
        Some(database)
    }

    /// One without a table; `None` where no server is named.
    fn empty_postgres() -> Option<Self> {
        let admin = std::env::var("XUESHI_TEST_POSTGRES_URL").ok()?;
        let name = format!("xueshi_store_{}", Uuid::now_v7().simple());
        let mut c = PgConnection::establish(&admin).unwrap();
        c.batch_execute(&format!("CREATE DATABASE {name}")).unwrap();
        let (head, query) = admin.split_once('?').map_or((admin.as_str(), ""), |(h, q)| (h, q));
        let server = head.rsplit_once('/').map_or(head, |(server, _)| server);
        let url = format!("{server}/{name}{}{query}", if query.is_empty() { "" } else { "?" });
        Some(Self::open(url, Place::Server { admin, name }))
    }

    fn open(url: String, place: Place) -> Self {
        let store = Store::connect(&url, &StoreOptions::default()).unwrap();
        Self { url, store: Some(store), place }
    }

    pub(crate) fn store(&self) -> &Store {
        self.store.as_ref().unwrap()
    }

    /// What its server calls it.
    pub(crate) fn name(&self) -> &str {
        self.url.rsplit_once('/').unwrap().1.split('?').next().unwrap()
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        drop(self.store.take());
        match &self.place {
            Place::Folder(folder) => drop(std::fs::remove_dir_all(folder)),
            Place::Server { admin, name } => {
                if let Ok(mut c) = PgConnection::establish(admin) {
                    drop(c.batch_execute(&format!("DROP DATABASE {name} WITH (FORCE)")));
                }
            }
        }
    }
}

/// Runs a test on each back end there is, and says once which those are.
pub(crate) fn on_each(test: impl Fn(&Database)) {
    static SAID: Once = Once::new();
    let postgres = Database::postgres();
    SAID.call_once(|| {
        let named = if postgres.is_some() { "PostgreSQL too" } else { "PostgreSQL not named" };
        // Not println: that is shown only for tests that fail.
        let _ = writeln!(std::io::stderr(), "store tests run on SQLite; {named}");
    });
    test(&Database::sqlite());
    if let Some(database) = &postgres {
        test(database);
    }
}

/// As [`on_each`], on databases in which nothing is yet, not even a table.
pub(crate) fn on_each_empty(test: impl Fn(&Database)) {
    test(&Database::empty_sqlite());
    if let Some(database) = &Database::empty_postgres() {
        test(database);
    }
}

/// An async test without an async test framework.
pub(crate) fn block_on<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

/// Ends every connection to a database, as a restart of the server would; they are gone when this returns.
pub(crate) fn cut_connections(from: &Database, name: &str) {
    let mut c = PgConnection::establish(&from.url).unwrap();
    c.batch_execute(&format!("SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname = '{name}'"))
        .unwrap();
}
