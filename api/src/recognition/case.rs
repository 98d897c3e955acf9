//! A case of any kind as callers act on it.

use super::shown::Names;
use crate::{
    auth::{Caller, Permission},
    problem::{FieldError, Kind, Problem},
    text::Text,
    wire::{Day, Moment},
};
use domain::{
    access::{Reach, belongs},
    kernel::{CaseId, LearnerId},
    policy::shape::Seat,
    registry::{LearnerFacts, PlaceTree},
    review::{
        Actor, Asked, Case, Deed, DeedRefusal, Filing, State, Subject, decide, is_same_account, revokers, seat_at,
    },
};
use store::{
    Db,
    registry::{ended_in, hold_to_the_last, load_learner_facts, persons},
    review::{append_event, find_case, hold_case, opened_in},
    whole_micros,
};
use time::{Date, OffsetDateTime};

/// Who acts, as the machine asks for it.
pub(crate) struct Acting {
    name: String,
    sees: Names,
    learner: Option<LearnerId>,
    holds: Vec<Reach>,
}

impl Acting {
    /// The caller, with the reach by which they act: its place by the key of the tree, as stages name it.
    pub(crate) fn of(caller: &Caller, places: &PlaceTree) -> Self {
        let learner = match caller {
            Caller::Learner(id) => Some(*id),
            Caller::Platform(_) | Caller::Official { .. } => None,
        };
        let holds = caller.reach().map(|reach| known(reach, places)).into_iter().collect();
        Self { name: caller.signature(), sees: Names::of(caller), learner, holds }
    }

    /// An official of another name.
    pub(crate) fn another(name: String, reach: &Reach, places: &PlaceTree) -> Self {
        Self { name, sees: Names::Of(None), learner: None, holds: vec![known(reach, places)] }
    }

    /// The service itself, by its name in records.
    pub(crate) fn of_service(name: &str) -> Self {
        Self { name: name.to_owned(), sees: Names::Of(None), learner: None, holds: Vec::new() }
    }

    pub(crate) fn actor(&self) -> Actor<'_> {
        Actor { name: &self.name, learner: self.learner, holds: &self.holds }
    }

    /// What they answer for.
    pub(crate) fn holds(&self) -> &[Reach] {
        &self.holds
    }
}

fn known(reach: &Reach, places: &PlaceTree) -> Reach {
    let key = |place: &domain::kernel::PlaceCode| {
        places.find(place.as_str()).map_or_else(|| place.clone(), |node| node.code.clone())
    };
    match reach {
        Reach::Place(place) => Reach::Place(key(place)),
        Reach::Series { place, series } => Reach::Series { place: key(place), series: series.clone() },
        other => other.clone(),
    }
}

/// A case that the caller may see, with the person whom it is about.
pub(crate) struct Seen {
    pub(crate) case: Case,
    pub(crate) learner: LearnerFacts,
    /// The file of that person and all that have ended in it: what was declared stands in the one in which it was opened.
    pub(crate) files: Vec<LearnerId>,
}

impl Seen {
    /// A case with its person.
    ///
    /// # Errors
    /// `not_found` where there is no such person.
    pub(crate) fn of(db: &mut Db, case: Case) -> Result<Self, Problem> {
        let id = case.opening().learner;
        let learner = load_learner_facts(db, &[id])?.pop().ok_or_else(|| Problem::new(Kind::NotFound))?;
        Ok(Self { case, learner, files: files_of(db, id)? })
    }
}

/// The file of a person and all that have ended in it.
pub(crate) fn files_of(db: &mut Db, learner: LearnerId) -> Result<Vec<LearnerId>, Problem> {
    Ok(ended_in(db, &[learner])?.into_keys().chain([learner]).collect())
}

/// Whether a case is held until the transaction ends, since it will be acted on.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Held {
    /// With its person, so that a merge or an erasure of the file waits, or was before.
    Yes,
    /// Its person is held already.
    Alone,
    /// It is only looked at.
    No,
}

/// Holds the people of these cases until the transaction ends: all at once, so that two who act on the same people do not wait for each
/// other.
pub(crate) fn hold_people(db: &mut Db, cases: &[CaseId]) -> Result<(), Problem> {
    let files: Vec<LearnerId> = opened_in(db, cases)?.into_values().collect();
    let _ = hold_to_the_last(db, &files)?;
    Ok(())
}

/// A case, if the caller may see it: the learner theirs; who answers today for the person, whoever decides a stage of it or may take it back,
/// and of what an office filed and what waits whoever filed it there.
///
/// # Errors
/// `not_found`.
pub(crate) fn visible(
    db: &mut Db,
    (permission, places): (&Permission, &PlaceTree),
    (id, held): (CaseId, Held),
    today: Date,
) -> Result<Seen, Problem> {
    let hidden = || Problem::new(Kind::NotFound);
    if held == Held::Yes {
        hold_people(db, &[id])?;
    }
    let case = match held {
        Held::Yes | Held::Alone => hold_case(db, id)?,
        Held::No => find_case(db, id)?,
    };
    let seen = Seen::of(db, case.ok_or_else(hidden)?)?;
    let acting = Acting::of(permission.caller(), places);
    let decides = seen.case.stages().iter().any(|stage| acting.holds.contains(&stage.reach));
    // Who may take an approval back may have decided nothing of it, and answer for the person no more.
    let takes_back = seen.case.state() == State::Approved
        && revokers(&seen.case, &seen.learner, today).iter().any(|office| acting.holds.contains(office));
    // What an official filed they may take back for the same office, wherever the person has gone meanwhile.
    let filed_by = &seen.case.opening().filed_by;
    let filed = matches!(seen.case.state(), State::Waiting { .. })
        && matches!(seen.case.opening().subject, Subject::FraudFinding | Subject::OfficeException)
        && filed_by.reach.as_ref().is_some_and(|reach| acting.holds.contains(&known(reach, places)))
        && is_same_account(&permission.signature(), &filed_by.name);
    let own = decides || takes_back || filed || is_own(permission.caller(), places, &seen.learner, today);
    permission.require_file(own, seen.learner.id)?;
    Ok(seen)
}

/// Whether a person is the caller's own today: the learner, or who answers for the person.
pub(crate) fn is_own(caller: &Caller, places: &PlaceTree, learner: &LearnerFacts, today: Date) -> bool {
    match caller {
        Caller::Learner(id) => *id == learner.id,
        Caller::Platform(_) => false,
        Caller::Official { reach, .. } => belongs(reach, places, learner, today),
    }
}

/// The file of a person of whom the caller may file something, as `may` says.
///
/// # Errors
/// `not_found`, `learner_merged`, and what `may` fails with.
pub(crate) fn open_file(
    db: &mut Db,
    id: LearnerId,
    may: impl FnOnce(&LearnerFacts) -> Result<(), Problem>,
) -> Result<LearnerFacts, Problem> {
    let hidden = || Problem::new(Kind::NotFound);
    let facts = load_learner_facts(db, &[id])?.pop().filter(|facts| !facts.places.is_empty()).ok_or_else(hidden)?;
    may(&facts)?;
    match facts.ended_in {
        Some(successor) => Err(Problem::learner_merged(successor)),
        // An erased file is nobody's.
        None if persons(db, &[id])?.is_empty() => Err(hidden()),
        None => Ok(facts),
    }
}

/// That the department of the caller's place files something.
pub(crate) fn filed_by_office(permission: &Permission, places: &PlaceTree) -> Filing {
    let reach: Option<Reach> = permission.caller().reach().cloned();
    let seat = permission.caller().place().and_then(|place| seat_at(places, place)).unwrap_or(Seat::Superior);
    Filing { name: permission.signature(), learner: None, seat, reach }
}

/// Takes a case back that an office filed and that is not decided yet: for whoever filed it alone, since others of an office that decides it
/// refuse it.
///
/// # Errors
/// `not_the_applicant`, or as the machine says.
pub(crate) fn withdraw_filed(
    db: &mut Db,
    (permission, places): (&Permission, &PlaceTree),
    seen: Seen,
    now: OffsetDateTime,
) -> Result<Seen, Problem> {
    if !is_same_account(&permission.signature(), &seen.case.opening().filed_by.name) {
        return Err(Problem::new(Kind::NotTheApplicant).about_file(seen.learner.id));
    }
    let case = act(db, &Acting::of(permission.caller(), places), seen.case, (None, Asked::Withdraw), now)?;
    Ok(Seen { case, ..seen })
}

/// Does something to a case that is held, and keeps it.
///
/// # Errors
/// Why that may not be done, see [`refused`].
pub(crate) fn act(
    db: &mut Db,
    acting: &Acting,
    case: Case,
    (seen, asked): (Option<u32>, Asked<'_>),
    now: OffsetDateTime,
) -> Result<Case, Problem> {
    let deed = Deed { by: acting.actor(), at: whole_micros(now), seen, asked };
    let learner = case.opening().learner;
    let event = decide(&case, &deed).map_err(|refusal| refused(refusal, acting).about_file(learner))?;
    let after = case.with(event).map_err(|broken| Problem::internal(format!("{broken:?}")))?;
    append_event(db, &after)?;
    Ok(after)
}

/// Why something may not be done to a case, as callers are told.
fn refused(refusal: DeedRefusal, acting: &Acting) -> Problem {
    let named = |by: &str| acting.sees.told(by);
    let conflict = |why: &str, words| Problem::new(Kind::ConflictOfInterest).with("reason", why).detail(words);
    let fault = |at: &str, code: &str, words| Problem::invalid_body(vec![FieldError::new(at, code, words)]);
    match refusal {
        DeedRefusal::NotNow { state, action } => {
            Problem::new(Kind::ReviewNotNow).with("state", state.phase()).with("action", action)
        }
        DeedRefusal::SettledAlready { by, at, action } => {
            let by = named(&by);
            let words = Text::new(
                format!("已由 {by} 于 {} 办理", Day(domain::kernel::china_date(at)).0),
                format!("{by} settled it on {}", Day(domain::kernel::china_date(at)).0),
            );
            let problem = Problem::new(Kind::ReviewSettled).detail(words);
            problem.with("settled_by", by).with("settled_at", Moment(at)).with("action", action)
        }
        DeedRefusal::SeenAhead { last } => {
            let words = Text::new(
                format!("没有这个序号；最近一次经过的序号为 {last}"),
                format!("no event has this number; that of the last one is {last}"),
            );
            fault("/seen", "range", words)
        }
        DeedRefusal::NotYourStage { stage, .. } => Problem::new(Kind::NotYourStage).with("stage", stage),
        DeedRefusal::NotTheApplicant => Problem::new(Kind::NotTheApplicant),
        DeedRefusal::OwnCase => conflict("own_case", Text::new("不得办理本人的事项", "nobody decides their own case")),
        DeedRefusal::FiledByYou => {
            conflict("filed_by_you", Text::new("不得办理本人提交的事项", "nobody decides what they handed in"))
        }
        DeedRefusal::DecidedStageBefore => conflict(
            "decided_stage_before",
            Text::new("不得连续办理同一事项的两个环节", "nobody decides two successive stages of one case"),
        ),
        DeedRefusal::Claimed { by, until } => {
            Problem::new(Kind::ReviewTaken).with("taken_by", named(&by)).with("until", Moment(until))
        }
        DeedRefusal::NotClaimedByYou => Problem::new(Kind::ReviewNotTaken),
        DeedRefusal::ToOneself | DeedRefusal::ReceiverCannot(_) => {
            fault("/grant_id", "receiver_cannot", Text::new("接收人不能办理此环节", "the receiver could not decide it"))
        }
        DeedRefusal::TextTooLong => fault("/reason", "length", Text::new("文字过长", "the text is too long")),
        DeedRefusal::ClaimedTooOften | DeedRefusal::HandedOverTooOften => {
            let words = Text::new(
                "本环节认领或转办的次数已满",
                "at this stage it was taken up or handed on as often as may be",
            );
            Problem::new(Kind::ReviewNotNow).detail(words)
        }
        DeedRefusal::NoStages => Problem::internal("a case without a stage"),
        DeedRefusal::ReasonMissing => fault("/reason", "missing", Text::new("须说明理由", "a reason is wanted")),
        DeedRefusal::ClauseMissing => fault("/clause", "missing", Text::new("须写明依据条款", "a clause is wanted")),
        DeedRefusal::HoursMissing => fault(
            "/hours",
            "missing",
            Text::new("规则由审核人核定学时，须写明", "the rule leaves the hours to the reviewer, who says how many"),
        ),
        DeedRefusal::HoursNotLeft => {
            fault("/hours", "not_left", Text::new("学时由规则算出，不得另定", "the hours are computed by the rule"))
        }
        DeedRefusal::HoursOutOfBounds { at_least, at_most } => {
            let words = Text::new("超出可核定的范围", "outside what may be granted");
            let fault = FieldError::new("/hours", "range", words);
            Problem::invalid_body(vec![fault.with("at_least", at_least).with("at_most", at_most)])
        }
    }
}
