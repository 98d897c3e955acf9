//! Names this build by what it is made of. An answer that callers may keep depends on the program that words and computes it, and
//! a version number stays the same while sentences and figures change.

#[path = "build_name.rs"]
mod build_name;

use std::path::Path;

/// What decides how an answer is computed and worded; the rules themselves are in the database, with a revision of their own.
const SOURCES: [&str; 3] = ["src", "../crates/domain/src", "../crates/store/src"];

fn main() {
    let sources = SOURCES.map(Path::new);
    for source in ["build.rs", "build_name.rs"].map(Path::new).iter().chain(&sources) {
        println!("cargo::rerun-if-changed={}", source.display());
    }
    match build_name::of(&sources) {
        Ok(name) => println!("cargo::rustc-env=XUESHI_BUILD={name}"),
        Err(error) => println!("cargo::error=the sources cannot be read: {error}"),
    }
}
