//! Version 1 of the API: a file an endpoint, and the wire forms beside them.

pub(crate) mod answers;
pub(crate) mod codes;
pub(crate) mod editions;
pub(crate) mod exact;
pub(crate) mod passages;
pub(crate) mod search;
mod stream;
mod tally;
pub mod wire;
