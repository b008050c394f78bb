//! PostgreSQL.
//!
//! Behaviour: the driver 42.5.2 and the mapping of Enrich 3.9.0.

mod decode;
mod tls;

use std::collections::HashMap;
use std::error::Error as _;
use std::sync::Arc;

use tokio_postgres::config::SslMode;
use tokio_postgres::error::{DbError, ErrorPosition};
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{Client, Config, Error, Statement};

use super::{
    ANSWER_TIME, Address, Asking, CONNECT_TIME, Database, Idle, Param, Rows, in_time, placeholders,
};

/// A query to a PostgreSQL database.
pub struct Postgres {
    shared: Arc<Shared>,
}

struct Shared {
    config: Config,
    tls: tls::Tls,
    query: String,
    idle: Idle<Connection>,
}

struct Connection {
    client: Client,
    /// The query for values of these types.
    prepared: HashMap<Vec<Type>, Statement>,
}

impl Postgres {
    /// A query, with `?` for its values, to a database.
    ///
    /// # Errors
    /// When there is no way to encrypt.
    pub fn new(address: &Address, query: &str) -> Result<Postgres, String> {
        let mut config = Config::new();
        config
            .host(&address.host)
            .port(address.port)
            .user(&address.user)
            .password(address.password.expose())
            .dbname(&address.database)
            .application_name("snowmelt")
            .connect_timeout(CONNECT_TIME)
            .ssl_mode(match address.tls {
                true => SslMode::Require,
                false => SslMode::Prefer,
            });
        Ok(Postgres {
            shared: Arc::new(Shared {
                config,
                tls: tls::Tls::new()?,
                query: placeholders::numbered(query),
                idle: Idle::new(),
            }),
        })
    }
}

impl Database for Postgres {
    fn ask(&self, params: Vec<Param>) -> Asking<Rows> {
        let shared = Arc::clone(&self.shared);
        Box::pin(async move { in_time(ANSWER_TIME, shared.ask(&params), |text| text).await })
    }

    fn connect(&self) -> Asking<()> {
        let shared = Arc::clone(&self.shared);
        Box::pin(async move {
            in_time(CONNECT_TIME, shared.connect(), told).await?;
            Ok(())
        })
    }
}

impl Shared {
    async fn connect(&self) -> Result<Connection, Error> {
        let (client, connection) = self.config.connect(self.tls.clone()).await?;
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection to PostgreSQL ended");
            }
        });
        let prepared = HashMap::new();
        Ok(Connection { client, prepared })
    }

    async fn ask(&self, params: &[Param]) -> Result<Rows, String> {
        if let Some(mut connection) = self.idle.take() {
            match self.rows(&mut connection, params).await {
                // it had been closed while nobody used it
                Err(Failed::Client(error))
                    if error.is_closed() || connection.client.is_closed() => {}
                result => return self.done(connection, result),
            }
        }
        let mut connection = self.connect().await.map_err(told)?;
        let result = self.rows(&mut connection, params).await;
        self.done(connection, result)
    }

    fn done(&self, connection: Connection, result: Result<Rows, Failed>) -> Result<Rows, String> {
        if !connection.client.is_closed() {
            self.idle.put(connection);
        }
        result.map_err(|failed| match failed {
            Failed::Client(error) => told(error),
            Failed::Value(text) => text,
        })
    }

    async fn rows(&self, connection: &mut Connection, params: &[Param]) -> Result<Rows, Failed> {
        let types: Vec<Type> = params.iter().map(kind).collect();
        let statement = match connection.prepared.get(&types) {
            Some(statement) => statement.clone(),
            None => {
                let statement = connection.client.prepare_typed(&self.query, &types).await?;
                connection.prepared.insert(types, statement.clone());
                statement
            }
        };
        let bytes: Vec<Option<i16>> = params
            .iter()
            .map(|param| match param {
                Param::Byte(value) => Some(i16::from(*value)),
                _ => None,
            })
            .collect();
        let values: Vec<&(dyn ToSql + Sync)> = params
            .iter()
            .zip(&bytes)
            .map(|(param, byte)| -> &(dyn ToSql + Sync) {
                match param {
                    Param::Text(value) => value,
                    Param::Byte(_) => byte,
                    Param::Int(value) => value,
                    Param::Long(value) => value,
                    Param::Float(value) => value,
                    Param::Double(value) => value,
                    Param::Bool(value) => value,
                }
            })
            .collect();
        let found = connection.client.query(&statement, &values).await?;
        let columns = statement.columns();
        let mut rows = Rows {
            columns: columns
                .iter()
                .map(|column| column.name().to_owned())
                .collect(),
            rows: Vec::with_capacity(found.len()),
        };
        for row in &found {
            let value = |(at, column): (usize, &tokio_postgres::Column)| {
                let raw: Option<decode::Raw<'_>> = row.try_get(at)?;
                decode::json(column.type_(), raw).ok_or_else(|| {
                    Failed::Value(format!(
                        "the type {} of column {} is not supported; cast it to text in the query",
                        column.type_(),
                        column.name()
                    ))
                })
            };
            let values: Result<Vec<String>, Failed> =
                columns.iter().enumerate().map(value).collect();
            rows.rows.push(values?);
        }
        Ok(rows)
    }
}

enum Failed {
    Client(Error),
    Value(String),
}

impl From<Error> for Failed {
    fn from(error: Error) -> Failed {
        Failed::Client(error)
    }
}

fn kind(param: &Param) -> Type {
    match param {
        Param::Text(_) => Type::VARCHAR,
        Param::Byte(_) => Type::INT2,
        Param::Int(_) => Type::INT4,
        Param::Long(_) => Type::INT8,
        Param::Float(_) => Type::FLOAT4,
        Param::Double(_) => Type::FLOAT8,
        Param::Bool(_) => Type::BOOL,
    }
}

/// An error as Java's driver words it, where the server worded it first.
fn told(error: Error) -> String {
    let text = match error.as_db_error() {
        Some(error) => by_server(error),
        None => match error.source() {
            Some(source) => format!("{error}: {source}"),
            None => error.to_string(),
        },
    };
    format!("org.postgresql.util.PSQLException: {text}")
}

fn by_server(error: &DbError) -> String {
    let mut text = format!("{}: {}", error.severity(), error.message());
    let position = match error.position() {
        Some(ErrorPosition::Original(position)) => Some(position.to_string()),
        _ => None,
    };
    let parts = [
        ("Detail", error.detail()),
        ("Hint", error.hint()),
        ("Position", position.as_deref()),
        ("Where", error.where_()),
    ];
    for (name, part) in parts {
        if let Some(part) = part {
            text.push_str(&format!("\n  {name}: {part}"));
        }
    }
    text
}
