//! Options that cross as JSON text: rare calls, so that names are worth more than speed.

use serde::de::DeserializeOwned;

use crate::error::{Result, invalid_argument};

/// `what` is said in the error.
pub fn parse<T: DeserializeOwned>(what: &str, text: &str) -> Result<T> {
    serde_json::from_str(text).map_err(|error| invalid_argument(format!("{what}: {error}")))
}
