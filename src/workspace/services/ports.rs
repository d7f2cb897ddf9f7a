//! The ports that a service wants to be reached at.

use crate::{
    egress::Policy,
    failure::{Code, Failure},
    ids::WorkspaceId,
    limits,
    supervisor::wire::WantedPort,
};

/// Reads `GUEST` and `HOST:GUEST`.
pub(super) fn wanted(texts: &[String]) -> Result<Vec<WantedPort>, Failure> {
    let ports = texts.iter().map(|text| port(text)).collect::<Result<Vec<_>, _>>()?;
    if ports.len() > limits::PUBLISHED_PORTS_MAX {
        let message = format!("{} published ports are more than {}", ports.len(), limits::PUBLISHED_PORTS_MAX);
        return Err(Failure::new(Code::Limit, message));
    }
    for (at, port) in ports.iter().enumerate() {
        let before = &ports[..at];
        if before.contains(port) || before.iter().any(|one| one.host_port.is_some() && one.host_port == port.host_port)
        {
            return Err(Failure::invalid(format!("published_ports name {:?} twice", texts[at])));
        }
    }
    Ok(ports)
}

fn port(text: &str) -> Result<WantedPort, Failure> {
    let shown: String = text.chars().take(80).collect();
    let number = |text: &str| text.parse::<u16>().ok().filter(|port| *port > 0);
    let (host, guest) = match text.split_once(':') {
        Some((host, guest)) => (Some(number(host)), number(guest)),
        None => (None, number(text)),
    };
    let wrong = || {
        Failure::invalid(format!("{shown:?} is no published port"))
            .hint("say the guest's port (8080), or the host's and the guest's (18080:8080)")
    };
    let (host_port, guest_port) = (host.map(|host| host.ok_or_else(wrong)).transpose()?, guest.ok_or_else(wrong)?);
    if host_port.is_some_and(|port| port < limits::HOST_PORT_MIN) {
        let message = format!("{shown:?} asks for a privileged port of the host");
        return Err(Failure::invalid(message).hint(format!("take one from {} on", limits::HOST_PORT_MIN)));
    }
    Ok(WantedPort { host_port, guest_port })
}

/// Refuses ports where the policy has none.
pub(super) fn admit(id: &WorkspaceId, policy: &Policy) -> Result<(), Failure> {
    if policy.publishes() {
        return Ok(());
    }
    Err(Failure::new(Code::Denied, format!("the network policy of {id} publishes no ports")).hint(format!(
        "create one with network_policy egress+published-ports; a person can change this one: pyro workspace network \
         allow {id} --network-policy egress+published-ports"
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(texts: &[&str]) -> Result<Vec<WantedPort>, Failure> {
        wanted(&texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn ports_are_read_or_refused() {
        let both =
            [WantedPort { host_port: None, guest_port: 8080 }, WantedPort { host_port: Some(18080), guest_port: 80 }];
        assert_eq!(of(&["8080", "18080:80"]).unwrap(), both);
        let wrong =
            ["", ":", "0", "65536", "80:", ":80", "80:80:80", "-1", "http", "1023:80", "0:80", "127.0.0.1:80", " 80"];
        for text in wrong {
            assert_eq!(of(&[text]).unwrap_err().code, Code::Invalid, "{text}");
        }
        assert_eq!(of(&["80", "80"]).unwrap_err().code, Code::Invalid);
        assert_eq!(of(&["8080:80", "8080:81"]).unwrap_err().code, Code::Invalid);
        assert!(of(&["8080:80", "8081:80"]).is_ok());
        assert_eq!(of(&["80"; 17]).unwrap_err().code, Code::Limit);
    }
}
