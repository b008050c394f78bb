use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use super::*;
use crate::telemetry::Options;

#[derive(Default)]
struct Fake {
    purged: Mutex<Vec<Option<String>>>,
    refuses: AtomicBool,
}

impl Control for Fake {
    fn schemas(&self) -> Value {
        json!([{"key": "iglu:a/b/jsonschema/1-0-0", "state": "ok"}])
    }

    fn purge(&self, key: Option<&str>) -> Result<(), String> {
        if key == Some("x") {
            return Err("no schema key".to_owned());
        }
        self.purged.lock().unwrap().push(key.map(str::to_owned));
        Ok(())
    }

    fn reload(&self) -> Result<Value, String> {
        if self.refuses.load(Ordering::Relaxed) {
            return Err("a.json: data: is missing".to_owned());
        }
        Ok(json!({"outcome": "unchanged"}))
    }

    fn config(&self) -> Value {
        json!({"input": {}})
    }

    fn enrichments(&self) -> Value {
        json!({"generation": 1, "enrichments": []})
    }

    fn last_reload(&self) -> Value {
        Value::Null
    }

    fn refresh_gauges(&self) {}
}

struct Server {
    at: SocketAddr,
    control: Arc<Fake>,
    telemetry: Arc<Telemetry>,
    over: Arc<AtomicBool>,
    thread: Option<thread::JoinHandle<()>>,
}

impl Server {
    fn start(address: &str, token: Option<&str>) -> Server {
        let listener = bind(address.parse().unwrap()).unwrap();
        let at = SocketAddr::from(([127, 0, 0, 1], listener.local_addr().unwrap().port()));
        let (control, over) = (Arc::new(Fake::default()), Arc::new(AtomicBool::new(false)));
        let telemetry = Telemetry::new(Options::default());
        let stopped = Arc::clone(&over);
        let thread = serve(
            listener,
            Arc::clone(&control) as Arc<dyn Control>,
            Arc::clone(&telemetry),
            token.map(Secret::new),
            "1.2.3",
            move || stopped.load(Ordering::Relaxed),
        )
        .unwrap();
        Server {
            at,
            control,
            telemetry,
            over,
            thread: Some(thread),
        }
    }

    /// Status, head and body.
    fn ask(&self, line: &str, headers: &str) -> (u16, String, String) {
        let mut stream = TcpStream::connect(self.at).unwrap();
        write!(
            stream,
            "{line} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n{headers}\r\n",
            self.at
        )
        .unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        (status, head.to_ascii_lowercase(), body.to_owned())
    }

    fn get(&self, path: &str) -> (u16, String) {
        let (status, _, body) = self.ask(&format!("GET {path}"), "");
        (status, body)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
        self.thread.take().unwrap().join().unwrap();
    }
}

#[test]
fn probes_follow_the_health() {
    let server = Server::start("127.0.0.1:0", None);
    assert_eq!(server.get("/live"), (200, "live".to_owned()));
    assert_eq!(server.get("/ready").0, 503);
    assert_eq!(server.get("/").0, 200, "as later versions of the reference");
    server.telemetry.health().running(true);
    assert_eq!(server.get("/ready"), (200, "ready".to_owned()));
    server.telemetry.health().turn(1);
    for path in [
        "/live", "/livez", "/ready", "/readyz", "/health", "/healthz", "/",
    ] {
        assert_eq!(server.get(path).0, 503, "{path}: the last turn was in 1970");
    }
}

#[test]
fn people_get_a_page_that_loads_nothing_from_elsewhere() {
    let server = Server::start("127.0.0.1:0", None);
    let (status, head, body) = server.ask(
        "GET /",
        "Accept: text/html,application/xhtml+xml,*/*;q=0.8\r\n",
    );
    assert_eq!(status, 200);
    assert!(
        head.contains("content-security-policy: default-src 'none'; script-src 'self'"),
        "{head}"
    );
    assert!(body.contains("<title>Snowmelt</title>"));
    for file in [body, server.get("/page.js").1, server.get("/page.css").1] {
        assert!(file.len() > 500);
        assert!(
            !file.contains("http:") && !file.contains("https:"),
            "{file}"
        );
    }
}

#[test]
fn operators_see_the_state_and_change_it() {
    let server = Server::start("127.0.0.1:0", None);
    server.telemetry.gained(["3".to_owned()]);
    server.telemetry.partitions().lag_records("3", 7);
    server.telemetry.received(5, 50);
    server
        .telemetry
        .refused("schema_violations", b"\"failure\":{\"x\":1},\"payload\":{}");
    let json = |path: &str| -> Value {
        let (status, body) = server.get(path);
        assert_eq!(status, 200, "{path}");
        serde_json::from_str(&body).unwrap()
    };
    assert_eq!(
        json("/shards"),
        json!([{"partition": "3", "lagRecords": 7, "lagMillis": null}])
    );
    assert_eq!(json("/schemas")[0]["state"], "ok");
    assert_eq!(json("/config"), json!({"input": {}}));
    assert_eq!(json("/enrichments")["generation"], 1);
    let state = json("/state");
    assert_eq!(
        (&state["raw"], &state["version"]),
        (&json!(5), &json!("1.2.3"))
    );
    assert_eq!(state["recent"][0]["reason"], "{\"x\":1}");
    assert!(server.get("/metrics").1.contains("snowmelt_raw_total 5"));

    let post = |path: &str| {
        let (status, _, body) = server.ask(&format!("POST {path}"), "Content-Length: 0\r\n");
        (status, body)
    };
    assert_eq!(post("/schemas/purge").0, 200);
    assert_eq!(
        post("/schemas/purge?key=iglu%3Aa%2Fb%2Fjsonschema%2F1-0-0").0,
        200
    );
    assert_eq!(
        post("/schemas/purge?key=x"),
        (400, "{\"error\":\"no schema key\"}".to_owned())
    );
    assert_eq!(
        *server.control.purged.lock().unwrap(),
        [None, Some("iglu:a/b/jsonschema/1-0-0".to_owned())]
    );
    assert_eq!(
        post("/reload"),
        (200, "{\"outcome\":\"unchanged\"}".to_owned())
    );
    server.control.refuses.store(true, Ordering::Relaxed);
    assert_eq!(
        post("/reload"),
        (422, "{\"error\":\"a.json: data: is missing\"}".to_owned())
    );
    assert_eq!(server.get("/reload").0, 405, "a link changes nothing");
    assert_eq!(server.get("/nothing").0, 404);
}

#[test]
fn other_sites_and_people_without_the_token_see_and_change_nothing() {
    let server = Server::start("127.0.0.1:0", None);
    let (status, ..) = server.ask(
        "POST /schemas/purge",
        "Origin: http://evil.example\r\nContent-Length: 0\r\n",
    );
    assert_eq!(status, 403);
    assert!(server.control.purged.lock().unwrap().is_empty());

    let open = Server::start("0.0.0.0:0", None);
    let closed = Server::start("0.0.0.0:0", Some("t0ken"));
    for path in ["/schemas", "/config", "/enrichments", "/shards", "/state"] {
        assert_eq!(open.get(path).0, 403, "{path}");
        assert_eq!(closed.get(path).0, 401, "{path}");
        let (status, ..) = closed.ask(&format!("GET {path}"), "Authorization: Bearer t0ken\r\n");
        assert_eq!(status, 200, "{path}");
    }
    for path in ["/live", "/metrics", "/page.js"] {
        assert_eq!((open.get(path).0, closed.get(path).0), (200, 200), "{path}");
    }
}

#[test]
fn an_address_that_is_taken_is_told() {
    let first = bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let at = first.local_addr().unwrap();
    let error = bind(at).unwrap_err();
    assert!(error.starts_with(&format!("--admin {at}: ")), "{error}");
    assert!(error.ends_with("; give another address, or `off` for no admin pages"));
}
