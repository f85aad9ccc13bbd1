//! A batch as bytes, big-endian: `operation u8 (0 put, 1 delete) | tableLength u32 | table | keyLength u32 | key`, and for
//! a put `| valueLength u32 | value`, repeated.

use std::fmt;

/// Longest table name in bytes.
pub const TABLE_NAME_BYTES_MAX: usize = 128;
/// Longest key in bytes.
pub const KEY_BYTES_MAX: usize = 64 << 10;
/// Longest value in bytes.
pub const VALUE_BYTES_MAX: usize = 64 << 20;

/// One change of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MetadataOperation<'a> {
    Put { table: &'a str, key: &'a [u8], value: &'a [u8] },
    Delete { table: &'a str, key: &'a [u8] },
}

/// A batch that is not what it must be. Nothing of it was applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BatchMalformed {
    /// Byte of the batch.
    pub at: usize,
    pub reason: String,
}

impl fmt::Display for BatchMalformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the metadata batch is malformed at byte {}: {}", self.at, self.reason)
    }
}

impl std::error::Error for BatchMalformed {}

struct Fields<'a> {
    batch: &'a [u8],
    at: usize,
}

impl<'a> Fields<'a> {
    fn malformed(&self, reason: impl Into<String>) -> BatchMalformed {
        BatchMalformed { at: self.at, reason: reason.into() }
    }

    fn take(&mut self, length: usize) -> Result<&'a [u8], BatchMalformed> {
        let rest = self.batch.get(self.at..).unwrap_or_default();
        let field = rest
            .get(..length)
            .ok_or_else(|| self.malformed(format!("{} bytes are left, expected {length}", rest.len())))?;
        self.at += length;
        Ok(field)
    }

    fn sized(&mut self, what: &str, length_max: usize) -> Result<&'a [u8], BatchMalformed> {
        let word = self.take(4)?.first_chunk().copied().unwrap_or_default();
        let length = u32::from_be_bytes(word) as usize;
        if length > length_max {
            return Err(
                self.malformed(format!("the {what} has {length} bytes, at most {length_max} are allowed"))
            );
        }
        self.take(length)
    }

    fn operation(&mut self) -> Result<MetadataOperation<'a>, BatchMalformed> {
        let kind = self.take(1)?;
        let table = std::str::from_utf8(self.sized("table name", TABLE_NAME_BYTES_MAX)?)
            .map_err(|_| self.malformed("the table name is not UTF-8"))?;
        let key = self.sized("key", KEY_BYTES_MAX)?;
        match kind {
            [0] => Ok(MetadataOperation::Put { table, key, value: self.sized("value", VALUE_BYTES_MAX)? }),
            [1] => Ok(MetadataOperation::Delete { table, key }),
            _ => Err(self.malformed(format!("the operation is {kind:?}, expected 0 (put) or 1 (delete)"))),
        }
    }
}

/// Decodes a whole batch.
pub fn decode_batch(batch: &[u8]) -> Result<Vec<MetadataOperation<'_>>, BatchMalformed> {
    let mut fields = Fields { batch, at: 0 };
    let mut operations = Vec::new();
    while fields.at < batch.len() {
        operations.push(fields.operation()?);
    }
    Ok(operations)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sized(bytes: &[u8]) -> Vec<u8> {
        [&u32::try_from(bytes.len()).unwrap().to_be_bytes(), bytes].concat()
    }

    #[test]
    fn puts_and_deletes_are_read_in_order_and_every_prefix_is_refused() {
        let put = [vec![0], sized(b"topics"), sized(b"T"), sized(b"{}")].concat();
        let delete = [vec![1], sized(b"offsets"), sized(b"T@G")].concat();
        let batch = [put.clone(), delete].concat();
        let expected = [
            MetadataOperation::Put { table: "topics", key: b"T", value: b"{}" },
            MetadataOperation::Delete { table: "offsets", key: b"T@G" },
        ];
        assert_eq!(decode_batch(&batch).unwrap(), expected);
        for end in (1..batch.len()).filter(|&end| end != put.len()) {
            assert!(decode_batch(&batch[..end]).is_err(), "prefix of {end} bytes");
        }
    }

    #[test]
    fn unknown_operations_and_overlong_names_are_refused_with_the_place() {
        let unknown = [vec![7], sized(b"t"), sized(b"k")].concat();
        assert_eq!(decode_batch(&unknown).unwrap_err().at, unknown.len());
        let long = [vec![1], sized(&[b'x'; TABLE_NAME_BYTES_MAX + 1]), sized(b"k")].concat();
        assert!(decode_batch(&long).unwrap_err().to_string().contains("129"));
    }
}
