//! Files that configurations name by URI: databases, rules, lists.

pub mod files;
#[cfg(feature = "object-stores")]
mod objects;
pub mod store;
pub mod watch;

/// Why a file could not be had.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct AssetError(pub String);

/// Where enrichments get the files their configurations name.
pub trait AssetSource {
    /// The bytes of the file at `uri`.
    fn read(&self, uri: &str) -> Result<Vec<u8>, AssetError>;

    /// Whether services at private addresses may be asked: those of this machine, its link, and the ones that tell
    /// machines of clouds their secrets.
    fn allows_private_addresses(&self) -> bool {
        false
    }
}

/// The URI of a file in a folder: `uri`, a slash unless it ends with one, and the name.
pub fn file_uri(uri: &str, database: &str) -> String {
    let slash = if uri.ends_with('/') { "" } else { "/" };
    format!("{uri}{slash}{database}")
}
