use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use super::header_tests::binary_header;
use super::{
    BrokerIdentity, HotPath, HotPathIdentity, IngestMemory, IngestOutcome, IngestRoom, PullTable,
    ReceivedChunk, ingest,
};
use crate::disk::{Chance, SimulatedDisk};
use crate::{AckLevel, ReadRequest, Store, StoreOptions, TopicHandle, TopicSpec};

const PEER: [u8; 8] = [10, 0, 0, 7, 0, 0, 0x12, 0x34];
const NOW: i64 = 1_700_000_000_500;
const PROPERTIES: &str = "KEYS\\u0001k1\\u0002UNIQ_KEY\\u0001AC11\\u0002WAIT\\u0001true\\u0002";

struct Fixture {
    store: Store,
    identity: HotPathIdentity,
    memory: IngestMemory,
    topic: TopicHandle,
    out: Vec<u8>,
    frames: Vec<u32>,
}

fn spec(name: &str) -> TopicSpec {
    TopicSpec {
        name: name.to_owned(),
        read_queue_nums: 4,
        write_queue_nums: 4,
        perm: 6,
        ack_level: AckLevel::Os,
        hot_path: true,
    }
}

impl Fixture {
    fn new() -> Self {
        let (store, _) = Store::open(Arc::new(SimulatedDisk::new()), &StoreOptions::small()).unwrap();
        let topic = store.define_topic(&spec("Orders")).unwrap();
        store.define_topic(&TopicSpec { ack_level: AckLevel::Fsync, ..spec("Safe") }).unwrap();
        store.define_topic(&TopicSpec { perm: 4, ..spec("ReadOnly") }).unwrap();
        store.define_topic(&TopicSpec { hot_path: false, ..spec("Cold") }).unwrap();
        let identity = HotPathIdentity::new(&BrokerIdentity {
            store_host: IpAddr::V4(Ipv4Addr::LOCALHOST),
            store_port: 10911,
            cluster_name: "C".to_owned(),
            region_id: "R".to_owned(),
            trace_on: true,
            version: 479,
        });
        let memory = IngestMemory::default();
        Self { store, identity, memory, topic, out: vec![0; 16 << 10], frames: vec![0; 64] }
    }

    fn ingest(&mut self, bytes: &[u8]) -> IngestOutcome {
        let chunk = ReceivedChunk { peer: &PEER, local_port: 10911, bytes, now_millis: NOW };
        let hot_path = HotPath { store: &self.store, identity: &self.identity, pulls: &PullTable::default() };
        let room = IngestRoom { out: &mut self.out, frames: &mut self.frames, pulls_max: 0 };
        ingest(&hot_path, &mut self.memory, &chunk, room)
    }

    fn responses(&self, outcome: &IngestOutcome) -> String {
        String::from_utf8_lossy(&self.out[..outcome.response_bytes]).into_owned()
    }

    fn records(&self, queue_id: i32) -> Vec<u8> {
        let mut out = vec![0; 64 << 10];
        let request = ReadRequest {
            topic: self.topic,
            queue_id,
            queue_offset: 0,
            max_count: 100,
            max_bytes: 60_000,
            tag_codes: None,
        };
        let outcome = self.store.read(&request, &mut out).unwrap();
        out.truncate(outcome.bytes);
        out
    }
}

fn frame(serialize_type: u8, header: &[u8], body: &[u8]) -> Vec<u8> {
    let mut bytes = u32::try_from(4 + header.len() + body.len()).unwrap().to_be_bytes().to_vec();
    bytes.extend((u32::try_from(header.len()).unwrap() | u32::from(serialize_type) << 24).to_be_bytes());
    bytes.extend(header);
    bytes.extend(body);
    bytes
}

/// `change` edits the header, which is Java's by default.
fn send(change: impl Fn(String) -> String) -> Vec<u8> {
    let header = format!(
        concat!(
            r#"{{"code":310,"extFields":{{"a":"group","b":"Orders","c":"TBW102","d":"4","e":"3","f":"0","#,
            r#""g":"1700000000123","h":"7","i":"{}","j":"0","k":"false","m":"false"}},"#,
            r#""flag":0,"language":"JAVA","opaque":9,"serializeTypeCurrentRPC":"JSON","version":479}}"#
        ),
        PROPERTIES
    );
    frame(0, change(header).as_bytes(), b"hello")
}

fn plain() -> Vec<u8> {
    send(|header| header)
}

fn batch_body(bodies: &[&[u8]]) -> Vec<u8> {
    let properties = b"UNIQ_KEY\x01B\x02";
    let mut batch = Vec::new();
    for body in bodies {
        let size = 4 * 5 + body.len() + 2 + properties.len();
        batch.extend(u32::try_from(size).unwrap().to_be_bytes());
        batch.extend([0; 12]);
        batch.extend(u32::try_from(body.len()).unwrap().to_be_bytes());
        batch.extend(*body);
        batch.extend(u16::try_from(properties.len()).unwrap().to_be_bytes());
        batch.extend(properties);
    }
    batch
}

fn batch() -> Vec<u8> {
    batch_with("WAIT\x01true\x02")
}

fn batch_with(properties: &str) -> Vec<u8> {
    let fields = [
        ("a", "group"),
        ("b", "Orders"),
        ("c", "TBW102"),
        ("d", "4"),
        ("e", "1"),
        ("f", "0"),
        ("g", "17"),
        ("h", "0"),
        ("i", properties),
        ("m", "true"),
    ];
    frame(1, &binary_header(320, 0, 11, &fields), &batch_body(&[b"one", b"two"]))
}

fn heartbeat() -> Vec<u8> {
    frame(0, br#"{"code":34,"flag":0,"language":"JAVA","opaque":1,"version":479}"#, b"{}")
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

#[test]
fn a_plain_send_is_stored_and_answered() {
    let mut fixture = Fixture::new();
    let chunk = plain();
    let outcome = fixture.ingest(&chunk);
    assert_eq!(outcome.consumed_bytes, chunk.len());
    assert_eq!(
        (outcome.appended_records, outcome.other_frame_count, outcome.required_flush_offset),
        (1, 0, 0)
    );
    let response = fixture.responses(&outcome);
    let expected = r#""msgId":"7F00000100002A9F0000000000000000","queueId":"3","queueOffset":"0","transactionId":"AC11""#;
    assert!(response.contains(expected), "{response}");
    let stored = fixture.records(3);
    let properties = "KEYS\x01k1\x02UNIQ_KEY\x01AC11\x02WAIT\x01true\x02MSG_REGION\x01R\x02TRACE_ON\x01true\x02CLUSTER\x01C\x02__CRC32#\x01";
    assert!(contains(&stored, properties.as_bytes()));
    assert!(contains(&stored, b"\0\0\0\x05hello\x06Orders"));
    assert!(contains(&stored, &PEER));
}

#[test]
fn a_batch_is_stored_as_its_messages() {
    let mut fixture = Fixture::new();
    let chunk = [batch(), batch()].concat();
    let outcome = fixture.ingest(&chunk);
    assert_eq!((outcome.consumed_bytes, outcome.appended_records), (chunk.len(), 4));
    let response = fixture.responses(&outcome);
    assert!(response.contains("queueOffset\0\0\0\x012") && response.contains(','), "{response}");
    let stored = fixture.records(1);
    assert!(contains(&stored, b"\0\0\0\x03one") && contains(&stored, b"\0\0\0\x03two"));
}

#[test]
fn a_batch_with_a_key_of_its_own_is_answered_with_it() {
    let mut fixture = Fixture::new();
    let outcome = fixture.ingest(&batch_with("UNIQ_KEY\x01AC12\x02WAIT\x01true\x02"));
    assert_eq!((outcome.appended_records, outcome.other_frame_count), (2, 0));
    let response = fixture.responses(&outcome);
    assert!(response.contains("transactionId\0\0\0\x04AC12"), "{response}");
    assert!(!contains(&fixture.records(1), b"AC12"), "stored are the messages with their own properties");
    let outcome = fixture.ingest(&batch_with("UNIQ_KEY\x01A\"C\x02"));
    assert_eq!((outcome.appended_records, outcome.other_frame_count), (0, 1));
}

#[test]
fn a_one_way_send_is_stored_and_not_answered() {
    let mut fixture = Fixture::new();
    let outcome = fixture.ingest(&send(|header| header.replace(r#""flag":0,"l"#, r#""flag":2,"l"#)));
    assert_eq!((outcome.appended_records, outcome.response_bytes, outcome.withheld_bytes), (1, 0, 0));
}

#[test]
fn the_answer_of_a_topic_that_waits_for_the_disk_is_withheld() {
    let mut fixture = Fixture::new();
    let safe = send(|header| header.replace("Orders", "Safe"));
    let outcome = fixture.ingest(&[plain(), safe, plain()].concat());
    assert_eq!(outcome.appended_records, 3);
    assert!(outcome.withheld_bytes > 0 && outcome.response_bytes > outcome.withheld_bytes);
    assert!(outcome.required_flush_offset > fixture.store.flushed_offset());
    let withheld = &fixture.out[outcome.response_bytes..outcome.response_bytes + outcome.withheld_bytes];
    assert!(contains(withheld, br#""queueOffset":"0""#));
    assert!(fixture.store.flush().unwrap() >= outcome.required_flush_offset);
}

#[test]
fn frames_that_are_no_sends_are_listed_and_stepped_over() {
    let mut fixture = Fixture::new();
    let (beat, plain) = (heartbeat(), plain());
    let outcome = fixture.ingest(&[beat.clone(), plain.clone(), beat.clone(), plain.clone()].concat());
    assert_eq!((outcome.appended_records, outcome.other_frame_count), (2, 2));
    let ends = [0, beat.len(), beat.len() + plain.len(), 2 * beat.len() + plain.len()];
    let ends = ends.map(|end| u32::try_from(end).unwrap());
    assert_eq!(fixture.frames[..4], ends);
}

#[test]
fn a_send_that_is_not_plain_is_listed_and_nothing_behind_it_is_taken() {
    let changes: [(&str, &str); 11] = [
        ("Orders", "Unknown"),
        ("Orders", "ReadOnly"),
        ("Orders", "Cold"),
        (r#""e":"3""#, r#""e":"4""#),
        ("AC11", "A\\u0022C"),
        ("UNIQ_KEY", "UNIQUE"),
        ("KEYS", "DELAY"),
        (r"WAIT\u0001true", r"WAIT\u0001false"),
        (r#""f":"0""#, r#""f":"4""#),
        (r#""flag":0,"l"#, r#""flag":0,"remark":1,"l"#),
        ("TBW102", "TBW\\u0031"),
    ];
    for (from, to) in changes {
        let mut fixture = Fixture::new();
        let odd = send(|header| {
            assert!(header.contains(from), "{from}");
            header.replace(from, to)
        });
        let chunk = [plain(), odd.clone(), plain()].concat();
        let outcome = fixture.ingest(&chunk);
        assert_eq!((outcome.appended_records, outcome.other_frame_count), (1, 1), "{to}");
        assert_eq!(outcome.consumed_bytes, chunk.len() - plain().len(), "{to}");
        assert_eq!(outcome.violation, None);
    }
}

#[test]
fn bodies_at_the_limit_are_left_to_the_general_path() {
    let mut fixture = Fixture::new();
    let header = plain()[8..plain().len() - 5].to_vec();
    for body in [vec![], vec![b'x'; 5 << 20]] {
        let outcome = fixture.ingest(&frame(0, &header, &body));
        assert_eq!((outcome.appended_records, outcome.other_frame_count), (0, 1), "{} bytes", body.len());
    }
}

#[test]
fn a_full_output_stops_the_walk_and_the_rest_follows_in_order() {
    let mut fixture = Fixture::new();
    let one = plain();
    let chunk = one.repeat(40);
    fixture.out.truncate(1500);
    let mut done = 0;
    let mut calls = 0;
    while done < chunk.len() {
        let outcome = fixture.ingest(&chunk[done..]);
        assert!(outcome.consumed_bytes > 0 && outcome.consumed_bytes.is_multiple_of(one.len()));
        done += outcome.consumed_bytes;
        calls += 1;
    }
    assert!(calls > 5, "{calls}");
    let mut offsets = Vec::new();
    fixture.frames.truncate(2);
    let beats = heartbeat().repeat(2);
    offsets.push(fixture.ingest(&beats).consumed_bytes);
    assert_eq!(offsets, [heartbeat().len()]);
}

#[test]
fn more_sends_than_are_read_at_once_keep_their_order_and_their_properties() {
    let mut fixture = Fixture::new();
    let numbers = 0..40;
    let chunk: Vec<u8> = numbers
        .clone()
        .flat_map(|number| {
            if number == 21 {
                return heartbeat();
            }
            let topic = ["Orders", "Safe"][number % 2];
            send(|header| {
                let header = header.replace("AC11", &format!("AC{number:02}"));
                header.replace("\"Orders\"", &format!("\"{topic}\""))
            })
        })
        .collect();
    let outcome = fixture.ingest(&chunk);
    assert_eq!((outcome.consumed_bytes, outcome.other_frame_count), (chunk.len(), 1));
    assert_eq!(outcome.appended_records, 39);
    let keys = |text: &str| {
        let parts = text.split("AC").skip(1);
        parts.filter_map(|part| part.get(..2)?.parse::<usize>().ok()).collect::<Vec<_>>()
    };
    let even: Vec<usize> = numbers.clone().filter(|number| number % 2 == 0).collect();
    let odd: Vec<usize> = numbers.filter(|number| number % 2 == 1 && *number != 21).collect();
    assert_eq!(keys(&fixture.responses(&outcome)), even);
    let withheld = &fixture.out[outcome.response_bytes..outcome.response_bytes + outcome.withheld_bytes];
    assert_eq!(keys(&String::from_utf8_lossy(withheld)), odd);
    let records = [0, 1, 2, 3].map(|queue_id| fixture.records(queue_id)).concat();
    assert_eq!(keys(&String::from_utf8_lossy(&records)), even);
}

#[test]
fn every_prefix_consumes_whole_frames_only() {
    let parts = [plain(), heartbeat(), batch(), plain()];
    let chunk = parts.concat();
    let ends: Vec<usize> = parts
        .iter()
        .scan(0, |end, part| {
            *end += part.len();
            Some(*end)
        })
        .collect();
    let mut fixture = Fixture::new();
    for length in 0..=chunk.len() {
        let outcome = fixture.ingest(&chunk[..length]);
        let expected = ends.iter().rev().find(|&&end| end <= length).copied().unwrap_or(0);
        assert_eq!((outcome.consumed_bytes, outcome.violation), (expected, None), "prefix of {length} bytes");
    }
}

/// Seeded: whatever arrives, the walk stays inside the chunk, lists whole frames in order and answers in whole frames.
#[test]
fn no_bytes_break_the_walk() {
    let seed = std::env::var("SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(20_260_101);
    eprintln!("SEED={seed}");
    let mut chance = Chance::new(seed);
    let whole = [plain(), batch(), heartbeat(), send(|header| header.replace("310", "10")), plain()].concat();
    let mut fixture = Fixture::new();
    let mut appended = 0;
    for round in 0..8_000 {
        if round % 500 == 0 {
            fixture = Fixture::new();
        }
        let mut chunk = whole.clone();
        for _ in 0..=chance.below(4) {
            mutate(&mut chunk, &mut chance);
        }
        let outcome = fixture.ingest(&chunk);
        appended += outcome.appended_records;
        assert!(outcome.consumed_bytes <= chunk.len());
        let mut last = 0;
        for pair in fixture.frames.chunks(2).take(outcome.other_frame_count) {
            let (start, end) = (pair[0] as usize, pair[1] as usize);
            assert!(last <= start && start < end && end <= outcome.consumed_bytes, "round {round}");
            last = end;
        }
        let mut rest = &fixture.out[..outcome.response_bytes + outcome.withheld_bytes];
        while let Some((length, tail)) = rest.split_first_chunk() {
            rest = &tail[u32::from_be_bytes(*length) as usize..];
        }
        assert!(rest.is_empty(), "round {round}");
    }
    assert!(appended > 4_000, "{appended}: the mutations leave too little to take");
}

fn mutate(chunk: &mut Vec<u8>, chance: &mut Chance) {
    let at = chance.below(chunk.len());
    match chance.below(6) {
        0 => chunk[at] ^= 1 << chance.below(8),
        1 => chunk[at] = u8::try_from(chance.below(256)).unwrap(),
        2 => chunk.truncate(at.max(1)),
        3 => {
            let end = (at + chance.below(40)).min(chunk.len());
            let copy = chunk[at..end].to_vec();
            chunk.splice(at..at, copy);
        }
        4 => {
            let end = (at + chance.below(40)).min(chunk.len());
            if end - at < chunk.len() {
                chunk.drain(at..end);
            }
        }
        _ => {
            let word = u32::try_from(chance.below(1 << 25)).unwrap().to_be_bytes();
            for (place, byte) in chunk[at..].iter_mut().zip(word) {
                *place = byte;
            }
        }
    }
}
