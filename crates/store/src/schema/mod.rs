//! The tables as Diesel sees them, the same for both back ends.
//!
//! A test compares the two databases with each other, so that one description can serve both. What each table is for stands in
//! `migrations/`.

mod access;
mod audit;
mod changes;
mod corrections;
mod exceptions;
mod findings;
mod idempotency;
mod learning;
mod merges;
mod provisional;
mod reassessments;
mod recognition;
mod review;
mod rolls;
mod standing;
mod verification;

pub(crate) use access::*;
pub(crate) use audit::*;
pub(crate) use changes::*;
pub(crate) use corrections::*;
pub(crate) use exceptions::*;
pub(crate) use findings::*;
pub(crate) use idempotency::*;
pub(crate) use learning::*;
pub(crate) use merges::*;
pub(crate) use provisional::*;
pub(crate) use reassessments::*;
pub(crate) use recognition::*;
pub(crate) use review::*;
pub(crate) use rolls::*;
pub(crate) use standing::*;
pub(crate) use verification::*;

diesel::joinable!(access_grant_withdrawal -> access_grant (grant_id));
diesel::joinable!(policy_publication -> policy_version (policy_id));
diesel::joinable!(employer_credit_code -> employer (employer_id));
diesel::allow_tables_to_appear_in_same_query!(
    access_grant,
    access_grant_withdrawal,
    audit_event,
    audit_member,
    audit_seal,
    audit_unsealed,
    authority,
    change,
    change_number,
    change_unnumbered,
    client,
    client_assertion,
    client_secret,
    completion,
    completion_batch,
    completion_decision,
    completion_hold,
    completion_outcome,
    correction,
    course,
    course_filing,
    course_finding,
    course_finding_line,
    course_platform,
    course_version,
    employer,
    employer_credit_code,
    employer_kind,
    finding,
    finding_line,
    finding_step,
    hour_entry,
    idempotency_answer,
    key_proof,
    learner,
    learner_employer,
    learner_identifier,
    learner_merge,
    learner_merge_item,
    learner_merge_undoing,
    learner_person,
    learner_place,
    learner_post,
    learner_successor,
    learning_platform,
    learning_platform_category,
    office_exception,
    place,
    place_division,
    policy_publication,
    policy_version,
    provisional_case,
    provisional_unlooked,
    reassessment,
    reassessment_item,
    recognition_claim,
    recognition_evidence,
    review_case,
    review_event,
    revision,
    roll,
    token_issuer,
    training_base,
    verification_batch,
    verification_case,
    verification_step,
    work,
);
