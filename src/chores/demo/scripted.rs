//! For the demo's tests: an endpoint that answers as it was told, and a machine that is none.

use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

use super::endpoint::Endpoint;
use crate::{failure::Failure, registry::CallScope, smoke::Caller};

/// One answer to one connection.
pub(super) enum Answer {
    Json(Value),
    Status(u16, &'static str),
    /// Exactly these bytes.
    Raw(&'static str),
    /// A body without an end.
    Endless,
    /// None, with the connection open.
    Silence,
}

/// What was heard: a request's head and body.
type Heard = Arc<Mutex<Vec<(String, Value)>>>;

pub(super) struct Script {
    base_url: String,
    heard: Heard,
}

impl Script {
    /// Listens, and answers one connection after the other until all answers are given.
    pub(super) async fn serving(answers: impl IntoIterator<Item = Answer>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base_url = format!("http://{}/v1", listener.local_addr().unwrap());
        let (heard, answers): (Heard, Vec<_>) = (Heard::default(), answers.into_iter().collect());
        if answers.is_empty() {
            return Self { base_url, heard };
        }
        let told = heard.clone();
        tokio::spawn(async move {
            for answer in answers {
                let (mut stream, _) = listener.accept().await.unwrap();
                let request = read(&mut stream).await;
                told.lock().unwrap().push(request);
                // The demo may have left.
                let _ = give(stream, answer).await;
            }
        });
        Self { base_url, heard }
    }

    pub(super) fn endpoint(&self) -> Endpoint {
        Endpoint::at(&self.base_url).unwrap()
    }

    pub(super) fn heard(&self) -> Vec<(String, Value)> {
        self.heard.lock().unwrap().clone()
    }
}

async fn read(stream: &mut TcpStream) -> (String, Value) {
    let mut bytes = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n")
            && let Ok(body) = serde_json::from_str(body)
        {
            return (head.to_owned(), body);
        }
        assert!(stream.read_buf(&mut bytes).await.unwrap() > 0, "the request ended early: {text}");
    }
}

async fn give(mut stream: TcpStream, answer: Answer) -> std::io::Result<()> {
    let whole = |status: u16, body: &str| {
        format!("HTTP/1.1 {status} X\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}", body.len())
    };
    match answer {
        Answer::Json(value) => stream.write_all(whole(200, &value.to_string()).as_bytes()).await,
        Answer::Status(status, body) => stream.write_all(whole(status, body).as_bytes()).await,
        Answer::Raw(bytes) => stream.write_all(bytes.as_bytes()).await,
        Answer::Endless => {
            stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await?;
            loop {
                stream.write_all(&[b'x'; 8192]).await?;
            }
        }
        Answer::Silence => {
            stream.read_u8().await?;
            Ok(())
        }
    }
}

/// Answers `vm_run`, and the four calls of a machine's life, as pyro's server would.
#[derive(Default)]
pub(super) struct Machine {
    pub(super) calls: Vec<(String, Value)>,
    /// The tool that fails.
    pub(super) broken: Option<&'static str>,
    pub(super) deleted: bool,
}

impl Caller for Machine {
    async fn call(&mut self, tool: &str, input: Value, _scope: CallScope) -> Result<Value, Failure> {
        self.calls.push((tool.to_owned(), input.clone()));
        if self.broken == Some(tool) {
            return Err(Failure::unavailable(format!("{tool} is broken")).hint("mend it"));
        }
        let works = input["command"] == "git --version";
        let (exit_code, stdout) = if works { (0, "git version 2.39.5\n") } else { (1, "") };
        match tool {
            "vm_create" => Ok(json!({ "vm_id": "vm-a", "state": "created" })),
            "vm_start" => Ok(json!({ "vm_id": "vm-a", "execution_mode": "qemu-tcg" })),
            "vm_run" | "vm_exec" => {
                self.deleted = true;
                Ok(json!({ "exit_code": exit_code, "stdout": stdout, "execution_mode": "qemu-tcg",
                           "cleanup": { "deleted": true } }))
            }
            "vm_delete" if self.deleted => Err(Failure::missing("vm-a does not exist")),
            "vm_delete" => Ok(json!({ "vm_id": "vm-a", "deleted": true })),
            other => Err(Failure::missing(format!("unknown tool `{other}`"))),
        }
    }
}
