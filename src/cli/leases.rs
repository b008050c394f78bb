//! `snowmelt leases`: who reads which shard and how far, and how to change that.

use std::io::Write;

use super::args::{LeasesArgs, LeasesCommand, LogFormat};
use super::{BAD_USAGE, DONE, IO_FAILED, log, tell};
use crate::app::leases::{Change, Table, Target, release_plan};
use crate::config::{AppConfig, Env};

/// Runs the command and gives the exit code: 1 when something failed or was left undone.
pub fn run(args: &LeasesArgs) -> u8 {
    let env = Env::of_process();
    let _ = log::start(&env, LogFormat::Text);
    let table = AppConfig::load(&args.config, &env, &args.set)
        .map_err(anyhow::Error::from)
        .and_then(|config| Table::open(&config));
    let table = match table {
        Ok(table) => table,
        Err(error) => return tell(BAD_USAGE, &format!("{error:#}")),
    };
    let mut out = std::io::stdout().lock();
    match work(args, &table, &mut out) {
        Ok(code) => code,
        Err(error) => tell(IO_FAILED, &format!("{error:#}")),
    }
}

fn work(args: &LeasesArgs, table: &Table, out: &mut impl Write) -> anyhow::Result<u8> {
    let leases = table.leases()?;
    let (changes, dry_run) = match &args.command {
        LeasesCommand::List { no_lag } => {
            writeln!(out, "shard\towner\tcheckpoint\tbehind (ms)")?;
            for lease in &leases {
                let owner = lease.owner.as_deref().unwrap_or("-");
                let lag = match no_lag {
                    true => "-".to_owned(),
                    false => match table.lag(lease) {
                        Ok(lag) => lag.map_or_else(|| "-".to_owned(), |lag| lag.to_string()),
                        Err(error) => format!("{error:#}"),
                    },
                };
                writeln!(out, "{}\t{owner}\t{}\t{lag}", lease.key, lease.checkpoint)?;
            }
            return Ok(DONE);
        }
        LeasesCommand::Reset { to, shard, dry_run } => {
            let changes = table.reset_plan(&leases, *to, shard)?;
            if !dry_run {
                let alive = table.alive(&leases)?;
                anyhow::ensure!(
                    alive.is_empty(),
                    "workers are running and would write their positions over the new ones; stop them first: {}",
                    alive.join(", ")
                );
            }
            (changes, *dry_run)
        }
        LeasesCommand::Release {
            owner,
            shard,
            dry_run,
        } => (release_plan(&leases, owner.as_deref(), shard), *dry_run),
    };
    for Change { lease, position } in &changes {
        let owner = lease.owner.as_deref().unwrap_or("-");
        match position {
            Some(position) => writeln!(out, "{}\t{} -> {position}", lease.key, lease.checkpoint)?,
            None => writeln!(out, "{}\t{owner} -> -", lease.key)?,
        }
    }
    if dry_run {
        return Ok(tell(
            DONE,
            &format!("{} leases of {} would change", changes.len(), table.name),
        ));
    }
    let left = table.apply(&changes)?;
    let done = changes.len() - left.len();
    let text = format!("{done} leases of {} changed", table.name);
    if left.is_empty() {
        return Ok(tell(DONE, &text));
    }
    let left = left.join(", ");
    Ok(tell(
        IO_FAILED,
        &format!("{text}; somebody else changed these meanwhile: {left}"),
    ))
}

/// Reads the argument of `--to`.
pub(super) fn target(text: &str) -> Result<Target, String> {
    match text.to_ascii_lowercase().replace('_', "-").as_str() {
        "trim-horizon" => Ok(Target::TrimHorizon),
        "latest" => Ok(Target::Latest),
        _ => jvm::time::parse_joda_iso(text)
            .map(Target::Timestamp)
            .map_err(|_| {
                "not trim-horizon, latest or an instant such as 2023-11-14T22:13:20Z".to_owned()
            }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_a_name_or_an_instant() {
        assert_eq!(target("TRIM_HORIZON"), Ok(Target::TrimHorizon));
        assert_eq!(target("latest"), Ok(Target::Latest));
        assert_eq!(
            target("2023-11-14T22:13:20Z"),
            Ok(Target::Timestamp(1_700_000_000_000))
        );
        assert!(target("yesterday").is_err());
    }
}
