//! Looks for newer assets now and then.

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use super::store::Store;

/// Checks all assets of a store every `period`, on a thread of its own for as long as the program runs. Where
/// some changed, `rebuild` builds from them anew, beside what is in use, and exchanges it; what it refuses is told,
/// the old stays, and the files are looked at again after the next period.
///
/// # Errors
/// When there is no thread.
pub fn start<E: std::fmt::Display>(
    store: Arc<Store>,
    period: Duration,
    rebuild: impl Fn() -> Result<(), E> + Send + 'static,
) -> std::io::Result<()> {
    let watch = move || {
        loop {
            thread::sleep(period);
            look(&store, &rebuild);
        }
    };
    let spawned = thread::Builder::new()
        .name("assets".to_owned())
        .spawn(watch);
    spawned.map(drop)
}

/// One look at all assets.
fn look<E: std::fmt::Display>(store: &Store, rebuild: &impl Fn() -> Result<(), E>) {
    let changed = store.check();
    if changed.is_empty() {
        return;
    }
    match rebuild() {
        Ok(()) => tracing::info!(?changed, "newer assets are in use"),
        Err(error) => {
            store.distrust(&changed);
            tracing::warn!(?changed, %error, "newer assets cannot be used; the old ones stay");
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::fs;

    use super::super::AssetSource;
    use super::*;

    #[test]
    fn what_changed_is_built_from_and_what_is_refused_is_looked_at_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        fs::write(&path, "good").unwrap();
        let uri = path.to_str().unwrap();
        let store = Store::default();
        store.read(uri).unwrap();
        let built = RefCell::new(Vec::new());
        let rebuild = || {
            let bytes = store.read(uri).map_err(|error| error.to_string())?;
            let text = String::from_utf8(bytes).unwrap();
            built.borrow_mut().push(text.clone());
            if text == "bad" { Err(text) } else { Ok(()) }
        };
        look(&store, &rebuild);
        assert!(built.borrow().is_empty());
        fs::write(&path, "better").unwrap();
        look(&store, &rebuild);
        look(&store, &rebuild);
        fs::write(&path, "bad").unwrap();
        look(&store, &rebuild);
        look(&store, &rebuild);
        assert_eq!(*built.borrow(), ["better", "bad", "bad"]);
        fs::write(&path, "best").unwrap();
        look(&store, &rebuild);
        look(&store, &rebuild);
        assert_eq!(built.borrow().last().map(String::as_str), Some("best"));
        assert_eq!(built.borrow().len(), 4);
    }
}
