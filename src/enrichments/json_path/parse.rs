//! Texts to paths. Blanks between the parts do not count, nor do those behind a quote.

use super::{Filter, JsonPath, Operand, Operator, PathError, Step};

/// Conditions joined in one filter, and filters inside filters: more is no path of a person.
const MOST_NESTED: usize = 64;

impl JsonPath {
    /// Reads a path.
    ///
    /// # Errors
    /// Where it stops being one.
    pub fn parse(text: &str) -> Result<JsonPath, PathError> {
        let mut reader = Reader {
            text,
            at: 0,
            nested: 0,
        };
        let steps = reader.whole().ok_or_else(|| {
            let read = text.get(..reader.at).unwrap_or(text);
            PathError(read.chars().count() + 1)
        })?;
        Ok(JsonPath { steps })
    }
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
    nested: usize,
}

impl<'t> Reader<'t> {
    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn skip_blanks(&mut self) {
        self.at += self.rest().len() - self.rest().trim_start().len();
    }

    /// Takes `token`, if it comes next.
    fn take(&mut self, token: &str) -> bool {
        let start = self.at;
        self.skip_blanks();
        if self.rest().starts_with(token) {
            self.at += token.len();
            return true;
        }
        self.at = start;
        false
    }

    /// Takes the characters that `fits` says, at least one.
    fn run(&mut self, fits: impl Fn(char) -> bool) -> Option<&'t str> {
        self.skip_blanks();
        let rest = self.rest();
        let run = rest.get(..rest.find(|c| !fits(c)).unwrap_or(rest.len()))?;
        self.at += run.len();
        (!run.is_empty()).then_some(run)
    }

    /// Goes back when `read` finds nothing.
    fn attempt<T>(&mut self, read: impl FnOnce(&mut Self) -> Option<T>) -> Option<T> {
        let start = self.at;
        let found = read(self);
        if found.is_none() {
            self.at = start;
        }
        found
    }

    fn whole(&mut self) -> Option<Vec<Step>> {
        if !self.take("$") {
            return None;
        }
        let mut steps = vec![Step::Root];
        self.steps(&mut steps);
        self.skip_blanks();
        self.rest().is_empty().then_some(steps)
    }

    fn steps(&mut self, steps: &mut Vec<Step>) {
        while let Some(step) = self.attempt(Reader::step) {
            steps.push(step);
        }
    }

    fn step(&mut self) -> Option<Step> {
        if self.take("..") {
            let any = self.take("*");
            if let Some(filter) = self.attempt(Reader::filter) {
                return Some(Step::RecursiveFilter(filter));
            }
            return match any {
                true => Some(Step::RecursiveAny),
                false => self.name().map(Step::RecursiveField),
            };
        }
        if self.take(".") {
            return match self.take("*") {
                true => Some(Step::AnyField),
                false => self.name().map(Step::Field),
            };
        }
        if ["['*']", "[\"*\"]"].iter().any(|token| self.take(token)) {
            return Some(Step::AnyField);
        }
        if let Some(filter) = self.attempt(Reader::filter) {
            return Some(Step::Filter(filter));
        }
        self.take("[").then_some(())?;
        let step = match self.attempt(Reader::fields) {
            Some(fields) => fields,
            None => self.items()?,
        };
        self.take("]").then_some(step)
    }

    fn name(&mut self) -> Option<String> {
        let fits = |c: char| !"*.[]()=!<>".contains(c) && !c.is_whitespace();
        self.run(fits).map(str::to_owned)
    }

    /// A text in quotes; `\'` is a quote.
    fn quoted(&mut self) -> Option<String> {
        let quote = ['\'', '"']
            .into_iter()
            .find(|quote| self.take(quote.encode_utf8(&mut [0; 4])))?;
        self.skip_blanks();
        let start = self.at;
        let mut escaped = false;
        for (at, c) in self.rest().char_indices() {
            if c == quote && !escaped {
                let text = self.text.get(start..start + at)?;
                self.at = start + at + 1;
                return Some(text.replace(&format!("\\{quote}"), quote.encode_utf8(&mut [0; 4])));
            }
            escaped = c == '\\' && !escaped;
        }
        None
    }

    fn fields(&mut self) -> Option<Step> {
        let mut names = Vec::new();
        while let Some(name) = self.attempt(Reader::quoted) {
            if name.is_empty() {
                return None;
            }
            names.push(name);
            if !self.take(",") {
                break;
            }
        }
        // what follows decides whether nothing in brackets was meant
        let closed = self.attempt(|reader| reader.take("]").then_some(()).map(|()| reader.at -= 1));
        closed?;
        match names.len() {
            1 => names.pop().map(Step::Field),
            _ => Some(Step::Fields(names)),
        }
    }

    fn items(&mut self) -> Option<Step> {
        if self.take("*") {
            return Some(Step::Slice(None, None, 1));
        }
        let first = self.attempt(Reader::integer);
        if self.take(":") {
            let end = self.attempt(Reader::integer);
            let step = match self.take(":") {
                true => self.attempt(Reader::integer),
                false => None,
            };
            return Some(Step::Slice(first, end, step.unwrap_or(1)));
        }
        let mut items = vec![first?];
        while self.take(",") {
            items.push(self.integer()?);
        }
        Some(Step::Items(items))
    }

    fn integer(&mut self) -> Option<i32> {
        self.skip_blanks();
        let sign = self.rest().starts_with('-');
        let digits = self.rest().get(usize::from(sign)..)?;
        let length = digits.bytes().take_while(u8::is_ascii_digit).count() + usize::from(sign);
        let number = self.rest().get(..length)?.parse().ok()?;
        self.at += length;
        Some(number)
    }

    fn filter(&mut self) -> Option<Filter> {
        self.nested += 1;
        if self.nested > MOST_NESTED || !self.take("[?(") {
            self.nested -= 1;
            return None;
        }
        let filter = self.any_of();
        self.nested -= 1;
        let filter = filter?;
        self.take(")]").then_some(filter)
    }

    fn any_of(&mut self) -> Option<Filter> {
        let mut filter = self.all_of()?;
        while self.take("||") {
            filter = Filter::Or(Box::new(filter), Box::new(self.all_of()?));
        }
        Some(filter)
    }

    fn all_of(&mut self) -> Option<Filter> {
        let mut filter = self.condition()?;
        while self.take("&&") {
            filter = Filter::And(Box::new(filter), Box::new(self.condition()?));
        }
        Some(filter)
    }

    fn condition(&mut self) -> Option<Filter> {
        if let Some(path) = self.sub_path() {
            return match self.operator() {
                None => Some(Filter::Has(path)),
                Some(operator) => {
                    let right = match self.sub_path() {
                        Some(path) => Operand::Path(path),
                        None => self.value()?,
                    };
                    Some(Filter::Compare(Operand::Path(path), operator, right))
                }
            };
        }
        let left = self.value()?;
        let operator = self.operator()?;
        let right = Operand::Path(self.sub_path()?);
        Some(Filter::Compare(left, operator, right))
    }

    fn sub_path(&mut self) -> Option<Vec<Step>> {
        let start = match (self.take("@"), self.take("$")) {
            (true, _) => Step::Current,
            (_, true) => Step::Root,
            _ => return None,
        };
        let mut steps = vec![start];
        self.steps(&mut steps);
        Some(steps)
    }

    fn operator(&mut self) -> Option<Operator> {
        // the longer ones first
        let operators = [
            ("==", Operator::Equal),
            ("!=", Operator::NotEqual),
            ("<=", Operator::LessOrEqual),
            ("<", Operator::Less),
            (">=", Operator::GreaterOrEqual),
            (">", Operator::Greater),
        ];
        let found = operators.into_iter().find(|(token, _)| self.take(token));
        found.map(|(_, operator)| operator)
    }

    fn value(&mut self) -> Option<Operand> {
        let words = [
            ("true", Operand::Bool(true)),
            ("false", Operand::Bool(false)),
            ("null", Operand::Null),
        ];
        if let Some((_, word)) = words.into_iter().find(|(token, _)| self.take(token)) {
            return Some(word);
        }
        if let Some(text) = self.attempt(Reader::quoted) {
            return Some(Operand::Text(text));
        }
        self.skip_blanks();
        let fits = |c: char| c.is_ascii_digit() || c == '.' || c == '-';
        self.attempt(|reader| {
            let text = reader.run(fits)?;
            match text.contains('.') {
                true => text.parse().ok().map(Operand::Double),
                false => text.parse().ok().map(Operand::Long),
            }
        })
    }
}
