//! Logs on stderr, and traces to an OpenTelemetry collector where one is configured.

use crate::settings::{LogFormat, TelemetrySettings};
use anyhow::{Context, Result};
use opentelemetry::trace::TracerProvider;
use opentelemetry_otlp::tonic_types::transport::ClientTlsConfig;
use opentelemetry_otlp::{SpanExporter, WithExportConfig, WithTonicConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{Sampler, SdkTracerProvider};
use std::io::IsTerminal;
use std::panic::PanicHookInfo;
use tracing::Level;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer};

/// What has to be sent out before the program ends.
pub struct Telemetry {
    traces: Option<SdkTracerProvider>,
}

impl Telemetry {
    /// Sends what is still held.
    pub fn finish(self) {
        if let Some(traces) = self.traces
            && let Err(error) = traces.shutdown()
        {
            eprintln!("codecite: the last traces were not sent: {error}");
        }
    }
}

/// Starts logs and traces. A verb at the terminal is quiet but for warnings; the service tells more.
pub fn start(settings: &TelemetrySettings, is_service: bool) -> Result<Telemetry> {
    let wanted = if is_service {
        settings.log.as_str()
    } else {
        "warn,qdrant_edge=error"
    };
    let filter = EnvFilter::try_new(wanted).context("telemetry.log")?;
    // Colours are for a person at a terminal; in a file they are noise between the words.
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal());
    let lines = match settings.format {
        LogFormat::Text => lines.with_target(false).boxed(),
        LogFormat::Json => lines.json().flatten_event(true).boxed(),
    };
    let traces = traces(settings)?;
    let spans = traces.as_ref().map(|provider| {
        tracing_opentelemetry::layer()
            .with_tracer(provider.tracer("codecite"))
            // Ours alone, whatever is logged: fewer log lines must not mean fewer traces.
            .with_filter(Targets::new().with_target("codecite", Level::INFO))
    });
    tracing_subscriber::registry()
        .with(lines.with_filter(filter))
        .with(spans)
        .try_init()
        .context("logging was started twice")?;
    std::panic::set_hook(Box::new(tell_where));
    Ok(Telemetry { traces })
}

/// What a shell reports of a program that a closed pipe has ended: 128 and the number of SIGPIPE.
const PIPE_CLOSED: i32 = 141;

/// Tells where a panic happened and not its message, which may repeat the words of a question. A reader that has seen
/// enough, as `head` does, is no defect: `println!` panics there, and the program ends as others do.
fn tell_where(panic: &PanicHookInfo<'_>) {
    let message = panic.payload_as_str().unwrap_or_default();
    if message.starts_with("failed printing to stdout") && message.contains("Broken pipe") {
        std::process::exit(PIPE_CLOSED);
    }
    let place = panic.location().map(ToString::to_string).unwrap_or_default();
    tracing::error!(%place, "a defect: the program panicked");
}

fn traces(settings: &TelemetrySettings) -> Result<Option<SdkTracerProvider>> {
    if settings.otlp_url.is_empty() {
        return Ok(None);
    }
    let mut exporter = SpanExporter::builder()
        .with_tonic()
        .with_endpoint(&settings.otlp_url);
    if settings.otlp_url.starts_with("https://") {
        exporter = exporter.with_tls_config(ClientTlsConfig::new().with_enabled_roots());
    }
    let exporter = exporter.build().context("telemetry.otlp_url")?;
    let provider = SdkTracerProvider::builder()
        .with_batch_exporter(exporter)
        .with_sampler(Sampler::ParentBased(Box::new(Sampler::TraceIdRatioBased(
            settings.trace_share,
        ))))
        .with_resource(Resource::builder().with_service_name("codecite").build())
        .build();
    Ok(Some(provider))
}
