//! The hash codes of Java and Scala values, which decide the iteration order of their hash maps.

/// `hashCode` of Scala's `None`.
pub const NONE_HASH: i32 = 2_433_880;

const PRODUCT_SEED: u32 = 0xcafe_babe;
/// Seed of Scala's sequence hashes: the `hashCode` of the text `Seq`.
const SEQ_SEED: u32 = 83_007;

/// `String.hashCode` of Java: `h = 31 * h + unit` over UTF-16 units, wrapping.
pub fn string_hash(s: &str) -> i32 {
    let step = |h: i32, unit: i32| h.wrapping_mul(31).wrapping_add(unit);
    if s.is_ascii() {
        s.bytes().fold(0, |h, b| step(h, i32::from(b)))
    } else {
        s.encode_utf16().fold(0, |h, u| step(h, i32::from(u)))
    }
}

/// `hashCode` of a Scala 2.12 case class or tuple whose fields hash to `elements`.
pub fn product_hash(elements: &[i32]) -> i32 {
    murmur(PRODUCT_SEED, elements)
}

/// `hashCode` of Scala's `Some(x)` where `inner` is the hash of `x`.
pub fn some_hash(inner: i32) -> i32 {
    product_hash(&[inner])
}

/// `hashCode` of a Scala 2.12 `List` or `Vector` whose elements hash to `elements`.
pub fn list_hash(elements: &[i32]) -> i32 {
    murmur(SEQ_SEED, elements)
}

/// `Arrays.hashCode` (and `List.hashCode`) of Java: `h = 31 * h + element`, starting from 1.
pub fn java_array_hash(elements: &[i32]) -> i32 {
    elements
        .iter()
        .fold(1, |h: i32, e| h.wrapping_mul(31).wrapping_add(*e))
}

/// MurmurHash3 (x86, 32 bit) over whole words, as `scala.util.hashing.MurmurHash3`; the final
/// length is the number of words.
fn murmur(seed: u32, elements: &[i32]) -> i32 {
    let mut h = seed;
    for e in elements {
        let k = (*e as u32)
            .wrapping_mul(0xcc9e_2d51)
            .rotate_left(15)
            .wrapping_mul(0x1b87_3593);
        h = (h ^ k)
            .rotate_left(13)
            .wrapping_mul(5)
            .wrapping_add(0xe654_6b64);
    }
    h ^= elements.len() as u32;
    h = (h ^ (h >> 16)).wrapping_mul(0x85eb_ca6b);
    h = (h ^ (h >> 13)).wrapping_mul(0xc2b2_ae35);
    (h ^ (h >> 16)) as i32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_hash_as_in_java() {
        assert_eq!(string_hash(""), 0);
        assert_eq!(string_hash("a"), 97);
        assert_eq!(string_hash("Aa"), string_hash("BB"));
        assert_eq!(string_hash("hello world"), 1_794_106_052);
        assert_eq!(string_hash("Seq") as u32, SEQ_SEED);
        // Above the basic plane two units count.
        assert_eq!(string_hash("\u{1f600}"), 0xd83d * 31 + 0xde00);
    }

    #[test]
    fn a_schema_key_hashes_as_in_scala() {
        let version = product_hash(&[1, 0, 0]);
        let key = product_hash(&[
            string_hash("a"),
            string_hash("b"),
            string_hash("c"),
            version,
        ]);
        assert_eq!(key, 183_990_297);
    }

    #[test]
    fn some_and_lists_hash_as_in_scala() {
        assert_eq!(some_hash(string_hash("x")), 630_948_699);
        assert_eq!(
            list_hash(&[string_hash("a"), string_hash("b")]),
            2_064_638_467
        );
        assert_eq!(list_hash(&[]), 473_519_988);
    }

    #[test]
    fn arrays_hash_as_in_java() {
        assert_eq!(java_array_hash(&[]), 1);
        assert_eq!(java_array_hash(&[1, 2]), 994);
    }
}
