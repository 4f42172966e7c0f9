//! An HTTP/1 client that does what it likes: requests by hand.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt, BufReader, ReadHalf, WriteHalf, split};

use crate::raw::Stream;

/// A connection, as two halves, so that one can go on while the other stands still.
pub struct Plain {
    pub read: Answers,
    pub write: WriteHalf<Box<dyn Stream>>,
}

/// What a connection hears.
pub struct Answers(BufReader<ReadHalf<Box<dyn Stream>>>);

/// An answer as it came.
#[derive(Debug, Default)]
pub struct Answer {
    pub status: u16,
    /// Names in lower case, as the hub writes them.
    pub head: String,
    pub body: String,
}

impl Answer {
    /// The value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        let line =
            |line: &'_ str| line.split_once(": ").filter(|(said, _)| *said == name).is_some();
        self.head.lines().find(|said| line(said)).and_then(|line| Some(line.split_once(": ")?.1))
    }
}

impl Plain {
    /// On something that is connected already.
    pub fn on(io: Box<dyn Stream>) -> Self {
        let (read, write) = split(io);
        Self { read: Answers(BufReader::new(read)), write }
    }

    pub async fn dial(address: SocketAddr) -> Self {
        Self::on(Box::new(tokio::net::TcpStream::connect(address).await.unwrap()))
    }

    pub async fn say(&mut self, bytes: impl AsRef<[u8]>) {
        // Who is cut while he speaks hears why all the same.
        let _ = self.write.write_all(bytes.as_ref()).await;
    }

    /// Says something and returns the answer; `None` if the connection ends instead.
    pub async fn ask(&mut self, bytes: impl AsRef<[u8]>) -> Option<Answer> {
        self.say(bytes).await;
        self.read.answer().await
    }
}

impl Answers {
    /// The next answer that is no 100; `None` once the hub has closed the connection.
    pub async fn answer(&mut self) -> Option<Answer> {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            head.push(char::from(self.0.read_u8().await.ok()?));
        }
        let status = head.split(' ').nth(1)?.parse().ok()?;
        if status == 100 {
            return Box::pin(self.answer()).await;
        }
        let answer = Answer { status, head, body: String::new() };
        let length = answer.header("content-length").map_or(0, |length| length.parse().unwrap());
        let mut body = vec![0; length];
        self.0.read_exact(&mut body).await.ok()?;
        Some(Answer { body: String::from_utf8_lossy(&body).into_owned(), ..answer })
    }

    /// All answers until the hub closes the connection.
    pub async fn all(&mut self) -> Vec<Answer> {
        let mut answers = Vec::new();
        while let Some(answer) = self.answer().await {
            answers.push(answer);
        }
        answers
    }
}
