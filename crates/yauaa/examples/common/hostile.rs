//! Agents that ask for much work.

/// Texts that make long agents when they are repeated, each with what comes before and after.
pub const HOSTILE: &[[&str; 3]] = &[
    ["", "(", ""],
    ["Mozilla/5.0 ", "(", ""],
    ["", "(a ", ""],
    ["", "(a/1 ", ""],
    ["", "(a/1; ", ""],
    ["", "(a b/1.2 (c) ", ""],
    ["", "a(b;(c;(d ", ""],
    ["", "a=({", ""],
    ["", "a={b=(", ""],
    ["", "[", ""],
    ["", "[a (b ", ""],
    ["", "{", ""],
    ["", "(;", ""],
    ["", "-", ""],
    ["", ";", ""],
    ["", "a;", ""],
    ["", "a=b", ""],
    ["", "a=b ", ""],
    ["", "a=b;", ""],
    ["", "a:b(c)", ""],
    ["", "a/b ", ""],
    ["", "a/1/2/3/", ""],
    ["", "x/1 (y) ", ""],
    ["", "1.1,1.2,", ""],
    ["", "1 ", ""],
    ["", "a ", ""],
    ["", "a_b-c.", ""],
    ["", "\"", ""],
    ["", "\u{e9}", ""],
    ["", "http://a.nl ", ""],
    ["", "a@b.nl ", ""],
    ["", "${a} ", ""],
    ["Mozilla/5.0 (", "a; ", ")"],
    ["Mozilla/5.0 (", "a=b; ", ")"],
    ["Mozilla/5.0 (", "(a; ", ") AppleWebKit/1.0"],
    [
        "Mozilla/5.0 (Linux; ",
        "Android 4.0.3; ",
        ") AppleWebKit/534.30",
    ],
    ["Mozilla/5.0 (X11) ", "Chrome/1.2.3 Safari/4.5 ", ""],
];

/// Such an agent, as long as the library looks at.
pub fn hostile([head, piece, tail]: [&str; 3]) -> String {
    let room = 2048 - head.len() - tail.len();
    let count = room / piece.encode_utf16().count();
    format!("{head}{}{tail}", piece.repeat(count))
}
