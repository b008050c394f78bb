//! Requests to services over HTTP, several at once: the one file of the adapters that reaches out.

use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

use reqwest::header::{ACCEPT, CONTENT_TYPE};
use reqwest::{Client, Url};
use tokio::runtime::Runtime;
use tokio::sync::Semaphore;

use super::{Answer, Post, Service};
use crate::cloud::http::{self, Certificates, Failure, HttpError};
use crate::telemetry::{Remote, Telemetry};

/// Largest answer that is read, in bytes.
const LARGEST: usize = 10 << 20;
/// Wait before the one extra try when a server hung up.
const HANG_UP_PAUSE: Duration = Duration::from_millis(100);

/// How services are asked.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Longest wait for a connection.
    pub connect: Duration,
    /// Longest wait for one whole answer.
    pub answer: Duration,
    /// Most requests under way at a time, over all services and workers.
    pub at_once: usize,
    /// What servers over https are checked with.
    pub certificates: Certificates,
    /// Who is told how requests end.
    pub telemetry: Arc<Telemetry>,
}

/// Asks over HTTP, on connections that are kept; one thread of its own serves all workers.
#[derive(Debug)]
pub struct Poster {
    client: Client,
    answer: Duration,
    free: Arc<Semaphore>,
    telemetry: Arc<Telemetry>,
    runtime: Option<Runtime>,
}

impl Poster {
    /// A poster that has not connected to anything yet.
    ///
    /// # Errors
    /// When the system refuses a thread or what a client needs.
    pub fn new(limits: &Limits) -> Result<Poster, HttpError> {
        let client = http::client(&http::Settings {
            connect_timeout: limits.connect,
            total_timeout: Some(limits.answer),
            idle_per_host: limits.at_once,
            certificates: limits.certificates.clone(),
            ..http::Settings::default()
        })?;
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("adapter-http")
            .enable_all()
            .build();
        Ok(Poster {
            client,
            answer: limits.answer,
            free: Arc::new(Semaphore::new(
                limits.at_once.clamp(1, Semaphore::MAX_PERMITS),
            )),
            telemetry: limits.telemetry.clone(),
            runtime: Some(runtime.map_err(|error| HttpError::new(&error))?),
        })
    }
}

impl Drop for Poster {
    fn drop(&mut self) {
        // a plain drop waits for the thread and panics inside another runtime
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

impl Service for Poster {
    fn post(&self, posts: Vec<Post>) -> Vec<Answer> {
        let given_up = || Err("the request was given up".to_owned());
        let mut answers: Vec<Answer> = posts.iter().map(|_| given_up()).collect();
        let Some(runtime) = &self.runtime else {
            return answers;
        };
        let (sender, receiver) = mpsc::channel();
        for (n, post) in posts.into_iter().enumerate() {
            let request = Request {
                client: self.client.clone(),
                limit: self.answer,
                post,
            };
            let (free, sender) = (self.free.clone(), sender.clone());
            let telemetry = self.telemetry.clone();
            runtime.spawn(async move {
                // closed only when nobody waits any more
                if let Ok(_place) = free.acquire_owned().await {
                    let _ = sender.send((n, request.answer(&telemetry).await));
                }
            });
        }
        drop(sender);
        for (n, answer) in receiver {
            if let Some(place) = answers.get_mut(n) {
                *place = answer;
            }
        }
        answers
    }
}

struct Request {
    client: Client,
    limit: Duration,
    post: Post,
}

impl Request {
    async fn answer(self, telemetry: &Telemetry) -> Answer {
        let url = Url::parse(&self.post.url).map_err(|error| error.to_string())?;
        let since = Instant::now();
        let first = match self.once(&url).await {
            Err(failure) if failure.hung_up => {
                tokio::time::sleep(HANG_UP_PAUSE).await;
                self.once(&url).await
            }
            other => other,
        };
        let how = match &first {
            Ok(_) => Remote::Success,
            Err(failure) if failure.timed_out => Remote::Timeout,
            Err(_) => Remote::Failure,
        };
        telemetry.remote_adapter(how, since.elapsed());
        first.map_err(|failure| failure.message)
    }

    async fn once(&self, url: &Url) -> Result<String, Failure> {
        let failure = |error: reqwest::Error| http::failure(&error, url, self.limit);
        let plain = |message: String| Failure {
            message,
            hung_up: false,
            timed_out: false,
        };
        let request = self
            .client
            .post(url.clone())
            .header(CONTENT_TYPE, "application/json")
            .header(ACCEPT, "*/*")
            .body(self.post.body.clone());
        let mut response = request.send().await.map_err(failure)?;
        let status = response.status();
        if !status.is_success() {
            let status = status.as_u16();
            return Err(plain(format!("Request failed with status {status}")));
        }
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(failure)? {
            body.extend_from_slice(&chunk);
            if body.len() > LARGEST {
                return Err(plain(format!("the answer is larger than {LARGEST} bytes")));
            }
        }
        Ok(String::from_utf8_lossy(&body).into_owned())
    }
}
