//! Enrichments that cannot be used stop the start; those that ask others get along with whatever these do.
#![allow(
    clippy::unwrap_used,
    reason = "a test stops at what it does not expect"
)]

mod support;

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};
use snowmelt::sample;
use support::{Bench, assert_success, count};

/// A bench with one enrichment.
fn bench(name: &str, schema: &str, data: Value) -> Bench {
    let bench = Bench::new();
    fs::remove_dir_all(bench.path("enrichments")).unwrap();
    fs::create_dir(bench.path("enrichments")).unwrap();
    let (vendor, _) = schema.split_once('/').unwrap();
    let mut data = data;
    data["vendor"] = json!(vendor);
    data["name"] = json!(name);
    data["enabled"] = json!(true);
    let config = json!({"schema": format!("iglu:{schema}"), "data": data});
    fs::write(bench.path("enrichments/one.json"), config.to_string()).unwrap();
    bench
}

/// What a start with a configuration says that it must refuse: one line, and exit status 2.
fn refused(bench: &Bench) -> String {
    bench.write_records("raw", sample::payloads(1).take(1));
    let output = bench.enrich("raw", &["--good", "good", "--bad", "bad"]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert_eq!(said.lines().count(), 1, "{said}");
    assert!(said.contains("one.json"), "{said}");
    assert!(!bench.path("good").exists(), "nothing was written");
    said
}

const SNOWPLOW: &str = "com.snowplowanalytics.snowplow";
const ENRICHMENTS: &str = "com.snowplowanalytics.snowplow.enrichments";

#[test]
fn a_field_or_a_function_that_is_not_known_stops_the_start() {
    let pii = |field: &str, function: &str| {
        refused(&bench(
            "pii_enrichment_config",
            &format!("{ENRICHMENTS}/pii_enrichment_config/jsonschema/2-0-0"),
            json!({"emitEvent": false, "parameters": {
                "pii": [{"pojo": {"field": field}}],
                "strategy": {"pseudonymize": {"hashFunction": function, "salt": "pepper-and-salt"}}
            }}),
        ))
    };
    let said = pii("user_identity", "SHA-256");
    assert!(
        said.contains("data.parameters.pii[0].pojo.field: ") && said.contains("[user_id, "),
        "{said}"
    );
    assert!(!said.contains("pepper"), "{said}");
    let said = pii("user_id", "SHA-257");
    assert!(said.contains("hashFunction"), "{said}");
    let said = refused(&bench(
        "event_fingerprint_config",
        &format!("{SNOWPLOW}/event_fingerprint_config/jsonschema/1-0-1"),
        json!({"parameters": {"excludeParameters": [], "hashAlgorithm": "CRC"}}),
    ));
    assert!(said.contains("hashAlgorithm"), "{said}");
}

#[test]
fn a_file_that_is_not_there_stops_the_start() {
    for (name, version, parameters) in [
        (
            "referer_parser",
            "2-0-0",
            json!({"internalDomains": [], "database": "referers.json", "uri": "file:///no/such/folder"}),
        ),
        (
            "ip_lookups",
            "2-0-1",
            json!({"geo": {"database": "GeoLite2-City.mmdb", "uri": "file:///no/such/folder"}}),
        ),
        (
            "ua_parser_config",
            "1-0-1",
            json!({"database": "regexes.yaml", "uri": "file:///no/such/folder"}),
        ),
        (
            "iab_spiders_and_robots_enrichment",
            "1-0-0",
            json!({
                "ipFile": {"database": "ip_exclude_current_cidr.txt", "uri": "file:///no/such/folder"},
                "excludeUseragentFile": {"database": "exclude_current.txt", "uri": "file:///no/such/folder"},
                "includeUseragentFile": {"database": "include_current.txt", "uri": "file:///no/such/folder"}
            }),
        ),
    ] {
        let schema = format!("{SNOWPLOW}/{name}/jsonschema/{version}");
        let schema = match name {
            "iab_spiders_and_robots_enrichment" => {
                format!("{ENRICHMENTS}/{name}/jsonschema/{version}")
            }
            _ => schema,
        };
        let said = refused(&bench(name, &schema, json!({"parameters": parameters})));
        assert!(said.contains("file:///no/such/folder/"), "{said}");
        assert!(said.contains("No such file"), "{said}");
    }
}

#[test]
fn a_rule_or_a_script_that_cannot_be_read_stops_the_start() {
    let bench_of_rules = bench(
        "ua_parser_config",
        &format!("{SNOWPLOW}/ua_parser_config/jsonschema/1-0-1"),
        json!({}),
    );
    fs::write(
        bench_of_rules.path("regexes.yaml"),
        "user_agent_parsers:\n  - regex: '(Fire(fox'\nos_parsers: []\ndevice_parsers: []\n",
    )
    .unwrap();
    let folder = format!("file://{}", bench_of_rules.path("").display());
    let config = json!({
        "schema": format!("iglu:{SNOWPLOW}/ua_parser_config/jsonschema/1-0-1"),
        "data": {"vendor": SNOWPLOW, "name": "ua_parser_config", "enabled": true,
            "parameters": {"database": "regexes.yaml", "uri": folder}}
    });
    fs::write(
        bench_of_rules.path("enrichments/one.json"),
        config.to_string(),
    )
    .unwrap();
    let said = refused(&bench_of_rules);
    assert!(said.contains("(Fire(fox"), "{said}");

    let script = "ZnVuY3Rpb24gcHJvY2VzcyhldmVudCB7IHJldHVybiBbXTsgfQ=="; // function process(event { return []; }
    let said = refused(&bench(
        "javascript_script_config",
        &format!("{SNOWPLOW}/javascript_script_config/jsonschema/1-0-0"),
        json!({"parameters": {"script": script}}),
    ));
    assert!(said.contains("script"), "{said}");
}

/// A port of loopback where nobody answers.
fn closed_port() -> u16 {
    let socket = TcpListener::bind("127.0.0.1:0").unwrap();
    socket.local_addr().unwrap().port()
}

#[cfg(feature = "sql")]
#[test]
fn a_database_that_cannot_be_reached_stops_the_start() {
    for (kind, tls) in [("postgresql", "sslMode"), ("mysql", "sslMode")] {
        let port = closed_port();
        let said = refused(&bench(
            "sql_query_enrichment_config",
            &format!("{ENRICHMENTS}/sql_query_enrichment_config/jsonschema/1-0-0"),
            json!({"parameters": {
                "inputs": [{"placeholder": 1, "pojo": {"field": "user_id"}}],
                "database": {kind: {"host": "127.0.0.1", "port": port, tls: false, "username": "snow",
                    "password": "melt-away", "database": "crm"}},
                "query": {"sql": "SELECT plan FROM users WHERE id = ?"},
                "output": {"expectedRows": "AT_MOST_ONE", "json": {"schema": "iglu:com.acme/user/jsonschema/1-0-0",
                    "describes": "ALL_ROWS", "propertyNames": "AS_IS"}},
                "cache": {"size": 10, "ttl": 60}
            }}),
        ));
        assert!(said.contains("the database cannot be reached"), "{said}");
        assert!(!said.contains("melt-away"), "{said}");
    }
}

/// A service that answers by the user who is asked for: at once, late, with a failure, or never.
struct Service {
    address: String,
    /// Connections at a time, at most.
    most: Arc<AtomicUsize>,
}

impl Service {
    fn start() -> Service {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let (most, now) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let seen = Arc::clone(&most);
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (now, seen) = (Arc::clone(&now), Arc::clone(&seen));
                thread::spawn(move || {
                    seen.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                    answer(stream);
                    now.fetch_sub(1, Ordering::SeqCst);
                });
            }
        });
        Service { address, most }
    }
}

fn answer(mut stream: TcpStream) {
    let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
    let first = lines.next().unwrap().unwrap();
    let user = first.split(['/', ' ']).nth(2).unwrap().to_owned();
    while lines.next().is_some_and(|line| !line.unwrap().is_empty()) {}
    let (kind, _) = user.split_once('-').unwrap();
    let (status, body) = match kind {
        "failed" => ("500 Internal Server Error", "{}".to_owned()),
        "odd" => ("200 OK", "<html>".to_owned()),
        _ => ("200 OK", json!({"record": {"plan": user}}).to_string()),
    };
    match kind {
        "late" => thread::sleep(Duration::from_millis(300)),
        // longer than anybody waits: until the client goes
        "never" => {
            let _ = lines.next();
            return;
        }
        _ => {}
    }
    let length = body.len();
    let _ = write!(
        stream,
        "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
    );
}

#[test]
fn a_service_that_is_late_fails_or_hangs_harms_only_the_events_it_was_asked_for() {
    let service = Service::start();
    let bench = bench(
        "api_request_enrichment_config",
        &format!("{ENRICHMENTS}/api_request_enrichment_config/jsonschema/1-0-0"),
        json!({"parameters": {
            "inputs": [{"key": "user", "pojo": {"field": "user_id"}}],
            "api": {"http": {"method": "GET", "uri": format!("http://{}/{{{{user}}}}", service.address),
                "timeout": 5000, "authentication": {}}},
            "outputs": [{"schema": "iglu:com.acme/user/jsonschema/1-0-0", "json": {"jsonPath": "$.record"}}],
            "cache": {"size": 100, "ttl": 60}
        }}),
    );
    let folder = bench.path("registry/schemas/com.acme/user/jsonschema");
    fs::create_dir_all(&folder).unwrap();
    let schema = json!({
        "$schema": "http://iglucentral.com/schemas/com.snowplowanalytics.self-desc/schema/jsonschema/1-0-0#",
        "self": {"vendor": "com.acme", "name": "user", "format": "jsonschema", "version": "1-0-0"},
        "type": "object", "properties": {"plan": {"type": "string"}}, "additionalProperties": false
    });
    fs::write(folder.join("1-0-0"), schema.to_string()).unwrap();
    bench.resolve_from_folder();
    let users: Vec<String> = ["good", "late", "failed", "never", "odd"]
        .iter()
        .flat_map(|kind| (0..4).map(move |n| format!("{kind}-{n}")))
        .collect();
    let records = users.iter().map(|user| {
        let query = format!("e=pv&p=web&tv=t&url=http%3A%2F%2Fshop.example%2F&uid={user}");
        sample::request("/i", Some(&query), None)
    });
    bench.write_records("raw", records);
    let output = Command::new(env!("CARGO_BIN_EXE_snowmelt"))
        .current_dir(bench.path("."))
        .args(["enrich", "-r", "resolver.json", "-e", "enrichments"])
        .args([
            "--format",
            "length-prefixed",
            "--input",
            "raw",
            "--jobs",
            "1",
        ])
        .args(["--by-payload", "rows"])
        .env("SNOWMELT_ALLOW_PRIVATE_ADDRESSES", "true")
        .output()
        .unwrap();
    assert_success(&output);
    let outcomes = bench.by_payload("rows");
    assert_eq!(outcomes.len(), users.len());
    for (user, outcome) in users.iter().zip(&outcomes) {
        let passes = user.starts_with("good") || user.starts_with("late");
        let (good, bad) = (count(outcome, "good"), count(outcome, "bad"));
        let row = outcome.to_json();
        assert_eq!((good, bad), if passes { (1, 0) } else { (0, 1) }, "{row}");
        let told = match user.split_once('-').unwrap().0 {
            "failed" => "Request failed with status 500",
            "odd" => "Unexpected character",
            "never" => "api_request_enrichment_config",
            _ => user,
        };
        assert!(row.contains(told), "{told}: {row}");
    }
    // all those of a batch are under way together: the ones that hang do not hold the others up
    let most = service.most.load(Ordering::SeqCst);
    assert!(most > 4, "{most} at a time");
}
