use std::io::{Read, Write};
use std::net::{IpAddr, Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::sync::Arc;

use centaurmq_store::disk::{Chance, SimulatedDisk};
use centaurmq_store::ingest::{
    BrokerIdentity, HotPath, HotPathIdentity, IngestMemory, IngestOutcome, IngestRoom, PullLimits,
    PullSubscription, PullTable, ReceivedChunk, RegisteredFilter, Violation, ingest,
};
use centaurmq_store::{AckLevel, Store, StoreOptions, TopicSpec};
use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::{Endpoints, Engine, Errno, Happening, HotSockets, Reading, SocketId, Step, TurnMemory};

const PEER: [u8; 8] = [10, 0, 0, 7, 0, 0, 0x12, 0x34];
const PORT: u16 = 10_911;
const NOW: i64 = 1_700_000_000_500;
const OUT_BYTES: usize = 64 << 10;
const RECEIVED_BYTES: usize = 64 << 10;

struct Broker {
    store: Store,
    identity: HotPathIdentity,
    pulls: PullTable,
}

impl Broker {
    fn new() -> Self {
        let (store, _) = Store::open(Arc::new(SimulatedDisk::new()), &StoreOptions::small()).unwrap();
        for (name, ack_level) in [("Orders", AckLevel::Os), ("Safe", AckLevel::Fsync)] {
            let spec = TopicSpec {
                name: name.to_owned(),
                read_queue_nums: 4,
                write_queue_nums: 4,
                perm: 6,
                ack_level,
                hot_path: true,
            };
            store.define_topic(&spec).unwrap();
        }
        let identity = HotPathIdentity::new(&BrokerIdentity {
            store_host: IpAddr::V4(Ipv4Addr::LOCALHOST),
            store_port: PORT,
            cluster_name: "C".to_owned(),
            region_id: "R".to_owned(),
            trace_on: true,
            version: 479,
        });
        let pulls = PullTable::default();
        let limits = PullLimits { message_count_max: 32, record_bytes_max: 4096, lite_pull_enable: true };
        pulls.set_limits(limits);
        let registered = Some(RegisteredFilter { sub_version: 17, tag_codes: None });
        let subscription = PullSubscription { id: 5, topic_sys_flag: 0, group_sys_flag: 0, registered };
        pulls.define_group("G", [("Orders".to_owned(), subscription)]);
        Self { store, identity, pulls }
    }

    fn hot_path(&self) -> HotPath<'_> {
        HotPath { store: &self.store, identity: &self.identity, pulls: &self.pulls }
    }

    fn ingest(&self, bytes: &[u8], out: &mut [u8], frames: &mut [u32], pulls_max: usize) -> IngestOutcome {
        let chunk = ReceivedChunk { peer: &PEER, local_port: PORT, bytes, now_millis: NOW };
        ingest(&self.hot_path(), &mut IngestMemory::default(), &chunk, IngestRoom { out, frames, pulls_max })
    }

    /// What the hot path answers to a peer that is alone, on a broker of its own.
    fn answers_to(bytes: &[u8]) -> Vec<u8> {
        let mut out = vec![0; 1 << 20];
        let outcome = Self::new().ingest(bytes, &mut out, &mut [0; 64], 0);
        assert_eq!(outcome.consumed_bytes, bytes.len());
        out.truncate(outcome.response_bytes + outcome.withheld_bytes);
        out
    }
}

/// What an owner hears, with copies of what stood in the memory of the turn.
#[derive(Debug, PartialEq)]
enum Heard {
    Readable,
    Ingested {
        received: Vec<u8>,
        consumed: usize,
        others: Vec<(u32, u32)>,
        violation: Option<Violation>,
        unsent: usize,
    },
    Drained,
    Ended,
    Failed(Errno),
    EffectsFull,
}

struct Server {
    broker: Broker,
    sockets: HotSockets,
    enabled: bool,
    answered_pulls_max: usize,
    withheld_bytes_max: usize,
    received: Vec<u8>,
    out: Vec<u8>,
    frames: Vec<u32>,
}

impl Server {
    fn new() -> Self {
        Self {
            broker: Broker::new(),
            sockets: HotSockets::open().unwrap(),
            enabled: true,
            answered_pulls_max: 8,
            withheld_bytes_max: 1 << 20,
            received: vec![0; RECEIVED_BYTES],
            out: vec![0; OUT_BYTES],
            frames: vec![0; 64],
        }
    }

    fn add(&mut self, descriptor: impl Into<OwnedFd>, reading: Reading) -> SocketId {
        let endpoints = Endpoints { peer: PEER.into(), local_port: PORT };
        let id = self.sockets.add(descriptor.into(), endpoints);
        self.sockets.set_reading(id, reading).unwrap();
        id
    }

    /// A socket that the hot path reads, and its peer.
    fn connect(&mut self) -> (SocketId, UnixStream) {
        self.connect_read_by(Reading::HotPath)
    }

    fn connect_read_by(&mut self, reading: Reading) -> (SocketId, UnixStream) {
        let (near, peer) = UnixStream::pair().unwrap();
        (self.add(near, reading), peer)
    }

    fn step(&mut self) -> Step {
        let engine = Engine {
            hot_path: self.broker.hot_path(),
            now_millis: NOW,
            enabled: self.enabled,
            answered_pulls_max: self.answered_pulls_max,
            withheld_bytes_max: self.withheld_bytes_max,
        };
        let mut memory =
            TurnMemory { received: &mut self.received, out: &mut self.out, frames: &mut self.frames };
        self.sockets.step(&engine, &mut memory).unwrap()
    }

    /// The next thing that the owner hears in this turn.
    fn hear(&mut self) -> Option<(SocketId, Heard)> {
        let (id, happening) = match self.step() {
            Step::Done => return None,
            Step::EffectsFull => {
                self.sockets.effects().clear();
                return Some((SocketId::new(0), Heard::EffectsFull));
            }
            Step::Happened(id, happening) => (id, happening),
        };
        let heard = match happening {
            Happening::Readable => Heard::Readable,
            Happening::Drained => Heard::Drained,
            Happening::Ended => Heard::Ended,
            Happening::Failed(errno) => Heard::Failed(errno),
            Happening::Ingested { received_bytes, outcome, unsent_bytes } => Heard::Ingested {
                received: self.received[..received_bytes].to_vec(),
                consumed: outcome.consumed_bytes,
                others: self.frames[..2 * outcome.other_frame_count]
                    .chunks_exact(2)
                    .map(|pair| (pair[0], pair[1]))
                    .collect(),
                violation: outcome.violation,
                unsent: unsent_bytes,
            },
        };
        Some((id, heard))
    }

    fn turn(&mut self) -> Vec<(SocketId, Heard)> {
        std::iter::from_fn(|| self.hear()).collect()
    }

    fn is_due(&self) -> bool {
        let mut descriptor = [PollFd::from_borrowed_fd(self.sockets.descriptor(), PollFlags::IN)];
        poll(&mut descriptor, Some(&Timespec::default())).unwrap() > 0
    }
}

fn frame(serialize_type: u8, header: &[u8], body: &[u8]) -> Vec<u8> {
    let mut bytes = u32::try_from(4 + header.len() + body.len()).unwrap().to_be_bytes().to_vec();
    bytes.extend((u32::try_from(header.len()).unwrap() | u32::from(serialize_type) << 24).to_be_bytes());
    bytes.extend(header);
    bytes.extend(body);
    bytes
}

fn send_to(topic: &str, opaque: u32, body: &[u8]) -> Vec<u8> {
    send_to_queue(3, topic, opaque, body)
}

fn send_to_queue(queue: usize, topic: &str, opaque: u32, body: &[u8]) -> Vec<u8> {
    let header = format!(
        concat!(
            r#"{{"code":310,"extFields":{{"a":"group","b":"{}","c":"TBW102","d":"4","e":"{}","f":"0","#,
            r#""g":"1700000000123","h":"7","i":"UNIQ_KEY\u0001AC11\u0002WAIT\u0001true\u0002","#,
            r#""j":"0","k":"false","m":"false"}},"#,
            r#""flag":0,"language":"JAVA","opaque":{},"serializeTypeCurrentRPC":"JSON","version":479}}"#
        ),
        topic, queue, opaque
    );
    frame(0, header.as_bytes(), body)
}

fn send(opaque: u32) -> Vec<u8> {
    send_to("Orders", opaque, b"hello")
}

fn heartbeat(opaque: u32) -> Vec<u8> {
    let header = format!(
        r#"{{"code":34,"flag":0,"language":"JAVA","opaque":{opaque},"version":479,"extFields":{{}}}}"#
    );
    frame(0, header.as_bytes(), b"{}")
}

fn pull(opaque: u32) -> Vec<u8> {
    let header = format!(
        concat!(
            r#"{{"code":11,"extFields":{{"commitOffset":"0","consumerGroup":"G","maxMsgNums":"1","queueId":"3","#,
            r#""queueOffset":"0","subVersion":"17","suspendTimeoutMillis":"15000","sysFlag":"2","topic":"Orders"}},"#,
            r#""flag":0,"language":"JAVA","opaque":{},"serializeTypeCurrentRPC":"JSON","version":479}}"#
        ),
        opaque
    );
    frame(0, header.as_bytes(), b"")
}

/// Everything that has come, without waiting.
fn received(peer: &UnixStream) -> Vec<u8> {
    peer.set_nonblocking(true).unwrap();
    let mut bytes = Vec::new();
    let mut part = vec![0; 64 << 10];
    while let Ok(length) = (&*peer).read(&mut part) {
        if length == 0 {
            break;
        }
        bytes.extend(&part[..length]);
    }
    peer.set_nonblocking(false).unwrap();
    bytes
}

fn frames_of(mut bytes: &[u8]) -> Vec<Vec<u8>> {
    let mut frames = Vec::new();
    while let Some((word, _)) = bytes.split_first_chunk() {
        let (frame, rest) = bytes.split_at(4 + u32::from_be_bytes(*word) as usize);
        frames.push(frame.to_vec());
        bytes = rest;
    }
    frames
}

#[test]
fn a_plain_send_is_answered_and_the_owner_hears_nothing() {
    let mut server = Server::new();
    let (id, mut peer) = server.connect();
    assert!(!server.is_due());
    peer.write_all(&send(7)).unwrap();
    assert!(server.is_due());
    assert_eq!(server.turn(), []);
    assert_eq!(received(&peer), Broker::answers_to(&send(7)));
    assert_eq!(server.sockets.effects().appended_records, 1);
    assert!(server.sockets.take_heard(id));
    assert!(!server.sockets.take_heard(id));
    assert!(!server.is_due());
}

#[test]
fn a_frame_that_is_no_send_is_told_with_its_place_and_sends_around_it_are_answered() {
    let mut server = Server::new();
    let (id, mut peer) = server.connect();
    let chunk = [send(1), heartbeat(2), send(3)].concat();
    peer.write_all(&chunk).unwrap();
    let start = u32::try_from(send(1).len()).unwrap();
    let end = start + u32::try_from(heartbeat(2).len()).unwrap();
    let consumed = chunk.len();
    let others = vec![(start, end)];
    let told = Heard::Ingested { received: chunk, consumed, others, violation: None, unsent: 0 };
    assert_eq!(server.turn(), [(id, told)]);
    assert_eq!(received(&peer), Broker::answers_to(&[send(1), send(3)].concat()));
}

#[test]
fn the_beginning_of_a_frame_is_told_and_nothing_of_it_is_lost() {
    let mut server = Server::new();
    let (id, mut peer) = server.connect();
    let chunk = [send(1), send(2)[..30].to_vec()].concat();
    peer.write_all(&chunk).unwrap();
    let consumed = send(1).len();
    let told = Heard::Ingested { received: chunk, consumed, others: vec![], violation: None, unsent: 0 };
    assert_eq!(server.turn(), [(id, told)]);
    server.sockets.set_reading(id, Reading::Owner).unwrap();
    peer.write_all(&send(2)[30..]).unwrap();
    assert_eq!(server.turn(), [(id, Heard::Readable)]);
    let mut rest = [0; 1024];
    let length = server.sockets.receive(id, &mut rest).unwrap();
    assert_eq!(&rest[..length], &send(2)[30..]);
    assert_eq!(server.sockets.receive(id, &mut rest), Err(Errno::AGAIN));
    assert_eq!(received(&peer), Broker::answers_to(&send(1)));
}

#[test]
fn a_frame_that_cannot_be_one_is_told_behind_the_answers_before_it() {
    let mut server = Server::new();
    let (id, mut peer) = server.connect();
    let chunk = [send(1), vec![0xff; 8]].concat();
    peer.write_all(&chunk).unwrap();
    let violation = Some(Violation::FrameLengthOutOfRange { at: send(1).len(), found: u32::MAX });
    let consumed = send(1).len();
    let told = Heard::Ingested { received: chunk, consumed, others: vec![], violation, unsent: 0 };
    assert_eq!(server.turn(), [(id, told)]);
    assert_eq!(received(&peer), Broker::answers_to(&send(1)));
}

#[test]
fn answers_of_level_fsync_wait_and_only_what_is_durable_goes() {
    let mut server = Server::new();
    let (id, mut peer) = server.connect();
    peer.write_all(&[send(1), send_to("Safe", 2, b"first")].concat()).unwrap();
    assert_eq!(server.turn(), []);
    let first = std::mem::take(&mut server.sockets.effects().required_flush_offset);
    let withheld = std::mem::take(&mut server.sockets.effects().withheld_bytes);
    assert_eq!(received(&peer), Broker::answers_to(&send(1)));
    peer.write_all(&send_to("Safe", 3, b"second")).unwrap();
    assert_eq!(server.turn(), []);
    let second = server.sockets.effects().required_flush_offset;
    assert!(first > 0 && second > first);
    assert!(server.sockets.release(first - 1, true).is_none());
    assert_eq!(received(&peer), []);
    assert!(server.sockets.release(second - 1, true).is_none());
    let answers = received(&peer);
    assert_eq!(answers.len(), withheld);
    assert!(String::from_utf8_lossy(&answers).contains(r#""opaque":2,"#));
    assert!(server.sockets.release(second, true).is_none());
    assert!(String::from_utf8_lossy(&received(&peer)).contains(r#""opaque":3,"#));
    assert!(server.sockets.release(u64::MAX, true).is_none());
    assert_eq!(received(&peer), []);
    assert_eq!(server.sockets.unsent_bytes(id), 0);
}

#[test]
fn withheld_answers_are_given_back_instead_and_those_of_a_closed_socket_are_dropped() {
    let mut server = Server::new();
    let (_, mut closed_peer) = server.connect();
    let (id, mut peer) = server.connect();
    let (other, mut other_peer) = server.connect();
    for (opaque, peer) in [&mut closed_peer, &mut peer, &mut other_peer].into_iter().enumerate() {
        peer.write_all(&send_to("Safe", u32::try_from(opaque).unwrap(), b"x")).unwrap();
    }
    assert_eq!(server.turn(), []);
    drop(server.sockets.take(SocketId::new(1)));
    let mut given: Vec<_> = std::iter::from_fn(|| server.sockets.release(u64::MAX, false)).collect();
    given.sort_by_key(|released| released.socket.number());
    let ids: Vec<_> = given.iter().map(|released| released.socket).collect();
    assert_eq!(ids, [id, other]);
    for (opaque, released) in (1..).zip(&given) {
        assert_eq!(frames_of(&released.frames).len(), 1);
        assert!(String::from_utf8_lossy(&released.frames).contains(&format!(r#""opaque":{opaque},"#)));
    }
    for peer in [&closed_peer, &peer, &other_peer] {
        assert_eq!(received(peer), []);
    }
}

/// Fills what the system holds for a peer that does not read.
fn stuff(server: &mut Server, id: SocketId) -> Vec<u8> {
    let bytes = vec![0xaa; 4 << 20];
    let unsent = server.sockets.send(id, &bytes).unwrap();
    assert!(unsent > 0 && unsent == server.sockets.unsent_bytes(id));
    bytes
}

#[test]
fn a_peer_that_does_not_read_is_left_to_the_owner_until_it_has_read() {
    let mut server = Server::new();
    let (id, mut peer) = server.connect();
    let mut expected = stuff(&mut server, id);
    assert_eq!(server.turn(), []);
    peer.write_all(&send(1)).unwrap();
    assert_eq!(server.turn(), [(id, Heard::Readable)]);
    assert_eq!(server.turn(), [(id, Heard::Readable)]);
    server.sockets.set_reading(id, Reading::Nobody).unwrap();
    // The system has room again, but bytes wait before these.
    let mut got = received(&peer);
    server.sockets.send(id, b"behind").unwrap();
    expected.extend(b"behind");
    let mut heard = Vec::new();
    while server.sockets.unsent_bytes(id) > 0 {
        got.extend(received(&peer));
        heard.extend(server.turn());
    }
    got.extend(received(&peer));
    assert_eq!(heard, [(id, Heard::Drained)]);
    assert!(got == expected, "{} bytes came of {}", got.len(), expected.len());
    assert!(!server.is_due());
    server.sockets.set_reading(id, Reading::HotPath).unwrap();
    assert_eq!(server.turn(), []);
    assert_eq!(received(&peer), Broker::answers_to(&send(1)));
}

#[test]
fn what_the_peer_does_not_take_of_an_answer_stands_before_whatever_comes_next() {
    let mut server = Server::new();
    let (id, mut peer) = server.connect();
    peer.write_all(&send_to("Safe", 0, b"x")).unwrap();
    assert_eq!(server.turn(), []);
    let requests: Vec<u8> = (1..=100).flat_map(send).collect();
    assert!(requests.len() < RECEIVED_BYTES);
    let mut asked = 0;
    let unsent = loop {
        peer.write_all(&requests).unwrap();
        asked += 100;
        match server.turn().as_slice() {
            [] => assert!(asked < 100_000, "the system takes everything"),
            [(_, Heard::Ingested { unsent, consumed, .. })] => {
                assert_eq!(*consumed, requests.len());
                break *unsent;
            }
            heard => panic!("{heard:?}"),
        }
    };
    assert!(unsent > 0 && unsent == server.sockets.unsent_bytes(id));
    assert_eq!(server.sockets.send(id, &heartbeat(7)).unwrap(), unsent + heartbeat(7).len());
    let released = server.sockets.release(u64::MAX, true).unwrap();
    assert_eq!((released.socket, released.frames.len()), (id, 0));
    assert!(server.sockets.release(u64::MAX, true).is_none());
    let mut bytes = Vec::new();
    while server.sockets.unsent_bytes(id) > 0 {
        bytes.extend(received(&peer));
        server.turn();
    }
    bytes.extend(received(&peer));
    let frames = frames_of(&bytes);
    assert_eq!(frames.len(), asked + 2);
    assert_eq!(frames[asked], heartbeat(7));
    assert!(frames[..asked].iter().all(|frame| frame[8] == b'{'));
}

#[test]
fn the_end_of_a_peer_is_told() {
    let mut server = Server::new();
    let (by_hot_path, peer) = server.connect();
    peer.shutdown(Shutdown::Write).unwrap();
    assert_eq!(server.turn(), [(by_hot_path, Heard::Ended)]);
    server.sockets.set_reading(by_hot_path, Reading::Nobody).unwrap();
    assert!(!server.is_due());
    let (by_owner, other) = server.connect_read_by(Reading::Owner);
    drop(other);
    assert_eq!(server.turn(), [(by_owner, Heard::Readable)]);
    assert_eq!(server.sockets.receive(by_owner, &mut [0; 8]), Ok(0));
}

#[test]
fn a_peer_sees_the_end_and_can_still_send() {
    let mut server = Server::new();
    let (id, mut peer) = server.connect_read_by(Reading::Owner);
    server.sockets.send(id, b"last").unwrap();
    server.sockets.end(id).unwrap();
    let mut bytes = Vec::new();
    peer.read_to_end(&mut bytes).unwrap();
    assert_eq!(bytes, b"last");
    peer.write_all(b"late").unwrap();
    assert_eq!(server.turn(), [(id, Heard::Readable)]);
    assert_eq!(server.sockets.receive(id, &mut [0; 8]), Ok(4));
}

/// A TCP socket; closing the peer with bytes unread resets it.
fn reset_by_the_peer(server: &mut Server, reading: Reading) -> SocketId {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let peer = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let id = server.add(listener.accept().unwrap().0, reading);
    server.sockets.send(id, b"unread").unwrap();
    assert_eq!(peer.peek(&mut [0; 8]).unwrap(), 6);
    drop(peer);
    id
}

#[test]
fn a_socket_that_is_taken_is_not_looked_at_although_others_have_it_too() {
    let mut server = Server::new();
    let (near, mut peer) = UnixStream::pair().unwrap();
    let shared = near.try_clone().unwrap();
    let id = server.add(near, Reading::HotPath);
    peer.write_all(&send(1)).unwrap();
    drop(server.sockets.take(id));
    assert!(!server.is_due());
    assert_eq!(received(&shared), send(1));
}

#[test]
fn a_reset_is_told() {
    let mut server = Server::new();
    let id = reset_by_the_peer(&mut server, Reading::HotPath);
    assert_eq!(server.turn(), [(id, Heard::Failed(Errno::CONNRESET))]);
    drop(server.sockets.take(id));
    let id = reset_by_the_peer(&mut server, Reading::Owner);
    assert_eq!(server.turn(), [(id, Heard::Readable)]);
    assert_eq!(server.sockets.receive(id, &mut [0; 8]), Err(Errno::CONNRESET));
}

#[test]
fn a_socket_that_nobody_reads_makes_no_turn_due() {
    let mut server = Server::new();
    let (id, mut peer) = server.connect_read_by(Reading::Nobody);
    peer.write_all(&send(1)).unwrap();
    assert!(!server.is_due());
    server.sockets.set_reading(id, Reading::HotPath).unwrap();
    assert!(server.is_due());
    server.sockets.set_reading(id, Reading::Nobody).unwrap();
    drop(peer);
    reset_by_the_peer(&mut server, Reading::Nobody);
    assert!(!server.is_due());
    assert_eq!(server.turn(), []);
}

#[test]
fn a_peer_that_hangs_up_on_bytes_that_wait_is_told_although_nobody_reads() {
    let mut server = Server::new();
    let (id, peer) = server.connect_read_by(Reading::Nobody);
    stuff(&mut server, id);
    drop(peer);
    assert!(matches!(server.turn().first(), Some((failed, Heard::Failed(_))) if *failed == id));
}

#[test]
fn a_socket_that_stops_being_read_in_the_middle_of_a_turn_is_left_alone_and_a_taken_one_is_not_told_of() {
    let mut server = Server::new();
    let mut peers: Vec<_> = (0..3).map(|_| server.connect()).collect();
    for (_, peer) in &mut peers {
        peer.write_all(&heartbeat(1)).unwrap();
    }
    let first = server.hear().unwrap().0;
    let others: Vec<_> = peers.iter().map(|(id, _)| *id).filter(|id| *id != first).collect();
    server.sockets.set_reading(others[0], Reading::Nobody).unwrap();
    drop(server.sockets.take(others[1]));
    assert_eq!(server.turn(), []);
    server.sockets.set_reading(others[0], Reading::HotPath).unwrap();
    assert!(matches!(server.turn().as_slice(), [(id, Heard::Ingested { .. })] if *id == others[0]));
    assert!(server.sockets.take(others[1]).is_none());
    assert_eq!(server.sockets.send(others[1], b"x"), Err(Errno::BADF));
}

#[test]
fn while_the_hot_path_is_off_the_owner_reads() {
    let mut server = Server::new();
    server.enabled = false;
    let (id, mut peer) = server.connect();
    peer.write_all(&send(1)).unwrap();
    assert_eq!(server.turn(), [(id, Heard::Readable)]);
    assert_eq!(server.sockets.effects().appended_records, 0);
    server.enabled = true;
    assert_eq!(server.turn(), []);
    assert_eq!(received(&peer), Broker::answers_to(&send(1)));
}

#[test]
fn a_turn_waits_for_its_effects_to_be_taken_when_they_are_full() {
    let mut server = Server::new();
    server.broker.ingest(&send(0), &mut [0; 1024], &mut [], 0);
    server.answered_pulls_max = 2;
    let mut peers: Vec<_> = (0..3).map(|_| server.connect()).collect();
    for (_, peer) in &mut peers {
        peer.write_all(&pull(1)).unwrap();
    }
    assert!(matches!(server.step(), Step::EffectsFull));
    assert_eq!(server.sockets.effects().answered_pulls.len(), 2);
    server.sockets.effects().clear();
    assert!(matches!(server.step(), Step::Done));
    assert_eq!(server.sockets.effects().answered_pulls.len(), 1);
    let answers: Vec<_> = peers.iter().map(|(_, peer)| received(peer)).collect();
    assert!(String::from_utf8_lossy(&answers[0]).contains("FOUND"));
    assert!(answers.iter().all(|answer| *answer == answers[0]));
}

#[test]
fn no_more_is_kept_back_than_the_owner_has_been_told_of() {
    let mut server = Server::new();
    server.withheld_bytes_max = 1;
    let mut peers: Vec<_> = (0..3).map(|_| server.connect().1).collect();
    for peer in &mut peers {
        peer.write_all(&send_to("Safe", 1, b"x")).unwrap();
    }
    for left in [2, 1, 0] {
        let step = server.step();
        assert!(if left > 0 { matches!(step, Step::EffectsFull) } else { matches!(step, Step::Done) });
        assert_eq!(server.sockets.effects().appended_records, 1);
        server.sockets.effects().clear();
    }
}

#[test]
fn more_sockets_than_a_turn_serves_are_all_served_over_turns() {
    let mut server = Server::new();
    let mut peers: Vec<_> = (0..300).map(|_| server.connect().1).collect();
    for peer in &mut peers {
        peer.write_all(&send(1)).unwrap();
    }
    assert_eq!(server.turn(), []);
    let so_far = server.sockets.effects().appended_records;
    assert!(so_far < 300 && server.is_due());
    assert_eq!(server.turn(), []);
    assert_eq!(server.sockets.effects().appended_records, 300);
    assert!(!server.is_due());
    assert!(peers.iter().all(|peer| frames_of(&received(peer)).len() == 1));
}

/// An owner that does what is left: keeps beginnings of frames, ingests again, echoes frames that are no sends.
#[derive(Default)]
struct Owner {
    kept: Vec<u8>,
    withheld: Vec<(u64, Vec<u8>)>,
}

impl Owner {
    fn hears(&mut self, server: &mut Server, id: SocketId, heard: Heard) {
        match heard {
            Heard::Readable => {
                let mut bytes = vec![0; 512];
                let length = server.sockets.receive(id, &mut bytes).unwrap();
                self.kept.extend(&bytes[..length]);
            }
            Heard::Ingested { received, consumed, others, violation: None, .. } => {
                for (start, end) in others {
                    server.sockets.send(id, &received[start as usize..end as usize]).unwrap();
                }
                self.kept = received[consumed..].to_vec();
            }
            heard => panic!("{heard:?}"),
        }
        while self.ingest(server, id) {}
        let reading = if self.kept.is_empty() { Reading::HotPath } else { Reading::Owner };
        server.sockets.set_reading(id, reading).unwrap();
    }

    fn ingest(&mut self, server: &mut Server, id: SocketId) -> bool {
        let (mut out, mut frames) = (vec![0; OUT_BYTES], vec![0; 64]);
        let outcome = server.broker.ingest(&self.kept, &mut out, &mut frames, 0);
        let (ready, withheld) = out.split_at(outcome.response_bytes);
        server.sockets.send(id, ready).unwrap();
        self.withheld.push((outcome.required_flush_offset, withheld[..outcome.withheld_bytes].to_vec()));
        for place in frames[..2 * outcome.other_frame_count].chunks_exact(2) {
            server.sockets.send(id, &self.kept[place[0] as usize..place[1] as usize]).unwrap();
        }
        self.kept.drain(..outcome.consumed_bytes);
        outcome.consumed_bytes > 0
    }

    fn release(&mut self, server: &mut Server, id: SocketId, offset: u64) {
        for (_, frames) in self.withheld.extract_if(.., |(required, _)| *required <= offset) {
            server.sockets.send(id, &frames).unwrap();
        }
    }
}

/// Sorted, and without the place in the log, which depends on what came in between.
fn comparable(bytes: &[u8]) -> Vec<String> {
    let mut frames: Vec<_> = frames_of(bytes)
        .iter()
        .map(|frame| {
            let text = String::from_utf8_lossy(frame).into_owned();
            match text.split_once(r#""msgId":""#) {
                Some((before, behind)) => format!("{before}{}", &behind[32..]),
                None => text,
            }
        })
        .collect();
    frames.sort();
    frames
}

/// Every socket has a queue of its own.
fn random_frames(chance: &mut Chance, queue: usize) -> Vec<Vec<u8>> {
    (0..=chance.below(30))
        .map(|opaque| {
            let opaque = u32::try_from(opaque).unwrap();
            let body = vec![b'x'; chance.below(900)];
            match chance.below(4) {
                0 => heartbeat(opaque),
                1 => send_to_queue(queue, "Safe", opaque, &body),
                _ => send_to_queue(queue, "Orders", opaque, &body),
            }
        })
        .collect()
}

#[test]
fn frames_cut_anywhere_are_answered_as_the_whole_is() {
    let seed = std::env::var("SEED").ok().and_then(|text| text.parse().ok()).unwrap_or(20_261_121);
    let mut chance = Chance::new(seed);
    for _ in 0..40 {
        let mut server = Server::new();
        let mut peers: Vec<_> = (0..4)
            .map(|queue| {
                let (id, peer) = server.connect();
                let bytes = random_frames(&mut chance, queue).concat();
                (id, peer, bytes, 0, Owner::default())
            })
            .collect();
        while peers.iter().any(|(_, _, bytes, written, _)| written < &bytes.len()) {
            for (_, peer, bytes, written, _) in &mut peers {
                let length = chance.below(1500).min(bytes.len() - *written);
                peer.write_all(&bytes[*written..*written + length]).unwrap();
                *written += length;
            }
            server.enabled = chance.below(8) > 0;
            while let Some((id, heard)) = server.hear() {
                let (_, _, _, _, owner) = peers.iter_mut().find(|peer| peer.0 == id).unwrap();
                owner.hears(&mut server, id, heard);
            }
            let offset = chance.draw() % (1 + server.broker.store.appended_offset());
            release(&mut server, &mut peers, offset);
        }
        while server.is_due() {
            while let Some((id, heard)) = server.hear() {
                let (_, _, _, _, owner) = peers.iter_mut().find(|peer| peer.0 == id).unwrap();
                owner.hears(&mut server, id, heard);
            }
        }
        release(&mut server, &mut peers, u64::MAX);
        for (_, peer, bytes, _, owner) in &peers {
            assert_eq!(owner.kept, []);
            assert_eq!(comparable(&received(peer)), expected(bytes), "SEED={seed}");
        }
    }
}

type Peer = (SocketId, UnixStream, Vec<u8>, usize, Owner);

fn release(server: &mut Server, peers: &mut [Peer], offset: u64) {
    assert!(server.sockets.release(offset, true).is_none());
    for (id, _, _, _, owner) in peers {
        owner.release(server, *id, offset);
    }
}

/// Of a broker that is given everything at once, and an owner that echoes.
fn expected(mut bytes: &[u8]) -> Vec<String> {
    let broker = Broker::new();
    let mut answers = Vec::new();
    while !bytes.is_empty() {
        let (mut out, mut frames) = (vec![0; 1 << 20], vec![0; 64]);
        let outcome = broker.ingest(bytes, &mut out, &mut frames, 0);
        answers.extend(&out[..outcome.response_bytes + outcome.withheld_bytes]);
        for place in frames[..2 * outcome.other_frame_count].chunks_exact(2) {
            answers.extend(&bytes[place[0] as usize..place[1] as usize]);
        }
        bytes = &bytes[outcome.consumed_bytes..];
    }
    comparable(&answers)
}
