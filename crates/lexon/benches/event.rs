//! Times parsing and printing of one event-like document of about 900 bytes: `cargo bench -p lexon`.
#![allow(clippy::print_stdout)] // its output is its purpose

use std::hint::black_box;
use std::time::Instant;

const EVENT: &str = concat!(
    r#"{"schema":"iglu:com.snowplowanalytics.snowplow/contexts/jsonschema/1-0-0","data":["#,
    r#"{"schema":"iglu:com.snowplowanalytics.snowplow/web_page/jsonschema/1-0-0","data":{"#,
    r#""id":"8d0a3b3a-6c35-4f3e-a3f4-0d2c4f1d8c11"}},{"schema":"iglu:org.w3/PerformanceTiming/jsonschema/1-0-0","#,
    r#""data":{"navigationStart":1700000000123,"unloadEventStart":0,"redirectStart":0,"fetchStart":1700000000125,"#,
    r#""domainLookupStart":1700000000130,"connectStart":1700000000140,"requestStart":1700000000180,"#,
    r#""responseStart":1700000000250,"domLoading":1700000000260,"loadEventEnd":1700000000900,"ratio":0.75}},"#,
    r#"{"schema":"iglu:com.acme/product/jsonschema/1-2-0","data":{"sku":"ABC-12345","name":"Wool \"winter\" socks","#,
    r#""price":12.50,"currency":"EUR","inStock":true,"tags":["wool","warm","größe 42"],"size":null,"#,
    r#""url":"https://shop.example.com/products/abc-12345?utm_source=newsletter&utm_medium=email","quantity":2}}]}"#,
);

fn time(name: &str, mut run: impl FnMut()) {
    const ROUNDS: u32 = 20_000;
    let mut best = f64::MAX;
    for _ in 0..15 {
        let start = Instant::now();
        for _ in 0..ROUNDS {
            run();
        }
        best = best.min(start.elapsed().as_secs_f64() * 1e9 / f64::from(ROUNDS));
    }
    println!("{name:<32} {best:>8.0} ns");
}

fn main() {
    let spaced = EVENT.replace(',', ", ").replace("\":", "\": ");
    let doc = lexon::Doc::parse(EVENT).ok();
    let spaced_doc = lexon::Doc::parse(&spaced).ok();
    let tree = lexon::Tree::parse(EVENT).ok();
    let (Some(doc), Some(spaced_doc), Some(tree)) = (doc, spaced_doc, tree) else {
        return;
    };
    println!("{} bytes, with blanks {}", EVENT.len(), spaced.len());
    let mut out = String::with_capacity(4096);
    time("parse", || {
        drop(black_box(lexon::Doc::parse(black_box(EVENT))))
    });
    time("parse with blanks", || {
        drop(black_box(lexon::Doc::parse(black_box(&spaced))))
    });
    time("print", || {
        out.clear();
        black_box(doc.root()).write(&mut out);
    });
    time("print with blanks", || {
        out.clear();
        black_box(spaced_doc.root()).write(&mut out);
    });
    time("print tree", || {
        out.clear();
        black_box(&tree).write(&mut out);
    });
    time("to tree and drop", || drop(black_box(doc.root().to_tree())));
    time("write the document as a string", || {
        out.clear();
        lexon::write_string(&mut out, black_box(EVENT));
    });
}
