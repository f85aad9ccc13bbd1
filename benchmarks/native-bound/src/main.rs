//! The bound: the broker's storage engine and hot path behind sockets that a native thread reads and writes itself.
//!
//! Nothing that TypeScript decides is here. What the real broker serves beside this is the price of deciding in
//! TypeScript. It answers plain sends to one topic and nothing else.

mod connection;
mod upkeep;

use std::error::Error;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use centaurmq_store::disk::FileSystemDisk;
use centaurmq_store::ingest::{BrokerIdentity, HotPathIdentity, IngestMemory};
use centaurmq_store::{AckLevel, Store, StoreOptions, TopicSpec};
use clap::Parser;
use mio::net::TcpListener;
use mio::{Events, Interest, Poll, Token};

use connection::{Connection, State};

const LISTENER: Token = Token(usize::MAX);
const READ_BYTES: usize = 256 << 10;
const OUT_BYTES: usize = 128 << 10;
const FRAMES_MAX: usize = 1024;

/// Serves sends to one topic from one native thread.
#[derive(Parser, Debug)]
#[command(version, about)]
struct Options {
    #[arg(long, default_value_t = 10911)]
    port: u16,
    /// The store's directory.
    #[arg(long)]
    store: PathBuf,
    #[arg(long, default_value = "BenchmarkTest")]
    topic: String,
    #[arg(long, default_value_t = 8)]
    queues: u32,
}

/// What all connections share: the engine and the memory to receive into and answer from.
struct Shared {
    store: Arc<Store>,
    identity: HotPathIdentity,
    memory: IngestMemory,
    received: Box<[u8]>,
    out: Box<[u8]>,
    frames: Box<[u32]>,
}

fn main() -> Result<(), Box<dyn Error>> {
    let options = Options::parse();
    let store = open_store(&options)?;
    upkeep::start(&store)?;
    let address = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), options.port);
    let identity = HotPathIdentity::new(&BrokerIdentity {
        store_host: address.ip(),
        store_port: options.port,
        cluster_name: "DefaultCluster".to_owned(),
        region_id: "DefaultRegion".to_owned(),
        trace_on: true,
        version: 479,
    });
    let mut shared = Shared {
        store,
        identity,
        memory: IngestMemory::default(),
        received: vec![0; READ_BYTES].into(),
        out: vec![0; OUT_BYTES].into(),
        frames: vec![0; 2 * FRAMES_MAX].into(),
    };
    serve(TcpListener::bind(address)?, &mut shared).map_err(Into::into)
}

fn open_store(options: &Options) -> Result<Arc<Store>, Box<dyn Error>> {
    let disk = Arc::new(FileSystemDisk::new(&options.store)?);
    let (store, _) = Store::open(disk, &StoreOptions::default())?;
    store.define_topic(&TopicSpec {
        name: options.topic.clone(),
        read_queue_nums: options.queues,
        write_queue_nums: options.queues,
        perm: 6,
        ack_level: AckLevel::Os,
        hot_path: true,
    })?;
    Ok(Arc::new(store))
}

fn serve(mut listener: TcpListener, shared: &mut Shared) -> io::Result<()> {
    let mut poll = Poll::new()?;
    poll.registry().register(&mut listener, LISTENER, Interest::READABLE)?;
    let mut connections: Vec<Option<Connection>> = Vec::new();
    let mut events = Events::with_capacity(1024);
    loop {
        match poll.poll(&mut events, None) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            polled => polled?,
        }
        let now_millis = epoch_millis();
        for event in &events {
            if event.token() == LISTENER {
                accept(&listener, &poll, &mut connections)?;
                continue;
            }
            let Some(place) = connections.get_mut(event.token().0) else { continue };
            let Some(connection) = place else { continue };
            if matches!(connection.ready(shared, now_millis), Ok(State::Open)) {
                continue;
            }
            *place = None; // closing the socket deregisters it
        }
    }
}

fn accept(listener: &TcpListener, poll: &Poll, connections: &mut Vec<Option<Connection>>) -> io::Result<()> {
    loop {
        let (mut stream, peer) = match listener.accept() {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
            accepted => accepted?,
        };
        stream.set_nodelay(true)?;
        let token = Token(connections.len());
        poll.registry().register(&mut stream, token, Interest::READABLE | Interest::WRITABLE)?;
        connections.push(Some(Connection::new(stream, peer)));
    }
}

fn epoch_millis() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
