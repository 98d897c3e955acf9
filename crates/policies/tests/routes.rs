//! Whom a case of each place comes to: every route of the rule files, with the facts that decide it.
#![expect(clippy::unwrap_used, reason = "a test that fails should fail loudly")]

use domain::{
    access::Reach,
    kernel::{BaseId, EmployerId, PlaceCode},
    policy::{
        Rules,
        shape::{Described, RouteSubject, Seat},
    },
    registry::{EmployerKind, PlaceTree, Tier},
    review::{CaseFacts, Lacking, NoRoute, Provider, Stage, Subject, Unit, route, route_of},
};
use policies::{FILES, places};
use std::{collections::BTreeSet, sync::LazyLock};
use uuid::Uuid;

const GUANGDE: &str = "341882-guangde/2020.toml";
const PINGDINGSHAN: &str = "410400-pingdingshan/2021.toml";
const SHAANXI: &str = "610000-shaanxi/2020.toml";
const QINGHAI: &str = "630000-qinghai/2020.toml";

fn tree() -> &'static PlaceTree {
    static TREE: LazyLock<PlaceTree> = LazyLock::new(|| places::tree().unwrap());
    &TREE
}

fn rules(path: &str) -> Rules {
    let file = FILES.iter().find(|file| file.path == path).unwrap();
    Rules::parse_within(file.rules, tree()).unwrap()
}

fn place(code: &str) -> PlaceCode {
    code.parse().unwrap()
}

/// The case of a test. What is not said is not there.
#[derive(Clone)]
struct CaseOf {
    filed_by: Seat,
    place: &'static str,
    kind: EmployerKind,
    unit: Option<&'static str>,
    unit_place: &'static str,
    registered: Option<&'static str>,
    superior: Option<Reach>,
    provider: Option<Provider>,
    series: Option<&'static str>,
    sector_places: &'static [&'static str],
}

/// A teacher of a place whose school files for nobody, without anything else.
fn by(filed_by: Seat, place: &'static str) -> CaseOf {
    CaseOf {
        filed_by,
        place,
        kind: EmployerKind::PublicInstitution,
        unit: Some("某学校"),
        unit_place: place,
        registered: None,
        superior: None,
        provider: None,
        series: Some("教师"),
        sector_places: &[],
    }
}

impl CaseOf {
    fn asked<T>(&self, ask: impl FnOnce(&CaseFacts<'_>) -> T) -> T {
        let (own, unit_place, registered) = (place(self.place), place(self.unit_place), self.registered.map(place));
        let sector_places: Vec<PlaceCode> = self.sector_places.iter().map(|code| place(code)).collect();
        let id = EmployerId::from_uuid(Uuid::nil());
        let unit = |name| Unit { id, name, place: &unit_place, registered_place: registered.as_ref() };
        let employer_kind = self.unit.map(|_| self.kind);
        ask(&CaseFacts {
            place: Some(&own),
            person: Described { series: self.series, employer_kind, ..Described::default() },
            employer: self.unit.map(unit),
            superior: self.superior.as_ref(),
            provider: self.provider.as_ref(),
            sector_places: &sector_places,
            filed_by: self.filed_by,
        })
    }

    fn stages(&self, rules: &Rules, subject: RouteSubject) -> Result<Vec<Stage>, NoRoute> {
        self.asked(|facts| route_of(rules, subject, facts, tree()))
    }

    fn with_sector(mut self, places: &'static [&'static str]) -> Self {
        self.sector_places = places;
        self
    }

    fn of(mut self, kind: EmployerKind) -> Self {
        self.kind = kind;
        self
    }

    fn under(mut self, superior: &str) -> Self {
        self.superior = Some(Reach::Place(place(superior)));
        self
    }

    fn taught_by_base(mut self, tier: Tier) -> Self {
        self.provider = Some(Provider { reach: Reach::Base(BaseId::from_uuid(Uuid::nil())), tier: Some(tier) });
        self
    }

    fn registered_in(mut self, code: &'static str) -> Self {
        self.registered = Some(code);
        self
    }

    fn named(mut self, name: &'static str) -> Self {
        self.unit = Some(name);
        self
    }
}

fn told(stages: &Result<Vec<Stage>, NoRoute>) -> String {
    let one = |stage: &Stage| {
        let whose = match &stage.reach {
            Reach::Everywhere => "everywhere".to_owned(),
            Reach::Place(place) => place.to_string(),
            Reach::Employer(_) => "unit".to_owned(),
            Reach::Base(_) => "base".to_owned(),
            Reach::Series { place, series } => format!("{series}@{place}"),
        };
        let by = stage.by.map_or_else(String::new, |by| format!(" by {by}"));
        format!("{whose} {}{by}", stage.act)
    };
    let lacks = |lacking: &Lacking| format!("{}: {}", lacking.seat, lacking.missing);
    match stages {
        Ok(stages) => stages.iter().map(one).collect::<Vec<_>>().join(" > "),
        Err(NoRoute::None { .. }) => "no route".to_owned(),
        Err(NoRoute::NotForFiler { may, .. }) => {
            format!("for {}", may.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "))
        }
        Err(NoRoute::Unfilled(steps)) => {
            let step = |step: &domain::review::Unfilled| {
                format!("{} lacks {}", step.step, step.lacking.iter().map(lacks).collect::<Vec<_>>().join(", "))
            };
            steps.iter().map(step).collect::<Vec<_>>().join("; ")
        }
        Err(NoRoute::NobodyDecides { .. }) => "nobody decides".to_owned(),
    }
}

type Row = (&'static str, RouteSubject, CaseOf, &'static str);

/// Shaanxi, Guangde and Pingdingshan.
fn rows_of_three() -> Vec<Row> {
    use RouteSubject::*;
    use Seat::*;
    let guangde = |seat| by(seat, "341882").with_sector(&["341882"]);
    let registered = "教师@341882 registers > 341882 verifies";
    vec![
        (
            SHAANXI,
            PublicCourse,
            by(Base, "610100").taught_by_base(Tier::Provincial),
            "610000 selects > base submits > 610000 approves",
        ),
        (
            SHAANXI,
            ProfessionalCourse,
            by(Base, "610100").taught_by_base(Tier::Provincial),
            "610000 approves > base submits > 610000 approves",
        ),
        (
            SHAANXI,
            ProfessionalCourse,
            by(Base, "610100").taught_by_base(Tier::City),
            "610100 forwards > 610000 approves > base submits > 610000 approves",
        ),
        // A zone that is a peer of cities has the city's office.
        (
            SHAANXI,
            ProfessionalCourse,
            by(Base, "610403").taught_by_base(Tier::City),
            "610000-yangling forwards > 610000 approves > base submits > 610000 approves",
        ),
        (
            SHAANXI,
            ProfessionalCourse,
            by(Base, "610581").taught_by_base(Tier::City),
            "610581 forwards > 610000 approves > base submits > 610000 approves",
        ),
        (SHAANXI, PublicHours, by(Platform, "610100"), "nobody decides"),
        (SHAANXI, ProfessionalHours, by(Platform, "610100"), "nobody decides"),
        (SHAANXI, Recognition, by(Learner, "610102"), "unit reviews"),
        (SHAANXI, Recognition, by(Learner, "610102").under("610100"), "610100 reviews"),
        (SHAANXI, Recognition, by(Employer, "610102"), "for learner"),
        (GUANGDE, PlanFiling, guangde(SectorAuthority), "341882 files"),
        (GUANGDE, PlanFiling, guangde(Provider), "341882 files"),
        (GUANGDE, PlanFiling, guangde(Employer), "341882 files"),
        (GUANGDE, PublicHours, guangde(Learner), "341882 registers"),
        (
            GUANGDE,
            ProfessionalHours,
            guangde(Learner).taught_by_base(Tier::Provincial),
            "base registers > 341882 verifies",
        ),
        (GUANGDE, ProfessionalHours, guangde(Learner), registered),
        (GUANGDE, Recognition, guangde(Learner), registered),
        // The authority of a series may sit above: the nearest decides.
        (
            GUANGDE,
            Recognition,
            guangde(Learner).with_sector(&["340000", "341800"]),
            "教师@341800 registers > 341882 verifies",
        ),
        (GUANGDE, Recognition, by(Learner, "341882"), "0 lacks provider: provider, sector_authority: sector_authority"),
        (GUANGDE, EmployerBatch, guangde(Employer), "341882 verifies"),
        (GUANGDE, EmployerBatch, guangde(Learner), "for employer"),
        (GUANGDE, Feedback, guangde(SectorAuthority), "nobody decides"),
        (GUANGDE, Certificate, guangde(Learner), "341882 verifies"),
        (PINGDINGSHAN, PlanFiling, by(SectorAuthority, "410421"), "410421 files"),
        (
            PINGDINGSHAN,
            PlanFiling,
            by(Employer, "410421").with_sector(&["410421"]),
            "教师@410421 reviews > 410421 files",
        ),
        (PINGDINGSHAN, PlanFiling, by(Employer, "410400"), "0 lacks sector_authority: sector_authority"),
        (PINGDINGSHAN, Declaration, by(Learner, "410421"), "nobody decides"),
        (PINGDINGSHAN, ProfessionalHours, by(Learner, "410421"), "410421 reviews"),
        (PINGDINGSHAN, Recognition, by(Learner, "410400-high-tech"), "410400-high-tech reviews"),
        (PINGDINGSHAN, Recognition, by(Employer, "410400"), "unit reviews"),
        (PINGDINGSHAN, Recognition, by(Employer, "410400").under("410400"), "410400 reviews"),
    ]
}

fn rows_of_qinghai() -> Vec<Row> {
    use RouteSubject::*;
    use Seat::*;
    const STEPS: &str = "630102 reviews by 2020-12-15 > 630100 reviews by 2020-12-15 > 630000 reviews by 2020-12-15";
    let school = |seat| by(seat, "630102").with_sector(&["630102", "630000"]);
    let firm = |seat| by(seat, "630102").of(EmployerKind::Enterprise).registered_in("630203");
    let central = |seat| by(seat, "630102").of(EmployerKind::CentralUnit);
    let hospital = |seat| by(seat, "630000").named("青海省人民医院");
    vec![
        (QINGHAI, PlanFiling, firm(Employer), "630203 files"),
        (
            QINGHAI,
            PlanFiling,
            by(Employer, "630102").of(EmployerKind::PrivateInstitution),
            "0 lacks place_of_registration: registered_place",
        ),
        (QINGHAI, PlanFiling, central(Employer), "630000 files"),
        (QINGHAI, PlanFiling, by(Employer, "630102").of(EmployerKind::ArmyKindergarten), "630000 files"),
        (QINGHAI, PlanFiling, school(Employer), "教师@630102 reviews > 630102 files"),
        // One office twice in a row decides once.
        (QINGHAI, PlanFiling, school(Employer).under("630102"), "630102 files"),
        (QINGHAI, PlanFiling, school(Employer).under("630100"), "630100 reviews > 630102 files"),
        (QINGHAI, PlanFiling, by(Employer, "630102"), "0 lacks superior: superior, sector_authority: sector_authority"),
        (QINGHAI, TitleTimeHours, school(Learner), "unit reviews"),
        (
            QINGHAI,
            Recognition,
            school(Employer),
            "教师@630102 reviews > 630102 reviews by 2020-12-15 > 630100 reviews by 2020-12-15 > 630000 reviews by 2020-12-15",
        ),
        (QINGHAI, Recognition, by(Employer, "630102"), STEPS),
        // A step falls away for what is not there, never for what is not known.
        (QINGHAI, Recognition, CaseOf { series: None, ..school(Employer) }, "1 lacks sector_authority: series"),
        (
            QINGHAI,
            Recognition,
            by(Learner, "630102"),
            "unit submits > 630102 reviews by 2020-12-15 > 630100 reviews by 2020-12-15 > 630000 reviews by 2020-12-15",
        ),
        // Directly of the city, directly of the province.
        (QINGHAI, Recognition, by(Employer, "630100"), "630100 reviews by 2020-12-15 > 630000 reviews by 2020-12-15"),
        (QINGHAI, Recognition, by(Employer, "630000"), "630000 reviews by 2020-12-15"),
        (QINGHAI, Recognition, firm(Learner), "unit submits > 630203 reviews by 2020-12-15"),
        (QINGHAI, Recognition, central(Employer), "630000 reviews by 2020-12-15"),
        (QINGHAI, Recognition, hospital(Learner), "unit reviews by 2020-12-15"),
        (QINGHAI, Recognition, hospital(Employer), "unit reviews by 2020-12-15"),
        (QINGHAI, Recognition, hospital(Employer).named("青海省中医院"), "630000 reviews by 2020-12-15"),
        (QINGHAI, ProfessionalHours, hospital(Employer), "unit reviews by 2020-12-15"),
        (QINGHAI, ProfessionalHours, by(Employer, "630102"), STEPS),
        (QINGHAI, ProfessionalHours, by(Base, "630102").taught_by_base(Tier::Provincial), STEPS),
        (QINGHAI, ProfessionalHours, by(Learner, "630102"), "for employer, base"),
        (QINGHAI, Declaration, school(Employer), "nobody decides"),
        (QINGHAI, Report, by(City, "630100"), "nobody decides"),
        (QINGHAI, Feedback, school(Learner), "no route"),
    ]
}

#[test]
fn every_case_takes_the_route_that_the_rule_files_say() {
    let rows: Vec<Row> = rows_of_three().into_iter().chain(rows_of_qinghai()).collect();
    let wrong = rows.iter().filter_map(|(path, subject, case, expected)| {
        let found = told(&case.stages(&rules(path), *subject));
        let which = format!("{subject} of {path} by {} of {} in {}", case.filed_by, case.kind, case.place);
        (found != *expected).then(|| format!("{which}: {expected:?} but {found:?}"))
    });
    assert_eq!(wrong.collect::<Vec<_>>(), Vec::<String>::new());
    for file in FILES {
        let shown: BTreeSet<_> = rows.iter().filter(|row| row.0 == file.path).map(|row| row.1).collect();
        for route in rules(file.path).route {
            assert!(shown.contains(&route.subject), "{} of {} is not shown", route.subject, file.path);
        }
    }
}

#[test]
fn wherever_achievements_are_recognised_there_is_a_route_for_them() {
    for file in FILES {
        let rules = rules(file.path);
        let on_the_ledger = rules.recognition.iter().any(|kind| kind.ledger == domain::policy::shape::Ledger::On);
        let has_route = rules.route.iter().any(|route| route.subject == RouteSubject::Recognition);
        let of_a_place = rules.policy.place.as_str() != "000000";
        assert_eq!(has_route, on_the_ledger && of_a_place, "{}", file.path);
    }
}

#[test]
fn each_of_the_seven_units_reviews_for_itself_whoever_files() {
    let units = [
        "青海大学",
        "青海师范大学",
        "青海民族大学",
        "青海广播电视台",
        "青海日报社",
        "青海省人民医院",
        "青海大学附属医院",
    ];
    for name in units {
        for seat in [Seat::Learner, Seat::Employer] {
            let stages = by(seat, "630000").named(name).stages(&rules(QINGHAI), RouteSubject::Recognition);
            assert_eq!(told(&stages), "unit reviews by 2020-12-15", "{name}");
        }
    }
}

/// The rules of a place with its routes for recognitions written otherwise: everywhere where the text stands.
fn written_otherwise(path: &str, changes: &[(&str, &str)]) -> Rules {
    let file = FILES.iter().find(|file| file.path == path).unwrap();
    let text = changes.iter().fold(file.rules.to_owned(), |text, (from, to)| {
        assert!(text.contains(from), "{from}");
        text.replace(from, to)
    });
    Rules::parse_within(&text, tree()).unwrap()
}

#[test]
fn a_stage_has_the_days_of_its_step_or_else_of_its_route() {
    let step = (r#"act = "reviews" }"#, r#"act = "reviews", days = 10 }"#);
    let last = (
        r#"act = "reviews", by = 2020-12-15 },
]"#,
        r#"act = "reviews", by = 2020-12-15, days = 10 },
]"#,
    );
    let route = (r#"filed_by = ["learner", "employer"]"#, "filed_by = [\"learner\", \"employer\"]\ndays = 20");
    let of_county = by(Seat::Learner, "410421");
    let of_unit = by(Seat::Learner, "630000").named("青海大学");
    for (path, case, step) in [(PINGDINGSHAN, of_county, step), (QINGHAI, of_unit, last)] {
        let days = |changes: &[(&str, &str)]| {
            let stages = case.stages(&written_otherwise(path, changes), RouteSubject::Recognition).unwrap();
            stages.iter().map(|stage| stage.days).collect::<Vec<_>>()
        };
        assert_eq!(days(&[]), [None], "{path}");
        assert_eq!(days(&[step]), [Some(10)], "{path}");
        assert_eq!(days(&[route]), [Some(20)], "{path}");
        assert_eq!(days(&[step, route]), [Some(10)], "{path}");
    }
}

#[test]
fn a_stage_quotes_its_clauses_and_those_by_which_a_unit_reviews_for_itself() {
    let stages = by(Seat::Learner, "630000").named("青海大学").stages(&rules(QINGHAI), RouteSubject::Recognition);
    let clauses: Vec<String> = stages.unwrap()[0].cite.iter().map(|cite| cite.clause.clone()).collect();
    assert_eq!(clauses, ["七(三)", "七(四)", "七(五)", "八(三)", "七(五)"]);
}

#[test]
fn what_no_document_gives_a_route_is_for_the_office_of_the_learners_place() {
    let ask = |code| {
        by(Seat::Learner, code).asked(|facts| told(&route(&rules(SHAANXI), Subject::FileCorrection, facts, tree())))
    };
    for (code, expected) in [
        ("610102", "610102 reviews"),
        ("610000", "610000 reviews"),
        ("610000-yangling", "610000-yangling reviews"),
        // By a code that the county no longer has.
        ("610928", "610928 reviews"),
        ("610981", "610928 reviews"),
        ("000000", "0 lacks county: level"),
        ("999999", "0 lacks county: place"),
    ] {
        assert_eq!(ask(code), expected, "{code}");
    }
}
