//! What an allocation is to be, as it comes in.

use crate::{
    auth::{Caller, Permission},
    extract::Faults,
    problem::FieldError,
    text::Text,
    wire::{category_path, one_line},
};
use domain::{
    hour_ledger::{Chosen, Gap, Node, Spreading},
    kernel::{Hours, POLICY_YEARS},
    policy::CategoryCode,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use utoipa::ToSchema;
use validator::Validate;

/// 将一个年度的结余学时调剂至其他年度 / That the surplus of a year is to serve others.
#[derive(Clone, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in super::super) struct AllocationInput {
    /// 结余所属年度 / The year whose surplus it is.
    #[validate(range(min = 1990, max = 2200))]
    #[schema(example = 2020, minimum = 1990, maximum = 2200)]
    pub(super) from_year: i32,
    /// 调剂至何年度、何类别、多少学时；缺省按最佳方案 / What is to serve which year; the best proposal where left out.
    #[validate(length(min = 1, max = 100), nested)]
    #[schema(min_items = 1, max_items = 100)]
    #[serde(default)]
    transfers: Option<Vec<YearHours>>,
    /// 主管部门证明的、没有规则的年度所缺的学时；学员不得填写 / What an office attests that years without rules lack; not for the learner.
    #[validate(length(max = 100), nested)]
    #[schema(max_items = 100)]
    #[serde(default)]
    attested: Vec<YearHours>,
    /// 证明的文书或受理编号，有证明时必填；不得含个人信息 / The document that it is attested by, where something is; no personal data.
    #[validate(length(min = 1, max = 200), custom(function = one_line))]
    #[schema(example = "学时证明〔2021〕1号")]
    #[serde(default)]
    reference: Option<String>,
}

/// 一个年度一个类别的学时 / Hours of a category of a year.
#[derive(Clone, Debug, Deserialize, Serialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in super::super) struct YearHours {
    /// 年度 / The policy year.
    #[validate(range(min = 1990, max = 2200))]
    #[schema(example = 2019, minimum = 1990, maximum = 2200)]
    year: i32,
    /// 类别；合计为 total / The category; `total` for the year.
    #[validate(custom(function = category_path))]
    #[schema(example = "professional")]
    category: String,
    /// 学时，至多两位小数 / The hours, at most two decimal places.
    #[schema(value_type = f64, example = 30)]
    hours: Hours,
}

/// 撤销调剂的理由 / Why an allocation is taken back.
#[derive(Clone, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in super::super) struct AllocationReversalInput {
    /// 理由；不得含个人信息 / Why; no personal data.
    #[validate(length(min = 1, max = 200), custom(function = one_line))]
    #[schema(example = "改为调剂至其他年度")]
    pub(super) reason: String,
}

/// The same, read.
#[derive(Clone, Debug)]
pub(super) struct Wanted {
    pub(super) from_year: i32,
    chosen: Option<Vec<YearHours>>,
    /// The places in the list of what is judged of it.
    sound: Vec<usize>,
    pub(super) attested: Vec<Gap>,
    pub(super) reference: Option<String>,
}

impl AllocationInput {
    pub(super) fn read(&self, permission: &Permission, faults: &mut Faults<'_>) -> Wanted {
        if matches!(permission.caller(), Caller::Learner(_)) && !self.attested.is_empty() {
            let words = Text::new("由主管部门证明，学员不得填写", "for an office to attest, not for the learner");
            faults.add("/attested", "for_the_office", words);
        } else if !self.attested.is_empty() && self.reference.is_none() {
            let words = Text::new("应写明据以证明的文书", "the document that attests it must be named");
            faults.add("/reference", "missing", words);
        } else if self.attested.is_empty() && self.reference.is_some() {
            let words = Text::new("没有证明的学时，不需文书", "nothing is attested that a document could be named for");
            faults.add("/reference", "not_expected", words);
        }
        for (name, list) in [("transfers", self.transfers.as_deref().unwrap_or_default()), ("attested", &self.attested)]
        {
            for (index, _) in list.iter().enumerate().filter(|(_, one)| !one.hours.is_positive()) {
                let words = Text::new("应大于 0", "must be more than 0");
                faults.add(&format!("/{name}/{index}/hours"), "range", words);
            }
        }
        let mut said = BTreeSet::new();
        for (index, one) in self.attested.iter().enumerate() {
            if !said.insert((one.year, &one.category)) {
                faults.twice(&format!("/attested/{index}"));
            }
        }
        let chosen = self.transfers.as_deref().unwrap_or_default();
        // What was chosen rests on the year and on what is attested.
        let rests = faults.are_sound(&["/from_year", "/attested"]) && !faults.tell_of("/attested");
        let rests = rests && self.attested.iter().all(|one| one.hours.is_positive());
        let sound = |index: &usize| {
            let at = format!("/transfers/{index}");
            rests && faults.are_sound(&[&at]) && !faults.tell_of(&format!("{at}/hours"))
        };
        Wanted {
            from_year: self.from_year.clamp(*POLICY_YEARS.start(), *POLICY_YEARS.end()),
            chosen: self.transfers.clone(),
            sound: (0..chosen.len()).filter(sound).collect(),
            attested: self.attested.iter().map(YearHours::gap).collect(),
            reference: self.reference.clone(),
        }
    }
}

impl AllocationInput {
    /// How many things it says, beside the year.
    pub(super) fn said(&self) -> usize {
        self.transfers.as_ref().map_or(0, Vec::len) + self.attested.len()
    }
}

impl Wanted {
    /// What was chosen, as far as something can be said of it: what is sound in the body, and so is what it rests on. `None` where the best
    /// proposal is wanted.
    pub(super) fn judged(&self) -> Option<Vec<Chosen>> {
        let all = self.chosen.as_ref()?;
        Some(self.sound.iter().filter_map(|index| all.get(*index)).map(YearHours::chosen).collect())
    }

    /// Where the body says what is judged as the one of this number.
    pub(super) fn place_of(&self, number: usize) -> String {
        format!("/transfers/{}", self.sound.get(number).copied().unwrap_or(number))
    }
}

/// What is attested of years of which rules speak, or which the surplus does not serve, and as a category that could not be given. Of what
/// was chosen for a year of which that is attested nothing more is said.
pub(super) fn attested_in_vain(wanted: &mut Wanted, spread: &Spreading, faults: &mut Faults<'_>) {
    let in_vain = |gap: &Gap| !spread.without_rules.contains(&gap.year);
    for (index, _) in wanted.attested.iter().enumerate().filter(|(_, gap)| in_vain(gap)) {
        let words = Text::new(
            "该年度由规则计算、已证明达标或不在可调剂之列，不需证明",
            "its rules say what the year lacks, it is attested to be met, or the surplus does not serve it",
        );
        let fault = FieldError::new(format!("/attested/{index}/year"), "not_to_be_attested", words);
        faults.add_error(fault.with("years", &spread.without_rules));
    }
    let unknown = |gap: &Gap| !spread.can_be_attested(&gap.category);
    let categories = || spread.policy.rules.category.iter().map(|node| node.code.as_str()).chain([Node::TOTAL]);
    for (index, _) in wanted.attested.iter().enumerate().filter(|(_, gap)| unknown(gap)) {
        let words =
            Text::new("结余所属年度的规则没有该类别", "the rules of the year that is drawn on have no such category");
        let fault = FieldError::new(format!("/attested/{index}/category"), "unknown_category", words);
        faults.add_error(fault.with("categories", categories().collect::<Vec<_>>()));
    }
    let years: BTreeSet<i32> = wanted.attested.iter().filter(|gap| unknown(gap)).map(|gap| gap.year).collect();
    let chosen = wanted.chosen.as_deref().unwrap_or_default();
    wanted.sound.retain(|index| chosen.get(*index).is_some_and(|one| !years.contains(&one.year)));
}

impl YearHours {
    fn chosen(&self) -> Chosen {
        Chosen { year: self.year, category: CategoryCode::new(self.category.as_str()), hours: self.hours }
    }

    fn gap(&self) -> Gap {
        Gap { year: self.year, category: CategoryCode::new(self.category.as_str()), short: self.hours }
    }

    pub(super) fn of(gap: &Gap) -> Self {
        Self { year: gap.year, category: gap.category.to_string(), hours: gap.short }
    }
}
