//! Memory shared with a file. The only place with unsafe code.

#[expect(clippy::module_inception, reason = "a file is named after its main type")]
mod mapped_file;
mod mapped_memory;

pub use mapped_file::{MappedFile, MappedFileWriter};
pub use mapped_memory::MappedMemory;
