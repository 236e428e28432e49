//! `host serve`, and requests to it, byte by byte: a browser would not send what is refused.

use std::fs::{self, File};
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::time::Duration;

use tempfile::NamedTempFile;

use crate::{Host, Running};

/// A server, until the test ends.
pub struct Served {
    server: Option<Running>,
    /// As it was printed: `http://127.0.0.1:PORT/`.
    pub url: String,
    pub port: u16,
}

impl Served {
    /// `host serve ARGS`, given in `folder`.
    pub fn start(folder: &Path, args: &[&str]) -> Self {
        let output = NamedTempFile::new().expect("a temporary file");
        let printed = || fs::read_to_string(output.path()).unwrap_or_default();
        let to = File::create(output.path()).expect("a temporary file");
        let host = Host::new(folder, ["serve"].iter().chain(args)).stdout(to);
        let server = host.start().until(|| printed().ends_with('\n'));
        let url = printed().trim_end().to_owned();
        let after = url.split_once("//").and_then(|(_, rest)| rest.split_once('/')).map(|(host, _)| host);
        let port = after.and_then(|host| host.rsplit_once(':')?.1.parse().ok());
        let port = port.unwrap_or_else(|| panic!("no address was printed: `{url}`"));
        Self { server: Some(server), url, port }
    }

    /// GET of a page, as a browser asks.
    pub fn get(&self, path: &str) -> Reply {
        self.ask("GET", path, &[])
    }

    /// The body of a page that is there.
    #[track_caller]
    pub fn text(&self, path: &str) -> String {
        let reply = self.get(path);
        assert_eq!(reply.status, 200, "{path}: {}", reply.text());
        reply.text()
    }

    /// A request with these headers; its `Host` is the server's own unless another one is given.
    pub fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)]) -> Reply {
        let has_host = headers.iter().any(|(name, _)| *name == "Host");
        let own = format!("127.0.0.1:{}", self.port);
        let host = [("Host", own.as_str())].into_iter().filter(|_| !has_host);
        let headers: String =
            host.chain(headers.iter().copied()).map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        self.send(&format!("{method} {path} HTTP/1.1\r\n{headers}Connection: close\r\n\r\n"))
    }

    /// The reply to these bytes.
    pub fn send(&self, request: &str) -> Reply {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).expect("the server listens");
        stream.set_read_timeout(Some(Duration::from_secs(60))).expect("a time");
        stream.write_all(request.as_bytes()).expect("the server reads");
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).expect("the server answers");
        Reply::parse(&bytes)
    }

    /// The process, which the test ends itself.
    pub fn into_server(mut self) -> Running {
        self.server.take().expect("it is taken only at the end")
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        if let Some(server) = self.server.take() {
            server.signal(libc::SIGKILL);
            server.wait();
        }
    }
}

/// What a server answered.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Reply {
    fn parse(bytes: &[u8]) -> Self {
        let end = bytes.windows(4).position(|end| end == b"\r\n\r\n").unwrap_or(bytes.len());
        let head = String::from_utf8_lossy(&bytes[..end]);
        let mut lines = head.lines();
        let status = lines.next().and_then(|line| line.split(' ').nth(1)?.parse().ok()).unwrap_or(0);
        let header =
            |line: &str| line.split_once(": ").map(|(name, value)| (name.to_lowercase(), value.to_owned()));
        Self {
            status,
            headers: lines.filter_map(header).collect(),
            body: bytes.get(end + 4..).unwrap_or_default().into(),
        }
    }

    /// A header; empty where it is not there.
    pub fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}
