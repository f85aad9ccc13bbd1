//! What can go wrong, as values that carry the facts: what, where, found, expected, what to do.

use std::fmt;
use std::io;

/// A failure of the store as a whole or of one of its files.
#[derive(Debug)]
#[non_exhaustive]
pub enum StoreError {
    /// The directory is in use by another store (or by Apache RocketMQ's broker).
    Locked { directory: String, holder: String },
    /// Reading or writing failed. `action` says what was attempted, `path` on which file.
    Io { action: &'static str, path: String, source: io::Error },
    /// A file does not have the form it must have.
    FileMalformed { path: String, found: String, expected: String },
    /// Bytes that were once known to be safe are damaged. Nothing was changed. Restore the file from a copy or from a
    /// replica, or open with `StoreOptions::cut_damage_at` set to this offset to give up everything from there on.
    Damaged { path: String, commit_log_offset: u64, reason: String },
    /// An earlier fsync failed: what it covered may be lost although the file system will not say so again. Reads go on;
    /// writes need a new start of the process.
    Poisoned { reason: String },
    /// The store is closed or closing.
    Closed,
    /// No topic has this handle.
    TopicUnknown { topic: u32 },
    /// The topic cannot be defined.
    TopicRejected { name: String, reason: String },
    /// An option has a value that cannot work.
    OptionRejected { option: &'static str, found: String, expected: String },
    /// The caller's buffer cannot take even one record.
    BufferTooSmall { needed_bytes: usize, found_bytes: usize },
}

impl StoreError {
    pub(crate) fn io(action: &'static str, path: impl Into<String>, source: io::Error) -> Self {
        Self::Io { action, path: path.into(), source }
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Locked { directory, holder } => {
                write!(
                    f,
                    "the store directory {directory} is in use by {holder}; stop it or choose another directory"
                )
            }
            Self::Io { action, path, source } => write!(f, "cannot {action} {path}: {source}"),
            Self::FileMalformed { path, found, expected } => {
                write!(f, "{path} is malformed: found {found}, expected {expected}")
            }
            Self::Damaged { path, commit_log_offset, reason } => write!(
                f,
                "{path} is damaged at commit log offset {commit_log_offset}: {reason}; restore the file, or open with \
                 cutDamageAt={commit_log_offset} to give up everything from there on"
            ),
            Self::Poisoned { reason } => {
                write!(
                    f,
                    "the store takes no more writes since an fsync failed ({reason}); restart it after checking the disk"
                )
            }
            Self::Closed => write!(f, "the store is closed"),
            Self::TopicUnknown { topic } => write!(f, "no topic has the handle {topic}"),
            Self::TopicRejected { name, reason } => write!(f, "topic {name:?} is rejected: {reason}"),
            Self::OptionRejected { option, found, expected } => {
                write!(f, "option {option} is {found}, expected {expected}")
            }
            Self::BufferTooSmall { needed_bytes, found_bytes } => {
                write!(f, "the buffer has {found_bytes} bytes, the record needs {needed_bytes}")
            }
        }
    }
}

impl std::error::Error for StoreError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io { source, .. } => Some(source),
            _ => None,
        }
    }
}

/// Why a message was not appended. Nothing of it is in the store.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum AppendError {
    TopicUnknown {
        topic: u32,
    },
    QueueIdInvalid {
        queue_id: i32,
        queue_count_max: u32,
    },
    /// `RocketMQ`'s `MESSAGE_ILLEGAL`: the body, or the whole record, is above its limit.
    MessageTooLarge {
        bytes: usize,
        bytes_max: usize,
    },
    /// `RocketMQ`'s `PROPERTIES_SIZE_EXCEEDED`: stored properties, with the checksum's 20 bytes, exceed 32 767.
    PropertiesTooLarge {
        bytes: usize,
        bytes_max: usize,
    },
    /// A host is neither 8 (IPv4 and port) nor 20 bytes (IPv6 and port) long.
    HostMalformed {
        bytes: usize,
    },
    /// The batch body breaks off or contradicts itself at this byte.
    BatchMalformed {
        at: usize,
        reason: &'static str,
    },
    /// No space for the next piece of a file. The same append succeeds once there is space again.
    DiskFull {
        path: String,
        needed_bytes: u64,
    },
    /// A file could not be created or extended for another reason than space.
    Io {
        path: String,
        reason: String,
    },
    /// An earlier fsync failed; see [`StoreError::Poisoned`].
    Poisoned {
        reason: String,
    },
    /// The store is closing.
    ShuttingDown,
}

impl fmt::Display for AppendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TopicUnknown { topic } => write!(f, "no topic has the handle {topic}"),
            Self::QueueIdInvalid { queue_id, queue_count_max } => {
                write!(f, "queue id {queue_id} is outside 0..{queue_count_max}")
            }
            Self::MessageTooLarge { bytes, bytes_max } => {
                write!(f, "the message has {bytes} bytes, at most {bytes_max} are allowed")
            }
            Self::PropertiesTooLarge { bytes, bytes_max } => {
                write!(f, "the stored properties have {bytes} bytes, at most {bytes_max} are allowed")
            }
            Self::HostMalformed { bytes } => {
                write!(f, "a host has {bytes} bytes, expected 8 (IPv4) or 20 (IPv6)")
            }
            Self::BatchMalformed { at, reason } => write!(f, "the batch is malformed at byte {at}: {reason}"),
            Self::DiskFull { path, needed_bytes } => {
                write!(
                    f,
                    "the disk is full: {path} needs {needed_bytes} more bytes; appends resume when space is freed"
                )
            }
            Self::Io { path, reason } => write!(f, "cannot extend {path}: {reason}"),
            Self::Poisoned { reason } => {
                write!(
                    f,
                    "the store takes no more writes since an fsync failed ({reason}); restart it after checking the disk"
                )
            }
            Self::ShuttingDown => write!(f, "the store is shutting down"),
        }
    }
}

impl std::error::Error for AppendError {}
