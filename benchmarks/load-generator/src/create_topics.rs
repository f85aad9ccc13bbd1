//! Creating topics, or leaving them as they are when they are so already.

use std::io::{self, Write};
use std::time::Instant;

use serde_json::json;

use crate::exchange::{connect, exchange};
use crate::frame::{OPAQUE_FIRST, append_request, request_code};
use crate::options::CreateTopicsOptions;

/// `TopicConfig`'s permission: read and write.
const PERM_READ_WRITE: u32 = 6;
/// Topics of one request: Apache's broker writes its whole table of topics for each.
const TOPICS_PER_REQUEST: usize = 500;

pub fn run(options: &CreateTopicsOptions) -> io::Result<()> {
    let topics = options.target.topic_names(options.topic_count.topics);
    let requests: Vec<_> = match topics.as_slice() {
        [topic] => vec![create_topic_request(topic, options.target.queues)],
        _ => (OPAQUE_FIRST..)
            .zip(topics.chunks(TOPICS_PER_REQUEST))
            .map(|(opaque, some)| create_topics_request(opaque, some, options.target.queues))
            .collect(),
    };
    let begun = Instant::now();
    let subject = |number: usize| match topics.chunks(TOPICS_PER_REQUEST).nth(number) {
        Some([first, .., last]) => format!("topics {first} to {last}"),
        one => format!("topic {}", one.and_then(<[_]>::first).map_or("", String::as_str)),
    };
    exchange(&mut connect(options.target.address)?, &requests, subject)?;
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

fn create_topic_request(topic: &str, queues: u32) -> Vec<u8> {
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
    append_request(&mut request, request_code::UPDATE_AND_CREATE_TOPIC, OPAQUE_FIRST, &fields, b"");
    request
}

fn create_topics_request(opaque: u32, topics: &[String], queues: u32) -> Vec<u8> {
    let configs: Vec<_> = topics
        .iter()
        .map(|topic| {
            json!({ "attributes": {}, "order": false, "perm": PERM_READ_WRITE, "readQueueNums": queues,
                    "topicFilterType": "SINGLE_TAG", "topicName": topic, "topicSysFlag": 0,
                    "writeQueueNums": queues })
        })
        .collect();
    let body = json!({ "topicConfigList": configs }).to_string();
    let mut request = vec![];
    let code = request_code::UPDATE_AND_CREATE_TOPIC_LIST;
    append_request(&mut request, code, opaque, &[], body.as_bytes());
    request
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::frame::{PREFIX_BYTES, header_of};

    fn header_and_body(request: &[u8]) -> (Value, Vec<u8>) {
        let (header, _) = header_of(request).unwrap().unwrap();
        (serde_json::from_slice(header).unwrap(), request[PREFIX_BYTES + header.len()..].to_vec())
    }

    #[test]
    fn one_topic_is_created_with_its_queues() {
        let (header, body) = header_and_body(&create_topic_request("T", 8));
        assert_eq!((&header["code"], body.len()), (&json!(17), 0));
        let fields = &header["extFields"];
        assert_eq!((&fields["topic"], &fields["perm"]), (&json!("T"), &json!("6")));
        assert_eq!((&fields["readQueueNums"], &fields["writeQueueNums"]), (&json!("8"), &json!("8")));
    }

    #[test]
    fn many_topics_are_created_by_lists() {
        let topics = ["T-0".to_owned(), "T-1".to_owned()];
        let (header, body) = header_and_body(&create_topics_request(OPAQUE_FIRST + 2, &topics, 4));
        assert_eq!((&header["code"], &header["opaque"]), (&json!(18), &json!(1_000_000_002)));
        let body: Value = serde_json::from_slice(&body).unwrap();
        let names: Vec<_> =
            body["topicConfigList"].as_array().unwrap().iter().map(|config| &config["topicName"]).collect();
        assert_eq!(names, ["T-0", "T-1"]);
        assert_eq!(body["topicConfigList"][1]["writeQueueNums"], json!(4));
    }
}
