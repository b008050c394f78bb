//! The numbers of the reference, under its names, to statsd and to the log.
//!
//! Values are what happened since the last report; each reporter has its own registers. Order, names, types
//! and spelling are those of Enrich 3.9.0, then come those of later versions.

use std::net::{ToSocketAddrs, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::{Duration, Instant};

use super::logs::Repeats;
use super::{Telemetry, Totals};

/// How many reporters there can be.
pub(super) const REPORTERS: usize = 2;

/// Where statsd is, and how it is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statsd {
    /// Host, looked up anew for each report.
    pub hostname: String,
    /// UDP port.
    pub port: u16,
    /// How often.
    pub period: Duration,
    /// Tags, as DogStatsD writes them.
    pub tags: Vec<(String, String)>,
    /// What names begin with; may be empty.
    pub prefix: String,
}

/// The log as a place for numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stdout {
    /// How often.
    pub period: Duration,
    /// What names begin with; may be empty.
    pub prefix: String,
}

/// What to report and where.
#[derive(Debug, Clone, Default)]
pub struct Reports {
    /// To statsd.
    pub statsd: Option<Statsd>,
    /// To the log.
    pub stdout: Option<Stdout>,
    /// Whether there are remote adapters, whose numbers are told only then.
    pub remote_adapters: bool,
    /// Lines of the log that were left out are told by the same thread.
    pub repeats: Repeats,
}

/// How often observations are sorted into buckets.
const UPKEEP: Duration = Duration::from_secs(2);

/// The numbers since the last call, for one reporter.
#[derive(Debug)]
pub(super) struct Deltas {
    slot: usize,
    remote: bool,
    last: [u64; 8],
}

impl Deltas {
    pub(super) fn new(slot: usize, remote: bool) -> Deltas {
        Deltas {
            slot,
            remote,
            last: [0; 8],
        }
    }

    /// Names and values, in the order of the reference.
    pub(super) fn take(&mut self, telemetry: &Telemetry) -> Vec<(&'static str, u64)> {
        let Totals {
            raw,
            good,
            good_bytes,
            bad,
            invalid_enriched,
            remote: [success, failure, timeout],
        } = &telemetry.totals;
        let now = [
            raw,
            good,
            bad,
            invalid_enriched,
            success,
            failure,
            timeout,
            good_bytes,
        ]
        .map(|total| total.load(Ordering::Relaxed));
        let last = std::mem::replace(&mut self.last, now);
        let [
            raw,
            good,
            bad,
            invalid,
            success,
            failure,
            timeout,
            good_bytes,
        ] = std::array::from_fn(|n| {
            let of = |list: &[u64; 8]| list.get(n).copied().unwrap_or_default();
            of(&now).saturating_sub(of(&last))
        });
        let since = |registers: &[std::sync::atomic::AtomicI64; REPORTERS]| {
            let register = registers.get(self.slot)?;
            u64::try_from(register.swap(i64::MIN, Ordering::Relaxed)).ok()
        };
        let mut list = vec![
            ("raw", raw),
            ("good", good),
            ("bad", bad),
            ("invalid_enriched", invalid),
        ];
        list.extend(since(&telemetry.latencies).map(|millis| ("latency", millis)));
        if self.remote {
            list.extend([
                ("remote_adapters_success", success),
                ("remote_adapters_failure", failure),
                ("remote_adapters_timeout", timeout),
            ]);
        }
        list.push(("good_bytes", good_bytes));
        list.extend(since(&telemetry.worst).map(|millis| ("e2e_latency_millis", millis)));
        list
    }
}

/// One metric as DogStatsD takes it; without tags the text still ends in `|#`, as the reference's does.
pub(super) fn datagram(prefix: &str, name: &str, value: u64, tags: &[(String, String)]) -> String {
    let kind = if name.contains("latency") { 'g' } else { 'c' };
    let tags: Vec<String> = tags
        .iter()
        .map(|(name, value)| format!("{name}:{value}"))
        .collect();
    let name = full_name(prefix, name);
    format!("{name}:{value}|{kind}|#{}", tags.join(","))
}

fn full_name(prefix: &str, name: &str) -> String {
    let prefix = prefix.strip_suffix('.').unwrap_or(prefix);
    match prefix {
        "" => name.to_owned(),
        prefix => format!("{prefix}.{name}"),
    }
}

/// Starts the thread that reports until `stopped`, and once more then.
///
/// # Errors
/// When the system has no thread to give.
pub fn start(
    telemetry: &Arc<Telemetry>,
    reports: Reports,
    stopped: impl Fn() -> bool + Send + 'static,
) -> std::io::Result<thread::JoinHandle<()>> {
    let telemetry = Arc::clone(telemetry);
    thread::Builder::new()
        .name("metrics".to_owned())
        .spawn(move || run(&telemetry, &reports, &stopped))
}

fn run(telemetry: &Telemetry, reports: &Reports, stopped: &dyn Fn() -> bool) {
    let mut to_statsd = Deltas::new(0, reports.remote_adapters);
    let mut to_log = Deltas::new(1, reports.remote_adapters);
    let (mut sent, mut logged, mut kept) = (Instant::now(), Instant::now(), Instant::now());
    loop {
        let last = stopped();
        if let Some(statsd) = &reports.statsd
            && (last || sent.elapsed() >= statsd.period)
        {
            sent = Instant::now();
            send(statsd, &to_statsd.take(telemetry));
        }
        if let Some(stdout) = &reports.stdout
            && (last || logged.elapsed() >= stdout.period)
        {
            logged = Instant::now();
            for (name, value) in to_log.take(telemetry) {
                tracing::info!(target: "enrich.metrics", "{} = {value}", full_name(&stdout.prefix, name));
            }
        }
        if kept.elapsed() >= UPKEEP {
            kept = Instant::now();
            telemetry.upkeep();
            reports.repeats.tell();
        }
        if last {
            return;
        }
        thread::sleep(Duration::from_millis(100));
    }
}

/// Sends each metric on its own; a failure is told and forgotten.
pub(super) fn send(statsd: &Statsd, values: &[(&'static str, u64)]) {
    let sent = (statsd.hostname.as_str(), statsd.port)
        .to_socket_addrs()
        .and_then(|mut addresses| {
            addresses
                .next()
                .ok_or_else(|| std::io::Error::other("the host has no address"))
        })
        .and_then(|address| {
            let any = if address.is_ipv4() {
                "0.0.0.0:0"
            } else {
                "[::]:0"
            };
            let socket = UdpSocket::bind(any)?;
            for (name, value) in values {
                let text = datagram(&statsd.prefix, name, *value, &statsd.tags);
                socket.send_to(text.as_bytes(), address)?;
            }
            Ok(())
        });
    if let Err(error) = sent {
        tracing::warn!(%error, host = statsd.hostname, "metrics could not be sent to statsd");
    }
}
