//! CBOR in the CTAP2 canonical form (RFC 8949, CTAP 2.1 §8): one value has one spelling.
//!
//! A pull reader over borrowed bytes. It refuses indefinite lengths, integers longer than they need to be,
//! tags, floats, map keys out of order or twice, and nesting deeper than [`MAX_DEPTH`]. Nothing is
//! allocated, so a stranger's length field costs nothing: it is compared with the bytes that are there.

/// Deepest nesting of maps and arrays that is read (CTAP 2.1 §8 allows four levels).
pub const MAX_DEPTH: u8 = 4;

/// Why bytes are not one canonical CBOR value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CborError {
    /// Nested deeper than [`MAX_DEPTH`].
    #[error("CBOR is nested too deeply")]
    Depth,
    /// A map key is out of order, or stands twice.
    #[error("CBOR map keys are not in canonical order")]
    KeyOrder,
    /// A length or number is not in its shortest form, or of indefinite length.
    #[error("CBOR is not in canonical form")]
    NotCanonical,
    /// Bytes follow the value.
    #[error("bytes follow the CBOR value")]
    Trailing,
    /// The bytes end before the value does.
    #[error("CBOR is cut short")]
    Truncated,
    /// A value of another type than the format asks for, or one the canonical form leaves out.
    #[error("CBOR value of an unexpected type")]
    Type,
    /// A text string is not UTF-8.
    #[error("CBOR text is not UTF-8")]
    Utf8,
}

const UINT: u8 = 0;
const NINT: u8 = 1;
const BYTES: u8 = 2;
const TEXT: u8 = 3;
const ARRAY: u8 = 4;
const MAP: u8 = 5;
const SIMPLE: u8 = 7;

/// Reads canonical CBOR, front to back.
#[derive(Clone, Debug)]
pub struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    /// A reader of `bytes`.
    #[must_use]
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// What has not been read.
    #[must_use]
    pub const fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// Ends the reading.
    ///
    /// # Errors
    ///
    /// [`CborError::Trailing`] if bytes are left.
    pub fn finish(self) -> Result<(), CborError> {
        if self.rest.is_empty() { Ok(()) } else { Err(CborError::Trailing) }
    }

    /// Reads an integer.
    ///
    /// # Errors
    ///
    /// [`CborError`] if the next value is none, or does not fit.
    pub fn int(&mut self) -> Result<i64, CborError> {
        let (major, value) = self.head()?;
        let value = i64::try_from(value).map_err(|_| CborError::Type)?;
        match major {
            UINT => Ok(value),
            NINT => Ok(-1 - value),
            _ => Err(CborError::Type),
        }
    }

    /// Reads a byte string.
    ///
    /// # Errors
    ///
    /// [`CborError`] if the next value is none, or is cut short.
    pub fn bytes(&mut self) -> Result<&'a [u8], CborError> {
        let len = self.head_of(BYTES)?;
        self.take(len)
    }

    /// Reads a text string.
    ///
    /// # Errors
    ///
    /// [`CborError`] if the next value is none, is cut short, or is not UTF-8.
    pub fn text(&mut self) -> Result<&'a str, CborError> {
        let len = self.head_of(TEXT)?;
        std::str::from_utf8(self.take(len)?).map_err(|_| CborError::Utf8)
    }

    /// Reads the head of an array: how many values follow.
    ///
    /// # Errors
    ///
    /// [`CborError`] if the next value is none, or cannot fit in the bytes that are left.
    pub fn array(&mut self) -> Result<usize, CborError> {
        self.count(ARRAY)
    }

    /// Opens a map, whose keys must then be read through [`MapReader::key`].
    ///
    /// # Errors
    ///
    /// [`CborError`] if the next value is none, or cannot fit in the bytes that are left.
    pub fn map(&mut self) -> Result<MapReader<'a>, CborError> {
        Ok(MapReader { left: self.count(MAP)?, last: &[] })
    }

    /// Reads one value of any type, and gives its bytes.
    ///
    /// `depth` is the number of maps and arrays the value already stands in.
    ///
    /// # Errors
    ///
    /// [`CborError`] if it is not canonical, or nested too deeply.
    pub fn value(&mut self, depth: u8) -> Result<&'a [u8], CborError> {
        let start = self.rest;
        self.skip(depth)?;
        Ok(&start[..start.len() - self.rest.len()])
    }

    /// Recursion ends at [`MAX_DEPTH`], whatever the bytes say.
    fn skip(&mut self, depth: u8) -> Result<(), CborError> {
        match self.peek_major()? {
            ARRAY | MAP if depth >= MAX_DEPTH => Err(CborError::Depth),
            UINT | NINT => self.head().map(|_| ()),
            BYTES => self.bytes().map(|_| ()),
            TEXT => self.text().map(|_| ()),
            ARRAY => {
                for _ in 0..self.array()? {
                    self.skip(depth + 1)?;
                }
                Ok(())
            }
            MAP => {
                let mut map = self.map()?;
                while map.next(self, depth + 1)?.is_some() {
                    self.skip(depth + 1)?;
                }
                Ok(())
            }
            // false, true, null: the only simple values CTAP2 messages hold.
            SIMPLE => match self.take(1)?[0] {
                0xf4..=0xf6 => Ok(()),
                _ => Err(CborError::Type),
            },
            _ => Err(CborError::Type),
        }
    }

    fn peek_major(&self) -> Result<u8, CborError> {
        self.rest.first().map(|byte| byte >> 5).ok_or(CborError::Truncated)
    }

    fn head_of(&mut self, wanted: u8) -> Result<usize, CborError> {
        if self.peek_major()? != wanted {
            return Err(CborError::Type);
        }
        usize::try_from(self.head()?.1).map_err(|_| CborError::Truncated)
    }

    /// A count is believed only as far as there are bytes: each value takes at least one.
    fn count(&mut self, wanted: u8) -> Result<usize, CborError> {
        let count = self.head_of(wanted)?;
        if count > self.rest.len() { Err(CborError::Truncated) } else { Ok(count) }
    }

    fn head(&mut self) -> Result<(u8, u64), CborError> {
        let first = self.take(1)?[0];
        let (major, info) = (first >> 5, first & 0x1f);
        let (value, shortest) = match info {
            0..=23 => (u64::from(info), true),
            24 => self.number::<1>().map(|n| (n, n > 23))?,
            25 => self.number::<2>().map(|n| (n, n > 0xff))?,
            26 => self.number::<4>().map(|n| (n, n > 0xffff))?,
            27 => self.number::<8>().map(|n| (n, n > 0xffff_ffff))?,
            // 28 to 30 are reserved, 31 is an indefinite length.
            _ => return Err(CborError::NotCanonical),
        };
        if shortest { Ok((major, value)) } else { Err(CborError::NotCanonical) }
    }

    fn number<const N: usize>(&mut self) -> Result<u64, CborError> {
        Ok(self.take(N)?.iter().fold(0, |n, byte| n << 8 | u64::from(*byte)))
    }

    fn take(&mut self, len: usize) -> Result<&'a [u8], CborError> {
        let (taken, rest) = self.rest.split_at_checked(len).ok_or(CborError::Truncated)?;
        self.rest = rest;
        Ok(taken)
    }
}

/// The keys of one map, which must come in canonical order.
#[derive(Clone, Debug)]
pub struct MapReader<'a> {
    left: usize,
    last: &'a [u8],
}

impl<'a> MapReader<'a> {
    /// The next key, if any, read by `read`; the caller then reads its value.
    ///
    /// # Errors
    ///
    /// [`CborError`] if the key is not of its type, or out of order.
    pub fn key<T>(
        &mut self,
        reader: &mut Reader<'a>,
        read: impl FnOnce(&mut Reader<'a>) -> Result<T, CborError>,
    ) -> Result<Option<T>, CborError> {
        if self.left == 0 {
            return Ok(None);
        }
        self.left -= 1;
        let start = reader.rest;
        let key = read(reader)?;
        let encoded = &start[..start.len() - reader.rest.len()];
        // CTAP 2.1 §8: by major type, then by length, then byte by byte. Strictly growing, so none stands
        // twice: two readers of a map with a repeated key could see two different values.
        let rank = |key: &'a [u8]| (key.first().map(|byte| byte >> 5), key.len(), key);
        if !self.last.is_empty() && rank(encoded) <= rank(self.last) {
            return Err(CborError::KeyOrder);
        }
        self.last = encoded;
        Ok(Some(key))
    }

    fn next(&mut self, reader: &mut Reader<'a>, depth: u8) -> Result<Option<()>, CborError> {
        self.key(reader, |reader| reader.skip(depth))
    }
}

/// Writes canonical CBOR. The caller gives map keys in canonical order.
#[derive(Clone, Debug, Default)]
pub struct Writer(Vec<u8>);

impl Writer {
    /// An empty writer.
    #[must_use]
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// The bytes written.
    #[must_use]
    pub fn into_bytes(self) -> Vec<u8> {
        self.0
    }

    /// Writes an integer.
    pub fn int(&mut self, value: i64) -> &mut Self {
        if value < 0 {
            self.head(NINT, value.unsigned_abs() - 1)
        } else {
            self.head(UINT, value.unsigned_abs())
        }
    }

    /// Writes a byte string.
    pub fn bytes(&mut self, value: &[u8]) -> &mut Self {
        self.head(BYTES, value.len() as u64);
        self.0.extend_from_slice(value);
        self
    }

    /// Writes a text string.
    pub fn text(&mut self, value: &str) -> &mut Self {
        self.head(TEXT, value.len() as u64);
        self.0.extend_from_slice(value.as_bytes());
        self
    }

    /// Writes the head of an array of `len` values.
    pub fn array(&mut self, len: usize) -> &mut Self {
        self.head(ARRAY, len as u64)
    }

    /// Writes the head of a map of `len` pairs.
    pub fn map(&mut self, len: usize) -> &mut Self {
        self.head(MAP, len as u64)
    }

    /// Writes bytes that are one CBOR value already.
    pub fn raw(&mut self, value: &[u8]) -> &mut Self {
        self.0.extend_from_slice(value);
        self
    }

    fn head(&mut self, major: u8, value: u64) -> &mut Self {
        let bytes = value.to_be_bytes();
        let (info, len) = match value {
            0..=23 => (bytes[7], 0),
            24..=0xff => (24, 1),
            0x100..=0xffff => (25, 2),
            0x1_0000..=0xffff_ffff => (26, 4),
            _ => (27, 8),
        };
        self.0.push(major << 5 | info);
        self.0.extend_from_slice(&bytes[8 - len..]);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whole(bytes: &[u8]) -> Result<(), CborError> {
        let mut reader = Reader::new(bytes);
        reader.value(0)?;
        reader.finish()
    }

    #[test]
    fn canonical_values_are_read() {
        for bytes in [
            &[0x00][..],
            &[0x18, 0x18],
            &[0x38, 0xff],
            &[0xf5],
            &[0x62, b'h', b'i'],
            &[0xa2, 0x01, 0x02, 0x20, 0x40],
            &[0xa2, 0x63, b'f', b'm', b't', 0x00, 0x67, b'a', b't', b't', b'S', b't', b'm', b't', 0xa0],
            &[0x81, 0x81, 0x81, 0x81, 0x00],
        ] {
            assert_eq!(whole(bytes), Ok(()), "{bytes:x?}");
        }
    }

    #[test]
    fn every_other_spelling_is_refused() {
        for (bytes, error) in [
            (&[][..], CborError::Truncated),
            (&[0x18, 0x17], CborError::NotCanonical),
            (&[0x19, 0x00, 0xff], CborError::NotCanonical),
            (&[0x1b, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff], CborError::NotCanonical),
            (&[0x5f, 0x41, 0x00, 0xff], CborError::NotCanonical),
            (&[0x9f, 0xff], CborError::NotCanonical),
            (&[0x58, 0x20, 0x00], CborError::Truncated),
            (&[0x62, 0xff, 0xfe], CborError::Utf8),
            (&[0xa2, 0x20, 0x00, 0x01, 0x00], CborError::KeyOrder),
            (&[0xa2, 0x01, 0x00, 0x01, 0x00], CborError::KeyOrder),
            (&[0xc0, 0x00], CborError::Type),
            (&[0xf7], CborError::Type),
            (&[0xfb, 0, 0, 0, 0, 0, 0, 0, 0], CborError::Type),
            (&[0x00, 0x00], CborError::Trailing),
            (&[0x81, 0x81, 0x81, 0x81, 0x81, 0x00], CborError::Depth),
            (&[0x9b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], CborError::Truncated),
            (&[0x1b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x00], CborError::Trailing),
        ] {
            assert_eq!(whole(bytes), Err(error), "{bytes:x?}");
        }
    }

    #[test]
    fn what_is_written_is_canonical() {
        let mut writer = Writer::new();
        writer.map(3).int(1).int(-257).int(-1).bytes(&[7; 300]).text("rp").array(2).int(65_536).raw(&[0xf5]);
        assert_eq!(whole(&writer.into_bytes()), Ok(()));
    }
}
