//! One connection of a guest's program to the proxy, from its first request to its end.

use std::{
    convert::Infallible,
    future::Future,
    net::IpAddr,
    pin::Pin,
    sync::{Mutex, MutexGuard, PoisonError},
};

use http::{Method, Request, Response, header};
use http_body_util::{BodyExt, Empty};
use hyper::{
    body::Incoming,
    server::conn::http1,
    service::service_fn,
    upgrade::{self, OnUpgrade},
};
use hyper_util::rt::{TokioIo, TokioTimer};
use pyro_protocol::network::{Denied, Rule};
use tokio::{
    io::{AsyncRead, AsyncWrite, AsyncWriteExt},
    sync::watch,
    time::Duration,
};

use super::{
    Gate, Policy,
    connect::{self, Connection},
    decide::{self, Refusal},
    plain,
    resolve::resolve,
    route::{Route, denied},
    target::{Host, Target, split},
    trouble::{Body, Trouble},
    tunnel::{self, End},
    upstream::Proxy,
};
use crate::{
    limits,
    link::{Heard, Pulse},
};

/// Told of a refusal before its program is; it may ask the guest who that is.
pub type Told = Pin<Box<dyn Future<Output = ()> + Send>>;

/// A silent connection gets this longer than what is awaited on it, so that the program can be told.
const LAST_WORDS: Duration = Duration::from_secs(10);
const WITH_BODY: &str = "a CONNECT request has no body";
const NO_PORT: &str = "a CONNECT request names a host and a port: `CONNECT HOST:PORT`";

pub(super) struct Visit<'a, F> {
    gate: &'a Gate,
    denied: F,
    pulse: Pulse,
    /// Where the last request went; judged again when the policy changes.
    route: Mutex<Option<Route>>,
    /// What is to become of the connection once its request for it is answered.
    tunnel: Mutex<Option<Tunnel>>,
}

struct Tunnel {
    target: Target,
    server: Connection,
    /// The program's stream, once the proxy's consent is written.
    client: OnUpgrade,
}

impl<'a, F: Fn(Denied) -> Told + Send + Sync> Visit<'a, F> {
    pub(super) fn new(gate: &'a Gate, denied: F) -> Self {
        Self { gate, denied, pulse: Pulse::default(), route: Mutex::default(), tunnel: Mutex::default() }
    }

    /// Serves until the program or its servers are done, nothing moves any more, or a new policy closes where it went.
    pub(super) async fn serve(&self, stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static) {
        let stream = Heard { stream, pulse: self.pulse.clone() };
        // From before the first request on, so that no change is missed.
        let policies = self.gate.policies();
        tokio::select! {
            () = self.talk(stream) => {}
            () = self.pulse.silent(limits::EGRESS_SILENCE + LAST_WORDS) => {}
            () = self.closed(policies) => {}
        }
    }

    /// Resolves once a new policy closes where the last request went.
    async fn closed(&self, mut policies: watch::Receiver<Policy>) {
        while policies.changed().await.is_ok() {
            let route = self.route().clone();
            let policy = policies.borrow_and_update().clone();
            if route.is_some_and(|route| route.open(&policy).is_err()) {
                return;
            }
        }
    }

    /// Requests, and the tunnel that the last of them may have asked for.
    async fn talk(&self, stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static) {
        let service = service_fn(|request| async { Ok::<_, Infallible>(self.answer(request).await) });
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(limits::EGRESS_HEAD_DEADLINE)
            .max_buf_size(limits::EGRESS_HEAD_BYTES_MAX)
            .max_headers(limits::EGRESS_HEADERS_MAX)
            .auto_date_header(false)
            .serve_connection(TokioIo::new(stream), service)
            .with_upgrades();
        // A program that left or spoke nonsense is its own trouble.
        let ended = connection.await;
        let tunnel = self.tunnel.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let (Ok(()), Some(Tunnel { target, server, client })) = (ended, tunnel)
            && let Ok(client) = client.await
        {
            self.carry(TokioIo::new(client), server, &target).await;
        }
    }

    async fn answer(&self, request: Request<Incoming>) -> Response<Body> {
        let answer = match *request.method() {
            Method::CONNECT => self.connect(request).await,
            _ => self.plain(request).await,
        };
        match answer {
            Ok(answer) => answer,
            Err(trouble) => {
                if let Trouble::Denied(denied) = &trouble {
                    (self.denied)(denied.clone()).await;
                }
                trouble.answer()
            }
        }
    }

    async fn connect(&self, mut request: Request<Incoming>) -> Result<Response<Body>, Trouble> {
        let headers = request.headers();
        let empty = headers.get(header::CONTENT_LENGTH).is_none_or(|length| length == "0");
        if !empty || headers.contains_key(header::TRANSFER_ENCODING) {
            return Err(Trouble::Malformed(WITH_BODY));
        }
        let uri = request.uri();
        let authority = uri.authority().filter(|_| uri.scheme().is_none()).ok_or(Trouble::Malformed(NO_PORT))?;
        let (host, port) = split(authority.as_str(), None).ok_or(Trouble::Malformed(NO_PORT))?;
        let target = target(host, port)?;
        let via = self.gate.upstream.for_tunnel(&target);
        let addresses = self.judge(&target, via).await?;
        let server = match via {
            Some(proxy) => connect::through(proxy, &target, &self.gate.resolver).await?,
            None => self.reach(&addresses, &target).await?,
        };
        let client = upgrade::on(&mut request);
        *self.tunnel.lock().unwrap_or_else(PoisonError::into_inner) = Some(Tunnel { target, server, client });
        Ok(Response::new(Empty::new().map_err(|never: Infallible| match never {}).boxed_unsync()))
    }

    async fn carry(&self, mut client: impl AsyncRead + AsyncWrite + Unpin, mut server: Connection, target: &Target) {
        let judge = |hello: &_| decide::by_hello(&self.gate.policies().borrow(), target, hello);
        let end = tunnel::carry(&mut client, &mut server, judge).await;
        if let End::Refused(refusal) = end
            && let Trouble::Denied(denied) = denied(target, refusal)
        {
            (self.denied)(denied).await;
        }
        // Both ends are told, whatever came before.
        let _ = client.shutdown().await;
    }

    async fn plain(&self, request: Request<Incoming>) -> Result<Response<Body>, Trouble> {
        let (host, port) = plain::asked(&request)?;
        let target = target(host, port)?;
        let via = self.gate.upstream.for_plain(&target);
        let addresses = self.judge(&target, via).await?;
        let connection = match via {
            Some(proxy) => connect::to_proxy(proxy, &self.gate.resolver).await?,
            None => self.reach(&addresses, &target).await?,
        };
        let request = plain::outgoing(request, &target, via)?;
        tokio::select! {
            answer = plain::forward(request, connection, &target, via) => answer,
            () = self.pulse.silent(limits::EGRESS_SILENCE) => {
                let within = limits::EGRESS_SILENCE.as_secs() / 60;
                Err(Trouble::TimedOut(format!("{target} did not answer within {within} minutes")))
            }
        }
    }

    /// Judges where a request goes, and answers the addresses that may be connected to. The name is resolved here and
    /// never again.
    async fn judge(&self, target: &Target, via: Option<&Proxy>) -> Result<Vec<IpAddr>, Trouble> {
        *self.route() = None;
        decide::by_name(&self.gate.policies().borrow(), target).map_err(|refusal| denied(target, refusal))?;
        let addresses = match &target.host {
            Host::Address(address) => vec![*address],
            Host::Name(name) if via.is_some() => {
                resolve(&self.gate.resolver, name, limits::EGRESS_RESOLVE_BESIDE).await.unwrap_or_default()
            }
            Host::Name(name) => resolve(&self.gate.resolver, name, limits::EGRESS_RESOLVE).await?,
        };
        self.go(Route { target: target.clone(), addresses, chosen_upstream: via.is_some() })
    }

    /// Connects to one of the addresses, which from then on is the only one that counts.
    async fn reach(&self, addresses: &[IpAddr], target: &Target) -> Result<Connection, Trouble> {
        let connection = connect::directly(addresses, target).await?;
        if let Ok(peer) = connection.get_ref().peer_addr() {
            self.go(Route { target: target.clone(), addresses: vec![peer.ip()], chosen_upstream: false })?;
        }
        Ok(connection)
    }

    /// Puts a route in place, then judges it: a policy that changes meanwhile is seen either here or by whoever waits
    /// for a change.
    fn go(&self, route: Route) -> Result<Vec<IpAddr>, Trouble> {
        *self.route() = Some(route.clone());
        let policy = self.gate.policies().borrow().clone();
        route.open(&policy).inspect_err(|_| *self.route() = None)
    }

    fn route(&self) -> MutexGuard<'_, Option<Route>> {
        self.route.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn target(host: &str, port: u16) -> Result<Target, Trouble> {
    let malformed = || Trouble::denied(host, port, Refusal { rule: Rule::MalformedHost, allow: None });
    Host::parse(host).map(|host| Target { host, port }).ok_or_else(malformed)
}
