//! Puts the rules of ua-parser, the tables of UserAgentUtils and the currencies of joda-money into
//! the program.
//!
//! All are fetched by `make setup`, which knows where they come from; here their checksums are
//! compared, and for each pattern of the rules it is worked out which texts must occur for it to
//! match, so that nothing of it is left to the start of the program.

// Cargo reads what a build script prints.
#![allow(clippy::print_stdout)]

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::exit;
use std::{env, fs};

use sha2::{Digest, Sha256};

#[allow(dead_code)]
#[path = "src/enrichments/ua_parser/literals.rs"]
mod literals;
#[allow(dead_code)]
#[path = "src/enrichments/ua_parser/rules.rs"]
mod rules;
#[allow(dead_code)]
#[path = "src/enrichments/ua_parser/syntax.rs"]
mod syntax;

/// A file of the set-up.
struct Asset {
    name: &'static str,
    /// SHA-256 of its bytes.
    checksum: &'static str,
}

/// Rules of uap-java 1.5.4.
const RULES: Asset = Asset {
    name: "regexes.yaml",
    checksum: "c1d1c5e9b66c2e16972e8317a04649cd86c362401b10f921f4848ffe3f760c08",
};
/// Tables of UserAgentUtils 1.21.
const TABLES: Asset = Asset {
    name: "user-agent-utils.tsv",
    checksum: "235c10517fe0bde29258ade484ad1cf6e522f0f68e9ed9637ea2c3051a2a9f24",
};
/// Currencies of joda-money 1.0.1.
const CURRENCIES: Asset = Asset {
    name: "currencies.csv",
    checksum: "533f82edc326940a4bf259cb7bb9bbd6284103ff473d78324e2a5f8c88fdd911",
};

fn main() {
    println!("cargo::rerun-if-env-changed=SNOWMELT_ASSETS");
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=src/enrichments/ua_parser");
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default());
    let folder = env::var_os("SNOWMELT_ASSETS").map_or_else(|| root.join(".assets"), PathBuf::from);
    let out = PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default());
    if let Err(problem) = embed(&folder, &out) {
        println!("cargo::error={problem}");
        exit(1);
    }
}

fn embed(folder: &Path, out: &Path) -> Result<(), String> {
    write(&read(folder, &RULES)?, &out.join("ua_rules.rs"))?;
    for asset in [&TABLES, &CURRENCIES] {
        save(&out.join(asset.name), &read(folder, asset)?)?;
    }
    Ok(())
}

fn save(out: &Path, text: &str) -> Result<(), String> {
    fs::write(out, text).map_err(|e| format!("cannot write {}: {e}", out.display()))
}

fn read(folder: &Path, asset: &Asset) -> Result<String, String> {
    let file = folder.join(asset.name);
    println!("cargo::rerun-if-changed={}", file.display());
    let hint = "run `make setup`, which fetches it";
    let bytes =
        fs::read(&file).map_err(|e| format!("cannot read {}: {e}; {hint}", file.display()))?;
    let sum: String = Sha256::digest(&bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    if sum != asset.checksum {
        return Err(format!(
            "{} is not the expected file (SHA-256 {sum}); {hint}",
            file.display()
        ));
    }
    String::from_utf8(bytes).map_err(|e| e.to_string())
}

fn write(yaml: &str, out: &Path) -> Result<(), String> {
    let needs = |pattern: &str, ignore_case| {
        let node = syntax::parse(pattern, ignore_case);
        node.map(|node| literals::required(&node))
            .unwrap_or_default()
    };
    let rules = rules::Rules::parse(yaml, needs)?;
    let lists = [
        ("AGENTS", &rules.agents),
        ("SYSTEMS", &rules.systems),
        ("DEVICES", &rules.devices),
    ];
    let mut code = String::new();
    for (name, list) in lists {
        let rows: String = list.iter().map(row).collect();
        writeln!(code, "static {name}: &[Raw] = &[\n{rows}];").map_err(|e| e.to_string())?;
    }
    save(out, &code)
}

fn row(rule: &rules::Rule) -> String {
    let rules::Rule {
        pattern,
        ignore_case,
        answers,
        needs,
    } = rule;
    let needs: String = needs
        .iter()
        .map(|clause| format!("&{clause:?}, "))
        .collect();
    format!(
        "    Raw {{ pattern: {pattern:?}, ignore_case: {ignore_case}, answers: {answers:?}, needs: &[{needs}] }},\n"
    )
}
