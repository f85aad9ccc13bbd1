//! The load: one thread, many connections, and what the broker made of it as one line of JSON.
//!
//! It patches prepared frames and reads a few numbers of each answer, so that the broker is the slower side; the CPU
//! share it prints says whether that held.

mod batch_body;
mod connection;
mod consume;
mod consumer;
mod create_topics;
mod deliver;
mod event_loop;
mod exchange;
mod frame;
mod measurement;
mod options;
mod pull;
mod queue_offsets;
mod queue_order;
mod record_walk;
mod report;
mod schedule;
mod send;
mod send_template;
mod sender;

use std::io::{self, Write};
use std::process::ExitCode;

use clap::Parser;

use options::{Command, Options};

fn main() -> ExitCode {
    let outcome = match Options::parse().command {
        Command::CreateTopics(options) => create_topics::run(&options),
        Command::Send(options) => send::run(&options),
        Command::Consume(options) => consume::run(&options),
        Command::Deliver(options) => deliver::run(&options),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(io::stderr(), "load-generator: {error}");
            ExitCode::FAILURE
        }
    }
}
