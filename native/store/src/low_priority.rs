//! Work that waits for nobody and is waited for by nobody.

use std::io;
use std::panic::resume_unwind;
use std::thread;

/// Ten steps down have a tenth of the share of a thread that serves; it still goes on, since a flush may wait for a file
/// system's transaction that it is in.
#[cfg(target_os = "linux")]
const NICE: i32 = 10;

/// Runs this on a thread of its own that leaves the processor to others, and waits for it. A thread of its own, since without a
/// privilege a priority cannot be raised again.
pub fn at_low_priority<T: Send>(work: impl FnOnce() -> io::Result<T> + Send) -> io::Result<T> {
    thread::scope(|scope| {
        let lowered = || {
            // On Linux for this thread only. Without it the work is as right, and in the way.
            #[cfg(target_os = "linux")]
            let _ = rustix::process::nice(NICE);
            work()
        };
        let worker = thread::Builder::new().name("store-upkeep".to_owned()).spawn_scoped(scope, lowered)?;
        worker.join().unwrap_or_else(|panicked| resume_unwind(panicked))
    })
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn the_work_is_nicer_than_its_caller_and_the_caller_as_before() {
        let nice = || rustix::process::nice(0).map_err(io::Error::from);
        let before = nice().unwrap();
        assert_eq!(at_low_priority(nice).unwrap(), (before + NICE).min(19));
        assert_eq!(nice().unwrap(), before);
    }

    #[test]
    fn a_failure_is_handed_on() {
        let failed: io::Result<()> = at_low_priority(|| Err(io::Error::from(io::ErrorKind::StorageFull)));
        assert_eq!(failed.unwrap_err().kind(), io::ErrorKind::StorageFull);
    }
}
