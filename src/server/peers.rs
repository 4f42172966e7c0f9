//! How many connections each address has open.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::Arc;

use parking_lot::Mutex;

/// Connections by the address of their peer.
#[derive(Debug)]
pub struct Peers {
    most: usize,
    open: Mutex<HashMap<IpAddr, usize>>,
}

/// A connection that counts until it is dropped.
#[derive(Debug)]
pub struct Place {
    peers: Arc<Peers>,
    of: IpAddr,
}

impl Peers {
    /// So many for each address at the most.
    pub fn new(most: usize) -> Arc<Self> {
        Arc::new(Self { most, open: Mutex::default() })
    }

    /// A place for one more connection of an address, if there is one.
    pub fn place(self: &Arc<Self>, address: IpAddr) -> Option<Place> {
        let of = host(address);
        let mut open = self.open.lock();
        let count = open.entry(of).or_default();
        if *count >= self.most {
            return None;
        }
        *count += 1;
        Some(Place { peers: Arc::clone(self), of })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut open = self.peers.open.lock();
        let Some(count) = open.get_mut(&self.of) else { return };
        *count -= 1;
        if *count == 0 {
            open.remove(&self.of);
        }
    }
}

/// One host: an IPv4 address, or the /64 of an IPv6 address, all of which a host may use.
fn host(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => {
            let [a, b, c, d, ..] = v6.segments();
            Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into()
        }
        v4 => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(peers: &Arc<Peers>, address: &str) -> Option<Place> {
        peers.place(address.parse().unwrap())
    }

    #[test]
    fn an_address_has_so_many_places_and_a_closed_connection_makes_room() {
        let peers = Peers::new(2);
        let first = place(&peers, "10.0.0.1").unwrap();
        let _second = place(&peers, "::ffff:10.0.0.1").unwrap();
        assert!(place(&peers, "10.0.0.1").is_none());
        let other = place(&peers, "10.0.0.2");
        assert!(other.is_some());
        drop(first);
        assert!(place(&peers, "10.0.0.1").is_some());
        drop(other);
        assert_eq!(peers.open.lock().len(), 1, "who has gone is forgotten");
    }

    #[test]
    fn all_addresses_of_one_ipv6_host_are_one() {
        let peers = Peers::new(1);
        let _one = place(&peers, "2001:db8:0:1::1").unwrap();
        assert!(place(&peers, "2001:db8:0:1:ffff::2").is_none());
        assert!(place(&peers, "2001:db8:0:2::1").is_some());
    }
}
