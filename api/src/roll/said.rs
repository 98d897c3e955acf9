//! One item of a roll as it is sent, and its reading. A table has the same fields as columns.

use crate::{
    extract::{self, Faults, Field, Headings, Unjudged},
    identity_text,
    keys::DataKeys,
    problem::FieldError,
    text::Text,
    wire::{category_path, words_or_null},
};
use domain::{
    kernel::{Document, DocumentKind, Hours, PersonName, Words},
    policy::CategoryCode,
    roll::{PastYear, RollKind, Stated},
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use time::Date;
use utoipa::ToSchema;
use validator::{Validate, ValidationError};

/// 名册上的一条 / One item of a roll: a person, and of past years what is attested.
#[derive(Clone, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = RollItemInput)]
pub(super) struct RollItemInput {
    /// 证件类型；缺省为居民身份证 / The kind of identity document; resident_id where left out.
    #[schema(schema_with = words_or_null::<DocumentKind>)]
    #[serde(default)]
    document_kind: Option<DocumentKind>,
    /// 证件号码 / Its number.
    #[schema(example = "610928199001010009")]
    document_number: String,
    /// 姓名，与登记的核对 / The name, which is compared with the registered one.
    #[schema(example = "张三")]
    name: String,
    /// 年度；仅往年证明填写 / The policy year; of past years alone.
    #[validate(range(min = 1990, max = 2200))]
    #[schema(example = 2018, minimum = 1990, maximum = 2200)]
    year: Option<i32>,
    /// 该年度达标；与 hours 二选一 / That the year was met; this or `hours`.
    #[schema(example = true)]
    met: Option<bool>,
    /// 各类别的学时；与 met 二选一 / The hours of each category; this or `met`.
    #[validate(nested, length(min = 1, max = 50))]
    hours: Option<Vec<CategoryHours>>,
}

/// 某类别的学时 / Hours of a category.
#[derive(Clone, Debug, Deserialize, Serialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CategoryHours {
    /// 学时类别 / The category.
    #[validate(custom(function = category_path))]
    #[schema(example = "public")]
    category: String,
    /// 学时，含其下级类别的；0 为没有 / The hours, those of its parts included; 0 says none.
    #[validate(custom(function = bounded))]
    #[schema(value_type = f64, example = 24)]
    hours: Hours,
}

impl CategoryHours {
    pub(crate) fn of(category: impl Into<String>, hours: Hours) -> Self {
        Self { category: category.into(), hours }
    }
}

fn bounded(hours: &Hours) -> Result<(), ValidationError> {
    if (Hours::ZERO..=Hours::whole(10_000)).contains(hours) {
        return Ok(());
    }
    Err(ValidationError::new("range").with_message("应为 0 至 10000 / must be 0 to 10000".into()))
}

/// What the kinds of documents are called.
const DOCUMENT_KINDS: [(&str, &str); 6] = [
    ("居民身份证", "resident_id"),
    ("身份证", "resident_id"),
    ("港澳台居民居住证", "hk_macao_taiwan_residence_permit"),
    ("外国人永久居留身份证", "foreign_permanent_resident_id"),
    ("护照", "passport"),
    ("其他", "other"),
];

/// The columns of a table.
pub(crate) const HEADINGS: Headings =
    Headings { field, known: &["证件类型", "证件号码", "姓名", "年度", "达标", "学时.<类别代码>"] };

/// Which column of a table goes by these words.
fn field(name: &str) -> Option<Field> {
    Some(match name {
        "document_kind" | "证件类型" => Field::Word("document_kind", &DOCUMENT_KINDS),
        "document_number" | "证件号码" | "身份证号" => Field::Text("document_number"),
        "name" | "姓名" => Field::Text("name"),
        "year" | "年度" => Field::Integer("year"),
        "met" | "达标" => Field::YesNo("met"),
        _ => {
            let code = ["hours.", "学时."].iter().find_map(|prefix| name.strip_prefix(prefix))?;
            category_path(code).ok()?;
            Field::Hours(code.to_owned())
        }
    })
}

/// The faults of an item of a roll of this kind, as far as it can be read by itself.
pub(crate) fn read_one(
    keys: &DataKeys,
    kind: RollKind,
    today: Date,
    (sent, unread): (&extract::Document, Vec<FieldError>),
) -> Vec<FieldError> {
    let read = Unjudged::of_row(sent, unread);
    read.and_then(|item| Reading { keys, kind, today }.item(&item)).err().unwrap_or_default()
}

/// An item that was read, the person by a keyed hash. Nothing of it is shown by `Debug`.
#[derive(Clone)]
pub(super) struct Said {
    pub(super) hash: String,
    pub(super) name: PersonName,
    /// Of past years what is attested; of a list there is nothing more to say.
    pub(super) past_year: Option<PastYear>,
}

/// What reading an item needs.
#[derive(Clone, Copy)]
pub(super) struct Reading<'k> {
    pub(super) keys: &'k DataKeys,
    pub(super) kind: RollKind,
    pub(super) today: Date,
}

impl Reading<'_> {
    /// Reads an item.
    ///
    /// # Errors
    /// All that is wrong with it by itself.
    pub(super) fn item(self, item: &Unjudged<RollItemInput>) -> Result<Said, Vec<FieldError>> {
        item.judged_alone(|item, faults| {
            let (document, name) = (self.document(item, faults), self.name(item, faults));
            let past_year = match self.kind {
                RollKind::Exemption => {
                    not_asked(item, faults);
                    None
                }
                RollKind::PastYears => self.past_year(item, faults),
            };
            let (document, name) = document.zip(name)?;
            let hash = self.keys.lookup_hash(document.kind().as_str(), document.number());
            Some(Said { hash, name, past_year })
        })
    }

    fn document(self, item: &RollItemInput, faults: &mut Faults<'_>) -> Option<Document> {
        if !faults.are_sound(&["/document_kind"]) {
            return None;
        }
        let kind = item.document_kind.unwrap_or(DocumentKind::ResidentId);
        let read = Document::parse(kind, &item.document_number, self.today);
        let fault = |error| ("/document_number".to_owned(), "invalid_document", identity_text::document(&error));
        faults.keep(read.map_err(fault))
    }

    fn name(self, item: &RollItemInput, faults: &mut Faults<'_>) -> Option<PersonName> {
        let fault = |error| ("/name".to_owned(), "invalid_name", identity_text::name(&error));
        faults.keep(PersonName::parse(&item.name).map_err(fault))
    }

    fn past_year(self, item: &RollItemInput, faults: &mut Faults<'_>) -> Option<PastYear> {
        if item.year.is_none() {
            faults.add("/year", "missing", Text::new("须填写年度", "the year is missing"));
        }
        if item.year.is_some_and(|year| year >= self.today.year()) {
            let words = Text::new("该年度尚未结束，不能证明", "the year is not over, so nobody can attest it");
            faults.add("/year", "year_not_over", words);
        }
        let stated = stated((item.met, item.hours.as_deref()), faults)?;
        Some(PastYear { year: item.year?, stated })
    }
}

/// What is said of a year by the fields `met` and `hours` of a body: that it was met, or the hours of each category.
pub(crate) fn stated(
    (met, hours): (Option<bool>, Option<&[CategoryHours]>),
    faults: &mut Faults<'_>,
) -> Option<Stated> {
    let mut by_category = BTreeMap::new();
    for (at, one) in hours.into_iter().flatten().enumerate() {
        if by_category.insert(CategoryCode::new(&one.category), one.hours).is_some() {
            faults.twice(&format!("/hours/{at}/category"));
        }
    }
    let stated = match (met, hours) {
        (Some(true), None) => Stated::Met,
        (None, Some(_)) => Stated::Hours(by_category),
        (Some(false), None) => {
            let words = Text::new(
                "met 只能为 true；不是整个年度达标的，填写学时",
                "met is true or left out: where not all of the year is met, its hours are given",
            );
            faults.add("/met", "not_attested", words);
            return None;
        }
        _ => {
            let words = Text::new("met 与 hours 须且仅须给出一个", "give exactly one of met and hours");
            faults.add("/met", "exactly_one", words);
            return None;
        }
    };
    unsound(hours, &stated, faults);
    Some(stated)
}

/// What of hours says nothing, or contradicts itself.
fn unsound(hours: Option<&[CategoryHours]>, stated: &Stated, faults: &mut Faults<'_>) {
    let Some(hours) = hours.filter(|_| !faults.tell_of("/hours")) else { return };
    if hours.iter().all(|one| one.hours == Hours::ZERO) {
        let words = Text::new("全部为 0，没有任何学时", "all of it is 0, so that there are no hours");
        faults.add("/hours", "not_attested", words);
    }
    for whole in stated.less_than_parts() {
        let at = hours.iter().position(|one| one.category == whole.as_str()).unwrap_or_default();
        let words = Text::new(
            "类别的学时含其下级类别的学时，不得少于其和",
            "the hours of a category include those of its parts, and are no fewer than these together",
        );
        faults.add(&format!("/hours/{at}/hours"), "less_than_parts", words);
    }
}

/// What is not said of somebody on a list of exemptions: the list says it for all.
fn not_asked(item: &RollItemInput, faults: &mut Faults<'_>) {
    let said = [("/year", item.year.is_some()), ("/met", item.met.is_some()), ("/hours", item.hours.is_some())];
    for (pointer, _) in said.into_iter().filter(|(_, said)| *said) {
        let words = Text::new("免修名单逐条不填此项", "of a list of exemptions no item says this");
        faults.add(pointer, "not_asked", words);
    }
}
