//! Who sends requests: what stays the same from one request of a visitor to the next.

use super::agents;
use super::rng::Rng;
use super::site::{HOSTS, Page};
use crate::payload::encode::Request;

const LANGUAGES: [&str; 6] = ["en-GB", "de-DE", "en-US", "fr-FR", "ja", "pt-BR"];
const ZONES: [&str; 5] = [
    "Europe/London",
    "Europe/Berlin",
    "America/New_York",
    "Asia/Tokyo",
    "America/Sao_Paulo",
];
const SCREENS: [&str; 5] = ["1920x1080", "390x844", "2560x1440", "1366x768", "412x915"];

/// A visitor of the shop.
pub struct Visitor {
    pub ip: String,
    pub agent: String,
    pub host: &'static str,
    pub language: &'static str,
    pub zone: &'static str,
    pub screen: &'static str,
    /// Id that the shop's own page keeps in a cookie.
    pub domain_user_id: String,
    pub session_id: String,
    pub visit: u64,
    /// Id that the collector keeps in a cookie.
    pub network_user_id: String,
    /// Name of those who have logged in.
    pub user_id: Option<String>,
}

impl Visitor {
    /// The visitor with this number.
    pub fn number(seed: u64, number: u64) -> Visitor {
        let mut rng = Rng::new(seed ^ number.wrapping_mul(0xd6e8_feb8_6659_fd93));
        let rng = &mut rng;
        let ip = match rng.range(0, 20) {
            0..6 => format!("192.0.2.{}", rng.range(1, 255)),
            6..12 => format!("198.51.100.{}", rng.range(1, 255)),
            12..18 => format!("203.0.113.{}", rng.range(1, 255)),
            _ => format!(
                "2001:db8::{:x}:{:x}",
                rng.range(1, 0xffff),
                rng.range(1, 0xffff)
            ),
        };
        Visitor {
            ip,
            agent: agents::agent(rng),
            host: rng.pick(&HOSTS),
            language: rng.pick(&LANGUAGES),
            zone: rng.pick(&ZONES),
            screen: rng.pick(&SCREENS),
            domain_user_id: rng.uuid(),
            session_id: rng.uuid(),
            visit: rng.range(1, 40),
            network_user_id: rng.uuid(),
            user_id: rng
                .chance(30)
                .then(|| format!("customer-{}@shop.example", rng.range(1000, 99_999))),
        }
    }

    /// The address of a page as this visitor sees it.
    pub fn url(&self, page: Page) -> String {
        format!("https://{}{}", self.host, page.path)
    }

    /// A request of this visitor, sent from a page; without parameters yet.
    pub fn request(&self, at: i64, path: &str, page: Page) -> Request {
        let referer = self.url(page);
        let headers = vec![
            "Timeout-Access: <function1>".to_owned(),
            "Host: collector.shop.example".to_owned(),
            format!("User-Agent: {}", self.agent),
            "Accept: */*".to_owned(),
            format!("Accept-Language: {},en;q=0.8", self.language),
            "Accept-Encoding: gzip, deflate, br".to_owned(),
            format!("Origin: https://{}", self.host),
            format!("Referer: {referer}"),
            format!(
                "Cookie: sp={}; session={}",
                self.network_user_id, self.session_id
            ),
            format!("X-Forwarded-For: {}", self.ip),
            "X-Forwarded-Proto: https".to_owned(),
        ];
        Request {
            ip: Some(self.ip.clone()),
            timestamp: at,
            encoding: Some("UTF-8".to_owned()),
            collector: Some("ssc-2.9.2-kafka".to_owned()),
            useragent: Some(self.agent.clone()),
            referer: Some(referer),
            path: Some(path.to_owned()),
            headers,
            hostname: Some("collector.shop.example".to_owned()),
            network_user_id: Some(self.network_user_id.clone()),
            ..Request::default()
        }
    }
}
