//! The administration tree and the division codes, dead and new, that lead into it.
//!
//! The administration tree is not the tree of division codes: 杨凌示范区 stands beside the cities, 西咸新区 has no GB/T 2260 code
//! at all, and 旬阳 kept its place in the tree when its code changed. So a node has a key of its own and codes are dated facts
//! about nodes. A code may bring a name with it, as 610981 made 旬阳县 旬阳市; see `naming`.

mod naming;
mod succession;

pub use naming::Called;
pub use succession::CodeRefusal;

use crate::kernel::{PlaceCode, lasts};
use std::collections::{BTreeMap, HashMap};
use thiserror::Error;
use time::Date;

crate::words! {
    /// Where a node stands in the administration.
    pub enum PlaceLevel {
        /// The root.
        Nation = "nation",
        /// A province, an autonomous region or a municipality.
        Province = "province",
        /// A city or a peer of cities.
        City = "city",
        /// A county, a district or a county-level city.
        County = "county",
        /// A development zone or new area with its own administration.
        Zone = "zone",
    }

    /// Who issues a division code.
    pub enum CodeSystem {
        /// GB/T 2260, by the Ministry of Civil Affairs.
        Gb2260 = "gb2260",
        /// The codes of the statistical authorities, which also number zones that GB/T 2260 leaves out.
        Statistical = "statistical",
    }
}

impl PlaceLevel {
    /// Whether a node of this level may hang directly under one of `upper`. The nation is the root and hangs under nothing; a
    /// county may stand directly below its province (610581); zones stand anywhere below a province, and may hold counties.
    #[must_use]
    pub fn may_stand_below(self, upper: Self) -> bool {
        match self {
            Self::Nation => false,
            Self::Province => upper == Self::Nation,
            Self::City => upper == Self::Province,
            Self::County => matches!(upper, Self::Province | Self::City | Self::Zone),
            Self::Zone => upper != Self::Nation,
        }
    }
}

/// A node of the administration tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlaceNode {
    /// The node's key.
    pub code: PlaceCode,
    /// Its printed name, until a code brings another one with it.
    pub name: String,
    /// The node above; only the root has none.
    pub parent: Option<PlaceCode>,
    /// Where it stands.
    pub level: PlaceLevel,
}

/// A division code that stood for a place for some time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DatedCode {
    /// Who issued it.
    pub system: CodeSystem,
    /// The code.
    pub code: String,
    /// The place it stands for.
    pub place: PlaceCode,
    /// The first civil day.
    pub from_on: Date,
    /// The last civil day, itself included; open when `None`.
    pub until_on: Option<Date>,
    /// The name that the place got with it; `None` where it kept the one it had.
    pub name: Option<String>,
}

impl DatedCode {
    fn holds_on(&self, day: Date) -> bool {
        lasts(self.from_on, self.until_on, day)
    }

    fn overlaps(&self, other: &Self) -> bool {
        let ends_before = |a: &Self, b: &Self| a.until_on.is_some_and(|last| last < b.from_on);
        !ends_before(self, other) && !ends_before(other, self)
    }
}

/// One thing wrong with the rows of a tree.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum PlaceFault {
    /// Two nodes with one key.
    #[error("{0} stands twice in the tree")]
    NodeTwice(PlaceCode),
    /// A parent that does not exist.
    #[error("{node} hangs under {parent}, which is no node")]
    ParentMissing {
        /// The node.
        node: PlaceCode,
        /// The parent it names.
        parent: PlaceCode,
    },
    /// A node that is above itself; each member of the circle is named once.
    #[error("{0} is above itself")]
    Circle(PlaceCode),
    /// A second node without a parent.
    #[error("{second} has no parent, but {root} is the root already")]
    SecondRoot {
        /// The first node without a parent.
        root: PlaceCode,
        /// The further one.
        second: PlaceCode,
    },
    /// A code of a place that does not exist.
    #[error("{system} {code} leads to {place}, which is no node")]
    CodeWithoutPlace {
        /// Who issued the code.
        system: CodeSystem,
        /// The code.
        code: String,
        /// The place it names.
        place: PlaceCode,
    },
    /// A code that leads to two places, or that is the key of another node.
    #[error("{code} leads both to {first} and to {second}")]
    CodeOfTwoPlaces {
        /// The code.
        code: String,
        /// One place.
        first: PlaceCode,
        /// The other place.
        second: PlaceCode,
    },
    /// The same code of the same system stands for its place twice on some day.
    #[error("{system} {code} stands twice for {place} on the same day")]
    CodeTwice {
        /// Who issued the code.
        system: CodeSystem,
        /// The code.
        code: String,
        /// The place.
        place: PlaceCode,
    },
    /// A code whose last day is before its first.
    #[error("{system} {code} ends before it begins")]
    CodeEndsBeforeItBegins {
        /// Who issued the code.
        system: CodeSystem,
        /// The code.
        code: String,
    },
}

/// Everything wrong with the rows of a tree, all at once.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("the places are no tree: {}", .faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
pub struct PlaceTreeError {
    /// Every fault, in the order of the rows.
    pub faults: Vec<PlaceFault>,
}

/// The administration tree with its codes; immutable, built anew when the rows changed.
#[derive(Clone, Debug, Default)]
pub struct PlaceTree {
    nodes: Vec<PlaceNode>,
    parents: Vec<Option<usize>>,
    children: Vec<Vec<usize>>,
    /// Node keys and division codes alike; construction made sure that each leads to one node only.
    found_by: HashMap<String, usize>,
    codes: Vec<Vec<DatedCode>>,
}

impl PlaceTree {
    /// Builds the tree. No rows make an empty tree, in which nothing is found.
    ///
    /// # Errors
    /// All faults at once: doubled keys, missing parents, circles, a second root, codes that lead nowhere or to two places.
    pub fn new(nodes: Vec<PlaceNode>, codes: Vec<DatedCode>) -> Result<Self, PlaceTreeError> {
        let mut faults = Vec::new();
        let mut found_by = HashMap::with_capacity(nodes.len() + codes.len());
        for (index, node) in nodes.iter().enumerate() {
            if found_by.insert(node.code.as_str().to_owned(), index).is_some() {
                faults.push(PlaceFault::NodeTwice(node.code.clone()));
            }
        }
        let parents = link(&nodes, &found_by, &mut faults);
        find_circles(&nodes, &parents, &mut faults);
        let codes = attach(&nodes, codes, &mut found_by, &mut faults);
        if !faults.is_empty() {
            return Err(PlaceTreeError { faults });
        }
        let mut children = vec![Vec::new(); nodes.len()];
        for (index, parent) in parents.iter().enumerate() {
            if let Some(parent) = parent {
                children[*parent].push(index);
            }
        }
        Ok(Self { nodes, parents, children, found_by, codes })
    }

    /// The node with this key or with this division code, dead or new, of any system.
    #[must_use]
    pub fn find(&self, code: &str) -> Option<&PlaceNode> {
        self.found_by.get(code).map(|index| &self.nodes[*index])
    }

    /// The node of a key. Unlike [`Self::find`] it takes no division codes.
    #[must_use]
    pub fn node(&self, place: &PlaceCode) -> Option<&PlaceNode> {
        self.index(place).map(|index| &self.nodes[index])
    }

    /// Every node, in the order of the rows.
    #[must_use]
    pub fn nodes(&self) -> &[PlaceNode] {
        &self.nodes
    }

    /// The way up from a place to the nation, nearest first, the place itself included. Empty for an unknown place.
    #[must_use]
    pub fn path(&self, place: &PlaceCode) -> Vec<&PlaceNode> {
        self.upwards(place).map(|index| &self.nodes[index]).collect()
    }

    /// The places directly below a place, in the order of the rows. None for an unknown place.
    pub fn children(&self, place: &PlaceCode) -> impl Iterator<Item = &PlaceNode> {
        self.index(place).into_iter().flat_map(|index| &self.children[index]).map(|index| &self.nodes[*index])
    }

    /// Whether `descendant` is `ancestor` or stands anywhere below it. Unknown places contain nothing and are nowhere.
    #[must_use]
    pub fn contains(&self, ancestor: &PlaceCode, descendant: &PlaceCode) -> bool {
        self.upwards(descendant).any(|index| self.nodes[index].code == *ancestor)
    }

    /// A place and all places below it, upper before lower, siblings in the order of the rows. Empty for an unknown place.
    #[must_use]
    pub fn subtree(&self, place: &PlaceCode) -> Vec<PlaceCode> {
        let mut found = Vec::new();
        let mut open: Vec<usize> = self.index(place).into_iter().collect();
        while let Some(index) = open.pop() {
            found.push(self.nodes[index].code.clone());
            open.extend(self.children[index].iter().rev());
        }
        found
    }

    /// The division code of a place on a day: GB/T 2260 where there is one, else statistical, else none.
    #[must_use]
    pub fn current_code(&self, place: &PlaceCode, on: Date) -> Option<&DatedCode> {
        let codes = &self.codes[self.index(place)?];
        codes.iter().filter(|code| code.holds_on(on)).min_by_key(|code| (code.system, std::cmp::Reverse(code.from_on)))
    }

    /// Every division code of a place, in the order of the rows.
    #[must_use]
    pub fn codes(&self, place: &PlaceCode) -> &[DatedCode] {
        self.index(place).map_or(&[], |index| &self.codes[index])
    }

    fn index(&self, place: &PlaceCode) -> Option<usize> {
        let index = *self.found_by.get(place.as_str())?;
        (self.nodes[index].code == *place).then_some(index)
    }

    fn upwards(&self, place: &PlaceCode) -> impl Iterator<Item = usize> {
        std::iter::successors(self.index(place), |index| self.parents[*index])
    }
}

/// The index of each node's parent.
fn link(nodes: &[PlaceNode], found_by: &HashMap<String, usize>, faults: &mut Vec<PlaceFault>) -> Vec<Option<usize>> {
    let mut root: Option<&PlaceCode> = None;
    let mut parents = Vec::with_capacity(nodes.len());
    for node in nodes {
        parents.push(node.parent.as_ref().and_then(|parent| found_by.get(parent.as_str()).copied()));
        match (&node.parent, root) {
            (None, None) => root = Some(&node.code),
            (None, Some(root)) => {
                faults.push(PlaceFault::SecondRoot { root: root.clone(), second: node.code.clone() });
            }
            (Some(parent), _) if !found_by.contains_key(parent.as_str()) => {
                faults.push(PlaceFault::ParentMissing { node: node.code.clone(), parent: parent.clone() });
            }
            (Some(_), _) => {}
        }
    }
    parents
}

/// Names every node that is above itself, each once. A node that merely hangs below a circle is not at fault.
fn find_circles(nodes: &[PlaceNode], parents: &[Option<usize>], faults: &mut Vec<PlaceFault>) {
    // 0: not seen; else the number of the walk that came by first. Each node is walked over once.
    let mut seen = vec![0_usize; nodes.len()];
    for start in 0..nodes.len() {
        let walk = start + 1;
        let mut at = Some(start);
        while let Some(index) = at.filter(|index| seen[*index] == 0) {
            seen[index] = walk;
            at = parents[index];
        }
        if let Some(first) = at.filter(|index| seen[*index] == walk) {
            let mut member = first;
            loop {
                faults.push(PlaceFault::Circle(nodes[member].code.clone()));
                match parents[member] {
                    Some(next) if next != first => member = next,
                    _ => break,
                }
            }
        }
    }
}

/// Hangs the codes on their nodes and makes them findable.
fn attach(
    nodes: &[PlaceNode],
    codes: Vec<DatedCode>,
    found_by: &mut HashMap<String, usize>,
    faults: &mut Vec<PlaceFault>,
) -> Vec<Vec<DatedCode>> {
    let mut attached = vec![Vec::new(); nodes.len()];
    let keys: HashMap<&PlaceCode, usize> = nodes.iter().enumerate().map(|(index, node)| (&node.code, index)).collect();
    let mut stood: BTreeMap<(CodeSystem, String), Vec<DatedCode>> = BTreeMap::new();
    for code in codes {
        if code.until_on.is_some_and(|last| last < code.from_on) {
            faults.push(PlaceFault::CodeEndsBeforeItBegins { system: code.system, code: code.code.clone() });
        }
        let Some(&index) = keys.get(&code.place) else {
            let DatedCode { system, code, place, .. } = code;
            faults.push(PlaceFault::CodeWithoutPlace { system, code, place });
            continue;
        };
        let known = *found_by.entry(code.code.clone()).or_insert(index);
        if known != index {
            let (first, second) = (nodes[known].code.clone(), code.place.clone());
            faults.push(PlaceFault::CodeOfTwoPlaces { code: code.code, first, second });
            continue;
        }
        let earlier = stood.entry((code.system, code.code.clone())).or_default();
        if earlier.iter().any(|other| other.overlaps(&code)) {
            let DatedCode { system, code, place, .. } = code.clone();
            faults.push(PlaceFault::CodeTwice { system, code, place });
        }
        earlier.push(code.clone());
        attached[index].push(code);
    }
    attached
}

#[cfg(test)]
mod tests;
