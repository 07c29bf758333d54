//! `GET /api/v1/search`.

use crate::support::{House, get};
use serde_json::json;

#[tokio::test]
async fn passages_are_found_by_their_words() {
    let house = House::open().await;
    let body = house
        .send(get("/api/v1/search?q=diabetes%20without%20complications"))
        .await
        .json();
    let first = &body["hits"][0];
    assert_eq!(first["title"], "E11.9");
    assert!(first["score"].as_f64().is_some_and(|score| score > 0.0));
    assert_eq!(first["number"], json!(null), "nothing is cited here");
}

#[tokio::test]
async fn a_search_keeps_to_its_system_its_date_and_its_limit() {
    let house = House::open().await;
    let found = |query: &'static str| {
        let request = get(&format!("/api/v1/search?q=reported+code+diabetes&{query}"));
        let address = house.address;
        async move {
            request.send(address).await.json()["hits"]
                .as_array()
                .expect("hits")
                .clone()
        }
    };
    assert_eq!(found("").await.len(), 3);
    assert_eq!(found("limit=1").await.len(), 1);
    let of_system = found("system=ICD-10-CM").await;
    assert_eq!(of_system.len(), 1);
    assert_eq!(of_system[0]["title"], "E11.9");
    assert_eq!(found("dos=2019-12-31").await.len(), 0);
}
