use super::*;

#[path = "../examples/common/hostile.rs"]
mod hostile;
#[path = "compile/yaml.rs"]
mod yaml;

fn analyzer() -> Option<Analyzer> {
    match Analyzer::embedded() {
        Ok(analyzer) => Some(analyzer),
        Err(TablesError::NotEmbedded) => None,
        Err(other) => panic!("{other}"),
    }
}

#[test]
fn an_ordinary_browser_is_named() {
    let Some(analyzer) = analyzer() else { return };
    let agent = analyzer.parse(
        "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/110.0.0.0 Safari/537.36",
    );
    assert_eq!(agent.get("AgentNameVersionMajor"), Some("Chrome 110"));
    assert_eq!(agent.get("OperatingSystemName"), Some("Linux"));
    assert_eq!(agent.iter().next(), Some(("DeviceClass", "Desktop")));
    assert_eq!(agent.iter().last(), Some(("__SyntaxError__", "false")));
}

#[test]
fn hints_improve_what_the_agent_says() {
    let Some(analyzer) = analyzer() else { return };
    let agent = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/110.0.0.0 Safari/537.36";
    let headers = [
        ("user-agent", agent),
        ("Sec-Ch-Ua-Platform", "\"Windows\""),
        ("SEC-CH-UA-PLATFORM-VERSION", "\"15.0.0\""),
    ];
    assert_eq!(
        analyzer
            .parse_headers(&headers)
            .get("OperatingSystemNameVersion"),
        Some("Windows 11")
    );
    assert_eq!(analyzer.parse(agent).get("UAClientHintPlatform"), None);
}

#[test]
fn a_lone_minus_and_overlong_agents_are_attacks() {
    let Some(analyzer) = analyzer() else { return };
    assert_eq!(analyzer.parse("-").get("DeviceClass"), Some("Hacker"));
    let long = analyzer.parse(&"a".repeat(2049));
    assert_eq!(long.get("HackerAttackVector"), Some("Buffer overflow"));
}

#[test]
fn an_agent_of_blanks_fails_as_in_the_library() {
    let Some(analyzer) = analyzer() else { return };
    assert_eq!(
        analyzer.parse("   ").get("HackerAttackVector"),
        Some("Yauaa Exploit")
    );
}

/// The agents of the test cases inside the rule files.
fn suite() -> Vec<String> {
    let folder = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../.assets/yauaa/UserAgents"
    );
    let mut agents = Vec::new();
    for file in std::fs::read_dir(folder).unwrap() {
        let text = std::fs::read_to_string(file.unwrap().path()).unwrap();
        let document = yaml::parse(&text).unwrap();
        for entry in document.get("config").map_or(&[][..], yaml::Yaml::items) {
            let case = entry
                .pairs()
                .first()
                .filter(|(kind, _)| kind.text() == "test");
            let input = case.and_then(|(_, body)| body.get("input"));
            let agent = input.and_then(|input| input.get("user_agent_string"));
            agents.extend(agent.map(|agent| agent.text().to_owned()));
        }
    }
    agents
}

/// What the analyser did for an agent.
struct Work {
    /// Of prediction; it does not depend on earlier agents.
    predicting: u32,
    letters: usize,
    nodes: usize,
    told: usize,
}

fn work(analyzer: &Analyzer, agent: &str) -> Option<Work> {
    if java::length(agent) > MAX_LENGTH {
        return None;
    }
    analyzer.parse(agent);
    let idle = analyzer.idle.lock().unwrap();
    idle.last().map(|memory| Work {
        predicting: memory.predicting.spent(),
        letters: memory.lexing.letters,
        nodes: memory.tree.nodes.len(),
        told: memory.scratch.told(),
    })
}

#[test]
fn honest_agents_take_less_than_half_of_the_work_that_is_granted() {
    let Some(analyzer) = analyzer() else { return };
    let of = |agent: String| work(&analyzer, &agent).map_or(0, |work| work.predicting);
    let most = suite().into_iter().map(of).max().unwrap();
    assert!((1..predict::BUDGET / 2).contains(&most), "{most}");
    // One after the other they leave room in the working memory.
    let idle = analyzer.idle.lock().unwrap();
    let full = idle.last().unwrap().predicting.full();
    assert!(
        full.iter().all(|&percent| (1..60).contains(&percent)),
        "{full:?}"
    );
}

#[test]
fn hostile_agents_take_bounded_work() {
    let Some(warm) = analyzer() else { return };
    let mut slowest = std::time::Duration::ZERO;
    for &parts in hostile::HOSTILE {
        let agent = hostile::hostile(parts);
        let cold = analyzer().unwrap();
        let start = std::time::Instant::now();
        let first = work(&cold, &agent).unwrap();
        slowest = slowest.max(start.elapsed());
        let again = work(&warm, &agent).unwrap();
        assert_eq!(first.predicting, again.predicting);
        assert!(first.predicting <= predict::BUDGET);
        assert!(
            first.letters <= 70 * agent.len(),
            "{} letters of {agent}",
            first.letters
        );
        assert!(
            first.nodes <= 8 * agent.len(),
            "{} nodes of {agent}",
            first.nodes
        );
        assert!(
            first.told <= 2 * agent.len() + 2000,
            "{} told of {agent}",
            first.told
        );
    }
    println!("slowest hostile agent in this build {slowest:?}");
}

#[test]
fn tables_that_are_cut_are_refused() {
    assert_eq!(
        Analyzer::from_tables(b"").err(),
        Some(TablesError::NotEmbedded)
    );
    assert_eq!(
        Analyzer::from_tables(b"yauaaT02").err(),
        Some(TablesError::Malformed)
    );
    assert_eq!(
        Analyzer::from_tables(b"something else").err(),
        Some(TablesError::Malformed)
    );
}

#[test]
fn parts_are_counted_as_the_library_counts_them() {
    use words::{Splitter, TO_END};
    assert_eq!(
        Splitter::Words.range("one two.three (four)", 2, 3),
        Some("two.three")
    );
    assert_eq!(
        Splitter::Words.range("one two (four)", 2, TO_END),
        Some("two ")
    );
    assert_eq!(Splitter::Words.range("(one) two", 1, 1), None);
    assert_eq!(Splitter::Version.range("1.2_3", 1, 2), Some("1.2"));
    assert_eq!(Splitter::Segments.range("a|b|c", 2, 2), Some("b"));
    assert_eq!(
        Splitter::Version.single("www.example.com", 1),
        Some("www.example.com")
    );
}

#[test]
fn brands_get_the_capitals_of_the_library() {
    assert_eq!(normalize::brand("lge"), "LGE");
    assert_eq!(normalize::brand("samsung sm-t123"), "Samsung SM-T123");
    assert_eq!(normalize::brand("playStation"), "PlayStation");
    assert_eq!(normalize::device_name("Apple", "iphone"), "Apple iPhone");
}
