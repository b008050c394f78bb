//! The admin page and the metrics of a real run, looked at with a real browser and with Prometheus' own tool.
//!
//! `SNOWMELT_SKIP_BROWSER=1` leaves out what needs Chromium or promtool, which `scripts/setup-admin.sh` installs.
#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test stops at what it does not expect"
)]

#[path = "../support/mod.rs"]
mod support;

mod browser;
mod page;
mod run;
mod tools;
mod values;
