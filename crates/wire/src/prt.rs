//! prt
