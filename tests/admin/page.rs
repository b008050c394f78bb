//! The page in a browser: an operator mends a schema and sees the bad rows stop.

use serde_json::{Value, json};

use crate::browser::Browser;
use crate::run::{Run, THING, event, thing};
use crate::tools::{ask, json as get, skipped, until};

fn total(run: &Run, name: &str) -> u64 {
    get(run.at, "/state")[name].as_u64().unwrap()
}

#[test]
fn a_schema_that_was_mended_is_purged_on_the_page_and_the_bad_rows_stop() {
    if skipped() {
        return;
    }
    let run = Run::start(vec![event(&json!("5<b>"))], None, "");
    let browser = Browser::open(390, 844, false);
    browser.go(&format!("http://{}/", run.at));
    until("bad rows are shown", || {
        browser.text("#bad").contains("schema_violations")
    });
    assert_eq!(browser.text("#status"), "ready");
    assert!(
        browser
            .text("#bad")
            .contains("$.x: string found, integer expected")
    );
    assert!(browser.text("#bad").contains("5<b>") || browser.text("#bad").contains("thing"));
    assert_eq!(
        browser.run("return document.querySelectorAll('#bad b').length"),
        0
    );
    until("rates are shown", || {
        browser
            .text("#rate-bad")
            .parse::<f64>()
            .is_ok_and(|rate| rate > 0.0)
    });
    assert_eq!(total(&run, "good"), 0);

    // mended in the registry, and nothing changes, for the old one is kept
    thing(&run.bench, "string");
    let before = total(&run, "bad");
    until("bad rows go on", || total(&run, "bad") > before + 20);
    assert_eq!(total(&run, "good"), 0);

    let purge = format!("#schemas button[aria-label='Purge {THING}']");
    assert!(
        browser
            .text("#schemas")
            .contains("com.acme/thing/jsonschema/1-0-0")
    );
    browser.click(&purge);
    until("good rows come", || total(&run, "good") > 20);
    let stopped = total(&run, "bad");
    until("more good rows come", || total(&run, "good") > 200);
    assert_eq!(total(&run, "bad"), stopped, "no bad row came any more");
    until("the page shows it", || {
        browser.text("#rate-bad") == "0" && browser.text("#rate-good") != "0"
    });

    // the whole of it fits on a phone, nothing is refused by the page's own policy, nothing failed
    let wide = browser.run("return document.documentElement.scrollWidth <= window.innerWidth");
    assert_eq!(wide, Value::Bool(true), "the page is wider than a phone");
    assert_eq!(browser.complaints(), Vec::<String>::new());
}

#[test]
fn the_page_asks_for_the_token_is_dark_in_the_dark_and_reloads() {
    if skipped() {
        return;
    }
    let run = Run::start(vec![event(&json!(1))], Some("t0ken"), "");
    let browser = Browser::open(1200, 900, true);
    browser.go(&format!("http://{}/", run.at));
    until("the page asks", || {
        browser.run("return !document.getElementById('ask').hidden") == true
    });
    assert_eq!(ask(run.at, "GET", "/state", "").0, 401);
    browser.run("document.getElementById('token').value = 't0ken'");
    browser.click("#ask button");
    until("the page shows", || browser.text("#status") == "ready");
    assert_eq!(
        browser.run("return document.getElementById('ask').hidden"),
        true
    );
    let colour = "return getComputedStyle(document.body).backgroundColor";
    assert_eq!(browser.run(colour), "rgb(20, 23, 28)");

    assert!(browser.text("#reloaded").contains("generation 1"));
    browser.click("#reload");
    until("it was reloaded", || {
        browser.text("#reloaded").contains("unchanged")
    });
    std::fs::write(run.bench.path("enrichments/broken.json"), "{").unwrap();
    until("the change is refused and shown", || {
        browser.text("#reloaded").contains("refused")
            && browser.text("#reloaded").contains("broken.json")
    });
    let good = run.telemetry.so_far()[1];
    until("the old one goes on", || {
        run.telemetry.so_far()[1] > good + 20
    });
    std::fs::remove_file(run.bench.path("enrichments/broken.json")).unwrap();
    std::fs::remove_file(run.bench.path("enrichments").join(first_enrichment(&run))).unwrap();
    until("the next change is taken", || {
        browser.text("#reloaded").contains("generation 2")
    });
}

fn first_enrichment(run: &Run) -> String {
    let mut names: Vec<String> = std::fs::read_dir(run.bench.path("enrichments"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names.remove(0)
}
