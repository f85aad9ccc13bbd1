//! The `abort` file: there while a store is open, so that the next start knows how the last run ended. Holds the process id.

use std::io;

use crate::disk::Disk;
use crate::error::StoreError;

const FILE: &str = "abort";

/// The text left by a run that was not closed.
pub fn read(disk: &dyn Disk) -> Result<Option<String>, StoreError> {
    let io = |error| StoreError::io("read", FILE, error);
    let file = match disk.open(FILE) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(io(error)),
    };
    let length = usize::try_from(file.len().map_err(io)?).unwrap_or(0).min(64);
    let mut text = vec![0; length];
    file.read_at(0, &mut text).map_err(io)?;
    Ok(Some(String::from_utf8_lossy(&text).trim_matches(['\0', ' ', '\n']).to_owned()))
}

pub fn write(disk: &dyn Disk) -> Result<(), StoreError> {
    let io = |error| StoreError::io("write", FILE, error);
    let text = std::process::id().to_string();
    let file = match disk.open(FILE) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => disk.create(FILE, 0).map_err(io)?,
        Err(error) => return Err(io(error)),
    };
    file.set_len(text.len() as u64).map_err(io)?;
    file.write_at(0, text.as_bytes()).map_err(io)?;
    file.sync().map_err(io)?;
    disk.sync_directory("").map_err(io)
}

pub fn remove(disk: &dyn Disk) -> Result<(), StoreError> {
    let io = |error| StoreError::io("remove", FILE, error);
    disk.remove_file(FILE).map_err(io)?;
    disk.sync_directory("").map_err(io)
}
