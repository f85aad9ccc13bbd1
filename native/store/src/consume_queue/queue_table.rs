//! All queues by topic handle and queue id.

use std::sync::Arc;

use parking_lot::RwLock;

use super::consume_queue::ConsumeQueue;
use crate::topic::TopicHandle;

type Slots = Vec<Option<Arc<ConsumeQueue>>>;

#[derive(Debug, Default)]
pub struct QueueTable {
    topics: RwLock<Vec<Slots>>,
}

impl QueueTable {
    pub fn get(&self, topic: TopicHandle, queue_id: u32) -> Option<Arc<ConsumeQueue>> {
        self.topics.read().get(topic as usize)?.get(queue_id as usize)?.clone()
    }

    /// The queue, made without any file if it was not there.
    pub fn get_or_create(&self, topic: TopicHandle, topic_name: &[u8], queue_id: u32) -> Arc<ConsumeQueue> {
        if let Some(queue) = self.get(topic, queue_id) {
            return queue;
        }
        let mut topics = self.topics.write();
        let (topic_index, queue_index) = (topic as usize, queue_id as usize);
        if topics.len() <= topic_index {
            topics.resize_with(topic_index + 1, Vec::new);
        }
        let made = || Arc::new(ConsumeQueue::new(topic, topic_name, queue_id));
        let Some(slots) = topics.get_mut(topic_index) else { return made() };
        if slots.len() <= queue_index {
            slots.resize_with(queue_index + 1, || None);
        }
        match slots.get_mut(queue_index) {
            Some(slot) => slot.get_or_insert_with(made).clone(),
            None => made(),
        }
    }

    pub fn of_topic(&self, topic: TopicHandle) -> Vec<Arc<ConsumeQueue>> {
        self.topics
            .read()
            .get(topic as usize)
            .map(|slots| slots.iter().flatten().cloned().collect())
            .unwrap_or_default()
    }

    /// The sum of the queues' visible ends.
    pub fn visible_total(&self, topic: TopicHandle) -> u64 {
        let topics = self.topics.read();
        topics
            .get(topic as usize)
            .map_or(0, |slots| slots.iter().flatten().map(|queue| queue.visible()).sum())
    }

    pub fn remove_topic(&self, topic: TopicHandle) -> Vec<Arc<ConsumeQueue>> {
        let mut topics = self.topics.write();
        topics.get_mut(topic as usize).map(std::mem::take).unwrap_or_default().into_iter().flatten().collect()
    }

    pub fn all(&self) -> Vec<Arc<ConsumeQueue>> {
        self.topics.read().iter().flatten().flatten().cloned().collect()
    }

    pub fn clear(&self) {
        self.topics.write().clear();
    }
}
