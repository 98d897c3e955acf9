//! Two of everything: what belongs to the callers of the matrix, and what belongs to others.

use super::asked::{Asked, address};
use crate::{
    access::{PORTAL, issuer},
    completions::soon,
};
use domain::{
    access::Named,
    audit::{Member, Seal},
    kernel::{BaseId, EmployerId},
};
use serde_json::{Value, json};
use std::cell::{Cell, RefCell};
use store::{
    Db, StoreError,
    audit::{hold_seals, insert_seal, last_seal, unsealed_events},
    changes::number_changes,
    whole_micros,
};
use tests::{
    Answer, App, Client,
    fixtures::{Course, Item, Learner, Platform, Signer},
};
use time::OffsetDateTime;
use xueshi::auth::{CallerKind, Subject};

/// The place of the callers' own.
const OWN: &str = "610000";

pub(super) const SERIES: &str = "会计";

/// Whose things stand beside the callers' own: at the same place, of another owner each.
const BESIDE: &str = "beside";

/// Who has read the own learner's file.
pub(super) const READER: &str = "officer:chen";

/// What belongs to one side.
#[derive(Clone)]
pub(super) struct Side {
    pub(super) is_own: bool,
    pub(super) place: &'static str,
    /// That of its learner's post and of its sector authority.
    pub(super) series: &'static str,
    /// The exemption whose list is its sector authority's, where there is one.
    pub(super) exemption: &'static str,
    /// A rule file of the place.
    pub(super) rules: &'static str,
    pub(super) platform: Platform,
    pub(super) employer: EmployerId,
    pub(super) base: BaseId,
    pub(super) authority: String,
    pub(super) course: String,
    pub(super) learner: Learner,
    /// An item that the platform pushed for the learner, as it was sent, with its id and its batch.
    pub(super) item: Value,
    pub(super) completion: String,
    /// The id of an item that was taken back.
    pub(super) changed: String,
    pub(super) batch: String,
    /// The platform's own id of an item that waits.
    pub(super) held: String,
    pub(super) grant: String,
    /// Published, of one's own; of the other side a draft.
    pub(super) version: String,
}

pub(super) struct World<'a> {
    pub(super) app: &'a App,
    pub(super) portal: String,
    pub(super) public: Course,
    pub(super) own: Side,
    pub(super) other: Side,
    /// Of the place of the callers' own, of another learner, employer and series.
    pub(super) beside: Side,
    /// The same, pushed by another platform.
    pub(super) rival: Side,
    count: Cell<u32>,
    /// The years of places for which rules name an office that may grant exceptions.
    missed: RefCell<Vec<(&'static str, i32)>>,
    /// Those for which rules have employers hand years in.
    verified: RefCell<Vec<(&'static str, i32)>>,
    /// As whom the next request is made.
    pub(super) acting: Cell<CallerKind>,
    /// By which name officials sign in.
    pub(super) name: RefCell<String>,
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

fn rules(path: &str) -> &'static str {
    policies::FILES.iter().find(|file| file.path == path).map(|file| file.rules).unwrap()
}

/// Seals what was done so far, as the runner does now and then.
fn seal(db: &mut Db) -> Result<(), StoreError> {
    hold_seals(db)?;
    let waiting = unsealed_events(db, false, 1000)?;
    let members: Vec<Member> =
        waiting.iter().map(|event| Member { event: event.id, fingerprint: event.fingerprint() }).collect();
    let last = last_seal(db)?;
    insert_seal(db, &Seal::after(last.as_ref(), whole_micros(OffsetDateTime::now_utc()), &members), &members)
}

impl<'a> World<'a> {
    pub(super) fn new(app: &'a App) -> Self {
        let stage = app.shaanxi();
        let portal = issuer(app, PORTAL, &[&Signer::ed25519("ed")]);
        let other = app.platform("another-platform").register();
        let side = |platform, site| Side::new(app, (&portal, &stage.public), platform, site);
        let (shaanxi, qinghai) = (rules("610000-shaanxi/2020.toml"), rules("630000-qinghai/2020.toml"));
        let own = side(stage.platform.clone(), Site { mark: OWN, place: OWN, series: SERIES, rules: shaanxi });
        let site = Site { mark: "630000", place: "630000", series: SERIES, rules: qinghai };
        let other = side(other, site);
        let site = Site { mark: BESIDE, place: OWN, series: "卫生", rules: shaanxi };
        let beside = side(stage.platform.clone(), site);
        let rival = beside.pushed_by(app, app.platform("platform-beside").register(), &stage.public);
        let mut world = Self {
            app,
            portal,
            public: stage.public.clone(),
            own,
            other,
            beside,
            rival,
            count: Cell::new(0),
            missed: RefCell::default(),
            verified: RefCell::default(),
            acting: Cell::new(CallerKind::Officer),
            name: RefCell::new("wang".to_owned()),
        };
        let published = app.as_national_officer().get("/v1/policies?place=610000").expect(200).json;
        world.own.version = text(&published["items"][0]["policy_id"]);
        world.other.version = world.draft(&world.other);
        world.beside.version = world.draft(&world.beside);
        world.rival.version.clone_from(&world.beside.version);
        crate::uses::surplus::laid_by(app, &world.own.learner, world.own.place);
        app.write(seal);
        app.write(|db| number_changes(db, whole_micros(OffsetDateTime::now_utc()), 1000));
        let file = format!("/v1/learners/{}", world.own.learner.id);
        let _ = app.as_national_officer().get(&file).expect(200);
        let of_rival = app.as_platform(world.rival.platform.id).get("/v1/changes?limit=200").expect(200);
        assert!(of_rival.text.contains(&world.rival.changed), "whose it is, is told of it");
        soon(|| app.as_learner(world.own.learner.id).get(&format!("{file}/access-records")).text.contains(READER));
        world
    }

    /// A number that nothing had before.
    pub(super) fn fresh(&self) -> u32 {
        self.count.set(self.count.get() + 1);
        self.count.get()
    }

    /// The caller of a kind to whom the own side belongs.
    pub(super) fn caller(&self, kind: CallerKind) -> Client<'a> {
        self.app.calling(self.subject(kind))
    }

    /// As whom that caller signs in.
    pub(super) fn subject(&self, kind: CallerKind) -> Subject {
        let own = &self.own;
        let (place, nothing) = (own.place.parse().ok(), Named::default());
        let named = match kind {
            CallerKind::Learner => return Subject::of(kind, &own.learner.id.to_string(), None),
            CallerKind::Platform => return Subject::of(kind, &own.platform.id.to_string(), None),
            CallerKind::Officer => Named { place, ..nothing },
            CallerKind::SectorAuthority => Named { place, series: Some(SERIES.to_owned()), ..nothing },
            CallerKind::EmployerAdministrator => Named { employer: Some(own.employer), ..nothing },
            CallerKind::BaseOperator => Named { base: Some(own.base), ..nothing },
            _ => nothing,
        };
        Subject { kind, name: self.name.borrow().clone(), named }
    }

    /// The sector authority of a side.
    pub(super) fn sector(&self, side: &Side) -> Client<'a> {
        let (place, series) = (side.place.parse().ok(), Some(side.series.to_owned()));
        let named = Named { place, series, ..Named::default() };
        self.app.calling(Subject { kind: CallerKind::SectorAuthority, name: "wang".to_owned(), named })
    }

    /// A new draft of a side's rules.
    pub(super) fn draft(&self, side: &Side) -> String {
        let body = json!({ "source": side.rules });
        text(&self.app.as_national_officer().post("/v1/policies", &body).expect(201).json["policy_id"])
    }

    /// A year that the side's learner missed, and for which the rules name an office that may grant exceptions.
    pub(super) fn missed_year(&self, side: &Side) -> i32 {
        of_place(&self.missed, side, || crate::exceptions::provided(self.app, side.place))
    }

    /// A year of the side's place whose rules have employers hand it in, and ask for nothing.
    pub(super) fn verified_year(&self, side: &Side) -> i32 {
        of_place(&self.verified, side, || crate::verification::provided(self.app, side.place))
    }

    /// A new learner of a side's place.
    pub(super) fn learner(&self, side: &Side) -> Learner {
        self.app.learner(side.place).register()
    }

    /// The id of a new item of a side.
    pub(super) fn completion(&self, side: &Side) -> String {
        let item = self.learner(side).finished(&self.public);
        text(&self.app.push_batch(&side.platform, [item]).expect(200).json["items"][0]["completion_id"])
    }

    /// Whether what was asked for is there when someone looks who may.
    pub(super) fn was_done(&self, asked: &Asked, answer: &Answer) -> bool {
        let Some((reader, template)) = &asked.then else { return true };
        let looked = address(template, answer).map(|path| self.caller_of_all(*reader).get(&path));
        looked
            .is_some_and(|seen| seen.status == 200 && seen.text.contains(asked.leaves.as_ref().unwrap_or(&asked.shows)))
    }

    fn caller_of_all(&self, kind: CallerKind) -> Client<'a> {
        match kind {
            CallerKind::Officer => self.app.as_national_officer(),
            kind => self.caller(kind),
        }
    }
}

/// What a place has; made where it has none yet.
fn of_place(known: &RefCell<Vec<(&'static str, i32)>>, side: &Side, make: impl FnOnce() -> i32) -> i32 {
    let held = known.borrow().iter().find(|(place, _)| *place == side.place).map(|(_, year)| *year);
    held.unwrap_or_else(|| {
        let year = make();
        known.borrow_mut().push((side.place, year));
        year
    })
}

/// Where a side is, and as what it is told from the others.
struct Site {
    mark: &'static str,
    place: &'static str,
    series: &'static str,
    rules: &'static str,
}

impl Side {
    /// The side as a platform has it that has pushed for the same learner, though the rules of the place do not open it.
    fn pushed_by(&self, app: &App, platform: Platform, public: &Course) -> Self {
        let push = |item: Item| app.push_batch(&platform, [item]).expect(200).json;
        let item = self.learner.finished(public);
        let pushed = push(item.clone());
        let nobodys = |id: &str| item.clone().called(id).with("course_code", "nobody-knows");
        let _ = push(nobodys("held-rival"));
        let changed = text(&push(nobodys("changed-rival"))["items"][0]["completion_id"]);
        let taken_back = json!({ "reason_code": "wrong_data" });
        let path = format!("/v1/completions/{changed}/reversal");
        let _ = app.as_platform(platform.id).post(&path, &taken_back).expect(200);
        Self {
            completion: text(&pushed["items"][0]["completion_id"]),
            batch: text(&pushed["batch_id"]),
            held: "held-rival".to_owned(),
            item: item.json().clone(),
            changed,
            platform,
            ..self.clone()
        }
    }

    fn new(app: &App, (portal, public): (&str, &Course), platform: Platform, site: Site) -> Self {
        let Site { mark, place, series, rules } = site;
        let (system, office) = (app.as_system_administrator(), app.as_national_officer());
        let make = |path: &str, body: &Value, id: &str| text(&system.post(path, body).expect(201).json[id]);
        let name = format!("示例单位{mark}");
        let employer = json!({ "name": name, "kind": "enterprise", "kind_from_on": "2019-01-01", "place": place });
        let employer = make("/v1/employers", &employer, "employer_id").parse().unwrap();
        let base = json!({ "name": name, "level": "provincial", "place": place, "recognised_from": "2015-10-01" });
        let base: BaseId = make("/v1/training-bases", &base, "base_id").parse().unwrap();
        let authority = json!({ "name": name, "kind": "human_resources", "place": place });
        let authority = make("/v1/authorities", &authority, "authority_id");
        if let Some(name) =
            [(OWN, "示例委"), (BESIDE, "另示例委")].into_iter().find_map(|(of, name)| (of == mark).then_some(name))
        {
            // Whose lists the rules of the own side name.
            let lists = json!({ "name": name, "kind": "sector", "place": place, "series": series });
            let _ = make("/v1/authorities", &lists, "authority_id");
        }
        let course = crate::registry::course(&format!("matrix-{mark}"), base);
        let course = text(&office.post("/v1/courses", &course).expect(201).json["course"]["course_id"]);
        let learner = app.learner(place).series(series).register();
        let employed = json!({ "employer_id": employer, "from_on": "2019-01-01" });
        let _ = office.post(&format!("/v1/learners/{}/employments", learner.id), &employed).expect(201);
        let item = learner.finished(public);
        let pushed = app.push_batch(&platform, [item.clone()]).expect(200).json;
        let changed = item.clone().called(&format!("changed-{mark}"));
        let changed = text(&app.push_batch(&platform, [changed]).expect(200).json["items"][0]["completion_id"]);
        let taken_back = json!({ "reason_code": "wrong_data" });
        let _ =
            app.as_platform(platform.id).post(&format!("/v1/completions/{changed}/reversal"), &taken_back).expect(200);
        let held = format!("held-{mark}");
        let nobody = item.clone().called(&held).with("course_code", "nobody-knows");
        let _ = app.push_batch(&platform, [nobody]).expect(200);
        let grant = json!({
            "issuer_id": portal, "subject": name, "role": "officer", "place": place, "reason": "任命"
        });
        let grant = text(&app.as_security_administrator().post("/v1/grants", &grant).expect(201).json["grant_id"]);
        let completion = text(&pushed["items"][0]["completion_id"]);
        let batch_id = text(&pushed["batch_id"]);
        let (item, version) = (item.json().clone(), String::new());
        Self {
            is_own: mark == OWN,
            place,
            series,
            exemption: if mark == BESIDE { "beside" } else { "matrix" },
            rules,
            platform,
            employer,
            base,
            authority,
            course,
            learner,
            item,
            completion,
            changed,
            batch: batch_id,
            held,
            grant,
            version,
        }
    }
}
