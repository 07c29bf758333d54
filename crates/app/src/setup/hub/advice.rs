//! What to do when a file did not come from the hub.

use hf_hub::api::sync::ApiError;
use std::io::ErrorKind;

const UNFIT_PART: &str =
    "the half-fetched file could not be continued; run setup again, which begins it anew";

/// What to do about `error`.
pub(super) fn on(error: &ApiError) -> String {
    match error {
        ApiError::TooManyRetries(last) => on(last),
        ApiError::RequestError(error) => on_request(error),
        ApiError::IoError(error) => on_transfer(error.kind()).to_owned(),
        ApiError::InvalidResume => UNFIT_PART.to_owned(),
        ApiError::LockAcquisition(file) => format!(
            "another program holds {}; wait for it, or end it, and run setup again",
            file.display()
        ),
        ApiError::MissingHeader(_) | ApiError::InvalidHeader(_) | ApiError::ParseIntError(_) => {
            "what answers there is no hub: check HF_ENDPOINT, and whether a proxy answers in its place"
                .to_owned()
        }
    }
}

/// Whether the hub, or hf-hub, will not go on with the half-fetched file.
pub(super) fn cannot_be_continued(error: &ApiError) -> bool {
    match error {
        ApiError::TooManyRetries(last) => cannot_be_continued(last),
        ApiError::RequestError(error) => matches!(**error, ureq::Error::StatusCode(416)),
        ApiError::InvalidResume => true,
        _ => false,
    }
}

fn on_request(error: &ureq::Error) -> String {
    match error {
        ureq::Error::StatusCode(401 | 403) => {
            "the hub gives it to known users only: accept its terms there and set HF_TOKEN".to_owned()
        }
        ureq::Error::StatusCode(404) => "the hub has no such file; a mirror may not carry it".to_owned(),
        ureq::Error::StatusCode(416) => UNFIT_PART.to_owned(),
        ureq::Error::StatusCode(status) => {
            format!("the hub answered with HTTP {status}: run setup again later, or set HF_ENDPOINT to a mirror")
        }
        _ => "the hub was not reached: check the network, set HTTPS_PROXY if there is a proxy or HF_ENDPOINT if \
              there is a mirror, or bring the files of the repository with --from DIR"
            .to_owned(),
    }
}

/// Reading from the network and writing to the disk fail with the same type.
fn on_transfer(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => {
            "the disk is full: make room, or name another folder with --data-dir DIR, and run setup again"
        }
        ErrorKind::ConnectionReset
        | ErrorKind::ConnectionAborted
        | ErrorKind::BrokenPipe
        | ErrorKind::TimedOut
        | ErrorKind::UnexpectedEof
        // Whatever the HTTP client has no kind for.
        | ErrorKind::Other => "the connection broke off: run setup again, which continues where it stopped",
        _ => "the data folder cannot be written: let this account write it, or name another with --data-dir DIR",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(status: u16) -> ApiError {
        ApiError::RequestError(Box::new(ureq::Error::StatusCode(status)))
    }

    #[test]
    fn the_advice_fits_the_fault() {
        let check = |error: ApiError, word: &str| {
            let advice = on(&error);
            assert!(advice.contains(word), "{error}: {advice}");
        };
        check(refused(401), "HF_TOKEN");
        check(refused(404), "no such file");
        check(refused(416), "begins it anew");
        check(refused(503), "HTTP 503");
        check(
            ApiError::RequestError(Box::new(ureq::Error::HostNotFound)),
            "HTTPS_PROXY",
        );
        check(
            ApiError::IoError(ErrorKind::StorageFull.into()),
            "the disk is full",
        );
        check(
            ApiError::IoError(ErrorKind::PermissionDenied.into()),
            "cannot be written",
        );
        check(ApiError::IoError(std::io::Error::other("a body")), "broke off");
        let broken = ApiError::IoError(ErrorKind::UnexpectedEof.into());
        check(ApiError::TooManyRetries(Box::new(broken)), "continues");
        check(ApiError::InvalidResume, "begins it anew");
        check(ApiError::LockAcquisition("x.lock".into()), "x.lock");
        check(ApiError::MissingHeader("etag"), "HF_ENDPOINT");
    }

    #[test]
    fn a_half_fetched_file_is_given_up_when_it_cannot_be_continued() {
        for error in [refused(416), ApiError::InvalidResume] {
            assert!(cannot_be_continued(&ApiError::TooManyRetries(Box::new(error))));
        }
        for error in [refused(503), ApiError::IoError(ErrorKind::StorageFull.into())] {
            assert!(!cannot_be_continued(&error), "{error}");
        }
    }
}
