//! Consume queues: per topic and queue, the places of its messages in the log.

#[expect(clippy::module_inception, reason = "a file is named after its main type")]
mod consume_queue;
mod queue_deletion;
mod queue_entry;
mod queue_table;
mod queue_writer;

pub use consume_queue::{ConsumeQueue, DIRECTORY};
pub use queue_entry::{ENTRY_BYTES, QueueEntry};
pub use queue_table::QueueTable;
pub use queue_writer::QueueWriter;
