//! The index of messages by key.

mod index_file;
#[cfg(test)]
mod index_file_tests;
mod index_service;

pub use index_file::IndexFile;
pub use index_service::{DIRECTORY, IndexMark, IndexService};
