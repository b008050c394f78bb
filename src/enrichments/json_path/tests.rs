use lexon::Doc;

use super::*;

const STORE: &str = r#"{"a":{"b":[{"n":1,"t":"x"},{"n":2,"t":"y"},{"n":2.5,"t":"z"}],"n":{"n":9}},
    "list":[0,1,2,3,4,5],"k.k":"dot","it's":"quote","e":{},"nul":null,"on":true}"#;

fn find(path: &str) -> String {
    let doc = Doc::parse(STORE).unwrap();
    let found = JsonPath::parse(path)
        .unwrap()
        .find(doc.root(), Decimals::Text);
    let texts: Vec<String> = found.iter().map(|value| value.to_json()).collect();
    texts.join(" ")
}

#[test]
fn members_and_items() {
    for (path, expected) in [
        ("$.a.b[0].n", "1"),
        ("$['a']['b'][1]['t']", r#""y""#),
        (r#"$["k.k"]"#, r#""dot""#),
        (r"$['it\'s']", r#""quote""#),
        ("$ . a . b [ 0 ] . n", "1"),
        ("$['on','nope','nul']", "true null"),
        ("$.a.b.n", ""),
        ("$.a.b[*].n", "1 2 2.5"),
        ("$.a[*]", ""),
        ("$.a.n.*", "9"),
        ("$.list.*", ""),
        ("$.list['*']", ""),
        ("$.a['*'].n", "9"),
        ("$.list[-1]", "5"),
        ("$.list[1,3,9,-2]", "1 3 4"),
        ("$.list[1:3]", "1 2"),
        ("$.list[:2]", "0 1"),
        ("$.list[-2:]", "4 5"),
        ("$.list[::2]", "0 2 4"),
        ("$.list[1:5:3]", "1 4"),
        ("$.list[::-1]", "5 4 3 2 1 0"),
        ("$.list[::-2]", "5 3 1"),
        ("$.list[]", ""),
        ("$.nope", ""),
        ("$.nul", "null"),
    ] {
        assert_eq!(find(path), expected, "{path}");
    }
}

#[test]
fn all_below() {
    for (path, expected) in [
        // not below a hit
        ("$..n", r#"1 2 2.5 {"n":9}"#),
        ("$.a..t", r#""x" "y" "z""#),
        ("$.a.n..*", r#"{"n":9} 9"#),
        ("$.a.b[1]..*", r#"{"n":2,"t":"y"} 2 "y""#),
        ("$.a..[?(@.n > 1)]", r#"{"n":2,"t":"y"} {"n":9}"#),
        ("$..[?(@.t == 'z')].n", "2.5"),
    ] {
        assert_eq!(find(path), expected, "{path}");
    }
}

#[test]
fn conditions() {
    for (path, expected) in [
        ("$.a.b[?(@.n == 2)].t", r#""y""#),
        ("$.a.b[?(@.n == 2.0)].t", r#""y""#),
        // a number with a fraction is a text here
        ("$.a.b[?(@.n > 2)].t", ""),
        ("$.a.b[?(@.n == '2.5')].t", r#""z""#),
        ("$.a.b[?(@.n != 1)].t", r#""y" "z""#),
        ("$.a.b[?(1 < @.n)].t", r#""y""#),
        ("$.a.b[?(@.t >= 'y')].n", "2 2.5"),
        ("$.a.b[?(@.n == 1 || @.n == 2 && @.t == 'x')].n", "1"),
        ("$.a.b[?(@.n)].t", r#""x" "y" "z""#),
        ("$.a.b[?(@.nope)].t", ""),
        ("$.a.b[?(@.nope != 1)].t", ""),
        ("$.a.b[?($.on == true)].n", "1 2 2.5"),
        ("$.a.n[?(@.n == 9)]", r#"{"n":9}"#),
        ("$.list[?(@ > 3)]", "4 5"),
        ("$.on[?(@ == true)]", ""),
        ("$[?(@.nul == null)].on", "true"),
        ("$[?(@.nul != null)].on", ""),
    ] {
        assert_eq!(find(path), expected, "{path}");
    }
}

#[test]
fn what_a_number_with_a_fraction_is_can_be_chosen() {
    let doc = Doc::parse(STORE).unwrap();
    let path = JsonPath::parse("$.a.b[?(@.n == '2.5')].t").unwrap();
    assert!(path.find(doc.root(), Decimals::Alone).is_empty());
}

#[test]
fn texts_that_are_no_paths_are_refused() {
    for (path, at) in [
        ("a", 1),
        ("", 1),
        ("$.", 2),
        ("$.a b", 5),
        ("$.a[", 4),
        ("$.a[?(@.b = 1)]", 4),
        ("$.a[99999999999]", 4),
        ("$.ü[x]", 4),
        ("$['a]", 2),
    ] {
        assert_eq!(JsonPath::parse(path), Err(PathError(at)), "{path}");
    }
    let deep = format!("${}1{}", "[?(@".repeat(1_000), ")]".repeat(1_000));
    assert!(JsonPath::parse(&deep).is_err());
}
