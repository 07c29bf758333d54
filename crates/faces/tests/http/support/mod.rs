//! A house with its doors open, and a plain client to speak to it.

pub mod client;
pub mod gated_model;
pub mod house;
pub mod passages;
pub mod shelf;

pub use client::{Event, Reply, Request, get, post};
pub use gated_model::GatedModel;
pub use house::{House, Plan, evening};
pub use shelf::Mood;

use std::time::Duration;

/// What most tests ask.
pub const QUESTION: &str = "What is CPT 38900?";

/// The body that asks `question`.
pub fn ask(question: &str) -> serde_json::Value {
    serde_json::json!({ "question": question })
}

/// Waits for what must happen; a test that would hang fails instead.
pub async fn within<T>(what: &str, future: impl Future<Output = T>) -> T {
    match tokio::time::timeout(Duration::from_secs(60), future).await {
        Ok(done) => done,
        Err(_) => panic!("waited a minute for {what}"),
    }
}

/// Waits until `is_so`.
pub async fn until(what: &str, is_so: impl Fn() -> bool) {
    within(what, async {
        while !is_so() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await;
}
