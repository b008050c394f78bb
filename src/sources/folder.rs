//! A folder whose files are one payload each, as the FileSystem source of Enrich 3.9.0.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::{Polled, Records, Source, SourceError};
use crate::checkpoint::ledger::Ledger;

/// Reads every file below a folder, in the order of names, and ends.
pub struct Folder {
    files: std::vec::IntoIter<PathBuf>,
    ledger: Arc<Ledger>,
    read: i64,
}

const BATCH_BYTES: usize = 256 * 1024;

impl Folder {
    /// Lists the files.
    ///
    /// # Errors
    /// When the folder or one below it cannot be listed.
    pub fn open(dir: &str, ledger: Arc<Ledger>) -> Result<Folder, SourceError> {
        let mut files = Vec::new();
        let mut folders = vec![PathBuf::from(dir)];
        while let Some(folder) = folders.pop() {
            let error = |error: std::io::Error| {
                SourceError(format!("cannot list {}: {error}", folder.display()))
            };
            for entry in fs::read_dir(&folder).map_err(error)? {
                let path = entry.map_err(error)?.path();
                if path.is_dir() {
                    folders.push(path)
                } else {
                    files.push(path)
                }
            }
        }
        files.sort();
        Ok(Folder {
            files: files.into_iter(),
            ledger,
            read: 0,
        })
    }
}

impl Source for Folder {
    fn poll(&mut self, _wait: Duration) -> Result<Polled, SourceError> {
        let (mut bytes, mut ends) = (Vec::new(), Vec::new());
        while bytes.len() < BATCH_BYTES {
            let Some(path) = self.files.next() else { break };
            let error = |error| SourceError(format!("cannot read {}: {error}", path.display()));
            bytes.append(&mut fs::read(&path).map_err(error)?);
            ends.push(bytes.len());
            self.read += 1;
        }
        if ends.is_empty() {
            return Ok(Polled::End);
        }
        Ok(Polled::Records(Records {
            bytes,
            ends,
            receipt: self.ledger.issue(0, self.read),
        }))
    }

    fn hold(&mut self, _on: bool) {}

    fn commit(&mut self) {}

    fn close(self: Box<Self>) -> Result<(), SourceError> {
        Ok(())
    }
}
