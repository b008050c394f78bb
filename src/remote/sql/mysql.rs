//! MySQL and MariaDB.
//!
//! Behaviour: the driver Connector/J 8.0.29 and the mapping of Enrich 3.9.0.

use std::sync::Arc;

use mysql_async::consts::{ColumnFlags, ColumnType};
use mysql_async::prelude::Queryable;
use mysql_async::{Column, Conn, Error, Opts, OptsBuilder, Params, Row, SslOpts, Value};

use super::text::{date, local, time, timestamp};
use super::{
    ANSWER_TIME, Address, Asking, CONNECT_TIME, Database, Idle, NULL, Param, Rows, decimal, double,
    in_time, string,
};

/// A query to a MySQL database.
pub struct Mysql {
    shared: Arc<Shared>,
}

struct Shared {
    options: Opts,
    query: String,
    idle: Idle<Conn>,
}

impl Mysql {
    /// A query, with `?` for its values, to a database.
    pub fn new(address: &Address, query: &str) -> Mysql {
        let tls = address
            .tls
            .then(|| SslOpts::default().with_danger_accept_invalid_certs(true));
        let options = OptsBuilder::default()
            .ip_or_hostname(address.host.as_str())
            .tcp_port(address.port)
            .user(Some(address.user.as_str()))
            .pass(Some(address.password.expose()))
            .db_name(Some(address.database.as_str()))
            .prefer_socket(Some(false))
            .ssl_opts(tls);
        Mysql {
            shared: Arc::new(Shared {
                options: options.into(),
                query: query.to_owned(),
                idle: Idle::new(),
            }),
        }
    }
}

impl Database for Mysql {
    fn ask(&self, params: Vec<Param>) -> Asking<Rows> {
        let shared = Arc::clone(&self.shared);
        Box::pin(async move { in_time(ANSWER_TIME, shared.ask(params), |text| text).await })
    }

    fn connect(&self) -> Asking<()> {
        let shared = Arc::clone(&self.shared);
        Box::pin(async move {
            let connection = in_time(CONNECT_TIME, shared.connect(), told).await?;
            let _ = connection.disconnect().await;
            Ok(())
        })
    }
}

impl Shared {
    async fn connect(&self) -> Result<Conn, Error> {
        Conn::new(self.options.clone()).await
    }

    async fn ask(&self, params: Vec<Param>) -> Result<Rows, String> {
        let values: Vec<Value> = params.into_iter().map(value).collect();
        if let Some(mut connection) = self.idle.take() {
            match self.rows(&mut connection, &values).await {
                Ok(rows) => {
                    self.idle.put(connection);
                    return Ok(rows);
                }
                Err(error @ Error::Server(_)) => {
                    self.idle.put(connection);
                    return Err(told(error));
                }
                // it may have been closed while nobody used it
                Err(_) => {}
            }
        }
        let connecting = tokio::time::timeout(CONNECT_TIME, self.connect()).await;
        let mut connection = match connecting {
            Ok(connection) => connection.map_err(told)?,
            Err(_) => return Err(format!("no connection within {} s", CONNECT_TIME.as_secs())),
        };
        let rows = self.rows(&mut connection, &values).await;
        if matches!(rows, Ok(_) | Err(Error::Server(_))) {
            self.idle.put(connection);
        }
        rows.map_err(told)
    }

    async fn rows(&self, connection: &mut Conn, values: &[Value]) -> Result<Rows, Error> {
        let params = match values {
            [] => Params::Empty,
            values => Params::Positional(values.to_vec()),
        };
        let mut answer = connection.exec_iter(self.query.as_str(), params).await?;
        let columns: Vec<Column> = answer.columns_ref().to_vec();
        let found: Vec<Row> = answer.collect().await?;
        drop(answer);
        let row = |row: &Row| {
            let value = |(at, column): (usize, &Column)| match row.as_ref(at) {
                Some(value) => json(column, value),
                None => NULL.to_owned(),
            };
            columns.iter().enumerate().map(value).collect()
        };
        Ok(Rows {
            columns: columns
                .iter()
                .map(|column| column.name_str().into_owned())
                .collect(),
            rows: found.iter().map(row).collect(),
        })
    }
}

fn value(param: Param) -> Value {
    match param {
        Param::Text(text) => Value::Bytes(text.into_bytes()),
        Param::Byte(number) => Value::Int(i64::from(number)),
        Param::Int(number) => Value::Int(i64::from(number)),
        Param::Long(number) => Value::Int(number),
        Param::Float(number) => Value::Float(number),
        Param::Double(number) => Value::Double(number),
        Param::Bool(truth) => Value::Int(i64::from(truth)),
    }
}

/// A value as JSON.
fn json(column: &Column, value: &Value) -> String {
    let unsigned = column.flags().contains(ColumnFlags::UNSIGNED_FLAG);
    match (column.column_type(), value) {
        (_, Value::NULL) => NULL.to_owned(),
        (ColumnType::MYSQL_TYPE_TINY, Value::Int(number))
            if column.column_length() == 1 && !unsigned =>
        {
            (*number != 0).to_string()
        }
        (ColumnType::MYSQL_TYPE_YEAR, Value::Int(year)) => string(&date(*year, 1, 1)),
        (ColumnType::MYSQL_TYPE_YEAR, Value::UInt(year)) => {
            string(&date(i64::try_from(*year).unwrap_or_default(), 1, 1))
        }
        (_, Value::Int(number)) => number.to_string(),
        (_, Value::UInt(number)) => number.to_string(),
        (_, Value::Float(number)) => double(f64::from(six_digits(*number))),
        (_, Value::Double(number)) => double(*number),
        (kind, Value::Date(year, month, day, hour, minute, second, micros)) => {
            if *month == 0 || *day == 0 {
                // no day of any calendar
                return NULL.to_owned();
            }
            let (year, month, day) = (i64::from(*year), u32::from(*month), u32::from(*day));
            match kind {
                ColumnType::MYSQL_TYPE_DATE | ColumnType::MYSQL_TYPE_NEWDATE => {
                    string(&date(year, month, day))
                }
                ColumnType::MYSQL_TYPE_TIMESTAMP | ColumnType::MYSQL_TYPE_TIMESTAMP2 => {
                    let days = jvm::time::days_from_civil(year, month, day);
                    let seconds = days * 86_400
                        + i64::from(*hour) * 3600
                        + i64::from(*minute) * 60
                        + i64::from(*second);
                    string(&timestamp(seconds * 1_000_000 + i64::from(*micros)))
                }
                _ => {
                    let day = format!("{year:04}-{month:02}-{day:02}");
                    string(&local(&day, *hour, *minute, *second, *micros))
                }
            }
        }
        (_, Value::Time(negative, days, hours, minutes, seconds, _)) => {
            let seconds = i64::from(*days) * 86_400
                + i64::from(*hours) * 3600
                + i64::from(*minutes) * 60
                + i64::from(*seconds);
            let seconds = if *negative { -seconds } else { seconds };
            string(&time(seconds * 1_000_000))
        }
        (ColumnType::MYSQL_TYPE_BIT, Value::Bytes(bytes)) => {
            if column.column_length() == 1 {
                return bytes.iter().any(|byte| *byte != 0).to_string();
            }
            let number = bytes
                .iter()
                .fold(0u64, |number, byte| number << 8 | u64::from(*byte));
            number.to_string()
        }
        (
            ColumnType::MYSQL_TYPE_DECIMAL | ColumnType::MYSQL_TYPE_NEWDECIMAL,
            Value::Bytes(bytes),
        ) => decimal(&String::from_utf8_lossy(bytes)),
        (_, Value::Bytes(bytes)) => string(&String::from_utf8_lossy(bytes)),
    }
}

/// A float as the server prints it, which is how Java's driver gets it.
fn six_digits(number: f32) -> f32 {
    format!("{number:.5e}").parse().unwrap_or(number)
}

/// An error as Java's driver words it, where the server worded it first.
fn told(error: Error) -> String {
    match error {
        Error::Server(error) => {
            let class = match error.state.get(..2) {
                Some("42") => "java.sql.SQLSyntaxErrorException",
                Some("23") => "java.sql.SQLIntegrityConstraintViolationException",
                Some("22") => "com.mysql.cj.jdbc.exceptions.MysqlDataTruncation",
                _ => "java.sql.SQLException",
            };
            format!("{class}: {}", error.message)
        }
        error => format!("java.sql.SQLException: {error}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_have_six_digits() {
        for (number, expected) in [
            (123_456_789.125_f32, "1.23457E8"),
            (16_777_217.0, "1.67772E7"),
            (0.1, "0.10000000149011612"),
            (-1.5, "-1.5"),
            (0.0, "0.0"),
        ] {
            assert_eq!(double(f64::from(six_digits(number))), expected);
        }
    }
}
