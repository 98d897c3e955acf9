//! What each kind of failure means and what to do about it: what `GET /problems/{code}` says, to which a problem's `type` leads.
//!
//! A kind without its lines here does not compile.

use super::Kind;
use crate::text::Text;

macro_rules! explained {
    ($($name:ident: $zh:literal, $en:literal => $zh_advice:literal, $en_advice:literal;)+) => {
        impl Kind {
            /// What it means, where the title is too short.
            #[must_use]
            pub fn meaning(self) -> Text {
                match self { $(Self::$name => Text::new($zh, $en),)+ }
            }

            /// What to do about it.
            #[must_use]
            pub fn advice(self) -> Text {
                match self { $(Self::$name => Text::new($zh_advice, $en_advice),)+ }
            }
        }
    };
}

impl Kind {
    /// Whether the advice also stands in an answer whose room says nothing more: where the title alone leaves the caller at a loss,
    /// as of everything that somebody may not do.
    pub(super) const fn advises(self) -> bool {
        self.status_number() == 403
            || matches!(
                self,
                Self::AlreadyExists
                    | Self::AnotherAdministrator
                    | Self::AlreadyWithdrawn
                    | Self::MergeUndone
                    | Self::NothingToReverse
                    | Self::TooManySecrets
                    | Self::NothingToAllocate
                    | Self::AllocationReversed
                    | Self::TooManyAllocations
            )
    }
}

explained! {
    UnknownPath: "地址（不含查询参数）不在接口文档之列", "The address, without its query, is none that the document names"
        => "请对照 /openapi.json 核对路径和版本前缀 /v1", "compare the path and its prefix /v1 with /openapi.json";
    MethodNotAllowed: "地址存在，但不支持该请求方法", "The address exists, but not for this method"
        => "请改用响应头 Allow 所列的方法", "use one of the methods that the header Allow names";
    BadRequest: "请求的某一部分（请求头、编码、请求体）无法读取", "A part of the request (a header, its encoding, the body) cannot be read"
        => "detail 和 errors 说明是哪一部分；请更正后另行发送，原样重发不会成功",
        "detail and errors say which part; correct it: the same request sent again fails again";
    MalformedJson: "请求体在 line 行 column 列处不是 JSON", "The body is no JSON from line and column on"
        => "请用 JSON 库生成请求体，编码为 UTF-8", "make the body with a JSON library, in UTF-8";
    RequestTimeout: "请求体未在 limit_seconds 秒内收齐", "The body did not come in within limit_seconds"
        => "请重新发送；线路较慢的，请减少每批条数", "send it again; on a slow line with fewer items at once";
    BodyTooLarge: "请求体超过该操作的长度上限", "The body is longer than this operation takes"
        => "请分成几个请求发送；上限由运维人员设定", "send it in several requests; the operator sets the limit";
    UnsupportedMediaType: "Content-Type 不是该操作接受的类型", "The Content-Type is none that this operation takes"
        => "请按接口文档设置 Content-Type，一般为 application/json", "set the Content-Type that the document names, mostly application/json";
    InvalidBody: "请求体可以读取，但不符合约定；errors 一次列出全部错误，并以 JSON 指针指明位置",
        "The body can be read but breaks the contract; errors names every fault at once, each with a JSON pointer"
        => "请逐项更正后重新发送；未写入任何内容", "correct each of them and send it again; nothing was written";
    InvalidQuery: "查询参数不符合约定；errors 一次列出全部错误", "A query parameter breaks the contract; errors names every fault at once"
        => "请逐项更正；游标只能用于给出它的列表，且筛选条件须相同",
        "correct each of them; a cursor is good for the list that gave it, under the same filters";
    Unauthenticated: "请求没有 Authorization: Bearer 凭证", "The request has no Authorization: Bearer token"
        => "请先取得凭证：平台用 POST /v1/oauth/token，门户用已登记签发者的令牌",
        "get a token first: a platform by POST /v1/oauth/token, a portal of its registered issuer";
    InvalidToken: "凭证无法验证、已过期、尚未生效、接收方不符、有效期过长或已被撤回；reason 说明是哪一种",
        "The token cannot be verified, has expired, is not valid yet, is for another service, holds longer than it may or was revoked; reason says which"
        => "请取得新的凭证；仍不成功的，请运维人员按 X-Request-Id 在日志中查明原因",
        "get a new one; where that does not help, the operator finds the cause in the log by X-Request-Id";
    CallerNotPermitted: "此类调用方（caller）不在该操作允许之列（permitted_callers）",
        "Callers of this kind (caller) are not among those who may do this (permitted_callers)"
        => "请由 permitted_callers 所列的调用方办理", "let a caller do it that permitted_callers names";
    InsufficientScope: "客户端凭证的授权范围不含 scope", "The scopes of the client's token do not hold the one in scope"
        => "请在取得凭证时申请该范围；客户端没有的，由安全管理员添加",
        "ask for it with the token; where the client has not got it, a security administrator adds it";
    NoGrant: "凭证所代表的工作人员今日没有有效授权，或 X-Grant-Id 指明的不是本人的有效授权",
        "The official of the token has no grant in force today, or X-Grant-Id names none of theirs"
        => "有 from_on 的，自该日起可用；否则请上级工作人员或安全管理员授权；有多项的，见 GET /v1/caller",
        "where from_on is told, come again on that day; else ask an officer above or a security administrator for one; who has several finds them at GET /v1/caller";
    LearnerUnknown: "凭证所指的学员未登记，或证件号码与姓名不属于同一人",
        "The learner of the token is not registered, or document and name are not one person's"
        => "请所在地工作人员登记，或更正姓名、证件信息", "ask the officer of the place to register them, or to correct name or document";
    GrantToOneself: "授权的接受人就是授予人", "Who would receive the grant is who gives it"
        => "请由另一位有权的人员授予", "let someone else give it who may";
    AnotherAdministrator: "系统、安全、审计管理员由不同人员担任，该人员在这些日期已是其中之一",
        "The three administrators are three people: on some of these days the person is one of them already"
        => "该人员在这些日期已担任 held 所列的管理员；请另选人员，或先撤回那项授权",
        "on some of these days the person is the administrator that held names: choose another person, or withdraw that grant first";
    GrantAbove: "地区工作人员不得授予或撤回系统、安全、审计管理员角色",
        "An officer neither gives nor withdraws the roles of the three administrators"
        => "请由安全管理员办理", "let a security administrator do it";
    GrantOfPeer: "同一地区其他工作人员的授权不由同级撤回", "A grant of another officer of the very same place is not withdrawn by a peer"
        => "请由授予人、上级工作人员或本人撤回", "let who gave it, an officer above or that officer withdraw it";
    GrantOutlastsGiver: "授予人自己的授权于 until_on 截止，所授予的不得更晚",
        "The giver's own grant ends on until_on, and what they give may not last longer"
        => "请设定不晚于该日的 until_on，或由任期更长的人员授予", "name an until_on up to that day, or let someone give it whose own lasts longer";
    OutsidePlace: "所涉地区（place）不在调用方管辖范围（answers_for）之内",
        "The place in question (place) does not lie in the one that the caller answers for (answers_for)"
        => "请由该地区或其上级地区的机关办理；有多项授权的，请用 X-Grant-Id 指明",
        "let the office of that place or one above do it; who has several grants names one in X-Grant-Id";
    LevelAboveOffice: "基地、平台等的级别（level）高于调用方所在机关可认定的级别（allowed）",
        "The level (level) is above what the caller's office may recognise (allowed)"
        => "请由上级机关办理，或填写不高于 allowed 的级别", "let an office above do it, or name a level up to allowed";
    NotFound: "没有这一对象，或不属于调用方可见范围；二者不作区分",
        "There is no such thing, or it is not the caller's to see; which of the two is not told"
        => "请核对编号，并确认由其所属地区、单位或平台查询", "check the id, and that the place, employer or platform asks whose it is";
    LearnerMerged: "该档案已并入同一人的另一份档案，即 `successor`；写有原编号的凭证须重新签发", "The file has ended in another one of the same person, which is `successor`; a token that names the old one is to be issued anew"
        => "请改用 successor 的编号，并更新所存的编号", "ask for successor instead, and keep that id from now on";
    MergeUndone: "这次合并此前已经撤销", "The merge was undone before"
        => "两份档案已各自独立，无需再次撤销；确属同一人的，请重新合并",
        "each file has its own again, and nothing is left to undo; files that are one person's after all are merged anew";
    AlreadyExists: "同一对象已登记", "The same thing is registered already"
        => "答复中列出已有的一个；请使用它，或更改它，不必再次登记",
        "the one that is there is named in the answer: use that one, or change it, instead of registering another";
    DivisionCodeOverlaps: "同一地区同一体系的两个区划代码不得同日有效；overlaps 为已有的一个",
        "A place has one division code of a system on a day; overlaps is the one that it has"
        => "请调整起止日，使两者不重叠", "choose days that do not overlap";
    Conflict: "对象的当前状态不允许该操作，或另一请求同时更改了它",
        "The present state forbids it, or another request changed the thing at the same moment"
        => "请重新读取当前状态，再决定是否重试", "read the state again and decide anew";
    AlreadyReversed: "该条目的学时此前已撤销", "The hours of the item were taken back before"
        => "无需再次撤销；其经过见 GET /v1/completions/{id}", "nothing is left to take back; GET /v1/completions/{id} shows what happened";
    NothingToReverse: "该条目没有学时可以撤销", "The item has no hours that could be taken back"
        => "该条目未计学时，也不再等待，无需撤销；其决定见 GET /v1/completions/{id}",
        "the item counts no hours and waits no more, so nothing is to be taken back; GET /v1/completions/{id} shows what was decided";
    SurplusNotCarried: "该年度的规则没有让结余学时用于其他年度，条款见 clauses", "The rules of the year let its surplus serve no other year; clauses says where that stands"
        => "结余学时只留在本年度；其他年度所缺的，依该年度规则补学，或由主管部门决定",
        "what is beyond the need of the year stays in it: what another year lacks is studied as its rules allow, or an office decides";
    NothingToAllocate: "结余学时补不足任何一个缺口，或其他年度不缺学时", "The surplus fills no gap whole, or the other years lack nothing"
        => "可先预演（validation）查看各年度所缺，或自行写明 transfers",
        "rehearse it (validation) to see what the years lack, or choose the transfers";
    TooManyAllocations: "学员本人的调剂（含已撤销的）已达 most 次", "The learner has as many allocations as most says, those taken back among them"
        => "已有的调剂仍有效；确需再次调剂的，由主管部门办理", "those that were made stand; where another one is needed, the office makes it";
    AllocationReversed: "该调剂此前已撤销", "The allocation was taken back before"
        => "无需再次撤销；各次调剂见 GET /v1/learners/{id}/surplus-allocations",
        "nothing is left to take back: GET /v1/learners/{id}/surplus-allocations lists all allocations";
    PlatformUnknown: "凭证所代表的学习平台未登记", "The platform of the token is not registered"
        => "请系统管理员或所在地机关登记该平台", "ask a system administrator or the office of its place to register it";
    BatchOfAnother: "该批次号属于另一平台", "The batch id belongs to another platform"
        => "请为每批另取随机 UUID 作为批次号", "make up a random UUID for each batch";
    TooManySecrets: "客户端同时可用的密钥数已达上限 most", "The client has as many secrets at once as it may, most"
        => "请先停用一个不再使用的密钥（DELETE）", "end one first that is not used any more (DELETE)";
    AlreadyWithdrawn: "该授权此前已撤回", "The grant was withdrawn before"
        => "无需再次撤回；撤回人见 withdrawn_by，仍需要的，请另行授权",
        "nothing is left to withdraw: withdrawn_by names who did; who still needs the grant is given a new one";
    DailyLimit: "该操作每人每日限次，今日次数已用完", "What a caller may do so often a day was done so often today"
        => "请在 Retry-After 之后再办理；次数由运维人员设定", "come again after Retry-After; the operator sets the number";
    IdempotencyKeyReused: "该 Idempotency-Key 已用于内容或地址不同的请求，其答复仍在保存期内（一日，可设为至多七日）",
        "The Idempotency-Key named a request with another body or address, whose answer is still kept (a day, by setting up to seven)"
        => "请为每次办理另取新值；重发时内容须逐字节相同", "make up a new key for each thing to be done; a repeat has the same bytes";
    IdempotencyInProgress: "带有同一 Idempotency-Key 的请求正在处理", "The request with the same Idempotency-Key is being worked on"
        => "请在 Retry-After 之后以同一值重发，将得到首次的答复", "send it again with the same key after Retry-After: it gets the first answer";
    ChangesGone: "该编号之后的部分变动已不再保存，或该编号从未给出；现存为 first 至 last",
        "Some changes after the number are kept no longer, or it was never given; first to last are there"
        => "请重新读取所关注的全部对象，再从 last 起继续跟踪", "read anew all that is followed, then follow from last";
    TooManyRequests: "该调用方一分钟内的请求超过本服务进程的限额", "The caller asked more of this process within a minute than it may"
        => "请在 Retry-After 之后再发，并减缓请求；批量查询用批量操作", "wait as Retry-After says and ask less often; ask for many at once by the operations for that";
    MalformedToml: "规则文件在 line 行 column 列处不是 TOML", "The rule file is no TOML from line and column on"
        => "请更正后用 xueshi policy check 检查", "correct it, and try it with xueshi policy check";
    InvalidRuleFile: "规则文件可以读取，但不符合规则的写法；errors 逐项指明行列",
        "The rule file can be read but says what a rule file may not say; errors names each line and column"
        => "请对照 POLICY 文档逐项更正，用 xueshi policy check 检查", "correct each by the page on rules, and try it with xueshi policy check";
    NoRuleInForce: "该地区最近一级有规则的层次没有该年度的规则；wider 仅供参考",
        "The nearest layer of the place that has rules has none for the year; wider is for information"
        => "请核对年度；确需执行的，由该地区机关发布该年度规则", "check the year; where there should be one, the office of the place publishes it";
    AlreadyPublished: "该版本已发布", "The version is published already"
        => "无需再次发布", "nothing is left to publish";
    PublishedIsImmutable: "已发布的规则不可修改", "What is published never changes"
        => "请将更改作为新的草稿提交并发布，自发布时起替代原版本", "hand the change in as a new draft and publish it: it takes the other's place from then on";
    DraftIsImmutable: "草稿一经提交不可修改", "A draft stays as it was handed in"
        => "请将更改作为新的草稿提交", "hand the change in as a new draft";
    NotPublished: "该版本仍是草稿，不据以判定任何记录", "It is a draft, by which nothing is decided"
        => "请先发布该版本", "publish it first";
    ReassessmentRunning: "该版本的另一次重新判定尚未完成；reassessment_id 指明是哪一次",
        "Another reassessment of the version has not ended; reassessment_id says which"
        => "请查看其进度，完成后再开始；状态为 dead 的请联系运维", "look at how far it is and begin when it has ended; of one that is dead tell the operator";
    RecognitionRefused: "按规则，所申报的成果在现有内容和材料下不计学时；reasons 列明原因与条款",
        "By the rules the achievement is worth nothing with what is declared and attached; reasons says why, with the clauses"
        => "请按 reasons 补齐内容或材料后再提交", "add what the reasons name, then hand it in again";
    NoRoute: "规则文件没有为该人员规定路径，应由他人提交，或有环节无人可办",
        "The rule file has no route for the person, it is for others to hand in, or nobody stands at some step"
        => "may_file 列明应由谁提交；lacking 列明缺少的登记，请由主管机关补登", "may_file says who hands it in; lacking names what the office in charge has to enter";
    ReviewNotNow: "该事项的当前状态不允许所请求的操作", "The state in which the case is does not allow what was asked"
        => "请查看事项的 state 与经过", "look at the state of the case and at what happened";
    ReviewSettled: "他人（settled_by）此前已办理该事项，或调用方所见之后已有变化",
        "Somebody (settled_by) settled it before, or since the caller looked"
        => "请重新查看事项后再决定", "look at the case again and decide anew";
    ReviewTaken: "他人（taken_by）已认领该事项，至 until 止", "Somebody (taken_by) has taken it up until the moment in until"
        => "请办理其他事项，或待其放弃认领", "go on with another case, or wait until it is laid down";
    ReviewNotTaken: "该事项并非由调用方认领，或认领已到期", "The caller has not taken it up, or it has run out"
        => "无需放弃认领", "nothing is left to lay down";
    NotYourStage: "该事项正在等待另一机关；上级机关的授权不办理下级环节",
        "It waits for another office; a grant for a place above decides nothing below"
        => "请由 stages 中该环节所列机关办理；有多项授权的，用 X-Grant-Id 指明", "let the office of that stage decide; who has several grants names the right one by X-Grant-Id";
    NotTheApplicant: "只有申报人可以修改、提交或撤回", "Only who filed it may change it, hand it in or take it back"
        => "请由学员本人或提交的用人单位办理", "let the learner do it, or the employer that filed it";
    ConflictOfInterest: "不得办理本人的、本人提交的，或连续两个环节；reason 说明是哪一种",
        "Nobody decides what is their own, what they handed in, or two successive stages; reason says which"
        => "请由同一机关的另一人办理", "let another official of the same office decide";
    ExceptionRefused: "规则没有指定可以例外认定的机关，或该年度尚未结束、没有未达标，或没有所填类别；reasons 列明原因与条款",
        "The rules name no office that may decide otherwise, the year is open or was not missed, or they have no such category; reasons says why, with the clauses"
        => "未结束的年度请按规则完成；规则未作此规定的，不能认定", "let an open year be met by its rules; where the rules provide for no exception, there is none";
    VerificationRefused: "报送之后有类别的学时不再齐全，该年度已由另一事项验证，或规则不再要求该人员验证；reasons 列明原因与条款，事项仍待办理",
        "Since it was handed in a category has lost hours, another case has verified the year, or the rules have it verified no more; reasons says why, with the clauses, and the case goes on waiting"
        => "请待学时补齐后再办理，或不予验证", "let it wait until the hours are there again, or refuse it";
    TooManyCorrections: "该人员已有 most 项更正申请待办理", "As many requests of the person wait as most says"
        => "请等待办理，或撤回其中不再需要的", "wait until some are decided, or withdraw what is no longer wanted";
    CorrectionNotPossible: "errors 列明现在妨碍办理的原因，pointer 指向申请的内容；申请仍待办理",
        "What stands against it now is in errors, whose pointers lead into what was asked; the request goes on waiting"
        => "请先处理所列原因再同意，或不予办理，由学员另行申请",
        "deal with what is named and approve it then, or refuse it, and the learner asks anew";
    NotTheListingAuthority: "规则规定该名单由 list_by 提供；登记为该机关的行业主管部门或人社部门方可办理",
        "The rules say that the list is that of list_by; who holds a grant for that authority, as it is registered, may hand it in"
        => "请由该机关办理；该机关尚未登记的，请先按规则中的名称登记，并写明主管系列",
        "let that authority do it; where it is not registered, register it by the name that the rules have, with its series";
    RollReversed: "该名册已整册撤销，不能再列入或撤销", "The whole roll was taken back, so nothing is added to it or taken from it any more"
        => "请另建名册", "make another roll";
    Internal: "服务自身出错，原因不在请求", "The service failed; the request is not at fault"
        => "请将 trace_id 告知运维人员，据此可在日志中查明原因", "tell the operator the trace_id, by which the log has the cause";
    Busy: "该调用方正在处理和等待的批量请求已满，未能按时轮到，或正在接收的文件已满",
        "As many bulk requests of this caller are under way as may be, its turn did not come in time, or as many files are coming in as may be"
        => "请在 Retry-After 之后全部重发；已记录的条目不会重复计入", "send all of it again after Retry-After; what was recorded is not counted twice";
    Unavailable: "数据库暂时没有回应，或锁被他人占用过久", "The database does not answer, or others held its locks for too long"
        => "请在 Retry-After 之后重发同一请求", "send the same request again after Retry-After";
}
