//! The storage engine. It is not: a network server, a scheduler, or aware of Node.js.

mod abort_mark;
mod append_request;
mod appender;
mod batch_body;
mod checkpoint;
mod cold_read;
mod commit_log;
mod consume_queue;
mod delay_level;
pub mod disk;
mod dispatcher;
mod error;
mod file_name;
mod flusher;
mod index;
pub mod ingest;
mod low_priority;
mod mapped_file;
pub mod metadata;
mod read;
mod read_request;
mod record;
mod recovery;
mod resident_blocks;
mod retention;
mod store;
mod store_options;
#[cfg(test)]
mod store_tests;
mod topic;
mod watermarks;

pub use append_request::{Appended, BatchToAppend, MessageToAppend, ParsedProperties, TagsCode};
pub use appender::Appender;
pub use disk::{Disk, DiskFile};
pub use error::{AppendError, StoreError};
pub use mapped_file::MappedMemory;
pub use read_request::{Boundary, QueueBounds, QueueState, ReadOutcome, ReadRequest, ReadStatus};
pub use record::{LogItem, RecordError, RecordView, decode as decode_record};
pub use recovery::{Cut, RecoveryReport, StartKind};
pub use retention::{RetentionPolicy, RetentionReport};
pub use store::{Arrival, Store, StoreStatus};
pub use store_options::{AppendBy, StoreOptions};
pub use topic::{AckLevel, TOPIC_BYTES_MAX, TopicEntry, TopicHandle, TopicSpec};
