//! pyro on another host, by MCP over streamable HTTP: the Rust SDK's second half. One connection per call, so that a call
//! whose future is dropped is a caller that left, and ends over there.

mod answer;
mod arguments;
mod place;
mod stream;

use bytes::Bytes;
use http::{Request, header};
use http_body_util::{BodyExt, Full, Limited};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::{net::TcpStream, time::Duration};
use tokio_util::task::AbortOnDropHandle;

pub(crate) use self::arguments::without_defaults;
use self::{place::Place, stream::Events};
use crate::{
    failure::{Code, Failure},
    registry::{CallScope, Registry, Tool},
    tools,
};

/// Whoever listens accepts within this.
const CONNECT_DEADLINE: Duration = Duration::from_secs(10);
/// The longest answer that is read, bytes: a result's 256 KiB twice, as JSON in text, and images beside it.
const ANSWER_BYTES_MAX: usize = 32 * 1024 * 1024;
/// The revision of MCP in which a request stands for itself.
const REVISION: &str = "2026-07-28";
const REVISION_KEY: &str = "io.modelcontextprotocol/protocolVersion";
/// The only request of its connection.
const ID: u64 = 1;

/// A `pyro mcp serve --http` on any host. Cheap to clone; needs a tokio runtime.
///
/// It has the tools of the profile at its URL, within what its token opens: `…/mcp` serves the server's own profile,
/// `…/mcp/workspace-full` all that remote callers have. Paths on hosts are neither's: seeds are uploaded to a URL that
/// `workspace_upload_open` answers, exports are downloaded. Progress is told; output does not stream.
///
/// ```no_run
/// # async fn example() -> Result<(), pyro_mcp::Failure> {
/// use pyro_mcp::{Remote, input, tools::vm_run};
///
/// let pyro = Remote::at("http://10.0.0.5:8931/mcp", Some("the token of `pyro token create`"))?;
/// let input = input::<vm_run::Input>(serde_json::json!({"environment": "debian:12", "command": "uname -s"}))?;
/// assert_eq!(pyro.call(input).await?.stdout, "Linux\n");
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct Remote {
    place: Place,
    token: Option<header::HeaderValue>,
    registry: Registry,
}

impl Remote {
    /// Names the server and connects to nothing yet. `url` is plain HTTP; where the server is reached by TLS, name a proxy on
    /// this host that adds it.
    pub fn at(url: &str, token: Option<&str>) -> Result<Self, Failure> {
        let token = token.map(|token| {
            let mut value = header::HeaderValue::try_from(format!("Bearer {token}"))
                .map_err(|_| Failure::invalid("the token has characters that no token has"))?;
            value.set_sensitive(true);
            Ok::<_, Failure>(value)
        });
        Ok(Self { place: Place::at(url)?, token: token.transpose()?, registry: Registry::new(tools::all()) })
    }

    /// Runs one tool.
    ///
    /// Parameters that have their default are not sent: a narrower profile need not know them.
    pub async fn call<T: Tool>(&self, input: T) -> Result<T::Output, Failure> {
        let entry = self.registry.of::<T>()?;
        let arguments = serde_json::to_value(input).map_err(|error| Failure::internal(error.to_string()))?;
        let output = self.call_json(entry.name, without_defaults(entry, arguments), CallScope::default()).await?;
        serde_json::from_value(output).map_err(|error| {
            Failure::unavailable(format!("the server's result of {} is not complete: {error}", entry.name))
                .hint("have its pyro brought to the version of this library or a later one")
        })
    }

    /// Runs one tool by its name; `scope` carries progress and cancellation.
    pub async fn call_json(&self, tool: &str, arguments: Value, scope: CallScope) -> Result<Value, Failure> {
        let canceled = scope.canceled.clone();
        tokio::select! {
            answered = self.exchange(tool, arguments, &scope) => answered,
            () = canceled.cancelled() => Err(Failure::new(Code::Canceled, format!("{tool} was taken back"))),
        }
    }

    async fn exchange(&self, tool: &str, arguments: Value, scope: &CallScope) -> Result<Value, Failure> {
        let request = self.request(tool, arguments, scope.progress.is_some())?;
        let (mut requests, connection) =
            http1::handshake(TokioIo::new(self.connected().await?)).await.map_err(|error| self.broken(tool, &error))?;
        // It ends with this call, in whatever way that ends.
        let _driver = AbortOnDropHandle::new(tokio::spawn(connection));
        let answer = requests.send_request(request).await.map_err(|error| self.broken(tool, &error))?;
        let (head, body) = answer.into_parts();
        let mut body = Limited::new(body, ANSWER_BYTES_MAX);
        if head.status.is_success() && answer::is_stream(&head.headers) {
            let mut events = Events::default();
            while let Some(frame) = body.frame().await {
                let frame = frame.map_err(|error| self.broken(tool, &error))?;
                for message in events.take(frame.data_ref().map_or(&[], |data| data)) {
                    match answer::progress(&message) {
                        Some(progress) => scope.progress.iter().for_each(|sink| sink(progress.clone())),
                        None if message["id"] == ID => return answer::result(tool, &message),
                        None => {}
                    }
                }
            }
            return Err(self.broken(tool, &"the stream ended without an answer"));
        }
        let body = body.collect().await.map_err(|error| self.broken(tool, &error))?.to_bytes();
        answer::whole(tool, &self.place.url(), head.status, &body)
    }

    fn request(&self, tool: &str, arguments: Value, progress: bool) -> Result<Request<Full<Bytes>>, Failure> {
        let mut meta = json!({ REVISION_KEY: REVISION, "io.modelcontextprotocol/clientCapabilities": {} });
        if progress {
            meta["progressToken"] = ID.into();
        }
        let params = json!({ "name": tool, "arguments": arguments, "_meta": meta });
        let message = json!({ "jsonrpc": "2.0", "id": ID, "method": "tools/call", "params": params });
        let mut request = Request::post(self.place.path())
            .header(header::HOST, self.place.http.authority())
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::ACCEPT, "application/json, text/event-stream")
            .header("mcp-protocol-version", REVISION)
            .header("mcp-method", "tools/call")
            .header("mcp-name", tool);
        if let Some(token) = &self.token {
            request = request.header(header::AUTHORIZATION, token);
        }
        let body = Full::new(Bytes::from(message.to_string()));
        request.body(body).map_err(|_| Failure::invalid(format!("{tool:?} is no tool's name")))
    }

    async fn connected(&self) -> Result<TcpStream, Failure> {
        self.place.http.connect(CONNECT_DEADLINE).await.map_err(|why| {
            Failure::unavailable(format!("nothing serves {}: {why}", self.place.url()))
                .hint("start it there with `pyro mcp serve --http ADDRESS`")
        })
    }

    fn broken(&self, tool: &str, why: &impl ToString) -> Failure {
        let message = format!("the connection to {} broke off under {tool}: {}", self.place.url(), why.to_string());
        Failure::unavailable(message).hint("see with workspace_list or workspace_logs what was done, then call again")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn where_nothing_listens_is_told() {
        let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let remote = Remote::at(&format!("http://{closed}/mcp"), None).unwrap();
        let failure = remote.call_json("vm_run", json!({}), CallScope::default()).await.unwrap_err();
        assert!(failure.code == Code::Unavailable && failure.message.starts_with("nothing serves http://127"));
    }

    #[test]
    fn a_token_is_one_line() {
        assert!(Remote::at("http://localhost/mcp", Some("a\nb")).is_err());
    }
}
