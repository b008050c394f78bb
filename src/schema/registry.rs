//! Registries: the places where schemas lie.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

use reqwest::Url;

use crate::secret::Secret;

use super::embedded::{self, Row};
use super::error::RegistryError;
use super::fetch::{HttpFetcher, MAX_BODY};
use super::key::SchemaKey;

/// One configured registry.
#[derive(Debug, Clone, PartialEq)]
pub struct RegistryConfig {
    /// Its name in bad rows and logs; unique.
    pub name: String,
    /// Among registries of one kind the lower number is asked first.
    pub priority: i64,
    /// Registries with a prefix of the schema's vendor are asked before all others.
    pub vendor_prefixes: Vec<String>,
    /// Where it is.
    pub connection: Connection,
}

/// Where a registry is.
#[derive(Debug, Clone, PartialEq)]
pub enum Connection {
    /// The schemas that the binary carries, whatever path the configuration names.
    Embedded,
    /// An HTTP server; `uri` may end with one slash.
    Http { uri: String, apikey: Option<Secret> },
    /// A folder with `schemas/VENDOR/NAME/FORMAT/VERSION` below it.
    Directory(PathBuf),
    /// Schemas by their path `VENDOR/NAME/FORMAT/VERSION`.
    Memory(BTreeMap<String, String>),
}

impl Connection {
    /// The registry at an `http:`, `https:` or `file:` URI.
    ///
    /// # Errors
    /// What is wrong with the URI; the text never holds the URI, which may hold a password.
    pub fn at(uri: &str, apikey: Option<Secret>) -> Result<Connection, String> {
        let url = Url::parse(uri).map_err(|error| format!("is no URI ({error})"))?;
        match url.scheme() {
            "http" | "https" => Ok(Connection::Http {
                uri: uri.to_owned(),
                apikey,
            }),
            "file" => url
                .to_file_path()
                .map(Connection::Directory)
                .map_err(|()| "names no local path".to_owned()),
            other => Err(format!("{other}: is no kind of registry")),
        }
    }
}

/// Name of the registry that is always there.
pub const CLIENT_REGISTRY: &str = "Iglu Client Embedded";

/// A registry that can be asked.
#[derive(Debug)]
pub(crate) struct Registry {
    pub(crate) name: String,
    priority: i64,
    vendor_prefixes: Vec<String>,
    place: Place,
}

#[derive(Debug)]
enum Place {
    Table(&'static [Row]),
    Memory(BTreeMap<String, String>),
    Directory(PathBuf),
    Http {
        prefix: String,
        apikey: Option<Secret>,
    },
}

impl Registry {
    /// The registry that iglu-scala-client carries in its own jar.
    pub(crate) fn client() -> Registry {
        Registry {
            name: CLIENT_REGISTRY.to_owned(),
            priority: 0,
            vendor_prefixes: Vec::new(),
            place: Place::Table(&embedded::CLIENT),
        }
    }

    pub(crate) fn new(config: RegistryConfig) -> Registry {
        let place = match config.connection {
            Connection::Embedded => Place::Table(embedded::CATALOGUE),
            Connection::Memory(schemas) => Place::Memory(schemas),
            Connection::Directory(path) => Place::Directory(path),
            Connection::Http { uri, apikey } => Place::Http {
                prefix: uri.strip_suffix('/').unwrap_or(&uri).to_owned(),
                apikey,
            },
        };
        let RegistryConfig {
            name,
            priority,
            vendor_prefixes,
            ..
        } = config;
        Registry {
            name,
            priority,
            vendor_prefixes,
            place,
        }
    }

    /// What registries are sorted by for a vendor, ascending: prefix missing, kind, priority.
    pub(crate) fn rank(&self, vendor: &str) -> (bool, u8, i64) {
        let matched = self
            .vendor_prefixes
            .iter()
            .any(|prefix| vendor.starts_with(prefix.as_str()));
        let kind = match self.place {
            Place::Memory(_) => 1,
            Place::Table(_) => 2,
            // a folder stands in for a server, so it has a server's place in the order
            Place::Directory(_) | Place::Http { .. } => 100,
        };
        (!matched, kind, self.priority)
    }

    /// Whether another try can end otherwise.
    pub(crate) fn can_change(&self) -> bool {
        matches!(self.place, Place::Directory(_) | Place::Http { .. })
    }

    /// The text of the schema `key`; blocks while a server is asked.
    pub(crate) fn fetch(
        &self,
        key: &SchemaKey,
        http: &HttpFetcher,
    ) -> Result<String, RegistryError> {
        // `iglu:../x/…` is a legal key, but must not lead out of the registry
        if key.vendor().bytes().all(|b| b == b'.') {
            return Err(RegistryError::NotFound);
        }
        match &self.place {
            Place::Table(table) => embedded::find(table, key)
                .map(str::to_owned)
                .ok_or(RegistryError::NotFound),
            Place::Memory(schemas) => schemas
                .get(key.path())
                .cloned()
                .ok_or(RegistryError::NotFound),
            Place::Directory(path) => read(&path.join("schemas").join(key.path())),
            Place::Http { prefix, apikey } => {
                http.schema(&format!("{prefix}/schemas/{}", key.path()), apikey.as_ref())
            }
        }
    }

    /// What to say when a schema's text is no JSON.
    pub(crate) fn no_json(&self, text: &str, error: &dyn std::fmt::Display) -> RegistryError {
        match self.place {
            Place::Http { .. } => {
                let empty = if text.is_empty() { ": empty body" } else { "" };
                RegistryError::ClientFailure(format!(
                    "Could not decode server response. org.http4s.MalformedMessageBodyFailure: \
                     Malformed message body: Invalid JSON{empty}"
                ))
            }
            _ => RegistryError::RepoFailure(error.to_string()),
        }
    }
}

fn read(path: &Path) -> Result<String, RegistryError> {
    let failed = |error: std::io::Error| match error.kind() {
        ErrorKind::NotFound | ErrorKind::NotADirectory => RegistryError::NotFound,
        _ => RegistryError::RepoFailure(error.to_string()),
    };
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(failed)?;
    file.take(MAX_BODY as u64 + 1)
        .read_to_end(&mut bytes)
        .map_err(failed)?;
    if bytes.len() > MAX_BODY {
        return Err(RegistryError::RepoFailure(format!(
            "schema is larger than {MAX_BODY} bytes"
        )));
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(uri: &str) -> SchemaKey {
        SchemaKey::parse(uri).unwrap()
    }

    fn registry(connection: Connection) -> Registry {
        Registry::new(RegistryConfig {
            name: "R".into(),
            priority: 0,
            vendor_prefixes: vec![],
            connection,
        })
    }

    #[test]
    fn an_embedded_connection_has_the_schemas_of_the_binary() {
        let registry = registry(Connection::Embedded);
        let web_page = key("iglu:com.snowplowanalytics.snowplow/web_page/jsonschema/1-0-0");
        assert!(
            registry
                .fetch(&web_page, &HttpFetcher::default())
                .unwrap()
                .contains("\"web_page\"")
        );
        let other = key("iglu:com.acme/x/jsonschema/1-0-0");
        assert_eq!(
            registry.fetch(&other, &HttpFetcher::default()),
            Err(RegistryError::NotFound)
        );
        assert!(!registry.can_change());
    }

    #[test]
    fn a_folder_is_a_registry() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("schemas/com.acme/x/jsonschema");
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("1-0-0"), "{}").unwrap();
        std::fs::write(dir.path().join("secret"), "{}").unwrap();
        let registry = registry(Connection::Directory(dir.path().to_owned()));
        let http = HttpFetcher::default();
        assert_eq!(
            registry.fetch(&key("iglu:com.acme/x/jsonschema/1-0-0"), &http),
            Ok("{}".to_owned())
        );
        for missing in [
            "iglu:com.acme/x/jsonschema/1-0-1",
            "iglu:com.acme/y/jsonschema/1-0-0",
            "iglu:../x/y/1-0-0",
        ] {
            assert_eq!(
                registry.fetch(&key(missing), &http),
                Err(RegistryError::NotFound),
                "{missing}"
            );
        }
        let schema_is_a_folder = key("iglu:com.acme/x/jsonschema/2-0-0");
        std::fs::create_dir(folder.join("2-0-0")).unwrap();
        assert!(matches!(
            registry.fetch(&schema_is_a_folder, &http),
            Err(RegistryError::RepoFailure(_))
        ));
        assert!(registry.can_change());
    }

    #[test]
    fn a_matching_prefix_comes_before_kind_and_priority() {
        let mut http = registry(Connection::Http {
            uri: "http://x/".into(),
            apikey: None,
        });
        http.vendor_prefixes = vec!["com.ac".into()];
        http.priority = 9;
        assert!(http.rank("com.acme") < Registry::client().rank("com.acme"));
        assert!(http.rank("org.acme") > Registry::client().rank("org.acme"));
    }
}
