//! Traces: what a collector receives of one answer.

use crate::service::{Service, json};
use crate::support::library;
use opentelemetry_proto::tonic::collector::trace::v1::trace_service_server::{
    TraceService, TraceServiceServer,
};
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use opentelemetry_proto::tonic::trace::v1::Span;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use tokio::net::TcpListener;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::{Request, Response, Status};

/// A collector that keeps what it is sent.
#[derive(Clone, Default)]
struct Collector {
    spans: Arc<Mutex<Vec<Span>>>,
}

#[tonic::async_trait]
impl TraceService for Collector {
    async fn export(
        &self,
        request: Request<ExportTraceServiceRequest>,
    ) -> Result<Response<ExportTraceServiceResponse>, Status> {
        let resources = request.into_inner().resource_spans;
        let scopes = resources.into_iter().flat_map(|resource| resource.scope_spans);
        let spans = scopes.flat_map(|scope| scope.spans);
        self.spans.lock().expect("no panic before").extend(spans);
        Ok(Response::new(ExportTraceServiceResponse::default()))
    }
}

impl Collector {
    async fn listen(&self) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let server = tonic::transport::Server::builder().add_service(TraceServiceServer::new(self.clone()));
        tokio::spawn(server.serve_with_incoming(TcpListenerStream::new(listener)));
        address
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_is_traced_room_by_room_without_its_words() {
    let collector = Collector::default();
    let address = format!("http://{}", collector.listen().await);
    let served = tokio::task::spawn_blocking(move || {
        // Quiet logs must not quiet the traces.
        let settings = [
            ("CODECITE_TELEMETRY__OTLP_URL", address.as_str()),
            ("CODECITE_TELEMETRY__LOG", "error"),
        ];
        let service = Service::start(library(), &settings);
        let answer = json(&service.ask("What is CPT 38900 for Mrs Zebra?", "application/json"));
        assert_eq!(answer["summary"]["outcome"], "answered", "{answer:#}");
        service.stop()
    });
    let (code, log) = served.await.expect("the service was stopped");
    assert_eq!(code, Some(0), "{log}");

    let spans = collector.spans.lock().expect("no panic before");
    let names: Vec<&str> = spans.iter().map(|span| span.name.as_str()).collect();
    let find = |name: &str| spans.iter().find(|span| span.name == name).expect(name);
    assert!(names.contains(&"retrieval.retrieve"), "{names:?}");
    let retrieve = find("retrieval.retrieve");
    let above = spans.iter().find(|span| span.span_id == retrieve.parent_span_id);
    assert!(above.is_some(), "the search stands under its answer: {names:?}");
    let told = format!("{spans:?}");
    assert!(!told.contains("Zebra"), "a trace told the question's words");
}
