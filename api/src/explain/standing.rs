//! Why a standing is what it is, and why a line of the ledger does not count.

use super::{Action, Explained, joined, of_line, reason};
use crate::{text::Text, wire::PlaceRef};
use domain::{
    hour_ledger::{StandingReason, Verdict, WhyNot},
    kernel::PlaceCode,
    policy::shape::{CapPer, OwedOnEntry},
};
use serde_json::{Map, Value, json};

/// A verdict in words; while the year is open, a shortfall is what is still to do.
#[must_use]
pub fn verdict(verdict: Verdict, open: bool) -> Text {
    match (verdict, open) {
        (Verdict::Met, _) => Text::new("已达标", "met"),
        (Verdict::Unmet, true) => Text::new("进行中，尚有缺口", "in progress, something is still to do"),
        (Verdict::Unmet, false) => Text::new("未达标", "not met"),
        // Whose business it is, or that nothing is owed, is a reason of its own.
        (Verdict::NotApplicable, _) => Text::new("不适用", "not applicable"),
        (Verdict::NotBegun, _) => Text::new("该年度尚未开始", "the year has not begun"),
        (Verdict::NeedsReview, _) => Text::new("待核", "an office has to decide"),
        (Verdict::NoRuleInForce, _) => Text::new("该年度没有有效规则", "no rule is in force for the year"),
    }
}

/// What the verdict of a year rests on besides the count. Places are called as `called` says, in words and in the facts.
#[must_use]
pub(crate) fn standing_reason(
    reason: &StandingReason,
    year: i32,
    called: &dyn Fn(&PlaceCode) -> PlaceRef,
) -> Explained {
    match reason {
        StandingReason::OutOfScope { authority, under, cite } => Explained {
            code: "out_of_scope".to_owned(),
            text: out_of_scope(authority, under.as_deref()),
            action: Action::AskAuthority,
            facts: facts(json!({ "authority": authority, "under": under })),
            cite: cite.clone(),
        },
        StandingReason::TwoPlaces { places } => {
            let places: Vec<PlaceRef> = places.iter().map(called).collect();
            let names: Vec<Text> = places.iter().map(PlaceRef::in_words).collect();
            let all = |of: fn(&Text) -> &str, by: &str| names.iter().map(of).collect::<Vec<_>>().join(by);
            let (zh, en) = (all(|name| &name.zh, "、"), all(|name| &name.en, ", "));
            plain(
                "two_places",
                Text::new(
                    format!("该年度内人事关系先后属于规则不同的地区：{zh}，需由主管部门决定"),
                    format!("the person moved between places under different rules: {en}; an office decides"),
                ),
                Action::AskAuthority,
                json!({ "places": places.iter().map(|place| &place.code).collect::<Vec<_>>() }),
            )
        }
        StandingReason::BeganLater { from_on, owed, cite } => {
            let (zh, en, action) = match owed {
                None => (
                    "该年度要求如何适用由主管部门决定；此前已在岗的，请补登任职记录",
                    "what the year asks of such a one an office decides; who was in service before has that recorded",
                    Action::AskAuthority,
                ),
                Some(OwedOnEntry::All) => ("仍须完成该年度全部要求", "all that the year asks is owed", Action::None),
                Some(OwedOnEntry::Nothing) => ("该年度不作要求", "nothing is owed for the year", Action::None),
            };
            Explained {
                cite: cite.clone(),
                ..plain(
                    "began_later",
                    Text::new(
                        format!("登记的任职自 {from_on} 起，晚于该年度首日：{zh}"),
                        format!("service is known from {from_on} on, after the first day of the year: {en}"),
                    ),
                    action,
                    json!({ "from_on": from_on.to_string(), "owed": owed }),
                )
            }
        }
        StandingReason::OpenDecisions => plain(
            "open_decisions",
            Text::new("待核的学时如获认可即达标", "the year is met if the open decisions are favourable"),
            Action::AwaitReview,
            json!({}),
        ),
        StandingReason::Attested { by } => plain(
            "attested",
            Text::new("部分内容由单位证明，并非本系统计算", "an office attests part of this; it was not computed here"),
            Action::None,
            json!({ "by": by }),
        ),
        StandingReason::ByException { by, office, cite } => Explained {
            cite: cite.clone(),
            ..plain(
                "by_exception",
                by_exception(office.as_deref()),
                Action::None,
                json!({ "by": by, "office": office }),
            )
        },
        StandingReason::NoRule { layer } => {
            let layer = layer.as_ref().map(called);
            let facts = json!({ "layer": layer.as_ref().map(|layer| &layer.code), "year": year });
            plain("no_rule_in_force", no_rule(layer.as_ref(), year), Action::AwaitRule, facts)
        }
    }
}

/// What the root of a tree is called, which the documents do not name.
#[must_use]
pub fn total() -> Text {
    Text::new("合计", "total")
}

/// Why a line of the ledger does not count.
#[must_use]
pub fn why_not(why: &WhyNot) -> Explained {
    match why {
        WhyNot::Reversed { by, reason_code } => plain(
            "reversed",
            Text::new("该记录已冲销", "the entry was reversed"),
            Action::None,
            json!({ "by": by, "reason_code": reason_code }),
        ),
        WhyNot::SameCourse { counted } => plain(
            "same_course",
            Text::new("同一课程只计一次，已由另一条记录计入", "a course counts once; another entry of it counts"),
            Action::None,
            json!({ "counted": counted }),
        ),
        WhyNot::AttestedTwice { counted } => plain(
            "attested_twice",
            Text::new(
                "该年度该类别的学时已由另一条证明计入",
                "hours of the category and year are attested by another entry, which counts",
            ),
            Action::None,
            json!({ "counted": counted }),
        ),
        WhyNot::RecordedToo { beyond, recorded } => {
            let text = Text::new(
                format!(
                    "该类别另有本系统记录的 {recorded} 学时；证明的学时是否包含它们未经认定，其中 {beyond} 暂不计入"
                ),
                format!(
                    "{recorded} of the category are recorded here too; whether they are among those attested nobody has said, so {beyond} of these do not count for now"
                ),
            );
            plain("recorded_too", text, Action::AwaitReview, json!({ "beyond": beyond, "recorded": recorded }))
        }
        WhyNot::UnderReview { reasons } => {
            let all: Vec<Explained> = reasons.iter().map(of_line).collect();
            let texts: Vec<Text> = all.iter().map(|reason| reason.text.clone()).collect();
            let why = joined(&texts);
            let text = Text::new(format!("待核：{}", why.zh), format!("an office has to decide: {}", why.en));
            let mut explained = plain("under_review", text, Action::AwaitReview, json!({ "reasons": reasons }));
            explained.cite = all.into_iter().flat_map(|reason| reason.cite).collect();
            explained
        }
        WhyNot::OverlappingSessions { with, cite } => {
            let text = Text::new(
                "与同一人的另一学习时段重叠，待核",
                "the session overlaps another of the same person; an office has to decide",
            );
            Explained {
                cite: cite.clone(),
                ..plain("overlapping_sessions", text, Action::AwaitReview, json!({ "with": with }))
            }
        }
        WhyNot::CategoryUnknownToRule => plain(
            "category_unknown_to_rule",
            Text::new("现行规则没有该类别", "the rule in force has no such category"),
            Action::CorrectCourse,
            json!({}),
        ),
        WhyNot::NotADeclaredSubject { cite } => {
            let text = Text::new("该类别只认可指定科目", "the category takes declared subjects only");
            Explained { cite: cite.clone(), ..plain("not_a_declared_subject", text, Action::StudyElsewhere, json!({})) }
        }
        WhyNot::BeyondCap { beyond, cap, per, cite } => {
            let (zh, en) = match per {
                CapPer::Item => ("每项", "an item"),
                CapPer::PersonYear => ("每人每年", "a person and year"),
            };
            let text = Text::new(
                format!("此类成果{zh}至多计 {cap}，超出的 {beyond} 不计入"),
                format!("this kind counts up to {cap} for {en}; the {beyond} beyond that do not"),
            );
            let facts = json!({ "beyond": beyond, "cap": cap, "per": per });
            Explained { cite: cite.clone(), ..plain("beyond_cap", text, Action::None, facts) }
        }
        // Which year that is, the line says to those who see it.
        WhyNot::NotSpared { beyond, .. } => plain(
            "not_spared",
            Text::new(
                format!("所取年度的结余已不足，其中 {beyond} 不再计入"),
                format!("the year that it draws on can no longer spare these hours; {beyond} of them do not count"),
            ),
            Action::None,
            json!({ "beyond": beyond }),
        ),
        WhyNot::NoRule => plain(
            "no_rule_in_force",
            Text::new(
                "该年度没有有效规则，暂不计入",
                "no rule is in force for the year; until there is one it does not count",
            ),
            Action::AwaitRule,
            json!({}),
        ),
    }
}

pub(super) fn plain(code: &str, text: Text, action: Action, members: Value) -> Explained {
    Explained { code: code.to_owned(), text, action, facts: facts(members), cite: Vec::new() }
}

fn facts(members: Value) -> Map<String, Value> {
    match members {
        Value::Object(members) => members.into_iter().filter(|(_, value)| !value.is_null()).collect(),
        _ => Map::new(),
    }
}

fn by_exception(office: Option<&str>) -> Text {
    match office {
        Some(office) => Text::new(
            format!("部分内容由{office}例外认定，并非按时取得"),
            format!("{office} granted part of this by exception; it was not earned in time"),
        ),
        None => Text::new(
            "部分内容由主管部门例外认定，并非按时取得",
            "an office granted part of this by exception; it was not earned in time",
        ),
    }
}

fn out_of_scope(authority: &str, under: Option<&str>) -> Text {
    match under {
        Some(under) => Text::new(
            format!("该人员由{authority}按{under}管理"),
            format!("the person is the business of {authority} under {under}"),
        ),
        None => Text::new(format!("该人员由{authority}管理"), format!("the person is the business of {authority}")),
    }
}

pub(super) fn no_rule(place: Option<&PlaceRef>, year: i32) -> Text {
    match place {
        Some(place) => reason::no_rule(&place.in_words(), year),
        None => Text::new("人员没有所属地区，无从适用规则", "the person has no place, so no rule applies"),
    }
}
