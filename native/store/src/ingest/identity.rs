//! The broker's constants that stand in records and in responses.

use std::net::IpAddr;

use super::pull_response::PullResponseEncoder;
use super::send_response::{ResponseIdentity, SendResponseEncoder};

/// Who the broker is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BrokerIdentity {
    /// Where clients reach this broker (`brokerIP1` and `listenPort`): part of every record and message id.
    pub store_host: IpAddr,
    pub store_port: u16,
    pub cluster_name: String,
    pub region_id: String,
    pub trace_on: bool,
    /// `MQVersion` ordinal of responses.
    pub version: i16,
}

/// The identity, prepared for use per message.
#[derive(Debug)]
pub struct HotPathIdentity {
    store_host: Box<[u8]>,
    store_port: u16,
    properties_suffix: Box<[u8]>,
    responses: SendResponseEncoder,
    pull_responses: PullResponseEncoder,
}

impl HotPathIdentity {
    pub fn new(identity: &BrokerIdentity) -> Self {
        let store_host = host_bytes(identity.store_host, identity.store_port);
        let suffix = format!(
            "MSG_REGION\x01{}\x02TRACE_ON\x01{}\x02CLUSTER\x01{}\x02",
            identity.region_id, identity.trace_on, identity.cluster_name
        );
        let responses = SendResponseEncoder::new(&ResponseIdentity {
            version: identity.version,
            region_id: &identity.region_id,
            trace_on: identity.trace_on,
            store_host: &store_host,
        });
        Self {
            store_host: store_host.into(),
            store_port: identity.store_port,
            properties_suffix: suffix.into_bytes().into(),
            responses,
            pull_responses: PullResponseEncoder::new(identity.version),
        }
    }

    /// Address and port as in a record: 8 or 20 bytes.
    pub fn store_host(&self) -> &[u8] {
        &self.store_host
    }

    /// The port that answers pulls.
    pub(crate) fn store_port(&self) -> u16 {
        self.store_port
    }

    /// What the broker adds to the properties of every single message.
    pub fn properties_suffix(&self) -> &[u8] {
        &self.properties_suffix
    }

    pub(crate) fn responses(&self) -> &SendResponseEncoder {
        &self.responses
    }

    pub(crate) fn pull_responses(&self) -> &PullResponseEncoder {
        &self.pull_responses
    }
}

/// Address and port as in a record: 4 or 16 bytes, then the port in 4.
pub fn host_bytes(address: IpAddr, port: u16) -> Vec<u8> {
    let mut bytes = match address {
        IpAddr::V4(v4) => v4.octets().to_vec(),
        IpAddr::V6(v6) => v6.octets().to_vec(),
    };
    bytes.extend(u32::from(port).to_be_bytes());
    bytes
}
