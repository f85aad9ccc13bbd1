//! The only crate that knows Node-API. It converts arguments, calls the store and converts results; it decides nothing.
//!
//! A store is a number, the same in every thread of the process, so that worker threads address the same mapped segments.
//! 64-bit values cross as `number`. Arrays named `head` and `out` belong to the caller and are reused.

#![expect(clippy::needless_pass_by_value, reason = "napi-rs hands strings over by value")]
#![expect(
    clippy::doc_markdown,
    reason = "these comments become the documentation of the TypeScript functions"
)]
#![expect(clippy::too_many_arguments, reason = "an object would cost more than the call")]

mod append_request;
mod descriptors;
mod error;
#[cfg(target_os = "linux")]
mod hot_sockets;
mod json;
#[cfg(target_os = "linux")]
mod loop_watch;
mod messages;
mod metadata;
#[cfg(not(target_os = "linux"))]
mod no_hot_sockets;
mod numbers;
mod pulls;
mod registry;
mod simulated_disks;
mod stores;
