//! Cargo does not see the files that `embed_migrations!` reads; this line makes it look.

fn main() {
    println!("cargo:rerun-if-changed=../../migrations");
}
