//! Where an address is and who runs it: MaxMind databases fill the `geo_*` and `ip_*` fields.
//!
//! Behaviour: the IP lookups enrichment of Enrich 3.9.0 with geoip2 2.13.1, with two differences:
//! host names are not resolved, and a city without an accuracy radius is used like any other.
//! Where `asn` is configured (schema 2-0-1), the autonomous system becomes a context, as documented
//! for later versions; what that database lacks is asked of the provider's.

use std::net::IpAddr;
use std::sync::Arc;

use compact_str::CompactString;
use maxminddb::Reader;
use quick_cache::sync::Cache;
use serde::Deserialize;
use serde_json::Value;

use super::host_address;
use super::settings::{file, find, unusable, wrong};
use super::{BuildError, Context, Enrichment, Spec, Step, Work};
use crate::assets::AssetSource;
use crate::event::{Event, fields};
use crate::schema::SchemaKey;

/// How this enrichment is configured.
pub static SPEC: Spec = Spec {
    vendor: "com.snowplowanalytics.snowplow",
    name: "ip_lookups",
    version: (2, 0),
    build: |_, data, assets| Ok(Box::new(IpLookups::new(data, assets)?)),
};

/// How many addresses are remembered.
const REMEMBERED: usize = 20_000;
/// Types of databases that are known, by a part of their name.
const KNOWN: [&str; 10] = [
    "GeoIP2-Anonymous-IP",
    "GeoIP2-IP-Risk",
    "GeoLite2-ASN",
    "City",
    "Country",
    "GeoIP2-Connection-Type",
    "GeoIP2-DensityIncome",
    "GeoIP2-Domain",
    "Enterprise",
    "GeoIP2-ISP",
];
/// Types of connections that the reference knows; others are left out.
const NETSPEEDS: [&str; 4] = ["Dialup", "Cable/DSL", "Corporate", "Cellular"];

const ASN: &str = "iglu:com.snowplowanalytics.snowplow/asn/jsonschema/1-0-1";

type Database = Reader<Vec<u8>>;

struct IpLookups {
    geo: Option<Database>,
    isp: Option<Database>,
    domain: Option<Database>,
    connection: Option<Database>,
    asn: Option<Database>,
    asn_schema: SchemaKey,
    known: Cache<IpAddr, Arc<Found>>,
}

type Name = Option<CompactString>;

/// What the databases say of one address.
#[derive(Debug, Default)]
struct Found {
    place: Option<Place>,
    /// Provider and organization.
    provider: Option<(Name, Name)>,
    domain: Option<Name>,
    netspeed: Name,
    /// The data of the context of the autonomous system.
    asn: Option<String>,
}

#[derive(Debug)]
struct Place {
    country: Name,
    region: Name,
    region_name: Name,
    city: Name,
    zipcode: Name,
    latitude: f32,
    longitude: f32,
    timezone: Name,
}

// What is read of the records; everything else in them is skipped.

#[derive(Deserialize, Default)]
#[serde(default)]
struct City<'r> {
    #[serde(borrow)]
    city: Names<'r>,
    country: Country<'r>,
    location: Location<'r>,
    postal: Postal<'r>,
    subdivisions: Vec<Subdivision<'r>>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Names<'r> {
    #[serde(borrow)]
    names: English<'r>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct English<'r> {
    en: Option<&'r str>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Country<'r> {
    iso_code: Option<&'r str>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Location<'r> {
    latitude: Option<f64>,
    longitude: Option<f64>,
    time_zone: Option<&'r str>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Postal<'r> {
    code: Option<&'r str>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Subdivision<'r> {
    iso_code: Option<&'r str>,
    #[serde(borrow)]
    names: English<'r>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Isp<'r> {
    isp: Option<&'r str>,
    organization: Option<&'r str>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Domain<'r> {
    domain: Option<&'r str>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Connection<'r> {
    connection_type: Option<&'r str>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Asn<'r> {
    autonomous_system_number: Option<u32>,
    autonomous_system_organization: Option<&'r str>,
}

impl IpLookups {
    fn new(data: &Value, assets: &dyn AssetSource) -> Result<IpLookups, BuildError> {
        Ok(IpLookups {
            geo: open(data, "parameters.geo", &["City", "Enterprise"], assets)?,
            isp: open(data, "parameters.isp", &["GeoIP2-ISP"], assets)?,
            domain: open(data, "parameters.domain", &["GeoIP2-Domain"], assets)?,
            connection: open(
                data,
                "parameters.connectionType",
                &["GeoIP2-Connection-Type"],
                assets,
            )?,
            asn: open(data, "parameters.asn", &["GeoLite2-ASN"], assets)?,
            asn_schema: SchemaKey::parse(ASN).map_err(|e| wrong("schema", e.to_string()))?,
            known: Cache::new(REMEMBERED),
        })
    }

    fn look_up(&self, address: IpAddr) -> Arc<Found> {
        if let Some(found) = self.known.get(&address) {
            return found;
        }
        let found = Arc::new(Found {
            place: record(&self.geo, address).map(|city: City<'_>| Place::from(&city)),
            provider: record(&self.isp, address)
                .map(|isp: Isp<'_>| (name(isp.isp), name(isp.organization))),
            domain: record(&self.domain, address).map(|domain: Domain<'_>| name(domain.domain)),
            netspeed: record(&self.connection, address)
                .and_then(|connection: Connection<'_>| connection.connection_type)
                .filter(|kind| NETSPEEDS.contains(kind))
                .map(CompactString::from),
            asn: self.system(address),
        });
        self.known.insert(address, Arc::clone(&found));
        found
    }

    /// The data of the context of an address's autonomous system.
    fn system(&self, address: IpAddr) -> Option<String> {
        let numbered = |asn: &Asn<'_>| asn.autonomous_system_number.is_some();
        self.asn.as_ref()?;
        let asn = record(&self.asn, address)
            .filter(numbered)
            .or_else(|| record(&self.isp, address))?;
        // larger numbers do not pass the schema of the context
        let number = i32::try_from(asn.autonomous_system_number?).ok()?;
        let mut data = format!("{{\"number\":{number}");
        if let Some(organization) = asn.autonomous_system_organization {
            data.push_str(",\"organization\":");
            lexon::write_string(&mut data, organization);
        }
        data.push('}');
        Some(data)
    }
}

/// The database of one look-up, if it is configured and of a type that can answer.
fn open(
    data: &Value,
    path: &str,
    types: &[&str],
    assets: &dyn AssetSource,
) -> Result<Option<Database>, BuildError> {
    if find(data, path).is_none() {
        return Ok(None);
    }
    let (uri, bytes) = file(data, path, assets)?;
    let database = Reader::from_source(bytes).map_err(|e| unusable(&uri, e.to_string()))?;
    let kind = database.metadata().database_type.clone();
    let is = |part: &&str| kind.contains(*part);
    if !KNOWN.iter().any(is) {
        return Err(unusable(&uri, format!("unknown database type: {kind}")));
    }
    Ok(types.iter().any(is).then_some(database))
}

/// The record of an address; none also when it cannot be read.
fn record<'r, T: Deserialize<'r>>(database: &'r Option<Database>, address: IpAddr) -> Option<T> {
    database.as_ref()?.lookup(address).ok()?.decode().ok()?
}

fn name(text: Option<&str>) -> Name {
    text.map(CompactString::from)
}

impl From<&City<'_>> for Place {
    fn from(record: &City<'_>) -> Place {
        // Of several subdivisions the last is the smallest.
        let region = record.subdivisions.last();
        Place {
            country: name(record.country.iso_code),
            region: name(region.and_then(|region| region.iso_code)),
            region_name: name(region.and_then(|region| region.names.en)),
            city: name(record.city.names.en),
            zipcode: name(record.postal.code),
            latitude: record.location.latitude.unwrap_or_default() as f32,
            longitude: record.location.longitude.unwrap_or_default() as f32,
            timezone: name(record.location.time_zone),
        }
    }
}

impl Enrichment for IpLookups {
    fn apply(&self, event: &mut Event, _: &mut Work<'_>) -> Step {
        let Some(address) = event
            .text(fields::USER_IPADDRESS)
            .and_then(host_address::parse)
        else {
            return Step::Done;
        };
        let found = self.look_up(address);
        if let Some(place) = &found.place {
            event.set_text(fields::GEO_COUNTRY, place.country.clone());
            event.set_text(fields::GEO_REGION, place.region.clone());
            event.set_text(fields::GEO_CITY, place.city.clone());
            event.set_text(fields::GEO_ZIPCODE, place.zipcode.clone());
            event.set_float(fields::GEO_LATITUDE, Some(place.latitude));
            event.set_float(fields::GEO_LONGITUDE, Some(place.longitude));
            event.set_text(fields::GEO_REGION_NAME, place.region_name.clone());
            event.set_text(fields::GEO_TIMEZONE, place.timezone.clone());
        }
        if let Some((isp, organization)) = &found.provider {
            event.set_text(fields::IP_ISP, isp.clone());
            event.set_text(fields::IP_ORGANIZATION, organization.clone());
        }
        if let Some(domain) = &found.domain {
            event.set_text(fields::IP_DOMAIN, domain.clone());
        }
        if let Some(netspeed) = &found.netspeed {
            event.set_text(fields::IP_NETSPEED, Some(netspeed.clone()));
        }
        match &found.asn {
            Some(data) => Step::Contexts(vec![Context {
                schema: self.asn_schema.clone(),
                data: data.clone(),
            }]),
            None => Step::Done,
        }
    }
}

#[cfg(test)]
mod tests;
