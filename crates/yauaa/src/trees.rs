//! Compares the trees with those the JVM gave for the suite, where that file is at hand.

use std::fmt::Write as _;

use crate::atn::Atn;
use crate::class::network;
use crate::lexer::{Lexer, LexerCache};
use crate::parser::{Grammar, ParseScratch};
use crate::predict::PredictCache;
use crate::tree::{NIL, Tree, What};

fn show(tree: &Tree, id: u32, out: &mut String) {
    let node = tree.node(id).unwrap();
    let kind = |t: u32| tree.tokens.get(t as usize).map_or(0, |t| t.kind);
    let number = |k: u8| if k == 0 { -1 } else { i32::from(k) };
    let place = |t: u32| {
        if t == NIL {
            "n".to_owned()
        } else {
            t.to_string()
        }
    };
    match node.what {
        What::Rule(rule) => {
            write!(out, "({rule}[{},{}] ", place(node.start), place(node.stop)).unwrap();
            for child in tree.children(id) {
                show(tree, child, out);
            }
            out.push_str(") ");
        }
        What::Token(t) => write!(out, "{}:{t} ", number(kind(t))).unwrap(),
        What::Error(t) => write!(out, "!{}:{t} ", number(kind(t))).unwrap(),
        What::Missing(k) => write!(out, "!{}:-1 ", number(k)).unwrap(),
    }
}

#[test]
fn trees_equal_those_of_the_generated_parser() {
    let Ok(path) = std::env::var("YAUAA_ORACLE") else {
        return;
    };
    let assets = concat!(env!("CARGO_MANIFEST_DIR"), "/../../.assets/yauaa/");
    let read = |name: &str| {
        Atn::parse(&network(&std::fs::read(format!("{assets}{name}")).unwrap()).unwrap()).unwrap()
    };
    let lexer = Lexer::new(read("UserAgentLexer.class")).unwrap();
    let grammar = Grammar::new(read("UserAgentParser.class")).unwrap();
    eprintln!("adaptive {:?}", grammar.adaptive_decisions());
    let (mut lexing, mut predicting) = (LexerCache::default(), PredictCache::default());
    let (mut same, mut total, mut shown, mut most) = (0, 0, 0, 0);
    let mut time = std::time::Duration::ZERO;
    for line in std::fs::read_to_string(path).unwrap().lines() {
        let case: serde_json::Value = serde_json::from_str(line).unwrap();
        let Some(text) = case["fix"].as_str() else {
            continue;
        };
        total += 1;
        let start = std::time::Instant::now();
        let (mut tree, mut parsing) = (Tree::default(), ParseScratch::default());
        let bad = lexer.run(text, &mut lexing, &mut tree.tokens);
        let errors = grammar.run(&mut tree, &mut parsing, &mut predicting);
        time += start.elapsed();
        let (mut fresh, mut again) = (PredictCache::default(), Tree::default());
        lexer.run(text, &mut lexing, &mut again.tokens);
        grammar.run(&mut again, &mut parsing, &mut fresh);
        most = most.max(fresh.spent());
        let mut out = String::new();
        show(&tree, 0, &mut out);
        let jvm = case["tree"].as_str().unwrap();
        let expected = case["err"].as_u64().unwrap() as usize;
        if out == jvm && bad + errors == expected {
            same += 1;
        } else if shown < 6 {
            shown += 1;
            let kinds: Vec<String> = tree
                .tokens
                .iter()
                .map(|t| format!("{}:{}-{}", t.kind, t.start, t.end))
                .collect();
            eprintln!(
                "{text}\n ours {out}\n  jvm {jvm}\n errors {bad}+{errors} {expected}\n {}\n {}",
                kinds.join(" "),
                case["tok"]
            );
        }
    }
    eprintln!(
        "{same} of {total} equal, {time:?}, at most {most} configurations; lexer {} parser {}",
        lexing.size(),
        predicting.size()
    );
    assert_eq!(same, total);
}
