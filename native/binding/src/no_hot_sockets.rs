//! Systems on which the hot path has no sockets of its own.

use napi_derive::napi;

use crate::error::{Result, invalid_argument};

/// Only on Linux: elsewhere the constructor throws.
#[napi]
pub struct HotSockets {}

#[napi]
impl HotSockets {
    #[napi(constructor, catch_unwind)]
    pub fn new(_store: u32) -> Result<Self> {
        Err(invalid_argument("on this system the hot path has no sockets of its own"))
    }
}
