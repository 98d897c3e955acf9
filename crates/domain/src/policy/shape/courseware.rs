//! Dimension 14: what a course must be to be approved. Parsed, typed and cited; evaluated by a later format.

use super::CategoryCode;
use crate::{
    kernel::Hours,
    policy::reader::{Cite, section},
    words,
};

words! {
    /// Who can tell whether a requirement is met.
    pub enum Told {
        /// A machine measures it.
        Measured = "measured",
        /// The applicant declares it.
        Declared = "declared",
    }
}

section! {
    /// One requirement of courseware. Each key holds one figure; keys that do not apply are absent.
    pub struct Courseware {
        /// The category; absent for all.
        category: Option<CategoryCode>,
        /// What it is about, in words.
        about: String,
        /// The lengths allowed.
        lengths: Vec<Hours>,
        /// Lectures in a course.
        lectures: Option<u32>,
        /// About how many minutes a lecture takes.
        lecture_minutes_about: Option<u32>,
        /// Hours of a topic inside the course, at least.
        topic_hours_min: Option<Hours>,
        /// The topic.
        topic: Option<String>,
        /// Camera positions, at least.
        cameras_min: Option<u32>,
        /// Seconds of a lecture's opening, at most.
        opening_seconds_max: Option<u32>,
        /// Minutes of the preview, at most.
        preview_minutes_max: Option<u32>,
        /// Signal to noise, dB, at least.
        snr_db_min: Option<u32>,
        /// Lowest sound level, dB.
        level_db_min: Option<i64>,
        /// Highest sound level, dB.
        level_db_max: Option<i64>,
        /// Video signal, millivolts peak to peak.
        video_mv: Option<u32>,
        /// Video signal, at most, millivolts peak to peak.
        video_mv_max: Option<u32>,
        /// White level, millivolts.
        white_mv: Option<u32>,
        /// Blanking level, millivolts.
        blanking_mv: Option<i64>,
        /// Synchronisation level, millivolts.
        sync_mv: Option<i64>,
        /// Colour burst, millivolts.
        burst_mv: Option<u32>,
        /// Single-choice questions of a paper.
        paper_single: Option<u32>,
        /// Multiple-choice questions of a paper.
        paper_multiple: Option<u32>,
        /// True-or-false questions of a paper.
        paper_true_false: Option<u32>,
        /// How many times the paper the bank holds.
        bank_times: Option<u32>,
        /// Single-choice questions of the bank, at least.
        bank_single_min: Option<u32>,
        /// Multiple-choice questions of the bank, at least.
        bank_multiple_min: Option<u32>,
        /// True-or-false questions of the bank, at least.
        bank_true_false_min: Option<u32>,
        /// Container.
        container: Option<String>,
        /// Codec.
        codec: Option<String>,
        /// Bit rate, kbit/s, at least.
        kbps_min: Option<u32>,
        /// Bit rate, kbit/s, at most.
        kbps_max: Option<u32>,
        /// Bit rate, kbit/s, constant.
        kbps_constant: Option<u32>,
        /// Width in pixels, at least.
        width_min: Option<u32>,
        /// Height in pixels, at least.
        height_min: Option<u32>,
        /// Aspect, as `16:9`.
        aspect: Option<String>,
        /// Frames a second.
        frames_per_second: Option<u32>,
        /// Whether progressive.
        progressive: Option<bool>,
        /// Sampling rate in Hz.
        sample_hz: Option<u32>,
        /// Sound channels.
        channels: Option<u32>,
        /// Whether one value must hold for the whole course.
        one_for_course: Option<bool>,
        /// Fields of a form.
        fields: Vec<String>,
        /// Opinions that a form gathers.
        opinions: Vec<String>,
        /// What must be delivered or shown.
        delivered: Vec<String>,
        /// Whether a recommendation only.
        recommended: Option<bool>,
        /// Who can tell.
        told: Told,
        /// A reading worth knowing.
        note: Option<String>,
        /// The clause.
        cite: Cite,
    }
}
