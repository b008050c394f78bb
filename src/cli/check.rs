//! `snowmelt check`: whether a run could start, without starting it.

use std::time::Duration;

use super::args::{CheckArgs, RunArgs};
use super::{BAD_USAGE, DONE, log, run, tell};
use crate::app::streams;
use crate::config::Env;
use crate::config::streams::{Input, Output, Streams};

/// How long brokers may take to answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// Reads everything a run reads and says what it found: 0 when a run could start, 2 when not.
pub fn run(args: &CheckArgs) -> u8 {
    let env = Env::of_process();
    log::start(&env, args.run.log_format);
    let streams = match run::build(&args.run, &env) {
        Ok(built) => built.streams,
        Err(error) => return tell(BAD_USAGE, &format!("{error:#}")),
    };
    let RunArgs {
        config,
        iglu_config,
        enrichments,
        ..
    } = &args.run;
    tell(DONE, &format!("{config}: ok; {}", shown(&streams)));
    tell(DONE, &format!("{iglu_config}: ok"));
    tell(DONE, &format!("{enrichments}: ok"));
    if !args.connect {
        return DONE;
    }
    match streams::reach(&streams, PATIENCE) {
        Ok(()) => tell(DONE, "all streams can be reached"),
        Err(error) => tell(BAD_USAGE, &format!("{error:#}")),
    }
}

fn shown(streams: &Streams) -> String {
    let input = match &streams.input {
        Input::Kafka(kafka) => format!("topic {}", kafka.topic),
        Input::Kinesis(kinesis) => format!("stream {}", kinesis.stream),
        Input::FileSystem { dir } => format!("folder {dir}"),
    };
    let output = |name: &str, output: &Output| match output {
        Output::Kafka(kafka) => format!(", {name} to topic {}", kafka.topic),
        Output::Kinesis(kinesis) => format!(", {name} to stream {}", kinesis.stream),
        Output::FileSystem { file, .. } => format!(", {name} to file {file}"),
    };
    let pii = streams
        .pii
        .as_ref()
        .map(|stream| output("pii", stream))
        .unwrap_or_default();
    format!(
        "reads {input}{}{}{pii}",
        output("good", &streams.good),
        output("bad", &streams.bad)
    )
}
