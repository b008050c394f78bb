//! Assets from the file system and over HTTP, read whole at start-up.

use std::path::Path;
use std::time::Duration;

use reqwest::{Client, StatusCode, Url};
use tokio::runtime::Builder;

use super::{AssetError, AssetSource};
use crate::cloud::http::{self, Certificates, cause};

/// Largest asset that is read, in bytes.
const LARGEST: u64 = 4 << 30;
/// Tries after the first, as the reference has them.
const RETRIES: u32 = 5;
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
const READ_TIMEOUT: Duration = Duration::from_secs(45);
const REDIRECTS: usize = 10;

/// Reads `file:` and `http(s):` URIs, and plain paths.
#[derive(Debug, Default)]
pub struct Files {
    /// Wait before the first retry; it doubles with each.
    pause: Option<Duration>,
    certificates: Certificates,
}

impl AssetSource for Files {
    fn read(&self, uri: &str) -> Result<Vec<u8>, AssetError> {
        let Ok(url) = Url::parse(uri) else {
            return read_path(Path::new(uri));
        };
        match url.scheme() {
            "file" => match url.to_file_path() {
                Ok(path) => read_path(&path),
                Err(()) => Err(AssetError(
                    "names no local file; write file:///folder/file".to_owned(),
                )),
            },
            "http" | "https" => self.download(&url),
            scheme => Err(AssetError(format!(
                "the scheme {scheme} is not supported; use http, https or file"
            ))),
        }
    }
}

fn read_path(path: &Path) -> Result<Vec<u8>, AssetError> {
    std::fs::read(path).map_err(|error| AssetError(error.to_string()))
}

/// Why one try failed, and whether another may go better.
struct Refused {
    text: String,
    final_answer: bool,
}

impl Files {
    /// Files whose https servers are checked with these certificates.
    pub fn new(certificates: Certificates) -> Files {
        Files {
            pause: None,
            certificates,
        }
    }

    fn settings(&self) -> http::Settings {
        http::Settings {
            connect_timeout: CONNECT_TIMEOUT,
            read_timeout: Some(READ_TIMEOUT),
            redirects: REDIRECTS,
            certificates: self.certificates.clone(),
            ..http::Settings::default()
        }
    }

    fn download(&self, url: &Url) -> Result<Vec<u8>, AssetError> {
        let client =
            http::client(&self.settings()).map_err(|error| AssetError(error.to_string()))?;
        let runtime = Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| AssetError(error.to_string()))?;
        runtime.block_on(async {
            let mut pause = self.pause.unwrap_or(Duration::from_millis(750));
            let mut tries = 0;
            loop {
                match get(&client, url).await {
                    Ok(bytes) => return Ok(bytes),
                    Err(refused) if refused.final_answer || tries == RETRIES => {
                        return Err(AssetError(refused.text));
                    }
                    Err(_) => tokio::time::sleep(pause).await,
                }
                tries += 1;
                pause *= 2;
            }
        })
    }
}

async fn get(client: &Client, url: &Url) -> Result<Vec<u8>, Refused> {
    // the address is told by the caller, and may hold a password
    let network = |error: reqwest::Error| Refused {
        text: cause(&error.without_url()),
        final_answer: false,
    };
    let mut response = client.get(url.clone()).send().await.map_err(network)?;
    let status = response.status();
    if !status.is_success() {
        let busy = status.is_server_error()
            || matches!(
                status,
                StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS
            );
        return Err(Refused {
            text: format!("the server answered {status}"),
            final_answer: !busy,
        });
    }
    let mut bytes = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(network)? {
        bytes.extend_from_slice(&chunk);
        if bytes.len() as u64 > LARGEST {
            return Err(Refused {
                text: format!("is larger than {LARGEST} bytes"),
                final_answer: true,
            });
        }
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::TcpListener;

    use super::*;

    fn files() -> Files {
        Files {
            pause: Some(Duration::from_millis(1)),
            certificates: Certificates::default(),
        }
    }

    /// A server that gives these answers in turn, one a connection.
    fn server(answers: &'static [&'static str]) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        std::thread::spawn(move || {
            for answer in answers {
                let (mut stream, _) = listener.accept().unwrap();
                let _ = stream.read(&mut [0; 1024]).unwrap();
                stream.write_all(answer.as_bytes()).unwrap();
            }
        });
        format!("http://{address}/file")
    }

    #[test]
    fn files_are_read_by_path_and_by_uri() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a b.txt");
        std::fs::write(&path, "x").unwrap();
        assert_eq!(files().read(path.to_str().unwrap()).unwrap(), b"x");
        assert_eq!(
            files()
                .read(Url::from_file_path(&path).unwrap().as_str())
                .unwrap(),
            b"x"
        );
        assert!(files().read("no/such/file").is_err());
    }

    #[test]
    fn a_server_that_stumbles_is_asked_again() {
        let url = server(&[
            "HTTP/1.1 503 Busy\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
            "HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok",
        ]);
        assert_eq!(files().read(&url).unwrap(), b"ok");
    }

    #[test]
    fn a_file_that_is_not_there_is_told_at_once() {
        let url =
            server(&["HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"]);
        assert_eq!(
            files().read(&url).unwrap_err().to_string(),
            "the server answered 404 Not Found"
        );
    }

    #[test]
    fn an_unknown_scheme_is_told() {
        let error = files().read("ftp://host/file").unwrap_err().to_string();
        assert_eq!(
            error,
            "the scheme ftp is not supported; use http, https or file"
        );
    }
}
