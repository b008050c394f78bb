//! The Iglu resolver file: which registries there are and how long schemas are kept.

use std::path::Path;

use crate::schema::registry::{Connection, RegistryConfig};
use crate::schema::resolver::ResolverConfig;
use crate::schema::{Criterion, SchemaKey};
use crate::secret::Secret;

use super::node::Node;
use super::text::{self, Document};
use super::{ConfigError, Env};

/// The resolver configuration that an argument names (a path) or holds (base64).
pub fn load(argument: &str, env: &Env) -> Result<ResolverConfig, ConfigError> {
    read(&text::load(argument, "--iglu-config", env)?)
}

/// Reads a resolver configuration. Like the reference it is not checked against its schema: any
/// `resolver-config/jsonschema/1-0-*` is taken. Beside its connections there is
/// `file { path = FOLDER }`, and `http.uri` may be a `file:` URI.
pub fn read(document: &Document) -> Result<ResolverConfig, ConfigError> {
    let root = Node::root(document);
    let criterion = Criterion::jsonschema("com.snowplowanalytics.iglu", "resolver-config", 1, 0);
    let schema = root.get("schema");
    let mend = format!("give {criterion}");
    let uri = schema.required(schema.string()?, &mend)?;
    let key = SchemaKey::parse(&uri)
        .map_err(|error| schema.fail(format!("is no schema key ({error})"), mend.as_str()))?;
    if !criterion.matches(&key) {
        return Err(schema.fail(
            format!("Schema {uri} does not match criterion {criterion}"),
            mend,
        ));
    }
    let data = root.get("data");
    data.required(data.object()?, "put cacheSize and repositories there")?;
    let size = data.get("cacheSize");
    let repositories = data.get("repositories");
    repositories.required(
        repositories.value(),
        "add a list of registries, for example Iglu Central",
    )?;
    let config = ResolverConfig {
        cache_size: size.required(
            size.integer()?,
            "add the number of schemas to keep, for example 500",
        )?,
        cache_ttl: data.get("cacheTtl").integer()?,
        repositories: repositories
            .items()?
            .iter()
            .map(repository)
            .collect::<Result<_, _>>()?,
    };
    for (n, repository) in config.repositories.iter().enumerate() {
        let same = config
            .repositories
            .iter()
            .filter(|other| other.name == repository.name)
            .count();
        if same > 1 {
            let problem = format!(
                "Repository names must be unique, {} encountered {same} times",
                repository.name
            );
            let place = repositories
                .items()?
                .into_iter()
                .nth(n)
                .unwrap_or(repositories);
            return Err(place
                .get("name")
                .fail(problem, "give each registry a name of its own"));
        }
    }
    Ok(config)
}

fn repository(node: &Node<'_>) -> Result<RegistryConfig, ConfigError> {
    node.required(
        node.object()?,
        "give an object with name, priority, vendorPrefixes and connection",
    )?;
    let (name, priority, prefixes) = (
        node.get("name"),
        node.get("priority"),
        node.get("vendorPrefixes"),
    );
    prefixes.required(
        prefixes.value(),
        "add a list of vendors, for example [] or [\"com.snowplowanalytics\"]",
    )?;
    let prefix = |item: &Node<'_>| item.required(item.string()?, "give a vendor");
    Ok(RegistryConfig {
        name: name.required(name.string()?, "add a name for logs and bad rows")?,
        priority: priority.required(
            priority.integer()?,
            "add a whole number, the lowest is asked first",
        )?,
        vendor_prefixes: prefixes
            .items()?
            .iter()
            .map(prefix)
            .collect::<Result<_, _>>()?,
        connection: connection(&node.get("connection"))?,
    })
}

fn connection(node: &Node<'_>) -> Result<Connection, ConfigError> {
    let mend = "add http { uri = … }, embedded { path = … } or file { path = … }";
    node.required(node.object()?, mend)?;
    let (embedded, http, file) = (node.get("embedded"), node.get("http"), node.get("file"));
    if embedded.get("path").is_present() {
        return Ok(Connection::Embedded);
    }
    if http.is_present() {
        let uri = http.get("uri");
        let text = uri.required(
            uri.string()?,
            "add the address of the registry, for example http://iglucentral.com",
        )?;
        let apikey = http.get("apikey").string()?.map(Secret::new);
        let connection = Connection::at(&text, apikey);
        let connection = connection
            .map_err(|problem| uri.fail(problem, "give an http:, https: or file: URI"))?;
        return existing(connection, &uri);
    }
    if file.is_present() {
        let path = file.get("path");
        let text = path.required(path.string()?, "add the folder that has schemas/ in it")?;
        return existing(Connection::Directory(text.into()), &path);
    }
    if embedded.is_present() {
        return Err(embedded.get("path").fail(
            "is missing",
            "add a path; any will do, the binary carries the schemas",
        ));
    }
    Err(node.fail("has no kind that is known", mend))
}

fn existing(connection: Connection, node: &Node<'_>) -> Result<Connection, ConfigError> {
    match &connection {
        Connection::Directory(path) if !Path::is_dir(path) => {
            let problem = format!("{} is no folder", path.display());
            Err(node.fail(problem, "give the folder that has schemas/ in it"))
        }
        _ => Ok(connection),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn doc(value: Value) -> Document {
        Document {
            origin: "resolver.json".into(),
            value,
        }
    }

    fn with(repositories: Value) -> Document {
        let schema = "iglu:com.snowplowanalytics.iglu/resolver-config/jsonschema/1-0-1";
        doc(
            json!({"schema": schema, "data": {"cacheSize": 500, "cacheTtl": null, "repositories": repositories}}),
        )
    }

    fn repo(connection: Value) -> Value {
        json!({"name": "R", "priority": 1, "vendorPrefixes": ["com.acme"], "connection": connection})
    }

    #[test]
    fn all_connections_are_read_and_the_key_is_hidden() {
        let dir = tempfile::tempdir().unwrap();
        let file_uri = format!("file://{}", dir.path().display());
        let config = |connection: Value| {
            read(&with(json!([repo(connection)])))
                .unwrap()
                .repositories
                .remove(0)
                .connection
        };
        assert_eq!(
            config(json!({"embedded": {"path": "/x"}, "http": {"uri": "http://h"}})),
            Connection::Embedded
        );
        let http = config(json!({"http": {"uri": "http://h/api", "apikey": "k"}}));
        assert_eq!(
            http,
            Connection::Http {
                uri: "http://h/api".into(),
                apikey: Some(Secret::new("k"))
            }
        );
        assert!(!format!("{http:?}").contains("\"k\""));
        assert_eq!(
            config(json!({"http": {"uri": "https://h/", "apikey": null}})),
            Connection::Http {
                uri: "https://h/".into(),
                apikey: None
            }
        );
        let folder = Connection::Directory(dir.path().to_owned());
        assert_eq!(config(json!({"file": {"path": dir.path()}})), folder);
        assert_eq!(config(json!({"http": {"uri": file_uri}})), folder);
    }

    #[test]
    fn the_example_of_this_project_is_read() {
        let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("iglu-resolver/resolver.json");
        let config = load(example.to_str().unwrap(), &Env::default()).unwrap();
        let connections: Vec<_> = config
            .repositories
            .into_iter()
            .map(|r| r.connection)
            .collect();
        let central = Connection::Http {
            uri: "http://iglucentral.com".into(),
            apikey: None,
        };
        assert_eq!(connections, [Connection::Embedded, central]);
        assert_eq!((config.cache_size, config.cache_ttl), (500, Some(600)));
    }

    #[test]
    fn what_is_wrong_is_told_with_file_field_and_mend() {
        let schema = "iglu:com.snowplowanalytics.iglu/resolver-config/jsonschema/1-0-1";
        let http = || json!({"http": {"uri": "http://h"}});
        let cases = [
            (
                doc(json!({})),
                "schema: is missing; give iglu:com.snowplowanalytics.iglu/resolver-config/jsonschema/1-0-*",
            ),
            (
                doc(json!({"schema": "x"})),
                "schema: is no schema key (INVALID_IGLUURI); give iglu:com.snowplow",
            ),
            (
                doc(json!({"schema": "iglu:a/b/jsonschema/1-0-0", "data": {}})),
                "schema: Schema iglu:a/b/jsonschema/1-0-0 does not match criterion \
                 iglu:com.snowplowanalytics.iglu/resolver-config/jsonschema/1-0-*; give",
            ),
            (doc(json!({"schema": schema})), "data: is missing; put"),
            (
                doc(json!({"schema": schema, "data": {"repositories": []}})),
                "data.cacheSize: is missing; add the number",
            ),
            (
                doc(json!({"schema": schema, "data": {"cacheSize": 1}})),
                "data.repositories: is missing; add",
            ),
            (
                doc(json!({"schema": schema, "data": {"cacheSize": 1.5, "repositories": []}})),
                "data.cacheSize: is 1.5; give a whole",
            ),
            (
                with(json!({})),
                "data.repositories: is an object; give a list",
            ),
            (
                with(json!(["x"])),
                "data.repositories[0]: is a text; give an object",
            ),
            (
                with(json!([{"priority": 1, "vendorPrefixes": []}])),
                "data.repositories[0].name: is missing; add a name",
            ),
            (
                with(json!([{"name": "R", "priority": "a", "vendorPrefixes": []}])),
                "data.repositories[0].priority: is a text; give",
            ),
            (
                with(json!([{"name": "R", "priority": 0}])),
                "data.repositories[0].vendorPrefixes: is missing; add a list",
            ),
            (
                with(json!([repo(json!({}))])),
                "data.repositories[0].connection: has no kind that is known; add http",
            ),
            (
                with(json!([repo(json!({"http": {}}))])),
                "data.repositories[0].connection.http.uri: is missing; add",
            ),
            (
                with(json!([repo(json!({"http": {"uri": "ftp://h"}}))])),
                "data.repositories[0].connection.http.uri: ftp: is no kind of registry; give an http",
            ),
            (
                with(json!([repo(json!({"http": {"uri": "h/x"}}))])),
                "data.repositories[0].connection.http.uri: is no URI",
            ),
            (
                with(json!([repo(json!({"file": {"path": "/no/such"}}))])),
                "data.repositories[0].connection.file.path: /no/such is no folder; give",
            ),
            (
                with(json!([repo(json!({"embedded": {}}))])),
                "data.repositories[0].connection.embedded.path: is missing; add",
            ),
            (
                with(json!([repo(http()), repo(http())])),
                "data.repositories[0].name: Repository names must be unique, R encountered 2 times; give each",
            ),
        ];
        for (document, text) in cases {
            let error = read(&document).unwrap_err().to_string();
            assert!(
                error.starts_with(&format!("resolver.json: {text}")),
                "{error}\n{text}"
            );
            assert!(!error.contains('\n'));
        }
    }
}
