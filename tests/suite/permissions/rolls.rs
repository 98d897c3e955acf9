//! Rolls: past years of officers, and lists of exemptions of the authority that the rules of the own side name.

use super::{
    asked::{Asked, get, post},
    world::{Side, World},
};
use crate::roll::{about, past_years};
use serde_json::{Value, json};
use tests::Client;
use xueshi::auth::CallerKind::{Officer, SectorAuthority};

/// What whoever speaks would make for a side.
fn input(world: &World<'_>, side: &Side) -> Value {
    if world.acting.get() != SectorAuthority {
        return past_years(side.place);
    }
    json!({
        "kind": "exemption", "exemption": side.exemption, "place": side.place, "year": 2018, "document": "示例名单", "reason": "matrix"
    })
}

/// Who makes rolls of a side for whoever speaks to see: of lists of exemptions the authority of its own series, where the rules name it.
fn maker<'a>(world: &World<'a>, side: &Side) -> Option<Client<'a>> {
    let lists = world.acting.get() == SectorAuthority && side.place == world.own.place;
    lists.then(|| world.sector(side))
}

/// A roll of a side, made by whose word it is; its address.
fn made(world: &World<'_>, side: &Side) -> String {
    let (maker, input) = match maker(world, side) {
        Some(maker) => (maker, input(world, side)),
        None => (world.app.as_officer(side.place), past_years(side.place)),
    };
    maker.post("/v1/rolls", &input).expect(201).header("location").to_owned()
}

/// Someone of a side, as whoever speaks puts them on a roll.
fn item(world: &World<'_>, side: &Side) -> (Value, String) {
    let learner = world.app.learner(side.place).series(side.series).register();
    let more = if world.acting.get() == SectorAuthority { json!({}) } else { json!({ "year": 2016, "met": true }) };
    (json!({ "items": [about(&learner, more)] }), learner.id.to_string())
}

pub(super) fn rolls(world: &World<'_>, operation: &str, side: &Side) -> Option<Asked> {
    Some(match operation {
        "create_roll" => {
            post("/v1/rolls", input(world, side)).shows(format!("\"code\":\"{}\"", side.place)).there(Officer)
        }
        "list_rolls" => {
            let roll = made(world, side);
            get("/v1/rolls?limit=200").shows(roll.rsplit('/').next().unwrap())
        }
        "get_roll" => {
            let roll = made(world, side);
            let id = roll.rsplit('/').next().unwrap().to_owned();
            get(roll).shows(id)
        }
        "add_roll_items" => {
            let (path, (items, learner)) = (format!("{}/items", made(world, side)), item(world, side));
            post(path.clone(), items).with(200).shows(learner).then(Officer, path)
        }
        "validate_roll_items" => {
            let (items, learner) = item(world, side);
            post(format!("{}/items/validation", made(world, side)), items).with(200).shows(learner)
        }
        "list_roll_items" | "reverse_roll" => {
            let (roll, (items, learner)) = (made(world, side), item(world, side));
            let speaks = maker(world, side).unwrap_or_else(|| world.app.as_officer(side.place));
            let _ = speaks.post(&format!("{roll}/items"), &items).expect(200);
            if operation == "list_roll_items" {
                return Some(get(format!("{roll}/items")).shows(learner));
            }
            let body = json!({ "reason": "matrix", "learners": [learner] });
            let reversal = post(format!("{roll}/reversal"), body).with(200);
            reversal.shows("\"reversed\":1").then(Officer, roll)
        }
        _ => return None,
    })
}
