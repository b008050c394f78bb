//! A Kinesis and a DynamoDB of our own, in this process: the calls that Snowmelt makes, with faults on
//! demand and fast enough for load.
//!
//! It is held true by `kinesis_fake.rs`, which runs the same calls against other emulators too.
#![allow(
    dead_code,
    clippy::unwrap_used,
    reason = "a test stops at what it does not expect"
)]

pub mod dynamodb;
pub mod events;
mod expression;
pub mod faults;
pub mod kinesis;
pub mod proxy;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};

use faults::{Effect, Faults};
use kinesis::{Answer, Kinesis};

/// An error as the services tell it.
#[derive(Debug, Clone)]
pub struct Refusal {
    pub status: u16,
    pub kind: &'static str,
    pub message: String,
    /// The item that a condition failed on.
    pub item: Option<serde_json::Value>,
}

impl Refusal {
    pub fn new(kind: &'static str, message: impl Into<String>) -> Refusal {
        Refusal {
            status: 400,
            kind,
            message: message.into(),
            item: None,
        }
    }

    fn failure(message: &str) -> Refusal {
        Refusal {
            status: 500,
            ..Refusal::new("InternalFailure", message)
        }
    }
}

/// Both services; they end when it is dropped.
pub struct Fake {
    shared: Arc<Shared>,
    address: SocketAddr,
    // dropped last of all that uses it
    _runtime: tokio::runtime::Runtime,
}

pub struct Shared {
    pub kinesis: Kinesis,
    pub tables: Mutex<dynamodb::Tables>,
    pub faults: Mutex<Faults>,
    counts: Mutex<BTreeMap<String, u64>>,
}

pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Fake {
    /// Starts on a free port of loopback.
    pub fn start() -> Fake {
        Fake::start_with(kinesis::Limits::default())
    }

    /// Starts with other limits than those of the service.
    pub fn start_with(limits: kinesis::Limits) -> Fake {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .unwrap();
        let shared = Arc::new(Shared {
            kinesis: Kinesis::new(limits),
            tables: Mutex::default(),
            faults: Mutex::default(),
            counts: Mutex::default(),
        });
        let listener = runtime
            .block_on(tokio::net::TcpListener::bind("127.0.0.1:0"))
            .unwrap();
        let address = listener.local_addr().unwrap();
        let app = Router::new()
            .fallback(handle)
            .layer(DefaultBodyLimit::max(32 << 20))
            .with_state(Arc::clone(&shared));
        runtime.spawn(async move { axum::serve(listener, app).await });
        Fake {
            shared,
            address,
            _runtime: runtime,
        }
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// For both services.
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn kinesis(&self) -> &Kinesis {
        &self.shared.kinesis
    }

    pub fn tables(&self) -> MutexGuard<'_, dynamodb::Tables> {
        lock(&self.shared.tables)
    }

    pub fn faults(&self) -> MutexGuard<'_, Faults> {
        lock(&self.shared.faults)
    }

    /// How often each call came, `Kinesis.GetRecords` or `DynamoDB.Scan`; with ` throttled` behind it how
    /// often it was refused for its rate.
    pub fn counts(&self) -> BTreeMap<String, u64> {
        lock(&self.shared.counts).clone()
    }
}

async fn handle(State(shared): State<Arc<Shared>>, headers: HeaderMap, body: Bytes) -> Response {
    let target = headers
        .get("x-amz-target")
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let (service, operation) = target.split_once('.').unwrap_or_default();
    let service = service.split('_').next().unwrap_or_default();
    let call = format!("{service}.{operation}");
    *lock(&shared.counts).entry(call.clone()).or_default() += 1;
    let effects = lock(&shared.faults).of(&call);
    let mut lost = false;
    for effect in effects {
        match effect {
            Effect::Wait(pause) => tokio::time::sleep(pause).await,
            Effect::Fail => {
                return refuse(&call, &shared, &Refusal::failure("on demand"));
            }
            Effect::Throttle => {
                let kind = "ProvisionedThroughputExceededException";
                return refuse(&call, &shared, &Refusal::new(kind, "on demand"));
            }
            Effect::Expire => {
                let kind = "ExpiredIteratorException";
                return refuse(&call, &shared, &Refusal::new(kind, "on demand"));
            }
            Effect::LoseAnswer => lost = true,
        }
    }
    let answer = match service {
        "Kinesis" => {
            let partial = lock(&shared.faults).partial();
            shared.kinesis.call(operation, &body, partial)
        }
        "DynamoDB" => dynamodb::call(&mut lock(&shared.tables), operation, &body).map(Answer::Json),
        _ => Err(Refusal::new("UnknownOperationException", target)),
    };
    if lost {
        // it did happen, but nobody is told
        return refuse(&call, &shared, &Refusal::failure("the answer was lost"));
    }
    match answer {
        Ok(Answer::Json(text)) => {
            let kind = if service == "DynamoDB" {
                "application/x-amz-json-1.0"
            } else {
                "application/x-amz-json-1.1"
            };
            ([(header::CONTENT_TYPE, kind)], text).into_response()
        }
        Ok(Answer::Events(subscription)) => (
            [(header::CONTENT_TYPE, "application/vnd.amazon.eventstream")],
            Body::new(events::start(Arc::clone(&shared), subscription)),
        )
            .into_response(),
        Err(refusal) => refuse(&call, &shared, &refusal),
    }
}

fn refuse(call: &str, shared: &Shared, refusal: &Refusal) -> Response {
    if refusal.kind.contains("Throughput") {
        *lock(&shared.counts)
            .entry(format!("{call} throttled"))
            .or_default() += 1;
    }
    let mut body = serde_json::json!({"__type": refusal.kind, "message": refusal.message});
    if let Some(item) = &refusal.item {
        body["Item"] = item.clone();
    }
    (
        StatusCode::from_u16(refusal.status).unwrap(),
        [(header::CONTENT_TYPE, "application/x-amz-json-1.1")],
        body.to_string(),
    )
        .into_response()
}

/// Waits until something holds; for set-up, where nothing else tells.
pub fn wait_for(what: &str, at_most: Duration, mut holds: impl FnMut() -> bool) {
    let end = Instant::now() + at_most;
    while !holds() {
        assert!(Instant::now() < end, "{what}: not within {at_most:?}");
        std::thread::sleep(Duration::from_millis(20));
    }
}
