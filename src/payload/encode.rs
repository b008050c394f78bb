//! Writes records of the raw stream, as a collector would have.

const STOP: u8 = 0;
const I64: u8 = 10;
const STRING: u8 = 11;
const LIST: u8 = 15;
const SCHEMA: &str = "iglu:com.snowplowanalytics.snowplow/CollectorPayload/thrift/1-0-0";

/// The fields of the Thrift struct `CollectorPayload`; those that are absent are not written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Request {
    /// Address of the connection.
    pub ip: Option<String>,
    /// When the request came, milliseconds since the epoch.
    pub timestamp: i64,
    /// Charset of the query string.
    pub encoding: Option<String>,
    /// Name and version of the collector.
    pub collector: Option<String>,
    /// `User-Agent` header.
    pub useragent: Option<String>,
    /// `Referer` header.
    pub referer: Option<String>,
    /// Path of the request.
    pub path: Option<String>,
    /// Query string.
    pub querystring: Option<String>,
    /// Body.
    pub body: Option<String>,
    /// Headers, as `Name: value`.
    pub headers: Vec<String>,
    /// `Content-Type` header.
    pub content_type: Option<String>,
    /// Host the request was sent to.
    pub hostname: Option<String>,
    /// Network user id.
    pub network_user_id: Option<String>,
}

impl Request {
    /// The bytes of the record, in the binary protocol of Thrift.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(1024);
        text(&mut out, 100, self.ip.as_deref());
        head(&mut out, I64, 200);
        out.extend_from_slice(&self.timestamp.to_be_bytes());
        text(&mut out, 210, self.encoding.as_deref());
        text(&mut out, 220, self.collector.as_deref());
        text(&mut out, 300, self.useragent.as_deref());
        text(&mut out, 310, self.referer.as_deref());
        text(&mut out, 320, self.path.as_deref());
        text(&mut out, 330, self.querystring.as_deref());
        text(&mut out, 340, self.body.as_deref());
        if !self.headers.is_empty() {
            head(&mut out, LIST, 350);
            out.push(STRING);
            length(&mut out, self.headers.len());
            for header in &self.headers {
                length(&mut out, header.len());
                out.extend_from_slice(header.as_bytes());
            }
        }
        text(&mut out, 360, self.content_type.as_deref());
        text(&mut out, 400, self.hostname.as_deref());
        text(&mut out, 410, self.network_user_id.as_deref());
        text(&mut out, 31337, Some(SCHEMA));
        out.push(STOP);
        out
    }
}

fn head(out: &mut Vec<u8>, kind: u8, id: u16) {
    out.push(kind);
    out.extend_from_slice(&id.to_be_bytes());
}

fn length(out: &mut Vec<u8>, length: usize) {
    // no line that is read is as long as the 2 GiB at which this would end
    out.extend_from_slice(&u32::try_from(length).unwrap_or_default().to_be_bytes());
}

fn text(out: &mut Vec<u8>, id: u16, value: Option<&str>) {
    if let Some(value) = value {
        head(out, STRING, id);
        length(out, value.len());
        out.extend_from_slice(value.as_bytes());
    }
}
