//! Where queues begin and end.

use std::fmt::Display;
use std::io;
use std::net::TcpStream;

use crate::exchange::exchange;
use crate::frame::{NumberFinder, OPAQUE_FIRST, append_request, malformed};
use crate::queue_order::Queue;

/// Asks with `GET_MIN_OFFSET` or `GET_MAX_OFFSET` for each of these queues.
pub fn query_offsets(
    stream: &mut TcpStream,
    code: u32,
    queues: &[Queue],
    topics: &[String],
) -> io::Result<Vec<u64>> {
    let topic_of = |queue: &Queue| topics.get(queue.topic as usize).map_or("", String::as_str);
    let requests: Vec<_> = (OPAQUE_FIRST..)
        .zip(queues)
        .map(|(opaque, queue)| {
            let mut request = vec![];
            let fields: [(&str, &dyn Display); 2] =
                [("queueId", &queue.queue_id), ("topic", &topic_of(queue))];
            append_request(&mut request, code, opaque, &fields, b"");
            request
        })
        .collect();
    let subject = |number: usize| {
        let (topic, queue_id) = queues.get(number).map_or(("", 0), |queue| (topic_of(queue), queue.queue_id));
        format!("to tell the offsets of topic {topic}, queue {queue_id}")
    };
    let answers = exchange(stream, &requests, subject)?;
    let offset = NumberFinder::of_ext_field("offset");
    let offsets = answers.iter().map(|header| offset.find(header));
    offsets.collect::<Option<_>>().ok_or_else(|| malformed("there is no offset"))
}
