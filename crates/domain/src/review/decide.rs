//! Who may do what to a case now, and the event that it becomes.

use super::{Action, Actor, Asked, Case, Deed, DeedRefusal, Event, HoursLeft, Stage, State, What, next};
use crate::{
    access::Reach,
    kernel::{CHINA, Hours},
    policy::shape::Act,
};
use time::{Date, Duration, OffsetDateTime};

/// How long a claim keeps others away.
pub const CLAIM_LASTS: Duration = Duration::hours(2);

/// How often one official takes up a case at one stage.
pub const MOST_CLAIMS: usize = 4;

/// How long a case that was handed to another official keeps others away; not beyond the last day of the stage.
pub const HANDED_OVER_FOR: Duration = Duration::days(7);

/// How often a case is handed on at one stage.
pub const MOST_HANDOVERS: usize = 3;

/// How many characters a reason, and each part of a clause, may have.
pub const MOST_TEXT: usize = 2_000;

/// Whether somebody may do something to a case now: the event that it becomes.
///
/// Nobody decides their own case, one that they handed in, or two successive stages of one. Only who holds a grant of exactly the
/// stage's reach decides it, and only where nobody else has taken it up. To hand a case to another official gives them nothing that
/// they did not have: the receiver must be one who could decide it now, and is asked again when they do.
///
/// # Errors
/// The first reason against it: what was settled already, then the state, then who asks, then what they say.
pub fn decide(case: &Case, deed: &Deed<'_>) -> Result<Event, DeedRefusal> {
    let action = deed.asked.action();
    not_settled(case, deed, action)?;
    next(case.state(), action, case.stages().len())
        .map_err(|refused| DeedRefusal::NotNow { state: refused.state, action })?;
    if action.is_of_the_stage() {
        may_decide(case, &deed.by)?;
        not_claimed(case, deed)?;
    } else if let Asked::Revoke { offices, .. } = &deed.asked {
        may_revoke(case, &deed.by, offices)?;
    } else if action != Action::Cancel && !is_applicant(case, &deed.by) {
        return Err(DeedRefusal::NotTheApplicant);
    }
    if deed.seen.is_some_and(|seen| seen > case.number()) {
        return Err(DeedRefusal::SeenAhead { last: case.number() });
    }
    let number = case.number().saturating_add(1);
    Ok(Event { number, at: deed.at, by: deed.by.name.to_owned(), learner: deed.by.learner, what: what(case, deed)? })
}

fn not_settled(case: &Case, deed: &Deed<'_>, action: Action) -> Result<(), DeedRefusal> {
    let Some(settled) = case.settled() else { return Ok(()) };
    let is_last = |resubmitted: &&Event| resubmitted.number > settled.number && action.is_of_the_stage();
    if let Some(resubmitted) = case.resubmitted().filter(is_last) {
        // What is declared may be another thing since.
        if deed.seen.is_some_and(|seen| seen < resubmitted.number) {
            let (by, action) = (resubmitted.by.clone(), resubmitted.what.action());
            return Err(DeedRefusal::SettledAlready { by, at: resubmitted.at, action });
        }
    }
    let returned = matches!(case.state(), State::Returned { .. });
    let unseen = deed.seen.is_some_and(|seen| seen < settled.number);
    let is_over = match (case.state(), action) {
        (State::Approved, Action::Revoke) => unseen,
        (state, _) => state.is_final(),
    };
    if is_over || (action.is_of_the_stage() && (returned || unseen)) {
        let (by, action) = (settled.by.clone(), settled.what.action());
        return Err(DeedRefusal::SettledAlready { by, at: settled.at, action });
    }
    Ok(())
}

fn may_decide(case: &Case, actor: &Actor<'_>) -> Result<(), DeedRefusal> {
    let (Some(at), Some(stage)) = (case.state().stage(), case.stage()) else { return Err(DeedRefusal::NoStages) };
    if !actor.holds.contains(&stage.reach) {
        // Whose office it waited for before learns who settled that, though they do not say up to which event they looked.
        if let Some(approval) = case.approval_by_office_of(actor.holds) {
            let (by, action) = (approval.by.clone(), approval.what.action());
            return Err(DeedRefusal::SettledAlready { by, at: approval.at, action });
        }
        return Err(DeedRefusal::NotYourStage { stage: at, reach: stage.reach.clone() });
    }
    not_their_own(case, stage, actor)?;
    if case.approval_before().is_some_and(|approval| actor.is(&approval.by, approval.learner)) {
        return Err(DeedRefusal::DecidedStageBefore);
    }
    Ok(())
}

fn not_their_own(case: &Case, stage: &Stage, actor: &Actor<'_>) -> Result<(), DeedRefusal> {
    if actor.learner == Some(case.opening().learner) {
        return Err(DeedRefusal::OwnCase);
    }
    // To hand in, for a unit, what one has written oneself is no decision.
    if stage.act != Act::Submits && case.was_filed_by(actor) {
        return Err(DeedRefusal::FiledByYou);
    }
    Ok(())
}

/// An approval is taken back by an official of these offices, whoever decided an earlier stage, and by nobody whose own it is.
fn may_revoke(case: &Case, actor: &Actor<'_>, offices: &[Reach]) -> Result<(), DeedRefusal> {
    let Some((last, before)) = case.stages().split_last() else { return Err(DeedRefusal::NoStages) };
    if !offices.iter().any(|office| actor.holds.contains(office)) {
        return Err(DeedRefusal::NotYourStage { stage: before.len(), reach: last.reach.clone() });
    }
    not_their_own(case, last, actor)
}

fn not_claimed(case: &Case, deed: &Deed<'_>) -> Result<(), DeedRefusal> {
    let claim = case.claim_at(deed.at);
    let own = claim.is_some_and(|claim| claim.by == deed.by.name);
    match (claim, &deed.asked) {
        (Some(claim), _) if !own => Err(DeedRefusal::Claimed { by: claim.by.clone(), until: claim.until }),
        (_, Asked::Release) if !own => Err(DeedRefusal::NotClaimedByYou),
        _ => Ok(()),
    }
}

/// Whether someone may change a case, hand it in and take it back: who filed it, who holds the grant by which it was filed, and the
/// learner, where it is for them.
#[must_use]
pub fn is_applicant(case: &Case, actor: &Actor<'_>) -> bool {
    let opening = case.opening();
    let filing = &opening.filed_by;
    if actor.learner == Some(opening.learner) {
        // What an office opened about them they do not end as one of those who answer for it either.
        return opening.is_for_the_learner();
    }
    actor.name == filing.name || filing.reach.as_ref().is_some_and(|reach| actor.holds.contains(reach))
}

fn what(case: &Case, deed: &Deed<'_>) -> Result<What, DeedRefusal> {
    let until = |lasts: Duration| deed.at.checked_add(lasts).unwrap_or(deed.at);
    Ok(match &deed.asked {
        Asked::Submit { stages } if stages.is_empty() => return Err(DeedRefusal::NoStages),
        Asked::Submit { stages } => What::Submitted { stages: stages.clone() },
        Asked::Claim if case.times_done(Action::Claim, Some(deed.by.name)) >= MOST_CLAIMS => {
            return Err(DeedRefusal::ClaimedTooOften);
        }
        Asked::Claim => What::Claimed { until: until(CLAIM_LASTS) },
        Asked::Release => What::Released,
        Asked::Approve { hours, reason } => approval(case, *hours, reason.as_deref())?,
        Asked::ReturnForCompletion { reason } => What::Returned { reason: said(reason)? },
        Asked::Refuse { clause, .. } if is_blank(&clause.document) || is_blank(&clause.clause) => {
            return Err(DeedRefusal::ClauseMissing);
        }
        Asked::Refuse { clause, reason } => {
            not_too_long(&clause.document)?;
            not_too_long(&clause.clause)?;
            What::Refused { clause: clause.clone(), reason: any(reason.as_deref())? }
        }
        Asked::Withdraw => What::Withdrawn,
        Asked::Resubmit => What::Resubmitted,
        Asked::Delegate { to } if to.name == deed.by.name => return Err(DeedRefusal::ToOneself),
        Asked::Delegate { .. } if case.times_done(Action::Delegate, None) >= MOST_HANDOVERS => {
            return Err(DeedRefusal::HandedOverTooOften);
        }
        Asked::Delegate { to } => {
            may_decide(case, to).map_err(|refusal| DeedRefusal::ReceiverCannot(Box::new(refusal)))?;
            What::Delegated { to: to.name.to_owned(), until: handed_over_until(case, deed.at) }
        }
        Asked::Cancel { reason } => What::Cancelled { reason: said(reason)? },
        Asked::Revoke { reason, .. } => What::Revoked { reason: said(reason)? },
    })
}

/// Until when who receives a case keeps others away: through the last day of the stage at most, and as long as a claim at least.
fn handed_over_until(case: &Case, at: OffsetDateTime) -> OffsetDateTime {
    let after = |lasts: Duration| at.checked_add(lasts).unwrap_or(at);
    let due = case.due_on().and_then(Date::next_day).map(|next| next.midnight().assume_offset(CHINA));
    due.map_or(after(HANDED_OVER_FOR), |due| after(HANDED_OVER_FOR).min(due)).max(after(CLAIM_LASTS))
}

fn approval(case: &Case, hours: Option<Hours>, reason: Option<&str>) -> Result<What, DeedRefusal> {
    let reason = any(reason)?;
    let last = case.state().stage().is_some_and(|stage| stage + 1 == case.stages().len());
    match (case.opening().hours, hours) {
        (HoursLeft::Computed, Some(_)) => return Err(DeedRefusal::HoursNotLeft),
        (HoursLeft::ToReviewer { .. }, None) if last && case.granted().is_none() => {
            return Err(DeedRefusal::HoursMissing);
        }
        (HoursLeft::ToReviewer { at_least, at_most }, Some(hours)) => {
            let within = at_least.is_none_or(|least| least <= hours) && at_most.is_none_or(|most| hours <= most);
            if !hours.is_positive() || !within {
                return Err(DeedRefusal::HoursOutOfBounds { at_least, at_most });
            }
            if reason.is_none() {
                return Err(DeedRefusal::ReasonMissing);
            }
        }
        (HoursLeft::Computed | HoursLeft::ToReviewer { .. }, None) => {}
    }
    Ok(What::Approved { hours, reason })
}

fn is_blank(text: &str) -> bool {
    text.trim().is_empty()
}

fn not_too_long(text: &str) -> Result<(), DeedRefusal> {
    if text.chars().count() > MOST_TEXT { Err(DeedRefusal::TextTooLong) } else { Ok(()) }
}

fn any(text: Option<&str>) -> Result<Option<String>, DeedRefusal> {
    let text = text.filter(|text| !is_blank(text));
    text.map_or(Ok(()), not_too_long).map(|()| text.map(str::to_owned))
}

fn said(text: &str) -> Result<String, DeedRefusal> {
    any(Some(text))?.ok_or(DeedRefusal::ReasonMissing)
}
