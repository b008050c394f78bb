//! A DynamoDB Local of one test.

use std::net::TcpListener;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::{Credentials, SharedCredentialsProvider};
use snowmelt::cloud::aws;
use tokio::runtime::Runtime;

/// A server that ends with this.
pub struct Server {
    child: Child,
    pub runtime: Runtime,
    pub client: Client,
}

impl Drop for Server {
    fn drop(&mut self) {
        // a group of its own: the script and what it became
        let group = format!("-{}", self.child.id());
        let _ = Command::new("kill")
            .args(["-s", "KILL", "--", &group])
            .status();
        let _ = self.child.wait();
    }
}

/// Starts a server and waits until it answers; `None`, with a word, where such tests are left out.
pub fn start() -> Option<Server> {
    if std::env::var_os("SNOWMELT_SKIP_BROKERS").is_some_and(|value| !value.is_empty()) {
        eprintln!("SKIPPED: SNOWMELT_SKIP_BROKERS is set, nothing was tested against DynamoDB");
        return None;
    }
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr();
    let port = port.unwrap().port();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/setup-dynamodb.sh");
    let child = Command::new(script)
        .arg(port.to_string())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .process_group(0)
        .spawn()
        .unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(4)
        .enable_all()
        .build()
        .unwrap();
    let config = runtime.block_on(aws::load(Some("eu-central-1"))).unwrap();
    let credentials = Credentials::new("test", "test", None, None, "test");
    let config = config
        .into_builder()
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .build();
    let endpoint = format!("http://127.0.0.1:{port}");
    let client = aws::dynamodb(&config, Some(&endpoint), Duration::from_secs(20));
    let server = Server {
        child,
        runtime,
        client,
    };
    let end = Instant::now() + Duration::from_secs(180);
    while server
        .runtime
        .block_on(server.client.list_tables().send())
        .is_err()
    {
        assert!(Instant::now() < end, "DynamoDB Local does not answer");
        std::thread::sleep(Duration::from_millis(200));
    }
    Some(server)
}
