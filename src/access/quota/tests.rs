use std::sync::Arc;

use super::*;
use crate::error::Error;

fn quota(text: &str) -> Quota {
    toml::from_str(text).unwrap()
}

fn exceeded<T: std::fmt::Debug>(result: Result<T, Error>) -> &'static str {
    match result.unwrap_err() {
        Error::QuotaExceeded { what, retry_after } => {
            assert!(!retry_after.is_zero());
            what
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn each_rate_is_used_up_by_itself_and_says_when_there_is_more() {
    let account = Account::new(quota("publishes = 1\nfetches = 1\nsnapshots = 1\nbytes = '1MiB'"));
    let publish = |events, bytes| account.spend(Cost::Publish { events, bytes });
    assert_eq!(publish(999, 1), Ok(()), "a batch of a thousand fits in");
    assert_eq!(publish(1, 15 << 20), Ok(()), "and so does a request of 16 MiB");
    assert_eq!(exceeded(publish(1, 1)), "publishes");
    assert_eq!((account.spend(Cost::Fetch), account.spend(Cost::Snapshot)), (Ok(()), Ok(())));
    assert_eq!(exceeded(account.spend(Cost::Fetch)), "fetches");
    assert_eq!(exceeded(account.spend(Cost::Snapshot)), "snapshots");
    let bytes = Account::new(quota("bytes = 1"));
    assert_eq!(bytes.spend(Cost::Publish { events: 1000, bytes: 16 << 20 }), Ok(()));
    assert_eq!(exceeded(bytes.spend(Cost::Publish { events: 1, bytes: 1 })), "bytes");
}

#[test]
fn a_fetch_that_a_hint_has_asked_for_is_spread_and_not_refused() {
    let account = Arc::new(Account::new(quota("fetches = 2")));
    let streams: Vec<_> = (0..4).map(|_| account.open(1).unwrap()).collect();
    let due: Vec<_> = (0..6).map(|_| account.hint().as_millis()).collect();
    assert_eq!(due, [0, 500, 1000, 1500, 2000, 2000], "one for each stream");
    let fetches = (0..9).take_while(|_| account.spend(Cost::Fetch).is_ok()).count();
    assert_eq!(fetches, 4 + 2, "those, and a second's worth besides");
    drop(streams);
}

#[test]
fn what_is_open_counts_until_it_is_closed() {
    let account = Arc::new(Account::new(quota("streams = 2\npatterns = 10")));
    let first = account.open(9).unwrap();
    assert_eq!(exceeded(account.open(2)), "patterns");
    let second = account.open(1).unwrap();
    assert_eq!(exceeded(account.open(0)), "streams");
    drop(first);
    let third = account.open(9).unwrap();
    drop((second, third));
    account.set(quota("streams = 1"));
    assert!(account.open(100).is_ok());
}

#[test]
fn a_rate_of_bytes_is_written_as_a_number_or_with_a_unit() {
    assert_eq!(quota("bytes = 1024"), quota("bytes = '1KiB'"));
    for wrong in ["bytes = 0", "bytes = '8GiB'", "bytes = 'much'", "fetches = 0", "fetch = 1"] {
        assert!(toml::from_str::<Quota>(wrong).is_err(), "{wrong}");
    }
}
