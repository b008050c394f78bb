//! The HTTP client that registries, assets, look-ups and remote adapters share: limits, TLS with
//! ring, certificates of the system that are read when a server first shows its own.

use std::error::Error;
use std::fmt;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use reqwest::dns::Resolve;
use reqwest::{Client, Url, redirect};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, SignatureScheme};
use rustls_platform_verifier::Verifier;

/// What this program calls itself.
pub const USER_AGENT: &str = concat!("snowmelt/", env!("CARGO_PKG_VERSION"));

/// The certificates that the system trusts, for all clients that got a clone of the same value.
/// They are read from disk when the first server over https shows its certificate: a run that only
/// speaks plain HTTP never reads them, and needs none.
#[derive(Clone, Default)]
pub struct Certificates {
    verifier: Arc<OnceLock<Result<Verifier, rustls::Error>>>,
}

impl fmt::Debug for Certificates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Certificates")
            .field("read", &self.were_read())
            .finish()
    }
}

impl Certificates {
    /// Whether a server over https was met yet.
    pub fn were_read(&self) -> bool {
        self.verifier.get().is_some()
    }

    fn verifier(&self) -> Result<&Verifier, rustls::Error> {
        let read = || Verifier::new(Arc::new(ring::default_provider()));
        self.verifier
            .get_or_init(read)
            .as_ref()
            .map_err(Clone::clone)
    }
}

impl ServerCertVerifier for Trust {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let verifier = self.certificates.verifier()?;
        verifier.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let known = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, cert, dss, known)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let known = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, cert, dss, known)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        let known = &self.provider.signature_verification_algorithms;
        known.supported_schemes()
    }
}

/// What a client checks servers with.
#[derive(Debug)]
struct Trust {
    provider: Arc<CryptoProvider>,
    certificates: Certificates,
}

/// How a client behaves. Proxies of the environment are never used.
#[derive(Clone)]
pub struct Settings {
    /// Longest wait for a connection.
    pub connect_timeout: Duration,
    /// Longest wait between two pieces of an answer; no limit of its own when absent.
    pub read_timeout: Option<Duration>,
    /// Longest wait for one whole answer; no limit of its own when absent.
    pub total_timeout: Option<Duration>,
    /// How many redirects are followed; an answer that redirects is returned as it is when zero.
    pub redirects: usize,
    /// Connections that are kept open to one host when idle.
    pub idle_per_host: usize,
    /// Who resolves names; the system when absent. Addresses written as numbers are not asked for.
    pub resolver: Option<Arc<dyn Resolve>>,
    /// The trusted certificates.
    pub certificates: Certificates,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            connect_timeout: Duration::from_secs(10),
            read_timeout: None,
            total_timeout: None,
            redirects: 0,
            idle_per_host: 10,
            resolver: None,
            certificates: Certificates::default(),
        }
    }
}

/// A client cannot be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("cannot make an HTTP client: {0}")]
pub struct HttpError(String);

impl HttpError {
    /// Something else that a client needs could not be had.
    pub fn new(error: &dyn Error) -> HttpError {
        HttpError(cause(error))
    }
}

/// Makes a client; it reads no file and opens no connection before its first request.
///
/// # Errors
/// When the system refuses what a client needs.
pub fn client(settings: &Settings) -> Result<Client, HttpError> {
    let provider = Arc::new(ring::default_provider());
    let trust = Trust {
        provider: provider.clone(),
        certificates: settings.certificates.clone(),
    };
    let mut tls = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| HttpError(error.to_string()))?
        .dangerous() // the name of the way in; the check is that of the system, only later
        .with_custom_certificate_verifier(Arc::new(trust))
        .with_no_client_auth();
    tls.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    let mut builder = Client::builder()
        .tls_backend_preconfigured(tls)
        .connect_timeout(settings.connect_timeout)
        .pool_max_idle_per_host(settings.idle_per_host)
        .redirect(match settings.redirects {
            0 => redirect::Policy::none(),
            most => redirect::Policy::limited(most),
        })
        .no_proxy()
        .user_agent(USER_AGENT);
    if let Some(wait) = settings.read_timeout {
        builder = builder.read_timeout(wait);
    }
    if let Some(wait) = settings.total_timeout {
        builder = builder.timeout(wait);
    }
    if let Some(resolver) = &settings.resolver {
        builder = builder.dns_resolver(resolver.clone());
    }
    builder.build().map_err(|error| HttpError(cause(&error)))
}

/// The innermost reason of an error: the outer ones only say that a request failed.
pub fn cause(error: &dyn Error) -> String {
    let mut inner = error;
    while let Some(source) = inner.source() {
        inner = source;
    }
    inner.to_string()
}

/// Why there is no answer, in the words of the reference's client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// For bad rows; holds the server's name, never the rest of the address.
    pub message: String,
    /// The server closed a connection without an answer, as it may do with one that was idle; the
    /// reference then tries once more, on a new one.
    pub hung_up: bool,
    /// The time was over.
    pub timed_out: bool,
}

/// Tells why a request to `url` that could take `limit` failed, as http4s-blaze 0.21 does; what is
/// neither a refused connection, a timeout nor a closed connection has words of its own.
pub fn failure(error: &reqwest::Error, url: &Url, limit: Duration) -> Failure {
    let mut causes = Vec::new();
    let mut cause = error.source();
    while let Some(inner) = cause {
        causes.push(inner.to_string());
        cause = inner.source();
    }
    let said = |text: &str| causes.iter().any(|cause| cause.contains(text));
    let server = url.origin().ascii_serialization();
    let hung_up = !error.is_connect()
        && !error.is_timeout()
        && (said("connection closed before message completed")
            || said("end of file before message")
            || said("onnection reset"));
    let message = if error.is_connect() {
        let host = url.host_str().unwrap_or_default();
        let port = url.port_or_known_default().unwrap_or_default();
        let unresolved = said("dns error") || said("failed to lookup");
        format!(
            "Error connecting to {server} using address {host}:{port} (unresolved: {unresolved})"
        )
    } else if error.is_timeout() {
        let millis = limit.as_millis();
        format!("Request to {server} timed out after {millis} ms")
    } else if hung_up {
        "EOF".to_owned()
    } else {
        // the error's own text would tell the address
        let last = causes.pop();
        last.unwrap_or_else(|| "the request failed".to_owned())
    };
    Failure {
        message,
        hung_up,
        timed_out: error.is_timeout(),
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::{SocketAddr, TcpListener};

    use reqwest::dns::{Addrs, Name, Resolving};
    use tokio::runtime::Builder;

    use super::*;

    /// The address of a server that gives these answers in turn, one a connection.
    fn server(answers: Vec<String>) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        std::thread::spawn(move || {
            for answer in answers {
                let (mut stream, _) = listener.accept().unwrap();
                let _ = stream.read(&mut [0; 1024]).unwrap();
                stream.write_all(answer.as_bytes()).unwrap();
            }
        });
        address
    }

    fn answer(status: &str, more: &str) -> String {
        format!("HTTP/1.1 {status}\r\n{more}content-length: 0\r\nconnection: close\r\n\r\n")
    }

    fn get(settings: &Settings, url: &str) -> reqwest::Result<reqwest::Response> {
        let client = client(settings).unwrap();
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(client.get(url).send())
    }

    #[test]
    fn plain_http_reads_no_certificates() {
        let settings = Settings::default();
        let url = format!("http://{}/", server(vec![answer("200 OK", "")]));
        assert_eq!(get(&settings, &url).unwrap().status(), 200);
        assert!(!settings.certificates.were_read());
    }

    #[test]
    fn a_server_that_does_not_speak_tls_is_refused_before_certificates_are_read() {
        let settings = Settings::default();
        let url = format!("https://{}/", server(vec![answer("200 OK", "")]));
        let error = get(&settings, &url).unwrap_err();
        assert!(error.is_connect(), "{error:?}");
        assert!(!settings.certificates.were_read());
    }

    #[test]
    fn redirects_are_followed_only_when_asked_for() {
        let there = || {
            format!(
                "location: http://{}/\r\n",
                server(vec![answer("204 x", "")])
            )
        };
        let here = |there: String| format!("http://{}/", server(vec![answer("302 x", &there)]));
        let none = Settings::default();
        assert_eq!(get(&none, &here(there())).unwrap().status(), 302);
        let some = Settings {
            redirects: 1,
            ..Settings::default()
        };
        assert_eq!(get(&some, &here(there())).unwrap().status(), 204);
    }

    struct Refuses;

    impl Resolve for Refuses {
        fn resolve(&self, name: Name) -> Resolving {
            let refusal = format!("{} is private", name.as_str());
            Box::pin(async move { Err::<Addrs, _>(refusal.into()) })
        }
    }

    #[test]
    fn names_can_be_refused() {
        let settings = Settings {
            resolver: Some(Arc::new(Refuses)),
            ..Settings::default()
        };
        let error = get(&settings, "http://metadata.internal/").unwrap_err();
        assert_eq!(cause(&error), "metadata.internal is private");
    }

    #[test]
    fn a_certificate_that_nobody_signed_is_refused() {
        let certificates = Certificates::default();
        let trust = Trust {
            provider: Arc::new(ring::default_provider()),
            certificates: certificates.clone(),
        };
        let refused = trust.verify_server_cert(
            &CertificateDer::from(vec![0x30, 0]),
            &[],
            &ServerName::try_from("example.com").unwrap(),
            &[],
            UnixTime::now(),
        );
        assert!(refused.is_err());
        assert!(certificates.were_read());
        assert!(!trust.supported_verify_schemes().is_empty());
    }
}
