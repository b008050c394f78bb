//! The arguments, as the reference names them where it has them.

use clap::{Parser, Subcommand, ValueEnum};

use crate::config::overrides::{self, Override};
use crate::sources::framing::Framing;

/// Turns raw collector payloads into validated, enriched events.
#[derive(Debug, Parser)]
#[command(
    name = "snowmelt",
    version,
    about,
    arg_required_else_help = true,
    args_conflicts_with_subcommands = true
)]
pub struct Args {
    /// What to do.
    #[command(subcommand)]
    pub command: Option<Command>,

    /// Without a command: `run`, as the image of the reference is called.
    #[command(flatten)]
    pub run: Option<RunArgs>,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Enrich files of raw payloads
    Enrich(EnrichArgs),

    /// Read a stream, enrich, write streams, until told to stop
    Run(RunArgs),

    /// Check what a run would be given, without running
    Check(CheckArgs),

    /// Make raw payloads of an invented shop, for demos and load tests
    Generate(GenerateArgs),

    /// Show one payload on its way through every step: what each saw and changed
    Explain(ExplainArgs),

    /// Show the records of a topic or stream as JSON
    Tail(TailArgs),

    /// Turn bad rows into the payloads they came from, to be enriched again
    Recover(RecoverArgs),

    /// Look at the lease table of a Kinesis input, reset it, release leases
    #[cfg(feature = "kinesis")]
    Leases(LeasesArgs),
}

/// Arguments of `leases`.
#[cfg(feature = "kinesis")]
#[derive(Debug, clap::Args)]
pub struct LeasesArgs {
    /// Application configuration: a file, or its text in base64
    #[arg(short = 'c', long, value_name = "FILE|BASE64")]
    pub config: String,

    /// A setting that wins over the file, such as input.appName=other; may be given several times
    #[arg(long, value_name = "PATH=VALUE", value_parser = set)]
    pub set: Vec<Override>,

    /// What to do.
    #[command(subcommand)]
    pub command: LeasesCommand,
}

/// What `leases` can do.
#[cfg(feature = "kinesis")]
#[derive(Debug, Subcommand)]
pub enum LeasesCommand {
    /// Show owner, position and lag of every shard
    List {
        /// Do not ask the stream how far behind each shard is
        #[arg(long)]
        no_lag: bool,
    },
    /// Read again, or skip, while no worker runs
    Reset {
        /// trim-horizon, latest, or an instant such as 2023-11-14T22:13:20Z
        #[arg(long, value_parser = super::leases::target)]
        to: crate::app::leases::Target,
        /// Only this shard; may be given several times
        #[arg(long)]
        shard: Vec<String>,
        /// Show what would change, and change nothing
        #[arg(long)]
        dry_run: bool,
    },
    /// Take leases from their owners, so that others take them at once
    Release {
        /// Only those of this worker
        #[arg(long)]
        owner: Option<String>,
        /// Only this shard; may be given several times
        #[arg(long)]
        shard: Vec<String>,
        /// Show what would change, and change nothing
        #[arg(long)]
        dry_run: bool,
    },
}

/// Arguments of `check`.
#[derive(Debug, clap::Args)]
pub struct CheckArgs {
    /// Those of `run`.
    #[command(flatten)]
    pub run: RunArgs,

    /// Also ask the brokers for the topics
    #[arg(long)]
    pub connect: bool,
}

/// Arguments of `generate`.
#[derive(Debug, clap::Args)]
pub struct GenerateArgs {
    /// How many payloads
    #[arg(long, default_value_t = 1000)]
    pub count: u64,

    /// Which ones: the same seed gives the same payloads
    #[arg(long, default_value_t = 1)]
    pub seed: u64,

    /// Where they go.
    #[command(flatten)]
    pub to: Destination,
}

/// Where payloads go.
#[derive(Debug, clap::Args)]
pub struct Destination {
    /// Payloads a second; as fast as they can be written when not given
    #[arg(long, value_name = "N", value_parser = rate)]
    pub rate: Option<f64>,

    /// Where they go
    #[arg(long, value_name = "FILE|-", default_value = "-")]
    pub output: String,

    /// How they are written to a file, as `enrich` reads it
    #[arg(long, value_enum, default_value_t = Format::Base64Lines)]
    pub format: Format,

    /// A Kafka topic that they go to instead, with random keys
    #[arg(
        long,
        requires = "bootstrap_servers",
        conflicts_with_all = ["output", "format"]
    )]
    pub topic: Option<String>,

    /// Brokers of the topic
    #[arg(long, value_name = "HOST:PORT,…", requires = "topic")]
    pub bootstrap_servers: Option<String>,

    /// A property of the producer, as in producerConf; may be given several times
    #[arg(long, value_name = "NAME=VALUE", value_parser = property, requires = "topic")]
    pub property: Vec<(String, String)>,
}

/// Arguments of `recover`.
#[derive(Debug, clap::Args)]
pub struct RecoverArgs {
    /// Bad rows, a JSON line each; `-` is standard input; may be given several times
    #[arg(long, value_name = "FILE|-", required = true)]
    pub input: Vec<String>,

    /// Only rows of this type, such as schema_violations; may be given several times
    #[arg(long = "type", value_name = "TYPE")]
    pub kinds: Vec<String>,

    /// Only rows whose failure names this schema: a URI, or its start and a `*`; may be given several times
    #[arg(long = "schema", value_name = "IGLU-URI")]
    pub schemas: Vec<String>,

    /// Only rows that were written at this instant or later, such as 2023-11-14T22:13:20Z
    #[arg(long, value_name = "INSTANT", value_parser = instant)]
    pub since: Option<i64>,

    /// Only rows that were written before this instant
    #[arg(long, value_name = "INSTANT", value_parser = instant)]
    pub until: Option<i64>,

    /// A JSON merge patch for what the rows hold of the payload: its text, or a file
    #[arg(long, value_name = "JSON|FILE")]
    pub patch: Option<String>,

    /// Where wanted rows go that hold no payload
    #[arg(long, value_name = "FILE")]
    pub left: Option<String>,

    /// Where payloads go.
    #[command(flatten)]
    pub to: Destination,
}

/// Arguments of `explain`.
#[derive(Debug, clap::Args)]
pub struct ExplainArgs {
    /// Iglu resolver: a file, or its text in base64
    #[arg(short = 'r', long = "iglu-config", value_name = "FILE|BASE64")]
    pub iglu_config: String,

    /// Enrichments: a directory of configurations, or the wrapped text in base64
    #[arg(short = 'e', long, value_name = "DIR|BASE64")]
    pub enrichments: String,

    /// Application configuration: a file, or its text in base64
    #[arg(short = 'c', long, value_name = "FILE|BASE64")]
    pub config: Option<String>,

    /// The payload, in base64
    #[arg(long, value_name = "BASE64", required_unless_present_any = ["input", "from"], conflicts_with_all = ["input", "from"])]
    pub payload: Option<String>,

    /// A file of payloads; `-` is standard input
    #[arg(long, value_name = "FILE|-", conflicts_with = "from")]
    pub input: Option<String>,

    /// How the payloads of the file are written; gzip is recognised in every form
    #[arg(long, value_enum, default_value_t = Format::Base64Lines)]
    pub format: Format,

    /// A topic or stream of payloads: kafka://HOST:PORT/TOPIC or kinesis://STREAM
    #[arg(long, value_name = "URL")]
    pub from: Option<String>,

    /// Which payload of the file, topic or stream, from 0; of a topic in the order in which they come
    #[arg(long, default_value_t = 0)]
    pub nth: u64,

    /// How a topic or stream is reached.
    #[command(flatten)]
    pub reach: Reach,

    /// Fixes the clock, for repeatable runs: an instant such as 2023-11-14T22:13:20Z
    #[arg(long, value_name = "INSTANT", value_parser = instant)]
    pub etl_tstamp: Option<i64>,
}

/// Arguments of `tail`.
#[derive(Debug, clap::Args)]
pub struct TailArgs {
    /// kafka://HOST:PORT/TOPIC or kinesis://STREAM
    #[arg(value_name = "URL")]
    pub from: String,

    /// What the records are; each is looked at when not given
    #[arg(long, value_enum, default_value_t = Content::Any)]
    pub content: Content,

    /// Everything that is there, not only what comes from now on
    #[arg(long)]
    pub beginning: bool,

    /// Ends after so many records
    #[arg(long, value_name = "N")]
    pub count: Option<u64>,

    /// Ends when nothing came for so many seconds
    #[arg(long, value_name = "SECONDS")]
    pub idle: Option<u64>,

    /// How it is reached.
    #[command(flatten)]
    pub reach: Reach,
}

/// How a topic or stream is reached.
#[derive(Debug, clap::Args)]
pub struct Reach {
    /// A property of the consumer, as in consumerConf; may be given several times
    #[arg(long, value_name = "NAME=VALUE", value_parser = property)]
    pub property: Vec<(String, String)>,

    /// The region of a Kinesis stream; that of the environment when not given
    #[arg(long)]
    pub region: Option<String>,

    /// The address of another service that speaks Kinesis
    #[arg(long, value_name = "URL")]
    pub endpoint: Option<String>,
}

/// What records of a topic or stream are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Content {
    /// Whatever each looks like
    Any,
    /// Payloads of a collector
    Raw,
    /// Enriched events
    Good,
    /// Bad rows, or other JSON
    Bad,
}

/// Arguments of `run`.
#[derive(Debug, clap::Args)]
pub struct RunArgs {
    /// Application configuration: a file, or its text in base64
    #[arg(short = 'c', long, value_name = "FILE|BASE64")]
    pub config: String,

    /// Iglu resolver: a file, or its text in base64
    #[arg(short = 'r', long = "iglu-config", value_name = "FILE|BASE64")]
    pub iglu_config: String,

    /// Enrichments: a directory of configurations, or the wrapped text in base64
    #[arg(short = 'e', long, value_name = "DIR|BASE64")]
    pub enrichments: String,

    /// A setting that wins over the file, such as input.topicName=raw; may be given several times
    #[arg(long, value_name = "PATH=VALUE", value_parser = set)]
    pub set: Vec<Override>,

    /// Fixes the clock, for repeatable runs: an instant such as 2023-11-14T22:13:20Z
    #[arg(long, value_name = "INSTANT", value_parser = instant, hide = true)]
    pub etl_tstamp: Option<i64>,

    /// Where probes, metrics and the admin page are; 127.0.0.1:8000 when not given
    #[arg(long, value_name = "ADDRESS|off")]
    pub admin: Option<String>,

    /// How the log is written
    #[arg(long, value_enum, default_value_t = LogFormat::Text)]
    pub log_format: LogFormat,

    /// Threads that enrich; as many as there are cores when not given
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub jobs: Option<u16>,
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

/// Forms of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// A line of text each
    Text,
    /// A JSON object a line
    Json,
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

fn set(text: &str) -> Result<Override, String> {
    overrides::parse(text).ok_or_else(|| "not of the form path.to.setting=value".to_owned())
}

fn rate(text: &str) -> Result<f64, String> {
    let rate = text.parse().ok();
    rate.filter(|rate: &f64| rate.is_finite() && *rate > 0.0)
        .ok_or_else(|| "not a number above zero".to_owned())
}

fn property(text: &str) -> Result<(String, String), String> {
    let (name, value) = text
        .split_once('=')
        .ok_or_else(|| "not of the form name=value".to_owned())?;
    Ok((name.to_owned(), value.to_owned()))
}

fn instant(text: &str) -> Result<i64, String> {
    jvm::time::parse_joda_iso(text)
        .map_err(|_| "not an instant such as 2023-11-14T22:13:20Z".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_flags_of_the_reference_are_taken() {
        let args = Args::try_parse_from([
            "snowmelt",
            "enrich",
            "-r",
            "resolver.json",
            "-e",
            "enrichments",
            "--input",
            "a",
            "--input",
            "-",
            "--etl-tstamp",
            "2023-11-14T22:13:20Z",
        ])
        .unwrap();
        let Some(Command::Enrich(options)) = args.command else {
            panic!("{args:?}")
        };
        assert_eq!(options.input, ["a", "-"]);
        assert_eq!(options.etl_tstamp, Some(1_700_000_000_000));
        assert_eq!(options.format, Format::Base64Lines);
    }

    #[test]
    fn the_flags_of_the_reference_without_a_command_are_a_run() {
        let flags = [
            "--config",
            "c",
            "--iglu-config",
            "r",
            "--enrichments",
            "e",
            "--set",
            "input.topicName=x",
        ];
        let bare = Args::try_parse_from(["snowmelt"].iter().chain(&flags)).unwrap();
        assert!(bare.command.is_none() && bare.run.is_some_and(|run| run.set.len() == 1));
        let named = Args::try_parse_from(["snowmelt", "run"].iter().chain(&flags)).unwrap();
        assert!(matches!(named.command, Some(Command::Run(_))) && named.run.is_none());
        assert!(Args::try_parse_from(["snowmelt", "--config", "c"]).is_err());
    }

    #[test]
    fn by_payload_and_streams_exclude_each_other() {
        let args = [
            "snowmelt",
            "enrich",
            "-r",
            "r",
            "-e",
            "e",
            "--input",
            "a",
            "--good",
            "g",
            "--by-payload",
            "b",
        ];
        assert!(Args::try_parse_from(args).is_err());
    }
}
