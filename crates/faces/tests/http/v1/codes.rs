//! `GET /api/v1/codes/{code}`.

use crate::support::{House, get};
use serde_json::json;

#[tokio::test]
async fn a_code_is_found_however_people_write_it() {
    let house = House::open().await;
    for path in [
        "/api/v1/codes/E119",
        "/api/v1/codes/e11.9",
        "/api/v1/codes/E11.9?system=icd-10-cm",
    ] {
        let reply = house.send(get(path)).await;
        assert_eq!(reply.status, 200, "{path}");
        let body = reply.json();
        assert_eq!(body["date_of_service"], "2026-11-23");
        assert_eq!(body["statuses"][0]["code"], "E11.9");
        assert_eq!(body["statuses"][0]["system"], "ICD-10-CM");
        assert_eq!(body["statuses"][0]["billable"], true);
        assert_eq!(body["statuses"][0]["source"]["place"], "row 3");
        assert_eq!(body["passages"][0]["title"], "E11.9");
    }
}

#[tokio::test]
async fn rows_and_passages_of_a_code_come_with_it() {
    let house = House::open().await;
    let body = house.send(get("/api/v1/codes/38900")).await.json();
    assert_eq!(
        body["statuses"][0]["title"],
        json!(null),
        "a CPT code has no title that may be shown"
    );
    assert_eq!(body["facts"][0]["rows"][0]["value"], "ZZZ");
    assert_eq!(body["passages"].as_array().map(Vec::len), Some(2));
}

#[tokio::test]
async fn a_header_comes_with_the_codes_below_it() {
    let house = House::open().await;
    let body = house.send(get("/api/v1/codes/E11")).await.json();
    assert_eq!(body["statuses"][0]["billable"], false);
    assert_eq!(body["children"].as_array().map(Vec::len), Some(1));
    assert_eq!(body["children"][0]["code"], "E11.9");
    assert_eq!(body["more_children"], false);
    let wide = house.send(get("/api/v1/codes/Z00")).await.json();
    assert_eq!(wide["children"].as_array().map(Vec::len), Some(20));
    assert_eq!(wide["more_children"], true, "nothing is cut silently");
}

#[tokio::test]
async fn the_date_of_service_parts_what_is_in_force_from_what_is_not() {
    let house = House::open().await;
    let body = house.send(get("/api/v1/codes/E11.9?dos=2031-01-15")).await.json();
    assert_eq!(body["date_of_service"], "2031-01-15");
    assert_eq!(body["statuses"], json!([]));
    assert_eq!(body["other_dates"][0]["source"]["effective_to"], "2030-12-31");
}
