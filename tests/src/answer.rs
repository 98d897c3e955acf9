//! An answer, read whole.

use serde_json::Value;

/// What came back.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The headers, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body as text.
    pub text: String,
    /// The body as JSON; null where it is none.
    pub json: Value,
}

impl Answer {
    #[expect(clippy::expect_used, reason = "an answer that breaks off should fail the test loudly")]
    pub(crate) fn read(mut response: ureq::http::Response<ureq::Body>) -> Self {
        let headers = response.headers().iter();
        let headers = headers.map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into()));
        let (status, headers) = (response.status().as_u16(), headers.collect());
        let mut body = response.body_mut().with_config().limit(1 << 30).reader();
        let mut text = String::new();
        std::io::Read::read_to_string(&mut body, &mut text).expect("the whole body");
        let json = serde_json::from_str(&text).unwrap_or(Value::Null);
        Self { status, headers, text, json }
    }

    /// No answer may hold a person's whole identity number, whoever asks for whatever. Those of the tests have the sequence 000.
    #[track_caller]
    pub(crate) fn holds_no_document(&self) {
        let shown = self.headers.iter().map(|(_, value)| value.as_str()).chain([self.text.as_str()]);
        for text in shown {
            assert_eq!(made_up_number(text), None, "an answer holds an identity number: {text}");
        }
    }

    /// A header's value; empty where it is missing.
    #[must_use]
    pub fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(n, _)| n == name).map_or("", |(_, value)| value)
    }

    /// The answer itself, if it has this status.
    ///
    /// # Panics
    /// With the whole answer, if it has another.
    #[must_use]
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", self.text);
        self
    }

    /// The body, if the answer is a problem of this kind.
    ///
    /// # Panics
    /// With the whole answer, if it is not.
    #[track_caller]
    pub fn problem(self, status: u16, code: &str) -> Value {
        assert_eq!((self.status, self.json["code"].as_str()), (status, Some(code)), "{}", self.text);
        assert_eq!(self.header("content-type"), "application/problem+json");
        assert_eq!(self.json["status"], status);
        assert_eq!(self.json["type"], format!("/problems/{code}"));
        self.json
    }
}

/// The first made-up identity number in a text: 18 characters that no digit stands beside, with the sequence 000 and the check
/// character that they must have. What stands behind a point is the fraction of a measured number.
fn made_up_number(text: &str) -> Option<&str> {
    let bytes = text.as_bytes();
    let is_digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
    let mut start = 0;
    while start < bytes.len() {
        if !is_digit(start) {
            start += 1;
            continue;
        }
        let digits = (start..).take_while(|at| is_digit(*at)).count();
        let ends_in_x = bytes.get(start + digits).is_some_and(|byte| b"Xx".contains(byte));
        let whole = digits == 18 || (digits == 17 && ends_in_x);
        let fraction = start > 0 && bytes[start - 1] == b'.';
        if whole
            && !fraction
            && &bytes[start + 14..start + 17] == b"000"
            && has_its_check_character(&bytes[start..start + 18])
        {
            return Some(&text[start..start + 18]);
        }
        start += digits;
    }
    None
}

fn has_its_check_character(number: &[u8]) -> bool {
    let weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    let sum: u32 = number.iter().zip(weights).map(|(digit, weight)| u32::from(digit - b'0') * weight).sum();
    number[17].to_ascii_uppercase() == b"10X98765432"[sum as usize % 11]
}

#[cfg(test)]
mod tests {
    use super::made_up_number;
    use crate::fixtures::Person;

    #[test]
    fn a_whole_number_is_found_wherever_it_stands_and_a_masked_one_is_none() {
        for _ in 0..50 {
            let number = Person::someone().document_number;
            for text in
                [number.clone(), format!("{{\"a\":\"{number}\"}}"), format!("号码{number}。"), number.to_lowercase()]
            {
                assert!(made_up_number(&text).is_some_and(|found| found.eq_ignore_ascii_case(&number)), "{text}");
            }
            let masked = format!("{}**********{}", &number[..4], &number[14..]);
            for text in [masked, number[..17].to_owned(), format!("12345{}", &number[..17]), format!("0.{number}")] {
                assert_eq!(made_up_number(&text), None, "{text}");
            }
        }
    }
}
