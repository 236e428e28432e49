//! The query of an address: names and values, as a form of a page sends them.

use std::borrow::Cow;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

/// What stands in an address as it is.
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// Names with values, in their order; a name may have several.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Query(Vec<(String, String)>);

impl Query {
    /// What is no UTF-8 becomes U+FFFD.
    pub fn parse(text: &str) -> Self {
        let pairs = text.split('&').filter(|pair| !pair.is_empty());
        let pair = |pair: &str| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decoded(name), decoded(value))
        };
        Self(pairs.map(pair).collect())
    }

    /// The last value of a name, where it has one that is not empty.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .rev()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
            .filter(|v| !v.is_empty())
    }

    /// All values of a name.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The same without all values of these names.
    pub fn without(&self, names: &[&str]) -> Self {
        Self(self.0.iter().filter(|(name, _)| !names.contains(&name.as_str())).cloned().collect())
    }

    /// The same with one value more.
    pub fn and(mut self, name: &str, value: &str) -> Self {
        self.0.push((name.to_owned(), value.to_owned()));
        self
    }

    /// As it stands in an address, with its `?`; nothing for an empty one.
    pub fn to_url(&self) -> String {
        let pairs = self.0.iter().map(|(name, value)| format!("{}={}", encoded(name), encoded(value)));
        match pairs.collect::<Vec<_>>().join("&") {
            text if text.is_empty() => text,
            text => format!("?{text}"),
        }
    }
}

/// A text in an address.
pub fn encoded(text: &str) -> Cow<'_, str> {
    utf8_percent_encode(text, PLAIN).into()
}

fn decoded(text: &str) -> String {
    percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_comes_back_as_it_went() {
        let query = Query::parse("where=lr%3C0.1+tag%3Dx&run=a&run=b%26c&empty=&&x");
        assert_eq!(query.get("where"), Some("lr<0.1 tag=x"));
        assert_eq!(query.all("run").collect::<Vec<_>>(), ["a", "b&c"]);
        assert_eq!([query.get("empty"), query.get("x"), query.get("none")], [None; 3]);
        assert_eq!(Query::parse(query.to_url().trim_start_matches('?')), query);
        let other = query.without(&["run", "empty", "x"]).and("sort", "-loss:min");
        assert_eq!(other.to_url(), "?where=lr%3C0.1%20tag%3Dx&sort=-loss%3Amin");
        assert_eq!(Query::default().to_url(), "");
    }
}
