//! Fetching one file over HTTP, going on where it broke off.

use std::{
    fs::{self, File, OpenOptions},
    io::{Read, Seek, SeekFrom, Write},
    path::Path,
    thread,
    time::Duration,
};

use files::{Error, Result, sha256_of_file};
use ureq::{
    Agent, Body,
    http::{Response, StatusCode},
};

use super::RemoteFile;
use crate::fault;

/// How often in a row a connection may break off without having sent anything.
const PATIENCE: u32 = 4;
/// The wait after the first of them; each next one is twice as long.
const PAUSE: Duration = Duration::from_millis(250);
const BUFFER: usize = 64 << 10;

/// Hears how much of a file has arrived.
pub trait Watch {
    /// `bytes` of the `of` bytes of the file called `name` have arrived.
    fn came(&self, name: &str, bytes: u64, of: u64);
}

/// Why a try ended.
enum Broken {
    /// Trying again is no use.
    Ended(Error),
    /// The connection broke off.
    Off(String),
}

impl From<Error> for Broken {
    fn from(error: Error) -> Self {
        Self::Ended(error)
    }
}

/// Fetches `item` from `address` to a file of its name in `folder`, unless a good one is there.
pub fn fetch(address: &str, item: &RemoteFile, folder: &Path, watch: &dyn Watch) -> Result<()> {
    let (whole, part) = (folder.join(item.name), folder.join(format!("{}.part", item.name)));
    if whole.is_file() && sha256_of_file(&whole)? == item.sha256 {
        watch.came(item.name, item.bytes, item.bytes);
        return Ok(());
    }
    gather(address, item, &part, watch)?;
    let sum = sha256_of_file(&part)?;
    if sum != item.sha256 {
        // A wrong file would be taken for a good beginning the next time.
        fs::remove_file(&part).map_err(Error::io(&part))?;
        let RemoteFile { name, sha256, .. } = item;
        let expected = format!("{sha256}, the checksum of {name}; fetch it again, or from another address");
        return Err(fault(&part, item.bytes, format!("a content with the SHA-256 {sum}"), expected));
    }
    fs::rename(&part, &whole).map_err(Error::io(&whole))
}

/// Tries until all bytes are in `part`.
fn gather(address: &str, item: &RemoteFile, part: &Path, watch: &dyn Watch) -> Result<()> {
    let agent = agent();
    // A server that cannot continue begins anew: only more bytes than ever before are progress.
    let mut farthest = length(part)?;
    let (mut failures, mut pause) = (0, PAUSE);
    while length(part)? != item.bytes {
        ops::interrupt::check()?;
        let reason = match try_once(&agent, address, item, part, watch) {
            Ok(()) => continue,
            Err(Broken::Ended(error)) => return Err(error),
            Err(Broken::Off(reason)) => reason,
        };
        match length(part)? {
            after if after > farthest => (farthest, failures, pause) = (after, 0, PAUSE),
            after => {
                failures += 1;
                if failures == PATIENCE {
                    return Err(Error::failed(
                        format!("{address} broke off after {after} of {} bytes: {reason}", item.bytes),
                        "what has come is kept: give the command again, or name a mirror with --from URL",
                    ));
                }
                thread::sleep(pause);
                pause *= 2;
            }
        }
    }
    Ok(())
}

/// An agent that follows addresses, takes a proxy from the environment and does not wait forever.
fn agent() -> Agent {
    let config = Agent::config_builder()
        .http_status_as_error(false)
        .timeout_connect(Some(Duration::from_secs(20)))
        .timeout_recv_response(Some(Duration::from_secs(60)))
        // A body that takes longer is asked for anew from where it is.
        .timeout_recv_body(Some(Duration::from_secs(300)));
    config.build().into()
}

/// Asks for what is missing in `part` and appends it.
fn try_once(
    agent: &Agent,
    address: &str,
    item: &RemoteFile,
    part: &Path,
    watch: &dyn Watch,
) -> Result<(), Broken> {
    let have = length(part)?;
    let mut request = agent.get(address).header("accept-encoding", "identity");
    if have > 0 {
        request = request.header("range", format!("bytes={have}-"));
    }
    let response = request.call().map_err(|error| Broken::Off(error.to_string()))?;
    if response.status() == StatusCode::RANGE_NOT_SATISFIABLE && have > 0 {
        // The bytes so far are of no use.
        fs::remove_file(part).map_err(Error::io(part))?;
        return Err(Broken::Off("it has fewer bytes than have come".into()));
    }
    let at = start(&response, address, item, have)?;
    let file = OpenOptions::new().create(true).truncate(false).write(true).open(part);
    let mut file = file.and_then(|file| file.set_len(at).map(|()| file)).map_err(Error::io(part))?;
    copy(response.into_body(), &mut file, part, item, at, watch)
}

/// At which byte of the file an answer begins.
fn start(response: &Response<Body>, address: &str, item: &RemoteFile, have: u64) -> Result<u64, Broken> {
    let header = |name: &str| response.headers().get(name).and_then(|value| value.to_str().ok());
    let ended = |found: String, help: &str| Error::failed(format!("{address}: {found}"), help).into();
    let another = "the address gives another file now; name a mirror with --from URL";
    let status = response.status();
    let at = match status {
        StatusCode::OK => 0,
        // `bytes 100-199/200`
        StatusCode::PARTIAL_CONTENT => match header("content-range").and_then(range_start) {
            Some(at) if at <= have => at,
            _ => {
                return Err(ended(format!("it was asked for bytes from {have} on and sent others"), another));
            }
        },
        _ if status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS => {
            return Err(Broken::Off(format!("it answers {status}")));
        }
        _ => {
            return Err(ended(
                format!("it answers {status}"),
                "name a mirror with --from URL, or bring the files by other means",
            ));
        }
    };
    match header("content-length").and_then(|length| length.parse::<u64>().ok()) {
        Some(length) if at.checked_add(length) != Some(item.bytes) => {
            Err(ended(format!("it has {} bytes, not {}", at.saturating_add(length), item.bytes), another))
        }
        _ => Ok(at),
    }
}

/// The first byte of `bytes 100-199/200`.
fn range_start(range: &str) -> Option<u64> {
    range.strip_prefix("bytes ")?.split('-').next()?.parse().ok()
}

/// Appends a body to `file`, whose length is `at`; never more than the item has.
fn copy(
    body: Body,
    file: &mut File,
    part: &Path,
    item: &RemoteFile,
    mut at: u64,
    watch: &dyn Watch,
) -> Result<(), Broken> {
    file.seek(SeekFrom::Start(at)).map_err(Error::io(part))?;
    let mut reader = body.into_reader();
    let mut buffer = vec![0; BUFFER];
    loop {
        ops::interrupt::check().map_err(Error::from)?;
        let count = buffer.len().min((item.bytes - at) as usize);
        if count == 0 {
            return Ok(file.sync_all().map_err(Error::io(part))?);
        }
        let count = reader.read(&mut buffer[..count]).map_err(|error| Broken::Off(error.to_string()))?;
        if count == 0 {
            return Err(Broken::Off("the connection was closed".into()));
        }
        file.write_all(&buffer[..count]).map_err(Error::io(part))?;
        at += count as u64;
        watch.came(item.name, at, item.bytes);
    }
}

/// The length of a file, 0 where there is none.
fn length(path: &Path) -> Result<u64> {
    match fs::metadata(path) {
        Ok(metadata) => Ok(metadata.len()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(0),
        Err(error) => Err(Error::io(path)(error)),
    }
}
