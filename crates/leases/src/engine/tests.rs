//! One worker and a table, step by step; what many do together is in `tests/simulation`.

use super::*;
use crate::memory::MemoryTable;
use crate::position::InitialPosition;
use crate::shard::HashRange;
use crate::store::{Reply, StoreError};

struct Rig {
    engine: LeaseEngine,
    table: MemoryTable,
    now: Duration,
    events: Vec<Event>,
    ops: Vec<Op>,
    /// Answers are lost, although what is asked is done.
    deaf: bool,
}

impl Rig {
    fn new(session: &str) -> Rig {
        let settings = Settings::new("me", session, InitialPosition::TrimHorizon);
        Rig {
            engine: LeaseEngine::new(settings, 3),
            table: MemoryTable::default(),
            now: Duration::ZERO,
            events: Vec::new(),
            ops: Vec::new(),
            deaf: false,
        }
    }

    fn put(&mut self, owner: Option<&str>, change: impl FnOnce(&mut Lease)) {
        let shard = Shard {
            id: "shardId-000000000000".into(),
            parents: Vec::new(),
            hash_range: Some(HashRange::ALL),
            starting_sequence: None,
            is_open: true,
        };
        let mut lease = Lease::new(&shard, Position::TrimHorizon);
        lease.owner = owner.map(Into::into);
        lease.counter = 5;
        change(&mut lease);
        self.table.put(lease);
    }

    fn row(&self) -> &Lease {
        self.table.get("shardId-000000000000").unwrap()
    }

    /// Lets so many seconds pass, in steps; everything is answered within a step.
    fn pass(&mut self, seconds: u64) {
        let end = self.now + Duration::from_secs(seconds);
        while self.now < end {
            self.now += Duration::from_millis(50);
            for action in self.engine.poll(self.now) {
                match action {
                    Action::Tell(event) => self.events.push(event),
                    Action::Store(id, op) => {
                        self.ops.push(op.clone());
                        let done = self.table.apply(op);
                        let answer = match self.deaf {
                            true => Err(StoreError::Unknown("no answer".to_owned())),
                            false => done,
                        };
                        self.engine.stored(self.now, id, answer);
                    }
                    Action::List(id, _) => self.engine.listed(self.now, id, Ok(Vec::new())),
                }
            }
        }
    }

    fn acquired(&self) -> usize {
        let acquired = |event: &&Event| matches!(event, Event::Acquired { .. });
        self.events.iter().filter(acquired).count()
    }

    fn lost(&self) -> usize {
        let lost = |event: &&Event| matches!(event, Event::Lost { .. });
        self.events.iter().filter(lost).count()
    }
}

#[test]
fn a_lease_in_our_name_is_ours_at_once_after_a_start() {
    let mut rig = Rig::new("new");
    rig.put(Some("me"), |row| row.session = Some("old".into()));
    rig.pass(1);
    assert_eq!((rig.acquired(), rig.row().owner_switches), (1, 0));
    assert_eq!(rig.row().session.as_deref(), Some("new"));
}

#[test]
fn a_process_of_the_same_name_that_started_later_keeps_what_it_took() {
    let mut rig = Rig::new("first");
    rig.put(None, |_| {});
    rig.pass(1);
    assert_eq!(rig.acquired(), 1);
    for _ in 0..10 {
        let counter = rig.row().counter + 1;
        rig.put(Some("me"), |row| {
            row.counter = counter;
            row.session = Some("second".into());
        });
        rig.pass(3);
    }
    assert_eq!((rig.acquired(), rig.lost()), (1, 1));
}

#[test]
fn the_lease_of_the_dead_is_taken_after_the_failover_time_and_not_before() {
    let mut rig = Rig::new("s");
    rig.put(Some("other"), |_| {});
    rig.pass(10);
    assert_eq!(rig.acquired(), 0);
    rig.pass(10);
    assert_eq!((rig.acquired(), rig.row().owner_switches), (1, 1));
}

#[test]
fn a_lease_without_owner_is_taken_at_once() {
    let mut rig = Rig::new("s");
    rig.put(None, |_| {});
    rig.pass(1);
    assert_eq!(rig.acquired(), 1);
}

#[test]
fn who_could_not_look_gives_owners_their_time_again() {
    let mut rig = Rig::new("s");
    rig.put(Some("other"), |_| {});
    rig.pass(2);
    rig.deaf = true;
    rig.pass(60);
    rig.deaf = false;
    rig.pass(9);
    assert_eq!(rig.acquired(), 0);
    rig.pass(10);
    assert_eq!(rig.acquired(), 1);
}

#[test]
fn an_answer_that_is_lost_costs_nothing_while_the_lease_lasts() {
    let mut rig = Rig::new("s");
    rig.put(None, |_| {});
    rig.pass(1);
    rig.deaf = true;
    rig.pass(6);
    rig.deaf = false;
    rig.pass(20);
    assert_eq!((rig.acquired(), rig.lost()), (1, 0));
    assert!(rig.engine.holds(rig.now, "shardId-000000000000", 1));
}

#[test]
fn without_answers_for_the_failover_time_the_lease_is_lost() {
    let mut rig = Rig::new("s");
    rig.put(None, |_| {});
    rig.pass(1);
    rig.deaf = true;
    rig.pass(14);
    assert_eq!((rig.acquired(), rig.lost()), (1, 1));
    assert!(!rig.engine.holds(rig.now, "shardId-000000000000", 1));
    let number = SequenceNumber::from(5);
    let late = rig
        .engine
        .checkpoint(rig.now, "shardId-000000000000", 1, number, 0);
    assert_eq!(late, Err(NotHeld));
}

#[test]
fn a_lease_that_is_handed_over_is_not_stolen_and_taken_only_when_it_expires() {
    let mut rig = Rig::new("s");
    rig.put(Some("new"), |row| row.checkpoint_owner = Some("old".into()));
    rig.pass(10);
    assert_eq!(rig.acquired(), 0);
    rig.pass(10);
    assert_eq!((rig.acquired(), &rig.row().checkpoint_owner), (1, &None));
}

#[test]
fn a_hand_over_of_ours_is_ended_at_once() {
    let mut rig = Rig::new("s");
    rig.put(None, |_| {});
    rig.pass(1);
    let counter = rig.row().counter;
    // as the leader of KCL 3.x writes it: the counter stays
    rig.put(Some("new"), |row| {
        row.counter = counter;
        row.checkpoint_owner = Some("me".into());
    });
    rig.pass(4);
    assert_eq!(rig.lost(), 1);
    assert_eq!(
        (&rig.row().checkpoint_owner, rig.row().counter),
        (&None, counter + 1)
    );
}

#[test]
fn leaving_writes_the_last_position_and_removes_the_owner() {
    let mut rig = Rig::new("s");
    rig.put(None, |_| {});
    rig.pass(1);
    let number = SequenceNumber::from(5);
    let held = rig
        .engine
        .checkpoint(rig.now, "shardId-000000000000", 1, number, 2);
    assert_eq!(held, Ok(()));
    rig.engine.release_all();
    rig.pass(1);
    assert_eq!(rig.events.last(), Some(&Event::Released));
    assert_eq!(
        (rig.row().checkpoint.to_string(), &rig.row().owner),
        ("5/2".to_owned(), &None)
    );
    assert_eq!(rig.engine.poll(rig.now), []);
}

#[test]
fn a_held_lease_costs_one_write_in_a_third_of_the_failover_time() {
    let mut rig = Rig::new("s");
    rig.put(None, |_| {});
    rig.pass(2);
    rig.ops.clear();
    for n in 1..=300u32 {
        let number = SequenceNumber::from(u128::from(n));
        let held = rig
            .engine
            .checkpoint(rig.now, "shardId-000000000000", 1, number, 0);
        assert_eq!(held, Ok(()));
        rig.pass(1);
    }
    let writes = rig.ops.iter().filter(|op| !matches!(op, Op::Scan)).count();
    assert!((85..=95).contains(&writes), "{writes}");
    let checkpoints = rig.ops.iter();
    let checkpoints = checkpoints.filter(|op| matches!(op, Op::Checkpoint { .. }));
    assert_eq!(checkpoints.count(), writes, "each renews and tells");
}

#[test]
fn reading_the_answers_of_an_earlier_tenure_changes_nothing() {
    let mut rig = Rig::new("s");
    rig.put(None, |_| {});
    rig.pass(1);
    // a renewal is under way …
    rig.now += Duration::from_millis(3_400);
    let sent = rig.engine.poll(rig.now);
    let id = sent.iter().find_map(|action| match action {
        Action::Store(id, Op::Renew { .. }) => Some(*id),
        _ => None,
    });
    // … and its answer comes when the lease is lost
    rig.now += Duration::from_secs(11);
    let told = rig.engine.poll(rig.now);
    assert!(
        told.iter()
            .any(|action| matches!(action, Action::Tell(Event::Lost { .. })))
    );
    let row = Reply::Row(rig.table.get("shardId-000000000000").cloned());
    rig.engine.stored(rig.now, id.unwrap(), Ok(row));
    assert!(!rig.engine.holds(rig.now, "shardId-000000000000", 1));
}
