//! Trees beneath a directory descriptor: walked, packed, unpacked, changed whole or not at all.
