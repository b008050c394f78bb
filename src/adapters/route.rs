//! Which adapter serves which path.

use super::schemas::Section;
use super::{
    Found, Job, callrail, cloudfront_access_log, google_analytics, hubspot, iglu_webhook,
    mailchimp, mailgun, mandrill, marketo, olark, pagerduty, pingdom, redirect, sendgrid,
    statusgator, tp1, tp2, unbounce, urban_airship, vero,
};

/// An adapter and the path it serves.
pub(super) struct Route {
    /// First part of the path, exactly.
    pub vendor: &'static str,
    /// Second part of the path, exactly.
    pub version: &'static str,
    /// The schemas of its events.
    pub schemas: Section,
    /// The adapter.
    pub run: Run,
}

type Run = for<'p, 'c> fn(Job<'p, 'c>) -> Found<'p>;

const fn route(vendor: &'static str, version: &'static str, schemas: Section, run: Run) -> Route {
    Route {
        vendor,
        version,
        schemas,
        run,
    }
}

/// All routes, the busiest first. Those of [`super::remote`] go before these.
pub(super) static ROUTES: &[Route] = &[
    route(
        "com.snowplowanalytics.snowplow",
        "tp2",
        Section::NONE,
        tp2::run,
    ),
    route(
        "com.snowplowanalytics.snowplow",
        "tp1",
        Section::NONE,
        tp1::run,
    ),
    route("r", "tp2", Section::NONE, redirect::run),
    route(
        "com.snowplowanalytics.iglu",
        "v1",
        Section::NONE,
        iglu_webhook::run,
    ),
    route("com.callrail", "v1", callrail::SCHEMAS, callrail::run),
    route(
        "com.amazon.aws.cloudfront",
        "wd_access_log",
        cloudfront_access_log::SCHEMAS,
        cloudfront_access_log::run,
    ),
    route("com.mailchimp", "v1", mailchimp::SCHEMAS, mailchimp::run),
    route("com.mailgun", "v1", mailgun::SCHEMAS, mailgun::run),
    route(
        "com.google.analytics",
        "v1",
        google_analytics::SCHEMAS,
        google_analytics::run,
    ),
    route("com.mandrill", "v1", mandrill::SCHEMAS, mandrill::run),
    route("com.olark", "v1", olark::SCHEMAS, olark::run),
    route("com.pagerduty", "v1", pagerduty::SCHEMAS, pagerduty::run),
    route("com.pingdom", "v1", pingdom::SCHEMAS, pingdom::run),
    route("com.sendgrid", "v3", sendgrid::SCHEMAS, sendgrid::run),
    route(
        "com.statusgator",
        "v1",
        statusgator::SCHEMAS,
        statusgator::run,
    ),
    route("com.unbounce", "v1", unbounce::SCHEMAS, unbounce::run),
    route(
        "com.urbanairship.connect",
        "v1",
        urban_airship::SCHEMAS,
        urban_airship::run,
    ),
    route("com.marketo", "v1", marketo::SCHEMAS, marketo::run),
    route("com.getvero", "v1", vero::SCHEMAS, vero::run),
    route("com.hubspot", "v1", hubspot::SCHEMAS, hubspot::run),
];
