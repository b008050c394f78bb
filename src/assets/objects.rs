//! Assets in object stores: S3, Google Cloud Storage, Azure Blob Storage.
//!
//! Who asks, and where, is told by the variables of the environment that each cloud's own tools read.

use futures_util::StreamExt;
use object_store::aws::AmazonS3Builder;
use object_store::azure::MicrosoftAzureBuilder;
use object_store::gcp::GoogleCloudStorageBuilder;
use object_store::path::Path;
use object_store::{Error, GetOptions, ObjectStore, RetryConfig};
use reqwest::Url;

use super::files::{Found, LARGEST, Refused, Tag};
use crate::cloud::http::cause;

/// One object of a store.
pub struct Object {
    store: Box<dyn ObjectStore>,
    path: Path,
}

impl Object {
    /// The object that an address names. Options win over the environment.
    ///
    /// # Errors
    /// What the store needs to be told.
    pub fn open(url: &Url, options: &[(&str, String)]) -> Result<Object, String> {
        // the first provider wins; one set before by somebody else is as good
        let _ = rustls::crypto::ring::default_provider().install_default();
        // tries are counted by the caller
        let once = RetryConfig {
            max_retries: 0,
            ..RetryConfig::default()
        };
        let text = |error: Error| cause(&error);
        // the builders have no trait in common
        macro_rules! store {
            ($builder:ty) => {{
                let mut builder = <$builder>::from_env();
                for (key, value) in options {
                    builder = builder.with_config(key.parse().map_err(text)?, value);
                }
                let builder = builder.with_url(url.as_str()).with_retry(once);
                Box::new(builder.build().map_err(text)?)
            }};
        }
        let store: Box<dyn ObjectStore> = match url.scheme() {
            "s3" => store!(AmazonS3Builder),
            "gs" => store!(GoogleCloudStorageBuilder),
            _ => store!(MicrosoftAzureBuilder),
        };
        let path = Path::from_url_path(url.path()).map_err(|error| error.to_string())?;
        Ok(Object { store, path })
    }

    /// Its bytes, unless it is still the version `known`.
    pub async fn get(&self, known: Option<&Tag>) -> Result<Found, Refused> {
        let refused = |error: Error| Refused {
            final_answer: matches!(
                error,
                Error::NotFound { .. }
                    | Error::PermissionDenied { .. }
                    | Error::Unauthenticated { .. }
                    | Error::InvalidPath { .. }
                    | Error::NotSupported { .. }
            ),
            text: cause(&error),
        };
        let options = GetOptions {
            if_none_match: known.and_then(|known| known.etag.clone()),
            ..GetOptions::default()
        };
        let found = match self.store.get_opts(&self.path, options).await {
            Err(Error::NotModified { .. }) if known.is_some() => return Ok(Found::Same),
            found => found.map_err(refused)?,
        };
        if found.meta.size > LARGEST {
            return Err(Refused::too_large());
        }
        let tag = Tag {
            etag: found.meta.e_tag.clone(),
            modified: None,
        };
        let mut bytes = Vec::new();
        let mut stream = found.into_stream();
        while let Some(chunk) = stream.next().await {
            bytes.extend_from_slice(&chunk.map_err(refused)?);
        }
        Ok(Found::Bytes(bytes, tag))
    }
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead, BufReader, Write};
    use std::net::TcpListener;

    use super::super::files::{Files, Found};

    /// A store of one object, version 1 and 2, that counts how often it sends the bytes.
    fn store() -> (String, std::thread::JoinHandle<usize>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let served = std::thread::spawn(move || {
            let mut sent = 0;
            // busy, new, unchanged, newer, no more
            for turn in 0..5 {
                let (mut stream, _) = listener.accept().unwrap();
                let mut known = String::new();
                let mut path = String::new();
                for line in BufReader::new(stream.try_clone().unwrap()).lines() {
                    let line = line.unwrap();
                    if line.is_empty() {
                        break;
                    }
                    if let Some(tag) = line.to_lowercase().strip_prefix("if-none-match: ") {
                        known = tag.to_owned();
                    }
                    if line.starts_with("GET ") {
                        path = line;
                    }
                }
                // Google's escapes all but letters and digits
                let asked = path.replace("%2F", "/").replace("%2E", ".");
                assert!(asked.starts_with("GET /bucket/folder/a%20b.mmdb"), "{path}");
                let version = if turn < 3 { "\"1\"" } else { "\"2\"" };
                let answer = match turn {
                    0 => "HTTP/1.1 503 Slow Down\r\ncontent-length: 0\r\n".to_owned(),
                    4 => "HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n".to_owned(),
                    _ if known == version => "HTTP/1.1 304 Not Modified\r\n".to_owned(),
                    _ => {
                        sent += 1;
                        format!(
                            "HTTP/1.1 200 OK\r\netag: {version}\r\ncontent-length: 2\r\n\
                             last-modified: Tue, 14 Nov 2023 22:13:20 GMT\r\n"
                        )
                    }
                };
                let body = if answer.contains("200 OK") { "ok" } else { "" };
                let answer = format!("{answer}connection: close\r\n\r\n{body}");
                stream.write_all(answer.as_bytes()).unwrap();
            }
            sent
        });
        (address, served)
    }

    #[test]
    fn objects_of_s3_are_read_and_sent_again_only_when_they_changed() {
        follows_the_object("s3://bucket/folder/a%20b.mmdb", |address| {
            vec![
                ("aws_endpoint", address),
                ("aws_allow_http", "true".to_owned()),
                ("aws_access_key_id", "k".to_owned()),
                ("aws_secret_access_key", "s".to_owned()),
                ("aws_region", "eu-central-1".to_owned()),
            ]
        });
    }

    #[test]
    fn objects_of_google_are_read_and_sent_again_only_when_they_changed() {
        follows_the_object("gs://bucket/folder/a%20b.mmdb", |address| {
            vec![
                ("google_base_url", address),
                ("google_allow_http", "true".to_owned()),
                ("google_bearer_token", "t".to_owned()),
            ]
        });
    }

    #[test]
    fn objects_of_azure_are_read_and_sent_again_only_when_they_changed() {
        follows_the_object("az://bucket/folder/a%20b.mmdb", |address| {
            vec![
                ("azure_storage_endpoint", address),
                ("azure_allow_http", "true".to_owned()),
                ("azure_storage_account_name", "account".to_owned()),
                ("azure_storage_account_key", "a2V5".to_owned()),
            ]
        });
    }

    fn follows_the_object(uri: &str, options: impl Fn(String) -> Vec<(&'static str, String)>) {
        let (address, served) = store();
        let files = Files::for_tests(options(address));
        let Ok(Found::Bytes(bytes, tag)) = files.fetch(uri, None) else {
            panic!("not read")
        };
        assert_eq!(
            (bytes.as_slice(), tag.etag.as_deref()),
            (&b"ok"[..], Some("\"1\""))
        );
        assert_eq!(files.fetch(uri, Some(&tag)), Ok(Found::Same));
        assert!(matches!(files.fetch(uri, Some(&tag)), Ok(Found::Bytes(..))));
        assert!(files.fetch(uri, Some(&tag)).is_err());
        assert_eq!(served.join().unwrap(), 2);
    }
}
