//! Bytes of one socket that the system has not taken yet.

/// More memory than this is given back once everything is sent.
const IDLE_BYTES_MAX: usize = 16 * 1024;

#[derive(Debug, Default)]
pub struct Unsent {
    memory: Vec<u8>,
    /// What stands before it is sent.
    start: usize,
}

impl Unsent {
    pub fn bytes(&self) -> &[u8] {
        self.memory.get(self.start..).unwrap_or_default()
    }

    pub fn add(&mut self, bytes: &[u8]) {
        self.memory.extend_from_slice(bytes);
    }

    /// The first so many bytes are sent. They stay in memory until they are half of it: a byte is moved once at most on average.
    pub fn remove(&mut self, length: usize) {
        self.start += length;
        if self.start >= self.memory.len() {
            self.memory.clear();
            self.memory.shrink_to(IDLE_BYTES_MAX);
            self.start = 0;
        } else if self.start > self.memory.len() / 2 {
            self.memory.drain(..self.start);
            self.start = 0;
        }
    }
}
