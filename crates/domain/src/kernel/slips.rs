//! Slips of the finger: what a word that nobody knows was probably meant to be.

use strsim::osa_distance;

/// The known word that is nearest to `word`, where the difference is small enough to be a slip: a third of the longer of the two
/// at most. A letter left out, added or mistaken counts as one, and so do two that changed places. Of two at the same distance
/// the first is taken.
#[must_use]
pub fn nearest<'w>(word: &str, known: impl IntoIterator<Item = &'w str>) -> Option<&'w str> {
    let near = |known: &'w str| {
        let longer = word.chars().count().max(known.chars().count());
        let distance = osa_distance(word, known);
        (distance * 3 <= longer).then_some((distance, known))
    };
    known.into_iter().filter_map(near).min_by_key(|(distance, _)| *distance).map(|(_, known)| known)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_told_from_a_word_that_means_something_else() {
        let keys = ["at", "cite", "place", "title", "min", "max", "unit", "closes_on", "workers"];
        for (word, meant) in [
            ("titel", Some("title")),
            ("tilte", Some("title")),
            ("minn", Some("min")),
            ("mix", Some("min")),
            ("nuit", Some("unit")),
            ("closes", Some("closes_on")),
            ("close_on", Some("closes_on")),
            ("wokers", Some("workers")),
            ("colour", None),
            ("cap", None),
            ("on", None),
            ("", None),
        ] {
            assert_eq!(nearest(word, keys), meant, "{word}");
        }
    }
}
