//! What is known of an agent and the parts of it: each is put into lower case, looked up and searched once.

use std::cell::Cell;

use crate::java;
use crate::ops::NONE;
use crate::tables::Tables;
use crate::texts::Spot;

/// How many numbers of parts are remembered.
const KEPT: usize = 256;

#[derive(Clone, Copy, Debug, Default)]
struct Known {
    start: u32,
    end: u32,
    number: u32,
    agent: u32,
}

/// What is known of one agent; kept between agents for its memory.
#[derive(Debug, Default)]
pub struct Parts {
    /// Whether the agent is ASCII; nothing but `known` is filled otherwise.
    plain: bool,
    lower: String,
    /// The places of the texts that rules look for inside values.
    spots: Vec<Spot>,
    /// A bit for each of those texts, by the end of its number.
    present: [u64; 4],
    known: Vec<Cell<Known>>,
    agent: u32,
}

impl Parts {
    /// Starts with another agent.
    pub fn of(&mut self, tables: &Tables, text: &str) {
        self.agent = self.agent.wrapping_add(1);
        if self.agent == 0 || self.known.is_empty() {
            self.known.clear();
            self.known.resize(KEPT, Cell::default());
            self.agent = 1;
        }
        self.lower.clear();
        self.spots.clear();
        self.plain = text.is_ascii();
        if self.plain {
            self.lower.push_str(text);
            self.lower.make_ascii_lowercase();
            tables.needles.find(&self.lower, &mut self.spots);
            self.present = [0; 4];
            for spot in &self.spots {
                if let Some(word) = self.present.get_mut(spot.id as usize / 64 % 4) {
                    *word |= 1 << (spot.id % 64);
                }
            }
        }
    }

    /// Where `part` stands in `text`, if it is a piece of it and the agent is ASCII.
    fn place(&self, text: &str, part: &str) -> Option<(usize, usize)> {
        let start = (part.as_ptr() as usize).wrapping_sub(text.as_ptr() as usize);
        let end = start.wrapping_add(part.len());
        (self.plain && start <= text.len() && end <= text.len()).then_some((start, end))
    }

    /// A part in lower case; `None` for what is no part.
    pub fn lower(&self, text: &str, part: &str) -> Option<&str> {
        let (start, end) = self.place(text, part)?;
        self.lower.get(start..end)
    }

    /// The number of a value some rule asks for, [`NONE`] for others.
    pub fn number(&self, tables: &Tables, text: &str, value: &str) -> u32 {
        let Some((start, end)) = self.place(text, value) else {
            return tables.number(&java::to_lower(value));
        };
        let cell = self.known.get((start * 37 + end) % KEPT);
        if let Some(known) = cell.map(Cell::get)
            && (known.agent, known.start, known.end) == (self.agent, start as u32, end as u32)
        {
            return known.number;
        }
        let number = self
            .lower
            .get(start..end)
            .map_or(NONE, |lower| tables.number(lower));
        if let Some(cell) = cell {
            cell.set(Known {
                start: start as u32,
                end: end as u32,
                number,
                agent: self.agent,
            });
        }
        number
    }

    /// Whether a part holds a text of the rules; `None` for what is no part.
    pub fn contains(&self, text: &str, part: &str, id: u32) -> Option<bool> {
        let word = self.present.get(id as usize / 64 % 4);
        let present = word.is_none_or(|word| word >> (id % 64) & 1 == 1);
        let mut spots = self.spots(text, part)?;
        Some(present && spots.any(|spot| spot.id == id))
    }

    /// The texts of rules inside a part; `None` for what is no part.
    pub fn spots(&self, text: &str, part: &str) -> Option<impl Iterator<Item = &Spot>> {
        let (start, end) = self.place(text, part)?;
        let inside = move |spot: &&Spot| spot.start as usize >= start && spot.end as usize <= end;
        Some(self.spots.iter().filter(inside))
    }
}
