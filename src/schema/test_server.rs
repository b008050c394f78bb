//! A small HTTP server for tests: one thread a connection, answers made by a closure.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// What the server answers.
pub(crate) struct Reply {
    status: u16,
    body: String,
    delay: Duration,
    hang_up: bool,
}

impl Reply {
    pub(crate) fn new(status: u16, body: &str) -> Reply {
        Reply {
            status,
            body: body.to_owned(),
            delay: Duration::ZERO,
            hang_up: false,
        }
    }

    /// Reads the request and closes the connection.
    pub(crate) fn hang_up() -> Reply {
        Reply {
            hang_up: true,
            ..Reply::new(200, "")
        }
    }

    pub(crate) fn after(self, delay: Duration) -> Reply {
        Reply { delay, ..self }
    }
}

/// A server on a free port of 127.0.0.1, gone when dropped.
pub(crate) struct TestServer {
    address: SocketAddr,
    state: Arc<State>,
}

struct State {
    hits: AtomicUsize,
    heads: Mutex<Vec<String>>,
    stopped: AtomicBool,
}

impl TestServer {
    /// `answer` gets the path and the number of requests before this one.
    pub(crate) fn start(
        answer: impl Fn(&str, usize) -> Reply + Send + Sync + 'static,
    ) -> TestServer {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::new(State {
            hits: AtomicUsize::new(0),
            heads: Mutex::new(Vec::new()),
            stopped: AtomicBool::new(false),
        });
        let (shared, answer) = (state.clone(), Arc::new(answer));
        thread::spawn(move || {
            for connection in listener.incoming() {
                if shared.stopped.load(Ordering::SeqCst) {
                    return;
                }
                let (shared, answer) = (shared.clone(), answer.clone());
                thread::spawn(move || serve(connection.unwrap(), &shared, &*answer));
            }
        });
        TestServer { address, state }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Requests so far.
    pub(crate) fn hits(&self) -> usize {
        self.state.hits.load(Ordering::SeqCst)
    }

    /// Heads of the requests so far.
    pub(crate) fn heads(&self) -> Vec<String> {
        self.state.heads.lock().unwrap().clone()
    }
}

impl Drop for TestServer {
    fn drop(&mut self) {
        self.state.stopped.store(true, Ordering::SeqCst);
        // wakes the listener, which then ends and frees the port
        let _ = TcpStream::connect(self.address);
        while TcpStream::connect(self.address).is_ok() {
            thread::yield_now();
        }
    }
}

fn serve(stream: TcpStream, state: &State, answer: &(dyn Fn(&str, usize) -> Reply + Send + Sync)) {
    let mut reader = BufReader::new(stream);
    loop {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if reader.read_line(&mut head).unwrap_or(0) == 0 {
                return;
            }
        }
        let path = head.split(' ').nth(1).unwrap().to_owned();
        state.heads.lock().unwrap().push(head);
        let reply = answer(&path, state.hits.fetch_add(1, Ordering::SeqCst));
        if reply.hang_up {
            return;
        }
        thread::sleep(reply.delay);
        let Reply { status, body, .. } = reply;
        let head = format!(
            "HTTP/1.1 {status} x\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        let stream = reader.get_mut();
        if stream
            .write_all(head.as_bytes())
            .and_then(|()| stream.write_all(body.as_bytes()))
            .is_err()
        {
            return;
        }
    }
}
