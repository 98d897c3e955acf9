//! Whose department decides what no document gives a route for.

use super::route::{Lacking, Missing, NoRoute, Stage, Unfilled, level_of};
use crate::{
    access::Reach,
    kernel::PlaceCode,
    policy::shape::{Act, Seat},
    registry::{PlaceNode, PlaceTree},
};

/// The human resources department at the learner's own place, for what no document gives a route ([`Subject::route`](super::Subject::route)).
///
/// # Errors
/// That the person has no place, or none that has such a department.
pub fn own_office(place: Option<&PlaceCode>, places: &PlaceTree) -> Result<Stage, NoRoute> {
    let own = place.and_then(|place| places.find(place.as_str()));
    let found = own.ok_or(Missing::Place).and_then(|node| Ok((node, level_of(places, node).ok_or(Missing::Level)?)));
    match found {
        Ok((node, seat)) => Ok(department_of(node, seat)),
        Err(missing) => {
            let lacking = vec![Lacking { seat: Seat::County, missing }];
            Err(NoRoute::Unfilled(vec![Unfilled { step: 0, office: None, lacking, cite: Vec::new() }]))
        }
    }
}

/// The lowest department that answers for the learner's own place and for all these others: for what nobody below it could do. That of the
/// nation stands as their superior.
///
/// # Errors
/// As [`own_office`], where there are no others, or nothing stands above all of them.
pub fn common_office(own: Option<&PlaceCode>, others: &[PlaceCode], places: &PlaceTree) -> Result<Stage, NoRoute> {
    let above = own.and_then(|own| places.find(own.as_str())).map(|own| places.path(&own.code)).unwrap_or_default();
    let answers = |node: &&PlaceNode| others.iter().all(|place| places.contains(&node.code, place));
    match above.into_iter().find(answers) {
        Some(node) if !others.is_empty() => Ok(department_of(node, level_of(places, node).unwrap_or(Seat::Superior))),
        _ => own_office(own, places),
    }
}

/// The department of a place as the one stage of a route that no document gives.
fn department_of(node: &PlaceNode, seat: Seat) -> Stage {
    let reach = Reach::Place(node.code.clone());
    Stage { seat, reach, act: Act::Reviews, office: None, days: None, by: None, cite: Vec::new() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::PlaceLevel;

    fn key(code: &str) -> PlaceCode {
        code.parse().unwrap()
    }

    fn tree() -> PlaceTree {
        use PlaceLevel::{City, County, Nation, Province};
        let node = |code: &str, parent: Option<&str>, level| PlaceNode {
            code: key(code),
            name: code.to_owned(),
            parent: parent.map(key),
            level,
        };
        let nodes = vec![
            node("nation", None, Nation),
            node("province", Some("nation"), Province),
            node("city", Some("province"), City),
            node("county", Some("city"), County),
            node("other-county", Some("city"), County),
            node("other-city", Some("province"), City),
            node("abroad", Some("nation"), Province),
        ];
        PlaceTree::new(nodes, Vec::new()).unwrap()
    }

    #[test]
    fn what_concerns_several_places_is_for_the_lowest_office_above_all_of_them() {
        let tree = tree();
        let of = |own: &str, others: &[&str]| {
            let others: Vec<PlaceCode> = others.iter().map(|code| key(code)).collect();
            let stage = common_office(Some(&key(own)), &others, &tree).unwrap();
            (stage.reach.place().unwrap().to_string(), stage.seat)
        };
        assert_eq!(of("county", &[]), ("county".to_owned(), Seat::County));
        assert_eq!(of("county", &["county"]), ("county".to_owned(), Seat::County));
        assert_eq!(of("city", &["county"]), ("city".to_owned(), Seat::City));
        assert_eq!(of("county", &["city"]), ("city".to_owned(), Seat::City));
        assert_eq!(of("county", &["other-county"]), ("city".to_owned(), Seat::City));
        assert_eq!(of("county", &["other-county", "other-city"]), ("province".to_owned(), Seat::Province));
        assert_eq!(of("county", &["abroad"]), ("nation".to_owned(), Seat::Superior));
        assert_eq!(common_office(Some(&key("county")), &[], &tree), own_office(Some(&key("county")), &tree));
    }

    #[test]
    fn who_has_no_place_has_no_office_and_the_nations_department_decides_nothing_alone() {
        let tree = tree();
        let lacks = |found: Result<Stage, NoRoute>| match found {
            Err(NoRoute::Unfilled(steps)) => steps[0].lacking[0].missing,
            other => unreachable!("{other:?}"),
        };
        assert_eq!(lacks(common_office(None, &[key("county")], &tree)), Missing::Place);
        assert_eq!(lacks(own_office(Some(&key("nation")), &tree)), Missing::Level);
        assert_eq!(lacks(common_office(Some(&key("nation")), &[], &tree)), Missing::Level);
    }
}
