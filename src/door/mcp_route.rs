//! One HTTP request: checked, read within bounds, and handed to the MCP server of its path.

use std::{io, net::IpAddr, sync::Arc};

use bytes::{Bytes, BytesMut};
use futures_util::StreamExt;
use http::{
    Request, Response, StatusCode,
    header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue},
};
use http_body_util::{BodyExt, BodyStream, Full, StreamBody, combinators::UnsyncBoxBody};
use hyper::body::{Body as _, Incoming};
use rmcp::transport::streamable_http_server::{
    StreamableHttpServerConfig, StreamableHttpService, session::never::NeverSessionManager,
};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};
use tokio_util::sync::CancellationToken;

use super::{
    mcp::{Server, Session},
    mcp_auth::{Asker, Auth},
    mcp_cancel::{self, Kind, Registered, UnderWay},
    mcp_files::{self, Spooled},
    mcp_guard::{self, Names, Refusal},
    mcp_http::Offer,
};
use crate::{
    failure::{Code, Failure},
    limits,
    registry::{Calls, Profile, Profiles},
    spool::Spool,
};

/// Errors are those of a download that breaks off, which ends its connection.
pub(super) type Body = UnsyncBoxBody<Bytes, io::Error>;
type Service = StreamableHttpService<Server, NeverSessionManager>;

/// Every path that is served. Shared by all connections.
pub(super) struct Door {
    /// By path; the first is served to each as wide as its token allows.
    paths: Vec<(String, Profile)>,
    /// By profile, and whether for callers elsewhere.
    servers: Vec<(Profile, Service)>,
    auth: Auth,
    names: Names,
    spool: Spool,
    /// One permit per byte of a body that is read or decoded.
    memory: Arc<Semaphore>,
    under_way: UnderWay,
    leaving: CancellationToken,
}

impl Door {
    pub(super) fn new(calls: &Calls, offer: Offer, session: &Session, leaving: CancellationToken) -> Self {
        let named = offer.named.iter().map(|profile| (format!("/mcp/{}", profile.name), profile.clone()));
        let paths = std::iter::once(("/mcp".to_owned(), offer.profile.clone())).chain(named).collect();
        let every = offer.named.into_iter().chain([offer.profile]);
        let both = every.flat_map(|profile| [profile.clone(), profile.for_strangers()]);
        let server = |profile: Profile| {
            (profile.clone(), service(Server::new(calls.clone(), profile, session.clone(), Arc::default())))
        };
        Self {
            paths,
            servers: both.map(server).collect(),
            auth: offer.auth,
            names: Names { public: offer.public, reached: None },
            spool: calls.services().spool.clone(),
            memory: Arc::new(Semaphore::new(limits::HTTP_BODIES_BYTES_MAX)),
            under_way: UnderWay::default(),
            leaving,
        }
    }

    /// `reached` is the address that the connection came to.
    pub(super) async fn answer(&self, request: Request<Incoming>, reached: Option<IpAddr>) -> Response<Body> {
        match self.admitted(request, reached).await {
            Ok(response) => response,
            Err(refusal) => refusal.response().map(mcp_files::whole_body),
        }
    }

    async fn admitted(&self, request: Request<Incoming>, reached: Option<IpAddr>) -> Result<Response<Body>, Refusal> {
        let (mut head, body) = request.into_parts();
        let names = Names { reached: reached.filter(|address| !address.is_loopback()), ..self.names.clone() };
        mcp_guard::named(&head, &names)?;
        if head.uri.path() == "/healthz" {
            return Ok(self.health());
        }
        if let Some(spooled) = Spooled::at(head.uri.path()) {
            return spooled.answer(&self.spool, &head.method, body).await;
        }
        let profile = self.paths.iter().find(|(path, _)| path == head.uri.path());
        let (_, profile) = profile.ok_or_else(|| self.nothing_at(head.uri.path()))?;
        let base_url = names.base_url(&head);
        let Asker { caller, ceiling } = self.auth.admit(&head, base_url)?;
        let server = self.server(head.uri.path(), profile, ceiling, caller.is_elsewhere())?;
        // The head goes along with the call; the token has served its purpose.
        head.headers.remove(AUTHORIZATION);
        head.extensions.insert(caller);
        let read = timeout(limits::HTTP_READ_DEADLINE, self.read(body)).await;
        let (body, _memory) = read.unwrap_or_else(|_| Err(too_slow()))?;
        let kind = mcp_cancel::kind(&head.headers, &body);
        let response = server.handle(Request::from_parts(head, Full::new(body)));
        let response = async { response.await.map(|body| body.map_err(|never| match never {}).boxed_unsync()) };
        Ok(typed(self.within_session(kind, response).await?).await)
    }

    /// What serves a profile to a caller: the path without a name as far as the token allows, the others whole or not.
    fn server(&self, path: &str, wanted: &Profile, ceiling: Profiles, elsewhere: bool) -> Result<&Service, Refusal> {
        let width = if path == "/mcp" { wanted.width.min(ceiling) } else { wanted.width };
        if width > ceiling {
            let message = format!("this token opens {} at most", ceiling.name());
            let failure = Failure::new(Code::Denied, message).hint(format!("use /mcp or /mcp/{}", ceiling.name()));
            return Err(Refusal::new(StatusCode::FORBIDDEN, failure));
        }
        let fits = |profile: &Profile| profile.width == width && profile.remote == elsewhere;
        let server = self.servers.iter().find(|(profile, _)| fits(profile));
        server.map(|(_, server)| server).ok_or_else(|| self.nothing_at(path))
    }

    fn health(&self) -> Response<Body> {
        let draining = self.leaving.is_cancelled();
        let status = if draining { "draining" } else { "ok" };
        let told = serde_json::json!({ "status": status, "version": env!("CARGO_PKG_VERSION") });
        let mut response = Response::new(mcp_files::whole_body(Full::new(Bytes::from(told.to_string()))));
        *response.status_mut() = if draining { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::OK };
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        response
    }

    /// Does for an answer what its session asks for: names it, takes it back.
    async fn within_session(
        &self,
        kind: Kind,
        response: impl Future<Output = Response<Body>>,
    ) -> Result<Response<Body>, Refusal> {
        match kind {
            Kind::Opening => {
                let session = mcp_cancel::fresh_session();
                let session = session.map_err(|failure| Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, failure))?;
                let mut response = response.await;
                response.headers_mut().insert(mcp_cancel::SESSION, session);
                return Ok(response);
            }
            Kind::Request(key) => {
                if let Some(registered) = self.under_way.register(key) {
                    return Ok(unless_canceled(registered, response).await);
                }
            }
            Kind::Cancel(key) => self.under_way.cancel(&key),
            Kind::Other => {}
        }
        Ok(response.await)
    }

    fn nothing_at(&self, path: &str) -> Refusal {
        let served: Vec<&str> = self.paths.iter().map(|(path, _)| path.as_str()).collect();
        let failure = Failure::missing(format!("nothing is served at {path}"));
        Refusal::new(StatusCode::NOT_FOUND, failure.hint(format!("served here: {}", served.join(", "))))
    }

    /// A whole body, and the permit that stands for its memory.
    async fn read(&self, mut body: Incoming) -> Result<(Bytes, OwnedSemaphorePermit), Refusal> {
        let mut bytes = BytesMut::new();
        let mut memory = self.reserve(0)?;
        if body.size_hint().lower() > limits::HTTP_BODY_BYTES_MAX as u64 {
            return Err(too_large());
        }
        while let Some(frame) = body.frame().await {
            let broken = |error| Refusal::new(StatusCode::BAD_REQUEST, Failure::invalid(format!("no body: {error}")));
            let Ok(data) = frame.map_err(broken)?.into_data() else { continue };
            if bytes.len() + data.len() > limits::HTTP_BODY_BYTES_MAX {
                return Err(too_large());
            }
            memory.merge(self.reserve(data.len())?);
            bytes.extend_from_slice(&data);
        }
        Ok((bytes.freeze(), memory))
    }

    fn reserve(&self, bytes: usize) -> Result<OwnedSemaphorePermit, Refusal> {
        let permits = u32::try_from(bytes).unwrap_or(u32::MAX);
        self.memory.clone().try_acquire_many_owned(permits).map_err(|_| {
            let limit = limits::HTTP_BODIES_BYTES_MAX;
            let failure =
                Failure::new(Code::Limit, format!("more than {limit} bytes of requests are coming in at once"));
            Refusal::new(StatusCode::SERVICE_UNAVAILABLE, failure.hint("wait for some of them to end, then call again"))
        })
    }
}

fn service(server: Server) -> Service {
    let config = StreamableHttpServerConfig::default()
        .with_legacy_session_mode(false)
        .with_json_response(true)
        .with_max_request_body_bytes(limits::HTTP_BODY_BYTES_MAX)
        // The guard has looked already, and stricter.
        .disable_allowed_hosts();
    StreamableHttpService::new(move || Ok(server.clone()), Arc::new(NeverSessionManager::default()), config)
}

/// The answer, which ends early if its request is canceled: dropping it is how rmcp takes a call back.
async fn unless_canceled(registered: Registered, response: impl Future<Output = Response<Body>>) -> Response<Body> {
    let canceled = registered.canceled.clone();
    let response = tokio::select! {
        response = response => response,
        () = canceled.cancelled() => {
            let mut nothing = Response::new(mcp_files::whole_body(Full::default()));
            *nothing.status_mut() = StatusCode::ACCEPTED;
            return nothing;
        }
    };
    response.map(|body| {
        let frames = BodyStream::new(body).take_until(canceled.cancelled_owned());
        // It counts as under way to its last byte.
        let frames = frames.map(move |frame| {
            let _held = &registered;
            frame
        });
        BodyExt::boxed_unsync(StreamBody::new(frames))
    })
}

fn too_large() -> Refusal {
    let failure = Failure::new(Code::Limit, format!("a request takes {} bytes at most", limits::HTTP_BODY_BYTES_MAX));
    Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, failure)
}

fn too_slow() -> Refusal {
    let seconds = limits::HTTP_READ_DEADLINE.as_secs();
    let failure = Failure::new(Code::TimedOut, format!("the request's body did not come within {seconds} s"));
    Refusal::new(StatusCode::REQUEST_TIMEOUT, failure)
}

/// rmcp refuses some requests in plain text; a failure in JSON instead.
async fn typed(mut response: Response<Body>) -> Response<Body> {
    let json = response.headers().get(CONTENT_TYPE).is_some_and(|kind| kind == "application/json");
    let status = response.status();
    if json || !(status.is_client_error() || status.is_server_error()) {
        return response;
    }
    let text = response.body_mut().collect().await.map(|text| text.to_bytes()).unwrap_or_default();
    let text = String::from_utf8_lossy(&text).into_owned();
    let failure = if status.is_server_error() { Failure::internal(text) } else { Failure::invalid(text) };
    let refusal = Refusal::new(status, failure).response();
    // What rmcp said besides stays, such as which methods are allowed.
    for (name, value) in refusal.headers() {
        response.headers_mut().insert(name, value.clone());
    }
    response.map(|_| mcp_files::whole_body(refusal.into_body()))
}
