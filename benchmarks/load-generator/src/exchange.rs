//! Requests that are not measured: blocking, pipelined, answered as a whole.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use crate::frame::{AnswerNumbers, header_of, refusal, response_code};

/// Requests without an answer at a time.
const IN_FLIGHT_MAX: usize = 64;
/// A broker that is silent for so long is taken for dead.
const ANSWER_WITHIN: Duration = Duration::from_secs(60);
const CONNECT_WITHIN: Duration = Duration::from_secs(5);
const READ_BYTES: usize = 64 << 10;

pub fn connect(address: SocketAddr) -> io::Result<TcpStream> {
    let stream = TcpStream::connect_timeout(&address, CONNECT_WITHIN)
        .map_err(|error| io::Error::new(error.kind(), format!("cannot connect to {address}: {error}")))?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// Sends all requests, whose opaques count from 0, and gives the headers of their answers in the same order. The first
/// refusal is the error; `subject` names what the request of that number was about.
pub fn exchange(
    stream: &mut TcpStream,
    requests: &[Vec<u8>],
    subject: impl Fn(usize) -> String,
) -> io::Result<Vec<Vec<u8>>> {
    stream.set_read_timeout(Some(ANSWER_WITHIN))?;
    let mut answers = vec![vec![]; requests.len()];
    let numbers = AnswerNumbers::new();
    let mut received = vec![];
    let (mut sent, mut answered) = (0, 0);
    while answered < requests.len() {
        let until = requests.len().min(answered + IN_FLIGHT_MAX);
        stream.write_all(&requests.get(sent..until).unwrap_or_default().concat())?;
        sent = until;
        for header in read_headers(stream, &mut received)? {
            let Some((code, number)) = numbers.read(&header)? else { continue };
            let number = number as usize;
            if code != response_code::SUCCESS {
                let refused = format!("the broker refused {}: {}", subject(number), refusal(code, &header));
                return Err(io::Error::other(refused));
            }
            if let Some(place) = answers.get_mut(number) {
                *place = header;
                answered += 1;
            }
        }
    }
    Ok(answers)
}

/// Waits for more bytes; the headers of the frames that they complete.
fn read_headers(stream: &mut TcpStream, received: &mut Vec<u8>) -> io::Result<Vec<Vec<u8>>> {
    let mut buffer = vec![0; READ_BYTES];
    let length = stream.read(&mut buffer).map_err(|error| match error.kind() {
        ErrorKind::WouldBlock | ErrorKind::TimedOut => {
            io::Error::new(error.kind(), format!("no answer from the broker within {ANSWER_WITHIN:?}"))
        }
        _ => error,
    })?;
    if length == 0 {
        return Err(io::Error::new(ErrorKind::UnexpectedEof, "the broker closed the connection"));
    }
    received.extend_from_slice(buffer.get(..length).unwrap_or_default());
    let mut headers = vec![];
    let mut from = 0;
    while let Some((header, body_bytes)) = header_of(received.get(from..).unwrap_or_default())? {
        let end = from + crate::frame::PREFIX_BYTES + header.len() + body_bytes;
        if end > received.len() {
            break;
        }
        headers.push(header.to_vec());
        from = end;
    }
    received.drain(..from);
    Ok(headers)
}
