//! Plans from a seed.

use std::time::Duration;

use super::fault::{End, Fault, Plan};

/// Chooses what happens to each connection.
#[derive(Debug, Clone)]
pub struct Chaos {
    dice: fastrand::Rng,
    /// A fault begins after fewer bytes of the hub than this.
    within: usize,
    /// The longest that a fault lasts before the cut.
    lasts: Duration,
}

impl Chaos {
    /// The same plans for the same seed, in the order in which connections come.
    pub fn new(seed: u64, within: usize, lasts: Duration) -> Self {
        Self { dice: fastrand::Rng::with_seed(seed), within, lasts }
    }

    /// What happens to the next connection.
    pub fn plan(&mut self) -> Plan {
        Plan {
            after: self.after(),
            fault: self.fault(),
            lasts: self.lasts.mul_f64(self.dice.f64()),
        }
    }

    /// Early and late alike: as often below 100 bytes as between 1,000 and 10,000.
    fn after(&mut self) -> usize {
        let bits = self.dice.u32(4..=self.within.ilog2());
        self.dice.usize(1..1 << bits)
    }

    fn fault(&mut self) -> Fault {
        let ms = |dice: &mut fastrand::Rng| Duration::from_millis(dice.u64(1..20));
        match self.dice.u32(0..10) {
            0 => Fault::Delay(ms(&mut self.dice)),
            1 => Fault::Trickle { bytes: self.dice.usize(1..64), every: ms(&mut self.dice) },
            2 => Fault::Trickle { bytes: 1, every: Duration::from_secs(1) },
            3 => Fault::Stall,
            4 => Fault::HalfClose(End::Hub),
            5 => Fault::HalfClose(End::Client),
            _ => Fault::Cut,
        }
    }
}
