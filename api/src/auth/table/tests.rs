//! The table against the document.

use super::*;
use crate::openapi::{document, operations};
use std::collections::BTreeSet;

#[test]
fn table_and_document_name_the_same_operations() {
    let document = document();
    let documented: BTreeSet<String> =
        operations(&document).filter_map(|(.., operation)| operation.operation_id.clone()).collect();
    let in_table: BTreeSet<String> = LINES.iter().map(|line| line.id()).collect();
    assert_eq!(documented, in_table);
    assert_eq!(in_table.len(), LINES.len(), "an operation has two lines");
    assert_eq!(operations(&document).count(), LINES.len(), "two operations have one id, or one has none");
}

/// What is made by a repeat of these is no harm, or must not be kept to be told again.
const WITHOUT_A_KEY: &[&str] = &["create_client_secret"];

#[test]
fn whatever_answers_201_takes_a_key_and_nothing_else_does() {
    let document = document();
    let made = operations(&document).filter(|(.., operation)| operation.responses.responses.contains_key("201"));
    let made: BTreeSet<String> = made.filter_map(|(.., operation)| operation.operation_id.clone()).collect();
    let creating = LINES.iter().filter(|line| line.creates()).map(|line| line.id());
    let named: BTreeSet<String> = creating.chain(WITHOUT_A_KEY.iter().map(|id| (*id).to_owned())).collect();
    assert_eq!(made, named);
    assert_eq!(CREATING.len() + WITHOUT_A_KEY.len(), named.len());
}

#[test]
fn the_columns_stand_in_the_order_of_the_kinds_of_caller() {
    assert_eq!(COLUMNS, CallerKind::ALL.iter().map(|kind| kind.as_str()).collect::<Vec<_>>());
}

#[test]
fn only_operations_for_platforms_have_scopes() {
    for line in LINES.iter().filter(|line| line.scope.is_some()) {
        assert_ne!(line.cell(CallerKind::Platform), Cell::Never, "{}", line.id());
    }
}
