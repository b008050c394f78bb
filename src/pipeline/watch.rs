//! Somebody who looks on while a worker works.

use crate::enrichments::Step;
use crate::event::Event;
use crate::payload::{CollectorPayload, RawEvent};
use crate::schema::SchemaKey;

/// Is told of every step that a record takes. What is refused is told by its bad row only.
pub trait Watch: Send {
    /// The record is this payload.
    fn decoded(&mut self, payload: &CollectorPayload<'_>);

    /// Its adapter found these events; all that follows is of one after the other.
    fn adapted(&mut self, events: &[RawEvent<'_>]);

    /// The next event after its parameters were put into fields.
    fn began(&mut self, event: &Event);

    /// Its JSON fits these schemas.
    fn checked(&mut self, schemas: &[&SchemaKey], event: &Event);

    /// A step ended and left the event like this.
    fn stepped(&mut self, name: &'static str, step: &Step, event: &Event);
}
