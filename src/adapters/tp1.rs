//! The first version of the tracker protocol: one event in the query string.

use super::common::{event, params};
use super::{Found, Job};
use crate::badrows::failure::Violation;

pub(super) fn run<'p>(job: Job<'p, '_>) -> Found<'p> {
    let params = params(job.payload);
    if params.is_empty() {
        // the reference has this text of the redirect adapter here as well
        let problem = "empty querystring: not a valid URI redirect";
        return Err(Violation::input("querystring", None, problem).into());
    }
    Ok(vec![event(job.payload, params)])
}
