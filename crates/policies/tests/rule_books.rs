//! Rule books of several versions and layers: which rules decide an item, and by which tree it is counted later.
//!
//! Situations know one rule file each; what only several together show stands here, made of the embedded files.
#![expect(clippy::panic, clippy::unwrap_used, reason = "a test that fails should fail loudly")]

use domain::{
    completions::{Decision, Facts, Item, Outcome, Reason, ReasonKind, Worth, decide},
    hour_ledger::{Entry, EntryKind, Question, Standing, standing},
    kernel::{CourseId, EntryId, FactId, Hours, LearnerId, PlaceCode, PlatformId, PolicyId},
    policy::{Policy, Resolution, RuleBook, Rules},
    registry::{
        CourseFacts, CourseVersion, Dated, DatedCode, LearnerFacts, Mode, PlaceNode, PlaceTree, PlatformFacts,
        ProviderKind, Requirement, ServedCategory, Tier,
    },
};
use policies::{FILES, places};
use std::{collections::BTreeMap, sync::LazyLock};
use time::{
    Date, OffsetDateTime,
    macros::{date, datetime},
};
use uuid::Uuid;

const SHAANXI: &str = "610000-shaanxi/2020.toml";
const QINGHAI: &str = "630000-qinghai/2020.toml";
const PINGDINGSHAN: &str = "410400-pingdingshan/2021.toml";
const NATION: &str = "000000-national/2015.toml";

/// An embedded rule file with texts replaced, each of which must be there.
fn file(path: &str, replaced: &[(&str, &str)]) -> String {
    let source = FILES.iter().find(|file| file.path == path).unwrap().rules.to_owned();
    replaced.iter().fold(source, |source, (text, other)| {
        assert!(source.contains(text), "{text:?} is not in {path}");
        source.replacen(text, other, 1)
    })
}

/// The part of a file from one text up to another, to be replaced by something else.
fn between<'f>(source: &'f str, from: &str, to: &str) -> &'f str {
    let start = source.find(from).unwrap();
    &source[start..start + source[start..].find(to).unwrap()]
}

/// The rules of Shaanxi for 2021 as they might be published: nothing but `make_up` is of interest.
fn shaanxi_2021(make_up: &str) -> String {
    let of_2020 = file(SHAANXI, &[("year = 2020\n", "year = 2021\n")]);
    let rows = between(&of_2020, "[[make_up]]", "# ---- recognition").to_owned();
    of_2020.replacen(&rows, make_up, 1)
}

const NOTHING_MADE_UP: &str = "[[make_up]]\nmode = \"none\"\nyears_to = 2020\ncite = \"sx354 二(四)1\"\n\n";

/// A book of rule files published one after the other, a day each.
fn book(sources: &[String]) -> RuleBook {
    static TREE: LazyLock<(Vec<PlaceNode>, Vec<DatedCode>)> = LazyLock::new(|| places::seed().unwrap());
    let (nodes, codes) = TREE.clone();
    let mut numbers: BTreeMap<(PlaceCode, i32), i32> = BTreeMap::new();
    let mut published_at = datetime!(2020-01-01 00:00 UTC);
    let mut versions = Vec::new();
    for (index, source) in sources.iter().enumerate() {
        let rules = Rules::parse(source).unwrap_or_else(|faults| panic!("{faults:#?}"));
        let identity = &rules.policy;
        let number = numbers.entry((identity.place.clone(), identity.first_year())).or_default();
        *number += 1;
        let id = PolicyId::from_uuid(Uuid::from_u128(index as u128));
        versions.push(Policy { id, number: *number, published_at, source_hash: String::new(), rules });
        published_at += time::Duration::DAY;
    }
    RuleBook::new(PlaceTree::new(nodes, codes).unwrap(), versions)
}

fn always<T>(value: T) -> Dated<T> {
    let recorded_at = OffsetDateTime::UNIX_EPOCH;
    Dated { value, from_on: recorded_at.date(), recorded_at, fact_id: FactId::from_uuid(Uuid::nil()) }
}

fn learner(place: &str) -> LearnerFacts {
    LearnerFacts {
        places: vec![always(place.parse().unwrap())],
        ..LearnerFacts::nothing_of(LearnerId::from_uuid(Uuid::nil()))
    }
}

fn platform(code: &str, serves: &[&str]) -> PlatformFacts {
    let served = |category: &&str| ServedCategory {
        category: (*category).to_owned(),
        from_on: date!(2000 - 01 - 01),
        until_on: None,
    };
    PlatformFacts {
        id: PlatformId::from_uuid(Uuid::from_u128(1)),
        code: code.to_owned(),
        name: code.to_owned(),
        tier: Tier::Provincial,
        categories: serves.iter().map(served).collect(),
    }
}

fn course(category: &str, policy_year: Option<i32>) -> CourseFacts {
    let version = CourseVersion {
        number: 1,
        title: "示例课程".to_owned(),
        category: category.to_owned(),
        requirement: None,
        subject: None,
        hours: Hours::whole(24),
        modes: vec![Mode::Online, Mode::FaceToFace],
        policy_year,
        available_from: date!(2010 - 01 - 01),
    };
    CourseFacts {
        id: CourseId::from_uuid(Uuid::from_u128(2)),
        code: "C-1".to_owned(),
        provider_kind: ProviderKind::Base,
        provider_id: Uuid::nil(),
        base_tier: Some(Tier::National),
        base_recognised: None,
        versions: vec![version],
        platforms: vec![platform("any", &[]).id],
        filed_on: Some(date!(2015 - 01 - 01)),
    }
}

/// What becomes of an online course on the platform of Shaanxi.
fn finished(book: &RuleBook, learner: &LearnerFacts, course: &CourseFacts, at: OffsetDateTime) -> Decision {
    on_platform(book, learner, course, &platform("jxjy.xidian.edu.cn", &["public", "professional"]), at)
}

fn on_platform(
    book: &RuleBook,
    learner: &LearnerFacts,
    course: &CourseFacts,
    platform: &PlatformFacts,
    at: OffsetDateTime,
) -> Decision {
    let facts = Facts { book, learner, course, platform, received_at: datetime!(2022-03-01 10:00 +08:00) };
    decide(&facts, &item(at))
}

fn item(completed_at: OffsetDateTime) -> Item {
    Item {
        mode: Mode::Online,
        claimed: None,
        started_at: None,
        ended_at: None,
        score: None,
        passed: Some(true),
        completed_at,
    }
}

fn told(decision: &Decision) -> (Option<Outcome>, Vec<&ReasonKind>) {
    let (outcome, reasons): (_, &[Reason]) = match decision {
        Decision::Judged { outcome, reasons, .. } => (Some(*outcome), reasons),
        Decision::Held(reasons) => (None, reasons),
    };
    (outcome, reasons.iter().map(|reason| &reason.kind).collect())
}

fn worth(decision: Decision) -> Worth {
    match decision {
        Decision::Judged { worth: Some(worth), .. } => worth,
        other => panic!("worth nothing: {other:?}"),
    }
}

fn silent(place: &str, year: i32) -> ReasonKind {
    ReasonKind::NoRuleInForce { place: place.parse().unwrap(), year }
}

const IN_NOVEMBER: OffsetDateTime = datetime!(2020-11-30 10:00 +08:00);

#[test]
fn a_push_that_is_merely_late_is_judged_by_the_make_up_that_held_when_it_was_finished() {
    let (person, course) = (learner("610000"), course("professional", Some(2019)));
    let before = book(&[file(SHAANXI, &[])]);
    assert_eq!(told(&finished(&before, &person, &course, IN_NOVEMBER)), (Some(Outcome::Credited), vec![]));
    let after = book(&[file(SHAANXI, &[]), shaanxi_2021(NOTHING_MADE_UP)]);
    assert_eq!(told(&finished(&after, &person, &course, IN_NOVEMBER)), (Some(Outcome::Credited), vec![]));
    let in_2021 = finished(&after, &person, &course, datetime!(2021-01-01 00:00 +08:00));
    assert_eq!(told(&in_2021), (Some(Outcome::Refused), vec![&ReasonKind::MakeUpNotAllowed { year: 2019 }]));
}

#[test]
fn the_rules_of_a_later_year_decide_where_those_of_the_completion_say_nothing() {
    let (person, course) = (learner("610000"), course("professional", Some(2019)));
    let later = book(&[shaanxi_2021(NOTHING_MADE_UP)]);
    let refused = ReasonKind::MakeUpNotAllowed { year: 2019 };
    let decision = finished(&later, &person, &course, IN_NOVEMBER);
    assert_eq!(told(&decision), (Some(Outcome::Refused), vec![&refused]));
}

#[test]
fn what_a_further_version_took_out_no_longer_decides() {
    let (person, course) = (learner("610000"), course("professional", Some(2019)));
    let of_2020 = file(SHAANXI, &[]);
    let row = between(&of_2020, "[[make_up]]", "# SX-23").to_owned();
    let without = of_2020.replacen(&row, "", 1);
    let corrected = book(&[of_2020.clone(), without.clone()]);
    let expected = silent("610000", 2019);
    assert_eq!(told(&finished(&corrected, &person, &course, IN_NOVEMBER)), (None, vec![&expected]));
    let put_back = book(&[of_2020.clone(), without, of_2020]);
    assert_eq!(told(&finished(&put_back, &person, &course, IN_NOVEMBER)), (Some(Outcome::Credited), vec![]));
}

#[test]
fn what_was_finished_within_its_year_waits_for_that_years_rules_and_is_released_by_them() {
    let (person, course) = (learner("630000"), course("professional", None));
    let at = datetime!(2019-05-01 10:00 +08:00);
    let book_of_2020 = book(&[file(QINGHAI, &[])]);
    let expected = silent("630000", 2019);
    let anywhere = platform("base.example.cn", &["professional"]);
    let held = on_platform(&book_of_2020, &person, &course, &anywhere, at);
    assert_eq!(told(&held), (None, vec![&expected]));
    let window = between(&file(QINGHAI, &[]), "# QH-47, QH-66\n[[study_window]]", "# QH-46").to_owned();
    let make_up = between(&file(QINGHAI, &[]), "[[make_up]]", "# QH-43, QH-44\n[surplus]").to_owned();
    let of_2019 = file(QINGHAI, &[("year = 2020\n", "year = 2019\n"), (&window, ""), (&make_up, "")]);
    let both = book(&[file(QINGHAI, &[]), of_2019]);
    let decision = on_platform(&both, &person, &course, &anywhere, at);
    assert_eq!(told(&decision), (Some(Outcome::Credited), vec![]));
    assert_eq!(worth(decision).year, 2019);
}

#[test]
fn make_up_for_the_year_of_completion_is_that_years_alone() {
    let (person, course) = (learner("630000"), course("professional", Some(2019)));
    let anywhere = platform("base.example.cn", &["professional"]);
    let in_2021 = datetime!(2021-03-01 10:00 +08:00);
    let alone = book(&[file(QINGHAI, &[])]);
    let expected = silent("630000", 2021);
    assert_eq!(told(&on_platform(&alone, &person, &course, &anywhere, in_2021)), (None, vec![&expected]));
    // The next notice says nothing of make-up: then the extension of 2020 is over.
    let make_up = between(&file(QINGHAI, &[]), "[[make_up]]", "# QH-43, QH-44\n[surplus]").to_owned();
    let of_2021 = file(
        QINGHAI,
        &[
            ("year = 2020\n", "year = 2021\n"),
            ("closes_on = 2020-12-31", "closes_on = 2021-12-31"),
            (
                "on_time_until = 2020-11-30\ncloses_on = 2020-12-31",
                "on_time_until = 2021-11-30\ncloses_on = 2021-12-31",
            ),
            (&make_up, ""),
        ],
    );
    let both = book(&[file(QINGHAI, &[]), of_2021]);
    let decision = on_platform(&both, &person, &course, &anywhere, in_2021);
    assert_eq!(told(&decision), (Some(Outcome::Refused), vec![&ReasonKind::MakeUpNotAllowed { year: 2019 }]));
    let in_2020 = on_platform(&both, &person, &course, &anywhere, datetime!(2020-03-01 10:00 +08:00));
    assert_eq!((told(&in_2020).0, worth(in_2020).year), (Some(Outcome::Credited), 2020));
}

fn standing_of(book: &RuleBook, learner: &LearnerFacts, entry: Entry, today: Date) -> Standing {
    let entries = [entry];
    standing(&Question { book, learner, year: 2021, entries: &entries, today, known_at: None })
}

#[test]
fn a_required_course_stays_required_when_the_place_is_corrected_to_a_finer_tree() {
    let book = book(&[file(NATION, &[]), file(PINGDINGSHAN, &[])]);
    let mut course = course("public", Some(2021));
    course.versions[0].requirement = Some(Requirement::Required);
    let platform = platform("pdszj.hnhhlearning.com", &["public"]);
    let at = datetime!(2021-06-01 10:00 +08:00);
    let worth = worth(on_platform(&book, &learner("410700"), &course, &platform, at));
    assert_eq!((worth.category.as_str(), worth.node().as_str()), ("public.required", "public"));
    let entry = Entry {
        id: EntryId::from_uuid(Uuid::nil()),
        learner: LearnerId::from_uuid(Uuid::nil()),
        kind: EntryKind::Credit,
        year: worth.year,
        place: worth.place.clone(),
        category: worth.category.clone(),
        subject: None,
        hours: worth.hours,
        course: Some(course.id),
        course_version: Some(1),
        platform: Some(platform.id),
        external_id: Some("E-1".to_owned()),
        completion: None,
        decision_number: Some(1),
        mode: Some(Mode::Online),
        started_at: None,
        ended_at: None,
        completed_at: at,
        ground: None,
        policy: Some(worth.policy.id),
        review: Vec::new(),
        reverses: None,
        reason_code: None,
        recorded_at: at,
        recorded_by: "platform".to_owned(),
    };
    let counted_as = |place: &str| {
        let standing = standing_of(&book, &learner(place), entry.clone(), date!(2021 - 12 - 31));
        standing.counted[0].node.as_str().to_owned()
    };
    assert_eq!(counted_as("410700"), "public");
    assert_eq!(counted_as("410402"), "public.required");
}

#[test]
fn a_part_of_a_minute_is_needed_whole() {
    let (book, learner, mut course) = (book(&[file(NATION, &[])]), learner("340000"), course("professional", None));
    course.versions[0].hours = "0.5".parse().unwrap();
    let platform = platform("any", &["professional"]);
    let facts =
        Facts { book: &book, learner: &learner, course: &course, platform: &platform, received_at: IN_NOVEMBER };
    let (started_at, ended_at) = (Some(IN_NOVEMBER - time::Duration::seconds(22 * 60 + 29)), Some(IN_NOVEMBER));
    let decision = decide(&facts, &Item { started_at, ended_at, ..item(IN_NOVEMBER) });
    let doubt = ReasonKind::MoreThanTheTime { minutes_needed: 23, minutes_between: 22 };
    assert_eq!(told(&decision), (Some(Outcome::NeedsReview), vec![&doubt]));
}

#[test]
fn only_the_next_wider_layer_is_information_where_a_year_has_no_rules() {
    let city = file(PINGDINGSHAN, &[]);
    let province = file(SHAANXI, &[("place = \"610000\"", "place = \"410000\"")]);
    let wider = |sources: &[String], year| {
        let place: PlaceCode = "410402".parse().unwrap();
        match book(sources).resolve(&place, year, None) {
            Resolution::NoRuleInForce { layer, wider } => {
                assert_eq!(layer.as_str(), "410400");
                wider.map(|policy| policy.rules.policy.place.as_str().to_owned())
            }
            other => panic!("{other:?}"),
        }
    };
    let all = [file(NATION, &[]), province, city.clone()];
    assert_eq!(wider(&all, 2020).as_deref(), Some("410000"));
    assert_eq!(wider(&all, 2019), None);
    assert_eq!(wider(&[file(NATION, &[]), city], 2019).as_deref(), Some("000000"));
}

#[test]
fn a_further_version_comes_from_an_authority_that_issued_the_one_in_force() {
    let book = book(&[file(NATION, &[]), file(QINGHAI, &[])]);
    let displaces = |replaced: &[(&str, &str)]| {
        let rules = Rules::parse(&file(QINGHAI, replaced)).unwrap();
        book.displaced_of_another_issuer(&rules).is_some()
    };
    let finance = ("issuer = \"青海省人力资源和社会保障厅\"\nprinted_on", "issuer = \"青海省财政厅\"\nprinted_on");
    assert!(!displaces(&[]));
    assert!(!displaces(&[("min = 45", "min = 40")]));
    assert!(displaces(&[finance]));
    // Another year, or another place, takes the place of nothing.
    let make_up = between(&file(QINGHAI, &[]), "[[make_up]]", "# QH-43, QH-44\n[surplus]").to_owned();
    assert!(!displaces(&[finance, ("year = 2020\n", "year = 2019\n"), (&make_up, "")]));
    assert!(!displaces(&[finance, ("place = \"630000\"", "place = \"630100\"")]));
    // A successor that cites what it takes over from.
    let both = ("cite = \"qh227 一; 四(一); 未尽事宜\"", "cite = \"qh227 一; plan29 一\"");
    assert!(!displaces(&[finance, both]));
}

#[test]
fn a_share_of_what_was_earned_is_turned_in_both_of_its_parts() {
    let share = "share = { numerator = 2, denominator = 3, of = \"required_total\" }";
    let turned = |path: &str, replaced: &[(&str, &str)]| {
        let turns = Rules::parse(&file(path, replaced)).unwrap().turns().into_iter().map(|turn| turn.what);
        turns.filter(|what| what.contains("share")).collect::<Vec<_>>()
    };
    assert_eq!(turned(NATION, &[]), Vec::<String>::new());
    let earned = share.replace("required_total", "earned_total");
    assert_eq!(
        turned(NATION, &[(share, &earned)]),
        [
            "category professional share numerator + 1",
            "category professional share numerator - 1",
            "category professional share denominator + 1",
            "category professional share denominator - 1",
        ]
    );
    // What would be no share between 0 and 1 is no turn.
    let half = earned.replace("numerator = 2, denominator = 3", "numerator = 1, denominator = 1");
    assert_eq!(turned(NATION, &[(share, &half)]), ["category professional share denominator + 1"]);
}

/// What was not available is said to be open, and nothing is made up in its place (SX-A18).
#[test]
fn the_table_of_recognition_of_shaanxi_is_left_open_with_a_note() {
    let rules = Rules::parse(&file(SHAANXI, &[])).unwrap();
    let [recognition] = &rules.recognition[..] else { panic!("one kind of recognition: {}", rules.recognition.len()) };
    let formula = recognition.formula.as_ref().unwrap();
    assert!(formula.by_reviewer == Some(true) && recognition.category.is_none() && recognition.cap.is_none());
    let bounds = formula.bounds.as_ref().unwrap();
    assert!(bounds.least.is_none() && bounds.most.is_none(), "no figure is invented");
    assert!(bounds.cite.0.iter().all(|cite| cite.document == "学时服务默认规则"), "no clause is borrowed");
    let note = recognition.note.as_deref().unwrap();
    assert!(note.starts_with("Left open") && note.contains("陕人社发〔2016〕27号"), "{note}");
}
