//! The byte layout of the compiled tables: little-endian numbers, arrays and texts, each array
//! after its length. The build script writes with [`Writer`], the library reads with [`Reader`].

/// First bytes of a table file; the digits are the version of the layout.
pub const MAGIC: &[u8; 8] = b"yauaaT02";

/// Appends values to a growing buffer.
#[derive(Default)]
#[allow(dead_code)]
pub struct Writer {
    /// What was written so far.
    pub bytes: Vec<u8>,
}

#[allow(dead_code)]
impl Writer {
    /// Writes one number.
    pub fn number(&mut self, value: u32) {
        self.bytes.extend_from_slice(&value.to_le_bytes());
    }

    /// Writes an array of numbers after its length.
    pub fn numbers(&mut self, values: &[u32]) {
        self.number(values.len() as u32);
        for &value in values {
            self.number(value);
        }
    }

    /// Writes an array of long numbers after its length.
    pub fn longs(&mut self, values: &[u64]) {
        self.number(values.len() as u32);
        for &value in values {
            self.bytes.extend_from_slice(&value.to_le_bytes());
        }
    }

    /// Writes bytes after their length.
    pub fn blob(&mut self, bytes: &[u8]) {
        self.number(bytes.len() as u32);
        self.bytes.extend_from_slice(bytes);
    }
}

/// Takes values off the front of a slice; `None` when it is too short.
#[allow(dead_code)]
pub struct Reader<'a> {
    bytes: &'a [u8],
}

#[allow(dead_code)]
impl<'a> Reader<'a> {
    /// Reads from the start of `bytes`.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { bytes }
    }

    /// The next `count` bytes.
    pub fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (head, tail) = self.bytes.split_at_checked(count)?;
        self.bytes = tail;
        Some(head)
    }

    /// One number.
    pub fn number(&mut self) -> Option<u32> {
        Some(u32::from_le_bytes(self.take(4)?.try_into().ok()?))
    }

    /// An array of numbers.
    pub fn numbers(&mut self) -> Option<Vec<u32>> {
        let count = self.number()? as usize;
        let bytes = self.take(count.checked_mul(4)?)?;
        Some(
            bytes
                .chunks_exact(4)
                .map(|b| u32::from_le_bytes([b[0], b[1], b[2], b[3]]))
                .collect(),
        )
    }

    /// An array of long numbers.
    pub fn longs(&mut self) -> Option<Vec<u64>> {
        let count = self.number()? as usize;
        let bytes = self.take(count.checked_mul(8)?)?;
        Some(
            bytes
                .chunks_exact(8)
                .map(|b| u64::from_le_bytes([b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7]]))
                .collect(),
        )
    }

    /// Bytes after their length.
    pub fn blob(&mut self) -> Option<&'a [u8]> {
        let count = self.number()? as usize;
        self.take(count)
    }
}

/// The hash of the stored tables: FNV-1a over words of eight bytes, mixed once more.
pub fn hash_bytes(bytes: &[u8]) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64 ^ (bytes.len() as u64);
    let mut chunks = bytes.chunks_exact(8);
    for chunk in &mut chunks {
        let word = chunk
            .iter()
            .rev()
            .fold(0_u64, |acc, &b| acc << 8 | u64::from(b));
        hash = (hash ^ word)
            .wrapping_mul(0x9e37_79b9_7f4a_7c15)
            .rotate_left(29);
    }
    let word = chunks
        .remainder()
        .iter()
        .rev()
        .fold(0_u64, |acc, &b| acc << 8 | u64::from(b));
    hash_number(hash ^ word)
}

/// The hash of one number.
pub fn hash_number(value: u64) -> u64 {
    let mixed = value.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mixed = (mixed ^ mixed >> 32).wrapping_mul(0xd6e8_feb8_6659_fd93);
    mixed ^ mixed >> 32
}
