//! Answers of web services that an enrichment waits for.

use std::time::Duration;

use reqwest::Client;
use tokio::runtime::Builder;

use crate::cloud::http::{self, cause};

/// Largest answer that is read, in bytes.
const LARGEST: usize = 4 << 20;

/// What a service answered, whatever its status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The body; what is no UTF-8 is replaced.
    pub body: String,
}

/// Asks a web service, and waits. The error is its text, without the address, which may hold keys.
pub trait Fetch: Send + Sync {
    /// The answer to a GET.
    fn get(&self, url: &str) -> Result<Answer, String>;
}

/// Asks over HTTP, each time on a new connection; redirects are not followed.
#[derive(Debug)]
pub struct Http {
    client: Client,
}

impl Http {
    /// A client with these limits for the connection and for each read.
    ///
    /// # Errors
    /// When the system has no source of randomness or the like.
    pub fn new(connect: Duration, read: Duration) -> Result<Http, String> {
        let settings = http::Settings {
            connect_timeout: connect,
            read_timeout: Some(read),
            idle_per_host: 0,
            ..http::Settings::default()
        };
        let client = http::client(&settings).map_err(|error| error.to_string())?;
        Ok(Http { client })
    }

    async fn ask(&self, url: &str) -> Result<Answer, String> {
        let text = |error: reqwest::Error| cause(&error.without_url());
        let mut response = self.client.get(url).send().await.map_err(text)?;
        let status = response.status().as_u16();
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(text)? {
            body.extend_from_slice(&chunk);
            if body.len() > LARGEST {
                return Err(format!("the answer is larger than {LARGEST} bytes"));
            }
        }
        let body = String::from_utf8_lossy(&body).into_owned();
        Ok(Answer { status, body })
    }
}

impl Fetch for Http {
    fn get(&self, url: &str) -> Result<Answer, String> {
        let wait = || {
            let runtime = Builder::new_current_thread().enable_all().build();
            let runtime = runtime.map_err(|error| error.to_string())?;
            runtime.block_on(self.ask(url))
        };
        // on a thread of its own, as a runtime cannot be started inside another
        let waited = std::thread::scope(|scope| scope.spawn(wait).join());
        waited.unwrap_or_else(|_| Err("the request was given up".to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::TcpListener;

    use super::*;

    fn http() -> Http {
        Http::new(Duration::from_millis(500), Duration::from_millis(200)).unwrap()
    }

    /// The address of a server that gives one answer and then waits a while.
    fn server(answer: &'static str) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let _ = stream.read(&mut [0; 1024]).unwrap();
            stream.write_all(answer.as_bytes()).unwrap();
            std::thread::sleep(Duration::from_secs(1));
        });
        format!("http://{address}/x?key=secret")
    }

    #[test]
    fn answers_are_read_whatever_their_status() {
        let url = server("HTTP/1.1 401 No\r\ncontent-length: 2\r\n\r\nno");
        let expected = Answer {
            status: 401,
            body: "no".to_owned(),
        };
        assert_eq!(http().get(&url), Ok(expected));
    }

    #[test]
    fn redirects_are_not_followed() {
        let url =
            server("HTTP/1.1 302 x\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n");
        assert_eq!(http().get(&url).unwrap().status, 302);
    }

    #[test]
    fn a_server_that_hangs_is_left_in_time_and_keys_are_not_told() {
        let url = server("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n");
        let error = http().get(&url).unwrap_err();
        assert!(!error.contains("secret"), "{error}");
        let error = http().get("http://127.0.0.1:1/?key=secret").unwrap_err();
        assert!(!error.contains("secret"), "{error}");
    }

    #[test]
    fn it_can_be_used_inside_a_runtime() {
        let url = server("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok");
        let runtime = Builder::new_current_thread().build().unwrap();
        let answer = runtime.block_on(async { http().get(&url) });
        assert_eq!(answer.unwrap().body, "ok");
    }
}
