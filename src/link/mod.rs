//! stub
use bytes::Bytes;
use http::Method;
use pyro_protocol::{GuestError, control::*, exec::*, frame::Event};
use serde::{Serialize, de::DeserializeOwned};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
pub trait Duplex: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Duplex for T {}
pub type ByteStream = Box<dyn Duplex>;
#[derive(Debug, thiserror::Error)]
pub enum LinkError {
    #[error("lost {0}")]
    Lost(String),
    #[error("refused {0}")]
    Refused(GuestError),
}
#[derive(Clone, Debug)]
pub struct Link {}
pub struct ExecStream {}
impl ExecStream {
    pub async fn next(&mut self) -> Result<Option<Event>, LinkError> {
        todo!()
    }
}
#[allow(unused)]
impl Link {
    pub async fn open_guest(stream: ByteStream, within: Duration) -> Result<Self, LinkError> {
        todo!()
    }
    pub async fn open_plain(stream: ByteStream) -> Result<Self, LinkError> {
        todo!()
    }
    pub async fn closed(&self) {
        todo!()
    }
    pub fn same_as(&self, o: &Link) -> bool {
        todo!()
    }
    pub async fn call<Q: Serialize, A: DeserializeOwned>(&self, m: Method, p: &str, q: &Q) -> Result<A, LinkError> {
        todo!()
    }
    pub async fn wake(&self, w: &Wake) -> Result<Health, LinkError> {
        todo!()
    }
    pub async fn shutdown(&self, w: &Shutdown) -> Result<(), LinkError> {
        todo!()
    }
    pub async fn exec(&self, r: &ExecRequest) -> Result<ExecStream, LinkError> {
        todo!()
    }
    pub async fn exec_resume(&self, e: u64, a: u64, b: u64) -> Result<ExecStream, LinkError> {
        todo!()
    }
    pub async fn exec_cancel(&self, e: u64) -> Result<(), LinkError> {
        todo!()
    }
    pub async fn exec_forget(&self, e: u64) -> Result<(), LinkError> {
        todo!()
    }
}
