//! Who may see and do what.
//!
//! - On loopback without a token: whoever can reach it, if the request names a loopback host, so that a web
//!   site whose name points to loopback sees nothing.
//! - With a token: who has it, in `Authorization: Bearer`.
//! - Beyond loopback without a token: nobody; only probes and metrics answer.
//! - Requests that change something must not come from another site.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::Response;

use super::{Admin, refused};
use crate::config::monitoring::TOKEN;
use crate::secret::Secret;

/// The rule that holds for a listener.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Access {
    /// Everybody on this machine.
    Loopback,
    /// Who has the token.
    Token(Secret),
    /// Nobody.
    Nobody,
}

impl Access {
    /// For a listener on loopback or not, with a token or not.
    pub fn new(loopback: bool, token: Option<Secret>) -> Access {
        match token {
            Some(token) => Access::Token(token),
            None if loopback => Access::Loopback,
            None => Access::Nobody,
        }
    }

    /// Whether a request may pass.
    ///
    /// # Errors
    /// What to answer instead.
    pub fn check(&self, method: &Method, headers: &HeaderMap) -> Result<(), (StatusCode, String)> {
        let forbidden = |text: &str| Err((StatusCode::FORBIDDEN, text.to_owned()));
        let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
        match self {
            Access::Nobody => {
                return forbidden(&format!(
                    "without a token these pages are for loopback only; set admin.token or the variable {TOKEN}"
                ));
            }
            Access::Token(token) => {
                let given = text(header::AUTHORIZATION)
                    .and_then(|value| value.strip_prefix("Bearer "))
                    .unwrap_or_default();
                if !same(given.as_bytes(), token.expose().as_bytes()) {
                    let text = "give the token, as Authorization: Bearer TOKEN";
                    return Err((StatusCode::UNAUTHORIZED, text.to_owned()));
                }
            }
            Access::Loopback => {
                if !text(header::HOST).is_some_and(is_loopback) {
                    return forbidden("ask for localhost or 127.0.0.1");
                }
            }
        }
        if method == Method::GET {
            return Ok(());
        }
        let site = headers.get("sec-fetch-site").map(|value| value.as_bytes());
        if site.is_some_and(|site| site != b"same-origin" && site != b"none") {
            return forbidden("requests from other sites are not taken");
        }
        match headers.get(header::ORIGIN) {
            None => Ok(()),
            Some(origin) => {
                let own = text(header::HOST);
                let from = origin
                    .to_str()
                    .ok()
                    .and_then(|origin| origin.parse::<Uri>().ok());
                match from.as_ref().and_then(Uri::authority) {
                    Some(from) if Some(from.as_str()) == own => Ok(()),
                    _ => forbidden("requests from other sites are not taken"),
                }
            }
        }
    }
}

/// Whether a `Host` header names this machine's loopback.
fn is_loopback(host: &str) -> bool {
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    };
    name.eq_ignore_ascii_case("localhost")
        || name
            .parse::<std::net::IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}

/// Compares without telling by the time it takes where the first difference is.
fn same(given: &[u8], wanted: &[u8]) -> bool {
    let differences = given
        .iter()
        .zip(wanted)
        .fold(0, |differences, (a, b)| differences | (a ^ b));
    given.len() == wanted.len() && differences == 0
}

/// Lets operators pass.
pub(super) async fn operators(
    State(admin): State<Arc<Admin>>,
    request: Request,
    next: Next,
) -> Response {
    match admin.access.check(request.method(), request.headers()) {
        Ok(()) => next.run(request).await,
        Err((status, text)) => refused(status, &text),
    }
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderName, HeaderValue};

    use super::*;

    fn check(access: &Access, method: Method, headers: &[(&'static str, &str)]) -> u16 {
        let headers: HeaderMap = headers
            .iter()
            .map(|(name, value)| {
                let name: HeaderName = name.parse().unwrap();
                (name, HeaderValue::from_str(value).unwrap())
            })
            .collect();
        match access.check(&method, &headers) {
            Ok(()) => 200,
            Err((status, _)) => status.as_u16(),
        }
    }

    #[test]
    fn loopback_is_open_to_requests_that_name_it() {
        let access = Access::new(true, None);
        for (host, status) in [
            ("127.0.0.1:8000", 200),
            ("localhost", 200),
            ("LOCALHOST:1", 200),
            ("[::1]:8000", 200),
            ("rebound.example:8000", 403),
            ("127.0.0.1.example", 403),
            ("", 403),
        ] {
            assert_eq!(
                check(&access, Method::GET, &[("host", host)]),
                status,
                "{host}"
            );
        }
        assert_eq!(check(&access, Method::GET, &[]), 403);
    }

    #[test]
    fn beyond_loopback_there_must_be_a_token() {
        let host = ("host", "127.0.0.1:8000");
        let nobody = Access::new(false, None);
        assert_eq!(check(&nobody, Method::GET, &[host]), 403);
        for loopback in [true, false] {
            let access = Access::new(loopback, Some(Secret::new("t0ken")));
            let with = |value| check(&access, Method::GET, &[("authorization", value)]);
            assert_eq!(with("Bearer t0ken"), 200);
            for wrong in [
                "Bearer t0ke",
                "Bearer t0kenn",
                "Bearer ",
                "t0ken",
                "Bearer T0KEN",
            ] {
                assert_eq!(with(wrong), 401, "{wrong}");
            }
            assert_eq!(check(&access, Method::GET, &[host]), 401);
        }
    }

    #[test]
    fn other_sites_change_nothing() {
        let access = Access::new(true, None);
        let host = ("host", "127.0.0.1:8000");
        let post = |more: &[(&'static str, &str)]| {
            check(&access, Method::POST, &[&[host][..], more].concat())
        };
        assert_eq!(post(&[]), 200, "a command line tells no origin");
        assert_eq!(post(&[("origin", "http://127.0.0.1:8000")]), 200);
        for origin in [
            "http://evil.example",
            "http://127.0.0.1:9000",
            "http://localhost:8000",
            "null",
        ] {
            assert_eq!(post(&[("origin", origin)]), 403, "{origin}");
        }
        assert_eq!(post(&[("sec-fetch-site", "cross-site")]), 403);
        assert_eq!(post(&[("sec-fetch-site", "same-site")]), 403);
        assert_eq!(
            post(&[
                ("sec-fetch-site", "same-origin"),
                ("origin", "http://127.0.0.1:8000")
            ]),
            200
        );
    }
}
