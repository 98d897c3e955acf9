//! What years are used for, in words: whether they allow an application, and why.

use super::{
    Action, Explained,
    standing::{no_rule, plain},
};
use crate::{text::Text, wire::PlaceRef};
use domain::{
    hour_ledger::{Allows, UseReason, YearIs},
    kernel::PlaceCode,
    policy::shape::Effect,
};
use serde_json::json;

/// What the years say about an application.
#[must_use]
pub fn allows(allows: Allows) -> Text {
    match allows {
        Allows::Eligible => Text::new("学时符合申报要求", "the years are as the rules ask"),
        Allows::NotEligible => {
            Text::new("不符合申报要求", "the years are not as the rules ask, or the person is barred")
        }
        Allows::NotApplicable => {
            Text::new("不适用，申报之日由其他主管部门管理", "not applicable: on that day another authority's business")
        }
        Allows::NeedsReview => Text::new("待核，由主管部门决定", "an office has to decide"),
        Allows::NotStated => Text::new("规则未规定该用途须看哪些年度", "the rules name no years for the purpose"),
    }
}

/// What a year of the window is.
#[must_use]
pub fn year_is(is: YearIs) -> Text {
    match is {
        YearIs::Met => Text::new("符合", "as asked"),
        YearIs::MetWithDeclared => Text::new("计入单位申报的成果后符合", "as asked with what the employer declares"),
        YearIs::Unmet => Text::new("不符合", "not as asked"),
        YearIs::BeforeService => Text::new(
            "不符合，且该年度可能未全年在岗，规则未作规定，待核",
            "not as asked, and perhaps not in service all of it, of which the rules say nothing: an office decides",
        ),
        YearIs::NeedsReview => Text::new("待核", "an office has to decide"),
        YearIs::NotApplicable => Text::new("不适用，由其他主管部门管理", "another authority's business"),
    }
}

/// What follows from a missed year, and for a deferral by how many years.
#[must_use]
pub fn effect(effect: Effect, years: Option<u32>) -> Text {
    let (zh, en) = match effect {
        Effect::TermDeferral => ("专业技术职务任期顺延", "the term of the present title is put off"),
        Effect::PromotionDeferral => ("岗位等级晋升年限顺延", "promotion within the post is put off"),
        Effect::NoTitleRecommendation => ("不得推荐参加职称评审", "no recommendation for title review"),
        Effect::NoAppointment => ("不得聘任相应岗位", "no appointment to a post"),
        Effect::NoExcellent => ("年度考核不得确定为优秀", "the annual assessment cannot be excellent"),
        Effect::NoAwards => ("不得参加当年评优评先", "no awards of that year"),
        Effect::ApplicationCancelled => ("取消申报", "the open application is cancelled"),
        Effect::TitleBar => ("不得申报职称", "barred from applying for a title"),
        Effect::CreditRecord => ("记入信用平台", "an entry in the credit information platforms"),
        Effect::NoticeAndLiability => ("通报批评并追究责任", "a notice of criticism, and liability"),
        Effect::HandledStrictly => ("按有关规定从严处理", "handled strictly under the rules that apply"),
        Effect::OwnResponsibility => ("后果自负", "at one's own responsibility"),
    };
    match years {
        Some(years) => Text::new(format!("{zh} {years} 年"), format!("{en} ({years} years)")),
        None => Text::new(zh, en),
    }
}

/// That an achievement is reviewed and enters the ledger, so that nobody declares it for an application.
#[must_use]
pub(crate) fn reviewed_not_declared() -> Explained {
    plain(
        "reviewed_not_declared",
        Text::new(
            "该种类的成果经申报、审核后计入台账，不在此申报；请提交成果认定",
            "achievements of this kind are reviewed and enter the ledger: file a recognition instead of declaring it here",
        ),
        Action::None,
        json!({}),
    )
}

/// What an answer about an application rests on besides the years. Places are called as `called` says, in words and in the facts.
#[must_use]
pub(crate) fn use_reason(reason: &UseReason, called: &dyn Fn(&PlaceCode) -> PlaceRef) -> Explained {
    let code = reason.code();
    match reason {
        UseReason::NoRule { place, year } => {
            let place = place.as_ref().map(called);
            let facts = json!({ "place": place.as_ref().map(|place| &place.code), "year": year });
            plain(code, no_rule(place.as_ref(), *year), Action::AwaitRule, facts)
        }
        UseReason::NoWindow => {
            let words = "the rules have no window for this purpose, or none for such a level and applicant";
            plain(
                code,
                Text::new("规则没有该用途的规定，或没有适用于该级别和申请人的规定", words),
                Action::AskAuthority,
                json!({}),
            )
        }
        UseReason::LevelNotDeclared { levels } => {
            let words = "what the rules ask for this purpose hangs on the level applied for: say it (level)";
            let text = Text::new("规则对该用途按申报级别规定，请填写级别（level）", words);
            plain(code, text, Action::None, json!({ "levels": levels }))
        }
        UseReason::NoYears => {
            let words = "the rules speak of the purpose, but name no number of years";
            plain(code, Text::new("规则提及该用途，但未规定年数", words), Action::AskAuthority, json!({}))
        }
        UseReason::Barred { until_on, cite } => {
            let text = Text::new(format!("至 {until_on} 不得申报"), format!("barred from applying through {until_on}"));
            let facts = json!({ "until_on": until_on.to_string() });
            Explained { cite: cite.clone(), ..plain(code, text, Action::None, facts) }
        }
        UseReason::SpecialtyNotDeclared => {
            let words = "whether the hours lie in the same or a near specialty is for the employer to declare";
            plain(
                code,
                Text::new("学时是否属于相同或相近专业，须由用人单位申报", words),
                Action::DeclareSpecialty,
                json!({}),
            )
        }
        UseReason::OtherSpecialty => {
            let words = "the employer declares that the hours lie in another specialty";
            plain(code, Text::new("用人单位申报：学时不属于相同或相近专业", words), Action::None, json!({}))
        }
        UseReason::RestsOnDeclared { years } => {
            let Text { zh, en } = listed(years);
            let text = Text::new(
                format!("{zh} 年度计入用人单位申报并负责的成果后方符合"),
                format!("{en}: only with achievements that the employer declares and answers for"),
            );
            plain(code, text, Action::None, json!({ "years": years }))
        }
        UseReason::RegisteredLate { years, verified_by } => {
            let Text { zh, en } = listed(years);
            let text = Text::new(
                format!(
                    "{zh} 年度在 {verified_by} 之后验证，或须计入此后登记的学时方符合，能否用于该用途由主管部门决定"
                ),
                format!(
                    "{en}: verified after {verified_by}, or as asked only with hours registered after it; whether they may be used, an office decides"
                ),
            );
            let facts = json!({ "years": years, "verified_by": verified_by.to_string() });
            plain(code, text, Action::AskAuthority, facts)
        }
    }
}

fn listed(years: &[i32]) -> Text {
    let all = |by: &str| years.iter().map(ToString::to_string).collect::<Vec<_>>().join(by);
    Text::new(all("、"), all(", "))
}
