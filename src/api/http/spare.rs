//! Connections that are opened before their request is known.
//!
//! A second call beside the first one needs a connection of its own, and that costs two round trips
//! more (TCP, TLS) where it is opened only then. A command that knows in advance that two calls come
//! side by side opens the other connection during the call before ([`prepare`]).

use std::{
    error::Error,
    fmt::Debug,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
    time::{Duration, Instant},
};

use futures_util::FutureExt;
use tokio::task::JoinHandle;
use tower::{Layer, Service, util::BoxCloneSyncService};

/// How long a connection is kept for a later call. Servers and proxies close those that are silent.
const FRESH: Duration = Duration::from_secs(5);

/// Makes sure that `count` connections to `url` are opened or being opened, on which nothing is sent: so
/// many calls begin, and are dropped as soon as they wait for their connection.
///
/// The call before has to have asked for its own connection, else it takes one of these.
pub(super) fn prepare(client: &reqwest::Client, url: &url::Url, count: usize) {
    let mut begun: Vec<_> = (0..count)
        .map(|_| Box::pin(client.get(url.clone()).send()))
        .collect();
    for call in &mut begun {
        // Waiting for a connection is all that it can do in its first step.
        let _ = call.as_mut().now_or_never();
    }
}

type BoxError = Box<dyn Error + Send + Sync>;

/// Lets a connection that is being opened for a call outlive that call, for the next one to the same
/// address.
#[derive(Clone, Copy)]
pub(super) struct KeepSpare;

impl<A, C> Layer<BoxCloneSyncService<A, C, BoxError>> for KeepSpare {
    type Service = Keeping<A, C>;

    fn layer(&self, inner: BoxCloneSyncService<A, C, BoxError>) -> Self::Service {
        Keeping {
            inner,
            spares: Spares(Arc::default()),
        }
    }
}

/// Opens connections of type `C` to addresses of type `A`.
pub(super) struct Keeping<A, C> {
    inner: BoxCloneSyncService<A, C, BoxError>,
    spares: Spares<C>,
}

impl<A, C> Clone for Keeping<A, C> {
    fn clone(&self) -> Self {
        Self {
            inner: self.inner.clone(),
            spares: self.spares.clone(),
        }
    }
}

impl<A, C> Service<A> for Keeping<A, C>
where
    A: Debug + Send + 'static,
    C: Send + 'static,
{
    type Response = C;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<C, BoxError>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, address: A) -> Self::Future {
        let key = format!("{address:?}");
        let keep = |opening| Held {
            opening: Some(opening),
            spares: self.spares.clone(),
        };
        if let Some(spare) = self.spares.take(&key) {
            let mut held = keep(spare);
            // The service that `poll_ready` was asked of stays with the address.
            let fresh = self.inner.clone();
            let mut inner = std::mem::replace(&mut self.inner, fresh);
            return Box::pin(async move {
                // A call that ends with its first step, as those of `prepare` do, leaves it here.
                tokio::task::yield_now().await;
                match held.opened().await {
                    Ok(connection) => Ok(connection),
                    Err(_) => inner.call(address).await,
                }
            });
        }
        let mut held = keep(Opening {
            key,
            since: Instant::now(),
            task: tokio::spawn(self.inner.call(address)),
        });
        Box::pin(async move { held.opened().await })
    }
}

/// A connection that is being opened, or was.
struct Opening<C> {
    key: String,
    since: Instant,
    task: JoinHandle<Result<C, BoxError>>,
}

/// Connections whose calls were dropped.
struct Spares<C>(Arc<Mutex<Vec<Opening<C>>>>);

impl<C> Clone for Spares<C> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<C> Spares<C> {
    /// Takes one to this address that is still fresh.
    fn take(&self, key: &str) -> Option<Opening<C>> {
        let mut spares = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        spares.retain(|spare| spare.since.elapsed() < FRESH);
        let found = spares.iter().position(|spare| spare.key == key)?;
        Some(spares.remove(found))
    }

    fn put(&self, spare: Opening<C>) {
        let mut spares = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        spares.push(spare);
    }
}

/// A connection that a call waits for. Where the call is dropped it becomes a spare one.
struct Held<C> {
    opening: Option<Opening<C>>,
    spares: Spares<C>,
}

impl<C> Held<C> {
    async fn opened(&mut self) -> Result<C, BoxError> {
        let Some(held) = &mut self.opening else {
            return Err("the connection was taken already".into());
        };
        let opened = (&mut held.task).await;
        self.opening = None;
        opened?
    }
}

impl<C> Drop for Held<C> {
    fn drop(&mut self) {
        match self.opening.take() {
            Some(opening) if opening.since.elapsed() < FRESH => self.spares.put(opening),
            Some(opening) => opening.task.abort(),
            None => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use futures_util::FutureExt;
    use tower::service_fn;

    use super::*;

    /// Numbers the connections that it opens; those to `bad` fail.
    fn numbering() -> Keeping<&'static str, u32> {
        let opened = Arc::new(AtomicU32::new(0));
        let open = service_fn(move |address: &'static str| {
            let number = opened.fetch_add(1, Ordering::Relaxed);
            async move {
                tokio::task::yield_now().await;
                match (address, number) {
                    ("bad", 0) => Err(BoxError::from("refused")),
                    _ => Ok(number),
                }
            }
        });
        KeepSpare.layer(BoxCloneSyncService::new(open))
    }

    // Issue 13, 1
    #[tokio::test]
    async fn the_connection_of_a_dropped_call_is_the_next_one_to_that_address() {
        let mut service = numbering();
        assert!(service.call("a").now_or_never().is_none());
        assert_eq!(service.call("b").await.unwrap(), 1, "another address");
        assert_eq!(service.call("a").await.unwrap(), 0);
        assert_eq!(service.call("a").await.unwrap(), 2, "it was used up");
    }

    // Issue 13, 1
    #[tokio::test]
    async fn a_call_that_is_dropped_gives_the_connection_back_that_it_took() {
        let mut service = numbering();
        for _ in 0..3 {
            assert!(service.call("a").now_or_never().is_none());
            // The connection is open before the next call.
            tokio::task::yield_now().await;
            tokio::task::yield_now().await;
        }
        assert_eq!(service.call("a").await.unwrap(), 0);
    }

    // Issue 13, 1
    #[tokio::test]
    async fn a_kept_connection_that_failed_is_made_anew() {
        let mut service = numbering();
        assert!(service.call("bad").now_or_never().is_none());
        assert_eq!(service.call("bad").await.unwrap(), 1);
    }

    // Issue 13, 1
    #[tokio::test]
    async fn a_kept_connection_that_is_old_is_not_used() {
        let mut service = numbering();
        assert!(service.call("a").now_or_never().is_none());
        for spare in service.spares.0.lock().unwrap().iter_mut() {
            spare.since = spare.since.checked_sub(FRESH).unwrap();
        }
        assert_eq!(service.call("a").await.unwrap(), 1);
    }
}
