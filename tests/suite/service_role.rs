//! On PostgreSQL the service signs in as a role that owns no table: the deployment's own script makes it, the service does all
//! its work as that role, and whoever has its password changes nothing that was recorded.

use crate::{
    completions::{last_outcome, pushed, reverse, standing_hours},
    corrections, exceptions, findings,
    recognition::Town,
    roll, verification,
};
use diesel::{
    Connection, PgConnection, QueryableByName, RunQueryDsl, connection::SimpleConnection, sql_query, sql_types,
};
use domain::{kernel::Hours, registry::EmployerKind};
use serde_json::json;
use std::{fs, path::Path, process::Command};
use store::{Store, StoreOptions};
use tests::{App, OwnPostgres, fixtures::Person};
use uuid::Uuid;

#[derive(QueryableByName)]
struct Name {
    #[diesel(sql_type = sql_types::Text)]
    name: String,
}

fn names(connection: &mut PgConnection, sql: &str) -> Vec<String> {
    sql_query(sql).load::<Name>(connection).unwrap().into_iter().map(|row| row.name).collect()
}

/// Runs `.docker/grant-service` as the job of the deployment does, but against the test's server.
fn grant(server: &OwnPostgres, programs: &Path) {
    let secrets = std::env::temp_dir().join(format!("xueshi-secrets-{}", Uuid::now_v7()));
    fs::create_dir_all(&secrets).unwrap();
    for secret in ["owner-password", "service-password"] {
        fs::write(secrets.join(secret), "example").unwrap();
    }
    let path = format!("{}:{}", programs.display(), std::env::var("PATH").unwrap());
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../.docker/grant-service");
    let ended = Command::new("bash")
        .arg(script)
        .envs([("SECRETS", secrets.to_str().unwrap()), ("PGHOST", "127.0.0.1"), ("PATH", &path)])
        .env("PGPORT", server.port().to_string())
        .output()
        .unwrap();
    fs::remove_dir_all(secrets).unwrap();
    assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
}

/// What the service does, signed in as that role: registers, takes in, holds, lets go, decides anew, takes back, joins, parts and
/// erases.
fn works(app: &App) {
    let stage = app.shaanxi();
    let learner = app.learner("610000").register();
    let credited = pushed(app, &stage.platform, &learner.finished(&stage.public), "credited");
    let wrong = learner.finished(&stage.professional).with("score", 1);
    let _ = pushed(app, &stage.platform, &wrong, "credited");
    let _ = pushed(app, &stage.platform, &learner.finished(&stage.professional).replacing(&wrong), "credited");
    let _ = reverse(app, &stage.platform, &credited["completion_id"]).expect(200);
    assert_eq!(standing_hours(app, &learner), Hours::whole(56));
    let person = Person::someone();
    let held = pushed(app, &stage.platform, &person.finished("SX-PUBLIC"), "held");
    let body = json!({
        "document": { "kind": "resident_id", "number": person.document_number },
        "name": person.name,
        "placement": { "place": "610000", "from_on": "2010-01-01" },
    });
    let _ = app.as_officer("610000").post("/v1/learners", &body).expect(201);
    assert_eq!(last_outcome(app, &stage.platform, &held["completion_id"]), "credited");
    let ends = app.learner("610000").register();
    let merge = json!({ "ends": ends.id, "stays": learner.id, "reason": "重复登记" });
    let merged = app.as_officer("610000").post("/v1/learner-merges", &merge).expect(201);
    let undoing = format!("{}/undoing", merged.header("location"));
    let _ = app.as_officer("610000").post(&undoing, &json!({ "reason": "并非同一人" })).expect(200);
    let _ = corrections::asked(app, &learner, json!({ "name": "示例正名" }));
    let missed = exceptions::provided(app, "610000");
    let excepted = exceptions::input(&learner, missed, json!({ "met": true }));
    let (_, excepted) = exceptions::filed(&findings::officer(app, "610000", "li"), &excepted);
    let _ = exceptions::approve(&findings::officer(app, "610000", "wang"), &excepted).expect(200);
    let employer = app.employer(EmployerKind::Enterprise);
    let staff = verification::employed(app, "610000", employer);
    let year = verification::provided(app, "610000");
    let (_, items) = verification::handed_in(&verification::school(app, employer), year, &[&staff]);
    let _ = verification::approve(&findings::officer(app, "610000", "wang"), items[0]["case_id"].as_str().unwrap())
        .expect(200);
    let erasure = format!("/v1/learners/{}/erasure", learner.id);
    let erased = app.as_officer("610000").post(&erasure, &json!({ "ground": "受理〔2021〕1号" })).expect(200);
    assert_eq!(erased.json["completions"], 3);
    assert_eq!(app.as_nobody().get("/readyz").status, 200);
}

/// And what offices do: they decide a case that was handed in and revoke that, and put someone on a roll that is then taken back.
fn decides(app: &App) {
    let town = Town::in_autumn(app);
    let id = town.submitted();
    town.through(&id);
    let revocation = format!("/v1/reviews/{id}/revocation");
    let _ = town.officer("630000", "zhou").post(&revocation, &json!({ "reason": "证明材料不实" })).expect(200);
    let (officer, learner) = (app.as_officer("610000"), app.learner("610000").register());
    let roll = roll::made(&officer, &roll::past_years("610000"));
    let items = json!({ "items": [roll::met(&learner, 2018)] });
    let put = officer.post(&format!("{roll}/items"), &items).expect(200).json;
    assert_eq!(put["counts"]["created"], 1, "{put}");
    let _ = officer.post(&format!("{roll}/reversal"), &json!({ "reason": "导入错误" })).expect(200);
}

#[test]
fn the_service_works_as_a_role_that_can_change_nothing_that_was_recorded() {
    // Only where tests run on PostgreSQL and the machine has the programs of a server.
    let Some(server) = OwnPostgres::start() else { return };
    let Some(programs) = server.programs_with("psql") else { return };
    server.run("CREATE ROLE xueshi_owner SUPERUSER LOGIN");
    server.run("CREATE DATABASE xueshi OWNER xueshi_owner");
    let address = |role: &str| format!("postgres://{role}@127.0.0.1:{}/xueshi", server.port());
    let owner = Store::connect(&address("xueshi_owner"), &StoreOptions::default()).unwrap();
    assert!(!owner.migrate().unwrap().is_empty());
    // After each migration, so more than once.
    grant(&server, programs);
    grant(&server, programs);
    let app = App::signed_in(address("xueshi_service"));
    works(&app);
    decides(&app);

    let mut service = PgConnection::establish(&address("xueshi_service")).unwrap();
    let owned = "SELECT tablename::text AS name FROM pg_tables WHERE tableowner = current_user";
    assert_eq!(names(&mut service, owned), [""; 0]);
    let held = "SELECT DISTINCT tgrelid::regclass::text AS name FROM pg_trigger WHERE tgname LIKE '%\\_append\\_only'";
    let append_only = names(&mut service, held);
    assert!(append_only.len() >= 10 && append_only.iter().any(|name| name == "hour_entry"), "{append_only:?}");
    for table in &append_only {
        let column = format!(
            "SELECT column_name::text AS name FROM information_schema.columns
             WHERE table_name = '{table}' ORDER BY ordinal_position LIMIT 1"
        );
        let [column] = names(&mut service, &column).try_into().unwrap();
        for (sql, why) in [
            (format!("UPDATE {table} SET {column} = {column}"), "permission denied"),
            (format!("DELETE FROM {table}"), "permission denied"),
            (format!("TRUNCATE {table}"), "permission denied"),
            (format!("ALTER TABLE {table} DISABLE TRIGGER ALL"), "must be owner"),
            (format!("DROP TABLE {table}"), "must be owner"),
        ] {
            let refused = service.batch_execute(&sql).unwrap_err().to_string();
            assert!(refused.contains(why), "{sql}: {refused}");
        }
    }
    for (sql, why) in [
        ("UPDATE review_case SET opening = opening", "permission denied"),
        ("UPDATE review_case SET employer_id = NULL WHERE phase <> 'draft'", "append-only"),
        ("DELETE FROM review_case", "permission denied"),
        ("UPDATE roll SET document = document", "permission denied"),
        ("DELETE FROM roll", "permission denied"),
        ("UPDATE office_exception SET year = year", "permission denied"),
        ("UPDATE office_exception SET reason = 'x', document = NULL", "append-only"),
        ("UPDATE correction SET recorded_by = recorded_by", "permission denied"),
        ("UPDATE correction SET reason = 'x', proofs = NULL", "append-only"),
    ] {
        let refused = service.batch_execute(sql).unwrap_err().to_string();
        assert!(refused.contains(why), "{sql}: {refused}");
    }
}
