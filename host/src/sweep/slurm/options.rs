//! How Slurm is to run the tasks.

use std::num::NonZeroU32;

use crate::run::shell_quoted;

/// How long before its time limit a task is asked to stop, in seconds, and which part of a short limit.
const LEAD: u64 = 60;
const LEAD_PART: u64 = 4;

/// Options of `sbatch` on which the arrays of a sweep rest.
const OURS: [&str; 6] = ["array", "dependency", "chdir", "output", "open-mode", "wrap"];

/// What the tasks of a sweep ask of Slurm.
#[derive(Clone, Debug, Default)]
pub struct Options {
    pub partition: Option<String>,
    /// As [`time`] allows it.
    pub time: Option<String>,
    pub gpus: Option<NonZeroU32>,
    pub cpus: Option<NonZeroU32>,
    /// As [`memory`] allows it.
    pub mem: Option<String>,
    /// How many tasks run at a time.
    pub max_running: Option<NonZeroU32>,
    /// Further options of `sbatch`, as [`option`] allows them.
    pub more: Vec<String>,
}

impl Options {
    /// The options of `sbatch` for one task.
    pub fn for_sbatch(&self) -> Vec<String> {
        let number = |number: Option<NonZeroU32>| number.map(|number| number.to_string());
        let all = [
            ("partition", self.partition.clone()),
            ("time", self.time.clone()),
            ("gpus", number(self.gpus)),
            ("cpus-per-task", number(self.cpus)),
            ("mem", self.mem.clone()),
        ];
        let given = all.into_iter().filter_map(|(name, value)| Some(format!("{name}={}", value?)));
        given.chain(self.more.iter().cloned()).collect()
    }

    /// How they are typed to `host sweep`, without `--slurm`.
    pub fn words(&self) -> String {
        let number = |number: Option<NonZeroU32>| number.map(|number| number.to_string());
        let all = [
            ("partition", self.partition.clone()),
            ("time", self.time.clone()),
            ("gpus", number(self.gpus)),
            ("cpus", number(self.cpus)),
            ("mem", self.mem.clone()),
            ("max-running", number(self.max_running)),
        ];
        let given = all.into_iter().filter_map(|(name, value)| Some((name, value?)));
        let given = given.chain(self.more.iter().map(|option| ("option", option.clone())));
        given.map(|(name, value)| format!("--{name} {}", shell_quoted(&value))).collect::<Vec<_>>().join(" ")
    }

    /// How many seconds before its time limit a task is asked to stop.
    pub fn lead(&self) -> u64 {
        match self.time.as_deref().and_then(seconds) {
            None | Some(0) => LEAD,
            Some(limit) => (limit / LEAD_PART).clamp(1, LEAD),
        }
    }
}

/// A time as Slurm writes it.
///
/// # Errors
/// It is not one.
pub fn time(text: &str) -> Result<String, String> {
    let form =
        "expected a time as Slurm writes it: 30 (minutes), 30:00, 2:00:00, 1-12 (days-hours), 1-12:30:00";
    seconds(text).map(|_| text.to_owned()).ok_or_else(|| form.to_owned())
}

/// The seconds of `minutes`, `minutes:seconds`, `hours:minutes:seconds`, `days-hours`, `days-hours:minutes`
/// or `days-hours:minutes:seconds`.
fn seconds(text: &str) -> Option<u64> {
    let number = |part: &str| match part.bytes().all(|byte| byte.is_ascii_digit()) {
        true => part.parse::<u64>().ok(),
        false => None,
    };
    let (days, rest) = match text.split_once('-') {
        Some((days, rest)) => (Some(number(days)?), rest),
        None => (None, text),
    };
    let parts: Vec<u64> = rest.split(':').map(number).collect::<Option<_>>()?;
    let (hours, minutes, seconds) = match (days, &parts[..]) {
        (None, &[minutes]) => (0, minutes, 0),
        (None, &[minutes, seconds]) => (0, minutes, seconds),
        (_, &[hours, minutes, seconds]) => (hours, minutes, seconds),
        (Some(_), &[hours]) => (hours, 0, 0),
        (Some(_), &[hours, minutes]) => (hours, minutes, 0),
        _ => return None,
    };
    let units = [(days.unwrap_or(0), 86_400), (hours, 3600), (minutes, 60), (seconds, 1)];
    units.iter().try_fold(0_u64, |sum, (n, unit)| sum.checked_add(n.checked_mul(*unit)?))
}

/// An amount of memory as Slurm writes it.
///
/// # Errors
/// It is not one.
pub fn memory(text: &str) -> Result<String, String> {
    let number = text.strip_suffix(['K', 'M', 'G', 'T', 'k', 'm', 'g', 't']).unwrap_or(text);
    match !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()) {
        true => Ok(text.to_owned()),
        false => Err("expected an amount as Slurm writes it: 4000 (megabytes), 16G".to_owned()),
    }
}

/// A name of something of the cluster, or several with commas.
///
/// # Errors
/// It is not one.
pub fn word(text: &str) -> Result<String, String> {
    let is_plain = |c: char| c.is_alphanumeric() || "_-.,+:/".contains(c);
    match !text.is_empty() && text.chars().all(is_plain) {
        true => Ok(text.to_owned()),
        false => Err("expected a name, or several with commas: `sinfo` lists the partitions".to_owned()),
    }
}

/// An option of `sbatch`, without the dashes before it.
///
/// # Errors
/// It is not one, or one on which the arrays of a sweep rest.
pub fn option(text: &str) -> Result<String, String> {
    let own = text.trim().strip_prefix("--").unwrap_or(text.trim());
    let name = own.split(|c: char| c == '=' || c.is_whitespace()).next().unwrap_or_default();
    let is_name =
        !name.is_empty() && name.bytes().all(|c| c.is_ascii_lowercase() || b"-0123456789".contains(&c));
    match is_name && !name.starts_with('-') && !own.chars().any(char::is_control) {
        true if OURS.contains(&name) => Err(format!("host sets --{name} itself, for the jobs of the sweep")),
        true => Ok(own.to_owned()),
        false => Err("expected a long option of sbatch, such as account=lab or exclusive".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_those_of_slurm() {
        let all = [
            ("1", 60),
            ("1:30", 90),
            ("1:30:00", 5400),
            ("1-1", 90_000),
            ("1-1:30", 91_800),
            ("1-1:30:30", 91_830),
        ];
        for (text, wanted) in all {
            assert_eq!(seconds(text), Some(wanted), "{text}");
        }
        for text in ["", "2h", "1:2:3:4", "x", "-1", "1-", "1-2:3:4:5", "+1", "1.5", "99999999999999999-1"] {
            assert!(time(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_task_is_asked_to_stop_a_minute_before_its_limit_and_earlier_in_a_short_one() {
        let lead =
            |time: Option<&str>| Options { time: time.map(str::to_owned), ..Options::default() }.lead();
        assert_eq!([lead(None), lead(Some("0")), lead(Some("1")), lead(Some("1-0"))], [60, 60, 15, 60]);
    }

    #[test]
    fn memory_names_and_options_are_those_of_slurm() {
        assert!(["4000", "16G", "1t"].iter().all(|text| memory(text).is_ok()));
        assert!(["", "G", "1GB", "1.5G", "x"].iter().all(|text| memory(text).is_err()));
        assert!(word("gpu,long").is_ok() && word("a b").is_err() && word("a\n").is_err());
        assert_eq!(option("--account=lab"), Ok("account=lab".into()));
        assert_eq!(option("gpus=a100:1"), Ok("gpus=a100:1".into()));
        for text in ["", "-A lab", "array=0-3", "--dependency=singleton", "a=b\nc", "---x", "Account=lab"] {
            assert!(option(text).is_err(), "{text}");
        }
    }

    #[test]
    fn options_are_shown_as_they_are_typed() {
        let options = Options {
            partition: Some("gpu".into()),
            cpus: NonZeroU32::new(4),
            max_running: NonZeroU32::new(8),
            more: vec!["comment=a b".into()],
            ..Options::default()
        };
        assert_eq!(options.words(), "--partition gpu --cpus 4 --max-running 8 --option 'comment=a b'");
        assert_eq!(options.for_sbatch(), ["partition=gpu", "cpus-per-task=4", "comment=a b"]);
    }
}
