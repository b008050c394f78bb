//! What goes wrong, and how often.

use std::time::Duration;

/// What is done to a call.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Effect {
    /// It takes so much longer.
    Wait(Duration),
    /// Status 500; nothing happened.
    Fail,
    /// Refused for its rate.
    Throttle,
    /// The iterator counts as expired.
    Expire,
    /// It happens, and the answer says that it failed.
    LoseAnswer,
}

#[derive(Debug, Clone)]
struct Rule {
    calls: String,
    effect: Effect,
    share: f64,
    left: u64,
}

/// All that goes wrong now. The choice is by a seeded generator.
#[derive(Debug)]
pub struct Faults {
    rules: Vec<Rule>,
    partial: f64,
    state: u64,
}

impl Default for Faults {
    fn default() -> Faults {
        Faults {
            rules: Vec::new(),
            partial: 0.0,
            state: 0x9e37_79b9_7f4a_7c15,
        }
    }
}

impl Faults {
    /// A share of the calls whose name begins so (`DynamoDB.`, `Kinesis.GetRecords`) has an effect.
    pub fn add(&mut self, calls: &str, effect: Effect, share: f64) {
        self.add_some(calls, effect, share, u64::MAX);
    }

    /// The same, for so many calls at most.
    pub fn add_some(&mut self, calls: &str, effect: Effect, share: f64, times: u64) {
        self.rules.push(Rule {
            calls: calls.to_owned(),
            effect,
            share,
            left: times,
        });
    }

    /// That share of the records of each PutRecords is refused.
    pub fn set_partial(&mut self, share: f64) {
        self.partial = share;
    }

    /// Nothing goes wrong any more.
    pub fn clear(&mut self) {
        self.rules.clear();
        self.partial = 0.0;
    }

    pub(super) fn of(&mut self, call: &str) -> Vec<Effect> {
        let mut effects = Vec::new();
        for n in 0..self.rules.len() {
            let rule = &self.rules[n];
            if rule.left > 0 && call.starts_with(&rule.calls) {
                let (effect, share) = (rule.effect, rule.share);
                if self.fraction() < share {
                    self.rules[n].left -= 1;
                    effects.push(effect);
                    // a call fails once
                    if !matches!(effect, Effect::Wait(_) | Effect::LoseAnswer) {
                        break;
                    }
                }
            }
        }
        effects
    }

    /// What decides, record by record, whether it is refused.
    pub(super) fn partial(&mut self) -> Option<Partial> {
        (self.partial > 0.0).then(|| Partial {
            share: self.partial,
            state: self.step(),
        })
    }

    fn step(&mut self) -> u64 {
        self.state = self
            .state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        self.state
    }

    fn fraction(&mut self) -> f64 {
        (self.step() >> 11) as f64 / (1u64 << 53) as f64
    }
}

/// Refuses some records of a call.
pub struct Partial {
    share: f64,
    state: u64,
}

impl Partial {
    pub fn refuses(&mut self) -> bool {
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        ((self.state >> 11) as f64 / (1u64 << 53) as f64) < self.share
    }
}
