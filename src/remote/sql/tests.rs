//! Against real servers where `scripts/setup-sql.sh` says that they are there, as in `make test`.

use super::*;

/// What the set-up started: `SNOWMELT_TEST_POSTGRES` and `SNOWMELT_TEST_MARIADB` hold ports.
#[allow(clippy::print_stderr, reason = "what is not tested is told")]
fn address(variable: &str) -> Option<Address> {
    let Ok(port) = std::env::var(variable) else {
        eprintln!("SKIPPED: {variable} is not set, nothing was tested against that server");
        return None;
    };
    let port = port.parse().unwrap();
    Some(Address {
        host: "127.0.0.1".to_owned(),
        port,
        tls: false,
        user: "snow".to_owned(),
        password: Secret::new("melt"),
        database: "snowmelt".to_owned(),
    })
}

fn ask(database: &dyn Database, params: &[&[Param]]) -> Vec<Result<Rows, String>> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    let ask = |params: &&[Param]| runtime.block_on(database.ask(params.to_vec()));
    params.iter().map(ask).collect()
}

fn rows(columns: &[&str], values: &[&[&str]]) -> Rows {
    let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
    Rows {
        columns: texts(columns),
        rows: values.iter().map(|row| texts(row)).collect(),
    }
}

#[test]
fn postgres_answers_with_values_of_every_kind() {
    let Some(address) = address("SNOWMELT_TEST_POSTGRES") else {
        return;
    };
    let query = "SELECT ?::int AS \"Int\", 2::bigint AS b, true AS t, 1.50::numeric AS n, 0.1::real AS f, \
        1e16::float8 AS d, ? AS s, '1000-01-01'::date AS dt, '2020-01-02 03:04:05.1'::timestamp AS ts, \
        '{\"z\":1,\"a\":[1.0],\"z\":3}'::json AS j, '{0,1}'::int[] AS a, NULL::text AS nul, \
        '00000000-0000-4000-8000-00000000000d'::uuid AS u, '{\"x\":1}'::jsonb AS jb, 'NaN'::numeric AS nan, \
        '1 year 2 days 03:04:05.5'::interval AS iv, '03:04:05.1'::time AS tm";
    let postgres = Postgres::new(&address, query).unwrap();
    reach(&postgres).unwrap();
    let params = [Param::Int(-1), Param::Text("ü\"".to_owned())];
    let [answer, again] = ask(&postgres, &[&params, &params]).try_into().unwrap();
    let expected = rows(
        &[
            "Int", "b", "t", "n", "f", "d", "s", "dt", "ts", "j", "a", "nul", "u", "jb", "nan",
            "iv", "tm",
        ],
        &[&[
            "-1",
            "2",
            "true",
            "1.50",
            "0.10000000149011612",
            "1.0E16",
            r#""ü\"""#,
            "\"1000-01-06T00:00:00.000Z\"",
            "\"2020-01-02 03:04:05.1\"",
            r#"{"z":3,"a":[1.0]}"#,
            "\"{0,1}\"",
            "null",
            "\"00000000-0000-4000-8000-00000000000d\"",
            r#"{"x":1}"#,
            "\"NaN\"",
            "\"1 years 0 mons 2 days 3 hours 4 mins 5.5 secs\"",
            "\"03:04:05\"",
        ]],
    );
    assert_eq!(answer.as_ref(), Ok(&expected));
    assert_eq!(again, answer);
}

#[test]
fn postgres_words_its_errors() {
    let Some(address) = address("SNOWMELT_TEST_POSTGRES") else {
        return;
    };
    let postgres = Postgres::new(&address, "SELECT 1 WHERE 1 >= ?").unwrap();
    let text = [Param::Text("x".to_owned())];
    let int = [Param::Int(1)];
    let [wrong, right] = ask(&postgres, &[&text, &int]).try_into().unwrap();
    assert_eq!(
        wrong.unwrap_err(),
        "org.postgresql.util.PSQLException: ERROR: operator does not exist: integer >= character varying\n  \
         Hint: No operator matches the given name and argument types. You might need to add explicit type casts.\n  \
         Position: 18"
    );
    assert_eq!(right, Ok(rows(&["?column?"], &[&["1"]])));
}

#[test]
fn mariadb_answers_with_values_of_every_kind() {
    let Some(address) = address("SNOWMELT_TEST_MARIADB") else {
        return;
    };
    let query =
        "SELECT k, b, n, f, d, dt, ts, dtm, tm, yr, ub, bt, tiny, j, ? AS p FROM kinds WHERE k = ?";
    let mysql = Mysql::new(&address, query);
    reach(&mysql).unwrap();
    let params = [Param::Double(1.5), Param::Text("ü'".to_owned())];
    let [answer, again] = ask(&mysql, &[&params, &params]).try_into().unwrap();
    let expected = rows(
        &[
            "k", "b", "n", "f", "d", "dt", "ts", "dtm", "tm", "yr", "ub", "bt", "tiny", "j", "p",
        ],
        &[&[
            "\"ü'\"",
            "true",
            "0E-9",
            "1.23457E8",
            "1.0E-300",
            "\"1000-01-06T00:00:00.000Z\"",
            "\"2020-01-02 03:04:05.1\"",
            "\"2020-01-02T03:04:05.100\"",
            "\"03:04:05\"",
            "\"2003-01-01T00:00:00.000Z\"",
            "18446744073709551602",
            "true",
            "-4",
            r#""{\"a\":1}""#,
            "1.5",
        ]],
    );
    assert_eq!(answer.as_ref(), Ok(&expected));
    assert_eq!(again, answer);
}

#[test]
fn mariadb_words_its_errors() {
    let Some(address) = address("SNOWMELT_TEST_MARIADB") else {
        return;
    };
    let mysql = Mysql::new(&address, "SELECT nope FROM kinds");
    let [wrong] = ask(&mysql, &[&[]]).try_into().unwrap();
    let error = wrong.unwrap_err();
    // servers name the place differently
    let expected = "java.sql.SQLSyntaxErrorException: Unknown column 'nope' in '";
    assert!(error.starts_with(expected), "{error}");
}

#[test]
fn a_database_that_is_not_there_is_told_without_its_password() {
    let address = Address {
        host: "127.0.0.1".to_owned(),
        // nothing listens there
        port: 1,
        tls: false,
        user: "snow".to_owned(),
        password: Secret::new("hunter2"),
        database: "x".to_owned(),
    };
    let postgres = reach(&Postgres::new(&address, "SELECT 1").unwrap()).unwrap_err();
    let mysql = reach(&Mysql::new(&address, "SELECT 1")).unwrap_err();
    for error in [postgres, mysql] {
        assert!(!error.contains("hunter2"), "{error}");
        assert!(error.contains("refused"), "{error}");
    }
}
