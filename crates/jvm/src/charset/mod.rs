//! Character sets under the names `java.nio.charset.Charset.forName` of JDK 17 knows, decoded
//! with its replacement of malformed bytes.
//!
//! Exact: UTF-8, the UTF-16 and UTF-32 families, and every charset of one byte a character. The
//! East Asian ones map their characters as the platform does but for some rare symbols, and may
//! place more or fewer U+FFFD on malformed bytes. The few others (`x-IBM...` of two bytes,
//! ISO-2022-CN, ISO-2022-KR, CESU-8 and the like) are unknown here.

mod ebcdic;
mod single_byte;
#[cfg(test)]
mod tests;
mod unicode;

use std::borrow::Cow;

use encoding_rs::Encoding;
use unicode::Order;

pub(crate) use unicode::{utf8, utf8_from_vec};

/// A charset this crate can decode.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Charset {
    /// Its place in [`LISTS`], end to end.
    place: u8,
}

/// A charset: the platform's name, the other names (with spaces between), how to decode it.
struct Entry {
    name: &'static str,
    aliases: &'static str,
    coder: Coder,
}

enum Coder {
    Utf8,
    Latin1,
    Ascii,
    Utf16(Order),
    Utf32(Order),
    /// One byte a character, ASCII below 0x80; the characters of the 128 bytes from there.
    Half(&'static str),
    /// One byte a character; the characters of all 256 bytes.
    Full(&'static str),
    Foreign(&'static Encoding),
}

const fn entry(name: &'static str, aliases: &'static str, coder: Coder) -> Entry {
    Entry {
        name,
        aliases,
        coder,
    }
}

static WIDE: [Entry; 25] = [
    entry("UTF-8", "UTF8 unicode-1-1-utf-8", Coder::Utf8),
    entry(
        "ISO-8859-1",
        "819 8859_1 IBM-819 IBM819 ISO8859-1 ISO8859_1 ISO_8859-1 ISO_8859-1:1987 ISO_8859_1 \
         cp819 csISOLatin1 iso-ir-100 l1 latin1",
        Coder::Latin1,
    ),
    entry(
        "US-ASCII",
        "646 ANSI_X3.4-1968 ANSI_X3.4-1986 ASCII IBM367 ISO646-US ISO_646.irv:1991 ascii7 cp367 \
         csASCII default iso-ir-6 iso_646.irv:1983 us",
        Coder::Ascii,
    ),
    entry(
        "UTF-16",
        "UTF_16 UnicodeBig unicode utf16",
        Coder::Utf16(Order::MarkedOrBig),
    ),
    entry(
        "UTF-16BE",
        "ISO-10646-UCS-2 UTF_16BE UnicodeBigUnmarked X-UTF-16BE",
        Coder::Utf16(Order::Big),
    ),
    entry(
        "UTF-16LE",
        "UTF_16LE UnicodeLittleUnmarked X-UTF-16LE",
        Coder::Utf16(Order::Little),
    ),
    entry(
        "x-UTF-16LE-BOM",
        "UnicodeLittle",
        Coder::Utf16(Order::MarkedOrLittle),
    ),
    entry("UTF-32", "UTF32 UTF_32", Coder::Utf32(Order::MarkedOrBig)),
    entry("UTF-32BE", "UTF_32BE X-UTF-32BE", Coder::Utf32(Order::Big)),
    entry(
        "UTF-32LE",
        "UTF_32LE X-UTF-32LE",
        Coder::Utf32(Order::Little),
    ),
    entry(
        "X-UTF-32BE-BOM",
        "UTF-32BE-BOM UTF_32BE_BOM",
        Coder::Utf32(Order::Big),
    ),
    entry(
        "X-UTF-32LE-BOM",
        "UTF-32LE-BOM UTF_32LE_BOM",
        Coder::Utf32(Order::Little),
    ),
    entry("Big5", "csBig5", Coder::Foreign(encoding_rs::BIG5)),
    entry(
        "Big5-HKSCS",
        "Big5_HKSCS big5hk big5hkscs",
        Coder::Foreign(encoding_rs::BIG5),
    ),
    entry(
        "EUC-JP",
        "Extended_UNIX_Code_Packed_Format_for_Japanese csEUCPkdFmtjapanese euc_jp eucjis eucjp \
         x-euc-jp x-eucjp",
        Coder::Foreign(encoding_rs::EUC_JP),
    ),
    entry(
        "EUC-KR",
        "5601 csEUCKR euc_kr euckr ks_c_5601-1987 ksc5601 ksc5601-1987 ksc5601_1987 ksc_5601",
        Coder::Foreign(encoding_rs::EUC_KR),
    ),
    entry(
        "GB18030",
        "gb18030-2022",
        Coder::Foreign(encoding_rs::GB18030),
    ),
    entry(
        "GB2312",
        "EUC_CN euc-cn euccn gb2312-1980 gb2312-80 x-EUC-CN",
        Coder::Foreign(encoding_rs::GBK),
    ),
    entry("GBK", "CP936 windows-936", Coder::Foreign(encoding_rs::GBK)),
    entry(
        "ISO-2022-JP",
        "csISO2022JP csjisencoding iso2022jp jis jis_encoding",
        Coder::Foreign(encoding_rs::ISO_2022_JP),
    ),
    entry(
        "Shift_JIS",
        "csShiftJIS ms_kanji shift-jis sjis x-sjis",
        Coder::Foreign(encoding_rs::SHIFT_JIS),
    ),
    entry(
        "windows-31j",
        "MS932 csWindows31J windows-932",
        Coder::Foreign(encoding_rs::SHIFT_JIS),
    ),
    entry(
        "x-mswin-936",
        "ms936 ms_936",
        Coder::Foreign(encoding_rs::GBK),
    ),
    entry("x-PCK", "pck", Coder::Foreign(encoding_rs::SHIFT_JIS)),
    entry(
        "x-windows-949",
        "ms949 ms_949 windows-949 windows949",
        Coder::Foreign(encoding_rs::EUC_KR),
    ),
];

/// Every charset; [`Charset::UTF_8`] is the first of the first list.
static LISTS: [&[Entry]; 3] = [&WIDE, &single_byte::TABLES, &ebcdic::TABLES];

impl Charset {
    /// UTF-8.
    pub const UTF_8: Charset = Charset { place: 0 };

    /// The charset of a name or alias, in any case; none when it is unknown (or no legal name).
    pub fn for_name(name: &str) -> Option<Charset> {
        if name == "UTF-8" {
            return Some(Charset::UTF_8);
        }
        if name.is_empty() {
            return None;
        }
        let place = LISTS.iter().copied().flatten().position(|entry| {
            entry.name.eq_ignore_ascii_case(name)
                || entry
                    .aliases
                    .split(' ')
                    .any(|alias| alias.eq_ignore_ascii_case(name))
        })?;
        let place = u8::try_from(place).ok()?;
        Some(Charset { place })
    }

    fn entry(self) -> &'static Entry {
        let mut entries = LISTS.iter().copied().flatten();
        // Every place comes from these lists.
        entries.nth(usize::from(self.place)).unwrap_or(&WIDE[0])
    }

    /// The platform's own name of it, as `UTF-8`, `ISO-8859-1` or `windows-1252`.
    pub fn name(self) -> &'static str {
        self.entry().name
    }

    /// Whether ASCII text decodes to itself.
    pub(crate) fn keeps_ascii(self) -> bool {
        self == Charset::UTF_8
            || match &self.entry().coder {
                Coder::Utf8 | Coder::Latin1 | Coder::Ascii | Coder::Half(_) => true,
                Coder::Utf16(_) | Coder::Utf32(_) | Coder::Full(_) => false,
                Coder::Foreign(encoding) => encoding.is_ascii_compatible(),
            }
    }

    /// Decodes as `Charset.decode`: what cannot be decoded becomes U+FFFD.
    pub fn decode(self, bytes: &[u8]) -> Cow<'_, str> {
        if self == Charset::UTF_8 {
            return utf8(bytes);
        }
        if self.keeps_ascii()
            && bytes.is_ascii()
            && let Ok(text) = std::str::from_utf8(bytes)
        {
            return Cow::Borrowed(text);
        }
        match &self.entry().coder {
            Coder::Utf8 => utf8(bytes),
            Coder::Latin1 => bytes.iter().map(|byte| char::from(*byte)).collect(),
            Coder::Ascii => single(bytes, ""),
            Coder::Half(high) => single(bytes, high),
            Coder::Full(all) => {
                let table: Vec<char> = all.chars().collect();
                let mapped = bytes.iter().map(|byte| table.get(usize::from(*byte)));
                mapped.map(|found| *found.unwrap_or(&'\u{fffd}')).collect()
            }
            Coder::Utf16(order) => Cow::Owned(unicode::utf16(bytes, *order)),
            Coder::Utf32(order) => Cow::Owned(unicode::utf32(bytes, *order)),
            Coder::Foreign(encoding) => encoding.decode_without_bom_handling(bytes).0,
        }
    }
}

/// Decodes bytes that are ASCII below 0x80 and the characters of `high` from there.
fn single<'a>(bytes: &[u8], high: &str) -> Cow<'a, str> {
    let table: Vec<char> = high.chars().collect();
    bytes
        .iter()
        .map(|byte| match byte.checked_sub(0x80) {
            None => char::from(*byte),
            Some(place) => table.get(usize::from(place)).copied().unwrap_or('\u{fffd}'),
        })
        .collect()
}
