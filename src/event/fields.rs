//! The handles of the fields and what the table says of each: kind, length limit, source parameters.

pub use super::table::*;

/// The kind of value a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A text.
    Text,
    /// A 32-bit integer.
    Int,
    /// A 32-bit float.
    Float,
    /// A decimal number of any size, kept as Java prints it.
    Decimal,
    /// A byte that is 0 or 1.
    Byte,
}

/// How the value of a parameter becomes the value of a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Conversion {
    /// A text made safe for a TSV.
    Safe,
    /// A Java integer.
    Int,
    /// A Java decimal.
    Dec,
    /// `1` or `0`.
    Bool,
    /// A canonical UUID.
    Uuid,
    /// Milliseconds since the epoch, to a timestamp.
    Ts,
    /// A code of an event type.
    EventType,
    /// A code of a platform.
    Platform,
    /// The first address of a list.
    Ip,
    /// `WIDTHxHEIGHT`; the height goes to the next column.
    Dim,
    /// JSON.
    Json,
    /// JSON in URL-safe base64.
    Json64,
}

/// One column of the enriched event.
#[derive(Debug, Clone, Copy)]
pub struct Column {
    /// Name in the atomic table.
    pub name: &'static str,
    /// Kind of its value.
    pub kind: Kind,
    /// Longest value in UTF-16 units, where there is a limit.
    pub limit: Option<u16>,
}

/// One parameter of the tracker protocol.
#[derive(Debug, Clone, Copy)]
pub struct Parameter {
    /// Name in a query string or body.
    pub name: &'static str,
    /// How its value is read.
    pub conversion: Conversion,
    /// Position of the column it fills.
    pub column: usize,
}

macro_rules! handles {
    ($($(#[$doc:meta])* $name:ident),+) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub struct $name(pub(super) u8);

        impl $name {
            /// Position of the column, from 0.
            pub const fn index(self) -> usize {
                self.0 as usize
            }
        }
    )+};
}

handles! {
    /// A column that holds a text.
    Text,
    /// A column that holds an integer.
    Int,
    /// A column that holds a float.
    Float,
    /// A column that holds a decimal.
    Decimal,
    /// A column that holds 0 or 1.
    Byte
}

/// The text column of that name, if there is one.
pub fn text_column(name: &str) -> Option<Text> {
    let index = COLUMNS
        .iter()
        .position(|column| column.name == name && column.kind == Kind::Text)?;
    u8::try_from(index).ok().map(Text)
}

/// The position of the column of that name.
pub fn column(name: &str) -> Option<usize> {
    COLUMNS.iter().position(|column| column.name == name)
}

const SLOTS: usize = 512;

const fn pack(name: &[u8]) -> u64 {
    let mut word = 0u64;
    let mut n = 0;
    while n < name.len() {
        word = word << 8 | name[n] as u64;
        n += 1;
    }
    word
}

const fn slot(word: u64) -> usize {
    (word.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 55) as usize
}

/// Parameters by name: open addressing, made by the compiler.
static INDEX: [u8; SLOTS] = {
    let mut index = [u8::MAX; SLOTS];
    let mut n = 0;
    while n < PARAMETERS.len() {
        let mut at = slot(pack(PARAMETERS[n].name.as_bytes()));
        while index[at] != u8::MAX {
            at = (at + 1) % SLOTS;
        }
        index[at] = n as u8;
        n += 1;
    }
    index
};

/// The name of each parameter as a number, and its length.
static WORDS: [(u64, usize); PARAMETERS.len()] = {
    let mut words = [(0, 0); PARAMETERS.len()];
    let mut n = 0;
    while n < PARAMETERS.len() {
        let name = PARAMETERS[n].name.as_bytes();
        words[n] = (pack(name), name.len());
        n += 1;
    }
    words
};

/// The parameter of that name, if the tracker protocol has it.
pub fn parameter(name: &str) -> Option<&'static Parameter> {
    if name.len() > 8 {
        return None;
    }
    let word = pack(name.as_bytes());
    let mut at = slot(word);
    loop {
        let number = usize::from(*INDEX.get(at)?);
        // names are compared as numbers, without a call
        if *WORDS.get(number)? == (word, name.len()) {
            return PARAMETERS.get(number);
        }
        at = (at + 1) % SLOTS;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_parameter_is_found_by_name_and_no_other() {
        for expected in PARAMETERS {
            let found = parameter(expected.name).unwrap();
            assert_eq!((found.name, found.column), (expected.name, expected.column));
        }
        for name in ["", "x", "ue", "se_caa", "a-very-long-name"] {
            assert!(parameter(name).is_none(), "{name}");
        }
    }

    #[test]
    fn there_are_131_columns_in_the_order_of_the_atomic_table() {
        assert_eq!(COLUMNS.len(), 131);
        assert_eq!(COLUMNS[0].name, "app_id");
        assert_eq!(COLUMNS[130].name, "true_tstamp");
        assert_eq!(column("domain_sessionid"), Some(123));
        assert_eq!(
            COLUMNS[DVCE_SCREENWIDTH.index() + 1].name,
            "dvce_screenheight"
        );
        assert_eq!(COLUMNS[DOC_WIDTH.index() + 1].name, "doc_height");
        assert_eq!(COLUMNS[BR_VIEWWIDTH.index() + 1].name, "br_viewheight");
    }
}
