//! `snowmelt run` as a process.

use std::fs;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use super::Bench;

/// A worker that is killed when dropped.
pub struct Worker {
    name: String,
    process: Child,
    log: PathBuf,
}

/// Whether `snowmelt check` likes a configuration, and what it says.
pub fn check(bench: &Bench, name: &str, more: &[&str]) -> (bool, String) {
    check_with(bench, name, more, &[])
}

/// The same with more variables in its environment.
pub fn check_with(
    bench: &Bench,
    name: &str,
    more: &[&str],
    env: &[(&str, &str)],
) -> (bool, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_snowmelt"))
        .current_dir(bench.path("."))
        .args(["check", "-r", "resolver.json", "-e", "enrichments", "-c"])
        .arg(format!("{name}.hocon"))
        .args(more)
        .envs(env.iter().copied())
        .output()
        .unwrap();
    (
        output.status.success(),
        String::from_utf8_lossy(&output.stderr).into_owned(),
    )
}

impl Worker {
    /// Starts one in the folder of a bench, with the flags of the reference.
    pub fn start(bench: &Bench, name: &str, config: &str) -> Worker {
        Worker::start_with(bench, name, config, &[])
    }

    /// The same with more variables in its environment.
    pub fn start_with(bench: &Bench, name: &str, config: &str, env: &[(&str, &str)]) -> Worker {
        let (file, log) = (
            bench.path(&format!("{name}.hocon")),
            bench.path(&format!("{name}.log")),
        );
        fs::write(&file, config).unwrap();
        let process = Command::new(env!("CARGO_BIN_EXE_snowmelt"))
            .current_dir(bench.path("."))
            .args([
                "--iglu-config",
                "resolver.json",
                "--enrichments",
                "enrichments",
            ])
            .args(["--etl-tstamp", "2023-11-14T22:13:20Z", "--config"])
            .arg(file)
            .envs(env.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(
                fs::OpenOptions::new()
                    .append(true)
                    .create(true)
                    .open(&log)
                    .unwrap(),
            )
            .spawn()
            .unwrap();
        Worker {
            name: name.to_owned(),
            process,
            log,
        }
    }

    /// Whether `snowmelt check` likes its configuration, and what it says.
    pub fn check(&self, bench: &Bench, more: &[&str]) -> (bool, String) {
        check(bench, &self.name, more)
    }

    /// What it said so far.
    pub fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// Sends a signal by name.
    pub fn signal(&self, name: &str) {
        let id = self.process.id().to_string();
        assert!(
            Command::new("kill")
                .args(["-s", name, &id])
                .status()
                .unwrap()
                .success()
        );
    }

    /// The most memory it had so far, bytes.
    pub fn peak_memory(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.process.id())).unwrap();
        let line = status
            .lines()
            .find_map(|line| line.strip_prefix("VmHWM:"))
            .unwrap();
        let kib: u64 = line.trim().trim_end_matches(" kB").parse().unwrap();
        kib << 10
    }

    /// Ends it at once.
    pub fn kill(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }

    /// Its status if it ended.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.process.try_wait().unwrap()
    }

    /// Waits for its end.
    pub fn wait(&mut self, at_most: Duration) -> ExitStatus {
        let end = Instant::now() + at_most;
        loop {
            if let Some(status) = self.ended() {
                return status;
            }
            assert!(Instant::now() < end, "it does not end: {}", self.log());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Asks it to stop and asserts that it ends well.
    pub fn stop(&mut self) {
        self.signal("TERM");
        let status = self.wait(Duration::from_secs(180));
        assert_eq!(status.code(), Some(0), "{}", self.log());
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.kill();
        if std::thread::panicking() {
            eprintln!("worker: {}", self.log());
        }
    }
}

/// Waits until something holds.
pub fn until(what: &str, at_most: Duration, mut holds: impl FnMut() -> bool) {
    let end = Instant::now() + at_most;
    while !holds() {
        assert!(Instant::now() < end, "{what}: not within {at_most:?}");
        std::thread::sleep(Duration::from_millis(200));
    }
}
