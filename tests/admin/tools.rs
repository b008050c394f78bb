//! What the tests of this folder share: waiting, asking over HTTP, and tools that may be left out.

use std::path::Path;
use std::process::Command;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

pub use crate::support::scrape::{ask, json};

/// Whether what needs installed tools is to be left out; says so. Installs them otherwise.
pub fn skipped() -> bool {
    if std::env::var_os("SNOWMELT_SKIP_BROWSER").is_some_and(|value| !value.is_empty()) {
        eprintln!("SKIPPED: SNOWMELT_SKIP_BROWSER is set, no browser and no promtool was used");
        return true;
    }
    // one installation at a time
    static INSTALLED: OnceLock<bool> = OnceLock::new();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/setup-admin.sh");
    assert!(*INSTALLED.get_or_init(|| Command::new(script).status().unwrap().success()));
    false
}

/// Waits until something holds.
pub fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let end = Instant::now() + Duration::from_secs(180);
    while !holds() {
        assert!(Instant::now() < end, "{what}: not within three minutes");
        std::thread::sleep(Duration::from_millis(50));
    }
}
