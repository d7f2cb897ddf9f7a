//! Names to addresses, each asked for once per request: what was judged is what is connected to.

use std::{future::Future, io, net::IpAddr, pin::Pin, sync::Arc, time::Duration};

use tokio::{net::lookup_host, time::timeout};

use super::trouble::Trouble;
use crate::sys;

/// The addresses of one name, in the order in which they are to be tried.
pub type Resolving = Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send>>;
/// Looks names up.
pub type Resolver = Arc<dyn Fn(String) -> Resolving + Send + Sync>;

/// The host's own file of names.
const HOSTS: &str = "/etc/hosts";

/// The host's own resolver: its file of names, then DNS. The name is asked for as it is: with the host's search list
/// another one would be found than was judged.
pub fn system_resolver() -> Resolver {
    sys::resolve_without_modules();
    Arc::new(|name| {
        Box::pin(async move {
            let listed = listed(&tokio::fs::read_to_string(HOSTS).await.unwrap_or_default(), &name);
            if !listed.is_empty() {
                return Ok(listed);
            }
            let found = lookup_host((format!("{name}."), 0)).await?;
            Ok(found.map(|address| address.ip()).collect())
        })
    })
}

/// What a file of names says of one.
fn listed(hosts: &str, name: &str) -> Vec<IpAddr> {
    let lines = hosts.lines().map(|line| line.split('#').next().unwrap_or_default().split_whitespace());
    let addresses = lines.filter_map(|mut words| {
        let address = words.next()?.parse().ok()?;
        words.any(|word| word.trim_end_matches('.').eq_ignore_ascii_case(name)).then_some(address)
    });
    addresses.collect()
}

/// The addresses of a name, at least one.
pub(super) async fn resolve(resolver: &Resolver, name: &str, within: Duration) -> Result<Vec<IpAddr>, Trouble> {
    let why = match timeout(within, resolver(name.to_owned())).await {
        Ok(Ok(found)) if !found.is_empty() => return Ok(found),
        Ok(Ok(_)) => "it has no addresses".to_owned(),
        Ok(Err(error)) => error.to_string(),
        Err(_) => {
            return Err(Trouble::TimedOut(format!("{name} was not resolved within {} s", within.as_secs())));
        }
    };
    Err(Trouble::Unreachable(format!("{name} cannot be resolved: {why}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_of_names_is_read_as_it_is_written() {
        let hosts =
            "127.0.0.1 localhost\n192.0.2.1\tDB.internal db # 192.0.2.2 db\n#192.0.2.3 db\n2001:db8::1 db.\nodd db\n";
        let found = |name| listed(hosts, name).iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
        assert_eq!(found("db"), "192.0.2.1 2001:db8::1");
        assert_eq!(found("db.internal"), "192.0.2.1");
        assert_eq!(found("192.0.2.1"), "");
    }
}
