//! People at a real browser, with the real binary: what no router test sees.

mod access;
mod administrator;
mod apps;
mod campaign;
mod device_code;
mod form_post;
mod keyboard;
mod look;
mod map;
mod pass;
mod person;
mod policy;
mod recovery;
mod refused;
mod sign_in;
mod signals;
mod sso;
mod tls;
mod world;
