//! Each refusal by itself, claims, hours that are left to the reviewer, deadlines.

use super::{START, asked, office, opening, people, stage, three_stages};
use domain::{
    kernel::{Citation, Hours},
    policy::shape::{Act, Seat},
    review::{
        Action, Asked, BrokenCase, CLAIM_LASTS, Case, Deed, DeedRefusal, Event, Filing, HANDED_OVER_FOR, HoursLeft,
        MOST_CLAIMS, MOST_HANDOVERS, MOST_TEXT, Opening, Stage, State, Subject, What, decide, is_same_account,
    },
};
use time::{Duration, OffsetDateTime, macros::date};

/// Tries something on a case at a moment; nobody but `county two` receives anything.
fn tries(case: &Case, name: &str, action: Action, at: OffsetDateTime) -> Result<Event, DeedRefusal> {
    let people = people();
    let asked = asked(action, people.actor("county two"));
    decide(case, &Deed { by: people.actor(name), at, seen: None, asked })
}

fn says(case: &Case, name: &str, asked: Asked<'_>) -> Result<Event, DeedRefusal> {
    decide(case, &Deed { by: people().actor(name), at: START, seen: None, asked })
}

/// The case after these, all of which must be allowed.
fn after(opening: Opening, deeds: &[(&str, Action)]) -> Case {
    deeds.iter().fold(Case::draft(opening), |case, (name, action)| {
        let event = tries(&case, name, *action, START).unwrap_or_else(|refused| panic!("{name} {action}: {refused:?}"));
        case.with(event).unwrap()
    })
}

const AT_THE_COUNTY: [(&str, Action); 2] = [("filer", Action::Submit), ("colleague", Action::Approve)];

fn computed() -> Opening {
    opening(HoursLeft::Computed)
}

#[test]
fn each_stage_decides_in_its_turn_until_the_last_has_approved() {
    let case = after(computed(), &AT_THE_COUNTY);
    assert_eq!(case.state(), State::Waiting { stage: 1 });
    let not_yours = DeedRefusal::NotYourStage { stage: 1, reach: office("630102") };
    for name in ["province", "above"] {
        assert_eq!(tries(&case, name, Action::Approve, START), Err(not_yours.clone()), "{name}");
    }
    // Whose office it waited for before is told who settled that, whatever they say they had seen.
    let told = DeedRefusal::SettledAlready { by: "colleague".to_owned(), at: START, action: Action::Approve };
    assert_eq!(tries(&case, "colleague", Action::Refuse, START), Err(told));
    let deeds = [&AT_THE_COUNTY[..], &[("county", Action::Approve), ("province", Action::Approve)]].concat();
    let case = after(computed(), &deeds);
    assert_eq!((case.state(), case.number()), (State::Approved, 4));
    let told = DeedRefusal::SettledAlready { by: "province".to_owned(), at: START, action: Action::Approve };
    for action in [Action::Approve, Action::Claim, Action::Withdraw, Action::Cancel, Action::Submit] {
        assert_eq!(tries(&case, "county", action, START), Err(told.clone()), "{action}");
    }
}

#[test]
fn nobody_decides_what_is_theirs() {
    let case = after(computed(), &[("filer", Action::Submit)]);
    assert_eq!(tries(&case, "self", Action::Approve, START), Err(DeedRefusal::OwnCase));
    assert_eq!(tries(&case, "self", Action::Claim, START), Err(DeedRefusal::OwnCase));
    assert_eq!(tries(&case, "filer", Action::Approve, START), Err(DeedRefusal::FiledByYou));
    // Also two stages later, and also whoever handed it in again.
    let case = after(computed(), &AT_THE_COUNTY);
    assert_eq!(tries(&case, "filer", Action::Refuse, START), Err(DeedRefusal::FiledByYou));
    let again =
        [("filer", Action::Submit), ("two seats", Action::ReturnForCompletion), ("colleague", Action::Resubmit)];
    let case = after(computed(), &again);
    assert_eq!(case.state(), State::Waiting { stage: 0 });
    assert_eq!(tries(&case, "colleague", Action::Approve, START), Err(DeedRefusal::FiledByYou));
    assert!(tries(&case, "two seats", Action::Approve, START).is_ok());
}

#[test]
fn nobody_decides_two_stages_in_a_row() {
    let case = after(computed(), &[("filer", Action::Submit), ("two seats", Action::Approve)]);
    assert_eq!(tries(&case, "two seats", Action::Approve, START), Err(DeedRefusal::DecidedStageBefore));
    let deeds = [("filer", Action::Submit), ("colleague", Action::Approve), ("county two", Action::Approve)];
    let case = after(computed(), &deeds);
    assert_eq!(tries(&case, "county two", Action::Approve, START), Err(DeedRefusal::DecidedStageBefore));
}

#[test]
fn a_unit_hands_in_what_its_own_administrator_wrote() {
    let mut stages = three_stages();
    stages[0].act = Act::Submits;
    let people = people();
    let submit = Deed { by: people.actor("filer"), at: START, seen: None, asked: Asked::Submit { stages } };
    let draft = Case::draft(computed());
    let case = draft.clone().with(decide(&draft, &submit).unwrap()).unwrap();
    let case = case.clone().with(tries(&case, "filer", Action::Approve, START).unwrap()).unwrap();
    assert_eq!(case.state(), State::Waiting { stage: 1 });
    assert_eq!(tries(&case, "filer", Action::Approve, START), Err(DeedRefusal::FiledByYou));
}

#[test]
fn only_those_who_submit_hand_in_and_take_back() {
    let draft = Case::draft(computed());
    for (name, may) in [("self", true), ("filer", true), ("colleague", true), ("county", false), ("above", false)] {
        let found = tries(&draft, name, Action::Submit, START);
        assert_eq!(found.err(), (!may).then_some(DeedRefusal::NotTheApplicant), "{name}");
        let waiting = after(computed(), &AT_THE_COUNTY);
        assert_eq!(tries(&waiting, name, Action::Withdraw, START).is_ok(), may, "{name}");
    }
    assert_eq!(says(&draft, "filer", Asked::Submit { stages: Vec::new() }), Err(DeedRefusal::NoStages));
    let not_now = DeedRefusal::NotNow { state: State::Draft, action: Action::Resubmit };
    assert_eq!(tries(&draft, "filer", Action::Resubmit, START), Err(not_now));
}

#[test]
fn a_claim_keeps_others_away_until_it_runs_out() {
    let case = after(computed(), &[&AT_THE_COUNTY[..], &[("county", Action::Claim)]].concat());
    let until = START + CLAIM_LASTS;
    let claimed = || Err(DeedRefusal::Claimed { by: "county".to_owned(), until });
    for action in [Action::Approve, Action::Claim, Action::Release, Action::Delegate, Action::Refuse] {
        assert_eq!(tries(&case, "two seats", action, until - Duration::SECOND), claimed(), "{action}");
    }
    assert!(tries(&case, "two seats", Action::Approve, until).is_ok());
    assert!(tries(&case, "county", Action::Approve, until - Duration::SECOND).is_ok());
    assert_eq!(tries(&case, "county", Action::Release, until), Err(DeedRefusal::NotClaimedByYou));
    // Renewed by who has it; laid down, it is anybody's; with the stage it is over.
    let renewed = case.clone().with(tries(&case, "county", Action::Claim, START + Duration::HOUR).unwrap()).unwrap();
    assert_eq!(renewed.claim_at(until).map(|claim| claim.until), Some(until + Duration::HOUR));
    let free = case.clone().with(tries(&case, "county", Action::Release, START).unwrap()).unwrap();
    assert!(tries(&free, "two seats", Action::Approve, START).is_ok());
    let next = case.clone().with(tries(&case, "county", Action::Approve, START).unwrap()).unwrap();
    assert_eq!(next.claim_at(START), None);
}

#[test]
fn a_case_is_handed_only_to_who_could_decide_it() {
    let case = after(computed(), &AT_THE_COUNTY);
    let people = people();
    let hands = |to| says(&case, "county", Asked::Delegate { to: people.actor(to) });
    assert_eq!(hands("county"), Err(DeedRefusal::ToOneself));
    for (to, why) in [
        ("province", DeedRefusal::NotYourStage { stage: 1, reach: office("630102") }),
        ("self", DeedRefusal::OwnCase),
        ("filer", DeedRefusal::FiledByYou),
    ] {
        assert_eq!(hands(to), Err(DeedRefusal::ReceiverCannot(Box::new(why))), "{to}");
    }
    let case = case.clone().with(hands("county two").unwrap()).unwrap();
    let until = START + HANDED_OVER_FOR;
    let told = Err(DeedRefusal::Claimed { by: "county two".to_owned(), until });
    assert_eq!(tries(&case, "county", Action::Approve, until - Duration::SECOND), told);
    assert!(tries(&case, "county two", Action::Approve, until - Duration::SECOND).is_ok());
    assert!(tries(&case, "county", Action::Approve, until).is_ok());
}

#[test]
fn whoever_comes_second_learns_who_was_first() {
    let case = after(computed(), &[&AT_THE_COUNTY[..], &[("county", Action::ReturnForCompletion)]].concat());
    let told = DeedRefusal::SettledAlready { by: "county".to_owned(), at: START, action: Action::ReturnForCompletion };
    assert_eq!(tries(&case, "two seats", Action::Approve, START), Err(told));
    // Who holds both seats does not approve unseen the stage after the one they meant.
    let case = after(computed(), &AT_THE_COUNTY);
    let people = people();
    let approve = |seen| {
        let asked = Asked::Approve { hours: None, reason: None };
        decide(&case, &Deed { by: people.actor("two seats"), at: START, seen, asked })
    };
    let told = DeedRefusal::SettledAlready { by: "colleague".to_owned(), at: START, action: Action::Approve };
    assert_eq!(approve(Some(1)), Err(told));
    assert!(approve(Some(2)).is_ok() && approve(None).is_ok());
}

#[test]
fn hours_are_granted_only_where_the_rule_leaves_them_and_with_a_reason() {
    let left = |at_least, at_most| opening(HoursLeft::ToReviewer { at_least, at_most });
    let last = [&AT_THE_COUNTY[..], &[("county", Action::Approve)]].concat();
    let approve = |case: &Case, hours: Option<i64>, reason: Option<&str>| {
        let hours = hours.map(Hours::from_hundredths);
        says(case, "province", Asked::Approve { hours, reason: reason.map(str::to_owned) })
    };
    let why = Some("成果鉴定证书");
    assert_eq!(approve(&after(computed(), &last), Some(1), why), Err(DeedRefusal::HoursNotLeft));
    let (least, most) = (Some(Hours::whole(2)), Some(Hours::whole(30)));
    let bounded = after(left(least, most), &last);
    let beyond = || Err(DeedRefusal::HoursOutOfBounds { at_least: least, at_most: most });
    // Less than the least would be approved for good and worth nothing.
    assert_eq!(approve(&bounded, Some(199), why), beyond());
    assert!(approve(&bounded, Some(200), why).is_ok());
    assert_eq!(approve(&bounded, Some(3_001), why), beyond());
    assert_eq!(approve(&bounded, Some(0), why), beyond());
    assert_eq!(approve(&bounded, Some(3_000), Some(" ")), Err(DeedRefusal::ReasonMissing));
    assert_eq!(approve(&bounded, None, why), Err(DeedRefusal::HoursMissing));
    let granted = bounded.clone().with(approve(&bounded, Some(3_000), why).unwrap()).unwrap();
    assert_eq!((granted.state(), granted.granted()), (State::Approved, Some(Hours::whole(30))));
    let open = after(left(None, None), &last);
    assert!(approve(&open, Some(1_000_000), why).is_ok());
}

#[test]
fn a_refusal_names_its_clause_and_a_return_its_reason() {
    let case = after(computed(), &AT_THE_COUNTY);
    let clause = |clause: &str| Citation { document: "示例〔2020〕1号".to_owned(), clause: clause.to_owned() };
    let refuse = |of: &str| says(&case, "county", Asked::Refuse { clause: clause(of), reason: None });
    assert_eq!(refuse(" "), Err(DeedRefusal::ClauseMissing));
    assert_eq!(refuse("五").map(|event| event.what), Ok(What::Refused { clause: clause("五"), reason: None }));
    let returned = says(&case, "county", Asked::ReturnForCompletion { reason: String::new() });
    assert_eq!(returned, Err(DeedRefusal::ReasonMissing));
    assert_eq!(says(&case, "above", Asked::Cancel { reason: " ".to_owned() }), Err(DeedRefusal::ReasonMissing));
}

#[test]
fn what_an_office_found_is_not_the_learners_to_take_back() {
    let of = |subject, seat| {
        let filed_by = Filing { seat, ..computed().filed_by };
        after(Opening { subject, filed_by, ..computed() }, &AT_THE_COUNTY)
    };
    let own = |subject, seat| tries(&of(subject, seat), "self", Action::Withdraw, START).is_ok();
    assert!(!own(Subject::FraudFinding, Seat::Employer) && !own(Subject::FraudFinding, Seat::County));
    assert!(!own(Subject::FileCorrection, Seat::County) && own(Subject::FileCorrection, Seat::Learner));
    assert!(own(Subject::Recognition, Seat::Employer));
    let finding = of(Subject::FraudFinding, Seat::County);
    assert!(tries(&finding, "filer", Action::Withdraw, START).is_ok(), "who opened it may");
}

#[test]
fn the_service_itself_is_no_account_of_its_name() {
    assert!(is_same_account("officer:li", "system_administrator:li") && is_same_account("system", "system"));
    for (one, other) in [("system", "officer:system"), ("officer:system", "system"), ("officer:li", "officer:wang")] {
        assert!(!is_same_account(one, other), "{one} {other}");
    }
}

#[test]
fn one_person_with_two_accounts_is_one_person() {
    let case = after(computed(), &[("filer", Action::Submit), ("two seats", Action::Approve)]);
    assert_eq!(tries(&case, "filer at the county", Action::Approve, START), Err(DeedRefusal::FiledByYou));
    let case = after(computed(), &AT_THE_COUNTY);
    assert_eq!(tries(&case, "colleague at the county", Action::Approve, START), Err(DeedRefusal::DecidedStageBefore));
    let again =
        [("filer", Action::Submit), ("two seats", Action::ReturnForCompletion), ("colleague", Action::Resubmit)];
    let case = after(computed(), &[&again[..], &[("two seats", Action::Approve)]].concat());
    assert_eq!(tries(&case, "colleague at the county", Action::Approve, START), Err(DeedRefusal::FiledByYou));
    // Two of whom no learner is known are two people.
    let case = after(computed(), &[("filer", Action::Submit), ("two seats", Action::Approve)]);
    assert!(tries(&case, "county", Action::Approve, START).is_ok());
}

#[test]
fn a_case_is_taken_up_and_handed_on_only_so_often_at_one_stage() {
    let claims: Vec<_> = std::iter::repeat_n(("county", Action::Claim), MOST_CLAIMS).collect();
    let case = after(computed(), &[&AT_THE_COUNTY[..], &claims[..]].concat());
    assert_eq!(tries(&case, "county", Action::Claim, START), Err(DeedRefusal::ClaimedTooOften));
    assert!(tries(&case, "county", Action::Approve, START).is_ok());
    assert!(tries(&case, "two seats", Action::Claim, START + CLAIM_LASTS).is_ok(), "others have their own turns");
    // Completed and handed in again, it is a new turn.
    let again = [("county", Action::ReturnForCompletion), ("filer", Action::Resubmit)];
    let case = after(computed(), &[&AT_THE_COUNTY[..], &claims[..], &again[..]].concat());
    assert!(tries(&case, "county", Action::Claim, START).is_ok());

    let hand = |case: &Case, from, to| says(case, from, Asked::Delegate { to: people().actor(to) });
    let mut case = after(computed(), &AT_THE_COUNTY);
    let mut holders = ["county", "county two"].into_iter().cycle();
    let mut from = holders.next().unwrap();
    for to in holders.take(MOST_HANDOVERS) {
        case = case.clone().with(hand(&case, from, to).unwrap()).unwrap();
        from = to;
    }
    let to = if from == "county" { "county two" } else { "county" };
    assert_eq!(hand(&case, from, to), Err(DeedRefusal::HandedOverTooOften));
    assert!(tries(&case, from, Action::Approve, START).is_ok());
}

#[test]
fn who_receives_a_case_keeps_others_away_no_longer_than_it_may_take() {
    let by = |by| {
        let stages = vec![Stage { by: Some(by), ..stage(Seat::County, office("630102")) }];
        let draft = Case::draft(computed());
        let case = draft.clone().with(says(&draft, "filer", Asked::Submit { stages }).unwrap()).unwrap();
        match says(&case, "county", Asked::Delegate { to: people().actor("county two") }).unwrap().what {
            What::Delegated { until, .. } => until,
            other => panic!("{other:?}"),
        }
    };
    // START is the first of October: two days are left, more than can be used, or none.
    assert_eq!(by(date!(2020 - 10 - 03)), time::macros::datetime!(2020-10-04 00:00 +08:00));
    assert_eq!(by(date!(2020 - 12 - 15)), START + HANDED_OVER_FOR);
    assert_eq!(by(date!(2020 - 09 - 30)), START + CLAIM_LASTS);
}

#[test]
fn what_is_said_has_a_length() {
    let case = after(computed(), &AT_THE_COUNTY);
    let text = |length: usize| "字".repeat(length);
    let long = || Err(DeedRefusal::TextTooLong);
    let refuse = |document: usize, reason: usize| {
        let clause = Citation { document: text(document), clause: "五".to_owned() };
        says(&case, "county", Asked::Refuse { clause, reason: Some(text(reason)) }).map(|event| event.number)
    };
    assert_eq!(
        (refuse(MOST_TEXT, MOST_TEXT), refuse(MOST_TEXT + 1, 1), refuse(1, MOST_TEXT + 1)),
        (Ok(3), long(), long())
    );
    for asked in [
        Asked::Approve { hours: None, reason: Some(text(MOST_TEXT + 1)) },
        Asked::ReturnForCompletion { reason: text(MOST_TEXT + 1) },
    ] {
        assert_eq!(says(&case, "county", asked).map(|event| event.number), long());
    }
}

#[test]
fn a_stage_is_due_on_the_earlier_of_its_deadlines() {
    let of = |days, by| Stage { days, by, ..stage(Seat::County, office("630102")) };
    let arrived = date!(2020 - 12 - 01);
    assert_eq!(of(None, None).due_on(arrived), None);
    assert_eq!(of(Some(14), None).due_on(arrived), Some(date!(2020 - 12 - 15)));
    assert_eq!(of(Some(15), Some(date!(2020 - 12 - 15))).due_on(arrived), Some(date!(2020 - 12 - 15)));
    assert_eq!(of(Some(13), Some(date!(2020 - 12 - 15))).due_on(arrived), Some(date!(2020 - 12 - 14)));
    // Counted from when the case came to the stage, by the days of China, and anew after it was completed.
    let people = people();
    let tries = |case: Case, name, action, at| {
        let asked = match action {
            Action::Submit => Asked::Submit { stages: vec![of(Some(5), None)] },
            action => asked(action, people.actor("county")),
        };
        case.clone().with(decide(&case, &Deed { by: people.actor(name), at, seen: None, asked }).unwrap()).unwrap()
    };
    let at = time::macros::datetime!(2020-10-01 16:00 UTC);
    let case = tries(Case::draft(computed()), "filer", Action::Submit, at);
    assert_eq!(case.due_on(), Some(date!(2020 - 10 - 07)));
    let case = tries(case, "county", Action::Claim, at + Duration::DAY);
    assert_eq!(case.due_on(), Some(date!(2020 - 10 - 07)), "to take it up wins no time");
    let case = tries(case, "county", Action::ReturnForCompletion, at + Duration::DAY);
    assert_eq!(case.due_on(), None);
    let case = tries(case, "filer", Action::Resubmit, at + Duration::days(10));
    assert_eq!(case.due_on(), Some(date!(2020 - 10 - 17)));
}

#[test]
fn what_was_never_a_case_is_told_from_one() {
    let event = |number, what| Event { number, at: START, by: "filer".to_owned(), learner: None, what };
    let fold = |events: Vec<Event>| Case::fold(computed(), events).unwrap_err();
    let submitted = || What::Submitted { stages: three_stages() };
    assert_eq!(fold(vec![event(2, submitted())]), BrokenCase::Number { found: 2, expected: 1 });
    assert_eq!(fold(vec![event(1, What::Submitted { stages: Vec::new() })]), BrokenCase::NoStages);
    let approved = What::Approved { hours: None, reason: None };
    assert!(matches!(fold(vec![event(1, approved)]), BrokenCase::NotNow(_)));
    assert!(matches!(fold(vec![event(1, submitted()), event(2, submitted())]), BrokenCase::NotNow(_)));
}

#[test]
fn an_approval_is_taken_back_once_by_the_office_that_gave_it_and_with_a_reason() {
    let waiting = after(computed(), &[&AT_THE_COUNTY[..], &[("county", Action::Approve)]].concat());
    let not_now = DeedRefusal::NotNow { state: State::Waiting { stage: 2 }, action: Action::Revoke };
    assert_eq!(tries(&waiting, "province", Action::Revoke, START), Err(not_now), "what waits is refused, not revoked");
    let approved = waiting.clone().with(tries(&waiting, "province", Action::Approve, START).unwrap()).unwrap();
    // Neither another stage's office nor one above; and not by whose own it is.
    let not_yours = || Err(DeedRefusal::NotYourStage { stage: 2, reach: office("630000") });
    for name in ["county", "colleague", "above", "filer"] {
        assert_eq!(tries(&approved, name, Action::Revoke, START), not_yours(), "{name}");
    }
    assert_eq!(tries(&approved, "self", Action::Revoke, START), Err(DeedRefusal::OwnCase));
    let blank = Asked::Revoke { reason: " ".to_owned(), offices: vec![office("630000")] };
    assert_eq!(says(&approved, "province", blank), Err(DeedRefusal::ReasonMissing));
    let people = people();
    let unseen = Deed { by: people.actor("province"), at: START, seen: Some(3), asked: asked_to_revoke() };
    let told = |action| Err(DeedRefusal::SettledAlready { by: "province".to_owned(), at: START, action });
    assert_eq!(decide(&approved, &unseen), told(Action::Approve));
    assert!(decide(&approved, &Deed { seen: Some(4), ..unseen }).is_ok());
    let revoked = approved.clone().with(tries(&approved, "county two", Action::Revoke, START).unwrap()).unwrap();
    assert_eq!((revoked.state(), revoked.number()), (State::Revoked, 5));
    let told = Err(DeedRefusal::SettledAlready { by: "county two".to_owned(), at: START, action: Action::Revoke });
    for action in [Action::Revoke, Action::Approve, Action::Resubmit, Action::Cancel] {
        assert_eq!(tries(&revoked, "province", action, START), told, "{action}");
    }
}

fn asked_to_revoke() -> Asked<'static> {
    Asked::Revoke { reason: "材料不实".to_owned(), offices: vec![office("630000")] }
}
