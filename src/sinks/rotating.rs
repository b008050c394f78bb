//! The FileSystem sink: a file of lines, or numbered files up to a size, as Enrich 3.9.0 writes them.

use std::path::Path;

use super::SinkError;
use super::file::LineFile;

/// Where lines of one stream go.
pub struct Rotating {
    path: String,
    max_bytes: Option<u64>,
    number: u32,
    file: LineFile,
    written: u64,
}

impl Rotating {
    /// Makes the file, which must not exist; with `max_bytes` it gets a number behind its name.
    ///
    /// # Errors
    /// When it exists or cannot be made.
    pub fn create(path: &str, max_bytes: Option<u64>) -> Result<Rotating, SinkError> {
        let number = 1;
        let file = open(path, max_bytes.map(|_| number))?;
        Ok(Rotating {
            path: path.to_owned(),
            max_bytes,
            number,
            file,
            written: 0,
        })
    }

    /// Writes rows, each with a line feed behind it.
    ///
    /// # Errors
    /// When the file cannot be written or the next one not be made.
    pub fn write<'r>(&mut self, rows: impl Iterator<Item = &'r [u8]>) -> Result<(), SinkError> {
        let mut lines = Vec::new();
        for row in rows {
            let size = row.len() as u64;
            if self
                .max_bytes
                .is_some_and(|max| self.written > 0 && self.written + size > max)
            {
                self.flush(&mut lines)?;
                self.file.finish().map_err(failed)?;
                self.number += 1;
                self.file = open(&self.path, Some(self.number))?;
                self.written = 0;
            }
            lines.extend_from_slice(row);
            lines.push(b'\n');
            self.written += size + 1;
        }
        self.flush(&mut lines)
    }

    fn flush(&mut self, lines: &mut Vec<u8>) -> Result<(), SinkError> {
        if !lines.is_empty() {
            self.file.write(lines).map_err(failed)?;
            lines.clear();
        }
        Ok(())
    }

    /// Makes what was written durable.
    ///
    /// # Errors
    /// As the system tells.
    pub fn finish(&mut self) -> Result<(), SinkError> {
        self.file.finish().map_err(failed)
    }
}

fn failed(error: impl ToString) -> SinkError {
    SinkError::Failed(error.to_string())
}

fn open(path: &str, number: Option<u32>) -> Result<LineFile, SinkError> {
    let name = number.map_or_else(|| path.to_owned(), |number| format!("{path}.{number:04}"));
    if Path::new(&name).exists() {
        return Err(SinkError::Failed(format!(
            "{name} exists; name a new file, or move that one away"
        )));
    }
    LineFile::create(&name).map_err(failed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_file_starts_when_the_size_would_be_passed_and_none_is_written_over() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("good").to_str().unwrap().to_owned();
        let mut sink = Rotating::create(&path, Some(10)).unwrap();
        sink.write([&b"aaaa"[..], b"bbbbb", b"c", b"dddddddddddd"].into_iter())
            .unwrap();
        sink.finish().unwrap();
        let text = |n: &str| std::fs::read_to_string(format!("{path}.{n}")).unwrap();
        assert_eq!(
            (text("0001"), text("0002"), text("0003")),
            (
                "aaaa\nbbbbb\n".into(),
                "c\n".into(),
                "dddddddddddd\n".into()
            )
        );
        let error = Rotating::create(&path, Some(10))
            .map(drop)
            .unwrap_err()
            .to_string();
        assert!(
            error.ends_with("good.0001 exists; name a new file, or move that one away"),
            "{error}"
        );
    }
}
