use super::*;
use crate::schema::registry::Connection;
use crate::schema::test_server::{Reply, TestServer};

fn key(uri: &str) -> SchemaKey {
    SchemaKey::parse(uri).unwrap()
}

fn memory(
    name: &str,
    priority: i64,
    prefixes: &[&str],
    schemas: &[(&str, &str)],
) -> RegistryConfig {
    RegistryConfig {
        name: name.into(),
        priority,
        vendor_prefixes: prefixes.iter().map(|prefix| (*prefix).to_owned()).collect(),
        connection: Connection::Memory(
            schemas
                .iter()
                .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
                .collect(),
        ),
    }
}

fn http(name: &str, server: &TestServer) -> RegistryConfig {
    RegistryConfig {
        name: name.into(),
        priority: 0,
        vendor_prefixes: vec![],
        connection: Connection::Http {
            uri: server.url("/"),
            apikey: None,
        },
    }
}

fn resolver(configs: Vec<RegistryConfig>) -> Resolver {
    Resolver::new(
        configs,
        HttpSettings {
            retries: 0,
            ..Default::default()
        },
    )
    .unwrap()
}

const X: &str = "iglu:com.acme/x/jsonschema/1-0-0";

#[test]
fn back_off_is_the_table_of_the_reference() {
    let table = [
        (1, 504),
        (2, 516),
        (3, 564),
        (4, 756),
        (5, 1524),
        (6, 4596),
        (7, 16_884),
        (8, 66_036),
        (9, 20_183),
        (10, 59_549),
        (11, 177_647),
        (12, 531_941),
        (13, 13_692),
        (20, 1_054_076),
        (21, 1_202_100),
    ];
    for (attempts, millis) in table {
        assert_eq!(back_off(attempts), millis, "{attempts}");
    }
    assert_eq!(back_off(u32::MAX), 1_200_000 + i64::from(u32::MAX) * 100);
}

#[test]
fn registries_are_asked_by_prefix_then_priority_and_names_must_differ() {
    let path = "com.acme/x/jsonschema/1-0-0";
    let resolver = resolver(vec![
        memory("late", 5, &[], &[(path, "5")]),
        memory("early", 1, &[], &[(path, "1")]),
        memory("prefix", 9, &["com.ac"], &[(path, "9")]),
    ]);
    let found = |uri: &str| {
        resolver
            .resolve(&key(uri), &[], Clock::Fixed(0))
            .map(|f| f.schema.root().to_json())
    };
    assert_eq!(found(X).unwrap(), "9");
    assert!(found("iglu:com.acme/y/jsonschema/1-0-0").is_err());
    let twice = vec![
        memory("a", 0, &[], &[]),
        memory("b", 0, &[], &[]),
        memory("a", 1, &[], &[]),
    ];
    let error = Resolver::new(twice, HttpSettings::default()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "Repository names must be unique, a encountered 2 times"
    );
}

#[test]
fn failures_are_told_per_registry_by_name() {
    let server = TestServer::start(|_, _| Reply::new(404, ""));
    let failures = resolver(vec![http("Iglu Central", &server)])
        .resolve(&key(X), &[], Clock::Fixed(1_795_261_086_931))
        .unwrap_err();
    let shown: Vec<_> = histories(&failures)
        .into_iter()
        .map(|h| (h.repository, h.errors, h.attempts))
        .collect();
    let not_found = vec![RegistryError::NotFound];
    assert_eq!(
        shown,
        [
            ("Iglu Central".to_owned(), not_found.clone(), 1),
            ("Iglu Client Embedded".to_owned(), not_found, 1)
        ]
    );
}

#[test]
fn only_servers_whose_back_off_is_over_are_asked_again() {
    let server = TestServer::start(|_, nth| Reply::new(if nth < 2 { 404 } else { 501 }, "x"));
    let resolver = resolver(vec![http("R", &server)]);
    let first = resolver
        .resolve(&key(X), &[], Clock::Fixed(1000))
        .unwrap_err();
    assert!(!resolver.any_due(&first, 1504));
    assert!(resolver.any_due(&first, 1505));
    let same = resolver
        .resolve(&key(X), &first, Clock::Fixed(1504))
        .unwrap_err();
    assert_eq!(same, first);
    assert_eq!(server.hits(), 1);
    let second = resolver
        .resolve(&key(X), &first, Clock::Fixed(1505))
        .unwrap_err();
    let third = resolver
        .resolve(&key(X), &second, Clock::Fixed(9000))
        .unwrap_err();
    let [embedded, http] = &third[..] else {
        panic!("{third:?}")
    };
    assert_eq!(
        (embedded.history.attempts, embedded.history.last_attempt),
        (1, 1000)
    );
    assert_eq!(
        (http.history.attempts, http.history.last_attempt),
        (3, 9000)
    );
    let error = RegistryError::RepoFailure("Unexpected server response: x".into());
    assert_eq!(http.history.errors, [RegistryError::NotFound, error]);
}

#[test]
fn at_most_32_distinct_errors_are_kept() {
    let server = TestServer::start(|_, nth| Reply::new(501, &nth.to_string()));
    let resolver = resolver(vec![http("R", &server)]);
    let mut failures = Vec::new();
    for n in 0..40 {
        failures = resolver
            .resolve(&key(X), &failures, Clock::Fixed(n * 10_000_000))
            .unwrap_err();
    }
    assert_eq!(failures[1].history.errors.len(), 32);
    assert_eq!(failures[1].history.attempts, 40);
}

#[test]
fn a_superseded_schema_leads_to_its_successor_once() {
    let resolver = resolver(vec![memory(
        "M",
        0,
        &[],
        &[
            (
                "com.acme/x/jsonschema/1-0-0",
                "{\"$supersededBy\":\"1-0-2\"}",
            ),
            (
                "com.acme/x/jsonschema/1-0-2",
                "{\"$supersededBy\":\"1-0-3\",\"v\":2}",
            ),
            ("com.acme/x/jsonschema/1-0-3", "{}"),
        ],
    )]);
    let found = resolver.resolve(&key(X), &[], Clock::Fixed(0)).unwrap();
    assert_eq!(
        found.superseded_by.map(|v| v.to_string()).as_deref(),
        Some("1-0-2")
    );
    assert_eq!(
        found.schema.root().to_json(),
        "{\"$supersededBy\":\"1-0-3\",\"v\":2}"
    );
}

#[test]
fn wrong_successors_are_failures_of_the_registry() {
    let decode = |reason: &str| {
        format!(
            "Error while trying to decode superseding version: \
             DecodingFailure({reason}, List(DownField($supersededBy)))"
        )
    };
    let lower = "Superseding version 1-0-0 isn't greater than the version of schema com.acme/x/jsonschema/1-0-0";
    for (schema, message) in [
        ("{\"$supersededBy\":1}", decode("String")),
        ("{\"$supersededBy\":null}", decode("String")),
        (
            "{\"$supersededBy\":\"1-0-?\"}",
            decode("SchemaVer 1-0-? is not full"),
        ),
        ("{\"$supersededBy\":\"x\"}", decode("INVALID_SCHEMAVER")),
        ("{\"$supersededBy\":\"1-0-0\"}", lower.to_owned()),
    ] {
        let resolver = resolver(vec![memory(
            "M",
            0,
            &[],
            &[("com.acme/x/jsonschema/1-0-0", schema)],
        )]);
        let failures = resolver.resolve(&key(X), &[], Clock::Fixed(0)).unwrap_err();
        let failure = failures
            .iter()
            .find(|failure| failure.registry == 1)
            .unwrap();
        assert_eq!(
            failure.history.errors,
            [RegistryError::ClientFailure(message)]
        );
    }
    let gone = resolver(vec![memory(
        "M",
        0,
        &[],
        &[(
            "com.acme/x/jsonschema/1-0-0",
            "{\"$supersededBy\":\"1-0-1\"}",
        )],
    )]);
    let failures = gone.resolve(&key(X), &[], Clock::Fixed(0)).unwrap_err();
    assert!(
        failures
            .iter()
            .all(|failure| failure.history.errors == [RegistryError::NotFound])
    );
}

#[test]
fn text_that_is_no_json_is_a_failure_of_its_registry() {
    let bodies = TestServer::start(|path, _| {
        Reply::new(
            200,
            if path.ends_with("1-0-0") {
                "<html>"
            } else {
                ""
            },
        )
    });
    let resolver = resolver(vec![http("R", &bodies)]);
    let error = |uri: &str| {
        let failures = resolver
            .resolve(&key(uri), &[], Clock::Fixed(0))
            .unwrap_err();
        failures
            .into_iter()
            .find(|failure| failure.registry == 1)
            .unwrap()
            .history
            .errors
    };
    let text = "Could not decode server response. org.http4s.MalformedMessageBodyFailure: \
                Malformed message body: Invalid JSON";
    assert_eq!(error(X), [RegistryError::ClientFailure(text.to_owned())]);
    let empty = error("iglu:com.acme/x/jsonschema/1-0-1");
    assert_eq!(
        empty,
        [RegistryError::ClientFailure(format!("{text}: empty body"))]
    );
}
