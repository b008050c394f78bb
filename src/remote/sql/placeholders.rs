//! The placeholders of a query as Java writes them: `?`.

/// How many placeholders a query has: question marks outside of texts, names and comments.
pub fn count(sql: &str) -> usize {
    let mut count = 0;
    scan(sql, |_| count += 1);
    count
}

/// The query as PostgreSQL reads it: `$1`, `$2`… for the placeholders, and `?` for `??`.
pub fn numbered(sql: &str) -> String {
    let mut text = String::with_capacity(sql.len() + 8);
    let mut from = 0;
    let mut number = 0;
    scan(sql, |at| {
        number += 1;
        text.push_str(&sql.get(from..at).unwrap_or_default().replace("??", "?"));
        text.push_str(&format!("${number}"));
        from = at + 1;
    });
    text.push_str(&sql.get(from..).unwrap_or_default().replace("??", "?"));
    text
}

/// Tells where each placeholder is.
fn scan(sql: &str, mut found: impl FnMut(usize)) {
    let bytes = sql.as_bytes();
    let byte = |at: usize| bytes.get(at).copied().unwrap_or_default();
    let behind = |start: usize, end: &str| {
        let rest = sql.get(start..).unwrap_or_default();
        rest.find(end)
            .map_or(bytes.len(), |length| start + length + end.len())
    };
    let mut at = 0;
    while at < bytes.len() {
        at = match (byte(at), byte(at + 1)) {
            (b'?', b'?') => at + 2,
            (b'?', _) => {
                found(at);
                at + 1
            }
            // two quotes in a text are the end of one and the start of another, which comes to the same
            (b'\'', _) => behind(at + 1, "'"),
            (b'"', _) => behind(at + 1, "\""),
            (b'`', _) => behind(at + 1, "`"),
            (b'-', b'-') => behind(at + 2, "\n"),
            (b'/', b'*') => behind(at + 2, "*/"),
            (b'$', _) => dollar(sql, at).unwrap_or(at + 1),
            _ => at + 1,
        };
    }
}

/// Behind a text between `$tag$`, if one starts here.
fn dollar(sql: &str, at: usize) -> Option<usize> {
    let before = sql.get(..at)?.chars().next_back();
    if before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == '$') {
        return None;
    }
    let rest = sql.get(at + 1..)?;
    let length = rest.find('$')?;
    let tag = rest.get(..length)?;
    let is_tag = tag.chars().all(|c| c.is_alphanumeric() || c == '_')
        && !tag.starts_with(|c: char| c.is_ascii_digit());
    if !is_tag {
        return None;
    }
    let quote = format!("${tag}$");
    let start = at + quote.len();
    let end = sql.get(start..)?.find(&quote)?;
    Some(start + end + quote.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn question_marks_in_texts_names_and_comments_are_none() {
        for (sql, expected) in [
            ("SELECT 1", "SELECT 1"),
            ("SELECT ? , ?", "SELECT $1 , $2"),
            ("a = '?' AND b = ?", "a = '?' AND b = $1"),
            (
                "a = 'it''s ?' AND \"c?\" = ?",
                "a = 'it''s ?' AND \"c?\" = $1",
            ),
            ("-- ?\n? /* ? */ ?", "-- ?\n$1 /* ? */ $2"),
            ("j ?? 'k' AND x = ?", "j ? 'k' AND x = $1"),
            (
                "$$ ? $$ || ? || $a$ ? $ $a$ || ?",
                "$$ ? $$ || $1 || $a$ ? $ $a$ || $2",
            ),
            ("'unclosed ?", "'unclosed ?"),
            ("ü = ?", "ü = $1"),
        ] {
            assert_eq!(numbered(sql), expected);
        }
        assert_eq!(count("SELECT ? WHERE `a?` = ? -- ?"), 2);
    }
}
