//! Placeholder while the floor plan is laid.
