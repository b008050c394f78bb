//! Questions to databases: prepared statements, and values as the reference's drivers turn them into JSON.

mod mysql;
mod placeholders;
mod postgres;
mod text;

use std::future::Future;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use lexon::write_string;

use super::Asking;
use crate::secret::Secret;
pub use mysql::Mysql;
pub use placeholders::count;
pub use postgres::Postgres;

/// Where a database is and who asks it.
#[derive(Debug, Clone)]
pub struct Address {
    /// Name or address of the machine.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// Whether the connection must be encrypted. Certificates are not looked at, as in the reference.
    pub tls: bool,
    /// Who asks.
    pub user: String,
    /// The password.
    pub password: Secret,
    /// The database.
    pub database: String,
}

/// The value for a placeholder.
#[derive(Debug, Clone, PartialEq)]
pub enum Param {
    /// A text.
    Text(String),
    /// An integer of 8 bits.
    Byte(i8),
    /// An integer of 32 bits.
    Int(i32),
    /// An integer of 64 bits.
    Long(i64),
    /// A float of 32 bits.
    Float(f32),
    /// A float of 64 bits.
    Double(f64),
    /// A truth value.
    Bool(bool),
}

/// The rows of an answer: names of columns, and values as compact JSON.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Rows {
    /// The names, as the query labels them.
    pub columns: Vec<String>,
    /// A value for each column.
    pub rows: Vec<Vec<String>>,
}

/// A database that can be asked.
pub trait Database: Send + Sync {
    /// The rows of the query with these values; the error is its text.
    fn ask(&self, params: Vec<Param>) -> Asking<Rows>;

    /// Ends when a connection could be made.
    fn connect(&self) -> Asking<()>;
}

/// Connects once, on a thread of its own, and waits for that.
///
/// # Errors
/// Why it could not be done.
pub fn reach(database: &dyn Database) -> Result<(), String> {
    let connecting = database.connect();
    let connect = move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build();
        let runtime = runtime.map_err(|error| error.to_string())?;
        runtime.block_on(connecting)
    };
    let connected = std::thread::spawn(connect).join();
    connected.unwrap_or_else(|_| Err("the connection was given up".to_owned()))
}

/// Questions that are under way at once, each on a connection of its own.
pub const CONNECTIONS: usize = 8;

/// To connect, at start-up and later.
const CONNECT_TIME: Duration = Duration::from_secs(10);
/// For a whole question, as long as the reference waits for a connection.
const ANSWER_TIME: Duration = Duration::from_secs(30);

/// Connections that nobody uses now.
struct Idle<C>(Mutex<Vec<C>>);

impl<C> Idle<C> {
    fn new() -> Idle<C> {
        Idle(Mutex::new(Vec::new()))
    }

    fn take(&self) -> Option<C> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).pop()
    }

    fn put(&self, connection: C) {
        let mut idle = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < CONNECTIONS {
            idle.push(connection);
        }
    }
}

async fn in_time<T, E>(
    limit: Duration,
    future: impl Future<Output = Result<T, E>>,
    text: impl FnOnce(E) -> String,
) -> Result<T, String> {
    match tokio::time::timeout(limit, future).await {
        Ok(result) => result.map_err(text),
        Err(_) => Err(format!("no answer within {} s", limit.as_secs())),
    }
}

const NULL: &str = "null";

fn string(text: &str) -> String {
    let mut json = String::with_capacity(text.len() + 2);
    write_string(&mut json, text);
    json
}

/// A text that Java's driver has no type for: JSON if it is JSON.
fn json_or_string(text: &str) -> String {
    match lexon::Doc::parse(text) {
        Ok(doc) => doc.root().to_json(),
        Err(_) => string(text),
    }
}

fn double(number: f64) -> String {
    if number.is_finite() {
        jvm::number::double_to_string(number)
    } else {
        NULL.to_owned()
    }
}

fn decimal(text: &str) -> String {
    match jvm::number::BigDecimal::parse(text) {
        Ok(number) => number.to_string(),
        Err(_) => string(text),
    }
}

#[cfg(test)]
mod tests;
