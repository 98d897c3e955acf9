//! The rule book: what is published, which layer answers, drafts with all their faults, publication.

use serde_json::{Value, json};
use tests::{App, Backend, Client, each_backend};
use xueshi::auth::CallerKind;

const SOMEONE: &str = "0190d3f0-0000-7000-8000-00000000beef";

/// An embedded rule file.
fn file(path: &str) -> &'static str {
    policies::FILES.iter().find(|file| file.path == path).map(|file| file.rules).unwrap()
}

/// The rules of Shaanxi for 2020, as another version or for another year or place.
fn shaanxi(replaced: &[(&str, &str)]) -> String {
    replaced.iter().fold(file("610000-shaanxi/2020.toml").to_owned(), |source, (text, other)| {
        assert!(source.contains(text), "{text}");
        source.replacen(text, other, 1)
    })
}

fn draft(caller: &Client<'_>, source: &str) -> String {
    let answer = caller.post("/v1/policies", &json!({ "source": source })).expect(201);
    let id = answer.json["policy_id"].as_str().unwrap().to_owned();
    assert_eq!(answer.header("location"), format!("/v1/policy-versions/{id}"));
    assert_eq!((&answer.json["published"], &answer.json["number"]), (&json!(false), &Value::Null));
    id
}

fn publish(caller: &Client<'_>, id: &str) -> tests::Answer {
    caller.send("POST", &format!("/v1/policies/{id}/publication"), None, Vec::new())
}

#[test]
fn the_example_of_a_draft_is_a_good_one_in_every_form() {
    each_backend(|app| {
        let bodies = &app.as_nobody().get("/openapi.json").expect(200).json;
        let content = &bodies["paths"]["/v1/policies"]["post"]["requestBody"]["content"];
        let officer = app.as_officer("610000");
        let made = officer.post("/v1/policies", &content["application/json"]["example"]).expect(201).json;
        for kind in ["application/toml", "text/plain"] {
            let source = content[kind]["example"].as_str().unwrap();
            let again = officer.send("POST", "/v1/policies", Some(kind), source.as_bytes().to_vec()).expect(201).json;
            assert_eq!(again["source_hash"], made["source_hash"], "{kind}");
        }
    });
}

#[test]
fn a_new_service_lists_the_rules_it_was_seeded_with_page_by_page() {
    each_backend(|app| {
        let caller = app.as_officer("610000");
        let all = caller.get("/v1/policies").expect(200);
        let items = all.json["items"].as_array().unwrap();
        let told: Vec<_> =
            items.iter().map(|item| (item["place"].as_str().unwrap(), item["year_from"].as_i64().unwrap())).collect();
        assert_eq!(told, [("000000", 2015), ("341882", 2020), ("410400", 2021), ("610000", 2020), ("630000", 2020)]);
        assert!(items.iter().all(|item| item["number"] == 1 && item["source_hash"].as_str().unwrap().len() == 64));
        assert_eq!((&items[0]["year_until"], &items[3]["year_until"]), (&Value::Null, &json!(2020)));
        assert_eq!(items[3]["place_name"], "陕西省");
        let again = caller.clone().with("if-none-match", all.header("etag")).get("/v1/policies");
        assert_eq!(again.status, 304);

        let mut seen = Vec::new();
        let mut path = "/v1/policies?limit=2".to_owned();
        loop {
            let page = caller.get(&path).expect(200).json;
            seen.extend(page["items"].as_array().unwrap().iter().cloned());
            let Some(cursor) = page["next_cursor"].as_str() else { break };
            path = format!("/v1/policies?limit=2&cursor={cursor}");
        }
        assert_eq!(&seen, items);

        let one = caller.get("/v1/policies?place=610000").expect(200).json;
        assert_eq!(one["items"], json!([items[3]]));
        let problem = caller.get("/v1/policies?place=nowhere").problem(422, "invalid_query");
        assert_eq!(problem["errors"][0]["code"], "unknown_place");
    });
}

#[test]
fn the_nearest_layer_answers_and_is_named() {
    each_backend(|app| {
        let caller = app.caller(CallerKind::Platform, SOMEONE, None);
        // Asked about, the year, and the layer that answers.
        for (place, year, layer) in [
            ("610000", 2020, "610000"),
            ("610100", 2020, "610000"),
            ("610981", 2020, "610000"),
            ("630100", 2020, "630000"),
            ("410400", 2021, "410400"),
            ("341882", 2020, "341882"),
            ("340000", 2020, "000000"),
            ("410000", 2021, "000000"),
            ("000000", 2099, "000000"),
        ] {
            let answer = caller.get(&format!("/v1/policies/{place}/{year}")).expect(200);
            assert_eq!(answer.json["layer"]["place"], layer, "{place} {year}");
            assert_eq!((&answer.json["policy"]["place"], &answer.json["year"]), (&json!(layer), &json!(year)));
            let again = caller.clone().with("if-none-match", answer.header("etag"));
            assert_eq!(again.get(&format!("/v1/policies/{place}/{year}")).status, 304);
        }
        // A dead division code leads to the place of today.
        assert_eq!(caller.get("/v1/policies/610981/2020").json["place"], "610928");
        let policy = caller.get("/v1/policies/610000/2020").json["policy"].clone();
        assert_eq!(policy["source"], file("610000-shaanxi/2020.toml"));
        assert_eq!(policy["rules"]["policy"]["place"], "610000");
        let id = policy["policy_id"].as_str().unwrap();
        assert_eq!(caller.get(&format!("/v1/policy-versions/{id}")).expect(200).json, policy);
    });
}

#[test]
fn a_layer_that_is_silent_for_the_year_is_told_with_the_wider_rule_as_information_only() {
    each_backend(|app| {
        let caller = app.as_national_officer().in_english();
        for (place, year, layer) in [("630000", 2018, "630000"), ("610100", 2021, "610000")] {
            let problem = caller.get(&format!("/v1/policies/{place}/{year}")).problem(404, "no_rule_in_force");
            assert_eq!(problem["missing_rule"], json!({ "place": layer, "year": year }));
            assert_eq!(problem["wider"]["place"], "000000");
            assert_eq!((&problem["place"], &problem["year"]), (&json!(place), &json!(year)));
        }
        let before_all = caller.get("/v1/policies/340000/2014").problem(404, "no_rule_in_force");
        assert_eq!(before_all["wider"], Value::Null);
        for path in ["/v1/policies/999999/2020", "/v1/policies/610000/year", "/v1/policies/610000/2020?version=2"] {
            let _ = caller.get(path).problem(404, "not_found");
        }
        let _ = caller.get("/v1/policies/610000/2020?version=0").problem(422, "invalid_query");
    });
}

#[test]
fn a_draft_with_faults_is_refused_with_all_of_them_at_once() {
    each_backend(|app| {
        let source = shaanxi(&[
            ("format = 1", "format = 1\ncolour = \"red\""),
            ("[unit]", "[unit]\nnmae = \"小时\""),
            ("year = 2020", "year = \"2020\""),
        ]);
        let caller = app.as_national_officer();
        let problem = caller.post("/v1/policies", &json!({ "source": source })).problem(422, "invalid_rule_file");
        let errors = problem["errors"].as_array().unwrap();
        let codes: Vec<_> =
            errors.iter().map(|error| (error["path"].as_str().unwrap(), error["code"].as_str().unwrap())).collect();
        for wanted in [("colour", "unknown_key"), ("unit.nmae", "unknown_key"), ("policy.year", "wrong_type")] {
            assert!(codes.contains(&wanted), "{codes:?}");
        }
        assert!(errors.iter().all(|error| error["line"].is_u64() && error["column"].is_u64()));
        assert!(errors.iter().all(|error| error["pointer"] == "/source"));
        let nmae = errors.iter().find(|error| error["path"] == "unit.nmae").unwrap();
        assert!(nmae["detail"].as_str().unwrap().contains("是否为 `name`？"), "{nmae}");
        let english = app.as_national_officer().in_english();
        let toml = english.send("POST", "/v1/policies", Some("application/toml"), source.into_bytes());
        let problem = toml.problem(422, "invalid_rule_file");
        let nmae = problem["errors"].as_array().unwrap().iter().find(|error| error["path"] == "unit.nmae").unwrap();
        assert!(nmae["detail"].as_str().unwrap().contains("did you mean `name`?"), "{nmae}");

        let unreadable = english.send("POST", "/v1/policies", Some("text/plain"), b"format = \n".to_vec());
        let problem = unreadable.problem(400, "malformed_toml");
        assert_eq!((&problem["line"], &problem["errors"][0]["code"]), (&json!(1), &json!("syntax")));
        let _ = english.send("POST", "/v1/policies", Some("text/plain"), vec![0xff]).problem(400, "bad_request");
        let _ = english.send("POST", "/v1/policies", Some("text/plain"), vec![0]).problem(422, "invalid_body");
        let _ = english.send("POST", "/v1/policies", Some("text/html"), vec![]).problem(415, "unsupported_media_type");
    });
}

#[test]
fn of_a_draft_that_is_wrong_everywhere_five_hundred_faults_are_named() {
    let app = App::start(Backend::Sqlite);
    let unknown: String = (0..3000).map(|at| format!("colour_{at} = 1\n")).collect();
    let source = shaanxi(&[("format = 1\n", &format!("format = 1\n{unknown}"))]);
    let problem = app.as_national_officer().post("/v1/policies", &json!({ "source": source }));
    let problem = problem.problem(422, "invalid_rule_file");
    let errors = problem["errors"].as_array().unwrap();
    assert_eq!((errors.len(), &errors[500]["code"]), (501, &json!("more_faults")));
}

#[test]
fn a_draft_for_a_place_that_does_not_exist_is_refused() {
    each_backend(|app| {
        let source = shaanxi(&[("place = \"610000\"", "place = \"619999\"")]);
        let problem = app.as_national_officer().post("/v1/policies", &json!({ "source": source }));
        let problem = problem.problem(422, "invalid_rule_file");
        assert_eq!(problem["errors"][0]["code"], "unknown_place");
        assert_eq!(
            (&problem["errors"][0]["found"], &problem["errors"][0]["path"]),
            (&json!("619999"), &json!("policy.place"))
        );
        // Together with what is wrong with its form, in the order of the file.
        let unit = ("name = \"小时\"", "name = \"小时\"\nnmae = \"x\"");
        let source = shaanxi(&[("place = \"610000\"", "place = \"999999\""), unit]);
        let problem = app.as_national_officer().post("/v1/policies", &json!({ "source": source }));
        let problem = problem.problem(422, "invalid_rule_file");
        let codes: Vec<_> = problem["errors"].as_array().unwrap().iter().map(|error| &error["code"]).collect();
        assert_eq!(codes, ["unknown_place", "unknown_key"]);
    });
}

#[test]
fn a_published_version_governs_at_once_and_the_earlier_one_stays_readable() {
    each_backend(|app| {
        let officer = app.as_officer("610000");
        let id = draft(&officer, &shaanxi(&[("format = 1", "# 第二版\nformat = 1")]));
        assert_eq!(officer.get("/v1/policies/610000/2020").json["policy"]["number"], 1);
        let learner = app.caller(CallerKind::Learner, SOMEONE, None);
        let _ = learner.get(&format!("/v1/policy-versions/{id}")).problem(404, "not_found");
        assert_eq!(officer.get(&format!("/v1/policy-versions/{id}")).expect(200).json["published"], false);

        let published = publish(&officer, &id).expect(201).json;
        assert_eq!((&published["published"], &published["number"]), (&json!(true), &json!(2)));
        assert_eq!(officer.get("/v1/policies/610000/2020").json["policy"]["policy_id"], id);
        assert_eq!(officer.get("/v1/policies/610100/2020?version=1").expect(200).json["policy"]["number"], 1);
        assert_eq!(learner.get(&format!("/v1/policy-versions/{id}")).expect(200).json["number"], 2);
        assert_eq!(officer.get("/v1/policies?place=610000").json["items"].as_array().unwrap().len(), 2);
    });
}

#[test]
fn drafts_are_listed_to_officials_until_they_are_published() {
    each_backend(|app| {
        let officer = app.as_officer("610000");
        let none = officer.get("/v1/policies?state=draft").expect(200).json;
        assert_eq!(none, json!({ "items": [], "next_cursor": null }));
        let ids = ["# 甲\n", "# 乙\n", "# 丙\n"].map(|mark| draft(&officer, &(mark.to_owned() + &shaanxi(&[]))));
        let city = draft(&officer, &shaanxi(&[("place = \"610000\"", "place = \"610100\"")]));
        let listed = |query: &str| -> Vec<String> {
            let page = officer.get(&format!("/v1/policies?state=draft{query}")).expect(200).json;
            page["items"].as_array().unwrap().iter().map(|i| i["policy_id"].as_str().unwrap().to_owned()).collect()
        };
        assert_eq!(listed(""), [&ids[..], std::slice::from_ref(&city)].concat());
        assert_eq!((listed("&place=610000"), listed("&place=610100")), (ids.to_vec(), vec![city]));
        let first = officer.get("/v1/policies?state=draft&limit=2").expect(200).json;
        let item = &first["items"][0];
        assert_eq!(
            (&item["state"], &item["number"], &item["published_at"]),
            (&json!("draft"), &Value::Null, &Value::Null)
        );
        assert_eq!((&item["place_name"], &item["year_from"]), (&json!("陕西省"), &json!(2020)));
        assert!(item["drafted_at"].is_string() && item["drafted_by"].is_string(), "{item}");
        assert!(!item["title"].as_str().unwrap().is_empty());
        let cursor = first["next_cursor"].as_str().unwrap();
        assert_eq!(listed(&format!("&limit=2&cursor={cursor}")).len(), 2);

        // The law is that of a single draft: officials of every place see it, nobody else does.
        for official in [app.as_officer("630000"), app.as_national_officer()] {
            assert_eq!(official.get("/v1/policies?state=draft").expect(200).json["items"].as_array().unwrap().len(), 4);
        }
        for kind in [CallerKind::Learner, CallerKind::Platform] {
            let other = app.caller(kind, SOMEONE, None);
            assert_eq!(other.get("/v1/policies?state=draft").expect(200).json, none);
            assert_eq!(
                other.get("/v1/policies?state=published").expect(200).json["items"].as_array().unwrap().len(),
                5
            );
        }
        let _ = officer.get("/v1/policies?state=withdrawn").problem(422, "invalid_query");

        let _ = publish(&officer, &ids[1]).expect(201);
        assert_eq!(listed("&place=610000"), [ids[0].clone(), ids[2].clone()]);
        let published = officer.get("/v1/policies?place=610000").expect(200).json;
        let states: Vec<_> = published["items"].as_array().unwrap().iter().map(|item| &item["state"]).collect();
        assert_eq!(states, ["published", "published"]);
    });
}

#[test]
fn an_office_in_a_place_that_does_not_exist_is_a_fault() {
    each_backend(|app| {
        let source = file("341882-guangde/2020.toml").replacen("place = \"341800\"", "place = \"349999\"", 1);
        let problem = app.as_national_officer().post("/v1/policies", &json!({ "source": source }));
        let problem = problem.problem(422, "invalid_rule_file");
        let fault = &problem["errors"][0];
        assert_eq!((&fault["code"], &fault["found"]), (&json!("unknown_place"), &json!("349999")));
        assert_eq!(fault["path"], "office[1].place");
    });
}

#[test]
fn a_rule_for_a_missing_year_ends_the_silence() {
    each_backend(|app| {
        let officer = app.as_officer("610000");
        let _ = officer.get("/v1/policies/610100/2021").problem(404, "no_rule_in_force");
        let source = file("410400-pingdingshan/2021.toml").replacen("place = \"410400\"", "place = \"610000\"", 1);
        let id = draft(&officer, &source);
        let published = publish(&officer, &id).expect(201).json;
        assert_eq!(published["number"], 1);
        assert_eq!(officer.get("/v1/policies/610100/2021").expect(200).json["layer"]["place"], "610000");
    });
}

#[test]
fn what_is_published_is_neither_published_again_nor_changed() {
    each_backend(|app| {
        let caller = app.as_national_officer();
        let id = draft(&caller, &shaanxi(&[]));
        let path = format!("/v1/policy-versions/{id}");
        for (method, kind) in [("PUT", "draft_is_immutable"), ("DELETE", "draft_is_immutable")] {
            let _ = caller.send(method, &path, None, Vec::new()).problem(409, kind);
        }
        let _ = publish(&caller, &id).expect(201);
        let problem = publish(&caller, &id).problem(409, "already_published");
        assert_eq!(problem["number"], 2);
        for method in ["PUT", "PATCH", "DELETE"] {
            let _ = caller.send(method, &path, None, Vec::new()).problem(409, "published_is_immutable");
        }
        let _ = publish(&caller, SOMEONE).problem(404, "not_found");
        let refused = caller.put("/v1/policies/610000/2020", &json!({}));
        assert_eq!(refused.header("allow"), "GET, HEAD");
        let _ = refused.problem(405, "method_not_allowed");
    });
}

#[test]
fn an_officer_writes_the_rules_of_their_own_place_and_below_only() {
    each_backend(|app| {
        let source = shaanxi(&[]);
        for place in ["630000", "610100"] {
            let stranger = app.as_officer(place);
            let problem = stranger.post("/v1/policies", &json!({ "source": source })).problem(403, "outside_place");
            assert_eq!((&problem["place"], &problem["answers_for"]), (&json!("610000"), &json!(place)));
            assert!(problem["detail"].as_str().unwrap().contains("陕西省（610000）"), "{problem}");
        }
        let id = draft(&app.as_officer("610000"), &source);
        let _ = publish(&app.as_officer("630000"), &id).problem(403, "outside_place");
        let _ = publish(&app.as_officer("000000"), &id).expect(201);
        let city = shaanxi(&[("place = \"610000\"", "place = \"610100\"")]);
        let id = draft(&app.as_officer("610000"), &city);
        let _ = publish(&app.as_officer("610100"), &id).expect(201);
        assert_eq!(app.as_national_officer().get("/v1/policies/610100/2020").json["layer"]["place"], "610100");
    });
}

#[test]
fn the_rules_of_another_authority_do_not_take_the_place_of_those_for_everybody() {
    each_backend(|app| {
        let officer = app.as_officer("630000");
        let qinghai = file("630000-qinghai/2020.toml");
        let [own, finance] = ["青海省人力资源和社会保障厅", "青海省财政厅"];
        let issued = |by: &str| format!("issuer = \"{by}\"\nprinted_on");
        let theirs = qinghai.replacen(&issued(own), &issued(finance), 1);
        let id = draft(&officer, &theirs);
        let problem = publish(&officer, &id).problem(422, "invalid_rule_file");
        let fault = &problem["errors"][0];
        assert_eq!((&fault["code"], &fault["path"]), (&json!("issuer_differs"), &json!("policy.cite")));
        assert_eq!((&fault["found"], &fault["expected"]), (&json!(finance), &json!(own)));
        assert_eq!(officer.get("/v1/policies/630000/2020").json["policy"]["number"], 1);

        // The same authority again; and one that takes over and says from whom.
        let id = draft(&officer, &qinghai.replacen("min = 45", "min = 40", 1));
        assert_eq!(publish(&officer, &id).expect(201).json["number"], 2);
        let successor = theirs.replacen("cite = \"qh227 一; 四(一)", "cite = \"plan29 一; qh227 一; 四(一)", 1);
        let id = draft(&officer, &successor);
        assert_eq!(publish(&officer, &id).expect(201).json["number"], 3);
    });
}
