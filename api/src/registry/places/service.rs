//! Use cases of places.
//!
//! Reads are answered from the tree that the rule book holds in memory. A write holds the rule book's revision from its first
//! moment: two writes at once could each leave a tree and together none, and then no rule would answer anywhere.

use super::v1::{DivisionCodeBody, DivisionCodeInput, PlaceBody, PlaceInput, PlaceQuery};
use crate::{
    audit::{Author, Recording},
    extract::{Page, Paged, Unjudged},
    idempotency::Made,
    problem::{Kind, Problem},
    registry::{Faults, not_found},
    state::AppState,
    text::Text,
    wire::PlaceRef,
};
use actix_web::web::Data;
use domain::{
    kernel::PlaceCode,
    policy::RuleBook,
    registry::{CodeRefusal, DatedCode, PlaceNode, PlaceTree},
};
use std::sync::Arc;
use store::{
    Db,
    policy::{RULE_BOOK, touch_revision},
    registry::{load_places, upsert_places},
};
use time::Date;

pub(super) async fn search(state: &Data<AppState>, query: PlaceQuery, page: Page) -> Result<Paged<PlaceBody>, Problem> {
    let after = page.after::<PlaceCode>()?;
    let book = book(state).await?;
    let tree = book.places();
    let parent = query.parent.as_deref().map(|code| asked_for(tree, code)).transpose()?;
    let named = |node: &PlaceNode| match query.q.as_deref() {
        Some(text) => {
            tree.names(&node.code).any(|name| name.starts_with(text))
                || tree.find(text).is_some_and(|found| found.code == node.code)
        }
        None => true,
    };
    let below = |node: &PlaceNode| parent.is_none_or(|parent| node.parent.as_ref() == Some(&parent.code));
    let mut found: Vec<&PlaceNode> = tree
        .nodes()
        .iter()
        .filter(|node| named(node) && below(node) && after.as_ref().is_none_or(|after| node.code > *after))
        .collect();
    found.sort_unstable_by_key(|node| &node.code);
    found.truncate(usize::from(page.limit) + 1);
    let today = state.clock.today();
    Ok(Paged::new(&page, found, |last| last.code.clone()).map(|node| body(tree, node, today)))
}

fn asked_for<'a>(tree: &'a PlaceTree, code: &str) -> Result<&'a PlaceNode, Problem> {
    let words = || Text::new("没有这个地区", "there is no such place");
    tree.find(code).ok_or_else(|| Problem::invalid_query("parent", "unknown_place", words()))
}

pub(super) async fn find(state: &Data<AppState>, code: &str) -> Result<PlaceBody, Problem> {
    let book = book(state).await?;
    let tree = book.places();
    let node = tree.find(code).ok_or_else(not_found)?;
    Ok(body(tree, node, state.clock.today()))
}

async fn book(state: &Data<AppState>) -> Result<Arc<RuleBook>, Problem> {
    let shared = state.clone();
    state.store.read(move |db: &mut Db| Ok::<_, Problem>(shared.rule_books.current(db)?)).await
}

pub(super) async fn create(
    state: &Data<AppState>,
    author: Author,
    input: Unjudged<PlaceInput>,
) -> Result<Made, Problem> {
    let today = state.clock.today();
    let write = move |db: &mut Recording<'_>| {
        let tree = tree_to_change(db)?;
        let node = input.judged(|input, faults| Ok(admitted(faults, &tree, input)))?;
        if let Some(other) = tree.find(node.code.as_str()) {
            return Err(Problem::new(Kind::AlreadyExists).with("place", PlaceRef::of(&tree, &other.code, today)));
        }
        let body = keep(db, &node.code, std::slice::from_ref(&node), &[], today)?;
        kept(&db.after("place", &node.code, body))
    };
    state.create(author, write).await
}

fn kept(place: &PlaceBody) -> Result<Made, Problem> {
    Made::at(format!("/v1/places/{}", place.key), place)
}

/// The node that the input asks for; what speaks against it is a fault.
fn admitted(faults: &mut Faults<'_>, tree: &PlaceTree, input: &PlaceInput) -> Option<PlaceNode> {
    let parent = faults.place("/parent", tree, &input.parent);
    let upper = parent.as_ref().and_then(|parent| tree.node(parent));
    if let Some(upper) = upper.filter(|upper| !input.level.may_stand_below(upper.level)) {
        let (level, above) = (input.level, upper.level);
        let words = Text::new(
            format!("{level} 级地区不能直接位于 {above} 级之下"),
            format!("a {level} cannot stand directly below a {above}"),
        );
        faults.add("/level", "level_below_parent", words);
    }
    let code = faults.keep(input.code.parse::<PlaceCode>().map_err(|_| {
        let words = Text::new("应为 1 至 32 个数字、小写字母或 -", "must be 1 to 32 digits, small letters or -");
        ("/code".to_owned(), "place_code", words)
    }));
    code.map(|code| PlaceNode { code, name: input.name.trim().to_owned(), parent, level: input.level })
}

pub(super) async fn add_division_code(
    state: &Data<AppState>,
    author: Author,
    place: String,
    input: Unjudged<DivisionCodeInput>,
) -> Result<Made, Problem> {
    let today = state.clock.today();
    let write = move |db: &mut Recording<'_>| {
        let tree = tree_to_change(db)?;
        let node = input.after(tree.find(&place).ok_or_else(not_found))?;
        let admitted = input.judged(|input, faults| {
            let code = DatedCode {
                system: input.system,
                code: input.code.clone(),
                place: node.code.clone(),
                from_on: input.from_on.0,
                until_on: input.until_on.map(|day| day.0),
                name: input.name.as_ref().map(|name| name.trim().to_owned()),
            };
            let admitted = tree.admit_code(code, input.succeeds.as_deref());
            admitted.as_ref().err().into_iter().flatten().for_each(|refusal| blame(faults, refusal));
            Ok(Some(admitted))
        })?;
        let rows = admitted.map_err(|refusals| refused(&tree, &refusals, today))?;
        db.before(&body(&tree, node, today));
        let body = keep(db, &node.code, &[], &rows, today)?;
        kept(&db.after("place", &node.code, body))
    };
    state.create(author, write).await
}

/// The first thing that stands in the way of a code with which nothing is wrong.
fn refused(tree: &PlaceTree, refusals: &[CodeRefusal], today: Date) -> Problem {
    let elsewhere = refusals.iter().find_map(|refusal| match refusal {
        CodeRefusal::LeadsElsewhere { place } => Some(place),
        _ => None,
    });
    if let Some(place) = elsewhere {
        return Problem::new(Kind::AlreadyExists).with("place", PlaceRef::of(tree, place, today));
    }
    let overlaps = refusals.iter().filter_map(|refusal| match refusal {
        CodeRefusal::Overlaps { with } => Some(DivisionCodeBody::of(with)),
        _ => None,
    });
    Problem::new(Kind::DivisionCodeOverlaps).with("overlaps", overlaps.collect::<Vec<_>>())
}

/// Adds the fault of a refusal that the body itself is to blame for; there is none where it is the codes that exist.
fn blame(faults: &mut Faults<'_>, refusal: &CodeRefusal) {
    let (rests_on, pointer, code, words): (&[&str], _, _, _) = match refusal {
        CodeRefusal::Form(_) => {
            let words = Text::new(
                "应为 6 位数字；统计用区划代码也可为 9 位或 12 位",
                "must be six digits; a statistical code may also have nine or twelve",
            );
            (&["/system"], "/code", "division_code", words)
        }
        CodeRefusal::EndsBeforeItBegins => {
            let words = Text::new("截止日早于起始日", "the last day is before the first");
            (&["/from_on"], "/until_on", "before_first_day", words)
        }
        CodeRefusal::NothingToSucceed => {
            let words = Text::new("该地区从未有过此代码", "the place never had this code in this system");
            (&["/system"], "/succeeds", "unknown_reference", words)
        }
        CodeRefusal::SucceedsALaterCode { from_on } => {
            let words = Text::new(
                format!("被接替的代码自 {from_on} 起才有效"),
                format!("the code to be succeeded begins on {from_on} only"),
            );
            (&["/system", "/succeeds"], "/from_on", "before_first_day", words)
        }
        CodeRefusal::LeadsElsewhere { .. } | CodeRefusal::Overlaps { .. } => return,
    };
    if faults.are_sound(rests_on) {
        faults.add(pointer, code, words);
    }
}

/// The tree as it stands, with the right to change it until the transaction ends.
fn tree_to_change(db: &mut Db) -> Result<PlaceTree, Problem> {
    touch_revision(db, RULE_BOOK)?;
    read_tree(db)
}

fn read_tree(db: &mut Db) -> Result<PlaceTree, Problem> {
    let (nodes, codes) = load_places(db)?;
    PlaceTree::new(nodes, codes).map_err(Problem::internal)
}

/// Keeps the rows if they leave a tree; the place as it stands then.
fn keep(
    db: &mut Db,
    place: &PlaceCode,
    nodes: &[PlaceNode],
    codes: &[DatedCode],
    today: Date,
) -> Result<PlaceBody, Problem> {
    upsert_places(db, nodes, codes)?;
    let tree = read_tree(db)?;
    let node = tree.node(place).ok_or_else(not_found)?;
    Ok(body(&tree, node, today))
}

fn body(tree: &PlaceTree, node: &PlaceNode, today: Date) -> PlaceBody {
    let mut codes: Vec<&DatedCode> = tree.codes(&node.code).iter().collect();
    codes.sort_by_key(|code| (code.system, code.from_on));
    let PlaceRef { code, name } = PlaceRef::of(tree, &node.code, today);
    PlaceBody {
        key: node.code.to_string(),
        code,
        name,
        level: node.level,
        above: tree.path(&node.code).into_iter().skip(1).map(|upper| PlaceRef::of(tree, &upper.code, today)).collect(),
        children_count: tree.children(&node.code).count(),
        division_code: tree.current_code(&node.code, today).map(|code| code.code.clone()),
        division_codes: codes.into_iter().map(DivisionCodeBody::of).collect(),
    }
}
