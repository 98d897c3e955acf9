//! What people type instead of what they mean: full-width characters, and blanks that nobody sees.

/// The ASCII character of a full-width one (`Ａ`, `１`, the ideographic space); any other character as it is.
pub(super) fn half_width(c: char) -> char {
    match c {
        '\u{3000}' => ' ',
        '\u{FF01}'..='\u{FF5E}' => char::from_u32(u32::from(c) - 0xFEE0).unwrap_or(c),
        _ => c,
    }
}

/// Whether a character is a space of any width or one that is not printed at all; such characters come along with a paste.
pub(super) fn is_blank(c: char) -> bool {
    c.is_whitespace() || matches!(c, '\u{200B}'..='\u{200F}' | '\u{2060}' | '\u{FEFF}')
}
