//! Counts the positions that are written to leases.

use std::future::Future;
use std::sync::Arc;

use leases::{Op, Reply, Store, StoreError};

use crate::telemetry::Telemetry;

/// A lease table of which is told how writing positions went.
pub(super) struct Told<S> {
    pub store: S,
    pub telemetry: Arc<Telemetry>,
}

/// Tells of a write also when it is given up because nothing answers.
struct Write<'t> {
    telemetry: &'t Telemetry,
    ok: bool,
}

impl Drop for Write<'_> {
    fn drop(&mut self) {
        self.telemetry.commit(self.ok);
    }
}

impl<S: Store> Store for Told<S> {
    fn run(&self, op: Op) -> impl Future<Output = Result<Reply, StoreError>> + Send {
        let is_position = matches!(op, Op::Checkpoint { .. });
        let answer = self.store.run(op);
        let telemetry = Arc::clone(&self.telemetry);
        async move {
            let mut write = is_position.then(|| Write {
                telemetry: &telemetry,
                ok: false,
            });
            let answer = answer.await;
            if let Some(write) = &mut write {
                write.ok = answer.is_ok();
            }
            answer
        }
    }
}
