//! What holds for every list, whatever room it belongs to: the document says which there are.

use crate::registry::{faults, named};
use tests::{App, Client, each_backend};
use xueshi::{auth::CallerKind, openapi};

const SOMEONE: &str = "0190d3f0-0000-7000-8000-00000000beef";

/// A list: its path, the filters it takes, and who may read it.
struct List {
    path: String,
    filters: Vec<String>,
    callers: Vec<String>,
}

impl List {
    fn reader<'a>(&self, app: &'a App) -> Client<'a> {
        if self.callers.iter().any(|kind| kind == "officer") {
            return app.as_national_officer();
        }
        let kind = CallerKind::ALL.iter().find(|kind| self.callers.iter().any(|name| name == kind.as_str()));
        kind.map_or_else(|| app.as_nobody(), |kind| app.someone(*kind))
    }

    /// The cursor of its second page, where there is one.
    fn cursor(&self, app: &App) -> Option<String> {
        // A list of something that does not exist has no pages.
        let page = self.reader(app).get(&format!("{}?limit=1", self.path));
        page.json["next_cursor"].as_str().map(str::to_owned)
    }
}

/// Every operation that takes a cursor.
fn lists() -> Vec<List> {
    let document = openapi::document();
    let found = openapi::operations(&document).filter_map(|(path, method, operation)| {
        let parameters = serde_json::to_value(operation.parameters.as_ref()?).unwrap();
        let in_query = parameters.as_array().unwrap().iter().filter(|parameter| parameter["in"] == "query");
        let names: Vec<_> = in_query.map(|parameter| parameter["name"].as_str().unwrap().to_owned()).collect();
        let parts = path.split('/').map(|part| if part.starts_with('{') { SOMEONE } else { part });
        let is_list = method == "GET" && names.iter().any(|name| name == "cursor");
        is_list.then(|| List {
            path: parts.collect::<Vec<_>>().join("/"),
            filters: names.into_iter().filter(|name| name != "cursor" && name != "limit").collect(),
            callers: openapi::callers(operation),
        })
    });
    found.collect()
}

fn is_foreign(reader: &Client<'_>, address: &str) {
    let problem = reader.get(address).problem(422, "invalid_query");
    assert_eq!(faults(&problem), named(&[("?cursor", "invalid_value")]), "{address}");
}

#[test]
fn a_cursor_leads_on_in_the_list_that_gave_it_and_in_no_other() {
    each_backend(|app| {
        let _ = app.shaanxi();
        let _ = [app.learner("610000").register(), app.learner("610000").register()];
        let lists = lists();
        let cursors: Vec<_> = lists.iter().filter_map(|list| Some((list, list.cursor(app)?))).collect();
        assert!(lists.len() >= 14 && cursors.len() >= 4, "{} lists, {} with pages", lists.len(), cursors.len());
        for (giver, cursor) in &cursors {
            let _ = giver.reader(app).get(&format!("{}?limit=1&cursor={cursor}", giver.path)).expect(200);
            for other in lists.iter().filter(|other| other.path != giver.path) {
                is_foreign(&other.reader(app), &format!("{}?cursor={cursor}", other.path));
            }
        }
    });
}

#[test]
fn what_is_wrong_with_a_limit_and_a_cursor_is_told_together() {
    each_backend(|app| {
        for list in lists() {
            for limit in ["0", "x"] {
                let problem = list.reader(app).get(&format!("{}?limit={limit}&cursor=bm8&nothing=1", list.path));
                let mut found = faults(&problem.problem(422, "invalid_query"));
                found.sort_unstable();
                let of_limit = if limit == "0" { "range" } else { "invalid_value" };
                let wanted = [("?cursor", "invalid_value"), ("?limit", of_limit), ("?nothing", "unknown_parameter")];
                assert_eq!(found, named(&wanted), "{}", list.path);
            }
        }
    });
}

#[test]
fn a_cursor_leads_on_under_the_filters_it_was_given_under_only() {
    each_backend(|app| {
        let _ = app.shaanxi();
        let _ = [app.learner("610000").register(), app.learner("610000").register()];
        let mut tried = 0;
        for list in lists() {
            let Some(cursor) = list.cursor(app) else { continue };
            for filter in &list.filters {
                // One of these is of the filter's type; what is of another type is refused for that.
                let answers = ["610000", SOMEONE, "published"].map(|value| {
                    let answer = list.reader(app).get(&format!("{}?{filter}={value}&cursor={cursor}", list.path));
                    faults(&answer.problem(422, "invalid_query"))
                });
                let wanted = named(&[("?cursor", "invalid_value")]);
                assert!(answers.contains(&wanted), "{} {filter}: {answers:?}", list.path);
                tried += 1;
            }
        }
        assert!(tried >= 6, "{tried} filters");
        // The same filters, said otherwise.
        let officer = app.as_national_officer();
        let cursor = officer.get("/v1/places?parent=000000&limit=1").expect(200).json["next_cursor"].clone();
        let cursor = cursor.as_str().unwrap();
        let address = format!("/v1/places?cursor={cursor}&limit=2&parent=%300000%30");
        assert_eq!(officer.get(&address).expect(200).json["items"].as_array().unwrap().len(), 2);
        is_foreign(&officer, &format!("/v1/places?cursor={cursor}&parent=610000"));
    });
}
