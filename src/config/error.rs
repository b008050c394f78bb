//! What is wrong with a configuration, in one line that says where and how to mend it.

/// Why a configuration cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// A file or folder cannot be read.
    #[error("{file}: cannot be read: {reason}; {mend}")]
    Unreadable {
        file: String,
        reason: String,
        mend: String,
    },
    /// A text is neither HOCON nor JSON, or a substitution in it has no value.
    #[error("{file}: {problem}; {mend}")]
    Syntax {
        file: String,
        problem: String,
        mend: String,
    },
    /// A field is missing or has a value that cannot be used.
    #[error("{file}: {field}: {problem}; {mend}")]
    Field {
        file: String,
        field: String,
        problem: String,
        mend: String,
    },
    /// The configuration of an enrichment does not pass its schema. `report` is the text of the
    /// reference.
    #[error("{file}: {field}: {problem}; {mend} ({report})")]
    Enrichment {
        file: String,
        field: String,
        problem: String,
        mend: String,
        report: String,
    },
}

/// A text of others on one line.
pub(super) fn one_line(text: impl ToString) -> String {
    text.to_string()
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
}
