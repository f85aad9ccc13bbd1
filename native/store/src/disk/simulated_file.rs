//! A file of the simulated disk: what programs see, and what a power loss would leave of it.

use std::io;
use std::sync::Arc;

use parking_lot::Mutex;

use super::disk_trait::DiskFile;
use super::faults::{Chance, Faults};
use crate::mapped_file::MappedMemory;

/// What a disk writes as one piece.
const SECTOR_BYTES: usize = 512;

#[derive(Debug)]
enum Content {
    Plain(Vec<u8>),
    Mapped(Arc<MappedMemory>),
}

impl Content {
    fn len(&self) -> usize {
        match self {
            Self::Plain(bytes) => bytes.len(),
            Self::Mapped(memory) => memory.len(),
        }
    }

    fn copy_out(&self, from: usize, out: &mut [u8]) -> bool {
        match self {
            Self::Plain(bytes) => match bytes.get(from..).and_then(|rest| rest.get(..out.len())) {
                Some(found) => {
                    out.copy_from_slice(found);
                    true
                }
                None => false,
            },
            Self::Mapped(memory) => memory.copy_out(from, out),
        }
    }

    fn copy_in(&mut self, from: usize, bytes: &[u8]) -> bool {
        match self {
            Self::Plain(found) => match found.get_mut(from..).and_then(|rest| rest.get_mut(..bytes.len())) {
                Some(place) => {
                    place.copy_from_slice(bytes);
                    true
                }
                None => false,
            },
            Self::Mapped(memory) => memory.copy_in(from, bytes),
        }
    }

    fn to_vec(&self) -> Vec<u8> {
        let mut bytes = vec![0; self.len()];
        self.copy_out(0, &mut bytes);
        bytes
    }
}

#[derive(Debug)]
struct State {
    content: Content,
    /// What survives a power loss for certain.
    durable: Vec<u8>,
    allocated_end: u64,
    /// False while the file is as it was created, all zeros.
    written: bool,
    /// Ranges whose sync failed: the system forgot that they are dirty, a later sync does not write them.
    forgotten: Vec<(usize, usize)>,
}

#[derive(Debug)]
pub(super) struct SimulatedFile {
    name: String,
    faults: Arc<Faults>,
    state: Mutex<State>,
}

impl SimulatedFile {
    pub(super) fn new(
        name: &str,
        faults: Arc<Faults>,
        bytes: Vec<u8>,
        durable: Vec<u8>,
        allocated_end: u64,
    ) -> Self {
        // A copy of another file, or one that was just created.
        let written = !durable.is_empty() || allocated_end > 0;
        let content = Content::Plain(bytes);
        let state = State { content, durable, allocated_end, written, forgotten: Vec::new() };
        Self { name: name.to_owned(), faults, state: Mutex::new(state) }
    }

    pub(super) fn byte_count(&self) -> usize {
        self.state.lock().content.len()
    }

    pub(super) fn allocated_bytes(&self) -> u64 {
        self.state.lock().allocated_end
    }

    /// The same bytes for the life after the process.
    pub(super) fn after_process_death(&self, faults: &Arc<Faults>) -> Self {
        let state = self.state.lock();
        Self::new(
            &self.name,
            faults.clone(),
            state.content.to_vec(),
            state.durable.clone(),
            state.allocated_end,
        )
    }

    /// What a power loss leaves: the durable bytes, and of the sectors written since, those that chance had written.
    pub(super) fn after_power_loss(&self, faults: &Arc<Faults>, chance: &mut Chance) -> Self {
        let state = self.state.lock();
        let seen = state.content.to_vec();
        let mut kept = state.durable.clone();
        if seen.len() != kept.len() && chance.coin() {
            kept.resize(seen.len(), 0);
        }
        // Either few or most of the pending sectors made it: both ends find different faults than the middle.
        let keep_of_256 = *[16, 128, 240].get(chance.below(3)).unwrap_or(&128);
        for (sector, old) in kept.chunks_mut(SECTOR_BYTES).enumerate() {
            let from = sector * SECTOR_BYTES;
            let Some(new) = seen.get(from..(from + old.len()).min(seen.len())) else { continue };
            let Some(old) = old.get_mut(..new.len()) else { continue };
            if old != new && chance.below(256) < keep_of_256 {
                old.copy_from_slice(new);
            }
        }
        Self::new(&self.name, faults.clone(), kept.clone(), kept, state.allocated_end)
    }

    pub(super) fn flip_bit(&self, position: usize, bit: u8) -> bool {
        let mut state = self.state.lock();
        let mut byte = [0];
        if !state.content.copy_out(position, &mut byte) {
            return false;
        }
        let flipped = byte.map(|found| found ^ (1 << (bit & 7)));
        if let Some(durable) = state.durable.get_mut(position) {
            *durable ^= 1 << (bit & 7);
        }
        state.written = true;
        state.content.copy_in(position, &flipped)
    }

    /// The first byte written through a mapping where no space was reserved: on a real disk that can be a SIGBUS.
    pub(super) fn unreserved_write(&self) -> Option<usize> {
        let state = self.state.lock();
        let bytes = state.content.to_vec();
        let from = usize::try_from(state.allocated_end).ok()?;
        let at = bytes.get(from..)?.iter().position(|byte| *byte != 0)?;
        Some(from + at)
    }
}

fn end_of_file(name: &str, position: u64, length: usize) -> io::Error {
    let message = format!("{name} ends before {} ", position.saturating_add(length as u64));
    io::Error::new(io::ErrorKind::UnexpectedEof, message)
}

fn position_of(position: u64) -> io::Result<usize> {
    usize::try_from(position).map_err(|_| io::Error::from(io::ErrorKind::InvalidInput))
}

impl DiskFile for SimulatedFile {
    fn len(&self) -> io::Result<u64> {
        Ok(self.byte_count() as u64)
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.faults.before_write(&self.name)?;
        let len = position_of(len)?;
        let mut state = self.state.lock();
        let freed = state.allocated_end.saturating_sub(len as u64);
        match &mut state.content {
            Content::Plain(bytes) => bytes.resize(len, 0),
            Content::Mapped(memory) if memory.len() == len => {}
            Content::Mapped(_) => return Err(io::Error::other(format!("{} is mapped", self.name))),
        }
        state.allocated_end -= freed;
        self.faults.release(freed);
        Ok(())
    }

    fn read_at(&self, position: u64, bytes: &mut [u8]) -> io::Result<()> {
        let state = self.state.lock();
        if state.content.copy_out(position_of(position)?, bytes) {
            Ok(())
        } else {
            Err(end_of_file(&self.name, position, bytes.len()))
        }
    }

    fn write_at(&self, position: u64, bytes: &[u8]) -> io::Result<()> {
        self.faults.before_write(&self.name)?;
        let end = position.saturating_add(bytes.len() as u64);
        self.allocate(position, end)?;
        let start = position_of(position)?;
        let mut state = self.state.lock();
        state.written = true;
        if let Content::Plain(found) = &mut state.content
            && found.len() < start + bytes.len()
        {
            found.resize(start + bytes.len(), 0);
        }
        if state.content.copy_in(start, bytes) {
            Ok(())
        } else {
            Err(end_of_file(&self.name, position, bytes.len()))
        }
    }

    /// It is in memory.
    fn read_ahead(&self, _from: u64, _to: u64) -> io::Result<()> {
        Ok(())
    }

    fn sync(&self) -> io::Result<()> {
        let len = self.byte_count();
        self.faults.before_sync(&self.name).inspect_err(|_| self.state.lock().forgotten.push((0, len)))?;
        if !self.faults.tracked {
            return Ok(());
        }
        let mut state = self.state.lock();
        let len = state.content.len();
        state.durable.resize(len, 0);
        state.make_durable(0, len);
        Ok(())
    }

    fn allocate(&self, from: u64, to: u64) -> io::Result<()> {
        self.faults.before_write(&self.name)?;
        let mut state = self.state.lock();
        let needed = to.saturating_sub(state.allocated_end.max(from));
        self.faults.reserve(needed, &self.name)?;
        // Space is counted as one range from the file's beginning: a gap below `from` stays unreserved, but nobody writes there.
        state.allocated_end = state.allocated_end.max(to);
        Ok(())
    }

    fn map(&self, len: usize) -> io::Result<Arc<MappedMemory>> {
        let mut state = self.state.lock();
        if state.content.len() < len {
            return Err(end_of_file(&self.name, 0, len));
        }
        match &state.content {
            Content::Mapped(memory) => Ok(memory.clone()),
            Content::Plain(bytes) => {
                let memory = Arc::new(MappedMemory::anonymous(bytes.len())?);
                let copied = if state.written { bytes.as_slice() } else { &[] };
                for (page, chunk) in copied.chunks(4096).enumerate() {
                    // Zero pages stay untouched, so that large sparse files cost no memory.
                    if chunk.iter().any(|byte| *byte != 0) {
                        memory.copy_in(page * 4096, chunk);
                    }
                }
                state.content = Content::Mapped(memory.clone());
                Ok(memory)
            }
        }
    }

    fn sync_mapped(&self, _memory: &MappedMemory, from: usize, to: usize) -> io::Result<()> {
        if from >= to {
            return Ok(());
        }
        self.faults.before_sync(&self.name).inspect_err(|_| self.state.lock().forgotten.push((from, to)))?;
        if self.faults.tracked {
            let mut state = self.state.lock();
            let len = state.content.len();
            state.durable.resize(len, 0);
            state.make_durable(from, to.min(len));
        }
        Ok(())
    }
}

impl State {
    fn make_durable(&mut self, from: usize, to: usize) {
        let Self { content, durable, forgotten, .. } = self;
        let mut at = from;
        while at < to {
            let skipped = forgotten.iter().find(|(start, end)| *start <= at && at < *end);
            if let Some((_, end)) = skipped {
                at = *end;
                continue;
            }
            let next = forgotten
                .iter()
                .map(|(start, _)| *start)
                .filter(|start| *start > at)
                .min()
                .unwrap_or(to)
                .min(to);
            if let Some(place) = durable.get_mut(at..next) {
                content.copy_out(at, place);
            }
            at = next;
        }
    }
}
