//! Why a JSON was not accepted by its schema, and how bad rows print that.

use lexon::{write_string, write_string_opt};

use super::key::SchemaVer;

/// One message of the instance validator.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Report {
    /// For people.
    pub message: String,
    /// Where in the instance, for example `$.a[0]`.
    pub path: String,
    /// Which keyword of the schema, by the name the reference gives it.
    pub keyword: String,
    /// Arguments of the message.
    pub targets: Vec<String>,
}

/// One message about the schema itself.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SchemaIssue {
    /// Where in the schema.
    pub path: String,
    /// For people.
    pub message: String,
}

/// Why one registry did not give a schema.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum RegistryError {
    /// It does not have the schema.
    NotFound,
    /// The registry is at fault (5xx).
    RepoFailure(String),
    /// The request, the network or the answer is at fault.
    ClientFailure(String),
}

/// All that was tried at one registry for one schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LookupHistory {
    /// Name of the registry.
    pub repository: String,
    /// Distinct errors, in order of first occurrence, 32 at most.
    pub errors: Vec<RegistryError>,
    /// Failed look-ups.
    pub attempts: u32,
    /// Time of the last failure, milliseconds since the epoch.
    pub last_attempt: i64,
}

/// Why a self-describing JSON was not accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClientError {
    /// No registry gave the schema; sorted by repository name (UTF-16 order).
    Resolution(Vec<LookupHistory>),
    /// The instance does not pass.
    Invalid {
        reports: Vec<Report>,
        superseded_by: Option<SchemaVer>,
    },
    /// The schema is no schema.
    Schema {
        issues: Vec<SchemaIssue>,
        superseded_by: Option<SchemaVer>,
    },
}

impl RegistryError {
    fn write(&self, out: &mut String) {
        let (kind, message) = match self {
            RegistryError::NotFound => ("NotFound", None),
            RegistryError::RepoFailure(message) => ("RepoFailure", Some(message)),
            RegistryError::ClientFailure(message) => ("ClientFailure", Some(message)),
        };
        out.push_str("{\"error\":");
        write_string(out, kind);
        if let Some(message) = message {
            out.push_str(",\"message\":");
            write_string(out, message);
        }
        out.push('}');
    }
}

fn list<T>(out: &mut String, items: &[T], mut write: impl FnMut(&mut String, &T)) {
    out.push('[');
    for (n, item) in items.iter().enumerate() {
        if n > 0 {
            out.push(',');
        }
        write(out, item);
    }
    out.push(']');
}

impl ClientError {
    /// Prints the error as bad rows hold it, without blanks.
    pub fn write(&self, out: &mut String) {
        out.push('{');
        let superseded = match self {
            ClientError::Resolution(_) => None,
            ClientError::Invalid { superseded_by, .. }
            | ClientError::Schema { superseded_by, .. } => *superseded_by,
        };
        if let Some(version) = superseded {
            out.push_str("\"supersededBy\":");
            write_string(out, &version.to_string());
            out.push(',');
        }
        match self {
            ClientError::Resolution(histories) => {
                out.push_str("\"error\":\"ResolutionError\",\"lookupHistory\":");
                list(out, histories, |out, history| {
                    out.push_str("{\"repository\":");
                    write_string(out, &history.repository);
                    out.push_str(",\"errors\":");
                    list(out, &history.errors, |out, error| error.write(out));
                    out.push_str(&format!(
                        ",\"attempts\":{},\"lastAttempt\":\"",
                        history.attempts
                    ));
                    let (secs, millis) = (
                        history.last_attempt.div_euclid(1000),
                        history.last_attempt.rem_euclid(1000),
                    );
                    out.push_str(&jvm::time::instant_iso(secs, millis as u32 * 1_000_000));
                    out.push_str("\"}");
                });
            }
            ClientError::Invalid { reports, .. } => {
                out.push_str("\"error\":\"ValidationError\",\"dataReports\":");
                list(out, reports, |out, report| {
                    out.push_str("{\"message\":");
                    write_string(out, &report.message);
                    out.push_str(",\"path\":");
                    write_string_opt(out, Some(&report.path));
                    out.push_str(",\"keyword\":");
                    write_string(out, &report.keyword);
                    out.push_str(",\"targets\":");
                    list(out, &report.targets, |out, target| {
                        write_string(out, target)
                    });
                    out.push('}');
                });
            }
            ClientError::Schema { issues, .. } => {
                out.push_str("\"error\":\"ValidationError\",\"schemaIssues\":");
                list(out, issues, |out, issue| {
                    out.push_str("{\"path\":");
                    write_string(out, &issue.path);
                    out.push_str(",\"message\":");
                    write_string(out, &issue.message);
                    out.push('}');
                });
            }
        }
        out.push('}');
    }

    /// The printed error.
    pub fn to_json(&self) -> String {
        let mut out = String::new();
        self.write(&mut out);
        out
    }
}
