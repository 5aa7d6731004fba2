//! passband-core
