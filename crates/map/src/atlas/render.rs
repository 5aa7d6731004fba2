//! The map as text: a table for a terminal, Markdown, CSV and JSON.

use super::page::{Place, Row, View};
use super::{Atlas, Change, Date, Fact, Finding, Subject};
use serde_json::{Value as Json, json};
use std::fmt::Write as _;

/// The rows as aligned columns, one table a floor.
#[must_use]
pub fn table(view: &View<'_>) -> String {
    let mut out = format!("The map on {}\n", view.query.at);
    for storey in &view.storeys {
        let mut lines = vec![head(storey.info.title, view)];
        for row in storey.blocks.iter().flat_map(|block| block.main.iter().chain(&block.more)) {
            lines.push(line(row, view));
        }
        let columns = lines.first().map_or(0, Vec::len);
        let width = |at: usize| lines.iter().map(|line| line[at].chars().count()).max().unwrap_or_default();
        let widths: Vec<usize> = (0..columns).map(width).collect();
        for (at, line) in lines.iter().enumerate() {
            let cells = line.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}"));
            let line = cells.collect::<Vec<_>>().join("  ");
            let _ = writeln!(out, "{}{}", if at == 0 { "\n" } else { "" }, line.trim_end());
        }
    }
    if view.storeys.is_empty() {
        out.push_str("\nNo row answers that.\n");
    }
    out
}

fn head(title: &str, view: &View<'_>) -> Vec<String> {
    let platforms = view.columns.iter().map(|platform| platform.title().to_owned());
    std::iter::once(title.to_uppercase()).chain(platforms).collect()
}

/// The cells of a row, a fact about all platforms repeated in each of their columns.
fn line(row: &Row<'_>, view: &View<'_>) -> Vec<String> {
    let cells = row.places.iter().flat_map(|place| std::iter::repeat_n(words(place, view), place.span));
    std::iter::once(title(row.subject)).chain(cells).collect()
}

/// The title, with the AAGUID where models share a name.
fn title(subject: &Subject) -> String {
    match subject.key.strip_prefix("aaguid.").filter(|rest| rest.len() == 36) {
        Some(aaguid) => format!("{} {aaguid}", subject.title),
        None => subject.title.to_owned(),
    }
}

fn words(place: &Place<'_>, view: &View<'_>) -> String {
    let Some(fact) = place.cell.fact else { return String::new() };
    let mut text = format!("{} {}", fact.standing().sign(), view.word(fact));
    for rival in &place.cell.rivals {
        let _ = write!(text, " (⚠ or {})", view.word(rival));
    }
    text
}

/// The rows as Markdown tables, each fact with its source below.
#[must_use]
pub fn markdown(view: &View<'_>) -> String {
    let mut out = format!("# The map on {}\n", view.query.at);
    let mut sources = Vec::new();
    for storey in &view.storeys {
        let _ = writeln!(out, "\n## {}\n\n{}\n", storey.info.title, storey.info.question);
        let _ = writeln!(out, "| {} |", escaped(&head("", view)).join(" | "));
        let _ = writeln!(out, "|{}", "---|".repeat(view.columns.len() + 1));
        for row in storey.blocks.iter().flat_map(|block| block.main.iter().chain(&block.more)) {
            let cells = row.places.iter().flat_map(|place| {
                let mut text = escape(&words(place, view));
                if let Some(fact) = place.cell.fact {
                    let _ = write!(text, " [{}]", number(&mut sources, fact));
                }
                std::iter::repeat_n(text, place.span)
            });
            let cells: Vec<_> = std::iter::once(escape(&title(row.subject))).chain(cells).collect();
            let _ = writeln!(out, "| {} |", cells.join(" | "));
        }
    }
    out.push_str("\n## Sources\n\n");
    for (at, source) in sources.iter().enumerate() {
        let url = source.url.map_or_else(String::new, |url| format!(" <{url}>"));
        let _ = writeln!(out, "{}. {}{url}", at + 1, escape(source.title));
    }
    out
}

fn number(sources: &mut Vec<&'static super::Source>, fact: &Fact) -> usize {
    let known = sources.iter().position(|source| source.key == fact.source.key);
    known.unwrap_or_else(|| {
        sources.push(fact.source);
        sources.len() - 1
    }) + 1
}

fn escaped(cells: &[String]) -> Vec<String> {
    cells.iter().map(|cell| escape(cell)).collect()
}

/// Text that neither ends a cell nor begins markup in Markdown.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '|' | '\\' | '`' | '*' | '_' | '<' | '[' | ']' => out.extend(['\\', letter]),
            '\n' | '\r' => out.push(' '),
            other => out.push(other),
        }
    }
    out
}

/// The facts of the rows, one a line, with everything known of each (RFC 4180).
#[must_use]
pub fn csv(view: &View<'_>) -> String {
    let mut out = String::from(
        "id,section,platform,subject,title,value,word,standing,statement,conditions,since,valid_until,as_of,\
         last_verified,confidence,source,url,note\r\n",
    );
    for fact in counting(view) {
        let date = |date: Option<Date>| date.map(|date| date.to_string()).unwrap_or_default();
        let cells = [
            fact.id.to_owned(),
            fact.subject.section.key().to_owned(),
            fact.platform.key().to_owned(),
            fact.subject.key.to_owned(),
            fact.subject.title.to_owned(),
            fact.value.to_owned(),
            view.word(fact).to_owned(),
            fact.standing().key().to_owned(),
            fact.statement.to_owned(),
            fact.conditions.join("; "),
            date(fact.since),
            date(fact.valid_until),
            date(fact.as_of),
            date(fact.last_verified),
            fact.confidence.key().to_owned(),
            fact.source.title.to_owned(),
            fact.source.url.unwrap_or_default().to_owned(),
            fact.note.unwrap_or_default().to_owned(),
        ];
        out.push_str(&record(&cells));
    }
    out
}

fn record(cells: &[String]) -> String {
    cells.iter().map(|cell| quoted(cell)).collect::<Vec<_>>().join(",") + "\r\n"
}

/// A cell of CSV. One that a spreadsheet would run as a formula gets a quote in front (CSV injection).
fn quoted(cell: &str) -> String {
    let formula = cell.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let cell = if formula { format!("'{cell}") } else { cell.to_owned() };
    if cell.contains([',', '"', '\n', '\r']) { format!("\"{}\"", cell.replace('"', "\"\"")) } else { cell }
}

/// The facts that count on the day asked for, and those that contradict them.
fn counting<'a>(view: &'a View<'a>) -> impl Iterator<Item = &'a Fact> {
    let places = view.all_rows().flat_map(|row| &row.places);
    places.flat_map(|place| place.cell.fact.into_iter().chain(place.cell.rivals.iter().copied()))
}

/// The facts of the rows as JSON: `at`, and `facts` as they stand in the files, with section, platform, title and word.
#[must_use]
pub fn json(view: &View<'_>) -> Json {
    let facts: Vec<Json> = counting(view).map(|fact| of_fact(fact, view.word(fact))).collect();
    json!({ "at": view.query.at.to_string(), "facts": facts })
}

fn of_fact(fact: &Fact, word: &str) -> Json {
    let date = |date: Option<Date>| date.map(|date| date.to_string());
    let source =
        |source: &super::Source| json!({ "key": source.key, "title": source.title, "url": source.url });
    json!({
        "id": fact.id,
        "section": fact.subject.section.key(),
        "platform": fact.platform.key(),
        "subject": fact.subject.key,
        "title": fact.subject.title,
        "statement": fact.statement,
        "value": fact.value,
        "word": word,
        "standing": fact.standing().key(),
        "claims": fact.claims,
        "conditions": fact.conditions,
        "since": date(fact.since),
        "valid_until": date(fact.valid_until),
        "as_of": date(fact.as_of),
        "source_published": date(fact.source_published),
        "last_verified": date(fact.last_verified),
        "source": source(fact.source),
        "also_see": fact.also_see.iter().map(|other| source(other)).collect::<Vec<_>>(),
        "confidence": fact.confidence.key(),
        "note": fact.note,
        "acknowledged": fact.acknowledged,
        "tests": fact.tests,
    })
}

/// Changes as sentences, one a line.
#[must_use]
pub fn diff_text(atlas: &Atlas, changes: &[Change<'_>]) -> String {
    let lines: Vec<_> = changes.iter().map(|change| atlas.sentence(change)).collect();
    lines.join("\n")
}

/// Changes as a list in Markdown.
#[must_use]
pub fn diff_markdown(atlas: &Atlas, changes: &[Change<'_>]) -> String {
    let line = |change: &Change<'_>| {
        // The address stays a link; the words before it are text.
        let sentence = atlas.sentence(change);
        match sentence.rsplit_once(" <") {
            Some((words, url)) => format!("- {} <{url}", escape(words)),
            None => format!("- {}", escape(&sentence)),
        }
    };
    changes.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// Changes as JSON: the sentence, and both states.
#[must_use]
pub fn diff_json(atlas: &Atlas, changes: &[Change<'_>]) -> Json {
    let state = |fact: Option<&Fact>| fact.map(|fact| of_fact(fact, atlas.word(fact)));
    let one = |change: &Change<'_>| {
        let fact = change.fact();
        json!({
            "platform": fact.map(|fact| fact.platform.key()),
            "subject": fact.map(|fact| fact.subject.key),
            "when": change.when.to_string(),
            "sentence": atlas.sentence(change),
            "before": state(change.before),
            "between": change.between.iter().map(|fact| state(Some(*fact))).collect::<Vec<_>>(),
            "after": state(change.after),
        })
    };
    Json::Array(changes.iter().map(one).collect())
}

/// Changes as CSV (RFC 4180).
#[must_use]
pub fn diff_csv(atlas: &Atlas, changes: &[Change<'_>]) -> String {
    let mut out = String::from("platform,subject,title,before,after,when,source,url\r\n");
    for change in changes {
        let Some(fact) = change.fact() else { continue };
        let word = |fact: Option<&Fact>| fact.map_or("", |fact| atlas.word(fact)).to_owned();
        out.push_str(&record(&[
            fact.platform.key().to_owned(),
            fact.subject.key.to_owned(),
            fact.subject.title.to_owned(),
            word(change.before),
            word(change.after),
            change.when.to_string(),
            fact.source.title.to_owned(),
            fact.source.url.unwrap_or_default().to_owned(),
        ]));
    }
    out
}

/// Findings as lines: the platform, the subject, what is the matter, and why it is accepted where it is.
#[must_use]
pub fn check_text(findings: &[Finding<'_>]) -> String {
    let line = |finding: &Finding<'_>| {
        let (fact, kind) = (finding.fact, finding.kind.words());
        let mark = if finding.acknowledged.is_some() { "accepted" } else { "OPEN" };
        let mut text =
            format!("{mark:<8}  {}: {}: {kind} [{}]", fact.platform, fact.subject.inside(), fact.id);
        for other in &finding.against {
            let _ = write!(text, ", against {}", other.id);
        }
        if let Some(reason) = finding.acknowledged {
            let _ = write!(text, ": {reason}");
        }
        text
    };
    findings.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// Findings as a list in Markdown.
#[must_use]
pub fn check_markdown(findings: &[Finding<'_>]) -> String {
    let text = check_text(findings);
    text.lines().map(|line| format!("- {}", escape(line))).collect::<Vec<_>>().join("\n")
}

/// Findings as JSON.
#[must_use]
pub fn check_json(findings: &[Finding<'_>]) -> Json {
    let one = |finding: &Finding<'_>| {
        json!({
            "kind": finding.kind.key(),
            "words": finding.kind.words(),
            "id": finding.fact.id,
            "platform": finding.fact.platform.key(),
            "subject": finding.fact.subject.key,
            "last_verified": finding.fact.last_verified.map(|date| date.to_string()),
            "against": finding.against.iter().map(|fact| fact.id).collect::<Vec<_>>(),
            "acknowledged": finding.acknowledged,
        })
    };
    Json::Array(findings.iter().map(one).collect())
}

/// Findings as CSV (RFC 4180).
#[must_use]
pub fn check_csv(findings: &[Finding<'_>]) -> String {
    let mut out = String::from("kind,id,platform,subject,last_verified,against,acknowledged\r\n");
    for finding in findings {
        let against: Vec<_> = finding.against.iter().map(|fact| fact.id).collect();
        out.push_str(&record(&[
            finding.kind.key().to_owned(),
            finding.fact.id.to_owned(),
            finding.fact.platform.key().to_owned(),
            finding.fact.subject.key.to_owned(),
            finding.fact.last_verified.map(|date| date.to_string()).unwrap_or_default(),
            against.join(" "),
            finding.acknowledged.unwrap_or_default().to_owned(),
        ]));
    }
    out
}
