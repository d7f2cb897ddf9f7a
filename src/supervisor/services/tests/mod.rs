//! Services as far as no machine is needed.

mod output;
mod state;
