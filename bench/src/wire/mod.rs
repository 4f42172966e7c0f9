//! The peers' protocols, as far as they are needed: each is spoken by a few lines that cost the shared machine less than a
//! library would.

pub(crate) mod nats;
pub(crate) mod pump;
pub(crate) mod resp;
