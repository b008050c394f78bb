//! `anyOf`, `oneOf` and `not`: the keywords that swallow failures.
//!
//! The reference carries two flags through a run. `complex` is set by `oneOf` and put aside while
//! a property's value is checked; `matched` is cleared when, under `complex`, an absent property
//! makes `required` fail. A branch without failures does not count unless `matched`. Where a
//! static look at the schema shows that neither flag nor a crash can make a difference, a branch
//! is left at its first failure; everywhere else it is walked to its end.

use std::cmp::Ordering;

use jvm::smap::hash_map_order_by_hash;

use super::code::Code;
use super::eval::{Eval, Instance};
use super::node::{AnyBranch, Kinds, Node, NodeId, Span};
use super::sink::{At, Count, Failure, Flow, Sink, Stop};

impl<'s, 'd, S: Sink> Eval<'s, 'd, S> {
    /// Whether a branch passes, where its first failure tells.
    fn passes(&mut self, branch: NodeId, of: &Instance<'d>, at: &At<'_>) -> Result<bool, Stop> {
        let depth = self.depth;
        let outcome = self.node(branch, of, at);
        self.depth = depth;
        match outcome {
            Ok(()) => Ok(true),
            Err(Stop::Invalid) => Ok(false),
            Err(stop) => Err(stop),
        }
    }

    fn throws(&self, branches: impl IntoIterator<Item = NodeId>) -> bool {
        let throws = |branch| self.schema.node(branch).is_none_or(|node| node.throws);
        branches.into_iter().any(throws)
    }

    /// Runs `check` as a count of its own and fails if it counts anything. Asked for only where
    /// both flags have their first values.
    fn settle_by_count(&mut self, check: impl FnOnce(&mut Eval<'s, 'd, Count>) -> Flow) -> Flow {
        let mut counting = self.counting();
        check(&mut counting)?;
        self.steps = counting.steps;
        if counting.sink.count() == 0 {
            Ok(())
        } else {
            Err(Stop::Invalid)
        }
    }

    /// Failures of one branch, apart from all others.
    fn branch(&mut self, branch: NodeId, of: &Instance<'d>, at: &At<'_>) -> Result<S, Stop> {
        let outer = std::mem::take(&mut self.sink);
        self.node(branch, of, at)?;
        Ok(std::mem::replace(&mut self.sink, outer))
    }

    #[inline(never)]
    pub(super) fn any_of(
        &mut self,
        node: &'s Node,
        branches: &'s [AnyBranch],
        of: &Instance<'d>,
        at: &At<'_>,
    ) -> Flow {
        if S::FIRST {
            if self.throws(branches.iter().map(|b| b.node)) {
                return self.settle_by_count(|count| count.any_of(node, branches, of, at));
            }
            for branch in branches {
                let fits = branch.only.is_none_or(|only| only.kinds.has(of.kind));
                if fits && self.passes(branch.node, of, at)? {
                    return Ok(());
                }
            }
            return if branches.is_empty() {
                Ok(())
            } else {
                Err(Stop::Invalid)
            };
        }
        let mut all = S::default();
        for branch in branches {
            self.enter(branch.node)?;
            if let Some(only) = branch.only {
                let null = self.complex && only.null_inside_one_of && of.kind == Kinds::NULL;
                if !null && !only.kinds.has(of.kind) {
                    all.fail(|| Failure::new(node, Code::AnyOf, at, vec![only.name.to_owned()]))?;
                    continue;
                }
            }
            let failures = self.branch(branch.node, of, at)?;
            if failures.count() > 0 {
                all.absorb(failures);
            } else if self.matched {
                return Ok(());
            }
        }
        self.sink.absorb(all);
        Ok(())
    }

    #[inline(never)]
    pub(super) fn one_of(
        &mut self,
        node: &'s Node,
        (branches, texts): (&'s [NodeId], &'s [Span]),
        of: &Instance<'d>,
        at: &At<'_>,
    ) -> Flow {
        if S::FIRST {
            return self.one_of_verdict(node, (branches, texts), of, at);
        }
        self.complex = true;
        let mut valid = 0;
        let mut all = S::default();
        for branch in branches {
            self.matched = true;
            let failures = self.branch(*branch, of, at)?;
            if failures.count() == 0 {
                if !self.matched {
                    continue;
                }
                valid += 1;
            }
            if valid > 1 {
                break;
            }
            all.absorb(failures);
        }
        if valid > 1 {
            let schema = self.schema;
            self.sink.fail(|| {
                let text = texts.iter().map(|span| schema.text(*span)).collect();
                Failure::new(node, Code::OneOf, at, vec![text])
            })?;
        } else if valid == 0 {
            all.settle_one_of();
            self.sink.absorb(all);
        }
        self.complex = false;
        self.matched = true;
        Ok(())
    }

    fn one_of_verdict(
        &mut self,
        node: &'s Node,
        (branches, texts): (&'s [NodeId], &'s [Span]),
        of: &Instance<'d>,
        at: &At<'_>,
    ) -> Flow {
        let plain = |branch: &Node| !branch.throws && !branch.branches;
        let mut nodes = branches.iter().map(|b| self.schema.node(*b));
        if !nodes.all(|branch| branch.is_some_and(plain)) {
            let parts = (branches, texts);
            return self.settle_by_count(|count| count.one_of(node, parts, of, at));
        }
        let mut valid = 0;
        for branch in branches {
            valid += usize::from(self.passes(*branch, of, at)?);
            if valid > 1 {
                break;
            }
        }
        if valid == 1 || branches.is_empty() {
            Ok(())
        } else {
            Err(Stop::Invalid)
        }
    }

    #[inline(never)]
    pub(super) fn not(
        &mut self,
        node: &'s Node,
        (inner, text): (NodeId, Span),
        of: &Instance<'d>,
        at: &At<'_>,
    ) -> Flow {
        let passes = if !S::FIRST {
            self.branch(inner, of, at)?.count() == 0
        } else if self.throws([inner]) {
            return self.settle_by_count(|count| count.not(node, (inner, text), of, at));
        } else {
            self.passes(inner, of, at)?
        };
        if !passes {
            return Ok(());
        }
        let schema = self.schema;
        self.sink.fail(|| {
            let text = format!("\"not\" : {}", schema.text(text));
            Failure::new(node, Code::Not, at, vec![text])
        })
    }
}

/// What `oneOf` reports of its branches' failures when none passes.
///
/// Failures of `required` count only if there are no others; the others then come in the order of
/// a Java hash set. If several are left, those of `additionalProperties` count only if there are
/// no others, and the others are sorted by kind.
pub(super) fn settle(all: Vec<Failure>) -> Vec<Failure> {
    let is = |code| move |failure: &Failure| failure.code == code;
    let (required, others): (Vec<_>, Vec<_>) = all.into_iter().partition(is(Code::Required));
    let kept = if others.is_empty() {
        required
    } else {
        in_hash_set_order(others)
    };
    if kept.len() < 2 {
        return kept;
    }
    let (undeclared, mut others): (Vec<_>, Vec<_>) =
        kept.into_iter().partition(is(Code::AdditionalProperties));
    if others.is_empty() {
        return undeclared;
    }
    others.sort_by(|a, b| by_kind(a.code, b.code));
    others
}

fn in_hash_set_order(failures: Vec<Failure>) -> Vec<Failure> {
    let hashes: Vec<i32> = failures.iter().map(Failure::java_hash).collect();
    let mut slots: Vec<Option<Failure>> = failures.into_iter().map(Some).collect();
    hash_map_order_by_hash(&hashes)
        .into_iter()
        .filter_map(|position| slots.get_mut(position)?.take())
        .collect()
}

fn by_kind(a: Code, b: Code) -> Ordering {
    let rank = |code| match code {
        Code::Type => 0,
        Code::DateTime => 1,
        Code::Uuid => 2,
        _ => 3,
    };
    rank(a).cmp(&rank(b)).then_with(|| match rank(a) {
        3 => a.number().cmp(b.number()),
        _ => Ordering::Equal,
    })
}
