//! Where failed checks go: a first failure ends the verdict, a count settles branches exactly, and
//! a list keeps every message.

use std::collections::HashMap;
use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};

use jvm::hashing::{java_array_hash, string_hash};

use super::code::Code;
use super::node::Node;
use crate::badrows::failure::Crash;
use crate::schema::error::Report;

/// Why checking ended early.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Stop {
    /// The instance is invalid; only where no messages are wanted.
    Invalid,
    /// The reference throws here. Boxed: outcomes are returned at every step.
    Crash(Box<Crash>),
    /// Only a run with messages can tell.
    NeedsReport,
}

impl Stop {
    /// The reference throws with this text.
    #[cold]
    pub(super) fn crash(why: &str) -> Stop {
        Stop::Crash(Box::new(Crash(why.to_owned())))
    }
}

/// The outcome of one check.
pub(super) type Flow = Result<(), Stop>;

/// Way from the root of the instance to the value at hand, kept on the stack.
#[derive(Debug, Clone, Copy)]
pub(super) enum At<'p> {
    Root,
    Key(&'p At<'p>, &'p str),
    Index(&'p At<'p>, usize),
}

impl At<'_> {
    /// As messages print it: `$.a[0].b`, names unquoted.
    pub(super) fn text(&self) -> String {
        let mut steps = Vec::new();
        let mut at = self;
        while let At::Key(outer, _) | At::Index(outer, _) = at {
            steps.push(at);
            at = outer;
        }
        let mut text = String::from("$");
        for step in steps.iter().rev() {
            match step {
                At::Root => {}
                At::Key(_, name) => {
                    text.push('.');
                    text.push_str(name);
                }
                At::Index(_, index) => text.push_str(&format!("[{index}]")),
            }
        }
        text
    }
}

/// A message of the reference, with all that makes two of them equal.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Failure {
    pub(super) code: Code,
    schema_path: String,
    path: String,
    targets: Vec<String>,
    message: String,
}

impl Failure {
    /// Words a message of `node`.
    pub(super) fn new(node: &Node, code: Code, at: &At<'_>, targets: Vec<String>) -> Failure {
        let path = at.text();
        let mut schema_path = String::from(&*node.path);
        if !code.suffix().is_empty() {
            schema_path.push('/');
            schema_path.push_str(code.suffix());
        }
        let own = node.messages.iter().find(|(of, _)| *of == code);
        let message = match own {
            Some((_, text)) => text.to_string(),
            None => code.wording(&path, &targets),
        };
        Failure {
            code,
            schema_path,
            path,
            targets,
            message,
        }
    }

    /// `hashCode` of the reference's message.
    pub(super) fn java_hash(&self) -> i32 {
        let targets: Vec<i32> = self.targets.iter().map(|t| string_hash(t)).collect();
        let parts = [
            string_hash(self.code.number()),
            string_hash(&self.path),
            string_hash(&self.schema_path),
            0,
            java_array_hash(&targets),
            string_hash(&self.message),
        ];
        let start = string_hash(self.code.keyword());
        parts
            .iter()
            .fold(start, |h, part| h.wrapping_mul(31).wrapping_add(*part))
    }

    /// As bad rows tell it.
    pub(super) fn into_report(self) -> Report {
        Report {
            message: self.message,
            path: self.path,
            keyword: self.code.keyword().to_owned(),
            targets: self.targets,
        }
    }
}

/// Takes failed checks.
pub(super) trait Sink: Default {
    /// Whether the first failure ends the run.
    const FIRST: bool;

    /// Takes a failure; `make` words it where words are kept.
    fn fail(&mut self, make: impl FnOnce() -> Failure) -> Flow;

    /// How many failures it holds.
    fn count(&self) -> usize;

    /// Forgets all but the first `count` failures.
    fn rewind(&mut self, count: usize);

    /// Takes over the failures of another, behind its own.
    fn absorb(&mut self, other: Self);

    /// Settles a `oneOf` none of whose branches passed; see [`super::one_of`].
    fn settle_one_of(&mut self);
}

/// Stops at the first failure.
#[derive(Debug, Default)]
pub(super) struct Verdict;

impl Sink for Verdict {
    const FIRST: bool = true;

    #[inline]
    fn fail(&mut self, _: impl FnOnce() -> Failure) -> Flow {
        Err(Stop::Invalid)
    }

    fn count(&self) -> usize {
        0
    }

    fn rewind(&mut self, _: usize) {}

    fn absorb(&mut self, _: Self) {}

    fn settle_one_of(&mut self) {}
}

/// Goes through everything the reference goes through, and only counts.
#[derive(Debug, Default)]
pub(super) struct Count(usize);

impl Sink for Count {
    const FIRST: bool = false;

    #[inline]
    fn fail(&mut self, _: impl FnOnce() -> Failure) -> Flow {
        self.0 += 1;
        Ok(())
    }

    fn count(&self) -> usize {
        self.0
    }

    fn rewind(&mut self, count: usize) {
        self.0 = self.0.min(count);
    }

    fn absorb(&mut self, other: Self) {
        self.0 += other.0;
    }

    // never leaves nothing of something
    fn settle_one_of(&mut self) {}
}

/// Up to so many messages equal ones are searched for, beyond there is an index.
const SEARCHED: usize = 8;

/// Keeps every message once, in order of first occurrence.
#[derive(Debug, Default)]
pub(super) struct Collect {
    list: Vec<Failure>,
    /// Positions by hash, of all messages once there are more than [`SEARCHED`]; a taken hash
    /// moves on to the next number.
    index: HashMap<u64, usize>,
}

impl Collect {
    /// The messages, leaving none.
    pub(super) fn take(&mut self) -> Vec<Failure> {
        self.index.clear();
        std::mem::take(&mut self.list)
    }

    /// Where in the index the failure is, or has to go.
    fn slot(&self, failure: &Failure) -> (u64, bool) {
        let mut state = DefaultHasher::new();
        failure.hash(&mut state);
        let mut hash = state.finish();
        while let Some(position) = self.index.get(&hash) {
            if self.list.get(*position) == Some(failure) {
                return (hash, true);
            }
            hash = hash.wrapping_add(1);
        }
        (hash, false)
    }

    /// Adds a message unless it is there.
    pub(super) fn push(&mut self, failure: Failure) {
        if self.list.len() < SEARCHED {
            if !self.list.contains(&failure) {
                self.list.push(failure);
            }
            return;
        }
        if self.index.len() < self.list.len() {
            self.index_all();
        }
        let (slot, known) = self.slot(&failure);
        if !known {
            self.index.insert(slot, self.list.len());
            self.list.push(failure);
        }
    }

    fn index_all(&mut self) {
        self.index.clear();
        for position in 0..self.list.len() {
            if let Some(failure) = self.list.get(position) {
                let (slot, _) = self.slot(failure);
                self.index.insert(slot, position);
            }
        }
    }
}

impl Sink for Collect {
    const FIRST: bool = false;

    fn fail(&mut self, make: impl FnOnce() -> Failure) -> Flow {
        self.push(make());
        Ok(())
    }

    fn count(&self) -> usize {
        self.list.len()
    }

    fn rewind(&mut self, count: usize) {
        if count < self.list.len() {
            self.list.truncate(count);
            self.index.clear();
        }
    }

    fn absorb(&mut self, mut other: Self) {
        if self.list.is_empty() {
            *self = other;
            return;
        }
        for failure in other.take() {
            self.push(failure);
        }
    }

    fn settle_one_of(&mut self) {
        for failure in super::one_of::settle(self.take()) {
            self.push(failure);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failure(n: usize) -> Failure {
        let node = Node::default();
        let at = At::Index(&At::Root, n);
        Failure::new(&node, Code::Required, &at, vec!["a".into()])
    }

    #[test]
    fn equal_messages_are_kept_once_in_the_order_of_the_first() {
        for count in [3usize, 8, 9, 40] {
            let mut sink = Collect::default();
            for n in (0..count).chain(0..count) {
                sink.push(failure(n));
            }
            assert_eq!(sink.count(), count);
            sink.rewind(2);
            for n in (0..count).rev() {
                sink.push(failure(n));
            }
            let paths: Vec<String> = sink.take().into_iter().map(|f| f.path).collect();
            let order = [0, 1].into_iter().chain((2..count).rev());
            let expected: Vec<String> = order.map(|n| format!("$[{n}]")).collect();
            assert_eq!(paths, expected);
        }
    }

    #[test]
    fn paths_print_names_as_they_are() {
        let a = At::Key(&At::Root, "a.b");
        assert_eq!(At::Key(&At::Index(&a, 3), "").text(), "$.a.b[3].");
        assert_eq!(At::Root.text(), "$");
    }
}
