//! What applications are asked about, as it comes in.

use super::super::many::Who;
use crate::{
    auth::{Caller, Permission},
    extract::{self, Faults, Unjudged},
    problem::FieldError,
    state::AppState,
    text::Text,
    wire::{Day, category_path, lines, one_line, words, words_or_null},
};
use domain::{
    kernel::DocumentKind,
    policy::{
        CategoryCode,
        shape::{Degree, Purpose},
    },
    recognition::Claim,
    registry::Level,
};
use serde::{Deserialize, Serialize};
use time::Date;
use utoipa::ToSchema;
use uuid::Uuid;
use validator::Validate;

/// 查询学时可否用于申报 / Whose years are to allow which applications.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "describes the wire form; each application is read by itself")]
pub(in super::super) struct EligibilityChecks {
    /// 按此时刻已知的情况回答（RFC 3339），不得晚于现在 / As known at that moment, RFC 3339, not in the future.
    #[schema(format = DateTime)]
    #[serde(default)]
    as_known_at: Option<String>,
    /// 1 至 1000 项 / One to a thousand applications.
    #[schema(min_items = 1, max_items = 1000)]
    items: Vec<ApplicationAsked>,
}

/// The same as it is read: whatever is not said rightly is that item's fault.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in super::super) struct ChecksAsked {
    #[schema(format = DateTime)]
    #[serde(default)]
    pub(in super::super) as_known_at: Option<String>,
    #[validate(length(min = 1, max = 1000))]
    #[serde(deserialize_with = "extract::bounded_list")]
    items: Vec<extract::Document>,
}

/// 一项申报：何人、何用途、何日 / One application: whose, for what, on which day.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in super::super) struct ApplicationAsked {
    /// 学员编号 / The learner's id.
    #[serde(default)]
    learner_id: Option<Uuid>,
    /// 证件类型，缺省为居民身份证 / The kind of identity document; resident_id where left out.
    #[schema(schema_with = words_or_null::<DocumentKind>)]
    #[serde(default)]
    document_kind: Option<DocumentKind>,
    /// 证件号码 / Its number.
    #[schema(example = "610928199001010009")]
    #[serde(default)]
    document_number: Option<String>,
    /// 用途 / What the years are to be used for.
    #[schema(schema_with = words::<Purpose>)]
    purpose: Purpose,
    /// 申报的级别 / The level applied for, where the purpose has one.
    #[schema(schema_with = words_or_null::<Level>)]
    #[serde(default)]
    level: Option<Level>,
    /// 现有级别，缺省以登记的为准 / The level held; that of the register where left out.
    #[schema(schema_with = words_or_null::<Level>)]
    #[serde(default)]
    present_level: Option<Level>,
    /// 最高学历（学位） / The highest degree held.
    #[schema(schema_with = words_or_null::<Degree>)]
    #[serde(default)]
    degree: Option<Degree>,
    /// 申报之日，不得晚于今日；此后完成的不计 / The day of the application, today at the latest; what was finished later does not count.
    applied_on: Day,
    /// 学时是否属于相同或相近专业：由用人单位申报，学员不得填写 / Whether the hours lie in the same or a near specialty: for the
    /// employer to declare, not for the learner.
    #[serde(default)]
    same_specialty: Option<bool>,
    /// 用人单位申报并负责、不进入台账的成果，至多 20 项，不得重复；学员不得填写 / Achievements off the ledger that the employer declares and answers for, 20 at most and none twice; not for the learner.
    #[validate(length(max = 20), nested)]
    #[schema(max_items = 20)]
    #[serde(default)]
    declared: Vec<DeclaredAsked>,
}

/// How many achievements one application may declare.
const MOST_DECLARED: usize = 20;

/// 用人单位申报的一项成果 / One achievement that the employer declares.
#[derive(Clone, PartialEq, Deserialize, Serialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in super::super) struct DeclaredAsked {
    /// 规则文件中的成果种类 / The kind in the rule file.
    #[validate(length(min = 1, max = 64), custom(function = one_line))]
    #[schema(example = "patent_invention")]
    kind: String,
    /// 证书号、批准文号等，用以区分种类、日期等均相同的两项成果；不保存 / A number of a certificate or of a document, which tells two achievements apart that agree
    /// in everything else; it is kept nowhere.
    #[validate(length(min = 1, max = 100), custom(function = one_line))]
    #[serde(default)]
    reference: Option<String>,
    /// 类别，规则允许选择时 / The category, where the rule lets it be named.
    #[validate(custom(function = category_path))]
    #[schema(example = "professional")]
    #[serde(default)]
    category: Option<String>,
    /// 起始日 / The first day of the activity or the project.
    #[serde(default)]
    first_on: Option<Day>,
    /// 截止日 / Its last day.
    #[serde(default)]
    last_on: Option<Day>,
    /// 证书日期 / The day on the certificate.
    #[serde(default)]
    certificate_on: Option<Day>,
    /// 授予、颁发之日 / The day of grant or issue.
    #[serde(default)]
    granted_on: Option<Day>,
    /// 结题之日 / The day on which the project was concluded.
    #[serde(default)]
    concluded_on: Option<Day>,
    /// 排名，从 1 起 / The rank among the authors, from 1.
    #[validate(range(min = 1, max = 1000))]
    #[schema(minimum = 1, maximum = 1000)]
    #[serde(default)]
    rank: Option<u32>,
    /// 角色，用规则中的名称 / The role, in the words of the rule.
    #[validate(length(min = 1, max = 64), custom(function = one_line))]
    #[serde(default)]
    role: Option<String>,
    /// 级别，用规则中的名称 / The level, in the words of the rule.
    #[validate(length(min = 1, max = 64), custom(function = one_line))]
    #[serde(default)]
    level: Option<String>,
    /// 证明材料的种类，用规则中的名称 / The kinds of evidence, in the words of the rule.
    #[validate(length(max = 20), custom(function = lines))]
    #[schema(max_items = 20)]
    #[serde(default)]
    evidence: Vec<String>,
    /// 符合的条件，用规则中的文字 / The conditions that hold, in the words of the rule.
    #[validate(length(max = 20), custom(function = lines))]
    #[schema(max_items = 20)]
    #[serde(default)]
    conditions: Vec<String>,
    /// 是否属于本专业 / Whether it lies in the person's own field.
    #[serde(default)]
    own_field: Option<bool>,
}

/// One application as it is asked about, with the document as its keyed hash; or what is wrong with it.
#[derive(Clone, Debug)]
pub(in super::super) enum Ask {
    For(Box<Applied>),
    Malformed(Vec<FieldError>),
}

#[derive(Clone, Debug)]
pub(in super::super) struct Applied {
    pub(super) who: Who,
    pub(super) purpose: Purpose,
    pub(super) level: Option<Level>,
    pub(super) present_level: Option<Level>,
    pub(super) degree: Option<Degree>,
    pub(super) applied_on: Date,
    pub(super) same_specialty: Option<bool>,
    pub(super) declared: Vec<Claim>,
}

/// So many years an application is charged for: as many as those of the shipped rules look at that look at the most. Whose it is does not show in
/// what it costs.
const YEARS: usize = 4;

impl Ask {
    /// What it is to answer, in years of a person: each achievement that is declared is judged as well.
    pub(super) fn weight(&self) -> usize {
        match self {
            Self::For(applied) => YEARS + applied.declared.len(),
            Self::Malformed(_) => 1,
        }
    }

    pub(super) fn who(&self) -> Option<&Who> {
        match self {
            Self::For(applied) => Some(&applied.who),
            Self::Malformed(_) => None,
        }
    }
}

/// Reads what is asked. An item that is not said rightly is its own answer and loses no other.
pub(in super::super) fn read(state: &AppState, permission: &Permission, asked: &ChecksAsked) -> Vec<Ask> {
    let of_learner = matches!(permission.caller(), Caller::Learner(_));
    let judged = |item: &extract::Document| {
        let item = Unjudged::<ApplicationAsked>::of_item(item);
        item.and_then(|item| item.judged_alone(|item, faults| applied(state, of_learner, item, faults)))
    };
    asked.items.iter().map(|item| judged(item).map_or_else(Ask::Malformed, |one| Ask::For(Box::new(one)))).collect()
}

fn applied(state: &AppState, of_learner: bool, item: &ApplicationAsked, faults: &mut Faults<'_>) -> Option<Applied> {
    if item.applied_on.0 > state.clock.today() {
        let words = Text::new("不得晚于今日：此后还会完成什么，现在无从回答", "must not be in the future");
        faults.add("/applied_on", "in_the_future", words);
    }
    for (pointer, is_said) in
        [("/same_specialty", item.same_specialty.is_some()), ("/declared", !item.declared.is_empty())]
    {
        if of_learner && is_said {
            let words = Text::new("由用人单位申报，学员不得填写", "for the employer to declare, not for the learner");
            faults.add(pointer, "for_the_employer", words);
        }
    }
    told_twice(&item.declared, faults);
    let document = (item.document_kind, item.document_number.as_deref());
    Who::read(state, item.learner_id, document, faults).map(|who| Applied {
        who,
        purpose: item.purpose,
        level: item.level,
        present_level: item.present_level,
        degree: item.degree,
        applied_on: item.applied_on.0,
        same_specialty: item.same_specialty,
        declared: item.declared.iter().map(DeclaredAsked::claim).collect(),
    })
}

/// Whoever declares two achievements that agree in everything else tells them apart by their reference.
fn told_twice(declared: &[DeclaredAsked], faults: &mut Faults<'_>) {
    // A list that is too long is a fault already, and is not compared: that would take the square of what was sent.
    if declared.len() > MOST_DECLARED {
        return;
    }
    let pointer = |index: usize| format!("/declared/{index}");
    for (index, one) in declared.iter().enumerate() {
        let same = |before: &usize| declared[*before].is_said_by(one) && faults.are_sound(&[&pointer(*before)]);
        if (0..index).any(|before| same(&before)) && faults.are_sound(&[&pointer(index)]) {
            faults.twice(&pointer(index));
        }
    }
}

impl DeclaredAsked {
    /// Whether both say the same, in whatever order their lists stand.
    fn is_said_by(&self, other: &Self) -> bool {
        let sorted = |one: &Self| {
            let mut one = one.clone();
            one.evidence.sort_unstable();
            one.conditions.sort_unstable();
            one
        };
        sorted(self) == sorted(other)
    }

    fn claim(&self) -> Claim {
        let day = |day: Option<Day>| day.map(|day| day.0);
        Claim {
            kind: self.kind.clone(),
            category: self.category.as_deref().map(CategoryCode::new),
            first_on: day(self.first_on),
            last_on: day(self.last_on),
            certificate_on: day(self.certificate_on),
            granted_on: day(self.granted_on),
            concluded_on: day(self.concluded_on),
            rank: self.rank,
            role: self.role.clone(),
            level: self.level.clone(),
            evidence: self.evidence.clone(),
            own_field: self.own_field,
            conditions: self.conditions.iter().map(|one| (one.clone(), true)).collect(),
            ..Claim::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::policy::Rules;

    #[test]
    fn an_application_is_charged_for_as_many_years_as_any_rules_look_at() {
        let rules = policies::FILES.iter().map(|file| Rules::parse(file.rules).unwrap());
        let most = rules.flat_map(|rules| rules.window).filter_map(|window| window.years).max();
        assert_eq!(most, u32::try_from(YEARS).ok());
    }
}
