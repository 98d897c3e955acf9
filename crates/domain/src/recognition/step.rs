//! The arithmetic of an answer, step by step, each with its clause, and printable.

use crate::{
    kernel::{Citation, Hours},
    policy::{
        CategoryCode, Cite,
        shape::{CapPer, Fulfils},
    },
};
use serde::{Deserialize, Serialize};
use time::Date;

/// One step, with the clause it rests on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// What is done.
    #[serde(flatten)]
    pub kind: StepKind,
    /// Where it stands written.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cite: Vec<Citation>,
}

impl Step {
    /// A step of a rule.
    #[must_use]
    pub fn cited(kind: StepKind, cite: &Cite) -> Self {
        Self { kind, cite: cite.0.clone() }
    }
}

/// The kinds of step. The serialised `code` is stable; [`StepKind::in_english`] and [`StepKind::in_chinese`] print it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum StepKind {
    /// The day that decides the year.
    Year {
        /// The day.
        on: Date,
        /// Its year.
        year: i32,
    },
    /// Days from the first to the last, both included.
    DaysBetween {
        /// The first.
        first_on: Date,
        /// The last.
        last_on: Date,
        /// How many.
        days: u32,
    },
    /// Days without those of travel.
    WithoutTravel {
        /// All days.
        days: u32,
        /// Days of travel.
        travel_days: u32,
        /// What remains.
        remaining: u32,
    },
    /// Days times hours a day.
    PerDay {
        /// The days.
        days: u32,
        /// Hours a day.
        per_day: Hours,
        /// The product.
        hours: Hours,
    },
    /// The hours that the organiser states win over days.
    StatedWin {
        /// The hours stated.
        stated: Hours,
        /// What the days would have been worth, where they are known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        days_worth: Option<Hours>,
    },
    /// Hours are stated, and by the rule they change nothing.
    StatedIgnored {
        /// The hours stated.
        stated: Hours,
    },
    /// A fixed amount.
    Fixed {
        /// The amount.
        hours: Hours,
    },
    /// The amount of a band of ranks.
    ByRank {
        /// The rank.
        rank: u32,
        /// First rank of the band.
        from: u32,
        /// Its last; absent for all beyond.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        to: Option<u32>,
        /// The amount.
        hours: Hours,
    },
    /// The amount of a role.
    ByRole {
        /// The role.
        role: String,
        /// The amount.
        hours: Hours,
    },
    /// An amount for each year of a project.
    EachYear {
        /// The first year.
        first_year: i32,
        /// The last year.
        last_year: i32,
        /// How many.
        years: u32,
        /// The amount of each.
        hours: Hours,
        /// All of them.
        total: Hours,
    },
    /// Years of a project that lie before the present post, and are left out.
    YearsBeforePost {
        /// The first day of the present post.
        since: Date,
        /// How many years.
        years: u32,
    },
    /// Once, in the year of the conclusion.
    OnceAtConclusion {
        /// The day.
        concluded_on: Date,
        /// The amount.
        hours: Hours,
    },
    /// A fulfilment: up to the minimum of the year, and no hours beyond.
    Fulfils {
        /// What is deemed met.
        fulfils: Fulfils,
        /// The category; absent for all.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        category: Option<CategoryCode>,
        /// The minimum of that year by these rules, where they speak for it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        minimum: Option<Hours>,
    },
    /// Every year of the present post.
    Tenure {
        /// Its first day.
        since: Date,
        /// Its first year.
        first_year: i32,
        /// The present year.
        last_year: i32,
    },
    /// The hours of the filed plan.
    AsFiled {
        /// How many.
        hours: Hours,
    },
    /// What the reviewer granted.
    Granted {
        /// How many.
        hours: Hours,
    },
    /// More than counts: for information, since a cap is applied where a year is counted.
    CountedAtMost {
        /// What it is worth.
        hours: Hours,
        /// The most that counts.
        most: Hours,
        /// Over what.
        per: CapPer,
    },
}

impl StepKind {
    /// The step in English, such as `5 days × 7 = 35`.
    #[must_use]
    pub fn in_english(&self) -> String {
        match self {
            Self::Year { on, year } => format!("{on} decides: the year {year}"),
            Self::DaysBetween { first_on, last_on, days } => format!("{first_on} to {last_on} = {days} days"),
            Self::WithoutTravel { days, travel_days, remaining } => {
                format!("{days} days - {travel_days} of travel = {remaining}")
            }
            Self::PerDay { days, per_day, hours } => format!("{days} days × {per_day} = {hours}"),
            Self::StatedWin { stated, days_worth: Some(worth) } => format!("stated {stated} wins over {worth}"),
            Self::StatedWin { stated, days_worth: None } => format!("stated: {stated}"),
            Self::StatedIgnored { stated } => format!("stated {stated} changes nothing here"),
            Self::Fixed { hours } => format!("fixed: {hours}"),
            Self::ByRank { rank, from, to, hours } => format!("rank {rank}, of {}: {hours}", band(*from, *to)),
            Self::ByRole { role, hours } => format!("{role}: {hours}"),
            Self::EachYear { first_year, last_year, years, hours, total } => {
                format!("{first_year} to {last_year} = {years} years × {hours} = {total}")
            }
            Self::YearsBeforePost { since, years } => {
                format!("{years} years before the present post ({since}) are left out")
            }
            Self::OnceAtConclusion { concluded_on, hours } => format!("once, concluded on {concluded_on}: {hours}"),
            Self::Fulfils { fulfils: Fulfils::EverythingYear, .. } => "everything of the year is deemed met".to_owned(),
            Self::Fulfils { category, minimum, .. } => {
                let least = minimum.map_or_else(String::new, |least| format!(" ({least})"));
                format!("the minimum{least} of {} is deemed met", named(category.as_ref()))
            }
            Self::Tenure { since, first_year, last_year } => {
                format!("present post since {since}: each year from {first_year} to {last_year}")
            }
            Self::AsFiled { hours } => format!("as filed: {hours}"),
            Self::Granted { hours } => format!("granted by the reviewer: {hours}"),
            Self::CountedAtMost { hours, most, per: CapPer::Item } => format!("{hours}, of which at most {most} count"),
            Self::CountedAtMost { hours, most, per: CapPer::PersonYear } => {
                format!("{hours}, of which at most {most} a year count, with all others of the kind")
            }
        }
    }

    /// The step in Chinese, such as `5 天 × 7 = 35`.
    #[must_use]
    pub fn in_chinese(&self) -> String {
        match self {
            Self::Year { on, year } => format!("以 {on} 为准，计入 {year} 年"),
            Self::DaysBetween { first_on, last_on, days } => format!("{first_on} 至 {last_on} = {days} 天"),
            Self::WithoutTravel { days, travel_days, remaining } => {
                format!("{days} 天 - 路途 {travel_days} 天 = {remaining} 天")
            }
            Self::PerDay { days, per_day, hours } => format!("{days} 天 × {per_day} = {hours}"),
            Self::StatedWin { stated, days_worth: Some(worth) } => {
                format!("以文件载明的 {stated} 为准，不按天数（{worth}）")
            }
            Self::StatedWin { stated, days_worth: None } => format!("文件载明 {stated}"),
            Self::StatedIgnored { stated } => format!("载明的 {stated} 在此不作依据"),
            Self::Fixed { hours } => format!("固定 {hours}"),
            Self::ByRank { rank, from, to, hours } => format!("排名第 {rank}，属第 {} 名：{hours}", band(*from, *to)),
            Self::ByRole { role, hours } => format!("{role}：{hours}"),
            Self::EachYear { first_year, last_year, years, hours, total } => {
                format!("{first_year} 至 {last_year} 年 = {years} 年 × {hours} = {total}")
            }
            Self::YearsBeforePost { since, years } => format!("任现职（{since}）之前的 {years} 年不计"),
            Self::OnceAtConclusion { concluded_on, hours } => format!("结题（{concluded_on}）时一次计 {hours}"),
            Self::Fulfils { fulfils: Fulfils::EverythingYear, .. } => "视为完成当年全部学时".to_owned(),
            Self::Fulfils { category, minimum, .. } => {
                let least = minimum.map_or_else(String::new, |least| format!("（{least}）"));
                format!("视为完成 {} 的最低要求{least}", named(category.as_ref()))
            }
            Self::Tenure { since, first_year, last_year } => {
                format!("自 {since} 任现职：{first_year} 至 {last_year} 各年")
            }
            Self::AsFiled { hours } => format!("按备案 {hours}"),
            Self::Granted { hours } => format!("审核人核定 {hours}"),
            Self::CountedAtMost { hours, most, per: CapPer::Item } => format!("{hours}，其中最多计 {most}"),
            Self::CountedAtMost { hours, most, per: CapPer::PersonYear } => {
                format!("{hours}，与同类合计每年最多计 {most}")
            }
        }
    }
}

fn band(from: u32, to: Option<u32>) -> String {
    to.map_or_else(|| format!("{from}+"), |to| format!("{from}-{to}"))
}

fn named(category: Option<&CategoryCode>) -> &str {
    category.map_or("total", CategoryCode::as_str)
}
