//! passband-server

pub mod pages;
