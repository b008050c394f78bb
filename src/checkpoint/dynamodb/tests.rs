//! Rows as KCL writes them, and back.

use super::*;

fn item(attributes: &[(&str, AttributeValue)]) -> Item {
    let pair = |(name, value): &(&str, AttributeValue)| ((*name).to_owned(), value.clone());
    attributes.iter().map(pair).collect()
}

/// A row as KCL 2.4.3 creates it and owns it.
fn kcl() -> Item {
    item(&[
        ("leaseKey", text("shardId-000000000001")),
        ("leaseOwner", text("host:7e6c")),
        ("leaseCounter", number(12)),
        ("ownerSwitchesSinceCheckpoint", number(1)),
        (
            "checkpoint",
            text("49590338271490256608559692538361571095921575989136588898"),
        ),
        ("checkpointSubSequenceNumber", number(3)),
        ("startingHashKey", text("0")),
        (
            "endingHashKey",
            text("340282366920938463463374607431768211455"),
        ),
        (
            "parentShardId",
            AttributeValue::Ss(vec!["shardId-000000000000".to_owned()]),
        ),
    ])
}

#[test]
fn a_row_of_kcl_is_read_and_written_as_it_is() {
    let lease = read(&kcl()).unwrap().unwrap();
    assert_eq!(lease.owner.as_deref(), Some("host:7e6c"));
    assert_eq!((lease.counter, lease.owner_switches), (12, 1));
    assert_eq!(
        lease.checkpoint.to_string(),
        "49590338271490256608559692538361571095921575989136588898/3"
    );
    assert_eq!(lease.hash_range, Some(HashRange::ALL));
    assert_eq!(&*lease.parents, ["shardId-000000000000".into()]);
    assert_eq!((lease.children.len(), lease.session.clone()), (0, None));
    assert_eq!(write(&lease), kcl());
}

#[test]
fn a_new_row_has_what_kcl_insists_on_and_nothing_empty() {
    let shard = leases::Shard {
        id: "shardId-000000000000".into(),
        parents: Vec::new(),
        hash_range: None,
        starting_sequence: None,
        is_open: true,
    };
    let written = write(&Lease::new(&shard, Position::TrimHorizon));
    let expected = [
        ("leaseKey", text("shardId-000000000000")),
        ("leaseCounter", number(0)),
        ("ownerSwitchesSinceCheckpoint", number(0)),
        ("checkpoint", text("TRIM_HORIZON")),
        ("checkpointSubSequenceNumber", number(0)),
    ];
    assert_eq!(written, item(&expected));
}

#[test]
fn rows_of_other_kinds_are_no_leases() {
    for kind in ["WORKER_METRIC_STATS", "LEADER", "CLIENT_VERSION_MIGRATION"] {
        let mut row = kcl();
        row.insert("entityType".to_owned(), text(kind));
        assert_eq!(read(&row), Ok(None));
    }
    let mut row = kcl();
    row.insert("entityType".to_owned(), text("LEASE"));
    row.insert(
        "throughputKBps".to_owned(),
        AttributeValue::N("1.5".to_owned()),
    );
    assert!(matches!(read(&row), Ok(Some(_))));
}

#[test]
fn a_row_without_its_attributes_is_told_of_by_name() {
    for attribute in ["leaseKey", "leaseCounter", "checkpoint"] {
        let mut row = kcl();
        row.remove(attribute);
        assert_eq!(read(&row).unwrap_err().attribute, attribute);
    }
    let mut row = kcl();
    row.insert("checkpoint".to_owned(), text("somewhere"));
    assert_eq!(
        read(&row).unwrap_err().to_string(),
        "shardId-000000000001: the attribute checkpoint is missing or wrong"
    );
}
