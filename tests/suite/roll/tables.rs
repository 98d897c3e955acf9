//! Rolls as tables and as lines of JSON.

use super::{made, met, past_years};
use serde_json::{Value, json};
use tests::{Client, each_backend, fixtures::Person};

fn send(caller: &Client<'_>, path: &str, media: &str, body: impl Into<Vec<u8>>) -> Vec<Value> {
    let answer = caller.send("POST", path, Some(media), body.into()).expect(200);
    answer.text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn each<'v>(told: &'v [Value], key: &str) -> Vec<&'v Value> {
    told.iter().map(|one| &one[key]).collect()
}

#[test]
fn a_table_is_read_by_its_header_in_chinese_or_english_and_rehearsed_alike() {
    each_backend(|app| {
        let (one, other) = (app.learner("610100").register(), app.learner("610100").register());
        let officer = app.as_officer("610000");
        let roll = made(&officer, &past_years("610000"));
        let who = |of: &Person| format!("{},{}", of.document_number, of.name);
        let table = format!(
            "\u{feff}证件号码,姓名,年度,达标,学时.public\r\n{},2018,是,\r\n,,,,\r\n{},2018,,24.5\r\n",
            who(&one.person),
            who(&other.person)
        );
        let items = format!("{roll}/items");
        let rehearsed = send(&officer, &format!("{items}/validation"), "text/csv", table.clone());
        let told = send(&officer, &items, "text/csv; charset=utf-8", table);
        assert_eq!(rehearsed, told);
        assert_eq!(
            (each(&told, "outcome"), each(&told, "at")),
            (vec![&json!("created"); 2], vec![&json!(2), &json!(4)])
        );
        let english =
            format!("name,document_number,year,met\n{},{},2018,yes\n", one.person.name, one.person.document_number);
        assert_eq!(send(&officer, &items, "text/csv", english)[0]["outcome"], "unchanged");
        let listed = officer.get(&items).expect(200).json;
        let hours =
            listed["items"].as_array().unwrap().iter().find(|item| item["learner_id"] == json!(other.id)).unwrap();
        assert_eq!(hours["hours"], json!([{ "category": "public", "hours": 24.5 }]));
    });
}

#[test]
fn what_is_wrong_with_a_table_is_told_by_line_and_column() {
    each_backend(|app| {
        let learner = app.learner("610100").register();
        let officer = app.as_officer("610000");
        let items = format!("{}/items", made(&officer, &past_years("610000")));
        let number = &learner.person.document_number;
        let table = format!(
            "证件号码,姓名,年度,达标\n6.1E+17,甲,2018,是\n{number},,二〇一八,是\n{number},甲,2030,是,多\n\"{number},甲\n"
        );
        let told = send(&officer, &items, "text/csv", table);
        let faults: Vec<(i64, Vec<(&str, &str)>)> = told
            .iter()
            .map(|one| {
                let of = |fault: &'_ Value| {
                    (
                        fault["code"].as_str().unwrap().to_owned(),
                        fault["column"].as_str().unwrap_or_default().to_owned(),
                    )
                };
                let all: Vec<_> = one["errors"].as_array().unwrap().iter().map(of).collect();
                (one["at"].as_i64().unwrap(), all)
            })
            .map(|(at, all)| (at, all.into_iter().map(|(code, column)| (&*code.leak(), &*column.leak())).collect()))
            .collect();
        assert_eq!(
            faults,
            [
                (2, vec![("mangled_number", "证件号码")]),
                (3, vec![("missing", "姓名"), ("wrong_type", "年度")]),
                (4, vec![("too_many_cells", "")]),
                (5, vec![("unclosed_quote", "")]),
            ]
        );
        for (header, code) in [("姓名,nome\n甲,1\n", "unknown_column"), ("姓名,name\n甲,1\n", "duplicate_column")]
        {
            let refused = officer.send("POST", &items, Some("text/csv"), header.as_bytes().to_vec());
            assert_eq!(refused.problem(422, "invalid_body")["errors"][0]["code"], code);
        }
        // The encoding that spreadsheets choose by themselves.
        let refused = officer.send("POST", &items, Some("text/csv"), b"\xd0\xd5\xc3\xfb\n".to_vec());
        assert_eq!(refused.problem(422, "invalid_body")["errors"][0]["code"], "not_utf8");
        let _ = officer.send("POST", &items, Some("text/csv"), Vec::new()).problem(422, "invalid_body");
    });
}

#[test]
fn a_table_calls_documents_as_people_do_and_a_number_with_an_e_is_one() {
    each_backend(|app| {
        let learner = app.learner("610100").register();
        let officer = app.as_officer("610000");
        let items = format!("{}/items", made(&officer, &past_years("610000")));
        let (number, name) = (&learner.person.document_number, &learner.person.name);
        let table = format!(
            "证件类型,证件号码,姓名,年度,达标,学时.public,学时.professional\n居民身份证,{number},{name},2018,是,,\n\
             身份证,{number},{name},2017,,0,30\n护照,1234E567,{name},2018,是,,\n学生证,{number},{name},2018,是,,\n\
             resident_id,{number},{name},2016,,0,0\n"
        );
        let told = send(&officer, &items, "text/csv", table);
        let wanted = ["created", "created", "refused", "malformed", "malformed"];
        assert_eq!(each(&told, "outcome"), wanted, "{told:?}");
        assert_eq!(told[2]["reason"], "unknown_person", "nobody has it, and it is a number like another");
        assert_eq!(
            (&told[3]["errors"][0]["pointer"], &told[3]["errors"][0]["column"]),
            (&json!("/document_kind"), &json!("证件类型"))
        );
        assert_eq!(told[4]["errors"][0]["code"], "not_attested");
    });
}

#[test]
fn reasons_are_named_as_long_as_a_reader_could_use_them() {
    let app = tests::App::start(tests::Backend::Sqlite);
    let learner = app.learner("610100").register();
    let officer = app.as_officer("610000");
    let items = format!("{}/items", made(&officer, &past_years("610000")));
    let unknown: Vec<Value> = (0..50).map(|n| json!({ "category": format!("sport{n}"), "hours": 1 })).collect();
    let item = super::about(&learner, json!({ "year": 2018, "hours": unknown }));
    let told = officer.post(&items, &json!({ "items": vec![item; 101] })).expect(200).json;
    let named: Vec<usize> =
        told["items"].as_array().unwrap().iter().map(|one| one["reasons"].as_array().map_or(0, Vec::len)).collect();
    assert_eq!((&named[..100], named[100]), (&[50; 100][..], 0));
    assert_eq!((&told["items"][100]["outcome"], &told["items"][100]["reason"]), (&json!("refused"), &json!("refused")));
}

#[test]
fn lines_of_json_are_answered_line_by_line() {
    each_backend(|app| {
        let learner = app.learner("610100").register();
        let officer = app.as_officer("610000");
        let items = format!("{}/items", made(&officer, &past_years("610000")));
        let lines = format!("{}\n\nnot json\n{}\n", met(&learner, 2018), met(&learner, 2018));
        let told = send(&officer, &items, "application/x-ndjson", lines);
        assert_eq!(
            (each(&told, "at"), each(&told, "outcome")),
            (vec![&json!(1), &json!(3), &json!(4)], vec![&json!("created"), &json!("malformed"), &json!("unchanged")])
        );
    });
}
