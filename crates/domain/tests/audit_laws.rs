//! Laws of the audit chain: whatever is changed, removed, inserted or cut off is found, and nothing is found where nothing was.

#![expect(clippy::unwrap_used, reason = "a test that fails should fail loudly")]

use domain::{
    audit::{
        Act, Channel, Event, Finding, Fingerprint, Found, LEAST_RETENTION, MOST_MEMBERS, Member, Report, Seal,
        SealMark, Unsealed, Verifier, over_since,
    },
    kernel::EventId,
};
use proptest::prelude::*;
use time::{Duration, OffsetDateTime, macros::datetime};
use uuid::Uuid;

const AT: OffsetDateTime = datetime!(2021-06-15 04:00 UTC);

fn event(number: usize) -> Event {
    Event {
        id: EventId::from_uuid(Uuid::from_u128(0x0190_d3f0_0000_7000_8000_0000_0000_0000 + number as u128)),
        at: AT + Duration::seconds(number as i64),
        act: Act::Write,
        operation: "create_employer".into(),
        actor: "officer:li".into(),
        role: Some("officer".into()),
        on_behalf_of: None,
        channel: Channel::Issuer,
        channel_name: Some("https://portal.test".into()),
        subject_kind: Some("employer".into()),
        subject_id: Some(number.to_string()),
        purpose: None,
        problem: None,
        before: None,
        after: Some("{}".into()),
        request_id: Some("r".into()),
        times: 1,
    }
}

fn member(event: &Event) -> Member {
    Member { event: event.id, fingerprint: event.fingerprint() }
}

/// When the chains are verified.
const LATER: OffsetDateTime = datetime!(2100-01-01 0:00 UTC);

/// A chain over events dealt out to seals in any way, as a late commit would.
#[derive(Clone, Debug)]
struct Chain(Vec<(Seal, Vec<Found>)>);

impl Chain {
    fn of(dealt: &[usize]) -> Self {
        let seals = dealt.iter().copied().max().unwrap_or(0) + 1;
        let mut chain: Vec<(Seal, Vec<Found>)> = Vec::new();
        for at in 0..seals {
            let events = (0..dealt.len()).filter(|number| dealt[*number] == at).map(event);
            let found: Vec<Found> = events.map(|event| Found { member: member(&event), event: Some(event) }).collect();
            let members: Vec<Member> = found.iter().map(|found| found.member).collect();
            let sealed_at = AT + Duration::seconds(60 + at as i64);
            chain.push((Seal::after(chain.last().map(|(seal, _)| seal), sealed_at, &members), found));
        }
        Self(chain)
    }

    fn verify(&self, against: Option<SealMark>) -> Report {
        let mut verifier = Verifier::new(self.0.last().map(|(seal, _)| seal), against, LATER);
        self.0.iter().for_each(|(seal, found)| verifier.seal(seal, found));
        verifier.finish(Unsealed::default())
    }

    fn last(&self) -> SealMark {
        self.0.last().unwrap().0.mark()
    }
}

/// Every field of an event, changed by itself.
fn changed(event: &Event) -> Vec<Event> {
    let other = || Some("other".to_owned());
    let of = |change: &dyn Fn(&mut Event)| {
        let mut event = event.clone();
        change(&mut event);
        event
    };
    vec![
        of(&|e| e.at += Duration::MICROSECOND),
        of(&|e| e.act = Act::Read),
        of(&|e| e.operation.push('x')),
        of(&|e| e.actor = "officer:wu".into()),
        of(&|e| e.role = None),
        of(&|e| e.on_behalf_of = other()),
        of(&|e| e.channel = Channel::OwnToken),
        of(&|e| e.channel_name = other()),
        of(&|e| e.subject_kind = other()),
        of(&|e| e.subject_id = other()),
        of(&|e| e.purpose = other()),
        of(&|e| e.problem = other()),
        of(&|e| e.before = other()),
        of(&|e| e.after = None),
        of(&|e| e.request_id = other()),
        of(&|e| e.times = 2),
    ]
}

proptest! {
    #[test]
    fn an_untouched_chain_has_no_findings_however_events_were_dealt_out(dealt in prop::collection::vec(0_usize..5, 1..20)) {
        let chain = Chain::of(&dealt);
        let report = chain.verify(Some(chain.last()));
        prop_assert_eq!(report.findings, []);
        prop_assert_eq!(usize::try_from(report.events).unwrap(), dealt.len());
        // Any earlier seal that was kept is in the chain as well.
        for (seal, _) in &chain.0 {
            prop_assert_eq!(chain.verify(Some(seal.mark())).findings, []);
        }
    }

    #[test]
    fn the_order_of_the_members_does_not_matter(count in 1_usize..20, seed in any::<u64>()) {
        let members: Vec<Member> = (0..count).map(|number| member(&event(number))).collect();
        let mut shuffled = members.clone();
        shuffled.sort_by_key(|member| Fingerprint::of(&[&seed.to_be_bytes()[..], member.fingerprint.as_bytes()].concat()));
        prop_assert_eq!(Seal::after(None, AT, &members), Seal::after(None, AT, &shuffled));
    }

    #[test]
    fn one_changed_removed_or_unlisted_event_is_named(dealt in prop::collection::vec(0_usize..4, 1..12), at in any::<prop::sample::Index>()) {
        let chain = Chain::of(&dealt);
        let (seal, place) = chain.0.iter().enumerate()
            .flat_map(|(seal, (_, found))| (0..found.len()).map(move |place| (seal, place)))
            .nth(at.index(dealt.len())).unwrap();
        let id = chain.0[seal].1[place].member.event;
        let event = chain.0[seal].1[place].event.clone().unwrap();
        for other in changed(&event) {
            let mut touched = chain.clone();
            touched.0[seal].1[place].event = Some(other);
            prop_assert_eq!(touched.verify(None).findings, [Finding::EventChanged(id)]);
        }
        let mut touched = chain.clone();
        touched.0[seal].1[place].event = None;
        prop_assert_eq!(touched.verify(None).findings, [Finding::EventRemoved(id)]);
        // Both the event and what is listed of it are changed or gone.
        let number = chain.0[seal].0.number;
        for other in changed(&event) {
            let mut touched = chain.clone();
            let misfiled = other.is_look().then_some(Finding::EventMisfiled(other.id));
            touched.0[seal].1[place] = Found { member: member(&other), event: Some(other) };
            let findings: Vec<Finding> = [Finding::MembersChanged(number)].into_iter().chain(misfiled).collect();
            prop_assert_eq!(touched.verify(None).findings, findings);
        }
        let mut touched = chain.clone();
        touched.0[seal].1.remove(place);
        prop_assert_eq!(touched.verify(None).findings, [Finding::MembersChanged(number)]);
        let mut touched = chain;
        let inserted = stranger(&dealt);
        touched.0[seal].1.push(Found { member: member(&inserted), event: Some(inserted) });
        prop_assert_eq!(touched.verify(None).findings, [Finding::MembersChanged(number)]);
    }

    #[test]
    fn a_seal_that_is_changed_or_missing_is_found(dealt in prop::collection::vec(0_usize..6, 6..12), at in any::<prop::sample::Index>()) {
        let chain = Chain::of(&dealt);
        let at = at.index(chain.0.len());
        let number = chain.0[at].0.number;
        let touches: [fn(&mut Seal); 7] = [
            |seal| seal.sealed_at += Duration::SECOND,
            |seal| seal.members += 1,
            |seal| seal.members_fingerprint = Fingerprint::NONE,
            |seal| seal.previous = Fingerprint::of(b"other"),
            |seal| seal.of_reads = true,
            |seal| seal.emptied_through += 1,
            |seal| seal.reads_emptied_through += 1,
        ];
        for touch in touches {
            let mut touched = chain.clone();
            touch(&mut touched.0[at].0);
            prop_assert!(touched.verify(None).findings.contains(&Finding::SealChanged(number)));
        }
        // A seal made anew over other events breaks the chain behind it, and is not the one that was kept.
        let mut touched = chain.clone();
        let members = [member(&stranger(&dealt))];
        let before = at.checked_sub(1).map(|before| chain.0[before].0.clone());
        touched.0[at] = (Seal::after(before.as_ref(), chain.0[at].0.sealed_at, &members), Vec::new());
        touched.0[at].1.push(Found { member: members[0], event: Some(stranger(&dealt)) });
        let found = touched.verify(Some(chain.0[at].0.mark())).findings;
        prop_assert!(found.contains(&Finding::NotAsKept(number)));
        let is_last = at + 1 == chain.0.len();
        prop_assert_eq!(touched.verify(None).findings.contains(&Finding::ChainBroken(number + 1)), !is_last);
        if !is_last {
            let mut touched = chain;
            touched.0.remove(at);
            prop_assert_eq!(touched.verify(None).findings, [Finding::SealMissing(number)]);
        }
    }

    #[test]
    fn a_chain_that_was_cut_off_is_found_by_a_seal_kept_elsewhere_alone(dealt in prop::collection::vec(0_usize..6, 1..12), cut in 1_usize..6) {
        let chain = Chain::of(&dealt);
        let mut touched = chain.clone();
        touched.0.truncate(chain.0.len().saturating_sub(cut));
        prop_assert_eq!(touched.verify(None).findings, []);
        prop_assert_eq!(touched.verify(Some(chain.last())).findings, [Finding::CutOff(chain.last().number)]);
    }
}

/// An event that no seal of the chain covers.
fn stranger(dealt: &[usize]) -> Event {
    let mut event = event(dealt.len() + 1);
    event.at = AT + Duration::seconds(60);
    event
}

#[test]
fn fields_cannot_run_into_one_another() {
    let mut one = event(1);
    (one.operation, one.actor) = ("ab".into(), "c".into());
    let mut other = event(1);
    (other.operation, other.actor) = ("a".into(), "bc".into());
    assert_ne!(one.fingerprint(), other.fingerprint());
    let mut none = event(1);
    none.purpose = None;
    let mut empty = event(1);
    empty.purpose = Some(String::new());
    assert_ne!(none.fingerprint(), empty.fingerprint());
}

#[test]
fn the_bytes_of_an_event_and_of_a_seal_never_change() {
    // Chains that were written stay verifiable: a change of the canonical form needs another name in its first field.
    let seal = Seal::after(None, AT, &[member(&event(1)), member(&event(2))]);
    assert_eq!(event(1).fingerprint().to_string(), "40ea629ee11dfdfb929b3ddd678e7e247e977f9c392d983a01f53d83d4258b40");
    assert_eq!(seal.mark().to_string(), "1:722b439272ccb97512d19a0f41656e3f335a2eb22b5b453874a93de5ee3c28e9");
}

#[test]
fn a_mark_reads_back_and_nothing_else_does() {
    let mark = Seal::after(None, AT, &[]).mark();
    assert_eq!(mark.to_string().parse(), Ok(mark));
    assert_eq!(format!(" {mark}\n").parse(), Ok(mark));
    let digits = mark.fingerprint.to_string();
    for bad in
        ["", "1", &digits, &format!("0:{digits}"), &format!("-1:{digits}"), &format!("1:{}", &digits[1..]), "1:é"]
    {
        assert!(bad.parse::<SealMark>().is_err(), "{bad}");
    }
}

#[test]
fn events_are_removed_with_whole_seals_once_they_are_old_enough_and_the_chain_still_verifies() {
    assert_eq!(over_since(AT + LEAST_RETENTION, Duration::ZERO), AT);
    assert_eq!(over_since(AT + LEAST_RETENTION, LEAST_RETENTION - Duration::SECOND), AT);
    assert_eq!(over_since(AT + Duration::days(365), Duration::days(365)), AT);
    // Beyond the calendar nothing is over.
    assert!(over_since(AT, Duration::MAX) < AT - Duration::days(3_650_000));
    let dealt = [0, 0, 1, 2];
    let emptied = |after: Duration, through: usize, emptied: usize| {
        let mut chain = Chain::of(&dealt);
        let last = chain.0.last().unwrap().0.clone();
        let seal = Seal::after(Some(&last), AT + after, &[]).emptying_through(false, through as i64);
        chain.0.push((seal, Vec::new()));
        chain.0.iter_mut().take(emptied).for_each(|(_, found)| found.clear());
        chain.verify(Some(last.mark()))
    };
    let old = LEAST_RETENTION + Duration::minutes(2);
    let report = emptied(old, 2, 2);
    assert_eq!((report.findings, report.removed, report.events), (vec![], 3, 1));
    assert_eq!(emptied(old, 2, 3).findings, [Finding::MembersChanged(3)], "more than was said");
    assert_eq!(emptied(LEAST_RETENTION, 2, 2).findings, [Finding::EmptiedTooEarly(4)]);
    assert_eq!(emptied(old, 4, 3).findings, [Finding::EmptiedTooEarly(4)], "not its own");
}

#[test]
fn reads_go_with_the_seals_of_reads_alone() {
    let read = |number| Event { act: Act::Read, ..event(number) };
    let later = AT + LEAST_RETENTION;
    let chain = |kinds: [bool; 2], events: [Event; 2], gone: [bool; 2]| {
        let found = |at: usize| {
            let one = Found { member: member(&events[at]), event: Some(events[at].clone()) };
            if gone[at] { Vec::new() } else { vec![one] }
        };
        let first = Seal::after(None, AT, &[member(&events[0])]).over_reads(kinds[0]);
        let second = Seal::after(Some(&first), AT, &[member(&events[1])]).over_reads(kinds[1]);
        let last = Seal::after(Some(&second), later, &[]).emptying_through(true, 2);
        let mut verifier = Verifier::new(Some(&last), None, LATER);
        verifier.seal(&first, &found(0));
        verifier.seal(&second, &found(1));
        verifier.seal(&last, &[]);
        verifier.finish(Unsealed::default())
    };
    let report = chain([true, false], [read(1), event(2)], [true, false]);
    assert_eq!((report.findings, report.removed, report.events), (vec![], 1, 1));
    let both = chain([true, false], [read(1), event(2)], [true, true]);
    assert_eq!(both.findings, [Finding::MembersChanged(2)], "what is no read stays");
    let misfiled = chain([true, false], [event(1), read(2)], [false, false]).findings;
    assert_eq!(misfiled, [1, 2].map(|number| Finding::EventMisfiled(event(number).id)));
    // An unmasking is no mere look, and stays with the rest.
    let unmasked = |number| Event { purpose: Some("complaint: 1".into()), ..read(number) };
    assert_eq!(chain([true, false], [read(1), unmasked(2)], [true, false]).findings, []);
    let misfiled = chain([true, false], [unmasked(1), event(2)], [false, false]).findings;
    assert_eq!(misfiled, [Finding::EventMisfiled(event(1).id)]);
}

#[test]
fn an_event_from_before_its_time_is_found() {
    let first = Seal::after(None, AT, &[]);
    let check = |at: OffsetDateTime| {
        let mut event = event(1);
        event.at = at;
        let found = [Found { member: member(&event), event: Some(event.clone()) }];
        let seal = Seal::after(Some(&first), AT + Duration::hours(9), &[found[0].member]);
        let mut verifier = Verifier::new(None, None, LATER);
        verifier.seal(&first, &[]);
        verifier.seal(&seal, &found);
        verifier.finish(Unsealed { waiting: 3, ..Unsealed::default() }).findings
    };
    assert_eq!(check(AT - Duration::hours(1)), [], "a transaction that commits late is sealed later");
    assert_eq!(check(AT - Duration::minutes(61)), [Finding::EventBackdated(event(1).id)]);
}

#[test]
fn a_seal_from_the_future_or_from_before_its_predecessor_is_found() {
    // Who owns the database lets time pass for a removal that is not due: only the verifier's clock shows it.
    let first = Seal::after(None, AT, &[member(&event(1))]);
    let check = |sealed_at: OffsetDateTime, now: OffsetDateTime| {
        let mut second = Seal::after(Some(&first), sealed_at, &[]);
        second.sealed_at = sealed_at;
        let second = second.emptying_through(false, 1);
        let mut verifier = Verifier::new(Some(&second), Some(first.mark()), now);
        verifier.seal(&first, &[]);
        verifier.seal(&second, &[]);
        verifier.finish(Unsealed::default()).findings
    };
    let due = AT + LEAST_RETENTION;
    assert_eq!(check(due, due), []);
    assert_eq!(check(due, due - Duration::minutes(4)), [], "clocks differ by a little");
    assert_eq!(check(due, AT), [Finding::TimeAstray(2)]);
    assert_eq!(check(AT - Duration::hours(1), due), [Finding::TimeAstray(2), Finding::EmptiedTooEarly(2)]);
}

#[test]
fn a_clock_that_was_set_back_leaves_no_seal_before_the_last_one() {
    let first = Seal::after(None, AT, &[]);
    assert_eq!(Seal::after(Some(&first), AT - Duration::hours(1), &[]).sealed_at, AT);
    assert_eq!(Seal::after(Some(&first), AT + Duration::hours(1), &[]).sealed_at, AT + Duration::hours(1));
}

#[test]
fn a_backlog_that_takes_several_seals_is_no_finding() {
    // Two thousand events waited for two hours, and are sealed within the same second.
    let most = usize::try_from(MOST_MEMBERS).unwrap();
    let events: Vec<Event> = (0..2 * most + 1).map(event).collect();
    let later = AT + Duration::hours(2);
    let mut verifier = Verifier::new(None, None, LATER);
    let mut last = None;
    for some in events.chunks(most) {
        let found: Vec<Found> =
            some.iter().map(|event| Found { member: member(event), event: Some(event.clone()) }).collect();
        let members: Vec<Member> = found.iter().map(|found| found.member).collect();
        let seal = Seal::after(last.as_ref(), later, &members);
        verifier.seal(&seal, &found);
        last = Some(seal);
    }
    assert_eq!(verifier.finish(Unsealed::default()).findings, []);
}
