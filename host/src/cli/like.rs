//! What `host run` is asked for: in its words, or in the record of the run that it shall be like.

use std::path::{Path, PathBuf};

use super::{
    args::{DeviceChoice, RunArgs, key_value},
    resume::is_found,
};
use crate::{
    error::{Error, Result},
    run::{Record, shell_quoted},
    script::{library, settings::LikeRun},
    study::named,
};

/// What a run is made of.
pub struct Asked {
    pub plugin: PathBuf,
    /// Settings on the command line.
    pub settings: Vec<(String, String)>,
    pub seed: u64,
    pub device: DeviceChoice,
    pub exact: bool,
    pub like: Option<LikeRun>,
}

impl Asked {
    /// What the arguments say; what they leave open is as in the run of `--like`, if there is one.
    ///
    /// # Errors
    /// `Usage`: there is no such run; its plugin is not found from here, or the device that it names.
    pub fn of(args: &RunArgs) -> Result<Self> {
        let mut asked = Self {
            plugin: args.plugin.clone().unwrap_or_default(),
            settings: args.settings.clone(),
            seed: args.seed.unwrap_or_default(),
            device: args.device.unwrap_or(DeviceChoice::Cpu),
            exact: args.inputs.exact,
            like: None,
        };
        if let Some(run) = &args.like {
            asked.fill(args, &named::find_run(run)?)?;
        }
        Ok(asked)
    }

    fn fill(&mut self, args: &RunArgs, folder: &Path) -> Result<()> {
        let record = Record::read(folder)?;
        // The plugin may be left out, so that the first word is a setting.
        let first = self.plugin.to_string_lossy().into_owned();
        if let (Ok(setting), false) = (key_value(&first), library::is_file(&self.plugin)) {
            self.settings.insert(0, setting);
            self.plugin = PathBuf::new();
        }
        if self.plugin == Path::new("") {
            self.plugin = plugin(&record, folder)?;
        }
        self.seed = args.seed.unwrap_or(record.seed);
        self.exact |= record.arguments.as_ref().is_some_and(|arguments| arguments.exact);
        if args.device.is_none() {
            self.device = device(&record)?;
        }
        let folder = args.like.clone().unwrap_or_default();
        self.like = Some(LikeRun { folder, values: record.settings, given: record.given });
        Ok(())
    }
}

/// The plugin of a run, as it was named. As on `host resume`, only one that is found from here is taken.
fn plugin(record: &Record, folder: &Path) -> Result<PathBuf> {
    let named = record.arguments.as_ref().map_or(&record.plugin, |arguments| &arguments.plugin);
    match is_found(Path::new(named), folder) {
        true => Ok(named.into()),
        false => {
            let there = Path::new(&record.folder).join(named).display().to_string();
            Err(Error::usage(
                format!("the plugin of the run, {named}, is not found from here"),
                format!("name it: host run {} --like {}", shell_quoted(&there), folder.display()),
            ))
        }
    }
}

fn device(record: &Record) -> Result<DeviceChoice> {
    let named = record.arguments.as_ref().map_or(&record.device, |arguments| &arguments.device);
    DeviceChoice::named(named).ok_or_else(|| {
        let problem = format!("the record of the run names the device `{named}`");
        Error::usage(problem, "give --device: there are cpu, gpu and auto")
    })
}
