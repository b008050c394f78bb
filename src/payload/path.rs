//! Vendor and version from the path of a request.

use std::borrow::Cow;

use super::Api;

const SNOWPLOW: &str = "com.snowplowanalytics.snowplow";

/// The API a path names: `/vendor/version` with or without slashes at the ends, or one of the two
/// old pixel paths. Nothing is decoded and no query is cut off. `None` for any other path.
pub fn api(path: &str) -> Option<Api<'_>> {
    let inner = path.strip_prefix('/').unwrap_or(path);
    if let Some((vendor, version)) = inner.split_once('/') {
        let version = version.strip_suffix('/').unwrap_or(version);
        if !vendor.is_empty() && !version.is_empty() && !version.contains('/') {
            return Some(Api {
                vendor: Cow::Borrowed(vendor),
                version: Cow::Borrowed(version),
            });
        }
    }
    let pixel = path.starts_with("/ice.png") || path == "/i" || path.starts_with("/i?");
    pixel.then_some(tp1())
}

/// The API of the pixel paths and of all legacy records.
pub fn tp1() -> Api<'static> {
    Api {
        vendor: Cow::Borrowed(SNOWPLOW),
        version: Cow::Borrowed("tp1"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_names_vendor_and_version_or_is_a_pixel() {
        for (path, expected) in [
            ("/com.acme/v1", Some(("com.acme", "v1"))),
            ("com.acme/v1/", Some(("com.acme", "v1"))),
            ("/com.x/v1?x=1", Some(("com.x", "v1?x=1"))),
            ("/a\nb/c d", Some(("a\nb", "c d"))),
            ("/ice.png", Some((SNOWPLOW, "tp1"))),
            ("/ice.pngx/y/z", Some((SNOWPLOW, "tp1"))),
            ("/ice.png/y", Some(("ice.png", "y"))),
            ("/i", Some((SNOWPLOW, "tp1"))),
            ("/i?e=pv", Some((SNOWPLOW, "tp1"))),
            ("/i?a/b", Some(("i?a", "b"))),
            ("", None),
            ("/", None),
            ("//", None),
            ("/foo", None),
            ("/a//", None),
            ("//a/b", None),
            ("/a/b//", None),
            ("/a/b/c", None),
            ("/I", None),
            ("i", None),
        ] {
            let got = api(path);
            let got = got
                .as_ref()
                .map(|api| (api.vendor.as_ref(), api.version.as_ref()));
            assert_eq!(got, expected, "{path:?}");
        }
    }
}
