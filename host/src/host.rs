//! The host as a library: an engine with our functions and the embedder's.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
    sync::Arc,
};

use ops::random::with_stream;
use rhai::{AST, Caches, Dynamic, Engine, FnPtr, GlobalRuntimeState, Position, Scope};

use crate::{
    api,
    error::{Error, Result},
    run::Progress,
    script::{self, Carried as _, Limits, Resolver, Scripts, Source, Table, nesting, stack::on_script_stack},
    session::{Options, Session},
};

/// A script host. Build one for each script that runs.
pub struct Host {
    /// The script functions.
    pub table: Arc<Table>,
    /// What they share.
    pub session: Arc<Session>,
    /// The engine, with everything registered.
    pub engine: Arc<Engine>,
    /// The texts of all scripts read, for errors and for the record.
    pub scripts: Scripts,
}

/// A script that ran, with what its functions need to be called.
pub struct Started {
    /// The value of its last expression.
    pub value: Dynamic,
    global: GlobalRuntimeState,
}

impl Host {
    /// A host that runs scripts without a run folder.
    pub fn new(options: Options) -> Self {
        Self::with(options, |_| {})
    }

    /// [`Host::new`] with functions of your own, added to the same table.
    pub fn with(options: Options, add: impl FnOnce(&mut Table)) -> Self {
        let session = Session::new(options, Progress::quiet());
        Self::assemble(session, None, Limits::default(), add)
    }

    /// A host for a plugin file, whose imports come from its folder and the script folders.
    pub fn assemble(
        session: Session,
        plugin: Option<&Path>,
        limits: Limits,
        add: impl FnOnce(&mut Table),
    ) -> Self {
        let session = Arc::new(session);
        let mut table = Table::default();
        api::add_all(&mut table);
        add(&mut table);
        let table = Arc::new(table);
        let scripts = Scripts::default();
        let resolver = plugin.map(|plugin| Resolver::new(plugin, &session.options.scripts, scripts.clone()));
        let printer = Arc::clone(&session);
        let mut engine = script::build(&table, move |line| printer.print(line), resolver, limits);
        engine.set_default_tag(Session::tag(&session));
        let engine = Arc::new(engine);
        session.set_engine(&engine, table.observers());
        Self { table, session, engine, scripts }
    }

    /// Runs a script and gives the value of its last expression.
    ///
    /// # Errors
    /// [`Error::Script`], which [`Host::explain`] renders: file, line, column, the line itself, and help.
    pub fn run(&self, source: &Source) -> Result<Dynamic> {
        self.start(source).map(|started| started.value)
    }

    /// [`Host::run`] for a script that was compiled before.
    ///
    /// # Errors
    /// As [`Host::run`].
    pub fn run_compiled(&self, script: &AST) -> Result<Dynamic> {
        on_script_stack(|| self.evaluate(script))?.map(|started| started.value)
    }

    /// Compiles a script.
    ///
    /// # Errors
    /// [`Error::Script`] where it does not parse.
    pub fn compile(&self, source: &Source) -> Result<AST> {
        self.scripts.compile(&self.engine, source).map_err(|error| Error::Script(Box::new(error.into())))
    }

    /// [`Host::run`] for a script whose value holds functions to be called later.
    ///
    /// # Errors
    /// As [`Host::run`].
    pub fn start(&self, source: &Source) -> Result<Started> {
        on_script_stack(|| self.evaluate(&self.compile(source)?))?
    }

    fn evaluate(&self, ast: &AST) -> Result<Started> {
        let mut global = self.engine.new_global_runtime_state();
        global.source = ast.source().map(Into::into);
        global.lib.push(ast.shared_lib().clone());
        let evaluate = || {
            // The only way to run a script that leaves its imports behind, which its functions need.
            #[allow(deprecated, reason = "the name that Rhai gives to what it may still change")]
            self.engine.eval_statements_raw(
                &mut global,
                &mut Caches::new(),
                &mut Scope::new(),
                ast.statements(),
            )
        };
        let outcome = catch_unwind(AssertUnwindSafe(|| with_stream(self.session.key(), evaluate)));
        let value = outcome.map_err(Error::fault)?.map_err(Error::Script)?;
        nesting::check(&value)?;
        Ok(Started { value, global })
    }

    /// Calls a function that a script left.
    ///
    /// # Errors
    /// As [`Host::run`].
    pub fn call(&self, started: &Started, function: &FnPtr) -> Result<Dynamic> {
        let context = (&*self.engine, function.fn_name(), None, &started.global, Position::NONE).into();
        function.call_raw(&context, None, []).map_err(Error::Script)
    }

    /// An error of this host's scripts in words: `file:line:col`, the line, a caret, and help.
    pub fn explain(&self, error: &Error, plugin: &str) -> String {
        match error {
            Error::Script(error) => script::error::render(error, plugin, &self.engine, &self.scripts),
            other => other.to_string(),
        }
    }
}
