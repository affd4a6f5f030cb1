#include <fmt/format.h>
#include <opentelemetry/exporters/otlp/otlp_http_exporter_factory.h>
#include <opentelemetry/exporters/otlp/otlp_http_exporter_options.h>
#include <opentelemetry/sdk/common/global_log_handler.h>
#include <opentelemetry/sdk/instrumentationscope/instrumentation_scope.h>
#include <opentelemetry/sdk/resource/resource.h>
#include <opentelemetry/sdk/trace/batch_span_processor.h>
#include <opentelemetry/sdk/trace/batch_span_processor_options.h>
#include <opentelemetry/sdk/trace/recordable.h>

#include <atomic>

#include "common/tracing/span_record.h"
#include "common/tracing/tracing.h"

namespace crosspoint::tracing {
namespace {

namespace otel = opentelemetry;

std::atomic<bool> export_lives{false};

// The ids are ours already, so spans go past the SDK's tracer straight into its batch processor.
class OtlpSink final : public SpanSink {
 public:
  OtlpSink(const ExportConfig& config, std::string_view service, std::string_view instance)
      : resource_(otel::sdk::resource::Resource::Create({{"service.name", fmt::format("crosspoint-{}", service)},
                                                         {"service.namespace", "crosspoint"},
                                                         {"service.instance.id", std::string(instance)}})),
        scope_(otel::sdk::instrumentationscope::InstrumentationScope::Create("crosspoint")) {
    otel::exporter::otlp::OtlpHttpExporterOptions exporter;
    exporter.url = config.endpoint;
    exporter.content_type = otel::exporter::otlp::HttpRequestContentType::kBinary;
    exporter.timeout = std::chrono::seconds(5);
    otel::sdk::trace::BatchSpanProcessorOptions batch;
    batch.schedule_delay_millis = std::chrono::milliseconds(1000);
    processor_ = std::make_unique<otel::sdk::trace::BatchSpanProcessor>(
        otel::exporter::otlp::OtlpHttpExporterFactory::Create(exporter), batch);
  }

  ~OtlpSink() override { processor_->Shutdown(std::chrono::seconds(1)); }

  void Take(SpanRecord span) override {
    auto out = processor_->MakeRecordable();
    const otel::trace::TraceFlags flags(otel::trace::TraceFlags::kIsSampled);
    out->SetIdentity(
        otel::trace::SpanContext(TraceId(span.context.trace_id), SpanId(span.context.span_id), flags, false),
        SpanId(span.parent_span_id));
    out->SetTraceFlags(flags);
    out->SetName(span.name);
    out->SetSpanKind(Kind(span.kind));
    out->SetStartTime(otel::common::SystemTimestamp(span.start));
    out->SetDuration(span.duration);
    for (const auto& [key, value] : span.attributes) {
      if (const auto* text = std::get_if<std::string>(&value)) {
        out->SetAttribute(key, otel::nostd::string_view(*text));
      } else {
        out->SetAttribute(key, std::get<int64_t>(value));
      }
    }
    if (!span.error.empty()) out->SetStatus(otel::trace::StatusCode::kError, span.error);
    out->SetResource(resource_);
    out->SetInstrumentationScope(*scope_);
    processor_->OnEnd(std::move(out));
  }

  bool Flush(std::chrono::milliseconds limit) { return processor_->ForceFlush(limit); }

 private:
  static otel::trace::TraceId TraceId(const std::array<uint8_t, 16>& id) {
    return otel::trace::TraceId(otel::nostd::span<const uint8_t, 16>(id.data(), id.size()));
  }
  static otel::trace::SpanId SpanId(const std::array<uint8_t, 8>& id) {
    return otel::trace::SpanId(otel::nostd::span<const uint8_t, 8>(id.data(), id.size()));
  }
  static otel::trace::SpanKind Kind(SpanKind kind) {
    switch (kind) {
      case SpanKind::kInternal:
        return otel::trace::SpanKind::kInternal;
      case SpanKind::kServer:
        return otel::trace::SpanKind::kServer;
      case SpanKind::kClient:
        return otel::trace::SpanKind::kClient;
      case SpanKind::kProducer:
        return otel::trace::SpanKind::kProducer;
      case SpanKind::kConsumer:
        return otel::trace::SpanKind::kConsumer;
    }
    return otel::trace::SpanKind::kInternal;
  }

  otel::sdk::resource::Resource resource_;
  std::unique_ptr<otel::sdk::instrumentationscope::InstrumentationScope> scope_;
  std::unique_ptr<otel::sdk::trace::BatchSpanProcessor> processor_;  // last: its thread reads the others
};

}  // namespace

struct Export::State {
  std::shared_ptr<OtlpSink> sink;  // shared with spans that end while export stops
};

Export::Export(std::unique_ptr<State> state) : state_(std::move(state)) {}

absl::StatusOr<std::unique_ptr<Export>> Export::Start(const ExportConfig& config, std::string_view service,
                                                      std::string_view instance) {
  if (!config.endpoint.starts_with("http://") && !config.endpoint.starts_with("https://")) {
    return absl::InvalidArgumentError("must be an http or https URL such as http://collector:4318/v1/traces");
  }
  if (export_lives.exchange(true)) return absl::FailedPreconditionError("spans are being exported already");
  // The SDK prints to standard output on its own; a collector that is away is not worth a line per batch.
  otel::sdk::common::internal_log::GlobalLogHandler::SetLogLevel(otel::sdk::common::internal_log::LogLevel::None);
  auto state = std::make_unique<State>();
  state->sink = std::make_shared<OtlpSink>(config, service, instance);
  InstallSink(state->sink, config.sample_ratio);
  return std::unique_ptr<Export>(new Export(std::move(state)));
}

Export::~Export() {
  InstallSink(nullptr, 0);
  state_->sink->Flush(std::chrono::seconds(1));
  state_.reset();
  export_lives = false;
}

bool Export::Flush(std::chrono::milliseconds limit) { return state_->sink->Flush(limit); }

}  // namespace crosspoint::tracing
