//! Comma-separated values (RFC 4180), with the semicolons and tabs that spreadsheets write.

/// Most rows of a list.
pub(super) const MAX_ROWS: usize = 2_000_000;
/// Most cells of a row.
const MAX_CELLS: usize = 256;

/// A row and the line it begins on.
pub(super) struct Row {
    pub(super) line: u32,
    pub(super) cells: Vec<String>,
}

/// Why the rest of a list cannot be read.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum CsvError {
    /// A quotation mark opens on this line and does not close.
    Unclosed(u32),
    /// More than [`MAX_ROWS`] rows, or more than 256 cells in one.
    TooMuch(u32),
}

/// The separator of a header: of comma, semicolon and tab the one that it has most of.
fn separator(text: &str) -> char {
    let (mut counts, mut quoted) = ([(',', 0_usize), (';', 0), ('\t', 0)], false);
    for c in text.chars() {
        match c {
            '"' => quoted = !quoted,
            '\n' if !quoted => break,
            _ if !quoted => counts.iter_mut().filter(|(it, _)| *it == c).for_each(|(_, count)| *count += 1),
            _ => {}
        }
    }
    counts.into_iter().rev().max_by_key(|(_, count)| *count).map_or(',', |(it, _)| it)
}

/// Every row that is not blank. Those before an error are good.
pub(super) fn rows(text: &str) -> (Vec<Row>, Option<CsvError>) {
    let separator = separator(text);
    let mut rows = Vec::new();
    let mut row = Row { line: 1, cells: Vec::new() };
    let (mut cell, mut quoted, mut opened, mut line) = (String::new(), false, 1, 1_u32);
    let mut characters = text.chars().peekable();
    while let Some(c) = characters.next() {
        if c == '\n' {
            line = line.saturating_add(1);
        }
        match c {
            '"' if quoted && characters.peek() == Some(&'"') => {
                characters.next();
                cell.push('"');
            }
            '"' if quoted => quoted = false,
            '"' if cell.is_empty() => (quoted, opened) = (true, line),
            _ if quoted => cell.push(c),
            '\r' if characters.peek() == Some(&'\n') => {}
            '\n' => {
                row.cells.push(std::mem::take(&mut cell));
                let full = std::mem::replace(&mut row, Row { line, cells: Vec::new() });
                push(&mut rows, full);
            }
            _ if c == separator => row.cells.push(std::mem::take(&mut cell)),
            _ => cell.push(c),
        }
        if rows.len() > MAX_ROWS || row.cells.len() > MAX_CELLS {
            return (rows, Some(CsvError::TooMuch(line)));
        }
    }
    if quoted {
        return (rows, Some(CsvError::Unclosed(opened)));
    }
    row.cells.push(cell);
    push(&mut rows, row);
    (rows, None)
}

fn push(rows: &mut Vec<Row>, row: Row) {
    if row.cells.iter().any(|it| !it.trim().is_empty()) {
        rows.push(row);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<(u32, Vec<String>)> {
        let (rows, error) = rows(text);
        assert_eq!(error, None, "{text}");
        rows.into_iter().map(|it| (it.line, it.cells)).collect()
    }

    fn row(line: u32, cells: &[&str]) -> (u32, Vec<String>) {
        (line, cells.iter().map(|it| (*it).to_owned()).collect())
    }

    #[test]
    fn quotes_hold_separators_lines_and_quotes() {
        let text = "a,b\r\n\"1,\"\"x\"\"\",\"two\r\nlines\"\r\n\r\n3,\n";
        let wanted = [row(1, &["a", "b"]), row(2, &["1,\"x\"", "two\r\nlines"]), row(5, &["3", ""])];
        assert_eq!(read(text), wanted);
    }

    #[test]
    fn the_header_tells_the_separator() {
        assert_eq!(read("a;b\n1,5;2"), [row(1, &["a", "b"]), row(2, &["1,5", "2"])]);
        assert_eq!(read("a\tb\n1;\t2"), [row(1, &["a", "b"]), row(2, &["1;", "2"])]);
        assert_eq!(read("\"x;y;z\",b\n1,2")[1], row(2, &["1", "2"]), "those in quotes do not count");
    }

    #[test]
    fn an_open_quote_ends_the_list_and_keeps_what_was_before() {
        let (rows, error) = rows("a,b\n1,2\n3,\"4\n5,6\n");
        assert_eq!((rows.len(), error), (2, Some(CsvError::Unclosed(3))));
    }
}
