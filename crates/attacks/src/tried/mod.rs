//! One function for each attack, by what is attacked.

pub mod birth;
pub mod browser;
pub mod code;
pub mod derived;
pub mod flood;
pub mod hello;
pub mod passkey;
pub mod person;
pub mod renewal;
pub mod stolen;
pub mod tenant;
