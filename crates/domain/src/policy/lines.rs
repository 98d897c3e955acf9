//! Where a byte of a text stands, without counting from the beginning each time: a rule file has thousands of values, and
//! each has its place.

use super::Spot;

/// Between so many bytes it is noted how many characters there were before.
const STRIDE: usize = 256;

/// The lines of a text.
pub(super) struct Lines<'s> {
    source: &'s str,
    /// Where each line begins, in bytes.
    starts: Vec<usize>,
    /// How many characters stand before each multiple of [`STRIDE`].
    characters: Vec<usize>,
}

impl<'s> Lines<'s> {
    pub(super) fn of(source: &'s str) -> Self {
        let ends = source.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at + 1);
        let mut before = 0;
        let mut characters = Vec::with_capacity(source.len() / STRIDE + 1);
        for stretch in source.as_bytes().chunks(STRIDE) {
            characters.push(before);
            before += begun(stretch);
        }
        characters.push(before);
        Self { source, starts: std::iter::once(0).chain(ends).collect(), characters }
    }

    /// The line and column of a byte; of one that begins no character, those of the end of the text.
    pub(super) fn spot(&self, byte: usize) -> Spot {
        let byte = if self.source.is_char_boundary(byte) { byte } else { self.source.len() };
        let line = self.starts.partition_point(|start| *start <= byte);
        let start = line.checked_sub(1).and_then(|index| self.starts.get(index)).copied().unwrap_or(0);
        Spot { line, column: self.before(byte) - self.before(start) + 1 }
    }

    /// How many characters stand before a byte.
    fn before(&self, byte: usize) -> usize {
        let noted = byte / STRIDE;
        let rest = self.source.as_bytes().get(noted * STRIDE..byte).unwrap_or_default();
        self.characters.get(noted).copied().unwrap_or(0) + begun(rest)
    }
}

/// How many characters begin among these bytes of UTF-8.
fn begun(bytes: &[u8]) -> usize {
    bytes.iter().filter(|byte| **byte & 0b1100_0000 != 0b1000_0000).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_character_stands_where_counting_finds_it() {
        let long = "继续 education\n\n学时=30\r\n".repeat(60) + &"专业x".repeat(300);
        for source in ["", "a", "\n", "\n\na", long.as_str()] {
            let lines = Lines::of(source);
            let (mut line, mut column) = (1, 1);
            for (at, character) in source.char_indices().chain([(source.len(), ' ')]) {
                assert_eq!(lines.spot(at), Spot { line, column }, "{at}");
                (line, column) = if character == '\n' { (line + 1, 1) } else { (line, column + 1) };
            }
            assert_eq!(lines.spot(source.len() + 7), lines.spot(source.len()));
        }
    }
}
