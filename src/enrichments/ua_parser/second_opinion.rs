//! The official Rust parser of the same rules, asked about agents of our own wording.
//!
//! It follows the specification of uap-core, this one uap-java. They differ by design where the two
//! do: an empty part of a version is absent there and empty here, and a patch version that follows a
//! replaced minor version is kept there and left out here. Besides, that parser takes large counts
//! such as `{0,100}` for any number, so that it finds a crawler's name further back in an agent.

use ua_parser::device::Parser as DeviceParser;
use ua_parser::os::Parser as SystemParser;
use ua_parser::user_agent::Parser as AgentParser;
use ua_parser::{Extractor, Regexes};

use super::bundled;
use super::engine::Engine;

fn extractor() -> Extractor<'static> {
    let rules = bundled::rules();
    let [agents, systems, devices] = [rules.agents, rules.systems, rules.devices];
    let regexes = Regexes {
        user_agent_parsers: agents
            .into_iter()
            .map(|rule| {
                let [family_replacement, v1_replacement, v2_replacement, _] = rule.answers;
                AgentParser {
                    regex: rule.pattern,
                    family_replacement,
                    v1_replacement,
                    v2_replacement,
                    ..AgentParser::default()
                }
            })
            .collect(),
        os_parsers: systems
            .into_iter()
            .map(|rule| {
                let [
                    os_replacement,
                    os_v1_replacement,
                    os_v2_replacement,
                    os_v3_replacement,
                ] = rule.answers;
                SystemParser {
                    regex: rule.pattern,
                    os_replacement,
                    os_v1_replacement,
                    os_v2_replacement,
                    os_v3_replacement,
                    ..SystemParser::default()
                }
            })
            .collect(),
        device_parsers: devices
            .into_iter()
            .map(|rule| {
                let [device_replacement, ..] = rule.answers;
                DeviceParser {
                    regex: rule.pattern,
                    regex_flag: rule
                        .ignore_case
                        .then_some(ua_parser::device::Flag::IgnoreCase),
                    device_replacement,
                    ..DeviceParser::default()
                }
            })
            .collect(),
    };
    Extractor::try_from(regexes).unwrap()
}

/// Every system with every browser, and some agents that are neither.
fn agents() -> Vec<String> {
    let systems = [
        "Windows NT 10.0; Win64; x64",
        "Windows NT 6.1; WOW64",
        "Windows NT 5.1",
        "Windows Phone 10.0; Android 6.0.1; Microsoft; Lumia 650",
        "Macintosh; Intel Mac OS X 10_15_7",
        "Macintosh; Intel Mac OS X 10.14",
        "iPhone; CPU iPhone OS 16_3_1 like Mac OS X",
        "iPad; CPU OS 15_6 like Mac OS X",
        "Linux; Android 13; Pixel 7 Pro",
        "Linux; Android 12; SM-G991B",
        "Linux; Android 9; moto g(7) play Build/PPY29.105",
        "Linux; Android 11; M2007J20CG Build/RKQ1.200826.002; wv",
        "Linux; U; Android 4.4.2; de-de; GT-I9505 Build/KOT49H",
        "Linux; Android 7.1.2; AFTMM Build/NS6265",
        "X11; Linux x86_64",
        "X11; Ubuntu; Linux x86_64; rv:109.0",
        "X11; CrOS x86_64 14541.0.0",
        "X11; FreeBSD amd64",
        "SMART-TV; LINUX; Tizen 6.0",
        "Web0S; Linux/SmartTV",
        "PlayStation 5 3.11",
        "Nintendo Switch; WifiWebAuthApplet",
        "Ünknown; §ystem 1.0",
    ];
    let browsers = [
        "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/109.0.5414.87 Safari/537.36",
        "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/109.0.0.0 Mobile Safari/537.36",
        "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/108.0.0.0 Safari/537.36 Edg/108.0.1462.54",
        "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/107.0.0.0 Safari/537.36 OPR/93.0.0.0",
        "AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/19.0 Chrome/102.0.5005.125 Mobile Safari/537.36",
        "AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/90.0.4430.91 Mobile Safari/537.36",
        "AppleWebKit/605.1.15 (KHTML, like Gecko) Version/16.3 Safari/605.1.15",
        "AppleWebKit/605.1.15 (KHTML, like Gecko) Version/16.3 Mobile/15E148 Safari/604.1",
        "AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/109.0.5414.83 Mobile/15E148 Safari/604.1",
        "AppleWebKit/605.1.15 (KHTML, like Gecko) FxiOS/109.0 Mobile/15E148 Safari/605.1.15",
        "AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 [FBAN/FBIOS;FBAV/397.0.0.23;FBLC/de_DE]",
        "AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 Instagram 265.0.0.19",
        "Gecko/20100101 Firefox/109.0",
        "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/100.0.0.0 YaBrowser/22.11.3 Safari/537.36",
    ];
    let others = [
        "",
        "-",
        "curl/7.88.1",
        "python-requests/2.28.2",
        "Wget/1.21.3 (linux-gnu)",
        "okhttp/4.10.0",
        "Dalvik/2.1.0 (Linux; U; Android 10; SM-A515F Build/QP1A.190711.020)",
        "MyShop/4.2.1 CFNetwork/1404.0.5 Darwin/22.3.0",
        "Mozilla/4.0 (compatible; MSIE 8.0; Windows NT 6.1; Trident/4.0)",
        "Mozilla/5.0 (Windows NT 6.3; Trident/7.0; rv:11.0) like Gecko",
        "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
        "Opera/9.80 (Windows NT 6.0) Presto/2.12.388 Version/12.14",
        "Apache-HttpClient/4.5.13 (Java/17.0.5)",
        "snow spider indexer/0.1",
        "Mozilla/5.0 (compatible; snowcrawler/2.1; +https://bot.test)",
    ];
    let pairs = systems.iter().flat_map(|system| {
        browsers
            .iter()
            .map(move |browser| format!("Mozilla/5.0 ({system}) {browser}"))
    });
    pairs.chain(others.map(str::to_owned)).collect()
}

#[test]
fn the_official_parser_is_of_the_same_opinion() {
    let (extractor, engine) = (extractor(), Engine::new(bundled::rules()).unwrap());
    let filled = |part: &Option<String>| part.clone().filter(|text| !text.is_empty());
    let agents = agents();
    assert!(agents.len() > 300);
    for agent in &agents {
        let ours = engine.parse(agent).unwrap();
        let (theirs, system, device) = extractor.extract(agent);
        let theirs = theirs.map(ua_parser::user_agent::ValueRef::into_owned);
        let (family, version, patch) = theirs
            .map_or(("Other".to_owned(), [None, None], None), |theirs| {
                (theirs.family, [theirs.major, theirs.minor], theirs.patch)
            });
        let [major, minor, our_patch] = &ours.agent.version;
        assert_eq!(
            (&ours.agent.family, [major, minor]),
            (&family, version.each_ref()),
            "{agent}"
        );
        assert!(
            *our_patch == patch || our_patch.is_none(),
            "{agent}: {our_patch:?} {patch:?}"
        );
        let system = system.map(ua_parser::os::ValueRef::into_owned);
        let (family, version) =
            system.map_or(("Other".to_owned(), [const { None }; 4]), |system| {
                (
                    system.os,
                    [system.major, system.minor, system.patch, system.patch_minor],
                )
            });
        let our_version = ours.system.version.each_ref().map(filled);
        assert_eq!(
            (&ours.system.family, our_version),
            (&family, version),
            "{agent}"
        );
        let device = device.map_or("Other".to_owned(), |device| device.into_owned().device);
        assert_eq!(ours.device, device, "{agent}");
    }
}
