//! The benchmark runs, finds no error, and counts something everywhere. How fast is not asked here.

use crate::passband;
use serde_json::Value;

fn check(report: &Value, database: &str) {
    assert_eq!(report["database"], database);
    let limits = report["limits"].as_object().unwrap();
    assert_eq!(limits.len(), 7);
    assert!(limits.values().all(|rate| rate.as_f64().unwrap() > 0.0), "{limits:?}");
    let stage = &report["stages"][0];
    assert_eq!(stage["users"], 8);
    for figure in ["coldStartMs", "idleBytes", "peakBytes"] {
        assert!(stage[figure].as_f64().unwrap() > 0.0, "{figure}");
    }
    let rows = stage["rows"].as_array().unwrap();
    // Eight works over 1 and over 4 connections.
    assert_eq!(rows.len(), 16);
    for row in rows {
        assert!(row["count"].as_u64().unwrap() > 0, "{row}");
        if row["work"] == "nonce" {
            assert!(row["growth"]["memoryAfter"].as_u64().unwrap() > 0, "{row}");
            assert!(row["growth"]["folderAfter"].as_u64().unwrap() > 0, "{row}");
        } else {
            assert!(row["ofLimit"].as_f64().unwrap() > 0.0, "{row}");
        }
    }
    let names: std::collections::HashSet<_> = rows.iter().map(|row| row["work"].as_str().unwrap()).collect();
    assert_eq!(names.len(), 8);
}

#[test]
fn a_quick_benchmark_counts_something_everywhere() {
    let run = passband(&["bench", "--quick", "--output", "json"]);
    assert_eq!(run.exit, 0, "{}", run.stderr);
    // No progress in a pipe.
    assert_eq!(run.stderr, "");
    check(&serde_json::from_str(&run.stdout).unwrap(), "SQLite");
}

#[test]
fn arguments_that_make_no_sense_are_usage_errors() {
    for args in [
        ["bench", "--users", "0"],
        ["bench", "--users", "10"],
        ["bench", "--connections", "0"],
        ["bench", "--seconds", "0"],
        ["bench", "--rounds", "0"],
        ["bench", "--database", "sqlite://x"],
    ] {
        let run = passband(&args);
        assert_eq!(run.exit, 2, "{args:?}: {}", run.stderr);
    }
}
