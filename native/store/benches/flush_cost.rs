//! What a group commit costs beside a bare `write` and `fdatasync` of as many bytes on the same disk, on the file system of the temporary
//! directory: `cargo bench -p centaurmq-store --bench flush_cost`. Prints medians of interleaved rounds.
#![expect(clippy::print_stdout, reason = "a benchmark's result is what it prints")]

use std::error::Error;
use std::fs::OpenOptions;
use std::io::{Seek as _, SeekFrom, Write as _};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use centaurmq_store::disk::FileSystemDisk;
use centaurmq_store::{AckLevel, AppendBy, MessageToAppend, Store, StoreOptions, TagsCode, TopicSpec};

const HOST: &[u8] = &[127, 0, 0, 1, 0, 0, 0x2A, 0x9F];
const SEGMENT_BYTES: u64 = 256 << 20;
/// What the store writes ahead: neither side leaves it.
const FILLED_BYTES: u64 = 60 << 20;
const ROUNDS: usize = 5;
const ROUND: Duration = Duration::from_secs(1);
const NOW: i64 = 1_700_000_000_000;
const PIECE: &[u8] = &[0; 16 << 10];
const BODY: &[u8] = &[7; 1024];
const PROPERTIES: &[u8] = b"UNIQ_KEY\x017F00000100002A9F0000000000000001\x02WAIT\x01true\x02";

fn main() -> Result<(), Box<dyn Error>> {
    let directory = std::env::temp_dir().join(format!("centaurmq-flush-cost-{}", std::process::id()));
    for messages in [1, 16, 64] {
        let mut ratios = Vec::new();
        let mut rates = Vec::new();
        for _ in 0..ROUNDS {
            let store = store_rate(&directory, messages)?;
            let bare = bare_rate(&directory, store.group_bytes)?;
            rates.push(store.per_second);
            ratios.push(store.per_second / bare);
        }
        println!(
            "{messages:>3} messages a group: {:.0} groups/s, {:.2} of the bare rate ({:.2} … {:.2})",
            median(&mut rates),
            median(&mut ratios),
            ratios.first().copied().unwrap_or_default(),
            ratios.last().copied().unwrap_or_default(),
        );
    }
    Ok(())
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}

struct Rate {
    per_second: f64,
    group_bytes: usize,
}

/// Appends a group and flushes it, over and over.
fn store_rate(directory: &Path, messages: usize) -> Result<Rate, Box<dyn Error>> {
    let options = StoreOptions {
        segment_bytes: SEGMENT_BYTES,
        append_by: AppendBy::Writing,
        ..StoreOptions::default()
    };
    let (store, _) = Store::open(Arc::new(FileSystemDisk::new(directory)?), &options)?;
    let topic = store.define_topic(&TopicSpec {
        name: "Orders".to_owned(),
        read_queue_nums: 8,
        write_queue_nums: 8,
        perm: 6,
        ack_level: AckLevel::Fsync,
        hot_path: true,
    })?;
    store.prepare_space()?;
    let message = MessageToAppend {
        topic,
        queue_id: 0,
        flag: 0,
        sys_flag: 0,
        born_timestamp: NOW,
        born_host: HOST,
        store_host: HOST,
        reconsume_times: 0,
        prepared_transaction_offset: 0,
        tags_code: TagsCode::FromProperties,
        properties: PROPERTIES,
        properties_suffix: b"",
        parsed: None,
        body: BODY,
    };
    let started = Instant::now();
    let mut groups = 0_u32;
    while started.elapsed() < ROUND && store.appended_offset() < FILLED_BYTES {
        let mut appender = store.appender(NOW);
        for queue_id in (0..8).cycle().take(messages) {
            appender.append(&MessageToAppend { queue_id, ..message })?;
        }
        drop(appender);
        store.flush()?;
        groups += 1;
    }
    let per_second = f64::from(groups) / started.elapsed().as_secs_f64();
    let group_bytes = usize::try_from(store.appended_offset())? / groups as usize;
    store.close()?;
    std::fs::remove_dir_all(directory)?;
    Ok(Rate { per_second, group_bytes })
}

/// The same bytes written into a file that was written before, and `fdatasync`.
fn bare_rate(directory: &Path, group_bytes: usize) -> Result<f64, Box<dyn Error>> {
    std::fs::create_dir_all(directory)?;
    let path = directory.join("bare");
    let mut file = OpenOptions::new().read(true).write(true).create_new(true).open(&path)?;
    // In small pieces: what is written at once is written back at once, however little of it is dirty.
    for _ in 0..SEGMENT_BYTES / PIECE.len() as u64 {
        file.write_all(PIECE)?;
    }
    file.sync_all()?;
    file.seek(SeekFrom::Start(0))?;
    let group = vec![7; group_bytes];
    let (mut position, mut groups) = (0, 0_u32);
    let started = Instant::now();
    while started.elapsed() < ROUND && position + group_bytes as u64 <= FILLED_BYTES {
        file.write_all(&group)?;
        file.sync_data()?;
        position += group_bytes as u64;
        groups += 1;
    }
    let per_second = f64::from(groups) / started.elapsed().as_secs_f64();
    std::fs::remove_dir_all(directory)?;
    Ok(per_second)
}
