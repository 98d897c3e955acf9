//! The registry's room: what is kept comes back as facts, and pages are bounded and ordered.

use crate::{
    databases::on_each,
    sample::{self, AT, Sample, fill, new_fact_id, new_learner_id, place},
};
use domain::{
    kernel::{Hours, LearnerId},
    registry::{CodeSystem, DatedCode, EmployerKind, Mode, PlaceTree, Tier, held_on},
};
use store::{
    Db, Store, StoreError, policy,
    registry::{
        self, AfterName, CourseChange, CourseSearch, LearnerPlace, LearnerSearch, Search, insert_learners,
        search_learners,
    },
};
use time::{
    Date,
    macros::{date, datetime},
};

fn upsert_one(store: &Store, input: &registry::CourseInput) -> registry::CourseUpserted {
    let input = input.clone();
    store.write_blocking(move |db| registry::upsert_courses(db, std::slice::from_ref(&input), AT, "officer")).unwrap()
        [0]
}

#[test]
fn places_and_their_codes_come_back_in_order_and_move_the_rule_book_only_when_they_change() {
    on_each(|database| {
        let store = database.store();
        let code = |until_on| DatedCode {
            system: CodeSystem::Gb2260,
            code: "610199".to_owned(),
            place: place("610100"),
            from_on: date!(1980 - 01 - 01),
            until_on,
            // A name comes with the second writing only.
            name: until_on.map(|_| "示例市".to_owned()),
        };
        let put = |code: DatedCode| {
            store.write_blocking(move |db| registry::upsert_places(db, &sample::tree(), std::slice::from_ref(&code)))
        };
        let revision = || store.read_blocking(|db| policy::current_revision(db, policy::RULE_BOOK)).unwrap();
        assert_eq!(put(code(None)).unwrap(), 5);
        let first = revision();
        assert_eq!(put(code(None)).unwrap(), 0);
        assert_eq!(revision(), first);
        assert_eq!(put(code(Some(date!(2021 - 01 - 01)))).unwrap(), 1);
        assert!(revision() > first);
        let (nodes, codes) = store.read_blocking(registry::load_places).unwrap();
        assert_eq!(nodes, sample::tree());
        assert_eq!(codes, [code(Some(date!(2021 - 01 - 01)))]);
        assert_eq!(PlaceTree::new(nodes, codes).unwrap().find("610199").unwrap().code, place("610100"));
        let below = place("000000");
        let page = store.read_blocking(|db| registry::list_places(db, Some(&below), None, 1)).unwrap();
        assert_eq!(page[0].code, place("610000"));
        let page = store.read_blocking(|db| registry::list_places(db, Some(&below), Some(&page[0].code), 9)).unwrap();
        assert_eq!(page.len(), 1);
    });
}

#[test]
fn a_course_gets_a_new_version_only_when_it_says_something_else() {
    on_each(|database| {
        let store = database.store();
        let Sample { base, platform, course, .. } = fill(store);
        let mut input = sample::course("C-1", base, platform);
        let unchanged = upsert_one(store, &input);
        assert_eq!((unchanged.course_id, unchanged.number, unchanged.change), (course, 1, CourseChange::Unchanged));
        input.version.hours = Hours::whole(16);
        input.platforms.clear();
        let changed = upsert_one(store, &input);
        assert_eq!((changed.course_id, changed.number, changed.change), (course, 2, CourseChange::NewVersion));
        let facts = store.read_blocking(|db| registry::courses_by_code(db, &["C-1", "C-2"])).unwrap();
        assert_eq!(facts.len(), 1);
        assert_eq!(facts[0].versions.iter().map(|v| v.hours).collect::<Vec<_>>(), [Hours::whole(8), Hours::whole(16)]);
        assert_eq!(facts[0].versions[0].modes, [Mode::Online, Mode::FaceToFace]);
        assert_eq!(facts[0].base_tier, Some(Tier::Provincial));
        assert_eq!(facts[0].base_recognised, Some((date!(2019 - 01 - 01), None)));
        assert!(facts[0].platforms.is_empty());
        assert_eq!(facts, store.read_blocking(|db| registry::courses_by_id(db, &[course])).unwrap());
    });
}

#[test]
fn the_last_statement_about_a_filing_holds() {
    on_each(|database| {
        let store = database.store();
        let Sample { course, .. } = fill(store);
        let (early, late) = (date!(2021 - 02 - 01), date!(2021 - 03 - 01));
        let file = |filing: Option<(Date, &str)>| {
            let filing = filing.map(|(day, reference)| (day, reference.to_owned()));
            let say = move |db: &mut Db| registry::insert_filing(db, course, filing.as_ref(), AT, "officer");
            store.write_blocking(say).unwrap()
        };
        let filed_on = || store.read_blocking(|db| registry::courses_by_id(db, &[course])).unwrap()[0].filed_on;
        assert!(!file(None), "nothing was filed, so nothing is withdrawn");
        let statements = [
            Some((early, "1号")),
            Some((late, "1号")),
            Some((late, "2号")),
            None,
            Some((late, "2号")),
            Some((early, "1号")),
        ];
        for filing in statements {
            assert!(file(filing), "{filing:?}");
            assert!(!file(filing), "{filing:?} again");
            assert_eq!(filed_on(), filing.map(|(day, _)| day));
        }
    });
}

#[test]
fn courses_are_paged_by_code_and_found_by_title_or_platform() {
    on_each(|database| {
        let store = database.store();
        let Sample { base, platform, .. } = fill(store);
        let inputs: Vec<_> = ["C-3", "C-2", "X-1"].map(|code| sample::course(code, base, platform)).into();
        store.write_blocking(move |db| registry::upsert_courses(db, &inputs, AT, "officer")).unwrap();
        let found = |search: CourseSearch<'_>| -> Vec<String> {
            let page = store.read_blocking(|db| registry::search_courses(db, search)).unwrap();
            page.into_iter().map(|facts| facts.code).collect()
        };
        let all = CourseSearch { limit: 2, ..CourseSearch::default() };
        assert_eq!(found(all), ["C-1", "C-2"]);
        assert_eq!(found(CourseSearch { after: Some("C-2"), ..all }), ["C-3", "X-1"]);
        assert_eq!(found(CourseSearch { text: Some("C-"), limit: 9, ..all }), ["C-1", "C-2", "C-3"]);
        assert_eq!(found(CourseSearch { text: Some("课程 X"), ..all }), ["X-1"]);
        assert_eq!(found(CourseSearch { platform: Some(platform), limit: 9, ..all }).len(), 4);
        assert!(found(CourseSearch { provider: Some(platform.as_uuid()), ..all }).is_empty());
    });
}

#[test]
fn a_credit_code_belongs_to_one_employer_and_finds_it() {
    on_each(|database| {
        let store = database.store();
        let Sample { employer, platform, .. } = fill(store);
        let code = "12610000000000000X";
        let rival = sample::employer("另一学校", Some(code));
        let refused = store.write_blocking(move |db| registry::upsert_employer(db, &rival));
        let Err(StoreError::Conflict { table, .. }) = refused else { panic!("{refused:?}") };
        assert_eq!(table.as_deref(), Some("employer_credit_code"));
        let found = store.read_blocking(|db| registry::find_employer_by_credit_code(db, code)).unwrap().unwrap();
        assert_eq!(found.employer_id, employer);
        let by_code = Search { text: Some(code), limit: 9, ..Search::default() };
        assert_eq!(
            store.read_blocking(|db| registry::search_employers(db, by_code)).unwrap(),
            std::slice::from_ref(&found)
        );
        let after = AfterName { name: found.name, id: employer.as_uuid() };
        let next = Search { after: Some(&after), limit: 9, ..Search::default() };
        assert!(store.read_blocking(|db| registry::search_employers(db, next)).unwrap().is_empty());
        let facts = store.read_blocking(|db| registry::platform_facts(db, platform)).unwrap().unwrap();
        assert!(facts.serves("public.required", date!(2021 - 06 - 01)));
        let by_code = Search { text: Some("demo"), places: Some(&[place("610000")]), limit: 9, ..Search::default() };
        assert_eq!(store.read_blocking(|db| registry::search_platforms(db, by_code)).unwrap().len(), 1);
    });
}

#[test]
fn the_names_of_a_documents_file_are_its_holders_also_where_a_merge_is_undone_before_they_are_asked_for() {
    on_each(|database| {
        let store = database.store();
        let Sample { employer, learner: stays, .. } = fill(store);
        let other = sample::learner("示例乙", "hash-2", "610100", employer);
        let ends = other.person.learner_id;
        let _ = store.write_blocking(move |db| insert_learners(db, std::slice::from_ref(&other))).unwrap();
        let (merge, undoing) = sample::undone_merge(ends, stays);
        store.write_blocking(move |db| registry::insert_merge(db, &merge)).unwrap();
        let holders = store.read_blocking(|db| registry::find_by_identifier(db, &["hash-2"])).unwrap();
        assert_eq!((holders[0].registered, holders[0].learner), (ends, stays));
        store.write_blocking(move |db| registry::insert_undoing(db, &undoing)).unwrap();
        let names = store.read_blocking(move |db| registry::names_of_holders(db, &holders, &[])).unwrap();
        assert_eq!(names[&stays], ["示例乙", "示例甲"]);
        assert_eq!(names[&ends], ["示例乙"]);
    });
}

#[test]
fn of_files_that_ended_one_in_another_the_last_one_stands_for_all() {
    on_each(|database| {
        let store = database.store();
        let Sample { employer, learner: last, .. } = fill(store);
        let ended = ["hash-2", "hash-3", "hash-4"].map(|hash| sample::learner("示例乙", hash, "610100", employer));
        let [one, two, three] = ended.each_ref().map(|learner| learner.person.learner_id);
        let _ = store.write_blocking(move |db| insert_learners(db, &ended)).unwrap();
        for (ends, stays) in [(one, two), (two, three), (three, last)] {
            let (merge, _) = sample::undone_merge(ends, stays);
            store.write_blocking(move |db| registry::insert_merge(db, &merge)).unwrap();
        }
        // However they are asked for: together, from the end, or one of them alone.
        for asked in [vec![one, two, three, last], vec![last, three, two, one], vec![one], vec![three, one]] {
            let found = store.read_blocking(|db| registry::successors(db, &asked)).unwrap();
            let facts = store.read_blocking(|db| registry::load_learner_facts(db, &asked)).unwrap();
            for facts in facts {
                let stands = (facts.id != last).then_some(last);
                assert_eq!((found.get(&facts.id).copied(), facts.ended_in), (stands, stands));
                let (alone, _) = store.read_blocking(|db| registry::load_person(db, facts.id)).unwrap();
                assert_eq!(alone, facts);
            }
        }
        assert!(store.read_blocking(|db| registry::successors(db, &[])).unwrap().is_empty());
    });
}

#[test]
fn a_known_identity_document_makes_no_second_learner() {
    on_each(|database| {
        let store = database.store();
        let Sample { employer, learner, .. } = fill(store);
        let again = sample::learner("示例甲", "hash-1", "610100", employer);
        let new = sample::learner("示例乙", "hash-2", "630000", employer);
        let twice = sample::learner("示例乙", "hash-2", "630000", employer);
        let rows = vec![again, new.clone(), twice];
        let kept = store.write_blocking(move |db| insert_learners(db, &rows)).unwrap();
        assert_eq!(kept.len(), 1);
        let found = store.read_blocking(|db| registry::find_by_identifier(db, &["hash-1", "hash-2", "x"])).unwrap();
        assert_eq!(found.len(), 2);
        let nobody = new_learner_id();
        let facts = store.read_blocking(|db| registry::load_learner_facts(db, &[nobody, learner])).unwrap();
        assert_eq!(facts[0].id, nobody);
        assert!(facts[0].places.is_empty());
        assert_eq!(facts[1].places[0].value, place("610100"));
        assert_eq!(facts[1].employers[0].value, Some(employer));
        assert_eq!(facts[1].employer_kinds[&employer][0].value, EmployerKind::PublicInstitution);
        assert_eq!(facts[1].posts[0].value.series.as_deref(), Some("会计"));
        assert_eq!(facts[1].places[0].recorded_at, AT);
        // One person's facts come by a statement of its own, with the numbers that move with what services keep.
        for wanted in &facts {
            let (found, revisions) = store.read_blocking(|db| registry::load_person(db, wanted.id)).unwrap();
            assert_eq!(&found, wanted);
            let all = store.read_blocking(store::policy::revisions).unwrap();
            let one = |name| store.read_blocking(|db| store::policy::current_revision(db, name)).unwrap();
            let each = (one(store::policy::RULE_BOOK), one(registry::REGISTRY));
            assert_eq!((revisions, (all.rule_book, all.registry)), (all, each));
            assert!(each.1 > 0);
        }
        assert_eq!(store.read_blocking(|db| registry::persons(db, &[learner, nobody])).unwrap().len(), 1);
    });
}

#[test]
fn learners_are_searched_where_they_belong_today_as_the_domain_sees_it() {
    on_each(|database| {
        let store = database.store();
        let Sample { employer, learner, .. } = fill(store);
        let other = sample::learner("示例乙", "hash-2", "610100", employer);
        let moved = |code: &str, from_on, recorded_at| LearnerPlace {
            learner_id: learner,
            fact_id: new_fact_id(),
            place_code: place(code),
            from_on,
            recorded_at,
            recorded_by: "officer".to_owned(),
        };
        let facts = vec![
            moved("630000", date!(2021 - 06 - 01), datetime!(2021-06-01 00:00 UTC)),
            moved("610000", date!(2021 - 06 - 01), datetime!(2021-06-02 00:00 UTC)),
        ];
        store
            .write_blocking(move |db| {
                insert_learners(db, std::slice::from_ref(&other))?;
                registry::append_facts(db, &facts, &[], &[])
            })
            .unwrap();
        let found = |code: &str, today| -> Vec<LearnerId> {
            let places = [place(code)];
            let (name, places, employer) = (Some("示例"), Some(&places[..]), None);
            let search = LearnerSearch { name, places, employer, series: None, today, after: None, limit: 9 };
            let page = store.read_blocking(|db| search_learners(db, search)).unwrap();
            page.into_iter().map(|person| person.learner_id).filter(|id| *id == learner).collect()
        };
        let facts = store.read_blocking(|db| registry::load_learner_facts(db, &[learner])).unwrap();
        for today in [date!(2019 - 12 - 31), date!(2021 - 05 - 31), date!(2021 - 06 - 01)] {
            let place_now = held_on(&facts[0].places, today, None).map(|fact| fact.value.as_str().to_owned());
            for code in ["610100", "630000", "610000"] {
                assert_eq!(!found(code, today).is_empty(), place_now.as_deref() == Some(code), "{code} on {today}");
            }
        }
        let today = date!(2022 - 01 - 01);
        let first =
            LearnerSearch { name: None, places: None, employer: None, series: None, today, after: None, limit: 1 };
        let page = store.read_blocking(|db| search_learners(db, first)).unwrap();
        let after = AfterName { name: page[0].name.clone(), id: page[0].learner_id.as_uuid() };
        let page =
            store.read_blocking(|db| search_learners(db, LearnerSearch { after: Some(&after), limit: 9, ..first }));
        assert_eq!(page.unwrap().len(), 1);
        for (today, count) in [(date!(2019 - 12 - 31), 0), (date!(2020 - 01 - 01), 2)] {
            let of_employer = LearnerSearch { employer: Some(employer), today, limit: 9, ..first };
            assert_eq!(store.read_blocking(|db| search_learners(db, of_employer)).unwrap().len(), count, "{today}");
        }
    });
}
