//! Where a rule stands written.

use serde::{Deserialize, Serialize};

/// A clause of a named document. The clause is an opaque string: documents number their parts as they like.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Citation {
    /// The document's number as issued, for instance `青人社厅函〔2020〕227号`.
    pub document: String,
    /// The clause as the document prints it, for instance `四(一)`.
    pub clause: String,
}
