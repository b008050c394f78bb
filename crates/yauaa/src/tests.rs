use super::*;

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

#[test]
fn hostile_nesting_ends_soon() {
    let Some(analyzer) = analyzer() else { return };
    for agent in [
        "(a/1 ".repeat(400),
        "(".repeat(2048),
        "-".repeat(2048),
        "a=({".repeat(500),
    ] {
        analyzer.parse(&agent);
    }
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
