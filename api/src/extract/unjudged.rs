//! A body that is read but not yet judged: what a service finds fault with is told together with what the reader found.
//!
//! The reader mends a body that has not its shape, so that it can be read to its end; a value that was mended so must never be
//! written. So there is one way to the value: [`Unjudged::judged`] shows it to the service, which names the faults of meaning
//! that it finds, and hands out what the service made of it only where nobody found any. `judge` may write nothing before it
//! has ended; inside a transaction even that would not stay, since the refusal ends it.
//!
//! Whose a thing is, is decided before its body is judged: [`Unjudged::after`] and [`Unjudged::after_named`] tell that it is not the
//! caller's, or is not there, whatever is wrong with the body. So that it can be asked of any body, one from which nothing can be
//! read is kept with something harmless in its place.

use super::{
    document::Document,
    faults::{add_faults, of_a_body, of_an_item},
    json::{Body, read_document, read_text, stand_in},
    meaning::{Faults, are_sound_beside},
};
use crate::{
    problem::{FieldError, Problem},
    text::Text,
};

/// What someone sent, with the faults that the reader found in it: of JSON, of its shape and of the rules of `validator`.
#[derive(Clone)]
pub struct Unjudged<T> {
    read: T,
    faults: Vec<FieldError>,
    /// What is kept of too many faults.
    named: fn(Vec<FieldError>) -> Vec<FieldError>,
    /// Why nothing could be read from it, so that `read` says nothing of what was sent.
    unread: Option<Problem>,
}

impl<T: Body> Unjudged<T> {
    /// A body that is JSON.
    ///
    /// # Errors
    /// `malformed_json`, or `invalid_body` for what is so far from its shape that nothing can be read from it, of a type in whose
    /// place nothing harmless can stand.
    pub(crate) fn of_body(body: &[u8]) -> Result<Self, Problem> {
        let unread = match read_text(body) {
            Ok((Some(read), faults)) => return Ok(Self { read, faults, named: of_a_body, unread: None }),
            Ok((None, faults)) => Problem::invalid_body(of_a_body(faults)),
            Err(malformed) => malformed,
        };
        match stand_in() {
            // With a fault of its own, so that in no way it is taken for what was sent.
            Some(read) => {
                let words = Text::new("无法读取", "nothing can be read from it");
                let faults = vec![FieldError::new("", "wrong_type", words)];
                Ok(Self { read, faults, named: of_a_body, unread: Some(unread) })
            }
            None => Err(unread),
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
            Some(read) => Ok(Self { read, faults, named: of_an_item, unread: None }),
            None => Err(of_an_item(faults)),
        }
    }
}

impl<T> Unjudged<T> {
    /// What `judge` makes of the value, if neither the reader nor `judge` found a fault. It answers nothing where it cannot make
    /// anything of the value, which a fault that it names must explain.
    ///
    /// # Errors
    /// `malformed_json`; `invalid_body` with all faults at once; what `judge` itself fails with.
    pub fn judged<'t, R>(
        &'t self,
        judge: impl FnOnce(&'t T, &mut Faults<'_>) -> Result<Option<R>, Problem>,
    ) -> Result<R, Problem> {
        if let Some(unread) = &self.unread {
            return Err(unread.clone());
        }
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

    /// That something could be read of a body that is then [judged alone](Self::judged_alone), as one item of one: else something harmless
    /// would be judged in its place.
    ///
    /// # Errors
    /// `malformed_json`, or `invalid_body` with what made it unreadable.
    pub fn readable(&self) -> Result<(), Problem> {
        self.unread.clone().map_or(Ok(()), Err)
    }

    fn settle<R>(&self, made: Option<R>, found: Vec<FieldError>) -> Result<R, Vec<FieldError>> {
        let mut faults = self.faults.clone();
        add_faults(&mut faults, found);
        made.filter(|_| faults.is_empty()).ok_or_else(|| (self.named)(faults))
    }

    /// What was looked up before the value is judged, such as whose file the path names. That it is not the caller's, or is not
    /// there, is told whatever is wrong with the body; any other refusal, only where nothing is.
    ///
    /// # Errors
    /// `malformed_json` or `invalid_body` with the faults of the reader, or what `found` failed with.
    pub fn after<R>(&self, found: Result<R, Problem>) -> Result<R, Problem> {
        self.after_named(&[], found)
    }

    /// As [`after`](Self::after), where the body itself names by the fields at `pointers` what was looked up. As long as one of
    /// them is not what was sent, nobody knows whose it is, and the faults are told.
    ///
    /// # Errors
    /// As [`after`](Self::after).
    pub fn after_named<R>(&self, pointers: &[&str], found: Result<R, Problem>) -> Result<R, Problem> {
        found.map_err(|problem| {
            let comes_first = match problem.kind() {
                kind if kind.tells_whose() => self.are_sound(pointers),
                kind => !kind.status().is_client_error(),
            };
            match &self.unread {
                _ if comes_first => problem,
                Some(unread) => unread.clone(),
                None if self.faults.is_empty() => problem,
                None => Problem::invalid_body((self.named)(self.faults.clone())),
            }
        })
    }

    fn are_sound(&self, pointers: &[&str]) -> bool {
        pointers.is_empty() || (self.unread.is_none() && are_sound_beside(&self.faults, pointers))
    }

    /// The value, if what the fields at `pointers` hold was sent so: to ask whose it is before it is judged.
    pub fn where_sound(&self, pointers: &[&str]) -> Option<&T> {
        self.are_sound(pointers).then_some(&self.read)
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
    fn whose_it_is_is_told_before_what_is_wrong_with_the_body_and_anything_else_after() {
        let refusal = |kind| Err::<(), _>(Problem::new(kind));
        let (good, bad) = (read(&json!({ "from": 1, "until": 2 })), read(&json!({ "from": 1 })));
        for body in [&good, &bad] {
            for kind in [Kind::NotFound, Kind::OutsidePlace, Kind::Unavailable] {
                assert_eq!(body.after(refusal(kind)).unwrap_err().kind(), kind);
            }
            assert!(body.after(Ok(())).is_ok() && body.readable().is_ok());
        }
        assert_eq!(good.after(refusal(Kind::NoRuleInForce)).unwrap_err().kind(), Kind::NoRuleInForce);
        let other = bad.after(refusal(Kind::NoRuleInForce)).unwrap_err();
        assert_eq!(codes(&other), named(&[("/until", "missing")]), "of a place and year without rules, not of a thing");
    }

    #[test]
    fn what_the_body_names_is_nobodys_until_it_is_named() {
        let (hidden, bad) = (|| Err::<(), _>(Problem::new(Kind::NotFound)), read(&json!({ "from": 1, "more": 1 })));
        assert_eq!(bad.after_named(&["/from"], hidden()).unwrap_err().kind(), Kind::NotFound);
        let faults = named(&[("/more", "unknown_field"), ("/until", "missing")]);
        assert_eq!(codes(&bad.after_named(&["/from", "/until"], hidden()).unwrap_err()), faults);
        assert!(bad.where_sound(&["/from"]).is_some_and(|span| span.from == 1));
        assert!(bad.where_sound(&["/until"]).is_none());
    }

    #[test]
    fn what_nothing_can_be_read_from_is_judged_wrong_and_belongs_to_whom_the_path_says() {
        let many: Vec<String> = (0..600).map(|number| format!("\"f{number}\":1")).collect();
        let many = format!("{{{}}}", many.join(","));
        for (sent, wanted) in [("[1]", Kind::InvalidBody), ("{", Kind::MalformedJson), (&many, Kind::InvalidBody)] {
            let unread = Unjudged::<Span>::of_body(sent.as_bytes()).unwrap();
            let told = unread.judged(|span, _| Ok(Some(span.clone()))).unwrap_err();
            assert_eq!(told.kind(), wanted);
            let hidden = || Err::<(), _>(Problem::new(Kind::NotFound));
            assert_eq!(unread.after(hidden()).unwrap_err().kind(), Kind::NotFound);
            assert_eq!(unread.after_named(&["/from"], hidden()).unwrap_err().kind(), wanted);
            assert!(unread.where_sound(&["/from"]).is_none());
            assert_eq!(unread.readable().unwrap_err().kind(), wanted);
            assert_eq!(unread.after(Err::<(), _>(Problem::new(Kind::NoRuleInForce))).unwrap_err().kind(), wanted);
        }
        let alone = Unjudged::<Span>::of_body(b"{").unwrap().judged_alone(|span, _| Some(span.clone()));
        assert_eq!(alone.unwrap_err().len(), 1, "what stands in for it is taken in no way");
        let array = Unjudged::<Span>::of_body(b"[1]").unwrap().judged(|_, _| Ok(Some(()))).unwrap_err();
        assert_eq!(codes(&array), named(&[("", "wrong_type")]));
    }
}
