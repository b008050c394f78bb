//! How the program is watched: the blocks `monitoring`, `admin` and `reload` of the application file.

use std::time::Duration;

use super::node::Node;
use super::{AppConfig, ConfigError, Env};
use crate::secret::Secret;
use crate::telemetry::report::{Statsd, Stdout};

/// All of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Monitoring {
    /// `monitoring.metrics.statsd`.
    pub statsd: Option<Statsd>,
    /// `monitoring.metrics.stdout`.
    pub stdout: Option<Stdout>,
    /// `monitoring.metrics.prometheus.tags`: labels of every metric.
    pub prometheus_tags: Vec<(String, String)>,
    /// `monitoring.healthProbe.port`: where probes of later versions ask, on all interfaces.
    pub health_port: Option<u16>,
    /// `monitoring.healthProbe.unhealthyLatency`.
    pub unhealthy_latency: Duration,
    /// `admin.address`: where the admin pages are.
    pub admin_address: Option<String>,
    /// `admin.token`, or the variable `SNOWMELT_ADMIN_TOKEN`.
    pub admin_token: Option<Secret>,
    /// `reload.watch`: whether changed files are noticed.
    pub watch: bool,
    /// `reload.interval`: how often files are looked at.
    pub watch_interval: Duration,
}

const PREFIX: &str = "snowplow.enrich";

/// The variable that holds the token of the admin pages.
pub const TOKEN: &str = "SNOWMELT_ADMIN_TOKEN";

impl Monitoring {
    /// Reads the blocks; settings without effect are added to `warnings`.
    ///
    /// # Errors
    /// The file, the field and the mend.
    pub fn read(
        config: &AppConfig,
        env: &Env,
        warnings: &mut Vec<String>,
    ) -> Result<Monitoring, ConfigError> {
        let root = Node::root(&config.document);
        let monitoring = root.get("monitoring");
        monitoring.object()?;
        monitoring.unknown_keys(&["metrics", "healthProbe", "sentry"], warnings);
        let dsn = monitoring.get("sentry").get("dsn").string()?;
        if dsn.is_some_and(|dsn| !dsn.is_empty()) {
            warnings.push(format!(
                "{}: monitoring.sentry.dsn: this program does not send to Sentry; alarm on the log's level ERROR and on metrics",
                config.document.origin
            ));
        }
        let metrics = monitoring.get("metrics");
        metrics.object()?;
        metrics.unknown_keys(&["statsd", "stdout", "prometheus", "cloudwatch"], warnings);
        let probe = monitoring.get("healthProbe");
        probe.object()?;
        probe.unknown_keys(&["port", "unhealthyLatency"], warnings);
        let (admin, reload) = (root.get("admin"), root.get("reload"));
        admin.object()?;
        admin.unknown_keys(&["address", "token"], warnings);
        reload.object()?;
        reload.unknown_keys(&["watch", "interval"], warnings);
        let token = match admin.get("token").string()? {
            Some(token) => Some(token),
            None => env.get(TOKEN).map(str::to_owned),
        };
        let interval = reload.get("interval");
        Ok(Monitoring {
            statsd: statsd(&metrics.get("statsd"))?,
            stdout: stdout(&metrics.get("stdout"))?,
            prometheus_tags: tags(&metrics.get("prometheus").get("tags"))?,
            health_port: port(&probe.get("port"))?,
            unhealthy_latency: probe
                .get("unhealthyLatency")
                .duration()?
                .unwrap_or(Duration::from_secs(120)),
            admin_address: admin.get("address").string()?,
            admin_token: token.filter(|token| !token.is_empty()).map(Secret::new),
            watch: reload.get("watch").boolean()?.unwrap_or(true),
            watch_interval: match interval.duration()? {
                Some(Duration::ZERO) => {
                    return Err(interval.fail("is zero", "give a duration above zero"));
                }
                given => given.unwrap_or(Duration::from_secs(5)),
            },
        })
    }
}

fn statsd(node: &Node<'_>) -> Result<Option<Statsd>, ConfigError> {
    if node.object()?.is_none() {
        return Ok(None);
    }
    let (hostname, at, period) = (node.get("hostname"), node.get("port"), node.get("period"));
    Ok(Some(Statsd {
        hostname: hostname.required(hostname.string()?, "give the host of statsd")?,
        port: at.required(port(&at)?, "give the UDP port of statsd, for example 8125")?,
        period: period.required(
            period.duration()?,
            "give a duration, for example 10 seconds",
        )?,
        tags: tags(&node.get("tags"))?,
        prefix: prefix(node)?,
    }))
}

fn stdout(node: &Node<'_>) -> Result<Option<Stdout>, ConfigError> {
    if node.object()?.is_none() {
        return Ok(None);
    }
    let period = node.get("period");
    Ok(Some(Stdout {
        period: period.required(
            period.duration()?,
            "give a duration, for example 10 seconds",
        )?,
        prefix: prefix(node)?,
    }))
}

fn prefix(node: &Node<'_>) -> Result<String, ConfigError> {
    Ok(node
        .get("prefix")
        .string()?
        .unwrap_or_else(|| PREFIX.to_owned()))
}

fn port(node: &Node<'_>) -> Result<Option<u16>, ConfigError> {
    match node.integer()? {
        None => Ok(None),
        Some(number) => match u16::try_from(number) {
            Ok(port @ 1..) => Ok(Some(port)),
            _ => Err(node.fail(format!("is {number}"), "give a port from 1 to 65535")),
        },
    }
}

fn tags(node: &Node<'_>) -> Result<Vec<(String, String)>, ConfigError> {
    let names = node.object()?.into_iter().flat_map(|fields| fields.keys());
    let mut tags = Vec::new();
    for name in names {
        if let Some(value) = node.get(name).string()? {
            tags.push((name.clone(), value));
        }
    }
    Ok(tags)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::text::Document;
    use super::*;

    fn read(value: Value, env: &Env) -> Result<(Monitoring, Vec<String>), String> {
        let document = Document {
            origin: "c".into(),
            value,
        };
        let config = AppConfig::read(document, env, &[]).unwrap();
        let mut warnings = config.warnings.clone();
        match Monitoring::read(&config, env, &mut warnings) {
            Ok(monitoring) => Ok((monitoring, warnings)),
            Err(error) => Err(error.to_string()),
        }
    }

    #[test]
    fn without_settings_nothing_is_sent_and_files_are_watched() {
        let (monitoring, warnings) = read(json!({}), &Env::default()).unwrap();
        assert_eq!((monitoring.statsd, monitoring.stdout), (None, None));
        assert_eq!(
            (monitoring.health_port, monitoring.admin_token),
            (None, None)
        );
        assert_eq!(monitoring.unhealthy_latency, Duration::from_secs(120));
        assert!(monitoring.watch && warnings.is_empty());
    }

    #[test]
    fn the_settings_of_the_reference_and_of_later_versions_are_read() {
        let env: Env = [(TOKEN, "t0ken")].into_iter().collect();
        let value = json!({
            "monitoring": {
                "sentry": {"dsn": "https://k@sentry.example/1"},
                "metrics": {
                    "statsd": {"hostname": "localhost", "port": "8125", "period": "10 seconds", "tags": {"app": "e"}},
                    "stdout": {"period": "1 minute", "prefix": "x."},
                    "cloudwatch": true,
                    "prometheus": {"tags": {"env": "prod"}}
                },
                "healthProbe": {"port": 8001, "unhealthyLatency": "3 minutes"}
            },
            "reload": {"watch": false, "interval": "1 s"}
        });
        let (monitoring, warnings) = read(value, &env).unwrap();
        let statsd = monitoring.statsd.unwrap();
        assert_eq!((statsd.port, statsd.prefix.as_str()), (8125, PREFIX));
        assert_eq!(statsd.tags, [("app".to_owned(), "e".to_owned())]);
        assert_eq!(
            monitoring.stdout,
            Some(Stdout {
                period: Duration::from_secs(60),
                prefix: "x.".to_owned()
            })
        );
        assert_eq!(
            monitoring.prometheus_tags,
            [("env".to_owned(), "prod".to_owned())]
        );
        assert_eq!(monitoring.health_port, Some(8001));
        assert_eq!(monitoring.unhealthy_latency, Duration::from_secs(180));
        assert_eq!(
            monitoring.admin_token.as_ref().map(Secret::expose),
            Some("t0ken")
        );
        assert!(!monitoring.watch);
        assert_eq!(warnings.len(), 1);
        assert!(warnings[0].starts_with("c: monitoring.sentry.dsn: "));
        assert!(!warnings[0].contains("example"), "a dsn is a secret");
    }

    #[test]
    fn what_is_wrong_is_told_with_its_place() {
        for (value, text) in [
            (
                json!({"monitoring": {"metrics": {"statsd": {"port": 1, "period": "1s"}}}}),
                "c: monitoring.metrics.statsd.hostname: is missing; give the host",
            ),
            (
                json!({"monitoring": {"metrics": {"statsd": {"hostname": "h", "port": 70000, "period": "1s"}}}}),
                "c: monitoring.metrics.statsd.port: is 70000; give a port",
            ),
            (
                json!({"monitoring": {"metrics": {"stdout": {}}}}),
                "c: monitoring.metrics.stdout.period: is missing; give a duration",
            ),
            (
                json!({"monitoring": {"healthProbe": {"port": 0}}}),
                "c: monitoring.healthProbe.port: is 0; give a port",
            ),
            (
                json!({"reload": {"interval": "0 s"}}),
                "c: reload.interval: is zero; give",
            ),
        ] {
            let error = read(value, &Env::default()).unwrap_err();
            assert!(error.starts_with(text), "{error}");
        }
    }
}
