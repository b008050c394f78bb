//! User agents put together from parts, in the shapes that browsers, apps and robots have.

use super::rng::Rng;

const PHONES: [&str; 6] = [
    "SM-G991B",
    "Pixel 7",
    "SM-A536B",
    "Redmi Note 11",
    "moto g(60)",
    "CPH2211",
];
const DESKTOPS: [&str; 4] = [
    "Windows NT 10.0; Win64; x64",
    "Macintosh; Intel Mac OS X 10_15_7",
    "X11; Linux x86_64",
    "X11; CrOS x86_64 14541.0.0",
];
const ROBOTS: [&str; 4] = [
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)",
    "curl/8.4.0",
    "python-requests/2.31.0",
];

/// An agent; one visitor keeps theirs.
pub fn agent(rng: &mut Rng) -> String {
    let chrome = format!(
        "{}.0.{}.{}",
        rng.range(90, 120),
        rng.range(4400, 6100),
        rng.range(20, 200)
    );
    let gecko = "AppleWebKit/537.36 (KHTML, like Gecko)";
    match rng.range(0, 100) {
        0..40 => format!(
            "Mozilla/5.0 ({}) {gecko} Chrome/{chrome} Safari/537.36",
            rng.pick(&DESKTOPS)
        ),
        40..58 => format!(
            "Mozilla/5.0 (Linux; Android {}; {}) {gecko} Chrome/{chrome} Mobile Safari/537.36",
            rng.range(9, 14),
            rng.pick(&PHONES)
        ),
        58..76 => {
            let (major, minor) = (rng.range(14, 18), rng.range(0, 7));
            format!(
                "Mozilla/5.0 (iPhone; CPU iPhone OS {major}_{minor} like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/{major}.{minor} Mobile/15E148 Safari/604.1"
            )
        }
        76..86 => {
            let version = rng.range(102, 121);
            format!(
                "Mozilla/5.0 ({}; rv:{version}.0) Gecko/20100101 Firefox/{version}.0",
                rng.pick(&DESKTOPS)
            )
        }
        86..93 => format!(
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) {gecko} Chrome/{chrome} Safari/537.36 Edg/{chrome}"
        ),
        93..97 => format!(
            "Mozilla/5.0 (iPad; CPU OS {}_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148",
            rng.range(13, 17)
        ),
        _ => rng.pick(&ROBOTS).to_owned(),
    }
}
