//! Every request, side by side with the table in memory.

use std::collections::BTreeSet;
use std::sync::Arc;

use aws_sdk_dynamodb::types::AttributeValue;
use leases::{
    HashRange, Lease, MemoryTable, Op, Position, Random, Reply, SequenceNumber, Shard, Store,
    StoreError,
};
use snowmelt::checkpoint::dynamodb::{DynamoStore, TableError};

use crate::server;

fn lease(n: usize) -> Lease {
    let shard = Shard {
        id: format!("shardId-{n:012}").into(),
        parents: match n {
            0 => Vec::new(),
            _ => vec!["shardId-000000000000".into()],
        },
        hash_range: (n.is_multiple_of(2)).then_some(HashRange::ALL),
        starting_sequence: None,
        is_open: true,
    };
    Lease::new(&shard, Position::TrimHorizon)
}

fn sorted(reply: Result<Reply, StoreError>) -> Result<Reply, StoreError> {
    reply.map(|reply| match reply {
        Reply::Leases(mut leases) => {
            leases.sort_by(|a, b| a.key.cmp(&b.key));
            Reply::Leases(leases)
        }
        row => row,
    })
}

fn any_op(random: &mut Random) -> Op {
    let key = lease(random.below(3)).key;
    let counter = random.below(5) as u64;
    let mut worker = || -> Arc<str> { format!("worker-{}", random.below(2)).into() };
    let (owner, from, session) = (worker(), worker(), worker());
    match random.below(14) {
        0 => Op::Scan,
        1 => Op::Get { key },
        2 | 3 => Op::Create {
            lease: Box::new(lease(random.below(3))),
        },
        4 | 5 => Op::Take {
            key,
            counter,
            from: (random.below(2) == 0).then_some(from),
            owner,
            session,
        },
        6 | 7 => Op::Renew {
            key,
            counter,
            owner,
            session,
        },
        8 | 9 => Op::Checkpoint {
            key,
            counter,
            owner,
            session,
            position: match random.below(3) {
                0 => Position::ShardEnd,
                n => Position::Sequence {
                    number: SequenceNumber::new("49590338271490256608559692538361571095921")
                        .unwrap(),
                    sub: n as u64,
                },
            },
        },
        10 => Op::SetChildren {
            key,
            children: vec!["shardId-000000000007".into(), "shardId-000000000008".into()],
        },
        11 => Op::SetHashRange {
            key,
            range: HashRange {
                start: 5,
                end: u128::MAX,
            },
        },
        12 => Op::Evict {
            key,
            counter,
            owner,
        },
        _ => match random.below(3) {
            0 => Op::Delete {
                key,
                counter,
                owner,
            },
            _ => Op::HandOver { key, owner },
        },
    }
}

#[test]
fn dynamodb_does_what_the_table_in_memory_does() {
    let Some(server) = server::start() else {
        return;
    };
    let store = DynamoStore::new(server.client.clone(), "truth");
    server.runtime.block_on(async {
        assert_eq!(
            store.prepare(false).await,
            Err(TableError::Missing("truth".to_owned()))
        );
        store.prepare(true).await.unwrap();
        store.prepare(false).await.unwrap();
        let mut memory = MemoryTable::default();
        let mut random = Random::seeded(5);
        let (mut done, mut conflicts) = (0, 0);
        for n in 0..3_000 {
            // an operation that fits is rare among random ones: take the counter from the row at times
            let mut op = any_op(&mut random);
            let known = op.key().and_then(|key| memory.get(key)).cloned();
            if let Some(row) = known.filter(|_| random.below(4) > 0) {
                aim(&mut op, &row);
            }
            let expected = memory.apply(op.clone());
            let answer = sorted(store.run(op.clone()).await);
            assert_eq!(answer, expected, "{n}: {op:?}");
            match answer {
                Ok(_) => done += 1,
                Err(_) => conflicts += 1,
            }
        }
        eprintln!("{done} requests done, {conflicts} conflicts with the row shown");
        assert!(done > 1_000 && conflicts > 500);
    });
}

/// Makes an operation fit a row.
fn aim(op: &mut Op, row: &Lease) {
    match op {
        Op::Take { counter, from, .. } => {
            *counter = row.counter;
            *from = row.owner.clone();
        }
        Op::Renew { counter, owner, .. }
        | Op::Checkpoint { counter, owner, .. }
        | Op::Evict { counter, owner, .. }
        | Op::Delete { counter, owner, .. } => {
            *counter = row.counter;
            if let Some(name) = &row.owner {
                *owner = Arc::clone(name);
            }
        }
        _ => {}
    }
}

#[test]
fn of_sixteen_that_want_a_lease_one_gets_it_each_time() {
    let Some(server) = server::start() else {
        return;
    };
    let store = DynamoStore::new(server.client.clone(), "race");
    server.runtime.block_on(async {
        store.prepare(true).await.unwrap();
        store
            .run(Op::Create {
                lease: Box::new(lease(0)),
            })
            .await
            .unwrap();
        let mut wins = 0u64;
        for round in 0..20u64 {
            let Ok(Reply::Row(Some(row))) = store.run(Op::Get { key: lease(0).key }).await else {
                panic!("the row is gone")
            };
            assert_eq!(row.counter, round, "each round one write went through");
            let takes = (0..16).map(|n| {
                let (store, row) = (store.clone(), Arc::clone(&row));
                tokio::spawn(async move {
                    let owner: Arc<str> = format!("worker-{n}").into();
                    let take = Op::Take {
                        key: Arc::clone(&row.key),
                        counter: row.counter,
                        from: row.owner.clone(),
                        session: Arc::clone(&owner),
                        owner: Arc::clone(&owner),
                    };
                    (owner, store.run(take).await)
                })
            });
            let mut winner = None;
            let mut told = BTreeSet::new();
            for take in takes.collect::<Vec<_>>() {
                match take.await.unwrap() {
                    (owner, Ok(Reply::Row(Some(row)))) => {
                        assert!(row.is_owned_by(&owner) && winner.replace(owner).is_none());
                        wins += 1;
                    }
                    // who lost is shown who won
                    (_, Err(StoreError::Conflict(Some(row)))) => {
                        told.insert(row.owner.clone());
                    }
                    other => panic!("{other:?}"),
                }
            }
            assert_eq!(told, BTreeSet::from([winner]));
        }
        assert_eq!(wins, 20);
    });
}

#[test]
fn rows_and_attributes_of_others_are_left_alone() {
    let Some(server) = server::start() else {
        return;
    };
    let store = DynamoStore::new(server.client.clone(), "others");
    let text = |text: &str| AttributeValue::S(text.to_owned());
    server.runtime.block_on(async {
        store.prepare(true).await.unwrap();
        let put = server.client.put_item().table_name("others");
        let put = put
            .item("leaseKey", text("Leader"))
            .item("entityType", text("LEADER"));
        put.send().await.unwrap();
        let put = server.client.put_item().table_name("others");
        let put = put
            .item("leaseKey", text("shardId-000000000001"))
            .item("entityType", text("LEASE"))
            .item("leaseCounter", AttributeValue::N("4".to_owned()))
            .item(
                "ownerSwitchesSinceCheckpoint",
                AttributeValue::N("2".to_owned()),
            )
            .item("checkpoint", text("17"))
            .item(
                "checkpointSubSequenceNumber",
                AttributeValue::N("0".to_owned()),
            )
            .item("pendingCheckpoint", text("19"))
            .item("throughputKBps", AttributeValue::N("3.5".to_owned()));
        put.send().await.unwrap();
        let Ok(Reply::Leases(leases)) = store.run(Op::Scan).await else {
            panic!("no leases")
        };
        assert_eq!(leases.len(), 1);
        let (owner, session): (Arc<str>, Arc<str>) = ("w".into(), "s".into());
        let key = Arc::clone(&leases[0].key);
        let take = Op::Take {
            key: Arc::clone(&key),
            counter: 4,
            from: None,
            owner: Arc::clone(&owner),
            session: Arc::clone(&session),
        };
        store.run(take).await.unwrap();
        let checkpoint = Op::Checkpoint {
            key,
            counter: 5,
            owner,
            session,
            position: Position::parse("18", 3).unwrap(),
        };
        store.run(checkpoint).await.unwrap();
        let row = server.client.get_item().table_name("others");
        let row = row.key("leaseKey", text("shardId-000000000001"));
        let row = row.send().await.unwrap().item.unwrap();
        let mut row: Vec<String> = row
            .iter()
            .map(|(name, value)| match value {
                AttributeValue::S(text) | AttributeValue::N(text) => format!("{name}={text}"),
                other => format!("{name}={other:?}"),
            })
            .collect();
        row.sort();
        let expected = [
            "checkpoint=18",
            "checkpointSubSequenceNumber=3",
            "entityType=LEASE",
            "leaseCounter=6",
            "leaseKey=shardId-000000000001",
            "leaseOwner=w",
            "ownerSwitchesSinceCheckpoint=0",
            "snowmeltSession=s",
            "throughputKBps=3.5",
        ];
        assert_eq!(row, expected);
    });
}
