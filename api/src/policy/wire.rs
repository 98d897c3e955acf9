//! Wire forms of the rule book.

use crate::{
    problem::Problem,
    wire::{PlaceRef, words},
};
use domain::{kernel::last_day, policy::Policy, registry::PlaceTree};
use serde::Serialize;
use serde_json::{Map, Value};
use store::policy::{PolicyVersion, VersionWithPublication};
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

/// 已发布的规则版本 / A published version of a rule file.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = PolicySummary)]
pub(crate) struct SummaryBody {
    /// 版本编号 / The version's id.
    policy_id: Uuid,
    /// 制定规则的地区 / The place whose layer it is.
    #[schema(example = "610000")]
    place: String,
    /// 地区名称 / Its name.
    #[schema(example = "陕西省")]
    place_name: String,
    /// 起始年度 / The first policy year.
    #[schema(example = 2020)]
    year_from: i32,
    /// 终止年度；null 表示延续 / The last policy year; null for an open row of years.
    #[schema(example = 2020)]
    year_until: Option<i32>,
    /// 规则名称 / What the rules are called.
    title: String,
    /// 该地区该年度的第几个发布版本 / Its number among the publications of its place and first year.
    #[schema(example = 1)]
    number: i32,
    /// 发布时间 / When it was published.
    #[serde(with = "time::serde::rfc3339")]
    published_at: OffsetDateTime,
    /// 原文的 SHA-256 / SHA-256 of the source, hexadecimal.
    source_hash: String,
}

impl SummaryBody {
    pub(crate) fn of(policy: &Policy, places: &PlaceTree) -> Self {
        let identity = &policy.rules.policy;
        let place = PlaceRef::of(places, &identity.place, last_day(identity.first_year()));
        Self {
            policy_id: policy.id.as_uuid(),
            place: place.code,
            place_name: place.name,
            year_from: identity.first_year(),
            year_until: identity.last_year(),
            title: identity.title.clone(),
            number: policy.number,
            published_at: policy.published_at,
            source_hash: policy.source_hash.clone(),
        }
    }
}

domain::words! {
    /// 规则版本的状态 / In which state a version is.
    #[derive(Default)]
    pub(super) enum VersionState {
        /// It is published, and stays.
        #[default]
        Published = "published",
        /// It waits for its publication.
        Draft = "draft",
    }
}

/// 列出的规则版本 / A version of a rule file in a list.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = PolicyListed)]
pub(super) struct ListedBody {
    /// 版本编号 / The version's id.
    policy_id: Uuid,
    /// 状态 / Its state.
    #[schema(schema_with = words::<VersionState>)]
    state: VersionState,
    /// 制定规则的地区 / The place whose layer it is.
    #[schema(example = "610000")]
    place: String,
    /// 地区名称 / Its name.
    #[schema(example = "陕西省")]
    place_name: String,
    /// 起始年度 / The first policy year.
    #[schema(example = 2020)]
    year_from: i32,
    /// 终止年度；null 表示延续 / The last policy year; null for an open row of years.
    #[schema(example = 2020)]
    year_until: Option<i32>,
    /// 规则名称 / What the rules are called.
    title: String,
    /// 该地区该年度的第几个发布版本；草稿为 null / Its number among the publications of its place and first year; null for a draft.
    #[schema(example = 1)]
    number: Option<i32>,
    /// 提交时间；仅草稿 / When it was handed in; of drafts only, a published version says it itself.
    #[serde(with = "time::serde::rfc3339::option")]
    drafted_at: Option<OffsetDateTime>,
    /// 提交人；仅草稿 / By whom it was handed in; of drafts only.
    drafted_by: Option<String>,
    /// 发布时间；草稿为 null / When it was published; null for a draft.
    #[serde(with = "time::serde::rfc3339::option")]
    published_at: Option<OffsetDateTime>,
    /// 原文的 SHA-256 / SHA-256 of the source, hexadecimal.
    source_hash: String,
}

impl ListedBody {
    pub(super) fn published(policy: &Policy, places: &PlaceTree) -> Self {
        let all = SummaryBody::of(policy, places);
        Self {
            policy_id: all.policy_id,
            state: VersionState::Published,
            place: all.place,
            place_name: all.place_name,
            year_from: all.year_from,
            year_until: all.year_until,
            title: all.title,
            number: Some(all.number),
            drafted_at: None,
            drafted_by: None,
            published_at: Some(all.published_at),
            source_hash: all.source_hash,
        }
    }

    pub(super) fn draft(draft: PolicyVersion, places: &PlaceTree) -> Self {
        let place = PlaceRef::of(places, &draft.place_code, last_day(draft.year_from));
        Self {
            policy_id: draft.policy_id.as_uuid(),
            state: VersionState::Draft,
            place: place.code,
            place_name: place.name,
            year_from: draft.year_from,
            year_until: draft.year_until,
            title: title(&draft.source),
            number: None,
            drafted_at: Some(draft.drafted_at),
            drafted_by: Some(draft.drafted_by),
            published_at: None,
            source_hash: draft.source_hash,
        }
    }
}

/// What a draft calls itself. It need not read as rules any more: an older program may have taken it in.
fn title(source: &str) -> String {
    let table: Option<toml::Table> = source.parse().ok();
    let title = table.as_ref().and_then(|table| table.get("policy")?.get("title")?.as_str());
    title.unwrap_or_default().to_owned()
}

/// 规则版本全文 / A version of a rule file, whole.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = PolicyVersion)]
pub(super) struct VersionBody {
    /// 版本编号 / The version's id.
    pub(super) policy_id: Uuid,
    /// 是否已发布；未发布的为草稿 / Whether it is published; a version that is not is a draft.
    published: bool,
    /// 制定规则的地区 / The place whose layer it is.
    #[schema(example = "610000")]
    place: String,
    /// 起始年度 / The first policy year.
    #[schema(example = 2020)]
    year_from: i32,
    /// 终止年度；null 表示延续 / The last policy year; null for an open row of years.
    #[schema(example = 2020)]
    year_until: Option<i32>,
    /// 发布序号；草稿为 null / Its number among the publications of its place and first year; null for a draft.
    #[schema(example = 1)]
    number: Option<i32>,
    /// 提交时间 / When it was handed in.
    #[serde(with = "time::serde::rfc3339")]
    drafted_at: OffsetDateTime,
    /// 发布时间；草稿为 null / When it was published; null for a draft.
    #[serde(with = "time::serde::rfc3339::option")]
    published_at: Option<OffsetDateTime>,
    /// 原文的 SHA-256 / SHA-256 of the source, hexadecimal.
    source_hash: String,
    /// 原文（TOML） / The rule file as it was handed in, TOML.
    source: String,
    /// 原文的 JSON 形式 / The same as JSON, for programs.
    #[schema(value_type = Object)]
    rules: Value,
}

impl VersionBody {
    /// # Errors
    /// `internal`, where the text kept is no TOML.
    pub(super) fn of((version, publication): VersionWithPublication) -> Result<Self, Problem> {
        Ok(Self {
            policy_id: version.policy_id.as_uuid(),
            published: publication.is_some(),
            place: version.place_code.to_string(),
            year_from: version.year_from,
            year_until: version.year_until,
            number: publication.as_ref().map(|publication| publication.number),
            drafted_at: version.drafted_at,
            published_at: publication.map(|publication| publication.published_at),
            source_hash: version.source_hash,
            rules: as_json(&version.source)?,
            source: version.source,
        })
    }
}

/// 某地区某年度适用的规则 / The rules that answer for a place and a year.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = PolicyInForce)]
pub(super) struct InForceBody {
    /// 所问地区 / The place asked about.
    #[schema(example = "610100")]
    pub(super) place: String,
    /// 所问年度 / The policy year asked about.
    #[schema(example = 2020)]
    pub(super) year: i32,
    /// 作答的层级 / The layer that answers: the nearest place with rules of its own.
    pub(super) layer: LayerBody,
    /// 规则 / The rules.
    pub(super) policy: VersionBody,
}

/// 作答的层级 / The layer that answers.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = PolicyLayer)]
pub(super) struct LayerBody {
    /// 地区代码 / The place.
    #[schema(example = "610000")]
    pub(super) place: String,
    /// 地区名称 / Its name.
    #[schema(example = "陕西省")]
    pub(super) name: String,
}

/// TOML as JSON. Dates become texts; a decimal number is printed as it was written, since it has at most two places.
fn as_json(source: &str) -> Result<Value, Problem> {
    let table: toml::Table = source.parse().map_err(Problem::internal)?;
    Ok(json_of(toml::Value::Table(table)))
}

fn json_of(value: toml::Value) -> Value {
    match value {
        toml::Value::String(text) => text.into(),
        toml::Value::Integer(number) => number.into(),
        toml::Value::Float(number) => number.into(),
        toml::Value::Boolean(value) => value.into(),
        toml::Value::Datetime(at) => at.to_string().into(),
        toml::Value::Array(items) => items.into_iter().map(json_of).collect(),
        toml::Value::Table(table) => {
            Value::Object(table.into_iter().map(|(key, value)| (key, json_of(value))).collect::<Map<_, _>>())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_json_form_says_what_the_file_says() {
        let rules = as_json("a = 0.5\nb = [24, 2020-12-31]\n[c]\nd = \"小时\"\ne = true\n").unwrap();
        assert_eq!(rules, json!({ "a": 0.5, "b": [24, "2020-12-31"], "c": { "d": "小时", "e": true } }));
    }
}
