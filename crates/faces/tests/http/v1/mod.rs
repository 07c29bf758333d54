//! `/api/v1`, a file an address.

mod answers;
mod codes;
mod editions;
mod exact;
mod passages;
mod search;
mod stream;
