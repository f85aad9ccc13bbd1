//! Requests other than sends.

use std::sync::LazyLock;

use centaurmq_store::{Store, TopicHandle};
use memchr::memmem::Finder;

use crate::answer::{plain, response_code};
use crate::pull::{MAX_COUNT, Pull};

const PREFIX_BYTES: usize = 8;

mod request_code {
    pub const PULL_MESSAGE: u32 = 11;
    pub const GET_MAX_OFFSET: u32 = 30;
    pub const GET_MIN_OFFSET: u32 = 31;
    pub const HEART_BEAT: u32 = 34;
}

/// What a frame asks for.
pub enum Request {
    Pull(Pull),
    /// This is the answer.
    Answered(Vec<u8>),
}

/// Reads a frame whose header is JSON as the load generator writes it.
pub fn read_request(frame: &[u8], store: &Store) -> Request {
    let header = Header(frame.get(PREFIX_BYTES..).unwrap_or_default());
    let opaque = header.number(&marks().opaque).unwrap_or(0);
    let code = header.number(&marks().code).unwrap_or(0);
    match code {
        request_code::HEART_BEAT => Request::Answered(plain(response_code::SUCCESS, opaque, "", "")),
        request_code::PULL_MESSAGE | request_code::GET_MAX_OFFSET | request_code::GET_MIN_OFFSET => {
            let Some(topic) = header.text(&marks().topic).and_then(|name| store.topic(name)) else {
                let remark = "the topic is not one that was named at the start";
                return Request::Answered(plain(response_code::TOPIC_NOT_EXIST, opaque, "", remark));
            };
            if code == request_code::PULL_MESSAGE {
                return Request::Pull(header.pull(opaque, topic));
            }
            Request::Answered(offset_answer(opaque, header, topic, store, code))
        }
        _ => {
            let remark = "only plain sends, pulls and what comes before pulls are served here";
            Request::Answered(plain(response_code::REQUEST_CODE_NOT_SUPPORTED, opaque, "", remark))
        }
    }
}

fn offset_answer(opaque: u32, header: Header<'_>, topic: TopicHandle, store: &Store, code: u32) -> Vec<u8> {
    let queue_id = header.number(&marks().queue_id).unwrap_or(-1);
    match store.queue_state(topic, queue_id) {
        Ok(state) => {
            let max = code == request_code::GET_MAX_OFFSET;
            let offset = if max { state.max_offset } else { state.min_offset };
            plain(response_code::SUCCESS, opaque, &format!(r#""offset":"{offset}""#), "")
        }
        Err(_) => plain(response_code::SYSTEM_ERROR, opaque, "", "the store is closed"),
    }
}

/// A JSON header, and perhaps a body behind it; fields are found by the text in front of them.
#[derive(Clone, Copy)]
struct Header<'a>(&'a [u8]);

impl<'a> Header<'a> {
    fn pull(self, opaque: u32, topic: TopicHandle) -> Pull {
        Pull {
            opaque,
            topic,
            queue_id: self.number(&marks().queue_id).unwrap_or(-1),
            queue_offset: self.number(&marks().queue_offset).unwrap_or(-1),
            max_count: self.number(&marks().max_count).unwrap_or(MAX_COUNT).min(MAX_COUNT),
            suspend_millis: self.number(&marks().suspend_millis).unwrap_or(0),
        }
    }

    fn number<N: TryFrom<u64>>(self, mark: &Finder<'static>) -> Option<N> {
        let rest = self.behind(mark)?;
        let digits = rest.iter().position(|byte| !byte.is_ascii_digit())?;
        (digits > 0).then_some(())?;
        let value = rest
            .get(..digits)?
            .iter()
            .try_fold(0u64, |value, digit| value.checked_mul(10)?.checked_add(u64::from(digit - b'0')))?;
        N::try_from(value).ok()
    }

    fn text(self, mark: &Finder<'static>) -> Option<&'a [u8]> {
        let rest = self.behind(mark)?;
        rest.get(..rest.iter().position(|byte| *byte == b'"')?)
    }

    fn behind(self, mark: &Finder<'static>) -> Option<&'a [u8]> {
        self.0.get(mark.find(self.0)? + mark.needle().len()..)
    }
}

struct Marks {
    code: Finder<'static>,
    opaque: Finder<'static>,
    topic: Finder<'static>,
    queue_id: Finder<'static>,
    queue_offset: Finder<'static>,
    max_count: Finder<'static>,
    suspend_millis: Finder<'static>,
}

fn marks() -> &'static Marks {
    static MARKS: LazyLock<Marks> = LazyLock::new(|| Marks {
        code: Finder::new(r#""code":"#),
        opaque: Finder::new(r#""opaque":"#),
        topic: Finder::new(r#""topic":""#),
        queue_id: Finder::new(r#""queueId":""#),
        queue_offset: Finder::new(r#""queueOffset":""#),
        max_count: Finder::new(r#""maxMsgNums":""#),
        suspend_millis: Finder::new(r#""suspendTimeoutMillis":""#),
    });
    &MARKS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pull_is_read_from_its_fields() {
        let header = Header(
            br#"{"code":11,"extFields":{"maxMsgNums":"100","queueId":"3","queueOffset":"17","suspendTimeoutMillis":"15000","topic":"T"},"opaque":7}"#,
        );
        let expected = Pull {
            opaque: 7,
            topic: 2,
            queue_id: 3,
            queue_offset: 17,
            max_count: MAX_COUNT,
            suspend_millis: 15_000,
        };
        assert_eq!(header.pull(7, 2), expected);
        assert_eq!(header.text(&marks().topic), Some(&b"T"[..]));
        assert_eq!(header.number::<u32>(&marks().opaque), Some(7));
        assert_eq!(Header(br#"{"opaque":}"#).number::<u32>(&marks().opaque), None);
        assert_eq!(Header(br#"{"opaque":7"#).number::<u32>(&marks().opaque), None);
    }
}
