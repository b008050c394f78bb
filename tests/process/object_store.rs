//! Databases in an object store, which are exchanged while events pass. The emulator checks who asks.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::json;
use snowmelt::sample;

use crate::broker::{Broker, skipped};
use crate::support::Bench;
use crate::support::emulator::{Emulator, free_ports, wait_for_answers};
use crate::support::worker::check_with;
use crate::worker::{Worker, config, until};

const REGION: &str = "eu-central-1";
const OBJECT: &str = "/databases/referers/referers.json";

/// S3, and the service that gives out credentials for it.
struct Store {
    port: u16,
    _emulator: Emulator,
}

impl Store {
    fn start() -> Store {
        let [port] = free_ports();
        let emulator = Emulator::start("setup-s3.sh", &[port]);
        wait_for_answers(|| TcpStream::connect(("127.0.0.1", port)).is_ok());
        Store {
            port,
            _emulator: emulator,
        }
    }

    /// Status and body of a request of nobody in particular to a service.
    fn ask(&self, service: &str, method: &str, path: &str, body: &str) -> (u16, String) {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        stream
            .set_read_timeout(Some(Duration::from_secs(60)))
            .unwrap();
        let length = body.len();
        let kind = match service {
            "iam" => "application/x-www-form-urlencoded",
            _ => "application/octet-stream",
        };
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\
             Authorization: AWS4-HMAC-SHA256 Credential=nobody/20231114/{REGION}/{service}/aws4_request, SignedHeaders=host, Signature=0\r\n\
             Content-Type: {kind}\r\nContent-Length: {length}\r\n\r\n"
        );
        stream.write_all(head.as_bytes()).unwrap();
        stream.write_all(body.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        (status, body.to_owned())
    }

    fn must(&self, service: &str, method: &str, path: &str, body: &str) -> String {
        let (status, answer) = self.ask(service, method, path, body);
        assert_eq!(status, 200, "{method} {path}: {answer}");
        answer
    }

    /// A user who may read objects: key and secret.
    fn user(&self) -> (String, String) {
        let ask = |body: &str| self.must("iam", "POST", "/", &format!("{body}&Version=2010-05-08"));
        ask("Action=CreateUser&UserName=reader");
        // {"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}]}
        ask(
            "Action=PutUserPolicy&UserName=reader&PolicyName=read&PolicyDocument=%7B%22Version%22%3A%222012-10-17%22%2C\
             %22Statement%22%3A%5B%7B%22Effect%22%3A%22Allow%22%2C%22Action%22%3A%22s3%3AGetObject%22%2C%22Resource%22%3A\
             %22%2A%22%7D%5D%7D",
        );
        let answer = ask("Action=CreateAccessKey&UserName=reader");
        let part = |name: &str| {
            let (_, rest) = answer.split_once(&format!("<{name}>")).unwrap();
            rest.split('<').next().unwrap().to_owned()
        };
        (part("AccessKeyId"), part("SecretAccessKey"))
    }

    /// From now on nobody gets anything without credentials, but for so many requests.
    fn strangers(&self, requests: u32) {
        self.must("s3", "POST", "/moto-api/reset-auth", &requests.to_string());
    }

    /// Puts the database.
    fn put(&self, text: &str) {
        // the program asks as well, and may take the one request that nobody has to answer for
        until("the object is written", Duration::from_secs(60), || {
            self.strangers(1);
            self.ask("s3", "PUT", OBJECT, text).0 == 200
        });
        self.strangers(0);
    }
}

/// A database that knows one site.
fn knows(site: &str) -> String {
    json!({"search": {"S": {"domains": [site]}}}).to_string()
}

#[test]
fn a_database_in_s3_that_is_replaced_is_used_without_a_restart() {
    if skipped() {
        return;
    }
    let broker = Broker::start();
    for topic in ["raw", "good", "bad", "pii"] {
        broker.topic(topic, 1, &[]);
    }
    let store = Store::start();
    let (key, secret) = store.user();
    store.must(
        "s3",
        "PUT",
        "/databases",
        &format!(
            "<CreateBucketConfiguration><LocationConstraint>{REGION}</LocationConstraint></CreateBucketConfiguration>"
        ),
    );
    store.put(&knows("first.example"));
    assert_eq!(
        store.ask("s3", "GET", OBJECT, "").0,
        403,
        "strangers get nothing"
    );

    let bench = Bench::new();
    fs::remove_dir_all(bench.path("enrichments")).unwrap();
    fs::create_dir(bench.path("enrichments")).unwrap();
    let referers = json!({
        "schema": "iglu:com.snowplowanalytics.snowplow/referer_parser/jsonschema/2-0-0",
        "data": {"vendor": "com.snowplowanalytics.snowplow", "name": "referer_parser", "enabled": true,
            "parameters": {"internalDomains": [], "database": "referers.json", "uri": "s3://databases/referers"}}
    });
    fs::write(
        bench.path("enrichments/referers.json"),
        referers.to_string(),
    )
    .unwrap();

    let endpoint = format!("http://127.0.0.1:{}", store.port);
    let env = |secret| {
        [
            ("AWS_ENDPOINT_URL", endpoint.as_str()),
            ("AWS_ALLOW_HTTP", "true"),
            ("AWS_REGION", REGION),
            ("AWS_ACCESS_KEY_ID", key.as_str()),
            ("AWS_SECRET_ACCESS_KEY", secret),
        ]
    };
    let text = config(&broker, "assetsUpdatePeriod = 1 second");
    let mut worker = Worker::start_with(&bench, "worker", &text, &env(&secret));
    // page views from both sites, again and again: what the last row of each tells
    let mut seen = 0;
    let mut mediums = || {
        let from = |site: &str| {
            let query = format!("e=pv&p=web&tv=t&refr=http%3A%2F%2F{site}%2F");
            sample::request("/i", Some(&query), None)
        };
        let records = ["first.example", "second.example"].map(from);
        broker.produce("raw", records.iter().map(|record| Some(record.as_slice())));
        seen += 2;
        until("the events are written", Duration::from_secs(60), || {
            assert!(worker.ended().is_none(), "{}", worker.log());
            broker.count("good") >= seen
        });
        let rows = broker.read("good");
        let last = &rows[rows.len() - 2..];
        let medium = |row: &crate::broker::Seen| {
            let text = String::from_utf8(row.value.clone()).unwrap();
            text.split('\t').nth(44).unwrap().to_owned()
        };
        [medium(&last[0]), medium(&last[1])]
    };
    assert_eq!(mediums(), ["search", "unknown"]);
    store.put(&knows("second.example"));
    until("the new one is in use", Duration::from_secs(60), || {
        mediums() == ["unknown", "search"]
    });
    store.put("no JSON");
    until("the broken one is refused", Duration::from_secs(60), || {
        let log = fs::read_to_string(bench.path("worker.log")).unwrap();
        log.contains("newer assets cannot be used")
    });
    assert_eq!(mediums(), ["unknown", "search"], "the old one stays");
    store.put(&knows("first.example"));
    until("the mended one is in use", Duration::from_secs(60), || {
        mediums() == ["search", "unknown"]
    });
    worker.stop();
    assert!(!worker.log().contains(&secret), "the secret is in the log");

    let (fine, said) = check_with(&bench, "worker", &[], &env(&secret));
    assert!(fine, "{said}");
    let (fine, said) = check_with(&bench, "worker", &[], &env("not-the-secret"));
    assert!(
        !fine && said.contains("referers.json") && said.contains("s3://databases/referers"),
        "{said}"
    );
}
