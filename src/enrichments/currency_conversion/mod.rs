//! Amounts of transactions in one currency: `base_currency` and the `*_base` fields, by the rates of
//! Open Exchange Rates at the end of the day before.
//!
//! Behaviour: the currency conversion enrichment of Enrich 3.9.0 with scala-forex 1.0.0. The service
//! is asked once where the reference asks twice for the same, and where it cannot be reached the event
//! fails like for any other error of it, while the reference throws.

mod money;

use std::sync::Arc;
use std::time::Duration;

use jvm::time::{civil_from_days, parse_tstamp};
use lexon::Tree;
use quick_cache::UnitWeighter;
use quick_cache::sync::Cache;
use serde_json::Value;

use super::settings::{text, wrong};
use super::{BuildError, Enrichment, Spec, Step, Work};
use crate::badrows::failure::{Failure, Origin};
use crate::clock::Clock;
use crate::event::Event;
use crate::event::fields::{self, Decimal, Text};
use crate::remote::http::{Ask, Fetch, Http, Limits, Reach};
use crate::remote::{Asked, Asking, Keep, Looked, Remote};
use crate::schema::SchemaKey;
use money::{Currencies, Rate};

/// How this enrichment is configured.
pub static SPEC: Spec = Spec {
    vendor: "com.snowplowanalytics.snowplow",
    name: "currency_conversion_config",
    version: (1, 0),
    build: |schema, data, _| {
        let limits = Limits {
            connect: Duration::from_secs(1),
            read: Duration::from_secs(5),
            total: None,
        };
        let http = Http::new(limits, Reach::Everywhere);
        let http = http.map_err(|problem| wrong("parameters", problem))?;
        let step = CurrencyConversion::new(schema, data, Box::new(http), Clock::System)?;
        Ok(Box::new(step))
    },
};

const SERVICE: &str = "http://openexchangerates.org/api/historical/";
/// Days that are asked for at once.
const AT_ONCE: usize = 8;
/// How many rates are remembered: 165 currencies for 2,460 days, at least.
const REMEMBERED: u64 = 405_900;
const MILLIS_A_DAY: i64 = 86_400_000;
/// 1999-01-01 in days since 1970: the service knows no day before.
const FIRST_DAY: i64 = 10_592;
/// The currency that the rates of a free account are in.
const DOLLAR: &str = "USD";

/// The amounts that are converted, with the field of their currency.
const AMOUNTS: [(Decimal, Decimal, Text, &str); 4] = [
    (
        fields::TR_TOTAL,
        fields::TR_TOTAL_BASE,
        fields::TR_CURRENCY,
        "tr_currency",
    ),
    (
        fields::TR_TAX,
        fields::TR_TAX_BASE,
        fields::TR_CURRENCY,
        "tr_currency",
    ),
    (
        fields::TR_SHIPPING,
        fields::TR_SHIPPING_BASE,
        fields::TR_CURRENCY,
        "tr_currency",
    ),
    (
        fields::TI_PRICE,
        fields::TI_PRICE_BASE,
        fields::TI_CURRENCY,
        "ti_currency",
    ),
];

/// From a currency, to a currency, on a day.
type Key = ([u8; 3], [u8; 3], i64);

struct CurrencyConversion {
    currencies: Currencies,
    base: &'static str,
    decimals: u32,
    key: String,
    /// A free account: its rates are in dollars whatever is asked for.
    developer: bool,
    rates: Cache<Key, Rate>,
    /// What the service tells of a day, while somebody waits for it.
    days: Remote<Tree>,
    service: Box<dyn Fetch>,
    clock: Clock,
    origin: Origin,
}

impl CurrencyConversion {
    fn new(
        config: &SchemaKey,
        data: &Value,
        service: Box<dyn Fetch>,
        clock: Clock,
    ) -> Result<CurrencyConversion, BuildError> {
        let currencies = money::currencies();
        let path = "parameters.baseCurrency";
        let base = text(data, path)?;
        let (base, decimals) = currencies
            .get_key_value(base)
            .ok_or_else(|| wrong(path, format!("`{base}` is no known currency")))?;
        let developer = match text(data, "parameters.accountType")? {
            "DEVELOPER" => true,
            "ENTERPRISE" | "UNLIMITED" => false,
            other => {
                let problem = format!("must be DEVELOPER, ENTERPRISE or UNLIMITED, not `{other}`");
                return Err(wrong("parameters.accountType", problem));
            }
        };
        Ok(CurrencyConversion {
            base,
            decimals: *decimals,
            key: text(data, "parameters.apiKey")?.to_owned(),
            developer,
            rates: Cache::with_weighter(1_000, REMEMBERED, UnitWeighter),
            days: Remote::new(
                Keep {
                    most: 0,
                    seconds: None,
                    error_seconds: None,
                },
                AT_ONCE,
                clock,
            ),
            service,
            clock,
            origin: Origin {
                schema: config.clone(),
                identifier: "currency-conversion",
            },
            currencies,
        })
    }

    /// What one unit of a currency was worth on a day.
    fn rate(&self, from: &str, day: i64, asked: &mut Asked) -> Result<Rate, Without> {
        if from == self.base {
            return Ok(Rate::ONE);
        }
        let key = (code(from), code(self.base), day);
        if let Some(rate) = self.rates.get(&key) {
            return Ok(rate);
        }
        let (from_code, base_code, _) = key;
        let turned = self.rates.get(&(base_code, from_code, day));
        if let Some(rate) = turned.and_then(Rate::inverse) {
            return Ok(rate);
        }
        let answer = self.listed(day, asked)?;
        let listed = |code: &str| {
            let text = answer.get(code).and_then(Tree::number_text);
            text.and_then(Rate::parse).ok_or_else(|| {
                let problem = format!("Currency not found in the API, invalid currency {code}");
                failed("IllegalCurrency", &problem)
            })
        };
        let too_large = || failed("OtherErrors", "a rate is too large");
        let from_base = listed(from)?;
        let to_base = listed(self.base)?;
        self.remember(&answer, to_base, day);
        let rate = from_base.inverse().and_then(|rate| rate.times(to_base));
        let rate = rate.ok_or_else(too_large)?;
        self.rates.insert(key, rate);
        Ok(rate)
    }

    /// Keeps what all currencies are worth in the base currency on that day.
    fn remember(&self, answer: &Tree, base: Rate, day: i64) {
        let factor = match self.developer && self.base != DOLLAR {
            true => base.inverse(),
            false => Some(Rate::ONE),
        };
        for (to, value) in answer.as_object().into_iter().flatten() {
            let rate = value.number_text().and_then(Rate::parse);
            let rate = factor.and_then(|factor| factor.times(rate?));
            if let Some(rate) = rate.filter(|_| self.currencies.contains_key(to.as_str())) {
                self.rates.insert((code(self.base), code(to), day), rate);
            }
        }
    }

    /// The rates of a day by their currencies.
    fn listed(&self, day: i64, asked: &mut Asked) -> Result<Arc<Tree>, Without> {
        let (year, month, date) = civil_from_days(day);
        let iso = format!("{year:04}-{month:02}-{date:02}");
        if day < FIRST_DAY || day * MILLIS_A_DAY > self.clock.now_millis() {
            let problem = format!("Exchange rate unavailable on the date [{iso}T00:00Z[UTC]]");
            return Err(failed("ResourcesNotAvailable", &problem).into());
        }
        let base = match self.developer {
            true => String::new(),
            false => format!("&base={}", self.base),
        };
        let url = format!("{SERVICE}{iso}.json?app_id={}{base}", self.key);
        let asking = || -> Asking<Tree> {
            let asking = self.service.ask(Ask::get(url));
            Box::pin(async move {
                let answer = asking.await;
                rates(
                    &answer
                        .map_err(|problem| failed("OtherErrors", &problem))?
                        .body,
                )
            })
        };
        match self.days.look(&iso, asked, asking) {
            Looked::Known(Ok(rates)) => Ok(rates),
            Looked::Known(Err(problem)) => Err(Without::Failed((*problem).to_owned())),
            Looked::Waits => Err(Without::Waits),
        }
    }

    fn convert(
        &self,
        amount: &str,
        from: &str,
        field: &str,
        day: i64,
        asked: &mut Asked,
    ) -> Result<String, Option<Box<Failure>>> {
        if !self.currencies.contains_key(from) {
            let problem = format!("Unknown currency '{from}'");
            return Err(Some(Failure::input(field, Some(from), problem).into()));
        }
        let rate = self
            .rate(from, day, asked)
            .map_err(|without| match without {
                Without::Waits => None,
                Without::Failed(problem) => Some(Box::new(Failure::simple(problem))),
            })?;
        money::convert(amount, rate, self.decimals).ok_or_else(|| {
            Some(Failure::input(field, Some(amount), "the amount is too large").into())
        })
    }
}

/// Why there is no rate.
enum Without {
    /// The service is being asked.
    Waits,
    /// It failed with this text.
    Failed(String),
}

impl From<String> for Without {
    fn from(problem: String) -> Without {
        Without::Failed(problem)
    }
}

/// The rates in an answer of the service.
fn rates(body: &str) -> Result<Tree, String> {
    let mut tree = Tree::parse(body)
        .map_err(|error| failed("OtherErrors", &format!("OER response is not JSON: {error}")))?;
    if let Some(message) = tree.get("message").and_then(Tree::as_str) {
        return Err(failed("OtherErrors", message));
    }
    let rates = tree
        .remove("rates")
        .filter(|rates| rates.as_object().is_some());
    rates.ok_or_else(|| failed("OtherErrors", "the answer has no rates"))
}

/// The three letters of a known code.
fn code(text: &str) -> [u8; 3] {
    text.as_bytes().try_into().unwrap_or_default()
}

fn failed(kind: &str, problem: &str) -> String {
    format!("Open Exchange Rates error, type: [{kind}], message: [{problem}]")
}

impl Enrichment for CurrencyConversion {
    fn apply(&self, event: &mut Event, work: &mut Work<'_>) -> Step {
        event.set_text(fields::BASE_CURRENCY, Some(self.base));
        let collected = event.text(fields::COLLECTOR_TSTAMP).and_then(parse_tstamp);
        let Some(day) = collected.map(|millis| millis.div_euclid(MILLIS_A_DAY)) else {
            return Step::Done;
        };
        let mut made = Vec::new();
        let mut failures = Vec::new();
        let mut waits = false;
        for (amount, target, currency, field) in AMOUNTS {
            let (Some(amount), Some(from)) = (event.decimal(amount), event.text(currency)) else {
                continue;
            };
            match self.convert(amount, from, field, day, work.asked) {
                Ok(converted) => made.push((target, converted)),
                Err(Some(failure)) => failures.push(failure.of(&self.origin)),
                Err(None) => waits = true,
            }
        }
        if waits {
            return Step::Wait;
        }
        if !failures.is_empty() {
            return Step::Failed(failures);
        }
        for (target, converted) in made {
            event.set_decimal(target, Some(converted));
        }
        Step::Done
    }
}

#[cfg(test)]
mod tests;
