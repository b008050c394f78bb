//! What the tests of this folder share: waiting, asking over HTTP, and tools that may be left out.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::Value;

/// Whether what needs installed tools is to be left out; says so. Installs them otherwise.
pub fn skipped() -> bool {
    if std::env::var_os("SNOWMELT_SKIP_BROWSER").is_some_and(|value| !value.is_empty()) {
        eprintln!("SKIPPED: SNOWMELT_SKIP_BROWSER is set, no browser and no promtool was used");
        return true;
    }
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/setup-admin.sh");
    assert!(Command::new(script).status().unwrap().success());
    false
}

/// Waits until something holds.
pub fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let end = Instant::now() + Duration::from_secs(60);
    while !holds() {
        assert!(Instant::now() < end, "{what}: not within a minute");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// Status and body of a request.
pub fn ask(at: SocketAddr, method: &str, path: &str, body: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(at).unwrap();
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nHost: {at}\r\nConnection: close\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    let answer = String::from_utf8(answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (
        head.split(' ').nth(1).unwrap().parse().unwrap(),
        body.to_owned(),
    )
}

/// The JSON at a path.
pub fn json(at: SocketAddr, path: &str) -> Value {
    let (status, body) = ask(at, "GET", path, "");
    assert_eq!(status, 200, "{path}: {body}");
    serde_json::from_str(&body).unwrap()
}

/// A port that is free now.
pub fn free_port() -> u16 {
    let socket = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    socket.local_addr().unwrap().port()
}
