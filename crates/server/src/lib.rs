//! passband-server
