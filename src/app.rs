//! The only place where concrete things are put together; and the Rust SDK, which is the same thing.

use serde_json::Value;

use crate::{
    environment::Environments,
    failure::Failure,
    host::Dirs,
    registry::{CallScope, Calls, Entry, Journal, Profile, Registry, Services, Tool},
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
/// ```no_run
/// # async fn example() -> Result<(), pyro_mcp::Failure> {
/// use pyro_mcp::{Pyro, tools::vm_run};
///
/// let input = serde_json::json!({"environment": "debian:12", "command": "uname -s"});
/// let input: vm_run::Input = serde_json::from_value(input).map_err(|e| pyro_mcp::Failure::invalid(e.to_string()))?;
/// let output = Pyro::open()?.call(input).await?;
/// assert_eq!(output.exit_code, 0);
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct Pyro {
    calls: Calls,
    profile: Profile,
}

impl Pyro {
    /// Opens the state that the environment names (`PYRO_HOME`).
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

    /// Runs one tool.
    pub async fn call<T: Tool>(&self, input: T) -> Result<T::Output, Failure> {
        let no_json = |error: serde_json::Error| Failure::internal(format!("not the tool's JSON: {error}"));
        let tool = self.calls.registry().of::<T>()?.name;
        let arguments = serde_json::to_value(input).map_err(no_json)?;
        let output = self.call_json(tool, arguments, CallScope { door: "rust", ..CallScope::default() }).await?;
        serde_json::from_value(output).map_err(no_json)
    }

    /// Runs one tool by its name; `scope` carries progress, output and cancellation.
    pub async fn call_json(&self, tool: &str, arguments: Value, scope: CallScope) -> Result<Value, Failure> {
        self.calls.call(tool, arguments, &self.profile, scope).await
    }

    pub fn calls(&self) -> &Calls {
        &self.calls
    }
}
