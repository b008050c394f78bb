use super::*;

fn tree(text: &str) -> Tree {
    Tree::parse(text).unwrap()
}

#[test]
fn deep_merge_starts_with_the_other_sides_keys() {
    let rows = [
        ("{\"a\":1}", "{\"b\":2,\"a\":3}", "{\"b\":2,\"a\":3}"),
        (
            "{\"a\":1,\"c\":2}",
            "{\"b\":2}",
            "{\"b\":2,\"a\":1,\"c\":2}",
        ),
        (
            "{\"x\":{\"p\":1,\"q\":2},\"y\":[1]}",
            "{\"y\":[2],\"x\":{\"r\":0,\"q\":3}}",
            "{\"y\":[2],\"x\":{\"r\":0,\"q\":3,\"p\":1}}",
        ),
        ("{\"x\":1}", "{\"x\":{\"a\":2}}", "{\"x\":{\"a\":2}}"),
        ("{\"x\":{\"a\":2}}", "{\"x\":null}", "{\"x\":null}"),
        ("[1]", "{}", "{}"),
        ("{\"a\":1}", "7", "7"),
        ("{\"a\":1}", "{}", "{\"a\":1}"),
    ];
    for (left, right, merged) in rows {
        assert_eq!(tree(left).deep_merge(tree(right)).to_json(), merged);
    }
}

#[test]
fn deep_merge_of_many_keys_agrees_with_that_of_few() {
    let many = |from: i64, to: i64| {
        Tree::Object((from..to).map(|n| (n.to_string(), Tree::from(n))).collect())
    };
    let keys: Vec<String> = (50..150).chain(0..50).map(|n| n.to_string()).collect();
    let merged = many(0, 100)
        .deep_merge(many(50, 150))
        .into_object()
        .unwrap();
    assert_eq!(
        merged.into_iter().map(|(key, _)| key).collect::<Vec<_>>(),
        keys
    );
}

#[test]
fn insert_replaces_in_place_or_appends() {
    let mut object = tree("{\"a\":1,\"b\":2}");
    object.insert("a", Tree::from("x"));
    object.insert(String::from("c"), Tree::from(true));
    assert_eq!(object.to_json(), "{\"a\":\"x\",\"b\":2,\"c\":true}");
    assert_eq!(object.remove("a"), Some(Tree::from("x")));
    assert_eq!(object.remove("a"), None);
    assert_eq!(object.to_json(), "{\"b\":2,\"c\":true}");
    let mut other = Tree::from(-5);
    other.insert("a", Tree::Null);
    assert_eq!(other.to_json(), "-5");
    assert_eq!(other.as_i64(), Some(-5));
}

#[test]
fn parts_are_reached_and_taken() {
    let mut doc = tree("{\"a\":[\"x\",true,null,1.0]}");
    assert_eq!(doc.get("a").and_then(Tree::as_array).unwrap().len(), 4);
    *doc.get_mut("a")
        .and_then(Tree::as_array_mut)
        .unwrap()
        .first_mut()
        .unwrap() = Tree::Null;
    let items = doc.remove("a").unwrap().into_array().unwrap();
    assert!(items[0].is_null() && items[1].as_bool() == Some(true));
    assert_eq!(
        (items[3].number_text(), items[3].as_i64()),
        (Some("1.0"), None)
    );
    assert_eq!(doc.as_object_mut().map(|entries| entries.len()), Some(0));
    assert_eq!(Tree::from("s").into_string().as_deref(), Some("s"));
    assert_eq!(Tree::from("s").into_object(), None);
}

#[test]
fn equality_knows_order_and_number_text() {
    assert_eq!(tree("{\"a\":[1,{}]}"), tree(" { \"a\" : [ 1 , { } ] } "));
    for (a, b) in [
        ("{\"a\":1,\"b\":2}", "{\"b\":2,\"a\":1}"),
        ("1", "1.0"),
        ("[1]", "[1,2]"),
        ("{\"a\":1}", "{}"),
        ("\"1\"", "1"),
    ] {
        assert_ne!(tree(a), tree(b));
    }
}

#[test]
fn depth_is_no_danger() {
    const DEPTH: usize = 100_000;
    let arrays = "[".repeat(DEPTH) + &"]".repeat(DEPTH);
    let objects = "{\"a\":".repeat(DEPTH) + "1" + &"}".repeat(DEPTH);
    for text in [arrays, objects] {
        let tree = tree(&text);
        let copy = tree.clone();
        assert!(tree == copy);
        assert_eq!(tree.to_json(), text);
        drop(copy);
        let spaced = Doc::parse(&text.replace(']', " ]").replace(':', ": ")).unwrap();
        assert!(!spaced.is_compact());
        assert_eq!(spaced.root().to_json(), text);
    }
    let deep = tree(&("{\"a\":".repeat(DEPTH) + "1" + &"}".repeat(DEPTH)));
    let merged = deep.clone().deep_merge(deep.clone());
    assert!(merged == deep);
}
