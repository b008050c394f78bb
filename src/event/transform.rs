//! Set-up of an event: defaults from the payload, then every parameter into its field.

use jvm::text::ua_safe;
use lexon::Doc;

use super::convert::{self, ConvertError};
use super::fields::{self, Conversion, Parameter};
use super::{Cell, Event};
use crate::badrows::failure::{Crash, Failure};
use crate::clock::Ids;
use crate::payload::RawEvent;

/// What set-up leaves beside the event: the JSON documents it parsed on the way.
#[derive(Debug, Default)]
pub struct Documents {
    /// The contexts as sent.
    pub contexts: Option<Doc>,
    /// The self-describing event as sent.
    pub unstruct: Option<Doc>,
}

/// Fills a new event from a raw one. All failures are told, in the order of the reference; the event
/// then holds what could be set.
pub fn set_up(
    raw: &RawEvent<'_>,
    etl_millis: i64,
    v_etl: &str,
    ids: &mut Ids,
    event: &mut Event,
) -> Result<(Documents, Vec<Failure>), Crash> {
    let mut failures = Vec::new();
    let mut documents = Documents::default();
    set_defaults(raw, etl_millis, v_etl, event, &mut failures)?;

    let mut network_userid = None;
    for (name, value) in raw.parameters.iter() {
        let (Some(value), Some(parameter)) = (value, fields::parameter(name)) else {
            continue;
        };
        if parameter.name == "tnuid" {
            // a pass of its own in the reference: it beats `nuid` and the collector's cookie
            network_userid = Some(value);
            continue;
        }
        if let Err(error) = set_parameter(parameter, value, event, &mut documents) {
            match error {
                ConvertError::Crash(crash) => return Err(crash),
                ConvertError::Expected(text) => {
                    failures.push(Failure::input(name, Some(value), text))
                }
            }
        }
    }
    if let Some(value) = network_userid {
        event.put(fields::NETWORK_USERID.index(), convert::safe(value));
    }
    if event.text(fields::EVENT_ID).is_none() {
        event.set_text(fields::EVENT_ID, Some(ids.uuid()));
    }
    Ok((documents, failures))
}

fn set_defaults(
    raw: &RawEvent<'_>,
    etl_millis: i64,
    v_etl: &str,
    event: &mut Event,
    failures: &mut Vec<Failure>,
) -> Result<(), Crash> {
    event.set_text(fields::V_COLLECTOR, raw.source.collector.as_deref());
    event.set_text(fields::V_ETL, Some(v_etl));
    event.set_text(
        fields::ETL_TSTAMP,
        Some(jvm::time::format_tstamp(etl_millis)),
    );
    let context = &*raw.context;
    event.set_text(fields::NETWORK_USERID, context.user_id.as_deref());
    if let Some(address) = context.ip.as_deref() {
        match convert::ip(address) {
            Ok(cell) => event.put(fields::USER_IPADDRESS.index(), cell),
            Err(ConvertError::Crash(crash)) => return Err(crash),
            Err(ConvertError::Expected(_)) => {}
        }
    }
    if let Some(useragent) = context.useragent.as_deref() {
        event.set_text(fields::USERAGENT, Some(ua_safe(useragent).as_ref()));
    }
    match context.timestamp {
        None => failures.push(Failure::input("collector_tstamp", None, "should be set")),
        Some(millis) => match convert::timestamp_of(millis) {
            Ok(text) => event.set_text(fields::COLLECTOR_TSTAMP, Some(text)),
            Err(text) => failures.push(Failure::input(
                "collector_tstamp",
                Some(&jvm::time::joda_iso(millis)),
                format!("formatted as {text} is not Redshift-compatible"),
            )),
        },
    }
    Ok(())
}

fn set_parameter(
    parameter: &Parameter,
    value: &str,
    event: &mut Event,
    documents: &mut Documents,
) -> Result<(), ConvertError> {
    let cell = match parameter.conversion {
        Conversion::Safe => convert::safe(value),
        Conversion::Int => convert::int(value)?,
        Conversion::Dec => convert::decimal(value)?,
        Conversion::Bool => convert::boolean(value)?,
        Conversion::Uuid => convert::uuid(value)?,
        Conversion::Ts => convert::timestamp(value)?,
        Conversion::EventType => convert::event_type(value)?,
        Conversion::Platform => convert::platform(value)?,
        Conversion::Ip => convert::ip(value)?,
        Conversion::Dim => {
            let (width, height) = convert::dimensions(value)?;
            event.put(parameter.column + 1, Cell::Int(height));
            Cell::Int(width)
        }
        Conversion::Json => return keep(parameter, convert::json(value)?, event, documents),
        Conversion::Json64 => return keep(parameter, convert::json64(value)?, event, documents),
    };
    event.put(parameter.column, cell);
    Ok(())
}

/// Keeps a parsed document for the check that follows, and its compact text in the event.
fn keep(
    parameter: &Parameter,
    doc: Doc,
    event: &mut Event,
    documents: &mut Documents,
) -> Result<(), ConvertError> {
    event.put(parameter.column, Cell::Text(doc.root().to_json().into()));
    let place = if parameter.column == fields::CONTEXTS.index() {
        &mut documents.contexts
    } else {
        &mut documents.unstruct
    };
    *place = Some(doc);
    Ok(())
}
