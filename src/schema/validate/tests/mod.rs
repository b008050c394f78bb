//! Whole schemas against whole instances.

mod differential;
mod invariants;
mod measured;

use lexon::Doc;

use super::CompiledSchema;
use crate::schema::error::Report;

/// A schema that has to compile.
fn compiled(schema: &str) -> CompiledSchema {
    let doc = Doc::parse(schema).unwrap();
    CompiledSchema::compile(&doc).unwrap_or_else(|issues| panic!("{schema}: {issues:?}"))
}

/// All messages, once the verdict was seen to agree.
fn reports(schema: &CompiledSchema, instance: &str) -> Vec<Report> {
    let doc = Doc::parse(instance).unwrap();
    let reports = schema.report(doc.root()).unwrap();
    assert_eq!(
        schema.is_valid(doc.root()),
        Ok(reports.is_empty()),
        "{instance}"
    );
    reports
}

fn messages(schema: &CompiledSchema, instance: &str) -> Vec<String> {
    reports(schema, instance)
        .into_iter()
        .map(|report| report.message)
        .collect()
}
