//! The permission table: which kind of caller may do what, and whose. One line an operation, one column a kind of caller.
//!
//! This is what the service executes: a handler's first argument is [`Permit<operation::X>`](super::Permit), which lets in whom the line of `X` lets
//! in, and every question after that (is it the caller's own? is it in their place?) goes through the permit and is answered as the cell says. The
//! document's `x-callers` and scopes and `openapi/v1-permissions.txt` come from here; tests hold that document and table name the same operations.
//!
//! | cell | of one's own | of another |
//! | --- | --- | --- |
//! | `-` | refused, 403 `caller_not_permitted` | the same |
//! | `any` | allowed | allowed |
//! | `hide` | allowed | as if it did not exist, 404 `not_found` |
//! | `deny` | allowed | refused, 403 `outside_place` |
//! | `own` | allowed | left out: of a list, or as one item of many that is answered by itself |
//!
//! What is one's own: of a learner what is theirs, of a platform what it pushed, of an officer what belongs to their place or one below it, of an
//! employer's administrator the employer and its staff of today (of others the years in which they were), of a sector authority who is in its series
//! within its place, of a base's operator the courses that the base gives, and of anyone but officers the rules that are published.

use super::CallerKind;
use domain::access::Scope;

/// What a kind of caller may do by an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cell {
    /// Nothing.
    Never,
    /// It, whatever it concerns.
    Any,
    /// It for their own; another's does not exist for them.
    Hide,
    /// It for their own; another's is refused.
    Deny,
    /// It for their own; another's is left out.
    Own,
}

/// A line of the table: what each kind of caller may do by one operation.
#[derive(Debug)]
pub struct Line {
    name: &'static str,
    /// The scope that a platform's token must have; none where any will do.
    pub scope: Option<Scope>,
    cells: Option<[Cell; CallerKind::ALL.len()]>,
}

impl Line {
    /// The operation's id, as the document has it: `GetLearner` is `get_learner`.
    #[must_use]
    pub fn id(&self) -> String {
        let mut id = String::with_capacity(self.name.len() + 4);
        for letter in self.name.chars() {
            if letter.is_ascii_uppercase() && !id.is_empty() {
                id.push('_');
            }
            id.push(letter.to_ascii_lowercase());
        }
        id
    }

    /// Whether it creates something that would be there twice if the request were repeated, so that it takes an `Idempotency-Key`.
    #[must_use]
    pub fn creates(&self) -> bool {
        CREATING.contains(&self.name)
    }

    /// Whether it wants no token.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        self.cells.is_none()
    }

    /// What a kind of caller may do. Who may be nobody may be anybody.
    #[must_use]
    pub fn cell(&self, kind: CallerKind) -> Cell {
        let cells = self.cells.unwrap_or([Cell::Any; CallerKind::ALL.len()]);
        CallerKind::ALL.iter().position(|one| *one == kind).map_or(Cell::Never, |column| cells[column])
    }

    /// The kinds of caller that it lets in.
    #[must_use]
    pub fn callers(&self) -> Vec<CallerKind> {
        CallerKind::ALL.iter().copied().filter(|kind| self.cell(*kind) != Cell::Never).collect()
    }
}

/// The operations that answer 201. Left out are secrets, which are shown once and kept nowhere, and tokens; a bulk, a batch of items and a reversal know their repeats by what they name.
const CREATING: &[&str] = &[
    "DraftPolicy",
    "PublishPolicy",
    "CreateLearner",
    "RecordPlacement",
    "RecordEmployment",
    "RecordPost",
    "MergeLearners",
    "AllocateSurplus",
    "KeepCourse",
    "CreateTrainingBase",
    "CreateLearningPlatform",
    "CreateEmployer",
    "CreateAuthority",
    "CreatePlace",
    "AddDivisionCode",
    "GiveGrant",
    "CreateClient",
    "CreateTokenIssuer",
    "CreateRecognition",
    "AddRecognitionEvidence",
    "CreateRoll",
    "CreateFinding",
    "CreateCorrection",
    "CreateCourseFinding",
    "CreateException",
    "CreateVerificationBatch",
    "CreateReassessment",
];

/// An operation of the interface, as the type that its permit names.
pub trait Operation: 'static {
    /// Its line of the table.
    const LINE: &'static Line;
}

/// The line of the operation with this id.
#[must_use]
pub fn line(id: &str) -> Option<&'static Line> {
    LINES.iter().find(|line| line.id() == id).copied()
}

macro_rules! cell {
    (-) => {
        Cell::Never
    };
    (any) => {
        Cell::Any
    };
    (hide) => {
        Cell::Hide
    };
    (deny) => {
        Cell::Deny
    };
    (own) => {
        Cell::Own
    };
}

macro_rules! scope {
    (-) => {
        None
    };
    ($scope:ident) => {
        Some(Scope::$scope)
    };
}

/// The columns stand in the order of `CallerKind::ALL`; a test holds that.
macro_rules! operations {
    (
        open: $($open:ident)+;
        columns: $($column:ident)+;
        $($name:ident $scope:tt $learner:tt $platform:tt $employer:tt $base:tt $sector:tt $officer:tt $system:tt $security:tt $audit:tt;)+
    ) => {
        /// Every line.
        pub const LINES: &[&Line] = &[
            $(<operation::$name as Operation>::LINE,)+
            $(<operation::$open as Operation>::LINE,)+
        ];

        #[cfg(test)]
        const COLUMNS: &[&str] = &[$(stringify!($column)),+];

        /// The operations as types: `GetLearner` is the operation `get_learner`.
        pub mod operation {
            use super::{Cell, Line, Operation, Scope};
            $(
                #[doc = stringify!($name)]
                #[derive(Clone, Copy, Debug)]
                pub struct $name;

                impl Operation for $name {
                    const LINE: &'static Line = &Line {
                        name: stringify!($name),
                        scope: scope!($scope),
                        cells: Some([
                            cell!($learner), cell!($platform), cell!($employer), cell!($base), cell!($sector),
                            cell!($officer), cell!($system), cell!($security), cell!($audit),
                        ]),
                    };
                }
            )+
            $(
                #[doc = stringify!($open)]
                #[derive(Clone, Copy, Debug)]
                pub struct $open;

                impl Operation for $open {
                    const LINE: &'static Line = &Line { name: stringify!($open), scope: None, cells: None };
                }
            )+
        }
    };
}

operations! {
    // No token is wanted for these.
    open: IssueToken GetKeys GetAuthorizationServer GetHealth GetReadiness GetMetrics GetProblemKind;

    columns:
        learner platform employer_administrator base_operator sector_authority officer system_administrator security_administrator audit_administrator;

    // The caller, and the rule book.
    //                                        learner  platform employer base     sector   officer  system   security audit
    GetCaller               -                 any      any      any      any      any      any      any      any      any;
    ListPolicies            -                 own      own      own      own      own      any      own      -        -;
    GetPolicyInForce        -                 any      any      any      any      any      any      any      -        -;
    GetPolicyVersion        -                 hide     hide     hide     hide     hide     any      hide     -        -;
    DraftPolicy             -                 -        -        -        -        -        deny     -        -        -;
    PublishPolicy           -                 -        -        -        -        -        deny     -        -        -;
    AskWhatIf               -                 -        -        -        -        -        deny     -        -        -;
    ValidateReassessment    -                 -        -        -        -        -        deny     -        -        -;
    CreateReassessment      -                 -        -        -        -        -        deny     -        -        -;
    ListReassessments       -                 -        -        -        -        -        deny     -        -        -;
    GetReassessment         -                 -        -        -        -        -        hide     -        -        -;
    ReplacePolicyVersion    -                 -        -        -        -        -        any      -        -        -;
    ChangePolicyVersion     -                 -        -        -        -        -        any      -        -        -;
    DeletePolicyVersion     -                 -        -        -        -        -        any      -        -        -;

    // Learners, their years and their hours. None of the three administrators sees a person's file.
    //                                        learner  platform employer base     sector   officer  system   security audit
    ListLearners            -                 -        -        own      -        own      own      -        -        -;
    SearchLearners          -                 -        -        own      -        own      own      -        -        -;
    CreateLearner           -                 -        -        -        -        -        deny     -        -        -;
    KeepLearners            -                 -        -        -        -        -        own      -        -        -;
    LookUpLearner           -                 -        -        -        -        -        hide     -        -        -;
    GetLearner              -                 hide     -        hide     -        hide     hide     -        -        -;
    CorrectLearner          -                 -        -        -        -        -        hide     -        -        -;
    GetLearnerHistory       -                 hide     -        hide     -        hide     hide     -        -        -;
    UnmaskLearner           -                 hide     -        -        -        -        hide     -        -        -;
    EraseLearner            -                 -        -        -        -        -        hide     -        -        -;
    RecordPlacement         -                 -        -        -        -        -        hide     -        -        -;
    RecordEmployment        -                 -        -        -        -        -        hide     -        -        -;
    RecordPost              -                 -        -        -        -        -        hide     -        -        -;
    MergeLearners           -                 -        -        -        -        -        hide     -        -        -;
    GetLearnerMerge         -                 hide     -        -        -        -        hide     -        -        -;
    UndoLearnerMerge        -                 -        -        -        -        -        hide     -        -        -;
    GetStanding             -                 hide     -        hide     -        hide     hide     -        -        -;
    ListStandings           -                 hide     -        hide     -        hide     hide     -        -        -;
    ListHourEntries         -                 hide     -        hide     -        hide     hide     -        -        -;
    QueryStandings          -                 -        -        own      -        own      own      -        -        -;
    ListSurplusAllocations  -                 hide     -        hide     -        hide     hide     -        -        -;
    ValidateSurplusAllocation -               hide     -        -        -        -        hide     -        -        -;
    AllocateSurplus         -                 hide     -        -        -        -        hide     -        -        -;
    ReverseSurplusAllocation -                hide     -        -        -        -        hide     -        -        -;
    ListConsequences        -                 hide     -        hide     -        hide     hide     -        -        -;
    CheckEligibility        -                 own      -        own      -        own      own      -        -        -;
    ListAccessRecords       -                 hide     -        -        -        -        -        -        -        -;

    // What changed.
    //                                        learner  platform employer base     sector   officer  system   security audit
    ListChanges             CompletionsRead   own      own      own      -        own      own      -        -        -;

    // Completions.
    //                                        learner  platform employer base     sector   officer  system   security audit
    PushCompletions         CompletionsWrite  -        own      -        -        -        -        -        -        -;
    ValidateCompletions     CompletionsWrite  -        own      -        -        -        -        -        -        -;
    GetCompletionBatch      CompletionsRead   -        hide     -        -        -        -        -        -        -;
    ListCompletionOutcomes  CompletionsRead   -        hide     -        -        -        -        -        -        -;
    ListHeldCompletions     CompletionsRead   -        own      -        -        -        -        -        -        -;
    GetCompletion           CompletionsRead   hide     hide     -        -        -        hide     -        -        -;
    ListLearnerCompletions  -                 hide     -        -        -        -        hide     -        -        -;
    ReverseCompletion       CompletionsWrite  -        hide     -        -        -        hide     -        -        -;

    // Recognitions: filed by learners and employers, decided by offices, each stage by exactly the office that it names.
    //                                        learner  platform employer base     sector   officer  system   security audit
    CreateRecognition       -                 hide     -        hide     -        -        -        -        -        -;
    ValidateRecognition     -                 hide     -        hide     -        -        -        -        -        -;
    GetRecognition          -                 hide     -        hide     -        hide     hide     -        -        -;
    ListLearnerRecognitions -                 hide     -        hide     -        hide     hide     -        -        -;
    ReplaceRecognition      -                 hide     -        hide     -        -        -        -        -        -;
    AddRecognitionEvidence  -                 hide     -        hide     -        -        -        -        -        -;
    GetRecognitionEvidence  -                 hide     -        hide     -        hide     hide     -        -        -;
    SubmitRecognition       -                 hide     -        hide     -        -        -        -        -        -;
    WithdrawRecognition     -                 hide     -        hide     -        -        -        -        -        -;
    ListReviews             -                 -        -        own      -        own      own      -        -        -;
    GetReviewBacklog        -                 -        -        -        -        -        deny     -        -        -;
    GetReview               -                 -        -        hide     -        hide     hide     -        -        -;
    ClaimReview             -                 -        -        hide     -        hide     hide     -        -        -;
    ReleaseReview           -                 -        -        hide     -        hide     hide     -        -        -;
    ApproveReview           -                 -        -        hide     -        hide     hide     -        -        -;
    ReturnReview            -                 -        -        hide     -        hide     hide     -        -        -;
    RefuseReview            -                 -        -        hide     -        hide     hide     -        -        -;
    RevokeReview            -                 -        -        hide     -        hide     hide     -        -        -;
    HandOverReview          -                 -        -        hide     -        hide     hide     -        -        -;
    DecideReviews           -                 -        -        own      -        own      own      -        -        -;

    // Findings: filed by officers in charge, decided as a review by the department at the person's own place.
    //                                        learner  platform employer base     sector   officer  system   security audit
    CreateFinding           -                 -        -        -        -        -        hide     -        -        -;
    ValidateFinding         -                 -        -        -        -        -        hide     -        -        -;
    GetFinding              -                 hide     -        -        -        -        hide     -        -        -;
    ListLearnerFindings     -                 hide     -        -        -        -        hide     -        -        -;
    WithdrawFinding         -                 -        -        -        -        -        hide     -        -        -;
    AnnulFinding            -                 -        -        -        -        -        hide     -        -        -;
    CreateCourseFinding     -                 -        -        -        -        -        deny     -        -        -;
    ValidateCourseFinding   -                 -        -        -        -        -        deny     -        -        -;
    GetCourseFinding        -                 -        -        -        -        -        hide     -        -        -;
    ConfirmCourseFinding    -                 -        -        -        -        -        hide     -        -        -;
    AnnulCourseFinding      -                 -        -        -        -        -        hide     -        -        -;

    // Corrections: asked for by learners, decided as a review by the office that could do it. They are nobody else's.
    //                                        learner  platform employer base     sector   officer  system   security audit
    CreateCorrection        -                 hide     -        -        -        -        -        -        -        -;
    GetCorrection           -                 hide     -        -        -        -        hide     -        -        -;
    ListLearnerCorrections  -                 hide     -        -        -        -        hide     -        -        -;
    WithdrawCorrection      -                 hide     -        -        -        -        -        -        -        -;
    UnmaskCorrection        -                 -        -        -        -        -        hide     -        -        -;

    // Exceptions: filed by officers in charge of the year, decided as a review by the department at the place of the rules that allow it.
    //                                        learner  platform employer base     sector   officer  system   security audit
    CreateException         -                 -        -        -        -        -        hide     -        -        -;
    ValidateException       -                 -        -        -        -        -        hide     -        -        -;
    GetException            -                 hide     -        -        -        -        hide     -        -        -;
    ListLearnerExceptions   -                 hide     -        -        -        -        hide     -        -        -;
    WithdrawException       -                 -        -        -        -        -        hide     -        -        -;
    AnnulException          -                 -        -        -        -        -        hide     -        -        -;

    // Year verifications: handed in by employers for their staff, decided as reviews by the office that the rules name.
    CreateVerificationBatch -                 -        -        own      -        -        -        -        -        -;
    ValidateVerificationBatch -               -        -        own      -        -        -        -        -        -;
    GetVerificationBatch    -                 -        -        hide     -        -        hide     -        -        -;
    ListLearnerVerifications -                hide     -        hide     -        hide     hide     -        -        -;

    // Rolls: a list of exemptions is for the authority that the rules name, past years are for officers.
    //                                        learner  platform employer base     sector   officer  system   security audit
    CreateRoll              -                 -        -        -        -        deny     deny     -        -        -;
    ListRolls               -                 -        -        -        -        own      own      -        -        -;
    GetRoll                 -                 -        -        -        -        hide     hide     -        -        -;
    AddRollItems            -                 -        -        -        -        hide     hide     -        -        -;
    ValidateRollItems       -                 -        -        -        -        hide     hide     -        -        -;
    ListRollItems           -                 -        -        -        -        hide     hide     -        -        -;
    ReverseRoll             -                 -        -        -        -        hide     hide     -        -        -;

    // Organisations, courses and places.
    //                                        learner  platform employer base     sector   officer  system   security audit
    ListCourses             CoursesRead       -        any      any      any      any      any      any      -        -;
    GetCourse               CoursesRead       -        any      any      any      any      any      any      -        -;
    GetCourseResults        -                 -        -        -        hide     -        hide     -        -        -;
    KeepCourse              -                 -        -        -        -        -        deny     -        -        -;
    KeepCourses             -                 -        -        -        -        -        own      -        -        -;
    RecordPlanFiling        -                 -        -        -        -        -        deny     -        -        -;
    ListTrainingBases       CoursesRead       -        any      any      any      any      any      any      any      -;
    GetTrainingBase         CoursesRead       -        any      any      any      any      any      any      any      -;
    CreateTrainingBase      -                 -        -        -        -        -        deny     any      -        -;
    ReplaceTrainingBase     -                 -        -        -        -        -        deny     any      -        -;
    ListLearningPlatforms   CoursesRead       -        any      any      any      any      any      any      any      -;
    GetLearningPlatform     CoursesRead       -        any      any      any      any      any      any      any      -;
    CreateLearningPlatform  -                 -        -        -        -        -        deny     any      -        -;
    ReplaceLearningPlatform -                 -        -        -        -        -        deny     any      -        -;
    ListEmployers           -                 -        -        -        -        -        any      any      any      -;
    GetEmployer             -                 -        -        hide     -        -        any      any      any      -;
    CreateEmployer          -                 -        -        -        -        -        deny     any      -        -;
    ReplaceEmployer         -                 -        -        -        -        -        deny     any      -        -;
    ListAuthorities         -                 -        -        -        -        -        any      any      -        -;
    GetAuthority            -                 -        -        -        -        -        any      any      -        -;
    CreateAuthority         -                 -        -        -        -        -        deny     any      -        -;
    ReplaceAuthority        -                 -        -        -        -        -        deny     any      -        -;
    ListPlaces              CoursesRead       -        any      any      any      any      any      any      any      -;
    GetPlace                CoursesRead       -        any      any      any      any      any      any      any      -;
    CreatePlace             -                 -        -        -        -        -        -        any      -        -;
    AddDivisionCode         -                 -        -        -        -        -        -        any      -        -;

    // Who may call. Of issuers officers see what a grant takes: which there are for it, and what they are called.
    //                                        learner  platform employer base     sector   officer  system   security audit
    ListGrants              -                 -        -        -        -        -        own      -        any      any;
    GetGrant                -                 -        -        -        -        -        hide     -        any      any;
    GiveGrant               -                 -        -        -        -        -        deny     -        any      -;
    WithdrawGrant           -                 -        -        -        -        -        hide     -        any      -;
    ListClients             -                 -        -        -        -        -        -        -        any      any;
    GetClient               -                 -        -        -        -        -        -        -        any      any;
    CreateClient            -                 -        -        -        -        -        -        -        any      -;
    ReplaceClient           -                 -        -        -        -        -        -        -        any      -;
    CreateClientSecret      -                 -        -        -        -        -        -        -        any      -;
    EndClientSecret         -                 -        -        -        -        -        -        -        any      -;
    DisableClient           -                 -        -        -        -        -        -        -        any      -;
    EnableClient            -                 -        -        -        -        -        -        -        any      -;
    ListTokenIssuers        -                 -        -        -        -        -        any      -        any      any;
    GetTokenIssuer          -                 -        -        -        -        -        any      -        any      any;
    CreateTokenIssuer       -                 -        -        -        -        -        -        -        any      -;
    ReplaceTokenIssuer      -                 -        -        -        -        -        -        -        any      -;
    DisableTokenIssuer      -                 -        -        -        -        -        -        -        any      -;
    EnableTokenIssuer       -                 -        -        -        -        -        -        -        any      -;

    // The audit trail.
    //                                        learner  platform employer base     sector   officer  system   security audit
    ListAuditEvents         -                 -        -        -        -        -        -        -        -        any;
    GetLatestAuditSeal      -                 -        -        -        -        -        -        -        -        any;
}

#[cfg(test)]
mod tests;
