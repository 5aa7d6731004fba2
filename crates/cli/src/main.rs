//! passband
fn main() {}
