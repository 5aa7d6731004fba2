//! Printing: tables for people, JSON for programs, errors for both.

use crate::failure::Failure;
use passband_broker::error::printable;
use serde_json::{Value, json};
use std::io::Write as _;

/// How to print.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Format {
    /// Columns and lines
    #[default]
    Table,
    /// One JSON value; errors too
    Json,
}

/// A column of a table: its title, and where in an object to look, in order.
pub(crate) type Column = (&'static str, &'static [&'static str]);

/// Where a command's words go.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Output {
    format: Format,
}

impl Output {
    pub(crate) const fn new(format: Format) -> Self {
        Self { format }
    }

    /// Whether a person reads it.
    pub(crate) fn is_table(self) -> bool {
        self.format == Format::Table
    }

    /// Prints a line, or the value a program wants instead of it.
    pub(crate) fn say(self, line: &str, value: &Value) {
        match self.format {
            Format::Table => write(line),
            Format::Json => write(&pretty(value)),
        }
    }

    /// Prints a list as rows under `columns`, or as a Graph collection.
    pub(crate) fn list(self, rows: &[Value], columns: &[Column], empty: &str) {
        match self.format {
            Format::Json => write(&pretty(&json!({ "value": rows }))),
            Format::Table if rows.is_empty() => write(empty),
            Format::Table => write(&table(rows, columns)),
        }
    }

    /// Prints a finding: rows of it under `columns`, or all of it as JSON.
    pub(crate) fn report(self, all: &Value, rows: &[Value], (columns, empty): (&[Column], &str)) {
        match self.format {
            Format::Json => write(&pretty(all)),
            Format::Table => self.list(rows, columns, empty),
        }
    }

    /// Prints one object: its members a line each, or as JSON.
    pub(crate) fn object(self, value: &Value) {
        match self.format {
            Format::Json => write(&pretty(value)),
            Format::Table => write(&members(value)),
        }
    }

    /// Prints text that is in its form already.
    pub(crate) fn text(self, text: &str) {
        write(text.trim_end_matches(['\n', '\r']));
    }

    /// Prints one entry of a log as it comes: a line, or JSON on one line.
    pub(crate) fn entry(self, value: &Value, columns: &[Column]) {
        match self.format {
            Format::Json => write(&value.to_string()),
            Format::Table => {
                write(&columns.iter().map(|column| cell(value, column)).collect::<Vec<_>>().join("  "))
            }
        }
    }

    /// Says something that is not the result, to people only.
    pub(crate) fn note(self, line: &str) {
        if self.format == Format::Table {
            let _ = writeln!(std::io::stderr(), "{line}");
        }
    }

    /// Says what went wrong.
    pub(crate) fn failure(self, failure: &Failure) {
        let text = match self.format {
            Format::Table => format!("passband: {}", failure.message),
            Format::Json => {
                json!({ "error": { "code": failure.code, "message": failure.message } }).to_string()
            }
        };
        let _ = writeln!(std::io::stderr(), "{text}");
    }
}

/// A closed pipe (`| head`) is not an error worth a word.
fn write(text: &str) {
    let mut stdout = std::io::stdout().lock();
    let _ = writeln!(stdout, "{text}");
    let _ = stdout.flush();
}

fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value).unwrap_or_default()
}

fn table(rows: &[Value], columns: &[Column]) -> String {
    let mut lines: Vec<Vec<String>> = vec![columns.iter().map(|(title, _)| (*title).to_owned()).collect()];
    lines.extend(rows.iter().map(|row| columns.iter().map(|column| cell(row, column)).collect()));
    let width = |at: usize| lines.iter().map(|line| line[at].chars().count()).max().unwrap_or_default();
    let widths: Vec<usize> = (0..columns.len()).map(width).collect();
    let print = |line: &Vec<String>| {
        let cells = line.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}"));
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    lines.iter().map(print).collect::<Vec<_>>().join("\n")
}

fn cell(row: &Value, (_, places): &Column) -> String {
    let found = places.iter().find_map(|place| row.pointer(place).filter(|value| !value.is_null()));
    found.map(plain).filter(|text| !text.is_empty()).unwrap_or_else(|| "-".to_owned())
}

/// A value as a person reads it. What a server says goes to a terminal: no control characters.
fn plain(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        Value::String(text) => printable(text, 400),
        Value::Array(items) => items.iter().map(plain).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}

/// Members of an object, nested ones with a dot between the names.
fn members(value: &Value) -> String {
    let mut lines = Vec::new();
    flatten("", value, &mut lines);
    let width = lines.iter().map(|(name, _)| name.chars().count()).max().unwrap_or_default();
    lines.iter().map(|(name, text)| format!("{name:<width$}  {text}")).collect::<Vec<_>>().join("\n")
}

fn flatten(name: &str, value: &Value, lines: &mut Vec<(String, String)>) {
    match value {
        Value::Object(object) => {
            for (member, value) in object.iter().filter(|(member, _)| !member.starts_with('@')) {
                let member = printable(member, 100);
                let name = if name.is_empty() { member } else { format!("{name}.{member}") };
                flatten(&name, value, lines);
            }
        }
        Value::Null => {}
        other => lines.push((name.to_owned(), plain(other))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_lines_up_and_strips_escapes() {
        let rows = [
            json!({ "id": "1", "name": "Ada \u{1b}[2J", "on": true }),
            json!({ "id": "22", "nick": "B", "on": null }),
        ];
        let columns: [Column; 3] = [("ID", &["/id"]), ("NAME", &["/name", "/nick"]), ("ON", &["/on"])];
        assert_eq!(table(&rows, &columns), "ID  NAME     ON\n1   Ada [2J  yes\n22  B        -");
    }

    #[test]
    fn members_are_flat() {
        let value =
            json!({ "id": "1", "web": { "redirectUris": ["a", "b"], "logoutUrl": null }, "@odata.x": 1 });
        assert_eq!(members(&value), "id                1\nweb.redirectUris  a, b");
    }
}
