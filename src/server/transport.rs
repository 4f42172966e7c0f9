//! A connection as hyper reads and writes it: what comes in is metered, and it is known when nothing goes out.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::meter::Meter;
use crate::service::Connection;

/// The transport of a connection. It is read from its beginning.
pub struct Transport<T> {
    io: T,
    /// The bytes with which it began, which were read already.
    begun: io::Cursor<Vec<u8>>,
    /// HTTP/2 alone has frames.
    meter: Option<Meter>,
    connection: Arc<Connection>,
}

impl<T> Transport<T> {
    /// A transport from which `begun` was read.
    pub fn new(io: T, begun: Vec<u8>, connection: Arc<Connection>) -> Self {
        Self { io, begun: io::Cursor::new(begun), meter: None, connection }
    }

    /// Counts the frames; what was read already was whole frames after the preface.
    pub fn metered(self) -> Self {
        Self { meter: Some(Meter::new()), ..self }
    }

    fn wrote(&self, wrote: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        self.connection.set_blocked(wrote.is_pending());
        wrote
    }
}

impl<T: AsyncRead + Unpin> AsyncRead for Transport<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let Self { io, begun, meter, connection } = &mut *self;
        let before = buf.filled().len();
        let told = begun.position() as usize;
        if let Some(rest) = begun.get_ref().get(told..).filter(|rest| !rest.is_empty()) {
            let (now, _) = rest.split_at(rest.len().min(buf.remaining()));
            buf.put_slice(now);
            begun.set_position((told + now.len()) as u64);
            return Poll::Ready(Ok(()));
        }
        let Some(meter) = meter else { return Pin::new(io).poll_read(cx, buf) };
        meter.settle(connection);
        if meter.is_turn_full() {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        ready!(Pin::new(io).poll_read(cx, buf))?;
        meter.came(buf.filled().get(before..).unwrap_or_default());
        Poll::Ready(meter.judge())
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for Transport<T> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        let wrote = Pin::new(&mut self.io).poll_write(cx, buf);
        self.wrote(wrote)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let wrote = Pin::new(&mut self.io).poll_write_vectored(cx, bufs);
        self.wrote(wrote)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        // TLS takes more than goes out; TCP has nothing to flush.
        let flushed = Pin::new(&mut self.io).poll_flush(cx);
        self.connection.set_blocked(flushed.is_pending());
        flushed
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }
}
