//! Black box: HTTP against the real application, on every back end at hand. One module a room.

mod shell;
