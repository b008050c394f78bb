//! Writes raw collector payloads to standard output, one base64 line each: realistic traffic with a
//! few broken records, for the demo, benchmarks and tests. The same seed gives the same bytes.
//!
//! `make_payloads [COUNT [SEED]]` (1000 and 1 by default)
//!
//! It uses the standard library only, so `rustc` alone can build it in a second.

use std::io::{self, BufWriter, Write};
use std::process::ExitCode;

#[path = "../../src/payload"]
mod payload {
    pub mod encode;
}

#[path = "../../src/sample/mod.rs"]
#[allow(dead_code)]
mod sample;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let number = |n: usize, default: u64| match arguments.get(n) {
        Some(text) => text.parse::<u64>().ok(),
        None => Some(default),
    };
    let (Some(count), Some(seed), 0..=2) = (number(0, 1000), number(1, 1), arguments.len()) else {
        // nothing better to do when even the complaint cannot be written
        let _ = writeln!(io::stderr(), "usage: make_payloads [COUNT [SEED]]");
        return ExitCode::from(2);
    };
    match write(count, seed) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(io::stderr(), "make_payloads: {error}");
            ExitCode::FAILURE
        }
    }
}

fn write(count: u64, seed: u64) -> io::Result<()> {
    let mut out = BufWriter::new(io::stdout().lock());
    for payload in sample::payloads(seed).take(usize::try_from(count).unwrap_or(usize::MAX)) {
        out.write_all(sample::base64::encode(&payload, sample::base64::STANDARD).as_bytes())?;
        out.write_all(b"\n")?;
    }
    out.flush()
}
