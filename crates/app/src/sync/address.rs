//! Addresses of files: which are taken, and how they are shown.

use anyhow::{Context, Result, ensure};
use reqwest::Url;

/// An address of HTTP.
pub(super) fn parse(text: &str) -> Result<Url> {
    // Neither error may show the text: a mirror's address can hold a password.
    let url = Url::parse(text).context("it is no address; one begins with https:// or http://")?;
    ensure!(
        is_http(&url),
        "it is no address of HTTP; one begins with https:// or http://"
    );
    Ok(url)
}

/// Whether an address is one that may be asked.
pub(super) fn is_http(url: &Url) -> bool {
    matches!(url.scheme(), "http" | "https") && url.has_host()
}

/// Where a mirror keeps what the publisher keeps at `url`: under the same path, below its own. What the publisher
/// is asked besides (`?agree=yes`) is no business of the mirror.
pub fn through_mirror(mirror: &str, url: &Url) -> Result<Url> {
    let mut address = parse(mirror).context("the mirror's address")?;
    let path = format!("{}{}", address.path().trim_end_matches('/'), url.path());
    address.set_path(&path);
    Ok(address)
}

/// The address as it may be shown and recorded: no user name, no password.
pub fn shown(url: &Url) -> String {
    let mut url = url.clone();
    // Fails for addresses without a host only, which have no password either.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mirror_stands_for_scheme_and_host() {
        let url =
            Url::parse("https://www.cms.gov/files/zip/rvu25d-updated-09/11/2025.zip?agree=yes").unwrap();
        for (mirror, expected) in [
            (
                "http://127.0.0.1:81",
                "http://127.0.0.1:81/files/zip/rvu25d-updated-09/11/2025.zip",
            ),
            (
                "https://m.example/cms/",
                "https://m.example/cms/files/zip/rvu25d-updated-09/11/2025.zip",
            ),
            (
                "https://m.example/?key=1",
                "https://m.example/files/zip/rvu25d-updated-09/11/2025.zip?key=1",
            ),
        ] {
            assert_eq!(through_mirror(mirror, &url).unwrap().as_str(), expected);
        }
        for mirror in ["", "m.example", "ftp://m.example", "file:///srv/mirror"] {
            assert!(through_mirror(mirror, &url).is_err(), "{mirror}");
        }
    }

    #[test]
    fn an_address_is_shown_without_what_is_secret_in_it() {
        let url = Url::parse("http://me:s3cret@mirror.example/a.zip").unwrap();
        assert_eq!(shown(&url), "http://mirror.example/a.zip");
        let error = format!("{:#}", parse("ftp://me:s3cret@mirror.example").unwrap_err());
        assert!(!error.contains("s3cret"), "{error}");
    }
}
