//! The use case: what changed after a number, as far as it is the caller's.

use super::v1::{ChangeBody, ChangesBody, ChangesQuery};
use crate::{
    auth::{Caller, Permission},
    problem::{Kind, Problem},
    state::AppState,
    text::Text,
};
use actix_web::web::Data;
use domain::{access::Reach, changes::ChangeKind, registry::PlaceTree};
use store::{
    Db,
    changes::{Change, Followed, Kept, change_at, changes_between, kept},
};

/// How many numbers one request looks through at most, whoever's they are: so a request is cheap for who has few among many.
const WINDOW: i64 = 10_000;

/// What changed after a number.
///
/// # Errors
/// `changes_gone` where some of it is kept no longer, or where the number was never given.
pub(super) async fn follow(
    state: &Data<AppState>,
    permission: &Permission,
    asked: ChangesQuery,
) -> Result<ChangesBody, Problem> {
    let (shared, caller) = (state.clone(), permission.scoped_by().clone());
    let read = move |db: &mut Db| {
        let numbers = kept(db)?;
        let after = begin(numbers, asked.after)?;
        same_numbering(db, numbers, &asked)?;
        let until = numbers.last.min(after + WINDOW);
        let limit = i64::from(asked.limit);
        let mut items = if after < until {
            let book = shared.rule_books.current(db)?;
            changes_between(db, &followed(&caller, book.places()), (after, until), limit)?
        } else {
            Vec::new()
        };
        // A full page ends with its last item; any other has looked through all there was to look through.
        let full = items.len() >= usize::from(asked.limit);
        let next_after = items.last().map(|(number, ..)| *number).filter(|_| full).unwrap_or(until);
        items.dedup_by(|(_, later, _), (_, first, _)| told_by(first, later));
        let items = items.into_iter().map(ChangeBody::from).collect();
        let mark = change_at(db, next_after)?;
        Ok(ChangesBody { items, next_after, mark, more: next_after < numbers.last, last: numbers.last })
    };
    state.store.read(read).await
}

/// Whether the one change tells what the other does: joining and parting are kept for those to whom each of the files belongs, and
/// whoever follows both is told once where one comes right after the other in a page. Apart from one another they come twice, as any change may.
fn told_by(first: &Change, later: &Change) -> bool {
    let of_files = matches!(later.kind, ChangeKind::Merged | ChangeKind::MergeUndone);
    let told = |change: &Change| (change.kind, change.happened_at, change.learner_id, change.successor_id);
    of_files && told(first) == told(later)
}

/// The number after which to begin: the one that was asked for, or else the one before the first that is kept.
fn begin(numbers: Kept, asked: Option<i64>) -> Result<i64, Problem> {
    let Kept { first, last } = numbers;
    let words = match asked {
        None => return Ok(first - 1),
        Some(after) if after > last => Text::new(
            "该序号从未发出，数据库可能恢复自备份；请重新读取所需的全部内容，再从 last 起跟读",
            "this number was never given, perhaps because the database was restored: read anew all that you need, and follow from `last` on",
        ),
        Some(after) if after < first - 1 => Text::new(
            "该序号之后的部分变动已不再保存；请重新读取所需的全部内容，再从 last 起跟读",
            "some changes after this number are kept no longer: read anew all that you need, and follow from `last` on",
        ),
        Some(after) => return Ok(after),
    };
    Err(gone(numbers, words))
}

/// After a restore numbers are given again: whoever brings the mark of theirs is told if it was given to another change since. What is
/// kept no longer has none to compare, and nothing after it is missed.
fn same_numbering(db: &mut Db, numbers: Kept, asked: &ChangesQuery) -> Result<(), Problem> {
    let (Some(after), Some(mark)) = (asked.after, asked.mark) else { return Ok(()) };
    if change_at(db, after)?.is_none_or(|id| id == mark) {
        return Ok(());
    }
    let words = Text::new(
        "该序号现属于另一条变动，数据库曾恢复自备份；请重新读取所需的全部内容，再从 last 起跟读",
        "this number is another change's now, since the database was restored: read anew all that you need, and follow from `last` on",
    );
    Err(gone(numbers, words))
}

fn gone(numbers: Kept, words: Text) -> Problem {
    Problem::new(Kind::ChangesGone).detail(words).with("first", numbers.first).with("last", numbers.last)
}

/// Whose changes a caller is told.
fn followed(caller: &Caller, places: &PlaceTree) -> Followed {
    match caller {
        Caller::Learner(id) => Followed::Learner(*id),
        Caller::Platform(id) => Followed::Platform(*id),
        Caller::Official { reach, .. } => match reach {
            Reach::Place(_) => Followed::Places(caller.places(places)),
            Reach::Series { series, .. } => Followed::Series(caller.places(places), series.clone()),
            Reach::Employer(id) => Followed::Employer(*id),
            Reach::Everywhere | Reach::Base(_) => Followed::Nobody,
        },
    }
}
