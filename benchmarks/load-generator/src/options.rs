use std::net::SocketAddr;

use clap::Parser;

/// Sends `RocketMQ` messages (`SEND_MESSAGE_V2`, JSON headers) to one broker and measures the answers.
#[derive(Parser, Debug, Clone)]
#[command(version, about)]
pub struct Options {
    /// The broker, as ip:port.
    #[arg(long, default_value = "127.0.0.1:10911")]
    pub address: SocketAddr,
    /// An existing topic, or one that the broker creates on first send.
    #[arg(long, default_value = "BenchmarkTest")]
    pub topic: String,
    /// Queues to spread over, from 0.
    #[arg(long, default_value_t = 8, value_parser = clap::value_parser!(u32).range(1..=9999))]
    pub queues: u32,
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub connections: u32,
    /// Requests in flight on each connection; 1 waits for every answer.
    #[arg(long, default_value_t = 256, value_parser = clap::value_parser!(u32).range(1..=65_536))]
    pub window: u32,
    /// Bytes of each message's body.
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=4_194_304))]
    pub body_bytes: u32,
    #[arg(long, default_value_t = 1.0)]
    pub warm_up_seconds: f64,
    #[arg(long, default_value_t = 5.0)]
    pub seconds: f64,
    /// Open loop: messages per second over all connections, started on schedule whether or not answers
    /// came; latency counts from the scheduled moment. 0 is the closed loop.
    #[arg(long, default_value_t = 0.0)]
    pub rate: f64,
    /// One line of JSON instead of text.
    #[arg(long)]
    pub json: bool,
}
