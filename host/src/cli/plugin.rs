//! Finding a plugin and its script folders.

use std::path::{Path, PathBuf};

use crate::{
    error::{Error, Result},
    host::Host,
    run::{Mode, Progress},
    script::{Limits, Resolver, Scripts, Source, check, did_you_mean, settings},
    session::{Options, Session},
};

/// The folder of plugins, from where commands are usually given.
const PLUGINS: &str = "plugins";

/// The file that a plugin's name or path stands for.
pub fn find(plugin: &Path) -> Result<PathBuf> {
    if plugin.is_file() {
        return Ok(plugin.to_owned());
    }
    let named = Path::new(PLUGINS).join(plugin).with_extension("rhai");
    if named.is_file() {
        return Ok(named);
    }
    let names: Vec<_> =
        all(Path::new(PLUGINS)).iter().filter_map(|p| Some(p.file_stem()?.to_str()?.to_owned())).collect();
    let stem = plugin.file_stem().and_then(|s| s.to_str()).unwrap_or_default();
    let near = did_you_mean(stem, names.iter().map(String::as_str))
        .map_or_else(String::new, |near| format!("{near}; "));
    Err(Error::usage(
        format!("there is no plugin {}", plugin.display()),
        format!("{near}give the path of a .rhai file, or a name that `host list` shows"),
    ))
}

/// The plugins of a folder, by name.
pub fn all(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten().map(|e| e.path());
    let mut plugins: Vec<_> = entries.filter(|p| p.extension().is_some_and(|e| e == "rhai")).collect();
    plugins.sort();
    plugins
}

/// The folders of scripts that a plugin may import from, besides its own.
pub fn script_folders(plugin: &Path) -> Vec<PathBuf> {
    let folder = plugin.parent().unwrap_or(Path::new(""));
    let beside = folder.parent().map_or_else(|| folder.join("../scripts"), |above| above.join("scripts"));
    let mut folders = vec![beside, PathBuf::from("scripts")];
    folders.retain(|folder| folder.is_dir());
    folders
}

/// A plugin with its host, before it runs.
pub struct Plugin {
    pub host: Host,
    pub source: Source,
    pub declaration: Option<settings::Declaration>,
}

impl Plugin {
    /// Reads what the plugin imports, and what that imports, so that the record of a run has it from the start.
    pub fn read_imports(&self, path: &Path) {
        let resolver = Resolver::new(path, &self.host.session.options.scripts, Scripts::default());
        let sources = check::sources(&self.host.engine, &self.source, &|import| resolver.read(import));
        for source in sources.iter().filter(|source| source.name != self.source.name) {
            // What is wrong with it is told where it is imported.
            let _ = self.host.scripts.compile(&self.host.engine, source);
        }
    }
}

/// Reads and compiles a plugin and finds its settings.
pub fn open(path: &Path, mut options: Options, mode: Mode, limits: Limits) -> Result<Plugin> {
    options.scripts = script_folders(path);
    let session = Session::new(options, Progress::new(mode));
    let host = Host::assemble(session, Some(path), limits, |_| {});
    let source = Source::read(path)?;
    let ast =
        host.scripts.compile(&host.engine, &source).map_err(|error| Error::Script(Box::new(error.into())));
    let declaration = ast.and_then(|ast| settings::declared(&host.engine, &source, &ast));
    match declaration {
        Ok(declaration) => Ok(Plugin { host, source, declaration }),
        Err(error) => Err(Error::Failed(host.explain(&error, &source.name))),
    }
}

/// The paper's values: the preset `paper` of a plugin.
pub fn preset(plugin: &Path, name: &str) -> PathBuf {
    plugin.with_extension(format!("{name}.toml"))
}
