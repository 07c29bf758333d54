//! `GET /api/v1/passages/{id}`.

use crate::support::{House, QUESTION, ask, get, post};

#[tokio::test]
async fn a_cited_passage_opens_again_by_its_id() {
    let house = House::open().await;
    let answer = house.send(post("/api/v1/answers", &ask(QUESTION))).await.json();
    let cited = &answer["evidence"][0];
    let id = cited["id"].as_str().expect("an id");
    let passage = house.send(get(&format!("/api/v1/passages/{id}"))).await.json();
    for field in [
        "id",
        "title",
        "text",
        "document",
        "section",
        "place",
        "url",
        "edition",
        "authority",
    ] {
        assert_eq!(passage[field], cited[field], "{field}");
    }
    assert_eq!(passage.get("number"), None);
}
