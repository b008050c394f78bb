//! Schemas over HTTP, as the http4s client of iglu-scala-client 1.5.0 asks for them.
//!
//! Callers are plain threads and block; the only asynchronous code of the schema stage is here.

use std::hash::{BuildHasher, RandomState};
use std::sync::{OnceLock, mpsc};
use std::time::Duration;

use reqwest::header::{HeaderName, HeaderValue};
use reqwest::{Client, StatusCode, Url};
use tokio::runtime::Runtime;

use crate::cloud::http::{self, Certificates, Failure};
use crate::secret::Secret;

use super::error::RegistryError;

/// Largest body that is read, bytes.
pub const MAX_BODY: usize = 10 * 1024 * 1024;

/// Most that is kept of the body of a refusal, bytes: it ends up in bad rows.
const MAX_REFUSAL: usize = 64 * 1024;

/// How registries are asked.
#[derive(Debug, Clone)]
pub struct HttpSettings {
    /// Longest wait for a connection.
    pub connect_timeout: Duration,
    /// Longest wait for one whole answer.
    pub request_timeout: Duration,
    /// Tries after the first, on network errors and on 408, 500, 502, 503, 504.
    pub retries: u32,
    /// Longest wait before a retry; the wait is random below a bound that doubles from 1 s.
    pub longest_pause: Duration,
    /// Wait before the one extra try when the server hung up.
    pub hang_up_pause: Duration,
    /// What servers over https are checked with.
    pub certificates: Certificates,
}

impl Default for HttpSettings {
    fn default() -> HttpSettings {
        HttpSettings {
            connect_timeout: Duration::from_secs(10),
            request_timeout: Duration::from_secs(45),
            retries: 5,
            longest_pause: Duration::from_secs(5),
            hang_up_pause: Duration::from_millis(100),
            certificates: Certificates::default(),
        }
    }
}

/// Asks HTTP registries. Client and runtime (one thread) are made at the first request.
#[derive(Debug, Default)]
pub struct HttpFetcher {
    settings: HttpSettings,
    parts: OnceLock<Result<Parts, String>>,
}

#[derive(Debug)]
struct Parts {
    runtime: Runtime,
    client: Client,
}

impl Drop for HttpFetcher {
    fn drop(&mut self) {
        // a plain drop waits for the thread and panics inside another runtime
        if let Some(Ok(parts)) = self.parts.take() {
            parts.runtime.shutdown_background();
        }
    }
}

impl HttpFetcher {
    /// A fetcher that has not connected to anything yet.
    pub fn new(settings: HttpSettings) -> HttpFetcher {
        HttpFetcher {
            settings,
            parts: OnceLock::new(),
        }
    }

    /// The body at `url`; blocks through all retries. Messages are those of the reference where
    /// they come from the answer, and close to them where they come from the network.
    pub(crate) fn schema(
        &self,
        url: &str,
        apikey: Option<&Secret>,
    ) -> Result<String, RegistryError> {
        let failed = |message: String| RegistryError::ClientFailure(message);
        let url = Url::parse(url).map_err(|error| failed(error.to_string()))?;
        let apikey = match apikey {
            None => None,
            Some(key) => {
                let mut value = HeaderValue::from_str(key.expose())
                    .map_err(|_| failed("apikey cannot be sent in a header".to_owned()))?;
                value.set_sensitive(true);
                Some(value)
            }
        };
        let parts = self
            .parts
            .get_or_init(|| Parts::new(&self.settings))
            .as_ref();
        let parts = parts.map_err(|error| failed(error.clone()))?;
        let request = Request {
            client: parts.client.clone(),
            url,
            apikey,
            settings: self.settings.clone(),
        };
        let (sender, receiver) = mpsc::sync_channel(1);
        parts.runtime.spawn(async move {
            // the receiver waits as long as this runs
            let _ = sender.send(request.with_retries().await);
        });
        match receiver.recv() {
            Ok(Ok(answer)) => answer.judge(),
            Ok(Err(failure)) => Err(failed(failure.message)),
            Err(_) => Err(failed("request was cancelled".to_owned())),
        }
    }
}

impl Parts {
    fn new(settings: &HttpSettings) -> Result<Parts, String> {
        let client = http::client(&http::Settings {
            connect_timeout: settings.connect_timeout,
            total_timeout: Some(settings.request_timeout),
            certificates: settings.certificates.clone(),
            ..http::Settings::default()
        })
        .map_err(|error| error.to_string())?;
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("iglu-http")
            .enable_all()
            .build()
            .map_err(|error| format!("cannot start a thread for HTTP: {error}"))?;
        Ok(Parts { runtime, client })
    }
}

struct Request {
    client: Client,
    url: Url,
    apikey: Option<HeaderValue>,
    settings: HttpSettings,
}

struct Answer {
    status: StatusCode,
    body: String,
}

impl Answer {
    fn can_change(&self) -> bool {
        matches!(self.status.as_u16(), 408 | 500 | 502 | 503 | 504)
    }

    fn judge(self) -> Result<String, RegistryError> {
        let Answer { status, body } = self;
        if status.is_success() {
            Ok(body)
        } else if status == StatusCode::NOT_FOUND {
            Err(RegistryError::NotFound)
        } else if status.is_server_error() {
            Err(RegistryError::RepoFailure(format!(
                "Unexpected server response: {body}"
            )))
        } else if status.is_client_error() {
            Err(RegistryError::ClientFailure(format!(
                "Unexpected server response: {body}"
            )))
        } else {
            Err(RegistryError::ClientFailure(format!(
                "Unexpected response: {body}"
            )))
        }
    }
}

impl Request {
    async fn with_retries(self) -> Result<Answer, Failure> {
        let mut retry = 0;
        loop {
            let outcome = self.with_hang_up().await;
            let again = outcome.as_ref().map_or(true, Answer::can_change);
            if !again || retry == self.settings.retries {
                return outcome;
            }
            retry += 1;
            tokio::time::sleep(pause(retry, self.settings.longest_pause)).await;
        }
    }

    async fn with_hang_up(&self) -> Result<Answer, Failure> {
        match self.once().await {
            Err(failure) if failure.hung_up => {
                tokio::time::sleep(self.settings.hang_up_pause).await;
                self.once().await
            }
            other => other,
        }
    }

    async fn once(&self) -> Result<Answer, Failure> {
        let mut request = self.client.get(self.url.clone());
        if let Some(key) = &self.apikey {
            request = request.header(HeaderName::from_static("apikey"), key.clone());
        }
        let mut response = request.send().await.map_err(|error| self.failure(&error))?;
        let status = response.status();
        let mut body = Vec::new();
        while let Some(chunk) = response
            .chunk()
            .await
            .map_err(|error| self.failure(&error))?
        {
            body.extend_from_slice(&chunk);
            if !status.is_success() && body.len() > MAX_REFUSAL {
                body.truncate(MAX_REFUSAL);
                break;
            }
            if body.len() > MAX_BODY {
                return Err(Failure {
                    message: format!(
                        "Could not decode server response. body is larger than {MAX_BODY} bytes"
                    ),
                    hung_up: false,
                    timed_out: false,
                });
            }
        }
        Ok(Answer {
            status,
            body: String::from_utf8_lossy(&body).into_owned(),
        })
    }

    fn failure(&self, error: &reqwest::Error) -> Failure {
        http::failure(error, &self.url, self.settings.request_timeout)
    }
}

/// A random wait below (2ⁿ - 1) s and below `longest`: many workers that failed together do not
/// come back together.
fn pause(retry: u32, longest: Duration) -> Duration {
    let seconds = 2u64.saturating_pow(retry).saturating_sub(1);
    let bound = Duration::from_secs(seconds).min(longest);
    let random = RandomState::new().hash_one(retry);
    bound.mul_f64(random as f64 / u64::MAX as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::test_server::{Reply, TestServer};

    fn quick() -> HttpFetcher {
        HttpFetcher::new(HttpSettings {
            longest_pause: Duration::ZERO,
            hang_up_pause: Duration::ZERO,
            ..HttpSettings::default()
        })
    }

    fn client(text: &str) -> Result<String, RegistryError> {
        Err(RegistryError::ClientFailure(text.to_owned()))
    }

    #[test]
    fn answers_become_the_errors_of_the_reference() {
        let server = TestServer::start(|path, _| match path {
            "/ok" => Reply::new(200, "{\"a\":1}"),
            "/created" => Reply::new(201, "{}"),
            "/forbidden" => Reply::new(403, "no"),
            "/broken" => Reply::new(501, "oops"),
            "/moved" => Reply::new(302, "there"),
            _ => Reply::new(404, "nothing"),
        });
        let http = quick();
        let get = |path: &str| http.schema(&server.url(path), None);
        assert_eq!(get("/ok"), Ok("{\"a\":1}".to_owned()));
        assert_eq!(get("/created"), Ok("{}".to_owned()));
        assert_eq!(get("/x"), Err(RegistryError::NotFound));
        assert_eq!(get("/forbidden"), client("Unexpected server response: no"));
        assert_eq!(get("/moved"), client("Unexpected response: there"));
        let oops = RegistryError::RepoFailure("Unexpected server response: oops".to_owned());
        assert_eq!(get("/broken"), Err(oops));
        assert_eq!(server.hits(), 6, "none of these is asked for again");
    }

    #[test]
    fn passing_faults_are_tried_again() {
        for status in [408, 500, 502, 503, 504] {
            let server = TestServer::start(move |_, nth| match nth {
                0 | 1 => Reply::new(status, "busy"),
                _ => Reply::new(200, "{}"),
            });
            assert_eq!(
                quick().schema(&server.url("/x"), None),
                Ok("{}".to_owned()),
                "{status}"
            );
            assert_eq!(server.hits(), 3);
        }
    }

    #[test]
    fn retries_end() {
        let server = TestServer::start(|_, _| Reply::new(500, "down"));
        let down = RegistryError::RepoFailure("Unexpected server response: down".to_owned());
        assert_eq!(quick().schema(&server.url("/x"), None), Err(down));
        assert_eq!(server.hits(), 6, "one try and five retries");
    }

    #[test]
    fn a_server_that_hangs_up_is_asked_once_more() {
        let server = TestServer::start(|_, nth| {
            if nth == 0 {
                Reply::hang_up()
            } else {
                Reply::new(200, "{}")
            }
        });
        assert_eq!(quick().schema(&server.url("/x"), None), Ok("{}".to_owned()));
        assert_eq!(server.hits(), 2);
    }

    #[test]
    fn a_slow_server_and_a_closed_port_are_told() {
        let server = TestServer::start(|_, _| Reply::new(200, "{}").after(Duration::from_secs(60)));
        let settings = HttpSettings {
            request_timeout: Duration::from_millis(50),
            retries: 0,
            ..Default::default()
        };
        let http = HttpFetcher::new(settings);
        let host = server.url("");
        let late = format!("Request to {host} timed out after 50 ms");
        assert_eq!(http.schema(&server.url("/x"), None), client(&late));
        drop(server);
        let address = host.strip_prefix("http://").unwrap();
        let closed =
            format!("Error connecting to {host} using address {address} (unresolved: false)");
        assert_eq!(http.schema(&format!("{host}/x"), None), client(&closed));
    }

    #[test]
    fn the_key_is_sent_and_a_key_that_cannot_be_sent_is_refused() {
        let server = TestServer::start(|_, _| Reply::new(200, "{}"));
        let http = quick();
        assert!(
            http.schema(&server.url("/x"), Some(&Secret::new("k-1")))
                .is_ok()
        );
        assert!(http.schema(&server.url("/x"), None).is_ok());
        let heads = server.heads();
        assert!(heads[0].contains("\r\napikey: k-1\r\n"), "{}", heads[0]);
        assert!(!heads[1].to_lowercase().contains("apikey"));
        let refused = http.schema(&server.url("/x"), Some(&Secret::new("a\nb")));
        assert_eq!(refused, client("apikey cannot be sent in a header"));
    }

    #[test]
    fn a_body_without_end_is_cut_off() {
        let server = TestServer::start(|_, _| Reply::new(200, &"x".repeat(MAX_BODY + 1)));
        let http = HttpFetcher::new(HttpSettings {
            retries: 0,
            ..Default::default()
        });
        let refused = http.schema(&server.url("/x"), None);
        assert_eq!(
            refused,
            client("Could not decode server response. body is larger than 10485760 bytes")
        );
    }

    #[test]
    fn a_wrong_address_is_told() {
        assert!(matches!(
            quick().schema("http://", None),
            Err(RegistryError::ClientFailure(_))
        ));
    }

    #[test]
    fn pauses_stay_below_their_bounds() {
        for retry in 1..40 {
            let bound =
                Duration::from_secs(2u64.saturating_pow(retry) - 1).min(Duration::from_secs(5));
            assert!(pause(retry, Duration::from_secs(5)) <= bound);
        }
    }
}
