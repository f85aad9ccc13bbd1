//! The bound: the broker's storage engine behind sockets that a native thread reads and writes itself.
//!
//! Nothing that TypeScript decides is here. What the real broker serves beside this is the price of deciding in
//! TypeScript. It answers plain sends, pulls of everything, and what a consumer asks before it pulls; nothing else.

mod answer;
mod connection;
mod flusher;
mod held_pulls;
mod pull;
mod requests;
mod server;
mod upkeep;
mod withheld;

use std::error::Error;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;

use centaurmq_store::disk::FileSystemDisk;
use centaurmq_store::ingest::{BrokerIdentity, HotPathIdentity};
use centaurmq_store::{AckLevel, AppendBy, Store, StoreOptions, TopicSpec};
use clap::{Parser, ValueEnum};

use server::Server;

/// Serves sends to and pulls from some topics in one native thread.
#[derive(Parser, Debug)]
#[command(version, about)]
struct Options {
    #[arg(long, default_value_t = 10911)]
    port: u16,
    /// The store's directory.
    #[arg(long)]
    store: PathBuf,
    /// The topic, or the beginning of the topics' names (TOPIC-0, TOPIC-1 …) when there are several.
    #[arg(long, default_value = "BenchmarkTest")]
    topic: String,
    #[arg(long, default_value_t = 1)]
    topics: u32,
    /// Queues of each topic.
    #[arg(long, default_value_t = 8)]
    queues: u32,
    /// What an acknowledgement means.
    #[arg(long, value_enum, default_value_t = Ack::Os)]
    ack: Ack,
}

#[derive(ValueEnum, Debug, Clone, Copy)]
enum Ack {
    /// The message is in the operating system's page cache.
    Os,
    /// The message is on the disk.
    Fsync,
}

fn main() -> Result<(), Box<dyn Error>> {
    let options = Options::parse();
    let store = open_store(&options)?;
    upkeep::start(&store);
    let address = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), options.port);
    let identity = HotPathIdentity::new(&BrokerIdentity {
        store_host: address.ip(),
        store_port: options.port,
        cluster_name: "DefaultCluster".to_owned(),
        region_id: "DefaultRegion".to_owned(),
        trace_on: true,
        version: answer::MQ_VERSION,
    });
    Server::bind(address, store, identity)?.run().map_err(Into::into)
}

fn open_store(options: &Options) -> Result<Arc<Store>, Box<dyn Error>> {
    let disk = Arc::new(FileSystemDisk::new(&options.store)?);
    let append_by = match options.ack {
        Ack::Os => AppendBy::Mapping,
        Ack::Fsync => AppendBy::Writing,
    };
    let (store, _) = Store::open(disk, &StoreOptions { append_by, ..StoreOptions::default() })?;
    for number in 0..options.topics {
        let name =
            if options.topics == 1 { options.topic.clone() } else { format!("{}-{number}", options.topic) };
        store.define_topic(&TopicSpec {
            name,
            read_queue_nums: options.queues,
            write_queue_nums: options.queues,
            perm: 6,
            ack_level: match options.ack {
                Ack::Os => AckLevel::Os,
                Ack::Fsync => AckLevel::Fsync,
            },
            hot_path: true,
        })?;
    }
    Ok(Arc::new(store))
}
