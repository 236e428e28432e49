//! Bringing public data sets from their well-known addresses.

mod catalogue;

/// Whether a set can be brought.
pub fn offers(name: &str) -> bool {
    catalogue::offer(name).is_some()
}
