//! A file or standard output that gets whole lines only.

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

enum Target {
    Stdout(io::Stdout),
    File { file: File, whole: u64 },
}

/// Where lines go. After a failed write to a file, what was written of the last lines is taken away
/// again, so that a file never ends in a part of a line.
pub struct LineFile {
    name: PathBuf,
    target: Target,
}

/// A write that failed.
#[derive(Debug, thiserror::Error)]
#[error("cannot write {}: {error}", name.display())]
pub struct WriteError {
    name: PathBuf,
    error: io::Error,
}

impl LineFile {
    /// Makes the file anew; `-` is standard output.
    pub fn create(path: &str) -> Result<LineFile, WriteError> {
        if path == "-" {
            return Ok(LineFile {
                name: PathBuf::from("standard output"),
                target: Target::Stdout(io::stdout()),
            });
        }
        let name = Path::new(path).to_owned();
        match File::create(&name) {
            Ok(file) => Ok(LineFile {
                name,
                target: Target::File { file, whole: 0 },
            }),
            Err(error) => Err(WriteError { name, error }),
        }
    }

    /// Writes bytes that end with a line feed.
    pub fn write(&mut self, lines: &[u8]) -> Result<(), WriteError> {
        let written = match &mut self.target {
            Target::Stdout(stdout) => stdout.write_all(lines).and_then(|()| stdout.flush()),
            Target::File { file, whole } => match file.write_all(lines) {
                Ok(()) => {
                    *whole += lines.len() as u64;
                    Ok(())
                }
                Err(error) => {
                    // on a device or a full disk this may fail too; the first error is the one to tell
                    let _ = file.set_len(*whole);
                    Err(error)
                }
            },
        };
        written.map_err(|error| WriteError {
            name: self.name.clone(),
            error,
        })
    }

    /// Makes what was written durable.
    pub fn finish(&mut self) -> Result<(), WriteError> {
        match &mut self.target {
            Target::Stdout(stdout) => stdout.flush(),
            Target::File { file, .. } => match file.sync_data() {
                // a device or a pipe cannot be synced
                Err(error)
                    if matches!(
                        error.kind(),
                        io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported
                    ) =>
                {
                    Ok(())
                }
                other => other,
            },
        }
        .map_err(|error| WriteError {
            name: self.name.clone(),
            error,
        })
    }
}
