//! What stands beside a run for those who operate it: admin pages, signals, watched files.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::Context;
use signal_hook::consts::SIGHUP;

use super::args::RunArgs;
use crate::admin;
use crate::app::control::Control;
use crate::config::monitoring::Monitoring;
use crate::telemetry::Telemetry;

/// Where the admin pages are unless told otherwise.
const DEFAULT: SocketAddr =
    SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 8000);

/// Starts all of it; it ends when `over` is set.
///
/// # Errors
/// When an address that was asked for cannot be had.
pub(super) fn start(
    args: &RunArgs,
    monitoring: &Monitoring,
    control: &Arc<Control>,
    telemetry: &Arc<Telemetry>,
    over: &Arc<AtomicBool>,
) -> anyhow::Result<()> {
    let stopped = || {
        let over = Arc::clone(over);
        move || over.load(Ordering::Acquire)
    };
    if let Some((address, asked_for)) = address(args, monitoring)? {
        match admin::bind(address) {
            Ok(listener) => {
                let at = listener.local_addr().unwrap_or(address);
                tracing::info!(%at, "admin pages");
                if !at.ip().is_loopback() && monitoring.admin_token.is_none() {
                    tracing::info!(
                        "only probes and metrics answer: for the other pages beyond loopback set admin.token"
                    );
                }
                admin::serve(
                    listener,
                    Arc::clone(control) as Arc<dyn admin::Control>,
                    Arc::clone(telemetry),
                    monitoring.admin_token.clone(),
                    env!("CARGO_PKG_VERSION"),
                    stopped(),
                )?;
            }
            Err(error) if asked_for => anyhow::bail!(error),
            // several on one machine: the first one has it
            Err(error) => tracing::warn!("no admin pages: {error}"),
        }
    }
    let asked = Arc::new(AtomicBool::new(false));
    signal_hook::flag::register(SIGHUP, Arc::clone(&asked)).context("cannot listen to SIGHUP")?;
    let period = monitoring.watch.then_some(monitoring.watch_interval);
    control.watch(asked, period, stopped())?;
    Ok(())
}

/// The address of the admin pages, and whether it was asked for; none when they are off.
fn address(args: &RunArgs, monitoring: &Monitoring) -> anyhow::Result<Option<(SocketAddr, bool)>> {
    let given = [
        (args.admin.as_deref(), "--admin"),
        (monitoring.admin_address.as_deref(), "admin.address"),
    ];
    for (text, place) in given {
        match text {
            Some("off") => return Ok(None),
            Some(text) => {
                let address = text.parse::<SocketAddr>().ok().with_context(|| {
                    format!("{place}: {text} is no address; give one such as 127.0.0.1:8000 or 0.0.0.0:8000, or off")
                })?;
                return Ok(Some((address, true)));
            }
            None => {}
        }
    }
    // probes of later versions of the reference ask here, from other hosts
    Ok(Some(match monitoring.health_port {
        Some(port) => (SocketAddr::from(([0, 0, 0, 0], port)), true),
        None => (DEFAULT, false),
    }))
}
