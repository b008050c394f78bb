use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::super::testing::{Fixture, run_with};
use super::*;
use crate::badrows::failure::Message;
use crate::remote::http::Answer;
use serde_json::json;

/// A service that always gives one answer.
struct Service {
    answer: Result<String, String>,
    url: &'static str,
    asked: Arc<AtomicUsize>,
}

impl Fetch for Service {
    fn ask(&self, ask: Ask) -> Asking<Answer> {
        assert_eq!(ask, Ask::get(self.url.to_owned()));
        self.asked.fetch_add(1, Ordering::Relaxed);
        let answer = self.answer.clone();
        Box::pin(std::future::ready(
            answer.map(|body| Answer { status: 200, body }),
        ))
    }
}

const DEVELOPER: &str = "http://openexchangerates.org/api/historical/2023-11-14.json?app_id=k";
const ENTERPRISE: &str =
    "http://openexchangerates.org/api/historical/2023-11-14.json?app_id=k&base=EUR";
const RATES: &str =
    r#"{"base":"USD","rates":{"USD":1,"EUR":0.92,"GBP":0.8,"JPY":150.5,"KWD":3e-1}}"#;

fn build(
    account: &str,
    base: &str,
    answer: Result<&str, &str>,
) -> (CurrencyConversion, Arc<AtomicUsize>) {
    let asked = Arc::new(AtomicUsize::new(0));
    let service = Service {
        answer: answer.map(str::to_owned).map_err(str::to_owned),
        url: if account == "DEVELOPER" {
            DEVELOPER
        } else {
            ENTERPRISE
        },
        asked: Arc::clone(&asked),
    };
    let schema = "iglu:com.snowplowanalytics.snowplow/currency_conversion_config/jsonschema/1-0-0";
    let data = json!({"parameters": {
        "apiKey": "k", "baseCurrency": base, "rateAt": "EOD_PRIOR", "accountType": account,
    }});
    let schema = SchemaKey::parse(schema).unwrap();
    let clock = Clock::Fixed(1_700_000_000_000);
    let step = CurrencyConversion::new(&schema, &data, Box::new(service), clock).unwrap();
    (step, asked)
}

fn event(time: &str, currency: &str, total: &str) -> Event {
    let mut event = Event::default();
    event.set_text(fields::COLLECTOR_TSTAMP, Some(time));
    event.set_text(fields::TR_CURRENCY, Some(currency));
    event.set_decimal(fields::TR_TOTAL, Some(total));
    event
}

const DAY: &str = "2023-11-14 22:13:20.000";

/// The converted total, or the texts of the failures.
fn run(step: &CurrencyConversion, mut event: Event) -> Result<Option<String>, Vec<String>> {
    match run_with(step, &mut event, &Fixture::default(), |_| {}) {
        Step::Done => Ok(event.decimal(fields::TR_TOTAL_BASE).map(str::to_owned)),
        Step::Failed(failures) => Err(failures
            .into_iter()
            .map(|failure| {
                assert_eq!(
                    failure.enrichment.unwrap().identifier,
                    "currency-conversion"
                );
                match failure.message {
                    Message::Simple(text) => text,
                    Message::InputData {
                        field,
                        value,
                        expectation,
                    } => {
                        format!("{field} {} {expectation}", value.unwrap())
                    }
                    other => panic!("{other:?}"),
                }
            })
            .collect()),
        other => panic!("{other:?}"),
    }
}

#[test]
fn amounts_are_converted_by_the_rates_of_the_day() {
    let (step, asked) = build(
        "ENTERPRISE",
        "EUR",
        Ok(r#"{"rates":{"EUR":1,"GBP":0.8,"JPY":160}}"#),
    );
    let total =
        |currency: &str, total: &str| run(&step, event(DAY, currency, total)).unwrap().unwrap();
    assert_eq!(total("GBP", "10"), "12.50");
    // the double nearest to 0.1 is larger than that
    assert_eq!(total("GBP", "-0.1"), "-0.13");
    assert_eq!(total("JPY", "1000"), "6.25");
    assert_eq!(total("EUR", "12.755"), "12.76");
    assert_eq!(asked.load(Ordering::Relaxed), 1);
}

#[test]
fn rates_of_a_free_account_are_in_dollars() {
    let (step, asked) = build("DEVELOPER", "EUR", Ok(RATES));
    let total = |currency: &str| run(&step, event(DAY, currency, "100")).unwrap().unwrap();
    // 1/0.8 = 1.25, times 0.92
    assert_eq!(total("GBP"), "115.00");
    assert_eq!(total("GBP"), "115.00");
    // then by way of what was kept: 1 over (1/0.92 = 1.086957, times 0.3)
    assert_eq!(total("KWD"), "306.67");
    assert_eq!(asked.load(Ordering::Relaxed), 1);
}

#[test]
fn every_amount_has_its_currency_and_the_base_is_always_told() {
    let (step, _) = build("DEVELOPER", "JPY", Ok(RATES));
    let mut all = event(DAY, "USD", "1.5");
    all.set_decimal(fields::TR_TAX, Some("0.01"));
    all.set_decimal(fields::TI_PRICE, Some("2"));
    all.set_text(fields::TI_CURRENCY, Some("GBP"));
    let _ = run_with(&step, &mut all, &Fixture::default(), |_| {});
    assert_eq!(all.text(fields::BASE_CURRENCY), Some("JPY"));
    assert_eq!(all.decimal(fields::TR_TOTAL_BASE), Some("226"));
    assert_eq!(all.decimal(fields::TR_TAX_BASE), Some("2"));
    assert_eq!(all.decimal(fields::TR_SHIPPING_BASE), None);
    assert_eq!(all.decimal(fields::TI_PRICE_BASE), Some("376"));
    let mut none = Event::default();
    let _ = run_with(&step, &mut none, &Fixture::default(), |_| {});
    assert_eq!(none.text(fields::BASE_CURRENCY), Some("JPY"));
}

#[test]
fn unknown_currencies_are_told_once_an_amount() {
    let (step, _) = build("DEVELOPER", "EUR", Ok(RATES));
    let mut odd = event(DAY, "usd", "1");
    odd.set_decimal(fields::TR_SHIPPING, Some("2"));
    odd.set_decimal(fields::TI_PRICE, Some("2"));
    odd.set_text(fields::TI_CURRENCY, Some("EUR"));
    let text = "tr_currency usd Unknown currency 'usd'";
    assert_eq!(run(&step, odd), Err(vec![text.to_owned(), text.to_owned()]));
}

#[test]
fn what_the_service_does_not_have_is_told() {
    let frame = |kind: &str, text: &str| {
        Err(vec![format!(
            "Open Exchange Rates error, type: [{kind}], message: [{text}]"
        )])
    };
    let (step, asked) = build("DEVELOPER", "EUR", Ok(RATES));
    for (time, iso) in [
        ("1998-12-31 23:59:59.999", "1998-12-31"),
        ("2023-11-15 00:00:00.000", "2023-11-15"),
    ] {
        let text = format!("Exchange rate unavailable on the date [{iso}T00:00Z[UTC]]");
        let expected = frame("ResourcesNotAvailable", &text);
        assert_eq!(run(&step, event(time, "GBP", "1")), expected);
    }
    assert_eq!(asked.load(Ordering::Relaxed), 0);
    let expected = frame(
        "IllegalCurrency",
        "Currency not found in the API, invalid currency CHF",
    );
    assert_eq!(run(&step, event(DAY, "CHF", "1")), expected);
    for (answer, text) in [
        (
            Ok(r#"{"error":true,"status":401,"message":"invalid_app_id"}"#),
            "invalid_app_id",
        ),
        (Ok(r#"{"rates":7}"#), "the answer has no rates"),
        (Err("timed out"), "timed out"),
    ] {
        let (step, _) = build("DEVELOPER", "EUR", answer);
        assert_eq!(
            run(&step, event(DAY, "GBP", "1")),
            frame("OtherErrors", text)
        );
    }
    let (step, _) = build("DEVELOPER", "EUR", Ok("<html>"));
    let texts = run(&step, event(DAY, "GBP", "1")).unwrap_err();
    assert!(texts[0].contains("OER response is not JSON: "), "{texts:?}");
}

#[test]
fn an_unknown_base_currency_stops_the_start() {
    let schema = "iglu:com.snowplowanalytics.snowplow/currency_conversion_config/jsonschema/1-0-0";
    let data =
        json!({"parameters": {"apiKey": "k", "baseCurrency": "EURO", "accountType": "DEVELOPER"}});
    let error = (SPEC.build)(
        &SchemaKey::parse(schema).unwrap(),
        &data,
        &super::super::testing::Files(Vec::new()),
    );
    assert_eq!(
        error.err().unwrap().to_string(),
        "field `parameters.baseCurrency`: `EURO` is no known currency"
    );
}
