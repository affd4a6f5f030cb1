#include "exchange_sim/sim.h"

#include <thread>

#include "common/httpd/http_server.h"
#include "common/status/status.h"
#include "exchange_sim/access.h"
#include "exchange_sim/error.h"
#include "exchange_sim/photo.h"
#include "exchange_sim/schema_check.h"
#include "exchange_sim/server/admin.h"
#include "exchange_sim/server/faults.h"
#include "exchange_sim/server/stats.h"
#include "exchange_sim/server/streaming.h"
#include "fmt/format.h"

namespace crosspoint::exchange_sim {
namespace {

constexpr std::string_view kEwsPath = "/EWS/Exchange.asmx";
constexpr std::string_view kPhotoPath = "/EWS/Exchange.asmx/s/GetUserPhoto";
constexpr std::string_view kXml = "text/xml; charset=utf-8";
constexpr size_t kMaxBody = 35u << 20;  // Exchange takes messages of that size by default
constexpr int kMaxThreads = 3000;       // one for each open connection

using Handler = Answer (*)(Call&);

const std::map<std::string_view, Handler>& Handlers() {
  static const std::map<std::string_view, Handler> handlers = {
      {"ResolveNames", ResolveNames},
      {"GetUserPhoto", GetUserPhoto},
      {"GetFolder", GetFolder},
      {"FindFolder", FindFolder},
      {"FindItem", FindItem},
      {"SyncFolderItems", SyncFolderItems},
      {"GetItem", GetItem},
      {"CreateItem", CreateItem},
      {"UpdateItem", UpdateItem},
      {"DeleteItem", DeleteItem},
      {"Subscribe", Subscribe},
      {"Unsubscribe", Unsubscribe},
      {"SendItem", SendItem},
      {"MoveItem", MoveItem},
      {"CopyItem", CopyItem},
      {"CreateAttachment", CreateAttachment},
      {"GetAttachment", GetAttachment},
      {"DeleteAttachment", DeleteAttachment},
  };
  return handlers;
}

bool KnownVersion(std::string_view version) {
  // Exchange2007 … Exchange2016, and the V names of later builds.
  return version.empty() || version.starts_with("Exchange20") || version.starts_with("V20");
}

std::string FaultBody(const absl::Status& error) {
  const std::string code = EwsCode(error);
  const auto values = EwsValues(error);
  constexpr std::string_view kErrors = "http://schemas.microsoft.com/exchange/services/2006/errors";
  XmlWriter out;
  out.Open("s:Fault").Leaf("faultcode", "t:" + code);
  out.Open("faultstring").Attribute("xml:lang", "en-US").Text(MessageOf(error)).Close().Open("detail");
  out.Open("e:ResponseCode").Attribute("xmlns:e", kErrors).Text(code).Close();
  out.Open("e:Message").Attribute("xmlns:e", kErrors).Text(MessageOf(error)).Close();
  if (!values.empty()) {
    out.Open("t:MessageXml");
    for (const auto& [name, value] : values) out.Open("t:Value").Attribute("Name", name).Text(value).Close();
    out.Close();
  }
  out.Close().Close();
  return out.Take();
}

TimeZonePtr ZoneOf(pugi::xml_node header) {
  const pugi::xml_node definition = header.child("t:TimeZoneContext").child("t:TimeZoneDefinition");
  const TimeZonePtr zone = definition ? TimeZone::Find(definition.attribute("Id").value()) : nullptr;
  return zone == nullptr ? TimeZone::Utc() : zone;
}

}  // namespace

struct ExchangeSim::Impl {
  explicit Impl(SimOptions o) : options(std::move(o)), store(options.people, options.seed), access(options, store) {}

  absl::Status Start();
  void Serve(const HttpRequest& request, HttpResponse& response);
  void ServePhoto(const HttpRequest& request, HttpResponse& response);
  void Answer(const HttpRequest& request, const Caller& who, HttpResponse& response);
  absl::StatusOr<std::string> Dispatch(const HttpRequest& http, const SoapRequest& soap, const Caller& who,
                                       HttpResponse& response);
  std::optional<Caller> Authenticated(const HttpRequest& request, HttpResponse& response);
  // True when the fault is the whole answer.
  bool Inject(const std::string& operation, HttpResponse& response);
  void Fault(const absl::Status& error, int status, HttpResponse& response);

  SimOptions options;
  Stats stats;
  Faults faults;
  Store store;
  Access access;
  std::shared_ptr<const SchemaChecker> checker;  // shared with other simulators of the process
  std::unique_ptr<Streams> streams;
  std::unique_ptr<HttpServer> server;
};

absl::Status ExchangeSim::Impl::Start() {
  if (!options.schema_dir.empty()) {
    CROSSPOINT_ASSIGN_OR_RETURN(checker, SchemaChecker::Load(options.schema_dir));
  }
  streams = std::make_unique<Streams>(store, stats, options, checker.get());
  server = std::make_unique<HttpServer>(HttpServerConfig{.listen_address = options.listen_address,
                                                         .port = options.port,
                                                         .tls_cert_file = options.tls_cert_file,
                                                         .tls_key_file = options.tls_key_file,
                                                         .max_body_bytes = kMaxBody,
                                                         .max_threads = kMaxThreads});
  server->Handle("POST", kEwsPath, [this](const auto& request, auto& response) { Serve(request, response); });
  server->Handle("POST", "/ews/exchange.asmx",
                 [this](const auto& request, auto& response) { Serve(request, response); });
  server->Handle("GET", kPhotoPath, [this](const auto& request, auto& response) { ServePhoto(request, response); });
  AddAdminRoutes(*server, store, stats, faults, *streams);
  return server->Start();
}

std::optional<Caller> ExchangeSim::Impl::Authenticated(const HttpRequest& request, HttpResponse& response) {
  std::lock_guard lock(store.mu);
  auto caller = access.Authenticate(request.Header("authorization"), store);
  if (caller) return caller;
  stats.Unauthorized();
  response.status = 401;
  response.headers.emplace("WWW-Authenticate", fmt::format("Basic realm=\"{}\"", kDomain));
  response.headers.emplace("WWW-Authenticate", "Bearer");
  return std::nullopt;
}

void ExchangeSim::Impl::Serve(const HttpRequest& request, HttpResponse& response) {
  const std::string id(request.Header("client-request-id"));
  if (request.Header("return-client-request-id") == "true" && !id.empty() && id.find_first_of("\r\n") == id.npos) {
    response.headers.emplace("client-request-id", id);
  }
  response.headers.emplace("X-FEServer", "SIM");
  const auto caller = Authenticated(request, response);
  if (!caller) return;
  Answer(request, *caller, response);
  if (response.stream || checker == nullptr || response.body.empty() || response.content_type != kXml) return;
  if (const absl::Status valid = checker->Check(response.body); !valid.ok()) {
    stats.AnswerViolation(std::string(request.Header("soapaction")), MessageOf(valid));
  }
}

void ExchangeSim::Impl::Answer(const HttpRequest& request, const Caller& who, HttpResponse& response) {
  const auto soap = ParseSoap(request.body);
  if (!soap.ok()) {
    stats.RequestViolation(MessageOf(soap.status()));
    Fault(soap.status(), 500, response);
    return;
  }
  const std::string operation(LocalName((*soap)->operation));
  const bool known = Handlers().contains(operation) || operation == "GetStreamingEvents";
  known ? stats.Request(operation) : stats.UnknownOperation(operation);
  if (Inject(operation, response)) return;
  if (checker != nullptr) {
    if (const absl::Status valid = checker->Check(request.body); !valid.ok()) {
      stats.RequestViolation(operation + ": " + MessageOf(valid));
      Fault(SchemaError(MessageOf(valid)), 500, response);
      return;
    }
  }
  if (!known) {
    Fault(EwsError("ErrorInvalidOperation", fmt::format("The operation {} is not simulated.", operation)), 500,
          response);
    return;
  }
  const auto body = Dispatch(request, **soap, who, response);
  if (!body.ok()) {
    if (EwsCode(body.status()) == "ErrorSchemaValidation")
      stats.RequestViolation(operation + ": " + MessageOf(body.status()));
    Fault(body.status(), 500, response);
  } else if (!response.stream) {
    response.content_type = kXml;
    response.body = Envelope(*body);
  }
}

absl::StatusOr<std::string> ExchangeSim::Impl::Dispatch(const HttpRequest& http, const SoapRequest& soap,
                                                        const Caller& who, HttpResponse& response) {
  if (!KnownVersion(soap.header.child("t:RequestServerVersion").attribute("Version").value())) {
    return EwsError("ErrorInvalidServerVersion", "The specified server version is invalid.");
  }
  Caller caller = who;
  std::lock_guard lock(store.mu);
  CROSSPOINT_RETURN_IF_ERROR(access.Impersonate(soap.header, store, caller));
  Call call{store, caller, soap.operation, ZoneOf(soap.header), std::string(http.Header("if-none-match")), ""};
  const std::string_view operation = LocalName(soap.operation);
  if (operation == "GetStreamingEvents") {
    CROSSPOINT_RETURN_IF_ERROR(streams->Open(call, response));
    return std::string();
  }
  const bool wants_affinity = http.Header("x-preferserveraffinity") == "true";
  if (wants_affinity && http.Header("cookie").find("X-BackEndOverrideCookie=") == std::string_view::npos) {
    response.headers.emplace("Set-Cookie", "X-BackEndOverrideCookie=SIM.corp.example~1941996295; path=/; HttpOnly");
  }
  auto answer = Handlers().at(operation)(call);
  if (!call.etag.empty()) response.headers.emplace("ETag", call.etag);
  return answer;
}

bool ExchangeSim::Impl::Inject(const std::string& operation, HttpResponse& response) {
  const auto fault = faults.Take(operation);
  if (!fault) return false;
  stats.Injected(fault->kind);
  const std::map<std::string, std::string> values =
      fault->back_off_ms == 0
          ? std::map<std::string, std::string>()
          : std::map<std::string, std::string>{{"BackOffMilliseconds", std::to_string(fault->back_off_ms)}};
  const absl::Status busy =
      EwsError("ErrorServerBusy", "The server cannot service this request right now. Try again later.", values);
  if (fault->kind == "delay") {
    std::this_thread::sleep_for(std::chrono::milliseconds(fault->delay_ms));
    return false;
  }
  if (fault->kind == "server_busy" || fault->kind == "http200_fault") {
    Fault(busy, fault->kind == "server_busy" ? 500 : 200, response);
  } else if (fault->kind == "drop_connection") {
    response.drop_connection = true;
  } else {
    response.status = fault->kind == "http_503" ? 503 : 500;
    response.body = "Injected failure.\n";
  }
  return true;
}

void ExchangeSim::Impl::Fault(const absl::Status& error, int status, HttpResponse& response) {
  stats.Fault(EwsCode(error));
  response.status = status;
  response.content_type = kXml;
  response.body = Envelope(FaultBody(error));
}

void ExchangeSim::Impl::ServePhoto(const HttpRequest& request, HttpResponse& response) {
  if (!Authenticated(request, response)) return;
  stats.Request("GetUserPhoto over HTTP");
  const auto edge = PhotoEdge(request.Query("size"));
  if (!edge) {
    response.status = 400;
    return;
  }
  std::lock_guard lock(store.mu);
  const Mailbox* mailbox = store.FindMailbox(request.Query("email"));
  if (mailbox == nullptr || !mailbox->person.has_photo) {
    response.status = 404;
    return;
  }
  const std::string tag = PhotoTag(mailbox->person, *edge);
  response.headers.emplace("ETag", tag);
  if (request.Header("if-none-match") == tag) {
    response.status = 304;
    return;
  }
  response.content_type = "image/jpeg";
  response.body = PhotoOf(mailbox->person, *edge);
}

ExchangeSim::ExchangeSim(SimOptions options) : impl_(std::make_unique<Impl>(std::move(options))) {}

ExchangeSim::~ExchangeSim() { Stop(); }

absl::Status ExchangeSim::Start() { return impl_->Start(); }

void ExchangeSim::Stop() {
  if (impl_->server != nullptr) impl_->server->Stop();
}

int ExchangeSim::port() const { return impl_->server == nullptr ? 0 : impl_->server->port(); }

std::string ExchangeSim::url() const {
  const bool tls = !impl_->options.tls_cert_file.empty();
  return fmt::format("{}://{}:{}{}", tls ? "https" : "http", impl_->options.listen_address, port(), kEwsPath);
}

}  // namespace crosspoint::exchange_sim
