//! A reader of the two Thrift structs that collectors write, over borrowed bytes.
//!
//! It reads the binary protocol as libthrift 0.15.0 does (not strict, no framing). The reference
//! reads every record twice: first a struct that has only the `schema` field, then the struct that
//! this field names. Both have the same outcome in one pass unless a list of headers claims to hold
//! something other than strings; only then does [`read`] need the second pass, [`reread`].

use std::borrow::Cow;

use jvm::charset::Charset;

/// Longest string and longest container that libthrift accepts, in bytes.
const MAX_MESSAGE_SIZE: i64 = 104_857_600;

/// Deepest nesting of unknown fields; the stack of a JVM ends somewhere beyond it.
const MAX_DEPTH: usize = 4096;

mod kind {
    pub const STOP: u8 = 0;
    pub const VOID: u8 = 1;
    pub const BOOL: u8 = 2;
    pub const BYTE: u8 = 3;
    pub const DOUBLE: u8 = 4;
    pub const I16: u8 = 6;
    pub const I32: u8 = 8;
    pub const I64: u8 = 10;
    pub const STRING: u8 = 11;
    pub const STRUCT: u8 = 12;
    pub const MAP: u8 = 13;
    pub const SET: u8 = 14;
    pub const LIST: u8 = 15;
}

/// Why bytes are no Thrift struct; the texts are those of libthrift 0.15.0 on JDK 17.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ThriftError {
    /// The bytes end too early.
    #[error(
        "Cannot read. Remote side has closed. Tried to read {wanted} bytes, but only got {got} bytes. (This is often indicative of an internal error on the server side. Please check your server logs.)"
    )]
    Truncated { wanted: usize, got: usize },
    /// A field of a type there is not.
    #[error("Unrecognized type {0}")]
    FieldType(i8),
    /// A container of a type there is not.
    #[error("unrecognized type code")]
    ElementType,
    /// A container or an unused string with a negative length.
    #[error("Negative length: {0}")]
    NegativeLength(i32),
    /// A used string with a negative length, as `java.lang.String` words it.
    #[error("offset {offset}, count {count}, length {length}")]
    NegativeCount {
        offset: usize,
        count: i32,
        length: usize,
    },
    /// A length beyond what libthrift accepts.
    #[error("MaxMessageSize reached")]
    TooLong,
    /// Unknown fields nested too deeply.
    #[error("Maximum skip depth exceeded")]
    TooDeep,
}

/// The fields of a record, as bytes that nobody has checked to be UTF-8.
///
/// The fields of both structs are kept side by side: their numbers do not overlap.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Record<'a> {
    /// The Iglu URI of the struct; absent in records of the legacy struct.
    pub schema: Option<&'a [u8]>,
    /// Fields that both structs have, as `CollectorPayload` numbers them.
    pub current: Fields<'a>,
    /// The same fields as `SnowplowRawEvent` numbers them.
    pub legacy: Fields<'a>,
    /// Whether `SnowplowRawEvent` has its payload struct (whose data is the legacy query string).
    pub legacy_payload: bool,
    /// Whether a list of headers has elements that are not declared as strings: see [`reread`].
    pub odd_headers: bool,
}

/// The fields of one of the structs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fields<'a> {
    /// Milliseconds since the epoch; 0 when absent.
    pub timestamp: i64,
    /// Name and version of the collector.
    pub collector: Option<&'a [u8]>,
    /// Name of the charset of the query string.
    pub encoding: Option<&'a [u8]>,
    /// Address of the connection.
    pub ip_address: Option<&'a [u8]>,
    /// `User-Agent` header.
    pub user_agent: Option<&'a [u8]>,
    /// `Referer` header.
    pub referer: Option<&'a [u8]>,
    /// Path of the request.
    pub path: Option<&'a [u8]>,
    /// Query string of the request.
    pub querystring: Option<&'a [u8]>,
    /// Body of the request.
    pub body: Option<&'a [u8]>,
    /// Headers, as `Name: value`.
    pub headers: Vec<&'a [u8]>,
    /// `Content-Type` header.
    pub content_type: Option<&'a [u8]>,
    /// Host the request was sent to.
    pub hostname: Option<&'a [u8]>,
    /// Network user id.
    pub network_user_id: Option<&'a [u8]>,
}

/// Which struct a pass decodes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Struct {
    /// `CollectorPayload`.
    Current,
    /// `SnowplowRawEvent`.
    Legacy,
}

/// Reads a record in one pass. Bytes after the struct are ignored, as are unknown fields.
pub fn read(bytes: &[u8]) -> Result<Record<'_>, ThriftError> {
    Reader { bytes, at: 0 }.record(None)
}

/// Reads a record whose headers are [odd](Record::odd_headers) as one of the structs: the generated
/// code takes the elements for strings whatever type they have.
pub fn reread(bytes: &[u8], as_struct: Struct) -> Result<Record<'_>, ThriftError> {
    Reader { bytes, at: 0 }.record(Some(as_struct))
}

/// Text of a Thrift string: bad UTF-8 becomes U+FFFD where and as often as on the JVM.
pub fn text(bytes: &[u8]) -> Cow<'_, str> {
    Charset::UTF_8.decode(bytes)
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

/// What is left to skip of one container or struct.
enum Frame {
    Struct,
    Elements { of: u8, left: u32 },
    Pairs { key: u8, value: u8, left: u64 },
}

impl<'a> Reader<'a> {
    fn take(&mut self, wanted: usize) -> Result<&'a [u8], ThriftError> {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        match rest.get(..wanted) {
            Some(taken) => {
                self.at += wanted;
                Ok(taken)
            }
            None => Err(ThriftError::Truncated {
                wanted,
                got: rest.len(),
            }),
        }
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], ThriftError> {
        let taken = self.take(N)?;
        taken.try_into().map_err(|_| ThriftError::Truncated {
            wanted: N,
            got: taken.len(),
        })
    }

    fn byte(&mut self) -> Result<u8, ThriftError> {
        self.array().map(|[byte]| byte)
    }

    fn size(&mut self) -> Result<i32, ThriftError> {
        self.array().map(i32::from_be_bytes)
    }

    /// A string that nobody looks at, or whose length was already found to be good.
    fn binary(&mut self) -> Result<&'a [u8], ThriftError> {
        let size = self.size()?;
        let wanted = usize::try_from(size).map_err(|_| ThriftError::NegativeLength(size))?;
        if i64::from(size) > MAX_MESSAGE_SIZE {
            return Err(ThriftError::TooLong);
        }
        self.take(wanted)
    }

    /// A string that the decoded struct has: a negative length only fails inside the JVM's string,
    /// and the limit counts only where the bytes do not suffice.
    fn string(&mut self) -> Result<&'a [u8], ThriftError> {
        let count = self.size()?;
        let length = self.bytes.len();
        let Ok(wanted) = usize::try_from(count) else {
            return Err(ThriftError::NegativeCount {
                offset: self.at,
                count,
                length,
            });
        };
        if i64::from(count) > MAX_MESSAGE_SIZE && length - self.at < wanted {
            return Err(ThriftError::TooLong);
        }
        self.take(wanted)
    }

    fn sized(&self, size: i32, bytes: i64) -> Result<u32, ThriftError> {
        if bytes > MAX_MESSAGE_SIZE {
            return Err(ThriftError::TooLong);
        }
        u32::try_from(size).map_err(|_| ThriftError::NegativeLength(size))
    }

    /// The head of a list or set: type and number of its elements.
    fn list(&mut self) -> Result<(u8, u32), ThriftError> {
        let of = self.byte()?;
        let size = self.size()?;
        // the product is a 32-bit one there, and overflows
        let bytes = size.wrapping_mul(i32::from(smallest(of)?));
        Ok((of, self.sized(size, i64::from(bytes))?))
    }

    fn map(&mut self) -> Result<(u8, u8, u32), ThriftError> {
        let (key, value) = (self.byte()?, self.byte()?);
        let size = self.size()?;
        let bytes = i64::from(size) * i64::from(smallest(key)? + smallest(value)?);
        Ok((key, value, self.sized(size, bytes)?))
    }

    /// Skips a value of any type, without recursion.
    fn skip(&mut self, of: u8) -> Result<(), ThriftError> {
        let Some(frame) = self.open(of)? else {
            return Ok(());
        };
        let mut stack = vec![frame];
        while let Some(frame) = stack.last_mut() {
            let next = match frame {
                Frame::Struct => match self.byte()? {
                    kind::STOP => None,
                    of => {
                        self.take(2)?;
                        Some(of)
                    }
                },
                Frame::Elements { left: 0, .. } | Frame::Pairs { left: 0, .. } => None,
                Frame::Elements { of, left } => {
                    *left -= 1;
                    Some(*of)
                }
                Frame::Pairs { key, value, left } => {
                    *left -= 1;
                    Some(if *left % 2 == 1 { *key } else { *value })
                }
            };
            match next {
                None => {
                    stack.pop();
                }
                Some(of) => {
                    if let Some(inner) = self.open(of)? {
                        if stack.len() >= MAX_DEPTH {
                            return Err(ThriftError::TooDeep);
                        }
                        stack.push(inner);
                    }
                }
            }
        }
        Ok(())
    }

    /// Skips a plain value, or the head of one that has parts.
    fn open(&mut self, of: u8) -> Result<Option<Frame>, ThriftError> {
        let plain = match of {
            kind::BOOL | kind::BYTE => 1,
            kind::I16 => 2,
            kind::I32 => 4,
            kind::I64 | kind::DOUBLE => 8,
            kind::STRING => {
                self.binary()?;
                return Ok(None);
            }
            kind::STRUCT => return Ok(Some(Frame::Struct)),
            kind::MAP => {
                let (key, value, size) = self.map()?;
                return Ok(Some(Frame::Pairs {
                    key,
                    value,
                    left: u64::from(size) * 2,
                }));
            }
            kind::SET | kind::LIST => {
                let (of, left) = self.list()?;
                return Ok(Some(Frame::Elements { of, left }));
            }
            other => return Err(ThriftError::FieldType(other as i8)),
        };
        self.take(plain)?;
        Ok(None)
    }

    fn record(mut self, decoded: Option<Struct>) -> Result<Record<'a>, ThriftError> {
        let mut record = Record::default();
        loop {
            let of = self.byte()?;
            if of == kind::STOP {
                return Ok(record);
            }
            let id = i16::from_be_bytes(self.array()?);
            let (fields, own) = match id {
                1..=80 => (&mut record.legacy, decoded == Some(Struct::Legacy)),
                _ => (&mut record.current, decoded == Some(Struct::Current)),
            };
            let slot = match (of, id) {
                (kind::STRING, 31337) => {
                    record.schema = Some(self.string()?);
                    continue;
                }
                (kind::I64, 200 | 1) => {
                    fields.timestamp = i64::from_be_bytes(self.array()?);
                    continue;
                }
                (kind::LIST, 350 | 70) => {
                    let headers = self.headers(own, &mut record.odd_headers)?;
                    fields.headers = headers;
                    continue;
                }
                (kind::STRUCT, 41) => {
                    record.legacy.querystring = self.legacy_data(own)?;
                    record.legacy_payload = true;
                    continue;
                }
                (kind::STRING, 100 | 40) => &mut fields.ip_address,
                (kind::STRING, 210 | 30) => &mut fields.encoding,
                (kind::STRING, 220 | 20) => &mut fields.collector,
                (kind::STRING, 300 | 50) => &mut fields.user_agent,
                (kind::STRING, 310 | 60) => &mut fields.referer,
                (kind::STRING, 320) => &mut fields.path,
                (kind::STRING, 330) => &mut fields.querystring,
                (kind::STRING, 340) => &mut fields.body,
                (kind::STRING, 360) => &mut fields.content_type,
                (kind::STRING, 400 | 45) => &mut fields.hostname,
                (kind::STRING, 410 | 80) => &mut fields.network_user_id,
                _ => {
                    self.skip(of)?;
                    continue;
                }
            };
            *slot = Some(if own { self.string()? } else { self.binary()? });
        }
    }

    fn headers(&mut self, own: bool, odd: &mut bool) -> Result<Vec<&'a [u8]>, ThriftError> {
        let start = self.at;
        let (of, size) = self.list()?;
        if of != kind::STRING && size > 0 && !own {
            *odd = true;
            self.at = start;
            self.skip(kind::LIST)?;
            return Ok(Vec::new());
        }
        // a claimed size takes no memory: every element has 4 bytes at least
        let possible = (self.bytes.len() - self.at) / 4;
        let mut headers = Vec::with_capacity(possible.min(size as usize));
        for _ in 0..size {
            headers.push(if own { self.string()? } else { self.binary()? });
        }
        Ok(headers)
    }

    fn legacy_data(&mut self, own: bool) -> Result<Option<&'a [u8]>, ThriftError> {
        let mut data = None;
        loop {
            let of = self.byte()?;
            if of == kind::STOP {
                return Ok(data);
            }
            let id = i16::from_be_bytes(self.array()?);
            if (of, id) == (kind::STRING, 3) {
                data = Some(if own { self.string()? } else { self.binary()? });
            } else {
                self.skip(of)?;
            }
        }
    }
}

/// The least number of bytes a value of a type takes.
fn smallest(of: u8) -> Result<u8, ThriftError> {
    Ok(match of {
        kind::STOP | kind::VOID | kind::STRUCT => 0,
        kind::BOOL | kind::BYTE => 1,
        kind::I16 => 2,
        kind::I32 | kind::STRING | kind::MAP | kind::SET | kind::LIST => 4,
        kind::DOUBLE | kind::I64 => 8,
        _ => return Err(ThriftError::ElementType),
    })
}

#[cfg(test)]
#[path = "thrift_tests.rs"]
mod tests;
