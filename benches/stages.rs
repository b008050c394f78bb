//! What each stage of the pipeline costs, in events a second on one core.
//!
//! Input: the typical traffic of the golden data where it lies beside the clone, else the project's own sample.
//! Enrichments are measured one at a time as a whole run with only that one configured, so the cost of one is the
//! difference to the run with none; those that need databases of others are left out.

#![allow(
    clippy::expect_used,
    reason = "a benchmark that cannot be set up must stop"
)]

use std::fs;
use std::hint::black_box;
use std::io::Read;
use std::path::{Path, PathBuf};

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use flate2::read::GzDecoder;
use lexon::Doc;
use snowmelt::app::{App, Options};
use snowmelt::clock::Clock;
use snowmelt::event::Event;
use snowmelt::output::tsv;
use snowmelt::payload::decode::decode;
use snowmelt::pipeline::outcomes::Outcomes;
use snowmelt::sample;
use snowmelt::schema::validate::CompiledSchema;

const RECORDS: usize = 1000;
const NOW: i64 = 1_700_000_000_000;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Raw records: a fixed input, so that runs can be compared.
fn records() -> Vec<Vec<u8>> {
    let golden = root().join("../shared/golden/typical/input.jsonl.gz");
    let Ok(file) = fs::File::open(golden) else {
        return sample::payloads(1).take(RECORDS).collect();
    };
    let mut text = String::new();
    GzDecoder::new(file)
        .read_to_string(&mut text)
        .expect("golden input is gzip");
    text.lines()
        .take(RECORDS)
        .map(|line| {
            let doc = Doc::parse(line).expect("golden input is JSON");
            let payload = doc
                .root()
                .get("payload")
                .and_then(|payload| payload.as_str());
            jvm::base64::decode_lenient(payload.expect("golden input has payloads").as_bytes())
        })
        .collect()
}

/// A pipeline on the schemas that the binary carries, with the enrichments of a folder.
fn app(enrichments: &Path) -> App {
    let resolver = root().join("enrichment-configs/demo/resolver.json");
    let options = Options {
        iglu_config: resolver.to_str().expect("paths are UTF-8"),
        enrichments: enrichments.to_str().expect("paths are UTF-8"),
        config: None,
        clock: Clock::Fixed(NOW),
        pii: true,
        labels: Default::default(),
        telemetry: snowmelt::telemetry::Telemetry::new(Default::default()),
    };
    App::build(&options).expect("the example configurations are right")
}

/// The configuration of a script that reads and writes a few fields and looks into the contexts, as most do.
fn javascript() -> String {
    let script = "function process(event) {
        var title = event.getPage_title(), contexts = event.getContexts(), count = 0;
        if (title) { event.setPage_title(title.trim().replace(/\\s+/g, ' ')); }
        if (contexts) { count = JSON.parse(contexts).data.length; }
        if (event.getUser_id() && count > 1) { event.setUser_id(event.getUser_id().toLowerCase()); }
        event.setSe_label(event.getApp_id() + '/' + count);
        return null;
    }";
    format!(
        r#"{{"schema":"iglu:com.snowplowanalytics.snowplow/javascript_script_config/jsonschema/1-0-0","data":{{
            "vendor":"com.snowplowanalytics.snowplow","name":"javascript_script_config","enabled":true,
            "parameters":{{"script":"{}"}}}}}}"#,
        jvm::base64::encode_standard(script.as_bytes())
    )
}

fn whole_runs(criterion: &mut Criterion) {
    let records = records();
    let demo = root().join("enrichment-configs/demo/enrichments");
    let mut names: Vec<PathBuf> = fs::read_dir(&demo)
        .expect("the demo is there")
        .map(|entry| entry.expect("readable").path())
        .collect();
    names.sort();
    let folder = tempfile::tempdir().expect("a folder for configurations");
    let mut runs = vec![
        ("none".to_owned(), vec![]),
        ("all".to_owned(), names.clone()),
    ];
    runs.extend(names.iter().map(|path| {
        let name = path
            .file_stem()
            .and_then(|name| name.to_str())
            .expect("a name")
            .to_owned();
        (name, vec![path.clone()])
    }));
    let script = folder.path().join("javascript_script_config.json");
    fs::write(&script, javascript()).expect("writable");
    runs.push(("javascript_script_config".to_owned(), vec![script]));
    let mut group = criterion.benchmark_group("whole");
    for (name, files) in runs {
        let configs = folder.path().join(&name);
        fs::create_dir(&configs).expect("a new folder");
        for file in files {
            let text = fs::read_to_string(&file).expect("readable");
            let assets = format!(
                "file://{}",
                demo.parent()
                    .and_then(Path::to_str)
                    .expect("paths are UTF-8")
            );
            let text = text.replace("file:///path-of-the-demo-folder", &assets);
            fs::write(configs.join(file.file_name().expect("a name")), text).expect("writable");
        }
        let app = app(&configs);
        let mut worker = app.worker();
        let mut outcomes = Outcomes::default();
        let mut run = |outcomes: &mut Outcomes| {
            outcomes.clear();
            for record in &records {
                worker.process(record, outcomes);
            }
        };
        run(&mut outcomes);
        let events = outcomes.counts.good + outcomes.counts.bad.values().sum::<u64>();
        group.throughput(Throughput::Elements(events));
        group.bench_function(BenchmarkId::from_parameter(name), |bencher| {
            bencher.iter(|| run(&mut outcomes))
        });
    }
    group.finish();
}

fn single_stages(criterion: &mut Criterion) {
    let records = records();
    let mut group = criterion.benchmark_group("stage");
    group.throughput(Throughput::Elements(records.len() as u64));
    group.bench_function("decode_payload", |bencher| {
        let mut buffer = Vec::new();
        bencher.iter(|| {
            for record in &records {
                let _ = black_box(decode(black_box(record), &mut buffer, false));
            }
        });
    });
    group.throughput(Throughput::Elements(1));
    let schema = Doc::parse(SCHEMA).expect("JSON");
    let compiled = CompiledSchema::compile(&schema).expect("a schema");
    let instance = Doc::parse(INSTANCE).expect("JSON");
    group.bench_function("parse_json", |bencher| {
        bencher.iter(|| Doc::parse(black_box(INSTANCE)))
    });
    group.bench_function("validate", |bencher| {
        bencher.iter(|| compiled.is_valid(black_box(instance.root())))
    });
    let reference =
        jsonschema::draft4::new(&serde_json::from_str(SCHEMA).expect("JSON")).expect("a schema");
    let value: serde_json::Value = serde_json::from_str(INSTANCE).expect("JSON");
    group.bench_function("validate_by_jsonschema_crate", |bencher| {
        bencher.iter(|| reference.is_valid(black_box(&value)))
    });
    let event = Event::default();
    group.bench_function("write_tsv_of_empty_event", |bencher| {
        let mut out = Vec::new();
        bencher.iter(|| {
            out.clear();
            tsv::write(black_box(&event), &mut out);
        });
    });
    group.finish();
}

const SCHEMA: &str = r#"{"type":"object","properties":{"targetUrl":{"type":"string","format":"uri","maxLength":4096},"elementId":{"type":["string","null"],"maxLength":255},"elementClasses":{"type":"array","items":{"type":"string"}},"n":{"type":"integer","minimum":0,"maximum":1000},"at":{"type":"string","format":"date-time"},"id":{"type":"string","format":"uuid"},"kind":{"enum":["a","b","c"]}},"required":["targetUrl","id"],"additionalProperties":false}"#;
const INSTANCE: &str = r#"{"targetUrl":"https://www.example.com/products/1?color=blue","elementId":"buy","elementClasses":["button","large"],"n":12,"at":"2023-11-14T22:13:20.000Z","id":"6f1d7f0e-6c5c-4a0e-9d3b-0b1f0e4a7c11","kind":"b"}"#;

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(10).warm_up_time(std::time::Duration::from_secs(1)).measurement_time(std::time::Duration::from_secs(3));
    targets = whole_runs, single_stages
}
criterion_main!(benches);
