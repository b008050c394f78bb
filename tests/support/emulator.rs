//! Emulators of AWS that scripts install and run, and clients for them.

use std::net::TcpListener;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Whether what needs servers of others is to be left out; says what is not tested then.
pub fn skipped(what: &str) -> bool {
    let skip = std::env::var_os("SNOWMELT_SKIP_BROKERS").is_some_and(|value| !value.is_empty());
    if skip {
        eprintln!("SKIPPED: SNOWMELT_SKIP_BROKERS is set, nothing was tested against {what}");
    }
    skip
}

/// Ports of loopback that nobody uses.
pub fn free_ports<const N: usize>() -> [u16; N] {
    let sockets = [(); N].map(|()| TcpListener::bind("127.0.0.1:0").unwrap());
    sockets.map(|socket| socket.local_addr().unwrap().port())
}

/// A server that ends with this.
pub struct Emulator(Child);

impl Emulator {
    /// Runs a script of `scripts/` that becomes the server on these ports.
    pub fn start(script: &str, ports: &[u16]) -> Emulator {
        let scripts = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts");
        let child = Command::new(scripts.join(script))
            .args(ports.iter().map(u16::to_string))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .process_group(0)
            .spawn();
        Emulator(child.unwrap())
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        // a group of its own: the script and what it became
        let group = format!("-{}", self.0.id());
        let _ = Command::new("kill")
            .args(["-s", "KILL", "--", &group])
            .status();
        let _ = self.0.wait();
    }
}

/// Waits until an emulator answers; it may have to be installed first.
pub fn wait_for_answers(mut answers: impl FnMut() -> bool) {
    let end = Instant::now() + Duration::from_secs(180);
    while !answers() {
        assert!(Instant::now() < end, "the emulators do not answer");
        std::thread::sleep(Duration::from_millis(200));
    }
}

/// What clients of emulators are made of: emulators take any credentials.
#[cfg(feature = "kinesis")]
pub fn settings(runtime: &tokio::runtime::Runtime) -> snowmelt::cloud::aws::SdkConfig {
    use aws_sdk_dynamodb::config::{Credentials, SharedCredentialsProvider};

    let config = runtime.block_on(snowmelt::cloud::aws::load(Some("eu-central-1")));
    let credentials = Credentials::new("test", "test", None, None, "test");
    let builder = config.unwrap().into_builder();
    builder
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .build()
}
