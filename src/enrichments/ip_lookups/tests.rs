use super::super::testing::mmdb::{Field, write};
use super::super::testing::{Files, Fixture, contexts, run_with};
use super::*;
use serde_json::json;

fn text(text: &str) -> Field {
    Field::Text(text.to_owned())
}

fn map<const N: usize>(entries: [(&str, Field); N]) -> Field {
    Field::Map(entries.map(|(key, value)| (key.to_owned(), value)).into())
}

fn names(name: &str) -> Field {
    map([("de", text("falsch")), ("en", text(name))])
}

fn city() -> Vec<u8> {
    let region = |code: &str, name: &str| map([("iso_code", text(code)), ("names", names(name))]);
    let full = map([
        (
            "city",
            map([
                ("geoname_id", Field::Number(7)),
                ("names", names("Meltham")),
            ]),
        ),
        (
            "country",
            map([("iso_code", text("GB")), ("names", names("United Kingdom"))]),
        ),
        (
            "location",
            map([
                ("accuracy_radius", Field::Number(5)),
                ("latitude", Field::Double(53.5923)),
                ("longitude", Field::Double(-1.8479)),
                ("time_zone", text("Europe/London")),
            ]),
        ),
        ("postal", map([("code", text("HD9"))])),
        (
            "subdivisions",
            Field::List(vec![region("ENG", "England"), region("KIR", "Kirklees")]),
        ),
    ]);
    let bare = map([("country", map([("iso_code", text("CH"))]))]);
    write(
        "GeoLite2-City",
        &[("::1.2.3.0/120", full), ("2001:db8::/32", bare)],
    )
}

fn others() -> [Vec<u8>; 3] {
    let isp = map([
        ("isp", text("Snow Net")),
        ("organization", text("Snow Org")),
    ]);
    let domain = map([("domain", text("snow.test"))]);
    let kind = |kind: &str| map([("connection_type", text(kind))]);
    [
        write("GeoIP2-ISP", &[("::1.2.3.0/120", isp)]),
        write("GeoIP2-Domain", &[("::1.2.3.4/128", domain)]),
        write(
            "GeoIP2-Connection-Type",
            &[
                ("::1.2.3.0/121", kind("Cable/DSL")),
                ("::1.2.3.128/121", kind("Satellite")),
            ],
        ),
    ]
}

fn build(geo: Vec<u8>) -> Result<IpLookups, BuildError> {
    let [isp, domain, connection] = others();
    let source = |name: &str| json!({"database": name, "uri": "http://files.test"});
    let data = json!({"parameters": {
        "geo": source("geo"), "isp": source("isp"), "domain": source("domain"),
        "connectionType": source("connection"),
    }});
    let files = Files(vec![
        ("http://files.test/geo", geo),
        ("http://files.test/isp", isp),
        ("http://files.test/domain", domain),
        ("http://files.test/connection", connection),
    ]);
    IpLookups::new(&data, &files)
}

fn look_up(step: &IpLookups, address: &str) -> Event {
    let mut event = Event::default();
    event.set_text(fields::USER_IPADDRESS, Some(address));
    let outcome = run_with(step, &mut event, &Fixture::default(), |_| {});
    assert!(matches!(outcome, Step::Done));
    event
}

#[test]
fn each_database_fills_its_fields() {
    let step = build(city()).unwrap();
    for address in ["1.2.3.4", "1.2.3.4:80", "::ffff:1.2.3.4"] {
        let event = look_up(&step, address);
        for (field, expected) in [
            (fields::GEO_COUNTRY, "GB"),
            (fields::GEO_REGION, "KIR"),
            (fields::GEO_REGION_NAME, "Kirklees"),
            (fields::GEO_CITY, "Meltham"),
            (fields::GEO_ZIPCODE, "HD9"),
            (fields::GEO_TIMEZONE, "Europe/London"),
            (fields::IP_ISP, "Snow Net"),
            (fields::IP_ORGANIZATION, "Snow Org"),
            (fields::IP_DOMAIN, "snow.test"),
            (fields::IP_NETSPEED, "Cable/DSL"),
        ] {
            assert_eq!(event.text(field), Some(expected), "{address}");
        }
        assert_eq!(event.float(fields::GEO_LATITUDE), Some(53.5923));
        assert_eq!(event.float(fields::GEO_LONGITUDE), Some(-1.8479));
    }
    assert_eq!(step.known.len(), 1);
}

#[test]
fn what_a_record_lacks_is_not_set_but_for_the_place() {
    let step = build(city()).unwrap();
    let event = look_up(&step, "2001:db8::7");
    assert_eq!(event.text(fields::GEO_COUNTRY), Some("CH"));
    assert_eq!(event.text(fields::GEO_CITY), None);
    assert_eq!(event.float(fields::GEO_LATITUDE), Some(0.0));
    assert_eq!(event.text(fields::IP_ISP), None);
}

#[test]
fn kinds_of_connections_the_reference_does_not_know_are_left_out() {
    let event = look_up(&build(city()).unwrap(), "1.2.3.200");
    assert_eq!(event.text(fields::IP_NETSPEED), None);
    assert_eq!(event.text(fields::IP_ISP), Some("Snow Net"));
}

#[test]
fn unknown_addresses_and_other_texts_change_nothing() {
    let step = build(city()).unwrap();
    for address in ["9.9.9.9", "unknown", "", "1.2.3.4/24"] {
        let event = look_up(&step, address);
        assert_eq!(event.text(fields::GEO_COUNTRY), None, "{address}");
        assert_eq!(event.float(fields::GEO_LATITUDE), None, "{address}");
    }
}

#[test]
fn a_database_of_another_type_answers_nothing_and_of_an_unknown_one_stops_the_start() {
    let [isp, ..] = others();
    let step = build(isp).unwrap();
    assert_eq!(look_up(&step, "1.2.3.4").text(fields::GEO_COUNTRY), None);
    let odd = write("Weather", &[]);
    assert_eq!(
        build(odd).err().unwrap().to_string(),
        "asset http://files.test/geo: unknown database type: Weather"
    );
    let error = build(b"no database".to_vec()).err().unwrap().to_string();
    assert!(
        error.starts_with("asset http://files.test/geo: "),
        "{error}"
    );
}

#[test]
fn an_autonomous_system_becomes_a_context_where_it_is_configured() {
    let system = |number: u32, name: Option<&str>| {
        let number = ("autonomous_system_number", Field::Number(number));
        match name {
            None => map([number]),
            Some(name) => map([number, ("autonomous_system_organization", text(name))]),
        }
    };
    let asn = write(
        "GeoLite2-ASN",
        &[
            ("::1.2.3.0/120", system(64_500, Some("Snow \"AS\""))),
            ("::1.2.4.0/120", system(64_501, None)),
            ("::1.2.6.0/120", system(u32::MAX, None)),
        ],
    );
    let isp = write(
        "GeoIP2-ISP",
        &[("::1.2.5.0/120", system(64_502, Some("Isp")))],
    );
    let files = Files(vec![("u/asn", asn), ("u/isp", isp)]);
    let source = |name: &str| json!({"database": name, "uri": "u"});
    let both = json!({"parameters": {"asn": source("asn"), "isp": source("isp")}});
    let step = IpLookups::new(&both, &files).unwrap();
    let asked = |step: &IpLookups, address| {
        let mut event = Event::default();
        event.set_text(fields::USER_IPADDRESS, Some(address));
        contexts(run_with(step, &mut event, &Fixture::default(), |_| {}))
    };
    for (address, data) in [
        (
            "1.2.3.4",
            "{\"number\":64500,\"organization\":\"Snow \\\"AS\\\"\"}",
        ),
        ("1.2.4.4", "{\"number\":64501}"),
        ("1.2.5.4", "{\"number\":64502,\"organization\":\"Isp\"}"),
    ] {
        assert_eq!(asked(&step, address), [(ASN.to_owned(), data.to_owned())]);
    }
    assert_eq!(asked(&step, "1.2.6.4"), []);
    assert_eq!(asked(&step, "9.9.9.9"), []);
    let isp_only = json!({"parameters": {"isp": source("isp")}});
    let step = IpLookups::new(&isp_only, &files).unwrap();
    assert_eq!(asked(&step, "1.2.5.4"), []);
}
