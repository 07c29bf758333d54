//! One call to the server: its time limit, its second tries, and what its faults mean.

use codecite_retrieval::IndexError;
use qdrant_client::QdrantError;
use std::future::Future;
use std::time::Duration;

/// How patient calls are.
#[derive(Clone, Debug)]
pub(super) struct Patience {
    pub attempts: u32,
    pub backoff: Duration,
    /// Time allowed for one try; the client holds to it, and it is told when it has passed.
    pub timeout: Duration,
}

impl Patience {
    /// Calls until it succeeds, the fault is not a passing one, or the tries are used up. The call must be
    /// harmless to repeat.
    pub async fn call<T, F>(&self, call: impl Fn() -> F) -> Result<T, CallError>
    where
        F: Future<Output = Result<T, QdrantError>>,
    {
        let mut pause = self.backoff;
        let mut attempt = 1;
        loop {
            let fault = match call().await {
                Ok(answer) => return Ok(answer),
                Err(error) => CallError::from(error),
            };
            if attempt >= self.attempts || !fault.is_passing() {
                return Err(fault);
            }
            let wait = fault.asked_pause().unwrap_or(pause).min(LONGEST_PAUSE);
            tracing::debug!(attempt, ?wait, %fault, "the index is asked again");
            tokio::time::sleep(wait).await;
            attempt += 1;
            pause *= 2;
        }
    }

    /// Translates a fault for callers.
    pub fn tell(&self, fault: CallError) -> IndexError {
        match fault.kind {
            Kind::TimedOut => IndexError::TimedOut(self.timeout),
            Kind::Unreachable | Kind::Busy(_) => IndexError::Unavailable(fault.message),
            Kind::Refused => {
                IndexError::Failed(format!("{}; set the API key of the Qdrant server", fault.message))
            }
            Kind::NotFound | Kind::AlreadyThere | Kind::Other => IndexError::Failed(fault.message),
        }
    }
}

const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// Why a call failed.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub(super) struct CallError {
    pub kind: Kind,
    message: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// No connection, or the server is starting or stopping.
    Unreachable,
    /// No answer in time.
    TimedOut,
    /// The server has too much to do, and may have said for how many seconds.
    Busy(Option<u64>),
    /// No key, or the wrong one.
    Refused,
    NotFound,
    AlreadyThere,
    Other,
}

impl CallError {
    /// Whether the same call can succeed later.
    pub fn is_passing(&self) -> bool {
        match self.kind {
            Kind::Unreachable | Kind::TimedOut | Kind::Busy(_) => true,
            Kind::Refused | Kind::NotFound | Kind::AlreadyThere | Kind::Other => false,
        }
    }

    fn asked_pause(&self) -> Option<Duration> {
        match self.kind {
            Kind::Busy(seconds) => seconds.map(Duration::from_secs),
            _ => None,
        }
    }
}

impl From<QdrantError> for CallError {
    fn from(error: QdrantError) -> Self {
        match error {
            QdrantError::ResponseError { status } => {
                Self::of_status(status.code() as i32, status.message(), None)
            }
            QdrantError::ResourceExhaustedError {
                status,
                retry_after_seconds,
            } => Self::of_status(status.code() as i32, status.message(), Some(retry_after_seconds)),
            QdrantError::Io(error) => Self {
                kind: Kind::Unreachable,
                message: error.to_string(),
            },
            other => Self {
                kind: Kind::Other,
                message: other.to_string(),
            },
        }
    }
}

impl CallError {
    /// The numbers are those of the gRPC specification.
    fn of_status(code: i32, message: &str, pause_seconds: Option<u64>) -> Self {
        let kind = match code {
            // The client's own time limit shows as a cancellation.
            1 | 4 => Kind::TimedOut,
            5 => Kind::NotFound,
            6 => Kind::AlreadyThere,
            7 | 16 => Kind::Refused,
            8 => Kind::Busy(pause_seconds),
            14 => Kind::Unreachable,
            // The client reports a refused connection as an internal error, and a broken one as unknown.
            13 if message.starts_with("Failed to connect") => Kind::Unreachable,
            2 if message.contains("transport error") => Kind::Unreachable,
            // Qdrant names these in words only.
            3 | 13 if message.contains("already exists") => Kind::AlreadyThere,
            3 | 13 if message.contains("doesn't exist") => Kind::NotFound,
            _ => Kind::Other,
        };
        Self {
            kind,
            message: message.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU32, Ordering};

    fn fails(code: i32) -> CallError {
        CallError::of_status(code, "told by the test", None)
    }

    fn patience() -> Patience {
        Patience {
            attempts: 4,
            backoff: Duration::from_millis(1),
            timeout: Duration::from_millis(50),
        }
    }

    #[test]
    fn only_passing_faults_are_tried_again() {
        for (code, passing) in [
            (3, false),
            (4, true),
            (5, false),
            (7, false),
            (8, true),
            (14, true),
            (16, false),
        ] {
            assert_eq!(fails(code).is_passing(), passing, "gRPC status {code}");
        }
    }

    #[test]
    fn each_fault_tells_whose_move_is_next() {
        use codecite_retrieval::Fault;
        for (code, fault) in [
            (3, Fault::Operator),
            (4, Fault::Transient),
            (8, Fault::Transient),
            (14, Fault::Transient),
            (16, Fault::Operator),
        ] {
            assert_eq!(patience().tell(fails(code)).fault(), fault, "gRPC status {code}");
        }
        assert!(patience().tell(fails(16)).to_string().contains("API key"));
    }

    #[tokio::test]
    async fn a_passing_fault_is_tried_as_often_as_set_and_no_more() {
        for (works_on, calls) in [(1, 1), (3, 3), (9, 4)] {
            let made = AtomicU32::new(0);
            let answer = patience()
                .call(|| async {
                    let call = made.fetch_add(1, Ordering::Relaxed) + 1;
                    if call >= works_on {
                        return Ok(call);
                    }
                    Err(QdrantError::Io(std::io::ErrorKind::ConnectionReset.into()))
                })
                .await;
            assert_eq!(made.load(Ordering::Relaxed), calls);
            assert_eq!(answer.is_ok(), works_on <= 4);
        }
    }
}
