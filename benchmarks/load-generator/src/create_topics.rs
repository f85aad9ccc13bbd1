use std::io::{self, Write};
use std::time::Instant;

use serde_json::json;

use crate::exchange::{connect, exchange};
use crate::frame::{OPAQUE_FIRST, append_request, request_code};
use crate::options::CreateTopicsOptions;

/// `UPDATE_AND_CREATE_TOPIC`'s permission: read and write.
const PERM_READ_WRITE: u32 = 6;

pub fn run(options: &CreateTopicsOptions) -> io::Result<()> {
    let topics = options.target.topic_names(options.topic_count.topics);
    let requests: Vec<_> = (OPAQUE_FIRST..)
        .zip(&topics)
        .map(|(opaque, topic)| create_topic_request(opaque, topic, options.target.queues))
        .collect();
    let begun = Instant::now();
    let name = |number| topics.get(number).map_or_else(String::new, |topic| format!("topic {topic}"));
    exchange(&mut connect(options.target.address)?, &requests, name)?;
    let seconds = begun.elapsed().as_secs_f64();
    let line = if options.json {
        json!({ "command": "create-topics", "topic": options.target.topic, "topics": topics.len(),
                "queues": options.target.queues, "seconds": seconds })
        .to_string()
    } else {
        format!("{} topics of {} queues in {seconds:.2} s", topics.len(), options.target.queues)
    };
    writeln!(io::stdout(), "{line}")
}

fn create_topic_request(opaque: u32, topic: &str, queues: u32) -> Vec<u8> {
    let mut request = vec![];
    let fields: [(&str, &dyn std::fmt::Display); 8] = [
        ("defaultTopic", &"TBW102"),
        ("order", &false),
        ("perm", &PERM_READ_WRITE),
        ("readQueueNums", &queues),
        ("topic", &topic),
        ("topicFilterType", &"SINGLE_TAG"),
        ("topicSysFlag", &0),
        ("writeQueueNums", &queues),
    ];
    append_request(&mut request, request_code::UPDATE_AND_CREATE_TOPIC, opaque, &fields, b"");
    request
}
