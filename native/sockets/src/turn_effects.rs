//! What the hot path leaves to be done, gathered over the sockets of a turn.

use std::time::Duration;

use centaurmq_store::ingest::{AnsweredPull, IngestOutcome};

#[derive(Debug, Default)]
pub struct TurnEffects {
    pub appended_records: u32,
    /// Of appends and answers, without the sockets.
    pub took: Duration,
    /// Responses that are kept back by the sockets.
    pub withheld_bytes: usize,
    /// 0 when nothing was appended to a topic whose level is fsync.
    pub required_flush_offset: u64,
    /// `Store::prepare_space` is wanted.
    pub space_wanted: bool,
    /// In order.
    pub answered_pulls: Vec<AnsweredPull>,
}

impl TurnEffects {
    pub(crate) fn add(&mut self, outcome: &IngestOutcome, answered_pulls: &[AnsweredPull], took: Duration) {
        self.appended_records += outcome.appended_records;
        self.took += took;
        self.withheld_bytes += outcome.withheld_bytes;
        self.required_flush_offset = self.required_flush_offset.max(outcome.required_flush_offset);
        self.space_wanted |= outcome.space_wanted;
        self.answered_pulls.extend_from_slice(answered_pulls);
    }

    /// Begins anew, with the same memory.
    pub fn clear(&mut self) {
        let mut answered_pulls = std::mem::take(&mut self.answered_pulls);
        answered_pulls.clear();
        *self = Self { answered_pulls, ..Self::default() };
    }
}
