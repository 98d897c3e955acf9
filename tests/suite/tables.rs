//! A look into the tables, for what no answer may show: what a request leaves behind, and what is kept in the clear.

use diesel::{QueryableByName, RunQueryDsl, sql_query, sql_types};
use std::collections::BTreeMap;
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

fn count(db: &mut Db, sql: &str) -> Result<i64, StoreError> {
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
    if app.backend() == tests::Backend::Postgres {
        let hex: String = text.bytes().map(|byte| format!("{byte:02x}")).collect();
        return app.read(|db| {
            let mut found = Vec::new();
            for table in tables(db)? {
                let sql = format!(
                    "SELECT count(*) AS rows FROM {table} one WHERE one::text LIKE '%{text}%' OR one::text LIKE '%{hex}%'"
                );
                if count(db, &sql)? > 0 {
                    found.push(table);
                }
            }
            Ok(found)
        });
    }
    let holds = |name: &String| {
        let kept = std::fs::read(app.folder().join(name)).unwrap_or_default();
        kept.windows(text.len()).any(|window| window == text.as_bytes())
    };
    ["", "-wal"].map(|ending| format!("xueshi.db{ending}")).into_iter().filter(holds).collect()
}

/// Which tables hold a text in any row, as queries see them.
pub(crate) fn tables_with(app: &App, text: &str) -> Vec<String> {
    if app.backend() == tests::Backend::Postgres {
        return kept_in_the_clear(app, text);
    }
    app.read(|db| {
        let mut found = Vec::new();
        for table in tables(db)? {
            let columns: Vec<Name> = match db {
                Db::Sqlite(c) => sql_query(format!("SELECT name FROM pragma_table_info('{table}')")).load(c)?,
                Db::Pg(_) => Vec::new(),
            };
            for Name { name } in columns {
                let text = format!("instr(CAST({name} AS BLOB), CAST('{text}' AS BLOB)) > 0");
                if count(db, &format!("SELECT count(*) AS rows FROM {table} WHERE {text}"))? > 0 {
                    found.push(format!("{table}.{name}"));
                }
            }
        }
        Ok(found)
    })
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
