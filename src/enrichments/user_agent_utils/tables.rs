//! The tables of UserAgentUtils 1.21 that the build puts in, and how an agent is looked up in them.
//!
//! Browsers and operating systems are two forests. A node is taken when one of its words occurs in
//! the agent and none of those that exclude it; its children are asked before it. All words of both
//! forests are found in one pass.

use aho_corasick::AhoCorasick;
use compact_str::CompactString;
use jvm::pattern::Pattern;
use jvm::text::to_lower;
use rustc_hash::FxHashMap;

/// One row for each browser, system and WebKit version; `scripts/DumpUserAgentUtils.java` says how.
const TABLES: &str = include_str!(concat!(env!("OUT_DIR"), "/user-agent-utils.tsv"));

/// Most words that [`Seen`] can hold.
const MOST_WORDS: usize = 1024;
/// What is taken when nothing is found.
const UNKNOWN: &str = "UNKNOWN";
/// The browser whose operating system is not looked for.
const BOT: &str = "BOT";

/// What is told of a browser; the version is worked out for each agent.
#[derive(Debug, Clone)]
pub struct Browser {
    /// Its name for people.
    pub name: &'static str,
    /// The name of the kind it belongs to.
    pub family: &'static str,
    /// What it is for: browser, e-mail client, robot and so on.
    pub kind: &'static str,
    /// The constant of its rendering engine.
    pub engine: &'static str,
    rule: Option<Rule>,
    /// The number of the top of its tree.
    top: usize,
}

/// What is told of an operating system.
#[derive(Debug, Clone)]
pub struct System {
    /// Its name for people.
    pub name: &'static str,
    /// The name of the kind it belongs to.
    pub family: &'static str,
    /// Who makes it.
    pub manufacturer: &'static str,
    /// What it runs on.
    pub device: &'static str,
    /// Whether that is carried about.
    pub mobile: bool,
}

/// How a version is found: group 1 of a pattern (by number), and else the WebKit version that a
/// second pattern finds, looked up.
#[derive(Debug, Clone, Copy)]
struct Rule {
    direct: usize,
    webkit: Option<usize>,
}

#[derive(Debug, Default)]
struct Node {
    words: Vec<usize>,
    excludes: Vec<usize>,
    children: Vec<usize>,
}

/// Nodes with what is told of them, in the order they are asked.
#[derive(Debug)]
struct Forest<T> {
    nodes: Vec<Node>,
    told: Vec<T>,
    tops: Vec<usize>,
    ids: FxHashMap<&'static str, usize>,
}

/// Which words occur in an agent.
struct Seen([u64; MOST_WORDS / 64]);

impl Seen {
    fn add(&mut self, word: usize) {
        if let Some(bits) = self.0.get_mut(word / 64) {
            *bits |= 1 << (word % 64);
        }
    }

    fn any(&self, words: &[usize]) -> bool {
        words.iter().any(|word| {
            let bits = self.0.get(word / 64).copied().unwrap_or_default();
            bits >> (word % 64) & 1 == 1
        })
    }
}

impl<T> Forest<T> {
    fn new() -> Forest<T> {
        Forest {
            nodes: Vec::new(),
            told: Vec::new(),
            tops: Vec::new(),
            ids: FxHashMap::default(),
        }
    }

    fn add(&mut self, id: &'static str, parent: &str, node: Node, told: T) -> Option<()> {
        let number = self.nodes.len();
        self.nodes.push(node);
        self.told.push(told);
        self.ids.insert(id, number);
        if parent.is_empty() {
            self.tops.push(number);
        } else {
            let above = *self.ids.get(parent)?;
            self.nodes.get_mut(above)?.children.push(number);
        }
        Some(())
    }

    /// What is told of the node of that id.
    fn get(&self, id: &str) -> Option<&T> {
        self.told.get(*self.ids.get(id)?)
    }

    fn find(&self, seen: &Seen) -> Option<usize> {
        self.first(&self.tops, seen)
            .or_else(|| self.ids.get(UNKNOWN).copied())
    }

    fn first(&self, numbers: &[usize], seen: &Seen) -> Option<usize> {
        numbers.iter().find_map(|&number| {
            let node = self.nodes.get(number)?;
            if !seen.any(&node.words) {
                return None;
            }
            self.first(&node.children, seen)
                .or_else(|| (!seen.any(&node.excludes)).then_some(number))
        })
    }
}

/// What an agent tells, by the numbers of [`Tables::browser`] and [`Tables::system`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    browser: usize,
    system: usize,
    /// The version of the browser, if its kind has one and it is told.
    pub version: Option<CompactString>,
}

/// All tables, ready to look agents up.
#[derive(Debug)]
pub struct Tables {
    browsers: Forest<Browser>,
    systems: Forest<System>,
    bot: usize,
    words: AhoCorasick,
    patterns: Vec<Pattern>,
    webkit: FxHashMap<&'static str, &'static str>,
}

/// Texts that are numbered as they come.
#[derive(Default)]
struct Numbers {
    texts: Vec<&'static str>,
    known: FxHashMap<&'static str, usize>,
}

impl Numbers {
    fn of(&mut self, text: &'static str) -> usize {
        *self.known.entry(text).or_insert_with(|| {
            self.texts.push(text);
            self.texts.len() - 1
        })
    }

    /// The numbers of texts with a bar after each.
    fn all(&mut self, list: &'static str) -> Vec<usize> {
        let texts = list.split_terminator('|');
        texts.map(|text| self.of(text)).collect()
    }
}

impl Tables {
    /// Reads the tables of the build.
    ///
    /// # Errors
    /// When they are not as they should be, which the tests rule out.
    pub fn bundled() -> Result<Tables, String> {
        let mut words = Numbers::default();
        let mut patterns = Numbers::default();
        let mut webkit = FxHashMap::default();
        let mut browsers = Forest::new();
        let mut systems = Forest::new();
        for line in TABLES.lines() {
            let cells: Vec<&'static str> = line.split('\t').collect();
            let done = match cells.as_slice() {
                ["webkit", version, safari] => {
                    webkit.insert(*version, *safari);
                    Some(())
                }
                [
                    "browser",
                    id,
                    parent,
                    name,
                    aliases,
                    excludes,
                    kind,
                    engine,
                    direct,
                    mapped,
                ] => {
                    let above: Option<&Browser> = browsers.get(parent);
                    let top = above.map_or(browsers.told.len(), |above| above.top);
                    let own = (!direct.is_empty()).then(|| Rule {
                        direct: patterns.of(direct),
                        webkit: (!mapped.is_empty()).then(|| patterns.of(mapped)),
                    });
                    let browser = Browser {
                        name,
                        family: above.map_or(name, |above| above.family),
                        kind,
                        engine,
                        // a node without a rule has that of its top, not that of its parent
                        rule: own.or_else(|| browsers.told.get(top)?.rule),
                        top,
                    };
                    let node = node(&mut words, aliases, excludes);
                    browsers.add(id, parent, node, browser)
                }
                [
                    "system",
                    id,
                    parent,
                    name,
                    aliases,
                    excludes,
                    manufacturer,
                    device,
                    kind,
                ] => {
                    let above: Option<&System> = systems.get(parent);
                    let system = System {
                        name,
                        family: above.map_or(name, |above| above.family),
                        manufacturer,
                        device,
                        mobile: matches!(*kind, "MOBILE" | "TABLET" | "WEARABLE"),
                    };
                    let node = node(&mut words, aliases, excludes);
                    systems.add(id, parent, node, system)
                }
                _ => None,
            };
            done.ok_or_else(|| format!("an odd row: {line}"))?;
        }
        if words.texts.len() > MOST_WORDS {
            return Err(format!("more than {MOST_WORDS} words"));
        }
        let bot = *browsers.ids.get(BOT).ok_or("no browser BOT")?;
        for (kind, known) in [("browser", &browsers.ids), ("system", &systems.ids)] {
            if !known.contains_key(UNKNOWN) {
                return Err(format!("no {kind} {UNKNOWN}"));
            }
        }
        let compile = |text: &&str| Pattern::new(text).map_err(|e| format!("{text}: {e}"));
        Ok(Tables {
            browsers,
            systems,
            bot,
            words: AhoCorasick::new(&words.texts).map_err(|e| e.to_string())?,
            patterns: patterns
                .texts
                .iter()
                .map(compile)
                .collect::<Result<_, _>>()?,
            webkit,
        })
    }

    /// Looks an agent up.
    pub fn find(&self, agent: &str) -> Option<Found> {
        let lower = to_lower(agent);
        let mut seen = Seen([0; MOST_WORDS / 64]);
        for word in self.words.find_overlapping_iter(lower.as_ref()) {
            seen.add(word.pattern().as_usize());
        }
        let browser = self.browsers.find(&seen)?;
        let system = match browser == self.bot {
            true => *self.systems.ids.get(UNKNOWN)?,
            false => self.systems.find(&seen)?,
        };
        let rule = self.browsers.told.get(browser)?.rule;
        Some(Found {
            browser,
            system,
            version: rule.and_then(|rule| self.version(rule, agent)),
        })
    }

    fn version(&self, rule: Rule, agent: &str) -> Option<CompactString> {
        let group = |pattern: usize| {
            let groups = self.patterns.get(pattern)?.captures(agent)?;
            groups.get(1).copied().flatten()
        };
        let mapped = || {
            let webkit = group(rule.webkit?)?;
            self.webkit.get(webkit).copied()
        };
        group(rule.direct).or_else(mapped).map(CompactString::from)
    }

    /// The browser that was found.
    pub fn browser(&self, found: &Found) -> Option<&Browser> {
        self.browsers.told.get(found.browser)
    }

    /// The operating system that was found.
    pub fn system(&self, found: &Found) -> Option<&System> {
        self.systems.told.get(found.system)
    }
}

fn node(words: &mut Numbers, aliases: &'static str, excludes: &'static str) -> Node {
    Node {
        words: words.all(aliases),
        excludes: words.all(excludes),
        children: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_of_the_build_are_whole() {
        let tables = Tables::bundled().unwrap();
        assert_eq!(tables.browsers.nodes.len(), 239);
        assert_eq!(tables.systems.nodes.len(), 102);
        assert_eq!(tables.webkit.len(), 90);
        assert_eq!(tables.browsers.tops.len(), 30);
        let coast = tables.browsers.get("COAST1").map(|browser| browser.family);
        assert_eq!(coast, Some("Opera"));
    }
}
