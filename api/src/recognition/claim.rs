//! What is declared of an achievement: as it is sent, kept and shown, and as the domain judges it.

use crate::{
    extract::Faults,
    problem::Problem,
    text::Text,
    wire::{Day, category_path, one_line, plain_code},
};
use domain::{
    kernel::{Hours, Words},
    policy::{
        CategoryCode, Rules,
        shape::{Ledger, Recognition},
    },
    recognition::{Claim, Judged, ReasonKind},
};
use serde::{Deserialize, Serialize};
use store::recognition::ClaimVersion;
use time::Date;
use utoipa::ToSchema;
use validator::{Validate, ValidationError};

/// 成果申报内容；所需各项由规则文件决定 / What is declared of an achievement; what is needed the rule file says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Claim)]
pub(crate) struct ClaimInput {
    /// 认定种类，规则文件中的代码 / The kind, by its code in the rule file.
    #[validate(custom(function = plain_code))]
    #[schema(example = "training")]
    pub(super) kind: String,
    /// 学时类别，规则允许选择时 / The category, where the rule lets the claim name one.
    #[validate(custom(function = category_path))]
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "professional")]
    category: Option<String>,
    /// 活动或项目首日 / The first day of the activity or the project.
    #[serde(skip_serializing_if = "Option::is_none")]
    first_on: Option<Day>,
    /// 末日 / Its last day.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_on: Option<Day>,
    /// 证书日期 / The day on the certificate.
    #[serde(skip_serializing_if = "Option::is_none")]
    certificate_on: Option<Day>,
    /// 授权、发布或批示日期 / The day of grant, issue or affirmation.
    #[serde(skip_serializing_if = "Option::is_none")]
    granted_on: Option<Day>,
    /// 结题日期 / The day on which the project was concluded.
    #[serde(skip_serializing_if = "Option::is_none")]
    concluded_on: Option<Day>,
    /// 天数（含路途）；缺省为首日至末日的每一天 / The days it took, travel included; where left out, every day from the first to the last.
    #[validate(range(min = 1, max = 3660))]
    #[serde(skip_serializing_if = "Option::is_none")]
    days: Option<i32>,
    /// 其中路途天数 / How many of them were travel.
    #[validate(range(min = 0, max = 3660))]
    #[serde(skip_serializing_if = "Option::is_none")]
    travel_days: Option<i32>,
    /// 主办方文件载明的学时 / The hours that the organiser's document states.
    #[validate(custom(function = some_hours))]
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<f64>, example = 24)]
    stated_hours: Option<Hours>,
    /// 经报备并审定的计划学时 / The hours of the plan as filed and determined.
    #[validate(custom(function = some_hours))]
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<f64>, example = 24)]
    filed_hours: Option<Hours>,
    /// 文件或证书的名称、编号；不得含证件号码 / The document by its title or number; no identity number.
    #[validate(length(min = 1, max = 200), custom(function = one_line))]
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "示例培训通知〔2020〕1号")]
    pub(super) document: Option<String>,
    /// 排名，从 1 起 / The rank among the authors, from 1.
    #[validate(range(min = 1, max = 1000))]
    #[serde(skip_serializing_if = "Option::is_none")]
    rank: Option<i32>,
    /// 角色，用规则文件的文字 / The role, in the words of the rule.
    #[validate(length(min = 1, max = 100), custom(function = one_line))]
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<String>,
    /// 级别，用规则文件的文字 / The level, in the words of the rule.
    #[validate(length(min = 1, max = 100), custom(function = one_line))]
    #[serde(skip_serializing_if = "Option::is_none")]
    level: Option<String>,
    /// 是否属本专业 / Whether it lies in the person's own field.
    #[serde(skip_serializing_if = "Option::is_none")]
    own_field: Option<bool>,
    /// 规则文件列明的条件是否满足 / The conditions that the rule has in words, and whether each holds.
    #[validate(nested, length(max = 20))]
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    conditions: Vec<ConditionInput>,
}

/// 一项条件 / A condition.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ClaimCondition)]
pub(super) struct ConditionInput {
    /// 条件，用规则文件的文字 / The condition, in the words of the rule.
    #[validate(length(min = 1, max = 300), custom(function = one_line))]
    #[schema(example = "在职参加")]
    condition: String,
    /// 是否满足 / Whether it is declared to hold.
    holds: bool,
}

fn some_hours(hours: &Hours) -> Result<(), ValidationError> {
    if hours.is_positive() && *hours <= Hours::whole(10_000) {
        return Ok(());
    }
    Err(ValidationError::new("range")
        .with_message("应大于 0 且不超过 10000 / must be more than 0 and at most 10000".into()))
}

impl ClaimInput {
    /// The claim, with the kinds of evidence that are attached.
    pub(super) fn claim(&self, evidence: Vec<String>) -> Claim {
        let count = |number: Option<i32>| number.and_then(|number| u32::try_from(number).ok());
        let day = |day: Option<Day>| day.map(|day| day.0);
        Claim {
            kind: self.kind.clone(),
            category: self.category.clone().map(CategoryCode::new),
            first_on: day(self.first_on),
            last_on: day(self.last_on),
            certificate_on: day(self.certificate_on),
            granted_on: day(self.granted_on),
            concluded_on: day(self.concluded_on),
            days: count(self.days),
            travel_days: count(self.travel_days).unwrap_or(0),
            stated: self.stated_hours,
            document_named: self.document.is_some(),
            rank: count(self.rank),
            role: self.role.clone(),
            level: self.level.clone(),
            evidence,
            own_field: self.own_field,
            conditions: self.conditions.iter().map(|one| (one.condition.clone(), one.holds)).collect(),
            filed: self.filed_hours,
            granted: None,
        }
    }

    /// As it is kept: the document stands beside it, since it may be emptied.
    ///
    /// # Errors
    /// Never in practice: it is plain data.
    pub(super) fn kept(&self) -> Result<String, Problem> {
        serde_json::to_string(&Self { document: None, ..self.clone() }).map_err(Problem::internal)
    }

    /// As it was kept.
    ///
    /// # Errors
    /// When what is kept is none, which nothing but a tampering hand could bring about.
    pub(super) fn of(version: &ClaimVersion) -> Result<Self, Problem> {
        let kept: Self = serde_json::from_str(&version.claim).map_err(Problem::internal)?;
        Ok(Self { document: version.document.clone(), ..kept })
    }
}

/// What no office could ever agree to, told where it stands; what is only missing may be added before the claim is handed in.
pub(super) fn impossible(
    faults: &mut Faults<'_>,
    within: &str,
    (input, today): (&ClaimInput, Date),
    (judged, rules): (&Judged, &Rules),
) {
    let mut add = |name: &str, code: &str, words| faults.add(&format!("{within}/{name}"), code, words);
    let claim = input.claim(Vec::new());
    // Days in the future or in the wrong order are what they are, also where the rules say nothing more because of something else.
    for (day, _) in claim.named_days().filter(|(_, on)| *on > today) {
        add(day.as_str(), "in_the_future", Text::new("不得晚于今天", "must not lie in the future"));
    }
    for (name, last) in [("last_on", claim.last_on), ("concluded_on", claim.concluded_on)] {
        if last.zip(claim.first_on).is_some_and(|(last, first)| last < first) {
            add(name, "before_first_day", Text::new("结束日期早于首日", "it ends before its first day"));
        }
    }
    for (at, one) in input.conditions.iter().enumerate() {
        if input.conditions[..at].iter().any(|before| before.condition == one.condition) {
            add(&format!("conditions/{at}/condition"), "duplicate", Text::new("重复", "said twice"));
        }
    }
    for reason in &judged.reasons {
        if let Some((name, code, words)) = fault_of(&reason.kind) {
            add(&name, code, words);
        }
    }
    let Some(kind) = rules.recognition_of(&claim.kind) else { return };
    not_in_the_words_of(kind, input, &mut add);
    if judged.ledger == Some(Ledger::Off) {
        let source = rules.policy.title.clone();
        let words = Text::new(
            format!("依《{source}》，此类成果在申报职称时由用人单位核算，不计入学时台账；可用试算查看"),
            format!(
                "by {source} such achievements are computed when a title is applied for and never become hours; a trial shows them"
            ),
        );
        add("kind", "off_the_ledger", words);
    }
}

/// Whatever is said in the words of the rule must be among them. Looked at by itself, since of a person out of scope nothing else is judged.
fn not_in_the_words_of(kind: &Recognition, input: &ClaimInput, add: &mut impl FnMut(&str, &str, Text)) {
    let by_role = kind.formula.iter().flat_map(|formula| &formula.by_role).map(|band| &band.role);
    let by_role: Vec<&String> = by_role.collect();
    // Where the rule has roles in both places each has to know it.
    let roles: Vec<String> = match kind.roles.is_empty() {
        true => by_role.into_iter().cloned().collect(),
        false => kind.roles.iter().filter(|role| by_role.is_empty() || by_role.contains(role)).cloned().collect(),
    };
    for (name, said, words) in [("role", &input.role, &roles), ("level", &input.level, &kind.levels)] {
        match said {
            Some(_) if words.is_empty() => {
                add(name, "not_asked", Text::new("规则对此种类不问此项", "the rules do not ask for it of this kind"));
            }
            Some(said) if !words.contains(said) => add(name, "unknown_value", one_of(words)),
            _ => {}
        }
    }
    for (at, one) in input.conditions.iter().enumerate() {
        if !kind.conditions.contains(&one.condition) {
            let words = Text::new("规则对此种类没有这项条件", "the rules have no such condition for this kind");
            add(&format!("conditions/{at}/condition"), "unknown_value", words);
        }
    }
}

/// Where the fault stands that a reason tells of, with its code and words.
fn fault_of(reason: &ReasonKind) -> Option<(String, &'static str, Text)> {
    let of = |name: &str, code, words| Some((name.to_owned(), code, words));
    match reason {
        ReasonKind::KindUnknown { known } => of("kind", "unknown_value", one_of(known)),
        ReasonKind::CategoryNotAdmitted { admitted, .. } => {
            let admitted: Vec<String> = admitted.iter().map(ToString::to_string).collect();
            of("category", "unknown_value", one_of(&admitted))
        }
        ReasonKind::MoreDaysThanLieBetween { between, .. } => {
            let words = Text::new(
                format!("首日至末日只有 {between} 天"),
                format!("only {between} days lie between the first and the last"),
            );
            of("days", "range", words)
        }
        ReasonKind::MoreTravelThanDays { days, .. } => {
            let words = Text::new(
                format!("路途天数不得多于总天数（{days}）"),
                format!("no more travel than there are days ({days})"),
            );
            of("travel_days", "range", words)
        }
        _ => None,
    }
}

fn one_of(known: &[String]) -> Text {
    Text::new(
        format!("不在规则所列之中；可用：{}", known.join("、")),
        format!("none that the rules have; they have {}", known.join(", ")),
    )
}
