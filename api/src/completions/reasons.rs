//! The reasons kept with a decision, as they are read back.

use crate::problem::Problem;
use domain::completions::Reason;
use store::completions::CompletionDecision;

/// The reasons kept with a decision. What follows from them may be a line of hours, so ones that cannot be read are a failure
/// and never none.
pub(super) fn reasons_of(decision: &CompletionDecision) -> Result<Vec<Reason>, Problem> {
    read(&decision.reasons, &decision.external_id)
}

/// Reasons as they are kept, of the item that the log names where they cannot be read.
pub(super) fn read(text: &str, external_id: &str) -> Result<Vec<Reason>, Problem> {
    serde_json::from_str(text)
        .map_err(|error| Problem::internal(format!("the reasons kept for item {external_id} cannot be read: {error}")))
}
