use super::super::Env;
use super::*;

fn read(value: Value) -> Result<Streams, String> {
    let document = Document {
        origin: "c".into(),
        value,
    };
    let config = AppConfig::read(document, &Env::default(), &[]).unwrap();
    Streams::read(&config, &mut Vec::new()).map_err(|error| error.to_string())
}

fn minimal() -> Value {
    let stream = |name: &str| json!({"topicName": name, "bootstrapServers": "localhost:9092"});
    json!({"input": stream("raw"), "output": {"good": stream("good"), "bad": stream("bad"), "pii": {"topicName": ""}}})
}

#[test]
fn a_minimal_file_for_kafka_needs_no_types_and_gets_the_defaults() {
    let streams = read(minimal()).unwrap();
    let Input::Kafka(input) = &streams.input else {
        panic!("{streams:?}")
    };
    let property = |name: &str| input.properties[name].expose().to_owned();
    assert_eq!(
        (input.topic.as_str(), property("group.id").as_str()),
        ("raw", "enrich")
    );
    assert_eq!(property("enable.auto.commit"), "false");
    let Output::Kafka(good) = &streams.good else {
        panic!("{streams:?}")
    };
    assert_eq!(good.properties["enable.idempotence"].expose(), "true");
    assert_eq!(
        (&good.key, good.headers.len(), streams.pii.is_some()),
        (&None, 0, false)
    );
}

#[test]
fn properties_of_users_win_but_for_automatic_commits() {
    let mut file = minimal();
    file["input"]["consumerConf"] = json!({"group.id": "g", "enable.auto.commit": "true"});
    file["output"]["good"]["producerConf"] = json!({"acks": "1"});
    file["output"]["good"]["partitionKey"] = json!("user_id");
    let streams = read(file).unwrap();
    let (Input::Kafka(input), Output::Kafka(good)) = (&streams.input, &streams.good) else {
        panic!()
    };
    assert_eq!(input.properties["group.id"].expose(), "g");
    assert_eq!(input.properties["enable.auto.commit"].expose(), "false");
    assert!(!good.properties.contains_key("enable.idempotence"));
    assert_eq!(good.key.as_deref(), Some("user_id"));
}

#[test]
fn transactions_need_topics_with_one_client_and_set_what_they_need() {
    let mut file = minimal();
    file["output"]["transactional"] = json!("true");
    file["input"]["consumerConf"] = json!({"group.instance.id": "w-1"});
    let streams = read(file.clone()).unwrap();
    let (Input::Kafka(input), Output::Kafka(good)) = (&streams.input, &streams.good) else {
        panic!()
    };
    assert_eq!(
        input.properties["isolation.level"].expose(),
        "read_committed"
    );
    let property = |name: &str| good.properties[name].expose().to_owned();
    assert_eq!(property("transactional.id"), "enrich-w-1");
    assert_eq!(property("delivery.timeout.ms"), "60000");
    let broken = |change: &dyn Fn(&mut Value), expected: &str| {
        let mut file = file.clone();
        change(&mut file);
        let error = read(file).unwrap_err();
        assert!(error.starts_with(expected), "{error}");
    };
    broken(
        &|file| file["input"] = json!({"type": "FileSystem", "dir": "in"}),
        "c: output.transactional: needs an input from Kafka;",
    );
    broken(
        &|file| file["output"]["bad"] = json!({"file": "bad"}),
        "c: output.bad: is no topic,",
    );
    broken(
        &|file| file["output"]["bad"]["bootstrapServers"] = json!("other:9092"),
        "c: output.bad: has other bootstrapServers",
    );
    broken(
        &|file| file["output"]["good"]["producerConf"] = json!({"acks": "1"}),
        "c: output.good.producerConf: forbids idempotence",
    );
    broken(
        &|file| file["input"]["consumerConf"]["isolation.level"] = json!("read_uncommitted"),
        "c: input.consumerConf.isolation.level: does not go with",
    );
}

#[test]
fn files_can_be_mixed_with_topics() {
    let mut file = minimal();
    file["input"] = json!({"type": "FileSystem", "dir": "in"});
    file["output"]["bad"] = json!({"file": "bad", "maxBytes": "1 MiB"});
    let streams = read(file).unwrap();
    assert_eq!(streams.input, Input::FileSystem { dir: "in".into() });
    assert_eq!(
        streams.bad,
        Output::FileSystem {
            file: "bad".into(),
            max_bytes: Some(1 << 20)
        }
    );
}

#[test]
fn what_is_wrong_is_told_with_its_place() {
    let broken = |place: &[&str], value: Value, expected: &str| {
        let mut file = minimal();
        let mut at = &mut file;
        for key in place {
            at = &mut at[*key];
        }
        *at = value;
        assert_eq!(read(file).unwrap_err(), expected);
    };
    broken(
        &["input", "bootstrapServers"],
        Value::Null,
        "c: input.bootstrapServers: is missing; give the addresses of brokers, for example localhost:9092",
    );
    broken(
        &["input", "type"],
        json!("PubSub"),
        "c: input.type: PubSub streams are not supported yet; use Kinesis, Kafka or FileSystem",
    );
    broken(
        &["output", "good"],
        Value::Null,
        "c: output.good: is missing; add the block { … }",
    );
    broken(
        &["processing"],
        json!({"memoryBudget": "1 MiB"}),
        "c: processing.memoryBudget: is 1048576 bytes; give at least 8 MiB",
    );
    broken(
        &["processing"],
        json!({"memoryBudget": "x"}),
        "c: processing.memoryBudget: is no size; give bytes, or a text such as \"64 MiB\"",
    );
}
