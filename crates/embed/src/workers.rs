//! Threads that own the sessions.
//!
//! fastembed's `embed` takes `&mut self` and blocks for as long as inference takes, so each session lives on
//! a thread of its own and takes jobs from a queue. Queries and documents have a set of workers each: a query
//! never stands in line behind a load, it only shares the cores with it.

use crate::engine::Engine;
use codecite_retrieval::EmbedError;
use std::any::Any;
use std::collections::VecDeque;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::sync::oneshot;

/// Opens a session; called on the worker's own thread.
pub(crate) type OpenEngine = Arc<dyn Fn() -> Result<Box<dyn Engine>, EmbedError> + Send + Sync>;

type Job = Box<dyn FnOnce(Result<&mut dyn Engine, EmbedError>) + Send>;

/// A set of threads with one queue.
pub(crate) struct Workers {
    queue: Arc<Queue>,
    threads: Vec<JoinHandle<()>>,
}

#[derive(Default)]
struct Queue {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    jobs: VecDeque<Job>,
    closed: bool,
}

impl Workers {
    /// Starts `count` threads called `name`. Each opens its session with its first job, and closes it after
    /// it was idle for `close_after`.
    pub(crate) fn start(
        name: &str,
        count: usize,
        open: OpenEngine,
        close_after: Option<Duration>,
    ) -> std::io::Result<Self> {
        let queue = Arc::new(Queue::default());
        let mut workers = Self {
            queue,
            threads: Vec::with_capacity(count),
        };
        for number in 0..count.max(1) {
            let (queue, open) = (Arc::clone(&workers.queue), Arc::clone(&open));
            let thread = std::thread::Builder::new()
                .name(format!("{name}-{number}"))
                .spawn(move || work(&queue, &open, close_after))?;
            workers.threads.push(thread);
        }
        Ok(workers)
    }

    /// Puts `work` in the queue at once and returns a future of its result. Dropping the future takes the job
    /// back unless it has begun.
    pub(crate) fn run<T, W>(&self, work: W) -> impl Future<Output = Result<T, EmbedError>> + Send + use<T, W>
    where
        T: Send + 'static,
        W: FnOnce(&mut dyn Engine) -> Result<T, EmbedError> + Send + 'static,
    {
        let (reply, result) = oneshot::channel();
        self.queue.push(Box::new(move |engine| {
            if !reply.is_closed() {
                // The caller may have left meanwhile; then nobody wants the result.
                let _ = reply.send(engine.and_then(work));
            }
        }));
        async move {
            // A job that panics drops its sender.
            let stopped =
                |_| EmbedError::Model("inference stopped unexpectedly; the log says why".to_owned());
            result.await.map_err(stopped)?
        }
    }
}

impl Drop for Workers {
    fn drop(&mut self) {
        self.queue.close();
        let this_thread = std::thread::current().id();
        for thread in self.threads.drain(..) {
            // A job may hold the last handle, and then this runs on its worker. No thread can wait for its own
            // end; this one ends after the job, and nobody is left to ask it anything.
            if thread.thread().id() != this_thread {
                // Waits for the batch under way. A session must not be torn down while it runs.
                let _ = thread.join();
            }
        }
    }
}

impl Queue {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn push(&self, job: Job) {
        self.lock().jobs.push_back(job);
        self.changed.notify_one();
    }

    /// Ends the workers; what is still waiting is dropped, and its callers hear of it.
    fn close(&self) {
        let abandoned = {
            let mut state = self.lock();
            state.closed = true;
            std::mem::take(&mut state.jobs)
        };
        self.changed.notify_all();
        drop(abandoned);
    }

    fn next(&self, patience: Option<Duration>) -> Next {
        let mut state = self.lock();
        loop {
            if state.closed {
                return Next::Closed;
            }
            if let Some(job) = state.jobs.pop_front() {
                return Next::Job(job);
            }
            state = match patience {
                None => self.changed.wait(state).unwrap_or_else(PoisonError::into_inner),
                Some(patience) => {
                    let (state, waited) = self
                        .changed
                        .wait_timeout(state, patience)
                        .unwrap_or_else(PoisonError::into_inner);
                    if waited.timed_out() && state.jobs.is_empty() && !state.closed {
                        return Next::Idle;
                    }
                    state
                }
            };
        }
    }
}

enum Next {
    Job(Job),
    Idle,
    Closed,
}

fn work(queue: &Queue, open: &OpenEngine, close_after: Option<Duration>) {
    let mut engine: Option<Box<dyn Engine>> = None;
    loop {
        let patience = close_after.filter(|_| engine.is_some());
        let job = match queue.next(patience) {
            Next::Job(job) => job,
            Next::Idle => {
                engine = None;
                continue;
            }
            Next::Closed => return,
        };
        let done = catch_unwind(AssertUnwindSafe(|| match &mut engine {
            Some(engine) => job(Ok(engine.as_mut())),
            None => match open() {
                Ok(opened) => job(Ok(engine.insert(opened).as_mut())),
                Err(error) => job(Err(error)),
            },
        }));
        if let Err(panic) = done {
            tracing::error!(
                panic = said(panic.as_ref()),
                "inference panicked; its session is opened anew"
            );
            engine = None;
        }
    }
}

fn said(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no message")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    /// Gives each text's length as its vector; panics on the text "panic".
    struct Lengths;

    impl Engine for Lengths {
        fn embed(&mut self, texts: &[String]) -> Result<Vec<Vec<f32>>, String> {
            assert!(!texts.contains(&"panic".to_owned()), "as the test asked");
            Ok(texts.iter().map(|text| vec![text.len() as f32]).collect())
        }
    }

    fn workers(close_after: Option<Duration>) -> (Workers, Arc<AtomicUsize>) {
        let opened = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&opened);
        let open: OpenEngine = Arc::new(move || {
            count.fetch_add(1, Ordering::SeqCst);
            Ok(Box::new(Lengths))
        });
        (Workers::start("test", 1, open, close_after).unwrap(), opened)
    }

    fn embed(text: &str) -> impl FnOnce(&mut dyn Engine) -> Result<Vec<Vec<f32>>, EmbedError> + use<> {
        let texts = vec![text.to_owned()];
        move |engine| engine.embed(&texts).map_err(EmbedError::Model)
    }

    #[tokio::test]
    async fn a_panic_is_an_error_for_its_caller_only() {
        let (workers, opened) = workers(None);
        let before = workers.run(embed("four"));
        let panics = workers.run(embed("panic"));
        let after = workers.run(embed("seven77"));
        assert_eq!(before.await.unwrap(), [[4.0]]);
        let error = panics.await.unwrap_err();
        assert!(matches!(error, EmbedError::Model(_)), "{error}");
        assert_eq!(after.await.unwrap(), [[7.0]]);
        assert_eq!(
            opened.load(Ordering::SeqCst),
            2,
            "the session that panicked is not used again"
        );
    }

    #[tokio::test]
    async fn a_job_whose_caller_left_is_not_begun() {
        let (workers, _) = workers(None);
        let (hold, held) = std::sync::mpsc::channel::<()>();
        let first = workers.run(move |_| {
            held.recv().ok();
            Ok(())
        });
        let begun = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&begun);
        drop(workers.run(move |_| {
            count.fetch_add(1, Ordering::SeqCst);
            Ok(())
        }));
        let last = workers.run(|_| Ok(()));
        hold.send(()).unwrap();
        first.await.unwrap();
        last.await.unwrap();
        assert_eq!(begun.load(Ordering::SeqCst), 0);
    }

    #[tokio::test]
    async fn a_session_that_cannot_be_opened_is_an_error_and_tried_again() {
        let tries = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&tries);
        let open: OpenEngine = Arc::new(move || match count.fetch_add(1, Ordering::SeqCst) {
            0 => Err(EmbedError::Model("not yet".to_owned())),
            _ => Ok(Box::new(Lengths)),
        });
        let workers = Workers::start("test", 1, open, None).unwrap();
        assert_eq!(
            workers.run(embed("x")).await.unwrap_err().to_string(),
            "the embedding model failed: not yet"
        );
        assert_eq!(workers.run(embed("x")).await.unwrap(), [[1.0]]);
    }

    #[tokio::test]
    async fn an_idle_session_is_closed_and_opened_again() {
        struct Closing(Arc<AtomicUsize>);
        impl Engine for Closing {
            fn embed(&mut self, _: &[String]) -> Result<Vec<Vec<f32>>, String> {
                Ok(Vec::new())
            }
        }
        impl Drop for Closing {
            fn drop(&mut self) {
                self.0.fetch_add(1, Ordering::SeqCst);
            }
        }
        let closed = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&closed);
        let open: OpenEngine = Arc::new(move || Ok(Box::new(Closing(Arc::clone(&count)))));
        let workers = Workers::start("test", 1, open, Some(Duration::from_millis(5))).unwrap();
        workers.run(|_| Ok(())).await.unwrap();
        while closed.load(Ordering::SeqCst) == 0 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        workers.run(|_| Ok(())).await.unwrap();
    }

    #[tokio::test]
    async fn a_job_may_hold_the_last_handle() {
        let (workers, _) = workers(None);
        let workers = Arc::new(workers);
        let last = Arc::clone(&workers);
        let (let_go, may_go) = std::sync::mpsc::channel::<()>();
        let job = workers.run(move |_| {
            may_go.recv().ok();
            drop(last);
            Ok("done")
        });
        drop(workers);
        let_go.send(()).unwrap();
        assert_eq!(job.await.unwrap(), "done");
    }

    #[tokio::test]
    async fn callers_hear_of_the_end() {
        let (workers, _) = workers(None);
        let (hold, held) = std::sync::mpsc::channel::<()>();
        let (begun, has_begun) = std::sync::mpsc::channel::<()>();
        let _first = workers.run(move |_| {
            begun.send(()).ok();
            held.recv().ok();
            Ok(())
        });
        has_begun.recv().unwrap();
        let waiting = workers.run(|_| Ok(()));
        let end = std::thread::spawn(move || drop(workers));
        assert!(waiting.await.is_err());
        hold.send(()).unwrap();
        end.join().unwrap();
    }
}
