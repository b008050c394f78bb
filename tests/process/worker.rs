//! `snowmelt run` on topics.

use crate::broker::Broker;
pub use crate::support::worker::{Worker, check, until};

/// A configuration for three topics.
pub fn config(broker: &Broker, more: &str) -> String {
    let servers = broker.address();
    let stream = |topic: &str| format!("topicName = \"{topic}\", bootstrapServers = \"{servers}\"");
    format!(
        "input {{ {}, consumerConf {{ \"session.timeout.ms\" = \"6000\", \"group.id\" = enrich }} }}\n\
         output {{ good {{ {} }}, bad {{ {} }}, pii {{ {} }} }}\n\
         processing.drainTimeout = 20s\n{more}\n",
        stream("raw"),
        stream("good"),
        stream("bad"),
        stream("pii"),
    )
}
