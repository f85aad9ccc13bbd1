//! What the seed decides: in which order queues are sent to, and how messages are numbered.

use fastrand::Rng;

/// One queue of one topic, by its number among the topics.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Queue {
    pub topic: u32,
    pub queue_id: u32,
}

/// All queues of all topics, shuffled by the seed: every round through them visits each once.
pub fn queue_order(topics: u32, queues: u32, seed: u64) -> Vec<Queue> {
    let mut order = all_queues(topics, queues);
    Rng::with_seed(seed).shuffle(&mut order);
    order
}

pub fn all_queues(topics: u32, queues: u32) -> Vec<Queue> {
    (0..topics).flat_map(|topic| (0..queues).map(move |queue_id| Queue { topic, queue_id })).collect()
}

/// The number of a connection's first message: runs of different seeds have different unique keys.
pub fn first_number(seed: u64) -> u64 {
    Rng::with_seed(seed).u64(..1 << 62)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_queue_once_in_an_order_that_the_seed_decides() {
        let mut order = queue_order(10, 4, 7);
        assert_eq!(order, queue_order(10, 4, 7));
        assert_ne!(order, queue_order(10, 4, 8));
        assert_ne!(order, all_queues(10, 4));
        order.sort_unstable();
        assert_eq!(order, all_queues(10, 4));
    }
}
