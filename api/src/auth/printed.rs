//! The permission table as it is printed and committed: every cell in words.

use super::{
    CallerKind,
    table::{Cell, line},
};
use crate::openapi::{document, operations};
use std::fmt::Write;

const HEAD: &str = "\
# Who may do what: one line an operation and kind of caller. Generated from api/src/auth/table.rs.
# operation METHOD path caller scope own another's
# allowed; refused: 403; hidden: 404, as if it did not exist; left_out: not in the list, or its item is answered so.
";

/// One line an operation and kind of caller, sorted by operation: what becomes of one's own and of another's.
#[must_use]
pub fn permissions_list() -> String {
    let document = document();
    let mut all: Vec<_> = operations(&document).collect();
    all.sort_by_key(|(.., operation)| operation.operation_id.clone());
    let mut text = HEAD.to_owned();
    for (path, method, operation) in all {
        let id = operation.operation_id.as_deref().unwrap_or("-");
        let Some(line) = line(id) else { continue };
        // Writing to a text cannot fail.
        if line.is_open() {
            let _ = writeln!(text, "{id} {method} {path} anyone - allowed allowed");
            continue;
        }
        for kind in CallerKind::ALL {
            let (own, others) = words(line.cell(*kind));
            let scope = line.scope.filter(|_| *kind == CallerKind::Platform && own == "allowed");
            let scope = scope.map_or_else(|| "-".to_owned(), |scope| scope.to_string());
            let _ = writeln!(text, "{id} {method} {path} {kind} {scope} {own} {others}");
        }
    }
    text
}

const fn words(cell: Cell) -> (&'static str, &'static str) {
    match cell {
        Cell::Never => ("refused", "refused"),
        Cell::Any => ("allowed", "allowed"),
        Cell::Hide => ("allowed", "hidden"),
        Cell::Deny => ("allowed", "refused"),
        Cell::Own => ("allowed", "left_out"),
    }
}
