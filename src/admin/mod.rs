//! The admin pages: probes, metrics, and a look into a running pipeline, over HTTP.
//!
//! Probes and `/metrics` answer everybody. Everything else shows data or changes something, and is for
//! operators: see [`guard`].

pub mod guard;
mod page;

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use axum::Router;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::secret::Secret;
use crate::telemetry::Telemetry;
use guard::Access;

/// What the pages show of a pipeline and do to it.
pub trait Control: Send + Sync {
    /// The schemas that are kept, one object each.
    fn schemas(&self) -> Value;
    /// Forgets a schema by its URI, or all.
    ///
    /// # Errors
    /// What is wrong with the URI.
    fn purge(&self, key: Option<&str>) -> Result<(), String>;
    /// Reads resolver and enrichments again. May take seconds.
    ///
    /// # Errors
    /// Why they were refused.
    fn reload(&self) -> Result<Value, String>;
    /// The configuration without secrets.
    fn config(&self) -> Value;
    /// The enrichments in use.
    fn enrichments(&self) -> Value;
    /// How the last reload ended; null before the first.
    fn last_reload(&self) -> Value;
    /// Sets the gauges that are looked up only when somebody asks.
    fn refresh_gauges(&self);
}

/// What all answers are made of.
pub struct Admin {
    control: Arc<dyn Control>,
    telemetry: Arc<Telemetry>,
    access: Access,
    version: &'static str,
}

type Shared = State<Arc<Admin>>;

/// Answers on `listener` from a thread of its own until `stopped`.
///
/// # Errors
/// When the system has no thread or no event loop to give.
pub fn serve(
    listener: TcpListener,
    control: Arc<dyn Control>,
    telemetry: Arc<Telemetry>,
    token: Option<Secret>,
    version: &'static str,
    stopped: impl Fn() -> bool + Send + 'static,
) -> std::io::Result<thread::JoinHandle<()>> {
    let loopback = listener.local_addr()?.ip().is_loopback();
    let admin = Arc::new(Admin {
        control,
        telemetry,
        access: Access::new(loopback, token),
        version,
    });
    listener.set_nonblocking(true)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    thread::Builder::new()
        .name("admin".to_owned())
        .spawn(move || {
            let served = runtime.block_on(async {
                let listener = tokio::net::TcpListener::from_std(listener)?;
                let over = async move {
                    while !stopped() {
                        tokio::time::sleep(Duration::from_millis(50)).await;
                    }
                };
                tokio::select! {
                    served = async { axum::serve(listener, router(admin)).await } => served,
                    () = over => Ok(()),
                }
            });
            if let Err(error) = served {
                tracing::error!(%error, "the admin pages are gone");
            }
            // a reload under way must not hold the program
            runtime.shutdown_background();
        })
}

/// Takes an address.
///
/// # Errors
/// Names the address, and what to do.
pub fn bind(address: SocketAddr) -> Result<TcpListener, String> {
    TcpListener::bind(address).map_err(|error| {
        format!("--admin {address}: {error}; give another address, or `off` for no admin pages")
    })
}

fn router(admin: Arc<Admin>) -> Router {
    let operators = Router::new()
        .route("/schemas", get(schemas))
        .route("/schemas/purge", post(purge))
        .route("/reload", post(reload))
        .route("/config", get(config))
        .route("/enrichments", get(enrichments))
        .route("/shards", get(shards))
        .route("/state", get(state))
        .route_layer(middleware::from_fn_with_state(
            Arc::clone(&admin),
            guard::operators,
        ));
    Router::new()
        .route("/", get(root))
        .route("/page.js", get(page::script))
        .route("/page.css", get(page::style))
        .route("/live", get(live))
        .route("/livez", get(live))
        .route("/ready", get(ready))
        .route("/readyz", get(ready))
        .route("/health", get(healthy))
        .route("/healthz", get(healthy))
        .route("/metrics", get(metrics))
        .merge(operators)
        .with_state(admin)
}

fn verdict(holds: bool, yes: &'static str, no: &'static str) -> Response {
    if holds {
        yes.into_response()
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, no).into_response()
    }
}

fn answer(value: &Value) -> Response {
    let kind = [
        (header::CONTENT_TYPE, "application/json"),
        (header::CACHE_CONTROL, "no-store"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    (kind, value.to_string()).into_response()
}

fn refused(status: StatusCode, error: &str) -> Response {
    let mut response = answer(&json!({"error": error}));
    *response.status_mut() = status;
    response
}

/// People get the page; probes of later versions of the reference ask here whether all is well.
async fn root(State(admin): Shared, headers: HeaderMap) -> Response {
    let accept = headers
        .get(header::ACCEPT)
        .and_then(|value| value.to_str().ok());
    if accept.is_some_and(|accept| accept.contains("text/html")) {
        page::html()
    } else {
        healthy(State(admin)).await
    }
}

async fn live(State(admin): Shared) -> Response {
    let now = admin.telemetry.clock().now_millis();
    verdict(
        admin.telemetry.health().is_live(now),
        "live",
        "reading hangs",
    )
}

async fn ready(State(admin): Shared) -> Response {
    let now = admin.telemetry.clock().now_millis();
    verdict(
        admin.telemetry.health().is_ready(now),
        "ready",
        "starting, stopping, or records wait too long",
    )
}

async fn healthy(State(admin): Shared) -> Response {
    let now = admin.telemetry.clock().now_millis();
    verdict(
        admin.telemetry.health().is_healthy(now),
        "OK",
        "reading hangs, or records wait too long",
    )
}

async fn metrics(State(admin): Shared) -> Response {
    admin.control.refresh_gauges();
    let kind = [(
        header::CONTENT_TYPE,
        "text/plain; version=0.0.4; charset=utf-8",
    )];
    (kind, admin.telemetry.render()).into_response()
}

async fn schemas(State(admin): Shared) -> Response {
    answer(&admin.control.schemas())
}

#[derive(Deserialize)]
struct Which {
    key: Option<String>,
}

async fn purge(State(admin): Shared, Query(which): Query<Which>) -> Response {
    match admin.control.purge(which.key.as_deref()) {
        Ok(()) => answer(&json!({"purged": which.key.as_deref().unwrap_or("all")})),
        Err(error) => refused(StatusCode::BAD_REQUEST, &error),
    }
}

async fn reload(State(admin): Shared) -> Response {
    let control = Arc::clone(&admin.control);
    match tokio::task::spawn_blocking(move || control.reload()).await {
        Ok(Ok(outcome)) => answer(&outcome),
        Ok(Err(error)) => refused(StatusCode::UNPROCESSABLE_ENTITY, &error),
        Err(error) => refused(StatusCode::INTERNAL_SERVER_ERROR, &error.to_string()),
    }
}

async fn config(State(admin): Shared) -> Response {
    answer(&admin.control.config())
}

async fn enrichments(State(admin): Shared) -> Response {
    answer(&admin.control.enrichments())
}

async fn shards(State(admin): Shared) -> Response {
    answer(&partitions(&admin.telemetry))
}

fn partitions(telemetry: &Telemetry) -> Value {
    telemetry
        .partitions()
        .list()
        .into_iter()
        .map(|(name, lag)| {
            json!({"partition": name, "lagRecords": lag.records, "lagMillis": lag.millis})
        })
        .collect()
}

/// Everything that the page shows.
async fn state(State(admin): Shared) -> Response {
    let telemetry = &admin.telemetry;
    let now = telemetry.clock().now_millis();
    let [raw, good, bad] = telemetry.so_far();
    let (batches, oldest) = telemetry.health().under_way_since();
    let recent: Vec<Value> = telemetry
        .recent()
        .into_iter()
        .rev()
        .map(|row| json!({"at": row.at, "kind": row.kind, "reason": row.reason}))
        .collect();
    answer(&json!({
        "version": admin.version,
        "now": now,
        "started": telemetry.started(),
        "live": telemetry.health().is_live(now),
        "ready": telemetry.health().is_ready(now),
        "raw": raw,
        "good": good,
        "bad": bad,
        "batchesUnderWay": batches,
        "oldestUnderWayMillis": oldest.map(|since| now.saturating_sub(since)),
        "partitions": partitions(telemetry),
        "recent": recent,
        "schemas": admin.control.schemas(),
        "enrichments": admin.control.enrichments(),
        "lastReload": admin.control.last_reload(),
    }))
}

#[cfg(test)]
mod tests;
