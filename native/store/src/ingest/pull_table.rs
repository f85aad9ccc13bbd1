//! Who may pull what, as TypeScript has decided it.

use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::RwLock;

/// What one pull may bring.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PullLimits {
    pub message_count_max: u32,
    /// The first message is delivered even if it alone is longer.
    pub record_bytes_max: u32,
    /// Whether `LITE_PULL_MESSAGE` is answered.
    pub lite_pull_enable: bool,
}

impl Default for PullLimits {
    /// Nothing is answered before the limits are told.
    fn default() -> Self {
        Self { message_count_max: 0, record_bytes_max: 0, lite_pull_enable: false }
    }
}

/// One topic that a group may read from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PullSubscription {
    /// Given by whoever defines it; comes back with what was answered.
    pub id: u32,
    pub topic_sys_flag: i32,
    pub group_sys_flag: i32,
    /// What the group's heartbeats registered; None: only pulls that bring their subscription along.
    pub registered: Option<RegisteredFilter>,
}

/// The filter of a registered subscription.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegisteredFilter {
    pub sub_version: i64,
    /// None lets everything through.
    pub tag_codes: Option<Box<[i32]>>,
}

type SubscriptionsOfGroup = HashMap<Box<[u8]>, Arc<PullSubscription>>;

/// Groups and the topics they may read from; shared by all threads.
#[derive(Debug, Default)]
pub struct PullTable {
    limits: RwLock<PullLimits>,
    groups: RwLock<HashMap<Box<[u8]>, SubscriptionsOfGroup>>,
}

impl PullTable {
    pub fn set_limits(&self, limits: PullLimits) {
        *self.limits.write() = limits;
    }

    pub(crate) fn limits(&self) -> PullLimits {
        *self.limits.read()
    }

    /// Replaces everything known of a group; without topics it is forgotten.
    pub fn define_group(&self, group: &str, topics: impl IntoIterator<Item = (String, PullSubscription)>) {
        let subscriptions: SubscriptionsOfGroup = topics
            .into_iter()
            .map(|(topic, subscription)| (topic.into_bytes().into(), Arc::new(subscription)))
            .collect();
        let mut groups = self.groups.write();
        if subscriptions.is_empty() {
            groups.remove(group.as_bytes());
        } else {
            groups.insert(group.as_bytes().into(), subscriptions);
        }
    }

    pub(crate) fn find(&self, group: &[u8], topic: &[u8]) -> Option<Arc<PullSubscription>> {
        self.groups.read().get(group)?.get(topic).cloned()
    }
}
