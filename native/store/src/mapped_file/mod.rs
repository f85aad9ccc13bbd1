//! Memory shared with a file. The only place with unsafe code.

mod mapped_memory;

pub use mapped_memory::MappedMemory;
