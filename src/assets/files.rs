//! Assets from the file system, over HTTP and from object stores, read whole.

use std::fs::Metadata;
use std::future::Future;
use std::path::Path;
use std::time::{Duration, UNIX_EPOCH};

use reqwest::{Client, StatusCode, Url, header};
use tokio::runtime::{Builder, Runtime};

#[cfg(feature = "object-stores")]
use super::objects;
use super::{AssetError, AssetSource};
use crate::cloud::http::{self, Certificates, cause};

/// Largest asset that is read, in bytes.
pub(super) const LARGEST: u64 = 4 << 30;
/// Tries after the first, as the reference has them.
const RETRIES: u32 = 5;
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
const READ_TIMEOUT: Duration = Duration::from_secs(45);
const REDIRECTS: usize = 10;

/// Reads `file:`, `http(s):`, `s3:`, `gs:` and `az:` URIs, and plain paths.
#[derive(Debug, Default)]
pub struct Files {
    /// Wait before the first retry; it doubles with each.
    pause: Option<Duration>,
    certificates: Certificates,
    private_addresses: bool,
    /// Settings of object stores.
    #[cfg_attr(
        not(feature = "object-stores"),
        allow(dead_code, reason = "there are none then")
    )]
    options: Vec<(&'static str, String)>,
}

/// What tells one version of a file from another.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tag {
    /// The version's own name.
    pub etag: Option<String>,
    /// When it was changed, as the server writes it.
    pub modified: Option<String>,
}

/// What a file was found to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// The version that is known.
    Same,
    /// This.
    Bytes(Vec<u8>, Tag),
}

impl Files {
    /// Files whose https servers are checked with these certificates, with services at private addresses
    /// allowed or not.
    pub fn new(certificates: Certificates, private_addresses: bool) -> Files {
        Files {
            certificates,
            private_addresses,
            ..Files::default()
        }
    }

    /// With short waits and these settings of object stores.
    #[cfg(test)]
    pub(super) fn for_tests(options: Vec<(&'static str, String)>) -> Files {
        Files {
            pause: Some(Duration::from_millis(1)),
            options,
            ..Files::default()
        }
    }

    /// The file at `uri`, unless it is still the version `known`.
    ///
    /// # Errors
    /// Why it could not be had, after some tries where another may go better.
    pub fn fetch(&self, uri: &str, known: Option<&Tag>) -> Result<Found, AssetError> {
        let Ok(url) = Url::parse(uri) else {
            return read_path(Path::new(uri), known);
        };
        match url.scheme() {
            "file" => match url.to_file_path() {
                Ok(path) => read_path(&path, known),
                Err(()) => Err(AssetError(
                    "names no local file; write file:///folder/file".to_owned(),
                )),
            },
            "http" | "https" => {
                let client = self.client().map_err(AssetError)?;
                self.with_retries(|| get(&client, &url, known))
            }
            #[cfg(feature = "object-stores")]
            "s3" | "gs" | "az" | "azure" | "abfs" | "abfss" => {
                let object = objects::Object::open(&url, &self.options).map_err(AssetError)?;
                self.with_retries(|| object.get(known))
            }
            scheme => Err(AssetError(format!(
                "the scheme {scheme} is not supported; use http, https, file{OBJECTS}"
            ))),
        }
    }

    fn client(&self) -> Result<Client, String> {
        let settings = http::Settings {
            connect_timeout: CONNECT_TIMEOUT,
            read_timeout: Some(READ_TIMEOUT),
            redirects: REDIRECTS,
            certificates: self.certificates.clone(),
            ..http::Settings::default()
        };
        http::client(&settings).map_err(|error| error.to_string())
    }

    fn with_retries<F>(&self, mut attempt: impl FnMut() -> F) -> Result<Found, AssetError>
    where
        F: Future<Output = Result<Found, Refused>>,
    {
        let runtime = runtime().map_err(AssetError)?;
        runtime.block_on(async {
            let mut pause = self.pause.unwrap_or(Duration::from_millis(750));
            let mut tries = 0;
            loop {
                match attempt().await {
                    Ok(found) => return Ok(found),
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

#[cfg(feature = "object-stores")]
const OBJECTS: &str = ", s3, gs or az";
#[cfg(not(feature = "object-stores"))]
const OBJECTS: &str = "";

impl AssetSource for Files {
    fn read(&self, uri: &str) -> Result<Vec<u8>, AssetError> {
        match self.fetch(uri, None)? {
            Found::Bytes(bytes, _) => Ok(bytes),
            Found::Same => Err(AssetError("the server told no version".to_owned())),
        }
    }

    fn allows_private_addresses(&self) -> bool {
        self.private_addresses
    }
}

fn read_path(path: &Path, known: Option<&Tag>) -> Result<Found, AssetError> {
    let text = |error: std::io::Error| AssetError(error.to_string());
    // the version first: what is written meanwhile is seen the next time
    let tag = version(&std::fs::metadata(path).map_err(text)?);
    if known.is_some_and(|known| *known == tag && tag.modified.is_some()) {
        return Ok(Found::Same);
    }
    Ok(Found::Bytes(std::fs::read(path).map_err(text)?, tag))
}

fn version(metadata: &Metadata) -> Tag {
    let modified = metadata.modified().ok();
    let since = modified.and_then(|modified| modified.duration_since(UNIX_EPOCH).ok());
    Tag {
        etag: Some(metadata.len().to_string()),
        modified: since.map(|since| since.as_nanos().to_string()),
    }
}

/// Why one try failed, and whether another may go better.
pub(super) struct Refused {
    pub(super) text: String,
    pub(super) final_answer: bool,
}

impl Refused {
    pub(super) fn too_large() -> Refused {
        Refused {
            text: format!("is larger than {LARGEST} bytes"),
            final_answer: true,
        }
    }
}

fn runtime() -> Result<Runtime, String> {
    let runtime = Builder::new_current_thread().enable_all().build();
    runtime.map_err(|error| error.to_string())
}

async fn get(client: &Client, url: &Url, known: Option<&Tag>) -> Result<Found, Refused> {
    // the address is told by the caller, and may hold a password
    let network = |error: reqwest::Error| Refused {
        text: cause(&error.without_url()),
        final_answer: false,
    };
    let mut request = client.get(url.clone());
    match known {
        Some(Tag {
            etag: Some(etag), ..
        }) => request = request.header(header::IF_NONE_MATCH, etag),
        Some(Tag {
            modified: Some(modified),
            ..
        }) => {
            request = request.header(header::IF_MODIFIED_SINCE, modified);
        }
        _ => {}
    }
    let mut response = request.send().await.map_err(network)?;
    let status = response.status();
    if status == StatusCode::NOT_MODIFIED && known.is_some() {
        return Ok(Found::Same);
    }
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
    let told = |name| {
        let value = response.headers().get(name)?;
        value.to_str().ok().map(str::to_owned)
    };
    let tag = Tag {
        etag: told(header::ETAG),
        modified: told(header::LAST_MODIFIED),
    };
    let mut bytes = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(network)? {
        bytes.extend_from_slice(&chunk);
        if bytes.len() as u64 > LARGEST {
            return Err(Refused::too_large());
        }
    }
    Ok(Found::Bytes(bytes, tag))
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::TcpListener;

    use super::*;

    fn files() -> Files {
        Files::for_tests(Vec::new())
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
            format!("the scheme ftp is not supported; use http, https, file{OBJECTS}")
        );
    }

    #[test]
    fn a_version_that_is_known_is_not_sent_again() {
        let url = server(&[
            "HTTP/1.1 200 OK\r\netag: \"1\"\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok",
            "HTTP/1.1 304 Same\r\nconnection: close\r\n\r\n",
        ]);
        let Found::Bytes(bytes, tag) = files().fetch(&url, None).unwrap() else {
            panic!("nothing is known yet")
        };
        assert_eq!(
            (bytes.as_slice(), tag.etag.as_deref()),
            (&b"ok"[..], Some("\"1\""))
        );
        assert_eq!(files().fetch(&url, Some(&tag)), Ok(Found::Same));
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x");
        std::fs::write(&path, "1").unwrap();
        let path = path.to_str().unwrap();
        let Found::Bytes(_, tag) = files().fetch(path, None).unwrap() else {
            panic!("nothing is known yet")
        };
        assert_eq!(files().fetch(path, Some(&tag)), Ok(Found::Same));
        std::fs::write(path, "12").unwrap();
        assert!(
            matches!(files().fetch(path, Some(&tag)), Ok(Found::Bytes(bytes, _)) if bytes == b"12")
        );
    }
}
