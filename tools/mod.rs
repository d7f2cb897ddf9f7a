//! What callers can ask for: one file per tool, one line here.
