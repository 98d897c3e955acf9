//! Where in a database a text stands: in which columns, as itself or in bytes, and in which files.

use diesel::{QueryableByName, RunQueryDsl, sql_query, sql_types};
use std::fs;
use store::{Db, StoreError};
use tests::App;

#[derive(QueryableByName)]
struct Column {
    #[diesel(sql_type = sql_types::Text)]
    of: String,
    #[diesel(sql_type = sql_types::Text)]
    name: String,
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = sql_types::BigInt)]
    rows: i64,
}

const OF_SQLITE: &str =
    "SELECT m.name AS of, p.name AS name FROM sqlite_master m, pragma_table_info(m.name) p WHERE m.type = 'table'";
const OF_POSTGRES: &str = "SELECT table_name::text AS of, column_name::text AS name FROM information_schema.columns WHERE table_schema = 'public'";

/// The columns that hold a text, as `table.column`.
pub(super) fn columns_with(app: &App, mark: &str) -> Vec<String> {
    let hex: String = mark.bytes().map(|byte| format!("{byte:02x}")).collect();
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
                    let text = format!("\"{name}\"::text");
                    format!("strpos({text}, '{mark}') > 0 OR strpos({text}, '{hex}') > 0")
                }
            };
            let query = format!("SELECT count(*) AS rows FROM \"{of}\" WHERE {holds}");
            let count: Count = match db {
                Db::Sqlite(c) => sql_query(query).get_result(c)?,
                Db::Pg(c) => sql_query(query).get_result(c)?,
            };
            if count.rows > 0 {
                found.push(format!("{of}.{name}"));
            }
        }
        Ok::<_, StoreError>(found)
    });
    found.sort();
    found
}

/// The files of the application's folder that hold a text: of an embedded database all that it ever wrote and has not written over.
pub(super) fn files_with(app: &App, mark: &str) -> Vec<String> {
    let files = fs::read_dir(app.folder()).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_file());
    let holds = |bytes: &[u8]| bytes.windows(mark.len()).any(|part| part == mark.as_bytes());
    files.filter(|path| holds(&fs::read(path).unwrap())).map(|path| path.display().to_string()).collect()
}
