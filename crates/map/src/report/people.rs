//! Everybody, a line each: for a spreadsheet, and as rows of a report.

use super::words;
use crate::plan::Plan;
use crate::plan::person::{Line, Prt};
use std::collections::HashMap;

/// Where everybody stands in the rollout: by person, the wave, its stage, and what to do.
fn waves(plan: &Plan) -> HashMap<usize, (usize, &'static str, String)> {
    let members = plan.waves.iter().flat_map(|wave| wave.people.iter().map(move |member| (wave, member)));
    let line = members.map(|(wave, member)| {
        (member.person, (wave.number, words::stage(wave.stage), words::steps(&member.steps)))
    });
    line.collect()
}

/// A cell of a CSV file (RFC 4180), which a spreadsheet does not take for a formula: names come from people outside.
fn cell(text: &str) -> String {
    let formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let text = if formula { format!("'{text}") } else { text.to_owned() };
    if text.contains([',', '"', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}

/// The columns of [`csv`].
pub const COLUMNS: [&str; 17] = [
    "name",
    "id",
    "status",
    "statusWithPasskey",
    "can",
    "may",
    "passkeys",
    "onlySynced",
    "onlyUnattested",
    "noMethod",
    "prt",
    "protected",
    "lockedOutByTokenProtection",
    "wave",
    "stage",
    "steps",
    "why",
];

/// Everybody as CSV, with a header (RFC 4180).
#[must_use]
pub fn csv(plan: &Plan) -> String {
    let waves = waves(plan);
    let reasons: HashMap<_, _> = plan.reasons.iter().map(|it| (it.key, it.words.as_str())).collect();
    let kinds = |bits: u128| {
        let all = plan.resources.iter().enumerate().filter(|(place, _)| bits & 1 << place != 0);
        all.map(|(_, it)| it.names.join("/")).collect::<Vec<_>>().join("; ")
    };
    let mut text = COLUMNS.join(",") + "\r\n";
    for (place, line) in plan.people.iter().enumerate() {
        let (wave, stage, steps) = waves.get(&place).cloned().unwrap_or_default();
        let cells = [
            line.name.to_string(),
            line.id.to_string(),
            line.status.name().to_owned(),
            line.status_with_passkey.name().to_owned(),
            kinds(line.can),
            kinds(line.may),
            line.passkeys.map_or_else(String::new, |n| n.to_string()),
            line.only_synced.to_string(),
            line.only_unattested.to_string(),
            line.no_method.to_string(),
            line.prt.name().to_owned(),
            kinds(line.protected),
            kinds(line.locked_out_by_token_protection),
            wave.to_string(),
            stage.to_owned(),
            steps,
            why(line, &reasons),
        ];
        text.push_str(&cells.map(|it| cell(&it)).join(","));
        text.push_str("\r\n");
    }
    text
}

/// Why not everything works for somebody, each reason once.
pub(super) fn why(line: &Line, reasons: &HashMap<crate::engine::why::Why, &str>) -> String {
    let mut told: Vec<&str> = Vec::new();
    for why in line.tries.iter().flat_map(|it| &it.whys).chain(&line.whys) {
        if let Some(words) = reasons.get(why).copied()
            && !told.contains(&words)
        {
            told.push(words);
        }
    }
    told.join(" ")
}

/// Somebody's band: how far each floor is proved, by what an export can show.
pub(super) fn band(line: &Line) -> [&'static str; 4] {
    let platform = match line.prt {
        Prt::Hardware => "hardware",
        Prt::Software => "claimed",
        Prt::Unknown | Prt::None => "unknown",
    };
    let device = match line.prt {
        Prt::Hardware | Prt::Software => "proved",
        Prt::Unknown => "claimed",
        Prt::None => "unknown",
    };
    let authn = match line.passkeys {
        None | Some(0) => "unknown",
        Some(_) if line.has_attested => "hardware",
        Some(_) if line.only_synced || line.only_unattested => "claimed",
        Some(_) => "proved",
    };
    let session = match (line.protected != 0, line.prt) {
        (true, Prt::Hardware) => "hardware",
        (true, _) => "proved",
        (false, Prt::Hardware | Prt::Software) => "claimed",
        (false, _) => "unknown",
    };
    [platform, device, authn, session]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_neither_two_cells_nor_a_formula() {
        for (text, written) in [
            ("plain", "plain"),
            ("a,b", "\"a,b\""),
            ("say \"yes\"", "\"say \"\"yes\"\"\""),
            ("=1+1", "'=1+1"),
            ("@SUM(A1,B1)", "\"'@SUM(A1,B1)\""),
            ("two\nlines", "\"two\nlines\""),
        ] {
            assert_eq!(cell(text), written);
        }
    }
}
