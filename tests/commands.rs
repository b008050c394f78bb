//! What people do with single payloads and with bad rows: `explain` and `recover`.
#![allow(
    clippy::unwrap_used,
    reason = "a test stops at what it does not expect"
)]

mod support;

use std::collections::BTreeMap;
use std::fs;
use std::process::{Command, Output};

use lexon::Tree;
use snowmelt::sample;
use support::{Bench, assert_success};

fn snowmelt(bench: &Bench, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_snowmelt"))
        .current_dir(bench.path("."))
        .args(arguments)
        .output()
        .unwrap()
}

/// How often each type failed with what, in a file of bad rows of these types.
fn failures(bench: &Bench, name: &str, types: &[&str]) -> BTreeMap<(String, String), u32> {
    let mut failures = BTreeMap::new();
    for line in fs::read_to_string(bench.path(name)).unwrap().lines() {
        let row = Tree::parse(line).unwrap();
        let schema = row.get("schema").unwrap().as_str().unwrap();
        let kind = schema.split('/').nth(1).unwrap().to_owned();
        if types.is_empty() || types.contains(&kind.as_str()) {
            let mut failure = row.get("data").unwrap().get("failure").unwrap().clone();
            failure.remove("timestamp");
            *failures.entry((kind, failure.to_json())).or_default() += 1;
        }
    }
    failures
}

#[test]
fn bad_rows_that_are_recovered_fail_as_before_and_pass_once_they_are_mended() {
    let bench = Bench::new();
    bench.write_records("raw", sample::payloads(5).take(4000));
    assert_success(&bench.enrich("raw", &["--good", "good", "--bad", "bad"]));
    let to = ["--output", "again", "--format", "length-prefixed"];
    let recover = |more: &[&str]| {
        let mut arguments = vec!["recover", "--input", "bad"];
        arguments.extend(to.iter().chain(more));
        let output = snowmelt(&bench, &arguments);
        assert_success(&output);
        String::from_utf8(output.stderr).unwrap()
    };
    let said = recover(&["--left", "left"]);
    let rows = fs::read_to_string(bench.path("bad")).unwrap();
    let (rows, left) = (
        rows.lines().count(),
        fs::read_to_string(bench.path("left")).unwrap(),
    );
    let counts = format!(
        "{rows} bad rows read, {rows} wanted, {} payloads",
        rows - left.lines().count()
    );
    assert!(said.contains(&counts), "{said}");
    assert!(left.lines().all(|line| line.contains("/size_violation/")));
    assert_success(&bench.enrich("again", &["--good", "good2", "--bad", "bad2"]));
    let kinds = [
        "adapter_failures",
        "collector_payload_format_violation",
        "enrichment_failures",
        "schema_violations",
        "tracker_protocol_violations",
    ];
    let before = failures(&bench, "bad", &kinds);
    assert_eq!(failures(&bench, "bad2", &[]), before);
    for kind in kinds {
        assert!(before.keys().any(|(found, _)| found == kind), "no {kind}");
    }

    // what was refused for an unstructured event passes as another kind of event
    let said = recover(&[
        "--type",
        "schema_violations",
        "--patch",
        r#"{"parameters": {"e": "pv", "ue_pr": null, "ue_px": null, "co": null, "cx": null}}"#,
    ]);
    assert!(!said.contains(" 0 payloads written"), "{said}");
    assert_success(&bench.enrich("again", &["--good", "good3", "--bad", "bad3"]));
    assert!(failures(&bench, "bad3", &["schema_violations"]).is_empty());
    let good = fs::read_to_string(bench.path("good3")).unwrap();
    assert!(good.lines().count() > 0);

    let none = recover(&["--schema", "iglu:com.nobody/*"]);
    assert!(none.contains(" 0 wanted, 0 payloads written"), "{none}");
    let wrong = snowmelt(&bench, &["recover", "--input", "bad", "--patch", "{"]);
    assert_eq!(wrong.status.code(), Some(2));
}

#[test]
fn a_payload_is_explained_step_by_step() {
    let bench = Bench::new();
    let good = sample::request(
        "/i",
        Some(
            "e=pv&p=web&tv=t&aid=shop&ip=203.0.113.77&url=http%3A%2F%2Fshop.example%2F%3Futm_source%3Dx",
        ),
        None,
    );
    bench.write_records("raw", [b"junk".to_vec(), good.clone()]);
    let explain = |more: &[&str]| {
        let mut arguments = vec!["explain", "-r", "resolver.json", "-e", "enrichments"];
        arguments.extend(["--etl-tstamp", "2023-11-14T22:13:20Z"]);
        arguments.extend(more);
        let output = snowmelt(&bench, &arguments);
        assert_success(&output);
        String::from_utf8(output.stdout).unwrap()
    };
    let of_file = ["--input", "raw", "--format", "length-prefixed", "--nth"];
    let story = explain(&[&of_file[..], &["1"]].concat());
    for part in [
        "  adapter: com.snowplowanalytics.snowplow/tp1\n",
        "  query aid = shop\n",
        "\nevent 1 of 1\n  parameter ",
        "fields\n",
        "  + app_id = shop\n",
        "validation\n  no self-describing JSON\n",
        "  + mkt_source = x\n",
        "\ngood row\n  shop\t",
        "derived contexts\n  + derived_contexts = ",
        "\npii row\n",
        "\n1 good, 0 bad, 1 pii\n",
    ] {
        assert!(story.contains(part), "{part:?} is not in\n{story}");
    }
    let broken = explain(&[&of_file[..], &["0"]].concat());
    assert!(
        broken.contains("collector_payload_format_violation") && broken.contains("\n0 good, 1 bad")
    );
    // event ids are made up anew
    let base64 = jvm::base64::encode_standard(&good);
    assert!(explain(&["--payload", &base64]).contains("  + mkt_source = x\n"));
    let mut arguments = vec!["explain", "-r", "resolver.json", "-e", "enrichments"];
    arguments.extend([&of_file[..], &["2"]].concat());
    let missing = snowmelt(&bench, &arguments);
    let said = String::from_utf8(missing.stderr).unwrap();
    assert_eq!(missing.status.code(), Some(1));
    assert!(said.contains("raw has no payload of number 2"), "{said}");
}
