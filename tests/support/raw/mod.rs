//! An HTTP/2 client that does what it likes: frames by hand over TCP.
#![allow(dead_code)]

pub mod frame;
pub mod hpack;

use std::io;
use std::net::SocketAddr;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;

use frame::{DATA, END_HEADERS, END_STREAM, Frame, HEAD, HEADERS, PREFACE};

/// How much further [`Raw::open`] opens the window of the connection.
const WIDE: u32 = 1 << 30;

pub const SUBSCRIBE: &str = "/hintwire.v1.HubService/Subscribe";
pub const GET_HUB: &str = "/hintwire.v1.HubService/GetHub";
pub const PUBLISH_STREAM: &str = "/hintwire.v1.HubService/PublishStream";
pub const PUBLISH: &str = "/hintwire.v1.HubService/Publish";
pub const FETCH: &str = "/hintwire.v1.HubService/Fetch";
pub const FETCH_STREAM: &str = "/hintwire.v1.HubService/FetchStream";

/// A connection, as two halves, so that one can go on while the other stands still.
pub struct Raw {
    pub read: Reader,
    pub write: Writer,
}

impl Raw {
    /// Connects, and says nothing.
    pub async fn dial(address: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self::on(stream))
    }

    /// On something that is connected already.
    pub fn on(io: impl AsyncRead + AsyncWrite + Send + 'static) -> Self {
        let (read, write) = tokio::io::split(io);
        Self { read: Reader(Box::new(read)), write: Writer(Box::new(write)) }
    }

    /// Connects and begins as a client does, with these settings.
    pub async fn open(address: SocketAddr, settings: &[(u16, u32)]) -> io::Result<Self> {
        Self::dial(address).await?.begin(settings).await
    }

    /// Begins as a client does, with these settings.
    pub async fn begin(self, settings: &[(u16, u32)]) -> io::Result<Self> {
        let mut raw = self;
        raw.write.send(&[PREFACE, &frame::settings(settings)].concat()).await?;
        raw.write.send(&[frame::settings_ack(), frame::window_update(0, WIDE)].concat()).await?;
        Ok(raw)
    }
}

/// Something that is connected.
pub trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// What a connection hears.
pub struct Reader(Box<dyn AsyncRead + Send + Unpin>);

impl Reader {
    /// The next frame; `None` once the peer has closed the connection.
    pub async fn next(&mut self) -> Option<Frame> {
        let mut head = [0; HEAD];
        self.0.read_exact(&mut head).await.ok()?;
        let [l0, l1, l2, kind, flags, s0, s1, s2, s3] = head;
        let mut payload = vec![0; u32::from_be_bytes([0, l0, l1, l2]) as usize];
        self.0.read_exact(&mut payload).await.ok()?;
        let stream = u32::from_be_bytes([s0, s1, s2, s3]) & (u32::MAX >> 1);
        Some(Frame { kind, flags, stream, payload })
    }

    /// The next frame of a kind.
    pub async fn next_of(&mut self, kind: u8) -> Option<Frame> {
        loop {
            match self.next().await {
                Some(frame) if frame.kind != kind => {}
                other => return other,
            }
        }
    }

    /// Waits until the peer has closed the connection.
    pub async fn closed(&mut self) {
        while self.next().await.is_some() {}
    }
}

/// What a connection says.
pub struct Writer(Box<dyn AsyncWrite + Send + Unpin>);

impl Writer {
    /// Sends bytes.
    pub async fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.0.write_all(bytes).await
    }

    /// Makes a call.
    pub async fn call(&mut self, stream: u32, path: &str, message: &[u8]) -> io::Result<()> {
        self.send(&call(stream, path, message)).await
    }
}

/// The frames of a whole gRPC call.
pub fn call(stream: u32, path: &str, message: &[u8]) -> Vec<u8> {
    [begin(stream, path), frame::frame(DATA, END_STREAM, stream, &prefixed(message))].concat()
}

/// A message as gRPC sends it.
pub fn prefixed(message: &[u8]) -> Vec<u8> {
    let length = u32::try_from(message.len()).unwrap_or(u32::MAX).to_be_bytes();
    [&[0][..], &length, message].concat()
}

/// The beginning of a call: its headers, and no message yet.
pub fn begin(stream: u32, path: &str) -> Vec<u8> {
    frame::frame(HEADERS, END_HEADERS, stream, &hpack::call(path))
}

/// The message of a Subscribe or Fetch for one pattern, shorter than 128 bytes.
pub fn patterns(pattern: &str) -> Vec<u8> {
    const TOPICS: u8 = 0x0a;
    [&[TOPICS, pattern.len() as u8], pattern.as_bytes()].concat()
}
