//! Streams: draws that are counted, one stream within another.

use std::cell::RefCell;

use super::{Draw, Key};

/// A stream that counts its draws.
#[derive(Debug, Clone)]
struct Stream {
    key: Key,
    drawn: u64,
}

thread_local! {
    static STREAMS: RefCell<Vec<Stream>> = RefCell::new(vec![Stream { key: Key::new(0), drawn: 0 }]);
}

/// The next draw of the innermost stream of this thread.
pub fn next_draw() -> Draw {
    STREAMS.with_borrow_mut(|streams| {
        let stream = streams.last_mut().expect("the outermost stream is never removed");
        stream.drawn += 1;
        stream.key.draw(stream.drawn - 1)
    })
}

/// A key of its own for something that draws often, a shuffled pass for example: the next one of the
/// innermost stream of this thread.
pub fn next_key() -> Key {
    next_draw().key()
}

/// Runs `f` with a stream of that key as the innermost one, from its first draw on.
pub fn with_stream<T>(key: Key, f: impl FnOnce() -> T) -> T {
    struct Pop;
    impl Drop for Pop {
        fn drop(&mut self) {
            STREAMS.with_borrow_mut(Vec::pop);
        }
    }
    STREAMS.with_borrow_mut(|streams| streams.push(Stream { key, drawn: 0 }));
    let _pop = Pop;
    f()
}
