//! Edits, fees, claim checks and differences between editions.

use crate::support::{House, get, post};
use axum::http::StatusCode;
use serde_json::json;

#[tokio::test]
async fn a_pair_comes_with_its_row_or_with_the_proof_that_there_is_none() {
    let house = House::open().await;
    let body = house.send(get("/api/v1/edits?codes=38900,38525")).await.json();
    let edit = &body["edits"][0];
    assert_eq!(edit["source"]["place"], "row 7");
    assert_eq!(edit["also"][0]["code"], "38525");
    let body = house.send(get("/api/v1/edits?codes=38900,99213")).await.json();
    assert_eq!(body["edits"][0]["rows"][2]["value"], "Pairs of the tests, 1 rows");
    let body = house.send(get("/api/v1/edits?codes=38900")).await.json();
    assert_eq!(
        (&body["total"], body["edits"].as_array().map(Vec::len)),
        (&json!(1), Some(1))
    );
    let reply = house.send(get("/api/v1/edits?codes=38900&dos=1990-01-01")).await;
    assert_eq!(reply.status, 404, "no table of that date, so nothing is claimed");
}

#[tokio::test]
async fn a_fee_comes_with_what_it_was_worked_out_from() {
    let house = House::open().await;
    let body = house.send(get("/api/v1/fees/99213")).await.json();
    let rows = body["fees"][0]["rows"].as_array().expect("rows").clone();
    assert!(
        rows.contains(&json!({"label": "non-facility fee", "value": "$88.31"})),
        "{rows:?}"
    );
    assert_eq!(house.send(get("/api/v1/fees/99213?zip=10001")).await.status, 404);
}

#[tokio::test]
async fn a_claim_is_checked_line_by_line() {
    let house = House::open().await;
    let claim = json!({"lines": ["38525", "38900-59", "E11"], "date_of_service": "2026-01-01"});
    let body = house.send(post("/api/v1/check", &claim)).await.json();
    assert_eq!(body["has_errors"], true);
    let texts = body["findings"].to_string();
    for words in ["Modifier 59 bypasses", "E11 is a header", "\"rule\":\"ptp\""] {
        assert!(texts.contains(words), "{words} in {texts}");
    }
    for lines in [json!([]), json!(["zebra"]), json!(vec!["99213"; 100])] {
        let reply = house
            .send(post("/api/v1/check", &json!({ "lines": lines })))
            .await;
        assert_eq!(reply.status, 400, "{lines}");
    }
}

#[tokio::test]
async fn titles_are_searched_by_their_words() {
    let house = House::open().await;
    let body = house
        .send(get("/api/v1/codes?words=type+2+diabetes&dos=2024-01-01"))
        .await
        .json();
    let codes = body["codes"].to_string();
    assert!(codes.contains("E11.9"), "{codes}");
    assert_eq!(
        house.send(get("/api/v1/codes?words=zzz")).await.json()["codes"],
        json!([])
    );
}

#[tokio::test]
async fn editions_are_compared_and_tell_what_was_refused() {
    let house = House::open().await;
    let body = house.send(get("/api/v1/editions/pairs/diff/pairs")).await.json();
    assert_eq!(
        (&body["from"], &body["changes"]),
        (&body["to"], &json!([])),
        "{body}"
    );
    let refused = house.send(get("/api/v1/editions/pairs/diff/reference")).await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    assert!(refused.text().contains("different sources"), "{}", refused.text());
    let body = house.send(get("/api/v1/editions/pairs/findings")).await.json();
    assert_eq!(body["findings"][0]["line"], 3);
}
