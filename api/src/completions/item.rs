//! One pushed item on the wire, and its reading. One bad item never loses the others.

use crate::{
    extract::{self, add_faults, of_an_item, read_document},
    keys::DataKeys,
    problem::FieldError,
    text::Text,
    wire::{NAMES_A_PERSON, PERSONAL_DATA, own_id, plain_code, words, words_or_null},
};
use domain::{
    completions::Item,
    kernel::{Document, DocumentKind, Hours, LearnerId, PersonName, Words, names_a_person},
    registry::Mode,
};
use serde::Deserialize;
use serde_json::Value;
use time::{Date, OffsetDateTime, format_description::well_known::Rfc3339};
use utoipa::ToSchema;
use uuid::Uuid;
use validator::Validate;

/// How long the evidence of one item may be, as JSON text.
const EVIDENCE_BYTES: usize = 4096;

/// The best mark there is. Rules state pass marks in points of a hundred (`pass_mark`).
const MOST_POINTS: i64 = 100;

/// 一条完成记录 / One completion.
#[derive(Clone, Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CompletionItem {
    /// 平台自己的编号，在该平台内唯一；重发时不变；首尾无空白，不含控制字符和换行 / The platform's own id, unique on it and the same
    /// whenever sent again; no blank at either end, no control character, no line break.
    #[validate(length(min = 1, max = 64), custom(function = own_id))]
    #[schema(
        example = "2020-000001",
        min_length = 1,
        max_length = 64,
        pattern = r"^[^\s\x00-\x1f\x7f-\x9f\u2028\u2029](?:[^\x00-\x1f\x7f-\x9f\u2028\u2029]*[^\s\x00-\x1f\x7f-\x9f\u2028\u2029])?$"
    )]
    pub(super) external_id: String,
    /// 学员 / The person.
    #[validate(nested)]
    pub(super) person: PersonRef,
    /// 课程代码，写法同登记课程时；与 course_id 二选一 / The course's code, of the form in which courses are registered; this or
    /// `course_id`.
    #[validate(custom(function = plain_code))]
    #[schema(
        example = "SX-2020-PUBLIC-1",
        min_length = 1,
        max_length = 64,
        pattern = r"^[\p{L}\p{M}\p{N}._:\-()（）、]+$"
    )]
    #[serde(default)]
    pub(super) course_code: Option<String>,
    /// 课程编号 / The course's id.
    #[serde(default)]
    pub(super) course_id: Option<Uuid>,
    /// 学习方式 / How it was studied.
    #[schema(schema_with = words::<Mode>)]
    pub(super) mode: Mode,
    /// 平台认为的学时，至多两位小数 / Hours by the platform's account, at most two decimal places.
    #[schema(value_type = Option<f64>, example = 24)]
    #[serde(default)]
    pub(super) hours: Option<Hours>,
    /// 开始时刻 / Begin of the session, RFC 3339 with offset.
    #[serde(default, with = "time::serde::rfc3339::option")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(super) started_at: Option<OffsetDateTime>,
    /// 结束时刻 / End of the session.
    #[serde(default, with = "time::serde::rfc3339::option")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(super) ended_at: Option<OffsetDateTime>,
    /// 考试成绩，0 至 100 分 / Mark of the exam, 0 to 100 points.
    #[schema(value_type = Option<f64>, example = 85, minimum = 0, maximum = 100)]
    #[serde(default)]
    pub(super) score: Option<Hours>,
    /// 平台判定是否通过 / Whether the platform says it was passed.
    #[serde(default)]
    pub(super) passed: Option<bool>,
    /// 完成时刻（含考试），不得早于 ended_at / When it was completed, exam included; not before `ended_at`.
    #[serde(with = "time::serde::rfc3339")]
    #[schema(value_type = String, format = DateTime, example = "2020-09-01T10:00:00+08:00")]
    pub(super) completed_at: OffsetDateTime,
    /// 本条更正的旧条目编号 / The external id of the item that this one corrects.
    #[validate(length(min = 1, max = 64), custom(function = own_id))]
    #[schema(
        min_length = 1,
        max_length = 64,
        pattern = r"^[^\s\x00-\x1f\x7f-\x9f\u2028\u2029](?:[^\x00-\x1f\x7f-\x9f\u2028\u2029]*[^\s\x00-\x1f\x7f-\x9f\u2028\u2029])?$"
    )]
    #[serde(default)]
    pub(super) replaces: Option<String>,
    /// 学习过程证据，不得含个人信息 / Evidence of progress, an object without personal data, at most 4 KiB.
    #[schema(value_type = Option<Object>)]
    #[serde(default)]
    pub(super) evidence: Option<Value>,
}

/// 学员：证件与姓名，或学员编号 / The person: document and name, or the learner's id.
#[derive(Clone, Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct PersonRef {
    /// 学员编号 / The learner's id.
    #[serde(default)]
    pub(super) learner_id: Option<Uuid>,
    /// 证件类型 / The kind of identity document; resident_id where left out.
    #[schema(schema_with = words_or_null::<DocumentKind>)]
    #[serde(default)]
    pub(super) document_kind: Option<DocumentKind>,
    /// 证件号码 / Its number.
    #[schema(example = "610928199001010009")]
    #[serde(default)]
    pub(super) document_number: Option<String>,
    /// 姓名 / The name.
    #[schema(example = "张三")]
    #[serde(default)]
    pub(super) name: Option<String>,
}

/// An item that was read, with persons and names as keyed hashes.
#[derive(Clone, Debug)]
pub(super) struct Pushed {
    pub(super) external_id: String,
    pub(super) person: Person,
    pub(super) course_ref: String,
    pub(super) course_ref_kind: &'static str,
    pub(super) item: Item,
    pub(super) replaces: Option<String>,
    pub(super) evidence: Option<String>,
}

/// Whom an item is about.
#[derive(Clone)]
pub(super) enum Person {
    /// By document and name. The plain text is kept only until it is sealed.
    Document { hash: String, name_hash: String, document: String, name: String },
    /// By id.
    Learner(LearnerId),
}

impl std::fmt::Debug for Person {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Person")
    }
}

/// One line of a batch.
#[derive(Clone, Debug)]
pub(super) struct Line {
    pub(super) number: i32,
    pub(super) external_id: Option<String>,
    pub(super) read: Result<Pushed, Vec<FieldError>>,
}

/// What reading a line needs.
#[derive(Clone, Copy)]
pub(super) struct Reading<'k> {
    pub(super) keys: &'k DataKeys,
    pub(super) today: Date,
}

impl Reading<'_> {
    /// Reads one line; faults are named by pointers into it.
    pub(super) fn line(&self, number: i32, sent: &extract::Document) -> Line {
        let external_id = sent.value.get("external_id").and_then(Value::as_str).map(str::to_owned);
        // What cannot be kept is not kept with the answer either.
        let kept = |id: &String| id.chars().count() <= 64 && !id.contains('\0') && !names_a_person(id, self.today);
        let external_id = external_id.filter(kept);
        let (item, mut faults) = read_document::<CompletionItem>(sent);
        let (pushed, more) = item.map_or((None, Vec::new()), |item| self.pushed(item, &faults));
        add_faults(&mut faults, more);
        let read = pushed.filter(|_| faults.is_empty()).ok_or_else(|| of_an_item(faults));
        Line { number, external_id, read }
    }

    /// The item with persons and names as keyed hashes, and the faults between its fields; `before` were found already.
    fn pushed(&self, item: CompletionItem, before: &[FieldError]) -> (Option<Pushed>, Vec<FieldError>) {
        let mut faults = faults_between(&item);
        if let Some(evidence) = &item.evidence {
            personal("/evidence", evidence, self.today, &mut faults);
        }
        let person = self.person(&item.person, &mut faults);
        let unread = before.iter().any(|fault| ["/course_code", "/course_id"].contains(&fault.pointer.as_str()));
        let course = match (item.course_code, item.course_id) {
            (Some(code), None) => Some((code, "code")),
            (None, Some(id)) => Some((id.to_string(), "id")),
            _ if unread => None,
            _ => {
                let words = Text::new(
                    "course_code 与 course_id 须且仅须给出一个",
                    "give exactly one of course_code and course_id",
                );
                faults.push(FieldError::new("/course_code", "exactly_one", words));
                None
            }
        };
        let pushed = person.zip(course).map(|(person, (course_ref, course_ref_kind))| Pushed {
            person,
            course_ref,
            course_ref_kind,
            replaces: item.replaces,
            evidence: item.evidence.as_ref().map(Value::to_string),
            item: Item {
                mode: item.mode,
                claimed: item.hours,
                started_at: item.started_at.map(store::whole_micros),
                ended_at: item.ended_at.map(store::whole_micros),
                score: item.score,
                passed: item.passed,
                completed_at: store::whole_micros(item.completed_at),
            },
            external_id: item.external_id,
        });
        (pushed, faults)
    }

    fn person(&self, person: &PersonRef, faults: &mut Vec<FieldError>) -> Option<Person> {
        if let Some(id) = person.learner_id {
            if person.document_number.is_some() || person.document_kind.is_some() || person.name.is_some() {
                let words =
                    Text::new("给出 learner_id 时不得再给证件或姓名", "with learner_id, give no document and no name");
                faults.push(FieldError::new("/person", "exactly_one", words));
            }
            return Some(Person::Learner(LearnerId::from_uuid(id)));
        }
        let (Some(number), Some(name)) = (&person.document_number, &person.name) else {
            let words = Text::new(
                "须给出 learner_id，或 document_number 与 name",
                "give learner_id, or document_number and name",
            );
            faults.push(FieldError::new("/person", "missing", words));
            return None;
        };
        let kind = person.document_kind.unwrap_or(DocumentKind::ResidentId);
        let document = Document::parse(kind, number, self.today)
            .map_err(|error| {
                let words = crate::identity_text::document(&error);
                faults.push(FieldError::new("/person/document_number", "invalid_document", words));
            })
            .ok();
        let name = PersonName::parse(name)
            .map_err(|error| {
                faults.push(FieldError::new("/person/name", "invalid_name", crate::identity_text::name(&error)));
            })
            .ok();
        let (document, name) = (document?, name?);
        Some(Person::Document {
            hash: self.keys.lookup_hash(document.kind().as_str(), document.number()),
            name_hash: self.keys.name_hash(&name.normalised()),
            document: document.canonical(),
            name: name.as_str().to_owned(),
        })
    }
}

/// The faults of one item by itself, whatever it is.
pub(crate) fn read_one(keys: &DataKeys, today: Date, sent: &extract::Document) -> Vec<FieldError> {
    Reading { keys, today }.line(1, sent).read.err().unwrap_or_default()
}

/// Faults that only show between fields, and those of numbers.
fn faults_between(item: &CompletionItem) -> Vec<FieldError> {
    let mut faults = contradictions(item);
    let mut refuse = |pointer: &str, code: &str, zh: &'static str, en: &'static str| {
        faults.push(FieldError::new(pointer, code, Text::new(zh, en)));
    };
    match (item.started_at, item.ended_at) {
        (Some(start), Some(end)) if end <= start => {
            refuse("/ended_at", "range", "结束时刻须晚于开始时刻", "must be after started_at");
        }
        (Some(_), None) => refuse("/ended_at", "missing", "给出 started_at 时须给出", "must come with started_at"),
        (None, Some(_)) => refuse("/started_at", "missing", "给出 ended_at 时须给出", "must come with ended_at"),
        _ => {}
    }
    if item.hours.is_some_and(|hours| !hours.is_positive()) {
        refuse("/hours", "range", "须大于 0", "must be more than 0");
    }
    if !domain::kernel::POLICY_YEARS.contains(&domain::kernel::china_year(item.completed_at)) {
        refuse("/completed_at", "range", "年份须在 1990 至 2200 之间", "the year must be 1990 to 2200");
    }
    if item.replaces.as_ref() == Some(&item.external_id) {
        refuse("/replaces", "invalid_value", "不得更正自身", "an item cannot replace itself");
    }
    match &item.evidence {
        Some(evidence) if !evidence.is_object() => refuse("/evidence", "wrong_type", "须为对象", "must be an object"),
        Some(evidence) if evidence.to_string().len() > EVIDENCE_BYTES => {
            refuse("/evidence", "length", "不得超过 4 KiB", "must be at most 4 KiB");
        }
        _ => {}
    }
    faults
}

/// Adds where a value holds the number of an identity card: it is kept in clear, beside whose it is.
fn personal(at: &str, value: &Value, today: Date, faults: &mut Vec<FieldError>) {
    let holds = match value {
        Value::String(text) => names_a_person(text, today),
        Value::Number(number) => names_a_person(&number.to_string(), today),
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(index, item)| personal(&format!("{at}/{index}"), item, today, faults));
            false
        }
        Value::Object(members) => {
            // A name that is a number is in no pointer either.
            let named = members.keys().any(|name| names_a_person(name, today));
            for (name, member) in members.iter().filter(|_| !named) {
                personal(&format!("{at}/{}", name.replace('~', "~0").replace('/', "~1")), member, today, faults);
            }
            named
        }
        Value::Null | Value::Bool(_) => false,
    };
    if holds {
        faults.push(FieldError::new(at, PERSONAL_DATA, Text::new(NAMES_A_PERSON.0, NAMES_A_PERSON.1)));
    }
}

/// What cannot be true, with what was found: a mark beyond all marks, and what was completed while it still went on.
fn contradictions(item: &CompletionItem) -> Vec<FieldError> {
    let mut faults = Vec::new();
    if let Some(score) = item.score.filter(|score| !(Hours::ZERO..=Hours::whole(MOST_POINTS)).contains(score)) {
        let zh = format!("应在 0 至 {MOST_POINTS} 之间，实为 {score}");
        let en = format!("must be 0 to {MOST_POINTS}, found {score}");
        faults.push(FieldError::new("/score", "range", Text::new(zh, en)));
    }
    if let Some(end) = item.ended_at.filter(|end| item.completed_at < *end) {
        let [completed, ended] = [item.completed_at, end].map(|at| at.format(&Rfc3339).unwrap_or_default());
        let zh = format!("不得早于 ended_at（{ended}），实为 {completed}");
        let en = format!("must not be before ended_at ({ended}), found {completed}");
        faults.push(FieldError::new("/completed_at", "range", Text::new(zh, en)));
    }
    faults
}
