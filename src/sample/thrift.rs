//! Writes the Thrift struct `CollectorPayload` in the binary protocol.

const STOP: u8 = 0;
const I64: u8 = 10;
const STRING: u8 = 11;
const LIST: u8 = 15;

const SCHEMA: &str = "iglu:com.snowplowanalytics.snowplow/CollectorPayload/thrift/1-0-0";

/// What a collector writes for one request.
#[derive(Debug, Clone, Default)]
pub struct Payload {
    /// Address of the connection.
    pub ip: String,
    /// When the request came, in milliseconds since the epoch.
    pub timestamp: i64,
    /// `User-Agent` header.
    pub agent: Option<String>,
    /// `Referer` header.
    pub referer: Option<String>,
    /// Path of the request.
    pub path: String,
    /// Query string of a GET request.
    pub querystring: Option<String>,
    /// Body of a POST request.
    pub body: Option<String>,
    /// Headers, as `Name: value`.
    pub headers: Vec<String>,
    /// `Content-Type` header.
    pub content_type: Option<String>,
    /// Host the request was sent to.
    pub hostname: String,
    /// Network user id.
    pub network_user_id: String,
}

impl Payload {
    /// The bytes of the record.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(1024);
        text(&mut out, 100, &self.ip);
        head(&mut out, I64, 200);
        out.extend_from_slice(&self.timestamp.to_be_bytes());
        text(&mut out, 210, "UTF-8");
        text(&mut out, 220, "ssc-2.9.2-kafka");
        optional(&mut out, 300, self.agent.as_deref());
        optional(&mut out, 310, self.referer.as_deref());
        text(&mut out, 320, &self.path);
        optional(&mut out, 330, self.querystring.as_deref());
        optional(&mut out, 340, self.body.as_deref());
        head(&mut out, LIST, 350);
        out.push(STRING);
        length(&mut out, self.headers.len());
        for header in &self.headers {
            length(&mut out, header.len());
            out.extend_from_slice(header.as_bytes());
        }
        optional(&mut out, 360, self.content_type.as_deref());
        text(&mut out, 400, &self.hostname);
        text(&mut out, 410, &self.network_user_id);
        text(&mut out, 31337, SCHEMA);
        out.push(STOP);
        out
    }
}

fn head(out: &mut Vec<u8>, kind: u8, id: u16) {
    out.push(kind);
    out.extend_from_slice(&id.to_be_bytes());
}

fn length(out: &mut Vec<u8>, length: usize) {
    // sample texts are far below the 2 GiB at which this would end
    out.extend_from_slice(&u32::try_from(length).unwrap_or_default().to_be_bytes());
}

fn text(out: &mut Vec<u8>, id: u16, text: &str) {
    head(out, STRING, id);
    length(out, text.len());
    out.extend_from_slice(text.as_bytes());
}

fn optional(out: &mut Vec<u8>, id: u16, value: Option<&str>) {
    if let Some(value) = value {
        text(out, id, value);
    }
}
