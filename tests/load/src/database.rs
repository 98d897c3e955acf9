//! A database that no one else uses, gone afterwards unless a file was named for it.

use crate::Outcome;
use diesel::{Connection, PgConnection, RunQueryDsl, sql_query};
use std::path::{Path, PathBuf};

/// Where a benchmark runs.
#[derive(Debug)]
pub(crate) struct Database {
    /// The keys, and the file where none was named.
    folder: PathBuf,
    url: String,
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    Sqlite { file: PathBuf },
    Postgres { server: String, name: String },
}

impl Database {
    /// Makes a fresh database: a file, or a database beside the one that the address names.
    pub(crate) fn create(address: Option<&str>) -> Outcome<Self> {
        let folder = std::env::temp_dir().join(format!("xueshi-load-{}", uuid::Uuid::now_v7()));
        std::fs::create_dir_all(&folder)?;
        let Some(server) = address.filter(|address| address.starts_with("postgres")) else {
            let file = address.map(|address| PathBuf::from(address.strip_prefix("sqlite://").unwrap_or(address)));
            let file = file.unwrap_or_else(|| folder.join("xueshi.db"));
            if file.exists() {
                return Err(format!("{} exists; a benchmark wants a fresh database", file.display()).into());
            }
            let url = format!("sqlite://{}", file.display());
            return Ok(Self { folder, url, kind: Kind::Sqlite { file } });
        };
        let name = format!("xueshi_load_{}", uuid::Uuid::now_v7().simple());
        sql_query(format!("CREATE DATABASE {name}")).execute(&mut PgConnection::establish(server)?)?;
        let kind = Kind::Postgres { server: server.to_owned(), name: name.clone() };
        Ok(Self { folder, url: beside(server, &name), kind })
    }

    /// What it is called in the report.
    pub(crate) fn name(&self) -> &'static str {
        match self.kind {
            Kind::Sqlite { .. } => "SQLite",
            Kind::Postgres { .. } => "PostgreSQL",
        }
    }

    /// Its address.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// The file, on SQLite.
    pub(crate) fn file(&self) -> Option<&Path> {
        match &self.kind {
            Kind::Sqlite { file } => Some(file),
            Kind::Postgres { .. } => None,
        }
    }

    /// Where the service's keys are kept.
    pub(crate) fn keys(&self) -> PathBuf {
        self.folder.join("keys")
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        if let Kind::Postgres { server, name } = &self.kind
            && let Ok(mut connection) = PgConnection::establish(server)
        {
            let _ = sql_query(format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")).execute(&mut connection);
        }
        let _ = std::fs::remove_dir_all(&self.folder);
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
