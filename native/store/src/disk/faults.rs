//! What can go wrong on a simulated disk, and chance from a seed.

use std::fmt;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use parking_lot::Mutex;

/// Chance from a seed (splitmix64): the same seed gives the same disk.
#[derive(Debug, Clone)]
pub struct Chance {
    state: u64,
}

impl Chance {
    pub fn new(seed: u64) -> Self {
        Self { state: seed }
    }

    pub fn draw(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.state ^ (self.state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number in `0..limit`; 0 when the limit is 0.
    pub fn below(&mut self, limit: usize) -> usize {
        let limit = limit.max(1) as u64;
        usize::try_from(self.draw() % limit).unwrap_or(0)
    }

    pub fn coin(&mut self) -> bool {
        self.draw() & 1 == 1
    }
}

pub type DiskHook = Box<dyn Fn(&str) + Send + Sync>;

/// What can go wrong, shared by all files of a disk.
pub(super) struct Faults {
    pub(super) tracked: bool,
    pub(super) writes_fail: AtomicBool,
    pub(super) syncs_until_failure: AtomicU64,
    pub(super) capacity_bytes: AtomicU64,
    pub(super) used_bytes: AtomicU64,
    pub(super) sync_count: AtomicU64,
    pub(super) before_open: Mutex<Option<Arc<DiskHook>>>,
    pub(super) before_sync: Mutex<Option<Arc<DiskHook>>>,
}

impl fmt::Debug for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Faults")
            .field("tracked", &self.tracked)
            .field("used_bytes", &self.used_bytes)
            .finish_non_exhaustive()
    }
}

impl Faults {
    pub(super) fn new(tracked: bool, capacity_bytes: u64, used_bytes: u64) -> Self {
        Self {
            tracked,
            writes_fail: AtomicBool::new(false),
            syncs_until_failure: AtomicU64::new(u64::MAX),
            capacity_bytes: AtomicU64::new(capacity_bytes),
            used_bytes: AtomicU64::new(used_bytes),
            sync_count: AtomicU64::new(0),
            before_open: Mutex::new(None),
            before_sync: Mutex::new(None),
        }
    }

    pub(super) fn before_write(&self, name: &str) -> io::Result<()> {
        if self.writes_fail.load(Ordering::Relaxed) {
            return Err(io::Error::other(format!("simulated write failure on {name}")));
        }
        Ok(())
    }

    pub(super) fn before_open(&self, name: &str) {
        call(&self.before_open, name);
    }

    pub(super) fn before_sync(&self, name: &str) -> io::Result<()> {
        self.sync_count.fetch_add(1, Ordering::Relaxed);
        call(&self.before_sync, name);
        let left = self.syncs_until_failure.load(Ordering::Relaxed);
        if left == u64::MAX {
            return Ok(());
        }
        if left == 0 {
            return Err(io::Error::other(format!("simulated fsync failure on {name}")));
        }
        self.syncs_until_failure.store(left - 1, Ordering::Relaxed);
        Ok(())
    }

    pub(super) fn reserve(&self, bytes: u64, name: &str) -> io::Result<()> {
        let capacity = self.capacity_bytes.load(Ordering::Relaxed);
        let reserved = self.used_bytes.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |used| {
            used.checked_add(bytes).filter(|sum| *sum <= capacity || bytes == 0)
        });
        match reserved {
            Ok(_) => Ok(()),
            Err(used) => Err(io::Error::new(
                io::ErrorKind::StorageFull,
                format!(
                    "{name} needs {bytes} bytes, {} of {capacity} are free",
                    capacity.saturating_sub(used)
                ),
            )),
        }
    }

    pub(super) fn release(&self, bytes: u64) {
        let _ = self
            .used_bytes
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |used| Some(used.saturating_sub(bytes)));
    }
}

/// The hook may use the disk, and may change the hooks.
fn call(hook: &Mutex<Option<Arc<DiskHook>>>, name: &str) {
    let hook = hook.lock().clone();
    if let Some(hook) = hook {
        hook(name);
    }
}
