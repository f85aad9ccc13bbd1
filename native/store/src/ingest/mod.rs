//! The hot path of sends and pulls. It is not: the owner of sockets, or the judge of anything unusual.

mod binary_header;
mod byte_search;
mod frame;
mod header_scan;
#[cfg(test)]
mod header_tests;
mod hot_path;
#[cfg(test)]
mod hot_path_tests;
mod identity;
mod json_header;
mod properties;
mod pull;
mod pull_request;
mod pull_response;
mod pull_table;
#[cfg(test)]
mod pull_tests;
mod response_header;
mod send_request;
mod send_response;
#[cfg(test)]
mod send_response_tests;

pub use frame::{FRAME_LENGTH_MAX, SerializeType, Violation};
pub use hot_path::{HotPath, IngestMemory, IngestOutcome, IngestRoom, ReceivedChunk, ingest};
pub use identity::{BrokerIdentity, HotPathIdentity, host_bytes};
pub use pull::AnsweredPull;
pub use pull_table::{PullLimits, PullSubscription, PullTable, RegisteredFilter};
