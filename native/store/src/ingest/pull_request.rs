//! A PULL as the hot path takes it: every needed field present, in the form clients write it.

use super::frame::SerializeType;
use super::header_scan::{HeaderScan, LITE_PULL_MESSAGE, decimal, decimal_i32};
use crate::record::java_hash;

const SYS_FLAG_COMMIT_OFFSET: i32 = 1;
const SYS_FLAG_SUSPEND: i32 = 2;
const SYS_FLAG_SUBSCRIPTION: i32 = 4;
const SYS_FLAG_LITE_PULL: i32 = 16;
const SYS_FLAGS_PLAIN: i32 =
    SYS_FLAG_COMMIT_OFFSET | SYS_FLAG_SUSPEND | SYS_FLAG_SUBSCRIPTION | SYS_FLAG_LITE_PULL;
/// Offsets above this are not exact in the general path.
const SAFE_INTEGER_MAX: i64 = (1 << 53) - 1;
/// Tags of one expression; more are left to the general path.
const TAGS_MAX: usize = 64;

/// The header of `PULL_MESSAGE` or `LITE_PULL_MESSAGE`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PullRequest<'a> {
    pub opaque: i32,
    pub serialize_type: SerializeType,
    pub lite: bool,
    pub consumer_group: &'a [u8],
    pub topic: &'a [u8],
    pub queue_id: i32,
    pub queue_offset: i64,
    pub max_msg_nums: i32,
    /// The offset that is to be committed with the pull, if any.
    pub commit_offset: Option<u64>,
    pub filter: RequestedFilter<'a>,
}

/// What is to be let through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RequestedFilter<'a> {
    /// What the group's heartbeats registered, when it is of this version or newer.
    Registered { sub_version: i64 },
    /// `*`, or tags joined by `||`.
    Tags(&'a [u8]),
}

#[derive(Clone, Copy)]
enum Key {
    ConsumerGroup,
    Topic,
    QueueId,
    QueueOffset,
    MaxMsgNums,
    SysFlag,
    CommitOffset,
    SuspendTimeoutMillis,
    SubVersion,
    Subscription,
    ExpressionType,
    MaxMsgBytes,
    RequestSource,
}

const KEY_COUNT: usize = 13;
/// Keys that `PullMessageRequestHeader` requires: the first nine.
const REQUIRED: u32 = 0x1ff;

/// None for what `PullMessageRequestHeader` does not read.
fn key_of_name(name: &[u8]) -> Option<Key> {
    Some(match name {
        b"consumerGroup" => Key::ConsumerGroup,
        b"topic" => Key::Topic,
        b"queueId" => Key::QueueId,
        b"queueOffset" => Key::QueueOffset,
        b"maxMsgNums" => Key::MaxMsgNums,
        b"sysFlag" => Key::SysFlag,
        b"commitOffset" => Key::CommitOffset,
        b"suspendTimeoutMillis" => Key::SuspendTimeoutMillis,
        b"subVersion" => Key::SubVersion,
        b"subscription" => Key::Subscription,
        b"expressionType" => Key::ExpressionType,
        b"maxMsgBytes" => Key::MaxMsgBytes,
        b"requestSource" => Key::RequestSource,
        _ => return None,
    })
}

/// Reads a scanned pull. `None` when the general path must decide.
pub(crate) fn read_pull<'a>(
    header: &'a [u8],
    scan: &HeaderScan,
    serialize_type: SerializeType,
) -> Option<PullRequest<'a>> {
    if scan.flag != 0 {
        return None;
    }
    let mut values: [&[u8]; KEY_COUNT] = [&[]; KEY_COUNT];
    let mut met = 0u32;
    for field in scan.fields() {
        let Some(key) = key_of_name(field.name.of(header)) else { continue };
        let bit = 1u32 << key as u32;
        if met & bit != 0 || field.escaped {
            return None;
        }
        met |= bit;
        *values.get_mut(key as usize)? = field.value.of(header);
    }
    if met & REQUIRED != REQUIRED {
        return None;
    }
    let value = |key: Key| values.get(key as usize).copied().unwrap_or_default();
    let int = |key| decimal_i32(value(key));
    let long = |key| decimal(value(key)).filter(|value| value.abs() <= SAFE_INTEGER_MAX);
    let optional_int = |key| if value(key).is_empty() { Some(0) } else { int(key) };
    long(Key::SuspendTimeoutMillis)?;
    optional_int(Key::MaxMsgBytes)?;
    optional_int(Key::RequestSource)?;
    let sys_flag = int(Key::SysFlag).filter(|flags| flags & !SYS_FLAGS_PLAIN == 0)?;
    let (commit_offset, sub_version) = (long(Key::CommitOffset)?, long(Key::SubVersion)?);
    Some(PullRequest {
        opaque: scan.opaque,
        serialize_type,
        lite: scan.code == LITE_PULL_MESSAGE,
        consumer_group: value(Key::ConsumerGroup),
        topic: value(Key::Topic),
        queue_id: int(Key::QueueId)?,
        queue_offset: long(Key::QueueOffset)?,
        max_msg_nums: int(Key::MaxMsgNums)?,
        commit_offset: if sys_flag & SYS_FLAG_COMMIT_OFFSET == 0 {
            None
        } else {
            Some(u64::try_from(commit_offset).ok()?)
        },
        filter: if sys_flag & SYS_FLAG_SUBSCRIPTION == 0 {
            RequestedFilter::Registered { sub_version }
        } else {
            requested_tags(value(Key::Subscription), value(Key::ExpressionType))?
        },
    })
}

fn requested_tags<'a>(expression: &'a [u8], expression_type: &[u8]) -> Option<RequestedFilter<'a>> {
    matches!(expression_type, b"" | b"TAG").then_some(RequestedFilter::Tags(expression))
}

/// What a tag expression lets through.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum TagExpression {
    All,
    /// The codes are in the memory that was given.
    Codes,
}

/// `FilterAPI.build` for plain ASCII. `None` when the general path must decide.
pub(crate) fn parse_tags(expression: &[u8], codes: &mut Vec<i32>) -> Option<TagExpression> {
    if matches!(expression, b"" | b"*") {
        return Some(TagExpression::All);
    }
    if !expression.iter().all(|byte| (0x20..0x7f).contains(byte)) {
        return None;
    }
    let tags = str::from_utf8(expression).ok()?.split("||").map(str::trim).filter(|tag| !tag.is_empty());
    codes.clear();
    for tag in tags {
        if codes.len() == TAGS_MAX {
            return None;
        }
        codes.push(java_hash(tag.as_bytes()));
    }
    (!codes.is_empty()).then_some(TagExpression::Codes)
}

#[cfg(test)]
mod tests {
    use super::super::header_scan::HeaderKind;
    use super::super::json_header::scan_json_header;
    use super::*;

    const JAVA: &str = concat!(
        r#"{"code":11,"extFields":{"bname":"broker-a","commitOffset":"7","consumerGroup":"G","expressionType":"TAG","#,
        r#""maxMsgBytes":"262144","maxMsgNums":"32","queueId":"3","queueOffset":"40","requestSource":"0","#,
        r#""subVersion":"17","suspendTimeoutMillis":"15000","sysFlag":"3","topic":"Orders","lo":"true"},"#,
        r#""flag":0,"language":"JAVA","opaque":9,"serializeTypeCurrentRPC":"JSON","version":479}"#
    );

    fn with_read<T>(header: &str, look: impl FnOnce(PullRequest<'_>) -> T) -> Option<T> {
        let mut scan = HeaderScan::default();
        assert_eq!(scan_json_header(header.as_bytes(), &mut scan), HeaderKind::Pull, "{header}");
        read_pull(header.as_bytes(), &scan, SerializeType::Json).map(look)
    }

    #[test]
    fn a_java_consumers_pull_is_read() {
        let read = with_read(JAVA, |pull| {
            let expected = PullRequest {
                opaque: 9,
                serialize_type: SerializeType::Json,
                lite: false,
                consumer_group: b"G",
                topic: b"Orders",
                queue_id: 3,
                queue_offset: 40,
                max_msg_nums: 32,
                commit_offset: Some(7),
                filter: RequestedFilter::Registered { sub_version: 17 },
            };
            assert_eq!(pull, expected);
        });
        assert!(read.is_some());
    }

    #[test]
    fn a_subscription_that_comes_along_is_the_filter() {
        let header = JAVA
            .replace(r#""sysFlag":"3""#, r#""sysFlag":"22","subscription":"a || b""#)
            .replace(r#""code":11"#, r#""code":361"#);
        let read = with_read(&header, |pull| {
            assert_eq!(
                (pull.lite, pull.commit_offset, pull.filter),
                (true, None, RequestedFilter::Tags(b"a || b"))
            );
        });
        assert!(read.is_some());
    }

    #[test]
    fn what_is_not_plainly_a_pull_is_left_to_the_general_path() {
        for (from, to) in [
            (r#""flag":0"#, r#""flag":2"#),
            (r#""sysFlag":"3""#, r#""sysFlag":"8""#),
            (r#""sysFlag":"3""#, r#""sysFlag":"35""#),
            (r#""sysFlag":"3""#, r#""sysFlag":"6","subscription":"a>1","expressionType":"SQL92""#),
            (r#""commitOffset":"7""#, r#""commitOffset":"-1""#),
            (r#""commitOffset":"7","#, ""),
            (r#""queueOffset":"40""#, r#""queueOffset":"""#),
            (r#""queueOffset":"40""#, r#""queueOffset":"9007199254740992""#),
            (r#""maxMsgNums":"32""#, r#""maxMsgNums":"2147483648""#),
            (r#""maxMsgBytes":"262144""#, r#""maxMsgBytes":"many""#),
            (r#""suspendTimeoutMillis":"15000""#, r#""suspendTimeoutMillis":"soon""#),
            (r#""topic":"Orders""#, r#""topic":"Orders","topic":"Orders""#),
            (r#""topic":"Orders""#, r#""topic":"Ord\u0065rs""#),
        ] {
            let header = JAVA.replace(from, to);
            assert_ne!(header, JAVA);
            let read = with_read(&header, |_| ());
            assert!(read.is_none(), "{header}");
        }
    }

    #[test]
    fn tags_are_parsed_as_the_general_path_parses_them() {
        let mut codes = vec![1];
        assert_eq!(parse_tags(b"*", &mut codes), Some(TagExpression::All));
        assert_eq!(parse_tags(b"", &mut codes), Some(TagExpression::All));
        for expression in ["a||b", " a || b ", "||a||b||", "a||||b", "a|| ||b"] {
            assert_eq!(parse_tags(expression.as_bytes(), &mut codes), Some(TagExpression::Codes));
            assert_eq!(codes, [97, 98], "{expression}");
        }
        for expression in ["||", " ", "|| ||", "тег", "a\tb"] {
            assert_eq!(parse_tags(expression.as_bytes(), &mut codes), None, "{expression}");
        }
        assert_eq!(parse_tags("a||".repeat(TAGS_MAX + 1).as_bytes(), &mut codes), None);
    }
}
