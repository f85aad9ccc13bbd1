//! The `checkpoint` file: up to where log, queues and index are on the disk.
//!
//! ```text
//!  0 physicMsgTimestamp i64   store time of the last message in the log            Apache's part (StoreCheckpoint);
//!  8 logicsMsgTimestamp i64   … in the consume queues                              Apache reads and rewrites these
//! 16 indexMsgTimestamp i64    … in the index                                       40 bytes and leaves the rest
//! 24 masterFlushedOffset i64
//! 32 confirmPhyOffset i64
//! 64 magic "CMQSTORE"         our part: valid only with Apache's part as we wrote it, so it lapses when Apache runs on the
//! 72 commitLogOffset u64      directory. Everything below is on the disk: log, queue entries, index entries
//! 80 logMinOffset u64
//! 88 queueCount u64, entryTotal u64, firstFileTotal u64     to see whether queues were lost
//! 112 index: lastName i64, fileCount u32, lastCount u32     to take the index back to this state
//! 128 checksumFrom u64        records from here on are ours and carry their checksum
//! 136 checksum u32            CRC-32 of bytes 0..40 and 64..136
//! ```
//! The file has 4096 bytes; what is used lies in one sector, which a disk writes whole or not at all.

use crate::disk::Disk;
use crate::dispatcher::QueueMark;
use crate::error::StoreError;
use crate::index::IndexMark;
use crate::record::{Put, Take};

pub const FILE: &str = "checkpoint";
const FILE_BYTES: u64 = 4096;
const APACHE_BYTES: usize = 40;
const OURS_AT: usize = 64;
const CHECKSUM_AT: usize = 136;
const USED_BYTES: usize = CHECKSUM_AT + 4;
const MAGIC: &[u8; 8] = b"CMQSTORE";

/// Apache's part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Timestamps {
    pub physic_msg_timestamp: i64,
    pub logics_msg_timestamp: i64,
    pub index_msg_timestamp: i64,
    pub master_flushed_offset: i64,
    pub confirm_phy_offset: i64,
}

/// Our part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Mark {
    pub commit_log_offset: u64,
    pub log_min_offset: u64,
    pub queues: QueueMark,
    pub index: IndexMark,
    pub checksum_from: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Checkpoint {
    pub timestamps: Timestamps,
    /// None: the file is Apache's, or damaged.
    pub mark: Option<Mark>,
}

impl Checkpoint {
    fn encode(&self) -> [u8; USED_BYTES] {
        let mut bytes = [0; USED_BYTES];
        let mut put = Put::new(&mut bytes);
        let times = &self.timestamps;
        put.i64(times.physic_msg_timestamp);
        put.i64(times.logics_msg_timestamp);
        put.i64(times.index_msg_timestamp);
        put.i64(times.master_flushed_offset);
        put.i64(times.confirm_phy_offset);
        put.bytes(&[0; OURS_AT - APACHE_BYTES]);
        if let Some(mark) = &self.mark {
            put.bytes(MAGIC);
            put.u64(mark.commit_log_offset);
            put.u64(mark.log_min_offset);
            put.u64(mark.queues.queue_count);
            put.u64(mark.queues.entry_total);
            put.u64(mark.queues.first_file_total);
            put.i64(mark.index.last_name);
            put.u32(mark.index.file_count);
            put.u32(mark.index.last_count);
            put.u64(mark.checksum_from);
            let checksum = checksum(&bytes);
            if let Some(place) = bytes.get_mut(CHECKSUM_AT..) {
                Put::new(place).u32(checksum);
            }
        }
        bytes
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        let mut take = Take::new(bytes);
        let timestamps = Timestamps {
            physic_msg_timestamp: take.i64()?,
            logics_msg_timestamp: take.i64()?,
            index_msg_timestamp: take.i64()?,
            master_flushed_offset: take.i64()?,
            confirm_phy_offset: take.i64()?,
        };
        Some(Self { timestamps, mark: decode_mark(bytes) })
    }

    /// None if there is no checkpoint.
    pub fn load(disk: &dyn Disk) -> Result<Option<Self>, StoreError> {
        let file = match disk.open(FILE) {
            Ok(file) => file,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(StoreError::io("open", FILE, error)),
        };
        let mut bytes = [0; USED_BYTES];
        match file.read_at(0, &mut bytes) {
            Ok(()) => Ok(Self::decode(&bytes)),
            // Cut short when it was created: as good as none.
            Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => Ok(None),
            Err(error) => Err(StoreError::io("read", FILE, error)),
        }
    }

    /// Durable when it returns.
    pub fn write(&self, disk: &dyn Disk) -> Result<(), StoreError> {
        let io = |error| StoreError::io("write", FILE, error);
        let (file, created) = match disk.open(FILE) {
            Ok(file) => (file, false),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                (disk.create(FILE, FILE_BYTES).map_err(io)?, true)
            }
            Err(error) => return Err(io(error)),
        };
        if file.len().map_err(io)? != FILE_BYTES {
            file.set_len(FILE_BYTES).map_err(io)?;
        }
        file.write_at(0, &self.encode()).map_err(io)?;
        file.sync().map_err(io)?;
        if created {
            disk.sync_directory("").map_err(|error| StoreError::io("sync the directory of", FILE, error))?;
        }
        Ok(())
    }
}

fn checksum(bytes: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(bytes.get(..APACHE_BYTES).unwrap_or_default());
    hasher.update(bytes.get(OURS_AT..CHECKSUM_AT).unwrap_or_default());
    hasher.finalize()
}

fn decode_mark(bytes: &[u8]) -> Option<Mark> {
    let mut take = Take::new(bytes.get(OURS_AT..)?);
    if take.bytes(MAGIC.len())? != MAGIC {
        return None;
    }
    let mark = Mark {
        commit_log_offset: take.u64()?,
        log_min_offset: take.u64()?,
        queues: QueueMark {
            queue_count: take.u64()?,
            entry_total: take.u64()?,
            first_file_total: take.u64()?,
        },
        index: {
            let last_name = take.i64()?;
            IndexMark { last_name, file_count: take.u32()?, last_count: take.u32()? }
        },
        checksum_from: take.u64()?,
    };
    (take.u32()? == checksum(bytes)).then_some(mark)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::disk::SimulatedDisk;

    fn sample() -> Checkpoint {
        Checkpoint {
            timestamps: Timestamps {
                physic_msg_timestamp: 1,
                logics_msg_timestamp: 2,
                index_msg_timestamp: 3,
                master_flushed_offset: 4,
                confirm_phy_offset: 5,
            },
            mark: Some(Mark {
                commit_log_offset: 6,
                log_min_offset: 7,
                queues: QueueMark { queue_count: 8, entry_total: 9, first_file_total: 10 },
                index: IndexMark { file_count: 11, last_name: 12, last_count: 13 },
                checksum_from: 14,
            }),
        }
    }

    #[test]
    fn round_trip_with_apaches_part_in_front() {
        let disk = SimulatedDisk::new();
        assert_eq!(Checkpoint::load(&disk).unwrap(), None);
        sample().write(&disk).unwrap();
        assert_eq!(Checkpoint::load(&disk).unwrap(), Some(sample()));
        let mut apache = [0; 64];
        let file = disk.open(FILE).unwrap();
        file.read_at(0, &mut apache).unwrap();
        let mut expected = [0; 64];
        for (at, value) in [(7, 1), (15, 2), (23, 3), (31, 4), (39, 5)] {
            expected[at] = value;
        }
        assert_eq!(apache, expected);
        assert_eq!(file.len().unwrap(), 4096);
        // Survives a power loss right after.
        assert_eq!(Checkpoint::load(&disk.crash(1)).unwrap(), Some(sample()));
    }

    #[test]
    fn our_part_lapses_when_apache_writes() {
        let disk = SimulatedDisk::new();
        sample().write(&disk).unwrap();
        assert!(disk.flip_bit(FILE, 7, 3));
        let found = Checkpoint::load(&disk).unwrap().unwrap();
        assert_eq!((found.mark, found.timestamps.physic_msg_timestamp), (None, 9));
    }
}
