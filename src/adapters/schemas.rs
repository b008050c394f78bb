//! The schemas that adapters give to the events of their vendors.

use std::collections::HashMap;

use jvm::smap::SMap;
use lexon::{write_string, write_string_opt};

use crate::badrows::failure::{Crash, Violation};
use crate::schema::key::SchemaKey;

/// A default or configured schema that is no Iglu URI.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{adapter}: Cannot parse schema {key}: {uri}")]
pub struct SchemaConfigError {
    /// Name of the adapter.
    pub adapter: &'static str,
    /// Key of the configuration.
    pub key: &'static str,
    /// Its value.
    pub uri: String,
}

/// The schemas of one adapter.
pub(super) struct Section {
    /// Name of the section below `adaptersSchemas` in the configuration.
    pub config: &'static str,
    /// Name of the adapter in messages.
    pub title: &'static str,
    /// The schemas, in the order in which the reference lists them.
    pub schemas: &'static [Schema],
}

impl Section {
    /// For adapters without schemas of their own.
    pub const NONE: Section = Section {
        config: "",
        title: "",
        schemas: &[],
    };

    /// Keys of the configuration and the event types that they are for.
    #[cfg(test)]
    pub fn keys(&self) -> impl Iterator<Item = (&'static str, Option<&'static str>)> {
        self.schemas.iter().map(|schema| (schema.key, schema.event))
    }
}

/// One schema of an adapter.
pub(super) struct Schema {
    event: Option<&'static str>,
    key: &'static str,
    uri: &'static str,
}

impl Schema {
    /// The schema of an event type, its key in the configuration, its default.
    pub const fn event(event: &'static str, key: &'static str, uri: &'static str) -> Schema {
        Schema {
            event: Some(event),
            key,
            uri,
        }
    }

    /// A schema that no event type stands for.
    pub const fn other(key: &'static str, uri: &'static str) -> Schema {
        Schema {
            event: None,
            key,
            uri,
        }
    }
}

/// The event types of one adapter and their schemas.
#[derive(Debug, Clone)]
pub(super) struct EventTypes {
    by_type: SMap<&'static str, SchemaKey>,
    by_key: Vec<(&'static str, SchemaKey)>,
    mapping: String,
}

impl EventTypes {
    pub(super) fn new(
        section: &Section,
        overrides: &HashMap<String, String>,
    ) -> Result<EventTypes, SchemaConfigError> {
        let mut types = EventTypes {
            by_type: SMap::new(),
            by_key: Vec::new(),
            mapping: String::new(),
        };
        for schema in section.schemas {
            let uri = overrides.get(&format!("{}.{}", section.config, schema.key));
            let uri = uri.map_or(schema.uri, String::as_str);
            let key = SchemaKey::parse(uri).map_err(|_| SchemaConfigError {
                adapter: section.title,
                key: schema.key,
                uri: uri.to_owned(),
            })?;
            if let Some(event) = schema.event {
                types.by_type.insert(event, key.clone());
            }
            types.by_key.push((schema.key, key));
        }
        types.mapping = mapping(&types.by_type);
        Ok(types)
    }

    /// The schema of a key of the configuration.
    pub(super) fn by_key(&self, key: &str) -> Result<&SchemaKey, Crash> {
        let found = self.by_key.iter().find(|(name, _)| *name == key);
        match found {
            Some((_, schema)) => Ok(schema),
            None => Err(Crash(format!("no schema for {key}"))),
        }
    }

    /// The schema of an event type; `index` tells which of several events it is for.
    pub(super) fn lookup(
        &self,
        event: Option<&str>,
        index: Option<usize>,
    ) -> Result<&SchemaKey, Violation> {
        let problem = match event {
            None => "cannot determine event type: type parameter not provided",
            Some(event) => match self.by_type.get(event) {
                Some(schema) => return Ok(schema),
                None if event.is_empty() => "cannot determine event type: type parameter empty",
                None => "no schema associated with the provided type parameter",
            },
        };
        Err(Violation::SchemaMapping {
            actual: event.map(str::to_owned),
            expected: self.mapping.clone(),
            expectation: match index {
                Some(index) => format!("{problem} at index {index}"),
                None => problem.to_owned(),
            },
        })
    }
}

/// The event types as a JSON object, in the map order of the reference.
fn mapping(types: &SMap<&'static str, SchemaKey>) -> String {
    let mut out = String::from("{");
    for (n, (event, schema)) in types.iter().enumerate() {
        if n > 0 {
            out.push(',');
        }
        write_string(&mut out, event);
        out.push(':');
        write_string_opt(&mut out, Some(schema.uri()));
    }
    out.push('}');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECTION: Section = Section {
        config: "shop",
        title: "Shop",
        schemas: &[
            Schema::event("sold", "item_sold", "iglu:a/sold/jsonschema/1-0-0"),
            Schema::event("lost", "item_lost", "iglu:a/lost/jsonschema/1-0-0"),
            Schema::other("item", "iglu:a/item/jsonschema/1-0-0"),
        ],
    };

    #[test]
    fn event_types_have_schemas_that_the_configuration_may_replace() {
        let uri = "iglu:b/sold/jsonschema/2-0-0";
        let overrides = HashMap::from([("shop.item_sold".to_owned(), uri.to_owned())]);
        let types = EventTypes::new(&SECTION, &overrides).unwrap();
        assert_eq!(types.lookup(Some("sold"), None).unwrap().uri(), uri);
        assert_eq!(types.lookup(Some("lost"), None).unwrap().name(), "lost");
        assert_eq!(types.by_key("item").unwrap().name(), "item");
        assert!(types.lookup(Some("item"), None).is_err());
    }

    #[test]
    fn a_type_without_schema_is_told_with_all_there_are() {
        let types = EventTypes::new(&SECTION, &HashMap::new()).unwrap();
        for (event, index, text) in [
            (
                None,
                None,
                "cannot determine event type: type parameter not provided",
            ),
            (
                Some(""),
                Some(0),
                "cannot determine event type: type parameter empty at index 0",
            ),
            (
                Some("x"),
                Some(3),
                "no schema associated with the provided type parameter at index 3",
            ),
        ] {
            let violation = Violation::SchemaMapping {
                actual: event.map(str::to_owned),
                expected: r#"{"sold":"iglu:a/sold/jsonschema/1-0-0","lost":"iglu:a/lost/jsonschema/1-0-0"}"#.to_owned(),
                expectation: text.to_owned(),
            };
            assert_eq!(types.lookup(event, index), Err(violation));
        }
    }

    #[test]
    fn a_bad_uri_in_the_configuration_names_adapter_and_key() {
        let overrides = HashMap::from([("shop.item_lost".to_owned(), "x".to_owned())]);
        let error = EventTypes::new(&SECTION, &overrides).unwrap_err();
        assert_eq!(error.to_string(), "Shop: Cannot parse schema item_lost: x");
    }
}
