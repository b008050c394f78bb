//! Changes to what a bad row holds, as JSON merge patches (RFC 7396).

use lexon::Tree;

/// The fields of a payload under a patch; for one its list of pairs becomes an object of names and values.
pub(super) fn fields(kept: &Tree, pairs: &str, patch: Option<&Tree>) -> Tree {
    let mut fields = kept.clone();
    let Some(patch) = patch else { return fields };
    if let Some(list) = fields.get_mut(pairs) {
        let mut object = Tree::Object(Vec::new());
        for pair in list.as_array().into_iter().flatten() {
            if let Some(name) = pair.get("name").and_then(Tree::as_str) {
                let value = pair.get("value").cloned().unwrap_or_default();
                object.insert(name, value);
            }
        }
        *list = object;
    }
    merge(&mut fields, patch);
    fields
}

/// Merges a patch: objects key by key, `null` takes a key away, all else is put in place of what was there.
/// A text that holds JSON, or JSON in base64, and gets an object is opened for it and closed again.
pub fn merge(target: &mut Tree, patch: &Tree) {
    let Some(changes) = patch.as_object() else {
        *target = patch.clone();
        return;
    };
    if let Some(inner) = target.as_str().and_then(Inner::of) {
        let Inner {
            mut tree,
            in_base64,
        } = inner;
        merge(&mut tree, patch);
        let text = tree.to_json();
        *target = Tree::String(if in_base64 {
            jvm::base64::encode_url_chunked(text.as_bytes())
                .split_whitespace()
                .collect()
        } else {
            text
        });
        return;
    }
    if target.as_object().is_none() {
        *target = Tree::Object(Vec::new());
    }
    for (key, change) in changes {
        if change.is_null() {
            target.remove(key);
        } else if let Some(old) = target.get_mut(key) {
            merge(old, change);
        } else {
            let mut new = Tree::Null;
            merge(&mut new, change);
            target.insert(key.as_str(), new);
        }
    }
}

/// JSON within a text.
struct Inner {
    tree: Tree,
    in_base64: bool,
}

impl Inner {
    fn of(text: &str) -> Option<Inner> {
        let read = |text: &str| {
            Tree::parse(text)
                .ok()
                .filter(|tree| tree.as_object().is_some())
        };
        if let Some(tree) = read(text) {
            return Some(Inner {
                tree,
                in_base64: false,
            });
        }
        let tree = read(&jvm::base64::decode_url_to_string(text))?;
        Some(Inner {
            tree,
            in_base64: true,
        })
    }
}
