use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::super::tests::{Lenient, Request, payload};
use super::super::{AdaptError, AdapterScratch, Adapters};
use super::*;
use crate::cloud::http::Certificates;
use crate::telemetry::Telemetry;

const URL: &str = "http://adapter.local/x";
const HOOK: Request<'static> = Request {
    path: "com.acme/v1",
    qs: "b=2&a&c=3&a=1",
    body: Some("a \"body\""),
    content_type: Some("text/plain"),
};

/// Answers in turn, and remembers what it was asked.
#[derive(Default)]
struct Fake {
    answers: Mutex<VecDeque<Answer>>,
    asked: Mutex<Vec<Vec<Post>>>,
}

impl Fake {
    fn new(answers: &[Result<&str, &str>]) -> Arc<Fake> {
        let owned = |answer: &Result<&str, &str>| answer.map(str::to_owned).map_err(str::to_owned);
        Arc::new(Fake {
            answers: Mutex::new(answers.iter().map(owned).collect()),
            asked: Mutex::default(),
        })
    }
}

impl Service for Fake {
    fn post(&self, posts: Vec<Post>) -> Vec<Answer> {
        let mut answers = self.answers.lock().unwrap();
        let found = posts.iter().filter_map(|_| answers.pop_front()).collect();
        self.asked.lock().unwrap().push(posts);
        found
    }
}

fn remote(vendor: &str, version: &str, url: &str) -> Remote {
    Remote {
        vendor: vendor.to_owned(),
        version: version.to_owned(),
        url: url.into(),
    }
}

fn adapters(service: Arc<dyn Service>) -> Adapters {
    let adapters = Adapters::new(&HashMap::new()).unwrap();
    adapters.with_remote(vec![remote("com.acme", "v1", URL)], service)
}

type Shown = Result<Vec<Vec<String>>, Vec<Violation>>;

fn adapt(adapters: &Adapters, request: Request<'_>, answers: &mut Answers) -> Shown {
    let payload = payload(request);
    let mut scratch = AdapterScratch::default();
    let found = adapters.adapt(&payload, &mut scratch, &mut Lenient, answers);
    let events = found.map_err(|error| match error {
        AdaptError::Failed(failure) => failure.violations,
        AdaptError::Crash(crash) => panic!("{crash}"),
    })?;
    let shown = |event: &crate::payload::RawEvent<'_>| {
        let parameters = texts(&event.parameters);
        parameters
            .map(|(name, value)| format!("{name}={}", value.unwrap()))
            .collect()
    };
    Ok(events.iter().map(shown).collect())
}

fn once(request: Request<'_>, answer: Result<&str, &str>) -> Shown {
    adapt(
        &adapters(Fake::new(&[answer])),
        request,
        &mut Answers::default(),
    )
}

#[test]
fn a_service_gets_the_whole_request_and_gives_the_events() {
    let service = Fake::new(&[Ok(r#"{"events":[{"e":"pv","p":"web","e":"pp"},{}],"x":1}"#)]);
    let found = adapt(&adapters(service.clone()), HOOK, &mut Answers::default());
    assert_eq!(found, Ok(vec![vec!["e=pp".into(), "p=web".into()], vec![]]));
    let body = r#"{"contentType":"text/plain","queryString":{"b":"2","a":"1","c":"3"},"headers":[],"body":"a \"body\""}"#;
    let post = Post {
        url: URL.into(),
        body: body.to_owned(),
    };
    assert_eq!(*service.asked.lock().unwrap(), [[post]]);
}

#[test]
fn headers_and_missing_values_are_sent_too() {
    let mut payload = payload(Request {
        qs: "a",
        content_type: None,
        ..HOOK
    });
    payload.context.headers = vec!["A: 1".into(), "B: \"".into()];
    let post = post(&remote("com.acme", "v1", URL), &payload).unwrap();
    assert_eq!(
        post.body,
        r#"{"contentType":null,"queryString":{"a":null},"headers":["A: 1","B: \""],"body":"a \"body\""}"#
    );
}

#[test]
fn answers_that_are_no_events_are_refused_in_the_words_of_the_reference() {
    let input = |answer: Option<&str>, text: &str| {
        vec![Violation::input(
            "body",
            answer,
            format!("[REMOTE_ADAPTER] {text}"),
        )]
    };
    assert_eq!(
        once(HOOK, Err("Request failed with status 500")),
        Err(input(
            None,
            "could not get response from remote adapter http://adapter.local/x: Request failed with status 500"
        ))
    );
    let list = |said: &str| format!("could not be decoded as a list of json objects: {said}");
    for (answer, said) in [
        (r#"{"events":[]}"#, "empty list of events".to_owned()),
        (
            "[]",
            list("Attempt to decode value on failed cursor: DownField(events)"),
        ),
        (
            "{}",
            list("Attempt to decode value on failed cursor: DownField(events)"),
        ),
        (r#"{"events":null}"#, list("C[A]: DownField(events)")),
        (
            r#"{"events":[{},1]}"#,
            list("[K, V]Map[K, V]: MoveRight,DownArray,DownField(events)"),
        ),
        (
            r#"{"events":[{"e":"pv","n":1}]}"#,
            list("String: DownField(n),DownArray,DownField(events)"),
        ),
    ] {
        assert_eq!(
            once(HOOK, Ok(answer)),
            Err(input(Some(answer), &said)),
            "{answer}"
        );
    }
    let Err(violations) = once(HOOK, Ok("no")) else {
        panic!()
    };
    let [
        Violation::NotJson {
            field,
            value,
            error,
        },
    ] = &violations[..]
    else {
        panic!("{violations:?}")
    };
    assert_eq!((&**field, value.as_deref()), ("body", Some("no")));
    assert!(error.starts_with("[REMOTE_ADAPTER] invalid json: "));
}

#[test]
fn a_payload_without_body_is_refused_unasked() {
    for body in [None, Some("")] {
        let service = Fake::new(&[]);
        let found = adapt(
            &adapters(service.clone()),
            Request { body, ..HOOK },
            &mut Answers::default(),
        );
        let text =
            "empty body: not a valid remote adapter http://adapter.local/x payload".to_owned();
        assert_eq!(found, Err(vec![Violation::input("body", None, &text)]));
        assert!(service.asked.lock().unwrap().is_empty());
    }
}

#[test]
fn services_go_before_built_in_adapters_and_the_last_of_a_path_counts() {
    let service = Fake::new(&[Ok(r#"{"events":[{"e":"pv"}]}"#)]);
    let all = Adapters::new(&HashMap::new()).unwrap().with_remote(
        vec![
            remote("com.sendgrid", "v3", "http://one/"),
            remote("com.sendgrid", "v3", "http://two/"),
        ],
        service.clone(),
    );
    let request = Request {
        path: "com.sendgrid/v3",
        ..HOOK
    };
    let found = adapt(&all, request, &mut Answers::default());
    assert_eq!(found, Ok(vec![vec!["e=pv".into()]]));
    assert_eq!(&*service.asked.lock().unwrap()[0][0].url, "http://two/");
    // other paths go on to the built-in adapters
    let tp1 = Request {
        path: "com.snowplowanalytics.snowplow/tp1",
        qs: "e=pp",
        ..Request::default()
    };
    let found = adapt(&all, tp1, &mut Answers::default());
    assert_eq!(found, Ok(vec![vec!["e=pp".into()]]));
}

#[test]
fn a_batch_is_asked_for_at_once_and_each_payload_gets_its_own_answer() {
    let service = Fake::new(&[
        Ok(r#"{"events":[{"n":"1"}]}"#),
        Ok(r#"{"events":[{"n":"2"}]}"#),
        Err("gone"),
    ]);
    let all = adapters(service.clone());
    let other = Request {
        body: Some("other"),
        ..HOOK
    };
    let questions = [HOOK, other, HOOK].map(|request| all.question(&payload(request)).unwrap());
    let mut answers = all.ask(questions.to_vec());
    let number = |n: &str| Ok(vec![vec![format!("n={n}")]]);
    assert_eq!(adapt(&all, HOOK, &mut answers), number("1"));
    assert!(adapt(&all, HOOK, &mut answers).is_err());
    assert_eq!(adapt(&all, other, &mut answers), number("2"));
    assert_eq!(service.asked.lock().unwrap().len(), 1);
}

/// Takes connections until `wanted` are open, then answers all, each with its own request's length.
fn server(wanted: usize, status: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        loop {
            let mut open = Vec::new();
            for _ in 0..wanted {
                let (mut stream, _) = listener.accept().unwrap();
                let mut head = [0; 4096];
                let mut length = 0;
                while !head[..length].ends_with(b"}") {
                    length += stream.read(&mut head[length..]).unwrap();
                }
                let text = String::from_utf8_lossy(&head[..length]).into_owned();
                open.push((stream, text));
            }
            for (mut stream, text) in open {
                let body = text.rsplit("\r\n\r\n").next().unwrap();
                let answer = format!(
                    "HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
                    body.len()
                );
                // one that was given up is closed
                let _ = stream.write_all(answer.as_bytes());
            }
        }
    });
    format!("http://{address}/")
}

fn poster(at_once: usize) -> Poster {
    Poster::new(&Limits {
        connect: Duration::from_secs(5),
        answer: Duration::from_millis(300),
        at_once,
        certificates: Certificates::default(),
        telemetry: Telemetry::new(Default::default()),
    })
    .unwrap()
}

fn posts(url: &str, count: usize) -> Vec<Post> {
    let post = |n| Post {
        url: url.into(),
        body: format!("{{\"n\":{n}}}"),
    };
    (0..count).map(post).collect()
}

#[test]
fn requests_of_a_batch_are_under_way_together_and_answers_keep_their_order() {
    // the server answers none before it has all
    let url = server(8, "200 OK");
    let answers = poster(8).post(posts(&url, 8));
    let expected: Vec<Answer> = (0..8).map(|n| Ok(format!("{{\"n\":{n}}}"))).collect();
    assert_eq!(answers, expected);
}

#[test]
fn no_more_requests_are_under_way_than_allowed() {
    // the server answers none before it has two: the first is given up, and then makes room
    let url = server(2, "200 OK");
    let answers = poster(1).post(posts(&url, 2));
    let server = url.trim_end_matches('/');
    let late = format!("Request to {server} timed out after 300 ms");
    assert_eq!(answers, [Err(late), Ok("{\"n\":1}".to_owned())]);
}

#[test]
fn refusals_are_told_by_status_and_silence_by_server() {
    let url = server(1, "503 Busy");
    let answers = poster(1).post(posts(&url, 1));
    assert_eq!(answers, [Err("Request failed with status 503".to_owned())]);
    let closed = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let answers = poster(1).post(posts(&format!("http://{closed}/key?secret"), 1));
    let text =
        format!("Error connecting to http://{closed} using address {closed} (unresolved: false)");
    assert_eq!(answers, [Err(text)]);
}
