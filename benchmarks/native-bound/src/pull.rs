//! A pull of everything: the stored records as they lie, behind a header.

use centaurmq_store::{ReadOutcome, ReadRequest, ReadStatus, Store, StoreError, TopicHandle};

use crate::answer::{self, PULL_HEAD_BYTES, response_code};

/// Largest body of an answer, unless its first record alone is larger (`maxTransferBytesOnMessageInMemory`).
const MAX_BYTES: u32 = 256 << 10;
/// `maxTransferCountOnMessageInMemory`
pub const MAX_COUNT: u32 = 32;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pull {
    pub opaque: u32,
    pub topic: TopicHandle,
    pub queue_id: i32,
    pub queue_offset: i64,
    pub max_count: u32,
    /// Milliseconds that it may be held; 0 is answered at once.
    pub suspend_millis: u32,
}

/// What became of a pull.
pub enum Pulled {
    /// The answer has so many bytes, from the start of the place.
    Answered(usize),
    /// There is nothing yet, and the pull may wait.
    Nothing,
}

impl Pull {
    /// Answers into `place`, which has room for the largest record. When it may not wait, nothing is an answer, too.
    pub fn answer(&self, store: &Store, place: &mut [u8], may_wait: bool) -> Result<Pulled, StoreError> {
        let Some((head, records)) = place.split_at_mut_checked(PULL_HEAD_BYTES) else {
            let needed_bytes = PULL_HEAD_BYTES;
            return Err(StoreError::BufferTooSmall { needed_bytes, found_bytes: place.len() });
        };
        let request = ReadRequest {
            topic: self.topic,
            queue_id: self.queue_id,
            queue_offset: self.queue_offset,
            max_count: self.max_count,
            max_bytes: MAX_BYTES,
            tag_codes: None,
        };
        let outcome = store.read(&request, records)?;
        let code = code_of(&outcome, self.queue_offset);
        if code == response_code::PULL_NOT_FOUND && may_wait && self.suspend_millis > 0 {
            return Ok(Pulled::Nothing);
        }
        answer::write_pull_head(head, code, self.opaque, &outcome);
        Ok(Pulled::Answered(PULL_HEAD_BYTES + outcome.bytes))
    }
}

/// `PullMessageProcessor`'s table.
fn code_of(outcome: &ReadOutcome, queue_offset: i64) -> u32 {
    match outcome.status {
        ReadStatus::Found => response_code::SUCCESS,
        ReadStatus::NoMatchedMessage | ReadStatus::MessageWasRemoving => {
            response_code::PULL_RETRY_IMMEDIATELY
        }
        ReadStatus::OffsetFoundNull | ReadStatus::OffsetOverflowOne => response_code::PULL_NOT_FOUND,
        ReadStatus::NoMatchedLogicQueue | ReadStatus::NoMessageInQueue if queue_offset == 0 => {
            response_code::PULL_NOT_FOUND
        }
        ReadStatus::NoMatchedLogicQueue
        | ReadStatus::NoMessageInQueue
        | ReadStatus::OffsetOverflowBadly
        | ReadStatus::OffsetTooSmall => response_code::PULL_OFFSET_MOVED,
    }
}
