//! Sockets that change hands between the event loops of one process.

use napi_derive::napi;

use crate::error::{Result, invalid_argument};

/// A second descriptor of the same socket or file, closed on `exec`. Whoever gets it closes it.
#[cfg(unix)]
#[napi(catch_unwind)]
pub fn duplicate_descriptor(descriptor: i32) -> Result<i32> {
    use std::os::fd::{BorrowedFd, IntoRawFd};

    if descriptor < 0 {
        return Err(invalid_argument(format!("{descriptor} is no descriptor; expected 0 or more")));
    }
    #[expect(unsafe_code, reason = "Node-API names descriptors by number")]
    // SAFETY: it is only read during this call; the system answers EBADF for a number that is not open.
    let borrowed = unsafe { BorrowedFd::borrow_raw(descriptor) };
    let duplicate = borrowed.try_clone_to_owned().map_err(|error| {
        invalid_argument(format!("descriptor {descriptor} cannot be duplicated: {error}"))
    })?;
    Ok(duplicate.into_raw_fd())
}

/// A second descriptor of the same socket or file, closed on `exec`. Whoever gets it closes it.
#[cfg(not(unix))]
#[napi(catch_unwind)]
pub fn duplicate_descriptor(_descriptor: i32) -> Result<i32> {
    Err(invalid_argument("this system has no descriptors of sockets"))
}
