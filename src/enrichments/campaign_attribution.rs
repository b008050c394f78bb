//! Which campaign brought the visitor: query parameters of the page become the `mkt_*` fields.
//!
//! Behaviour: the campaign attribution enrichment of Enrich 3.9.0.

use compact_str::CompactString;
use jvm::nvp::Pair;
use jvm::smap::SMap;
use jvm::text::tsv_safe;
use serde_json::Value;

use super::settings::{find, texts};
use super::{BuildError, Enrichment, Spec, Step, Work};
use crate::event::Event;
use crate::event::fields::{
    MKT_CAMPAIGN, MKT_CLICKID, MKT_CONTENT, MKT_MEDIUM, MKT_NETWORK, MKT_SOURCE, MKT_TERM, Text,
};

/// How this enrichment is configured.
pub static SPEC: Spec = Spec {
    vendor: "com.snowplowanalytics.snowplow",
    name: "campaign_attribution",
    version: (1, 0),
    build: |_, data, _| Ok(Box::new(CampaignAttribution::new(data)?)),
};

/// The fields and the places of their parameter names in the configuration.
const FIELDS: [(Text, &str); 5] = [
    (MKT_MEDIUM, "parameters.fields.mktMedium"),
    (MKT_SOURCE, "parameters.fields.mktSource"),
    (MKT_TERM, "parameters.fields.mktTerm"),
    (MKT_CONTENT, "parameters.fields.mktContent"),
    (MKT_CAMPAIGN, "parameters.fields.mktCampaign"),
];

/// Click ids that are known without being configured.
const KNOWN_CLICK_IDS: [(&str, &str); 3] = [
    ("gclid", "Google"),
    ("msclkid", "Microsoft"),
    ("dclid", "DoubleClick"),
];

struct CampaignAttribution {
    fields: Vec<(Text, Vec<String>)>,
    /// Parameter and network, in the order they are looked for.
    click_ids: Vec<(String, String)>,
}

impl CampaignAttribution {
    fn new(data: &Value) -> Result<CampaignAttribution, BuildError> {
        let fields = FIELDS
            .iter()
            .map(|(field, path)| Ok((*field, texts(data, path)?)))
            .collect::<Result<_, _>>()?;
        let mut click_ids: SMap<String, String> = KNOWN_CLICK_IDS
            .iter()
            .map(|(name, network)| ((*name).to_owned(), (*network).to_owned()))
            .collect();
        click_ids.extend(more_click_ids(data).unwrap_or_default());
        Ok(CampaignAttribution {
            fields,
            click_ids: click_ids.into_iter().collect(),
        })
    }
}

/// The configured click ids; an object with anything but texts counts as none.
fn more_click_ids(data: &Value) -> Option<Vec<(String, String)>> {
    find(data, "parameters.fields.mktClickId")?
        .as_object()?
        .iter()
        .map(|(name, network)| Some((name.clone(), network.as_str()?.to_owned())))
        .collect()
}

/// The value of a parameter, `""` when it has none; of several the last counts.
fn value<'q>(query: &'q [Pair<'static>], name: &str) -> Option<&'q str> {
    let (_, value) = query.iter().rev().find(|(key, _)| key == name)?;
    Some(value.as_deref().unwrap_or_default())
}

fn set(event: &mut Event, field: Text, value: Option<&str>) {
    let safe = value.and_then(tsv_safe);
    event.set_text(field, safe.map(|text| CompactString::from(text.as_ref())));
}

impl Enrichment for CampaignAttribution {
    fn apply(&self, event: &mut Event, work: &mut Work<'_>) -> Step {
        let Some(query) = &work.page_query else {
            return Step::Done;
        };
        for (field, names) in &self.fields {
            set(
                event,
                *field,
                names.iter().find_map(|name| value(query, name)),
            );
        }
        let click = self
            .click_ids
            .iter()
            .find_map(|(name, network)| Some((value(query, name)?, network.as_str())));
        set(event, MKT_CLICKID, click.map(|(id, _)| id));
        set(event, MKT_NETWORK, click.map(|(_, network)| network));
        Step::Done
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Fixture, run_with};
    use super::*;
    use serde_json::json;

    fn config(click_ids: Value) -> Value {
        json!({"parameters": {"mapping": "static", "fields": {
            "mktMedium": ["utm_medium", "medium"],
            "mktSource": ["utm_source"],
            "mktTerm": ["utm_term"],
            "mktContent": ["utm_content"],
            "mktCampaign": ["utm_campaign", "cid"],
            "mktClickId": click_ids,
        }}})
    }

    fn run(click_ids: Value, query: &[(&str, Option<&str>)]) -> Event {
        let step = CampaignAttribution::new(&config(click_ids)).unwrap();
        let fixture = Fixture::default();
        let mut event = Event::default();
        event.set_text(MKT_SOURCE, Some("from the tracker"));
        let outcome = run_with(&step, &mut event, &fixture, |work| {
            work.page_query = Some(
                query
                    .iter()
                    .map(|(name, value)| {
                        (
                            (*name).to_owned().into(),
                            value.map(|v| v.to_owned().into()),
                        )
                    })
                    .collect(),
            );
        });
        assert!(matches!(outcome, Step::Done));
        event
    }

    #[test]
    fn the_first_configured_name_that_is_present_counts_and_of_duplicates_the_last() {
        let event = run(
            json!(null),
            &[
                ("medium", Some("m")),
                ("utm_medium", Some("first")),
                ("utm_medium", Some("last")),
                ("cid", Some("camp\taign\n")),
                ("UTM_TERM", Some("x")),
            ],
        );
        assert_eq!(event.text(MKT_MEDIUM), Some("last"));
        assert_eq!(event.text(MKT_CAMPAIGN), Some("camp    aign"));
        assert_eq!(event.text(MKT_TERM), None);
    }

    #[test]
    fn fields_without_a_parameter_are_cleared() {
        let event = run(json!(null), &[]);
        assert_eq!(event.text(MKT_SOURCE), None);
    }

    #[test]
    fn a_name_that_is_present_without_a_value_hides_the_names_after_it() {
        let event = run(json!(null), &[("utm_medium", None), ("medium", Some("m"))]);
        assert_eq!(event.text(MKT_MEDIUM), None);
    }

    #[test]
    fn click_ids_give_their_network() {
        let event = run(
            json!(null),
            &[("msclkid", Some("m1")), ("gclid", Some("g1"))],
        );
        assert_eq!(event.text(MKT_CLICKID), Some("g1"));
        assert_eq!(event.text(MKT_NETWORK), Some("Google"));
        let event = run(json!({"gclid": "Mine"}), &[("gclid", None)]);
        assert_eq!(event.text(MKT_CLICKID), None);
        assert_eq!(event.text(MKT_NETWORK), Some("Mine"));
        let event = run(json!({"a": 1}), &[("a", Some("x")), ("dclid", Some("d"))]);
        assert_eq!(event.text(MKT_NETWORK), Some("DoubleClick"));
    }

    #[test]
    fn from_five_click_ids_on_they_are_looked_for_in_hash_order() {
        let all = json!({"gclid": "O", "fbclid": "F", "ttclid": "T", "yclid": "Y"});
        let step = CampaignAttribution::new(&config(all)).unwrap();
        let mut names: Vec<&str> = step
            .click_ids
            .iter()
            .map(|(name, _)| name.as_str())
            .collect();
        let order = names.clone();
        jvm::smap::sort_trie(&mut names, |name| name);
        assert_eq!((order.len(), &order), (6, &names));
    }

    #[test]
    fn without_a_readable_page_address_nothing_changes() {
        let step = CampaignAttribution::new(&config(json!(null))).unwrap();
        let mut event = Event::default();
        event.set_text(MKT_SOURCE, Some("kept"));
        let outcome = run_with(&step, &mut event, &Fixture::default(), |_| {});
        assert!(matches!(outcome, Step::Done));
        assert_eq!(event.text(MKT_SOURCE), Some("kept"));
    }
}
