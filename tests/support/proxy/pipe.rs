//! One direction of a connection.

use std::io;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{ReadHalf, WriteHalf};
use tokio::sync::watch;
use tokio::time::timeout;

use super::Line;
use super::fault::{End, Fault, PIECE, Pace};

impl Line {
    /// Passes bytes on until one end is gone.
    pub(super) async fn pass(
        &self,
        mut from: ReadHalf<'_>,
        mut to: WriteHalf<'_>,
        towards: End,
    ) -> io::Result<()> {
        let mut fault = self.fault.subscribe();
        let (mut room, mut passed, mut closed) = (vec![0; PIECE], 0, false);
        loop {
            let pace = fault.borrow_and_update().pace(towards);
            let most = match pace {
                Pace::Stopped => {
                    _ = fault.changed().await;
                    continue;
                }
                Pace::Slow { bytes, .. } => bytes,
                Pace::Free | Pace::Closed => PIECE,
            };
            if pace == Pace::Closed && !closed {
                closed = true;
                to.shutdown().await?;
            }
            // Up to where the plan begins, and no further.
            let most = match towards {
                End::Client if passed < self.plan.after => most.min(self.plan.after - passed),
                _ => most,
            };
            let read = tokio::select! {
                read = from.read(&mut room[..most.min(PIECE)]) => read?,
                _ = fault.changed() => continue,
            };
            if read == 0 {
                return to.shutdown().await;
            }
            self.later(pace, &mut fault).await;
            if !closed {
                to.write_all(&room[..read]).await?;
                passed += read;
                self.passed(towards, &room[..read], passed);
            }
        }
    }

    /// Lets the time of a piece go by, unless the fault changes.
    async fn later(&self, pace: Pace, fault: &mut watch::Receiver<Fault>) {
        if let Pace::Slow { every, .. } = pace {
            _ = timeout(every, fault.changed()).await;
        }
    }

    fn passed(&self, towards: End, bytes: &[u8], passed: usize) {
        if towards == End::Client {
            self.frames.lock().expect("no panic").pass(bytes);
            if passed == self.plan.after {
                self.begin(self.plan.fault);
            }
        }
    }
}
