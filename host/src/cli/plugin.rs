//! Finding plugins, their presets and their script folders.

use std::path::{Path, PathBuf};

use rhai::AST;

use crate::{
    error::{Error, Result},
    host::Host,
    run::Progress,
    script::{
        Limits, Resolver, Scripts, Source, check, did_you_mean,
        library::{self, BUILT_IN},
        settings,
    },
    session::{Options, Session},
};

/// Names of the folders of plugins and of scripts, in the working folder and among the built-in files.
const PLUGINS: &str = "plugins";
const SCRIPTS: &str = "scripts";

/// Where plugins are that show how a procedure is written, and are no paper's own.
const EXAMPLES: &str = "plugins/examples";

/// The file of a plugin that is given by name or path. The user's own comes before a built-in one.
pub fn find(plugin: &Path) -> Result<PathBuf> {
    if library::is_file(plugin) {
        return Ok(plugin.to_owned());
    }
    let file = script_file(plugin);
    // A path leads from here. A bare name is one that `host list` shows, else that of a file here. Among the
    // built-in files `plugins/NAME.rhai` is there as in a copy of the sources.
    let shelves = [PLUGINS, EXAMPLES].into_iter().flat_map(|shelf| [shelf.into(), built_in(shelf)]);
    let mut candidates: Vec<PathBuf> = shelves.map(|folder| folder.join(&file)).collect();
    candidates.push(built_in("").join(&file));
    let is_path = plugin.components().count() > 1;
    candidates.insert(if is_path { 0 } else { candidates.len() }, file.clone());
    if let Some(found) = candidates.iter().find(|path| library::is_file(path)) {
        return Ok(found.clone());
    }
    if let Some(other) = [plugin].into_iter().chain(candidates.iter().map(PathBuf::as_path)).find_map(other) {
        return Err(other);
    }
    let names: Vec<_> = all().iter().chain(&examples()).map(|path| stem(path)).collect();
    let near = did_you_mean(&stem(&file), names.iter().map(String::as_str));
    let help =
        near.unwrap_or_else(|| "give the path of a .rhai file, or a name that `host list` shows".into());
    Err(Error::usage(format!("there is no plugin {}", plugin.display()), help))
}

/// The error for a path at which there is anything but a file.
fn other(path: &Path) -> Option<Error> {
    let kind = path.metadata().ok()?.file_type();
    let kind = if kind.is_dir() { "a folder" } else { "a pipe, a socket or a device" };
    let problem = format!("{} is {kind}, expected a plugin", path.display());
    Some(Error::usage(problem, "give the path of a .rhai file, or a name that `host list` shows"))
}

/// `NAME.rhai`
pub fn script_file(name: &Path) -> PathBuf {
    let mut file = name.as_os_str().to_owned();
    if name.extension().is_none_or(|extension| extension != "rhai") {
        file.push(".rhai");
    }
    file.into()
}

/// The name by which a plugin is run.
pub fn stem(path: &Path) -> String {
    path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}

/// A folder of the built-in files.
pub fn built_in(folder: &str) -> PathBuf {
    Path::new(BUILT_IN).join(folder)
}

/// All plugins that can be run by name, sorted: those in ./plugins, and the built-in ones whose names are not
/// taken by those.
pub fn all() -> Vec<PathBuf> {
    on_shelf(PLUGINS)
}

/// All examples, as [`all`] plugins.
pub fn examples() -> Vec<PathBuf> {
    on_shelf(EXAMPLES)
}

fn on_shelf(folder: &str) -> Vec<PathBuf> {
    let mut plugins = in_folder(Path::new(folder));
    for path in in_folder(&built_in(folder)) {
        if !plugins.iter().any(|own| own.file_name() == path.file_name()) {
            plugins.push(path);
        }
    }
    plugins.sort_by_key(|path| stem(path));
    plugins
}

/// The scripts directly in a folder, by name.
pub fn in_folder(folder: &Path) -> Vec<PathBuf> {
    let entries = library::entries(folder).into_iter().map(|(path, _)| path);
    entries.filter(|path| path.extension().is_some_and(|e| e == "rhai")).collect()
}

/// The folders of scripts that a plugin may import from, besides its own.
pub fn script_folders(plugin: &Path) -> Vec<PathBuf> {
    let folder = plugin.parent().unwrap_or(Path::new(""));
    let sibling = folder.parent().map_or_else(|| folder.join("../scripts"), |above| above.join(SCRIPTS));
    let mut folders = vec![sibling, PathBuf::from(SCRIPTS), built_in(SCRIPTS)];
    folders.retain(|folder| library::is_folder(folder));
    folders.dedup();
    folders
}

/// The presets of a plugin, by name: `PLUGIN.NAME.toml` in its folder.
pub fn presets(plugin: &Path) -> Vec<(String, PathBuf)> {
    let start = format!("{}.", stem(plugin));
    let name = |path: &Path| {
        let name = path.file_name()?.to_str()?.strip_prefix(&start)?.strip_suffix(".toml")?.to_owned();
        (!name.is_empty()).then_some(name)
    };
    let entries = library::entries(plugin.parent().unwrap_or(Path::new(""))).into_iter();
    entries.filter_map(|(path, _)| Some((name(&path)?, path))).collect()
}

/// The settings of the paper: of the preset `paper`, where there is one.
///
/// # Errors
/// It cannot be read.
pub fn paper(plugin: &Path) -> Result<Option<toml::Table>> {
    let read = |(_, path): (String, PathBuf)| {
        let text = library::read(&path)?;
        text.parse()
            .map_err(|e| Error::usage(format!("{}: {e}", path.display()), "write lines like `epochs = 3`"))
    };
    presets(plugin).into_iter().find(|(name, _)| name == "paper").map(read).transpose()
}

/// The file of a preset.
///
/// # Errors
/// `Usage`, with the presets that there are.
pub fn preset(plugin: &Path, name: &str) -> Result<PathBuf> {
    let presets = presets(plugin);
    if let Some((_, path)) = presets.iter().find(|(known, _)| known == name) {
        return Ok(path.clone());
    }
    let names: Vec<_> = presets.iter().map(|(name, _)| name.as_str()).collect();
    let there = || match &names[..] {
        [] => format!("a preset is a file {}", plugin.with_extension("NAME.toml").display()),
        names => format!("it has {}", names.join(", ")),
    };
    let help = did_you_mean(name, names.iter().copied()).unwrap_or_else(there);
    Err(Error::usage(format!("{} has no preset `{name}`", stem(plugin)), help))
}

/// A plugin with its host, before it runs.
pub struct Plugin {
    pub host: Host,
    pub source: Source,
    /// The compiled plugin.
    pub ast: AST,
    pub declaration: Option<settings::Declaration>,
}

impl Plugin {
    /// Reads all scripts that the plugin imports, directly or through others, so that the record of a run has
    /// them from the start.
    pub fn read_imports(&self, path: &Path) {
        let resolver = Resolver::new(path, &self.host.session.options.scripts, Scripts::default());
        let import = |name: &str| resolver.read(name);
        for source in &check::imports(&self.host.engine, &self.source, &self.ast, &import) {
            // An error in it is reported when it is imported.
            let _ = self.host.scripts.compile(&self.host.engine, source);
        }
    }
}

/// Reads and compiles a plugin and finds its settings.
pub fn open(path: &Path, mut options: Options, progress: Progress, limits: Limits) -> Result<Plugin> {
    options.scripts = script_folders(path);
    let session = Session::new(options, progress);
    let host = Host::assemble(session, Some(path), limits, |_| {});
    let source = Source::read(path)?;
    let read = host.compile(&source).and_then(|ast| {
        let declaration = settings::declared(&host.engine, &source, &ast)?;
        Ok((ast, declaration))
    });
    match read {
        Ok((ast, declaration)) => Ok(Plugin { host, source, ast, declaration }),
        Err(error) => Err(Error::Failed(host.explain(&error, &source.name))),
    }
}
