//! Python's format strings, as far as people use them.

use std::{iter::Peekable, str::Chars};

use crate::error::{Error, Result};

/// The largest width and precision.
const MOST: usize = 1000;

/// Bytes of the longest text.
const LONGEST: usize = 16 << 20;

/// What is put in.
#[derive(Clone, Debug)]
pub enum Value {
    Whole(i64),
    Number(f64),
    Text(String),
}

/// The values of a template, by place or by name.
pub struct Values {
    pub places: Vec<Value>,
    pub names: Vec<(String, Value)>,
}

/// A template with its values.
///
/// # Errors
/// `Usage` with the place in the template, counted in characters from 1, for a format that there is not, for
/// a value that there is not or that it does not fit, and for values that are left over.
pub fn formatted(template: &str, values: &Values) -> Result<String> {
    let mut text = String::new();
    let mut used = vec![false; values.places.len()];
    let (mut next, mut at) = (0, 0);
    let mut rest = template.chars().peekable();
    while let Some(c) = rest.next() {
        at += 1;
        if text.len() > LONGEST {
            return Err(Error::usage(format!("fmt: the text is longer than {LONGEST} bytes"), ""));
        }
        match c {
            '{' | '}' if rest.next_if_eq(&c).is_some() => {
                at += 1;
                text.push(c);
            }
            '{' => {
                let field: String = rest.by_ref().take_while(|c| *c != '}').collect();
                let start = at;
                at += field.chars().count() + 1;
                let is_closed = template.chars().nth(at - 1) == Some('}');
                let wrong = |(problem, help): (String, String)| {
                    Error::usage(format!("fmt: `{{{field}}}` at character {start}: {problem}"), help)
                };
                if !is_closed {
                    let problem = "the brace is not closed".to_string();
                    return Err(wrong((problem, "write `{{` for a brace itself".into())));
                }
                let (name, spec) = field.split_once(':').unwrap_or((&field, ""));
                let value = choose(name, values, &mut next, &mut used).map_err(wrong)?;
                text += &Spec::read(spec).and_then(|spec| spec.write(value)).map_err(wrong)?;
            }
            '}' => {
                let problem = format!("fmt: `}}` at character {at} closes nothing");
                return Err(Error::usage(problem, "write `}}` for a brace itself"));
            }
            c => text.push(c),
        }
    }
    match used.iter().filter(|used| !**used).count() {
        0 => Ok(text),
        left => {
            let problem = format!("fmt: {left} of {} values have no place in \"{template}\"", used.len());
            Err(Error::usage(problem, "write `{}` where a value belongs"))
        }
    }
}

/// What is wrong, and the way out.
type Wrong<T> = std::result::Result<T, (String, String)>;

fn choose<'a>(name: &str, values: &'a Values, next: &mut usize, used: &mut [bool]) -> Wrong<&'a Value> {
    let index = match name.trim() {
        "" => {
            *next += 1;
            *next - 1
        }
        name => match name.parse() {
            Ok(index) => index,
            Err(_) => {
                let found = values.names.iter().find(|(known, _)| known == name);
                let known: Vec<_> = values.names.iter().map(|(known, _)| known.as_str()).collect();
                let help = match known.is_empty() {
                    true => "give the values as a map: `#{ name: value }`".to_string(),
                    false => format!("there is {}", known.join(", ")),
                };
                return found.map(|(_, value)| value).ok_or((format!("there is no value `{name}`"), help));
            }
        },
    };
    if let Some(used) = used.get_mut(index) {
        *used = true;
    }
    let count = values.places.len();
    let help = if values.names.is_empty() { "give one value for each `{}`" } else { "write `{name}`" };
    values.places.get(index).ok_or((format!("there is no value number {index} of {count}"), help.into()))
}

/// How a value is written: `[[fill]align][sign][0][width][,][.precision][type]`.
#[derive(Default)]
struct Spec {
    fill: Option<char>,
    align: Option<char>,
    sign: Option<char>,
    width: usize,
    thousands: Option<char>,
    precision: Option<usize>,
    kind: Option<char>,
}

impl Spec {
    fn read(text: &str) -> Wrong<Self> {
        let mut spec = Self::default();
        let is_align = |c: &char| "<>^=".contains(*c);
        let start: Vec<char> = text.chars().take(2).collect();
        let mut rest = text.chars().peekable();
        if start.get(1).is_some_and(is_align) {
            spec.fill = rest.next();
        }
        spec.align = rest.next_if(is_align);
        spec.sign = rest.next_if(|c| "+- ".contains(*c));
        if rest.next_if_eq(&'0').is_some() {
            spec.fill.get_or_insert('0');
            spec.align.get_or_insert('=');
        }
        spec.width = number(&mut rest)?.unwrap_or(0);
        spec.thousands = rest.next_if(|c| ",_".contains(*c));
        if rest.next_if_eq(&'.').is_some() {
            let missing =
                || ("no number follows the point".into(), "write `{:.3f}` for three decimals".into());
            spec.precision = Some(number(&mut rest)?.ok_or_else(missing)?);
        }
        spec.kind = rest.next();
        match (spec.kind, rest.next()) {
            (
                None | Some('d' | 'f' | 'F' | 'e' | 'E' | 'g' | 'G' | '%' | 's' | 'x' | 'X' | 'b' | 'o'),
                None,
            ) => Ok(spec),
            (Some(kind), None) => Err((
                format!("there is no type `{kind}`"),
                "the types are d, f, e, g, %, s, x, b and o: `{:.3f}`".into(),
            )),
            _ => Err((
                format!("`{text}` is no format"),
                "after the colon: fill and alignment, sign, width, `,`, precision, type: `{:>8.3f}`".into(),
            )),
        }
    }

    fn write(&self, value: &Value) -> Wrong<String> {
        let text = match (value, self.kind) {
            (Value::Text(text), None | Some('s')) => {
                let text: String = text.chars().take(self.precision.unwrap_or(usize::MAX)).collect();
                return Ok(self.padded("", &text, '<'));
            }
            (Value::Text(text), Some(kind)) => {
                let start: String = text.chars().take(30).collect();
                return Err((
                    format!("`{kind}` writes numbers, got \"{start}\""),
                    "leave the type out".into(),
                ));
            }
            (value, Some('s')) => {
                let text = Self { precision: self.precision, ..Self::default() }.write(value)?;
                return Ok(self.padded("", &text, '<'));
            }
            (Value::Whole(x), None | Some('d')) => self.grouped(&x.unsigned_abs().to_string()),
            (Value::Whole(x), Some('x')) => format!("{:x}", x.unsigned_abs()),
            (Value::Whole(x), Some('X')) => format!("{:X}", x.unsigned_abs()),
            (Value::Whole(x), Some('b')) => format!("{:b}", x.unsigned_abs()),
            (Value::Whole(x), Some('o')) => format!("{:o}", x.unsigned_abs()),
            (Value::Number(x), Some(kind @ ('d' | 'x' | 'X' | 'b' | 'o'))) => {
                return Err((
                    format!("`{kind}` writes whole numbers, got {x}"),
                    "write `{:.0f}`, or give `x.to_int()`".into(),
                ));
            }
            (Value::Whole(x), kind) => self.float(*x as f64, kind),
            (Value::Number(x), kind) => self.float(*x, kind),
        };
        let is_negative = match value {
            Value::Whole(x) => *x < 0,
            Value::Number(x) => x.is_sign_negative() && !x.is_nan(),
            Value::Text(_) => false,
        };
        let sign = match (is_negative, self.sign) {
            (true, _) => "-",
            (false, Some('+')) => "+",
            (false, Some(' ')) => " ",
            _ => "",
        };
        Ok(self.padded(sign, &text, '>'))
    }

    /// The size of a float, without its sign.
    fn float(&self, x: f64, kind: Option<char>) -> String {
        let (x, precision) = (x.abs(), self.precision.unwrap_or(6));
        let text = match kind {
            _ if !x.is_finite() => return if x.is_nan() { "nan".into() } else { "inf".into() },
            Some('f' | 'F') => format!("{x:.precision$}"),
            Some('%') => format!("{:.precision$}%", x * 100.0),
            Some('e' | 'E') => exponent(x, precision),
            Some('g' | 'G') => general(x, precision),
            _ if self.precision.is_some() => {
                let text = general(x, precision);
                if text.contains(['.', 'e']) { text } else { text + ".0" }
            }
            _ => shortest(x),
        };
        let text = self.grouped(&text);
        if matches!(kind, Some('E' | 'G')) { text.to_uppercase() } else { text }
    }

    /// With a sign between thousands of the digits before the point.
    fn grouped(&self, text: &str) -> String {
        let Some(sign) = self.thousands else { return text.to_string() };
        let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
        let mut grouped = String::new();
        for (index, digit) in text[..end].chars().enumerate() {
            if index > 0 && (end - index) % 3 == 0 {
                grouped.push(sign);
            }
            grouped.push(digit);
        }
        grouped + &text[end..]
    }

    fn padded(&self, sign: &str, text: &str, align: char) -> String {
        let missing = self.width.saturating_sub(sign.chars().count() + text.chars().count());
        let fill = |count: usize| self.fill.unwrap_or(' ').to_string().repeat(count);
        match self.align.unwrap_or(align) {
            '<' => format!("{sign}{text}{}", fill(missing)),
            '^' => format!("{}{sign}{text}{}", fill(missing / 2), fill(missing - missing / 2)),
            '=' => format!("{sign}{}{text}", fill(missing)),
            _ => format!("{}{sign}{text}", fill(missing)),
        }
    }
}

/// The digits that come next.
fn number(rest: &mut Peekable<Chars>) -> Wrong<Option<usize>> {
    let mut digits = String::new();
    while let Some(digit) = rest.next_if(char::is_ascii_digit) {
        digits.push(digit);
    }
    if digits.is_empty() {
        return Ok(None);
    }
    let too_large = (format!("{digits} is too large"), format!("widths and precisions go up to {MOST}"));
    digits.parse().ok().filter(|number| *number <= MOST).map(Some).ok_or(too_large)
}

/// `1.234e-05`, with two digits of the exponent or more.
fn exponent(x: f64, precision: usize) -> String {
    let text = format!("{x:.precision$e}");
    let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    format!("{digits}e{}{:02}", if exponent < 0 { '-' } else { '+' }, exponent.abs())
}

/// As few characters as a number of digits needs.
fn general(x: f64, digits: usize) -> String {
    let digits = digits.max(1);
    let text = exponent(x, digits - 1);
    let (mantissa, power) = text.split_once('e').unwrap_or((&text, "0"));
    let power: i32 = power.parse().unwrap_or(0);
    let trimmed = |text: &str| match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').to_string(),
        false => text.to_string(),
    };
    if power < -4 || power >= digits as i32 {
        return format!("{}e{}", trimmed(mantissa), &text[mantissa.len() + 1..]);
    }
    let decimals = (digits as i32 - 1 - power) as usize;
    trimmed(&format!("{x:.decimals$}"))
}

/// The fewest digits that give the same number.
fn shortest(x: f64) -> String {
    if x != 0.0 && !(1e-4..1e16).contains(&x) {
        let text = format!("{x:e}");
        let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        let exponent: i32 = exponent.parse().unwrap_or(0);
        return format!("{digits}e{}{:02}", if exponent < 0 { '-' } else { '+' }, exponent.abs());
    }
    let text = x.to_string();
    if text.contains('.') { text } else { text + ".0" }
}

#[cfg(test)]
mod tests;
