//! What many runs say together: `host runs`, `host compare`, `host run --like`, and what they read.

mod compare;
mod like;
mod listed;
mod notes;
mod provenance;
mod removed;
