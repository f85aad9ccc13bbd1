//! Failures as JavaScript errors: the store's own sentence, and a code to tell them apart.

use centaurmq_store::StoreError;
use napi::Error;

/// The `code` of a thrown error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ErrorCode(&'static str);

pub const INVALID_ARGUMENT: ErrorCode = ErrorCode("INVALID_ARGUMENT");
const STORE_ERROR: ErrorCode = ErrorCode("STORE_ERROR");

pub type Result<T> = std::result::Result<T, Error<ErrorCode>>;

impl AsRef<str> for ErrorCode {
    fn as_ref(&self) -> &str {
        self.0
    }
}

impl From<napi::Status> for ErrorCode {
    fn from(_: napi::Status) -> Self {
        INVALID_ARGUMENT
    }
}

pub fn invalid_argument(reason: impl Into<String>) -> Error<ErrorCode> {
    Error::new(INVALID_ARGUMENT, reason.into())
}

pub fn store_error(error: &StoreError) -> Error<ErrorCode> {
    let code = match error {
        StoreError::Locked { .. } => ErrorCode("STORE_LOCKED"),
        StoreError::Io { .. } => ErrorCode("STORE_IO"),
        StoreError::FileMalformed { .. } => ErrorCode("STORE_FILE_MALFORMED"),
        StoreError::Damaged { .. } => ErrorCode("STORE_DAMAGED"),
        StoreError::Poisoned { .. } => ErrorCode("STORE_POISONED"),
        StoreError::Closed => ErrorCode("STORE_CLOSED"),
        StoreError::TopicUnknown { .. } => ErrorCode("TOPIC_UNKNOWN"),
        StoreError::TopicRejected { .. } => ErrorCode("TOPIC_REJECTED"),
        StoreError::OptionRejected { .. } => ErrorCode("OPTION_REJECTED"),
        StoreError::BufferTooSmall { .. } => ErrorCode("BUFFER_TOO_SMALL"),
        _ => STORE_ERROR,
    };
    Error::new(code, error.to_string())
}
