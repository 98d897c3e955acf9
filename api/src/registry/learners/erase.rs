//! Erasure: nothing that names the person is left, and everything that was counted still counts, for a file that is nobody's.
//!
//! What the trail of audit and the records of who looked hold of a person are ids and masks; they stay until their own time is over.

use super::{
    file,
    named::{Ground, names_one_of},
};
use crate::{
    audit::Recording,
    auth::{Permission, Permit, operation},
    completions::erase,
    extract::{FromPath, Unjudged},
    findings,
    problem::{Kind, Problem, Tried},
    recognition,
    state::AppState,
    text::Text,
    wire::{Moment, one_line},
};
use actix_web::{post, web, web::Data};
use domain::{audit::Act, kernel::LearnerId};
use serde::{Deserialize, Serialize};
use store::{
    Db,
    audit::{EventSearch, search_events},
    corrections::empty_corrections,
    exceptions::empty_exceptions,
    registry::{ended_in, erase_people, hold_learners, identifiers_of, persons},
};
use utoipa::ToSchema;
use validator::Validate;

/// 删除个人信息 / Why a person is erased.
#[derive(Clone, Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ErasureInput {
    /// 依据，如法律条款与受理编号；不得含个人信息，含被删除者姓名或证件号码的不予受理 / On what ground, such as the provision and the number of
    /// the case; no personal data: one that holds the name or the number of whom it erases is refused.
    #[validate(length(min = 1, max = 200), custom(function = one_line))]
    #[schema(example = "个人信息保护法第四十七条；受理〔2026〕1号")]
    ground: String,
}

/// 删除结果 / What was erased.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub(super) struct ErasureBody {
    /// 学员编号，此后不再指向任何人 / The learner's id, which names nobody from now on.
    #[schema(value_type = Uuid)]
    learner_id: LearnerId,
    /// 依据 / The ground.
    ground: String,
    /// 一并删除的已并入档案数 / How many files that had ended in this one were erased with it.
    #[schema(example = 0)]
    ended_files: usize,
    /// 清除个人信息的完成记录数 / Of how many completions the person was emptied.
    #[schema(example = 12)]
    completions: usize,
    /// 其中因等待或不计入而撤回的 / How many of them waited or were out of scope, and were withdrawn.
    #[schema(example = 1)]
    withdrawn: usize,
    /// 删除时刻 / When.
    erased_at: Moment,
}

/// 删除学员的个人信息，不可恢复 / Erase a person, for good
///
/// 姓名、证件号码及其检索值、推送证据中的个人字段、成果认定的材料、更正申请的内容一并清除，等待中的条目撤回；台账、决定与审计链不变。此后以该证件号推送的条目按未登记处理 /
/// Name, number, the hashes by which they are found, what names the person in pushed evidence, the files of recognitions and what was asked to be corrected go; what waits is withdrawn. Ledger,
/// decisions and the chain of the audit trail stay as they are. What is pushed under that number later is about someone unknown
#[utoipa::path(
    tag = "learners",
    operation_id = "erase_learner",
    params(("id" = Uuid, Path, description = "学员编号 / The learner's id")),
    request_body(content = ErasureInput, example = json!({ "ground": "个人信息保护法第四十七条；受理〔2026〕1号" })),
    responses((status = 200, description = "已删除；此前已删除的，答复与首次相同 / Erased; of someone who was before, the answer of the first time", body = ErasureBody))
)]
#[post("/learners/{id}/erasure")]
pub(super) async fn post_erasure(
    permit: Permit<operation::EraseLearner>,
    state: Data<AppState>,
    id: FromPath<LearnerId>,
    input: Unjudged<ErasureInput>,
) -> Result<web::Json<ErasureBody>, Problem> {
    erase_learner(&state, permit.0, id.0, input).await.map(web::Json)
}

async fn erase_learner(
    state: &Data<AppState>,
    permission: Permission,
    id: LearnerId,
    input: Unjudged<ErasureInput>,
) -> Result<ErasureBody, Problem> {
    let (shared, now, today) = (state.clone(), state.clock.now(), state.clock.today());
    let author = permission.author();
    let write = move |db: &mut Recording<'_>| {
        let book = shared.rule_books.current(db)?;
        hold_learners(db, &[id])?;
        let ended: Vec<LearnerId> = ended_in(db, &[id])?.into_keys().collect();
        // As with joining them: of every file that goes the caller has to be in charge.
        let mut may = file::visible(db, &permission, book.places(), id, today).map(|_| ());
        for file in &ended {
            may = may.and_then(|()| {
                let own = file::ended_or_not(db, &permission, book.places(), *file, today);
                own.map(|_| ()).map_err(|problem| of_another_office(problem, id))
            });
        }
        input.after(may)?;
        let files: Vec<LearnerId> = ended.iter().copied().chain([id]).collect();
        let people = persons(db, &files)?;
        let ground = input.judged(|input, _| Ok(Some(input.ground.clone())))?;
        if let Some(first) = erased_before(db, id)? {
            return Ok(db.unchanged("learner", id, first));
        }
        let hashes: Vec<String> = identifiers_of(db, &files)?.into_iter().map(|(hash, _)| hash).collect();
        let emptied = erase::erase(db, &files, &hashes, now)?;
        recognition::erase(db, (permission.caller(), book.places()), &files, now)?;
        findings::empty(db, &files)?;
        empty_corrections(db, &files)?;
        empty_exceptions(db, &files)?;
        erase_people(db, &files)?;
        erase::look_again_later(db, &shared, &files, now)?;
        // Asked last: nothing is refused after it.
        let words =
            ("不得含被删除者的姓名或证件号码", "must not hold the name or the document number of whom it erases");
        Ground { learner: id, pointer: "/ground", words, permission: &permission }
            .names_nobody(&shared, || names_one_of(&shared.keys, &people, &ground))?;
        let body = ErasureBody {
            learner_id: id,
            ground,
            ended_files: ended.len(),
            completions: emptied.completions,
            withdrawn: emptied.withdrawn,
            erased_at: now.into(),
        };
        Ok(db.after("learner", id, body))
    };
    state.write(author, write).await
}

/// Whoever sees the file and is not in charge of all that ended in it is told so: that the file exists is no secret to them.
fn of_another_office(problem: Problem, id: LearnerId) -> Problem {
    if problem.kind() != Kind::NotFound {
        return problem;
    }
    let tried = Tried { kind: "learner", id: Some(id.to_string()), what: None };
    let words = Text::new(
        "并入该档案的另一份档案属于其他地区，由同时管辖两地的上级机关删除",
        "a file that ended in this one belongs to a place that you do not answer for; an office above both erases them",
    );
    Problem::new(Kind::OutsidePlace).detail(words).trying(tried)
}

/// What the first erasure of a file answered, as the trail holds it; none for a file that is somebody's, or once the trail's time is over.
fn erased_before(db: &mut Db, id: LearnerId) -> Result<Option<ErasureBody>, Problem> {
    if !persons(db, &[id])?.is_empty() {
        return Ok(None);
    }
    let subjects = [id.to_string()];
    let search = EventSearch {
        acts: &[Act::Write],
        subjects: Some(&subjects),
        operation: Some("erase_learner"),
        limit: 1,
        ..EventSearch::default()
    };
    let first = search_events(db, search)?.pop().and_then(|event| event.after);
    first.map(|body| serde_json::from_str(&body).map_err(Problem::internal)).transpose()
}
