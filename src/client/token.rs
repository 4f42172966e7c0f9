//! The bearer token of a client, gotten anew when it does not hold any more.

use std::fmt::{self, Display};
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};

use tokio::sync::Mutex;
use tonic::Status;
use tonic::metadata::{Ascii, MetadataValue};

/// A token, as it stands in a request.
pub type Token = MetadataValue<Ascii>;

type Getting = Pin<Box<dyn Future<Output = Result<String, String>> + Send>>;

/// Gets tokens, one at a time, and keeps the last one.
pub struct Tokens {
    get: Box<dyn Fn() -> Getting + Send + Sync>,
    last: Mutex<Option<Token>>,
    /// The last one has ended.
    over: AtomicBool,
}

impl Tokens {
    /// Nothing is gotten yet.
    pub fn new<F, E>(get: impl Fn() -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<String, E>> + Send + 'static,
        E: Display,
    {
        let get = move || -> Getting {
            let getting = get();
            Box::pin(async move { getting.await.map_err(|error| error.to_string()) })
        };
        Self { get: Box::new(get), last: Mutex::default(), over: AtomicBool::new(false) }
    }

    /// The token that holds as far as is known.
    ///
    /// # Errors
    /// There is none for now: UNAVAILABLE, so that it is tried again.
    pub async fn current(&self) -> Result<Token, Status> {
        let mut last = self.last.lock().await;
        let over = self.over.swap(false, SeqCst);
        if let Some(token) = last.as_ref().filter(|_| !over) {
            return Ok(token.clone());
        }
        let token = (self.get)().await;
        let token = token.map_err(|why| Status::unavailable(format!("no token: {why}")))?;
        let mut token: Token = format!("Bearer {}", token.trim())
            .parse()
            .map_err(|_| Status::invalid_argument("the token has characters that no token has"))?;
        token.set_sensitive(true);
        *last = Some(token.clone());
        Ok(token)
    }

    /// The last one has ended: the next call gets another.
    pub fn expire(&self) {
        self.over.store(true, SeqCst);
    }

    /// The hub does not take this one any more.
    pub async fn forget(&self, token: &Token) {
        let mut last = self.last.lock().await;
        if last.as_ref() == Some(token) {
            *last = None;
        }
    }
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tokens").finish_non_exhaustive()
    }
}
