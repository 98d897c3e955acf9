//! Which offices decide a case: from the words of a rule file to concrete reaches.

use super::office::own_office;
use crate::{
    access::Reach,
    kernel::{Citation, EmployerId, PlaceCode},
    policy::shape::{Act, Described, NamedOffice, OfficeRole, Route, RouteSubject, Rules, Seat, Step, Vacant},
    registry::{PlaceLevel, PlaceNode, PlaceTree, Tier},
    words,
};
use serde::{Deserialize, Serialize};
use time::{Date, Duration};

words! {
    /// What is reviewed.
    pub enum Subject {
        /// An achievement that is to be worth hours (同等学时认证).
        Recognition = "recognition",
        /// Hours that wait for an office's word (`needs_review`).
        ProvisionalHours = "provisional_hours",
        /// A change to what stands in a learner's file.
        FileCorrection = "file_correction",
        /// An exception from a rule, by decision and with a reason (GD-A4).
        OfficeException = "office_exception",
        /// That hours were made up (弄虚作假), before anything follows from it.
        FraudFinding = "fraud_finding",
        /// That a year of somebody is verified, in a batch of the employer (年度验证, GD-11).
        YearVerification = "year_verification",
    }

    /// What a case lacks so that somebody could stand at a step.
    pub enum Missing {
        /// The learner has no employer.
        Employer = "employer",
        /// No superior is entered.
        Superior = "superior",
        /// No training base has to do with it.
        Base = "base",
        /// Nobody taught.
        Provider = "provider",
        /// The learner has no series.
        Series = "series",
        /// Nobody answers for the series in the place or above it.
        SectorAuthority = "sector_authority",
        /// The learner has no place, or one that is not in the tree.
        Place = "place",
        /// The place is directly of what stands above that level.
        Level = "level",
        /// It is not known where the employer is registered.
        RegisteredPlace = "registered_place",
        /// Nobody who decides has this seat.
        Nobody = "nobody",
    }
}

impl Missing {
    /// Whether it may be there and is only not known: no step falls away for that.
    const fn is_unknown(self) -> bool {
        matches!(self, Self::Series | Self::Place | Self::RegisteredPlace)
    }
}

impl Subject {
    /// The route of the rule file that it takes. Where there is none, no document says who decides: the human resources
    /// department at the learner's own place does, in one stage and without a deadline; of an exception the one at the place of the rules
    /// that name an office for it.
    #[must_use]
    pub const fn route(self) -> Option<RouteSubject> {
        match self {
            Self::Recognition => Some(RouteSubject::Recognition),
            Self::YearVerification => Some(RouteSubject::EmployerBatch),
            Self::ProvisionalHours | Self::FileCorrection | Self::OfficeException | Self::FraudFinding => None,
        }
    }
}

/// An employer as routes see one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unit<'a> {
    /// Which.
    pub id: EmployerId,
    /// Its name as registered; self-reviewing units are found by it.
    pub name: &'a str,
    /// Its place.
    pub place: &'a PlaceCode,
    /// The place where it is registered, where that is known.
    pub registered_place: Option<&'a PlaceCode>,
}

/// Who taught.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Provider {
    /// Whose grants decide for it: a base, an employer, an authority.
    pub reach: Reach,
    /// Its tier, of a base.
    pub tier: Option<Tier>,
}

/// What a route asks of a case, on the day it is submitted. Places may be named by division codes that are no longer in use.
#[derive(Clone, Copy, Debug)]
pub struct CaseFacts<'a> {
    /// The learner's managing place; of a case without a learner, the employer's place.
    pub place: Option<&'a PlaceCode>,
    /// What descriptions of people ask for.
    pub person: Described<'a>,
    /// The learner's employer.
    pub employer: Option<Unit<'a>>,
    /// The superior (上级部门, 人事主管单位) entered for the learner or the employer. Never derived (SX-A14).
    pub superior: Option<&'a Reach>,
    /// Who taught or asks.
    pub provider: Option<&'a Provider>,
    /// Every place with an authority for the learner's series.
    pub sector_places: &'a [PlaceCode],
    /// As what the one who submits does so.
    pub filed_by: Seat,
}

/// One office that a case has to pass, frozen when the case is submitted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stage {
    /// What the rule file says the office is.
    pub seat: Seat,
    /// Whose grants decide: exactly these. A grant for a place above decides nothing here.
    pub reach: Reach,
    /// What it does.
    pub act: Act,
    /// The office in words of the documents; none where no document speaks.
    pub office: Option<String>,
    /// Days within which it is done, the day of arrival not counted.
    pub days: Option<u32>,
    /// The day by which it is done, itself included.
    pub by: Option<Date>,
    /// The clauses; none where no document speaks.
    pub cite: Vec<Citation>,
}

impl Stage {
    /// The last day for a case that arrived on a day, itself included: the earlier of the two deadlines. None where none is set.
    #[must_use]
    pub fn due_on(&self, arrived_on: Date) -> Option<Date> {
        let within = |days: u32| arrived_on.checked_add(Duration::days(days.into())).unwrap_or(Date::MAX);
        self.days.map(within).into_iter().chain(self.by).min()
    }
}

/// Why a case cannot be submitted: nobody could decide it, or not when submitted so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoRoute {
    /// The rules have no such route for this case.
    None {
        /// For what.
        subject: RouteSubject,
    },
    /// It is for others to submit.
    NotForFiler {
        /// As what it was to be submitted.
        filed_by: Seat,
        /// Who may.
        may: Vec<Seat>,
    },
    /// At these steps nobody stands, and none of them may be left out.
    Unfilled(Vec<Unfilled>),
    /// Every step fell away.
    NobodyDecides {
        /// The clauses of the route.
        cite: Vec<Citation>,
    },
}

/// A step at which nobody stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unfilled {
    /// The step, counted from 0; of a case without a route, 0.
    pub step: usize,
    /// The office in words of the documents.
    pub office: Option<String>,
    /// Each seat that was asked and what it lacks.
    pub lacking: Vec<Lacking>,
    /// The clauses.
    pub cite: Vec<Citation>,
}

/// A seat that a case does not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lacking {
    /// The seat.
    pub seat: Seat,
    /// What is missing.
    pub missing: Missing,
}

/// The stages of a case, in order and at least one.
///
/// # Errors
/// As [`route_of`].
pub fn route(
    rules: &Rules,
    subject: Subject,
    facts: &CaseFacts<'_>,
    places: &PlaceTree,
) -> Result<Vec<Stage>, NoRoute> {
    match subject.route() {
        Some(subject) => route_of(rules, subject, facts, places),
        None => own_office(facts.place, places).map(|stage| vec![stage]),
    }
}

/// The stages of a route of the rule file, in order and at least one.
///
/// Two successive stages that one and the same office decides become one, the later. What is done without anybody deciding is no
/// stage. A first step that hands the case in falls away where whoever stands at it has submitted it.
///
/// # Errors
/// Says what cannot be resolved and at which steps, all of them at once.
pub fn route_of(
    rules: &Rules,
    subject: RouteSubject,
    facts: &CaseFacts<'_>,
    places: &PlaceTree,
) -> Result<Vec<Stage>, NoRoute> {
    let of_subject = |route: &&Route| route.subject == subject;
    let fits = |route: &&Route| route.who.as_ref().is_none_or(|who| who.fits(&facts.person));
    let mut fitting = rules.route.iter().filter(of_subject).filter(fits).peekable();
    if fitting.peek().is_none() {
        return Err(NoRoute::None { subject });
    }
    let mut may = Vec::new();
    for route in fitting {
        if route.filed_by.contains(&facts.filed_by) {
            return match self_reviewing(rules, route, facts) {
                Some(stage) => Ok(vec![stage]),
                None => stages(route, facts, places),
            };
        }
        may.extend(route.filed_by.iter().copied().filter(|seat| !may.contains(seat)).collect::<Vec<_>>());
    }
    Err(NoRoute::NotForFiler { filed_by: facts.filed_by, may })
}

/// The one stage of an employer that reviews for itself (QH-42), with the deadline of the last step that decides (QH-48).
fn self_reviewing(rules: &Rules, route: &Route, facts: &CaseFacts<'_>) -> Option<Stage> {
    let unit = facts.employer.filter(|_| route.self_reviewing == Some(true))?;
    let names = |office: &&NamedOffice| {
        office.role == OfficeRole::SelfReviewing && office.names.iter().any(|name| name.trim() == unit.name.trim())
    };
    let office = rules.office.iter().find(names)?;
    let last = route.step.iter().rfind(|step| is_waited_for(step));
    Some(Stage {
        seat: Seat::Employer,
        reach: Reach::Employer(unit.id),
        act: last.map_or(Act::Reviews, |step| step.act),
        office: Some(unit.name.to_owned()),
        days: last.and_then(|step| step.days).or(route.days),
        by: last.and_then(|step| step.by),
        cite: route.cite.0.iter().chain(&office.cite.0).cloned().collect(),
    })
}

fn is_waited_for(step: &Step) -> bool {
    step.act.is_waited_for() && step.seat != [Seat::Platform]
}

fn stages(route: &Route, facts: &CaseFacts<'_>, places: &PlaceTree) -> Result<Vec<Stage>, NoRoute> {
    let (mut stages, mut unfilled) = (Vec::<Stage>::new(), Vec::new());
    let tier = facts.provider.and_then(|provider| provider.tier);
    for (index, step) in route.step.iter().enumerate().filter(|(_, step)| is_waited_for(step)) {
        let other_tier = !step.tiers.is_empty() && !tier.is_some_and(|tier| step.tiers.contains(&tier));
        let handed_in = index == 0 && step.act == Act::Submits && step.seat.contains(&facts.filed_by);
        if other_tier || handed_in {
            continue;
        }
        match seat_of(step, facts, places) {
            Ok((seat, reach)) => {
                let stage = Stage {
                    seat,
                    reach,
                    act: step.act,
                    office: Some(step.office.clone()),
                    days: step.days.or(route.days),
                    by: step.by,
                    cite: route.cite.0.clone(),
                };
                let again = |last: &mut Stage| last.reach == stage.reach && last.act.decides() && step.act.decides();
                if stages.last_mut().is_some_and(again) {
                    stages.pop();
                }
                stages.push(stage);
            }
            Err(lacking)
                if step.vacant == Some(Vacant::Skipped) && !lacking.iter().any(|seat| seat.missing.is_unknown()) => {}
            Err(lacking) => {
                let (office, cite) = (Some(step.office.clone()), route.cite.0.clone());
                unfilled.push(Unfilled { step: index, office, lacking, cite });
            }
        }
    }
    match unfilled.is_empty() {
        false => Err(NoRoute::Unfilled(unfilled)),
        true if !stages.iter().any(|stage| stage.act.decides()) => {
            Err(NoRoute::NobodyDecides { cite: route.cite.0.clone() })
        }
        true => Ok(stages),
    }
}

/// The first seat of a step that the case has.
fn seat_of(step: &Step, facts: &CaseFacts<'_>, places: &PlaceTree) -> Result<(Seat, Reach), Vec<Lacking>> {
    let mut lacking = Vec::new();
    for seat in step.seat.iter().copied() {
        match reach_of(seat, facts, places) {
            Ok(reach) => return Ok((seat, reach)),
            Err(missing) => lacking.push(Lacking { seat, missing }),
        }
    }
    Err(lacking)
}

fn reach_of(seat: Seat, facts: &CaseFacts<'_>, places: &PlaceTree) -> Result<Reach, Missing> {
    let own = || facts.place.and_then(|place| places.find(place.as_str())).ok_or(Missing::Place);
    let office = |place: Option<&PlaceCode>, missing| {
        let node = place.and_then(|place| places.find(place.as_str())).ok_or(missing)?;
        Ok(Reach::Place(node.code.clone()))
    };
    match seat {
        Seat::Learner | Seat::Platform => Err(Missing::Nobody),
        Seat::Employer => facts.employer.map(|unit| Reach::Employer(unit.id)).ok_or(Missing::Employer),
        Seat::Superior => facts.superior.cloned().ok_or(Missing::Superior),
        Seat::Base => {
            let base = facts.provider.map(|provider| &provider.reach).filter(|reach| reach.base().is_some());
            base.cloned().ok_or(Missing::Base)
        }
        Seat::Provider => facts.provider.map(|provider| provider.reach.clone()).ok_or(Missing::Provider),
        Seat::SectorAuthority => sector_authority(own()?, facts, places),
        Seat::County | Seat::City | Seat::Province => {
            let path = places.path(&own()?.code);
            let node = path.into_iter().find(|node| level_of(places, node) == Some(seat));
            node.map(|node| Reach::Place(node.code.clone())).ok_or(Missing::Level)
        }
        Seat::SameLevel => office(facts.employer.map(|unit| unit.place), Missing::Employer),
        Seat::PlaceOfRegistration => {
            let unit = facts.employer.ok_or(Missing::Employer)?;
            office(unit.registered_place, Missing::RegisteredPlace)
        }
    }
}

/// The authority of the series that is nearest on the way up from the place.
fn sector_authority(own: &PlaceNode, facts: &CaseFacts<'_>, places: &PlaceTree) -> Result<Reach, Missing> {
    let series = facts.person.series.ok_or(Missing::Series)?;
    let is_there = |node: &&PlaceNode| {
        let same = |place: &PlaceCode| places.find(place.as_str()).is_some_and(|found| found.code == node.code);
        facts.sector_places.iter().any(same)
    };
    let nearest = places.path(&own.code).into_iter().find(is_there).ok_or(Missing::SectorAuthority)?;
    Ok(Reach::Series { place: nearest.code.clone(), series: series.to_owned() })
}

/// As which human resources department somebody acts who answers for a place; none where it is none of the tree, or the nation's.
#[must_use]
pub fn seat_at(places: &PlaceTree, place: &PlaceCode) -> Option<Seat> {
    places.find(place.as_str()).and_then(|node| level_of(places, node))
}

/// Which human resources department sits in a place. A zone directly below a province is a peer of cities, any other of counties.
pub(super) fn level_of(places: &PlaceTree, node: &PlaceNode) -> Option<Seat> {
    let upper = || node.parent.as_ref().and_then(|parent| places.node(parent)).map(|upper| upper.level);
    match node.level {
        PlaceLevel::Nation => None,
        PlaceLevel::Province => Some(Seat::Province),
        PlaceLevel::City => Some(Seat::City),
        PlaceLevel::County => Some(Seat::County),
        PlaceLevel::Zone if upper() == Some(PlaceLevel::Province) => Some(Seat::City),
        PlaceLevel::Zone => Some(Seat::County),
    }
}
