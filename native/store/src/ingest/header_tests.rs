//! Headers as clients write them, and what must be left to the general path.

use super::binary_header::scan_binary_header;
use super::frame::SerializeType;
use super::header_scan::{HeaderKind, HeaderScan};
use super::json_header::{scan_json_header, unescape_into};
use super::send_request::{SendRequest, read_send};

pub(super) const JAVA: &str = concat!(
    r#"{"code":310,"extFields":{"a":"group","b":"Orders","c":"TBW102","d":"4","e":"3","f":"0","g":"1700000000123","#,
    r#""h":"7","i":"KEYS\u0001order-1\u0002UNIQ_KEY\u0001AC11\u0002WAIT\u0001true\u0002","j":"0","k":"false","#,
    r#""m":"false","n":"broker-a"},"flag":0,"language":"JAVA","opaque":9,"serializeTypeCurrentRPC":"JSON","version":479}"#
);

fn read(header: &str) -> Option<SendRequestFacts> {
    let mut scan = HeaderScan::default();
    (scan_json_header(header.as_bytes(), &mut scan) == HeaderKind::Send).then_some(())?;
    read_send(header.as_bytes(), &scan, SerializeType::Json, &mut Vec::new()).map(|request| facts(&request))
}

#[derive(Debug, PartialEq, Eq)]
struct SendRequestFacts {
    topic: String,
    properties: String,
    numbers: [i64; 6],
    oneway: bool,
    batch: bool,
}

fn facts(request: &SendRequest<'_>) -> SendRequestFacts {
    SendRequestFacts {
        topic: String::from_utf8(request.topic.to_vec()).unwrap(),
        properties: String::from_utf8(request.properties.to_vec()).unwrap(),
        numbers: [
            request.opaque.into(),
            request.queue_id.into(),
            request.sys_flag.into(),
            request.born_timestamp,
            request.flag.into(),
            request.reconsume_times.into(),
        ],
        oneway: request.oneway,
        batch: request.batch,
    }
}

fn expected() -> SendRequestFacts {
    SendRequestFacts {
        topic: "Orders".to_owned(),
        properties: "KEYS\x01order-1\x02UNIQ_KEY\x01AC11\x02WAIT\x01true\x02".to_owned(),
        numbers: [9, 3, 0, 1_700_000_000_123, 7, 0],
        oneway: false,
        batch: false,
    }
}

#[test]
fn a_java_header_is_read() {
    assert_eq!(read(JAVA), Some(expected()));
}

#[test]
fn a_go_header_with_long_names_in_another_order_and_spaces_is_read() {
    let go = r#" { "code" : 10 , "language":"GO","version":317,"opaque":9,"flag":2,"remark":"","extFields":{
        "producerGroup":"group","bornTimestamp":"1700000000123","topic":"Orders","queueId":"3","sysFlag":"0",
        "defaultTopic":"TBW102","defaultTopicQueueNums":"4","flag":"7","reconsumeTimes":"0","unitMode":"false",
        "properties":"KEYS\u0001order-1\u0002UNIQ_KEY\u0001AC11\u0002WAIT\u0001true\u0002","maxReconsumeTimes":"0",
        "batch":"false"} } "#;
    assert_eq!(read(go), Some(SendRequestFacts { oneway: true, ..expected() }));
}

#[test]
fn a_header_whose_code_comes_last_is_read() {
    let without_code = JAVA.replace(r#"{"code":310,"#, "{");
    let last = without_code.replace("}\n", "").trim_end_matches('}').to_owned() + r#","code":310}"#;
    assert_eq!(read(&last), Some(expected()));
}

#[test]
fn what_is_not_plainly_a_send_is_left_to_the_general_path() {
    for (from, to) in [
        (r#""e":"3""#, r#""e":3"#),
        (r#""e":"3""#, r#""e":"3.0""#),
        (r#""e":"3""#, r#""e":"-1""#),
        (r#""e":"3""#, r#""e":"3","e":"3""#),
        (r#""e":"3","#, ""),
        (r#""f":"0""#, r#""f":"4""#),
        (r#""m":"false""#, r#""m":"true""#),
        (r#""m":"false""#, r#""m":"FALSE""#),
        (r#""n":"broker-a""#, r#""z":"?""#),
        (r#""n":"broker-a""#, r#""AccessKey":"k""#),
        (r#""b":"Orders""#, r#""b":"\u004frders""#),
        (r#""flag":0"#, r#""flag":0.0"#),
        (r#""flag":0"#, r#""flag":00"#),
        (r#""flag":0"#, r#""flag":"0""#),
        (r#""flag":0"#, r#""flag":4"#),
        (r#""opaque":9,"#, ""),
        (r#""opaque":9"#, r#""opaque":2147483648"#),
        (r#""version":479}"#, r#""version":479}x"#),
        (r#""version":479}"#, r#""version":479,}"#),
        (r#""version":479}"#, r#""version":479,"code":310}"#),
        (r#""version":479}"#, r#""version":479,"more":1}"#),
        (r"\u0001order", r"\u001order"),
        (r"\u0001order", r"\xorder"),
        (r"\u0001order", r"\ud800order"),
        (r"\u0001order", "\u{1}order"),
    ] {
        assert!(JAVA.contains(from), "{from}");
        assert_eq!(read(&JAVA.replacen(from, to, 1)), None, "{to}");
    }
}

#[test]
fn no_prefix_of_a_header_is_taken() {
    for end in 0..JAVA.len() {
        assert_eq!(read(&JAVA[..end]), None, "prefix of {end} bytes");
    }
}

#[test]
fn other_codes_and_responses_are_told_apart_from_what_is_unclear() {
    let mut scan = HeaderScan::default();
    let mut kind = |header: &str| scan_json_header(header.as_bytes(), &mut scan);
    assert_eq!(kind(r#"{"code":34,"extFields":{"anything":12"#), HeaderKind::Other);
    assert_eq!(kind(r#"{"flag":1,"opaque":3,"code":10}"#), HeaderKind::Other);
    assert_eq!(kind(r#"{"version":479,"code":"11"}"#), HeaderKind::Unclear);
    assert_eq!(kind("{}"), HeaderKind::Unclear);
    assert_eq!(kind(""), HeaderKind::Unclear);
}

pub(super) fn binary_header(code: i16, flag: i32, opaque: i32, fields: &[(&str, &str)]) -> Vec<u8> {
    let mut header = [&code.to_be_bytes()[..], &[0], &479i16.to_be_bytes()].concat();
    header.extend(opaque.to_be_bytes());
    header.extend(flag.to_be_bytes());
    header.extend(0i32.to_be_bytes());
    let mut ext = Vec::new();
    for (name, value) in fields {
        ext.extend(i16::try_from(name.len()).unwrap().to_be_bytes());
        ext.extend(name.as_bytes());
        ext.extend(i32::try_from(value.len()).unwrap().to_be_bytes());
        ext.extend(value.as_bytes());
    }
    header.extend(i32::try_from(ext.len()).unwrap().to_be_bytes());
    header.extend(ext);
    header
}

const LETTERS: [(&str, &str); 10] = [
    ("a", "group"),
    ("b", "Orders"),
    ("c", "TBW102"),
    ("d", "4"),
    ("e", "3"),
    ("f", "0"),
    ("g", "1700000000123"),
    ("h", "7"),
    ("i", "KEYS\x01order-1\x02UNIQ_KEY\x01AC11\x02WAIT\x01true\x02"),
    ("j", ""),
];

#[test]
fn a_binary_header_is_read_and_no_prefix_of_it() {
    let header = binary_header(310, 0, 9, &LETTERS);
    let mut scan = HeaderScan::default();
    assert_eq!(scan_binary_header(&header, &mut scan), HeaderKind::Send);
    let request =
        read_send(&header, &scan, SerializeType::RocketMq, &mut Vec::new()).map(|request| facts(&request));
    assert_eq!(request, Some(expected()));
    for end in 0..header.len() {
        let kind = scan_binary_header(&header[..end], &mut scan);
        assert_eq!(kind, HeaderKind::Unclear, "prefix of {end} bytes");
    }
}

#[test]
fn binary_lengths_that_lie_are_unclear() {
    let good = binary_header(310, 0, 9, &LETTERS);
    let mut scan = HeaderScan::default();
    for at in 13..good.len() - 4 {
        for word in [-1i32, i32::MAX, i32::MIN, 1 << 16] {
            let mut header = good.clone();
            header[at..at + 4].copy_from_slice(&word.to_be_bytes());
            scan_binary_header(&header, &mut scan); // must not panic, whatever it says
        }
    }
    let mut longer = good.clone();
    longer.push(0);
    assert_eq!(scan_binary_header(&longer, &mut scan), HeaderKind::Unclear);
}

#[test]
fn escapes_are_read_as_json_reads_them() {
    let unescaped = |text: &str| {
        let mut out = Vec::new();
        unescape_into(text.as_bytes(), &mut out).then(|| String::from_utf8(out).unwrap())
    };
    assert_eq!(unescaped(r#"a\"\\\/\b\t\n\f\rz"#).as_deref(), Some("a\"\\/\u{8}\t\n\u{c}\rz"));
    assert_eq!(unescaped(r"\u0001\u00e9\u4F60\ud83d\ude00").as_deref(), Some("\u{1}é你😀"));
    for wrong in [r"\", r"\u", r"\u12", r"\u12g4", r"\ud83d", r"\ud83dx", r"\ud83d\u0041", r"\ude00", r"\a"] {
        assert_eq!(unescaped(wrong), None, "{wrong}");
    }
}
