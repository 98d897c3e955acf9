//! A look into the tables, for what no answer may show: what a request leaves behind, and what is kept in the clear.

use diesel::{QueryableByName, RunQueryDsl, sql_query, sql_types};
use std::{collections::BTreeMap, fs};
use store::{Db, StoreError};
use tests::App;

#[derive(QueryableByName)]
struct Name {
    #[diesel(sql_type = sql_types::Text)]
    name: String,
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = sql_types::BigInt)]
    rows: i64,
}

pub(crate) fn count(db: &mut Db, sql: &str) -> Result<i64, StoreError> {
    let found: Count = match db {
        Db::Sqlite(c) => sql_query(sql).get_result(c)?,
        Db::Pg(c) => sql_query(sql).get_result(c)?,
    };
    Ok(found.rows)
}

fn tables(db: &mut Db) -> Result<Vec<String>, StoreError> {
    let found: Vec<Name> = match db {
        Db::Sqlite(c) => sql_query("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name").load(c)?,
        Db::Pg(c) => sql_query("SELECT tablename::text AS name FROM pg_tables WHERE schemaname = 'public'").load(c)?,
    };
    Ok(found.into_iter().map(|table| table.name).collect())
}

/// The ids of all learners.
pub(crate) fn learners(app: &App) -> Vec<String> {
    let found: Vec<Name> = app.read(|db| match db {
        Db::Sqlite(c) => Ok(sql_query("SELECT hex(learner_id) AS name FROM learner").load(c)?),
        Db::Pg(c) => Ok(sql_query("SELECT learner_id::text AS name FROM learner").load(c)?),
    });
    found.into_iter().map(|id| id.name.parse::<uuid::Uuid>().unwrap().to_string()).collect()
}

/// How many rows each table has.
pub(crate) fn rows(app: &App) -> BTreeMap<String, i64> {
    let counted = app.read(|db| {
        let of = |db: &mut Db, table: String| {
            Ok((table.clone(), count(db, &format!("SELECT count(*) AS rows FROM {table}"))?))
        };
        tables(db)?.into_iter().map(|table| of(db, table)).collect::<Result<BTreeMap<_, _>, StoreError>>()
    });
    assert!(counted.len() > 20, "{counted:?}");
    counted
}

/// Where a text is kept in the clear. On SQLite every file of the database is searched, so that what was deleted counts too.
pub(crate) fn kept_in_the_clear(app: &App, text: &str) -> Vec<String> {
    match app.backend() {
        tests::Backend::Postgres => columns_with(app, text),
        tests::Backend::Sqlite => files_with(app, text),
    }
}

#[derive(QueryableByName)]
struct Column {
    #[diesel(sql_type = sql_types::Text)]
    of: String,
    #[diesel(sql_type = sql_types::Text)]
    name: String,
}

const OF_SQLITE: &str =
    "SELECT m.name AS of, p.name AS name FROM sqlite_master m, pragma_table_info(m.name) p WHERE m.type = 'table'";
const OF_POSTGRES: &str = "SELECT table_name::text AS of, column_name::text AS name FROM information_schema.columns WHERE table_schema = 'public'";

/// Every column there is, as table and column.
pub(crate) fn columns(app: &App) -> Vec<(String, String)> {
    let found: Vec<Column> = app.read(|db| match db {
        Db::Sqlite(c) => Ok(sql_query(OF_SQLITE).load(c)?),
        Db::Pg(c) => Ok(sql_query(OF_POSTGRES).load(c)?),
    });
    found.into_iter().map(|Column { of, name }| (of, name)).collect()
}

/// The columns that hold a text in any row, as itself or in bytes, as `table.column`.
pub(crate) fn columns_with(app: &App, text: &str) -> Vec<String> {
    let hex: String = text.bytes().map(|byte| format!("{byte:02x}")).collect();
    holding(app, Some(text), &hex)
}

/// The columns that hold these bytes in any row, as `table.column`.
pub(crate) fn columns_with_bytes(app: &App, hex: &str) -> Vec<String> {
    holding(app, None, hex)
}

fn holding(app: &App, text: Option<&str>, hex: &str) -> Vec<String> {
    let mut found = app.read(|db| {
        let columns: Vec<Column> = match db {
            Db::Sqlite(c) => sql_query(OF_SQLITE).load(c)?,
            Db::Pg(c) => sql_query(OF_POSTGRES).load(c)?,
        };
        assert!(columns.len() > 200, "{} columns", columns.len());
        let mut found = Vec::new();
        for Column { of, name } in columns {
            let holds = match db {
                Db::Sqlite(_) => format!("instr(CAST(\"{name}\" AS BLOB), x'{hex}') > 0"),
                Db::Pg(_) => {
                    let column = format!("\"{name}\"::text");
                    let in_bytes = format!("strpos({column}, '{hex}') > 0");
                    text.map_or(in_bytes.clone(), |text| format!("strpos({column}, '{text}') > 0 OR {in_bytes}"))
                }
            };
            if count(db, &format!("SELECT count(*) AS rows FROM \"{of}\" WHERE {holds}"))? > 0 {
                found.push(format!("{of}.{name}"));
            }
        }
        Ok::<_, StoreError>(found)
    });
    found.sort();
    found
}

/// The files of the application's folder that hold a text: of an embedded database all that it ever wrote and has not written over.
pub(crate) fn files_with(app: &App, text: &str) -> Vec<String> {
    let files = fs::read_dir(app.folder()).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_file());
    let holds = |bytes: &[u8]| bytes.windows(text.len()).any(|part| part == text.as_bytes());
    files.filter(|path| holds(&fs::read(path).unwrap())).map(|path| path.display().to_string()).collect()
}

/// How a learner's document is kept: the bytes, the id of the key and that of the suite.
#[derive(Debug, QueryableByName)]
pub(crate) struct Sealed {
    #[diesel(sql_type = sql_types::Binary)]
    pub(crate) document_cipher: Vec<u8>,
    #[diesel(sql_type = sql_types::Text)]
    pub(crate) key_id: String,
    #[diesel(sql_type = sql_types::Text)]
    pub(crate) suite_id: String,
}

impl Sealed {
    /// As the service's keys take it.
    pub(crate) fn as_sealed(&self) -> xueshi::keys::Sealed {
        xueshi::keys::Sealed {
            key_id: self.key_id.clone(),
            suite_id: self.suite_id.clone(),
            bytes: self.document_cipher.clone(),
        }
    }
}

/// How the answers that are kept for repeats are kept.
pub(crate) fn sealed_answers(app: &App) -> Vec<Sealed> {
    let sql = "SELECT answer_cipher AS document_cipher, key_id, suite_id FROM idempotency_answer";
    app.read(|db| match db {
        Db::Sqlite(c) => Ok(sql_query(sql).load(c)?),
        Db::Pg(c) => Ok(sql_query(sql).load(c)?),
    })
}

/// How the documents of all learners of this name are kept.
pub(crate) fn sealed(app: &App, name: &str) -> Vec<Sealed> {
    let sql = format!("SELECT document_cipher, key_id, suite_id FROM learner_person WHERE name = '{name}'");
    app.read(|db| match db {
        Db::Sqlite(c) => Ok(sql_query(sql).load(c)?),
        Db::Pg(c) => Ok(sql_query(sql).load(c)?),
    })
}
