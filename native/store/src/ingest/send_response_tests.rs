use super::frame::{FrameWalk, SerializeType, walk_frame};
use super::send_response::{ResponseIdentity, SendResponse, SendResponseEncoder};

fn encoder() -> SendResponseEncoder {
    SendResponseEncoder::new(&ResponseIdentity {
        version: 479,
        region_id: "Default\"Region\u{1}",
        trace_on: true,
        store_host: &[127, 0, 0, 1, 0, 0, 0x2a, 0x9f],
    })
}

const SINGLE: SendResponse<'_> = SendResponse {
    opaque: -7,
    queue_id: 3,
    queue_offset: 12,
    commit_log_offsets: &[0x1f00],
    transaction_id: Some(b"AC11"),
};

fn header(frame: &[u8]) -> &[u8] {
    let FrameWalk::Whole(whole) = walk_frame(frame, 0) else { panic!("not a whole frame") };
    assert_eq!(whole.length, frame.len());
    assert!(whole.body.is_empty());
    whole.header
}

#[test]
fn a_json_response_has_the_general_paths_keys_in_its_order() {
    let mut out = Vec::new();
    encoder().encode(SerializeType::Json, &SINGLE, &mut out);
    let expected = concat!(
        r#"{"code":0,"language":"NODE_JS","version":479,"opaque":-7,"flag":1,"extFields":{"#,
        r#""msgId":"7F00000100002A9F0000000000001F00","queueId":"3","queueOffset":"12","transactionId":"AC11","#,
        r#""MSG_REGION":"Default\"Region\u0001","TRACE_ON":"true"},"serializeTypeCurrentRPC":"JSON"}"#
    );
    assert_eq!(String::from_utf8_lossy(header(&out)), expected);
    assert_eq!(out[4], 0);
}

#[test]
fn a_binary_response_has_the_same_fields() {
    let mut out = b"before".to_vec();
    encoder().encode(SerializeType::RocketMq, &SINGLE, &mut out);
    let mut fields = Vec::new();
    for (name, value) in [
        ("msgId", "7F00000100002A9F0000000000001F00"),
        ("queueId", "3"),
        ("queueOffset", "12"),
        ("transactionId", "AC11"),
        ("MSG_REGION", "Default\"Region\u{1}"),
        ("TRACE_ON", "true"),
    ] {
        fields.extend(u16::try_from(name.len()).unwrap().to_be_bytes());
        fields.extend(name.as_bytes());
        fields.extend(u32::try_from(value.len()).unwrap().to_be_bytes());
        fields.extend(value.as_bytes());
    }
    let mut expected = vec![0, 0, 13, 1, 0xdf, 0xff, 0xff, 0xff, 0xf9, 0, 0, 0, 1, 0, 0, 0, 0];
    expected.extend(u32::try_from(fields.len()).unwrap().to_be_bytes());
    expected.extend(fields);
    assert_eq!(header(&out[6..]), expected);
    assert_eq!(out[6 + 4], 1);
}

#[test]
fn a_batch_response_joins_the_ids_and_has_no_transaction_id() {
    let mut out = Vec::new();
    let batch = SendResponse { commit_log_offsets: &[0, u64::MAX], transaction_id: None, ..SINGLE };
    encoder().encode(SerializeType::Json, &batch, &mut out);
    let text = String::from_utf8_lossy(&out);
    let ids = r#""msgId":"7F00000100002A9F0000000000000000,7F00000100002A9FFFFFFFFFFFFFFFFF","queueId""#;
    assert!(text.contains(ids), "{text}");
    assert!(!text.contains("transactionId"));
}

#[test]
fn no_response_is_longer_than_announced() {
    let encoder = encoder();
    for serialize_type in [SerializeType::Json, SerializeType::RocketMq] {
        for offsets in [&[u64::MAX][..], &[u64::MAX; 3], &[u64::MAX; 1000]] {
            let longest = SendResponse {
                opaque: i32::MIN,
                queue_id: i32::MAX,
                queue_offset: u64::MAX,
                commit_log_offsets: offsets,
                transaction_id: Some(&[b'A'; 200]),
            };
            let mut out = Vec::new();
            encoder.encode(serialize_type, &longest, &mut out);
            assert!(out.len() <= encoder.response_bytes_max(offsets.len(), 200));
        }
    }
}
