//! The widget is used from pages of other origins.

use crate::support::{House, Plan, QUESTION, Reply, Request, ask, get, post};

const ELSEWHERE: &str = "https://hospital.example.org";

fn preflight(origin: &str) -> Request {
    Request::new("OPTIONS", "/api/v1/answers")
        .header("origin", origin)
        .header("access-control-request-method", "POST")
        .header(
            "access-control-request-headers",
            "content-type,accept,x-request-id",
        )
}

fn listed(reply: &Reply, header: &str) -> Vec<String> {
    let value = reply.header(header).unwrap_or_else(|| panic!("no {header}"));
    value
        .split(',')
        .map(|item| item.trim().to_ascii_lowercase())
        .collect()
}

#[tokio::test]
async fn any_origin_may_ask_unless_told_otherwise() {
    let house = House::open().await;
    let reply = house.send(preflight(ELSEWHERE)).await;
    assert_eq!(reply.status, 200);
    assert_eq!(reply.header("access-control-allow-origin"), Some("*"));
    assert!(listed(&reply, "access-control-allow-methods").contains(&"post".to_owned()));
    let headers = listed(&reply, "access-control-allow-headers");
    assert!(
        ["content-type", "accept", "x-request-id"]
            .iter()
            .all(|name| headers.contains(&(*name).to_owned()))
    );
    assert_eq!(
        reply.header("access-control-allow-credentials"),
        None,
        "no cookies are ever used"
    );

    let reply = house
        .send(post("/api/v1/answers", &ask(QUESTION)).header("origin", ELSEWHERE))
        .await;
    assert_eq!(reply.status, 200);
    assert_eq!(reply.header("access-control-allow-origin"), Some("*"));
    let exposed = listed(&reply, "access-control-expose-headers");
    assert!(exposed.contains(&"retry-after".to_owned()) && exposed.contains(&"x-request-id".to_owned()));
}

#[tokio::test]
async fn problems_can_be_read_from_other_origins_too() {
    let house = House::open().await;
    for request in [post("/api/v1/answers", &ask("")), get("/nowhere")] {
        let reply = house.send(request.header("origin", ELSEWHERE)).await;
        assert!(reply.status >= 400);
        assert_eq!(reply.header("access-control-allow-origin"), Some("*"));
    }
}

#[tokio::test]
async fn a_list_of_origins_keeps_others_out() {
    let house = Plan::default()
        .config(|config| config.allowed_origins = vec![ELSEWHERE.to_owned()])
        .open()
        .await;
    let reply = house.send(preflight(ELSEWHERE)).await;
    assert_eq!(reply.header("access-control-allow-origin"), Some(ELSEWHERE));
    assert!(
        listed(&reply, "vary").contains(&"origin".to_owned()),
        "caches must not mix origins up"
    );
    for stranger in [
        "https://evil.example.com",
        "http://hospital.example.org",
        "https://hospital.example.org.evil.com",
        "null",
    ] {
        let reply = house.send(preflight(stranger)).await;
        assert_eq!(reply.header("access-control-allow-origin"), None, "{stranger}");
    }
}
