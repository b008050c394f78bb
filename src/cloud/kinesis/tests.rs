use proptest::prelude::*;
use serde_json::{Value, json};

use super::Spare;
use super::get::{self, Data, NotBase64};
use super::put::{Answer, Request};

fn keys() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z0-9-]{1,40}",
        ".{1,20}",
        "[\\x00-\\x1f\"\\\\\u{7f}-\u{9f}]{1,9}"
    ]
}

fn rows() -> impl Strategy<Value = Vec<(Vec<u8>, String)>> {
    let row = prop::collection::vec(any::<u8>(), 0..200);
    prop::collection::vec((row, keys()), 1..20)
}

fn expected(stream: &str, rows: &[(Vec<u8>, String)]) -> Value {
    let record = |(data, key): &(Vec<u8>, String)| json!({"Data": jvm::base64::encode_standard(data), "PartitionKey": key});
    json!({"StreamName": stream, "Records": rows.iter().map(record).collect::<Vec<_>>()})
}

proptest! {
    #[test]
    fn a_request_is_what_another_writer_of_json_writes(rows in rows(), stream in keys()) {
        let mut request = Request::new(&stream.as_str().into(), vec![1, 2, 255]);
        for (data, key) in &rows {
            request.push(data, key);
        }
        prop_assert_eq!(request.len(), rows.len());
        let finished = request.finish();
        let seen: Value = serde_json::from_slice(finished.text()).unwrap();
        prop_assert_eq!(seen, expected(&stream, &rows));
    }

    #[test]
    fn what_is_kept_of_a_request_is_as_if_the_rest_had_never_been(rows in rows(), kept: u32, again: u32) {
        let mut request = Request::new(&"s".into(), Vec::new());
        for (data, key) in &rows {
            request.push(data, key);
        }
        let chosen = |bits: u32| move |number: usize| bits >> number & 1 == 1;
        let first = request.finish().keep(vec![7; 300], chosen(kept));
        let second = first.keep(Vec::new(), chosen(again));
        let of = |rows: &[(Vec<u8>, String)], bits: u32| -> Vec<_> {
            let all = rows.iter().cloned().enumerate();
            all.filter(|(number, _)| chosen(bits)(*number)).map(|(_, row)| row).collect()
        };
        let left = of(&rows, kept);
        let seen: Value = serde_json::from_slice(first.text()).unwrap();
        prop_assert_eq!(seen, expected("s", &left));
        let seen: Value = serde_json::from_slice(second.text()).unwrap();
        prop_assert_eq!(seen, expected("s", &of(&left, again)));
    }

    #[test]
    fn bytes_come_out_of_base64_as_they_went_in_and_their_number_is_known(data: Vec<u8>, before: Vec<u8>) {
        let text = jvm::base64::encode_standard(&data);
        let mut out = before.clone();
        Data::Base64(&text).append_to(&mut out).unwrap();
        prop_assert_eq!(Data::Base64(&text).len(), data.len());
        prop_assert_eq!(out, [before, data].concat());
    }

    #[test]
    fn any_text_is_an_answer_or_refused(text: Vec<u8>, json in "[\\[\\]{}\",:a-zA-Z0-9\\\\]{0,60}") {
        for text in [text, json.into_bytes()] {
            if let Ok(answer) = get::Answer::parse(text.clone()) {
                let _ = answer.records().map(|record| record.data.len()).sum::<usize>();
                let _ = (answer.millis_behind(), answer.next_iterator(), answer.children().count());
            }
            if let Ok(answer) = Answer::parse(text) {
                let _ = answer.refusals().flatten().count();
            }
        }
    }
}

#[test]
fn what_is_no_base64_leaves_nothing_behind() {
    let mut out = b"kept".to_vec();
    let long = format!("{}!", "QUFB".repeat(100));
    assert_eq!(Data::Base64(&long).append_to(&mut out), Err(NotBase64));
    assert_eq!(out, b"kept");
}

#[test]
fn refusals_are_told_record_by_record() {
    let text = br#"{"FailedRecordCount":1,"Records":[{"SequenceNumber":"1","ShardId":"a"},{"ErrorCode":"X","ErrorMessage":"y"},{"ErrorCode":"Z"},{}]}"#;
    let answer = Answer::parse(text.to_vec()).unwrap();
    let told: Vec<_> = answer.refusals().collect();
    assert_eq!(told, [None, Some(("X", "y")), Some(("Z", "")), None]);
    assert!(Answer::parse(b"{}".to_vec()).is_err());
    assert!(Answer::parse(b"[]".to_vec()).is_err());
}

#[test]
fn buffers_serve_again_unless_they_are_many_or_large() {
    let spare = Spare::new(2);
    for size in [10, 20, 30, 100 << 20] {
        spare.give(Vec::with_capacity(size));
    }
    let rooms: Vec<usize> = (0..3).map(|_| spare.take().capacity()).collect();
    assert_eq!(rooms, [20, 10, 0]);
}

#[test]
fn the_buffer_of_a_request_comes_back_when_nothing_has_it_any_more() {
    let spare = Spare::new(1);
    let mut request = Request::new(&"s".into(), Vec::with_capacity(5000));
    request.push(b"row", "key");
    request.finish().recycle(&spare);
    assert!(spare.take().capacity() >= 5000);
}
