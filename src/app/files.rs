//! Whether files of configurations changed, by what is in them: times and links do not matter, so editors,
//! copies and the swapped links of a mounted ConfigMap all look the same.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::{fs, io};

use crate::config::text::{self, Given};

/// A number for the contents of what these arguments name; arguments that hold their text never change.
pub(super) fn fingerprint(arguments: &[&str]) -> u64 {
    let mut hasher = DefaultHasher::new();
    for argument in arguments {
        if let Ok(Given::Path(path)) = text::locate(argument, "") {
            if path.is_dir() {
                folder(&path, &mut hasher);
            } else {
                file(&path, &mut hasher);
            }
        }
    }
    hasher.finish()
}

fn folder(path: &Path, hasher: &mut DefaultHasher) {
    let list = || -> io::Result<Vec<PathBuf>> {
        fs::read_dir(path)?.map(|entry| Ok(entry?.path())).collect()
    };
    match list() {
        Ok(mut paths) => {
            paths.retain(|path| {
                path.extension()
                    .is_some_and(|end| end == "json" || end == "hocon")
            });
            paths.sort();
            for path in paths {
                path.hash(hasher);
                file(&path, hasher);
            }
        }
        Err(error) => error.kind().hash(hasher),
    }
}

fn file(path: &Path, hasher: &mut DefaultHasher) {
    match fs::read(path) {
        Ok(bytes) => bytes.hash(hasher),
        Err(error) => error.kind().hash(hasher),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn contents_count_and_times_do_not() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.json");
        let of = || fingerprint(&[folder.path().to_str().unwrap()]);
        let empty = of();
        fs::write(&path, "{}").unwrap();
        let first = of();
        assert_ne!(first, empty);
        fs::write(&path, "{}").unwrap();
        fs::write(folder.path().join("notes.txt"), "x").unwrap();
        assert_eq!(of(), first);
        fs::write(&path, "{ }").unwrap();
        assert_ne!(of(), first);
        fs::rename(&path, folder.path().join("b.json")).unwrap();
        fs::write(folder.path().join("b.json"), "{}").unwrap();
        assert_ne!(of(), first, "the order of files is part of it");
        assert_ne!(
            fingerprint(&["/no/such/file"]),
            fingerprint(&[path.parent().unwrap().to_str().unwrap()])
        );
    }

    /// A mounted ConfigMap: files are links into `..data`, which is a link that is swapped.
    #[test]
    fn a_swapped_link_on_the_way_is_noticed() {
        let mount = tempfile::tempdir().unwrap();
        let at = |name: &str| mount.path().join(name);
        for (version, text) in [("..1", "one"), ("..2", "two")] {
            fs::create_dir(at(version)).unwrap();
            fs::write(at(version).join("a.json"), text).unwrap();
        }
        symlink("..1", at("..data")).unwrap();
        symlink("..data/a.json", at("a.json")).unwrap();
        let first = fingerprint(&[mount.path().to_str().unwrap()]);
        symlink("..2", at("..data_tmp")).unwrap();
        fs::rename(at("..data_tmp"), at("..data")).unwrap();
        assert_ne!(fingerprint(&[mount.path().to_str().unwrap()]), first);
    }
}
