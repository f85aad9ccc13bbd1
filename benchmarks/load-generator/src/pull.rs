//! What a push consumer of the Java client asks of a broker: to know its group, and for messages.

use serde_json::json;

use crate::frame::{append_request, request_code};

/// The client's `pullBatchSizeInBytes`.
const MAX_MSG_BYTES: u32 = 262_144;
/// `PullSysFlag`: the broker holds the pull until there is something.
const SYS_FLAG_SUSPEND: u32 = 2;
/// How long; the client's `brokerSuspendMaxTimeMillis`.
const SUSPEND_MILLIS: u32 = 15_000;

/// A group that takes every message of its topics.
pub struct Subscription {
    pub group: String,
    pub sub_version: u64,
}

/// One queue, and where to read on.
pub struct PullRequest<'a> {
    pub subscription: &'a Subscription,
    pub topic: &'a str,
    pub queue_id: u32,
    pub queue_offset: u64,
    pub max_count: u32,
}

impl Subscription {
    pub fn append_heart_beat(&self, out: &mut Vec<u8>, opaque: u32, client_id: &str, topics: &[String]) {
        let subscriptions: Vec<_> = topics
            .iter()
            .map(|topic| {
                json!({ "classFilterMode": false, "codeSet": [], "expressionType": "TAG", "subString": "*",
                        "subVersion": self.sub_version, "tagsSet": [], "topic": topic })
            })
            .collect();
        let body = json!({
            "clientID": client_id, "heartbeatFingerprint": 0, "producerDataSet": [], "withoutSub": false,
            "consumerDataSet": [{
                "consumeFromWhere": "CONSUME_FROM_LAST_OFFSET", "consumeType": "CONSUME_PASSIVELY",
                "groupName": self.group, "messageModel": "CLUSTERING", "unitMode": false,
                "subscriptionDataSet": subscriptions,
            }],
        });
        append_request(out, request_code::HEART_BEAT, opaque, &[], body.to_string().as_bytes());
    }
}

impl PullRequest<'_> {
    pub fn append_to(&self, out: &mut Vec<u8>, opaque: u32) {
        let fields: [(&str, &dyn std::fmt::Display); 12] = [
            ("bname", &"broker-a"),
            ("commitOffset", &0),
            ("consumerGroup", &self.subscription.group),
            ("expressionType", &"TAG"),
            ("maxMsgBytes", &MAX_MSG_BYTES),
            ("maxMsgNums", &self.max_count),
            ("queueId", &self.queue_id),
            ("queueOffset", &self.queue_offset),
            ("subVersion", &self.subscription.sub_version),
            ("suspendTimeoutMillis", &SUSPEND_MILLIS),
            ("sysFlag", &SYS_FLAG_SUSPEND),
            ("topic", &self.topic),
        ];
        append_request(out, request_code::PULL_MESSAGE, opaque, &fields, b"");
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::frame::{OPAQUE_FIRST, PREFIX_BYTES, header_of};

    fn subscription() -> Subscription {
        Subscription { group: "G".to_owned(), sub_version: 1_700_000_000_000 }
    }

    #[test]
    fn a_pull_asks_to_be_held_and_names_its_subscription_by_version() {
        let mut bytes = vec![];
        let subscription = subscription();
        let pull = PullRequest {
            subscription: &subscription,
            topic: "T-3",
            queue_id: 2,
            queue_offset: 40,
            max_count: 32,
        };
        pull.append_to(&mut bytes, OPAQUE_FIRST + 9);
        let (header, _) = header_of(&bytes).unwrap().unwrap();
        let header: Value = serde_json::from_slice(header).unwrap();
        assert_eq!((&header["code"], &header["opaque"]), (&json!(11), &json!(1_000_000_009)));
        let expected = json!({
            "bname": "broker-a", "commitOffset": "0", "consumerGroup": "G", "expressionType": "TAG",
            "maxMsgBytes": "262144", "maxMsgNums": "32", "queueId": "2", "queueOffset": "40",
            "subVersion": "1700000000000", "suspendTimeoutMillis": "15000", "sysFlag": "2", "topic": "T-3",
        });
        assert_eq!(header["extFields"], expected);
    }

    #[test]
    fn a_heart_beat_subscribes_the_group_to_every_topic() {
        let mut bytes = vec![];
        let topics = ["T-0".to_owned(), "T-1".to_owned()];
        subscription().append_heart_beat(&mut bytes, OPAQUE_FIRST, "client", &topics);
        let (header, _) = header_of(&bytes).unwrap().unwrap();
        let body: Value = serde_json::from_slice(&bytes[PREFIX_BYTES + header.len()..]).unwrap();
        let group = &body["consumerDataSet"][0];
        assert_eq!((&body["clientID"], &group["groupName"]), (&json!("client"), &json!("G")));
        let subscribed: Vec<_> =
            group["subscriptionDataSet"].as_array().unwrap().iter().map(|data| &data["topic"]).collect();
        assert_eq!(subscribed, ["T-0", "T-1"]);
    }
}
