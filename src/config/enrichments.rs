//! The configurations of enrichments: a folder of files, or one wrapped document in base64.
//!
//! Each is checked against its schema before anything else, also when it is not enabled, as
//! Enrich 3.9.0 does. The schemas that the binary carries come first, so that a start needs no
//! network.

use std::path::Path;
use std::sync::Arc;
use std::{fmt, fs};

use lexon::Doc;
use serde_json::Value;

use crate::clock::Clock;
use crate::schema::check::CheckError;
use crate::schema::client::{Checker, IgluClient};
use crate::schema::registry::{Connection, RegistryConfig};
use crate::schema::resolver::ResolverConfig;
use crate::schema::{ClientError, Criterion, SchemaKey};

use super::error::one_line;
use super::node::Node;
use super::text::{self, Document, Given};
use super::{ConfigError, Env};

/// One enabled enrichment, checked against its schema. `{:?}` leaves `data` out, which may hold
/// passwords and salts.
#[derive(Clone, PartialEq)]
pub struct EnrichmentConfig {
    /// The schema of `data`.
    pub schema: SchemaKey,
    /// What the file says under `data`.
    pub data: Value,
    /// Name of the file, for messages.
    pub origin: String,
}

impl fmt::Debug for EnrichmentConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EnrichmentConfig")
            .field("schema", &self.schema)
            .field("origin", &self.origin)
            .finish_non_exhaustive()
    }
}

/// The enabled enrichments that an argument names (a folder) or holds (base64), in the order of
/// file names; schemas that the binary does not carry are asked of `client`.
pub fn load(
    argument: &str,
    env: &Env,
    client: &Arc<IgluClient>,
) -> Result<Vec<EnrichmentConfig>, ConfigError> {
    let flag = "--enrichments";
    let documents = match text::locate(argument, flag)? {
        Given::Text(text) => {
            let origin = format!("{flag} (base64)");
            let value = text::parse(&text, &origin, None, env)?;
            unwrap(&Document { origin, value })?
        }
        Given::Path(path) if path.is_file() => {
            let document = text::load_file(&path, env)?;
            if is_wrapper(&document) {
                unwrap(&document)?
            } else {
                vec![document]
            }
        }
        Given::Path(path) => folder(&path, env)?,
    };
    let mut checks = Checks::new(client.clone());
    let mut enabled = Vec::new();
    for document in documents {
        let config = checks.check(document)?;
        if config.data.get("enabled") != Some(&Value::Bool(false)) {
            enabled.push(config);
        }
    }
    Ok(enabled)
}

fn folder(path: &Path, env: &Env) -> Result<Vec<Document>, ConfigError> {
    let unreadable = |error: std::io::Error| ConfigError::Unreadable {
        file: path.display().to_string(),
        reason: one_line(error),
        mend: "give the folder with the configurations of enrichments (it may be empty)".to_owned(),
    };
    let mut files = Vec::new();
    for entry in fs::read_dir(path).map_err(unreadable)? {
        let file = entry.map_err(unreadable)?.path();
        let named = file.file_name().and_then(|name| name.to_str());
        if named.is_some_and(|name| name.ends_with(".json") || name.ends_with(".hocon"))
            && !file.is_dir()
        {
            files.push(file);
        }
    }
    files.sort();
    files
        .iter()
        .map(|file| text::load_file(file, env))
        .collect()
}

fn wrapper() -> Criterion {
    Criterion {
        addition: Some(0),
        ..Criterion::jsonschema("com.snowplowanalytics.snowplow", "enrichments", 1, 0)
    }
}

fn is_wrapper(document: &Document) -> bool {
    let schema = document.value.get("schema").and_then(Value::as_str);
    schema
        .and_then(|uri| SchemaKey::parse(uri).ok())
        .is_some_and(|key| wrapper().matches(&key))
}

/// The configurations inside a wrapping document.
fn unwrap(document: &Document) -> Result<Vec<Document>, ConfigError> {
    let root = Node::root(document);
    let mend = format!(
        "wrap the configurations as {{\"schema\": \"{}\", \"data\": [ … ]}}",
        wrapper()
    );
    let (schema, data) = (root.get("schema"), root.get("data"));
    if !is_wrapper(document) {
        return Err(schema.fail("is not the schema of a list of enrichments", mend));
    }
    data.required(data.value(), &mend)?;
    let inner = |(n, item): (usize, Node<'_>)| {
        let origin = format!("{} data[{n}]", document.origin);
        Document {
            origin,
            value: item.value().cloned().unwrap_or_default(),
        }
    };
    Ok(data.items()?.into_iter().enumerate().map(inner).collect())
}

struct Checks {
    carried: Option<Checker>,
    configured: Checker,
}

impl Checks {
    fn new(client: Arc<IgluClient>) -> Checks {
        let repository = RegistryConfig {
            name: "carried".to_owned(),
            priority: 0,
            vendor_prefixes: Vec::new(),
            connection: Connection::Embedded,
        };
        let config = ResolverConfig {
            cache_size: 100,
            cache_ttl: None,
            repositories: vec![repository],
        };
        let carried = IgluClient::new(config, Clock::System).ok();
        Checks {
            carried: carried.map(|client| Checker::new(Arc::new(client))),
            configured: Checker::new(client),
        }
    }

    fn check(&mut self, document: Document) -> Result<EnrichmentConfig, ConfigError> {
        let root = Node::root(&document);
        let fields = root.required(root.object()?, "write an object with schema and data")?;
        if let Some(extra) = fields
            .keys()
            .find(|key| !matches!(key.as_str(), "schema" | "data"))
        {
            return Err(root.get(extra).fail(
                "does not belong here",
                "only schema and data do; move it into data or remove it",
            ));
        }
        let schema = root.get("schema");
        let mend = "give the schema of the enrichment, iglu:VENDOR/NAME/jsonschema/VERSION";
        let uri = schema.required(schema.string()?, mend)?;
        let key = SchemaKey::parse(&uri)
            .map_err(|error| schema.fail(format!("is no schema key ({error})"), mend))?;
        let Some(data) = fields.get("data") else {
            return Err(root
                .get("data")
                .fail("is missing", "put the settings of the enrichment there"));
        };
        let instance = Doc::parse_owned(data.to_string()).map_err(|error| {
            root.get("data")
                .fail(one_line(error), "mend the JSON there")
        })?;
        let carried = self
            .carried
            .as_mut()
            .map(|checker| checker.check(&key, instance.root()));
        let outcome = match carried {
            None | Some(Err(CheckError::Client(ClientError::Resolution(_)))) => {
                self.configured.check(&key, instance.root())
            }
            Some(outcome) => outcome,
        };
        match outcome {
            Ok(_) => Ok(EnrichmentConfig {
                schema: key,
                data: data.clone(),
                origin: document.origin,
            }),
            Err(error) => Err(refusal(document.origin, &key, &error)),
        }
    }
}

/// The reference's text, and before it the same in the words of the file.
fn refusal(file: String, key: &SchemaKey, error: &CheckError) -> ConfigError {
    let (field, problem, mend, report) = match error {
        CheckError::Crash(crash) => {
            let mend = "look at the schema: the check itself failed";
            (
                "data".to_owned(),
                crash.to_string(),
                mend.to_owned(),
                crash.to_string(),
            )
        }
        CheckError::Client(error) => {
            let (field, problem, mend) = match error {
                ClientError::Resolution(_) => (
                    "schema".to_owned(),
                    "no registry has this schema".to_owned(),
                    "correct the name and version, or add a registry to the resolver".to_owned(),
                ),
                ClientError::Schema { .. } => (
                    "schema".to_owned(),
                    "the registry's document is no valid schema".to_owned(),
                    "mend the schema in its registry".to_owned(),
                ),
                ClientError::Invalid { reports, .. } => match reports.first() {
                    None => (
                        "data".to_owned(),
                        "does not fit its schema".to_owned(),
                        "compare it with the schema".to_owned(),
                    ),
                    Some(first) => {
                        let field = format!(
                            "data{}",
                            first.path.strip_prefix('$').unwrap_or(&first.path)
                        );
                        let said = first
                            .message
                            .strip_prefix(&format!("{}: ", first.path))
                            .unwrap_or(&first.message);
                        let more = match reports.len() - 1 {
                            0 => String::new(),
                            more => format!(" (and {more} more)"),
                        };
                        (
                            field,
                            format!("{}{more}", one_line(said)),
                            format!("change it to fit {key}"),
                        )
                    }
                },
            };
            (field, problem, mend, error.to_json())
        }
    };
    // the quote and the back-tick are the reference's
    let report = format!("Enrichment with key '{key}` is invalid - {report}");
    ConfigError::Enrichment {
        file,
        field,
        problem,
        mend,
        report,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const ANON: &str = "iglu:com.snowplowanalytics.snowplow/anon_ip/jsonschema/1-0-1";

    fn client() -> Arc<IgluClient> {
        let mine = json!({
            "$schema": "http://iglucentral.com/schemas/com.snowplowanalytics.self-desc/schema/jsonschema/1-0-0#",
            "type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]
        });
        let schemas = [("com.acme/own/jsonschema/1-0-0".to_owned(), mine.to_string())].into();
        let repository = RegistryConfig {
            name: "mine".into(),
            priority: 0,
            vendor_prefixes: vec![],
            connection: Connection::Memory(schemas),
        };
        let config = ResolverConfig {
            cache_size: 10,
            cache_ttl: None,
            repositories: vec![repository],
        };
        Arc::new(IgluClient::new(config, Clock::Fixed(0)).unwrap())
    }

    fn anon(enabled: bool, parameters: Value) -> Value {
        let vendor = "com.snowplowanalytics.snowplow";
        json!({"schema": ANON, "data": {"vendor": vendor, "name": "anon_ip", "enabled": enabled, "parameters": parameters}})
    }

    fn in_folder(files: &[(&str, &str)]) -> Result<Vec<EnrichmentConfig>, String> {
        let dir = tempfile::tempdir().unwrap();
        for (name, text) in files {
            std::fs::write(dir.path().join(name), text).unwrap();
        }
        std::fs::create_dir(dir.path().join("folder.json")).unwrap();
        let path = dir.path().to_str().unwrap().to_owned();
        let place = format!("{path}/");
        load(&path, &Env::from_iter([("N", "7")]), &client())
            .map_err(|error| error.to_string().replace(&place, ""))
    }

    #[test]
    fn files_are_taken_by_name_and_those_switched_off_are_left_out_after_the_check() {
        let on = anon(true, json!({"anonOctets": 1})).to_string();
        let off = anon(false, json!({"anonOctets": 1})).to_string();
        let own =
            "schema = \"iglu:com.acme/own/jsonschema/1-0-0\", data { n = ${N}, n = 1.0 } # hocon";
        let configs = in_folder(&[
            ("b.json", &on),
            ("a.hocon", own),
            ("c.json", &off),
            ("d.txt", "?"),
            ("..data", "?"),
        ]);
        let configs = configs.unwrap();
        let shown: Vec<_> = configs
            .iter()
            .map(|c| (c.schema.name(), c.origin.rsplit('/').next().unwrap()))
            .collect();
        assert_eq!(shown, [("own", "a.hocon"), ("anon_ip", "b.json")]);
        assert_eq!(configs[0].data, json!({"n": 1}));
        assert!(!format!("{configs:?}").contains("anonOctets"));
        let wrong_but_off = anon(false, json!({"anonOctets": "1"})).to_string();
        assert!(in_folder(&[("a.json", &wrong_but_off)]).is_err());
        assert_eq!(in_folder(&[]), Ok(vec![]));
    }

    #[test]
    fn a_wrapped_document_is_taken_from_base64_or_one_file() {
        let wrapped = json!({
            "schema": "iglu:com.snowplowanalytics.snowplow/enrichments/jsonschema/1-0-0",
            "data": [anon(true, json!({"anonOctets": 2}))]
        });
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("all.json");
        std::fs::write(&file, wrapped.to_string()).unwrap();
        let configs = load(file.to_str().unwrap(), &Env::default(), &client()).unwrap();
        assert_eq!(configs.len(), 1);
        // {"schema":"iglu:com.snowplowanalytics.snowplow/enrichments/jsonschema/1-0-0","data":[1]}
        let text = "eyJzY2hlbWEiOiJpZ2x1OmNvbS5zbm93cGxvd2FuYWx5dGljcy5zbm93cGxvdy9lbnJpY2htZW50cy9q\
                    c29uc2NoZW1hLzEtMC0wIiwiZGF0YSI6WzFdfQ==";
        let error = load(text, &Env::default(), &client())
            .unwrap_err()
            .to_string();
        assert_eq!(
            error,
            "--enrichments (base64) data[0]: the document: is 1; give an object { … }"
        );
        // {"schema":"iglu:a/b/jsonschema/1-0-0","data":[]}
        let other = "eyJzY2hlbWEiOiJpZ2x1OmEvYi9qc29uc2NoZW1hLzEtMC0wIiwiZGF0YSI6W119";
        let error = load(other, &Env::default(), &client())
            .unwrap_err()
            .to_string();
        assert!(
            error.starts_with("--enrichments (base64): schema: is not the schema of a list"),
            "{error}"
        );
    }

    #[test]
    fn what_is_wrong_is_told_with_the_text_of_the_reference() {
        let error = |text: &str| in_folder(&[("a.json", text)]).unwrap_err();
        let wrong = anon(true, json!({"anonOctets": "1"})).to_string();
        assert_eq!(
            error(&wrong),
            format!(
                "a.json: data.parameters.anonOctets: string found, number expected; change it to fit {ANON} \
                 (Enrichment with key '{ANON}` is invalid - {{\"error\":\"ValidationError\",\"dataReports\":\
                 [{{\"message\":\"$.parameters.anonOctets: string found, number expected\",\
                 \"path\":\"$.parameters.anonOctets\",\"keyword\":\"type\",\"targets\":[\"string\",\"number\"]}}]}})"
            )
        );
        let unknown = error("{\"schema\":\"iglu:com.acme/none/jsonschema/1-0-0\",\"data\":{}}");
        let start = "a.json: schema: no registry has this schema; correct the name and version, or add a registry to \
                     the resolver (Enrichment with key 'iglu:com.acme/none/jsonschema/1-0-0` is invalid - \
                     {\"error\":\"ResolutionError\",\"lookupHistory\":[{\"repository\":\"Iglu Client Embedded\"";
        assert!(unknown.starts_with(start), "{unknown}");
        for (text, start) in [
            ("{\"data\":{}}", "a.json: schema: is missing; give"),
            (
                "{\"schema\":\"x\",\"data\":{}}",
                "a.json: schema: is no schema key (INVALID_IGLUURI); give",
            ),
            (
                "{\"schema\":\"iglu:a/b/c/1-0-0\"}",
                "a.json: data: is missing; put",
            ),
            (
                "{\"schema\":\"iglu:a/b/c/1-0-0\",\"data\":{},\"enabled\":true}",
                "a.json: enabled: does not belong here; only",
            ),
            ("{", "a.json: line"),
        ] {
            let error = error(text);
            assert!(error.starts_with(start), "{error}");
        }
        let error = load("/no/such/folder", &Env::default(), &client())
            .unwrap_err()
            .to_string();
        assert!(
            error.starts_with("/no/such/folder: cannot be read: "),
            "{error}"
        );
    }

    #[test]
    fn a_network_is_not_needed_for_the_schemas_that_the_binary_carries() {
        let closed = RegistryConfig {
            name: "closed".into(),
            priority: 0,
            vendor_prefixes: vec!["com.snowplowanalytics".into()],
            connection: Connection::at("http://127.0.0.1:1", None).unwrap(),
        };
        let config = ResolverConfig {
            cache_size: 10,
            cache_ttl: None,
            repositories: vec![closed],
        };
        let client = Arc::new(IgluClient::new(config, Clock::Fixed(0)).unwrap());
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(
            dir.path().join("a.json"),
            anon(true, json!({"anonOctets": 1})).to_string(),
        )
        .unwrap();
        assert_eq!(
            load(dir.path().to_str().unwrap(), &Env::default(), &client)
                .unwrap()
                .len(),
            1
        );
    }
}
