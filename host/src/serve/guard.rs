//! Who is answered: whoever asks this server by its own name, to read, and with the token where there is one.

use std::net::IpAddr;

use hyper::{
    Method, StatusCode,
    header::{ALLOW, COOKIE, HOST, HeaderMap, SET_COOKIE},
    http::{request::Parts, uri::Authority},
};

use super::{
    answer::{Answer, redirect, refusal, set},
    live,
    query::Query,
};
use crate::{
    error::{Error, Result},
    files::sha256,
};

/// The name of the token in an address.
const TOKEN: &str = "token";

/// What every request has to have.
pub struct Guard {
    /// How the server was asked to be called.
    host: String,
    port: u16,
    token: Option<String>,
}

impl Guard {
    /// # Errors
    /// The system gives no random numbers for a token.
    pub fn new(host: &str, port: u16, has_token: bool) -> Result<Self> {
        let token = has_token.then(random_token).transpose()?;
        Ok(Self { host: host.to_owned(), port, token })
    }

    /// The token as it stands in an address; nothing where none is needed.
    pub fn query(&self) -> String {
        self.token.as_ref().map_or_else(String::new, |token| format!("?{TOKEN}={token}"))
    }

    /// What is said to a request that is not answered; `local` is the address that it came to.
    pub fn refused(&self, request: &Parts, local: IpAddr) -> Option<Answer> {
        if !self.is_called(request, local) {
            let text = "This server is not called so. Open the address that `host serve` printed.";
            return Some(refusal(StatusCode::MISDIRECTED_REQUEST, text));
        }
        if ![Method::GET, Method::HEAD].contains(&request.method) {
            let mut answer = refusal(StatusCode::METHOD_NOT_ALLOWED, "This server only reads.");
            set(&mut answer, ALLOW, "GET, HEAD");
            return Some(answer);
        }
        let token = self.token.as_ref()?;
        let query = Query::parse(request.uri.query().unwrap_or_default());
        match query.get(TOKEN) {
            Some(given) if is_equal(given, token) => self.admitted(request, &query, token),
            None if self.cookies(&request.headers).any(|given| is_equal(given, token)) => None,
            _ => {
                let text = "A token is needed. Open the address that `host serve` printed, with its token.";
                Some(refusal(StatusCode::FORBIDDEN, text))
            }
        }
    }

    /// A browser keeps the token as a cookie, and not in the addresses that it shows and remembers.
    fn admitted(&self, request: &Parts, query: &Query, token: &str) -> Option<Answer> {
        if live::is_asked(query) {
            return None;
        }
        let to = format!("{}{}", request.uri.path(), query.without(&[TOKEN]).to_url());
        // `//name` would be another server.
        let mut answer = redirect(&format!("/{}", to.trim_start_matches('/')));
        let cookie = format!("{}={token}; Path=/; HttpOnly; SameSite=Strict", self.cookie());
        set(&mut answer, SET_COOKIE, &cookie);
        Some(answer)
    }

    /// Cookies are those of a machine: the port tells servers apart.
    fn cookie(&self) -> String {
        format!("host_{}", self.port)
    }

    fn cookies<'a>(&self, headers: &'a HeaderMap) -> impl Iterator<Item = &'a str> {
        let own = self.cookie();
        let all = headers.get_all(COOKIE).into_iter().filter_map(|value| value.to_str().ok());
        let pairs = all.flat_map(|text| text.split(';')).filter_map(|pair| pair.trim().split_once('='));
        pairs.filter(move |(name, _)| *name == own).map(|(_, value)| value)
    }

    /// Whether a request names this server. A page of somewhere else whose name was made to lead here, and
    /// which would be allowed to read the answers then, sends that name.
    fn is_called(&self, request: &Parts, local: IpAddr) -> bool {
        let mut named = request.headers.get_all(HOST).into_iter();
        let (Some(host), None) = (named.next(), named.next()) else { return false };
        let host: Option<Authority> = host.to_str().ok().and_then(|host| host.parse().ok());
        host.iter().chain(request.uri.authority()).all(|name| self.is_own(name, local)) && host.is_some()
    }

    fn is_own(&self, name: &Authority, local: IpAddr) -> bool {
        let host = name.host().trim_start_matches('[').trim_end_matches(']');
        let given = self.host.trim_start_matches('[').trim_end_matches(']');
        let is_name =
            ["localhost", "127.0.0.1", "::1", given].iter().any(|own| own.eq_ignore_ascii_case(host));
        // An address in numbers cannot be made to lead elsewhere.
        let is_address =
            || host.parse::<IpAddr>().is_ok_and(|host| host.to_canonical() == local.to_canonical());
        // Nobody types `user@` here.
        let is_bare = !name.as_str().contains('@');
        is_bare && name.port_u16().unwrap_or(80) == self.port && (is_name || is_address())
    }
}

/// Compares without telling by the time that it takes how far they are equal.
fn is_equal(given: &str, token: &str) -> bool {
    sha256(given.as_bytes()) == sha256(token.as_bytes())
}

/// 128 random bits, in hexadecimal.
fn random_token() -> Result<String> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes)
        .map_err(|problem| Error::io("the random numbers of the system")(problem.into()))?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}
