//! The storage engine. It is not: a network server, a scheduler, or aware of Node.js.

mod appender;
pub mod disk;
mod error;
pub mod ingest;
mod mapped_file;
pub mod metadata;
mod read;
mod recovery;
mod retention;
mod store;
mod store_options;
mod topic;

pub use appender::{Appended, Appender, BatchToAppend, MessageToAppend, ParsedProperties, TagsCode};
pub use disk::{Disk, DiskFile};
pub use error::{AppendError, StoreError};
pub use mapped_file::MappedMemory;
pub use read::{Boundary, QueueState, ReadOutcome, ReadRequest, ReadStatus};
pub use recovery::{Cut, RecoveryReport, StartKind};
pub use retention::{RetentionPolicy, RetentionReport};
pub use store::{Arrival, Store, StoreStatus};
pub use store_options::StoreOptions;
pub use topic::{AckLevel, TOPIC_BYTES_MAX, TopicEntry, TopicHandle, TopicSpec};
