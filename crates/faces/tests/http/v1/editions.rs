//! `GET /api/v1/editions`.

use crate::support::{House, get};

#[tokio::test]
async fn loaded_editions_are_listed_with_range_rows_and_digests() {
    let house = House::open().await;
    let body = house.send(get("/api/v1/editions")).await.json();
    let edition = &body["editions"][1];
    assert_eq!(edition["id"], "reference");
    assert_eq!(edition["effective_from"], "2020-01-01");
    assert_eq!(edition["rows"], 26);
    assert_eq!(edition["files"][0]["sha256"].as_str().map(str::len), Some(64));
}
