//! Numbers the compiled tables and the engine share: step codes, node names, action kinds.
#![allow(dead_code)]

/// "Nothing" wherever a number may be missing.
pub const NONE: u32 = u32::MAX;

/// Names of path segments; a segment is stored as its place here.
pub const NAMES: [&str; 14] = [
    "agent", "product", "name", "version", "comments", "entry", "text", "url", "email", "base64",
    "uuid", "keyvalue", "key", "value",
];

/// Fields the engine itself reads or writes, in the library's order of output.
pub const FIELDS: [&str; 57] = [
    "DeviceClass",
    "DeviceName",
    "DeviceBrand",
    "DeviceCpu",
    "DeviceCpuBits",
    "DeviceFirmwareVersion",
    "DeviceVersion",
    "OperatingSystemClass",
    "OperatingSystemName",
    "OperatingSystemVersion",
    "OperatingSystemVersionMajor",
    "OperatingSystemNameVersion",
    "OperatingSystemNameVersionMajor",
    "OperatingSystemVersionBuild",
    "LayoutEngineClass",
    "LayoutEngineName",
    "LayoutEngineVersion",
    "LayoutEngineVersionMajor",
    "LayoutEngineNameVersion",
    "LayoutEngineNameVersionMajor",
    "LayoutEngineBuild",
    "AgentClass",
    "AgentName",
    "AgentVersion",
    "AgentVersionMajor",
    "AgentNameVersion",
    "AgentNameVersionMajor",
    "AgentBuild",
    "AgentLanguage",
    "AgentLanguageCode",
    "AgentInformationEmail",
    "AgentInformationUrl",
    "AgentSecurity",
    "AgentUuid",
    "WebviewAppName",
    "WebviewAppVersion",
    "WebviewAppVersionMajor",
    "WebviewAppNameVersion",
    "WebviewAppNameVersionMajor",
    "FacebookCarrier",
    "FacebookDeviceClass",
    "FacebookDeviceName",
    "FacebookDeviceVersion",
    "FacebookFBOP",
    "FacebookFBSS",
    "FacebookOperatingSystemName",
    "FacebookOperatingSystemVersion",
    "RemarkablePattern",
    "HackerAttackVector",
    "HackerToolkit",
    "KoboAffiliate",
    "KoboPlatformId",
    "IECompatibilityVersion",
    "IECompatibilityVersionMajor",
    "IECompatibilityNameVersion",
    "IECompatibilityNameVersionMajor",
    "NetworkType",
];

/// In the prefix lengths of a place of the index: some action asks for a whole value there.
pub const KEYED: u32 = 1 << 31;

/// The field that tells whether the agent had a syntax error.
pub const SYNTAX_ERROR: &str = "__SyntaxError__";
/// The field whose value goes into all fields.
pub const SET_ALL: &str = "__Set_ALL_Fields__";

/// Kinds of actions.
pub mod action {
    /// Finds a value for other actions of the matcher.
    pub const VARIABLE: u32 = 0;
    /// Must find something.
    pub const REQUIRE: u32 = 1;
    /// Must not find anything.
    pub const FAIL: u32 = 2;
    /// Finds the value of a field.
    pub const EXTRACT: u32 = 3;
    /// Flag: the action must be informed before its matcher is tried.
    pub const NEEDS_INPUT: u32 = 8;
    /// Flag: its steps cannot succeed on nothing.
    pub const NEEDS_MATCH: u32 = 16;
}

/// Codes of steps; the operands are in the comment of each.
pub mod step {
    /// name, from, to
    pub const DOWN: u32 = 0;
    /// none
    pub const UP: u32 = 1;
    /// count
    pub const NEXT: u32 = 2;
    /// count
    pub const PREV: u32 = 3;
    /// text
    pub const EQUALS: u32 = 4;
    /// text
    pub const NOT_EQUALS: u32 = 5;
    /// text
    pub const STARTS: u32 = 6;
    /// text
    pub const ENDS: u32 = 7;
    /// text, lower case
    pub const CONTAINS: u32 = 8;
    /// text, lower case
    pub const NOT_CONTAINS: u32 = 9;
    /// map
    pub const IN_SET: u32 = 10;
    /// map
    pub const NOT_IN_SET: u32 = 11;
    /// first, last
    pub const WORDS: u32 = 12;
    /// first, last
    pub const SEGMENTS: u32 = 13;
    /// none
    pub const FULL: u32 = 14;
    /// map, default
    pub const LOOKUP: u32 = 15;
    /// map, default
    pub const LOOKUP_CONTAINS: u32 = 16;
    /// map, default
    pub const LOOKUP_PREFIX: u32 = 17;
    /// map
    pub const IN_CONTAINS: u32 = 18;
    /// map
    pub const NOT_IN_CONTAINS: u32 = 19;
    /// map
    pub const IN_PREFIX: u32 = 20;
    /// map
    pub const NOT_IN_PREFIX: u32 = 21;
    /// text
    pub const DEFAULT: u32 = 22;
    /// none
    pub const IS_NULL: u32 = 23;
    /// none
    pub const CLEAN_VERSION: u32 = 24;
    /// none
    pub const VALID_VERSION: u32 = 25;
    /// search, replacement
    pub const REPLACE: u32 = 26;
    /// none
    pub const NORMALIZE: u32 = 27;
    /// none
    pub const BRAND_FROM_URL: u32 = 28;
    /// prefix, postfix
    pub const CONCAT: u32 = 29;
}
