//! A report for a terminal, and as Markdown.

use super::words::number;
use super::{Bar, Block, Report, Row};
use std::fmt::Write as _;

/// How long the longest bar is, in characters.
const WIDTH: usize = 40;

/// The report as text for a terminal.
#[must_use]
pub fn text(report: &Report) -> String {
    let mut out = format!("{}\n{}\n\n", report.title.to_uppercase(), report.lead);
    for figure in &report.figures {
        let _ = writeln!(out, "  {:>24}  {}", figure.number, figure.words);
    }
    for section in &report.sections {
        let _ = write!(out, "\n{}\n", section.title.to_uppercase());
        for block in &section.blocks {
            out.push('\n');
            match block {
                Block::Text(words) => out.push_str(&format!("{}\n", plain(words))),
                Block::Bars(what, bars) => bars_text(&mut out, what, bars),
                Block::Table { title, columns, rows, more } => {
                    table_text(&mut out, (title, columns), rows, *more)
                }
            }
        }
    }
    out
}

/// The report as Markdown (CommonMark with tables).
#[must_use]
pub fn markdown(report: &Report) -> String {
    let mut out = format!("# {}\n\n{}\n\n", report.title, escaped(&report.lead));
    for figure in &report.figures {
        let _ = writeln!(out, "- **{}** {}", figure.number, escaped(&figure.words));
    }
    for section in &report.sections {
        let _ = write!(out, "\n## {}\n", section.title);
        for block in &section.blocks {
            out.push('\n');
            match block {
                Block::Text(words) => out.push_str(&format!("{}\n", escaped(words))),
                Block::Bars(what, bars) => bars_markdown(&mut out, what, bars),
                Block::Table { title, columns, rows, more } => {
                    table_markdown(&mut out, (title, columns), rows, *more);
                }
            }
        }
    }
    out
}

/// Characters of names that would move a terminal's cursor or turn its text around are shown as a question mark.
fn plain(text: &str) -> String {
    let turns =
        |c: char| matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    text.chars().map(|c| if c.is_control() || turns(c) { '?' } else { c }).collect()
}

/// Markdown takes names for what they are: characters with a meaning are escaped, line breaks become spaces.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in plain(text).chars() {
        if matches!(c, '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '|' | '#' | '~' | '&' | '!') {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

fn numbers(bar: &Bar) -> String {
    let parts = bar.parts.iter().filter(|part| part.count > 0);
    parts.map(|part| format!("{} {}", number(part.count), part.label)).collect::<Vec<_>>().join(", ")
}

/// A bar in characters, the longest of all being `WIDTH` long; a part that is there is seen.
fn drawn(bar: &Bar, most: usize) -> String {
    let mut line = String::new();
    for part in bar.parts.iter().filter(|part| part.count > 0) {
        line.push_str(&part.tone.sign().repeat((part.count * WIDTH / most.max(1)).max(1)));
    }
    line
}

fn longest(bars: &[Bar]) -> usize {
    bars.iter().map(Bar::total).max().unwrap_or_default()
}

fn bars_text(out: &mut String, what: &str, bars: &[Bar]) {
    let most = longest(bars);
    let wide = bars.iter().map(|bar| bar.name.chars().count().min(48)).max().unwrap_or_default();
    let _ = writeln!(out, "  {what}");
    for bar in bars {
        let name: String = plain(&bar.name).chars().take(48).collect();
        let _ = writeln!(out, "  {name:wide$}  {:<WIDTH$}  {}", drawn(bar, most), numbers(bar));
    }
}

fn table_text(out: &mut String, (title, columns): (&str, &[&'static str]), rows: &[Row], more: usize) {
    let _ = writeln!(out, "  {}", plain(title));
    if let [_] = columns {
        for row in rows {
            let _ = writeln!(out, "    {}", plain(&row.cells.join(" ")));
        }
    } else {
        // Wide cells go below one another: a terminal is narrow, and reasons are sentences. Numbers stand before.
        let counted = columns.iter().position(|column| *column == "People");
        for row in rows {
            let count =
                counted.and_then(|at| row.cells.get(at)).map_or_else(String::new, |n| format!("{n:>7}  "));
            let cells = row.cells.iter().zip(columns).enumerate();
            let mut cells = cells.filter(|(at, (cell, _))| Some(*at) != counted && !cell.is_empty());
            if let Some((_, (cell, _))) = cells.next() {
                let _ = writeln!(out, "    {count}{}", plain(cell));
            }
            for (_, (cell, column)) in cells {
                let _ = writeln!(
                    out,
                    "    {:count$}  {}: {}",
                    "",
                    column.to_lowercase(),
                    plain(cell),
                    count = count.chars().count()
                );
            }
        }
    }
    if more > 0 {
        let _ = writeln!(out, "    and {} more", number(more));
    }
}

fn bars_markdown(out: &mut String, what: &str, bars: &[Bar]) {
    let most = longest(bars);
    let _ = write!(out, "| {} | | |\n|---|---|---|\n", escaped(what));
    for bar in bars {
        let _ =
            writeln!(out, "| {} | `{}` | {} |", escaped(&bar.name), drawn(bar, most), escaped(&numbers(bar)));
    }
}

fn table_markdown(out: &mut String, (title, columns): (&str, &[&'static str]), rows: &[Row], more: usize) {
    let _ = write!(
        out,
        "**{}**\n\n| {} |\n|{}\n",
        escaped(title),
        columns.join(" | "),
        "---|".repeat(columns.len())
    );
    for row in rows {
        let cells: Vec<_> = row.cells.iter().map(|cell| escaped(cell)).collect();
        let _ = writeln!(out, "| {} |", cells.join(" | "));
    }
    if more > 0 {
        let _ = write!(out, "\nand {} more\n", number(more));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_no_markup_and_moves_no_cursor() {
        assert_eq!(escaped("<img src=x>|*a*\n\u{1b}[2J"), "\\<img src=x\\>\\|\\*a\\*??\\[2J");
        assert_eq!(plain("a\u{202e}b\u{7}"), "a?b?");
    }
}
