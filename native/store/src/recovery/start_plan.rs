//! Where a start begins to read the log, decided from what was found.

use crate::checkpoint::{Checkpoint, Mark};

/// What is known before the log is read.
#[derive(Debug, Clone, Copy, Default)]
pub struct Findings<'a> {
    /// The `abort` mark was there.
    pub unclean: bool,
    pub checkpoint: Option<Checkpoint>,
    pub log_min: u64,
    pub segment_bytes: u64,
    /// First offset and first record's store time of each segment that has a record, oldest first.
    pub segment_heads: &'a [(u64, i64)],
    /// Everything is to be read, or built anew, in any case.
    pub everything: bool,
}

/// From which commit log offsets on the log is checked, and dispatched into queues and index.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StartPlan {
    /// A record begins here.
    pub scan_from: u64,
    /// Queue entries from here on are dropped and built anew.
    pub queue_from: u64,
    /// None: it depends on the index files, see `mark`.
    pub index_from: Option<u64>,
    /// Damage below is not a torn tail.
    pub safe_end: u64,
    /// The checkpoint that queues and index are held against.
    pub mark: Option<Mark>,
}

/// How much older than the checkpoint's times a segment must begin for Apache (`StoreCheckpoint#getMinTimestamp`).
const APACHE_MARGIN_MILLIS: i64 = 3000;

pub fn decide_start(found: &Findings<'_>) -> StartPlan {
    let everything = StartPlan {
        scan_from: found.log_min,
        queue_from: found.log_min,
        index_from: Some(found.log_min),
        safe_end: 0,
        mark: None,
    };
    let Some(checkpoint) = found.checkpoint else { return everything };
    let Some(mark) = checkpoint.mark else { return decide_after_apache(found, &checkpoint, everything) };
    let known = mark.commit_log_offset.max(found.log_min);
    if found.everything {
        return StartPlan { safe_end: known, ..everything };
    }
    // After an unclean stop the segment is checked from its beginning: the disk may have lost what it had confirmed.
    let segment = (known - known % found.segment_bytes).max(found.log_min);
    StartPlan {
        scan_from: if found.unclean { segment } else { known },
        queue_from: known,
        index_from: Some(known),
        safe_end: known,
        mark: Some(mark),
    }
}

/// A directory that Apache RocketMQ wrote to last: its checkpoint has times only.
fn decide_after_apache(found: &Findings<'_>, checkpoint: &Checkpoint, everything: StartPlan) -> StartPlan {
    if found.everything {
        return everything;
    }
    let times = &checkpoint.timestamps;
    let safe_time = times.physic_msg_timestamp.min(times.logics_msg_timestamp) - APACHE_MARGIN_MILLIS;
    let begins_safely = |head: &&(u64, i64)| !found.unclean || head.1 <= safe_time;
    let from = found.segment_heads.iter().rev().find(begins_safely).map_or(found.log_min, |head| head.0);
    StartPlan { scan_from: from, queue_from: from, index_from: None, safe_end: 0, mark: None }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checkpoint::Timestamps;

    const HEADS: &[(u64, i64)] = &[(0, 10_000), (1000, 20_000), (2000, 30_000)];

    fn found(unclean: bool, times: i64, mark: Option<u64>) -> Findings<'static> {
        let timestamps = Timestamps {
            physic_msg_timestamp: times,
            logics_msg_timestamp: times + 1,
            ..Timestamps::default()
        };
        let mark = mark.map(|commit_log_offset| Mark { commit_log_offset, ..Mark::default() });
        Findings {
            unclean,
            checkpoint: Some(Checkpoint { timestamps, mark }),
            segment_bytes: 1000,
            segment_heads: HEADS,
            ..Findings::default()
        }
    }

    #[test]
    fn a_clean_start_reads_nothing_twice() {
        let plan = decide_start(&found(false, 0, Some(2345)));
        assert_eq!(
            (plan.scan_from, plan.queue_from, plan.index_from, plan.safe_end),
            (2345, 2345, Some(2345), 2345)
        );
    }

    #[test]
    fn an_unclean_start_checks_the_segment() {
        let plan = decide_start(&found(true, 0, Some(2345)));
        assert_eq!((plan.scan_from, plan.queue_from, plan.safe_end), (2000, 2345, 2345));
    }

    #[test]
    fn apaches_times_choose_the_segment() {
        assert_eq!(decide_start(&found(true, 23_000, None)).scan_from, 1000);
        assert_eq!(decide_start(&found(true, 22_999, None)).scan_from, 0);
        assert_eq!(decide_start(&found(false, 0, None)).scan_from, 2000);
    }

    #[test]
    fn without_checkpoint_everything_is_read() {
        let nothing = Findings { log_min: 500, ..Findings::default() };
        assert_eq!(decide_start(&nothing).scan_from, 500);
        let verify = Findings { everything: true, ..found(false, 0, Some(2345)) };
        assert_eq!((decide_start(&verify).scan_from, decide_start(&verify).safe_end), (0, 2345));
    }
}
