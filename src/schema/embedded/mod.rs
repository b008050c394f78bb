//! Schemas that the binary carries, so that it starts and runs without a registry.
//!
//! [`CATALOGUE`] answers an `embedded` connection of a resolver configuration and the first check
//! of enrichment configurations. [`CLIENT`] is the small registry that iglu-scala-client 1.5.0
//! always asks beside the configured ones. All were written for this project from the facts
//! (names, types, limits) of the published schemas: they accept and refuse the same instances.

use super::key::SchemaKey;

/// A path `vendor/name/format/version` and the schema at it; tables are sorted by path.
pub type Row = (&'static str, &'static str);

/// The text of the schema that `table` has for `key`.
pub fn find(table: &[Row], key: &SchemaKey) -> Option<&'static str> {
    let at = table
        .binary_search_by(|(path, _)| (*path).cmp(key.path()))
        .ok()?;
    table.get(at).map(|(_, text)| *text)
}

/// What iglu-scala-client 1.5.0 carries; `cacheSize` and `priority` are looser than in the
/// published schemas of the same versions.
pub static CLIENT: [Row; 4] = [
    (
        "com.snowplowanalytics.iglu/resolver-config/jsonschema/1-0-0",
        include_str!("client/resolver-config-1-0-0.json"),
    ),
    (
        "com.snowplowanalytics.iglu/resolver-config/jsonschema/1-0-1",
        include_str!("client/resolver-config-1-0-1.json"),
    ),
    (
        "com.snowplowanalytics.iglu/resolver-config/jsonschema/1-0-2",
        include_str!("schemas/com.snowplowanalytics.iglu/resolver-config/1-0-2.json"),
    ),
    (
        "com.snowplowanalytics.self-desc/instance-iglu-only/jsonschema/1-0-0",
        include_str!("schemas/com.snowplowanalytics.self-desc/instance-iglu-only/1-0-0.json"),
    ),
];

macro_rules! catalogue {
    ($($vendor:literal { $($name:literal: $($version:literal)*;)* })*) => {
        &[$($($((
            concat!($vendor, "/", $name, "/jsonschema/", $version),
            include_str!(concat!("schemas/", $vendor, "/", $name, "/", $version, ".json")),
        ),)*)*)*]
    };
}

/// Everything the binary carries.
pub static CATALOGUE: &[Row] = catalogue! {
    "com.google.analytics" {
        "cookies": "1-0-0";
    }
    "com.iab.snowplow" {
        "spiders_and_robots": "1-0-0";
    }
    "com.snowplowanalytics.iglu" {
        "anything-a": "1-0-0";
        "anything-b": "1-0-0";
        "anything-c": "1-0-0";
        "resolver-config": "1-0-0" "1-0-1" "1-0-2" "1-0-3";
        "validation_info": "1-0-0";
    }
    "com.snowplowanalytics.self-desc" {
        "instance-iglu-only": "1-0-0";
    }
    "com.snowplowanalytics.snowplow.enrichments" {
        "api_request_enrichment_config": "1-0-0" "1-0-1" "1-0-2";
        "asn_lookups": "1-0-0";
        "bot_detection_enrichment_config": "1-0-0" "1-0-1";
        "cross_navigation_config": "1-0-0";
        "http_header_extractor_config": "1-0-0";
        "iab_spiders_and_robots_enrichment": "1-0-0" "1-0-1";
        "pii_enrichment_config": "1-0-0" "2-0-0" "2-0-1";
        "sql_query_enrichment_config": "1-0-0" "1-0-1";
        "weather_enrichment_config": "1-0-0";
        "yauaa_enrichment_config": "1-0-0";
    }
    "com.snowplowanalytics.snowplow" {
        "add_to_cart": "1-0-0";
        "anon_ip": "1-0-0" "1-0-1";
        "campaign_attribution": "1-0-0" "1-0-1";
        "change_form": "1-0-0";
        "client_session": "1-0-0" "1-0-1" "1-0-2";
        "contexts": "1-0-0" "1-0-1";
        "cookie_extractor_config": "1-0-0";
        "currency_conversion_config": "1-0-0";
        "enrichments": "1-0-0";
        "event_fingerprint_config": "1-0-0" "1-0-1";
        "focus_form": "1-0-0";
        "geolocation_context": "1-0-0" "1-1-0";
        "ip_lookups": "1-0-0" "2-0-0" "2-0-1";
        "javascript_script_config": "1-0-0" "1-0-1";
        "link_click": "1-0-0" "1-0-1";
        "mobile_context": "1-0-0" "1-0-1" "1-0-2" "1-0-3";
        "parent_event": "1-0-0";
        "payload_data": "1-0-0" "1-0-1" "1-0-2" "1-0-3" "1-0-4";
        "pii_transformation": "1-0-0";
        "referer_parser": "1-0-0" "2-0-0" "2-0-1";
        "screen_view": "1-0-0";
        "site_search": "1-0-0";
        "submit_form": "1-0-0";
        "timing": "1-0-0";
        "ua_parser_config": "1-0-0" "1-0-1";
        "ua_parser_context": "1-0-0";
        "unstruct_event": "1-0-0";
        "uri_redirect": "1-0-0";
        "user_agent_utils_config": "1-0-0";
        "web_page": "1-0-0";
    }
    "nl.basjes" {
        "yauaa_context": "1-0-0" "1-0-1" "1-0-2" "1-0-3" "1-0-4" "1-0-5";
    }
    "org.ietf" {
        "http_client_hints": "1-0-0";
        "http_cookie": "1-0-0";
        "http_header": "1-0-0";
    }
    "org.w3" {
        "PerformanceTiming": "1-0-0";
    }
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_sorted_so_that_every_row_is_found() {
        for table in [&CLIENT[..], CATALOGUE] {
            assert!(table.windows(2).all(|pair| pair[0].0 < pair[1].0));
            for (path, text) in table {
                let key = SchemaKey::parse(&format!("iglu:{path}")).unwrap();
                assert_eq!(find(table, &key), Some(*text));
            }
        }
        let other = SchemaKey::parse("iglu:com.acme/none/jsonschema/1-0-0").unwrap();
        assert_eq!(find(CATALOGUE, &other), None);
    }

    #[test]
    fn every_schema_says_of_itself_what_its_path_says() {
        for (path, text) in CLIENT.iter().chain(CATALOGUE) {
            let schema: serde_json::Value = serde_json::from_str(text).unwrap();
            let own = |field: &str| schema["self"][field].as_str().unwrap().to_owned();
            let said = [own("vendor"), own("name"), own("format"), own("version")].join("/");
            assert_eq!(said, *path);
            let meta = "http://iglucentral.com/schemas/com.snowplowanalytics.self-desc/schema/jsonschema/1-0-0#";
            assert_eq!(schema["$schema"], meta, "{path}");
        }
    }
}
