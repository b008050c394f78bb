//! Compiles the rules under `.assets/yauaa` (or the folder named by `YAUAA_ASSETS`) into one
//! table file. Without that folder the crate builds with an empty table.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    dead_code
)]

#[path = "src/codec.rs"]
mod codec;
#[path = "src/compile/mod.rs"]
mod compile;
#[path = "src/ops.rs"]
mod ops;

use std::path::PathBuf;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=src/compile");
    println!("cargo::rerun-if-changed=src/codec.rs");
    println!("cargo::rerun-if-changed=src/ops.rs");
    println!("cargo::rerun-if-env-changed=YAUAA_ASSETS");
    let assets = std::env::var_os("YAUAA_ASSETS").map_or_else(
        || {
            PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").expect("set by cargo"))
                .join("../../.assets/yauaa")
        },
        PathBuf::from,
    );
    println!("cargo::rerun-if-changed={}", assets.display());
    let tables = if assets.join("UserAgents").is_dir() {
        match compile::compile(&assets) {
            Ok(tables) => tables,
            Err(reason) => panic!("{}: {reason}", assets.display()),
        }
    } else {
        println!(
            "cargo::warning=no {}: run scripts/setup-yauaa.sh; the crate has no embedded rules",
            assets.display()
        );
        Vec::new()
    };
    let out =
        PathBuf::from(std::env::var_os("OUT_DIR").expect("set by cargo")).join("yauaa.tables");
    std::fs::write(&out, tables).unwrap_or_else(|e| panic!("{}: {e}", out.display()));
}
