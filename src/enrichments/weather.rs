//! What the weather was where and when an event happened, by OpenWeather: a context.
//!
//! Behaviour: the weather enrichment of Enrich 3.9.0 with scala-weather 1.0.0, with two differences
//! without which no event passes: it runs after the IP lookups that tell the place, and what the
//! service does not tell is left out of the context instead of being `null`.

use std::time::Duration;

use jvm::number::float_to_string;
use jvm::time::{joda_iso, parse_tstamp};
use lexon::Tree;
use serde_json::Value;

use super::settings::{number, text, wrong};
use super::{BuildError, Context, Enrichment, Spec, Step, Work};
use crate::badrows::failure::{Failure, Origin};
use crate::clock::Clock;
use crate::event::{Event, fields};
use crate::remote::http::{Ask, Fetch, Http, Limits, Reach};
use crate::remote::{Asked, Asking, Keep, Looked, Remote};
use crate::schema::SchemaKey;

/// How this enrichment is configured.
pub static SPEC: Spec = Spec {
    vendor: "com.snowplowanalytics.snowplow.enrichments",
    name: "weather_enrichment_config",
    version: (1, 0),
    build: |schema, data, _| {
        let path = "parameters.timeout";
        let wait = number(data, path, 1..=3_600)?.ok_or_else(|| wrong(path, "is missing; add it"));
        let wait = Duration::from_secs(wait?);
        let limits = Limits {
            connect: wait,
            read: wait,
            total: None,
        };
        let http = Http::new(limits, Reach::Everywhere);
        let http = http.map_err(|problem| wrong("parameters", problem))?;
        Ok(Box::new(Weather::new(schema, data, Box::new(http))?))
    },
};

const CONTEXT: &str = "iglu:org.openweathermap/weather/jsonschema/1-0-0";
/// Questions that are under way at once.
const AT_ONCE: usize = 16;
const SECONDS_A_DAY: i64 = 86_400;

/// The parts of a report, their fields in the order of the context, and whether both must be there.
const PARTS: [(&str, &[&str], bool); 5] = [
    (
        "main",
        &[
            "grnd_level",
            "humidity",
            "pressure",
            "sea_level",
            "temp",
            "temp_min",
            "temp_max",
        ],
        true,
    ),
    (
        "wind",
        &["speed", "deg", "gust", "var_end", "var_beg"],
        true,
    ),
    ("clouds", &["all"], true),
    ("rain", &["1h", "3h"], false),
    ("snow", &["1h", "3h"], false),
];

/// The reports of a day with their seconds since 1970, or why there are none.
type Reports = Result<Vec<(i64, String)>, String>;

struct Weather {
    host: String,
    key: String,
    /// Into how many parts a degree is divided.
    precision: f32,
    known: Remote<Reports>,
    service: Box<dyn Fetch>,
    schema: SchemaKey,
    origin: Origin,
}

impl Weather {
    fn new(
        config: &SchemaKey,
        data: &Value,
        service: Box<dyn Fetch>,
    ) -> Result<Weather, BuildError> {
        let need = |path, range| {
            number(data, path, range)?.ok_or_else(|| wrong(path, "is missing; add it"))
        };
        let size = need("parameters.cacheSize", 1..=1_000_000)?;
        Ok(Weather {
            host: text(data, "parameters.apiHost")?.to_owned(),
            key: text(data, "parameters.apiKey")?.to_owned(),
            precision: need("parameters.geoPrecision", 1..=10)? as f32,
            known: Remote::new(
                Keep {
                    most: size,
                    seconds: None,
                    // a service that cannot be reached may be the next time; what it answered is no error here
                    error_seconds: None,
                },
                AT_ONCE,
                Clock::System,
            ),
            service,
            schema: SchemaKey::parse(CONTEXT).map_err(|e| wrong("schema", e.to_string()))?,
            origin: Origin {
                schema: config.clone(),
                identifier: "weather",
            },
        })
    }

    /// The place that stands for all near it, in tenths of degrees.
    fn near(&self, degrees: f32) -> i32 {
        let part = (degrees * self.precision + 0.5).floor() / self.precision;
        (part * 10.0).round() as i32
    }

    /// The report nearest to a time in seconds since 1970; none while the service is asked.
    fn report(
        &self,
        latitude: f32,
        longitude: f32,
        time: i64,
        asked: &mut Asked,
    ) -> Option<Result<String, String>> {
        let day = time.div_euclid(SECONDS_A_DAY);
        let key = format!("{day} {} {}", self.near(latitude), self.near(longitude));
        let asking = || self.ask(latitude, longitude, day);
        let Looked::Known(reply) = self.known.look(&key, asked, asking) else {
            return None;
        };
        Some(match reply.as_deref() {
            Ok(Ok(reports)) => {
                let nearest = reports.iter().min_by_key(|(at, _)| at.abs_diff(time));
                let report = nearest.map(|(_, data)| data.clone());
                report.ok_or_else(|| "Server response has no weather stamps".to_owned())
            }
            Ok(Err(problem)) => Err(problem.clone()),
            Err(problem) => Err((**problem).to_owned()),
        })
    }

    /// The reports of a day. The outer error is of a service that could not be reached, which may
    /// be better the next time; all else is remembered.
    fn ask(&self, latitude: f32, longitude: f32, day: i64) -> Asking<Reports> {
        let (latitude, longitude) = (float_to_string(latitude), float_to_string(longitude));
        let start = day * SECONDS_A_DAY;
        let asking = self.service.ask(Ask::get(format!(
            "https://{}/data/2.5/history/city?appid={}&lat={latitude}&lon={longitude}&start={start}&end={}&cnt=24",
            self.host,
            self.key,
            start + SECONDS_A_DAY,
        )));
        Box::pin(async move {
            let answer = asking.await?;
            Ok(match answer.status {
                200..=299 => reports(&answer.body),
                401 | 403 => Err("Check your API key".to_owned()),
                status => Err(format!("Request failed with status {status}")),
            })
        })
    }
}

fn reports(body: &str) -> Reports {
    let answer = Tree::parse(body).map_err(|error| error.to_string())?;
    let list = answer.get("list").and_then(Tree::as_array);
    let list = list.ok_or("the answer has no list of reports")?;
    let report = |report: &Tree| {
        let data = describe(report).ok_or("a report lacks a field")?;
        Ok((
            report.get("dt").and_then(Tree::as_i64).unwrap_or_default(),
            data,
        ))
    };
    list.iter().map(report).collect()
}

/// The data of the context of a report; none where it lacks what must be there.
fn describe(report: &Tree) -> Option<String> {
    let mut json = String::with_capacity(384);
    for (part, names, needed) in PARTS {
        let Some(values) = report.get(part).filter(|values| !values.is_null()) else {
            if needed {
                return None;
            }
            continue;
        };
        json.push_str(if json.is_empty() { "{\"" } else { ",\"" });
        json.push_str(part);
        json.push_str("\":{");
        push(&mut json, values, names);
        json.push('}');
    }
    json.push_str(",\"weather\":[");
    for (n, kind) in report.get("weather")?.as_array()?.iter().enumerate() {
        json.push_str(if n == 0 { "{" } else { ",{" });
        push(&mut json, kind, &["main", "description", "id", "icon"]);
        json.push('}');
    }
    let time = report.get("dt")?.as_i64()?.checked_mul(1000)?;
    json.push_str("],\"dt\":");
    lexon::write_string(&mut json, &joda_iso(time));
    json.push('}');
    Some(json)
}

/// The named fields of an object, those that are there.
fn push(json: &mut String, object: &Tree, names: &[&str]) {
    let mut first = true;
    for name in names {
        if let Some(value) = object.get(name).filter(|value| !value.is_null()) {
            json.push_str(if first { "\"" } else { ",\"" });
            json.push_str(name);
            json.push_str("\":");
            value.write(json);
            first = false;
        }
    }
}

impl Enrichment for Weather {
    fn apply(&self, event: &mut Event, work: &mut Work<'_>) -> Step {
        let place = (
            event.float(fields::GEO_LATITUDE),
            event.float(fields::GEO_LONGITUDE),
        );
        let time = event.text(fields::DERIVED_TSTAMP).and_then(parse_tstamp);
        let ((Some(latitude), Some(longitude)), Some(time)) = (place, time) else {
            let missing = [
                ("geo_latitude", place.0.is_none()),
                ("geo_longitude", place.1.is_none()),
                ("derived_tstamp", time.is_none()),
            ];
            let missing = missing.iter().filter(|(_, missing)| *missing);
            let failure = |field| Failure::input(field, None, "missing").of(&self.origin);
            return Step::Failed(missing.map(|(field, _)| failure(field)).collect());
        };
        match self.report(latitude, longitude, time.div_euclid(1000), work.asked) {
            None => Step::Wait,
            Some(Ok(data)) => Step::Contexts(vec![Context {
                schema: self.schema.clone(),
                data,
            }]),
            Some(Err(problem)) => Step::Failed(vec![Failure::simple(problem).of(&self.origin)]),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::super::testing::{Fixture, contexts, run_with};
    use super::*;
    use crate::badrows::failure::Message;
    use crate::remote::http::Answer;
    use serde_json::json;

    struct Service {
        answer: Result<(u16, &'static str), &'static str>,
        asked: Arc<AtomicUsize>,
    }

    impl Fetch for Service {
        fn ask(&self, ask: Ask) -> Asking<Answer> {
            let expected = "https://weather.test/data/2.5/history/city?appid=k&lat=53.59&lon=-1.85\
                &start=1699920000&end=1700006400&cnt=24";
            assert_eq!(ask, Ask::get(expected.to_owned()));
            self.asked.fetch_add(1, Ordering::Relaxed);
            let answer = self.answer.map(|(status, body)| {
                let body = body.to_owned();
                Answer { status, body }
            });
            Box::pin(std::future::ready(answer.map_err(str::to_owned)))
        }
    }

    fn build(answer: Result<(u16, &'static str), &'static str>) -> (Weather, Arc<AtomicUsize>) {
        let asked = Arc::new(AtomicUsize::new(0));
        let service = Service {
            answer,
            asked: Arc::clone(&asked),
        };
        let schema = "iglu:com.snowplowanalytics.snowplow.enrichments/weather_enrichment_config/jsonschema/1-0-0";
        let data = json!({"parameters": {
            "apiKey": "k", "cacheSize": 10, "geoPrecision": 1, "apiHost": "weather.test", "timeout": 5,
        }});
        let schema = SchemaKey::parse(schema).unwrap();
        (
            Weather::new(&schema, &data, Box::new(service)).unwrap(),
            asked,
        )
    }

    fn run(step: &Weather, latitude: f32, time: &str) -> Step {
        let mut event = Event::default();
        event.set_float(fields::GEO_LATITUDE, Some(latitude));
        event.set_float(fields::GEO_LONGITUDE, Some(-1.85));
        event.set_text(fields::DERIVED_TSTAMP, Some(time));
        run_with(step, &mut event, &Fixture::default(), |_| {})
    }

    fn problem(step: Step) -> String {
        match step {
            Step::Failed(failures) => match &failures[0].message {
                Message::Simple(text) => text.clone(),
                other => panic!("{other:?}"),
            },
            other => panic!("{other:?}"),
        }
    }

    const BODY: &str = r#"{"cod":"200","list":[
        {"dt":1699999200,"main":{"temp":280.15,"pressure":1010,"humidity":81,"temp_min":279,"temp_max":281.50,"feels":1},
         "wind":{"deg":240,"speed":4.1},"clouds":{"all":75},"rain":{"1h":0.2},"weather":
         [{"id":500,"main":"Rain","description":"light rain","icon":"10d"}]},
        {"dt":1700002800,"main":{"temp":1,"pressure":1,"humidity":1,"temp_min":1,"temp_max":1},
         "wind":{"speed":1,"deg":1,"gust":null},"clouds":{"all":0},"weather":[]}]}"#;

    #[test]
    fn the_report_nearest_in_time_is_told_without_what_is_not_known() {
        let (step, asked) = build(Ok((200, BODY)));
        let first = "{\"main\":{\"humidity\":81,\"pressure\":1010,\"temp\":280.15,\"temp_min\":279,\
            \"temp_max\":281.50},\"wind\":{\"speed\":4.1,\"deg\":240},\"clouds\":{\"all\":75},\
            \"rain\":{\"1h\":0.2},\"weather\":[{\"main\":\"Rain\",\"description\":\"light rain\",\
            \"id\":500,\"icon\":\"10d\"}],\"dt\":\"2023-11-14T22:00:00.000Z\"}";
        let made = contexts(run(&step, 53.59, "2023-11-14 22:13:20.000"));
        assert_eq!(made, [(CONTEXT.to_owned(), first.to_owned())]);
        // the same day and nearly the same place: not asked again
        let [(_, data)] = contexts(run(&step, 53.6, "2023-11-14 23:59:59.000"))
            .try_into()
            .unwrap();
        assert!(
            data.ends_with("\"weather\":[],\"dt\":\"2023-11-14T23:00:00.000Z\"}"),
            "{data}"
        );
        assert_eq!(asked.load(Ordering::Relaxed), 1);
    }

    #[test]
    fn answers_without_weather_fail_and_are_remembered() {
        for (status, body, text) in [
            (401, "", "Check your API key"),
            (403, "", "Check your API key"),
            (500, "", "Request failed with status 500"),
            (
                200,
                r#"{"list":[]}"#,
                "Server response has no weather stamps",
            ),
            (200, "{}", "the answer has no list of reports"),
            (200, r#"{"list":[{"dt":1}]}"#, "a report lacks a field"),
        ] {
            let (step, asked) = build(Ok((status, body)));
            for _ in 0..2 {
                assert_eq!(problem(run(&step, 53.59, "2023-11-14 22:13:20.000")), text);
            }
            assert_eq!(asked.load(Ordering::Relaxed), 1, "{text}");
        }
    }

    #[test]
    fn a_service_that_cannot_be_reached_is_asked_again() {
        let (step, asked) = build(Err("timed out"));
        for _ in 0..2 {
            assert_eq!(
                problem(run(&step, 53.59, "2023-11-14 22:13:20.000")),
                "timed out"
            );
        }
        assert_eq!(asked.load(Ordering::Relaxed), 2);
    }

    #[test]
    fn events_without_a_place_fail() {
        let (step, _) = build(Err("not asked"));
        let Step::Failed(failures) =
            run_with(&step, &mut Event::default(), &Fixture::default(), |_| {})
        else {
            panic!("no failure")
        };
        let expected = ["geo_latitude", "geo_longitude", "derived_tstamp"];
        for (failure, field) in failures.iter().zip(expected) {
            assert_eq!(failure.enrichment.as_ref().unwrap().identifier, "weather");
            assert_eq!(
                failure.message,
                Failure::input(field, None, "missing").message
            );
        }
        assert_eq!(failures.len(), 3);
    }
}
