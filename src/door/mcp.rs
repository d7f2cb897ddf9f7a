//! MCP's requests as calls of the registry, in both protocol eras. Declares tools and nothing else.

use std::{
    sync::{Arc, PoisonError},
    time::Duration,
};

use base64::{Engine, engine::general_purpose::STANDARD};
use rmcp::{
    ErrorData, RoleServer, ServerHandler,
    model::{
        CacheScope, CallToolRequestParams, CallToolResponse, CallToolResult, CompleteRequestMethod,
        CompleteRequestParams, CompleteResult, ContentBlock, CustomRequest, CustomResult, DiscoverResult, ErrorCode,
        Implementation, ListPromptsRequestMethod, ListPromptsResult, ListResourceTemplatesRequestMethod,
        ListResourceTemplatesResult, ListResourcesRequestMethod, ListResourcesResult, ListToolsResult,
        PaginatedRequestParams, Resource, ServerCapabilities, ServerConfig, Tool,
    },
    service::RequestContext,
};
use serde_json::Value;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{mcp_progress::Relay, mcp_tool};
use crate::{
    failure::Failure,
    limits,
    registry::{Attachment, Attachments, CallScope, Calls, Profile, Profiles},
    workspace::Caller,
};

/// The list only changes with the program.
const FRESH_FOR: Duration = Duration::from_secs(3600);

/// Calls that are taken back together and waited for together.
#[derive(Clone, Default)]
pub(super) struct Session {
    pub(super) canceled: CancellationToken,
    pub(super) calls: TaskTracker,
}

/// Reports that are still under way when the answer is there may take so long.
const LAST_REPORTS: Duration = Duration::from_millis(200);

/// Answers one client. Cheap to clone.
#[derive(Clone)]
pub(super) struct Server {
    calls: Calls,
    profile: Profile,
    tools: Arc<Vec<Tool>>,
    session: Session,
    /// Who it is where the transport does not say.
    caller: Arc<Caller>,
}

impl Server {
    pub(super) fn new(calls: Calls, profile: Profile, session: Session, caller: Arc<Caller>) -> Self {
        let tools = calls.registry().shown(&profile).map(|entry| mcp_tool::definition(entry, &profile)).collect();
        Self { tools: Arc::new(tools), calls, profile, session, caller }
    }

    /// What a token opens is not for who shows another.
    fn cache_scope(&self) -> CacheScope {
        if self.profile.remote { CacheScope::Private } else { CacheScope::Public }
    }

    fn caller(&self, context: &RequestContext<RoleServer>) -> Arc<Caller> {
        let head = context.extensions.get::<http::request::Parts>();
        head.and_then(|head| head.extensions.get::<Arc<Caller>>()).unwrap_or(&self.caller).clone()
    }

    async fn run(&self, request: CallToolRequestParams, context: RequestContext<RoleServer>) -> CallToolResult {
        let _counted = self.session.calls.token();
        let canceled = self.session.canceled.child_token();
        let (relay, progress) = Relay::new(&context);
        // Programs wait as long as it takes; hosts give a call a minute.
        let patience = (self.profile.width != Profiles::None).then_some(limits::YIELD);
        let attachments = Attachments::default();
        let scope = CallScope {
            canceled: canceled.clone(),
            progress,
            output: None,
            patience,
            door: "mcp",
            caller: self.caller(&context),
            attachments: Some(attachments.clone()),
        };
        let arguments = request.arguments.map_or(Value::Null, Value::Object);
        let mut call = std::pin::pin!(self.calls.call(&request.name, arguments, &self.profile, scope));
        let mut relayed = std::pin::pin!(relay.run());
        let mut asked = false;
        let mut relaying = true;
        let outcome = loop {
            tokio::select! {
                biased;
                () = &mut relayed, if relaying => relaying = false,
                outcome = &mut call => break outcome,
                () = context.ct.cancelled(), if !asked => {
                    asked = true;
                    canceled.cancel();
                }
            }
        };
        if relaying {
            // What was reported comes before the answer; a client that takes nothing must not hold it.
            let _ = tokio::time::timeout(LAST_REPORTS, relayed).await;
        }
        match outcome {
            Ok(output) => {
                let mut result = CallToolResult::structured(output);
                let attachments = std::mem::take(&mut *attachments.lock().unwrap_or_else(PoisonError::into_inner));
                result.content.extend(attachments.into_iter().map(block));
                result
            }
            Err(failure) => failed(&failure),
        }
    }
}

/// What stands beside the result. Hosts that read structured results alone miss nothing: its fields say the same.
fn block(attachment: Attachment) -> ContentBlock {
    match attachment {
        Attachment::Image { media_type, bytes } => ContentBlock::image(STANDARD.encode(bytes), media_type),
        Attachment::Link { url, name, media_type } => {
            ContentBlock::resource_link(Resource::new(url, name).with_mime_type(media_type))
        }
    }
}

/// A failure the model can read and act upon.
fn failed(failure: &Failure) -> CallToolResult {
    let text = serde_json::to_string(failure).unwrap_or_else(|_| failure.message.clone());
    CallToolResult::error(vec![ContentBlock::text(text)])
}

fn fresh_for() -> u64 {
    u64::try_from(FRESH_FOR.as_millis()).unwrap_or(0)
}

impl ServerHandler for Server {
    fn get_info(&self) -> ServerConfig {
        let us = Implementation::new("pyro", env!("CARGO_PKG_VERSION")).with_title("pyro virtual machines");
        ServerConfig::new(ServerCapabilities::builder().enable_tools().build())
            .with_server_info(us)
            .with_instructions(self.profile.instructions.clone())
    }

    async fn discover(&self, _context: RequestContext<RoleServer>) -> Result<DiscoverResult, ErrorData> {
        let versions = self.supported_protocol_versions().into_owned();
        let discovered = DiscoverResult::from_server_info(versions, self.get_info());
        Ok(discovered.with_ttl_ms(fresh_for()).with_cache_scope(self.cache_scope()))
    }

    async fn list_tools(
        &self,
        _request: Option<PaginatedRequestParams>,
        _context: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        let list = ListToolsResult::with_all_items(self.tools.to_vec());
        Ok(list.with_ttl_ms(fresh_for()).with_cache_scope(self.cache_scope()))
    }

    fn get_tool(&self, name: &str) -> Option<Tool> {
        self.tools.iter().find(|tool| tool.name == name).cloned()
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        // The specification wants a protocol error here; hosts show its message to the model all the same.
        if let Err(unknown) = self.calls.registry().find(&request.name, &self.profile) {
            let hint = unknown.hint.map(|hint| format!("; {hint}")).unwrap_or_default();
            return Err(ErrorData::invalid_params(format!("{}{hint}", unknown.message), None));
        }
        Ok(CallToolResponse::Complete(self.run(request, context).await))
    }

    async fn on_custom_request(
        &self,
        request: CustomRequest,
        _context: RequestContext<RoleServer>,
    ) -> Result<CustomResult, ErrorData> {
        // Known methods come here when their parameters do not decode.
        if request.method == "tools/call" {
            return Err(ErrorData::invalid_params("tools/call takes `name` and, as a JSON object, `arguments`", None));
        }
        Err(ErrorData::new(ErrorCode::METHOD_NOT_FOUND, request.method, None))
    }

    // rmcp answers these with empty success even where nothing of the kind is declared.

    async fn complete(
        &self,
        _request: CompleteRequestParams,
        _context: RequestContext<RoleServer>,
    ) -> Result<CompleteResult, ErrorData> {
        Err(ErrorData::method_not_found::<CompleteRequestMethod>())
    }

    async fn list_prompts(
        &self,
        _request: Option<PaginatedRequestParams>,
        _context: RequestContext<RoleServer>,
    ) -> Result<ListPromptsResult, ErrorData> {
        Err(ErrorData::method_not_found::<ListPromptsRequestMethod>())
    }

    async fn list_resources(
        &self,
        _request: Option<PaginatedRequestParams>,
        _context: RequestContext<RoleServer>,
    ) -> Result<ListResourcesResult, ErrorData> {
        Err(ErrorData::method_not_found::<ListResourcesRequestMethod>())
    }

    async fn list_resource_templates(
        &self,
        _request: Option<PaginatedRequestParams>,
        _context: RequestContext<RoleServer>,
    ) -> Result<ListResourceTemplatesResult, ErrorData> {
        Err(ErrorData::method_not_found::<ListResourceTemplatesRequestMethod>())
    }
}
