//! Pulls that wait for a message.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use centaurmq_store::{Arrival, Store, StoreError, TopicHandle};

use crate::pull::Pull;

/// How exactly the end of a wait is kept.
pub const CHECK_INTERVAL: Duration = Duration::from_secs(1);

pub struct HeldPull {
    pub pull: Pull,
    /// The connection's number.
    pub connection: usize,
    until: Instant,
}

#[derive(Default)]
pub struct HeldPulls {
    by_queue: HashMap<(TopicHandle, i32), Vec<HeldPull>>,
    count: usize,
    arrivals: Vec<Arrival>,
}

impl HeldPulls {
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Holds a pull whose queue is watched.
    pub fn hold(&mut self, pull: Pull, connection: usize, now: Instant) {
        let until = now + Duration::from_millis(u64::from(pull.suspend_millis));
        self.by_queue.entry((pull.topic, pull.queue_id)).or_default().push(HeldPull {
            pull,
            connection,
            until,
        });
        self.count += 1;
    }

    /// Takes the pulls of queues with news; a queue that nobody waits for is no longer watched.
    pub fn take_arrived(&mut self, store: &Store, taken: &mut Vec<HeldPull>) -> Result<(), StoreError> {
        store.take_arrivals(&mut self.arrivals);
        for arrival in self.arrivals.drain(..) {
            let queue_id = i32::try_from(arrival.queue_id).unwrap_or(i32::MAX);
            match self.by_queue.get_mut(&(arrival.topic, queue_id)).filter(|held| !held.is_empty()) {
                Some(held) => {
                    self.count -= held.len();
                    taken.append(held);
                }
                None => store.watch(arrival.topic, queue_id, false)?,
            }
        }
        Ok(())
    }

    /// Takes the pulls that have waited long enough.
    pub fn take_expired(&mut self, now: Instant, taken: &mut Vec<HeldPull>) {
        for held in self.by_queue.values_mut() {
            taken.extend(held.extract_if(.., |held| held.until <= now));
        }
        self.count = self.by_queue.values().map(Vec::len).sum();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pulls_that_have_waited_long_enough_are_taken() {
        let begin = Instant::now();
        let pull = |queue_id, suspend_millis| Pull {
            opaque: 0,
            topic: 1,
            queue_id,
            queue_offset: 0,
            max_count: 32,
            suspend_millis,
        };
        let mut held = HeldPulls::default();
        held.hold(pull(0, 1000), 7, begin);
        held.hold(pull(0, 2000), 8, begin);
        held.hold(pull(1, 1000), 9, begin);
        let mut taken = vec![];
        held.take_expired(begin + Duration::from_millis(999), &mut taken);
        assert!(taken.is_empty());
        held.take_expired(begin + Duration::from_secs(1), &mut taken);
        taken.sort_by_key(|held| held.connection);
        assert_eq!(taken.iter().map(|held| held.connection).collect::<Vec<_>>(), [7, 9]);
        assert!(!held.is_empty());
        held.take_expired(begin + Duration::from_secs(2), &mut taken);
        assert!(held.is_empty());
    }
}
