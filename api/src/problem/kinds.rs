//! THE table of failures: every kind, its status and its title in both languages. A room adds its lines here and nowhere
//! else, so that the whole contract of failures can be read on one page.

use crate::text::Text;
use actix_web::http::StatusCode;

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident = $slug:literal, $status:literal, $zh:literal, $en:literal;)+) => {
        /// A kind of failure. Its slug is stable: it ends the problem's `type` and is its `code`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Kind { $($(#[$doc])* $name,)+ }

        impl Kind {
            /// Every kind, in the order of the table.
            pub const ALL: &'static [Self] = &[$(Self::$name,)+];

            /// The stable name of the kind.
            #[must_use]
            pub const fn slug(self) -> &'static str {
                match self { $(Self::$name => $slug,)+ }
            }

            pub(super) const fn status_number(self) -> u16 {
                match self { $(Self::$name => $status,)+ }
            }

            /// The title in both languages.
            #[must_use]
            pub fn title(self) -> Text {
                match self { $(Self::$name => Text::new($zh, $en),)+ }
            }
        }
    };
}

kinds! {
    // The edge: what fails before any room is asked.
    /// The path names nothing.
    UnknownPath = "unknown_path", 404, "没有这个地址", "There is nothing at this address";
    /// The path exists, but not for this method; `Allow` says which.
    MethodNotAllowed = "method_not_allowed", 405, "该地址不支持此方法", "The address does not support this method";
    /// The request cannot be read.
    BadRequest = "bad_request", 400, "请求无法读取", "The request cannot be read";
    /// The body is not JSON; `line` and `column` say where.
    MalformedJson = "malformed_json", 400, "请求体不是合法的 JSON", "The body is not valid JSON";
    /// The body did not come in in time; `limit_seconds` says how long it may take.
    RequestTimeout = "request_timeout", 408, "请求体未能按时收到", "The body did not come in in time";
    /// The body is longer than this operation takes.
    BodyTooLarge = "body_too_large", 413, "请求体过大", "The body is too large";
    /// The body has a media type that this operation does not take.
    UnsupportedMediaType = "unsupported_media_type", 415, "不支持的媒体类型", "The media type is not supported";
    /// The body is readable but breaks the contract; `errors` names every fault found.
    InvalidBody = "invalid_body", 422, "请求体不符合要求", "The body breaks the contract";
    /// A query parameter breaks the contract; `errors` names every fault found.
    InvalidQuery = "invalid_query", 422, "查询参数不符合要求", "A query parameter breaks the contract";
    /// No credentials.
    Unauthenticated = "unauthenticated", 401, "缺少凭证", "Credentials are missing";
    /// Credentials that do not hold.
    InvalidToken = "invalid_token", 401, "凭证无效或已过期", "The credentials are not valid or no longer valid";
    /// Callers of this kind may not do this at all.
    CallerNotPermitted = "caller_not_permitted", 403, "此类调用方无权执行该操作", "Callers of this kind may not do this";
    /// The token's scopes do not cover this; `scope` says which would.
    InsufficientScope = "insufficient_scope", 403, "凭证的授权范围不足", "The scopes of the token do not cover this";
    /// The official of the token has no grant here today.
    NoGrant = "no_grant", 403, "凭证所代表的人员没有有效授权", "The official of the token has no grant in force";
    /// The person of the token is not registered, or under another name.
    LearnerUnknown = "learner_unknown", 403, "凭证所代表的学员未登记或信息不符", "The learner of the token is not registered, or under another name";
    /// Nobody gives themselves a grant.
    GrantToOneself = "grant_to_oneself", 403, "不得为自己授权", "Nobody gives themselves a grant";
    /// Nobody is two of the three administrators on one day; `held` says which the person is.
    AnotherAdministrator = "another_administrator", 409, "同一人不得兼任系统、安全、审计管理员中的两种", "Nobody is two of the system, security and audit administrators";
    /// An officer makes none of the three administrators.
    GrantAbove = "grant_above", 403, "无权授予或撤回该角色", "The caller may not give or withdraw this role";
    /// Of another officer of the very same place it is for those above; for who gave the grant, and for the officer.
    GrantOfPeer = "grant_of_peer", 403, "同一地区其他工作人员的授权，由授予人、上级或本人撤回", "A grant of another officer of the same place is withdrawn by who gave it, by those above or by that officer";
    /// An officer gives nothing that lasts longer than the own grant; `until_on` is its last day.
    GrantOutlastsGiver = "grant_outlasts_giver", 403, "授权的截止日不得晚于授予人自己的授权", "A grant may not last longer than the giver's own";
    /// The caller's kind may, but not for this place.
    OutsidePlace = "outside_place", 403, "超出调用方的管辖地区", "Outside the place that the caller answers for";
    /// The tier is above the office's own; `level` says which, `allowed` up to which it may go.
    LevelAboveOffice = "level_above_office", 403, "该级别高于调用方所在机关可认定的级别", "The level is above what the caller's office may recognise";
    /// The thing does not exist, or is not the caller's to see.
    NotFound = "not_found", 404, "未找到", "Not found";
    /// The file has ended in another one of the same person; `successor` and the `Link` say in which.
    LearnerMerged = "learner_merged", 410, "该档案已并入同一人的另一份档案", "The file has ended in another one of the same person";
    /// The merge was undone before.
    MergeUndone = "merge_undone", 409, "该合并已撤销", "The merge was undone before";
    /// The same thing exists already.
    AlreadyExists = "already_exists", 409, "已存在", "It exists already";
    /// The place has another code of the same system on some of these days; `overlaps` names it.
    DivisionCodeOverlaps = "division_code_overlaps", 409, "区划代码的起止日重叠", "The days of two division codes overlap";
    /// Another request changed the thing at the same moment.
    Conflict = "conflict", 409, "与当前状态冲突", "The present state forbids it";
    /// The hours of the item were taken back before.
    AlreadyReversed = "already_reversed", 409, "该条目的学时已被撤销", "The hours of the item were taken back before";
    /// The item is worth nothing, so there is nothing to take back.
    NothingToReverse = "nothing_to_reverse", 409, "该条目没有可撤销的学时", "The item has no hours to take back";
    /// The platform of the token is not registered.
    PlatformUnknown = "platform_unknown", 403, "凭证所代表的学习平台未登记", "The platform of the token is not registered";
    /// The batch id was used by another platform.
    BatchOfAnother = "batch_of_another", 409, "该批次号已被其他平台使用", "The batch id was used by another platform";
    /// The client has as many secrets as it may have; end one first.
    TooManySecrets = "too_many_secrets", 409, "该客户端的密钥数已达上限，请先停用一个", "The client has as many secrets as it may have; end one first";
    /// The grant was withdrawn before.
    AlreadyWithdrawn = "already_withdrawn", 409, "该授权已撤回", "The grant was withdrawn before";
    /// What a caller may do a limited number of times a day was done so often already; `Retry-After` says when the next day begins.
    DailyLimit = "daily_limit", 429, "今日次数已用完", "The day's limit is reached";
    /// The `Idempotency-Key` named another request within the last day: another body, or another address.
    IdempotencyKeyReused = "idempotency_key_reused", 422, "该 Idempotency-Key 已用于另一请求", "The Idempotency-Key was used for another request";
    /// The same request is being worked on; `Retry-After` says when to ask again.
    IdempotencyInProgress = "idempotency_in_progress", 409, "同一请求正在处理，请稍后重试", "The same request is being worked on; try again";

    /// Some changes after the number are kept no longer, or it was never given; `first` and `last` say which are kept.
    ChangesGone = "changes_gone", 410, "所请求的变动已不再保存", "The changes asked for are kept no longer";

    /// The caller asked more of this process than it may in a minute; `Retry-After` says when the next request is answered.
    TooManyRequests = "too_many_requests", 429, "请求过于频繁，请稍后再试", "Too many requests; please try again later";

    // Surplus of a year that serves others.
    /// The rules of the year let its surplus serve no other; `clauses` says where that stands, where it does.
    SurplusNotCarried = "surplus_not_carried", 422, "该年度的规则不允许结转结余学时", "The rules of the year let its surplus serve no other";
    /// No year lacks what the surplus could fill whole.
    NothingToAllocate = "nothing_to_allocate", 409, "没有可以补足的缺口", "No year lacks what the surplus could fill";
    /// No further allocation of this person is kept; `most` says how many are.
    TooManyAllocations = "too_many_allocations", 409, "该人员的调剂次数已达上限", "No further allocation of this person is kept";
    /// The allocation was taken back before.
    AllocationReversed = "allocation_reversed", 409, "该调剂已撤销", "The allocation was taken back before";

    // The rule book.
    /// A rule file is not TOML; `line` and `column` say where.
    MalformedToml = "malformed_toml", 400, "规则文件不是合法的 TOML", "The rule file is not valid TOML";
    /// A rule file says what a rule file may not say; `errors` names every fault with its line and column.
    InvalidRuleFile = "invalid_rule_file", 422, "规则文件不符合要求", "The rule file breaks the shape of rules";
    /// The nearest layer of the place has rules, but none for the year; `wider` is information only.
    NoRuleInForce = "no_rule_in_force", 404, "该地区该年度没有有效规则", "No rule is in force for this place and year";
    /// The version was published before.
    AlreadyPublished = "already_published", 409, "该版本已发布", "The version is published already";
    /// What is published stays as it is; a change is a new version.
    PublishedIsImmutable = "published_is_immutable", 409, "已发布的版本不可修改，请提交新的草稿", "What is published never changes; hand in a new draft";
    /// A draft stays as it was handed in; a change is a new draft.
    DraftIsImmutable = "draft_is_immutable", 409, "草稿一经提交不可修改，请提交新的草稿", "A draft stays as it was handed in; hand in a new one";

    /// It is a draft: nothing is decided by it.
    NotPublished = "not_published", 409, "该版本尚未发布", "The version is not published";
    /// Another reassessment of the version has not ended; `reassessment_id` says which.
    ReassessmentRunning = "reassessment_running", 409, "该版本的另一次重新判定尚未完成", "Another reassessment of this version has not ended";

    // Recognitions and reviews.
    /// By the rules it is worth nothing as it stands; `reasons` says why.
    RecognitionRefused = "recognition_refused", 409, "按规则不予计学时", "By the rules it is worth nothing as it stands";
    /// Nobody could decide it, or not when it is handed in so; `lacking` or `may_file` says what is missing.
    NoRoute = "no_route", 409, "没有可办理的审核路径", "There is no office that could decide it";
    /// What is asked is not for the state in which the case is; `state` says which that is.
    ReviewNotNow = "review_not_now", 409, "当前状态不能办理", "The state of the case does not allow it";
    /// Somebody settled it already; `settled_by` and `settled_at` say who and when.
    ReviewSettled = "review_settled", 409, "该事项已办理", "It was settled before";
    /// Somebody else has taken it up; `taken_by` and `until` say who and for how long.
    ReviewTaken = "review_taken", 409, "该事项已由他人认领", "Somebody else has taken it up";
    /// The caller has not taken it up, or no longer has.
    ReviewNotTaken = "review_not_taken", 409, "该事项并非由调用方认领", "The caller has not taken it up";
    /// It waits for another office; `stage` says at which stage.
    NotYourStage = "not_your_stage", 403, "该环节由其他机关办理", "It waits for another office";
    /// Only the learner and who filed it may do that.
    NotTheApplicant = "not_the_applicant", 403, "只有申报人可以办理", "Only who filed it may do that";
    /// Nobody decides what is their own, what they handed in, or two successive stages; `reason` says which.
    ConflictOfInterest = "conflict_of_interest", 403, "办理人须回避", "Whoever has an interest in it does not decide it";
    /// The list is for the authority that the rules name; `list_by` says which.
    NotTheListingAuthority = "not_the_listing_authority", 403, "该名单由规则所指的机关提供", "The list is for the authority that the rules name";
    /// The whole roll was taken back; `reversed_at` says when.
    RollReversed = "roll_reversed", 409, "该名册已整册撤销", "The whole roll was taken back before";
    /// By the rules nothing can be granted by exception; `reasons` says why, with the clauses.
    ExceptionRefused = "exception_refused", 422, "按规则不能作出例外认定", "By the rules nothing can be granted by exception";
    /// The year cannot be verified any more; `reasons` says why, with the clauses.
    VerificationRefused = "verification_refused", 422, "该年度现不能验证", "The year cannot be verified as things stand";
    /// As many corrections of this person wait as may; `most` says how many that is.
    TooManyCorrections = "too_many_corrections", 409, "待办理的更正申请已达上限", "No further correction of this person is taken in";
    /// What was asked to be corrected cannot be done as things stand; `errors` says why, with pointers into what was asked.
    CorrectionNotPossible = "correction_not_possible", 409, "所申请的更正目前不能办理", "What was asked to be corrected cannot be done now";
    /// The service failed; `trace_id` finds the cause in its log.
    Internal = "internal", 500, "服务内部错误", "The service failed";
    /// As much of this caller is under way as may be, or its turn did not come in time; nothing of the request was done, or what was
    /// is said. Sending all of it again is right.
    Busy = "busy", 503, "等待处理的批量请求过多，请稍后重发", "Too much is waiting to be taken in; please send it again later";
    /// The service cannot answer now; asking again later is right.
    Unavailable = "unavailable", 503, "服务暂不可用，请稍后再试", "The service cannot answer now; please try again later";
}

impl Kind {
    /// The HTTP status of the kind.
    #[must_use]
    pub fn status(self) -> StatusCode {
        StatusCode::from_u16(self.status_number()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// The problem's `type`: a reference relative to the service, where it is explained.
    #[must_use]
    pub fn type_uri(self) -> String {
        format!("/problems/{}", self.slug())
    }

    /// Whether it says that a caller may not do what they tried, which the audit trail records.
    #[must_use]
    pub fn is_refusal(self) -> bool {
        matches!(self.status().as_u16(), 401 | 403)
            || matches!(self, Self::AnotherAdministrator | Self::BatchOfAnother | Self::DailyLimit)
    }

    /// Whether it says that what is asked for is not the caller's, or is not there. That is told whatever else is wrong with a
    /// request.
    #[must_use]
    pub fn tells_whose(self) -> bool {
        self == Self::NotFound || self.status() == StatusCode::FORBIDDEN
    }

    /// The kind with this slug.
    #[must_use]
    pub fn from_slug(slug: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.slug() == slug)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn every_kind_has_its_own_slug_and_a_failure_status() {
        let slugs: HashSet<_> = Kind::ALL.iter().map(|kind| kind.slug()).collect();
        assert_eq!(slugs.len(), Kind::ALL.len());
        for kind in Kind::ALL {
            let status = kind.status();
            assert!(status.is_client_error() || status.is_server_error(), "{kind:?}");
            assert_eq!(status.as_u16(), kind.status_number());
            assert_eq!(Kind::from_slug(kind.slug()), Some(*kind));
        }
    }
}
