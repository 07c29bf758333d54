//! The chat page and the widget.

use crate::support::{House, get};

#[tokio::test]
async fn the_page_runs_nothing_but_its_own_script() {
    let house = House::open().await;
    let page = house.send(get("/")).await;
    assert_eq!(page.status, 200);
    assert_eq!(page.header("content-type"), Some("text/html; charset=utf-8"));
    assert_eq!(page.header("x-content-type-options"), Some("nosniff"));
    assert_eq!(page.header("referrer-policy"), Some("no-referrer"));
    let policy = page.header("content-security-policy").expect("a policy");
    for rule in [
        "default-src 'none'",
        "script-src 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
    ] {
        assert!(policy.contains(rule), "{rule} is missing in {policy}");
    }
    for hole in ["unsafe-inline", "unsafe-eval", "http:", "https:", "*"] {
        assert!(!policy.contains(hole), "{hole} in {policy}");
    }
    // What the policy forbids must not be on the page, or the page is broken.
    for inline in ["<style", "onclick=", " style=", "javascript:"] {
        assert!(!page.text().contains(inline), "{inline} on the page");
    }
    assert!(page.text().contains("widget.js"));
}

#[tokio::test]
async fn assets_are_sent_once_and_confirmed_after() {
    let house = House::open().await;
    for (path, kind) in [
        ("/", "text/html; charset=utf-8"),
        ("/page.css", "text/css; charset=utf-8"),
        ("/widget.js", "text/javascript; charset=utf-8"),
    ] {
        let first = house.send(get(path)).await;
        assert_eq!(
            (first.status, first.header("content-type")),
            (200, Some(kind)),
            "{path}"
        );
        let tag = first.header("etag").expect("a tag").to_owned();
        // A proxy that packs makes a tag weak; a browser may know several.
        for known in [
            tag.clone(),
            format!("W/{tag}"),
            format!("\"other\", {tag}"),
            "*".to_owned(),
        ] {
            let again = house.send(get(path).header("if-none-match", &known)).await;
            assert_eq!(again.status, 304, "{path} {known}");
            assert_eq!(again.text(), "");
            assert_eq!(again.header("etag"), Some(tag.as_str()));
        }
        let other = house.send(get(path).header("if-none-match", "\"other\"")).await;
        assert_eq!(other.status, 200);
    }
    assert_eq!(house.send(get("/favicon.ico")).await.status, 204);
}

#[tokio::test]
async fn a_page_elsewhere_may_load_the_widget() {
    let house = House::open().await;
    let widget = house
        .send(get("/widget.js").header("origin", "https://hospital.example.org"))
        .await;
    assert_eq!(widget.header("access-control-allow-origin"), Some("*"));
    assert_eq!(widget.header("content-security-policy"), None);
    assert_eq!(
        widget.header("cross-origin-resource-policy"),
        Some("cross-origin")
    );
}
