//! A pipeline in this process that goes on until it is dropped, with its admin pages.

use std::fs;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use serde_json::{Value, json};
use snowmelt::admin;
use snowmelt::app::control::Control;
use snowmelt::app::{App, Options};
use snowmelt::checkpoint::ledger::Ledger;
use snowmelt::clock::Clock;
use snowmelt::config::{AppConfig, Env};
use snowmelt::output::labels::LabelFields;
use snowmelt::pipeline::drain::Stop;
use snowmelt::pipeline::flow::{self, Setup};
use snowmelt::pipeline::outcomes::Counts;
use snowmelt::pipeline::writer::{Sink, Sinks};
use snowmelt::secret::Secret;
use snowmelt::sinks::rotating::Rotating;
use snowmelt::sources::{Polled, Records, Source, SourceError};
use snowmelt::telemetry::Telemetry;

use crate::support::Bench;
use snowmelt::sample;

/// The schema of the events below.
pub const THING: &str = "iglu:com.acme/thing/jsonschema/1-0-0";

/// Gives a few records now and then, for ever.
struct Drip {
    ledger: Arc<Ledger>,
    records: Vec<Vec<u8>>,
    given: i64,
}

impl Source for Drip {
    fn poll(&mut self, _wait: Duration) -> Result<Polled, SourceError> {
        thread::sleep(Duration::from_millis(20));
        let (mut bytes, mut ends) = (Vec::new(), Vec::new());
        for record in &self.records {
            bytes.extend_from_slice(record);
            ends.push(bytes.len());
        }
        self.given += i64::try_from(ends.len()).unwrap();
        Ok(Polled::Records(Records {
            bytes,
            ends,
            receipt: self.ledger.issue(0, self.given),
        }))
    }

    fn hold(&mut self, _on: bool) {}

    fn commit(&mut self) {}

    fn close(self: Box<Self>) -> Result<(), SourceError> {
        Ok(())
    }
}

/// The pipeline.
pub struct Run {
    pub bench: Bench,
    pub at: SocketAddr,
    pub telemetry: Arc<Telemetry>,
    stop: Stop,
    over: Arc<AtomicBool>,
    running: Option<JoinHandle<Counts>>,
    pages: Option<JoinHandle<()>>,
}

impl Run {
    /// Starts one over these records, with a registry of files in which [`THING`] demands a number `x`.
    /// `more` is added to the settings of the application.
    pub fn start(records: Vec<Vec<u8>>, token: Option<&str>, more: &str) -> Run {
        let bench = Bench::new();
        thing(&bench, "integer");
        bench.resolve_from_folder();
        let telemetry = Telemetry::new(Default::default());
        let env = Env::default();
        let settings = "input { topicName = raw, consumerConf { \"sasl.password\" = hunter2 } }\n";
        fs::write(bench.path("app.hocon"), settings.to_owned() + more).unwrap();
        let path = bench.path("app.hocon");
        let config = AppConfig::load(path.to_str().unwrap(), &env, &[]).unwrap();
        let (resolver, enrichments) = (bench.path("resolver.json"), bench.path("enrichments"));
        let labels = [LabelFields::default(), LabelFields::default()];
        let options = Options {
            iglu_config: resolver.to_str().unwrap(),
            enrichments: enrichments.to_str().unwrap(),
            config: None,
            clock: Clock::System,
            pii: true,
            labels: labels.clone(),
            telemetry: Arc::clone(&telemetry),
        };
        let app = App::with_config(&config, &env, &options).unwrap();
        let control = Control::new(
            Arc::clone(app.rebuilder()),
            Arc::clone(&telemetry),
            &config.document.value,
        );
        let over = Arc::new(AtomicBool::new(false));
        let listener = admin::bind(SocketAddr::from(([127, 0, 0, 1], 0))).unwrap();
        let at = listener.local_addr().unwrap();
        let stopped = {
            let over = Arc::clone(&over);
            move || over.load(Ordering::Acquire)
        };
        let pages = admin::serve(
            listener,
            Arc::clone(&control) as Arc<dyn admin::Control>,
            Arc::clone(&telemetry),
            token.map(Secret::new),
            "0.0.0-test",
            stopped.clone(),
        )
        .unwrap();
        let period = Some(Duration::from_millis(50));
        control.watch(Arc::default(), period, stopped).unwrap();
        let file = |name: &str| {
            let path = bench.path(name);
            Sink::File(Rotating::create(path.to_str().unwrap(), None).unwrap())
        };
        let sinks = Sinks {
            good: file("good"),
            bad: file("bad"),
            pii: Some(file("pii")),
            labels,
        };
        let (ledger, stop) = (Ledger::new(), Stop::new(Duration::from_secs(30)));
        let source = Drip {
            ledger: Arc::clone(&ledger),
            records,
            given: 0,
        };
        let setup = Setup {
            workers: vec![app.worker()],
            ledger,
            // little is under way when the test is over
            budget: 64 << 10,
            stop: stop.clone(),
            processor: app.processor().clone(),
            clock: Clock::System,
            telemetry: Arc::clone(&telemetry),
        };
        let running = thread::spawn(move || flow::run(Box::new(source), sinks, setup).unwrap());
        Run {
            bench,
            at,
            telemetry,
            stop,
            over,
            running: Some(running),
            pages: Some(pages),
        }
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        self.stop.ask();
        let ended = self.running.take().unwrap().join();
        self.over.store(true, Ordering::Release);
        self.pages.take().unwrap().join().unwrap();
        if !thread::panicking() {
            ended.unwrap();
        }
    }
}

/// Puts the schema [`THING`] into the registry: its `x` has this type.
pub fn thing(bench: &Bench, of_type: &str) {
    let folder = bench.path("registry/schemas/com.acme/thing/jsonschema");
    fs::create_dir_all(&folder).unwrap();
    let schema = json!({
        "$schema": "http://iglucentral.com/schemas/com.snowplowanalytics.self-desc/schema/jsonschema/1-0-0#",
        "self": {"vendor": "com.acme", "name": "thing", "format": "jsonschema", "version": "1-0-0"},
        "type": "object", "properties": {"x": {"type": of_type}}, "additionalProperties": false
    });
    fs::write(folder.join("1-0-0"), schema.to_string()).unwrap();
}

/// An event of [`THING`] with this `x`.
pub fn event(x: &Value) -> Vec<u8> {
    let event = json!({
        "schema": "iglu:com.snowplowanalytics.snowplow/unstruct_event/jsonschema/1-0-0",
        "data": {"schema": THING, "data": {"x": x}}
    });
    let body = json!({
        "schema": "iglu:com.snowplowanalytics.snowplow/payload_data/jsonschema/1-0-4",
        "data": [{"e": "ue", "p": "web", "tv": "t", "ue_pr": event.to_string()}]
    });
    sample::request(
        "/com.snowplowanalytics.snowplow/tp2",
        None,
        Some(&body.to_string()),
    )
}
