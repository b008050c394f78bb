//! Questions to web services.

mod guard;

use std::future::Future;
use std::io::Cursor;
use std::time::Duration;

use http::{Method, Request, Uri, header};
use http_body_util::{BodyExt, Full};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use rustls_platform_verifier::ConfigVerifierExt;
use tokio::time::timeout;

use super::Asking;
use crate::cloud::http::{USER_AGENT, cause};
use crate::secret::Secret;
pub use guard::Reach;

/// Largest answer that is read, in bytes.
const LARGEST: usize = 4 << 20;
/// Connections that are kept for the next question, for each host, and for how long.
const IDLE: usize = 16;
const IDLE_TIME: Duration = Duration::from_secs(60);

/// How a service is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    /// Without a body.
    Get,
    /// With a body.
    Post,
    /// With a body.
    Put,
}

/// A question to a web service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ask {
    /// How it is asked.
    pub verb: Verb,
    /// The whole address.
    pub url: String,
    /// Names and values of headers; values can be passwords.
    pub headers: Vec<(&'static str, Secret)>,
    /// What is sent.
    pub body: Option<String>,
}

impl Ask {
    /// Asks with nothing but an address.
    pub fn get(url: String) -> Ask {
        Ask {
            verb: Verb::Get,
            url,
            headers: Vec::new(),
            body: None,
        }
    }
}

/// What a service answered, whatever its status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The body; what is no UTF-8 is replaced.
    pub body: String,
}

/// Asks a web service. The error is its text, without the address, which may hold keys.
pub trait Fetch: Send + Sync {
    /// The answer to a question.
    fn ask(&self, ask: Ask) -> Asking<Answer>;
}

/// Asks over HTTP; redirects are not followed, proxies of the environment are not used, and the path is sent as it
/// is written: `..` is no step back.
#[derive(Debug, Clone)]
pub struct Http {
    client: Client<HttpsConnector<HttpConnector<guard::Resolver>>, Full<Cursor<Vec<u8>>>>,
    reach: Reach,
    limits: Limits,
}

/// The limits of a client.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// To connect.
    pub connect: Duration,
    /// For an answer to begin, and between two pieces of it.
    pub read: Duration,
    /// For the whole question.
    pub total: Option<Duration>,
}

impl Http {
    /// A client with these limits, for addresses within `reach`.
    ///
    /// # Errors
    /// When the system has no source of randomness or the like.
    pub fn new(limits: Limits, reach: Reach) -> Result<Http, String> {
        // the first provider wins; one set before by somebody else is as good
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut tcp = HttpConnector::new_with_resolver(guard::Resolver(reach));
        tcp.enforce_http(false);
        tcp.set_connect_timeout(Some(limits.connect));
        tcp.set_nodelay(true);
        let tls = rustls::ClientConfig::with_platform_verifier();
        let tls = tls.map_err(|error| error.to_string())?;
        let connector = HttpsConnectorBuilder::new()
            .with_tls_config(tls)
            .https_or_http()
            .enable_http1()
            .wrap_connector(tcp);
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_max_idle_per_host(IDLE)
            .pool_idle_timeout(IDLE_TIME)
            .build(connector);
        Ok(Http {
            client,
            reach,
            limits,
        })
    }

    async fn answer(self, ask: Ask) -> Result<Answer, String> {
        let invalid = |error: String| format!("uri [{}] is not valid: {error}", shown(&ask.url));
        let uri: Uri = ask
            .url
            .parse()
            .map_err(|error: http::uri::InvalidUri| invalid(error.to_string()))?;
        let host = uri
            .host()
            .ok_or_else(|| invalid("it names no host".to_owned()))?;
        self.reach.check(host)?;
        let method = match ask.verb {
            Verb::Get => Method::GET,
            Verb::Post => Method::POST,
            Verb::Put => Method::PUT,
        };
        let mut request = Request::builder()
            .method(method)
            .header(header::USER_AGENT, USER_AGENT);
        for (name, value) in &ask.headers {
            request = request.header(*name, value.expose());
        }
        let body = Full::new(Cursor::new(ask.body.unwrap_or_default().into_bytes()));
        let request = request
            .uri(uri)
            .body(body)
            .map_err(|error| error.to_string())?;
        let asking = self.client.request(request);
        let answer = self.in_time(asking).await?;
        let mut answer = answer.map_err(|error| cause(&error))?;
        let status = answer.status().as_u16();
        let mut body = Vec::new();
        while let Some(frame) = self.in_time(answer.body_mut().frame()).await? {
            let frame = frame.map_err(|error| cause(&error))?;
            if let Some(chunk) = frame.data_ref() {
                body.extend_from_slice(chunk);
            }
            if body.len() > LARGEST {
                return Err(format!("the answer is larger than {LARGEST} bytes"));
            }
        }
        let body = String::from_utf8_lossy(&body).into_owned();
        Ok(Answer { status, body })
    }

    async fn in_time<T>(&self, future: impl Future<Output = T>) -> Result<T, String> {
        let limit = self.limits.read;
        let late = |_| format!("no answer within {} ms", limit.as_millis());
        timeout(limit, future).await.map_err(late)
    }
}

impl Fetch for Http {
    fn ask(&self, ask: Ask) -> Asking<Answer> {
        let total = self.limits.total;
        let answer = self.clone().answer(ask);
        Box::pin(async move {
            match total {
                None => answer.await,
                Some(limit) => match timeout(limit, answer).await {
                    Ok(answer) => answer,
                    Err(_) => Err(format!("no answer within {} ms", limit.as_millis())),
                },
            }
        })
    }
}

/// An address as it may be told: without user, password and query.
pub fn shown(url: &str) -> String {
    let start = url.split(['?', '#']).next().unwrap_or_default();
    let dots = if start.len() < url.len() { "?..." } else { "" };
    match start.split_once("://") {
        Some((scheme, rest)) => {
            let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
            let slash = if authority.len() < rest.len() {
                "/"
            } else {
                ""
            };
            match authority.rsplit_once('@') {
                Some((_, host)) => format!("{scheme}://***@{host}{slash}{path}{dots}"),
                None => format!("{start}{dots}"),
            }
        }
        None => format!("{start}{dots}"),
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::TcpListener;

    use tokio::runtime::Builder;

    use super::*;

    fn get(url: &str) -> Result<Answer, String> {
        let limits = Limits {
            connect: Duration::from_millis(500),
            read: Duration::from_millis(200),
            total: None,
        };
        let http = Http::new(limits, Reach::Everywhere).unwrap();
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(http.ask(Ask::get(url.to_owned())))
    }

    /// The address of a server that gives one answer and then waits until nobody listens.
    fn server(answer: &'static str) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let _ = stream.read(&mut [0; 1024]).unwrap();
            stream.write_all(answer.as_bytes()).unwrap();
            let _ = stream.read(&mut [0; 1]);
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
        assert_eq!(get(&url), Ok(expected));
    }

    #[test]
    fn the_path_is_sent_as_it_is_written() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!(
            "http://{}/a/../b//./%2e?x=..",
            listener.local_addr().unwrap()
        );
        let asked = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut head = [0; 1024];
            let read = stream.read(&mut head).unwrap();
            stream.write_all(b"HTTP/1.1 204 x\r\n\r\n").unwrap();
            String::from_utf8_lossy(&head[..read]).into_owned()
        });
        assert_eq!(get(&url).unwrap().status, 204);
        let asked = asked.join().unwrap();
        assert!(
            asked.starts_with("GET /a/../b//./%2e?x=.. HTTP/1.1\r\n"),
            "{asked}"
        );
    }

    #[test]
    fn redirects_are_not_followed() {
        let url =
            server("HTTP/1.1 302 x\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n");
        assert_eq!(get(&url).unwrap().status, 302);
    }

    #[test]
    fn a_server_that_hangs_is_left_in_time_and_keys_are_not_told() {
        let url = server("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n");
        let error = get(&url).unwrap_err();
        assert!(!error.contains("secret"), "{error}");
        let error = get("http://127.0.0.1:1/?key=secret").unwrap_err();
        assert!(!error.contains("secret"), "{error}");
        let error = get("http://u:secret@[/?key=secret").unwrap_err();
        assert!(!error.contains("secret"), "{error}");
        assert!(
            error.starts_with("uri [http://***@[/?...] is not valid"),
            "{error}"
        );
    }
}
