//! How replies become bytes and bytes become requests.
//!
//! tonic's own codec starts every call with 8 KiB to encode into, which an idle stream then keeps. Here a call begins
//! with little, and a reply reserves exactly what it writes.

use std::marker::PhantomData;

use prost::Message;
use prost::bytes::BufMut;
use tonic::Status;
use tonic::codec::{BufferSettings, DecodeBuf, EncodeBuf};

use crate::error::Error;

/// Room that a call begins with.
const SMALL: usize = 64;
/// Replies that are ready at once are put into one buffer up to this size.
const TOGETHER: usize = 32 << 10;

/// What a call can answer with.
pub trait Reply: Send + Sync + 'static {
    /// Bytes that [`Reply::write`] writes.
    fn size(&self) -> usize;

    /// Writes the message.
    fn write(&self, out: &mut impl BufMut);
}

impl<M: Message + 'static> Reply for M {
    fn size(&self) -> usize {
        self.encoded_len()
    }

    fn write(&self, out: &mut impl BufMut) {
        self.encode_raw(out);
    }
}

/// The codec of every call: replies `T`, requests `U`.
#[derive(Debug)]
pub struct Codec<T, U>(PhantomData<(T, U)>);

impl<T, U> Default for Codec<T, U> {
    fn default() -> Self {
        Self(PhantomData)
    }
}

impl<T: Reply, U: Message + Default + 'static> tonic::codec::Codec for Codec<T, U> {
    type Encode = T;
    type Decode = U;
    type Encoder = Encoder<T>;
    type Decoder = Decoder<U>;

    fn encoder(&mut self) -> Self::Encoder {
        Encoder(PhantomData)
    }

    fn decoder(&mut self) -> Self::Decoder {
        Decoder(PhantomData)
    }
}

/// Writes replies.
#[derive(Debug)]
pub struct Encoder<T>(PhantomData<T>);

impl<T: Reply> tonic::codec::Encoder for Encoder<T> {
    type Item = T;
    type Error = Status;

    fn encode(&mut self, reply: T, buffer: &mut EncodeBuf<'_>) -> Result<(), Status> {
        buffer.reserve(reply.size());
        reply.write(buffer);
        Ok(())
    }

    fn buffer_settings(&self) -> BufferSettings {
        BufferSettings::new(SMALL, TOGETHER)
    }
}

/// Reads requests.
#[derive(Debug)]
pub struct Decoder<U>(PhantomData<U>);

impl<U: Message + Default + 'static> tonic::codec::Decoder for Decoder<U> {
    type Item = U;
    type Error = Status;

    fn decode(&mut self, bytes: &mut DecodeBuf<'_>) -> Result<Option<U>, Status> {
        U::decode(bytes).map(Some).map_err(|why| Error::invalid("request", why.to_string()).into())
    }

    fn buffer_settings(&self) -> BufferSettings {
        BufferSettings::new(SMALL, TOGETHER)
    }
}
