//! The texts under which closed sets are stored, where the core has none of its own.

use passband_core::directory::{KeyPurpose, KeyState, SessionKind};
use passband_core::policy::signal::Binding;

pub(crate) const fn purpose(purpose: KeyPurpose) -> &'static str {
    match purpose {
        KeyPurpose::DeviceCa => "deviceCa",
        KeyPurpose::Seal => "seal",
        KeyPurpose::Token => "token",
    }
}

pub(crate) fn purpose_of(text: &str) -> Option<KeyPurpose> {
    [KeyPurpose::DeviceCa, KeyPurpose::Seal, KeyPurpose::Token].into_iter().find(|p| purpose(*p) == text)
}

pub(crate) const fn state(state: KeyState) -> &'static str {
    match state {
        KeyState::Active => "active",
        KeyState::Pending => "pending",
        KeyState::Retired => "retired",
    }
}

pub(crate) fn state_of(text: &str) -> Option<KeyState> {
    [KeyState::Active, KeyState::Pending, KeyState::Retired].into_iter().find(|s| state(*s) == text)
}

pub(crate) const fn session_kind(kind: SessionKind) -> &'static str {
    match kind {
        SessionKind::Browser => "browser",
        SessionKind::Prt => "prt",
    }
}

pub(crate) fn session_kind_of(text: &str) -> Option<SessionKind> {
    [SessionKind::Browser, SessionKind::Prt].into_iter().find(|k| session_kind(*k) == text)
}

pub(crate) fn binding_of(text: &str) -> Option<Binding> {
    [Binding::HardwareKey, Binding::None, Binding::SoftwareKey].into_iter().find(|b| b.name() == text)
}
