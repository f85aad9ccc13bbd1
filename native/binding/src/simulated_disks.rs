//! Disks in memory with faults, for simulation: a store is opened on one, abandoned, and opened again on what a death left.

use std::sync::{Mutex, PoisonError};

use centaurmq_store::disk::SimulatedDisk;
use napi_derive::napi;
use serde::Deserialize;
use serde_json::json;

use crate::error::{Result, invalid_argument};
use crate::registry;

/// Numbers are never used again.
static DISKS: Mutex<Vec<Option<SimulatedDisk>>> = Mutex::new(Vec::new());

#[derive(Deserialize)]
#[serde(tag = "task", rename_all = "camelCase", rename_all_fields = "camelCase", deny_unknown_fields)]
enum DiskTask {
    Create,
    PowerLoss { disk: u32, seed: u64 },
    ProcessDeath { disk: u32 },
    FailSyncsAfter { disk: u32, count: Option<u64> },
    FailWrites { disk: u32, fail: bool },
    SetCapacity { disk: u32, bytes: Option<u64> },
    FlipBit { disk: u32, path: String, position: u32, bit: u8 },
    Files { disk: u32 },
    Status { disk: u32 },
    Release { disk: u32 },
}

/// One thing to do with a simulated disk; returns JSON.
///
/// `{"task":"create"}` → `{"disk":n}`, an empty disk that forgets at a power loss what was not synced; stores are opened on it with
/// `{"disk":"simulated","simulatedDisk":n}`. `{"task":"powerLoss","disk":n,"seed":s}` and `{"task":"processDeath","disk":n}` →
/// `{"disk":m}`: what is left for the next life; disk n stays as it is and is no longer written to by anybody who counts.
/// `"failSyncsAfter"` (`count`: so many succeed; null ends it), `"failWrites"` (`fail`), `"setCapacity"` (`bytes`; null: no limit)
/// → `{}`. `"flipBit"` (`path`, `position`, `bit`) → `{"flipped":bool}`. `"files"` → `{"files":["…"]}`. `"status"` →
/// `{"usedBytes":n,"syncCount":n}`. `"release"` → `{}`.
#[napi(catch_unwind)]
pub fn simulated_disk(task_json: String) -> Result<String> {
    let task: DiskTask = serde_json::from_str(&task_json)
        .map_err(|error| invalid_argument(format!("the task of simulatedDisk: {error}")))?;
    let answer = match task {
        DiskTask::Create => json!({ "disk": add(SimulatedDisk::new()) }),
        DiskTask::PowerLoss { disk, seed } => json!({ "disk": add(get(disk)?.crash(seed)) }),
        DiskTask::ProcessDeath { disk } => json!({ "disk": add(get(disk)?.process_death()) }),
        DiskTask::FailSyncsAfter { disk, count } => {
            get(disk)?.fail_syncs_after(count);
            json!({})
        }
        DiskTask::FailWrites { disk, fail } => {
            get(disk)?.fail_writes(fail);
            json!({})
        }
        DiskTask::SetCapacity { disk, bytes } => {
            get(disk)?.set_capacity(bytes.unwrap_or(u64::MAX));
            json!({})
        }
        DiskTask::FlipBit { disk, path, position, bit } => {
            json!({ "flipped": get(disk)?.flip_bit(&path, position as usize, bit) })
        }
        DiskTask::Files { disk } => json!({ "files": get(disk)?.file_names() }),
        DiskTask::Status { disk } => {
            let disk = get(disk)?;
            json!({ "usedBytes": disk.used_bytes(), "syncCount": disk.sync_count() })
        }
        DiskTask::Release { disk } => {
            take(disk)?;
            json!({})
        }
    };
    Ok(answer.to_string())
}

/// Forgets an open store as the death of its process does: nothing is flushed, no checkpoint is written, the `abort` mark stays. For
/// stores on simulated disks; the next life opens what `processDeath` or `powerLoss` left. The number is not used again.
#[napi(catch_unwind)]
pub fn abandon(store: u32) -> Result<()> {
    registry::remove(store).map(drop)
}

/// The disk with this number.
pub fn get(disk: u32) -> Result<SimulatedDisk> {
    let disks = DISKS.lock().unwrap_or_else(PoisonError::into_inner);
    disks.get(disk as usize).cloned().flatten().ok_or_else(|| unknown(disk))
}

fn add(disk: SimulatedDisk) -> u32 {
    let mut disks = DISKS.lock().unwrap_or_else(PoisonError::into_inner);
    disks.push(Some(disk));
    u32::try_from(disks.len() - 1).unwrap_or(u32::MAX)
}

fn take(disk: u32) -> Result<SimulatedDisk> {
    let mut disks = DISKS.lock().unwrap_or_else(PoisonError::into_inner);
    disks.get_mut(disk as usize).and_then(Option::take).ok_or_else(|| unknown(disk))
}

fn unknown(disk: u32) -> napi::Error<crate::error::ErrorCode> {
    invalid_argument(format!("there is no simulated disk {disk} in this process"))
}
