//! Handing a claim in, to the offices that the rule file's route names for this person today, and taking it back.

use super::{
    body::RecognitionBody,
    case::{Acting, Held, Seen, act, visible},
    service::{body, filing, judged_now, of_applicant},
};
use crate::{
    audit::Recording,
    auth::Permission,
    explain,
    problem::{Kind, Problem},
    state::AppState,
    text::{Language, Text},
};
use actix_web::web::Data;
use domain::{
    access::Reach,
    kernel::{CaseId, EmployerId, PlaceCode, Words},
    policy::{
        Rules,
        shape::{Described, Seat},
    },
    recognition::{Judged, Outcome},
    registry::{AuthorityKind, LearnerFacts, PlaceTree, in_force},
    review::{Asked, CaseFacts, NoRoute, Stage, State, Unit, route},
};
use serde_json::{Value, json};
use store::{
    Db,
    registry::{Authority, Employer, find_authority, find_employer, sector_places},
    review::concern,
    whole_micros,
};
use time::Date;

/// What is done with a claim by who filed it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// It is handed in, for the first time or again.
    Submit,
    /// It is taken back.
    Withdraw,
}

pub(super) async fn take(
    state: &Data<AppState>,
    permission: Permission,
    id: CaseId,
    step: Step,
    language: Language,
) -> Result<RecognitionBody, Problem> {
    let (shared, now, today) = (state.clone(), whole_micros(state.clock.now()), state.clock.today());
    let author = permission.author();
    let write = move |db: &mut Recording<'_>| {
        let book = shared.rule_books.current(db)?;
        let seen = visible(db, (&permission, book.places()), (id, Held::Yes), today)?;
        let acting = Acting::of(permission.caller(), book.places());
        let before = body(db, (&book, &permission), &seen, (now, today, language))?;
        db.before(&before.told());
        let asked = match (step, seen.case.state()) {
            (Step::Withdraw, _) => Asked::Withdraw,
            (Step::Submit, state) => {
                of_applicant(&seen, &acting)?;
                let (judged, policy) = judged_now(db, &book, &seen, today)?;
                not_refused(&judged, language)?;
                match state {
                    State::Returned { .. } => Asked::Resubmit,
                    _ => Asked::Submit {
                        stages: stages(db, &seen, filing(&permission).seat, (&policy.rules, book.places()), today)?,
                    },
                }
            }
        };
        if matches!(asked, Asked::Submit { .. }) {
            // While it is a draft still: whose people it concerns stays as it is from then on.
            concern(db, id, employer_of(&seen.learner, today))?;
        }
        let case = act(db, &acting, seen.case.clone(), (None, asked), now)?;
        let seen = Seen { case, ..seen };
        let body = body(db, (&book, &permission), &seen, (now, today, language))?;
        shared.journal.shown(&permission, [seen.learner.id], now)?;
        db.after("recognition", id, body.told());
        Ok(body)
    };
    state.write(author, write).await
}

/// For whom somebody works on a day.
fn employer_of(learner: &LearnerFacts, on: Date) -> Option<EmployerId> {
    in_force(&learner.employers, on, None).and_then(|fact| fact.value)
}

/// Nothing is handed in, or approved, that the rules refuse as it stands.
pub(super) fn not_refused(judged: &Judged, language: Language) -> Result<(), Problem> {
    if judged.outcome != Outcome::Refused {
        return Ok(());
    }
    Err(worth_nothing(judged, language))
}

/// Why nothing comes of it.
pub(super) fn worth_nothing(judged: &Judged, language: Language) -> Problem {
    let reasons: Vec<_> = judged.reasons.iter().map(|reason| explain::achievement(reason).body(language)).collect();
    Problem::new(Kind::RecognitionRefused).with("reasons", reasons)
}

/// The offices that have to decide, as of today, of what somebody hands in from this seat.
fn stages(
    db: &mut Db,
    seen: &Seen,
    filed_by: Seat,
    (rules, places): (&Rules, &PlaceTree),
    today: Date,
) -> Result<Vec<Stage>, Problem> {
    let learner = &seen.learner;
    let person = Described::on(learner, today, None);
    let employer = match employer_of(learner, today) {
        Some(id) => find_employer(db, id)?,
        None => None,
    };
    let superior = superior_of(db, employer.as_ref(), places)?;
    let sector_places = match person.series {
        Some(series) => sector_places(db, series)?,
        None => Vec::new(),
    };
    let unit = employer.as_ref().map(|row| Unit {
        id: row.employer_id,
        name: &row.name,
        place: &row.place_code,
        // What is registered elsewhere says so.
        registered_place: Some(row.registered_place_code.as_ref().unwrap_or(&row.place_code)),
    });
    let opening = seen.case.opening();
    let facts = CaseFacts {
        place: learner.place_on(today, None),
        person,
        employer: unit,
        superior: superior.as_ref(),
        provider: None,
        sector_places: &sector_places,
        filed_by,
    };
    route(rules, opening.subject, &facts, places).map_err(no_route)
}

/// The superior entered for an employer, as whose grants decide for it.
pub(crate) fn superior_of(
    db: &mut Db,
    employer: Option<&Employer>,
    places: &PlaceTree,
) -> Result<Option<Reach>, Problem> {
    Ok(match employer.and_then(|employer| employer.authority_id) {
        Some(id) => find_authority(db, id)?.and_then(|authority| reach_of(authority, places)),
        None => None,
    })
}

/// Whose grants decide for an authority: the human resources department of its place, or who answers for its series there. Of others
/// no grants are given, so nobody could decide for them.
fn reach_of(authority: Authority, places: &PlaceTree) -> Option<Reach> {
    let place: PlaceCode = places.find(authority.place_code.as_str()).map(|node| node.code.clone())?;
    match (authority.kind, authority.series) {
        (AuthorityKind::HumanResources, _) => Some(Reach::Place(place)),
        (AuthorityKind::Sector, Some(series)) => Some(Reach::Series { place, series }),
        _ => None,
    }
}

fn no_route(why: NoRoute) -> Problem {
    let problem = Problem::new(Kind::NoRoute);
    match why {
        NoRoute::None { .. } => {
            problem.detail(Text::new("规则文件没有为该人员规定审核路径", "the rule file has no route for this person"))
        }
        NoRoute::NotForFiler { may, .. } => {
            let may: Vec<&str> = may.into_iter().map(Words::as_str).collect();
            let words = Text::new(
                format!("应由他人提交：{}", may.join("、")),
                format!("it is for others to hand in: {}", may.join(", ")),
            );
            problem.detail(words).with("may_file", may)
        }
        NoRoute::Unfilled(unfilled) => {
            let lacking: Vec<Value> = unfilled
                .iter()
                .flat_map(|step| step.lacking.iter().map(move |lack| (step, lack)))
                .map(|(step, lack)| json!({ "office": step.office, "seat": lack.seat, "missing": lack.missing }))
                .collect();
            let words = Text::new(
                "有环节无人可办；lacking 列明缺少什么，请由主管机关补登",
                "nobody stands at some step; lacking says what is missing, which the office in charge can enter",
            );
            problem.detail(words).with("lacking", lacking)
        }
        NoRoute::NobodyDecides { .. } => {
            problem.detail(Text::new("没有任何环节需要办理", "every step of the route falls away"))
        }
    }
}
