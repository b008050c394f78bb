//! What is asked about an event: its agent and the client hints among the headers.

use std::borrow::Cow;

use jvm::smap::SMap;
use yauaa::HINT_HEADERS;

/// The name under which the agent of the event joins the headers.
const USER_AGENT: &str = "User-Agent";

/// The headers that are looked at, in lower case.
const NAMES: [&str; 1 + HINT_HEADERS.len()] = {
    let mut names = ["user-agent"; 1 + HINT_HEADERS.len()];
    let mut n = 0;
    while n < HINT_HEADERS.len() {
        names[1 + n] = HINT_HEADERS[n];
        n += 1;
    }
    names
};

/// The values of the headers that an answer depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Question<'q> {
    /// By place in [`NAMES`].
    values: [Option<&'q str>; NAMES.len()],
}

impl<'q> Question<'q> {
    /// The question about an agent that came with these headers.
    ///
    /// As in the reference a header is split at its first colon with a blank, white space in front
    /// of the value goes, the later of two equal names counts, and the agent of the event comes
    /// last. Of names that differ in case only, the one counts that is later in the Scala map of
    /// all names.
    pub fn new(agent: &'q str, headers: &'q [Cow<'_, str>]) -> Question<'q> {
        let mut values = [None; NAMES.len()];
        let mut spellings = [""; NAMES.len()];
        if let Some(value) = values.first_mut() {
            *value = Some(agent);
        }
        // most headers are none of these, and are not even split
        for header in headers.iter().filter(|header| may_count(header)) {
            let Some((name, value)) = split(header) else {
                continue;
            };
            let Some(place) = place(name) else { continue };
            if place == 0 {
                if name != USER_AGENT {
                    return Self::of_all(agent, headers);
                }
                continue;
            }
            let (Some(known), Some(spelling)) = (values.get_mut(place), spellings.get_mut(place))
            else {
                continue;
            };
            if known.is_some() && *spelling != name {
                return Self::of_all(agent, headers);
            }
            (*known, *spelling) = (Some(value), name);
        }
        Question { values }
    }

    /// The same by way of the map itself, needed only for names that differ in case.
    fn of_all(agent: &'q str, headers: &'q [Cow<'_, str>]) -> Question<'q> {
        let mut map: SMap<&str, &str> = headers.iter().filter_map(|h| split(h)).collect();
        map.insert(USER_AGENT, agent);
        let mut values = [None; NAMES.len()];
        for (name, value) in map {
            if let Some(cell) = place(name).and_then(|place| values.get_mut(place)) {
                *cell = Some(value);
            }
        }
        Question { values }
    }

    /// Names and values of the headers that are there.
    pub fn headers(&self) -> Vec<(&'static str, &'q str)> {
        let named = NAMES.into_iter().zip(self.values);
        named
            .filter_map(|(name, value)| Some((name, value?)))
            .collect()
    }

    /// The question as bytes, piece by piece. Each value follows a byte that no text can hold, so
    /// different questions give different bytes.
    pub fn pieces(&self) -> impl Iterator<Item = (u8, &'q [u8])> {
        let marked = (u8::MAX - NAMES.len() as u8 + 1..=u8::MAX).zip(self.values);
        marked.filter_map(|(mark, value)| Some((mark, value?.as_bytes())))
    }
}

fn split(header: &str) -> Option<(&str, &str)> {
    let bytes = header.as_bytes();
    let colon =
        memchr::memchr_iter(b':', bytes).find(|colon| bytes.get(colon + 1) == Some(&b' '))?;
    let (name, value) = (header.get(..colon)?, header.get(colon + 2..)?);
    let blank = |letter| matches!(letter, ' ' | '\t' | '\n' | '\u{b}' | '\u{c}' | '\r');
    Some((name, value.trim_start_matches(blank)))
}

/// Whether a header begins as one of [`NAMES`] does.
fn may_count(header: &str) -> bool {
    matches!(header.as_bytes().first(), Some(b'S' | b's' | b'U' | b'u'))
}

fn place(name: &str) -> Option<usize> {
    NAMES
        .iter()
        .position(|known| known.eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(agent: &'static str, headers: &[&'static str]) -> Vec<(&'static str, String)> {
        let headers: Vec<Cow<str>> = headers.iter().copied().map(Cow::Borrowed).collect();
        let question = Question::new(agent, &headers);
        assert_eq!(
            question,
            Question::of_all(agent, &headers),
            "the short way and the map must agree"
        );
        let owned = |(name, value): (_, &str)| (name, value.to_owned());
        question.headers().into_iter().map(owned).collect()
    }

    #[test]
    fn headers_are_split_at_a_colon_with_a_blank_and_values_trimmed_in_front() {
        assert_eq!(
            ask(
                "agent",
                &[
                    "Host: h",
                    "Sec-CH-UA-Mobile:?1",
                    "Sec-CH-UA-Model: \t \"a: b\" ",
                    "no colon",
                    "Sec-CH-UA-Arch: "
                ]
            ),
            [
                ("user-agent", "agent".to_owned()),
                ("sec-ch-ua-arch", String::new()),
                ("sec-ch-ua-model", "\"a: b\" ".to_owned()),
            ]
        );
    }

    #[test]
    fn the_agent_of_the_event_wins_and_later_doublets_count() {
        let headers = [
            "User-Agent: other",
            "Sec-CH-UA-Mobile: ?0",
            "Sec-CH-UA-Mobile: ?1",
        ];
        assert_eq!(
            ask("agent", &headers),
            [
                ("user-agent", "agent".to_owned()),
                ("sec-ch-ua-mobile", "?1".to_owned())
            ]
        );
    }

    #[test]
    fn of_two_spellings_the_later_in_the_map_counts() {
        // up to four names: in the order they came, the agent of the event last
        assert_eq!(
            ask("agent", &["user-agent: other"]),
            [("user-agent", "agent".to_owned())]
        );
        assert_eq!(
            ask("agent", &["User-Agent: x", "user-agent: other"]),
            [("user-agent", "other".to_owned())]
        );
        // from five: in the order of their hashes
        let many = [
            "sec-ch-ua-mobile: ?1",
            "Sec-CH-UA-Mobile: ?0",
            "A: 1",
            "B: 2",
            "C: 3",
        ];
        let mut names = [
            "sec-ch-ua-mobile",
            "Sec-CH-UA-Mobile",
            "A",
            "B",
            "C",
            "User-Agent",
        ];
        jvm::smap::sort_trie(&mut names, |name| name);
        let last = names
            .iter()
            .rfind(|name| name.eq_ignore_ascii_case("sec-ch-ua-mobile"));
        let expected = if last == Some(&"sec-ch-ua-mobile") {
            "?1"
        } else {
            "?0"
        };
        assert_eq!(ask("agent", &many)[1].1, expected);
    }

    #[test]
    fn questions_differ_in_bytes_when_their_values_do() {
        let bytes = |agent: &str, headers: &[&'static str]| -> Vec<u8> {
            let headers: Vec<Cow<str>> = headers.iter().copied().map(Cow::Borrowed).collect();
            let question = Question::new(agent, &headers);
            let mut out = Vec::new();
            for (mark, value) in question.pieces() {
                out.push(mark);
                out.extend_from_slice(value);
            }
            out
        };
        assert_eq!(bytes("a", &[]), [0xf5, b'a']);
        assert_eq!(
            bytes("a", &["Sec-CH-UA-WoW64: ?1"]),
            [0xf5, b'a', 0xff, b'?', b'1']
        );
        assert_ne!(
            bytes("a", &["Sec-CH-UA-Arch: x"]),
            bytes("a", &["Sec-CH-UA-Model: x"])
        );
    }
}
