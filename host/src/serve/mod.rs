//! Runs as pages, while they run: a server for one folder, which only reads.
//!
//! Every address is a page that needs no script: what is asked for stands in its query, and lists, filters
//! and comparisons are those of [`study`](crate::study). With `format=json` the same address gives the page's
//! parts, for its script, which asks again and again; with `since=VERSION` only those that are new.

mod answer;
mod compared;
mod connection;
mod file;
mod guard;
mod library;
mod list;
mod live;
mod place;
mod query;
mod site;
mod swept;

use std::{
    net::{IpAddr, SocketAddr, TcpListener, ToSocketAddrs as _},
    path::Path,
};

use crate::error::{Error, Result};
use guard::Guard;
use site::Site;

/// What is served, and to whom.
#[derive(Clone, Debug)]
pub struct Request<'a> {
    /// The folder; the working folder where there is none, of which then only `runs` and `sweeps` are shown.
    pub folder: Option<&'a Path>,
    /// The address that is listened on.
    pub host: &'a str,
    /// 0 for any that is free.
    pub port: u16,
    /// Whether whoever asks has to have a token, which is made here.
    pub has_token: bool,
}

/// A server that listens.
pub struct Server {
    listener: TcpListener,
    guard: Guard,
    site: Site,
    /// What is opened in a browser, with the token where there is one.
    pub url: String,
}

impl Server {
    /// Listens. The working folder becomes the one that is served: paths are shown as they are from there.
    ///
    /// # Errors
    /// `Usage`: an address that is not loopback, without a token; no such address or folder. `Io`: the
    /// port is taken.
    pub fn bind(request: &Request) -> Result<Self> {
        let address = address(request.host, request.port)?;
        if !address.ip().is_loopback() && !request.has_token {
            let problem = format!("{} can be reached from other machines", request.host);
            let help = "add --token: then only who has the address that is printed sees the runs";
            return Err(Error::usage(problem, help));
        }
        if let Some(folder) = request.folder {
            std::env::set_current_dir(folder).map_err(Error::io(folder))?;
        }
        let listener = TcpListener::bind(address).map_err(Error::io(address.to_string()))?;
        let port = listener.local_addr().map_err(Error::io(address.to_string()))?.port();
        let guard = Guard::new(request.host, port, request.has_token)?;
        let url = format!("http://{}/{}", shown(request.host, address.ip(), port), guard.query());
        Ok(Self { listener, guard, site: Site::here(request.folder.is_some())?, url })
    }

    /// Answers until the process ends.
    ///
    /// # Errors
    /// The system gives no thread or no socket.
    pub fn run(self) -> Result<()> {
        let url = self.url;
        connection::serve(self.listener, self.guard, self.site).map_err(Error::io(url))
    }
}

/// The first address of a name or of an address in numbers.
fn address(host: &str, port: u16) -> Result<SocketAddr> {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let found = (bare, port).to_socket_addrs().ok().and_then(|mut found| found.next());
    found.ok_or_else(|| {
        let help = "give an address of this machine, such as 127.0.0.1, or 0.0.0.0 for all of them";
        Error::usage(format!("`{host}` is no address that can be listened on"), help)
    })
}

/// The address as a browser of this machine takes it.
fn shown(host: &str, address: IpAddr, port: u16) -> String {
    match address {
        address if address.is_unspecified() => format!("localhost:{port}"),
        IpAddr::V6(address) if host.contains(':') => format!("[{address}]:{port}"),
        _ => format!("{host}:{port}"),
    }
}
