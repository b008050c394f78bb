//! The fields of the measurement protocol: which hit or context they belong to, what they are
//! called there, and how their values are read.

use jvm::number::{BigDecimal, double_to_string, parse_int};
use lexon::write_string;

use super::super::schemas::{Schema, Section};
use crate::badrows::failure::{Crash, Violation};

/// One field of a hit or context.
pub(super) struct Field {
    /// Its parameter.
    pub param: &'static str,
    /// Its name in the schema.
    pub name: &'static str,
    read: Read,
}

/// How the value of a field is read.
enum Read {
    /// As it is.
    Text,
    /// A Java integer.
    Int,
    /// A decimal number, rounded to cents.
    Cents,
    /// A decimal number.
    Double,
    /// `1` or `0`.
    Flag,
}

/// The fields of one hit or context.
pub(super) struct Table {
    /// Key of its schema in the configuration.
    pub key: &'static str,
    /// Its fields.
    pub fields: &'static [Field],
}

impl Table {
    /// The field of a parameter.
    pub(super) fn field(&self, param: &str) -> Option<&'static Field> {
        self.fields.iter().find(|field| field.param == param)
    }
}

impl Field {
    /// A value as JSON.
    pub(super) fn convert(&self, value: &str) -> Result<Result<String, Violation>, Crash> {
        let refused = |problem: &str| Violation::input(self.name, Some(value), problem);
        let number = |number: f64| {
            if number.is_finite() {
                double_to_string(number)
            } else {
                "null".to_owned()
            }
        };
        Ok(match self.read {
            Read::Text => {
                let mut out = String::with_capacity(value.len() + 2);
                write_string(&mut out, value);
                Ok(out)
            }
            // the reference reads no number from this text, and trips over it
            Read::Int if value.eq_ignore_ascii_case("null") => {
                return Err(Crash("java.lang.NullPointerException".to_owned()));
            }
            Read::Int => parse_int(value)
                .map(|number| number.to_string())
                .ok_or_else(|| refused("cannot be converted to java.lang.Integer")),
            Read::Cents => BigDecimal::parse(value)
                .map(|decimal| number(decimal.set_scale_half_even(2).to_f64()))
                .map_err(|_| refused("cannot be converted to Double")),
            Read::Double => BigDecimal::parse(value)
                .map(|decimal| number(decimal.to_f64()))
                .map_err(|_| refused("cannot be converted to Double")),
            Read::Flag => match value {
                "1" => Ok("true".to_owned()),
                "0" => Ok("false".to_owned()),
                _ => Err(refused(
                    "cannot be converted to boolean, only 1 or 0 are supported",
                )),
            },
        })
    }
}

macro_rules! tables {
    ($( $key:literal { $( $param:literal $name:literal $read:ident, )+ } )+) => {
        &[$( Table {
            key: $key,
            fields: &[$( Field { param: $param, name: $name, read: Read::$read } ),+],
        } ),+]
    };
}

/// The hits, in the order of [`HIT_TYPES`].
pub(super) static HITS: &[Table] = tables! {
    "page_view" {
        "dl" "documentLocationUrl" Text,
        "dh" "documentHostName" Text,
        "dp" "documentPath" Text,
        "dt" "documentTitle" Text,
    }
    "screen_view" {
        "cd" "screenName" Text,
    }
    "event" {
        "ec" "category" Text,
        "ea" "action" Text,
        "el" "label" Text,
        "ev" "value" Int,
    }
    "transaction" {
        "ti" "id" Text,
        "ta" "affiliation" Text,
        "tr" "revenue" Cents,
        "ts" "shipping" Cents,
        "tt" "tax" Cents,
        "tcc" "couponCode" Text,
        "cu" "currencyCode" Text,
    }
    "item" {
        "ti" "transactionId" Text,
        "in" "name" Text,
        "ip" "price" Cents,
        "iq" "quantity" Int,
        "ic" "code" Text,
        "iv" "category" Text,
        "cu" "currencyCode" Text,
    }
    "social" {
        "sn" "network" Text,
        "sa" "action" Text,
        "st" "actionTarget" Text,
    }
    "exception" {
        "exd" "description" Text,
        "exf" "isFatal" Flag,
    }
    "timing" {
        "utc" "userTimingCategory" Text,
        "utv" "userTimingVariableName" Text,
        "utt" "userTimingTime" Int,
        "utl" "userTimingLabel" Text,
        "plt" "pageLoadTime" Int,
        "dns" "dnsTime" Int,
        "pdt" "pageDownloadTime" Int,
        "rrt" "redirectResponseTime" Int,
        "tcp" "tcpConnectTime" Int,
        "srt" "serverResponseTime" Int,
        "dit" "domInteractiveTime" Int,
        "clt" "contentLoadTime" Int,
    }
};

/// The types of hits.
pub(super) const HIT_TYPES: [&str; 8] = [
    "pageview",
    "screenview",
    "event",
    "transaction",
    "item",
    "social",
    "exception",
    "timing",
];

/// The contexts of plain parameters.
pub(super) static SIMPLE: &[Table] = tables! {
    "page_view" {
        "dl" "documentLocationUrl" Text,
        "dh" "documentHostName" Text,
        "dp" "documentPath" Text,
        "dt" "documentTitle" Text,
    }
    "undocumented" {
        "a" "a" Text,
        "jid" "jid" Text,
        "gjid" "gjid" Text,
    }
    "private" {
        "_v" "v" Text,
        "_u" "u" Text,
        "_gid" "gid" Text,
        "_s" "s" Int,
        "_r" "r" Int,
    }
    "general" {
        "v" "protocolVersion" Text,
        "tid" "trackingId" Text,
        "aip" "anonymizeIp" Flag,
        "ds" "dataSource" Text,
        "qt" "queueTime" Int,
        "z" "cacheBuster" Text,
    }
    "user" {
        "cid" "clientId" Text,
        "uid" "userId" Text,
    }
    "session" {
        "sc" "sessionControl" Text,
        "uip" "ipOverride" Text,
        "ua" "userAgentOverride" Text,
        "geoid" "geographicalOverride" Text,
    }
    "traffic_source" {
        "dr" "documentReferrer" Text,
        "cn" "campaignName" Text,
        "cs" "campaignSource" Text,
        "cm" "campaignMedium" Text,
        "ck" "campaignKeyword" Text,
        "cc" "campaignContent" Text,
        "ci" "campaignId" Text,
        "gclid" "googleAdwordsId" Text,
        "dclid" "googleDisplayAdsId" Text,
    }
    "system_info" {
        "sr" "screenResolution" Text,
        "vp" "viewportSize" Text,
        "de" "documentEncoding" Text,
        "sd" "screenColors" Text,
        "ul" "userLanguage" Text,
        "je" "javaEnabled" Flag,
        "fl" "flashVersion" Text,
    }
    "link" {
        "linkid" "id" Text,
    }
    "app" {
        "an" "name" Text,
        "aid" "id" Text,
        "av" "version" Text,
        "aiid" "installerId" Text,
    }
    "product_action" {
        "pa" "productAction" Text,
        "pal" "productActionList" Text,
        "cos" "checkoutStep" Int,
        "col" "checkoutStepOption" Text,
    }
    "content_experiment" {
        "xid" "id" Text,
        "xvar" "variant" Text,
    }
    "hit" {
        "t" "type" Text,
        "ni" "nonInteractionHit" Flag,
    }
    "promotion_action" {
        "promoa" "promotionAction" Text,
    }
};

/// The contexts of parameters with numbers in their names. A parameter `IF…` is such a number.
pub(super) static COMPOSITE: &[Table] = tables! {
    "product" {
        "IFpr" "index" Int,
        "prid" "sku" Text,
        "prnm" "name" Text,
        "prbr" "brand" Text,
        "prca" "category" Text,
        "prva" "variant" Text,
        "prpr" "price" Cents,
        "prqt" "quantity" Int,
        "prcc" "couponCode" Text,
        "prps" "position" Int,
        "cu" "currencyCode" Text,
    }
    "product_custom_dimension" {
        "IFprcd" "productIndex" Int,
        "IFcd" "dimensionIndex" Int,
        "prcd" "value" Text,
    }
    "product_custom_metric" {
        "IFprcm" "productIndex" Int,
        "IFcm" "metricIndex" Int,
        "prcm" "value" Int,
    }
    "product_impression_list" {
        "IFil" "index" Int,
        "ilnm" "name" Text,
    }
    "product_impression" {
        "IFilpi" "listIndex" Int,
        "IFpi" "productIndex" Int,
        "ilpiid" "sku" Text,
        "ilpinm" "name" Text,
        "ilpibr" "brand" Text,
        "ilpica" "category" Text,
        "ilpiva" "variant" Text,
        "ilpips" "position" Int,
        "ilpipr" "price" Cents,
        "cu" "currencyCode" Text,
    }
    "product_impression_custom_dimension" {
        "IFilpicd" "listIndex" Int,
        "IFpicd" "productIndex" Int,
        "IFcd" "customDimensionIndex" Int,
        "ilpicd" "value" Text,
    }
    "product_impression_custom_metric" {
        "IFilpicm" "listIndex" Int,
        "IFpicm" "productIndex" Int,
        "IFcm" "customMetricIndex" Int,
        "ilpicm" "value" Int,
    }
    "promotion" {
        "IFpromo" "index" Int,
        "promoid" "id" Text,
        "promonm" "name" Text,
        "promocr" "creative" Text,
        "promops" "position" Text,
    }
    "custom_dimension" {
        "IFcd" "index" Int,
        "cd" "value" Text,
    }
    "custom_metric" {
        "IFcm" "index" Int,
        "cm" "value" Double,
    }
    "content_group" {
        "IFcg" "index" Int,
        "cg" "value" Text,
    }
};

macro_rules! uri {
    ($key:literal) => {
        concat!(
            "iglu:com.google.analytics.measurement-protocol/",
            $key,
            "/jsonschema/1-0-0"
        )
    };
}

macro_rules! schemas {
    ($( $hit:literal => $event:literal, )+ ; $( $context:literal, )+) => {
        &[
            $( Schema::event($hit, $event, uri!($event)), )+
            $( Schema::other($context, uri!($context)), )+
            Schema::other("undocumented", "iglu:com.google.analytics/undocumented/jsonschema/1-0-0"),
            Schema::other("private", "iglu:com.google.analytics/private/jsonschema/1-0-0"),
        ]
    };
}

pub(crate) const SCHEMAS: Section = Section {
    config: "googleAnalytics",
    title: "Google Analytics",
    schemas: schemas! {
        "pageview" => "page_view",
        "screenview" => "screen_view",
        "event" => "event",
        "transaction" => "transaction",
        "item" => "item",
        "social" => "social",
        "exception" => "exception",
        "timing" => "timing",
        ;
        "general",
        "user",
        "session",
        "traffic_source",
        "system_info",
        "link",
        "app",
        "product_action",
        "content_experiment",
        "hit",
        "promotion_action",
        "product",
        "product_custom_dimension",
        "product_custom_metric",
        "product_impression_list",
        "product_impression",
        "product_impression_custom_dimension",
        "product_impression_custom_metric",
        "promotion",
        "custom_dimension",
        "custom_metric",
        "content_group",
    },
};

/// The parameter of the tracker protocol that a parameter is as well.
pub(super) fn direct(param: &str, transaction: bool) -> Option<&'static str> {
    Some(match param {
        "uip" => "ip",
        "dr" => "refr",
        "de" => "cs",
        "sd" => "cd",
        "ul" => "lang",
        "je" => "f_java",
        "dl" => "url",
        "dt" => "page",
        "ti" if transaction => "tr_id",
        "ti" => "ti_id",
        "ta" => "tr_af",
        "tr" => "tr_tt",
        "ts" => "tr_sh",
        "tt" => "tr_tx",
        "in" => "ti_nm",
        "ip" => "ti_pr",
        "iq" => "ti_qu",
        "ic" => "ti_sk",
        "iv" => "ti_ca",
        "cu" if transaction => "tr_cu",
        "cu" => "ti_cu",
        "ua" => "ua",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_read_as_their_field_demands() {
        let read = |read, value: &str| {
            Field {
                param: "x",
                name: "n",
                read,
            }
            .convert(value)
        };
        let ok = |text: &str| Ok(Ok(text.to_owned()));
        let no = |value: &str, text: &str| Ok(Err(Violation::input("n", Some(value), text)));
        assert_eq!(read(Read::Text, "a\""), ok(r#""a\"""#));
        assert_eq!(read(Read::Int, "+5"), ok("5"));
        assert_eq!(
            read(Read::Int, ""),
            no("", "cannot be converted to java.lang.Integer")
        );
        assert!(read(Read::Int, "NULL").is_err());
        for (value, expected) in [
            ("12.345", "12.34"),
            ("12.228", "12.23"),
            ("1.005", "1.0"),
            ("1e2", "100.0"),
        ] {
            assert_eq!(read(Read::Cents, value), ok(expected));
        }
        assert_eq!(
            read(Read::Cents, "x"),
            no("x", "cannot be converted to Double")
        );
        assert_eq!(read(Read::Double, "1.5"), ok("1.5"));
        assert_eq!(read(Read::Double, "1e999"), ok("null"));
        assert_eq!(read(Read::Flag, "1"), ok("true"));
        let flag = "cannot be converted to boolean, only 1 or 0 are supported";
        assert_eq!(read(Read::Flag, "true"), no("true", flag));
    }

    #[test]
    fn every_table_has_a_schema() {
        use std::collections::HashMap;
        let types =
            super::super::super::schemas::EventTypes::new(&SCHEMAS, &HashMap::new()).unwrap();
        for table in HITS.iter().chain(SIMPLE).chain(COMPOSITE) {
            assert!(
                types
                    .by_key(table.key)
                    .unwrap()
                    .uri()
                    .ends_with(&format!("/{}/jsonschema/1-0-0", table.key))
            );
        }
        for (hit, table) in HIT_TYPES.iter().zip(HITS) {
            assert_eq!(types.lookup(Some(hit), None).unwrap().name(), table.key);
        }
    }
}
