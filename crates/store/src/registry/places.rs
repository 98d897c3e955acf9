//! The administration tree and the division codes that lead into it, as rows of `domain::registry::PlaceTree`.

use crate::{
    Db, StoreError,
    bulk::insert_all,
    db::on_db,
    policy::{RULE_BOOK, touch_revision},
    schema::{place, place_division},
    types::{Opt, PlaceText, Word},
};
use diesel::prelude::*;
use diesel::upsert::excluded;
use domain::{
    kernel::PlaceCode,
    registry::{CodeSystem, DatedCode, PlaceLevel, PlaceNode},
};
use std::collections::HashSet;
use time::Date;

#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = place, treat_none_as_default_value = false)]
struct PlaceRow {
    #[diesel(serialize_as = PlaceText, deserialize_as = PlaceText)]
    place_code: PlaceCode,
    name: String,
    #[diesel(serialize_as = Opt<PlaceText>, deserialize_as = Opt<PlaceText>)]
    parent_code: Option<PlaceCode>,
    #[diesel(serialize_as = Word<PlaceLevel>, deserialize_as = Word<PlaceLevel>)]
    level: PlaceLevel,
    listed_order: i32,
}

#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = place_division, treat_none_as_default_value = false)]
struct DivisionRow {
    #[diesel(serialize_as = Word<CodeSystem>, deserialize_as = Word<CodeSystem>)]
    system: CodeSystem,
    code: String,
    #[diesel(serialize_as = PlaceText, deserialize_as = PlaceText)]
    place_code: PlaceCode,
    from_on: Date,
    until_on: Option<Date>,
    name: Option<String>,
}

impl From<PlaceRow> for PlaceNode {
    fn from(row: PlaceRow) -> Self {
        Self { code: row.place_code, name: row.name, parent: row.parent_code, level: row.level }
    }
}

impl From<DivisionRow> for DatedCode {
    fn from(row: DivisionRow) -> Self {
        let DivisionRow { system, code, place_code: place, from_on, until_on, name } = row;
        Self { system, code, place, from_on, until_on, name }
    }
}

/// The whole tree, in the order in which its rows were listed.
pub fn load_places(db: &mut Db) -> Result<(Vec<PlaceNode>, Vec<DatedCode>), StoreError> {
    let places: Vec<PlaceRow> = on_db!(db, c => place::table
        .order((place::listed_order, place::place_code))
        .select(PlaceRow::as_select())
        .load(c))?;
    let divisions: Vec<DivisionRow> = on_db!(db, c => place_division::table
        .order((place_division::system, place_division::code, place_division::from_on))
        .select(DivisionRow::as_select())
        .load(c))?;
    Ok((places.into_iter().map(Into::into).collect(), divisions.into_iter().map(Into::into).collect()))
}

/// A page of places by code, below one parent or of the whole tree.
pub fn list_places(
    db: &mut Db,
    parent: Option<&PlaceCode>,
    after: Option<&PlaceCode>,
    limit: i64,
) -> Result<Vec<PlaceNode>, StoreError> {
    let rows: Vec<PlaceRow> = on_db!(db, c => {
        let mut query = place::table.order(place::place_code).select(PlaceRow::as_select()).limit(limit).into_boxed();
        if let Some(parent) = parent {
            query = query.filter(place::parent_code.eq(parent.as_str()));
        }
        if let Some(after) = after {
            query = query.filter(place::place_code.gt(after.as_str()));
        }
        query.load(c)
    })?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// Adds places and codes that are missing and updates those that differ, upper places before lower ones; moves the rule
/// book's revision when anything changed. New places are listed after those that exist.
pub fn upsert_places(db: &mut Db, nodes: &[PlaceNode], codes: &[DatedCode]) -> Result<usize, StoreError> {
    let (known_nodes, known_codes) = load_places(db)?;
    let known: HashSet<&str> = known_nodes.iter().map(|node| node.code.as_str()).collect();
    let (old, new): (Vec<&PlaceNode>, Vec<&PlaceNode>) =
        nodes.iter().filter(|node| !known_nodes.contains(node)).partition(|node| known.contains(node.code.as_str()));
    let first = i32::try_from(known_nodes.len()).unwrap_or(i32::MAX);
    let rows: Vec<PlaceRow> = new
        .into_iter()
        .zip(first..)
        .map(|(node, listed_order)| PlaceRow {
            place_code: node.code.clone(),
            name: node.name.clone(),
            parent_code: node.parent.clone(),
            level: node.level,
            listed_order,
        })
        .collect();
    insert_all!(db, place::table, &rows);
    for node in &old {
        on_db!(db, c => diesel::update(place::table.find(node.code.as_str()))
            .set((
                place::name.eq(&node.name),
                place::parent_code.eq(node.parent.as_ref().map(PlaceCode::as_str)),
                place::level.eq(Word::from(node.level)),
            ))
            .execute(c))?;
    }
    let changed: Vec<&DatedCode> = codes.iter().filter(|code| !known_codes.contains(code)).collect();
    for code in &changed {
        upsert_division(db, code)?;
    }
    let changes = rows.len() + old.len() + changed.len();
    if changes > 0 {
        touch_revision(db, RULE_BOOK)?;
    }
    Ok(changes)
}

fn upsert_division(db: &mut Db, code: &DatedCode) -> Result<(), StoreError> {
    let row = DivisionRow {
        system: code.system,
        code: code.code.clone(),
        place_code: code.place.clone(),
        from_on: code.from_on,
        until_on: code.until_on,
        name: code.name.clone(),
    };
    on_db!(db, c => diesel::insert_into(place_division::table)
        .values(row)
        .on_conflict((place_division::system, place_division::code, place_division::from_on))
        .do_update()
        .set((
            place_division::place_code.eq(excluded(place_division::place_code)),
            place_division::until_on.eq(excluded(place_division::until_on)),
            place_division::name.eq(excluded(place_division::name)),
        ))
        .execute(c))?;
    Ok(())
}
