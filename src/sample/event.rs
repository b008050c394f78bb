//! One event as a tracker sends it.

use super::base64;
use super::context;
use super::pairs::Pairs;
use super::rng::Rng;
use super::site::{CAMPAIGNS, PAGES, Page, REFERRERS};
use super::visitor::Visitor;

const UNSTRUCT: &str = "iglu:com.snowplowanalytics.snowplow/unstruct_event/jsonschema/1-0-0";

/// The parameters of an event and the page it happened on.
pub struct Event {
    pub parameters: Pairs,
    pub page: Page,
}

impl Event {
    /// An event of the visitor, sent shortly before `at` (milliseconds since the epoch).
    pub fn random(rng: &mut Rng, visitor: &Visitor, at: i64) -> Event {
        let last = PAGES.len() as u64;
        let page = PAGES[rng.range(0, last).min(rng.range(0, last)) as usize];
        let mut parameters = Pairs::default();
        common(rng, visitor, at, page, &mut parameters);
        match rng.range(0, 100) {
            0..45 => parameters.add("e", "pv"),
            45..70 => ping(rng, &mut parameters),
            70..82 => structured(rng, &mut parameters),
            _ => self_describing(rng, visitor, &mut parameters),
        }
        let contexts = context::contexts(rng, visitor, at);
        if rng.chance(90) {
            parameters.add("cx", base64::encode(contexts.as_bytes(), base64::URL));
        } else {
            parameters.add("co", contexts);
        }
        Event { parameters, page }
    }
}

/// What every event of a web page carries.
fn common(rng: &mut Rng, visitor: &Visitor, at: i64, page: Page, parameters: &mut Pairs) {
    let mut url = visitor.url(page);
    if rng.chance(15) && !url.contains(['?', '#']) {
        url = format!("{url}?{}", rng.pick(&CAMPAIGNS));
    }
    let sent = at - rng.range(5, 400) as i64;
    let created = sent - rng.range(1, 4000) as i64;
    let height = rng.range(500, 1400);
    parameters.add("tv", format!("js-3.{}.0", rng.range(9, 18)));
    parameters.add("tna", "shop");
    parameters.add(
        "aid",
        if visitor.host.starts_with("blog") {
            "blog"
        } else {
            "web-shop"
        },
    );
    parameters.add("p", "web");
    parameters.add("eid", rng.uuid());
    parameters.add("dtm", created.to_string());
    parameters.add("stm", sent.to_string());
    parameters.add("tz", visitor.zone);
    parameters.add("lang", visitor.language);
    parameters.add("cs", "UTF-8");
    parameters.add("res", visitor.screen);
    parameters.add("cd", "24");
    parameters.add("cookie", "1");
    parameters.add("vp", format!("{}x{height}", rng.range(360, 2000)));
    parameters.add(
        "ds",
        format!("{}x{}", rng.range(360, 2000), height + rng.range(0, 6000)),
    );
    parameters.add("vid", visitor.visit.to_string());
    parameters.add("sid", visitor.session_id.as_str());
    parameters.add("duid", visitor.domain_user_id.as_str());
    parameters.add("url", url);
    parameters.add("page", page.title);
    if rng.chance(55) {
        parameters.add("refr", rng.pick(&REFERRERS));
    }
    if let Some(user) = &visitor.user_id {
        parameters.add("uid", user.as_str());
    }
}

fn ping(rng: &mut Rng, parameters: &mut Pairs) {
    let top = rng.range(0, 2000);
    parameters.add("e", "pp");
    parameters.add("pp_mix", "0");
    parameters.add("pp_max", "0");
    parameters.add("pp_miy", top.to_string());
    parameters.add("pp_may", (top + rng.range(0, 900)).to_string());
}

fn structured(rng: &mut Rng, parameters: &mut Pairs) {
    parameters.add("e", "se");
    parameters.add("se_ca", rng.pick(&["basket", "video", "menu"]));
    parameters.add("se_ac", rng.pick(&["add", "play", "open", "remove"]));
    parameters.add("se_la", format!("article {}", rng.range(1, 900)));
    if rng.chance(60) {
        parameters.add("se_pr", rng.pick(&["size-42", "size-39", "colour-blue"]));
        parameters.add(
            "se_va",
            format!("{}.{:02}", rng.range(1, 200), rng.range(0, 100)),
        );
    }
}

fn self_describing(rng: &mut Rng, visitor: &Visitor, parameters: &mut Pairs) {
    let data = match rng.range(0, 100) {
        0..60 => format!(
            r#"{{"schema":"iglu:com.snowplowanalytics.snowplow/link_click/jsonschema/1-0-1","data":{{"targetUrl":"https://{}/shoes/{}","elementId":"teaser-{}","elementClasses":["teaser","wide"],"elementTarget":""}}}}"#,
            visitor.host,
            rng.range(100, 999),
            rng.range(1, 9)
        ),
        60..85 => {
            let mail = visitor.user_id.as_deref().unwrap_or("guest@shop.example");
            format!(
                r#"{{"schema":"iglu:com.snowplowanalytics.snowplow/submit_form/jsonschema/1-0-0","data":{{"formId":"newsletter","formClasses":["inline"],"elements":[{{"name":"email","value":"{mail}","nodeName":"INPUT","type":"email"}},{{"name":"weekly","value":"on","nodeName":"INPUT","type":"checkbox"}}]}}}}"#
            )
        }
        _ => format!(
            r#"{{"schema":"iglu:com.snowplowanalytics.snowplow/site_search/jsonschema/1-0-0","data":{{"terms":["trail","running","shoes"],"filters":{{"size":"{}","on sale":true}},"totalResults":{}}}}}"#,
            rng.range(36, 47),
            rng.range(0, 300)
        ),
    };
    parameters.add("e", "ue");
    let document = format!(r#"{{"schema":"{UNSTRUCT}","data":{data}}}"#);
    if rng.chance(90) {
        parameters.add("ue_px", base64::encode(document.as_bytes(), base64::URL));
    } else {
        parameters.add("ue_pr", document);
    }
}
