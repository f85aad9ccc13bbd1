use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use super::frame::{FrameWalk, walk_frame};
use super::header_tests::binary_header;
use super::{
    AnsweredPull, BrokerIdentity, HotPath, HotPathIdentity, IngestMemory, IngestOutcome, IngestRoom,
    PullLimits, PullSubscription, PullTable, ReceivedChunk, RegisteredFilter, ingest,
};
use crate::disk::SimulatedDisk;
use crate::record::java_hash;
use crate::{AckLevel, ReadRequest, Store, StoreOptions, TopicHandle, TopicSpec};

const PEER: [u8; 8] = [10, 0, 0, 7, 0, 0, 0x12, 0x34];
const PORT: u16 = 10_911;
const RECORD_BYTES_MAX: u32 = 4096;
const OUT_BYTES: usize = 16 << 10;

struct Fixture {
    store: Store,
    identity: HotPathIdentity,
    pulls: PullTable,
    memory: IngestMemory,
    topic: TopicHandle,
    local_port: u16,
    pulls_max: usize,
    out: Vec<u8>,
    frames: Vec<u32>,
}

fn spec(name: &str, ack_level: AckLevel, perm: u32) -> TopicSpec {
    TopicSpec {
        name: name.to_owned(),
        read_queue_nums: 4,
        write_queue_nums: 4,
        perm,
        ack_level,
        hot_path: true,
    }
}

fn subscription(id: u32, tag_codes: Option<&[i32]>) -> PullSubscription {
    PullSubscription {
        id,
        topic_sys_flag: 1,
        group_sys_flag: 2,
        registered: Some(RegisteredFilter { sub_version: 17, tag_codes: tag_codes.map(Into::into) }),
    }
}

impl Fixture {
    fn new() -> Self {
        let (store, _) = Store::open(Arc::new(SimulatedDisk::new()), &StoreOptions::small()).unwrap();
        let topic = store.define_topic(&spec("Orders", AckLevel::Os, 6)).unwrap();
        store.define_topic(&spec("Safe", AckLevel::Fsync, 6)).unwrap();
        let identity = HotPathIdentity::new(&BrokerIdentity {
            store_host: IpAddr::V4(Ipv4Addr::LOCALHOST),
            store_port: PORT,
            cluster_name: "C".to_owned(),
            region_id: "R".to_owned(),
            trace_on: true,
            version: 479,
        });
        let fixture = Self {
            store,
            identity,
            pulls: PullTable::default(),
            memory: IngestMemory::default(),
            topic,
            local_port: PORT,
            pulls_max: 8,
            out: vec![0; OUT_BYTES],
            frames: vec![0; 64],
        };
        fixture.limit(|_| {});
        fixture.define(None);
        fixture
    }

    fn limit(&self, change: impl FnOnce(&mut PullLimits)) {
        let mut limits =
            PullLimits { message_count_max: 32, record_bytes_max: RECORD_BYTES_MAX, lite_pull_enable: true };
        change(&mut limits);
        self.pulls.set_limits(limits);
    }

    fn define(&self, tag_codes: Option<&[i32]>) {
        let topics = ["Orders", "Safe", "Unknown"];
        let topics = topics.iter().map(|topic| (*topic).to_owned()).zip(5..);
        self.pulls.define_group("G", topics.map(|(topic, id)| (topic, subscription(id, tag_codes))));
    }

    fn ingest(&mut self, bytes: &[u8]) -> IngestOutcome {
        let chunk = ReceivedChunk { peer: &PEER, local_port: self.local_port, bytes, now_millis: 1 };
        let hot_path = HotPath { store: &self.store, identity: &self.identity, pulls: &self.pulls };
        let room = IngestRoom { out: &mut self.out, frames: &mut self.frames, pulls_max: self.pulls_max };
        ingest(&hot_path, &mut self.memory, &chunk, room)
    }

    /// Header and body of each response that is to be written now.
    fn responses(&self, outcome: &IngestOutcome) -> Vec<(String, Vec<u8>)> {
        let bytes = &self.out[..outcome.response_bytes];
        let (mut at, mut responses) = (0, Vec::new());
        while let FrameWalk::Whole(frame) = walk_frame(bytes, at) {
            responses.push((String::from_utf8_lossy(frame.header).into_owned(), frame.body.to_vec()));
            at += frame.length;
        }
        assert_eq!(at, bytes.len());
        responses
    }

    fn answered(&mut self, bytes: &[u8]) -> bool {
        let outcome = self.ingest(bytes);
        assert_eq!(outcome.consumed_bytes, bytes.len());
        assert_eq!(self.memory.answered_pulls().len() + outcome.other_frame_count, 1);
        outcome.other_frame_count == 0
    }

    fn stored(&self, queue_offset: i64, max_count: u32) -> Vec<u8> {
        let mut out = vec![0; OUT_BYTES];
        let request = ReadRequest {
            topic: self.topic,
            queue_id: 1,
            queue_offset,
            max_count,
            max_bytes: RECORD_BYTES_MAX,
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

fn send_to(topic: &str, tag: &str, body: &[u8]) -> Vec<u8> {
    let properties = format!("UNIQ_KEY\x01A\x02TAGS\x01{tag}\x02");
    let fields = [
        ("a", "group"),
        ("b", topic),
        ("c", "TBW102"),
        ("d", "4"),
        ("e", "1"),
        ("f", "0"),
        ("g", "17"),
        ("h", "0"),
        ("i", &properties),
    ];
    frame(1, &binary_header(310, 0, 11, &fields), body)
}

fn send(tag: &str) -> Vec<u8> {
    send_to("Orders", tag, b"hello")
}

/// `change` edits the header, which is Java's by default.
fn pull(queue_offset: u64, change: impl Fn(String) -> String) -> Vec<u8> {
    let header = format!(
        concat!(
            r#"{{"code":11,"extFields":{{"commitOffset":"0","consumerGroup":"G","maxMsgNums":"32","queueId":"1","#,
            r#""queueOffset":"{}","subVersion":"17","suspendTimeoutMillis":"15000","sysFlag":"2","topic":"Orders"}},"#,
            r#""flag":0,"language":"JAVA","opaque":9,"serializeTypeCurrentRPC":"JSON","version":479}}"#
        ),
        queue_offset
    );
    frame(0, change(header).as_bytes(), b"")
}

fn plain(queue_offset: u64) -> Vec<u8> {
    pull(queue_offset, |header| header)
}

fn heartbeat() -> Vec<u8> {
    frame(0, br#"{"code":34,"flag":0,"language":"JAVA","opaque":1,"version":479}"#, b"{}")
}

#[test]
fn a_plain_pull_is_answered_with_the_stored_bytes() {
    let mut fixture = Fixture::new();
    fixture.ingest(&send("a").repeat(3));
    let committing = pull(1, |header| {
        header
            .replace(r#""sysFlag":"2""#, r#""sysFlag":"3""#)
            .replace(r#""commitOffset":"0""#, r#""commitOffset":"1""#)
    });
    let outcome = fixture.ingest(&committing);
    assert_eq!((outcome.consumed_bytes, outcome.other_frame_count), (committing.len(), 0));
    let responses = fixture.responses(&outcome);
    let expected = concat!(
        r#"{"code":0,"language":"NODE_JS","version":479,"opaque":9,"flag":1,"remark":"FOUND","extFields":{"#,
        r#""suggestWhichBrokerId":"0","nextBeginOffset":"3","minOffset":"0","maxOffset":"3","topicSysFlag":"1","#,
        r#""groupSysFlag":"2"},"serializeTypeCurrentRPC":"JSON"}"#
    );
    let stored = fixture.stored(1, 32);
    assert_eq!(responses, [(expected.to_owned(), stored.clone())]);
    let answered = AnsweredPull {
        subscription_id: 5,
        queue_id: 1,
        next_begin_offset: 3,
        commit_offset: Some(1),
        record_count: 2,
        record_bytes: stored.len(),
    };
    assert_eq!(fixture.memory.answered_pulls(), [answered]);
}

#[test]
fn answers_stand_in_order_between_those_of_sends() {
    let mut fixture = Fixture::new();
    fixture.ingest(&send("a").repeat(2));
    let chunk = [send("a"), plain(0), send("a"), plain(2), send("a")].concat();
    let outcome = fixture.ingest(&chunk);
    assert_eq!((outcome.consumed_bytes, outcome.appended_records), (chunk.len(), 3));
    let responses = fixture.responses(&outcome);
    let ends: Vec<_> = responses.iter().map(|(header, _)| header.contains("maxOffset")).collect();
    assert_eq!(ends, [false, true, false, true, false]);
    assert!(responses[1].0.contains(r#""maxOffset":"3""#) && responses[3].0.contains(r#""maxOffset":"4""#));
    assert_eq!((&responses[1].1, &responses[3].1), (&fixture.stored(0, 3), &fixture.stored(2, 2)));
}

#[test]
fn a_wrong_guess_of_the_heads_length_moves_the_records() {
    let mut fixture = Fixture::new();
    fixture.ingest(&send("a").repeat(40));
    // The guess is 40, two digits; ten messages of 4 KiB in all are fewer.
    fixture.limit(|limits| limits.record_bytes_max = 1000);
    let outcome = fixture.ingest(&plain(0));
    let responses = fixture.responses(&outcome);
    let count = fixture.memory.answered_pulls()[0].record_count;
    assert!(count < 10, "{count}");
    assert!(responses[0].0.contains(&format!(r#""nextBeginOffset":"{count}""#)));
    assert_eq!(responses[0].1, fixture.stored(0, count));
}

#[test]
fn only_what_the_subscription_lets_through_is_brought() {
    let mut fixture = Fixture::new();
    fixture.ingest(&[send("a"), send("b"), send("c")].concat());
    fixture.define(Some(&[java_hash(b"b")]));
    let outcome = fixture.ingest(&plain(0));
    assert_eq!(fixture.responses(&outcome)[0].1, fixture.stored(1, 1));
    let with_tags =
        pull(0, |header| header.replace(r#""sysFlag":"2""#, r#""sysFlag":"6","subscription":"x || c""#));
    let outcome = fixture.ingest(&with_tags);
    assert_eq!(fixture.responses(&outcome)[0].1, fixture.stored(2, 1));
    assert_eq!(fixture.memory.answered_pulls()[0].next_begin_offset, 3);
}

#[test]
fn what_typescript_has_to_decide_is_listed() {
    let mut fixture = Fixture::new();
    fixture.ingest(&[send("a"), send("b")].concat());
    assert!(fixture.answered(&plain(0)));
    for (from, to) in [
        (r#""G""#, r#""H""#),
        (r#""Orders""#, r#""Unknown""#),
        (r#""Orders""#, r#""Others""#),
        (r#""queueId":"1""#, r#""queueId":"4""#),
        (r#""queueId":"1""#, r#""queueId":"-1""#),
        (r#""queueOffset":"0""#, r#""queueOffset":"2""#),
        (r#""queueOffset":"0""#, r#""queueOffset":"3""#),
        (r#""queueOffset":"0""#, r#""queueOffset":"-1""#),
        (r#""subVersion":"17""#, r#""subVersion":"18""#),
        (r#""sysFlag":"2""#, r#""sysFlag":"6","subscription":"x""#),
        (r#""flag":0"#, r#""flag":2"#),
        (r#""flag":0"#, r#""flag":1"#),
    ] {
        let odd = pull(0, |header| header.replace(from, to));
        assert_ne!(odd, plain(0));
        assert!(!fixture.answered(&odd), "{to}");
    }
    let lite = pull(0, |header| header.replace(r#""code":11"#, r#""code":361"#));
    assert!(fixture.answered(&lite));
    fixture.limit(|limits| limits.lite_pull_enable = false);
    assert!(!fixture.answered(&lite) && fixture.answered(&plain(0)));
    fixture.local_port = PORT - 2;
    assert!(!fixture.answered(&plain(0)), "the other port");
    fixture.local_port = PORT;
    fixture.store.define_topic(&spec("Orders", AckLevel::Os, 2)).unwrap();
    assert!(!fixture.answered(&plain(0)), "not readable");
    fixture.store.define_topic(&spec("Orders", AckLevel::Os, 6)).unwrap();
    assert!(fixture.answered(&plain(0)));
    fixture.pulls.define_group("G", []);
    assert!(!fixture.answered(&plain(0)), "the group is forgotten");
}

#[test]
fn a_group_without_a_registered_subscription_brings_its_own() {
    let mut fixture = Fixture::new();
    fixture.ingest(&send("a"));
    let unregistered = PullSubscription { registered: None, ..subscription(5, None) };
    fixture.pulls.define_group("G", [("Orders".to_owned(), unregistered)]);
    assert!(!fixture.answered(&plain(0)));
    assert!(fixture.answered(&pull(0, |header| {
        header.replace(r#""sysFlag":"2""#, r#""sysFlag":"6","subscription":"*""#)
    })));
}

#[test]
fn what_is_not_on_the_disk_is_not_brought_where_it_must_be() {
    let mut fixture = Fixture::new();
    fixture.ingest(&send_to("Safe", "a", b"hello"));
    let safe = pull(0, |header| header.replace("Orders", "Safe"));
    assert!(!fixture.answered(&safe));
    fixture.store.flush().unwrap();
    assert!(fixture.answered(&safe));
}

#[test]
fn a_pull_behind_a_listed_frame_waits_for_it() {
    let mut fixture = Fixture::new();
    fixture.ingest(&send("a"));
    let (beat, nothing_there) = (heartbeat(), plain(1));
    for listed in [beat, nothing_there] {
        let chunk = [&listed[..], &plain(0), &plain(0)].concat();
        let outcome = fixture.ingest(&chunk);
        assert_eq!((outcome.consumed_bytes, outcome.other_frame_count), (listed.len(), 1));
        let outcome = fixture.ingest(&chunk[listed.len()..]);
        assert_eq!((outcome.consumed_bytes, fixture.memory.answered_pulls().len()), (2 * plain(0).len(), 2));
    }
}

#[test]
fn pulls_without_room_follow_in_the_next_call() {
    let mut fixture = Fixture::new();
    fixture.ingest(&send_to("Orders", "a", &[b'x'; 3000]));
    fixture.pulls_max = 2;
    let chunk = plain(0).repeat(7);
    let (mut done, mut counts) = (0, Vec::new());
    while done < chunk.len() {
        done += fixture.ingest(&chunk[done..]).consumed_bytes;
        counts.push(fixture.memory.answered_pulls().len());
    }
    assert_eq!(counts, [2, 2, 2, 1]);
    fixture.pulls_max = 100;
    let outcome = fixture.ingest(&chunk);
    let count = fixture.memory.answered_pulls().len();
    assert!((2..7).contains(&count), "{count}");
    assert_eq!(outcome.consumed_bytes, count * plain(0).len());
    fixture.pulls_max = 0;
    assert!(!fixture.answered(&plain(0)));
    fixture.pulls_max = 1;
    fixture.out.truncate(4096);
    assert!(!fixture.answered(&plain(0)), "no room ever");
}
