//! The kinds of message: their names, numbers and wording.

/// A kind of message of the reference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Code {
    AdditionalProperties,
    AnyOf,
    Dependencies,
    Enum,
    Format,
    Items,
    Maximum,
    MaxItems,
    MaxLength,
    MaxProperties,
    Minimum,
    MinItems,
    MinLength,
    MinProperties,
    MultipleOf,
    Not,
    OneOf,
    Pattern,
    ReadOnly,
    Required,
    Type,
    /// `type` with several names.
    UnionType,
    /// The keyword `unionType`, which the reference knows too.
    UnionTypeKeyword,
    UniqueItems,
    NotAllowed,
    DateTime,
    Uuid,
}

impl Code {
    /// The kind of message a keyword of a schema gives, for keywords that give any.
    pub(super) fn of_keyword(keyword: &str) -> Option<Code> {
        const ALL: [Code; 24] = [
            Code::AdditionalProperties,
            Code::AnyOf,
            Code::Dependencies,
            Code::Enum,
            Code::Format,
            Code::Items,
            Code::Maximum,
            Code::MaxItems,
            Code::MaxLength,
            Code::MaxProperties,
            Code::Minimum,
            Code::MinItems,
            Code::MinLength,
            Code::MinProperties,
            Code::MultipleOf,
            Code::Not,
            Code::OneOf,
            Code::Pattern,
            Code::ReadOnly,
            Code::Required,
            Code::Type,
            Code::UnionTypeKeyword,
            Code::UniqueItems,
            Code::NotAllowed,
        ];
        ALL.into_iter().find(|code| code.keyword() == keyword)
    }

    /// What reports call it.
    pub(super) fn keyword(self) -> &'static str {
        self.facts().0
    }

    /// Its number, by which `oneOf` sorts; part of a message's hash.
    pub(super) fn number(self) -> &'static str {
        self.facts().1
    }

    fn facts(self) -> (&'static str, &'static str) {
        match self {
            Code::AdditionalProperties => ("additionalProperties", "1001"),
            Code::AnyOf => ("anyOf", "1003"),
            Code::Dependencies => ("dependencies", "1007"),
            Code::Enum => ("enum", "1008"),
            Code::Format => ("format", "1009"),
            Code::Items => ("items", "1010"),
            Code::Maximum => ("maximum", "1011"),
            Code::MaxItems => ("maxItems", "1012"),
            Code::MaxLength => ("maxLength", "1013"),
            Code::MaxProperties => ("maxProperties", "1014"),
            Code::Minimum => ("minimum", "1015"),
            Code::MinItems => ("minItems", "1016"),
            Code::MinLength => ("minLength", "1017"),
            Code::MinProperties => ("minProperties", "1018"),
            Code::MultipleOf => ("multipleOf", "1019"),
            Code::Not => ("not", "1020"),
            Code::OneOf => ("oneOf", "1022"),
            Code::Pattern => ("pattern", "1023"),
            Code::Required => ("required", "1028"),
            Code::Type => ("type", "1029"),
            Code::UnionType | Code::UnionTypeKeyword => ("unionType", "1030"),
            Code::UniqueItems => ("uniqueItems", "1031"),
            Code::ReadOnly => ("readOnly", "1032"),
            Code::NotAllowed => ("notAllowed", "1033"),
            Code::DateTime => ("dateTime", "1034"),
            Code::Uuid => ("uuid", "1035"),
        }
    }

    /// What stands behind the schema's own path in the path of the keyword.
    pub(super) fn suffix(self) -> &'static str {
        match self {
            // formats are placed at the schema around them
            Code::Format | Code::DateTime | Code::Uuid => "",
            Code::UnionType => "type",
            other => other.keyword(),
        }
    }

    /// The English message.
    pub(super) fn wording(self, path: &str, targets: &[String]) -> String {
        let target = |n: usize| targets.get(n).map_or("", String::as_str);
        let (a, b) = (target(0), target(1));
        match self {
            Code::AdditionalProperties => format!(
                "{path}.{a}: is not defined in the schema and the schema does not allow additional properties"
            ),
            Code::AnyOf => format!("{path}: should be valid to any of the schemas {a}"),
            Code::Dependencies => format!("{path}: has an error with dependencies {a}"),
            Code::Enum => format!("{path}: does not have a value in the enumeration {a}"),
            Code::Format => format!("{path}: does not match the {a} pattern {b}"),
            Code::Items => format!("{path}[{a}]: no validator found at this index"),
            Code::Maximum => format!("{path}: must have a maximum value of {a}"),
            Code::MaxItems => format!("{path}: there must be a maximum of {a} items in the array"),
            Code::MaxLength => format!("{path}: may only be {a} characters long"),
            Code::MaxProperties => format!("{path}: may only have a maximum of {a} properties"),
            Code::Minimum => format!("{path}: must have a minimum value of {a}"),
            Code::MinItems => format!("{path}: there must be a minimum of {a} items in the array"),
            Code::MinLength => format!("{path}: must be at least {a} characters long"),
            Code::MinProperties => format!("{path}: should have a minimum of {a} properties"),
            Code::MultipleOf => format!("{path}: must be multiple of {a}"),
            Code::Not => format!("{path}: should not be valid to the schema {a}"),
            Code::OneOf => format!(
                "{path}: should be valid to one and only one of schema, but more than one are valid: {a}"
            ),
            Code::Pattern => format!("{path}: does not match the regex pattern {a}"),
            Code::ReadOnly => format!("{path}: is a readonly field, it cannot be changed"),
            Code::Required => format!("{path}.{a}: is missing but it is required"),
            Code::Type => format!("{path}: {a} found, {b} expected"),
            Code::UnionType | Code::UnionTypeKeyword => {
                format!("{path}: {a} found, but {b} is required")
            }
            Code::UniqueItems => format!("{path}: the items in the array must be unique"),
            Code::NotAllowed => format!("{path}.{a}: is not allowed but it is in the data"),
            Code::DateTime | Code::Uuid => format!("{path}: {a} is an invalid {b}"),
        }
    }
}
