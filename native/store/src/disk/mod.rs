//! Where the store's files are: a real directory, or memory that behaves like a disk under power loss.

mod disk_trait;
mod faults;
mod file_system_disk;
mod simulated_disk;
mod simulated_file;

pub use disk_trait::{Disk, DiskEntry, DiskFile, DiskLock, DiskSpace};
pub use faults::{Chance, DiskHook};
pub use file_system_disk::FileSystemDisk;
pub use simulated_disk::SimulatedDisk;
