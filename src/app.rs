//! The only place where concrete things are put together; and the Rust SDK, which is the same thing.

use serde_json::Value;

use crate::{
    environment::Environments,
    failure::Failure,
    host::Dirs,
    registry::{CallScope, Calls, Entry, Journal, Profile, Registry, Services, Tool},
    remote::without_defaults,
    supervisor::Spawner,
    tools,
    workspace::{Machines, Settings},
};

/// Every tool of this build.
pub fn registry() -> Registry {
    Registry::new(tools::all())
}

/// The services below the registry.
pub fn services(dirs: &Dirs) -> Result<Services, Failure> {
    let environments = Environments::new(dirs.clone());
    let spawner = Spawner::Detached { pyro: None };
    let machines = Machines::new(dirs.clone(), environments.clone(), spawner, Settings::from_env()?);
    Ok(Services::over(machines, environments))
}

/// What a door needs to run calls of `registry` on this host.
pub fn calls(registry: &Registry, dirs: &Dirs) -> Result<Calls, Failure> {
    Ok(Calls::new(registry.clone(), services(dirs)?, Journal::below(&dirs.home)))
}

/// pyro in this process: the Rust SDK. Cheap to clone; needs a tokio runtime.
///
/// Every tool is a type, `tools::NAME::Input`, whose fields are its parameters, and whose [`Tool::Output`] is what
/// [`call`](Self::call) answers. [`input`] makes one of those parameters that matter. [`Remote`](crate::Remote) is the same
/// for a pyro on another host.
///
/// Machines belong to the state directory (`PYRO_HOME`), not to this value: a workspace outlives the program that made it,
/// and other programs and `pyro` on the command line see it. The binaries `pyro` and `pyro-guest` run beside each machine
/// and in it; they are found by `PYRO_BIN`, beside this program, then on `PATH`.
///
/// Whatever goes wrong with a call is a [`Failure`]: a code to branch on, a message, and a hint what to do next. A command
/// that fails is no failure of the call: see `exit_code` and `exit_reason` of its result. A call whose future is dropped ends,
/// and so does the command it runs.
///
/// One command in a machine of its own:
///
/// ```no_run
/// # async fn example() -> Result<(), pyro_mcp::Failure> {
/// use pyro_mcp::{Pyro, input, tools::vm_run};
///
/// let input = input::<vm_run::Input>(serde_json::json!({"environment": "debian:12", "command": "uname -s"}))?;
/// let output = Pyro::open()?.call(input).await?;
/// assert_eq!((output.exit_code, output.stdout.as_str()), (0, "Linux\n"));
/// # Ok(()) }
/// ```
///
/// A workspace, which keeps its files until it is deleted:
///
/// ```no_run
/// # async fn example() -> Result<(), pyro_mcp::Failure> {
/// use pyro_mcp::{Pyro, input, tools::{workspace_create, workspace_delete, workspace_exec}};
/// use serde_json::json;
///
/// let pyro = Pyro::open()?;
/// let create = input::<workspace_create::Input>(json!({"environment": "debian:12", "seed_path": "./project"}))?;
/// let id = pyro.call(create).await?.workspace_id;
/// let exec = json!({"workspace_id": id, "command": "./check.sh", "timeout_seconds": 600});
/// let ran = pyro.call(input::<workspace_exec::Input>(exec)?).await;
/// // Whatever came of it: a workspace stays until it is deleted.
/// pyro.call(input::<workspace_delete::Input>(json!({"workspace_id": id}))?).await?;
/// println!("{:?}", ran?.exit_code);
/// # Ok(()) }
/// ```
///
/// What needs no machine runs as it stands here:
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use pyro_mcp::{Code, Pyro, host::Dirs, input, tools::{workspace_list, workspace_status}};
/// use serde_json::json;
///
/// let place = tempfile::tempdir()?;
/// let dirs = Dirs { home: place.path().join("state"), cache: place.path().join("cache") };
/// let pyro = Pyro::open_in(&dirs, Vec::new())?;
/// let list = pyro.call(input::<workspace_list::Input>(json!({}))?).await?;
/// assert_eq!(list.count, 0);
///
/// let status = pyro.call(input::<workspace_status::Input>(json!({"workspace_id": "app"}))?).await;
/// assert_eq!(status.map(|_| ()).map_err(|failure| failure.code), Err(Code::Missing));
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct Pyro {
    calls: Calls,
    profile: Profile,
}

impl Pyro {
    /// Opens the state that the environment names: `PYRO_HOME`, else `$XDG_STATE_HOME/pyro`, else `~/.local/state/pyro`.
    pub fn open() -> Result<Self, Failure> {
        Self::open_in(&Dirs::from_env()?, Vec::new())
    }

    /// Opens the state in `dirs`, with tools of the program's own besides pyro's.
    pub fn open_in(dirs: &Dirs, own: Vec<Entry>) -> Result<Self, Failure> {
        let registry = Registry::new(tools::all().into_iter().chain(own).collect());
        Ok(Self::over(calls(&registry, dirs)?))
    }

    /// Over a registry and services that were put together otherwise.
    pub fn over(calls: Calls) -> Self {
        Self { calls, profile: Profile::everything() }
    }

    /// Runs one tool. It takes as long as its own limits allow: a command's `timeout_seconds`, and minutes where an environment
    /// is built first.
    ///
    /// # Errors
    ///
    /// The [`Failure`] every door tells: its codes are those of [`Code`](crate::Code).
    pub async fn call<T: Tool>(&self, input: T) -> Result<T::Output, Failure> {
        let no_json = |error: serde_json::Error| Failure::internal(format!("not the tool's JSON: {error}"));
        let entry = self.calls.registry().of::<T>()?;
        let arguments = without_defaults(entry, serde_json::to_value(input).map_err(no_json)?);
        let output = self.call_json(entry.name, arguments, CallScope { door: "rust", ..CallScope::default() }).await?;
        serde_json::from_value(output).map_err(no_json)
    }

    /// Runs one tool by its name, as models do; `scope` carries progress, output and cancellation.
    ///
    /// ```no_run
    /// # async fn example() -> Result<(), pyro_mcp::Failure> {
    /// use pyro_mcp::{Pyro, registry::CallScope};
    ///
    /// let scope = CallScope {
    ///     progress: Some(std::sync::Arc::new(|progress| eprintln!("{}", progress.step))),
    ///     ..CallScope::default()
    /// };
    /// let arguments = serde_json::json!({"environment": "debian:12", "command": "git --version"});
    /// let result = Pyro::open()?.call_json("vm_run", arguments, scope).await?;
    /// println!("{}", result["stdout"]);
    /// # Ok(()) }
    /// ```
    pub async fn call_json(&self, tool: &str, arguments: Value, scope: CallScope) -> Result<Value, Failure> {
        self.calls.call(tool, arguments, &self.profile, scope).await
    }

    /// What runs the calls, for a door of the program's own.
    pub fn calls(&self) -> &Calls {
        &self.calls
    }
}

/// A tool's input; parameters that are left out take their defaults, and unknown ones are refused.
///
/// ```
/// use pyro_mcp::{Code, input, tools::vm_run};
/// use serde_json::json;
///
/// let run = input::<vm_run::Input>(json!({"environment": "debian:12", "command": "make test"}))?;
/// assert_eq!((run.mem_mib, run.network), (1024, false));
///
/// let wrong = input::<vm_run::Input>(json!({"environment": "debian:12", "cmd": "make test"}));
/// assert_eq!(wrong.map(|_| ()).map_err(|failure| failure.code), Err(Code::Invalid));
/// # Ok::<(), pyro_mcp::Failure>(())
/// ```
pub fn input<T: Tool>(parameters: Value) -> Result<T, Failure> {
    serde_json::from_value(parameters).map_err(|error| Failure::invalid(error.to_string()))
}
