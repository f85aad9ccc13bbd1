//! What one send costs through the hot path with few queues and with many: `cargo bench -p centaurmq-store --bench many_queues`.
//!
//! Chunks of pipelined sends as a socket gives them, on the file system of the temporary directory (`TMPDIR`), the two stores in
//! turn. Every queue has had a message before anything is counted. Prints processor nanoseconds per message.
#![expect(clippy::print_stdout, reason = "a benchmark's result is what it prints")]

use std::error::Error;
use std::net::{IpAddr, Ipv4Addr};
use std::path::Path;
use std::sync::Arc;

use centaurmq_store::disk::FileSystemDisk;
use centaurmq_store::ingest::{
    BrokerIdentity, HotPath, HotPathIdentity, IngestMemory, IngestRoom, PullTable, ReceivedChunk, ingest,
};
use centaurmq_store::{AckLevel, Store, StoreOptions, TopicSpec};

const QUEUES: u32 = 4;
const CHUNK: u32 = 64;
const ROUNDS: usize = 7;
const MESSAGES: u32 = 200_000;
/// Odd, and no neighbour follows a neighbour: the order in which queues are sent to.
const STRIDE: u32 = 15_331;

fn main() -> Result<(), Box<dyn Error>> {
    let topics_max = std::env::var("TOPICS").ok().and_then(|count| count.parse().ok()).unwrap_or(10_000);
    for index_enabled in [true, false] {
        let directory = std::env::temp_dir().join(format!("centaurmq-many-queues-{}", std::process::id()));
        let mut one = Load::new(&directory.join("one"), 1, index_enabled)?;
        let mut many = Load::new(&directory.join("many"), topics_max, index_enabled)?;
        many.send(topics_max * QUEUES)?;
        let mut costs = vec![];
        for _ in 0..ROUNDS {
            costs.push((one.send(MESSAGES)?, many.send(MESSAGES)?));
        }
        drop((one, many));
        std::fs::remove_dir_all(&directory)?;
        let median = |of: fn(&(i64, i64)) -> i64| {
            let mut nanos: Vec<i64> = costs.iter().map(of).collect();
            nanos.sort_unstable();
            nanos.get(ROUNDS / 2).copied().unwrap_or_default()
        };
        let (one, many) = (median(|cost| cost.0), median(|cost| cost.1));
        println!(
            "index {index_enabled:<5}: 1 topic {one} ns, {topics_max} topics {many} ns per message; rounds {costs:?}"
        );
    }
    Ok(())
}

/// A store, and where the sends to it go on.
struct Load {
    store: Store,
    identity: HotPathIdentity,
    pulls: PullTable,
    memory: IngestMemory,
    topics: u32,
    number: u32,
}

impl Load {
    fn new(directory: &Path, topics: u32, index_enabled: bool) -> Result<Self, Box<dyn Error>> {
        let options = StoreOptions { index_enabled, ..StoreOptions::default() };
        let (store, _) = Store::open(Arc::new(FileSystemDisk::new(directory)?), &options)?;
        for number in 0..topics {
            store.define_topic(&TopicSpec {
                name: format!("Topic-{number}"),
                read_queue_nums: QUEUES,
                write_queue_nums: QUEUES,
                perm: 6,
                ack_level: AckLevel::Os,
                hot_path: true,
            })?;
        }
        store.prepare_space()?;
        let identity = HotPathIdentity::new(&BrokerIdentity {
            store_host: IpAddr::V4(Ipv4Addr::LOCALHOST),
            store_port: 10_911,
            cluster_name: "DefaultCluster".to_owned(),
            region_id: "DefaultRegion".to_owned(),
            trace_on: true,
            version: 479,
        });
        let (pulls, memory) = (PullTable::default(), IngestMemory::default());
        Ok(Self { store, identity, pulls, memory, topics, number: 0 })
    }

    /// Sends to the queues in turn; nanoseconds per message.
    fn send(&mut self, messages: u32) -> Result<i64, Box<dyn Error>> {
        let (mut nanos, mut sent) = (0, 0);
        let (mut out, mut frames) = (vec![0; 128 << 10], vec![0; 2 * CHUNK as usize]);
        while sent < messages {
            let chunk: Vec<u8> = (0..CHUNK).flat_map(|at| self.frame(self.number + at)).collect();
            let chunk = ReceivedChunk {
                peer: &[127, 0, 0, 1, 0, 0, 0x2A, 0x9F],
                local_port: 10_911,
                bytes: &chunk,
                now_millis: 1_700_000_000_000,
            };
            let hot_path = HotPath { store: &self.store, identity: &self.identity, pulls: &self.pulls };
            let room = IngestRoom { out: &mut out, frames: &mut frames, pulls_max: 0 };
            let started = processor_nanos();
            let outcome = ingest(&hot_path, &mut self.memory, &chunk, room);
            nanos += processor_nanos() - started;
            if outcome.appended_records != CHUNK {
                return Err(format!("{} of {CHUNK} sends were taken", outcome.appended_records).into());
            }
            self.number += CHUNK;
            sent += CHUNK;
        }
        Ok(nanos / i64::from(sent))
    }

    fn frame(&self, number: u32) -> Vec<u8> {
        let queues = self.topics * QUEUES;
        let queue = u32::try_from(u64::from(number) * u64::from(STRIDE) % u64::from(queues)).unwrap_or(0);
        let (topic, queue_id) = (queue / QUEUES, queue % QUEUES);
        let header = format!(
            concat!(
                r#"{{"code":310,"extFields":{{"a":"producers","b":"Topic-{topic}","c":"TBW102","d":"4","e":"{queue_id}","#,
                r#""f":"0","g":"1700000000000","h":"0","i":"UNIQ_KEY\u00017F00000100002A9F{number:016X}\u0002WAIT\u0001true\u0002","#,
                r#""j":"0","k":"false","m":"false"}},"flag":0,"language":"JAVA","opaque":{number},"serializeTypeCurrentRPC":"JSON","version":479}}"#
            ),
            topic = topic,
            queue_id = queue_id,
            number = number,
        );
        let (header_length, body) = (u32::try_from(header.len()).unwrap_or(0), [b'x'; 100]);
        let frame_length = 4 + header_length + 100;
        [&frame_length.to_be_bytes(), &header_length.to_be_bytes(), header.as_bytes(), &body].concat()
    }
}

/// This thread's processor time: on a shared machine elapsed time measures the neighbours.
fn processor_nanos() -> i64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    time.tv_sec * 1_000_000_000 + time.tv_nsec
}
