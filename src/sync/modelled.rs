//! Loom's locks and wakers, with the interfaces of those that the crate is built with.
#![allow(clippy::expect_used, clippy::indexing_slicing)] // A model may panic: that is how it fails.

use std::borrow::Borrow;
use std::collections::BTreeMap;
use std::ops::{Deref, DerefMut};
use std::task::Waker;
use std::time::Duration;

pub(crate) use loom::sync::atomic;
use loom::sync::{RwLockReadGuard, RwLockWriteGuard};

/// No thread of a model panics while it holds a lock, unless the model has failed.
const WHOLE: &str = "no thread panicked";
/// How often one thread is stopped for another in one run of a model. Nearly all that can go wrong does with two.
#[cfg(test)]
const PREEMPTIONS: usize = 3;

/// Runs a model in each way in which its threads can come between each other.
#[cfg(test)]
pub(crate) fn model(run: impl Fn() + Sync + Send + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = builder.preemption_bound.or(Some(PREEMPTIONS));
    builder.check(run);
}

/// For [`parking_lot::Mutex`].
#[derive(Debug, Default)]
pub(crate) struct Mutex<T>(loom::sync::Mutex<T>);

impl<T> Mutex<T> {
    pub fn new(value: T) -> Self {
        Self(loom::sync::Mutex::new(value))
    }

    pub fn lock(&self) -> MutexGuard<'_, T> {
        MutexGuard(Some(self.0.lock().expect(WHOLE)))
    }
}

/// Empty only while its lock is lent to a [`Condvar`].
pub(crate) struct MutexGuard<'a, T>(Option<loom::sync::MutexGuard<'a, T>>);

impl<T> Deref for MutexGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.0.as_ref().expect(WHOLE)
    }
}

impl<T> DerefMut for MutexGuard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        self.0.as_mut().expect(WHOLE)
    }
}

/// For [`parking_lot::Condvar`]. Time does not pass: who waits for a while waits until woken, so that a lost wake-up
/// is a deadlock, which fails the model.
#[derive(Debug, Default)]
pub(crate) struct Condvar(loom::sync::Condvar);

impl Condvar {
    pub fn notify_one(&self) {
        self.0.notify_one();
    }

    pub fn wait_for<T>(&self, guard: &mut MutexGuard<'_, T>, _at_most: Duration) {
        let held = guard.0.take().expect(WHOLE);
        guard.0 = Some(self.0.wait(held).expect(WHOLE));
    }
}

/// For [`parking_lot::RwLock`].
#[derive(Debug, Default)]
pub(crate) struct RwLock<T>(loom::sync::RwLock<T>);

impl<T> RwLock<T> {
    pub fn read(&self) -> RwLockReadGuard<'_, T> {
        self.0.read().expect(WHOLE)
    }

    pub fn write(&self) -> RwLockWriteGuard<'_, T> {
        self.0.write().expect(WHOLE)
    }
}

/// For [`atomic_waker::AtomicWaker`].
#[derive(Debug, Default)]
pub(crate) struct AtomicWaker(loom::future::AtomicWaker);

impl AtomicWaker {
    pub fn new() -> Self {
        Self::default()
    }

    pub fn register(&self, waker: &Waker) {
        self.0.register_by_ref(waker);
    }

    pub fn wake(&self) {
        self.0.wake();
    }
}

/// For [`dashmap::DashMap`]: one shard, whose lock is held exactly as long, but for `get` and `iter`,
/// which give out clones.
#[derive(Debug)]
pub(crate) struct DashMap<K, V>(Mutex<BTreeMap<K, V>>);

impl<K: Ord, V> Default for DashMap<K, V> {
    fn default() -> Self {
        Self(Mutex::new(BTreeMap::new()))
    }
}

impl<K: Ord + Clone, V: Clone> DashMap<K, V> {
    pub fn get<Q: Ord + ?Sized>(&self, key: &Q) -> Option<V>
    where
        K: Borrow<Q>,
    {
        self.0.lock().get(key).cloned()
    }

    pub fn entry(&self, key: K) -> Entry<'_, K, V> {
        Entry { map: self.0.lock(), key }
    }

    pub fn remove_if(&self, key: &K, drop_it: impl FnOnce(&K, &V) -> bool) -> Option<(K, V)> {
        let mut map = self.0.lock();
        map.get(key).is_some_and(|value| drop_it(key, value)).then(|| map.remove_entry(key))?
    }

    pub fn iter(&self) -> impl Iterator<Item = Pair<K, V>> {
        let held = self.0.lock();
        let pairs: Vec<_> =
            held.iter().map(|(key, value)| Pair(key.clone(), value.clone())).collect();
        pairs.into_iter()
    }

    pub fn is_empty(&self) -> bool {
        self.0.lock().is_empty()
    }
}

/// A key and its value.
pub(crate) struct Pair<K, V>(K, V);

impl<K, V> Pair<K, V> {
    pub fn key(&self) -> &K {
        &self.0
    }
}

impl<K, V> Deref for Pair<K, V> {
    type Target = V;

    fn deref(&self) -> &V {
        &self.1
    }
}

/// A place in a map, which is locked until this is dropped.
pub(crate) struct Entry<'a, K, V> {
    map: MutexGuard<'a, BTreeMap<K, V>>,
    key: K,
}

impl<K: Ord + Clone, V> Entry<'_, K, V> {
    pub fn or_default(mut self) -> Self
    where
        V: Default,
    {
        self.map.entry(self.key.clone()).or_default();
        self
    }
}

impl<K: Ord, V> Deref for Entry<'_, K, V> {
    type Target = V;

    fn deref(&self) -> &V {
        &self.map[&self.key]
    }
}
