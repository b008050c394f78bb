//! Character classes, written in the syntax of the `regex` crate (without outer brackets).

use std::fmt::Write;

use super::PatternError;

/// Space, tab, line feed, vertical tab, form feed, carriage return: Java's `\s`.
pub(super) const SPACE: &str = "\\x{9}-\\x{D}\\x{20}";
pub(super) const DIGIT: &str = "0-9";
pub(super) const WORD: &str = "a-zA-Z0-9_";
/// `\h`
pub(super) const HORIZONTAL: &str =
    "\\x{9}\\x{20}\\x{A0}\\x{1680}\\x{180E}\\x{2000}-\\x{200A}\\x{202F}\\x{205F}\\x{3000}";
/// `\v`
pub(super) const VERTICAL: &str = "\\x{A}-\\x{D}\\x{85}\\x{2028}\\x{2029}";
/// What ends a line: not matched by `.`.
pub(super) const LINE_ENDS: &str = "\\x{A}\\x{D}\\x{85}\\x{2028}\\x{2029}";
/// No character at all.
pub(super) const NOTHING: &str = "[\\x{0}&&\\x{1}]";
/// Every character.
pub(super) const ANYTHING: &str = "\\x{0}-\\x{10FFFF}";

/// Appends the characters from `low` to `high`, leaving out surrogates, which no text has. With
/// `fold`, the other case of ASCII letters too.
pub(super) fn push_range(out: &mut String, low: u32, high: u32, fold: bool) {
    let before = out.len();
    push_scalars(out, low, high);
    if fold {
        for (from, to, shift) in [('a', 'z', -32), ('A', 'Z', 32)] {
            let (from, to) = (low.max(u32::from(from)), high.min(u32::from(to)));
            if from <= to {
                push_scalars(
                    out,
                    from.saturating_add_signed(shift),
                    to.saturating_add_signed(shift),
                );
            }
        }
    }
    if out.len() == before {
        out.push_str(NOTHING);
    }
}

fn push_scalars(out: &mut String, low: u32, high: u32) {
    for (low, high) in [(low, high.min(0xd7ff)), (low.max(0xe000), high)] {
        if low > high {
            continue;
        }
        push_scalar(out, low);
        if low < high {
            out.push('-');
            push_scalar(out, high);
        }
    }
}

fn push_scalar(out: &mut String, c: u32) {
    match char::from_u32(c) {
        Some(c) if c.is_ascii_alphanumeric() => out.push(c),
        _ => {
            let _ = write!(out, "\\x{{{c:X}}}");
        }
    }
}

/// Everything but the given class.
pub(super) fn negate(class: &str) -> String {
    format!("[^{class}]")
}

/// A predefined class by its letter (`\d` and so on); upper case is the complement.
pub(super) fn predefined(letter: char, unicode: bool) -> Option<String> {
    let class = match (letter.to_ascii_lowercase(), unicode) {
        ('d', false) => DIGIT,
        ('d', true) => "\\p{Nd}",
        ('w', false) => WORD,
        ('w', true) => "\\w",
        ('s', false) => SPACE,
        ('s', true) => "\\p{White_Space}",
        ('h', _) => HORIZONTAL,
        ('v', _) => VERTICAL,
        _ => return None,
    };
    Some(if letter.is_ascii_uppercase() {
        negate(class)
    } else {
        class.to_owned()
    })
}

/// The class of `\p{name}`.
pub(super) fn property(
    name: &str,
    ignore_case: bool,
    unicode: bool,
) -> Result<String, PatternError> {
    const UNKNOWN: PatternError = PatternError::Syntax("Unknown character property name");
    if let Some((key, value)) = name.split_once('=') {
        return match key.to_ascii_lowercase().as_str() {
            "sc" | "script" => script(value),
            "blk" | "block" => block(value),
            "gc" | "general_category" => named(value, ignore_case).unwrap_or(Err(UNKNOWN)),
            _ => Err(PatternError::Syntax("Unknown Unicode property")),
        };
    }
    if let Some(name) = name.strip_prefix("In") {
        return block(name);
    }
    if let Some(name) = name.strip_prefix("Is") {
        if let Some(class) = binary(&name.to_ascii_uppercase(), ignore_case) {
            return Ok(class.to_owned());
        }
        return named(name, ignore_case).unwrap_or_else(|| script(name));
    }
    if unicode && let Some(class) = posix_unicode(&name.to_ascii_uppercase(), ignore_case) {
        return Ok(class.to_owned());
    }
    named(name, ignore_case).unwrap_or(Err(UNKNOWN))
}

/// General categories, the ASCII classes of POSIX, and Java's own predicates.
fn named(name: &str, ignore_case: bool) -> Option<Result<String, PatternError>> {
    const CASED: &str = "\\p{Lu}\\p{Ll}\\p{Lt}";
    let class = match name {
        "Lu" | "Ll" | "Lt" if ignore_case => CASED,
        "Lower" | "Upper" if ignore_case => "a-zA-Z",
        "javaLowerCase" | "javaUpperCase" | "javaTitleCase" if ignore_case => {
            "\\p{Lowercase}\\p{Uppercase}\\p{Lt}"
        }
        "Lower" => "a-z",
        "Upper" => "A-Z",
        "ASCII" => "\\x{0}-\\x{7F}",
        "Alpha" => "a-zA-Z",
        "Digit" => DIGIT,
        "Alnum" => "a-zA-Z0-9",
        "Punct" => "\\x{21}-\\x{2F}\\x{3A}-\\x{40}\\x{5B}-\\x{60}\\x{7B}-\\x{7E}",
        "Graph" => "\\x{21}-\\x{7E}",
        "Print" => "\\x{20}-\\x{7E}",
        "Blank" => "\\x{9}\\x{20}",
        "Cntrl" => "\\x{0}-\\x{1F}\\x{7F}",
        "XDigit" => "0-9a-fA-F",
        "Space" => SPACE,
        "L1" => "\\x{0}-\\x{FF}",
        "all" => ANYTHING,
        "LC" => CASED,
        "LD" => "\\p{L}\\p{Nd}",
        "Cs" => NOTHING,
        "javaLowerCase" => "\\p{Lowercase}",
        "javaUpperCase" => "\\p{Uppercase}",
        "javaTitleCase" => "\\p{Lt}",
        "javaAlphabetic" => "\\p{Alphabetic}",
        "javaIdeographic" => "\\p{Ideographic}",
        "javaDigit" => "\\p{Nd}",
        "javaDefined" => "\\P{Cn}",
        "javaLetter" => "\\p{L}",
        "javaLetterOrDigit" => "\\p{L}\\p{Nd}",
        "javaSpaceChar" => "\\p{Z}",
        "javaWhitespace" => "[\\p{Z}--[\\x{A0}\\x{2007}\\x{202F}]]\\x{9}-\\x{D}\\x{1C}-\\x{1F}",
        "javaISOControl" => "\\x{0}-\\x{1F}\\x{7F}-\\x{9F}",
        "javaMirrored"
        | "javaJavaIdentifierStart"
        | "javaJavaIdentifierPart"
        | "javaUnicodeIdentifierStart"
        | "javaUnicodeIdentifierPart"
        | "javaIdentifierIgnorable" => {
            return Some(Err(PatternError::Unsupported(format!("\\p{{{name}}}"))));
        }
        "Cn" | "Lu" | "Ll" | "Lt" | "Lm" | "Lo" | "Mn" | "Me" | "Mc" | "Nd" | "Nl" | "No"
        | "Zs" | "Zl" | "Zp" | "Cc" | "Cf" | "Co" | "Pd" | "Ps" | "Pe" | "Pc" | "Po" | "Sm"
        | "Sc" | "Sk" | "So" | "Pi" | "Pf" | "L" | "M" | "N" | "Z" | "C" | "P" | "S" => {
            return Some(Ok(format!("\\p{{{name}}}")));
        }
        _ => return None,
    };
    Some(Ok(class.to_owned()))
}

/// Binary properties behind `Is`, in upper case.
fn binary(name: &str, ignore_case: bool) -> Option<&'static str> {
    Some(match name {
        "ALPHABETIC" => "\\p{Alphabetic}",
        "LETTER" => "\\p{L}",
        "IDEOGRAPHIC" => "\\p{Ideographic}",
        "LOWERCASE" | "UPPERCASE" | "TITLECASE" if ignore_case => {
            "\\p{Lowercase}\\p{Uppercase}\\p{Lt}"
        }
        "LOWERCASE" => "\\p{Lowercase}",
        "UPPERCASE" => "\\p{Uppercase}",
        "TITLECASE" => "\\p{Lt}",
        "WHITE_SPACE" | "WHITESPACE" => "\\p{White_Space}",
        "CONTROL" => "\\p{Cc}",
        "PUNCTUATION" => "\\p{P}",
        "HEX_DIGIT" | "HEXDIGIT" => "\\p{Nd}\\p{Hex_Digit}",
        "ASSIGNED" => "\\P{Cn}",
        "NONCHARACTER_CODE_POINT" | "NONCHARACTERCODEPOINT" => "\\p{Noncharacter_Code_Point}",
        "DIGIT" => "\\p{Nd}",
        "ALNUM" => "\\p{Alphabetic}\\p{Nd}",
        "BLANK" => "\\p{Zs}\\x{9}",
        "GRAPH" => "[^\\p{White_Space}\\p{Cc}\\p{Cn}]",
        "PRINT" => "[^[\\p{White_Space}--\\p{Zs}]\\p{Cc}\\p{Cn}]",
        "WORD" => "\\w",
        "JOIN_CONTROL" | "JOINCONTROL" => "\\p{Join_Control}",
        _ => return None,
    })
}

/// POSIX classes under `(?U)`, in upper case.
fn posix_unicode(name: &str, ignore_case: bool) -> Option<&'static str> {
    Some(match name {
        "ALPHA" => "\\p{Alphabetic}",
        "LOWER" | "UPPER" if ignore_case => "\\p{Lowercase}\\p{Uppercase}\\p{Lt}",
        "LOWER" => "\\p{Lowercase}",
        "UPPER" => "\\p{Uppercase}",
        "SPACE" => "\\p{White_Space}",
        "PUNCT" => "\\p{P}",
        "XDIGIT" => "\\p{Nd}\\p{Hex_Digit}",
        "CNTRL" => "\\p{Cc}",
        "DIGIT" | "ALNUM" | "BLANK" | "GRAPH" | "PRINT" => return binary(name, ignore_case),
        _ => return None,
    })
}

fn script(name: &str) -> Result<String, PatternError> {
    const UNKNOWN: PatternError = PatternError::Syntax("Unknown character script name");
    if name.is_empty() || !name.bytes().all(|b| b.is_ascii_alphabetic() || b == b'_') {
        return Err(UNKNOWN);
    }
    let class = format!("\\p{{sc={name}}}");
    match regex::Regex::new(&class) {
        Ok(_) => Ok(class),
        Err(_) => Err(UNKNOWN),
    }
}

/// The common Unicode blocks.
const BLOCKS: [(&str, u32, u32); 46] = [
    ("Basic Latin", 0x0, 0x7f),
    ("Latin-1 Supplement", 0x80, 0xff),
    ("Latin Extended-A", 0x100, 0x17f),
    ("Latin Extended-B", 0x180, 0x24f),
    ("IPA Extensions", 0x250, 0x2af),
    ("Spacing Modifier Letters", 0x2b0, 0x2ff),
    ("Combining Diacritical Marks", 0x300, 0x36f),
    ("Greek", 0x370, 0x3ff),
    ("Greek and Coptic", 0x370, 0x3ff),
    ("Cyrillic", 0x400, 0x4ff),
    ("Cyrillic Supplementary", 0x500, 0x52f),
    ("Armenian", 0x530, 0x58f),
    ("Hebrew", 0x590, 0x5ff),
    ("Arabic", 0x600, 0x6ff),
    ("Devanagari", 0x900, 0x97f),
    ("Thai", 0xe00, 0xe7f),
    ("Georgian", 0x10a0, 0x10ff),
    ("Hangul Jamo", 0x1100, 0x11ff),
    ("Latin Extended Additional", 0x1e00, 0x1eff),
    ("Greek Extended", 0x1f00, 0x1fff),
    ("General Punctuation", 0x2000, 0x206f),
    ("Superscripts and Subscripts", 0x2070, 0x209f),
    ("Currency Symbols", 0x20a0, 0x20cf),
    ("Letterlike Symbols", 0x2100, 0x214f),
    ("Number Forms", 0x2150, 0x218f),
    ("Arrows", 0x2190, 0x21ff),
    ("Mathematical Operators", 0x2200, 0x22ff),
    ("Miscellaneous Technical", 0x2300, 0x23ff),
    ("Box Drawing", 0x2500, 0x257f),
    ("Block Elements", 0x2580, 0x259f),
    ("Geometric Shapes", 0x25a0, 0x25ff),
    ("Miscellaneous Symbols", 0x2600, 0x26ff),
    ("Dingbats", 0x2700, 0x27bf),
    ("CJK Symbols and Punctuation", 0x3000, 0x303f),
    ("Hiragana", 0x3040, 0x309f),
    ("Katakana", 0x30a0, 0x30ff),
    ("CJK Unified Ideographs Extension A", 0x3400, 0x4dbf),
    ("CJK Unified Ideographs", 0x4e00, 0x9fff),
    ("Hangul Syllables", 0xac00, 0xd7af),
    ("High Surrogates", 0xd800, 0xdb7f),
    ("Low Surrogates", 0xdc00, 0xdfff),
    ("Private Use Area", 0xe000, 0xf8ff),
    ("Alphabetic Presentation Forms", 0xfb00, 0xfb4f),
    ("Halfwidth and Fullwidth Forms", 0xff00, 0xffef),
    ("Miscellaneous Symbols And Pictographs", 0x1f300, 0x1f5ff),
    ("Emoticons", 0x1f600, 0x1f64f),
];

fn block(name: &str) -> Result<String, PatternError> {
    // By its name, the name without spaces, or the Java constant's name, in any case.
    let called = |known: &str| {
        let same = |text: String| text.eq_ignore_ascii_case(name);
        same(known.to_owned())
            || same(known.replace(' ', ""))
            || same(known.replace([' ', '-'], "_"))
    };
    match BLOCKS.iter().find(|(known, ..)| called(known)) {
        Some((_, low, high)) => {
            let mut class = String::new();
            push_range(&mut class, *low, *high, false);
            Ok(class)
        }
        None => Err(PatternError::Unsupported(format!("block {name}"))),
    }
}
