use serde_json::json;

use super::*;
use crate::config::text::Document;

fn translated(value: Value) -> Result<Vec<String>, String> {
    let document = Document {
        origin: "c".into(),
        value: json!({ "conf": value }),
    };
    let found = translate(&Node::root(&document).get("conf"), &mut Vec::new());
    let shown = |properties: Properties| {
        properties
            .iter()
            .map(|(name, value)| format!("{name}={}", value.expose()))
            .collect()
    };
    found.map(shown).map_err(|error| error.to_string())
}

#[test]
fn java_names_and_values_become_those_of_librdkafka() {
    for (java, expected) in [
        (
            json!({"max.request.size": "5"}),
            vec!["message.max.bytes=5"],
        ),
        (
            json!({"buffer.memory": 33554432}),
            vec!["queue.buffering.max.kbytes=32768"],
        ),
        (
            json!({"send.buffer.bytes": -1}),
            vec!["socket.send.buffer.bytes=0"],
        ),
        (
            json!({"group": {"id": "g"}, "linger.ms": "5"}),
            vec!["group.id=g", "linger.ms=5"],
        ),
        (
            json!({"key.serializer": "x", "enable.auto.commit": "true"}),
            vec![],
        ),
        (
            json!({"security.protocol": "SASL_SSL"}),
            vec!["security.protocol=sasl_ssl"],
        ),
        (
            json!({"auto.offset.reset": "none"}),
            vec!["auto.offset.reset=error"],
        ),
        (
            json!({"ssl.endpoint.identification.algorithm": ""}),
            vec!["ssl.endpoint.identification.algorithm=none"],
        ),
        (
            json!({"partition.assignment.strategy": "org.apache.kafka.clients.consumer.RangeAssignor"}),
            vec!["partition.assignment.strategy=range"],
        ),
        (
            json!({"ssl.truststore.type": "PEM", "ssl.truststore.location": "ca"}),
            vec!["ssl.ca.location=ca"],
        ),
        (
            json!({"ssl.keystore.location": "k.p12", "ssl.keystore.password": "p"}),
            vec!["ssl.keystore.location=k.p12", "ssl.keystore.password=p"],
        ),
        (
            json!({"sasl.jaas.config": "org.apache.kafka.common.security.plain.PlainLoginModule required username=\"$ConnectionString\" password=\"a=\\\"b\\\\;\";"}),
            vec![
                "sasl.mechanism=PLAIN",
                "sasl.password=a=\"b\\;",
                "sasl.username=$ConnectionString",
            ],
        ),
        (
            json!({
                "sasl.mechanism": "OAUTHBEARER",
                "sasl.jaas.config": "o.OAuthBearerLoginModule required clientId=\"i\" clientSecret=\"s\" scope=\"x\";",
                "sasl.login.callback.handler.class": "o.secured.OAuthBearerLoginCallbackHandler",
                "sasl.oauthbearer.token.endpoint.url": "http://a",
            }),
            vec![
                "sasl.mechanism=OAUTHBEARER",
                "sasl.oauthbearer.client.id=i",
                "sasl.oauthbearer.client.secret=s",
                "sasl.oauthbearer.method=oidc",
                "sasl.oauthbearer.scope=x",
                "sasl.oauthbearer.token.endpoint.url=http://a",
            ],
        ),
        (
            json!({
                "sasl.mechanism": "SCRAM-SHA-512",
                "sasl.jaas.config": "o.ScramLoginModule required username=u password=p;",
            }),
            vec![
                "sasl.mechanism=SCRAM-SHA-512",
                "sasl.password=p",
                "sasl.username=u",
            ],
        ),
        (
            json!({"sasl.mechanisms": "PLAIN", "sasl.username": "u"}),
            vec!["sasl.mechanism=PLAIN", "sasl.username=u"],
        ),
        (
            json!({"statistics.interval.ms": "5"}),
            vec!["statistics.interval.ms=5"],
        ),
    ] {
        assert_eq!(translated(java.clone()).unwrap(), expected, "{java}");
    }
}

#[test]
fn what_cannot_be_had_is_refused_with_what_to_do() {
    for (java, part) in [
        (
            json!({"ssl.truststore.location": "a.jks"}),
            "conf.ssl.truststore.location: is a JKS store",
        ),
        (
            json!({"partition.assignment.strategy": "x.StickyAssignor"}),
            "has StickyAssignor",
        ),
        (
            json!({"partitioner.class": "com.acme.P"}),
            "conf.partitioner.class: names a Java class",
        ),
        (
            json!({"sasl.mechanism": "GSSAPI"}),
            "conf.sasl.mechanism: asks for Kerberos",
        ),
        (
            json!({"sasl.mechanism": "PLAIN", "sasl.jaas.config": "x.ScramLoginModule required username=a password=b;"}),
            "is PLAIN with ScramLoginModule",
        ),
        (
            json!({"sasl.jaas.config": "x.ScramLoginModule required username=a password=b;"}),
            "conf.sasl.mechanism: is missing beside ScramLoginModule",
        ),
        (
            json!({"sasl.login.callback.handler.class": "com.acme.Handler"}),
            "names the Java class Handler; use OAuthBearerLoginCallbackHandler",
        ),
        (
            json!({"sasl.mechanism": "OAUTHBEARER", "sasl.oauthbearer.token.endpoint.url": "http://a"}),
            "conf.sasl.oauthbearer.client.id: is missing",
        ),
        (
            json!({"sasl.mechanism": "OAUTHBEARER"}),
            "conf.sasl.oauthbearer.token.endpoint.url: is missing",
        ),
        (
            json!({"sasl.jaas.config": "x.PlainLoginModule required username=a"}),
            "is not of the form",
        ),
        (json!({"sasl.jaas.config": "\""}), "is not of the form"),
        (
            json!({"ssl.engine.factory.class": "x"}),
            "names a Java class",
        ),
        (json!({"a": ["b"]}), "conf.a: is a list; give a text"),
    ] {
        let error = translated(java.clone()).unwrap_err();
        assert!(error.contains(part), "{java}: {error}");
    }
}

#[cfg(feature = "kinesis")]
#[test]
fn the_settings_for_msk_are_carried_on() {
    let java = json!({
        "sasl.mechanism": "AWS_MSK_IAM",
        "security.protocol": "SASL_SSL",
        "sasl.jaas.config": "software.amazon.msk.auth.iam.IAMLoginModule required awsRoleArn=\"arn:x\" awsDebugCreds=true;",
        "sasl.client.callback.handler.class": "software.amazon.msk.auth.iam.IAMClientCallbackHandler",
    });
    let expected = [
        "sasl.mechanism=OAUTHBEARER",
        "sasl.oauthbearer.aws.role.arn=arn:x",
        "sasl.oauthbearer.method=aws_msk_iam",
        "security.protocol=sasl_ssl",
    ];
    assert_eq!(translated(java).unwrap(), expected);
}
