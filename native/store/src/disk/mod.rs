//! Where the store's files are: a real directory, or memory that behaves like a disk under power loss.

mod disk_trait;

pub use disk_trait::{Disk, DiskEntry, DiskFile, DiskLock, DiskSpace};
