use lexon::Doc;

use super::*;
use crate::schema::registry::{Connection, RegistryConfig};
use crate::schema::test_server::{Reply, TestServer};
use crate::secret::Secret;

const META: &str =
    "http://iglucentral.com/schemas/com.snowplowanalytics.self-desc/schema/jsonschema/1-0-0#";

fn key(version: &str) -> SchemaKey {
    SchemaKey::parse(&format!("iglu:com.acme/x/jsonschema/{version}")).unwrap()
}

fn client(connection: Connection, cache_ttl: Option<i64>, clock: Clock) -> Arc<IgluClient> {
    let registry = RegistryConfig {
        name: "R".into(),
        priority: 0,
        vendor_prefixes: vec!["com".into()],
        connection,
    };
    let config = ResolverConfig {
        cache_size: 2,
        cache_ttl,
        repositories: vec![registry],
    };
    let http = HttpSettings {
        retries: 0,
        ..HttpSettings::default()
    };
    Arc::new(IgluClient::with_http(config, clock, http).unwrap())
}

fn memory(schemas: &[(&str, &str)]) -> Connection {
    let row = |(version, schema): &(&str, &str)| {
        (
            format!("com.acme/x/jsonschema/{version}"),
            format!("{{\"$schema\":\"{META}\",{schema}}}"),
        )
    };
    Connection::Memory(schemas.iter().map(row).collect())
}

fn check(checker: &mut Checker, version: &str, json: &str) -> Result<Option<String>, String> {
    let doc = Doc::parse(json).unwrap();
    match checker.check(&key(version), doc.root()) {
        Ok(superseded) => Ok(superseded.map(|version| version.to_string())),
        Err(CheckError::Client(error)) => Err(error.to_json()),
        Err(CheckError::Crash(crash)) => Err(crash.to_string()),
    }
}

#[test]
fn instances_are_checked_and_refusals_are_worded() {
    let schemas = memory(&[
        ("1-0-0", "\"type\":\"object\""),
        ("1-0-1", "\"type\":\"objekt\""),
    ]);
    let mut checker = Checker::new(client(schemas, None, Clock::Fixed(0)));
    for _ in 0..2 {
        assert_eq!(check(&mut checker, "1-0-0", "{}"), Ok(None));
        let report = "{\"error\":\"ValidationError\",\"dataReports\":[{\"message\":\"$: array found, object expected\",\
                      \"path\":\"$\",\"keyword\":\"type\",\"targets\":[\"array\",\"object\"]}]}";
        assert_eq!(check(&mut checker, "1-0-0", "[]"), Err(report.to_owned()));
        let issues = check(&mut checker, "1-0-1", "{}").unwrap_err();
        assert!(
            issues.starts_with(
                "{\"error\":\"ValidationError\",\"schemaIssues\":[{\"path\":\"$.type\""
            ),
            "{issues}"
        );
        let missing = "{\"error\":\"ResolutionError\",\"lookupHistory\":[\
                       {\"repository\":\"Iglu Client Embedded\",\"errors\":[{\"error\":\"NotFound\"}],\"attempts\":1,\
                       \"lastAttempt\":\"1970-01-01T00:00:00Z\"},\
                       {\"repository\":\"R\",\"errors\":[{\"error\":\"NotFound\"}],\"attempts\":1,\
                       \"lastAttempt\":\"1970-01-01T00:00:00Z\"}]}";
        assert_eq!(check(&mut checker, "1-0-2", "{}"), Err(missing.to_owned()));
    }
}

#[test]
fn a_superseding_version_is_used_and_told() {
    let schemas = memory(&[
        ("1-0-0", "\"$supersededBy\":\"1-0-1\""),
        ("1-0-1", "\"type\":\"object\""),
    ]);
    let mut checker = Checker::new(client(schemas, None, Clock::Fixed(0)));
    assert_eq!(
        check(&mut checker, "1-0-0", "{}"),
        Ok(Some("1-0-1".to_owned()))
    );
    let refused = check(&mut checker, "1-0-0", "[]").unwrap_err();
    assert!(
        refused.starts_with("{\"supersededBy\":\"1-0-1\",\"error\":\"ValidationError\","),
        "{refused}"
    );
    assert_eq!(check(&mut checker, "1-0-1", "{}"), Ok(None));
}

#[test]
fn a_checker_asks_its_client_again_after_a_purge() {
    let server = TestServer::start(|_, nth| {
        let kind = if nth == 0 { "object" } else { "array" };
        Reply::new(
            200,
            &format!("{{\"$schema\":\"{META}\",\"type\":\"{kind}\"}}"),
        )
    });
    let connection = Connection::at(&server.url(""), Some(Secret::new("k-7"))).unwrap();
    let client = client(connection, None, Clock::Fixed(0));
    let (mut one, mut two) = (Checker::new(client.clone()), Checker::new(client.clone()));
    for checker in [&mut one, &mut two] {
        assert!(check(checker, "1-0-0", "{}").is_ok());
        assert!(check(checker, "1-0-0", "{}").is_ok());
    }
    assert_eq!((server.hits(), client.generation()), (1, 0));
    assert!(server.heads()[0].contains("apikey: k-7"));
    assert!(!format!("{client:?}").contains("k-7"));
    client.purge(Some(&key("1-0-0")));
    for checker in [&mut one, &mut two] {
        assert!(check(checker, "1-0-0", "{}").is_err());
        assert!(check(checker, "1-0-0", "[]").is_ok());
    }
    assert_eq!(
        (server.hits(), client.generation(), client.cached().len()),
        (2, 1, 1)
    );
}

#[test]
fn a_checker_holds_no_more_schemas_than_its_client() {
    let schemas: Vec<_> = (0..9).map(|n| format!("1-0-{n}")).collect();
    let rows: Vec<_> = schemas
        .iter()
        .map(|version| (version.as_str(), "\"type\":\"object\""))
        .collect();
    let mut checker = Checker::new(client(memory(&rows), None, Clock::Fixed(0)));
    for version in &schemas {
        assert_eq!(check(&mut checker, version, "{}"), Ok(None));
        assert!(checker.front.len() <= 2);
    }
}

#[test]
fn nothing_is_held_when_nothing_is_to_be_kept() {
    let mut checker = Checker::new(client(
        memory(&[("1-0-0", "\"type\":\"object\"")]),
        Some(0),
        Clock::System,
    ));
    assert_eq!(check(&mut checker, "1-0-0", "{}"), Ok(None));
    assert!(checker.front.is_empty());
}

#[test]
fn what_is_held_is_given_up_when_its_time_is_over() {
    let schemas = memory(&[("1-0-0", "\"type\":\"object\"")]);
    let mut checker = Checker::new(client(schemas, Some(60), Clock::Fixed(1_000_000)));
    assert_eq!(check(&mut checker, "1-0-0", "{}"), Ok(None));
    assert_eq!(checker.front[key("1-0-0").uri()].usable_until, 1_060_000);
    assert!(is_usable(1_060_000, Clock::Fixed(1_059_999)));
    assert!(!is_usable(1_060_000, Clock::Fixed(1_060_000)));
}
