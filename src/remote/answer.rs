//! What a server's answer means. Pure.

use http::{HeaderMap, StatusCode, header::CONTENT_TYPE};
use serde_json::Value;

use crate::{
    failure::{Code, Failure},
    progress::Progress,
};

/// As much of a foreign complaint as is told, characters.
const COMPLAINT_CHARS_MAX: usize = 300;
const PERCENT: f64 = 100.0;

pub(super) fn is_stream(headers: &HeaderMap) -> bool {
    let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    kind.is_some_and(|kind| kind.starts_with("text/event-stream"))
}

/// What a notification tells of how far the call is.
pub(super) fn progress(message: &Value) -> Option<Progress> {
    let params = message.get("params").filter(|_| message["method"] == "notifications/progress")?;
    let fraction = params["total"].as_f64().and(params["progress"].as_f64()).map(|done| done / PERCENT);
    Some(Progress { step: params["message"].as_str().unwrap_or("working").to_owned(), fraction })
}

/// An answer in one piece.
pub(super) fn whole(tool: &str, url: &str, status: StatusCode, body: &[u8]) -> Result<Value, Failure> {
    let json: Option<Value> = serde_json::from_slice(body).ok();
    match json {
        Some(message) if message["jsonrpc"] == "2.0" => result(tool, &message),
        // A refusal before MCP is a failure as it is.
        Some(refusal) if !status.is_success() && refusal["code"].is_string() => Err(failure(&refusal, tool)),
        _ => {
            let said: String = String::from_utf8_lossy(body).chars().take(COMPLAINT_CHARS_MAX).collect();
            let message = format!("{url} answered with status {} and no MCP: {said}", status.as_u16());
            let code = match status {
                StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Code::Denied,
                _ => Code::Unavailable,
            };
            Err(Failure::new(code, message).hint("is it a pyro, and does the URL end in /mcp?").bounded())
        }
    }
}

/// The answer to a call of `tool`: its result, or its failure.
pub(super) fn result(tool: &str, message: &Value) -> Result<Value, Failure> {
    if let Some(error) = message.get("error") {
        // MCP's own refusals; an unknown tool is one of them.
        let said = error["message"].as_str().unwrap_or("the server gave no reason");
        return Err(Failure::invalid(format!("{tool} was not taken: {said}")).bounded());
    }
    let result = &message["result"];
    if result["isError"] == true {
        let text = result["content"][0]["text"].as_str().unwrap_or_default();
        return Err(failure(&serde_json::from_str(text).unwrap_or_else(|_| text.into()), tool));
    }
    let output = result.get("structuredContent").filter(|output| output.is_object());
    output.cloned().ok_or_else(|| Failure::unavailable(format!("the server answered {tool} without a result")))
}

/// A failure as it was sent. One whose code a later version added is still a failure.
fn failure(sent: &Value, tool: &str) -> Failure {
    let failure = serde_json::from_value(sent.clone()).unwrap_or_else(|_| {
        let said = sent["message"].as_str().or(sent.as_str()).filter(|said| !said.is_empty());
        let mut failure = Failure::internal(said.map_or_else(|| format!("{tool} failed"), str::to_owned));
        failure.hint = sent["hint"].as_str().map(str::to_owned);
        failure
    });
    failure.bounded()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(status: u16, body: &Value) -> Result<Value, Failure> {
        whole("vm_run", "http://here/mcp", StatusCode::from_u16(status).unwrap(), body.to_string().as_bytes())
    }

    fn answered(result: &Value) -> Result<Value, Failure> {
        read(200, &json!({"jsonrpc": "2.0", "id": 1, "result": result}))
    }

    #[test]
    fn a_result_is_what_is_structured() {
        let result = json!({"content": [{"type": "text", "text": "{}"}], "structuredContent": {"exit_code": 3}});
        assert_eq!(answered(&result).unwrap(), json!({"exit_code": 3}));
        assert_eq!(answered(&json!({"content": []})).unwrap_err().code, Code::Unavailable);
    }

    #[test]
    fn failures_stay_what_they_were() {
        let sent = Failure::conflict("it runs").hint("stop it");
        let text = serde_json::to_string(&sent).unwrap();
        let failed =
            |text: &str| answered(&json!({"isError": true, "content": [{"type": "text", "text": text}]})).unwrap_err();
        assert_eq!(failed(&text), sent);
        let later = failed(r#"{"code": "of_tomorrow", "message": "too new", "hint": "wait"}"#);
        assert_eq!(later, Failure::internal("too new").hint("wait"));
        assert_eq!(failed("").message, "vm_run failed");
        let refused = read(401, &json!({"code": "denied", "message": "no token", "hint": "show one"})).unwrap_err();
        assert_eq!(refused, Failure::new(Code::Denied, "no token").hint("show one"));
        let error = json!({"jsonrpc": "2.0", "id": 1, "error": {"code": -32602, "message": "no tool vm_rum"}});
        assert_eq!(read(200, &error).unwrap_err().message, "vm_run was not taken: no tool vm_rum");
    }

    #[test]
    fn who_is_no_pyro_is_told_as_such() {
        for (status, body, code) in [
            (502, "<html>bad gateway", Code::Unavailable),
            (403, "go away", Code::Denied),
            (200, "", Code::Unavailable),
        ] {
            let failure = whole("vm_run", "http://here/", StatusCode::from_u16(status).unwrap(), body.as_bytes());
            let failure = failure.unwrap_err();
            assert!(failure.code == code && failure.message.contains(&status.to_string()), "{failure:?}");
        }
    }

    #[test]
    fn progress_is_read_as_it_is_sent() {
        let told = |params: Value| progress(&json!({"method": "notifications/progress", "params": params})).unwrap();
        let half = told(json!({"progressToken": 1, "progress": 50.0, "total": 100.0, "message": "unpacking"}));
        assert_eq!(half, Progress { step: "unpacking".into(), fraction: Some(0.5) });
        assert_eq!(told(json!({"progress": 0.01})), Progress { step: "working".into(), fraction: None });
        assert_eq!(progress(&json!({"method": "notifications/message", "params": {}})), None);
    }
}
