use std::net::{SocketAddr, ToSocketAddrs};

use clap::{Args, Parser, Subcommand, ValueEnum};

/// Bodies larger than this are refused by every broker with default settings (`maxMessageSize`).
const BODY_BYTES_MAX: i64 = 4_194_304;

/// Sends and pulls `RocketMQ` messages (JSON headers, as the Java client writes them) and measures one broker.
#[derive(Parser, Debug)]
#[command(version, about)]
pub struct Options {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Subcommand, Debug)]
pub enum Command {
    /// Creates the topics, or leaves them as they are when they are so already.
    CreateTopics(CreateTopicsOptions),
    /// Sends, in a closed loop or on schedule, and measures the answers.
    Send(SendOptions),
    /// Pulls every queue of every topic for some groups.
    Consume(ConsumeOptions),
    /// Sends on schedule and receives through held pulls: from the scheduled send to the message's arrival.
    Deliver(DeliverOptions),
}

/// Which broker, and which of its queues.
#[derive(Args, Debug, Clone)]
pub struct Target {
    /// The broker, as host:port.
    #[arg(long, default_value = "127.0.0.1:10911", value_parser = socket_address)]
    pub address: SocketAddr,
    /// The topic, or the beginning of the topics' names when there are several.
    #[arg(long, default_value = "BenchmarkTest", value_parser = topic_name)]
    pub topic: String,
    /// Queues of each topic, from 0.
    #[arg(long, default_value_t = 8, value_parser = clap::value_parser!(u32).range(1..=9999))]
    pub queues: u32,
}

/// How many topics; several are called TOPIC-0, TOPIC-1 and so on.
#[derive(Args, Debug, Clone)]
pub struct TopicCount {
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub topics: u32,
}

/// When is measured.
#[derive(Args, Debug, Clone)]
pub struct Span {
    #[arg(long, default_value_t = 1.0, value_parser = seconds)]
    pub warm_up_seconds: f64,
    #[arg(long, default_value_t = 5.0, value_parser = seconds)]
    pub seconds: f64,
    /// One line of JSON instead of text.
    #[arg(long)]
    pub json: bool,
}

#[derive(Args, Debug, Clone)]
pub struct CreateTopicsOptions {
    #[command(flatten)]
    pub target: Target,
    #[command(flatten)]
    pub topic_count: TopicCount,
    /// One line of JSON instead of text.
    #[arg(long)]
    pub json: bool,
}

#[derive(Args, Debug, Clone)]
pub struct SendOptions {
    #[command(flatten)]
    pub target: Target,
    #[command(flatten)]
    pub topic_count: TopicCount,
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub connections: u32,
    /// Requests in flight on each connection; 1 waits for every answer.
    #[arg(long, default_value_t = 256, value_parser = clap::value_parser!(u32).range(1..=65_536))]
    pub window: u32,
    /// Bytes of each message's body.
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=BODY_BYTES_MAX))]
    pub body_bytes: u32,
    /// Messages in one request; 1 sends single messages (`SEND_MESSAGE_V2`), more a `SEND_BATCH_MESSAGE`.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub batch: u32,
    /// Open loop: messages per second over all connections, started on schedule whether or not answers
    /// came; latency counts from the scheduled moment. 0 is the closed loop.
    #[arg(long, default_value_t = 0.0, value_parser = rate)]
    pub rate: f64,
    /// Decides the order of queues and where the numbers of the messages begin.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    #[command(flatten)]
    pub span: Span,
}

#[derive(Args, Debug, Clone)]
pub struct ConsumeOptions {
    #[command(flatten)]
    pub target: Target,
    #[command(flatten)]
    pub topic_count: TopicCount,
    /// Consumer groups; each receives every message.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub groups: u32,
    /// Connections; the queues of all groups are spread over them, with one pull in flight for each queue.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub connections: u32,
    /// `maxMsgNums` of each pull.
    #[arg(long, default_value_t = 32, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub max_count: u32,
    /// Where to begin.
    #[arg(long, value_enum, default_value_t = From::Last)]
    pub from: From,
    /// End as soon as everything has been received that was there at the start.
    #[arg(long)]
    pub until_drained: bool,
    #[command(flatten)]
    pub span: Span,
}

#[derive(ValueEnum, Debug, Clone, Copy, PartialEq, Eq)]
pub enum From {
    First,
    Last,
}

#[derive(Args, Debug, Clone)]
pub struct DeliverOptions {
    #[command(flatten)]
    pub target: Target,
    /// Bytes of each message's body; its first 8 tell when it was due.
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(8..=BODY_BYTES_MAX))]
    pub body_bytes: u32,
    /// Messages per second.
    #[arg(long, default_value_t = 1000.0, value_parser = positive_rate)]
    pub rate: f64,
    /// Decides the order of queues and where the numbers of the messages begin.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    #[command(flatten)]
    pub span: Span,
}

impl Target {
    /// The names of so many topics.
    pub fn topic_names(&self, count: u32) -> Vec<String> {
        match count {
            1 => vec![self.topic.clone()],
            _ => (0..count).map(|number| format!("{}-{number}", self.topic)).collect(),
        }
    }
}

fn socket_address(text: &str) -> Result<SocketAddr, String> {
    let mut addresses = text.to_socket_addrs().map_err(|error| format!("not host:port: {error}"))?;
    addresses.next().ok_or_else(|| "the name has no address".to_owned())
}

/// The characters that brokers allow, so that a name stands in JSON as it is; room is left for a number behind it.
fn topic_name(text: &str) -> Result<String, String> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'%' | b'|' | b'_' | b'-');
    if text.is_empty() || text.len() > 120 || !text.bytes().all(allowed) {
        return Err("a topic's name has 1 to 120 of the characters %|a-zA-Z0-9_-".to_owned());
    }
    Ok(text.to_owned())
}

fn seconds(text: &str) -> Result<f64, String> {
    number(text, |value| (0.0..=86_400.0).contains(&value), "seconds, from 0 to 86400")
}

fn rate(text: &str) -> Result<f64, String> {
    number(text, |value| (0.0..=1e8).contains(&value), "messages per second, 0 or more")
}

fn positive_rate(text: &str) -> Result<f64, String> {
    number(text, |value| value > 0.0 && value <= 1e8, "messages per second, more than 0")
}

fn number(text: &str, holds: impl Fn(f64) -> bool, expected: &str) -> Result<f64, String> {
    text.parse().ok().filter(|value| holds(*value)).ok_or_else(|| format!("expected {expected}"))
}
