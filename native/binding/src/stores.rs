//! Opening, closing and looking after stores.

use std::net::IpAddr;
use std::sync::Arc;
use std::thread;

use centaurmq_store::disk::{DiskSpace, FileSystemDisk, SimulatedDisk};
use centaurmq_store::ingest::{BrokerIdentity, HotPathIdentity};
use centaurmq_store::metadata::Metadata;
use centaurmq_store::{
    AckLevel, AppendBy, Disk, RecoveryReport, RetentionPolicy, RetentionReport, StartKind, Store,
    StoreOptions, StoreStatus, TopicSpec,
};
use napi::threadsafe_function::{ThreadsafeFunction, ThreadsafeFunctionCallMode};
use napi_derive::napi;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::error::{Result, invalid_argument, store_error};
use crate::json::parse;
use crate::numbers::{integer, number};
use crate::registry::{self, OpenStore};
use crate::simulated_disks;

/// For `onFlushed`.
const FLUSH_FAILED: f64 = -1.0;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct OpenOptions {
    disk: DiskKind,
    directory: Option<String>,
    simulated_disk: Option<u32>,
    segment_bytes: Option<u64>,
    append_by: Option<AppendByName>,
    consume_queue_file_entries: Option<u32>,
    index_enabled: Option<bool>,
    index_slots: Option<u32>,
    index_entries: Option<u32>,
    body_bytes_max: Option<u32>,
    queue_count_max: Option<u32>,
    cut_damage_at: Option<u64>,
    verify_on_open: Option<bool>,
    rebuild_on_open: Option<bool>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
enum AppendByName {
    Mapping,
    Writing,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
enum DiskKind {
    Directory,
    Memory,
    Simulated,
}

impl OpenOptions {
    fn store_options(&self) -> StoreOptions {
        let defaults = StoreOptions::default();
        StoreOptions {
            segment_bytes: self.segment_bytes.unwrap_or(defaults.segment_bytes),
            append_by: match self.append_by {
                None => defaults.append_by,
                Some(AppendByName::Mapping) => AppendBy::Mapping,
                Some(AppendByName::Writing) => AppendBy::Writing,
            },
            consume_queue_file_entries: self
                .consume_queue_file_entries
                .unwrap_or(defaults.consume_queue_file_entries),
            index_enabled: self.index_enabled.unwrap_or(defaults.index_enabled),
            index_slots: self.index_slots.unwrap_or(defaults.index_slots),
            index_entries: self.index_entries.unwrap_or(defaults.index_entries),
            body_bytes_max: self.body_bytes_max.unwrap_or(defaults.body_bytes_max),
            queue_count_max: self.queue_count_max.unwrap_or(defaults.queue_count_max),
            cut_damage_at: self.cut_damage_at,
            verify_on_open: self.verify_on_open.unwrap_or(defaults.verify_on_open),
            rebuild_on_open: self.rebuild_on_open.unwrap_or(defaults.rebuild_on_open),
            ..defaults
        }
    }

    fn disk(&self) -> Result<Arc<dyn Disk>> {
        match (&self.disk, &self.directory, self.simulated_disk) {
            (DiskKind::Memory, None, None) => Ok(Arc::new(SimulatedDisk::in_memory())),
            (DiskKind::Simulated, None, Some(disk)) => Ok(Arc::new(simulated_disks::get(disk)?)),
            (DiskKind::Directory, Some(directory), None) => match FileSystemDisk::new(directory) {
                Ok(disk) => Ok(Arc::new(disk)),
                Err(error) => {
                    Err(invalid_argument(format!("cannot use the store directory {directory}: {error}")))
                }
            },
            (DiskKind::Memory, ..) => {
                Err(invalid_argument("a store in memory has no directory and no simulated disk"))
            }
            (DiskKind::Simulated, ..) => Err(invalid_argument(
                "a simulated store needs the number of its simulated disk, and no directory",
            )),
            (DiskKind::Directory, ..) => {
                Err(invalid_argument("a store on disk needs a directory, and no simulated disk"))
            }
        }
    }
}

/// Blocking. Opens or creates a store and recovers it.
///
/// `optionsJson`: `{"disk":"directory","directory":"…"}`, `{"disk":"memory"}` or `{"disk":"simulated","simulatedDisk":n}`
/// (`simulatedDisk`), and optionally `segmentBytes` (1 GiB), `appendBy` ("mapping", or "writing"
/// where acknowledgements wait for the disk),
/// `consumeQueueFileEntries` (300 000), `indexEnabled` (true), `indexSlots` (5 000 000), `indexEntries` (20 000 000),
/// `bodyBytesMax` (4 MiB), `queueCountMax` (65 536), `cutDamageAt`, `verifyOnOpen`, `rebuildOnOpen`.
///
/// Returns `{"store":n,"report":{…}}`: the store's number in this process, and what recovery found and did (`startKind`
/// "new" | "clean" | "unclean", `bytesScanned`, `recordsScanned`, `scannedFrom`, `minOffset`, `endOffset`, `cut`, …).
/// Throws with `code` STORE_LOCKED, STORE_DAMAGED, STORE_IO, STORE_FILE_MALFORMED, OPTION_REJECTED, INVALID_ARGUMENT.
#[napi(catch_unwind)]
pub fn open(options_json: String) -> Result<String> {
    let options: OpenOptions = parse("the options of open", &options_json)?;
    let (store, report) =
        Store::open(options.disk()?, &options.store_options()).map_err(|error| store_error(&error))?;
    let metadata = Metadata::open(store.disk().as_ref()).map_err(|error| store_error(&error))?;
    let store = registry::add(OpenStore::new(store, metadata));
    Ok(json!({ "store": store, "report": report_json(&report) }).to_string())
}

fn report_json(report: &RecoveryReport) -> Value {
    json!({
        "startKind": match report.start_kind {
            StartKind::New => "new",
            StartKind::Clean => "clean",
            StartKind::Unclean => "unclean",
        },
        "previousProcess": report.previous_process,
        "bytesScanned": report.bytes_scanned,
        "recordsScanned": report.records_scanned,
        "scannedFrom": report.scanned_from,
        "minOffset": report.min_offset,
        "endOffset": report.end_offset,
        "cut": report.cut.as_ref().map(|cut| json!({
            "commitLogOffset": cut.commit_log_offset,
            "bytes": cut.bytes,
            "path": cut.path,
            "reason": cut.reason,
        })),
        "queueEntriesRebuilt": report.queue_entries_rebuilt,
        "queues": report.queues,
        "queuesRebuiltBecause": report.queues_rebuilt_because,
        "indexEntriesRebuilt": report.index_entries_rebuilt,
        "indexRebuiltBecause": report.index_rebuilt_because,
        "millis": report.millis,
    })
}

/// Blocking. Flushes everything, writes the checkpoint, removes the `abort` mark and releases the directory. The number is
/// not used again.
#[napi(catch_unwind)]
pub fn close(store: u32, _now_millis: f64) -> Result<()> {
    let open = registry::remove(store)?;
    open.metadata.close();
    open.store.close().map_err(|error| store_error(&error))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct IdentityOptions {
    store_host: IpAddr,
    store_port: u16,
    cluster_name: String,
    region_id: String,
    trace_on: bool,
    version: i16,
}

/// Sets the constants of records and of hot-path responses: `{"storeHost":"1.2.3.4","storePort":10911,"clusterName":"…",
/// "brokerName":"…","regionId":"…","traceOn":true,"version":479}`. `storeHost` is an IPv4 or IPv6 literal. Must come
/// before the first append; may be called again.
#[napi(catch_unwind)]
pub fn configure(store: u32, identity_json: String) -> Result<()> {
    let identity: IdentityOptions = parse("the identity of configure", &identity_json)?;
    let identity = BrokerIdentity {
        store_host: identity.store_host,
        store_port: identity.store_port,
        cluster_name: identity.cluster_name,
        region_id: identity.region_id,
        trace_on: identity.trace_on,
        version: identity.version,
    };
    registry::get(store)?.set_identity(HotPathIdentity::new(&identity));
    Ok(())
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct TopicOptions {
    name: String,
    read_queue_nums: u32,
    write_queue_nums: u32,
    perm: u32,
    ack_level: AckLevelName,
    hot_path: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
enum AckLevelName {
    Os,
    Fsync,
}

/// Creates or updates a topic and returns its handle: `{"name":"…","readQueueNums":8,"writeQueueNums":8,"perm":6,
/// "ackLevel":"os"|"fsync","hotPath":true}`. Handles are good until `deleteTopic` or `close`.
#[napi(catch_unwind)]
pub fn define_topic(store: u32, spec_json: String) -> Result<u32> {
    let options: TopicOptions = parse("the topic of defineTopic", &spec_json)?;
    let spec = TopicSpec {
        name: options.name,
        read_queue_nums: options.read_queue_nums,
        write_queue_nums: options.write_queue_nums,
        perm: options.perm,
        ack_level: match options.ack_level {
            AckLevelName::Os => AckLevel::Os,
            AckLevelName::Fsync => AckLevel::Fsync,
        },
        hot_path: options.hot_path,
    };
    registry::get(store)?.store.define_topic(&spec).map_err(|error| store_error(&error))
}

/// Blocking. Forgets the topic's queues and removes their files; its messages stay in the log until retention.
#[napi(catch_unwind)]
pub fn delete_topic(store: u32, topic: u32) -> Result<()> {
    registry::get(store)?.store.delete_topic(topic).map_err(|error| store_error(&error))
}

/// Blocking group commit: makes durable what was appended before the call and returns the flushed commit log offset. One
/// runs at a time; callers meanwhile share the next. Throws with `code` STORE_POISONED after a failed fsync.
#[napi(catch_unwind)]
pub fn flush(store: u32) -> Result<f64> {
    registry::get(store)?.store.flush().map(number).map_err(|error| store_error(&error))
}

/// Called after each flush, on the thread of the caller of `startFlusher`.
type FlushedCallback = ThreadsafeFunction<f64, (), f64, napi::Status, false>;

/// Starts the thread that makes durable what `wantFlush` asks for, one group after the other, until `close`; at most once for
/// a store. `onFlushed` gets the flushed commit log offset after each; -1 once when a flush failed, and `status` has the reason.
#[napi(catch_unwind, ts_args_type = "store: number, onFlushed: (flushedOffset: number) => void")]
pub fn start_flusher(store: u32, on_flushed: FlushedCallback) -> Result<()> {
    let open = registry::get(store)?;
    let serve = move || {
        open.store.serve_flushes(|flushed| {
            let flushed_offset = flushed.map_or(FLUSH_FAILED, number);
            on_flushed.call(flushed_offset, ThreadsafeFunctionCallMode::NonBlocking);
        });
    };
    let started = thread::Builder::new().name("store-flusher".to_owned()).spawn(serve);
    started.map(drop).map_err(|error| invalid_argument(format!("no thread for the flusher: {error}")))
}

/// Asks the flusher for everything that was appended until now.
#[napi(catch_unwind)]
pub fn want_flush(store: u32) -> Result<()> {
    let open = registry::get(store)?;
    open.store.want_flush(open.store.appended_offset());
    Ok(())
}

#[derive(Deserialize)]
#[serde(tag = "task", rename_all = "camelCase", rename_all_fields = "camelCase")]
enum MaintenanceTask {
    PrepareSpace,
    WarmSegment {
        bytes_max: u64,
    },
    FlushQueues,
    Checkpoint,
    Retain {
        now_millis: f64,
        age_millis_max: Option<f64>,
        log_bytes_max: Option<u64>,
        #[serde(default)]
        segment_count_max: u32,
    },
    Statistics,
    Verify,
}

/// Blocking. One task of upkeep; returns its report as JSON.
///
/// `{"task":"prepareSpace"}` (written space behind the log's end, the next segment) → `{"prepared":bool}` (a segment); `{"task":"warmSegment","bytesMax":n}` → `{"bytesWarmed":n}`;
/// `"flushQueues"` and `"checkpoint"` → `{"checkpointOffset":n}`;
/// `{"task":"retain","nowMillis":n,"ageMillisMax":n|null,"logBytesMax":n|null,"segmentCountMax":n}` → what was deleted;
/// `"statistics"` → as `status`; `"verify"` → `{"bytesVerified":n}`.
#[napi(catch_unwind)]
pub fn maintain(store: u32, task_json: String) -> Result<String> {
    let task: MaintenanceTask = parse("the task of maintain", &task_json)?;
    let open = registry::get(store)?;
    let store = &open.store;
    let report = match task {
        MaintenanceTask::PrepareSpace => {
            store.prepare_space().map(|prepared| json!({ "prepared": prepared }))
        }
        MaintenanceTask::WarmSegment { bytes_max } => {
            store.warm_segment(bytes_max).map(|bytes| json!({ "bytesWarmed": bytes }))
        }
        MaintenanceTask::FlushQueues | MaintenanceTask::Checkpoint => {
            store.checkpoint().map(|offset| json!({ "checkpointOffset": offset }))
        }
        MaintenanceTask::Retain { now_millis, age_millis_max, log_bytes_max, segment_count_max } => {
            let policy = RetentionPolicy {
                now_millis: integer(now_millis),
                age_millis_max: age_millis_max.map(integer),
                log_bytes_max,
                segment_count_max,
            };
            store.retain(&policy).map(|report| retention_json(&report))
        }
        MaintenanceTask::Statistics => Ok(status_json(&store.status())),
        MaintenanceTask::Verify => store.verify().map(|bytes| json!({ "bytesVerified": bytes })),
    };
    report.map(|report| report.to_string()).map_err(|error| store_error(&error))
}

fn retention_json(report: &RetentionReport) -> Value {
    json!({
        "segmentsDeleted": report.segments_deleted,
        "segmentsBusy": report.segments_busy,
        "consumeQueueFilesDeleted": report.consume_queue_files_deleted,
        "indexFilesDeleted": report.index_files_deleted,
        "bytesFreed": report.bytes_freed,
        "minOffset": report.min_offset,
    })
}

/// Watermarks and state as JSON: `minOffset`, `appendedOffset`, `flushedOffset`, `checkpointOffset` (commit log offsets),
/// `groupCommitCount` (flushes since the store was opened), `segmentCount`, `segmentPrepared`, `topicCount`, `queueCount`, `consumeQueueMappedCount`, `indexFileCount`, `space`
/// (`{"totalBytes":n,"freeBytes":n,"availableBytes":n}` or null), `poisonReason` (or null).
#[napi(catch_unwind)]
pub fn status(store: u32) -> Result<String> {
    Ok(status_json(&registry::get(store)?.store.status()).to_string())
}

fn space_json(space: DiskSpace) -> Value {
    json!({
        "totalBytes": space.total_bytes,
        "freeBytes": space.free_bytes,
        "availableBytes": space.available_bytes,
    })
}

fn status_json(status: &StoreStatus) -> Value {
    json!({
        "minOffset": status.min_offset,
        "appendedOffset": status.appended_offset,
        "flushedOffset": status.flushed_offset,
        "checkpointOffset": status.checkpoint_offset,
        "groupCommitCount": status.group_commit_count,
        "segmentCount": status.segment_count,
        "segmentPrepared": status.segment_prepared,
        "topicCount": status.topic_count,
        "queueCount": status.queue_count,
        "consumeQueueMappedCount": status.consume_queue_mapped_count,
        "indexFileCount": status.index_file_count,
        "space": status.space.map(space_json),
        "poisonReason": status.poison_reason,
    })
}
