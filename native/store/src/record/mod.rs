//! Records and the small formats inside them.

mod bytes;
mod checksum;
mod java_hash;
mod properties;
#[expect(clippy::module_inception, reason = "a file is named after its main type")]
mod record;
#[cfg(test)]
mod record_tests;

pub use bytes::{Put, Take};
pub use checksum::Checksum;
pub use java_hash::{index_key_hash, java_hash};
pub use properties::{parse_properties, property};
pub use record::{
    BLANK_BYTES, LogItem, PROPERTIES_BYTES_MAX, RecordError, RecordFields, RecordView, SYS_FLAG_BORN_HOST_V6,
    SYS_FLAG_STORE_HOST_V6, decode, decode_at, encode_blank,
};
