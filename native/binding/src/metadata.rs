//! The transactional tables.

use centaurmq_store::metadata::decode_batch;
use napi::bindgen_prelude::Uint8Array;
use napi_derive::napi;

use crate::error::{Result, invalid_argument, store_error};
use crate::registry;

/// Blocking. Every entry of a table in key order: `keyLength u32 | key | valueLength u32 | value`, repeated, big-endian. A
/// table that was never written has none.
#[napi(catch_unwind)]
pub fn metadata_scan(store: u32, table: String) -> Result<Uint8Array> {
    let mut entries = Vec::new();
    registry::get(store)?.metadata.scan(&table, &mut entries).map_err(|error| store_error(&error))?;
    Ok(Uint8Array::new(entries))
}

/// Blocking. Applies a batch, all or nothing; durable when it returns. A failed fsync stops the writes of the whole store, as one of
/// the log does.
///
/// `batch`, big-endian: `operation u8 (0 put, 1 delete) | tableLength u32 | table | keyLength u32 | key`, and for a put
/// `| valueLength u32 | value`, repeated. A table's name has at most 128 bytes, a key 64 KiB, a value 64 MiB.
#[napi(catch_unwind)]
pub fn metadata_commit(store: u32, batch: &[u8]) -> Result<()> {
    let operations = decode_batch(batch).map_err(|error| invalid_argument(error.to_string()))?;
    let open = registry::get(store)?;
    open.metadata.commit(&operations).map_err(|error| {
        if open.metadata.sync_has_failed() {
            open.store.poison(&error);
        }
        store_error(&error)
    })
}
