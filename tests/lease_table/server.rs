//! A DynamoDB Local of one test.

use std::time::Duration;

use aws_sdk_dynamodb::Client;
use snowmelt::cloud::aws;
use tokio::runtime::Runtime;

use crate::support::emulator::{self, Emulator};

/// A server that ends with this.
pub struct Server {
    _emulator: Emulator,
    pub runtime: Runtime,
    pub client: Client,
}

/// Starts a server and waits until it answers; `None`, with a word, where such tests are left out.
pub fn start() -> Option<Server> {
    if emulator::skipped("DynamoDB") {
        return None;
    }
    let [port] = emulator::free_ports();
    let emulator = Emulator::start("setup-dynamodb.sh", &[port]);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(4)
        .enable_all()
        .build()
        .unwrap();
    let config = emulator::settings(&runtime);
    let endpoint = format!("http://127.0.0.1:{port}");
    let client = aws::dynamodb(&config, Some(&endpoint), Duration::from_secs(20));
    emulator::wait_for_answers(|| runtime.block_on(client.list_tables().send()).is_ok());
    Some(Server {
        _emulator: emulator,
        runtime,
        client,
    })
}
