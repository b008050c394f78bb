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

use super::files::{Found, LARGEST, Refused, Tag, cause};

/// One object of a store.
pub struct Object {
    store: Box<dyn ObjectStore>,
    path: Path,
}

impl Object {
    /// The object that an address names.
    ///
    /// # Errors
    /// What the store needs to be told.
    pub fn open(url: &Url) -> Result<Object, String> {
        // the first provider wins; one set before by somebody else is as good
        let _ = rustls::crypto::ring::default_provider().install_default();
        // tries are counted by the caller
        let once = RetryConfig {
            max_retries: 0,
            ..RetryConfig::default()
        };
        let text = |error: Error| cause(&error);
        let store: Box<dyn ObjectStore> = match url.scheme() {
            "s3" => Box::new(
                AmazonS3Builder::from_env()
                    .with_url(url.as_str())
                    .with_retry(once)
                    .build()
                    .map_err(text)?,
            ),
            "gs" => Box::new(
                GoogleCloudStorageBuilder::from_env()
                    .with_url(url.as_str())
                    .with_retry(once)
                    .build()
                    .map_err(text)?,
            ),
            _ => Box::new(
                MicrosoftAzureBuilder::from_env()
                    .with_url(url.as_str())
                    .with_retry(once)
                    .build()
                    .map_err(text)?,
            ),
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
