//! The parts of a page's or referrer's address, put into their fields.

use compact_str::CompactString;
use jvm::text::tsv_safe;
use jvm::uri::JavaUri;

use crate::event::Event;
use crate::event::fields::{self, Int, Text};

/// The six fields that the parts of an address go to.
pub struct UriFields {
    scheme: Text,
    host: Text,
    port: Int,
    path: Text,
    query: Text,
    fragment: Text,
}

/// The fields of the page's address.
pub const PAGE: UriFields = UriFields {
    scheme: fields::PAGE_URLSCHEME,
    host: fields::PAGE_URLHOST,
    port: fields::PAGE_URLPORT,
    path: fields::PAGE_URLPATH,
    query: fields::PAGE_URLQUERY,
    fragment: fields::PAGE_URLFRAGMENT,
};

/// The fields of the referrer's address.
pub const REFERRER: UriFields = UriFields {
    scheme: fields::REFR_URLSCHEME,
    host: fields::REFR_URLHOST,
    port: fields::REFR_URLPORT,
    path: fields::REFR_URLPATH,
    query: fields::REFR_URLQUERY,
    fragment: fields::REFR_URLFRAGMENT,
};

impl UriFields {
    /// Sets all six. A missing port is 443 for exactly `https` and 80 for all else, even for no scheme at all.
    pub fn set(&self, event: &mut Event, uri: &JavaUri) {
        let port = uri.port().and_then(|port| i32::try_from(port).ok());
        let default = if uri.scheme() == Some("https") {
            443
        } else {
            80
        };
        event.set_text(self.scheme, uri.scheme());
        event.set_text(self.host, uri.host());
        event.set_int(self.port, Some(port.unwrap_or(default)));
        for (field, part) in [
            (self.path, uri.raw_path()),
            (self.query, uri.raw_query()),
            (self.fragment, uri.raw_fragment()),
        ] {
            event.set_text(
                field,
                part.and_then(tsv_safe)
                    .map(|text| CompactString::from(text.as_ref())),
            );
        }
    }
}
