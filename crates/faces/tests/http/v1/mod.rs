//! `/api/v1`, a file an address.

mod answers;
mod codes;
mod editions;
mod passages;
mod search;
mod stream;
