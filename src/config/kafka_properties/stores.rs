//! Trust and key stores of the Java client: PEM and, for keys, PKCS12.

use super::{Java, Properties, put};
use crate::config::ConfigError;
use crate::config::node::Node;

/// Translates the settings of both stores.
pub(super) fn translate(
    block: &Node<'_>,
    java: &Java,
    found: &mut Properties,
) -> Result<(), ConfigError> {
    let pkcs12 = |location: &str| location.ends_with(".p12") || location.ends_with(".pfx");
    let kind =
        |prefix: &str, location: Option<&String>| match java.get(&format!("ssl.{prefix}.type")) {
            Some(kind) => kind.to_ascii_uppercase(),
            None if location.is_some_and(|l| l.ends_with(".pem") || l.ends_with(".crt")) => {
                "PEM".to_owned()
            }
            None if location.is_some_and(|l| pkcs12(l)) => "PKCS12".to_owned(),
            None if location.is_none() => "PEM".to_owned(),
            None => "JKS".to_owned(),
        };
    let location = java.get("ssl.truststore.location");
    if location.is_some() || java.contains_key("ssl.truststore.certificates") {
        match kind("truststore", location).as_str() {
            "PEM" => {
                if let Some(path) = location {
                    put(found, "ssl.ca.location", path);
                }
                if let Some(pem) = java.get("ssl.truststore.certificates") {
                    put(found, "ssl.ca.pem", pem);
                }
            }
            other => {
                return Err(block.get("ssl.truststore.location").fail(
                    format!("is a {other} store, which is read by Java only"),
                    "export it (keytool -exportcert -rfc, or openssl pkcs12 -nokeys) and set ssl.ca.location to the PEM file",
                ));
            }
        }
    }
    let location = java.get("ssl.keystore.location");
    if location.is_some() || java.contains_key("ssl.keystore.key") {
        match kind("keystore", location).as_str() {
            "PEM" => {
                if let Some(path) = location {
                    put(found, "ssl.key.location", path);
                    put(found, "ssl.certificate.location", path);
                }
                for (from, to) in [
                    ("ssl.keystore.key", "ssl.key.pem"),
                    ("ssl.keystore.certificate.chain", "ssl.certificate.pem"),
                ] {
                    if let Some(pem) = java.get(from) {
                        put(found, to, pem);
                    }
                }
            }
            "PKCS12" => {
                put(
                    found,
                    "ssl.keystore.location",
                    location.map_or("", String::as_str),
                );
                if let Some(password) = java.get("ssl.keystore.password") {
                    put(found, "ssl.keystore.password", password);
                }
            }
            other => {
                return Err(block.get("ssl.keystore.location").fail(
                    format!("is a {other} store, a format of Java only"),
                    "convert it: keytool -importkeystore … -deststoretype PKCS12, and set ssl.keystore.type to PKCS12",
                ));
            }
        }
    }
    Ok(())
}
