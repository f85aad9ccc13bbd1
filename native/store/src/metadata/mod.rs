//! The registries (topics, groups, offsets …) as durable tables of bytes. It is not: aware of what the entries mean.

mod batch;
mod disk_backend;
mod tables;
#[cfg(test)]
mod tables_tests;

pub use batch::{MetadataOperation, decode_batch};
pub use tables::Metadata;
