//! The application file (`--config`): what the core of the pipeline needs from it.
//!
//! Everything is optional; defaults are those of Enrich 3.9.0. Blocks that belong to streams and
//! to operation are read beside their code, from the same [`AppConfig::document`].

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Map, Value};

use super::kinesis;
use super::node::Node;
use super::overrides::{self, Override};
use super::text::{self, Document};
use super::{ConfigError, Env};

/// The stream that an Enrich deployment is made for; each has its own image in the reference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asset {
    /// AWS Kinesis.
    Kinesis,
    /// Apache Kafka; also taken when nothing tells.
    Kafka,
    /// Google Pub/Sub.
    PubSub,
    /// NSQ.
    Nsq,
    /// RabbitMQ.
    RabbitMq,
}

impl Asset {
    /// Largest good or bad record that is written, bytes; larger ones become `size_violation` rows.
    pub fn max_record_size(self) -> usize {
        match self {
            Asset::Kinesis => 1_048_576,
            Asset::Kafka | Asset::Nsq => 1_000_000,
            Asset::PubSub => 6_900_000,
            Asset::RabbitMq => 128_000_000,
        }
    }

    /// The asset that an output or input block of this `type` belongs to.
    fn of_type(name: &str) -> Option<Asset> {
        match name.to_ascii_lowercase().as_str() {
            "kinesis" => Some(Asset::Kinesis),
            "kafka" => Some(Asset::Kafka),
            "pubsub" => Some(Asset::PubSub),
            "nsq" => Some(Asset::Nsq),
            "rabbitmq" => Some(Asset::RabbitMq),
            _ => None,
        }
    }

    /// The asset by the keys of a block without a `type`: old files have none, because each asset
    /// of the reference is a binary of its own.
    fn of_keys(block: &Map<String, Value>) -> Option<Asset> {
        let has = |key: &str| block.contains_key(key);
        let google = |key: &str| {
            block
                .get(key)
                .and_then(Value::as_str)
                .is_some_and(|text| text.starts_with("projects/"))
        };
        if has("streamName") {
            Some(Asset::Kinesis)
        } else if has("subscription") || google("topic") {
            Some(Asset::PubSub)
        } else if has("topicName") || has("bootstrapServers") {
            Some(Asset::Kafka)
        } else if has("lookupHost") || has("nsqdHost") {
            Some(Asset::Nsq)
        } else if has("cluster") && (has("queue") || has("exchange")) {
            Some(Asset::RabbitMq)
        } else {
            None
        }
    }
}

/// Switches of the enrichment itself.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct FeatureFlags {
    /// Emit events that fail the check of the atomic fields.
    pub accept_invalid: bool,
    /// Run the JavaScript enrichment before currency, weather and IP look-ups.
    pub legacy_enrichment_order: bool,
    /// When a record is no Thrift, try its base64 decoding.
    pub try_base64_decoding: bool,
}

/// Adapters that are HTTP services of the user.
#[derive(Debug, Clone, PartialEq)]
pub struct RemoteAdapters {
    /// Longest wait for a connection.
    pub connection_timeout: Duration,
    /// Longest wait for an answer.
    pub read_timeout: Duration,
    /// Connections kept to all services.
    pub max_connections: usize,
    /// Which payloads go where.
    pub configs: Vec<RemoteAdapter>,
}

/// One of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RemoteAdapter {
    /// First part of the payload's path.
    pub vendor: String,
    /// Second part.
    pub version: String,
    /// Where payloads are posted.
    pub url: String,
}

impl Default for RemoteAdapters {
    fn default() -> RemoteAdapters {
        RemoteAdapters {
            connection_timeout: Duration::from_secs(10),
            read_timeout: Duration::from_secs(45),
            max_connections: 10,
            configs: Vec::new(),
        }
    }
}

/// What scripts of the JavaScript enrichment may use for one event; the reference has no such limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scripts {
    /// Longest that a script may run.
    pub time_limit: Duration,
    /// Bytes that a script may hold.
    pub memory_limit: usize,
}

impl Default for Scripts {
    fn default() -> Scripts {
        Scripts {
            time_limit: Duration::from_millis(500),
            memory_limit: 64 << 20,
        }
    }
}

/// The application's settings.
#[derive(Debug, Clone, PartialEq)]
pub struct AppConfig {
    /// Which deployment of the reference this one replaces.
    pub asset: Asset,
    /// Switches.
    pub feature_flags: FeatureFlags,
    /// How often files of enrichments are looked at again; never when absent.
    pub assets_update_period: Option<Duration>,
    /// Schemas of webhook events that differ from the defaults: adapter, event, Iglu URI.
    pub adapters_schemas: BTreeMap<String, BTreeMap<String, String>>,
    /// Adapters that are services.
    pub remote_adapters: RemoteAdapters,
    /// Limits of scripts.
    pub scripts: Scripts,
    /// Settings that have no effect, one line each; to be logged.
    pub warnings: Vec<String>,
    /// The whole document with all overrides, for the parts that read their own blocks.
    pub document: Document,
}

/// Settings at the top of the file, of 3.9.0 and (second part) of later versions.
const ROOTS: [&str; 28] = [
    "adaptersSchemas",
    "assetsUpdatePeriod",
    "concurrency",
    "experimental",
    "featureFlags",
    "input",
    "monitoring",
    "output",
    "remoteAdapters",
    "telemetry",
    "blobClients",
    "blobStorage",
    "checkpoint",
    "compression",
    "cpuParallelismFraction",
    "decompression",
    "http",
    "iglu",
    "identity",
    "javascript",
    "jsAllowedJavaClasses",
    "license",
    "metadata",
    "processing",
    "admin",
    "reload",
    "sinkParallelismFraction",
    "validation",
];

impl AppConfig {
    /// Largest good or bad record that is written, bytes.
    pub fn max_record_size(&self) -> usize {
        let output = Node::root(&self.document).get("output");
        let default = self.asset.max_record_size();
        kinesis::max_record_size(&[output.get("good"), output.get("bad")], default)
    }

    /// The settings when no file is given.
    pub fn without_file(env: &Env, set: &[Override]) -> Result<AppConfig, ConfigError> {
        AppConfig::read(
            Document {
                origin: "settings".to_owned(),
                value: Value::Object(Map::new()),
            },
            env,
            set,
        )
    }

    /// The settings that an argument names (a path) or holds (base64), under the overrides of the
    /// environment and those `set` on the command line, which win.
    pub fn load(argument: &str, env: &Env, set: &[Override]) -> Result<AppConfig, ConfigError> {
        AppConfig::read(text::load(argument, "--config", env)?, env, set)
    }

    /// Reads a document.
    pub fn read(
        mut document: Document,
        env: &Env,
        set: &[Override],
    ) -> Result<AppConfig, ConfigError> {
        overrides::apply(&mut document.value, &overrides::from_env(env, &ROOTS));
        overrides::apply(&mut document.value, set);
        let root = Node::root(&document);
        if root.get("enrich").get("streams").is_present() {
            return Err(root.get("enrich").fail(
                "this is a file of the old stream-enrich",
                "write a file for enrich 3: input, output.good and output.bad at the top",
            ));
        }
        let mut warnings = Vec::new();
        root.unknown_keys(&ROOTS, &mut warnings);
        Ok(AppConfig {
            asset: asset(&root),
            feature_flags: feature_flags(&root, &mut warnings)?,
            assets_update_period: assets_update_period(&root.get("assetsUpdatePeriod"))?,
            adapters_schemas: adapters_schemas(&root.get("adaptersSchemas"))?,
            remote_adapters: remote_adapters(&root.get("remoteAdapters"), &mut warnings)?,
            scripts: scripts(&root.get("javascript"), &mut warnings)?,
            warnings,
            document,
        })
    }
}

/// By the input, or, when that is a folder, by the outputs.
fn asset(root: &Node<'_>) -> Asset {
    let output = root.get("output");
    let blocks = [
        root.get("input"),
        output.get("good"),
        output.get("bad"),
        output.get("pii"),
    ];
    let told = blocks.iter().find_map(|block| {
        let fields = block.value()?.as_object()?;
        match fields.get("type").and_then(Value::as_str) {
            Some(name) => Asset::of_type(name),
            None => Asset::of_keys(fields),
        }
    });
    told.unwrap_or(Asset::Kafka)
}

fn feature_flags(root: &Node<'_>, warnings: &mut Vec<String>) -> Result<FeatureFlags, ConfigError> {
    let flags = root.get("featureFlags");
    flags.object()?;
    flags.unknown_keys(
        &[
            "acceptInvalid",
            "legacyEnrichmentOrder",
            "tryBase64Decoding",
        ],
        warnings,
    );
    let flag = |name: &str| Ok(flags.get(name).boolean()?.unwrap_or(false));
    // later versions have it under `validation`
    let accept_invalid = match flags.get("acceptInvalid").boolean()? {
        Some(accept) => accept,
        None => root
            .get("validation")
            .get("acceptInvalid")
            .boolean()?
            .unwrap_or(false),
    };
    Ok(FeatureFlags {
        accept_invalid,
        legacy_enrichment_order: flag("legacyEnrichmentOrder")?,
        try_base64_decoding: flag("tryBase64Decoding")?,
    })
}

fn assets_update_period(node: &Node<'_>) -> Result<Option<Duration>, ConfigError> {
    match node.duration()? {
        Some(Duration::ZERO) => Err(node.fail(
            "is zero",
            "give a duration above zero, or leave it out for never",
        )),
        period => Ok(period),
    }
}

fn adapters_schemas(
    node: &Node<'_>,
) -> Result<BTreeMap<String, BTreeMap<String, String>>, ConfigError> {
    let mut adapters = BTreeMap::new();
    for adapter in node.object()?.into_iter().flat_map(Map::keys) {
        let events = node.get(adapter);
        let mut schemas = BTreeMap::new();
        for event in events.object()?.into_iter().flat_map(Map::keys) {
            if let Some(uri) = events.get(event).string()? {
                schemas.insert(event.clone(), uri);
            }
        }
        adapters.insert(adapter.clone(), schemas);
    }
    Ok(adapters)
}

fn scripts(node: &Node<'_>, warnings: &mut Vec<String>) -> Result<Scripts, ConfigError> {
    node.object()?;
    node.unknown_keys(&["timeLimit", "memoryLimit"], warnings);
    let default = Scripts::default();
    let time = node.get("timeLimit");
    let time_limit = match time.duration()? {
        Some(Duration::ZERO) => {
            return Err(time.fail("is zero", "give a duration above zero, such as 500 ms"));
        }
        limit => limit.unwrap_or(default.time_limit),
    };
    let memory = node.get("memoryLimit");
    let memory_limit = match memory.integer()? {
        None => default.memory_limit,
        Some(number) => match usize::try_from(number) {
            Ok(number) if number >= 1 << 20 => number,
            _ => {
                let mend = "give a number of bytes, at least 1048576";
                return Err(memory.fail(format!("is {number}"), mend));
            }
        },
    };
    Ok(Scripts {
        time_limit,
        memory_limit,
    })
}

const URL_MEND: &str = "add the address of the adapter, for example http://127.0.0.1:8080/";

fn remote_adapters(
    node: &Node<'_>,
    warnings: &mut Vec<String>,
) -> Result<RemoteAdapters, ConfigError> {
    node.object()?;
    node.unknown_keys(
        &[
            "connectionTimeout",
            "readTimeout",
            "maxConnections",
            "configs",
        ],
        warnings,
    );
    let default = RemoteAdapters::default();
    let connections = node.get("maxConnections");
    let max_connections = match connections.integer()? {
        None => default.max_connections,
        Some(number) => match usize::try_from(number) {
            Ok(number @ 1..) => number,
            _ => return Err(connections.fail(format!("is {number}"), "give a number above zero")),
        },
    };
    let config = |item: &Node<'_>| {
        item.required(
            item.object()?,
            "give an object with vendor, version and url",
        )?;
        let text = |name: &str, mend: &str| {
            let field = item.get(name);
            field.required(field.string()?, mend)
        };
        Ok(RemoteAdapter {
            vendor: text(
                "vendor",
                "add the first part of the path, for example com.acme",
            )?,
            version: text("version", "add the second part of the path, for example v1")?,
            url: {
                let url = text("url", URL_MEND)?;
                let known = reqwest::Url::parse(&url)
                    .is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
                if !known {
                    return Err(item
                        .get("url")
                        .fail("is no http address", "write it like http://127.0.0.1:8080/"));
                }
                url
            },
        })
    };
    Ok(RemoteAdapters {
        connection_timeout: node
            .get("connectionTimeout")
            .duration()?
            .unwrap_or(default.connection_timeout),
        read_timeout: node
            .get("readTimeout")
            .duration()?
            .unwrap_or(default.read_timeout),
        max_connections,
        configs: node
            .get("configs")
            .items()?
            .iter()
            .map(config)
            .collect::<Result<_, _>>()?,
    })
}

#[cfg(test)]
mod tests;
