//! The use cases of the rule book: looking up, drafting, publishing. Each is called inside one transaction.

use super::{faults, source::Source, source_hash};
use crate::{
    auth::Permission,
    changes::{Happened, record},
    completions::release,
    extract::{Page, Paged},
    problem::{Kind, Problem},
    state::AppState,
    text::Text,
    wire::PlaceRef,
};
use domain::{
    kernel::{PlaceCode, PolicyId, last_day},
    policy::{Policy, Resolution, RuleBook, Rules},
    registry::{PlaceNode, PlaceTree},
};
use serde_json::json;
use std::{collections::BTreeSet, sync::Arc};
use store::{
    Db, StoreError,
    policy::{
        PolicyVersion, VersionWithPublication, find_version, insert_version, list_drafts, publish as publish_version,
    },
};
use time::OffsetDateTime;

/// A rule file that reads, with what it says.
#[derive(Clone)]
pub(super) struct Draft {
    text: Arc<str>,
    rules: Arc<Rules>,
}

/// Which rules are asked for.
pub(super) struct Asked {
    /// A place, by any code.
    pub(super) place: String,
    /// The policy year.
    pub(super) year: i32,
    /// A certain version; the one in force if absent.
    pub(super) number: Option<i32>,
}

/// The rules that answer, and for which place.
pub(super) struct Answered {
    /// The place asked about.
    pub(super) place: PlaceNode,
    /// The version.
    pub(super) policy: Arc<Policy>,
}

impl Draft {
    /// Reads a rule file.
    ///
    /// # Errors
    /// What is wrong with the body around it; `malformed_toml` or `invalid_rule_file`, with every fault, places that do not exist among them.
    pub(super) fn read(source: Source, places: &PlaceTree) -> Result<Self, Problem> {
        let Source { text, pointer, around } = source;
        around.map_or(Ok(()), Err)?;
        let rules = Rules::parse_within(&text, places).map_err(|found| faults::refusal(pointer, &found))?;
        Ok(Self { text: text.into(), rules: Arc::new(rules) })
    }
}

/// The rules that answer for a place and a year, or a certain version of them.
///
/// # Errors
/// `not_found` for an unknown place or version; `no_rule_in_force` with what a wider layer says, as information.
pub(super) fn look_up(book: &RuleBook, asked: &Asked) -> Result<Answered, Problem> {
    let Asked { place, year, number } = asked;
    let node = book.places().find(place).ok_or_else(unknown)?.clone();
    let layer = match book.resolve(&node.code, *year, None) {
        Resolution::InForce(policy) if number.is_none() => return Ok(Answered { place: node, policy }),
        Resolution::InForce(policy) => policy.rules.policy.place.clone(),
        Resolution::NoRuleInForce { layer, wider } => {
            return Err(no_rule(book.places(), &node, *year, Some(&layer), wider.as_deref()));
        }
        Resolution::NoLayer => return Err(no_rule(book.places(), &node, *year, None, None)),
    };
    let published = || {
        let of_layer = book.versions().filter(|policy| policy.rules.policy.place == layer);
        of_layer.filter(|policy| policy.rules.policy.covers(*year))
    };
    let versions = published().filter(|policy| Some(policy.number) == *number);
    // Rules for exactly this year have numbers of their own beside those of an open row of years.
    let policy = versions.max_by_key(|policy| (policy.rules.policy.year.is_some(), policy.published_at)).cloned();
    match policy {
        Some(policy) => Ok(Answered { place: node, policy }),
        None => Err(no_version(*number, &published().map(|policy| policy.number).collect())),
    }
}

/// What is published is public, so the versions that exist are told.
fn no_version(asked: Option<i32>, known: &BTreeSet<i32>) -> Problem {
    let list = |between: &str| known.iter().map(ToString::to_string).collect::<Vec<_>>().join(between);
    let words = Text::new(
        format!("没有这个版本；该年度已发布的版本：{}", list("、")),
        format!("there is no such version; published for that year are: {}", list(", ")),
    );
    Problem::new(Kind::NotFound).detail(words).with("version", asked).with("versions", known)
}

fn unknown() -> Problem {
    Problem::new(Kind::NotFound).detail(Text::new("没有这个地区", "there is no such place"))
}

fn no_rule(
    places: &PlaceTree,
    place: &PlaceNode,
    year: i32,
    layer: Option<&PlaceCode>,
    wider: Option<&Policy>,
) -> Problem {
    let PlaceRef { code: at, name } = PlaceRef::of(places, layer.unwrap_or(&place.code), last_day(year));
    let wider = wider.map(|policy| {
        let identity = &policy.rules.policy;
        json!({
            "policy_id": policy.id,
            "place": identity.place,
            "year_from": identity.first_year(),
            "year_until": identity.last_year(),
            "number": policy.number,
            "title": identity.title,
        })
    });
    Problem::new(Kind::NoRuleInForce)
        .detail(Text::new(
            format!("{name}（{at}）没有 {year} 年度的规则；更上一级的规则仅供参考，不代为适用"),
            format!(
                "{at} has no rule for {year}; what a wider layer says is information only and does not answer instead"
            ),
        ))
        .with("place", &place.code)
        .with("year", year)
        .with("missing_rule", json!({ "place": at, "year": year }))
        .with("wider", wider)
}

/// One version, if the caller may see it: what is published, everyone; a draft, officers.
pub(super) fn version(db: &mut Db, permission: &Permission, id: PolicyId) -> Result<VersionWithPublication, Problem> {
    let found = find_version(db, id)?.ok_or_else(|| Problem::new(Kind::NotFound))?;
    permission.require(found.1.is_some())?;
    Ok(found)
}

/// The drafts of a place or of all; none for those to whom, by the law of [`version`], no draft exists.
pub(super) fn drafts(
    db: &mut Db,
    permission: &Permission,
    place: Option<&PlaceCode>,
    page: &Page,
) -> Result<Paged<PolicyVersion>, Problem> {
    let after = page.after()?;
    // What is published is everyone's own, a draft is another's.
    let found = if permission.covers(false) { list_drafts(db, place, after, page.fetch())? } else { Vec::new() };
    Ok(Paged::new(page, found, |draft| draft.policy_id))
}

/// Refuses a rule file of a place that is not the caller's, before anything else in it is judged. Of one that names no place, what
/// is wrong with it says so.
///
/// # Errors
/// `outside_place`.
pub(super) fn own_place(permission: &Permission, places: &PlaceTree, source: &str) -> Result<(), Problem> {
    let named = Rules::place_named(source);
    named.and_then(|code| places.find(&code)).map_or(Ok(()), |node| permission.require_place(places, &node.code))
}

/// Keeps a draft.
///
/// # Errors
/// `outside_place` for an officer of another place.
pub(super) fn draft(
    state: &AppState,
    db: &mut Db,
    permission: &Permission,
    draft: &Draft,
    now: OffsetDateTime,
) -> Result<PolicyVersion, Problem> {
    let book = state.rule_books.current(db)?;
    let identity = &draft.rules.policy;
    permission.require_place(book.places(), &identity.place)?;
    let version = PolicyVersion {
        policy_id: PolicyId::from_uuid(state.new_id()),
        place_code: identity.place.clone(),
        year_from: identity.first_year(),
        year_until: identity.last_year(),
        source: draft.text.to_string(),
        source_hash: source_hash(&draft.text),
        drafted_at: now,
        drafted_by: permission.signature(),
    };
    insert_version(db, &version)?;
    Ok(version)
}

/// A draft as it would be published now.
///
/// # Errors
/// As [`publish`] fails, but for another issuer.
pub(crate) fn draft_of(
    db: &mut Db,
    state: &AppState,
    permission: &Permission,
    id: PolicyId,
) -> Result<Policy, Problem> {
    let (version, publication) = find_version(db, id)?.ok_or_else(|| Problem::new(Kind::NotFound))?;
    let book = state.rule_books.current(db)?;
    permission.require_place(book.places(), &version.place_code)?;
    if let Some(publication) = publication {
        return Err(already(id, publication.number));
    }
    let rules = Rules::parse(&version.source).map_err(|found| faults::refusal("", &found))?;
    let of_place = book.versions().filter(|policy| policy.rules.policy.place == version.place_code);
    let of_year = of_place.filter(|policy| policy.rules.policy.covers(version.year_from));
    let number = of_year.map(|policy| policy.number).max().unwrap_or_default() + 1;
    Ok(Policy { id, number, published_at: state.clock.now(), source_hash: version.source_hash, rules })
}

fn already(id: PolicyId, number: i32) -> Problem {
    Problem::new(Kind::AlreadyPublished).with("policy_id", id).with("number", number)
}

/// A version that is published now.
pub(super) struct Publishing {
    pub(super) published: VersionWithPublication,
    /// The version of the place that governed its first year until then, by id and number; none where none did.
    pub(super) until_now: Option<(PolicyId, i32)>,
}

/// Publishes a version, and queues the release of the items that waited for it.
///
/// # Errors
/// `not_found`; `outside_place`; `already_published`; `invalid_rule_file` for a draft that this program no longer reads, and for
/// one of an authority that did not issue the version it would take the place of.
pub(super) fn publish(
    state: &AppState,
    db: &mut Db,
    permission: &Permission,
    id: PolicyId,
    now: OffsetDateTime,
) -> Result<Publishing, Problem> {
    let (version, publication) = find_version(db, id)?.ok_or_else(|| Problem::new(Kind::NotFound))?;
    let book = state.rule_books.current(db)?;
    permission.require_place(book.places(), &version.place_code)?;
    if let Some(publication) = publication {
        return Err(already(id, publication.number));
    }
    // A published version that does not read would silence the whole rule book.
    let rules = Rules::parse(&version.source).map_err(|found| faults::refusal("", &found))?;
    if let Some(displaced) = book.displaced_of_another_issuer(&rules) {
        let fault = faults::another_issuer(&rules, &displaced.rules);
        return Err(Problem::new(Kind::InvalidRuleFile).errors(vec![fault]).with("policy_in_force", displaced.id));
    }
    let publication = match publish_version(db, id, now, &permission.signature()) {
        Ok(publication) => publication,
        Err(StoreError::Conflict { .. }) => return Err(Problem::new(Kind::AlreadyPublished).with("policy_id", id)),
        Err(error) => return Err(error.into()),
    };
    for place in waiting_places(&book, &version.place_code) {
        release::on_publication(db, state, &place, now)?;
    }
    record(db, now, vec![Happened::published(id)])?;
    let of_place = book.versions().filter(|policy| policy.rules.policy.place == version.place_code);
    let of_year = of_place.filter(|policy| policy.rules.policy.covers(version.year_from));
    let until_now = of_year.max_by_key(|policy| policy.number).map(|policy| (policy.id, policy.number));
    Ok(Publishing { published: (version, publication), until_now })
}

/// The places under whose name items may wait for this publication: its own, and where the layer is new, those above it, whose
/// silence held the items of its people until now.
fn waiting_places(book: &RuleBook, place: &PlaceCode) -> Vec<PlaceCode> {
    let known = book.versions().any(|policy| policy.rules.policy.place == *place);
    let path = book.places().path(place).into_iter().map(|node| node.code.clone());
    if known { vec![place.clone()] } else { path.collect() }
}
