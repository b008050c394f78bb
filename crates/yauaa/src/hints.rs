//! Client hints: the headers beside the agent that say more of the browser and the device.

use std::collections::BTreeMap;

use crate::agent::Value;
use crate::fields::{Fields, Id};
use crate::java;
use crate::words::Splitter;

/// The headers that are read, in lower case.
pub const HEADERS: [&str; 10] = [
    "sec-ch-ua",
    "sec-ch-ua-arch",
    "sec-ch-ua-bitness",
    "sec-ch-ua-full-version",
    "sec-ch-ua-full-version-list",
    "sec-ch-ua-mobile",
    "sec-ch-ua-model",
    "sec-ch-ua-platform",
    "sec-ch-ua-platform-version",
    "sec-ch-ua-wow64",
];

type Brand = (String, String);

#[derive(Default)]
struct Hints {
    brands: Option<Vec<Brand>>,
    architecture: Option<String>,
    bitness: Option<String>,
    full_version: Option<String>,
    full_versions: Option<Vec<Brand>>,
    mobile: Option<bool>,
    model: Option<String>,
    platform: Option<String>,
    platform_version: Option<String>,
    wow64: Option<bool>,
}

/// Improves `fields` by what `value_of` gives for each header of [`HEADERS`].
pub fn improve<'h>(fields: &mut Fields<'_>, value_of: impl Fn(&str) -> Option<&'h str>) {
    let brands = |name: &str| {
        value_of(name)
            .map(brand_list)
            .filter(|list| !list.is_empty())
    };
    let text = |name: &str| value_of(name).and_then(quoted);
    let flag = |name: &str| match value_of(name) {
        Some("?0") => Some(false),
        Some("?1") => Some(true),
        _ => None,
    };
    let hints = Hints {
        brands: brands("sec-ch-ua"),
        architecture: text("sec-ch-ua-arch"),
        bitness: text("sec-ch-ua-bitness"),
        full_version: text("sec-ch-ua-full-version"),
        full_versions: brands("sec-ch-ua-full-version-list"),
        mobile: flag("sec-ch-ua-mobile"),
        model: text("sec-ch-ua-model"),
        platform: text("sec-ch-ua-platform"),
        platform_version: text("sec-ch-ua-platform-version"),
        wow64: flag("sec-ch-ua-wow64"),
    };
    show(fields, &hints);
    device_class(fields, &hints);
    device_name(fields, &hints);
    processor(fields, &hints);
    system(fields, &hints);
    browser(fields, &hints);
}

fn show(fields: &mut Fields<'_>, hints: &Hints) {
    let mut set = |name: String, value: &str| {
        let id = fields.id(&name);
        fields.set(id, Some(value.into()), 1);
    };
    let lists = [
        ("UAClientHintBrands", &hints.brands),
        ("UAClientHintFullVersionList", &hints.full_versions),
    ];
    for (name, list) in lists {
        for (place, (brand, version)) in list.iter().flatten().enumerate() {
            set(format!("{name}_{place}_Brand"), brand);
            set(format!("{name}_{place}_Version"), version);
        }
    }
    for (name, value) in [
        ("Architecture", &hints.architecture),
        ("Bitness", &hints.bitness),
        ("FullVersion", &hints.full_version),
        ("Model", &hints.model),
        ("Platform", &hints.platform),
        ("PlatformVersion", &hints.platform_version),
    ] {
        if let Some(value) = value {
            set(format!("UAClientHint{name}"), value);
        }
    }
    for (name, value) in [("Mobile", hints.mobile), ("Wow64", hints.wow64)] {
        if let Some(value) = value {
            set(
                format!("UAClientHint{name}"),
                if value { "true" } else { "false" },
            );
        }
    }
}

fn get(fields: &mut Fields<'_>, name: &str) -> Id {
    let id = fields.id(name);
    fields.touch(id);
    id
}

fn replace(fields: &mut Fields<'_>, name: &str, value: &str) {
    let id = get(fields, name);
    let confidence = fields.confidence(id) + 1;
    fields.set(id, Some(value.into()), confidence);
}

fn device_class(fields: &mut Fields<'_>, hints: &Hints) {
    let Some(mobile) = hints.mobile else { return };
    let class = get(fields, "DeviceClass");
    if fields.value(class) == "Mobile" {
        replace(
            fields,
            "DeviceClass",
            if mobile { "Phone" } else { "Tablet" },
        );
    }
}

fn device_name(fields: &mut Fields<'_>, hints: &Hints) {
    let Some(model) = &hints.model else { return };
    let (brand, name) = (get(fields, "DeviceBrand"), get(fields, "DeviceName"));
    if fields.value(name) == "Unknown" {
        replace(fields, "DeviceName", model);
        if fields.value(brand) == "Unknown" {
            let confidence = fields.confidence(brand) + 1;
            fields.set(
                brand,
                Splitter::Words.single(model, 1).map(Value::from),
                confidence,
            );
        }
    }
}

fn processor(fields: &mut Fields<'_>, hints: &Hints) {
    if let Some(bits) = &hints.bitness {
        replace(fields, "DeviceCpuBits", bits);
    }
    if let Some(architecture) = &hints.architecture {
        let name = match architecture.as_str() {
            "x86" if hints.bitness.as_deref() == Some("32") => "Intel x86",
            "x86" => "Intel x86_64",
            "arm" => "ARM",
            other => other,
        };
        replace(fields, "DeviceCpu", name);
    }
}

fn windows(version: &str) -> Option<[&'static str; 4]> {
    let seven = ["7", "7", "Windows 7", "Windows 7"];
    let eight = ["8", "8", "Windows 8", "Windows 8"];
    let eight_one = ["8.1", "8", "Windows 8.1", "Windows 8"];
    let ten = ["10", "10", "Windows 10", "Windows 10"];
    let eleven = ["11", "11", "Windows 11", "Windows 11"];
    let starts = |heads: &[&str]| heads.iter().any(|head| version.starts_with(head));
    if starts(&["13", "14", "15", "16"]) {
        Some(eleven)
    } else if starts(&["1", "2", "3", "4", "5", "6", "7", "8", "9"]) {
        Some(ten)
    } else if starts(&["0.1"]) {
        Some(seven)
    } else if starts(&["0.2"]) {
        Some(eight)
    } else if starts(&["0.3"]) {
        Some(eight_one)
    } else {
        None
    }
}

fn system(fields: &mut Fields<'_>, hints: &Hints) {
    let (Some(platform), Some(version)) = (&hints.platform, &hints.platform_version) else {
        return;
    };
    // No major part is Java's null, which prints as such behind a name.
    let major = Splitter::Version.single(version, 1);
    let shown = major.unwrap_or("null");
    let known = match platform.as_str() {
        "macOS" => Some("Mac OS"),
        "Android" | "Chrome OS" | "iOS" | "Linux" => Some(platform.as_str()),
        "Windows" => {
            if let Some([version, major, name_version, name_major]) = windows(version) {
                replace(fields, "OperatingSystemName", "Windows NT");
                replace(fields, "OperatingSystemVersion", version);
                replace(fields, "OperatingSystemVersionMajor", major);
                replace(fields, "OperatingSystemNameVersion", name_version);
                replace(fields, "OperatingSystemNameVersionMajor", name_major);
            }
            return;
        }
        _ => None,
    };
    let name = match known {
        Some(name) => {
            replace(fields, "OperatingSystemName", name);
            name.to_owned()
        }
        None => {
            let id = fields.id("OperatingSystemName");
            fields.value(id).to_owned()
        }
    };
    replace(fields, "OperatingSystemVersion", version);
    let id = get(fields, "OperatingSystemVersionMajor");
    let confidence = fields.confidence(id) + 1;
    fields.set(id, major.map(Value::from), confidence);
    replace(
        fields,
        "OperatingSystemNameVersion",
        &format!("{name} {version}"),
    );
    replace(
        fields,
        "OperatingSystemNameVersionMajor",
        &format!("{name} {shown}"),
    );
}

fn is_better(fields: &Fields<'_>, current: Id, version: &str) -> bool {
    let minor = version.contains('.');
    fields.is_default(current) || minor || !fields.value(current).contains('.')
}

/// The version and its major part; 99.100.x.y of that time stands for 100.0.x.y.
fn real_version(version: &str) -> (String, String, usize) {
    let parts = java::split(version, '.');
    let first = parts.first().copied().unwrap_or("");
    match parts.as_slice() {
        [_, minor, build, patch] if *minor != "0" => {
            (format!("{minor}.0.{build}.{patch}"), (*minor).to_owned(), 4)
        }
        _ => (version.to_owned(), first.to_owned(), parts.len()),
    }
}

fn set_agent(fields: &mut Fields<'_>, name: &str, version: &str, major: &str) {
    replace(fields, "AgentName", name);
    replace(fields, "AgentVersion", version);
    replace(fields, "AgentNameVersion", &format!("{name} {version}"));
    replace(fields, "AgentVersionMajor", major);
    replace(fields, "AgentNameVersionMajor", &format!("{name} {major}"));
}

fn browser(fields: &mut Fields<'_>, hints: &Hints) {
    let full = hints.full_versions.is_some();
    let Some(list) = hints.full_versions.as_ref().or(hints.brands.as_ref()) else {
        return;
    };
    let mut brands: BTreeMap<&str, &str> = list
        .iter()
        .map(|(name, version)| (name.as_str(), version.as_str()))
        .collect();
    if let Some(version) = brands.get("Chromium") {
        let (version, major, parts) = real_version(version);
        let engine = get(fields, "LayoutEngineName");
        if fields.is_default(engine) || fields.value(engine) != "Blink" {
            replace(fields, "LayoutEngineName", "Blink");
        }
        let (current, current_major) = (
            get(fields, "LayoutEngineVersion"),
            get(fields, "LayoutEngineVersionMajor"),
        );
        let blink = if parts > 1 {
            format!("{major}.0")
        } else {
            major.clone()
        };
        if is_better(fields, current, &blink) {
            replace(fields, "LayoutEngineVersion", &blink);
            replace(fields, "LayoutEngineVersionMajor", &major);
        }
        let name_version = format!("{} {}", fields.value(engine), fields.value(current));
        let name_major = format!("{} {}", fields.value(engine), fields.value(current_major));
        replace(fields, "LayoutEngineNameVersion", &name_version);
        replace(fields, "LayoutEngineNameVersionMajor", &name_major);
        if list.len() == 1 {
            let current = get(fields, "AgentVersion");
            if is_better(fields, current, &version) {
                set_agent(fields, "Chromium", &version, &major);
            } else {
                let name = fields.id("AgentName");
                if fields.value(name) == "Chrome" {
                    let name_version = format!("Chromium {}", fields.value(current));
                    replace(fields, "AgentName", "Chromium");
                    replace(fields, "AgentNameVersion", &name_version);
                    let major = fields.id("AgentVersionMajor");
                    let name_major = format!("Chromium {}", fields.value(major));
                    replace(fields, "AgentNameVersionMajor", &name_major);
                }
            }
            return;
        }
    }
    brands.remove("Chromium");
    if let Some(version) = brands.get("Chrome").or_else(|| brands.get("Google Chrome"))
        && brands.len() == 1
    {
        let current = get(fields, "AgentVersion");
        let (version, major, _) = real_version(version);
        if is_better(fields, current, &version) {
            set_agent(fields, "Chrome", &version, &major);
            return;
        }
    }
    brands.remove("Chrome");
    brands.remove("Google Chrome");
    for (raw, version) in brands {
        let name = if raw == "Microsoft Edge" { "Edge" } else { raw };
        let (_, current) = (get(fields, "AgentName"), get(fields, "AgentVersion"));
        if name == "Opera" || fields.value(current).contains('.') && !full {
            continue;
        }
        let major = java::split(version, '.')
            .first()
            .copied()
            .unwrap_or("")
            .to_owned();
        set_agent(fields, name, version, &major);
    }
}

fn quoted(text: &str) -> Option<String> {
    let inner = text.strip_prefix('"')?.strip_suffix('"')?;
    if inner.contains(['\n', '\r', '\u{85}', '\u{2028}', '\u{2029}']) {
        return None;
    }
    let inner = java::trim(inner);
    (!inner.is_empty()).then(|| inner.to_owned())
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Sign {
    Version,
    Key,
    Comma,
    Semicolon,
    Equals,
    Grease,
    Value,
    End,
}

fn is_grease(byte: u8) -> bool {
    matches!(
        byte,
        b'(' | b')' | b'/' | b':' | b';' | b'=' | b'?' | b'_' | b'.' | b' ' | b'-'
    )
}

fn signs(text: &str) -> Vec<(Sign, &str)> {
    let mut found = Vec::new();
    let (mut at, mut inside) = (0, false);
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        let bytes = rest.as_bytes();
        let run = |fits: &dyn Fn(u8) -> bool| bytes.iter().take_while(|&&b| fits(b)).count();
        let letter = rest.chars().next().map_or(1, char::len_utf8);
        let first = bytes.first().copied().unwrap_or(0);
        let (sign, length) = if first == b'"' {
            inside = !inside;
            (None, 1)
        } else if inside {
            let grease = run(&|b| is_grease(b) || b.is_ascii_alphanumeric());
            let value = if first.is_ascii_alphanumeric() {
                run(&|b| b.is_ascii_alphanumeric() || matches!(b, b' ' | b'.' | b'-'))
            } else {
                0
            };
            let known = known_grease(bytes);
            if grease == 0 {
                (None, letter)
            } else if known >= value && known >= grease {
                (Some(Sign::Grease), known)
            } else if value >= grease {
                (Some(Sign::Value), value)
            } else {
                (Some(Sign::Grease), grease)
            }
        } else {
            match first {
                b',' => (Some(Sign::Comma), 1),
                b';' => (Some(Sign::Semicolon), 1),
                b'=' => (Some(Sign::Equals), 1),
                _ => match run(&|b| b.is_ascii_alphanumeric()) {
                    0 => (None, letter),
                    1 if first == b'v' => (Some(Sign::Version), 1),
                    length => (Some(Sign::Key), length),
                },
            }
        };
        if let (Some(sign), Some(text)) = (sign, rest.get(..length)) {
            found.push((sign, text));
        }
        at += length;
    }
    found
}

fn known_grease(bytes: &[u8]) -> usize {
    let mut at = 0;
    let skip = |at: usize| {
        at + bytes
            .get(at..)
            .unwrap_or_default()
            .iter()
            .take_while(|&&b| is_grease(b))
            .count()
    };
    for word in ["Not", "A", "Brand"] {
        at = skip(at);
        if !bytes
            .get(at..)
            .is_some_and(|rest| rest.starts_with(word.as_bytes()))
        {
            return 0;
        }
        at += word.len();
    }
    skip(at)
}

/// The brands of a list with their versions, made-up brands left out; broken entries are dropped
/// as the generated parser does.
fn brand_list(text: &str) -> Vec<Brand> {
    let signs = signs(text);
    let mut brands = Vec::new();
    let mut at = 0;
    let kind = |at: usize| signs.get(at).map_or(Sign::End, |s| s.0);
    let names = [Sign::Value, Sign::Grease];
    loop {
        if !names.contains(&kind(at)) && names.contains(&kind(at + 1)) {
            at += 1;
        }
        let mut entry = Vec::new();
        if names.contains(&kind(at)) {
            let grease = kind(at) == Sign::Grease;
            let last: &[Sign] = if grease { &names } else { &[Sign::Value] };
            let wanted: [&[Sign]; 5] = [
                &names,
                &[Sign::Semicolon],
                &[Sign::Version],
                &[Sign::Equals],
                last,
            ];
            for want in wanted {
                if !want.contains(&kind(at)) {
                    if !want.contains(&kind(at + 1)) {
                        break;
                    }
                    at += 1;
                }
                entry.push(signs.get(at).map_or("", |s| s.1));
                at += 1;
            }
            if let ([name, _, _, _, version], false) = (entry.as_slice(), grease) {
                brands.push(((*name).to_owned(), (*version).to_owned()));
            }
        }
        if entry.len() < 5 {
            while !matches!(kind(at), Sign::Comma | Sign::End) {
                at += 1;
            }
        }
        if kind(at) != Sign::Comma {
            return brands;
        }
        at += 1;
    }
}
