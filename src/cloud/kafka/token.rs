//! Tokens for SASL OAUTHBEARER, fetched when librdkafka asks for one: at the start and before each runs out.
//!
//! librdkafka could ask an OAuth server itself where it is built with curl; asking here needs no second
//! HTTP library, and the tokens of MSK have to be made here anyway.

use std::collections::BTreeMap;
use std::error::Error;
use std::time::Duration;

use jvm::url_codec::percent;
use rdkafka::client::OAuthToken;
use reqwest::header::{CONTENT_TYPE, HeaderValue};

use crate::clock::Clock;
use crate::secret::Secret;

type Properties = BTreeMap<String, Secret>;

/// Properties that are for this module and that librdkafka does not know in this build.
const OURS: [&str; 10] = [
    "sasl.oauthbearer.method",
    "sasl.oauthbearer.client.id",
    "sasl.oauthbearer.client.secret",
    "sasl.oauthbearer.scope",
    "sasl.oauthbearer.token.endpoint.url",
    "sasl.oauthbearer.aws.region",
    "sasl.oauthbearer.aws.sts.region",
    "sasl.oauthbearer.aws.profile",
    "sasl.oauthbearer.aws.role.arn",
    "sasl.oauthbearer.aws.role.session",
];

/// Whether a property is read here and not by librdkafka.
pub fn is_ours(name: &str) -> bool {
    OURS.contains(&name)
}

/// Longest wait for a token.
const PATIENCE: Duration = Duration::from_secs(20);
/// Largest answer that is read, bytes.
const MAX_ANSWER: usize = 256 * 1024;

/// Why there is no token. Never holds a secret.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    /// The properties ask for none.
    #[error("sasl.oauthbearer.method is not set to oidc or aws_msk_iam")]
    NotConfigured,
    /// The server could not be asked.
    #[error("the token endpoint {url} cannot be asked: {problem}")]
    Unreachable {
        /// Its address.
        url: String,
        /// What went wrong.
        problem: String,
    },
    /// It gave something else.
    #[error("the token endpoint {url} gave no token: {problem}")]
    Refused {
        /// Its address.
        url: String,
        /// What it gave.
        problem: String,
    },
    /// There are no credentials of AWS, or they cannot sign.
    #[error("no token for MSK: {0}")]
    Aws(String),
}

/// Where the tokens of a client come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tokens {
    /// The client needs none.
    None,
    /// An OAuth server, asked with client credentials.
    Oidc(Oidc),
    /// Signed here with the credentials of AWS.
    #[cfg(feature = "kinesis")]
    Msk(super::msk::Msk),
}

/// Client credentials for an OAuth server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Oidc {
    url: String,
    id: String,
    secret: Secret,
    scope: Option<String>,
}

impl Tokens {
    /// What the properties of a client ask for.
    pub fn of(properties: &Properties) -> Tokens {
        let text = |name: &str| properties.get(name).map(|value| value.expose().to_owned());
        match text("sasl.oauthbearer.method").as_deref() {
            Some("oidc") => Tokens::Oidc(Oidc {
                url: text("sasl.oauthbearer.token.endpoint.url").unwrap_or_default(),
                id: text("sasl.oauthbearer.client.id").unwrap_or_default(),
                secret: Secret::new(text("sasl.oauthbearer.client.secret").unwrap_or_default()),
                scope: text("sasl.oauthbearer.scope"),
            }),
            #[cfg(feature = "kinesis")]
            Some("aws_msk_iam") => Tokens::Msk(super::msk::Msk {
                servers: text("bootstrap.servers").unwrap_or_default(),
                region: text("sasl.oauthbearer.aws.region"),
                profile: text("sasl.oauthbearer.aws.profile"),
                role: text("sasl.oauthbearer.aws.role.arn"),
                session: text("sasl.oauthbearer.aws.role.session"),
                sts_region: text("sasl.oauthbearer.aws.sts.region"),
            }),
            _ => Tokens::None,
        }
    }

    /// A token. Waits for the network: librdkafka asks from the thread that polls a client.
    pub fn fetch(&self) -> Result<OAuthToken, Box<dyn Error>> {
        let token = match self {
            Tokens::None => Err(TokenError::NotConfigured),
            Tokens::Oidc(oidc) => oidc.fetch(),
            #[cfg(feature = "kinesis")]
            Tokens::Msk(msk) => msk.fetch(),
        };
        if let Err(error) = &token {
            tracing::warn!(%error, "kafka: no token for SASL OAUTHBEARER");
        }
        Ok(token?)
    }
}

impl Oidc {
    fn fetch(&self) -> Result<OAuthToken, TokenError> {
        let unreachable = |problem: String| TokenError::Unreachable {
            url: self.url.clone(),
            problem,
        };
        // the first provider wins; one set before by somebody else is as good
        let _ = rustls::crypto::ring::default_provider().install_default();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| unreachable(error.to_string()))?;
        let body = runtime
            .block_on(async { tokio::time::timeout(PATIENCE, self.ask()).await })
            .map_err(|_| unreachable(format!("no answer within {PATIENCE:?}")))?
            .map_err(|error| match error {
                Failed::Network(error) => unreachable(causes(&error)),
                Failed::Answer(problem) => self.refused(problem),
            })?;
        read(&body, &self.id, Clock::System.now_millis()).map_err(|problem| self.refused(problem))
    }

    fn refused(&self, problem: impl Into<String>) -> TokenError {
        TokenError::Refused {
            url: self.url.clone(),
            problem: problem.into(),
        }
    }

    async fn ask(&self) -> Result<Vec<u8>, Failed> {
        let client = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .user_agent(concat!("snowmelt/", env!("CARGO_PKG_VERSION")))
            .build()?;
        let mut form = String::from("grant_type=client_credentials");
        if let Some(scope) = &self.scope {
            form.push_str("&scope=");
            form.push_str(&percent(scope));
        }
        let mut answer = client
            .post(&self.url)
            .basic_auth(&self.id, Some(self.secret.expose()))
            .header(
                CONTENT_TYPE,
                HeaderValue::from_static("application/x-www-form-urlencoded"),
            )
            .body(form)
            .send()
            .await?;
        if !answer.status().is_success() {
            return Err(Failed::Answer(format!("status {}", answer.status())));
        }
        let mut body = Vec::new();
        while let Some(chunk) = answer.chunk().await? {
            body.extend_from_slice(&chunk);
            if body.len() > MAX_ANSWER {
                return Err(Failed::Answer(format!("more than {MAX_ANSWER} bytes")));
            }
        }
        Ok(body)
    }
}

enum Failed {
    Network(reqwest::Error),
    Answer(String),
}

impl From<reqwest::Error> for Failed {
    fn from(error: reqwest::Error) -> Failed {
        Failed::Network(error.without_url())
    }
}

fn causes(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        next = cause.source();
    }
    text
}

/// Reads the answer of a server. Who it is for and how long it is good stands in the token where it is a
/// JSON web token, else in the answer beside it.
fn read(body: &[u8], id: &str, now_millis: i64) -> Result<OAuthToken, String> {
    let answer: serde_json::Value =
        serde_json::from_slice(body).map_err(|_| "the answer is no JSON".to_owned())?;
    let token = answer
        .get("access_token")
        .and_then(|token| token.as_str())
        .filter(|token| !token.is_empty())
        .ok_or("the answer has no access_token")?;
    let claims = claims(token);
    let claim = |name: &str| claims.as_ref().and_then(|claims| claims.get(name));
    let expires = claim("exp").and_then(serde_json::Value::as_f64);
    let lifetime_ms = match (
        expires,
        answer.get("expires_in").and_then(serde_json::Value::as_i64),
    ) {
        (Some(seconds), _) => (seconds * 1000.0) as i64,
        (None, Some(seconds)) => now_millis + seconds.saturating_mul(1000),
        (None, None) => return Err("the token does not say when it runs out".to_owned()),
    };
    let principal = claim("sub").and_then(serde_json::Value::as_str);
    Ok(OAuthToken {
        token: token.to_owned(),
        principal_name: principal.unwrap_or(id).to_owned(),
        lifetime_ms,
    })
}

/// The claims of a JSON web token; not verified, which is the broker's part.
fn claims(token: &str) -> Option<serde_json::Value> {
    let middle = token.split('.').nth(1)?;
    serde_json::from_slice(&jvm::base64::decode_lenient(middle.as_bytes())).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(claims: &str) -> String {
        let part = |text: &str| {
            jvm::base64::encode_standard(text.as_bytes())
                .replace('+', "-")
                .replace('/', "_")
                .trim_end_matches('=')
                .to_owned()
        };
        format!("{}.{}.", part("{\"alg\":\"none\"}"), part(claims))
    }

    fn shown(body: &str) -> Result<(String, i64), String> {
        read(body.as_bytes(), "client", 5000).map(|token| (token.principal_name, token.lifetime_ms))
    }

    #[test]
    fn who_a_token_is_for_and_how_long_it_is_good_is_found() {
        let full = token(r#"{"sub":"worker","exp":1700000000}"#);
        let answer = format!(r#"{{"access_token":"{full}","expires_in":5}}"#);
        assert_eq!(shown(&answer), Ok(("worker".to_owned(), 1_700_000_000_000)));
        let opaque = r#"{"access_token":"opaque","expires_in":60}"#;
        assert_eq!(shown(opaque), Ok(("client".to_owned(), 65_000)));
        for (wrong, problem) in [
            ("<html>", "is no JSON"),
            ("{}", "no access_token"),
            (r#"{"access_token":"a"}"#, "does not say when"),
        ] {
            assert!(shown(wrong).unwrap_err().contains(problem), "{wrong}");
        }
    }

    #[test]
    fn a_secret_is_in_no_message() {
        let oidc = Oidc {
            url: "http://127.0.0.1:1/token".to_owned(),
            id: "id".to_owned(),
            secret: Secret::new("hunter2"),
            scope: Some("a b".to_owned()),
        };
        let error = oidc.fetch().map(drop).unwrap_err();
        let text = format!("{error} {error:?} {oidc:?}");
        assert!(
            text.contains("cannot be asked") && !text.contains("hunter2"),
            "{text}"
        );
    }
}
