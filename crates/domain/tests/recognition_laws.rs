//! What holds of every judgement over an achievement, whatever the rule and the claim.
#![expect(clippy::unwrap_used, reason = "a test that fails should fail loudly")]

use domain::{
    kernel::{FactId, Hours, LearnerId},
    policy::{CategoryCode, Rules},
    recognition::{Claim, Facts, Grant, Judged, Listing, Outcome, ReasonKind, exempt, worth},
    registry::{Dated, EmploymentKind, LearnerFacts, Level, Post},
};
use proptest::prelude::*;
use std::sync::LazyLock;
use time::{Date, Duration, OffsetDateTime, macros::date};
use uuid::Uuid;

const FRAME: &str = r#"format = 1
document.notice = { number = "示例〔2020〕1号", title = "示例通知", issuer = "示例厅" }
policy = { place = "610000", year = 2020, title = "示例", cite = "notice 标题" }
year = { cite = "notice 一" }
unit = { name = "学时", hours_per_day = 8, cite = "notice 一" }
category = [
  { code = "public", name = "公需科目", min = 30, cite = "notice 一" },
  { code = "professional", name = "专业科目", min = 60, cite = "notice 一" },
  { code = "professional.core", name = "核心", min = 20, cite = "notice 一" },
]
total = { min = 90, cite = "notice 一" }
"#;

/// One kind of each formula, with and without a cap.
static RULES: LazyLock<Rules> = LazyLock::new(|| {
    let kinds = [
        ("fixed", "formula = { fixed = 12 }\nearned_by = \"grant_date\"\nrank_to = 3\nwithin_present_post = true"),
        (
            "days",
            "formula = { per_day = 8, excluded = [\"travel\"], stated_hours_win = true }\nearned_by = \"activity_end\"",
        ),
        (
            "capped",
            "formula = { per_day = 8 }\ncap = { hours = 20, per = \"item\" }\nearned_by = \"activity_end\"\nearned_from = 2020-03-01",
        ),
        (
            "ranks",
            "formula = { by_rank = [{ from = 1, to = 2, hours = 9 }, { from = 3, hours = 0 }] }\nearned_by = \"grant_date\"\nledger = \"off\"",
        ),
        (
            "roles",
            "formula = { by_role = [{ role = \"主持\", hours = 30, granted = \"per_project_year\" }, { role = \"参与\", hours = 10, granted = \"once_at_conclusion\" }] }\nearned_by = \"conclusion\"\nwithin_present_post = true\nledger = \"off\"",
        ),
        ("filed", "formula = { as_filed = true }\nearned_by = \"activity_end\""),
        ("year", "formula = { fulfils = \"category_year\" }\nearned_by = \"certificate_date\""),
        ("tenure", "formula = { fulfils = \"category_tenure\" }\nearned_by = \"certificate_date\"\nledger = \"off\""),
        ("granted", "formula = { by_reviewer = true, bounds = { least = 2, most = 40, cite = \"notice 六\" } }"),
    ];
    let table = |(kind, keys): &(&str, &str)| {
        let ledger = if keys.contains("ledger") { "" } else { "ledger = \"on\"\n" };
        format!(
            "\n[[recognition]]\nkind = \"{kind}\"\nname = \"成果\"\ncategory = \"professional\"\n{ledger}{keys}\ncite = \"notice 五\"\n"
        )
    };
    let everything = "\n[[recognition]]\nkind = \"everything\"\nname = \"成果\"\nledger = \"on\"\nformula = { fulfils = \"everything_year\" }\ncite = \"notice 五\"\n";
    let lists = [
        ("all", "everything_year", ""),
        ("part", "category_year", ""),
        ("core", "category_year", "categories = [\"professional.core\"]"),
    ];
    let list = |(kind, fulfils, keys): &(&str, &str, &str)| {
        format!(
            "\n[[exemption]]\nkind = \"{kind}\"\nname = \"名单\"\nfulfils = \"{fulfils}\"\n{keys}\nlist_by = \"示例局\"\ncite = \"notice 七\"\n"
        )
    };
    let source = format!(
        "{FRAME}{}{everything}{}",
        kinds.iter().map(table).collect::<String>(),
        lists.iter().map(list).collect::<String>()
    );
    Rules::parse(&source).unwrap()
});

const TODAY: Date = date!(2020 - 12 - 01);

fn learner(since: Date) -> LearnerFacts {
    let fact = |level, from_on| Dated {
        value: Post { series: None, level: Some(level), employment_kind: EmploymentKind::Permanent },
        from_on,
        recorded_at: OffsetDateTime::UNIX_EPOCH,
        fact_id: FactId::from_uuid(Uuid::nil()),
    };
    LearnerFacts {
        posts: vec![fact(Level::Assistant, date!(2000 - 01 - 01)), fact(Level::Intermediate, since)],
        ..LearnerFacts::nothing_of(LearnerId::from_uuid(Uuid::nil()))
    }
}

fn judged(since: Date, claim: &Claim) -> Judged {
    worth(&Facts { rules: &RULES, learner: &learner(since), today: TODAY, known_at: None }, claim)
}

fn day() -> impl Strategy<Value = Option<Date>> {
    prop::option::of((0_i64..2500).prop_map(|days| date!(2014 - 06 - 01) + Duration::days(days)))
}

fn claims() -> impl Strategy<Value = Claim> {
    let kinds: Vec<String> = RULES.recognition.iter().map(|kind| kind.kind.clone()).collect();
    let amounts = (prop::option::of(0_u32..40), 0_u32..6, prop::option::of(0_i64..60), prop::option::of(0_u32..6));
    let granted = prop::option::of((0_i64..60, any::<bool>()));
    (
        prop::sample::select(kinds),
        [day(), day(), day(), day(), day()],
        amounts,
        0_usize..3,
        granted,
        prop::option::of(0_i64..60),
    )
        .prop_map(
            |(kind, [first_on, last_on, certificate_on, granted_on, concluded_on], amounts, role, granted, filed)| {
                let (days, travel_days, stated, rank) = amounts;
                Claim {
                    kind,
                    first_on,
                    last_on,
                    certificate_on,
                    granted_on,
                    concluded_on,
                    days,
                    travel_days,
                    stated: stated.map(Hours::whole),
                    document_named: true,
                    rank,
                    role: [None, Some("主持"), Some("参与")][role].map(str::to_owned),
                    filed: filed.map(Hours::whole),
                    granted: granted.map(|(hours, reason_given)| Grant { hours: Hours::whole(hours), reason_given }),
                    ..Claim::default()
                }
            },
        )
}

proptest! {
    #[test]
    fn an_outcome_is_that_of_its_reasons_and_only_what_is_not_refused_has_lines(claim in claims(), since in 0_i64..2500) {
        let judged = judged(date!(2014 - 06 - 01) + Duration::days(since), &claim);
        let open = judged.reasons.iter().filter(|reason| reason.is_open_question()).count();
        let outcome = match (judged.reasons.len() - open, open) {
            (0, 0) => Outcome::Worth,
            (0, _) => Outcome::NeedsReview,
            _ => Outcome::Refused,
        };
        prop_assert_eq!(judged.outcome, outcome);
        prop_assert!(judged.outcome != Outcome::Refused || judged.lines.is_empty());
        prop_assert!(judged.outcome != Outcome::Worth || !judged.lines.is_empty());
        prop_assert!(judged.reasons.is_sorted_by_key(|reason| reason.is_open_question()));
        let mut codes: Vec<String> = judged.reasons.iter().map(|reason| format!("{:?}", reason.kind)).collect();
        codes.sort();
        prop_assert!(codes.windows(2).all(|pair| pair[0] != pair[1]), "said twice: {:?}", codes);
    }

    #[test]
    fn a_line_has_hours_or_a_fulfilment_and_each_year_one(claim in claims()) {
        let judged = judged(date!(2016 - 01 - 01), &claim);
        let mut years = Vec::new();
        for line in &judged.lines {
            prop_assert_eq!(line.fulfils.is_none(), line.hours.is_positive());
            prop_assert_eq!(&line.achievement, &claim.kind);
            prop_assert!(line.year <= TODAY.year());
            years.push(line.year);
        }
        prop_assert!(years.windows(2).all(|pair| pair[0] + 1 == pair[1]), "{:?}", years);
    }

    #[test]
    fn a_cap_cuts_nothing_by_itself(claim in claims()) {
        let mut uncapped = (*RULES).clone();
        uncapped.recognition.iter_mut().for_each(|kind| kind.cap = None);
        let facts = Facts { rules: &uncapped, learner: &learner(TODAY), today: TODAY, known_at: None };
        let (with, without) = (judged(TODAY, &claim), worth(&facts, &claim));
        prop_assert_eq!(with.lines, without.lines);
        prop_assert_eq!(with.reasons, without.reasons);
    }

    #[test]
    fn every_step_has_its_clause_and_can_be_printed_in_both_languages(claim in claims()) {
        for step in judged(date!(2016 - 01 - 01), &claim).steps {
            prop_assert!(!step.cite.is_empty());
            let (english, chinese) = (step.kind.in_english(), step.kind.in_chinese());
            prop_assert!(!english.is_empty() && english != chinese, "{} {}", english, chinese);
            prop_assert!(chinese.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c)), "{}", chinese);
        }
    }
}

#[test]
fn what_is_left_open_for_the_year_and_the_grant_is_judged_once_it_is_said() {
    let claim = |granted| Claim {
        kind: "granted".to_owned(),
        last_on: Some(date!(2020 - 05 - 01)),
        granted,
        ..Claim::default()
    };
    let said = |hours, reason_given| judged(TODAY, &claim(Some(Grant { hours: Hours::whole(hours), reason_given })));
    assert_eq!(judged(TODAY, &claim(None)).outcome, Outcome::NeedsReview);
    assert_eq!(
        [1, 2, 40, 41].map(|hours| said(hours, true).outcome),
        [Outcome::Refused, Outcome::Worth, Outcome::Worth, Outcome::Refused]
    );
    assert_eq!(said(20, false).outcome, Outcome::Refused);
    let clause = &said(41, true).reasons[0].cite[0].clause;
    assert_eq!(clause, "六", "the bounds have their own clause");
}

#[test]
fn a_list_reaches_everything_or_the_categories_that_it_names() {
    let facts = Facts { rules: &RULES, learner: &learner(TODAY), today: TODAY, known_at: None };
    let lines = |kind: &str| {
        let judged = exempt(&facts, &Listing { kind: kind.to_owned(), year: 2020 });
        assert_eq!(judged.outcome, Outcome::Worth, "{:?}", judged.reasons);
        judged
            .lines
            .into_iter()
            .map(|line| line.category.map_or("everything".to_owned(), |code| code.to_string()))
            .collect::<Vec<_>>()
    };
    assert_eq!(lines("all"), ["everything"]);
    assert_eq!(lines("part"), ["public", "professional"], "the tops of the tree, each with all below");
    assert_eq!(lines("core"), ["professional.core"]);
}

#[test]
fn a_category_is_named_by_the_rule_or_by_the_claim() {
    let mut rules = (*RULES).clone();
    let kind = rules.recognition.iter_mut().find(|kind| kind.kind == "fixed").unwrap();
    (kind.category, kind.within_present_post) = (None, None);
    kind.categories = ["public", "professional.core"].map(CategoryCode::new).to_vec();
    let named = |code: Option<&str>| {
        let category = code.map(CategoryCode::new);
        let claim =
            Claim { kind: "fixed".to_owned(), granted_on: Some(TODAY), rank: Some(3), category, ..Claim::default() };
        let judged = worth(&Facts { rules: &rules, learner: &learner(TODAY), today: TODAY, known_at: None }, &claim);
        judged.reasons.first().map(|reason| match &reason.kind {
            ReasonKind::CategoryMissing { admitted } | ReasonKind::CategoryNotAdmitted { admitted, .. } => {
                admitted.len()
            }
            _ => 0,
        })
    };
    assert_eq!(named(Some("public")), None);
    assert_eq!(named(Some("professional.core")), None);
    assert_eq!(named(Some("professional")), Some(2));
    assert_eq!(named(None), Some(2));
}

#[test]
fn claims_that_share_a_day_resemble_each_other_and_where_the_first_day_is_not_declared_it_takes_as_many_back() {
    let taking = |first_on, last_on, days| Claim { first_on, last_on: Some(last_on), days, ..Claim::default() };
    let week = taking(Some(date!(2020 - 09 - 07)), date!(2020 - 09 - 11), Some(3));
    assert_eq!(week.days_taken(), Some((date!(2020 - 09 - 07), date!(2020 - 09 - 11))));
    for (days, last, first, alike) in [
        (Some(3), date!(2020 - 09 - 13), date!(2020 - 09 - 11), true),
        (Some(2), date!(2020 - 09 - 13), date!(2020 - 09 - 12), false),
        (Some(0), date!(2020 - 09 - 11), date!(2020 - 09 - 11), true),
        (None, date!(2020 - 09 - 07), date!(2020 - 09 - 07), true),
        (None, date!(2020 - 09 - 06), date!(2020 - 09 - 06), false),
    ] {
        let other = Claim { kind: "other".to_owned(), ..taking(None, last, days) };
        assert_eq!(other.days_taken(), Some((first, last)), "{days:?}");
        assert_eq!((week.resembles(&other), other.resembles(&week)), (alike, alike), "{days:?} until {last}");
    }
    assert_eq!(Claim { first_on: Some(TODAY), ..Claim::default() }.days_taken(), None);
}
