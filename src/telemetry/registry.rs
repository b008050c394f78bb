//! The library's recorder behind typed calls: no global state, and names only from [`super::names`].

use metrics::{Counter, Gauge, Histogram, Key, Label, Level, Metadata, Recorder, SharedString};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusRecorder};

use super::names::{ALL, Kind, Metric};

const METADATA: Metadata<'static> = Metadata::new("snowmelt", Level::INFO, None);

/// Metrics that are kept, and their text for Prometheus.
pub(super) struct Registry(PrometheusRecorder);

impl Registry {
    /// An empty one; `tags` go on every line.
    pub(super) fn new(tags: &[(String, String)]) -> Registry {
        let mut builder = PrometheusBuilder::new();
        for (name, value) in tags {
            builder = builder.add_global_label(name, value);
        }
        for metric in ALL {
            if let Kind::Histogram(bounds) = metric.kind {
                let name = Matcher::Full(metric.name.to_owned());
                // refused only without bounds, which a test rules out
                builder = builder
                    .set_buckets_for_metric(name, bounds)
                    .unwrap_or_default();
            }
        }
        let recorder = builder.build_recorder();
        for metric in ALL {
            let help = SharedString::const_str(metric.help);
            match metric.kind {
                Kind::Counter => recorder.describe_counter(metric.name.into(), None, help),
                Kind::Gauge => recorder.describe_gauge(metric.name.into(), None, help),
                Kind::Histogram(_) => recorder.describe_histogram(metric.name.into(), None, help),
            }
        }
        Registry(recorder)
    }

    pub(super) fn counter(&self, metric: &Metric, values: &[&str]) -> Counter {
        self.0.register_counter(&key(metric, values), &METADATA)
    }

    pub(super) fn gauge(&self, metric: &Metric, values: &[&str]) -> Gauge {
        self.0.register_gauge(&key(metric, values), &METADATA)
    }

    pub(super) fn histogram(&self, metric: &Metric, values: &[&str]) -> Histogram {
        self.0.register_histogram(&key(metric, values), &METADATA)
    }

    /// Everything in the text format of Prometheus.
    pub(super) fn render(&self) -> String {
        self.0.handle().render()
    }

    /// Sorts observations into their buckets; to be called every few seconds, so that they do not heap up.
    pub(super) fn upkeep(&self) {
        self.0.handle().run_upkeep();
    }
}

fn key(metric: &Metric, values: &[&str]) -> Key {
    debug_assert_eq!(metric.labels.len(), values.len(), "{}", metric.name);
    let labels: Vec<Label> = metric
        .labels
        .iter()
        .zip(values)
        .map(|(name, value)| Label::new(*name, (*value).to_owned()))
        .collect();
    Key::from_parts(metric.name, labels)
}
