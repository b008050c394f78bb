//! What holds for every text and every tree.

use lexon::{Doc, Tree, Value};
use proptest::collection::vec;
use proptest::prelude::*;

fn number() -> impl Strategy<Value = String> {
    "-?(0|[1-9][0-9]{0,20})(\\.[0-9]{1,5})?([eE][+-]?[0-9]{1,3})?"
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-c]{0,2}",
        ".{0,24}",
        vec(any::<char>(), 0..12).prop_map(String::from_iter),
        vec(prop::char::range('\0', '\u{ff}'), 0..24).prop_map(String::from_iter),
    ]
}

fn tree() -> impl Strategy<Value = Tree> {
    let leaf = prop_oneof![
        Just(Tree::Null),
        any::<bool>().prop_map(Tree::Bool),
        number().prop_map(Tree::Number),
        text().prop_map(Tree::String),
    ];
    leaf.prop_recursive(5, 64, 8, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..8).prop_map(Tree::Array),
            vec((text(), inner), 0..8).prop_map(|entries| {
                let mut object = Tree::Object(Vec::new());
                for (key, value) in entries {
                    object.insert(key, value);
                }
                object
            }),
        ]
    })
}

/// Text that is JSON more often than not, with blanks, escapes and duplicates.
fn near_json() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        3 => prop::sample::select(vec![
            "{", "}", "[", "]", ",", ":", "\"", "\\", " ", "\n", "\\u", "00e9", "\\ud83d", "\\ude00", "\\ud800",
            "\"a\":", "\"b\":", "1", "-0", "1e5", "1.", "true", "nul", "null", "\u{7f}", "\u{85}", "\u{a0}", "😀",
            "{\"a\":1,\"a\":2}", "[1,2]", "\"x\\n\"", "\"\\/\"",
        ]).prop_map(str::to_owned),
        1 => ".{0,3}",
    ];
    vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

/// A slow and plain model of circe's merge.
fn merged(left: &Tree, right: &Tree) -> Tree {
    let (Some(l), Some(r)) = (left.as_object(), right.as_object()) else {
        return right.clone();
    };
    let mut out: Vec<(String, Tree)> = Vec::new();
    for (key, value) in r {
        let value = left
            .get(key)
            .map_or_else(|| value.clone(), |old| merged(old, value));
        out.push((key.clone(), value));
    }
    let only_left = l.iter().filter(|(key, _)| right.get(key).is_none());
    out.extend(only_left.cloned());
    Tree::Object(out)
}

fn rebuilt(value: Value<'_>) -> Tree {
    if let Some(truth) = value.as_bool() {
        Tree::Bool(truth)
    } else if let Some(text) = value.number_text() {
        Tree::Number(text.to_owned())
    } else if let Some(text) = value.as_str() {
        Tree::String(text.to_owned())
    } else if value.is_null() {
        Tree::Null
    } else if value.kind() == lexon::Kind::Array {
        Tree::Array(value.items().map(rebuilt).collect())
    } else {
        Tree::Object(
            value
                .entries()
                .map(|(key, v)| (key.to_owned(), rebuilt(v)))
                .collect(),
        )
    }
}

fn consistent(text: &str) {
    let Ok(doc) = Doc::parse(text) else { return };
    let json = doc.root().to_json();
    let tree = doc.root().to_tree();
    assert_eq!(rebuilt(doc.root()), tree);
    assert_eq!(tree.to_json(), json);
    assert_eq!(doc.is_compact(), json == text);
    assert_eq!(doc.root().entries().len(), doc.root().entries().count());
    let again = Doc::parse(&json).map(|again| again.root().to_json());
    assert_eq!(again, Ok(json));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn a_printed_tree_reads_back(tree in tree()) {
        let json = tree.to_json();
        let doc = Doc::parse(&json).expect("printed JSON");
        prop_assert!(doc.is_compact());
        prop_assert_eq!(doc.root().to_json(), json);
        prop_assert_eq!(&doc.root().to_tree(), &tree);
        prop_assert_eq!(&Tree::parse(&tree.to_pretty()).expect("pretty JSON"), &tree);
        prop_assert_eq!(&tree.clone(), &tree);
        consistent(&tree.to_pretty());
    }

    #[test]
    fn nothing_makes_the_parser_panic(text in near_json(), bytes in vec(any::<u8>(), 0..40)) {
        consistent(&text);
        consistent(&String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn a_cut_text_is_never_accepted_when_it_opened_a_container(tree in tree(), part in 0.0..1.0f64) {
        let json = format!("[{}]", tree.to_json());
        let chars = json.chars().count();
        let cut: String = json.chars().take((chars as f64 * part) as usize).collect();
        prop_assert_eq!(Doc::parse(&cut).expect_err("cut").message, "exhausted input");
    }

    #[test]
    fn merging_agrees_with_the_plain_model(left in tree(), right in tree()) {
        let expected = merged(&left, &right);
        prop_assert_eq!(left.deep_merge(right), expected);
    }
}
