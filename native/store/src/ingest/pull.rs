//! One PULL that the hot path may answer: the stored records as they lie, behind a head.

use super::HotPath;
use super::pull_request::{PullRequest, RequestedFilter, TagExpression, parse_tags};
use super::pull_response::PullResponse;
use super::pull_table::PullSubscription;
use crate::read_request::{QueueBounds, ReadOutcome, ReadRequest, ReadStatus};

/// What the general path has to note of an answered pull.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AnsweredPull {
    /// Of the group and the topic.
    pub subscription_id: u32,
    pub queue_id: i32,
    pub next_begin_offset: u64,
    /// The offset that came along to be committed.
    pub commit_offset: Option<u64>,
    pub record_count: u32,
    pub record_bytes: usize,
}

/// Whether a group may read this queue, and what: everything that is decided before the store is asked.
pub(crate) fn admit<'a>(
    hot_path: &HotPath<'_>,
    request: &PullRequest<'_>,
    subscription: &'a PullSubscription,
    tag_codes: &'a mut Vec<i32>,
) -> Option<ReadRequest<'a>> {
    let limits = hot_path.pulls.limits();
    if limits.message_count_max == 0 || (request.lite && !limits.lite_pull_enable) {
        return None;
    }
    let tag_codes = match request.filter {
        RequestedFilter::Registered { sub_version } => {
            let registered = subscription.registered.as_ref().filter(|it| it.sub_version >= sub_version)?;
            registered.tag_codes.as_deref()
        }
        RequestedFilter::Tags(expression) => match parse_tags(expression, tag_codes)? {
            TagExpression::All => None,
            TagExpression::Codes => Some(tag_codes.as_slice()),
        },
    };
    Some(ReadRequest {
        topic: hot_path.store.readable_queue(request.topic, request.queue_id)?,
        queue_id: request.queue_id,
        queue_offset: request.queue_offset,
        max_count: u32::try_from(request.max_msg_nums).unwrap_or(1).clamp(1, limits.message_count_max),
        max_bytes: limits.record_bytes_max,
        tag_codes,
    })
}

/// A pull of messages that are there.
pub(crate) struct AdmittedPull<'a> {
    pub request: &'a PullRequest<'a>,
    pub subscription: &'a PullSubscription,
    pub read: ReadRequest<'a>,
    pub bounds: QueueBounds,
}

impl AdmittedPull<'_> {
    /// Writes the answer from the start of `place` and answers its length; `None` when the general path must decide: nothing
    /// matches, the messages are no longer in memory, or the first one has no room.
    pub fn answer(
        &self,
        hot_path: &HotPath<'_>,
        head: &mut Vec<u8>,
        place: &mut [u8],
    ) -> Option<(AnsweredPull, usize)> {
        let HotPath { store, identity, .. } = hot_path;
        if store.is_cold(&self.read).ok()? {
            return None;
        }
        let encoder = identity.pull_responses();
        // The records go behind a head whose length depends on what is read: mostly it is guessed right.
        let guessed = self.guessed_response();
        encoder.encode(self.request.serialize_type, &guessed, head);
        let guessed_bytes = head.len();
        let outcome = store.read(&self.read, place.get_mut(guessed_bytes..)?).ok()?;
        if outcome.status != ReadStatus::Found {
            return None;
        }
        encoder.encode(self.request.serialize_type, &self.response(&outcome), head);
        let answer_bytes = head.len() + outcome.bytes;
        if head.len() != guessed_bytes {
            if answer_bytes > place.len() {
                return None;
            }
            place.copy_within(guessed_bytes..guessed_bytes + outcome.bytes, head.len());
        }
        place.get_mut(..head.len())?.copy_from_slice(head);
        Some((self.answered(&outcome), answer_bytes))
    }

    fn guessed_response(&self) -> PullResponse {
        let QueueBounds { min_offset, max_offset, .. } = self.bounds;
        let from = u64::try_from(self.read.queue_offset).unwrap_or(0);
        let next_begin_offset = max_offset.min(from + u64::from(self.read.max_count));
        self.response_with(next_begin_offset, min_offset, max_offset, 0)
    }

    fn response(&self, outcome: &ReadOutcome) -> PullResponse {
        let ReadOutcome { next_begin_offset, min_offset, max_offset, bytes, .. } = *outcome;
        self.response_with(next_begin_offset, min_offset, max_offset, bytes)
    }

    fn response_with(
        &self,
        next_begin_offset: u64,
        min_offset: u64,
        max_offset: u64,
        body_bytes: usize,
    ) -> PullResponse {
        PullResponse {
            opaque: self.request.opaque,
            next_begin_offset,
            min_offset,
            max_offset,
            topic_sys_flag: self.subscription.topic_sys_flag,
            group_sys_flag: self.subscription.group_sys_flag,
            body_bytes,
        }
    }

    fn answered(&self, outcome: &ReadOutcome) -> AnsweredPull {
        AnsweredPull {
            subscription_id: self.subscription.id,
            queue_id: self.read.queue_id,
            next_begin_offset: outcome.next_begin_offset,
            commit_offset: self.request.commit_offset,
            record_count: outcome.record_count,
            record_bytes: outcome.bytes,
        }
    }
}
