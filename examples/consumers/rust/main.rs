//! Prints enriched events as JSON lines.
//!
//! ```text
//! consumer FILE|-
//! consumer --brokers HOST:PORT --topic TOPIC [--group GROUP] [--count N]
//! ```
//!
//! Lines that are no event are told on standard error, and the exit code is then 1.

use std::error::Error;
use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Write};
use std::process::ExitCode;
use std::time::Duration;

use rdkafka::ClientConfig;
use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer};
use rdkafka::message::Message;

mod columns;
mod enriched;

const USAGE: &str =
    "usage: consumer FILE|-  or  --brokers HOST:PORT --topic TOPIC [--group GROUP] [--count N]";

/// Does the work of your own program.
struct Printer<W: Write> {
    out: W,
    bad: usize,
}

impl<W: Write> Printer<W> {
    fn handle(&mut self, line: &str, place: &str) -> io::Result<()> {
        match enriched::parse(line) {
            Ok(event) => {
                serde_json::to_writer(&mut self.out, &event)?;
                self.out.write_all(b"\n")
            }
            Err(problem) => {
                self.bad += 1;
                writeln!(io::stderr(), "{place}: {problem}")
            }
        }
    }
}

fn read_lines(name: &str, printer: &mut Printer<impl Write>) -> Result<(), Box<dyn Error>> {
    let lines: Box<dyn BufRead> = match name {
        "-" => Box::new(io::stdin().lock()),
        path => Box::new(BufReader::new(File::open(path)?)),
    };
    // only \n ends a line: other line breaks may stand inside of values
    for (number, line) in lines.split(b'\n').enumerate() {
        let line = String::from_utf8(line?)?;
        printer.handle(&line, &format!("{name}:{}", number + 1))?;
    }
    Ok(())
}

fn read_topic(
    brokers: &str,
    topic: &str,
    group: &str,
    count: Option<usize>,
    printer: &mut Printer<impl Write>,
) -> Result<(), Box<dyn Error>> {
    let consumer: BaseConsumer = ClientConfig::new()
        .set("bootstrap.servers", brokers)
        .set("group.id", group)
        .set("auto.offset.reset", "earliest")
        // positions are committed below, after the work on the events before them
        .set("enable.auto.commit", "false")
        .create()?;
    consumer.subscribe(&[topic])?;
    let (mut handled, mut uncommitted) = (0, 0);
    while count.is_none_or(|count| handled < count) {
        let message = consumer.poll(Duration::from_millis(500)).transpose()?;
        let idle = message.is_none();
        if let Some(message) = message {
            let line = std::str::from_utf8(message.payload().unwrap_or_default())?;
            let place = format!("{topic}[{}]@{}", message.partition(), message.offset());
            printer.handle(line, &place)?;
            handled += 1;
            uncommitted += 1;
        }
        let last = count == Some(handled);
        if uncommitted > 0 && (idle || last || uncommitted == 500) {
            printer.out.flush()?;
            consumer.commit_consumer_state(CommitMode::Sync)?;
            uncommitted = 0;
        }
    }
    Ok(())
}

fn run() -> Result<ExitCode, Box<dyn Error>> {
    let (mut file, mut brokers, mut topic) = (None, None, None);
    let (mut group, mut count) = ("example".to_owned(), None);
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().ok_or(USAGE);
        match argument.as_str() {
            "--brokers" => brokers = Some(value()?),
            "--topic" => topic = Some(value()?),
            "--group" => group = value()?,
            "--count" => count = Some(value()?.parse()?),
            _ => file = Some(argument),
        }
    }
    let mut printer = Printer {
        out: BufWriter::new(io::stdout().lock()),
        bad: 0,
    };
    match (brokers, topic, file) {
        (Some(brokers), Some(topic), None) => {
            read_topic(&brokers, &topic, &group, count, &mut printer)?;
        }
        (None, None, Some(file)) => read_lines(&file, &mut printer)?,
        _ => return Err(USAGE.into()),
    }
    printer.out.flush()?;
    Ok(ExitCode::from(u8::from(printer.bad > 0)))
}

fn main() -> ExitCode {
    run().unwrap_or_else(|error| {
        // nothing better to do when even the complaint cannot be written
        let _ = writeln!(io::stderr(), "{error}");
        ExitCode::from(2)
    })
}
