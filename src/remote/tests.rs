use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};

use tokio::sync::Barrier;

use super::*;
use crate::clock::Clock;

const KEEP: Keep = Keep {
    most: 10,
    seconds: Some(60),
    error_seconds: Some(6),
};

fn known(text: &str) -> Looked<String> {
    Looked::Known(Ok(Arc::new(text.to_owned())))
}

fn failed(text: &str) -> Looked<String> {
    Looked::Known(Err(text.into()))
}

fn answer(runner: &Runner, asked: &mut Asked) {
    let (done, wait) = channel();
    let done = Mutex::new(done);
    runner.answer(asked, move || done.lock().unwrap().send(()).unwrap());
    wait.recv().unwrap();
}

fn says(text: &'static str) -> impl FnOnce() -> Asking<String> {
    move || Box::pin(async move { Ok(text.to_owned()) })
}

fn never() -> Asking<String> {
    panic!("asked again")
}

#[test]
fn what_was_answered_is_known_the_next_time() {
    let (runner, mut asked) = (Runner::default(), Asked::default());
    let remote = Remote::new(KEEP, 2, Clock::System);
    assert_eq!(remote.look("k", &mut asked, says("v")), Looked::Waits);
    assert!(asked.take_waits() && !asked.waits());
    answer(&runner, &mut asked);
    assert_eq!(remote.look("k", &mut asked, never), known("v"));
    assert!(!asked.waits());
    assert_eq!(remote.look("k", &mut Asked::default(), never), known("v"));
}

#[test]
fn all_questions_of_a_batch_are_under_way_at_once() {
    let (runner, mut asked) = (Runner::default(), Asked::default());
    let remote = Remote::new(KEEP, 8, Clock::System);
    // nobody is answered before all have asked
    let barrier = Arc::new(Barrier::new(8));
    for n in 0..8 {
        let barrier = Arc::clone(&barrier);
        let ask = || -> Asking<String> {
            Box::pin(async move {
                barrier.wait().await;
                Ok("v".to_owned())
            })
        };
        assert_eq!(remote.look(&n.to_string(), &mut asked, ask), Looked::Waits);
    }
    answer(&runner, &mut asked);
    assert_eq!(remote.look("7", &mut asked, never), known("v"));
}

#[test]
fn no_more_questions_than_a_service_takes_are_under_way() {
    let (runner, mut asked) = (Runner::default(), Asked::default());
    let remote = Remote::new(KEEP, 3, Clock::System);
    let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    for n in 0..20 {
        let (now, most) = (Arc::clone(&now), Arc::clone(&most));
        let ask = || -> Asking<String> {
            Box::pin(async move {
                most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                for _ in 0..50 {
                    tokio::task::yield_now().await;
                }
                now.fetch_sub(1, Ordering::SeqCst);
                Ok("v".to_owned())
            })
        };
        let _ = remote.look(&n.to_string(), &mut asked, ask);
    }
    answer(&runner, &mut asked);
    assert!((1..=3).contains(&most.load(Ordering::SeqCst)));
}

#[test]
fn a_question_is_asked_once_by_all_batches_together() {
    let runner = Runner::default();
    let (mut one, mut other) = (Asked::default(), Asked::default());
    let none = Keep { most: 0, ..KEEP };
    let remote = Remote::new(none, 2, Clock::System);
    assert_eq!(remote.look("k", &mut one, says("v")), Looked::Waits);
    assert_eq!(remote.look("k", &mut one, never), Looked::Waits);
    assert_eq!(remote.look("k", &mut other, never), Looked::Waits);
    answer(&runner, &mut one);
    answer(&runner, &mut other);
    for asked in [&mut one, &mut other] {
        assert_eq!(remote.look("k", asked, never), known("v"));
    }
    // without a cache it is known as long as one of the batches is there
    drop(one);
    assert_eq!(remote.look("k", &mut other, never), known("v"));
    drop(other);
    assert_eq!(
        remote.look("k", &mut Asked::default(), says("w")),
        Looked::Waits
    );
}

#[test]
fn on_the_spot_nothing_waits() {
    let mut asked = Asked::on_the_spot(Arc::default());
    let remote = Remote::new(KEEP, 1, Clock::System);
    assert_eq!(remote.look("k", &mut asked, says("v")), known("v"));
    assert!(!asked.waits());
}

#[test]
fn a_question_that_breaks_fails_and_the_next_are_answered() {
    let mut asked = Asked::on_the_spot(Arc::default());
    let remote = Remote::new(KEEP, 1, Clock::System);
    let broken = || -> Asking<String> { Box::pin(async { panic!("ouch") }) };
    let Looked::Known(Err(error)) = remote.look("k", &mut asked, broken) else {
        panic!("answered")
    };
    assert!(error.starts_with("the look-up broke"), "{error}");
    assert_eq!(remote.look("l", &mut asked, says("v")), known("v"));
}

/// A cache whose clock can be set on.
fn at(remote: &mut Remote<String>, seconds: i64) {
    remote.set_clock(Clock::Fixed(seconds * 1_000 + 999));
}

fn fails(text: &'static str) -> impl FnOnce() -> Asking<String> {
    move || Box::pin(async move { Err(text.to_owned()) })
}

#[test]
fn answers_and_failures_are_forgotten_in_their_time() {
    let runner = Arc::new(Runner::default());
    let asked = || Asked::on_the_spot(Arc::clone(&runner));
    let mut remote = Remote::new(KEEP, 1, Clock::Fixed(0));
    assert_eq!(remote.look("e", &mut asked(), fails("no")), failed("no"));
    assert_eq!(remote.look("v", &mut asked(), says("1")), known("1"));
    at(&mut remote, 6);
    assert_eq!(remote.look("e", &mut asked(), never), failed("no"));
    at(&mut remote, 7);
    assert_eq!(
        remote.look("e", &mut asked(), fails("still")),
        failed("still")
    );
    at(&mut remote, 60);
    assert_eq!(remote.look("v", &mut asked(), never), known("1"));
    at(&mut remote, 61);
    // what was known before is better than nothing
    assert_eq!(remote.look("v", &mut asked(), fails("no")), known("1"));
    at(&mut remote, 67);
    assert_eq!(remote.look("v", &mut asked(), never), known("1"));
    at(&mut remote, 68);
    assert_eq!(remote.look("v", &mut asked(), says("2")), known("2"));
}

#[test]
fn failures_need_not_be_remembered() {
    let runner = Arc::new(Runner::default());
    let keep = Keep {
        error_seconds: None,
        ..KEEP
    };
    let remote = Remote::new(keep, 1, Clock::System);
    let mut asked = Asked::on_the_spot(Arc::clone(&runner));
    assert_eq!(remote.look("k", &mut asked, fails("no")), failed("no"));
    drop(asked);
    let mut asked = Asked::on_the_spot(runner);
    assert_eq!(remote.look("k", &mut asked, says("v")), known("v"));
}
