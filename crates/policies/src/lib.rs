//! What a new database starts with: the places, the rule files of the places and their situations.

pub mod places;
