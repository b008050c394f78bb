//! Fields made from other fields, in the library's order.

use crate::agent::Value;
use crate::fields::{Fields, Id};
use crate::normalize;
use crate::tables::Tables;
use crate::words::Splitter;

/// Gives every base field the value `Hacker`.
pub fn set_as_hacker(fields: &mut Fields<'_>, confidence: i64) {
    for name in [
        "DeviceClass",
        "DeviceBrand",
        "DeviceName",
        "DeviceVersion",
        "OperatingSystemClass",
        "OperatingSystemName",
        "OperatingSystemVersion",
        "LayoutEngineClass",
        "LayoutEngineName",
        "LayoutEngineVersion",
        "LayoutEngineVersionMajor",
        "AgentClass",
        "AgentName",
        "AgentVersion",
        "AgentVersionMajor",
        "RemarkablePattern",
    ] {
        let id = fields.id(name);
        fields.set(id, Some(Value::Fixed("Hacker")), confidence);
    }
    for name in ["HackerToolkit", "HackerAttackVector"] {
        let id = fields.id(name);
        fields.set(id, Some(Value::Fixed("Unknown")), confidence);
    }
}

/// Runs all calculations.
pub fn calculate(tables: &Tables, fields: &mut Fields<'_>) {
    email(fields);
    device_brand(tables, fields);
    device_name(fields);
    network_type(fields);
    agent_name(fields);
    agent_class(fields);
    mac_major(
        fields,
        "OperatingSystemVersionMajor",
        "OperatingSystemVersion",
    );
    major(
        fields,
        "OperatingSystemVersionMajor",
        "OperatingSystemVersion",
    );
    join(
        fields,
        "OperatingSystemNameVersion",
        "OperatingSystemName",
        "OperatingSystemVersion",
    );
    mac_major(
        fields,
        "OperatingSystemNameVersionMajor",
        "OperatingSystemNameVersion",
    );
    major(
        fields,
        "OperatingSystemNameVersionMajor",
        "OperatingSystemNameVersion",
    );
    for [name, version, version_major, name_version, name_major] in [
        [
            "LayoutEngineName",
            "LayoutEngineVersion",
            "LayoutEngineVersionMajor",
            "LayoutEngineNameVersion",
            "LayoutEngineNameVersionMajor",
        ],
        [
            "WebviewAppName",
            "WebviewAppVersion",
            "WebviewAppVersionMajor",
            "WebviewAppNameVersion",
            "WebviewAppNameVersionMajor",
        ],
        [
            "AgentName",
            "AgentVersion",
            "AgentVersionMajor",
            "AgentNameVersion",
            "AgentNameVersionMajor",
        ],
    ] {
        major(fields, version_major, version);
        join(fields, name_version, name, version);
        join(fields, name_major, name, version_major);
    }
}

fn get(fields: &mut Fields<'_>, name: &str) -> Id {
    let id = fields.id(name);
    fields.touch(id);
    id
}

fn rewrite(fields: &mut Fields<'_>, id: Id, change: impl Fn(&str) -> String) {
    let value = change(fields.value(id));
    let confidence = fields.confidence(id);
    fields.force(id, Some(value.into()), confidence);
}

fn email(fields: &mut Fields<'_>) {
    let email = get(fields, "AgentInformationEmail");
    if !fields.is_default(email) {
        rewrite(fields, email, normalize::email);
    }
}

fn device_brand(tables: &Tables, fields: &mut Fields<'_>) {
    let brand = get(fields, "DeviceBrand");
    if !fields.is_default(brand) {
        rewrite(fields, brand, normalize::brand);
        return;
    }
    let url = get(fields, "AgentInformationUrl");
    let mut found = None;
    if !fields.is_default(url) {
        found = normalize::brand_from_url(tables, fields.value(url));
    }
    if found.is_none() {
        let email = get(fields, "AgentInformationEmail");
        if !fields.is_default(email) {
            found = normalize::brand_from_email(tables, fields.value(email));
        }
    }
    fields.force(brand, found.map(Value::from), 0);
}

fn device_name(fields: &mut Fields<'_>) {
    let name = get(fields, "DeviceName");
    if fields.is_default(name) {
        return;
    }
    let brand = get(fields, "DeviceBrand");
    let clean = normalize::without_webkit(fields.value(name));
    let known = fields.confidence(name) >= 0
        && fields.confidence(brand) >= 0
        && fields.value(brand) != "Unknown";
    let result = if known {
        normalize::device_name(fields.value(brand), &clean)
    } else {
        normalize::brand(&clean)
    };
    let confidence = fields.confidence(name);
    fields.force(name, Some(result.into()), confidence);
}

fn network_type(fields: &mut Fields<'_>) {
    let id = get(fields, "NetworkType");
    if !fields.is_default(id) {
        rewrite(fields, id, normalize::brand);
    }
}

fn agent_name(fields: &mut Fields<'_>) {
    let name = get(fields, "AgentName");
    if fields.is_default(name) {
        let brand = get(fields, "DeviceBrand");
        let confidence = fields.confidence(brand);
        let value = (!fields.is_default(brand)).then(|| Value::from(fields.value(brand)));
        fields.force(name, value, confidence);
        return;
    }
    if !fields.value(name).chars().any(char::is_uppercase) {
        rewrite(fields, name, normalize::brand);
    }
}

fn agent_class(fields: &mut Fields<'_>) {
    let class = get(fields, "AgentClass");
    if fields.is_default(class) {
        let name = get(fields, "AgentName");
        if !fields.is_default(name) {
            fields.force(class, Some(Value::Fixed("Special")), 1);
        }
    }
}

fn mac_major(fields: &mut Fields<'_>, target: &str, source: &str) {
    let system = get(fields, "OperatingSystemName");
    if fields.value(system) != "Mac OS" {
        return;
    }
    let target = get(fields, target);
    if !fields.is_default(target) {
        return;
    }
    let source = get(fields, source);
    let mut version = None;
    if !fields.is_default(source) {
        let value = fields.value(source);
        if !value.contains("10.") {
            return;
        }
        version = Splitter::Version.first(value, 2).map(Value::from);
    }
    let confidence = fields.confidence(source);
    fields.force(target, version, confidence);
}

fn major(fields: &mut Fields<'_>, target: &str, source: &str) {
    let target = get(fields, target);
    if !fields.is_default(target) {
        return;
    }
    let source = get(fields, source);
    let mut version = None;
    if !fields.is_default(source) {
        version = Splitter::Major
            .single(fields.value(source), 1)
            .map(Value::from);
    }
    let confidence = fields.confidence(source);
    fields.force(target, version, confidence);
}

fn join(fields: &mut Fields<'_>, target: &str, first: &str, second: &str) {
    let (first, second) = (get(fields, first), get(fields, second));
    let target = fields.id(target);
    let (sure_first, sure_second) = (fields.confidence(first), fields.confidence(second));
    let sure = sure_first.max(sure_second);
    if fields.is_default(first) && fields.is_default(second) {
        fields.set(target, None, sure);
        return;
    }
    let (a, b) = (fields.value(first), fields.value(second));
    if a == b {
        let value = Value::from(a);
        fields.force(target, Some(value), sure_first);
    } else if b.starts_with(a) {
        let value = Value::from(b);
        fields.force(target, Some(value), sure_second);
    } else if sure > fields.confidence(target) {
        let value = Value::from([a, " ", b].concat());
        fields.force(target, Some(value), sure);
    } else {
        fields.touch(target);
    }
}
