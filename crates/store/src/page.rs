//! Lists come in pages. A cursor is the sort key of the last row shown, so a row inserted meanwhile neither
//! repeats nor hides another.

use crate::error::StoreError;
use passband_core::time::Timestamp;
use passband_wire::b64;

/// The most rows a page can have.
pub const MAX_TOP: u32 = 999;

/// Longest UPN a cursor can carry, in bytes.
const MAX_CURSOR_TEXT: usize = 1024;

/// Which part of a list is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// The [`Listed::next`] of the page before; `None` for the first.
    pub after: Option<String>,
    /// How many rows; taken as 1 to [`MAX_TOP`].
    pub top: u32,
}

impl Page {
    /// The first page, of `top` rows.
    #[must_use]
    pub const fn first(top: u32) -> Self {
        Self { after: None, top }
    }

    pub(crate) fn rows(&self) -> usize {
        self.top.clamp(1, MAX_TOP) as usize
    }

    /// One row more than asked for: it shows whether there is a next page.
    pub(crate) fn limit(&self) -> i64 {
        i64::from(self.top.clamp(1, MAX_TOP)) + 1
    }
}

/// A page of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed<T> {
    /// Its rows.
    pub items: Vec<T>,
    /// The cursor for [`Page::after`]; `None` if this page is the last.
    pub next: Option<String>,
}

impl<T> Listed<T> {
    /// Cuts the extra row of [`Page::limit`] off and makes the cursor of the last one left.
    pub(crate) fn cut(mut items: Vec<T>, page: &Page, cursor: impl Fn(&T) -> String) -> Self {
        let more = items.len() > page.rows();
        items.truncate(page.rows());
        let next = if more { items.last().map(cursor) } else { None };
        Self { items, next }
    }

    pub(crate) const fn empty() -> Self {
        Self { items: Vec::new(), next: None }
    }
}

/// The cursor of lists ordered by time and id.
pub(crate) fn by_time(at: Timestamp, id: &[u8; 16]) -> String {
    let mut key = [0; 24];
    key[..8].copy_from_slice(&at.0.to_be_bytes());
    key[8..].copy_from_slice(id);
    b64::encode(key)
}

/// Reads [`by_time`]; for the first page, the key after which everything comes in descending order.
pub(crate) fn time_after(page: &Page) -> Result<(i64, [u8; 16]), StoreError> {
    let Some(text) = &page.after else {
        return Ok((i64::MAX, [0xff; 16]));
    };
    let key: [u8; 24] = b64::decode_array(text).map_err(|_| StoreError::Cursor)?;
    let (at, id) = key.split_at(8);
    let at = at.try_into().map_err(|_| StoreError::Cursor)?;
    Ok((i64::from_be_bytes(at), id.try_into().map_err(|_| StoreError::Cursor)?))
}

/// The cursor of lists ordered by a unique text.
pub(crate) fn by_text(text: &str) -> String {
    b64::encode(text)
}

/// Reads [`by_text`]; for the first page, the text before which nothing comes.
pub(crate) fn text_after(page: &Page) -> Result<String, StoreError> {
    let Some(text) = &page.after else {
        return Ok(String::new());
    };
    let bytes = b64::decode(text, MAX_CURSOR_TEXT).map_err(|_| StoreError::Cursor)?;
    let text = String::from_utf8(bytes).map_err(|_| StoreError::Cursor)?;
    // PostgreSQL would answer NUL with an error of its own; a cursor of ours has none.
    if text.contains('\0') { Err(StoreError::Cursor) } else { Ok(text) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cursors_go_both_ways_and_strangers_are_refused() {
        let page = |text: String| Page { after: Some(text), top: 1 };
        assert_eq!(time_after(&page(by_time(Timestamp(-5), &[7; 16]))).unwrap(), (-5, [7; 16]));
        assert_eq!(text_after(&page(by_text("ada@x"))).unwrap(), "ada@x");
        for bad in ["", "!", "AAAA", &"A".repeat(1 << 20)] {
            assert!(matches!(time_after(&page(bad.to_owned())), Err(StoreError::Cursor)), "{bad:.9}");
        }
        for bad in ["!", "_w", &b64::encode("a\0b"), &"A".repeat(1 << 20)] {
            assert!(matches!(text_after(&page(bad.to_owned())), Err(StoreError::Cursor)), "{bad:.9}");
        }
    }
}
