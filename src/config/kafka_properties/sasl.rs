//! How a client proves who it is: passwords, tokens of an OAuth server, tokens of AWS for MSK.

use super::{Java, Properties, jaas, put};
use crate::config::ConfigError;
use crate::config::node::Node;

/// Classes of the Java client that fetch tokens; Snowmelt does what they do.
const OIDC_HANDLERS: [&str; 1] = ["OAuthBearerLoginCallbackHandler"];
const MSK_HANDLERS: [&str; 2] = [
    "IAMClientCallbackHandler",
    "IAMOAuthBearerLoginCallbackHandler",
];

/// Options of the login module for MSK and the properties that carry them on.
const MSK_OPTIONS: [(&str, &str); 4] = [
    ("awsRoleArn", "sasl.oauthbearer.aws.role.arn"),
    ("awsRoleSessionName", "sasl.oauthbearer.aws.role.session"),
    ("awsProfileName", "sasl.oauthbearer.aws.profile"),
    ("awsStsRegion", "sasl.oauthbearer.aws.sts.region"),
];

/// Translates mechanism, login module and handlers.
pub(super) fn translate(
    block: &Node<'_>,
    java: &Java,
    found: &mut Properties,
) -> Result<(), ConfigError> {
    let msk_handler = handlers(block, java)?;
    let mechanism = ["sasl.mechanism", "sasl.mechanisms"]
        .iter()
        .find_map(|name| java.get(*name))
        .map(|name| name.to_ascii_uppercase());
    found.remove("sasl.mechanisms");
    let module = module(block, java)?;
    let mut options = module
        .as_ref()
        .map(|(_, options)| options.clone())
        .unwrap_or_default();
    let class = module.as_ref().map(|(class, _)| class.as_str());
    match (mechanism.as_deref(), class) {
        (Some("PLAIN") | None, Some("PlainLoginModule")) => {
            put(found, "sasl.mechanism", "PLAIN");
            user(block, &mut options, found)?;
        }
        (Some(name @ ("SCRAM-SHA-256" | "SCRAM-SHA-512")), Some("ScramLoginModule")) => {
            put(found, "sasl.mechanism", name);
            user(block, &mut options, found)?;
        }
        // with sasl.username and sasl.password, as librdkafka has them
        (Some(name @ ("PLAIN" | "SCRAM-SHA-256" | "SCRAM-SHA-512")), None) => {
            put(found, "sasl.mechanism", name);
        }
        (Some("OAUTHBEARER"), Some("IAMLoginModule")) => msk(block, &mut options, found)?,
        (Some("OAUTHBEARER"), _) if msk_handler => msk(block, &mut options, found)?,
        (Some("AWS_MSK_IAM"), Some("IAMLoginModule") | None) => msk(block, &mut options, found)?,
        (Some("OAUTHBEARER"), Some("OAuthBearerLoginModule") | None) => {
            oidc(block, &mut options, found)?;
        }
        (None, None) => {}
        (Some("GSSAPI"), _) | (_, Some("Krb5LoginModule")) => {
            return Err(block.get("sasl.mechanism").fail(
                "asks for Kerberos, which is not supported",
                "use PLAIN, SCRAM-SHA-256, SCRAM-SHA-512, OAUTHBEARER or AWS_MSK_IAM",
            ));
        }
        (None, Some(class)) => {
            return Err(block.get("sasl.mechanism").fail(
                format!("is missing beside {class}"),
                "use PLAIN, SCRAM-SHA-256, SCRAM-SHA-512, OAUTHBEARER or AWS_MSK_IAM",
            ));
        }
        (Some(name), class) => {
            return Err(block.get("sasl.mechanism").fail(
                format!(
                    "is {name} with {}, which do not go together here",
                    class.unwrap_or("no sasl.jaas.config")
                ),
                "use PLAIN with PlainLoginModule, SCRAM-SHA-256 or SCRAM-SHA-512 with ScramLoginModule, \
                 OAUTHBEARER with OAuthBearerLoginModule, or AWS_MSK_IAM with IAMLoginModule",
            ));
        }
    }
    Ok(())
}

/// Whether the callback handlers are those for MSK; others must be known.
fn handlers(block: &Node<'_>, java: &Java) -> Result<bool, ConfigError> {
    let mut msk = false;
    for name in [
        "sasl.client.callback.handler.class",
        "sasl.login.callback.handler.class",
    ] {
        let Some(class) = java.get(name) else {
            continue;
        };
        let last = class.rsplit('.').next().unwrap_or(class);
        if MSK_HANDLERS.contains(&last) {
            msk = true;
        } else if !OIDC_HANDLERS.contains(&last) {
            return Err(block.get(name).fail(
                format!("names the Java class {last}"),
                format!(
                    "use {} for an OAuth server, {} for MSK, or leave it out",
                    OIDC_HANDLERS.join(" or "),
                    MSK_HANDLERS.join(" or ")
                ),
            ));
        }
    }
    Ok(msk)
}

/// The last part of the class in `sasl.jaas.config`, and its options.
fn module(block: &Node<'_>, java: &Java) -> Result<Option<(String, Java)>, ConfigError> {
    let Some(text) = java.get("sasl.jaas.config") else {
        return Ok(None);
    };
    let (class, options) = jaas::parse(text).ok_or_else(|| wrong(block))?;
    let last = class.rsplit('.').next().unwrap_or(&class).to_owned();
    Ok(Some((last, options)))
}

fn wrong(block: &Node<'_>) -> ConfigError {
    block.get("sasl.jaas.config").fail(
        "is not of the form that Java reads",
        "write: CLASS required username=\"USER\" password=\"PASSWORD\";",
    )
}

fn user(block: &Node<'_>, options: &mut Java, found: &mut Properties) -> Result<(), ConfigError> {
    for (from, to) in [("username", "sasl.username"), ("password", "sasl.password")] {
        put(found, to, options.remove(from).ok_or_else(|| wrong(block))?);
    }
    Ok(())
}

/// Client credentials for the token endpoint of an OAuth server.
fn oidc(block: &Node<'_>, options: &mut Java, found: &mut Properties) -> Result<(), ConfigError> {
    put(found, "sasl.mechanism", "OAUTHBEARER");
    put(found, "sasl.oauthbearer.method", "oidc");
    for (from, to) in [
        ("clientId", "sasl.oauthbearer.client.id"),
        ("clientSecret", "sasl.oauthbearer.client.secret"),
        ("scope", "sasl.oauthbearer.scope"),
    ] {
        if let Some(value) = options.remove(from) {
            put(found, to, value);
        }
    }
    for (name, mend) in [
        (
            "sasl.oauthbearer.token.endpoint.url",
            "give the address that gives out tokens",
        ),
        (
            "sasl.oauthbearer.client.id",
            "set it, or clientId in sasl.jaas.config",
        ),
        (
            "sasl.oauthbearer.client.secret",
            "set it, or clientSecret in sasl.jaas.config",
        ),
    ] {
        if !found.contains_key(name) {
            return Err(block.get(name).fail("is missing", mend));
        }
    }
    Ok(())
}

/// Tokens signed with the credentials of AWS.
fn msk(block: &Node<'_>, options: &mut Java, found: &mut Properties) -> Result<(), ConfigError> {
    if !cfg!(feature = "kinesis") {
        return Err(block.get("sasl.mechanism").fail(
            "needs the libraries of AWS, which this program was built without",
            "build it with the feature kinesis",
        ));
    }
    put(found, "sasl.mechanism", "OAUTHBEARER");
    put(found, "sasl.oauthbearer.method", "aws_msk_iam");
    for (from, to) in MSK_OPTIONS {
        if let Some(value) = options.remove(from) {
            put(found, to, value);
        }
    }
    if let Some(unknown) = options.keys().find(|name| *name != "awsDebugCreds") {
        return Err(block.get("sasl.jaas.config").fail(
            format!("has the option {unknown}, which is not supported"),
            format!("use {}", MSK_OPTIONS.map(|(option, _)| option).join(", ")),
        ));
    }
    Ok(())
}
