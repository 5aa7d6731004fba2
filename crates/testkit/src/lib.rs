//! passband-testkit
