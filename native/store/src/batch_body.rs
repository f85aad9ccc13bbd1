//! The body of `SEND_BATCH_MESSAGE` (`MessageDecoder#encodeMessages`), repeated:
//! `totalSize i32 | magic i32 | bodyCRC i32 | flag i32 | bodyLength i32 | body | propertiesLength i16 | properties`.

use crate::append_request::BatchToAppend;
use crate::record::{RecordFields, Take};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BatchElement<'a> {
    pub flag: i32,
    pub body: &'a [u8],
    pub properties: &'a [u8],
}

impl<'a> BatchElement<'a> {
    /// The element's record, without its offsets.
    pub fn fields<'b>(
        &self,
        batch: &BatchToAppend<'b>,
        topic: &'b [u8],
        sys_flag: i32,
        store_timestamp: i64,
    ) -> RecordFields<'b>
    where
        'a: 'b,
    {
        RecordFields {
            queue_id: batch.queue_id,
            flag: self.flag,
            queue_offset: 0,
            commit_log_offset: 0,
            sys_flag,
            born_timestamp: batch.born_timestamp,
            born_host: batch.born_host,
            store_timestamp,
            store_host: batch.store_host,
            reconsume_times: batch.reconsume_times,
            prepared_transaction_offset: 0,
            body: self.body,
            topic,
            properties: self.properties,
            properties_suffix: &[],
        }
    }
}

/// The elements in order; the first malformed one ends them with its position and what is wrong.
pub fn batch_elements(body: &[u8]) -> impl Iterator<Item = Result<BatchElement<'_>, (usize, &'static str)>> {
    let mut take = Take::new(body);
    let mut failed = false;
    std::iter::from_fn(move || {
        let before = take.rest().len();
        if failed || before == 0 {
            return None;
        }
        let at = body.len() - before;
        let element =
            decode_element(&mut take).ok_or((at, "the element breaks off")).and_then(|(total, element)| {
                let used = before - take.rest().len();
                if total == used {
                    Ok(element)
                } else {
                    Err((at, "the element's size is not the sum of its fields"))
                }
            });
        failed = element.is_err();
        Some(element)
    })
}

fn decode_element<'a>(take: &mut Take<'a>) -> Option<(usize, BatchElement<'a>)> {
    let total = usize::try_from(take.i32()?).ok()?;
    take.bytes(8)?;
    let flag = take.i32()?;
    let body_length = usize::try_from(take.i32()?).ok()?;
    let body = take.bytes(body_length)?;
    let properties_length = usize::try_from(take.i16()?).ok()?;
    let properties = take.bytes(properties_length)?;
    Some((total, BatchElement { flag, body, properties }))
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn encode_element(flag: i32, body: &[u8], properties: &[u8]) -> Vec<u8> {
        let total = i32::try_from(22 + body.len() + properties.len()).unwrap();
        let mut bytes = total.to_be_bytes().to_vec();
        bytes.extend_from_slice(&[0; 8]);
        bytes.extend_from_slice(&flag.to_be_bytes());
        bytes.extend_from_slice(&i32::try_from(body.len()).unwrap().to_be_bytes());
        bytes.extend_from_slice(body);
        bytes.extend_from_slice(&i16::try_from(properties.len()).unwrap().to_be_bytes());
        bytes.extend_from_slice(properties);
        bytes
    }

    #[test]
    fn elements_in_order() {
        let body = [encode_element(1, b"one", b"A\x01b\x02"), encode_element(2, b"", b"")].concat();
        let elements: Result<Vec<_>, _> = batch_elements(&body).collect();
        let expected = [
            BatchElement { flag: 1, body: &b"one"[..], properties: &b"A\x01b\x02"[..] },
            BatchElement { flag: 2, body: &[], properties: &[] },
        ];
        assert_eq!(elements.unwrap(), expected);
    }

    #[test]
    fn every_prefix_is_malformed() {
        let body = encode_element(1, b"one", b"A\x01b\x02");
        for length in 1..body.len() {
            let elements: Vec<_> = batch_elements(&body[..length]).collect();
            assert_eq!(elements, [Err((0, "the element breaks off"))], "a prefix of {length} bytes");
        }
        let mut wrong = body;
        wrong[3] += 1;
        assert!(batch_elements(&wrong).any(|element| element.is_err()));
    }
}
