//! Files and standard input, read in batches of whole records in bounded memory.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use flate2::read::MultiGzDecoder;

use super::framing::{Framing, FramingError, cut};

/// How much is read before a batch is handed on.
const BATCH_BYTES: usize = 128 * 1024;
const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];

/// A file, or standard input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// Standard input.
    Stdin,
    /// A file.
    File(PathBuf),
}

impl Input {
    /// `-` is standard input.
    pub fn from_arg(text: &str) -> Input {
        if text == "-" {
            Input::Stdin
        } else {
            Input::File(PathBuf::from(text))
        }
    }

    /// Its size in bytes, where that is known.
    pub fn size(&self) -> Option<u64> {
        match self {
            Input::Stdin => None,
            Input::File(path) => path
                .metadata()
                .ok()
                .filter(|meta| meta.is_file())
                .map(|meta| meta.len()),
        }
    }

    /// Its name, for messages.
    pub fn name(&self) -> &Path {
        match self {
            Input::Stdin => Path::new("standard input"),
            Input::File(path) => path,
        }
    }
}

/// Some records of one input, in order. A batch that is done with can be filled again, which saves its memory.
#[derive(Debug)]
pub struct Batch {
    /// Position among all batches, from 0.
    pub sequence: u64,
    /// Position of its first record among all records, from 0.
    pub first: u64,
    /// How each record is written.
    pub framing: Framing,
    bytes: Vec<u8>,
    filled: usize,
    records: Vec<Range<usize>>,
}

impl Batch {
    /// A batch without records.
    pub fn new(framing: Framing) -> Batch {
        Batch {
            sequence: 0,
            first: 0,
            framing,
            bytes: Vec::new(),
            filled: 0,
            records: Vec::new(),
        }
    }

    /// The records as they lie in the file.
    pub fn records(&self) -> impl Iterator<Item = &[u8]> {
        self.records
            .iter()
            .filter_map(|range| self.bytes.get(range.clone()))
    }

    fn reset(&mut self) {
        self.filled = 0;
        self.records.clear();
    }

    /// Reads once; 0 at the end of the input.
    fn fill(&mut self, reader: &mut dyn Read) -> io::Result<usize> {
        let end = self.filled + BATCH_BYTES;
        if self.bytes.len() < end {
            self.bytes.resize(end, 0);
        }
        let free = self.bytes.get_mut(self.filled..end).unwrap_or_default();
        let read = loop {
            match reader.read(free) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                other => break other?,
            }
        };
        self.filled += read;
        Ok(read)
    }

    /// Finds the complete records and gives how many bytes they use up.
    fn cut(&mut self, at_end: bool) -> Result<usize, FramingError> {
        cut(
            self.framing,
            self.bytes.get(..self.filled).unwrap_or_default(),
            at_end,
            &mut self.records,
        )
    }

    /// Moves what follows the complete records into another batch.
    fn continue_in(&self, used: usize, next: &mut Batch) {
        let rest = self.bytes.get(used..self.filled).unwrap_or_default();
        if next.bytes.len() < rest.len() {
            next.bytes.resize(rest.len(), 0);
        }
        if let Some(place) = next.bytes.get_mut(..rest.len()) {
            place.copy_from_slice(rest);
        }
        next.filled = rest.len();
    }
}

/// Why reading stopped.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The input could not be opened or read.
    #[error("cannot read {}: {error}", name.display())]
    Io { name: PathBuf, error: io::Error },
    /// What was read is not of the form it should be.
    #[error("cannot read {}: {error}", name.display())]
    Framing { name: PathBuf, error: FramingError },
}

/// Reads inputs one after the other.
pub struct BatchReader {
    read: Arc<AtomicU64>,
    sequence: u64,
    records: u64,
}

struct Counted<R> {
    inner: R,
    read: Arc<AtomicU64>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(buffer)?;
        self.read.fetch_add(n as u64, Ordering::Relaxed);
        Ok(n)
    }
}

/// The input's bytes; gzip is recognised by its first two.
fn open(input: &Input, read: Arc<AtomicU64>) -> io::Result<Box<dyn Read + Send>> {
    let inner: Box<dyn Read + Send> = match input {
        Input::Stdin => Box::new(io::stdin()),
        Input::File(path) => Box::new(File::open(path)?),
    };
    let mut counted = Counted { inner, read };
    let mut head = Vec::with_capacity(GZIP_MAGIC.len());
    counted
        .by_ref()
        .take(GZIP_MAGIC.len() as u64)
        .read_to_end(&mut head)?;
    let zipped = head == GZIP_MAGIC;
    let whole = io::Cursor::new(head).chain(counted);
    Ok(if zipped {
        Box::new(MultiGzDecoder::new(BufReader::with_capacity(
            64 * 1024,
            whole,
        )))
    } else {
        Box::new(whole)
    })
}

impl BatchReader {
    /// A reader that adds the bytes it has read to `read`.
    pub fn new(read: Arc<AtomicU64>) -> BatchReader {
        BatchReader {
            read,
            sequence: 0,
            records: 0,
        }
    }

    /// Reads a whole input. Each batch is filled in one that `next` gives and handed to `take`;
    /// either can end the reading, by giving none and by `false`.
    pub fn read(
        &mut self,
        input: &Input,
        mut next: impl FnMut() -> Option<Batch>,
        mut take: impl FnMut(Batch) -> bool,
    ) -> Result<(), ReadError> {
        let io_error = |error| ReadError::Io {
            name: input.name().to_owned(),
            error,
        };
        let mut reader = open(input, Arc::clone(&self.read)).map_err(io_error)?;
        let mut fresh = || {
            let mut batch = next()?;
            batch.reset();
            Some(batch)
        };
        let Some(mut batch) = fresh() else {
            return Ok(());
        };
        loop {
            let at_end = batch.fill(reader.as_mut()).map_err(io_error)? == 0;
            let used = batch.cut(at_end).map_err(|error| ReadError::Framing {
                name: input.name().to_owned(),
                error,
            })?;
            if !batch.records.is_empty() {
                let Some(mut following) = fresh() else {
                    return Ok(());
                };
                batch.continue_in(used, &mut following);
                batch.sequence = self.sequence;
                batch.first = self.records;
                self.sequence += 1;
                self.records += batch.records.len() as u64;
                if !take(std::mem::replace(&mut batch, following)) {
                    return Ok(());
                }
            }
            if at_end {
                return Ok(());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn records(bytes: &[u8]) -> Vec<Vec<u8>> {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(bytes).unwrap();
        let mut reader = BatchReader::new(Arc::default());
        let mut all = Vec::new();
        let input = Input::File(file.path().to_owned());
        reader
            .read(
                &input,
                || Some(Batch::new(Framing::Base64Lines)),
                |batch| {
                    assert_eq!(batch.first as usize, all.len());
                    all.extend(batch.records().map(<[u8]>::to_vec));
                    true
                },
            )
            .unwrap();
        all
    }

    #[test]
    fn lines_that_cross_reads_come_whole() {
        let line = |n: usize| vec![b'a' + (n % 26) as u8; 1000 + n * 7];
        let mut bytes = Vec::new();
        for n in 0..900 {
            bytes.extend(line(n));
            bytes.push(b'\n');
        }
        let all = records(&bytes);
        assert_eq!(all.len(), 900);
        assert!(all.iter().enumerate().all(|(n, record)| *record == line(n)));
    }

    #[test]
    fn gzip_is_recognised() {
        let mut zip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        zip.write_all(b"YQ==\nYg==").unwrap();
        assert_eq!(
            records(&zip.finish().unwrap()),
            [b"YQ==".to_vec(), b"Yg==".to_vec()]
        );
    }

    #[test]
    fn a_missing_file_is_told_by_name() {
        let input = Input::File(PathBuf::from("no/such/file"));
        let error = BatchReader::new(Arc::default())
            .read(&input, || Some(Batch::new(Framing::JsonLines)), |_| true)
            .unwrap_err();
        assert!(
            error.to_string().starts_with("cannot read no/such/file: "),
            "{error}"
        );
    }
}
