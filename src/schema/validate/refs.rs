//! `$ref` and `id`: where references lead.
//!
//! References inside the document are followed; documents at `http` and `https` addresses count as
//! empty schemas, and nothing is fetched. Everything else cannot be resolved.

use jvm::uri::JavaUri;
use jvm::url_codec::decode_utf8;
use lexon::{Kind, Value};

use super::compile::{Broken, Compiler};
use super::node::{Node, NodeId};
use super::text::in_map_order;

/// What relative addresses are relative to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Base {
    /// Nothing: they cannot be resolved.
    None,
    /// A web address.
    Web,
    /// An address of a kind that leads nowhere.
    Other,
}

/// Other schemes the reference makes addresses of.
const OTHER_SCHEMES: [&str; 5] = ["ftp", "file", "jar", "classpath", "resource"];

impl Base {
    /// What addresses inside a schema are relative to: its `id`, if it has one.
    ///
    /// # Errors
    /// What the reference throws about an `id` that is no address.
    pub(super) fn within(self, schema: Value<'_>) -> Result<Base, Broken> {
        let Some(id) = schema.get("id").and_then(Value::as_str) else {
            return Ok(self);
        };
        if self == Base::None && id.starts_with('#') {
            return Ok(Base::None);
        }
        let around = if self == Base::None {
            "null"
        } else {
            "its base"
        };
        self.join(id)
            .ok_or_else(|| format!("{id}: {around} is an invalid segment for URI {{2}}").into())
    }

    /// The kind of address that `segment` makes here.
    fn join(self, segment: &str) -> Option<Base> {
        let joined = match scheme(segment) {
            Some("http" | "https") => Base::Web,
            Some(scheme) if OTHER_SCHEMES.contains(&scheme) => Base::Other,
            Some(_) => return None,
            None if self == Base::None => return None,
            None => self,
        };
        JavaUri::parse(segment).is_ok().then_some(joined)
    }
}

/// The scheme as the reference looks for it, in small letters only.
fn scheme(address: &str) -> Option<&str> {
    let (scheme, _) = address.split_once(':')?;
    let mut bytes = scheme.bytes();
    let first = bytes.next()?.is_ascii_lowercase();
    let rest = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"+.-\\".contains(&b);
    (first && bytes.all(rest)).then_some(scheme)
}

impl<'s> Compiler<'s> {
    /// The node a reference leads to; `holder` is the schema it stands in.
    ///
    /// # Errors
    /// What the reference throws when there is none.
    pub(super) fn reference(
        &mut self,
        holder: Value<'s>,
        path: &str,
        base: Base,
        reference: &str,
    ) -> Result<NodeId, Broken> {
        let unresolved = || {
            Broken::from(format!(
                "{path}/$ref: Reference {reference} cannot be resolved"
            ))
        };
        if !reference.starts_with('#') {
            let (address, fragment) = match reference.split_once('#') {
                Some((address, fragment)) => (address, fragment),
                None => (reference, ""),
            };
            return match base.join(address) {
                Some(Base::Web) if fragment.is_empty() => Ok(self.empty()),
                _ => Err(unresolved()),
            };
        }
        if reference == "#" {
            return Ok(0);
        }
        let target = match reference.strip_prefix("#/") {
            Some(way) => follow(self.root, way)?,
            None => by_id(self.root, reference),
        };
        let target = target.ok_or_else(unresolved)?;
        if let Some(known) = self.refs.get(reference) {
            return Ok(*known);
        }
        let node = self.schema(target, reference.to_owned(), Some(holder), base)?;
        self.refs.insert(reference.to_owned(), node);
        Ok(node)
    }

    fn empty(&mut self) -> NodeId {
        *self.empty.get_or_insert_with(|| {
            self.nodes.push(Node {
                path: "#".into(),
                ..Node::default()
            });
            (self.nodes.len() - 1) as NodeId
        })
    }
}

/// Follows the part behind `#/`: names separated by `/`, escaped as in forms, without the escapes
/// of JSON pointers. Names of digits are indexes of arrays and nothing else.
fn follow<'s>(root: Value<'s>, way: &str) -> Result<Option<Value<'s>>, Broken> {
    let mut at = root;
    for name in jvm::text::java_split_char(way, &['/']) {
        let name = decode_utf8(name).map_err(Broken::from)?;
        let digits = !name.is_empty() && name.bytes().all(|b| b.is_ascii_digit());
        let next = if digits {
            let index: i32 = name
                .parse()
                .map_err(|_| Broken::from(format!("For input string: \"{name}\"")))?;
            at.items().nth(index as usize)
        } else {
            at.get(&name)
        };
        match next {
            Some(next) => at = next,
            None => return Ok(None),
        }
    }
    Ok(Some(at))
}

/// The first value, outer before inner, whose `id` is the whole reference.
fn by_id<'s>(root: Value<'s>, reference: &str) -> Option<Value<'s>> {
    let mut stack = vec![root];
    while let Some(value) = stack.pop() {
        if value.get("id").and_then(Value::as_str) == Some(reference) {
            return Some(value);
        }
        match value.kind() {
            Kind::Array => {
                let behind = stack.len();
                stack.extend(value.items());
                stack.get_mut(behind..)?.reverse();
            }
            Kind::Object => stack.extend(
                in_map_order(value)
                    .into_iter()
                    .rev()
                    .map(|(_, inner)| inner),
            ),
            _ => {}
        }
    }
    None
}
