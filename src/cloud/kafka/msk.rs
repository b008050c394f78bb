//! Tokens for MSK with IAM: a presigned address in base64, as the signers of AWS make them.

use std::time::{Duration, SystemTime};

use aws_config::sts::AssumeRoleProvider;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::ProvideCredentials;
use aws_sigv4::http_request::{
    SignableBody, SignableRequest, SignatureLocation, SigningParams, SigningSettings, sign,
};
use aws_sigv4::sign::v4;
use aws_smithy_http_client::Builder;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use jvm::url_codec::percent;
use rdkafka::client::OAuthToken;

use super::token::TokenError;

/// How long a token is good: the longest that MSK takes.
const LIFETIME: Duration = Duration::from_secs(900);
const PATIENCE: Duration = Duration::from_secs(20);

/// Who signs, and for which region.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Msk {
    pub(super) servers: String,
    pub(super) region: Option<String>,
    pub(super) profile: Option<String>,
    pub(super) role: Option<String>,
    pub(super) session: Option<String>,
    pub(super) sts_region: Option<String>,
}

impl Msk {
    pub(super) fn fetch(&self) -> Result<OAuthToken, TokenError> {
        let failed = |problem: String| TokenError::Aws(problem);
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| failed(error.to_string()))?;
        let (region, credentials) = runtime
            .block_on(async { tokio::time::timeout(PATIENCE, self.credentials()).await })
            .map_err(|_| failed(format!("no credentials within {PATIENCE:?}")))??;
        token(&region, credentials, SystemTime::now())
    }

    async fn credentials(&self) -> Result<(String, Credentials), TokenError> {
        let http = Builder::new()
            .tls_provider(Provider::Rustls(CryptoMode::Ring))
            .build_https();
        let mut loader = aws_config::defaults(BehaviorVersion::latest()).http_client(http);
        if let Some(profile) = &self.profile {
            loader = loader.profile_name(profile);
        }
        let sdk = loader.load().await;
        let region = self
            .region
            .clone()
            .or_else(|| region_of(&self.servers).map(str::to_owned))
            .or_else(|| sdk.region().map(ToString::to_string))
            .ok_or_else(|| {
                TokenError::Aws(
                    "no region; set sasl.oauthbearer.aws.region or AWS_REGION".to_owned(),
                )
            })?;
        let credentials = self.provide(&sdk, &region).await?;
        Ok((region, credentials))
    }

    async fn provide(&self, sdk: &SdkConfig, region: &str) -> Result<Credentials, TokenError> {
        if let Some(role) = &self.role {
            let sts_region = self.sts_region.as_deref().unwrap_or(region).to_owned();
            let provider = AssumeRoleProvider::builder(role)
                .session_name(self.session.as_deref().unwrap_or("snowmelt"))
                .region(Region::new(sts_region))
                .configure(sdk)
                .build()
                .await;
            return provider.provide_credentials().await.map_err(refused);
        }
        let provider = sdk
            .credentials_provider()
            .ok_or_else(|| TokenError::Aws("no source of credentials".to_owned()))?;
        provider.provide_credentials().await.map_err(refused)
    }
}

/// The message of the cause says which sources were tried, and never a secret.
fn refused(error: impl std::error::Error) -> TokenError {
    let cause = error.source();
    TokenError::Aws(cause.map_or_else(|| error.to_string(), ToString::to_string))
}

/// The region in the name of a broker such as `b-1.c.x.c2.kafka.eu-west-1.amazonaws.com:9098`.
fn region_of(servers: &str) -> Option<&str> {
    let host = servers.split([',', ':']).next()?;
    let (_, rest) = host
        .split_once(".kafka.")
        .or_else(|| host.split_once(".kafka-serverless."))?;
    let (region, domain) = rest.split_once('.')?;
    domain.starts_with("amazonaws.com").then_some(region)
}

fn token(
    region: &str,
    credentials: Credentials,
    now: SystemTime,
) -> Result<OAuthToken, TokenError> {
    let failed = |error: String| TokenError::Aws(error);
    let principal = credentials.access_key_id().to_owned();
    let domain = if region.starts_with("cn-") {
        "amazonaws.com.cn"
    } else {
        "amazonaws.com"
    };
    let host = format!("kafka.{region}.{domain}");
    let address = format!("https://{host}/?Action=kafka-cluster%3AConnect");
    let mut settings = SigningSettings::default();
    settings.signature_location = SignatureLocation::QueryParams;
    settings.expires_in = Some(LIFETIME);
    let identity = credentials.into();
    let params: SigningParams<'_> = v4::SigningParams::builder()
        .identity(&identity)
        .region(region)
        .name("kafka-cluster")
        .time(now)
        .settings(settings)
        .build()
        .map_err(|error| failed(error.to_string()))?
        .into();
    let request = SignableRequest::new(
        "GET",
        address.as_str(),
        [("host", host.as_str())].into_iter(),
        SignableBody::Bytes(&[]),
    );
    let (signed, _) = request
        .and_then(|request| sign(request, &params))
        .map_err(|error| failed(error.to_string()))?
        .into_parts();
    let (_, parameters) = signed.into_parts();
    let mut address = address;
    for (name, value) in parameters {
        address.push('&');
        address.push_str(name);
        address.push('=');
        address.push_str(&percent(&value));
    }
    address.push_str("&User-Agent=snowmelt");
    let token = jvm::base64::encode_standard(address.as_bytes())
        .replace('+', "-")
        .replace('/', "_");
    let until = now + LIFETIME;
    let until = until.duration_since(SystemTime::UNIX_EPOCH);
    Ok(OAuthToken {
        token: token.trim_end_matches('=').to_owned(),
        principal_name: principal,
        lifetime_ms: until.map_or(0, |until| {
            i64::try_from(until.as_millis()).unwrap_or(i64::MAX)
        }),
    })
}

#[cfg(test)]
mod tests {
    use sha2::{Digest, Sha256};

    use super::*;

    #[test]
    fn the_region_is_read_from_the_name_of_a_broker() {
        for (servers, region) in [
            (
                "b-1.c.x1.c2.kafka.eu-west-1.amazonaws.com:9098,b-2",
                Some("eu-west-1"),
            ),
            (
                "boot-x.c1.kafka-serverless.us-east-2.amazonaws.com:9098",
                Some("us-east-2"),
            ),
            ("localhost:9092", None),
            ("a.kafka.internal", None),
        ] {
            assert_eq!(region_of(servers), region, "{servers}");
        }
    }

    fn hmac(key: &[u8], text: &[u8]) -> Vec<u8> {
        let mut block = [0_u8; 64];
        block[..key.len()].copy_from_slice(key);
        let pad = |with: u8| block.map(|byte| byte ^ with);
        let inner = Sha256::new()
            .chain_update(pad(0x36))
            .chain_update(text)
            .finalize();
        Sha256::new()
            .chain_update(pad(0x5c))
            .chain_update(inner)
            .finalize()
            .to_vec()
    }

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// The signature is computed a second time by hand, from the definition of Signature Version 4.
    #[test]
    fn a_token_is_an_address_signed_with_the_credentials() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000);
        let credentials = Credentials::new("AKIDEXAMPLE", "secret", None, None, "test");
        let token = token("eu-west-1", credentials, now).unwrap();
        assert_eq!(token.principal_name, "AKIDEXAMPLE");
        assert_eq!(token.lifetime_ms, 1_700_000_900_000);
        let address =
            String::from_utf8(jvm::base64::decode_lenient(token.token.as_bytes())).unwrap();
        let query = address
            .strip_prefix("https://kafka.eu-west-1.amazonaws.com/?")
            .unwrap()
            .strip_suffix("&User-Agent=snowmelt")
            .unwrap();
        let (mut signed, signature): (Vec<&str>, Vec<&str>) = query
            .split('&')
            .partition(|part| !part.starts_with("X-Amz-Signature="));
        signed.sort_unstable();
        assert!(signed.contains(&"Action=kafka-cluster%3AConnect"));
        assert!(signed.contains(&"X-Amz-Expires=900"), "{signed:?}");
        let canonical = format!(
            "GET\n/\n{}\nhost:kafka.eu-west-1.amazonaws.com\n\nhost\n{}",
            signed.join("&"),
            hex(&Sha256::digest(b""))
        );
        let scope = "20231114/eu-west-1/kafka-cluster/aws4_request";
        let text = format!(
            "AWS4-HMAC-SHA256\n20231114T221320Z\n{scope}\n{}",
            hex(&Sha256::digest(canonical.as_bytes()))
        );
        let key = scope.split('/').fold(b"AWS4secret".to_vec(), |key, part| {
            hmac(&key, part.as_bytes())
        });
        let expected = format!("X-Amz-Signature={}", hex(&hmac(&key, text.as_bytes())));
        assert_eq!(signature, [expected.as_str()]);
    }
}
