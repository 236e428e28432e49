use std::{
    fs,
    path::{Path, PathBuf},
};

use rhai::{Dynamic, Engine, FnPtr, NativeCallContext};

use super::Resolver;
use crate::script::{
    error::render,
    source::{Scripts, Source},
};

/// A folder with `plugins/` and `scripts/`, and an engine that imports from them.
struct Place {
    root: tempfile::TempDir,
    engine: Engine,
    resolver: Resolver,
    scripts: Scripts,
}

impl Place {
    fn new(files: &[(&str, &str)]) -> Self {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir_all(root.path().join("plugins")).unwrap();
        fs::create_dir_all(root.path().join("scripts")).unwrap();
        for (name, text) in files {
            let path = root.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let (mut engine, scripts) = (Engine::new(), Scripts::default());
        engine.set_max_call_levels(64);
        engine.register_fn("apply", |context: NativeCallContext, f: FnPtr| {
            f.call_within_context::<Dynamic>(&context, (3_i64,))
        });
        let plugin = root.path().join("plugins/p.rhai");
        let resolver = Resolver::new(&plugin, &[root.path().join("scripts")], scripts.clone());
        engine.set_module_resolver(resolver.clone());
        Self { root, engine, resolver, scripts }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.root.path().join(name)
    }

    /// The value of a plugin's text, or the error as it is shown, without the folder's path.
    fn run(&self, text: &str) -> Result<i64, String> {
        let plugin = self.path("plugins/p.rhai").display().to_string();
        let ast = self.scripts.compile(&self.engine, &Source::new(plugin.as_str(), text)).unwrap();
        self.engine.eval_ast::<i64>(&ast).map_err(|error| {
            let shown = render(&error, &plugin, &self.engine, &self.scripts);
            shown.replace(&format!("{}/", self.root.path().display()), "")
        })
    }
}

fn link(to: &Path, from: &Path) {
    #[cfg(unix)]
    std::os::unix::fs::symlink(to, from).unwrap();
}

#[test]
fn the_plugins_own_folder_comes_before_the_script_folder() {
    let both = [("plugins/a.rhai", "fn f() { 1 }"), ("scripts/a.rhai", "fn f() { 2 }")];
    let place = Place::new(&[both[0], both[1], ("scripts/nets/b.rhai", "fn f() { 3 }")]);
    assert_eq!(place.run("import \"a\" as a; import \"nets/b\" as b; a::f() * 10 + b::f()"), Ok(13));
    let read: Vec<_> = place.scripts.record().into_iter().map(|script| script.text).collect();
    assert_eq!(read[1], "fn f() { 1 }");
    assert_eq!(read[2], "fn f() { 3 }");
    assert_eq!(read.len(), 3);
    assert_eq!(&*place.resolver.read("nets/b").unwrap().text, "fn f() { 3 }");
}

#[test]
fn nothing_outside_of_the_folders_can_be_imported() {
    let place = Place::new(&[("secret.rhai", "fn f() { 1 }"), ("plugins/sub/x.rhai", "")]);
    let absolute = place.path("secret").display().to_string();
    for import in ["../secret", "sub/../../secret", absolute.as_str(), "", ".", "./secret", "..\\secret"] {
        let shown = place.run(&format!("import `{import}` as s; s::f()")).unwrap_err();
        assert!(shown.contains("is not a name that can be imported"), "{import}: {shown}");
        assert!(shown.contains("help: imports name a script below plugins/ or scripts/"), "{shown}");
    }
}

#[test]
#[cfg(unix)]
fn links_that_lead_outside_are_refused_and_links_between_the_folders_work() {
    let place = Place::new(&[("secret.rhai", "fn f() { 1 }"), ("scripts/a.rhai", "fn f() { 2 }")]);
    link(&place.path("secret.rhai"), &place.path("scripts/out.rhai"));
    link(&place.path("."), &place.path("scripts/all"));
    link(&place.path("scripts/a.rhai"), &place.path("plugins/b.rhai"));
    let shown = place.run("import \"out\" as s; s::f()").unwrap_err();
    assert!(shown.contains("scripts/out.rhai is a link to "), "{shown}");
    assert!(place.run("import \"all/secret\" as s; s::f()").is_err());
    assert_eq!(place.run("import \"b\" as b; b::f()"), Ok(2));
}

#[test]
fn a_missing_script_names_the_places_and_the_nearest_name() {
    let place = Place::new(&[("scripts/nets/wta.rhai", ""), ("scripts/losses.rhai", "")]);
    let shown = place.run("import \"net/wta\" as wta; 1").unwrap_err();
    let message = "plugins/p.rhai:1:8: there is no script net/wta.rhai in plugins/ or scripts/";
    assert!(shown.starts_with(message), "{shown}");
    assert!(shown.ends_with("help: did you mean `nets/wta`?"), "{shown}");
    let shown = place.run("import \"losses.rhai\" as losses; 1").unwrap_err();
    assert!(shown.ends_with("help: leave out the ending: `import \"losses\"`"), "{shown}");
}

#[test]
fn a_module_is_compiled_and_run_once() {
    let a = "fn count() { 1 }";
    let place =
        Place::new(&[("scripts/a.rhai", a), ("scripts/b.rhai", "import \"a\" as a; fn f() { a::count() }")]);
    let text =
        "import \"a\" as a; import \"b\" as b; import \"a\" as again; a::count() + b::f() + again::count()";
    assert_eq!(place.run(text), Ok(3));
    fs::remove_file(place.path("scripts/b.rhai")).unwrap();
    fs::write(place.path("scripts/a.rhai"), "fn count() { 100 }").unwrap();
    assert_eq!(place.run("import \"a\" as a; a::count()"), Ok(1));
}

#[test]
fn a_circle_of_imports_is_shown() {
    let place = Place::new(&[
        ("scripts/a.rhai", "import \"b\" as b;"),
        ("scripts/b.rhai", "\nimport \"a\" as a;"),
        ("plugins/p.rhai", ""),
    ]);
    let shown = place.run("import \"a\" as a; 1").unwrap_err();
    let circle = "in a circle: scripts/a.rhai -> scripts/b.rhai -> scripts/a.rhai";
    assert!(shown.starts_with("scripts/b.rhai:2:8: "), "{shown}");
    assert!(shown.lines().next().unwrap().ends_with(circle), "{shown}");
    assert!(
        shown.ends_with("imported from scripts/a.rhai:1:8\n  imported from plugins/p.rhai:1:8"),
        "{shown}"
    );
    let shown = place.run("import \"p\" as p; 1").unwrap_err();
    assert!(shown.contains("in a circle: plugins/p.rhai -> plugins/p.rhai"), "{shown}");
    fs::write(place.path("scripts/b.rhai"), "fn f() { 5 }").unwrap();
    assert_eq!(place.run("import \"a\" as a; a::b::f()"), Ok(5), "a failure must not be remembered");
}

const MAKER: &str = "import \"inner\" as inner;\nconst K = 100;\nfn helper(x) { x + inner::f() }\n\
                     fn make(y) { |x| helper(x) + y + global::K }\nfn use_own() { apply(|x| helper(x)) }";

#[test]
fn closures_of_an_imported_script_work_wherever_they_are_called() {
    let files = [("scripts/maker.rhai", MAKER), ("scripts/inner.rhai", "fn f() { 10 }")];
    let place = Place::new(&[files[0], files[1], ("scripts/user.rhai", "fn run(f) { f.call(2) }")]);
    let import = "import \"maker\" as maker; import \"user\" as user; let f = maker::make(1000);";
    assert_eq!(place.run(&format!("{import} f.call(2)")), Ok(1112));
    assert_eq!(place.run(&format!("{import} apply(f)")), Ok(1113));
    assert_eq!(place.run(&format!("{import} user::run(f)")), Ok(1112));
    assert_eq!(place.run(&format!("{import} maker::use_own()")), Ok(13));
    assert_eq!(place.run(&format!("{import} let g = |x| f.call(x) + 1; user::run(g)")), Ok(1113));
    assert_eq!(place.run(&format!("{import} let m = #{{ f: f }}; m.f(2)")), Ok(1112));
}

#[test]
fn a_closure_of_the_plugin_is_called_back_by_an_imported_script() {
    let place = Place::new(&[("scripts/user.rhai", "fn run(f) { apply(f) + f.call(1) }")]);
    let text = "import \"user\" as user; let k = 5; fn add(a, b) { a + b } user::run(|x| add(x, k))";
    assert_eq!(place.run(text), Ok(14));
}

#[test]
fn a_script_does_not_see_the_variables_of_the_one_that_imports_it() {
    let place = Place::new(&[("scripts/a.rhai", "let y = x;")]);
    let shown = place.run("let x = 1; import \"a\" as a; 1").unwrap_err();
    assert!(shown.starts_with("scripts/a.rhai:1:9: there is no variable `x` here"), "{shown}");
}

#[test]
fn a_plugin_in_the_current_folder_is_named_without_a_dot() {
    let resolver = Resolver::new(Path::new("p.rhai"), &[PathBuf::from("scripts")], Scripts::default());
    let text = resolver.read("surely/not/there").unwrap_err().to_string();
    assert!(text.starts_with("there is no script surely/not/there.rhai in ./ or scripts/"), "{text}");
}
