//! What a place is called on a day: a code and a name that stood for it together.

use super::{CodeSystem, PlaceTree};
use crate::kernel::PlaceCode;
use time::Date;

/// The code and the name of a place on a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Called<'a> {
    /// Its GB/T 2260 code of the day; the key of its node where it had none.
    pub code: &'a str,
    /// The last name that came with a code by that day; before the first such code, the name of its node.
    pub name: &'a str,
}

impl PlaceTree {
    /// What a place is called on a day. Any code that it ever had finds it, whatever it is called; none for an unknown place.
    #[must_use]
    pub fn called_on(&self, place: &PlaceCode, on: Date) -> Option<Called<'_>> {
        let index = self.index(place)?;
        let (node, codes) = (&self.nodes[index], &self.codes[index]);
        let code = codes.iter().find(|code| code.system == CodeSystem::Gb2260 && code.holds_on(on));
        let named = codes.iter().filter(|code| code.name.is_some() && code.from_on <= on);
        let name = named.max_by_key(|code| code.from_on).and_then(|code| code.name.as_deref());
        Some(Called { code: code.map_or(node.code.as_str(), |code| &code.code), name: name.unwrap_or(&node.name) })
    }

    /// Every name that a place has, had or will have. None for an unknown place.
    pub fn names(&self, place: &PlaceCode) -> impl Iterator<Item = &str> {
        let index = self.index(place);
        let first = index.map(|index| self.nodes[index].name.as_str());
        let later = index.into_iter().flat_map(|index| &self.codes[index]).filter_map(|code| code.name.as_deref());
        first.into_iter().chain(later)
    }
}
