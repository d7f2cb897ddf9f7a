//! An OpenAI-compatible endpoint over plain HTTP: one question, one answer, both bounded. Knows nothing of tools.

use std::time::Duration;

use bytes::Bytes;
use http::{Request, StatusCode};
use http_body_util::{BodyExt, Full, Limited};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpStream;
use tokio_util::task::AbortOnDropHandle;

use crate::{
    failure::{Code, Failure},
    host::{HttpPlace, NoPlace},
};

/// Whoever listens accepts within this.
const CONNECT_DEADLINE: Duration = Duration::from_secs(5);
/// One answer: a model of some billion parameters may be read from disk first and computed on a CPU.
const ANSWER_DEADLINE: Duration = Duration::from_secs(300);
/// The longest answer that is read, bytes: far more than a sentence and a call need.
const ANSWER_BYTES_MAX: usize = 1024 * 1024;
/// As much of a complaint as is told, characters.
const COMPLAINT_CHARS_MAX: usize = 300;
const PATH: &str = "/chat/completions";
const LOOK_HERE: &str = "start it, e.g. `ollama serve`, or name where it listens with --base-url";

/// Where questions go.
#[derive(Debug)]
pub(super) struct Endpoint {
    /// As its user named it, without a last slash.
    base_url: String,
    place: HttpPlace,
    path: String,
    deadline: Duration,
}

impl Endpoint {
    pub(super) fn at(base_url: &str) -> Result<Self, Failure> {
        let wrong = |why: &str| {
            Failure::invalid(format!("--base-url {base_url} {why}"))
                .hint("it is the root of the API, e.g. http://localhost:11434/v1")
        };
        let base_url = base_url.trim_end_matches('/');
        let place = HttpPlace::at(base_url).map_err(|why| match why {
            NoPlace::Tls => wrong(&why.to_string())
                .hint("name an endpoint over plain http, e.g. Ollama's own, or a proxy on this host that adds TLS"),
            why => wrong(&why.to_string()),
        })?;
        let path = format!("{}{PATH}", place.path().trim_end_matches('/'));
        Ok(Self { base_url: base_url.to_owned(), place, path, deadline: ANSWER_DEADLINE })
    }

    #[cfg(test)]
    pub(super) fn within(self, deadline: Duration) -> Self {
        Self { deadline, ..self }
    }

    /// Asks and answers the JSON that came back with status 200.
    pub(super) async fn ask(&self, question: &Value) -> Result<Value, Failure> {
        let stream = self.connected().await?;
        let answer = tokio::time::timeout(self.deadline, self.exchange(stream, question)).await;
        answer.unwrap_or_else(|_| {
            let message = format!("{} did not answer within {} s", self.base_url, self.deadline.as_secs_f32());
            Err(Failure::new(Code::TimedOut, message).hint("name a smaller model with --model, or a faster endpoint"))
        })
    }

    async fn connected(&self) -> Result<TcpStream, Failure> {
        let absent = |why| Failure::unavailable(format!("nothing serves {}: {why}", self.base_url)).hint(LOOK_HERE);
        self.place.connect(CONNECT_DEADLINE).await.map_err(absent)
    }

    async fn exchange(&self, stream: TcpStream, question: &Value) -> Result<Value, Failure> {
        let broken = |error: hyper::Error| self.stranger(&format!("the connection broke off: {error}"));
        let (mut requests, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(broken)?;
        // How it ends, its request or its body tells.
        let _driver = AbortOnDropHandle::new(tokio::spawn(connection));
        let request = Request::post(&self.path)
            .header("host", self.place.authority())
            .header("content-type", "application/json")
            .header("accept", "application/json")
            .body(Full::new(Bytes::from(question.to_string())))
            .map_err(|error| Failure::internal(error.to_string()))?;
        let answer = requests.send_request(request).await.map_err(broken)?;
        let status = answer.status();
        let body = Limited::new(answer.into_body(), ANSWER_BYTES_MAX).collect().await;
        let body = body.map_err(|error| self.stranger(&format!("its answer was not read: {error}")))?.to_bytes();
        if status != StatusCode::OK {
            return Err(self.refusal(status, &body));
        }
        serde_json::from_slice(&body).map_err(|_| self.stranger(&format!("it answered no JSON: {}", shown(&body))))
    }

    /// It speaks, but not as such an endpoint.
    pub(super) fn stranger(&self, why: &str) -> Failure {
        Failure::unavailable(format!("{} is no chat-completions endpoint: {why}", self.base_url))
            .hint("--base-url is the root of an OpenAI-compatible API, e.g. http://localhost:11434/v1")
    }

    fn refusal(&self, status: StatusCode, body: &[u8]) -> Failure {
        let said: Option<Value> = serde_json::from_slice(body).ok();
        let said = said.as_ref().map(|said| &said["error"]);
        let said = said.and_then(|error| error.as_str().or_else(|| error["message"].as_str()));
        let said = said.map_or_else(|| shown(body), |said| shown(said.as_bytes()));
        let message = format!("{} refused with status {}: {said}", self.base_url, status.as_u16());
        match status {
            StatusCode::NOT_FOUND => Failure::missing(message)
                .hint("have the model there, e.g. `ollama pull MODEL`, name another with --model, or mend --base-url"),
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Failure::new(Code::Denied, message)
                .hint("this demo shows no key: name an endpoint with --base-url that wants none"),
            StatusCode::BAD_REQUEST => {
                Failure::unavailable(message).hint("name a model that can call tools with --model, e.g. llama3.2:3b")
            }
            _ => Failure::unavailable(message).hint("its own log may say more"),
        }
    }
}

/// The beginning of what came, on one line.
fn shown(body: &[u8]) -> String {
    super::talk::line(&String::from_utf8_lossy(body), COMPLAINT_CHARS_MAX)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::chores::demo::scripted::{Answer, Script};

    async fn asked(answer: Answer) -> Result<Value, Failure> {
        let script = Script::serving([answer]).await;
        script.endpoint().within(Duration::from_millis(300)).ask(&json!({ "model": "m" })).await
    }

    #[test]
    fn only_plain_http_is_taken() {
        let endpoint = Endpoint::at("http://[::1]:8080/v1/").unwrap();
        assert_eq!((endpoint.path.as_str(), endpoint.place.authority()), ("/v1/chat/completions", "[::1]:8080"));
        assert_eq!(Endpoint::at("http://here").unwrap().path, "/chat/completions");
        let refused = Endpoint::at("https://api.example.com/v1").unwrap_err();
        assert!(refused.message.contains("TLS") && refused.hint.unwrap().contains("plain http"));
        for wrong in ["", "localhost:11434", "ftp://x", "/v1", "http://a:b@c/v1", "http://c/v1?key=x"] {
            assert_eq!(Endpoint::at(wrong).unwrap_err().code, Code::Invalid, "{wrong}");
        }
    }

    #[tokio::test]
    async fn a_question_goes_there_and_its_answer_comes_back() {
        let script = Script::serving([Answer::Json(json!({ "a": 1 }))]).await;
        assert_eq!(script.endpoint().ask(&json!({ "model": "m" })).await.unwrap(), json!({ "a": 1 }));
        let heard = script.heard();
        assert!(heard[0].0.starts_with("POST /v1/chat/completions HTTP/1.1\r\n"), "{}", heard[0].0);
        assert_eq!(heard[0].1, json!({ "model": "m" }));
    }

    #[tokio::test]
    async fn what_is_no_endpoint_is_told_as_what_it_is() {
        let cases = [
            (Answer::Raw("HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\n<html>"), Code::Unavailable, "no JSON: <html>"),
            (Answer::Raw("SSH-2.0-OpenSSH_9.2\r\n"), Code::Unavailable, "broke off"),
            (Answer::Raw(""), Code::Unavailable, "broke off"),
            (Answer::Silence, Code::TimedOut, "did not answer within 0.3 s"),
            (
                Answer::Status(404, r#"{"error": {"message": "model 'x' not found"}}"#),
                Code::Missing,
                "404: model 'x' not",
            ),
            (Answer::Status(401, "{}"), Code::Denied, "status 401"),
            (Answer::Status(400, r#"{"error": "m does not support tools"}"#), Code::Unavailable, "does not support"),
            (Answer::Status(500, "\u{1b}[2Jburnt"), Code::Unavailable, "status 500: [2Jburnt"),
        ];
        for (answer, code, words) in cases {
            let failure = asked(answer).await.unwrap_err();
            assert!(failure.code == code && failure.message.contains(words), "{words}: {failure:?}");
            assert!(failure.hint.is_some(), "{words}");
        }
        let closed = Script::serving([]).await.endpoint();
        let failure = closed.ask(&json!({})).await.unwrap_err();
        assert!(failure.code == Code::Unavailable && failure.message.starts_with("nothing serves http://127"));
        assert!(failure.hint.unwrap().contains("ollama serve"));
    }

    #[tokio::test]
    async fn an_endless_answer_is_not_read_to_its_end() {
        let failure = asked(Answer::Endless).await.unwrap_err();
        assert!(failure.message.contains("was not read"), "{failure:?}");
    }
}
