//! The tables: one redb file in `metadata/`, a directory of which Apache's broker knows nothing.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use redb::{Builder, Database, ReadableDatabase, ReadableTable, TableDefinition, TableError};

use super::batch::MetadataOperation;
use super::disk_backend::DiskBackend;
use crate::disk::{Disk, DiskFile};
use crate::error::StoreError;

const DIRECTORY: &str = "metadata";
const FILE: &str = "metadata/registry.redb";
/// A file is made under this name and renamed when it is whole: a power loss leaves none or a good one.
const FILE_IN_MAKING: &str = "metadata/registry.redb.new";
/// Registries are kilobytes to megabytes and their owners hold them in memory; this only spares rereading pages.
const CACHE_BYTES: usize = 4 << 20;

/// Durable tables of bytes, by name. A commit is all or nothing and safe when it returns.
#[derive(Debug)]
pub struct Metadata {
    file: Arc<dyn DiskFile>,
    sync_failed: Arc<AtomicBool>,
    state: RwLock<State>,
}

#[derive(Debug)]
enum State {
    Open(Database),
    /// A write or read failed, as on a full disk: redb wants to be opened anew.
    Failed,
    Closed,
}

fn definition(table: &str) -> TableDefinition<'_, &'static [u8], &'static [u8]> {
    TableDefinition::new(table)
}

fn failed(action: &'static str, error: impl Into<redb::Error>) -> StoreError {
    let source = match error.into() {
        redb::Error::Io(error) => error,
        other => io::Error::other(other.to_string()),
    };
    StoreError::Io { action, path: FILE.to_owned(), source }
}

fn io_failed(action: &'static str) -> impl Fn(io::Error) -> StoreError {
    move |source| StoreError::Io { action, path: FILE.to_owned(), source }
}

impl Metadata {
    /// Blocking. Opens the tables of a store, or makes them. The caller holds the disk's lock.
    pub fn open(disk: &dyn Disk) -> Result<Self, StoreError> {
        disk.create_directory(DIRECTORY).map_err(io_failed("create the directory of"))?;
        disk.sync_directory("").map_err(io_failed("make durable the directory of"))?;
        let names: Vec<String> = disk
            .list(DIRECTORY)
            .map_err(io_failed("look for"))?
            .into_iter()
            .map(|entry| entry.name)
            .collect();
        let has = |path: &str| names.iter().any(|name| path.strip_prefix("metadata/") == Some(name));
        if has(FILE_IN_MAKING) {
            disk.remove_file(FILE_IN_MAKING).map_err(io_failed("remove the unfinished form of"))?;
        }
        if !has(FILE) {
            make_file(disk)?;
        }
        let file = disk.open(FILE).map_err(io_failed("open"))?;
        let sync_failed = Arc::new(AtomicBool::new(false));
        let database = open_database(Arc::clone(&file), &sync_failed)?;
        Ok(Self { file, sync_failed, state: RwLock::new(State::Open(database)) })
    }

    /// A sync failed: nothing is known of what was written before it, so nothing is written after it. The next start reads what the
    /// disk really has.
    pub fn sync_has_failed(&self) -> bool {
        self.sync_failed.load(Ordering::Relaxed)
    }

    /// Blocking. Every entry of a table in key order, appended to `out` as `keyLength u32 | key | valueLength u32 | value`.
    /// A table that was never written has none.
    pub fn scan(&self, table: &str, out: &mut Vec<u8>) -> Result<(), StoreError> {
        self.with_database(|database| scan(database, table, out))
    }

    /// Blocking. Applies a batch in order, all or nothing; durable when it returns. After an error the tables are as before; when a
    /// sync failed ([`Self::sync_has_failed`]), every later call fails too.
    pub fn commit(&self, batch: &[MetadataOperation<'_>]) -> Result<(), StoreError> {
        self.with_database(|database| commit(database, batch))
    }

    /// Blocking. Waits for calls under way; later ones fail.
    pub fn close(&self) {
        *self.state.write().unwrap_or_else(PoisonError::into_inner) = State::Closed;
    }

    fn with_database<T>(
        &self,
        call: impl FnOnce(&Database) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.reopen_if_failed()?;
        let result = {
            let state = self.state.read().unwrap_or_else(PoisonError::into_inner);
            match &*state {
                State::Open(database) => call(database),
                State::Failed => return Err(failed_before()),
                State::Closed => return Err(StoreError::Closed),
            }
        };
        if result.is_err() {
            let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
            if matches!(*state, State::Open(_)) {
                *state = State::Failed;
            }
        }
        result
    }

    fn reopen_if_failed(&self) -> Result<(), StoreError> {
        if !matches!(*self.state.read().unwrap_or_else(PoisonError::into_inner), State::Failed) {
            return Ok(());
        }
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        if matches!(*state, State::Failed) {
            if self.sync_has_failed() {
                return Err(failed_before());
            }
            *state = State::Open(open_database(Arc::clone(&self.file), &self.sync_failed)?);
        }
        Ok(())
    }
}

fn failed_before() -> StoreError {
    let source =
        io::Error::other("a sync of it failed before; restart the broker, which reads what the disk has");
    StoreError::Io { action: "use", path: FILE.to_owned(), source }
}

fn scan(database: &Database, table: &str, out: &mut Vec<u8>) -> Result<(), StoreError> {
    let transaction = database.begin_read().map_err(|error| failed("read", error))?;
    let table = match transaction.open_table(definition(table)) {
        Err(TableError::TableDoesNotExist(_)) => return Ok(()),
        opened => opened.map_err(|error| failed("read a table of", error))?,
    };
    for entry in table.iter().map_err(|error| failed("read a table of", error))? {
        let (key, value) = entry.map_err(|error| failed("read an entry of", error))?;
        for part in [key.value(), value.value()] {
            out.extend(u32::try_from(part.len()).unwrap_or(u32::MAX).to_be_bytes());
            out.extend_from_slice(part);
        }
    }
    Ok(())
}

fn commit(database: &Database, batch: &[MetadataOperation<'_>]) -> Result<(), StoreError> {
    let transaction = database.begin_write().map_err(|error| failed("write", error))?;
    for operation in batch {
        let (MetadataOperation::Put { table, .. } | MetadataOperation::Delete { table, .. }) = operation;
        let mut table =
            transaction.open_table(definition(table)).map_err(|error| failed("write a table of", error))?;
        match operation {
            MetadataOperation::Put { key, value, .. } => table.insert(*key, *value).map(drop),
            MetadataOperation::Delete { key, .. } => table.remove(*key).map(drop),
        }
        .map_err(|error| failed("write an entry of", error))?;
    }
    transaction.commit().map_err(|error| failed("commit to", error))
}

fn open_database(file: Arc<dyn DiskFile>, sync_failed: &Arc<AtomicBool>) -> Result<Database, StoreError> {
    Builder::new()
        .set_cache_size(CACHE_BYTES)
        .create_with_backend(DiskBackend::new(file, Arc::clone(sync_failed)))
        .map_err(|error| failed("open", error))
}

fn make_file(disk: &dyn Disk) -> Result<(), StoreError> {
    let file = disk.create(FILE_IN_MAKING, 0).map_err(io_failed("create"))?;
    drop(open_database(Arc::clone(&file), &Arc::default())?);
    file.sync().map_err(io_failed("make durable"))?;
    disk.rename(FILE_IN_MAKING, FILE).map_err(io_failed("give its name to"))?;
    disk.sync_directory(DIRECTORY).map_err(io_failed("make durable the name of"))
}
