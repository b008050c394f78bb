//! A proxy for TCP that can be cut.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use super::lock;

/// What becomes of connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Mode {
    /// They are passed on.
    Open = 0,
    /// They are closed, new ones at once.
    Cut = 1,
    /// They stay, and nothing comes through.
    Stuck = 2,
}

struct Shared {
    mode: AtomicU8,
    open: Mutex<Vec<TcpStream>>,
}

/// Stands between a client and a server on loopback.
pub struct Proxy {
    address: SocketAddr,
    shared: Arc<Shared>,
}

impl Proxy {
    /// For a server.
    pub fn start(server: SocketAddr) -> Proxy {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared {
            mode: AtomicU8::new(0),
            open: Mutex::default(),
        });
        let of_thread = Arc::clone(&shared);
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                if of_thread.mode.load(Ordering::Relaxed) == Mode::Cut as u8 {
                    continue;
                }
                let Ok(to) = TcpStream::connect(server) else {
                    continue;
                };
                for (from, to) in [(&client, &to), (&to, &client)] {
                    let (from, to) = (from.try_clone().unwrap(), to.try_clone().unwrap());
                    lock(&of_thread.open).push(from.try_clone().unwrap());
                    let shared = Arc::clone(&of_thread);
                    thread::spawn(move || pump(from, to, &shared));
                }
            }
        });
        Proxy { address, shared }
    }

    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn set(&self, mode: Mode) {
        self.shared.mode.store(mode as u8, Ordering::Relaxed);
        if mode != Mode::Stuck {
            // what was stuck must not come through late
            for stream in lock(&self.shared.open).drain(..) {
                let _ = stream.shutdown(Shutdown::Both);
            }
        }
    }
}

fn pump(mut from: TcpStream, mut to: TcpStream, shared: &Shared) {
    let mut buffer = vec![0; 64 * 1024];
    while let Ok(read @ 1..) = from.read(&mut buffer) {
        while shared.mode.load(Ordering::Relaxed) == Mode::Stuck as u8 {
            thread::sleep(std::time::Duration::from_millis(20));
        }
        if to.write_all(&buffer[..read]).is_err() {
            break;
        }
    }
    let _ = from.shutdown(Shutdown::Both);
    let _ = to.shutdown(Shutdown::Both);
}
