//! passband-store
