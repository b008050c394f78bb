//! Which adapter serves which path.

use super::schemas::Section;
use super::{Found, Job};
use super::{iglu_webhook, redirect, tp1, tp2};

/// An adapter and the path it serves.
pub(super) struct Route {
    /// First part of the path, exactly.
    pub vendor: &'static str,
    /// Second part of the path, exactly.
    pub version: &'static str,
    /// The schemas of its events.
    pub schemas: Section,
    /// The adapter.
    pub run: for<'p, 'c> fn(Job<'p, 'c>) -> Found<'p>,
}

/// All routes, the busiest first. Remote adapters of the configuration will come before these.
pub(super) static ROUTES: &[Route] = &[
    Route {
        vendor: "com.snowplowanalytics.snowplow",
        version: "tp2",
        schemas: Section::NONE,
        run: tp2::run,
    },
    Route {
        vendor: "com.snowplowanalytics.snowplow",
        version: "tp1",
        schemas: Section::NONE,
        run: tp1::run,
    },
    Route {
        vendor: "r",
        version: "tp2",
        schemas: Section::NONE,
        run: redirect::run,
    },
    Route {
        vendor: "com.snowplowanalytics.iglu",
        version: "v1",
        schemas: Section::NONE,
        run: iglu_webhook::run,
    },
];
