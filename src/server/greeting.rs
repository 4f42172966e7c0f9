//! How a connection begins, from which it is known what it speaks: HTTP/2 has a preface and the peer's settings, all else
//! is HTTP/1.

use std::io;

use tokio::io::{AsyncRead, AsyncReadExt};

/// What an HTTP/2 client says first.
const PREFACE: &[u8; 24] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
/// The preface, and the head of the frame that follows.
const GREETING: usize = PREFACE.len() + 9;
const SETTINGS: u8 = 4;
/// Bytes of the first settings. There are fewer than a dozen that mean something, of 6 bytes each.
const SETTINGS_BYTES: usize = 1024;

/// What a peer speaks, and the bytes from which that is known.
pub enum Greeting {
    /// The beginning of a request, or of something else that is no HTTP/2.
    Http1(Vec<u8>),
    /// Preface and settings as a whole.
    Http2(Vec<u8>),
}

/// Reads the greeting here, since hyper would wait for it for ever, and returns it.
///
/// # Errors
/// The peer has gone, or speaks something else.
pub async fn greeting(io: &mut (impl AsyncRead + Unpin)) -> io::Result<Greeting> {
    let mut greeting = Vec::with_capacity(2 * GREETING);
    read_up_to(GREETING, io, &mut greeting).await?;
    if !is_http2(&greeting) {
        return Ok(Greeting::Http1(greeting));
    }
    let Some([l0, l1, l2, SETTINGS, 0, 0, 0, 0, 0]) = greeting.strip_prefix(PREFACE) else {
        return Err(not_http2());
    };
    let length = u32::from_be_bytes([0, *l0, *l1, *l2]) as usize;
    if length > SETTINGS_BYTES {
        return Err(not_http2());
    }
    read_up_to(GREETING + length, io, &mut greeting).await?;
    Ok(Greeting::Http2(greeting))
}

/// Reads until there are so many bytes, or one of them is not HTTP/2's.
async fn read_up_to(
    length: usize,
    io: &mut (impl AsyncRead + Unpin),
    greeting: &mut Vec<u8>,
) -> io::Result<()> {
    let mut io = io.take((length - greeting.len()) as u64);
    while greeting.len() < length && is_http2(greeting) {
        if io.read_buf(greeting).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
    Ok(())
}

fn is_http2(greeting: &[u8]) -> bool {
    greeting.iter().zip(PREFACE).all(|(said, right)| said == right)
}

fn not_http2() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "not HTTP/2")
}
