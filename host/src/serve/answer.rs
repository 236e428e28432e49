//! Answers: what each says to a browser besides its content.

use std::{
    fs::File,
    io::{self, Read as _},
    pin::Pin,
    task::{Context, Poll, ready},
};

use hyper::{
    Response, StatusCode,
    body::{Body, Bytes, Frame, SizeHint},
    header::{self, HeaderName, HeaderValue},
};
use tokio::task::{JoinHandle, spawn_blocking};

/// How much of a file is read at a time, in bytes.
const CHUNK: usize = 256 << 10;

/// For what has no policy of its own: nothing is loaded, nothing runs, and no other page shows it.
const NOTHING: &str = "default-src 'none'; frame-ancestors 'none'; sandbox";

pub type Answer = Response<Content>;

/// A page, which runs and loads what its `policy` allows.
pub fn page(status: StatusCode, document: String, policy: &str) -> Answer {
    let mut answer = answer(status, "text/html; charset=utf-8", document.into());
    set(&mut answer, header::CONTENT_SECURITY_POLICY, &format!("{policy}; frame-ancestors 'none'"));
    answer
}

pub fn json(text: String) -> Answer {
    answer(StatusCode::OK, "application/json", text.into())
}

/// That there is nothing new.
pub fn nothing() -> Answer {
    answer(StatusCode::NO_CONTENT, "text/plain", Vec::new())
}

/// A refusal, in words.
pub fn refusal(status: StatusCode, text: &str) -> Answer {
    answer(status, "text/plain; charset=utf-8", format!("{text}\n").into())
}

/// Somewhere else, on this server.
pub fn redirect(to: &str) -> Answer {
    let mut answer = answer(StatusCode::SEE_OTHER, "text/plain", Vec::new());
    set(&mut answer, header::LOCATION, to);
    answer
}

/// The first `length` bytes of a file.
pub fn file(file: File, length: u64, kind: &'static str) -> Answer {
    let mut answer = answer(StatusCode::OK, kind, Vec::new());
    *answer.body_mut() = Content::File { left: length, reading: Reading::Idle(Some(file)) };
    answer
}

/// Sets a header; a value that cannot stand in one is left out.
pub fn set(answer: &mut Answer, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        answer.headers_mut().insert(name, value);
    }
}

fn answer(status: StatusCode, kind: &'static str, content: Vec<u8>) -> Answer {
    let mut answer = Response::new(Content::Whole(Some(content.into())));
    *answer.status_mut() = status;
    for (name, value) in [
        (header::CONTENT_TYPE, kind),
        (header::CONTENT_SECURITY_POLICY, NOTHING),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CACHE_CONTROL, "no-store"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    ] {
        answer.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    answer
}

/// The content of an answer.
pub enum Content {
    Whole(Option<Bytes>),
    /// A file that is read as the other side takes it.
    File {
        left: u64,
        reading: Reading,
    },
}

/// A file, or the thread that reads from it.
pub enum Reading {
    Idle(Option<File>),
    Busy(JoinHandle<(File, io::Result<Vec<u8>>)>),
}

impl Body for Content {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        match &mut *self {
            Self::Whole(bytes) => Poll::Ready(bytes.take().map(|bytes| Ok(Frame::data(bytes)))),
            Self::File { left: 0, .. } => Poll::Ready(None),
            Self::File { left, reading } => {
                reading.poll(left, cx).map(|read| Some(read.map(|b| Frame::data(b.into()))))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.size_hint().exact() == Some(0)
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(match self {
            Self::Whole(bytes) => bytes.as_ref().map_or(0, |bytes| bytes.len() as u64),
            Self::File { left, .. } => *left,
        })
    }
}

impl Reading {
    /// The next bytes, at least one.
    fn poll(&mut self, left: &mut u64, cx: &mut Context<'_>) -> Poll<io::Result<Vec<u8>>> {
        if let Self::Idle(file) = self {
            let file = file.take().ok_or(io::ErrorKind::UnexpectedEof)?;
            let length = CHUNK.min(usize::try_from(*left).unwrap_or(CHUNK));
            *self = Self::Busy(spawn_blocking(move || chunk(file, length)));
        }
        let Self::Busy(read) = self else { return Poll::Ready(Err(io::ErrorKind::Other.into())) };
        let (file, bytes) = ready!(Pin::new(read).poll(cx)).map_err(io::Error::other)?;
        *self = Self::Idle(Some(file));
        if let Ok(bytes) = &bytes {
            *left -= bytes.len() as u64;
        }
        Poll::Ready(bytes)
    }
}

/// # Errors
/// The file cannot be read; it has become shorter.
fn chunk(mut file: File, length: usize) -> (File, io::Result<Vec<u8>>) {
    let mut bytes = vec![0; length];
    let read = file.read(&mut bytes).and_then(|read| match read {
        0 => Err(io::ErrorKind::UnexpectedEof.into()),
        read => Ok(read),
    });
    (
        file,
        read.map(|read| {
            bytes.truncate(read);
            bytes
        }),
    )
}
