//! passband-map
