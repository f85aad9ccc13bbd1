//! Reading and writing big-endian fields in order. Nothing else writes numbers into files.

/// Takes fields from the front of a slice; None when it is too short.
#[derive(Debug, Clone, Copy)]
pub struct Take<'a> {
    rest: &'a [u8],
}

impl<'a> Take<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    pub fn rest(&self) -> &'a [u8] {
        self.rest
    }

    pub fn bytes(&mut self, len: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.rest.split_at_checked(len)?;
        self.rest = rest;
        Some(taken)
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (taken, rest) = self.rest.split_first_chunk::<N>()?;
        self.rest = rest;
        Some(*taken)
    }

    pub fn u8(&mut self) -> Option<u8> {
        self.array::<1>().map(|[byte]| byte)
    }

    pub fn u16(&mut self) -> Option<u16> {
        self.array().map(u16::from_be_bytes)
    }

    pub fn i16(&mut self) -> Option<i16> {
        self.array().map(i16::from_be_bytes)
    }

    pub fn u32(&mut self) -> Option<u32> {
        self.array().map(u32::from_be_bytes)
    }

    pub fn i32(&mut self) -> Option<i32> {
        self.array().map(i32::from_be_bytes)
    }

    pub fn u64(&mut self) -> Option<u64> {
        self.array().map(u64::from_be_bytes)
    }

    pub fn i64(&mut self) -> Option<i64> {
        self.array().map(i64::from_be_bytes)
    }
}

/// Puts fields into a slice from the front. What does not fit is counted, not written.
#[derive(Debug)]
pub struct Put<'a> {
    rest: &'a mut [u8],
    overrun: usize,
}

impl<'a> Put<'a> {
    pub fn new(bytes: &'a mut [u8]) -> Self {
        Self { rest: bytes, overrun: 0 }
    }

    #[inline]
    pub fn bytes(&mut self, bytes: &[u8]) {
        match std::mem::take(&mut self.rest).split_at_mut_checked(bytes.len()) {
            Some((place, rest)) => {
                place.copy_from_slice(bytes);
                self.rest = rest;
            }
            None => self.overrun += bytes.len(),
        }
    }

    #[inline]
    pub fn u8(&mut self, value: u8) {
        self.bytes(&[value]);
    }

    #[inline]
    pub fn u16(&mut self, value: u16) {
        self.bytes(&value.to_be_bytes());
    }

    #[inline]
    pub fn u32(&mut self, value: u32) {
        self.bytes(&value.to_be_bytes());
    }

    #[inline]
    pub fn i32(&mut self, value: i32) {
        self.bytes(&value.to_be_bytes());
    }

    #[inline]
    pub fn u64(&mut self, value: u64) {
        self.bytes(&value.to_be_bytes());
    }

    #[inline]
    pub fn i64(&mut self, value: i64) {
        self.bytes(&value.to_be_bytes());
    }

    /// Whether everything fitted exactly.
    pub fn filled(&self) -> bool {
        self.overrun == 0 && self.rest.is_empty()
    }
}
