//! One engine with one script in it: QuickJS within bounds of time and memory.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rquickjs::context::EvalOptions;
use rquickjs::{Array, Context, Ctx, FromJs, Function, IntoJs, Object, Runtime, Value};

use super::host::{self, OrNull};
use super::message;
use super::source::{Class, Source};
use crate::clock::Ids;
use crate::enrichments::ScriptLimits;
use crate::event::{COLUMNS, Cell, Event, Kind};

/// What scripts find beside the language.
const PRELUDE: &str = include_str!("prelude.js");
/// The name of the script in stack traces.
pub(super) const SCRIPT: &str = "user-script";
/// What a script may hold of the stack of its thread, in bytes.
const STACK: usize = 256 << 10;
/// Longest that reading a script may take: classes, tables and the like are made then.
const LOADING: Duration = Duration::from_secs(5);
/// Memory that the engine and the prelude need before a script has any, in bytes.
const OWN_MEMORY: usize = 4 << 20;
/// Name of the global that runs the script, not a name that scripts have.
const START: &str = "__start";
/// Work that a script may leave behind (promises), in turns.
const MOST_JOBS: usize = 1000;

/// What a script gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Given {
    /// `null` or `undefined`.
    Nothing,
    /// Something that is no JSON, such as a function.
    NoJson,
    /// JSON.
    Json(String),
}

/// An engine that has read its script.
pub(super) struct Engine {
    runtime: Runtime,
    context: Context,
    shared: Arc<Mutex<Shared>>,
    watch: Arc<Watch>,
    limits: ScriptLimits,
    /// Its state is not to be trusted any more.
    spoiled: bool,
}

/// What the functions of the host work on while a script runs.
#[derive(Default)]
struct Shared {
    event: Event,
    headers: Vec<String>,
    /// Line and column of the last `throw` that was reached.
    thrown: Option<(u32, u32)>,
}

/// Ends a script that runs too long.
#[derive(Default)]
struct Watch {
    until: Mutex<Option<Instant>>,
    late: AtomicBool,
}

impl Watch {
    fn start(&self, limit: Duration) {
        self.late.store(false, Ordering::Relaxed);
        *lock(&self.until) = Instant::now().checked_add(limit);
    }

    fn is_late(&self) -> bool {
        if lock(&self.until).is_some_and(|until| Instant::now() > until) {
            self.late.store(true, Ordering::Relaxed);
        }
        self.late.load(Ordering::Relaxed)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Engine {
    /// Reads a script and the JSON of its parameters.
    ///
    /// # Errors
    /// What is wrong with the script, in words for people.
    pub fn new(source: &Source, parameters: &str, limits: ScriptLimits) -> Result<Engine, String> {
        let no_engine = |error: rquickjs::Error| format!("no script engine: {error}");
        let runtime = Runtime::new().map_err(no_engine)?;
        runtime.set_memory_limit(limits.memory.saturating_add(OWN_MEMORY));
        runtime.set_max_stack_size(STACK);
        let watch = Arc::new(Watch::default());
        let handler = watch.clone();
        runtime.set_interrupt_handler(Some(Box::new(move || handler.is_late())));
        let context = Context::full(&runtime).map_err(no_engine)?;
        let mut engine = Engine {
            runtime,
            context,
            shared: Arc::default(),
            watch,
            limits,
            spoiled: false,
        };
        engine.watch.start(LOADING);
        let context = engine.context.clone();
        context.with(|ctx| engine.load(&ctx, source, parameters))?;
        Ok(engine)
    }

    fn load(&mut self, ctx: &Ctx<'_>, source: &Source, parameters: &str) -> Result<(), String> {
        let made = self.prelude(ctx, source);
        let tools: Object<'_> = made.map_err(|_| self.problem(ctx))?;
        self.refuse_classes(ctx, &tools, &source.classes)?;
        let mut options = EvalOptions::default();
        options.strict = false;
        options.filename = Some(SCRIPT.to_owned());
        let loaded: rquickjs::Result<Value<'_>> =
            ctx.eval_with_options(source.code.as_str(), options);
        loaded.map_err(|_| format!("cannot be compiled: {}", self.problem(ctx)))?;
        let start = || -> rquickjs::Result<bool> {
            // declared with `const` it is no property of the global object
            let process: Value<'_> = ctx.eval("typeof process === 'function' ? process : null")?;
            if process.is_null() {
                return Ok(false);
            }
            let starter: Function<'_> = tools.get("starter")?;
            let run: Function<'_> = starter.call((process, parameters, source.all_arguments))?;
            ctx.globals()
                .prop(START, rquickjs::object::Property::from(run))?;
            Ok(true)
        };
        match start() {
            Ok(true) => Ok(()),
            Ok(false) => {
                Err("has no function `process`; write function process(event) { … }".to_owned())
            }
            Err(_) => Err(self.problem(ctx)),
        }
    }

    fn prelude<'js>(&self, ctx: &Ctx<'js>, source: &Source) -> rquickjs::Result<Object<'js>> {
        let host = Object::new(ctx.clone())?;
        host::add(ctx, &host, Ids::from_system())?;
        let fields = Array::new(ctx.clone())?;
        let kinds = COLUMNS
            .iter()
            .map(|column| (column.name, kind(column.kind)));
        for (n, (name, kind)) in kinds.chain([("pii", "text")]).enumerate() {
            let field = Array::new(ctx.clone())?;
            field.set(0, name)?;
            field.set(1, kind)?;
            fields.set(n, field)?;
        }
        host.set("fields", fields)?;
        host.set("accessors", source.accessors.clone())?;
        let shared = self.shared.clone();
        let get = move |index: usize| Field::of(&lock(&shared).event, index);
        host.set("get", Function::new(ctx.clone(), get)?)?;
        let shared = self.shared.clone();
        let set = move |index: usize, value: Setting| value.put(&mut lock(&shared).event, index);
        host.set("set", Function::new(ctx.clone(), set)?)?;
        let shared = self.shared.clone();
        let at = move |line: u32, column: u32| lock(&shared).thrown = Some((line, column));
        host.set("at", Function::new(ctx.clone(), at)?)?;
        let shared = self.shared.clone();
        let headers = move || lock(&shared).headers.clone();
        host.set("headers", Function::new(ctx.clone(), headers)?)?;
        let prelude: Function<'js> = ctx.eval(PRELUDE)?;
        prelude.call((host,))
    }

    /// Refuses classes that are not there before the first event needs them.
    fn refuse_classes(
        &self,
        ctx: &Ctx<'_>,
        tools: &Object<'_>,
        classes: &[Class],
    ) -> Result<(), String> {
        let knows: Function<'_> = tools.get("knows").map_err(|_| self.problem(ctx))?;
        for class in classes {
            let member = class.member.as_deref().unwrap_or_default();
            let known: rquickjs::Result<u32> = knows.call((class.name.as_str(), member));
            match known.map_err(|_| self.problem(ctx))? {
                0 => return Err(message::unknown_class(class)),
                1 => return Err(message::unknown_member(class)),
                _ => {}
            }
        }
        Ok(())
    }

    /// Whether it must not be used again.
    pub fn is_spoiled(&self) -> bool {
        self.spoiled
    }

    /// Runs the script on an event. What it has set by then stays set when it fails.
    ///
    /// # Errors
    /// Why it failed, as the reference tells it where the script itself threw.
    pub fn run(
        &mut self,
        event: &mut Event,
        headers: Vec<String>,
        code: &str,
    ) -> Result<Given, String> {
        {
            let mut shared = lock(&self.shared);
            std::mem::swap(&mut shared.event, event);
            shared.headers = headers;
            shared.thrown = None;
        }
        self.watch.start(self.limits.time);
        let context = self.context.clone();
        let given = context.with(|ctx| {
            let given = ctx
                .globals()
                .get(START)
                .and_then(|start: Function<'_>| start.call(()));
            match given.and_then(Given::of) {
                Ok(given) => Ok(given),
                Err(error) => Err(self.failure(&ctx, &error, code)),
            }
        });
        self.finish_jobs();
        std::mem::swap(&mut lock(&self.shared).event, event);
        given
    }

    /// What promises wait for; nobody looks at it, but it must not pile up.
    fn finish_jobs(&mut self) {
        let mut jobs = 0;
        while self.runtime.is_job_pending() {
            jobs += 1;
            if jobs > MOST_JOBS || self.watch.is_late() {
                self.spoiled = true;
                return;
            }
            // what one of them throws is nobody's business
            let _ = self.runtime.execute_pending_job();
        }
    }

    fn failure(&mut self, ctx: &Ctx<'_>, error: &rquickjs::Error, code: &str) -> String {
        let caught = ctx.catch();
        if self.watch.late.load(Ordering::Relaxed) {
            self.spoiled = true;
            let millis = self.limits.time.as_millis();
            return format!("the script ran longer than {millis} ms");
        }
        let thrown = lock(&self.shared).thrown;
        let told = message::Thrown::of(&caught);
        if told.as_ref().is_some_and(message::Thrown::is_out_of_memory)
            || matches!(error, rquickjs::Error::Allocation)
            // the engine throws null where there is no room for an error; no `throw` of the script was reached
            || (caught.is_null() && thrown.is_none())
        {
            self.spoiled = true;
            let bytes = self.limits.memory;
            return format!("the script needed more than {bytes} bytes of memory");
        }
        match told {
            Some(told) => told.message(thrown, code),
            None => error.to_string(),
        }
    }

    /// What was thrown while the script was read.
    fn problem(&self, ctx: &Ctx<'_>) -> String {
        let caught = ctx.catch();
        if self.watch.late.load(Ordering::Relaxed) {
            return format!("is not read within {} s", LOADING.as_secs());
        }
        match message::Thrown::of(&caught) {
            Some(told) => told.while_loading(),
            None => "unknown".to_owned(),
        }
    }
}

impl Given {
    fn of(value: Value<'_>) -> rquickjs::Result<Given> {
        if value.is_null() {
            return Ok(Given::Nothing);
        }
        match value.as_string() {
            Some(text) => Ok(Given::Json(text.to_string()?)),
            None => Ok(Given::NoJson),
        }
    }
}

fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Text => "text",
        Kind::Int => "int",
        Kind::Float => "float",
        Kind::Decimal => "decimal",
        Kind::Byte => "byte",
    }
}

/// The value of a field on its way to a script.
enum Field {
    Null,
    Text(String),
    Number(f64),
}

impl Field {
    fn of(event: &Event, index: usize) -> Field {
        if index == COLUMNS.len() {
            return event.pii.clone().map_or(Field::Null, Field::Text);
        }
        match event.cell(index) {
            Cell::Null => Field::Null,
            Cell::Text(text) => Field::Text(text.to_string()),
            Cell::Int(number) => Field::Number(f64::from(*number)),
            Cell::Float(number) => Field::Number(f64::from(*number)),
            Cell::Byte(number) => Field::Number(f64::from(*number)),
        }
    }
}

impl<'js> IntoJs<'js> for Field {
    fn into_js(self, ctx: &Ctx<'js>) -> rquickjs::Result<Value<'js>> {
        match self {
            Field::Null => OrNull::<String>(None).into_js(ctx),
            Field::Text(text) => text.into_js(ctx),
            Field::Number(number) => number.into_js(ctx),
        }
    }
}

/// The value of a field on its way back; the prelude has made it fit the field's kind.
struct Setting(Field);

impl<'js> FromJs<'js> for Setting {
    fn from_js(ctx: &Ctx<'js>, value: Value<'js>) -> rquickjs::Result<Setting> {
        Ok(Setting(if value.is_null() {
            Field::Null
        } else if value.is_string() {
            Field::Text(String::from_js(ctx, value)?)
        } else {
            Field::Number(f64::from_js(ctx, value)?)
        }))
    }
}

impl Setting {
    fn put(self, event: &mut Event, index: usize) {
        let Some(column) = COLUMNS.get(index) else {
            event.pii = match self.0 {
                Field::Text(text) => Some(text),
                _ => None,
            };
            return;
        };
        let cell = match (self.0, column.kind) {
            (Field::Text(text), Kind::Text | Kind::Decimal) => Cell::Text(text.into()),
            (Field::Number(number), Kind::Int) => Cell::Int(number as i32),
            (Field::Number(number), Kind::Float) => Cell::Float(number as f32),
            (Field::Number(number), Kind::Byte) => Cell::Byte(number as i8 as u8),
            _ => Cell::Null,
        };
        event.put(index, cell);
    }
}
