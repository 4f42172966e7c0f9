//! A hub whose connections are pipes in memory, of a size that is known.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

use hintwire::backlog::memory::Memory;
use hintwire::config::Config;
use hintwire::server::{self, Listen};
use tokio::io::{DuplexStream, duplex};
use tokio::sync::{Mutex, mpsc};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::raw::Raw;
use crate::text::Plain;

/// Bytes that a pipe holds.
pub const PIPE: usize = 16 << 10;

/// A hub to which pipes lead.
pub struct Piped {
    dial: mpsc::UnboundedSender<DuplexStream>,
    failing: Arc<AtomicUsize>,
    pub shutdown: CancellationToken,
    pub served: JoinHandle<()>,
}

struct Pipes {
    dialled: Mutex<mpsc::UnboundedReceiver<DuplexStream>>,
    failing: Arc<AtomicUsize>,
}

impl Listen for Pipes {
    type Io = DuplexStream;

    async fn accept(&self) -> io::Result<(DuplexStream, SocketAddr)> {
        if self.failing.load(SeqCst) > 0 {
            self.failing.fetch_sub(1, SeqCst);
            const EMFILE: i32 = 24;
            return Err(io::Error::from_raw_os_error(EMFILE));
        }
        match self.dialled.lock().await.recv().await {
            Some(io) => Ok((io, SocketAddr::from(([10, 0, 0, 1], 1)))),
            None => std::future::pending().await,
        }
    }
}

impl Piped {
    pub fn start(config: Config) -> Self {
        let (dial, dialled) = mpsc::unbounded_channel();
        let failing = Arc::<AtomicUsize>::default();
        let pipes = Pipes { dialled: Mutex::new(dialled), failing: Arc::clone(&failing) };
        let shutdown = CancellationToken::new();
        let stopped = shutdown.clone().cancelled_owned();
        let served = tokio::spawn(async move {
            let backlog = Arc::new(Memory::default());
            server::serve(pipes, backlog, &config, stopped).await.unwrap();
        });
        Self { dial, failing, shutdown, served }
    }

    /// The next accepts fail as if there were no file descriptors left.
    pub fn fail_accepts(&self, times: usize) {
        self.failing.store(times, SeqCst);
    }

    /// Connects, and says nothing.
    pub fn dial(&self) -> Raw {
        Raw::on(self.pipe())
    }

    /// The same, to speak HTTP/1.
    pub fn plain(&self) -> Plain {
        Plain::on(Box::new(self.pipe()))
    }

    fn pipe(&self) -> DuplexStream {
        let (ours, theirs) = duplex(PIPE);
        self.dial.send(theirs).unwrap();
        ours
    }

    pub async fn open(&self, settings: &[(u16, u32)]) -> Raw {
        self.dial().begin(settings).await.unwrap()
    }
}
