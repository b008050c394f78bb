//! The arguments, as the reference names them where it has them.

use clap::{Parser, Subcommand, ValueEnum};

use crate::sources::framing::Framing;

/// Turns raw collector payloads into validated, enriched events.
#[derive(Debug, Parser)]
#[command(name = "snowmelt", version, about, arg_required_else_help = true)]
pub struct Args {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Enrich files of raw payloads
    Enrich(EnrichArgs),
}

/// Arguments of `enrich`.
#[derive(Debug, clap::Args)]
pub struct EnrichArgs {
    /// Iglu resolver: a file, or its text in base64
    #[arg(short = 'r', long = "iglu-config", value_name = "FILE|BASE64")]
    pub iglu_config: String,

    /// Enrichments: a directory of configurations, or the wrapped text in base64
    #[arg(short = 'e', long, value_name = "DIR|BASE64")]
    pub enrichments: String,

    /// Application configuration: a file, or its text in base64
    #[arg(short = 'c', long, value_name = "FILE|BASE64")]
    pub config: Option<String>,

    /// Raw payloads; `-` is standard input; may be given several times
    #[arg(long, value_name = "FILE|-", required = true)]
    pub input: Vec<String>,

    /// How the payloads are written; gzip is recognised in every form
    #[arg(long, value_enum, default_value_t = Format::Base64Lines)]
    pub format: Format,

    /// Where enriched events go, a TSV line each
    #[arg(long, value_name = "FILE|-")]
    pub good: Option<String>,

    /// Where bad rows go, a JSON line each
    #[arg(long, value_name = "FILE|-")]
    pub bad: Option<String>,

    /// Where the events that tell of replaced personal data go, a TSV line each
    #[arg(long, value_name = "FILE|-")]
    pub pii: Option<String>,

    /// Where one JSON line per payload goes, with all its rows, instead of the three streams
    #[arg(long, value_name = "FILE|-", conflicts_with_all = ["good", "bad", "pii"])]
    pub by_payload: Option<String>,

    /// Fixes the clock, for repeatable runs: an instant such as 2023-11-14T22:13:20Z
    #[arg(long, value_name = "INSTANT", value_parser = instant)]
    pub etl_tstamp: Option<i64>,

    /// Threads that enrich
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub jobs: u16,
}

/// Forms of input.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// A payload a line, in base64
    Base64Lines,
    /// Each payload behind its length, 32 bits big-endian
    LengthPrefixed,
    /// A JSON object a line, with the payload in base64 in its field `payload`
    Jsonl,
}

impl From<Format> for Framing {
    fn from(format: Format) -> Framing {
        match format {
            Format::Base64Lines => Framing::Base64Lines,
            Format::LengthPrefixed => Framing::LengthPrefixed,
            Format::Jsonl => Framing::JsonLines,
        }
    }
}

fn instant(text: &str) -> Result<i64, String> {
    jvm::time::parse_joda_iso(text).map_err(|_| "not an instant such as 2023-11-14T22:13:20Z".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_flags_of_the_reference_are_taken() {
        let args = Args::try_parse_from([
            "snowmelt", "enrich", "-r", "resolver.json", "-e", "enrichments", "--input", "a", "--input", "-",
            "--etl-tstamp", "2023-11-14T22:13:20Z",
        ])
        .unwrap();
        let Command::Enrich(options) = args.command;
        assert_eq!(options.input, ["a", "-"]);
        assert_eq!(options.etl_tstamp, Some(1_700_000_000_000));
        assert_eq!(options.format, Format::Base64Lines);
    }

    #[test]
    fn by_payload_and_streams_exclude_each_other() {
        let args = ["snowmelt", "enrich", "-r", "r", "-e", "e", "--input", "a", "--good", "g", "--by-payload", "b"];
        assert!(Args::try_parse_from(args).is_err());
    }
}
