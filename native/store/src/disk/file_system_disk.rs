//! A directory of the operating system's file system.

use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::ops::Range;
use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, LazyLock};

use memmap2::MmapOptions;
use parking_lot::Mutex;
#[cfg(target_os = "linux")]
use rustix::fs::SeekFrom;

use super::disk_trait::{Disk, DiskEntry, DiskFile, DiskLock, DiskSpace};
use crate::mapped_file::MappedMemory;

/// Name and content of the lock file, as `BrokerStartup` of Apache RocketMQ writes it.
const LOCK_FILE: &str = "lock";
/// Holds the process id of the running store; see `abort`.
const ABORT_FILE: &str = "abort";
/// Read at a time where only the reading counts.
const READ_AHEAD_BYTES: usize = 64 << 10;

/// Directories locked by this process: locks of `fcntl` do not exclude the process that holds them.
static LOCKED: LazyLock<Mutex<BTreeSet<PathBuf>>> = LazyLock::new(|| Mutex::new(BTreeSet::new()));

/// Files below one directory.
#[derive(Debug, Clone)]
pub struct FileSystemDisk {
    root: PathBuf,
    /// Held from the beginning: `syncfs` tells the failures since its descriptor was opened.
    #[cfg(target_os = "linux")]
    directory: Arc<File>,
}

impl FileSystemDisk {
    /// Creates the directory if needed.
    pub fn new(root: impl Into<PathBuf>) -> io::Result<Self> {
        let root = root.into();
        fs::create_dir_all(&root)?;
        let root = root.canonicalize()?;
        Ok(Self {
            #[cfg(target_os = "linux")]
            directory: Arc::new(File::open(&root)?),
            root,
        })
    }

    fn resolve(&self, path: &str) -> io::Result<PathBuf> {
        let relative = Path::new(path);
        if relative.components().all(|part| matches!(part, Component::Normal(_))) {
            Ok(self.root.join(relative))
        } else {
            Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                format!("{path:?} leads out of the store directory"),
            ))
        }
    }
}

impl Disk for FileSystemDisk {
    fn open(&self, path: &str) -> io::Result<Arc<dyn DiskFile>> {
        Ok(Arc::new(SystemFile { file: open_existing(&self.resolve(path)?)? }))
    }

    fn open_for_mapping(&self, path: &str) -> io::Result<Arc<dyn DiskFile>> {
        Ok(Arc::new(NamedFile { path: self.resolve(path)? }))
    }

    fn create(&self, path: &str, len: u64) -> io::Result<Arc<dyn DiskFile>> {
        let resolved = self.resolve(path)?;
        let file = OpenOptions::new().read(true).write(true).create_new(true).open(&resolved)?;
        if let Err(error) = file.set_len(len) {
            drop(file);
            let _ = fs::remove_file(&resolved);
            return Err(error);
        }
        Ok(Arc::new(SystemFile { file }))
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        fs::rename(self.resolve(from)?, self.resolve(to)?)
    }

    fn remove_file(&self, path: &str) -> io::Result<()> {
        fs::remove_file(self.resolve(path)?)
    }

    fn remove_directory(&self, path: &str) -> io::Result<()> {
        fs::remove_dir(self.resolve(path)?)
    }

    fn create_directory(&self, path: &str) -> io::Result<()> {
        fs::create_dir_all(self.resolve(path)?)
    }

    fn list(&self, path: &str) -> io::Result<Vec<DiskEntry>> {
        let directory = match fs::read_dir(self.resolve(path)?) {
            Ok(directory) => directory,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        let mut entries = Vec::new();
        for entry in directory {
            let entry = entry?;
            let metadata = entry.metadata()?;
            let name = entry.file_name().to_string_lossy().into_owned();
            entries.push(DiskEntry { name, len: metadata.len(), directory: metadata.is_dir() });
        }
        entries.sort_by(|left, right| left.name.cmp(&right.name));
        Ok(entries)
    }

    fn sync_directory(&self, path: &str) -> io::Result<()> {
        let resolved = self.resolve(path)?;
        if cfg!(unix) { File::open(resolved)?.sync_all() } else { Ok(()) }
    }

    #[cfg(target_os = "linux")]
    fn sync_everything(&self) -> io::Result<bool> {
        if !syncfs_tells_failures(rustix::system::uname().release().to_str().unwrap_or_default()) {
            return Ok(false);
        }
        rustix::fs::syncfs(&*self.directory)?;
        Ok(true)
    }

    #[cfg(not(target_os = "linux"))]
    fn sync_everything(&self) -> io::Result<bool> {
        Ok(false)
    }

    #[cfg(unix)]
    fn space(&self) -> io::Result<DiskSpace> {
        let found = rustix::fs::statvfs(&self.root)?;
        Ok(DiskSpace {
            total_bytes: found.f_frsize.saturating_mul(found.f_blocks),
            free_bytes: found.f_frsize.saturating_mul(found.f_bfree),
            available_bytes: found.f_frsize.saturating_mul(found.f_bavail),
        })
    }

    #[cfg(not(unix))]
    fn space(&self) -> io::Result<DiskSpace> {
        Err(io::Error::from(io::ErrorKind::Unsupported))
    }

    fn lock(&self) -> io::Result<Result<Box<dyn DiskLock>, String>> {
        if !LOCKED.lock().insert(self.root.clone()) {
            return Ok(Err(format!("this process ({})", std::process::id())));
        }
        let mut taken = SystemLock { root: self.root.clone(), file: None };
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(self.root.join(LOCK_FILE))?;
        if !try_lock(&file)? {
            let holder = fs::read_to_string(self.root.join(ABORT_FILE)).unwrap_or_default();
            let holder = holder.trim();
            return Ok(Err(if holder.is_empty() {
                "another process".to_owned()
            } else {
                format!("process {holder}")
            }));
        }
        write_at(&file, 0, LOCK_FILE.as_bytes())?;
        taken.file = Some(file);
        Ok(Ok(Box::new(taken)))
    }

    fn name(&self) -> String {
        self.root.display().to_string()
    }
}

/// Since Linux 5.8 `syncfs` fails when something could not be written; before, it said nothing.
#[cfg(target_os = "linux")]
fn syncfs_tells_failures(release: &str) -> bool {
    let mut numbers = release.split(['.', '-']).map(|part| part.parse::<u32>().unwrap_or(0));
    (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0)) >= (5, 8)
}

/// Java's `FileChannel.tryLock` is a lock of `fcntl`; so is this one, and they exclude each other.
#[cfg(unix)]
fn try_lock(file: &File) -> io::Result<bool> {
    match rustix::fs::fcntl_lock(file, rustix::fs::FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(true),
        Err(rustix::io::Errno::ACCESS | rustix::io::Errno::AGAIN) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

#[cfg(not(unix))]
fn try_lock(_file: &File) -> io::Result<bool> {
    Ok(true)
}

#[derive(Debug)]
struct SystemLock {
    root: PathBuf,
    file: Option<File>,
}

impl DiskLock for SystemLock {}

impl Drop for SystemLock {
    fn drop(&mut self) {
        drop(self.file.take());
        LOCKED.lock().remove(&self.root);
    }
}

#[derive(Debug)]
struct SystemFile {
    file: File,
}

#[cfg(unix)]
fn write_at(file: &File, position: u64, bytes: &[u8]) -> io::Result<()> {
    std::os::unix::fs::FileExt::write_all_at(file, bytes, position)
}

#[cfg(unix)]
fn read_at(file: &File, position: u64, bytes: &mut [u8]) -> io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, bytes, position)
}

#[cfg(windows)]
fn write_at(file: &File, mut position: u64, mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        let written = std::os::windows::fs::FileExt::seek_write(file, bytes, position)?;
        bytes = bytes.get(written..).unwrap_or_default();
        position += written as u64;
    }
    Ok(())
}

#[cfg(windows)]
fn read_at(file: &File, mut position: u64, mut bytes: &mut [u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        let read = std::os::windows::fs::FileExt::seek_read(file, bytes, position)?;
        if read == 0 {
            return Err(io::Error::from(io::ErrorKind::UnexpectedEof));
        }
        bytes = bytes.get_mut(read..).unwrap_or_default();
        position += read as u64;
    }
    Ok(())
}

/// Writes zeros where the file system cannot reserve space.
fn allocate_by_writing(file: &File, from: u64, to: u64) -> io::Result<()> {
    let zeros = [0_u8; 4096];
    let mut position = from;
    while position < to {
        let chunk = usize::try_from(to - position).unwrap_or(usize::MAX).min(zeros.len());
        write_at(file, position, zeros.get(..chunk).unwrap_or_default())?;
        position += chunk as u64;
    }
    Ok(())
}

impl DiskFile for SystemFile {
    fn len(&self) -> io::Result<u64> {
        Ok(self.file.metadata()?.len())
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.file.set_len(len)
    }

    fn read_at(&self, position: u64, bytes: &mut [u8]) -> io::Result<()> {
        read_at(&self.file, position, bytes)
    }

    fn write_at(&self, position: u64, bytes: &[u8]) -> io::Result<()> {
        write_at(&self.file, position, bytes)
    }

    fn read_ahead(&self, from: u64, to: u64) -> io::Result<()> {
        let mut discarded = vec![0; READ_AHEAD_BYTES];
        let mut position = from;
        while position < to {
            let chunk = usize::try_from(to - position).unwrap_or(usize::MAX).min(discarded.len());
            read_at(&self.file, position, discarded.get_mut(..chunk).unwrap_or_default())?;
            position += chunk as u64;
        }
        Ok(())
    }

    #[cfg(target_os = "linux")]
    fn written(&self, from: u64, to: u64) -> io::Result<Vec<Range<u64>>> {
        // All of them are asked for before anything is read: reading makes the system read ahead, and what it read counts.
        let mut found = Vec::new();
        let mut position = from;
        while position < to {
            let start = match rustix::fs::seek(&self.file, SeekFrom::Data(position)) {
                Ok(start) if start < to => start,
                Ok(_) | Err(rustix::io::Errno::NXIO) => break,
                // Not every file system can tell.
                Err(rustix::io::Errno::INVAL | rustix::io::Errno::OPNOTSUPP) => position,
                Err(error) => return Err(error.into()),
            };
            let end = rustix::fs::seek(&self.file, SeekFrom::Hole(start))?.clamp(start + 1, to);
            found.push(start..end);
            position = end;
        }
        Ok(found)
    }

    fn sync(&self) -> io::Result<()> {
        self.file.sync_all()
    }

    fn allocate(&self, from: u64, to: u64) -> io::Result<()> {
        #[cfg(target_os = "linux")]
        {
            let flags = rustix::fs::FallocateFlags::KEEP_SIZE;
            match rustix::fs::fallocate(&self.file, flags, from, to.saturating_sub(from)) {
                Ok(()) => return Ok(()),
                Err(rustix::io::Errno::OPNOTSUPP | rustix::io::Errno::NOSYS) => {}
                Err(error) => return Err(error.into()),
            }
        }
        allocate_by_writing(&self.file, from, to)
    }

    fn map(&self, len: usize) -> io::Result<Arc<MappedMemory>> {
        let found = self.file.metadata()?.len();
        if found < len as u64 {
            let message = format!("the file has {found} bytes, {len} are to be mapped");
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, message));
        }
        Ok(Arc::new(MappedMemory::new(MmapOptions::new().len(len).map_raw(&self.file)?)))
    }

    fn sync_mapped(&self, memory: &MappedMemory, from: usize, to: usize) -> io::Result<()> {
        sync_mapped(memory, from, to)
    }
}

fn sync_mapped(memory: &MappedMemory, from: usize, to: usize) -> io::Result<()> {
    if from >= to { Ok(()) } else { memory.write_back(from, to) }
}

fn open_existing(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).write(true).open(path)
}

/// A file that is opened anew for each use.
#[derive(Debug)]
struct NamedFile {
    path: PathBuf,
}

impl NamedFile {
    fn opened(&self) -> io::Result<SystemFile> {
        Ok(SystemFile { file: open_existing(&self.path)? })
    }
}

impl DiskFile for NamedFile {
    fn len(&self) -> io::Result<u64> {
        self.opened()?.len()
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.opened()?.set_len(len)
    }

    fn read_at(&self, position: u64, bytes: &mut [u8]) -> io::Result<()> {
        self.opened()?.read_at(position, bytes)
    }

    fn write_at(&self, position: u64, bytes: &[u8]) -> io::Result<()> {
        self.opened()?.write_at(position, bytes)
    }

    fn read_ahead(&self, from: u64, to: u64) -> io::Result<()> {
        self.opened()?.read_ahead(from, to)
    }

    fn written(&self, from: u64, to: u64) -> io::Result<Vec<Range<u64>>> {
        self.opened()?.written(from, to)
    }

    fn sync(&self) -> io::Result<()> {
        self.opened()?.sync()
    }

    fn allocate(&self, from: u64, to: u64) -> io::Result<()> {
        self.opened()?.allocate(from, to)
    }

    fn map(&self, len: usize) -> io::Result<Arc<MappedMemory>> {
        self.opened()?.map(len)
    }

    fn sync_mapped(&self, memory: &MappedMemory, from: usize, to: usize) -> io::Result<()> {
        sync_mapped(memory, from, to)
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn syncfs_counts_from_linux_5_8_on() {
        for (release, tells) in [
            ("6.18.1-generic", true),
            ("5.8.0", true),
            ("5.10", true),
            ("5.7.19", false),
            ("4.19.0", false),
            ("", false),
        ] {
            assert_eq!(syncfs_tells_failures(release), tells, "{release}");
        }
    }
}
