//! Finding the segments of the log.

use crate::commit_log::{DIRECTORY, PREPARING_FILE, segment_path};
use crate::consume_queue;
use crate::disk::Disk;
use crate::error::StoreError;
use crate::file_name::parse_offset_file_name;
use crate::index;
use crate::mapped_file::MappedFile;
use crate::record::{LogItem, decode};

/// The segments in order, mapped whole. `safe_end`: what lies below must be there; `known_end`: where our checkpoint stands.
/// Files behind a gap or cut short, which only an interrupted creation leaves behind the safe range, are removed.
pub fn load_segments(
    disk: &dyn Disk,
    segment_bytes: u64,
    safe_end: u64,
    known_end: Option<u64>,
) -> Result<Vec<MappedFile>, StoreError> {
    let io = |error| StoreError::io("open", DIRECTORY, error);
    // Made durable with the root when recovery ends, so that nobody has to think of them later.
    for directory in [DIRECTORY, consume_queue::DIRECTORY, index::DIRECTORY] {
        disk.create_directory(directory).map_err(|error| StoreError::io("create", directory, error))?;
    }
    match disk.remove_file(PREPARING_FILE) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            return Err(StoreError::io("remove", PREPARING_FILE, error));
        }
        _ => {}
    }
    let mut segments: Vec<MappedFile> = Vec::new();
    let mut removed = false;
    for entry in disk.list(DIRECTORY).map_err(io)? {
        let path = format!("{DIRECTORY}/{}", entry.name);
        let Some(base) = parse_offset_file_name(&entry.name).filter(|base| base % segment_bytes == 0) else {
            return Err(StoreError::FileMalformed {
                path,
                found: "this name".to_owned(),
                expected: format!("a multiple of the segment size {segment_bytes} in 20 digits"),
            });
        };
        let expected_base = segments.last().map_or(base, |last| last.base() + segment_bytes);
        let complete = entry.len == segment_bytes && base == expected_base && !removed;
        if !complete {
            let lost_before = expected_base.min(base) < safe_end;
            if lost_before || (entry.len != segment_bytes && entry.len != 0 && safe_end == 0) {
                return Err(if base == expected_base {
                    let expected = format!("{segment_bytes} bytes, the segment size");
                    StoreError::FileMalformed { path, found: format!("{} bytes", entry.len), expected }
                } else {
                    let reason = format!("the segment is missing, the log goes on with {path}");
                    StoreError::Damaged {
                        path: segment_path(expected_base),
                        commit_log_offset: expected_base,
                        reason,
                    }
                });
            }
            disk.remove_file(&path).map_err(|error| StoreError::io("remove", &path, error))?;
            removed = true;
            continue;
        }
        let file = disk.open(&path).map_err(|error| StoreError::io("open", &path, error))?;
        let length = usize::try_from(segment_bytes).unwrap_or(usize::MAX);
        let mapped = MappedFile::map(path.clone(), base, file, length, length);
        segments.push(mapped.map_err(|error| StoreError::io("map", path, error))?);
    }
    if let Some(known_end) = known_end
        && segments.first().is_some_and(|first| first.base() > known_end)
    {
        // The log never went so far for certain, and its beginning did not reach the disk.
        for segment in segments.drain(..).rev() {
            disk.remove_file(segment.path())
                .map_err(|error| StoreError::io("remove", segment.path(), error))?;
        }
        removed = true;
    }
    if removed {
        disk.sync_directory(DIRECTORY)
            .map_err(|error| StoreError::io("sync the directory", DIRECTORY, error))?;
    }
    check_end(&segments, segment_bytes, safe_end)?;
    Ok(segments)
}

/// The log must reach what the checkpoint knows.
fn check_end(segments: &[MappedFile], segment_bytes: u64, safe_end: u64) -> Result<(), StoreError> {
    let end = segments.last().map_or(0, |last| last.base() + segment_bytes);
    if end >= safe_end {
        return Ok(());
    }
    Err(StoreError::Damaged {
        path: segment_path(end),
        commit_log_offset: end,
        reason: format!("the segment is missing, the checkpoint knows the log up to {safe_end}"),
    })
}

/// First offset and store time of every segment that begins with a record.
pub fn segment_heads(segments: &[MappedFile]) -> Vec<(u64, i64)> {
    segments
        .iter()
        .filter_map(|segment| match decode(segment.bytes(0, segment.len())?) {
            Ok(LogItem::Record(view)) if view.commit_log_offset == segment.base() => {
                Some((segment.base(), view.store_timestamp))
            }
            _ => None,
        })
        .collect()
}
