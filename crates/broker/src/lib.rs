//! passband-broker
