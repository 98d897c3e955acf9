//! A body that is read but not yet judged: what a service finds fault with is told together with what the reader found.
//!
//! The reader mends a body that has not its shape, so that it can be read to its end; a value that was mended so must never be
//! written. So there is one way to the value: [`Unjudged::judged`] shows it to the service, which names the faults of meaning
//! that it finds, and hands out what the service made of it only where nobody found any. `judge` may write nothing before it
//! has ended; inside a transaction even that would not stay, since the refusal ends it.

use super::{
    document::Document,
    faults::{add_faults, of_a_body, of_an_item},
    json::{Body, read_document, read_text},
    meaning::Faults,
};
use crate::problem::{FieldError, Problem};

/// What someone sent, with the faults that the reader found in it: of JSON, of its shape and of the rules of `validator`.
#[derive(Clone)]
pub struct Unjudged<T> {
    read: T,
    faults: Vec<FieldError>,
    /// What is kept of too many faults.
    named: fn(Vec<FieldError>) -> Vec<FieldError>,
}

impl<T: Body> Unjudged<T> {
    /// A body that is JSON.
    ///
    /// # Errors
    /// `malformed_json`, or `invalid_body` for what is so far from its shape that nothing can be read from it.
    pub(super) fn of_body(body: &[u8]) -> Result<Self, Problem> {
        let (read, faults) = read_text(body)?;
        match read {
            Some(read) => Ok(Self { read, faults, named: of_a_body }),
            None => Err(Problem::invalid_body(of_a_body(faults))),
        }
    }

    /// One item among many, which is judged by itself.
    ///
    /// # Errors
    /// The faults of one from which nothing can be read.
    pub fn of_item(document: &Document) -> Result<Self, Vec<FieldError>> {
        Self::of_row(document, Vec::new())
    }

    /// The same of a row of a table, of whose cells some could not be read: the document has something there that fits nowhere,
    /// about which `unread` says more than the reader of the document can.
    ///
    /// # Errors
    /// As [`of_item`](Self::of_item).
    pub(crate) fn of_row(document: &Document, unread: Vec<FieldError>) -> Result<Self, Vec<FieldError>> {
        let (read, mut faults) = read_document(document);
        faults.retain(|fault| unread.iter().all(|cell| cell.pointer != fault.pointer));
        add_faults(&mut faults, unread);
        match read {
            Some(read) => Ok(Self { read, faults, named: of_an_item }),
            None => Err(of_an_item(faults)),
        }
    }
}

impl<T> Unjudged<T> {
    /// What `judge` makes of the value, if neither the reader nor `judge` found a fault. It answers nothing where it cannot make
    /// anything of the value, which a fault that it names must explain.
    ///
    /// # Errors
    /// `invalid_body` with all faults at once; what `judge` itself fails with.
    pub fn judged<'t, R>(
        &'t self,
        judge: impl FnOnce(&'t T, &mut Faults<'_>) -> Result<Option<R>, Problem>,
    ) -> Result<R, Problem> {
        let mut faults = Faults::beside(&self.faults);
        let made = judge(&self.read, &mut faults)?;
        self.settle(made, faults.into_found()).map_err(Problem::invalid_body)
    }

    /// As [`judged`](Self::judged), of one item among many: it fails by itself.
    ///
    /// # Errors
    /// All faults at once.
    pub fn judged_alone<'t, R>(
        &'t self,
        judge: impl FnOnce(&'t T, &mut Faults<'_>) -> Option<R>,
    ) -> Result<R, Vec<FieldError>> {
        let mut faults = Faults::beside(&self.faults);
        let made = judge(&self.read, &mut faults);
        self.settle(made, faults.into_found())
    }

    fn settle<R>(&self, made: Option<R>, found: Vec<FieldError>) -> Result<R, Vec<FieldError>> {
        let mut faults = self.faults.clone();
        add_faults(&mut faults, found);
        made.filter(|_| faults.is_empty()).ok_or_else(|| (self.named)(faults))
    }

    /// What was looked up before the value could be judged, such as whose file the path names. Where the caller is refused that,
    /// the faults of the reader are told instead, as they would be about a path that names nothing: a body with faults tells
    /// nothing about what exists.
    ///
    /// # Errors
    /// `invalid_body` with the faults of the reader, or what `found` failed with.
    pub fn after<R>(&self, found: Result<R, Problem>) -> Result<R, Problem> {
        found.map_err(|problem| match self.faults.is_empty() || !problem.kind().status().is_client_error() {
            true => problem,
            false => Problem::invalid_body((self.named)(self.faults.clone())),
        })
    }

    /// The value as it was read, perhaps mended: to look up what it names for many at once, before each is judged. Not to be
    /// written.
    pub fn as_read(&self) -> &T {
        &self.read
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        problem::Kind,
        text::{Language, Text},
    };
    use serde::Deserialize;
    use serde_json::{Value, json};
    use utoipa::ToSchema;
    use validator::Validate;

    #[derive(Clone, Debug, PartialEq, Deserialize, Validate, ToSchema)]
    #[serde(deny_unknown_fields)]
    struct Span {
        #[validate(range(min = 1))]
        from: i32,
        until: i32,
        note: Option<String>,
    }

    fn read(body: &Value) -> Unjudged<Span> {
        Unjudged::of_body(body.to_string().as_bytes()).unwrap()
    }

    fn judge<'t>(span: &'t Span, faults: &mut Faults<'_>) -> Option<&'t Span> {
        if faults.are_sound(&["/from"]) && span.until < span.from {
            faults.add("/until", "before_first_day", Text::same("x"));
        }
        if span.note.is_none() {
            faults.add("/note", "missing", Text::same("x"));
        }
        Some(span)
    }

    fn codes(problem: &Problem) -> Vec<(String, String)> {
        assert_eq!(problem.kind(), Kind::InvalidBody);
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let shown = problem.to_value(Language::English);
        shown["errors"].as_array().unwrap().iter().map(|e| (text(&e["pointer"]), text(&e["code"]))).collect()
    }

    fn faults(body: &Value) -> Vec<(String, String)> {
        let (span, mut looked_at) = (read(body), false);
        let refused = span.judged(|span, faults| {
            looked_at = true;
            Ok(judge(span, faults))
        });
        assert!(looked_at);
        codes(&refused.unwrap_err())
    }

    fn named(all: &[(&str, &str)]) -> Vec<(String, String)> {
        all.iter().map(|(pointer, code)| ((*pointer).to_owned(), (*code).to_owned())).collect()
    }

    #[test]
    fn a_value_without_a_fault_is_handed_out() {
        let span = read(&json!({ "from": 1, "until": 2, "note": "a" }));
        assert_eq!(span.judged(|span, faults| Ok(judge(span, faults))).unwrap().until, 2);
        assert_eq!(span.judged_alone(judge).unwrap().until, 2);
    }

    #[test]
    fn faults_of_shape_of_the_rules_and_of_meaning_are_told_together() {
        assert_eq!(
            faults(&json!({ "from": 0, "until": -1, "more": 7 })),
            named(&[("/more", "unknown_field"), ("/from", "range"), ("/note", "missing")])
        );
        assert_eq!(
            faults(&json!({ "from": 3, "until": 2, "more": 7 })),
            named(&[("/more", "unknown_field"), ("/until", "before_first_day"), ("/note", "missing")])
        );
    }

    #[test]
    fn where_something_stands_in_no_fault_of_meaning_is_told() {
        assert_eq!(
            faults(&json!({ "from": "x", "until": -5, "note": 7 })),
            named(&[("/from", "wrong_type"), ("/note", "wrong_type")])
        );
        assert_eq!(
            faults(&json!({ "from": 5, "note": "a" })),
            named(&[("/until", "missing")]),
            "one stands in for the last day, which is before the first"
        );
    }

    #[test]
    fn a_mended_value_is_never_handed_out() {
        let span = read(&json!({ "from": 1, "until": 2, "note": "a", "more": 1 }));
        assert!(span.judged(|span, _| Ok(Some(span.clone()))).is_err());
        assert!(span.judged_alone(|span, _| Some(span.clone())).is_err());
    }

    #[test]
    fn a_body_with_faults_tells_nothing_about_what_is_not_the_callers() {
        let hidden = || Err::<(), _>(Problem::new(Kind::NotFound));
        let good = read(&json!({ "from": 1, "until": 2 }));
        assert_eq!(good.after(hidden()).unwrap_err().kind(), Kind::NotFound);
        let bad = read(&json!({ "from": 1 }));
        assert_eq!(codes(&bad.after(hidden()).unwrap_err()), named(&[("/until", "missing")]));
        let broken = bad.after(Err::<(), _>(Problem::unavailable("x"))).unwrap_err();
        assert_eq!(broken.kind(), Kind::Unavailable);
        assert!(bad.after(Ok(())).is_ok());
    }

    #[test]
    fn what_nothing_can_be_read_from_is_refused_at_once() {
        let refused = Unjudged::<Span>::of_body(b"[1]").map(drop).unwrap_err();
        assert_eq!(codes(&refused), named(&[("", "wrong_type")]));
    }
}
