//! A report as a page that needs nothing else: its style is in it, its charts are drawings in it, and there is no script.

use super::words::number;
use super::{Bar, Block, Part, Report};
use askama::Template;

/// The style of a report, beside the style every page has.
pub const STYLE: &str = include_str!("../../assets/report.css");

#[derive(Template)]
#[template(path = "report.html")]
struct Page<'a> {
    report: &'a Report,
    style: &'a str,
}

impl Page<'_> {
    /// The parts of a bar that are there, each with its place and its width in percent; the longest bar takes all there is
    /// but some room, for a part that is there is seen however small it is.
    fn drawn<'b>(&self, bar: &'b Bar, all: &[Bar]) -> Vec<(f64, f64, &'b Part)> {
        let most = all.iter().map(Bar::total).max().unwrap_or_default().max(1);
        let mut at = 0.0;
        let mut parts = Vec::new();
        for part in bar.parts.iter().filter(|part| part.count > 0) {
            let wide = (ratio(part.count, most) * 97.0).max(0.8);
            parts.push((at, wide, part));
            at += wide;
        }
        parts
    }

    fn count(&self, n: &usize) -> String {
        number(*n)
    }

    /// Whether a table is folded: long ones would bury what comes after them.
    fn folds(&self, rows: usize) -> bool {
        rows > 12
    }
}

#[expect(clippy::cast_precision_loss, reason = "people are fewer than 2^53")]
const fn ratio(part: usize, whole: usize) -> f64 {
    part as f64 / whole as f64
}

/// The report as a page. `style` is that of every page.
///
/// # Errors
///
/// As [`askama::Error`]; nothing in a report makes one.
pub fn page(report: &Report, style: &str) -> Result<String, askama::Error> {
    Page { report, style }.render()
}
