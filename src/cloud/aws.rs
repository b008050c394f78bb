//! Clients of AWS: region, credentials, endpoints, the one HTTP client, and what an error means.
//!
//! Credentials come from the usual chain: environment, profile, web identity (EKS), container (ECS), instance.

use std::time::Duration;

pub use aws_config::SdkConfig;
use aws_config::retry::RetryConfig;
use aws_config::stalled_stream_protection::StalledStreamProtectionConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region};
use aws_sdk_dynamodb::error::{DisplayErrorContext, ProvideErrorMetadata, SdkError};
use aws_smithy_http_client::Builder;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};

/// How long a connection may take to be made.
const CONNECT: Duration = Duration::from_secs(3);

/// Nobody says which region to use.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no AWS region is known; set region, or AWS_REGION, or a profile that has one")]
pub struct NoRegion;

/// What all clients share; `region` wins over environment, profile and instance.
///
/// # Errors
/// When no region is known.
pub async fn load(region: Option<&str>) -> Result<SdkConfig, NoRegion> {
    let http = Builder::new()
        .tls_provider(Provider::Rustls(CryptoMode::Ring))
        .build_https();
    let mut loader = aws_config::defaults(BehaviorVersion::latest())
        .http_client(http)
        // a fan-out subscription is silent while its shard is
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled());
    if let Some(region) = region {
        loader = loader.region(Region::new(region.to_owned()));
    }
    let config = loader.load().await;
    match config.region() {
        Some(_) => Ok(config),
        None => Err(NoRegion),
    }
}

fn timeouts(attempt: Duration) -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(CONNECT)
        .operation_attempt_timeout(attempt)
        .build()
}

/// A client of Kinesis. It retries nothing: who calls knows what an error means for a shard or a batch.
/// `attempt` bounds one call.
pub fn kinesis(
    config: &SdkConfig,
    endpoint: Option<&str>,
    attempt: Duration,
) -> aws_sdk_kinesis::Client {
    let mut builder = aws_sdk_kinesis::config::Builder::from(config)
        .retry_config(RetryConfig::disabled())
        .timeout_config(timeouts(attempt));
    if let Some(endpoint) = endpoint {
        builder = builder.endpoint_url(endpoint);
    }
    aws_sdk_kinesis::Client::from_conf(builder.build())
}

/// A client of DynamoDB. It retries nothing: a retry would hide whether an earlier attempt was done.
/// `attempt` bounds one call.
pub fn dynamodb(
    config: &SdkConfig,
    endpoint: Option<&str>,
    attempt: Duration,
) -> aws_sdk_dynamodb::Client {
    let mut builder = aws_sdk_dynamodb::config::Builder::from(config)
        .retry_config(RetryConfig::disabled())
        .timeout_config(timeouts(attempt));
    if let Some(endpoint) = endpoint {
        builder = builder.endpoint_url(endpoint);
    }
    aws_sdk_dynamodb::Client::from_conf(builder.build())
}

/// What a failed call means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trouble {
    /// The service was too busy and did nothing; the error code.
    Throttled(String),
    /// The service refused the call and did nothing.
    Refused {
        /// The name of the error, such as `ResourceNotFoundException`.
        code: String,
        /// What it says.
        message: String,
    },
    /// No answer, or one that does not tell whether it was done.
    Unknown(String),
}

impl std::fmt::Display for Trouble {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Trouble::Throttled(code) => write!(f, "throttled ({code})"),
            Trouble::Refused { code, message } => write!(f, "{code}: {message}"),
            Trouble::Unknown(what) => f.write_str(what),
        }
    }
}

/// Error codes by which services say that there is too much to do.
const THROTTLED: [&str; 9] = [
    "LimitExceededException",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "RequestThrottled",
    "SlowDown",
    "Throttling",
    "ThrottlingException",
    "TooManyRequestsException",
    "KMSThrottlingException",
];

/// Reads an error of any call.
pub fn trouble<E>(error: &SdkError<E>) -> Trouble
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
{
    let shown = || DisplayErrorContext(error).to_string();
    let SdkError::ServiceError(answer) = error else {
        // it was never sent when it could not be built; all else may have been done
        return match error {
            SdkError::ConstructionFailure(_) => Trouble::Refused {
                code: "not sent".to_owned(),
                message: shown(),
            },
            _ => Trouble::Unknown(shown()),
        };
    };
    let code = answer.err().code().unwrap_or_default();
    if THROTTLED.contains(&code) {
        return Trouble::Throttled(code.to_owned());
    }
    if code.is_empty() || answer.raw().status().as_u16() >= 500 {
        return Trouble::Unknown(format!("status {}: {}", answer.raw().status(), shown()));
    }
    Trouble::Refused {
        code: code.to_owned(),
        message: answer.err().message().unwrap_or_default().to_owned(),
    }
}
