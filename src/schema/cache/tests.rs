use std::sync::Barrier;
use std::thread;

use super::*;
use crate::schema::error::RegistryError;
use crate::schema::fetch::HttpSettings;
use crate::schema::registry::{Connection, RegistryConfig};
use crate::schema::test_server::{Reply, TestServer};

const SCHEMA: &str = "{\"$schema\":\"http://iglucentral.com/schemas/com.snowplowanalytics.self-desc/schema/jsonschema/1-0-0#\"}";

fn key() -> SchemaKey {
    SchemaKey::parse("iglu:com.acme/x/jsonschema/1-0-0").unwrap()
}

fn resolver(server: &TestServer) -> Resolver {
    let registry = RegistryConfig {
        name: "R".into(),
        priority: 0,
        vendor_prefixes: vec!["com.acme".into()],
        connection: Connection::at(&server.url(""), None).unwrap(),
    };
    Resolver::new(
        vec![registry],
        HttpSettings {
            retries: 0,
            ..HttpSettings::default()
        },
    )
    .unwrap()
}

fn at(seconds: i64) -> Clock {
    Clock::Fixed(seconds * 1000)
}

#[test]
fn a_schema_is_asked_for_once() {
    let server = TestServer::start(|_, _| Reply::new(200, SCHEMA));
    let (cache, resolver) = (SchemaCache::new(10, None), resolver(&server));
    let first = cache.lookup(&key(), &resolver, at(0));
    let second = cache.lookup(&key(), &resolver, at(i64::from(u32::MAX)));
    assert!(Arc::ptr_eq(&first.lookup.unwrap(), &second.lookup.unwrap()));
    assert_eq!((second.usable_until, server.hits()), (i64::MAX, 1));
}

#[test]
fn without_a_cache_every_look_up_asks() {
    for (size, ttl) in [(0, None), (-1, None), (10, Some(0)), (10, Some(-5))] {
        let server = TestServer::start(|_, _| Reply::new(200, SCHEMA));
        let (cache, resolver) = (SchemaCache::new(size, ttl), resolver(&server));
        for _ in 0..3 {
            assert!(cache.lookup(&key(), &resolver, at(0)).lookup.is_ok());
        }
        assert_eq!(server.hits(), 3, "{size} {ttl:?}");
        assert_eq!(cache.list(), []);
    }
}

#[test]
fn an_expired_schema_is_asked_for_again() {
    let text = |n: usize| SCHEMA.replace('}', &format!(",\"n\":{}}}", n.max(1)));
    let server = TestServer::start(move |_, nth| Reply::new(200, &text(nth)));
    let (cache, resolver) = (SchemaCache::new(10, Some(60)), resolver(&server));
    let look = |seconds| cache.lookup(&key(), &resolver, at(seconds));
    let n = |answer: &Answer| {
        answer
            .lookup
            .as_ref()
            .unwrap()
            .text
            .root()
            .get("n")
            .unwrap()
            .as_i64()
    };
    let first = look(100);
    assert_eq!((first.usable_until, server.hits()), (160_000, 1));
    look(159);
    assert_eq!(server.hits(), 1, "still good");
    let second = look(160);
    assert_eq!(
        (n(&second), second.usable_until, server.hits()),
        (Some(1), 220_000, 2)
    );
    let same_text = Arc::ptr_eq(
        first.lookup.as_ref().unwrap(),
        second.lookup.as_ref().unwrap(),
    );
    assert!(same_text, "the same text is not compiled again");
    let third = look(500);
    assert_eq!((n(&third), server.hits()), (Some(2), 3));
}

#[test]
fn an_outage_keeps_the_old_schema_and_restarts_its_time() {
    let server = TestServer::start(|_, nth| {
        if nth == 1 {
            Reply::new(501, "down")
        } else {
            Reply::new(200, SCHEMA)
        }
    });
    let (cache, resolver) = (SchemaCache::new(10, Some(60)), resolver(&server));
    let look = |seconds| cache.lookup(&key(), &resolver, at(seconds));
    look(0);
    let kept = look(60);
    assert!(kept.lookup.is_ok());
    assert_eq!((kept.usable_until, server.hits()), (120_000, 2));
    look(119);
    assert_eq!(server.hits(), 2);
    look(120);
    assert_eq!(server.hits(), 3);
}

#[test]
fn a_failure_is_tried_again_after_its_back_off_and_never_expires() {
    let server = TestServer::start(|_, nth| match nth {
        0 => Reply::new(404, ""),
        1 => Reply::new(501, "down"),
        _ => Reply::new(200, SCHEMA),
    });
    let (cache, resolver) = (SchemaCache::new(10, Some(1)), resolver(&server));
    let look = |millis| cache.lookup(&key(), &resolver, Clock::Fixed(millis)).lookup;
    let first = look(10_000).unwrap_err();
    assert_eq!(first[1].repository, "R");
    assert_eq!(
        *look(10_504).unwrap_err(),
        *first,
        "attempts and time unchanged"
    );
    assert_eq!(server.hits(), 1);
    let second = look(10_505).unwrap_err();
    let down = RegistryError::RepoFailure("Unexpected server response: down".into());
    assert_eq!(second[1].errors, [RegistryError::NotFound, down]);
    assert_eq!((second[1].attempts, second[1].last_attempt), (2, 10_505));
    assert_eq!(
        second[0].attempts, 1,
        "the client's own registry cannot change"
    );
    assert_eq!(cache.list()[0].state, CachedState::Missing);
    assert!(look(11_022).is_ok());
    assert_eq!(server.hits(), 3);
    assert_eq!(cache.list()[0].state, CachedState::Ok);
}

#[test]
fn a_fixed_clock_never_tries_again() {
    let server = TestServer::start(|_, _| Reply::new(404, ""));
    let (cache, resolver) = (SchemaCache::new(10, Some(60)), resolver(&server));
    for _ in 0..5 {
        assert!(cache.lookup(&key(), &resolver, at(7)).lookup.is_err());
    }
    assert_eq!(server.hits(), 1);
}

#[test]
fn threads_that_miss_the_same_key_share_one_look_up() {
    const THREADS: usize = 8;
    for (status, ok) in [(200, true), (404, false)] {
        let all_started = Arc::new(Barrier::new(THREADS + 1));
        let seen = all_started.clone();
        let server = TestServer::start(move |_, _| {
            seen.wait();
            Reply::new(status, SCHEMA)
        });
        let (cache, resolver) = (SchemaCache::new(10, None), resolver(&server));
        thread::scope(|scope| {
            let look = || {
                all_started.wait();
                cache.lookup(&key(), &resolver, at(0))
            };
            // the first asks the server, which answers when all others are about to ask too
            let first = scope.spawn(|| cache.lookup(&key(), &resolver, at(0)));
            let others: Vec<_> = (0..THREADS).map(|_| scope.spawn(look)).collect();
            assert_eq!(first.join().unwrap().lookup.is_ok(), ok);
            for other in others {
                assert_eq!(other.join().unwrap().lookup.is_ok(), ok);
            }
        });
        assert_eq!(server.hits(), 1);
        assert!(lock(&cache.flights).is_empty());
    }
}

#[test]
fn while_one_thread_refreshes_the_others_go_on_with_the_old_schema() {
    let (asked, go_on) = (Arc::new(Barrier::new(2)), Arc::new(Barrier::new(2)));
    let (asked_here, go_on_here) = (asked.clone(), go_on.clone());
    let server = TestServer::start(move |_, nth| {
        if nth == 1 {
            asked_here.wait();
            go_on_here.wait();
        }
        Reply::new(200, SCHEMA)
    });
    let (cache, resolver) = (SchemaCache::new(10, Some(60)), resolver(&server));
    cache.lookup(&key(), &resolver, at(0));
    thread::scope(|scope| {
        let refresh = scope.spawn(|| cache.lookup(&key(), &resolver, at(60)));
        asked.wait();
        let old = cache.lookup(&key(), &resolver, at(60));
        assert!(old.lookup.is_ok());
        assert_eq!(old.usable_until, i64::MIN, "good for once");
        go_on.wait();
        assert_eq!(refresh.join().unwrap().usable_until, 120_000);
    });
    assert_eq!(server.hits(), 2);
}

#[test]
fn a_purge_forgets_and_is_seen_in_the_generation() {
    let server = TestServer::start(|_, _| Reply::new(200, SCHEMA));
    let (cache, resolver) = (SchemaCache::new(10, None), resolver(&server));
    let other = SchemaKey::parse("iglu:com.acme/y/jsonschema/1-0-0").unwrap();
    let look = |key: &SchemaKey| drop(cache.lookup(key, &resolver, at(5)));
    look(&key());
    look(&other);
    let rows: Vec<_> = cache
        .list()
        .into_iter()
        .map(|row| (row.key.name().to_owned(), row.fetched_at))
        .collect();
    assert_eq!(rows, [("x".to_owned(), 5), ("y".to_owned(), 5)]);
    cache.purge(Some(&other));
    look(&key());
    look(&other);
    assert_eq!((server.hits(), cache.generation()), (3, 1));
    cache.purge(None);
    look(&key());
    look(&other);
    assert_eq!((server.hits(), cache.generation()), (5, 2));
}

#[test]
fn a_look_up_that_a_purge_overtakes_is_not_kept() {
    let (asked, go_on) = (Arc::new(Barrier::new(2)), Arc::new(Barrier::new(2)));
    let (asked_here, go_on_here) = (asked.clone(), go_on.clone());
    let server = TestServer::start(move |_, nth| {
        if nth == 0 {
            asked_here.wait();
            go_on_here.wait();
        }
        Reply::new(200, SCHEMA)
    });
    let (cache, resolver) = (SchemaCache::new(10, None), resolver(&server));
    thread::scope(|scope| {
        let early = scope.spawn(|| cache.lookup(&key(), &resolver, at(0)));
        asked.wait();
        cache.purge(None);
        go_on.wait();
        assert_eq!(early.join().unwrap().usable_until, i64::MIN);
    });
    assert_eq!(
        cache.lookup(&key(), &resolver, at(0)).usable_until,
        i64::MAX
    );
    assert_eq!(server.hits(), 2);
}

#[test]
fn the_cache_keeps_no_more_than_its_size() {
    let server = TestServer::start(|_, _| Reply::new(200, SCHEMA));
    let (cache, resolver) = (SchemaCache::new(3, None), resolver(&server));
    for n in 0..20 {
        let key = SchemaKey::parse(&format!("iglu:com.acme/x/jsonschema/1-0-{n}")).unwrap();
        cache.lookup(&key, &resolver, at(0));
    }
    cache.entries.as_ref().unwrap().run_pending_tasks();
    assert_eq!(cache.list().len(), 3);
}

#[test]
fn a_lost_look_up_lets_the_others_try() {
    let server = TestServer::start(|_, _| Reply::new(200, SCHEMA));
    let (cache, resolver) = (SchemaCache::new(3, None), resolver(&server));
    let Boarding::Lead(lead) = cache.board(&key()) else {
        panic!("nobody else is there")
    };
    let Boarding::Join(flight) = cache.board(&key()) else {
        panic!("the first leads")
    };
    drop(lead);
    assert!(flight.wait().is_none());
    assert!(cache.lookup(&key(), &resolver, at(0)).lookup.is_ok());
}
