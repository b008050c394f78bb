use super::*;

fn read(hocon: &str) -> Result<AppConfig, ConfigError> {
    read_with(hocon, &[], &[])
}

fn read_with(hocon: &str, env: &[(&str, &str)], set: &[&str]) -> Result<AppConfig, ConfigError> {
    let env: Env = env.iter().copied().collect();
    let value = text::parse(hocon, "c.hocon", None, &env)?;
    let set: Vec<_> = set
        .iter()
        .map(|text| overrides::parse(text).unwrap())
        .collect();
    AppConfig::read(
        Document {
            origin: "c.hocon".into(),
            value,
        },
        &env,
        &set,
    )
}

#[test]
fn everything_is_optional() {
    let config = AppConfig::without_file(&Env::default(), &[]).unwrap();
    assert_eq!(config.asset, Asset::Kafka);
    assert_eq!(config.feature_flags, FeatureFlags::default());
    assert_eq!(config.assets_update_period, None);
    assert_eq!(config.remote_adapters, RemoteAdapters::default());
    assert!(config.adapters_schemas.is_empty() && config.warnings.is_empty());
}

#[test]
fn settings_are_read_and_unknown_ones_only_warned_of() {
    let config = read(
        r#"
        input { topicName = raw, bootstrapServers = "k:9092" }
        featureFlags { acceptInvalid = true, tryBase64Decoding = "true", old = 1 }
        assetsUpdatePeriod = 7 days
        adaptersSchemas { sendgrid { open = "iglu:com.acme/open/jsonschema/1-0-0" } }
        remoteAdapters {
          connectionTimeout = 1 second, maxConnections = "3"
          configs = [{ vendor = com.acme, version = v1, url = "http://h/" }]
        }
        colection = x
        javascript { timeLimit = 20 ms, memoryLimit = 2000000 }
        "#,
    )
    .unwrap();
    let scripts = Scripts {
        time_limit: Duration::from_millis(20),
        memory_limit: 2_000_000,
    };
    assert_eq!(config.scripts, scripts);
    let flags = FeatureFlags {
        accept_invalid: true,
        legacy_enrichment_order: false,
        try_base64_decoding: true,
    };
    assert_eq!(config.feature_flags, flags);
    assert_eq!(
        config.assets_update_period,
        Some(Duration::from_secs(604_800))
    );
    assert_eq!(
        config.adapters_schemas["sendgrid"]["open"],
        "iglu:com.acme/open/jsonschema/1-0-0"
    );
    let remote = &config.remote_adapters;
    assert_eq!(
        (remote.connection_timeout, remote.max_connections),
        (Duration::from_secs(1), 3)
    );
    assert_eq!(remote.read_timeout, Duration::from_secs(45));
    let adapter = RemoteAdapter {
        vendor: "com.acme".into(),
        version: "v1".into(),
        url: "http://h/".into(),
    };
    assert_eq!(remote.configs, [adapter]);
    assert_eq!(
        config.warnings,
        [
            "c.hocon: colection: is not a setting of this program and has no effect",
            "c.hocon: featureFlags.old: is not a setting of this program and has no effect"
        ]
    );
}

#[test]
fn the_asset_is_told_by_type_or_by_keys() {
    for (text, asset, limit) in [
        ("input.type = Kinesis", Asset::Kinesis, 1_048_576),
        ("input.streamName = s", Asset::Kinesis, 1_048_576),
        ("input { type = PubSub }", Asset::PubSub, 6_900_000),
        (
            "input.subscription = \"projects/p/subscriptions/s\"",
            Asset::PubSub,
            6_900_000,
        ),
        (
            "input { topicName = t, bootstrapServers = b }",
            Asset::Kafka,
            1_000_000,
        ),
        ("input { topic = t, lookupHost = l }", Asset::Nsq, 1_000_000),
        (
            "input { cluster {}, queue = q }",
            Asset::RabbitMq,
            128_000_000,
        ),
        (
            "input { type = FileSystem, dir = d }, output.good.streamName = s",
            Asset::Kinesis,
            1_048_576,
        ),
        (
            "output.bad { topic = \"projects/p/topics/t\" }",
            Asset::PubSub,
            6_900_000,
        ),
        ("input = 5", Asset::Kafka, 1_000_000),
    ] {
        let config = read(text).unwrap();
        assert_eq!(config.asset, asset, "{text}");
        assert_eq!(config.asset.max_record_size(), limit, "{text}");
    }
}

#[test]
fn later_names_are_taken_too() {
    assert!(
        read("validation.acceptInvalid = true")
            .unwrap()
            .feature_flags
            .accept_invalid
    );
    let both = read("validation.acceptInvalid = true, featureFlags.acceptInvalid = false").unwrap();
    assert!(!both.feature_flags.accept_invalid);
}

#[test]
fn overrides_beat_the_file_in_the_order_of_the_reference() {
    let flag = |env: &[(&str, &str)], set: &[&str]| {
        read_with("featureFlags.acceptInvalid = false", env, set)
            .unwrap()
            .feature_flags
            .accept_invalid
    };
    let options = ("JAVA_OPTS", "-Xmx2g -DfeatureFlags.acceptInvalid=true");
    let forced = ("CONFIG_FORCE_featureFlags_acceptInvalid", "false");
    assert!(flag(&[options], &[]));
    assert!(!flag(&[options, forced], &[]));
    assert!(flag(
        &[options, forced],
        &["featureFlags.acceptInvalid=true"]
    ));
}

#[test]
fn what_is_wrong_is_told_with_file_field_and_mend() {
    for (text, error) in [
        (
            "assetsUpdatePeriod = 0 s",
            "assetsUpdatePeriod: is zero; give a duration above zero, or leave it out for never",
        ),
        (
            "assetsUpdatePeriod = soon",
            "assetsUpdatePeriod: is a text; give a duration such as \"7 days\" or 10s",
        ),
        (
            "featureFlags.acceptInvalid = 1",
            "featureFlags.acceptInvalid: is 1; give true or false",
        ),
        (
            "featureFlags = on",
            "featureFlags: is a text; give an object { … }",
        ),
        (
            "remoteAdapters.maxConnections = 0",
            "remoteAdapters.maxConnections: is 0; give a number above zero",
        ),
        (
            "remoteAdapters.configs = [{ vendor = a, version = b }]",
            "remoteAdapters.configs[0].url: is missing; add the address of the adapter, for example http://127.0.0.1:8080/",
        ),
        (
            "enrich.streams.in.raw = x",
            "enrich: this is a file of the old stream-enrich; write a file for enrich 3: input, output.good and \
             output.bad at the top",
        ),
    ] {
        assert_eq!(
            read(text).unwrap_err().to_string(),
            format!("c.hocon: {error}")
        );
    }
}

#[test]
fn limits_of_scripts_and_addresses_of_adapters_must_make_sense() {
    for (text, expected) in [
        (
            "javascript.timeLimit = 0 ms",
            "javascript.timeLimit: is zero; give a duration above zero, such as 500 ms",
        ),
        (
            "javascript.memoryLimit = 5",
            "javascript.memoryLimit: is 5; give a number of bytes, at least 1048576",
        ),
        (
            "remoteAdapters.configs = [{ vendor = a, version = b, url = \"ftp://h/\" }]",
            "url: is no http address; write it like http://127.0.0.1:8080/",
        ),
    ] {
        let error = read(text).unwrap_err().to_string();
        assert!(error.ends_with(expected), "{error}");
    }
}
