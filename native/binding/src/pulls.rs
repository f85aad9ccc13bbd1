//! Who may pull what, for the hot path: pushed down by TypeScript on every change.

use centaurmq_store::ingest::{PullLimits, PullSubscription, RegisteredFilter};
use napi_derive::napi;
use serde::Deserialize;

use crate::error::Result;
use crate::json::parse;
use crate::registry;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PullLimitsOptions {
    message_count_max: u32,
    record_bytes_max: u32,
    lite_pull_enable: bool,
}

/// Bounds of every pull that the hot path answers: `{"messageCountMax":32,"recordBytesMax":262144,"litePullEnable":true}`. Before
/// the first call no pull is answered.
#[napi(catch_unwind)]
pub fn configure_pulls(store: u32, limits_json: String) -> Result<()> {
    let options: PullLimitsOptions = parse("the limits of configurePulls", &limits_json)?;
    registry::get(store)?.pulls.set_limits(PullLimits {
        message_count_max: options.message_count_max,
        record_bytes_max: options.record_bytes_max,
        lite_pull_enable: options.lite_pull_enable,
    });
    Ok(())
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PullGroupOptions {
    group: String,
    group_sys_flag: i32,
    topics: Vec<PullTopicOptions>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PullTopicOptions {
    id: u32,
    topic: String,
    topic_sys_flag: i32,
    registered: Option<RegisteredOptions>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RegisteredOptions {
    sub_version: i64,
    tag_codes: Option<Box<[i32]>>,
}

/// Replaces what the hot path knows of a group, which may read from these topics: `{"group":"G","groupSysFlag":0,"topics":
/// [{"id":1,"topic":"T","topicSysFlag":0,"registered":{"subVersion":17,"tagCodes":[97]|null}|null}]}`. Without `registered` only
/// pulls that bring their subscription along are answered; without topics the group is forgotten.
#[napi(catch_unwind)]
pub fn define_pull_group(store: u32, group_json: String) -> Result<()> {
    let PullGroupOptions { group, group_sys_flag, topics } =
        parse("the group of definePullGroup", &group_json)?;
    let subscriptions = topics.into_iter().map(|options| {
        let registered = options
            .registered
            .map(|RegisteredOptions { sub_version, tag_codes }| RegisteredFilter { sub_version, tag_codes });
        let PullTopicOptions { id, topic, topic_sys_flag, .. } = options;
        (topic, PullSubscription { id, topic_sys_flag, group_sys_flag, registered })
    });
    registry::get(store)?.pulls.define_group(&group, subscriptions);
    Ok(())
}
