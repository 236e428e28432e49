//! Numbers, sizes, times and names as people read and sort them.

/// Four significant digits.
pub fn number(value: f64) -> String {
    let size = value.abs();
    if value == 0.0 || !value.is_finite() {
        format!("{value}")
    } else if (1e-4..1e6).contains(&size) {
        let digits = (3 - libm::log10(size).floor() as i32).max(0) as usize;
        trimmed(&format!("{value:.digits$}"))
    } else {
        let text = format!("{value:.3e}");
        match text.split_once('e') {
            Some((mantissa, power)) => format!("{}e{power}", trimmed(mantissa)),
            None => text,
        }
    }
}

/// A decimal number without the zeros at its end.
fn trimmed(text: &str) -> String {
    match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').to_string(),
        false => text.to_string(),
    }
}

/// Bytes in the largest unit that leaves a number of at least one: as short as all numbers of a page, where
/// `indicatif::HumanBytes` always writes two decimals.
pub fn byte_size(bytes: u64) -> String {
    let units = ["B", "KiB", "MiB", "GiB", "TiB"];
    let power = (bytes.max(1).ilog2() / 10).min(4);
    let size = bytes as f64 / 1024_f64.powi(power as i32);
    format!("{} {}", number(size), units[power as usize])
}

/// Seconds as hours, minutes and seconds: two units, where `indicatif::HumanDuration` rounds to one.
pub fn duration(seconds: f64) -> String {
    let whole = seconds.round() as u64; // NaN and what is below zero become 0
    match (whole / 3600, whole / 60 % 60, whole % 60) {
        (0, 0, _) => format!("{seconds:.1} s"),
        (0, minutes, seconds) => format!("{minutes} min {seconds} s"),
        (hours, minutes, _) => format!("{hours} h {minutes} min"),
    }
}

/// A word of a command, in quotes where a shell would change it.
pub fn shell_quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-./=,:@%+".contains(c);
    match !word.is_empty() && word.chars().all(plain) {
        true => word.to_string(),
        false => format!("'{}'", word.replace('\'', r"'\''")),
    }
}

/// What names are sorted by as people count: the lengths and bytes of their parts, then the name itself.
pub type NaturalKey = (Vec<(usize, Vec<u8>)>, String);

/// Sorts names as people count: `iteration-2` before `iteration-10`.
pub fn natural_key(name: &str) -> NaturalKey {
    let parts = name.as_bytes().chunk_by(|a, b| a.is_ascii_digit() == b.is_ascii_digit()).map(|part| {
        match part[0].is_ascii_digit() {
            // Of two numbers the longer one is larger, once leading zeros are gone.
            true => {
                let zeros = part.iter().take_while(|&&digit| digit == b'0').count();
                (1 + part.len() - zeros, part[zeros..].to_vec())
            }
            false => (0, part.to_vec()),
        }
    });
    (parts.collect(), name.to_string())
}
