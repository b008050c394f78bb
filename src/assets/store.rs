//! The assets in use, and whether there are newer ones.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use sha2::{Digest, Sha256};

use super::files::{Files, Found, Tag};
use super::{AssetError, AssetSource};

/// Reads assets, and remembers what was read.
#[derive(Debug, Default)]
pub struct Store {
    files: Files,
    known: Mutex<BTreeMap<String, Known>>,
    round: AtomicU64,
}

/// What is known of an asset.
#[derive(Debug, Clone)]
struct Known {
    /// Which version was read, if that can be told.
    tag: Option<Tag>,
    digest: [u8; 32],
    /// In which round it was read last.
    round: u64,
    /// A newer version, until it is read.
    newer: Option<Newer>,
}

#[derive(Debug, Clone)]
struct Newer {
    bytes: Vec<u8>,
    tag: Tag,
}

impl Store {
    /// Reads by these means.
    pub fn new(files: Files) -> Store {
        Store {
            files,
            ..Store::default()
        }
    }

    /// Reads all that is in use by `build`. When that goes well, what it did not read is looked at no more.
    ///
    /// # Errors
    /// Those of `build`.
    pub fn reading<T, E>(&self, build: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
        let round = self.round.fetch_add(1, Ordering::Relaxed) + 1;
        let built = build()?;
        self.known().retain(|_, known| known.round == round);
        Ok(built)
    }

    fn known(&self) -> MutexGuard<'_, BTreeMap<String, Known>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Asks for newer versions of all assets that were read, and gives the addresses of those that have other
    /// contents. They are what the next reading gets. What cannot be asked stays as it is.
    pub fn check(&self) -> Vec<String> {
        let asked: Vec<(String, Known)> = self
            .known()
            .iter()
            .map(|(uri, known)| {
                let known = Known {
                    newer: None,
                    ..known.clone()
                };
                (uri.clone(), known)
            })
            .collect();
        let mut changed = Vec::new();
        for (uri, known) in asked {
            match self.files.fetch(&uri, known.tag.as_ref()) {
                Ok(Found::Same) => {}
                Ok(Found::Bytes(bytes, tag)) => {
                    let same = digest(&bytes) == known.digest;
                    if let Some(known) = self.known().get_mut(&uri) {
                        if same {
                            known.tag = Some(tag);
                        } else {
                            known.newer = Some(Newer { bytes, tag });
                            changed.push(uri);
                        }
                    }
                }
                Err(error) => {
                    tracing::warn!(%error, "the asset {uri} cannot be checked; the old one stays")
                }
            }
        }
        changed
    }

    /// Forgets which version an asset is: the newer one was no good, and will be looked at again.
    pub fn distrust(&self, uris: &[String]) {
        let mut known = self.known();
        for uri in uris {
            if let Some(known) = known.get_mut(uri) {
                known.tag = None;
                known.newer = None;
                known.digest = [0; 32];
            }
        }
    }
}

fn digest(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

impl AssetSource for Store {
    fn read(&self, uri: &str) -> Result<Vec<u8>, AssetError> {
        let newer = self
            .known()
            .get_mut(uri)
            .and_then(|known| known.newer.take());
        let (bytes, tag) = match newer {
            Some(Newer { bytes, tag }) => (bytes, tag),
            None => match self.files.fetch(uri, None)? {
                Found::Bytes(bytes, tag) => (bytes, tag),
                Found::Same => return Err(AssetError("the server told no version".to_owned())),
            },
        };
        let known = Known {
            tag: Some(tag),
            digest: digest(&bytes),
            round: self.round.load(Ordering::Relaxed),
            newer: None,
        };
        self.known().insert(uri.to_owned(), known);
        Ok(bytes)
    }

    fn allows_private_addresses(&self) -> bool {
        self.files.allows_private_addresses()
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn newer_contents_are_seen_and_read_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
        let (a, b) = (path("a"), path("b"));
        fs::write(&a, "1").unwrap();
        fs::write(&b, "2").unwrap();
        let store = Store::default();
        assert_eq!(store.read(&a).unwrap(), b"1");
        assert_eq!(store.read(&b).unwrap(), b"2");
        assert!(store.check().is_empty());
        fs::write(&a, "10").unwrap();
        assert_eq!(store.check(), std::slice::from_ref(&a));
        // what was checked is what is read
        fs::write(&a, "100").unwrap();
        assert_eq!(store.read(&a).unwrap(), b"10");
        assert_eq!(store.check(), std::slice::from_ref(&a));
        store.read(&a).unwrap();
        assert!(store.check().is_empty());
    }

    #[test]
    fn a_file_that_is_gone_stays_what_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        fs::write(&path, "1").unwrap();
        let uri = path.to_str().unwrap();
        let store = Store::default();
        store.read(uri).unwrap();
        fs::remove_file(&path).unwrap();
        assert!(store.check().is_empty());
    }

    #[test]
    fn what_is_in_use_no_more_is_not_looked_at() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
        let (a, b) = (path("a"), path("b"));
        fs::write(&a, "1").unwrap();
        fs::write(&b, "1").unwrap();
        let store = Store::default();
        store
            .reading(|| store.read(&a).and_then(|_| store.read(&b)))
            .unwrap();
        // a build that fails changes nothing
        let failed: Result<(), &str> = store.reading(|| Err("no"));
        assert!(failed.is_err());
        fs::write(&a, "22").unwrap();
        fs::write(&b, "22").unwrap();
        assert_eq!(store.check(), [a.clone(), b.clone()]);
        store.reading(|| store.read(&a)).unwrap();
        fs::write(&a, "333").unwrap();
        fs::write(&b, "333").unwrap();
        assert_eq!(store.check(), [a]);
    }

    #[test]
    fn what_was_no_good_is_looked_at_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        fs::write(&path, "1").unwrap();
        let uri = path.to_str().unwrap().to_owned();
        let store = Store::default();
        store.read(&uri).unwrap();
        fs::write(&path, "bad").unwrap();
        let changed = store.check();
        store.read(&uri).unwrap();
        store.distrust(&changed);
        assert_eq!(store.check(), [uri]);
    }
}
