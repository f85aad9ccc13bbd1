//! A disk in memory that forgets what was not synced. It is the store of embedded brokers, and the disk of power-loss tests.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use parking_lot::Mutex;

use super::disk_trait::{Disk, DiskEntry, DiskFile, DiskLock, DiskSpace};
use super::faults::{Chance, DiskHook, Faults};
use super::simulated_file::SimulatedFile;

#[derive(Debug, Default)]
struct Names {
    files: BTreeMap<String, Arc<SimulatedFile>>,
    durable_files: BTreeMap<String, Arc<SimulatedFile>>,
    directories: BTreeSet<String>,
    durable_directories: BTreeSet<String>,
    locked: bool,
}

/// Files in memory. Clones are the same disk.
#[derive(Debug, Clone)]
pub struct SimulatedDisk {
    names: Arc<Mutex<Names>>,
    faults: Arc<Faults>,
}

impl Default for SimulatedDisk {
    fn default() -> Self {
        Self::new()
    }
}

impl SimulatedDisk {
    /// A disk that keeps account of what is durable, for [`Self::crash`].
    pub fn new() -> Self {
        Self { names: Arc::default(), faults: Arc::new(Faults::new(true, u64::MAX, 0)) }
    }

    /// A disk for embedded brokers: no account of durability, so syncs cost nothing.
    pub fn in_memory() -> Self {
        Self { names: Arc::default(), faults: Arc::new(Faults::new(false, u64::MAX, 0)) }
    }

    /// The disk after a power loss: what was synced is there; what was not is there in part, as this seed decides: files and
    /// their lengths, names, and sectors of 512 bytes in any order.
    #[must_use]
    pub fn crash(&self, seed: u64) -> Self {
        let mut chance = Chance::new(seed);
        let faults =
            Arc::new(Faults::new(self.faults.tracked, self.faults.capacity_bytes.load(Ordering::Relaxed), 0));
        let names = self.names.lock();
        let mut kept = Names::default();
        for directory in &names.directories {
            let below_lost = parent(directory).is_some_and(|parent| !kept.directories.contains(parent));
            if !below_lost && (names.durable_directories.contains(directory) || chance.coin()) {
                kept.directories.insert(directory.clone());
            }
        }
        let all: BTreeSet<&String> = names.files.keys().chain(names.durable_files.keys()).collect();
        for name in all {
            let (current, durable) = (names.files.get(name), names.durable_files.get(name));
            let survivor = match (current, durable) {
                (Some(current), Some(durable)) if Arc::ptr_eq(current, durable) => Some(current),
                (current, durable) => {
                    if chance.coin() {
                        current
                    } else {
                        durable
                    }
                }
            };
            let Some(survivor) = survivor else { continue };
            if parent(name).is_some_and(|parent| !kept.directories.contains(parent)) {
                continue;
            }
            let file = Arc::new(survivor.after_power_loss(&faults, &mut chance));
            faults.used_bytes.fetch_add(file.allocated_bytes(), Ordering::Relaxed);
            kept.files.insert(name.clone(), file);
        }
        kept.durable_files.clone_from(&kept.files);
        kept.durable_directories.clone_from(&kept.directories);
        Self { names: Arc::new(Mutex::new(kept)), faults }
    }

    /// The disk after the death of the process only: everything written is there. The old store's writes no longer reach it.
    #[must_use]
    pub fn process_death(&self) -> Self {
        let capacity = self.faults.capacity_bytes.load(Ordering::Relaxed);
        let used = self.faults.used_bytes.load(Ordering::Relaxed);
        let faults = Arc::new(Faults::new(self.faults.tracked, capacity, used));
        let names = self.names.lock();
        let mut copies = Names {
            directories: names.directories.clone(),
            durable_directories: names.durable_directories.clone(),
            ..Names::default()
        };
        for (name, file) in &names.files {
            let copy = Arc::new(file.after_process_death(&faults));
            if names.durable_files.get(name).is_some_and(|durable| Arc::ptr_eq(durable, file)) {
                copies.durable_files.insert(name.clone(), copy.clone());
            }
            copies.files.insert(name.clone(), copy);
        }
        for (name, file) in &names.durable_files {
            if !copies.durable_files.contains_key(name) {
                copies.durable_files.insert(name.clone(), Arc::new(file.after_process_death(&faults)));
            }
        }
        Self { names: Arc::new(Mutex::new(copies)), faults }
    }

    /// Everything written becomes durable, names too: a disk that was written long ago.
    pub fn sync_all(&self) -> io::Result<()> {
        let files: Vec<_> = self.names.lock().files.values().cloned().collect();
        files.iter().try_for_each(|file| file.sync())?;
        let mut names = self.names.lock();
        let Names { files, durable_files, directories, durable_directories, .. } = &mut *names;
        durable_files.clone_from(files);
        durable_directories.clone_from(directories);
        Ok(())
    }

    /// All writes through files and all creations fail until switched off.
    pub fn fail_writes(&self, fail: bool) {
        self.faults.writes_fail.store(fail, Ordering::Relaxed);
    }

    /// Every sync fails after so many more have succeeded; None ends it.
    pub fn fail_syncs_after(&self, count: Option<u64>) {
        self.faults.syncs_until_failure.store(count.unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    /// Called before a file is opened with its name, on the opening thread.
    pub fn before_open(&self, hook: Option<DiskHook>) {
        *self.faults.before_open.lock() = hook.map(Arc::new);
    }

    /// Called before every sync with the file's name, on the syncing thread: to wait there, or to look.
    pub fn before_sync(&self, hook: Option<DiskHook>) {
        *self.faults.before_sync.lock() = hook.map(Arc::new);
    }

    /// Bytes the disk can hold; may be less than is used.
    pub fn set_capacity(&self, bytes: u64) {
        self.faults.capacity_bytes.store(bytes, Ordering::Relaxed);
    }

    pub fn used_bytes(&self) -> u64 {
        self.faults.used_bytes.load(Ordering::Relaxed)
    }

    pub fn sync_count(&self) -> u64 {
        self.faults.sync_count.load(Ordering::Relaxed)
    }

    /// Damages a file; false if it has no such byte.
    pub fn flip_bit(&self, path: &str, position: usize, bit: u8) -> bool {
        let file = self.names.lock().files.get(path).cloned();
        file.is_some_and(|file| file.flip_bit(position, bit))
    }

    /// Paths of all files.
    pub fn file_names(&self) -> Vec<String> {
        self.names.lock().files.keys().cloned().collect()
    }

    /// Files with bytes written where no space was reserved, and where: a real disk may answer those with SIGBUS.
    pub fn unreserved_writes(&self) -> Vec<(String, usize)> {
        let names = self.names.lock();
        names.files.iter().filter_map(|(name, file)| Some((name.clone(), file.unreserved_write()?))).collect()
    }
}

fn parent(path: &str) -> Option<&str> {
    path.rsplit_once('/').map(|(parent, _)| parent)
}

fn not_found(path: &str) -> io::Error {
    io::Error::new(io::ErrorKind::NotFound, format!("there is no {path}"))
}

impl Disk for SimulatedDisk {
    fn open(&self, path: &str) -> io::Result<Arc<dyn DiskFile>> {
        self.faults.before_open(path);
        match self.names.lock().files.get(path) {
            Some(file) => Ok(file.clone()),
            None => Err(not_found(path)),
        }
    }

    fn create(&self, path: &str, len: u64) -> io::Result<Arc<dyn DiskFile>> {
        self.faults.before_write(path)?;
        let len = usize::try_from(len).map_err(|_| io::Error::from(io::ErrorKind::InvalidInput))?;
        let mut names = self.names.lock();
        if parent(path).is_some_and(|parent| !names.directories.contains(parent)) {
            return Err(not_found(parent(path).unwrap_or_default()));
        }
        if names.files.contains_key(path) {
            return Err(io::Error::new(io::ErrorKind::AlreadyExists, format!("{path} exists")));
        }
        let file = Arc::new(SimulatedFile::new(path, self.faults.clone(), vec![0; len], Vec::new(), 0));
        names.files.insert(path.to_owned(), file.clone());
        Ok(file)
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        self.faults.before_write(from)?;
        let mut names = self.names.lock();
        let file = names.files.remove(from).ok_or_else(|| not_found(from))?;
        names.files.insert(to.to_owned(), file);
        Ok(())
    }

    fn remove_file(&self, path: &str) -> io::Result<()> {
        let file = self.names.lock().files.remove(path).ok_or_else(|| not_found(path))?;
        self.faults.release(file.allocated_bytes());
        Ok(())
    }

    fn remove_directory(&self, path: &str) -> io::Result<()> {
        let mut names = self.names.lock();
        let prefix = format!("{path}/");
        if names.files.keys().chain(&names.directories).any(|name| name.starts_with(&prefix)) {
            return Err(io::Error::new(io::ErrorKind::DirectoryNotEmpty, format!("{path} is not empty")));
        }
        if names.directories.remove(path) { Ok(()) } else { Err(not_found(path)) }
    }

    fn create_directory(&self, path: &str) -> io::Result<()> {
        self.faults.before_write(path)?;
        let mut names = self.names.lock();
        let mut made = String::new();
        for part in path.split('/') {
            if !made.is_empty() {
                made.push('/');
            }
            made.push_str(part);
            names.directories.insert(made.clone());
        }
        Ok(())
    }

    fn list(&self, path: &str) -> io::Result<Vec<DiskEntry>> {
        let names = self.names.lock();
        let below = |name: &String| -> Option<String> {
            let rest =
                if path.is_empty() { name.as_str() } else { name.strip_prefix(path)?.strip_prefix('/')? };
            (!rest.contains('/')).then(|| rest.to_owned())
        };
        let mut entries: Vec<DiskEntry> = names
            .directories
            .iter()
            .filter_map(|name| Some(DiskEntry { name: below(name)?, len: 0, directory: true }))
            .collect();
        for (name, file) in &names.files {
            if let Some(name) = below(name) {
                entries.push(DiskEntry { name, len: file.byte_count() as u64, directory: false });
            }
        }
        entries.sort_by(|left, right| left.name.cmp(&right.name));
        Ok(entries)
    }

    fn sync_directory(&self, path: &str) -> io::Result<()> {
        self.faults.before_sync(path)?;
        let mut names = self.names.lock();
        let inside = |name: &str| parent(name).unwrap_or_default() == path;
        let Names { files, durable_files, directories, durable_directories, .. } = &mut *names;
        durable_files.retain(|name, _| !inside(name));
        durable_files
            .extend(files.iter().filter(|(name, _)| inside(name)).map(|(n, f)| (n.clone(), f.clone())));
        durable_directories.retain(|name| !inside(name));
        durable_directories.extend(directories.iter().filter(|name| inside(name)).cloned());
        Ok(())
    }

    fn sync_everything(&self) -> io::Result<bool> {
        let (files, directories) = {
            let names = self.names.lock();
            let files: Vec<_> = names.files.values().cloned().collect();
            (files, names.directories.iter().cloned().collect::<Vec<_>>())
        };
        for file in files {
            file.sync()?;
        }
        for directory in directories.iter().map(String::as_str).chain([""]) {
            self.sync_directory(directory)?;
        }
        Ok(true)
    }

    fn space(&self) -> io::Result<DiskSpace> {
        let total_bytes = self.faults.capacity_bytes.load(Ordering::Relaxed);
        let free_bytes = total_bytes.saturating_sub(self.used_bytes());
        Ok(DiskSpace { total_bytes, free_bytes, available_bytes: free_bytes })
    }

    fn lock(&self) -> io::Result<Result<Box<dyn DiskLock>, String>> {
        let mut names = self.names.lock();
        if names.locked {
            return Ok(Err(format!("this process ({})", std::process::id())));
        }
        names.locked = true;
        Ok(Ok(Box::new(SimulatedLock { names: self.names.clone() })))
    }

    fn prefers_written_space(&self) -> bool {
        self.faults.tracked
    }

    fn name(&self) -> String {
        "memory".to_owned()
    }
}

#[derive(Debug)]
struct SimulatedLock {
    names: Arc<Mutex<Names>>,
}

impl DiskLock for SimulatedLock {}

impl Drop for SimulatedLock {
    fn drop(&mut self) {
        self.names.lock().locked = false;
    }
}
