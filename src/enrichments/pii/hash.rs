//! The hash functions that replace personal values.

use md2::Md2;
use md5::Md5;
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha384, Sha512};

/// A hash function with its salt.
#[derive(Debug, Clone)]
pub struct Hash {
    /// Its name, as the configuration has it.
    pub name: &'static str,
    function: fn(&str, &str) -> String,
    salt: String,
}

/// Every function by its name.
type Named = (&'static str, fn(&str, &str) -> String);
const FUNCTIONS: [Named; 6] = [
    ("MD2", hex::<Md2>),
    ("MD5", hex::<Md5>),
    ("SHA-1", hex::<Sha1>),
    ("SHA-256", hex::<Sha256>),
    ("SHA-384", hex::<Sha384>),
    ("SHA-512", hex::<Sha512>),
];

impl Hash {
    /// The function of that name; none if there is none.
    pub fn new(name: &str, salt: &str) -> Option<Hash> {
        let (name, function) = FUNCTIONS.into_iter().find(|(known, _)| *known == name)?;
        let salt = salt.to_owned();
        Some(Hash {
            name,
            function,
            salt,
        })
    }

    /// The hash of the value with the salt behind it, in lower-case hexadecimal.
    pub fn replace(&self, value: &str) -> String {
        (self.function)(value, &self.salt)
    }
}

fn hex<D: Digest>(value: &str, salt: &str) -> String {
    let mut digest = D::new();
    digest.update(value.as_bytes());
    digest.update(salt.as_bytes());
    jvm::hex::lower(&digest.finalize())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_salt_comes_after_the_value() {
        let hash = Hash::new("SHA-256", "pepper123").unwrap();
        assert_eq!(
            hash.replace("john@acme.com"),
            "7d8a4beae5bc9d314600667d2f410918f9af265017a6ade99f60a9c8f3aac6e9"
        );
    }

    #[test]
    fn every_function_gives_its_length() {
        for (name, length) in [
            ("MD2", 32),
            ("MD5", 32),
            ("SHA-1", 40),
            ("SHA-256", 64),
            ("SHA-384", 96),
            ("SHA-512", 128),
        ] {
            assert_eq!(Hash::new(name, "").unwrap().replace("").len(), length);
        }
        assert_eq!(
            Hash::new("MD2", "").unwrap().replace(""),
            "8350e5a3e24c153df2275c9f80692773"
        );
        assert!(Hash::new("SHA256", "").is_none());
    }
}
