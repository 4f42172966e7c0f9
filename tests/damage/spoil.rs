//! Ways to spoil the files of a backlog, tried one by one on all cores.

use std::collections::BTreeMap;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use parking_lot::Mutex;

use crate::memory::Image;

/// One way.
#[derive(Clone)]
pub enum Spoil {
    /// Bits of one byte are others.
    Flip { name: Arc<str>, offset: usize, bits: u8 },
    /// A file ends early.
    Truncate { name: Arc<str>, len: usize },
    /// A file is gone.
    Remove { name: Arc<str> },
    /// Two files have each other's names.
    Swap { name: Arc<str>, other: Arc<str> },
    /// A file is a copy of another.
    Replace { name: Arc<str>, other: Arc<str> },
}

impl fmt::Debug for Spoil {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flip { name, offset, bits } => write!(f, "byte {offset} of `{name}` ^ {bits:#x}"),
            Self::Truncate { name, len } => write!(f, "`{name}` cut to {len} bytes"),
            Self::Remove { name } => write!(f, "`{name}` removed"),
            Self::Swap { name, other } => write!(f, "`{name}` and `{other}` swapped"),
            Self::Replace { name, other } => write!(f, "`{name}` is a copy of `{other}`"),
        }
    }
}

impl Spoil {
    /// The files afterwards.
    pub fn apply(&self, image: &Image) -> Image {
        let mut spoiled = image.clone();
        let mut change = |name: &str, change: &dyn Fn(&mut Vec<u8>)| {
            change(Arc::make_mut(spoiled.get_mut(name).unwrap()));
        };
        match self {
            Self::Flip { name, offset, bits } => change(name, &|bytes| bytes[*offset] ^= bits),
            Self::Truncate { name, len } => change(name, &|bytes| bytes.truncate(*len)),
            Self::Remove { name } => drop(spoiled.remove(&**name)),
            Self::Swap { name, other } => {
                spoiled.insert(name.to_string(), Arc::clone(&image[&**other]));
                spoiled.insert(other.to_string(), Arc::clone(&image[&**name]));
            }
            Self::Replace { name, other } => {
                spoiled.insert(name.to_string(), Arc::clone(&image[&**other]));
            }
        }
        spoiled
    }

    /// The files that are not what they were.
    pub fn files(&self) -> Vec<&str> {
        match self {
            Self::Flip { name, .. }
            | Self::Truncate { name, .. }
            | Self::Remove { name }
            | Self::Replace { name, .. } => vec![name],
            Self::Swap { name, other } => vec![name, other],
        }
    }
}

/// Every byte of every file, or each `stride`th from one that the seed chooses; which of its bits too.
pub fn flips(image: &Image, stride: usize, seed: u64) -> Vec<Spoil> {
    let mut rng = fastrand::Rng::with_seed(seed);
    let mut spoils = Vec::new();
    for (name, bytes) in image {
        let name: Arc<str> = name.as_str().into();
        for offset in (rng.usize(..stride)..bytes.len()).step_by(stride) {
            spoils.push(Spoil::Flip { name: Arc::clone(&name), offset, bits: rng.u8(1..) });
        }
    }
    spoils
}

/// Every length of a file, or each `stride`th.
pub fn truncations(image: &Image, name: &str, stride: usize, seed: u64) -> Vec<Spoil> {
    let first = fastrand::Rng::with_seed(seed).usize(..stride);
    let lengths = (first..image[name].len()).step_by(stride);
    lengths.map(|len| Spoil::Truncate { name: name.into(), len }).collect()
}

/// Every file removed, each two swapped, each replaced by each other.
pub fn files(image: &Image) -> Vec<Spoil> {
    let names: Vec<Arc<str>> = image.keys().map(|name| name.as_str().into()).collect();
    let mut spoils = Vec::new();
    for name in &names {
        spoils.push(Spoil::Remove { name: Arc::clone(name) });
        for other in names.iter().filter(|other| image[&***other] != image[&**name]) {
            let (name, other) = (Arc::clone(name), Arc::clone(other));
            if name < other {
                spoils.push(Spoil::Swap { name: Arc::clone(&name), other: Arc::clone(&other) });
            }
            spoils.push(Spoil::Replace { name, other });
        }
    }
    spoils
}

/// Tries all of them; `judge` says in a word what came of one, or what promise it broke. Returns how often each word
/// was said.
pub fn each(
    title: &str,
    seed: u64,
    spoils: &[Spoil],
    judge: impl Fn(&Spoil) -> Result<&'static str, String> + Sync,
) -> BTreeMap<&'static str, usize> {
    let counts: Mutex<BTreeMap<&'static str, usize>> = Mutex::default();
    let broken = in_parallel(spoils, |spoil| {
        let word = judge(spoil)?;
        *counts.lock().entry(word).or_default() += 1;
        Ok(())
    });
    let counts = counts.into_inner();
    println!("{title}: {} cases, {counts:?}, seed {seed}", spoils.len());
    let first = &broken[..broken.len().min(5)];
    assert!(broken.is_empty(), "{title}: {} broken, seed {seed}: {first:#?}", broken.len());
    counts
}

/// Judges all cases on all cores; returns those that break a promise, or panic, with what they break.
pub fn in_parallel<T: fmt::Debug + Sync>(
    cases: &[T],
    judge: impl Fn(&T) -> Result<(), String> + Sync,
) -> Vec<String> {
    let (next, broken) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    let work = || {
        while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
            let judged = catch_unwind(AssertUnwindSafe(|| judge(case)));
            if let Err(what) = judged.unwrap_or_else(|_| Err("it panicked".into())) {
                broken.lock().push(format!("{case:?}: {what}"));
            }
        }
    };
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| (0..cores).for_each(|_| drop(scope.spawn(work))));
    broken.into_inner()
}
