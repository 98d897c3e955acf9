//! Which rules answer for a place and a year.

use super::shape::{MakeUp, Rules};
use crate::{
    kernel::{PlaceCode, PolicyId},
    registry::PlaceTree,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};
use time::OffsetDateTime;

/// A published version of a rule file. It never changes and stays readable for ever.
#[derive(Clone, Debug)]
pub struct Policy {
    /// Its id.
    pub id: PolicyId,
    /// Its number among the versions of its place and year, from 1.
    pub number: i32,
    /// When it was published.
    pub published_at: OffsetDateTime,
    /// SHA-256 of its source, in hexadecimal.
    pub source_hash: String,
    /// What it says.
    pub rules: Rules,
}

/// Every published version, and the tree of places they are layered over.
#[derive(Clone, Debug)]
pub struct RuleBook {
    tree: PlaceTree,
    layers: BTreeMap<PlaceCode, Vec<Arc<Policy>>>,
}

/// What the rule book says for a place and a year.
#[derive(Clone, Debug)]
pub enum Resolution {
    /// These rules.
    InForce(Arc<Policy>),
    /// The nearest layer has rules, but none for this year. Nothing wider answers in its stead.
    NoRuleInForce {
        /// The place whose layer is silent for the year.
        layer: PlaceCode,
        /// What the next wider layer says for the year, as information only; nothing where it is silent itself, for then it
        /// would have been its silence that answered.
        wider: Option<Arc<Policy>>,
    },
    /// No layer of the place has any rules, or the place is not in the tree.
    NoLayer,
}

impl Resolution {
    /// The rules in force, if any.
    #[must_use]
    pub fn in_force(&self) -> Option<&Arc<Policy>> {
        match self {
            Self::InForce(policy) => Some(policy),
            _ => None,
        }
    }
}

impl RuleBook {
    /// A rule book of published versions; their order does not matter.
    #[must_use]
    pub fn new(tree: PlaceTree, published: Vec<Policy>) -> Self {
        let mut layers: BTreeMap<PlaceCode, Vec<Arc<Policy>>> = BTreeMap::new();
        for policy in published {
            layers.entry(policy.rules.policy.place.clone()).or_default().push(Arc::new(policy));
        }
        for versions in layers.values_mut() {
            versions.sort_by_key(|policy| (policy.published_at, policy.number));
        }
        Self { tree, layers }
    }

    /// The same with one version more, as if it were published, so that what it would change can be asked before it is.
    #[must_use]
    pub fn with(&self, policy: Policy) -> Self {
        let mut book = self.clone();
        let versions = book.layers.entry(policy.rules.policy.place.clone()).or_default();
        versions.push(Arc::new(policy));
        versions.sort_by_key(|policy| (policy.published_at, policy.number));
        book
    }

    /// The tree of places.
    #[must_use]
    pub const fn places(&self) -> &PlaceTree {
        &self.tree
    }

    /// The rules that answer for a place and a policy year, as published by `known_at` (`None` for now).
    ///
    /// Layers are fallback, never conjunction: the nearest place with a rule for any year answers alone. Of several
    /// published versions for the year the last published one does.
    #[must_use]
    pub fn resolve(&self, place: &PlaceCode, year: i32, known_at: Option<OffsetDateTime>) -> Resolution {
        let mut layers = self.layers_of(place, known_at);
        let Some((layer, versions)) = layers.next() else { return Resolution::NoLayer };
        match in_year(&versions, year) {
            Some(policy) => Resolution::InForce(policy),
            None => {
                let wider = layers.next().and_then(|(_, versions)| in_year(&versions, year));
                Resolution::NoRuleInForce { layer: layer.clone(), wider }
            }
        }
    }

    /// The provision of the nearest layer for making up `year` by a completion of the year `done_in`, with the rules that hold
    /// it. It decides items of a year for which the layer has no rules of its own (SX-22, SX-23, GD-14).
    ///
    /// Of each later year only the version in force is asked: what a further version took out no longer speaks. The rules in
    /// force when the item was completed go first, then those before them, the newest first: what came afterwards does not
    /// change what a completion in time was worth. Only where none of them speaks do rules of still later years, the nearest
    /// first.
    #[must_use]
    pub fn make_up(
        &self,
        place: &PlaceCode,
        year: i32,
        done_in: i32,
        known_at: Option<OffsetDateTime>,
    ) -> Option<(Arc<Policy>, MakeUp)> {
        let (_, versions) = self.layers_of(place, known_at).next()?;
        let first_years = versions.iter().map(|policy| policy.rules.policy.first_year());
        let mut years: BTreeSet<i32> = first_years.chain([done_in]).filter(|other| *other > year).collect();
        let afterwards = years.split_off(&done_in.saturating_add(1));
        years.into_iter().rev().chain(afterwards).find_map(|other| {
            let policy = in_year(&versions, other)?;
            let make_up = policy.rules.make_up.iter().find(|make_up| make_up.covers(year))?.clone();
            Some((policy, make_up))
        })
    }

    /// The version in force that a version with `rules` would take the place of, where none of the authorities that issued
    /// the one issued the other. A place and a year have one row of versions, and nothing in a rule file says yet for whose
    /// people an authority speaks: the rules of one sector would silently replace those for everybody.
    #[must_use]
    pub fn displaced_of_another_issuer(&self, rules: &Rules) -> Option<Arc<Policy>> {
        let versions: Vec<_> = self.layers.get(&rules.policy.place)?.iter().collect();
        let displaced = in_year(&versions, rules.policy.first_year())?;
        displaced.rules.issuers().is_disjoint(&rules.issuers()).then_some(displaced)
    }

    /// The place whose layer answers for `place`, whatever the year.
    #[must_use]
    pub fn governing_layer(&self, place: &PlaceCode, known_at: Option<OffsetDateTime>) -> Option<PlaceCode> {
        self.layers_of(place, known_at).next().map(|(layer, _)| layer.clone())
    }

    /// A published version by id.
    #[must_use]
    pub fn version(&self, id: PolicyId) -> Option<&Arc<Policy>> {
        self.layers.values().flatten().find(|policy| policy.id == id)
    }

    /// Every published version.
    pub fn versions(&self) -> impl Iterator<Item = &Arc<Policy>> {
        self.layers.values().flatten()
    }

    /// The layers of a place that speak at all, nearest first.
    fn layers_of<'b>(
        &'b self,
        place: &PlaceCode,
        known_at: Option<OffsetDateTime>,
    ) -> impl Iterator<Item = (&'b PlaceCode, Vec<&'b Arc<Policy>>)> {
        self.tree.path(place).into_iter().filter_map(move |node| {
            let (layer, versions) = self.layers.get_key_value(&node.code)?;
            let known: Vec<_> =
                versions.iter().filter(|policy| known_at.is_none_or(|at| policy.published_at <= at)).collect();
            (!known.is_empty()).then_some((layer, known))
        })
    }
}

fn in_year(versions: &[&Arc<Policy>], year: i32) -> Option<Arc<Policy>> {
    let covering = versions.iter().filter(|policy| policy.rules.policy.covers(year));
    // Rules for exactly this year go before an open row of years; then the last published.
    covering
        .max_by_key(|policy| (policy.rules.policy.year.is_some(), policy.published_at, policy.number))
        .map(|policy| Arc::clone(policy))
}
