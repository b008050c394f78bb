//! Which texts must occur for a pattern to match: a cheap test before the dear one.
//!
//! The answer is a list of clauses; of each clause at least one literal occurs in every match,
//! taking upper and lower case of ASCII as one. A pattern may have none.

use super::syntax::Node;

/// More texts than this are not listed one by one.
const MOST: usize = 24;
/// Literals are cut to so many characters; longer ones tell no more.
const LONGEST: usize = 12;

/// Literals in lower case, of which one must occur.
pub type Clause = Vec<String>;

/// The clauses of a pattern, the most telling first.
pub fn required(pattern: &Node) -> Vec<Clause> {
    let mut clauses = match read(pattern) {
        Found::Exactly(texts) => vec![texts],
        Found::Clauses(clauses) => clauses,
    };
    clauses.retain(|clause| worth(clause) > 0);
    clauses.iter_mut().for_each(tidy);
    clauses.sort_by_key(|clause| {
        std::cmp::Reverse((worth(clause), MOST.saturating_sub(clause.len())))
    });
    clauses.dedup();
    clauses
}

/// What is known of a part of a pattern.
enum Found {
    /// It matches these texts and no others.
    Exactly(Vec<String>),
    /// It matches only where each of these holds.
    Clauses(Vec<Clause>),
}

fn nothing() -> Found {
    Found::Clauses(Vec::new())
}

fn read(node: &Node) -> Found {
    match node {
        Node::Start | Node::End | Node::Boundary { .. } => Found::Exactly(vec![String::new()]),
        Node::Char(c) if c.is_ascii() => Found::Exactly(vec![c.to_ascii_lowercase().into()]),
        Node::Char(c) => Found::Exactly(vec![(*c).into()]),
        Node::Class(class) => {
            let mut texts: Vec<String> = class
                .ascii_chars()
                .map(|byte| char::from(byte).to_ascii_lowercase().into())
                .collect();
            tidy(&mut texts);
            match class.wide.is_empty() && texts.len() <= 4 {
                true => Found::Exactly(texts),
                false => nothing(),
            }
        }
        Node::Group(_, node) => read(node),
        Node::Concat(nodes) => concat(nodes),
        Node::Alternate(nodes) => alternate(nodes),
        Node::Repeat { node, min, max, .. } => match (read(node), min, max) {
            (Found::Exactly(mut texts), 0, Some(1)) => {
                texts.push(String::new());
                Found::Exactly(texts)
            }
            (_, 0, _) => nothing(),
            (found, 1, Some(1)) => found,
            (Found::Exactly(texts), min, max) if *max == Some(*min) && texts.len() == 1 => {
                Found::Exactly(
                    texts
                        .iter()
                        .map(|text| text.repeat((*min).min(8) as usize))
                        .collect(),
                )
                .weakened(*min > 8)
            }
            (Found::Exactly(texts), _, _) => Found::Clauses(vec![texts]),
            (found, _, _) => found,
        },
    }
}

impl Found {
    /// The same, but no longer exact if `weaken`.
    fn weakened(self, weaken: bool) -> Found {
        match self {
            Found::Exactly(texts) if weaken => Found::Clauses(vec![texts]),
            found => found,
        }
    }
}

/// Joins exact neighbours to longer texts while these are few.
fn concat(nodes: &[Node]) -> Found {
    let mut clauses = Vec::new();
    let mut exact = true;
    let mut run = vec![String::new()];
    for node in nodes {
        match read(node) {
            Found::Exactly(texts) => {
                let longest = run.iter().map(String::len).max().unwrap_or(0);
                if run.len() * texts.len() > MOST || longest > 4 * LONGEST {
                    exact = false;
                    clauses.push(std::mem::replace(&mut run, texts));
                } else {
                    run = run
                        .iter()
                        .flat_map(|head| texts.iter().map(move |tail| format!("{head}{tail}")))
                        .collect();
                }
            }
            Found::Clauses(inner) => {
                exact = false;
                clauses.push(std::mem::replace(&mut run, vec![String::new()]));
                clauses.extend(inner);
            }
        }
    }
    match exact {
        true => Found::Exactly(run),
        false => {
            clauses.push(run);
            Found::Clauses(clauses)
        }
    }
}

fn alternate(nodes: &[Node]) -> Found {
    let branches: Vec<Found> = nodes.iter().map(read).collect();
    let mut exact = true;
    let mut all = Clause::new();
    for branch in branches {
        match branch {
            Found::Exactly(texts) => all.extend(texts),
            Found::Clauses(clauses) => {
                exact = false;
                match clauses.into_iter().max_by_key(|clause| worth(clause)) {
                    Some(best) => all.extend(best),
                    None => return nothing(),
                }
            }
        }
    }
    match exact && all.len() <= MOST {
        true => Found::Exactly(all),
        false => Found::Clauses(vec![all]),
    }
}

/// How telling a clause is: the length of its shortest literal, 0 when it tells nothing.
fn worth(clause: &[String]) -> usize {
    let shortest = clause.iter().map(String::len).min().unwrap_or(0);
    match shortest {
        0 | 1 => 0,
        2 if clause
            .iter()
            .any(|text| !text.bytes().all(|b| b.is_ascii_alphanumeric())) =>
        {
            0
        }
        length => length,
    }
}

/// Sorts, takes out doublets and, where these are few, texts that hold another of the clause;
/// cuts long ones.
fn tidy(clause: &mut Clause) {
    for text in clause.iter_mut() {
        if let Some((end, _)) = text.char_indices().nth(LONGEST) {
            text.truncate(end);
        }
    }
    clause.sort_unstable();
    clause.dedup();
    if clause.len() <= MOST {
        let all = clause.clone();
        clause.retain(|text| {
            !all.iter()
                .any(|other| other != text && text.contains(other.as_str()))
        });
    }
}

#[cfg(test)]
mod tests {
    use super::super::syntax::parse;
    use super::*;

    fn clauses(pattern: &str) -> Vec<String> {
        let node = parse(pattern, false).unwrap();
        required(&node)
            .iter()
            .map(|clause| clause.join("|"))
            .collect()
    }

    #[test]
    fn literals_are_found_through_groups_and_choices() {
        for (pattern, expected) in [
            ("(GeoEvent Server) (\\d+)", vec!["geoevent ser"]),
            ("(Foo|Ba[rz]) x", vec!["foo x|bar x|baz x"]),
            (
                "^(.{0,200})-iPad\\/(\\d+) CFNetwork",
                vec![" cfnetwork", "-ipad/"],
            ),
            ("(?:Foo|Bar\\d)+", vec!["bar|foo"]),
            ("(?:Foo|\\d)+", vec![]),
            ("(?:Foo)?Barr", vec!["barr"]),
            ("[a-z]+", vec![]),
            ("(; |;)x.Yy", vec!["yy"]),
            ("o{3}z", vec!["oooz"]),
            ("(é|È)aa", vec!["éaa|Èaa"]),
        ] {
            let mut found = clauses(pattern);
            found.iter_mut().for_each(|clause| {
                let mut parts: Vec<&str> = clause.split('|').collect();
                parts.sort_unstable();
                *clause = parts.join("|");
            });
            let expected: Vec<String> = expected
                .into_iter()
                .map(|clause| {
                    let mut parts: Vec<&str> = clause.split('|').collect();
                    parts.sort_unstable();
                    parts.join("|")
                })
                .collect();
            assert_eq!(found, expected, "{pattern}");
        }
    }
}
