//! A database's tables as it describes them itself, in one form for both back ends.

use diesel::{
    PgConnection, QueryableByName, RunQueryDsl, SqliteConnection, sql_query,
    sql_types::{Bool, Integer, Nullable, Text},
};
use std::collections::{BTreeMap, BTreeSet};
use store::{Db, Store, StoreError};

/// Names of columns in the order of their key.
pub(crate) type Columns = Vec<String>;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Table {
    /// Nullability by name.
    pub(crate) columns: BTreeMap<String, bool>,
    pub(crate) primary: Columns,
    pub(crate) unique: BTreeSet<Columns>,
    /// Own columns, the other table, its columns.
    pub(crate) foreign: BTreeSet<(Columns, String, Columns)>,
    pub(crate) indexes: BTreeSet<Columns>,
    /// The words that a CHECK lists for a column.
    pub(crate) words: BTreeMap<String, BTreeSet<String>>,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Catalogue {
    pub(crate) tables: BTreeMap<String, Table>,
    /// The declared type of each column, which does differ.
    pub(crate) types: BTreeMap<(String, String), String>,
    /// Everything that is computed by the database or acts on its own, which must not be.
    pub(crate) computed: Vec<String>,
}

pub(crate) fn of(store: &Store) -> Catalogue {
    store
        .read_blocking(|db| {
            Ok::<_, StoreError>(match db {
                Db::Sqlite(c) => sqlite(c),
                Db::Pg(c) => postgres(c),
            })
        })
        .unwrap()
}

#[derive(QueryableByName)]
struct Name {
    #[diesel(sql_type = Text)]
    name: String,
}

#[derive(QueryableByName)]
struct Column {
    #[diesel(sql_type = Text)]
    tbl: String,
    #[diesel(sql_type = Text)]
    col: String,
    #[diesel(sql_type = Text)]
    kind: String,
    #[diesel(sql_type = Bool)]
    nullable: bool,
    #[diesel(sql_type = Nullable<Text>)]
    computed: Option<String>,
}

#[derive(QueryableByName)]
struct Key {
    #[diesel(sql_type = Text)]
    tbl: String,
    #[diesel(sql_type = Text)]
    key: String,
    /// `p`, `u`, `f` or `i`.
    #[diesel(sql_type = Text)]
    kind: String,
    #[diesel(sql_type = Text)]
    col: String,
    #[diesel(sql_type = Text)]
    other: String,
    #[diesel(sql_type = Text)]
    other_col: String,
    #[diesel(sql_type = Text)]
    action: String,
}

#[derive(QueryableByName)]
struct Check {
    #[diesel(sql_type = Text)]
    tbl: String,
    #[diesel(sql_type = Text)]
    text: String,
}

const SQLITE_COLUMNS: &str = "SELECT m.name AS tbl, c.name AS col, c.type AS kind, c.\"notnull\" = 0 AS nullable,
    c.dflt_value AS computed
    FROM sqlite_schema m JOIN pragma_table_xinfo(m.name) c WHERE m.type = 'table' AND m.name NOT LIKE '\\_\\_%' ESCAPE '\\'";

const SQLITE_KEYS: &str = "SELECT m.name AS tbl, i.name AS key,
    CASE WHEN i.origin <> 'c' THEN i.origin WHEN i.\"unique\" THEN 'u' ELSE 'i' END AS kind, x.name AS col, '' AS other, '' AS other_col,
    'NO ACTION' AS action
    FROM sqlite_schema m JOIN pragma_index_list(m.name) i JOIN pragma_index_info(i.name) x
    WHERE m.type = 'table' AND m.name NOT LIKE '\\_\\_%' ESCAPE '\\'
    UNION ALL
    SELECT m.name, 'rowid', 'pk', c.name, '', '', 'NO ACTION' FROM sqlite_schema m JOIN pragma_table_info(m.name) c
    WHERE m.type = 'table' AND m.name NOT LIKE '\\_\\_%' ESCAPE '\\' AND c.pk > 0
    AND NOT EXISTS (SELECT 1 FROM pragma_index_list(m.name) WHERE origin = 'pk')
    UNION ALL
    SELECT m.name, 'f' || f.id, 'f', f.\"from\", f.\"table\", f.\"to\",
    CASE WHEN f.on_update = 'NO ACTION' THEN f.on_delete ELSE f.on_update END
    FROM sqlite_schema m JOIN pragma_foreign_key_list(m.name) f WHERE m.type = 'table'";

fn sqlite(c: &mut SqliteConnection) -> Catalogue {
    let mut found = Catalogue::default();
    add_columns(&mut found, sql_query(SQLITE_COLUMNS).load(c).unwrap());
    add_keys(&mut found, sql_query(SQLITE_KEYS).load(c).unwrap());
    let made: Vec<Check> =
        sql_query("SELECT name AS tbl, sql AS text FROM sqlite_schema WHERE type = 'table'").load(c).unwrap();
    for Check { tbl, text } in made {
        if text.contains("AUTOINCREMENT") || text.contains("GENERATED") {
            found.computed.push(tbl.clone());
        }
        for check in text.split("CHECK (").skip(1) {
            add_words(&mut found, &tbl, check.split(')').next().unwrap_or_default());
        }
    }
    found
}

const PG_COLUMNS: &str = "SELECT table_name::text AS tbl, column_name::text AS col, data_type::text AS kind,
    is_nullable = 'YES' AS nullable,
    CASE WHEN is_identity = 'YES' OR is_generated <> 'NEVER' THEN 'identity' ELSE column_default::text END AS computed
    FROM information_schema.columns WHERE table_schema = 'public' AND table_name NOT LIKE '\\_\\_%'";

const PG_KEYS: &str = "SELECT t.relname::text AS tbl, k.conname::text AS key, k.contype::text AS kind, a.attname::text AS col,
    coalesce(o.relname::text, '') AS other, coalesce(b.attname::text, '') AS other_col,
    CASE WHEN k.contype = 'f' AND (k.confdeltype <> 'a' OR k.confupdtype <> 'a') THEN 'acts' ELSE 'NO ACTION' END AS action
    FROM pg_constraint k JOIN pg_class t ON t.oid = k.conrelid
    CROSS JOIN LATERAL unnest(k.conkey, coalesce(k.confkey, k.conkey)) WITH ORDINALITY AS n (own, theirs, place)
    JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = n.own
    LEFT JOIN pg_class o ON o.oid = k.confrelid
    LEFT JOIN pg_attribute b ON b.attrelid = o.oid AND b.attnum = n.theirs
    WHERE k.contype IN ('p', 'u', 'f') AND k.connamespace = 'public'::regnamespace AND t.relname NOT LIKE '\\_\\_%'
    ORDER BY tbl, key, n.place";

const PG_INDEXES: &str =
    "SELECT t.relname::text AS tbl, i.relname::text AS key, CASE WHEN x.indisunique THEN 'u' ELSE 'i' END AS kind, a.attname::text AS col, '' AS other,
    '' AS other_col, 'NO ACTION' AS action
    FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_class t ON t.oid = x.indrelid
    CROSS JOIN LATERAL unnest(x.indkey) WITH ORDINALITY AS n (own, place)
    JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = n.own
    WHERE i.relnamespace = 'public'::regnamespace 
    AND NOT EXISTS (SELECT 1 FROM pg_constraint k WHERE k.conindid = i.oid AND k.contype IN ('p', 'u')) ORDER BY tbl, key, n.place";

fn postgres(c: &mut PgConnection) -> Catalogue {
    let mut found = Catalogue::default();
    add_columns(&mut found, sql_query(PG_COLUMNS).load(c).unwrap());
    add_keys(&mut found, sql_query(PG_KEYS).load(c).unwrap());
    add_keys(&mut found, sql_query(PG_INDEXES).load(c).unwrap());
    let checks: Vec<Check> = sql_query(
        "SELECT t.relname::text AS tbl, pg_get_constraintdef(k.oid)::text AS text
         FROM pg_constraint k JOIN pg_class t ON t.oid = k.conrelid WHERE k.contype = 'c'",
    )
    .load(c)
    .unwrap();
    for Check { tbl, text } in checks {
        // CHECK ((kind = ANY (ARRAY['a'::text, ..]))) reads here as kind = ANY (ARRAY['a'::text, ..
        add_words(&mut found, &tbl, text.trim_start_matches("CHECK ("));
    }
    let sequences: Vec<Name> = sql_query(
        "SELECT relname::text AS name FROM pg_class WHERE relkind = 'S' AND relnamespace = 'public'::regnamespace",
    )
    .load(c)
    .unwrap();
    found.computed.extend(sequences.into_iter().map(|sequence| sequence.name));
    found
}

fn add_columns(found: &mut Catalogue, columns: Vec<Column>) {
    for Column { tbl, col, kind, nullable, computed } in columns {
        if let Some(computed) = computed {
            found.computed.push(format!("{tbl}.{col} = {computed}"));
        }
        found.types.insert((tbl.clone(), col.clone()), kind);
        found.tables.entry(tbl).or_default().columns.insert(col, nullable);
    }
}

fn add_keys(found: &mut Catalogue, keys: Vec<Key>) {
    let mut whole: BTreeMap<(String, String, String), (Columns, String, Columns)> = BTreeMap::new();
    for Key { tbl, key, kind, col, other, other_col, action } in keys {
        if action != "NO ACTION" {
            found.computed.push(format!("{tbl} {key} {action}"));
        }
        let (own, name, theirs) = whole.entry((tbl, key, kind)).or_default();
        own.push(col);
        *name = other;
        theirs.push(other_col);
    }
    for ((tbl, _, kind), (own, other, theirs)) in whole {
        let table = found.tables.entry(tbl).or_default();
        match kind.as_str() {
            "p" | "pk" => table.primary = own,
            "u" => drop(table.unique.insert(own)),
            "f" => drop(table.foreign.insert((own, other, theirs))),
            _ => drop(table.indexes.insert(own)),
        }
    }
}

/// Reads `kind IN ('a', 'b')` and what PostgreSQL makes of it; any other check lists no words.
fn add_words(found: &mut Catalogue, tbl: &str, check: &str) {
    let (col, rest) = check.trim_start_matches('(').split_once(' ').unwrap_or_default();
    if !rest.starts_with("IN ('") && !rest.starts_with("= ANY (ARRAY['") {
        return;
    }
    let words = rest.split('\'').skip(1).step_by(2).map(str::to_owned).collect();
    found.tables.entry(tbl.to_owned()).or_default().words.insert(col.to_owned(), words);
}

#[derive(QueryableByName)]
struct Form {
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Integer)]
    strict: i32,
    #[diesel(sql_type = Integer)]
    wr: i32,
}

/// The SQLite tables that are not STRICT rowid tables.
pub(crate) fn loose_tables(store: &Store) -> Vec<String> {
    let forms: Vec<Form> =
        query_sqlite(store, "SELECT name, strict, wr FROM pragma_table_list WHERE schema = 'main' AND type = 'table'");
    forms
        .into_iter()
        .filter(|form| !form.name.starts_with("sqlite_") && !form.name.starts_with("__"))
        .filter(|form| form.strict != 1 || form.wr != 0)
        .map(|form| form.name)
        .collect()
}

/// The text of the check against U+0000 of each SQLite table that has one.
pub(crate) fn nul_checks(store: &Store) -> BTreeMap<String, String> {
    let made: Vec<Check> =
        query_sqlite(store, "SELECT name AS tbl, sql AS text FROM sqlite_schema WHERE type = 'table'");
    let check = |text: &str| Some(text.split_once("CONSTRAINT no_nul CHECK (")?.1.to_owned());
    made.into_iter().filter_map(|Check { tbl, text }| Some((tbl, check(&text)?))).collect()
}

fn query_sqlite<T>(store: &Store, sql: &'static str) -> Vec<T>
where
    T: QueryableByName<diesel::sqlite::Sqlite> + 'static,
{
    store
        .read_blocking(|db| match db {
            Db::Sqlite(c) => Ok::<_, StoreError>(sql_query(sql).load(c)?),
            Db::Pg(_) => Ok(Vec::new()),
        })
        .unwrap()
}

/// The text columns of PostgreSQL that do not sort by bytes.
pub(crate) fn texts_not_sorted_by_bytes(store: &Store) -> Vec<String> {
    let sql = "SELECT table_name || '.' || column_name AS name FROM information_schema.columns
        WHERE table_schema = 'public' AND table_name NOT LIKE '\\_\\_%' AND data_type IN ('text', 'character varying')
        AND collation_name IS DISTINCT FROM 'C'";
    store
        .read_blocking(|db| match db {
            Db::Pg(c) => Ok::<_, StoreError>(sql_query(sql).load::<Name>(c)?),
            Db::Sqlite(_) => Ok(Vec::new()),
        })
        .unwrap()
        .into_iter()
        .map(|column| column.name)
        .collect()
}

/// The tables that a trigger guards. There is none that does anything else than refuse.
pub(crate) fn guarded_tables(store: &Store) -> Vec<String> {
    let of_sqlite = "SELECT DISTINCT tbl_name AS name FROM sqlite_schema WHERE type = 'trigger'";
    let of_postgres = "SELECT DISTINCT t.relname::text AS name FROM pg_trigger g JOIN pg_class t ON t.oid = g.tgrelid
        WHERE NOT g.tgisinternal";
    let found = store.read_blocking(|db| {
        Ok::<Vec<Name>, StoreError>(match db {
            Db::Sqlite(c) => sql_query(of_sqlite).load(c)?,
            Db::Pg(c) => sql_query(of_postgres).load(c)?,
        })
    });
    found.unwrap().into_iter().map(|table| table.name).collect()
}
