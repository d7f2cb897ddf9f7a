//! What clients ask of a machine's services.

use http::{Method, Request, Response};
use hyper::body::Incoming;
use pyro_protocol::{GuestError, GuestErrorCode};

use crate::{
    ids::ServiceName,
    supervisor::{
        drive::Shared,
        serve::{Body, json, read},
        wire,
    },
};

/// Answers everything at and below [`wire::SERVICES`].
pub(in crate::supervisor) async fn answer(
    request: Request<Incoming>,
    shared: &Shared,
) -> Result<Response<Body>, GuestError> {
    let missing = |what: &str| GuestError::new(GuestErrorCode::Missing, what.to_owned());
    let services = shared.services.as_ref().ok_or_else(|| missing("this machine keeps no services"))?;
    if (request.method(), request.uri().path()) == (&Method::POST, wire::SERVICES) {
        return json(&services.start(shared, read(request).await?).await?);
    }
    let path = request.uri().path().strip_prefix(wire::SERVICES).and_then(|path| path.strip_prefix('/'));
    let (name, verb) = path.map_or(("", ""), |path| path.split_once('/').unwrap_or((path, "")));
    let name: ServiceName =
        name.parse().map_err(|_| GuestError::new(GuestErrorCode::Invalid, "no service can be called that"))?;
    let found = match (request.method(), verb) {
        (&Method::GET, "") => services.status(&name),
        (&Method::POST, wire::SERVICE_STOP) => services.stop(&name).await,
        _ => return Err(missing("no such route")),
    };
    json(&found.ok_or_else(|| missing("no such service runs"))?)
}
