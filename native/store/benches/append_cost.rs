//! What one append costs, on the file system of the temporary directory: `cargo bench -p centaurmq-store`.
//!
//! Prints nanoseconds per message: the record alone, with the consume queue, with the index.
#![expect(clippy::print_stdout, reason = "a benchmark's result is what it prints")]

use std::error::Error;
use std::sync::Arc;

use centaurmq_store::disk::FileSystemDisk;
use centaurmq_store::{
    AckLevel, MessageToAppend, ParsedProperties, Store, StoreOptions, TagsCode, TopicSpec,
};

const HOST: &[u8] = &[127, 0, 0, 1, 0, 0, 0x2A, 0x9F];
const MESSAGES: u64 = 2_000_000;
const CHUNK: u64 = 16;

fn main() -> Result<(), Box<dyn Error>> {
    for (index, body) in [(false, 100), (true, 100), (false, 1024), (true, 1024)] {
        let directory = std::env::temp_dir().join(format!("centaurmq-append-cost-{}", std::process::id()));
        let nanos = measure(&directory, index, body)?;
        std::fs::remove_dir_all(&directory)?;
        println!("{body:>5} B body, index {index:<5}: {nanos:.0} ns per message");
    }
    Ok(())
}

/// This thread's processor time: on a shared machine elapsed time measures the neighbours.
fn processor_nanos() -> i64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    time.tv_sec * 1_000_000_000 + time.tv_nsec
}

fn measure(directory: &std::path::Path, index: bool, body_length: usize) -> Result<f64, Box<dyn Error>> {
    let options = StoreOptions { index_enabled: index, segment_bytes: 1 << 30, ..StoreOptions::default() };
    let (store, _) = Store::open(Arc::new(FileSystemDisk::new(directory)?), &options)?;
    let topic = store.define_topic(&TopicSpec {
        name: "Orders".to_owned(),
        read_queue_nums: 8,
        write_queue_nums: 8,
        perm: 6,
        ack_level: AckLevel::Os,
        hot_path: true,
    })?;
    store.prepare_segment()?;
    let body = vec![7; body_length];
    let mut nanos = 0_i64;
    let messages = MESSAGES.min((1 << 30) / (body_length as u64 + 300));
    let mut number = 0_u64;
    while number < messages {
        let keys: Vec<String> =
            (0..CHUNK).map(|at| format!("7F00000100002A9F{:016X}", number + at)).collect();
        let properties: Vec<String> = keys
            .iter()
            .map(|key| format!("UNIQ_KEY\u{1}{key}\u{2}WAIT\u{1}true\u{2}TAGS\u{1}TagA\u{2}"))
            .collect();
        let started = processor_nanos();
        let mut appender = store.appender(1_700_000_000_000);
        for (key, properties) in keys.iter().zip(&properties) {
            let queue_id = i32::try_from(number % 8)?;
            appender.append(&MessageToAppend {
                topic,
                queue_id,
                flag: 0,
                sys_flag: 0,
                born_timestamp: 1_700_000_000_000,
                born_host: HOST,
                store_host: HOST,
                reconsume_times: 0,
                prepared_transaction_offset: 0,
                tags_code: TagsCode::FromProperties,
                properties: properties.as_bytes(),
                properties_suffix:
                    b"MSG_REGION\x01DefaultRegion\x02TRACE_ON\x01true\x02CLUSTER\x01DefaultCluster\x02",
                parsed: Some(ParsedProperties {
                    tags: Some(b"TagA"),
                    keys: None,
                    unique_key: Some(key.as_bytes()),
                }),
                body: &body,
            })?;
            number += 1;
        }
        drop(appender);
        nanos += processor_nanos() - started;
    }
    store.close()?;
    #[expect(clippy::cast_precision_loss, reason = "a printed average")]
    Ok(nanos as f64 / number as f64)
}
