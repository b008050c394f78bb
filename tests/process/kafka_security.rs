//! A broker that takes TLS only, and only from clients that prove who they are.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::mpsc;
use std::time::Duration;

use crate::broker::{Broker, Extra, skipped};
use crate::support::Bench;
use crate::worker::{Worker, until};
use snowmelt::sample;

/// A certificate for 127.0.0.1 and the authority that signed it, made by openssl.
struct Certificates {
    folder: tempfile::TempDir,
}

impl Certificates {
    fn make() -> Certificates {
        let folder = tempfile::tempdir().unwrap();
        let run = |arguments: &str| {
            let output = Command::new("openssl")
                .current_dir(folder.path())
                .args(arguments.split(' '))
                .output()
                .unwrap();
            let said = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "{arguments}: {said}");
        };
        let key = "-newkey rsa:2048 -nodes";
        run(&format!(
            "req -x509 {key} -keyout ca.key -out ca.pem -days 2 -subj /CN=authority"
        ));
        run(&format!(
            "req {key} -keyout broker.key -out broker.csr -subj /CN=broker"
        ));
        fs::write(folder.path().join("names"), "subjectAltName=IP:127.0.0.1").unwrap();
        run(
            "x509 -req -in broker.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile names -out broker.crt",
        );
        let text = |name: &str| fs::read_to_string(folder.path().join(name)).unwrap();
        fs::write(
            folder.path().join("broker.pem"),
            text("broker.key") + &text("broker.crt"),
        )
        .unwrap();
        Certificates { folder }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

fn start(certificates: &Certificates) -> Broker {
    let module = "org.apache.kafka.common.security";
    let settings = format!(
        "ssl.keystore.type=PEM\nssl.keystore.location={}\n\
         sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-256,SCRAM-SHA-512,OAUTHBEARER\n\
         listener.name.sasl_ssl.plain.sasl.jaas.config={module}.plain.PlainLoginModule required user_alice=\"alice;=\\\\\"pw\";\n\
         listener.name.sasl_ssl.scram-sha-256.sasl.jaas.config={module}.scram.ScramLoginModule required;\n\
         listener.name.sasl_ssl.scram-sha-512.sasl.jaas.config={module}.scram.ScramLoginModule required;\n\
         listener.name.sasl_ssl.oauthbearer.sasl.jaas.config={module}.oauthbearer.OAuthBearerLoginModule required unsecuredLoginStringClaim_sub=\"broker\";\n",
        certificates.path("broker.pem").display()
    );
    Broker::with(&Extra {
        settings: &settings,
        listener: Some("SASL_SSL"),
        format: &[
            "--add-scram",
            "SCRAM-SHA-256=[name=bob,password=bob-pw]",
            "--add-scram",
            "SCRAM-SHA-512=[name=carol,password=carol-pw]",
        ],
    })
}

/// A configuration whose clients all prove who they are in the same way.
fn config(broker: &Broker, ca: &Path, group: &str, mechanism: &str, more: &str) -> String {
    let servers = broker.secure_address();
    let conf = format!(
        "\"security.protocol\" = \"SASL_SSL\"\n\"ssl.truststore.type\" = PEM\n\
         \"ssl.truststore.location\" = \"{}\"\n\"sasl.mechanism\" = \"{mechanism}\"\n{more}\n",
        ca.display()
    );
    let output = |topic: &str| {
        format!(
            "{{ topicName = {topic}, bootstrapServers = \"{servers}\", producerConf {{ {conf} }} }}"
        )
    };
    format!(
        "input {{ topicName = raw, bootstrapServers = \"{servers}\"\n\
         consumerConf {{ \"group.id\" = \"{group}\"\n{conf} }} }}\n\
         output {{ good = {}, bad = {} }}\n",
        output("good"),
        output("bad")
    )
}

fn jaas(module: &str, options: &str) -> String {
    let package = "org.apache.kafka.common.security";
    format!("\"sasl.jaas.config\" = \"\"\"{package}.{module} required {options};\"\"\"")
}

/// An OAuth server that gives every client the token of its name and tells what it was asked.
fn oauth_server() -> (String, mpsc::Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}/token", listener.local_addr().unwrap());
    let (asked, questions) = mpsc::channel();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let (mut question, mut chunk) = (Vec::new(), [0; 4096]);
            while !String::from_utf8_lossy(&question).contains("scope=") {
                match stream.read(&mut chunk).unwrap() {
                    0 => break,
                    size => question.extend_from_slice(&chunk[..size]),
                }
            }
            // good for a minute, so that it is asked for again before a long test ends
            let now = std::time::SystemTime::now()
                .duration_since(std::time::UNIX_EPOCH)
                .unwrap()
                .as_secs();
            let part = |text: &str| sample::base64::encode(text.as_bytes(), sample::base64::URL);
            let claims = format!(r#"{{"sub":"dave","iat":{now},"exp":{}}}"#, now + 60);
            let token = format!("{}.{}.", part(r#"{"alg":"none"}"#), part(&claims));
            let body = format!(r#"{{"access_token":"{token}","expires_in":60}}"#);
            let length = body.len();
            write!(
                stream,
                "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
            )
            .unwrap();
            let _ = asked.send(String::from_utf8_lossy(&question).into_owned());
        }
    });
    (address, questions)
}

#[test]
fn clients_prove_who_they_are_over_tls_in_every_way() {
    if skipped() {
        return;
    }
    let certificates = Certificates::make();
    let broker = start(&certificates);
    let ca = certificates.path("ca.pem");
    for topic in ["raw", "good", "bad"] {
        broker.topic(topic, 1, &[]);
    }
    let bench = Bench::new();
    let records: Vec<Vec<u8>> = sample::payloads(21).take(50).collect();
    broker.produce("raw", records.iter().map(|record| Some(record.as_slice())));
    let (address, questions) = oauth_server();
    let oauth = format!(
        "{}\n\"sasl.login.callback.handler.class\" = \"org.apache.kafka.common.security.oauthbearer.secured.OAuthBearerLoginCallbackHandler\"\n\
         \"sasl.oauthbearer.token.endpoint.url\" = \"{address}\"",
        jaas(
            "oauthbearer.OAuthBearerLoginModule",
            "clientId=\"dave\" clientSecret=\"dave-pw\" scope=\"raw good\""
        )
    );
    let plain = "plain.PlainLoginModule";
    let scram = "scram.ScramLoginModule";
    for (mechanism, more) in [
        (
            "PLAIN",
            jaas(plain, r#"username="alice" password="alice;=\"pw""#),
        ),
        (
            "SCRAM-SHA-256",
            jaas(scram, "username=\"bob\" password=\"bob-pw\""),
        ),
        (
            "SCRAM-SHA-512",
            jaas(scram, "username='carol' password='carol-pw'"),
        ),
        ("OAUTHBEARER", oauth),
    ] {
        let text = config(&broker, &ca, mechanism, mechanism, &more);
        let mut worker = Worker::start(&bench, mechanism, &text);
        until(mechanism, Duration::from_secs(180), || {
            assert!(worker.ended().is_none(), "{}", worker.log());
            broker.committed(mechanism, "raw", 1) == 50
        });
        let check = worker.check(&bench, &["--connect"]);
        assert!(check.0, "{mechanism}: {}", check.1);
        worker.stop();
        assert!(!worker.log().contains("-pw"), "{}", worker.log());
    }
    let question = questions.recv().unwrap();
    assert!(
        question.contains("grant_type=client_credentials&scope=raw%20good"),
        "{question}"
    );
    let basic = sample::base64::encode(b"dave:dave-pw", sample::base64::STANDARD);
    assert!(question.contains(&basic), "{question}");

    // another authority, and a wrong password
    let other = Certificates::make();
    for (ca, password) in [(other.path("ca.pem"), "bob-pw"), (ca, "wrong-pw")] {
        let more = jaas(scram, &format!("username=bob password={password}"));
        let text = config(&broker, &ca, "refused", "SCRAM-SHA-256", &more);
        fs::write(bench.path("refused.hocon"), text).unwrap();
        let (ok, said) = crate::worker::check(&bench, "refused", &["--connect"]);
        assert!(!ok && !said.contains("-pw"), "{said}");
    }
}
