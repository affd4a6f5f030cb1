#include "exchange_sim/sim.h"

#include <regex>
#include <thread>

#include "common/httpd/http_server.h"
#include "common/status/status.h"
#include "exchange_sim/access/access.h"
#include "exchange_sim/autodiscover.h"
#include "exchange_sim/error.h"
#include "exchange_sim/photo.h"
#include "exchange_sim/schema_check.h"
#include "exchange_sim/server/admin.h"
#include "exchange_sim/server/affinity.h"
#include "exchange_sim/server/fault_answers.h"
#include "exchange_sim/server/faults.h"
#include "exchange_sim/server/journal.h"
#include "exchange_sim/server/quirks.h"
#include "exchange_sim/server/stats.h"
#include "exchange_sim/server/streaming.h"
#include "exchange_sim/server/throttle.h"
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
      {"GetEvents", GetEvents},
      {"CreateFolder", CreateFolder},
      {"UpdateFolder", UpdateFolder},
      {"DeleteFolder", DeleteFolder},
      {"SyncFolderHierarchy", SyncFolderHierarchy},
      {"FindPeople", FindPeople},
      {"ExpandDL", ExpandDL},
      {"GetRoomLists", GetRoomLists},
      {"GetRooms", GetRooms},
      {"GetUserAvailability", GetUserAvailability},
      {"GetUserOofSettings", GetUserOofSettings},
      {"SetUserOofSettings", SetUserOofSettings},
      {"GetServerTimeZones", GetServerTimeZones},
      {"ConvertId", ConvertId},
  };
  return handlers;
}

bool KnownVersion(std::string_view version) {
  // Exchange2007 … Exchange2016, and the V names of later builds.
  return version.empty() || version.starts_with("Exchange20") || version.starts_with("V20");
}

// "GetUserAvailability" of <GetUserAvailabilityRequest>; most elements are called like their operation.
std::string OperationOf(pugi::xml_node element) {
  std::string_view name = LocalName(element);
  if (name.ends_with("Request")) name.remove_suffix(std::string_view("Request").size());
  return std::string(name);
}

// The request for the schema's eyes. exchangelib sends FindPeople with a Traversal, which servers pass over and the
// schema does not have.
std::string ForTheSchema(const std::string& body) {
  static const std::regex traversal("(<[A-Za-z0-9]*:?FindPeople)\\s+Traversal=\"[A-Za-z]*\"");
  return std::regex_replace(body, traversal, "$1");
}

std::string ImpersonatedIn(pugi::xml_node header) {
  const auto ids = Elements(header.child("t:ExchangeImpersonation").child("t:ConnectingSID"));
  return ids.empty() ? "" : Lower(Trim(ids[0].text().get()));
}

TimeZonePtr ZoneOf(pugi::xml_node header) {
  const pugi::xml_node definition = header.child("t:TimeZoneContext").child("t:TimeZoneDefinition");
  const TimeZonePtr zone = definition ? TimeZone::Find(definition.attribute("Id").value()) : nullptr;
  return zone == nullptr ? TimeZone::Utc() : zone;
}

}  // namespace

struct ExchangeSim::Impl {
  using Opened = absl::StatusOr<std::unique_ptr<Journal>>;

  Impl(SimOptions o, Opened opened)
      : options(std::move(o)),
        journal(std::move(opened)),
        throttle(options.limits),
        affinity(options.servers),
        store(options.people, options.seed, Journaled() ? (*journal)->birth() : Birth::Fresh()),
        access(options, store) {}

  // One request that passed authentication.
  struct Exchange {
    const HttpRequest& http;
    const SoapRequest& soap;
    const Caller& who;
    std::string operation;
    std::optional<InjectedFault> fault;
  };

  absl::Status Start();
  bool Journaled() const { return journal.ok() && *journal != nullptr; }
  // Does again what the journal has.
  absl::Status Replay(const AdminParts& parts);
  void Serve(const HttpRequest& request, HttpResponse& response);
  void ServePhoto(const HttpRequest& request, HttpResponse& response);
  void Answer(const HttpRequest& request, const Caller& who, HttpResponse& response);
  void Operate(const Exchange& exchange, HttpResponse& response);
  absl::StatusOr<std::string> Dispatch(const Exchange& exchange, HttpResponse& response);
  absl::StatusOr<std::string> Handle(const Exchange& exchange, Call& call);
  absl::StatusOr<std::string> Run(const std::string& operation, Call& call);
  std::optional<Caller> Authenticated(const HttpRequest& request, HttpResponse& response);
  std::optional<InjectedFault> TakeFault(const SoapRequest& soap, const Caller& who, const std::string& operation,
                                         const std::string& budget);
  void Check(const std::string& operation, const HttpResponse& response);
  void Fault(const absl::Status& error, HttpResponse& response);
  std::string EwsUrl() const;

  SimOptions options;
  Opened journal;  // null without a file
  Stats stats;
  Faults faults;
  Throttle throttle;
  Quirks quirks;
  Affinity affinity;
  Store store;
  Access access;
  std::shared_ptr<const SchemaChecker> checker;  // shared with other simulators of the process
  std::unique_ptr<Streams> streams;
  std::unique_ptr<Autodiscover> autodiscover;
  std::unique_ptr<HttpServer> server;
};

absl::Status ExchangeSim::Impl::Start() {
  CROSSPOINT_RETURN_IF_ERROR(journal.status());
  if (!options.schema_dir.empty()) {
    CROSSPOINT_ASSIGN_OR_RETURN(checker, SchemaChecker::Load(options.schema_dir));
  }
  for (const std::string& quirk : options.quirks) CROSSPOINT_RETURN_IF_ERROR(quirks.Set(quirk, true));
  streams = std::make_unique<Streams>(Streams::Parts{store, stats, faults, quirks, options, checker.get()});
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
  autodiscover = std::make_unique<Autodiscover>(
      store, stats, [this] { return EwsUrl(); },
      [this](const auto& request, auto& response) { return Authenticated(request, response).has_value(); });
  autodiscover->AddRoutes(*server);
  const AdminParts parts{
      store, access, stats, faults, throttle, quirks, *streams, *server, Journaled() ? journal->get() : nullptr};
  if (Journaled()) CROSSPOINT_RETURN_IF_ERROR(Replay(parts));
  AddAdminRoutes(*server, parts);
  return server->Start();
}

std::optional<Caller> ExchangeSim::Impl::Authenticated(const HttpRequest& request, HttpResponse& response) {
  std::lock_guard lock(store.mu);
  auto caller = access.Authenticate(request, response, store);
  if (!caller) stats.Unauthorized();
  return caller;
}

void ExchangeSim::Impl::Serve(const HttpRequest& request, HttpResponse& response) {
  const std::string id(request.Header("client-request-id"));
  if (request.Header("return-client-request-id") == "true" && !id.empty() && id.find_first_of("\r\n") == id.npos) {
    response.headers.emplace("client-request-id", id);
  }
  response.headers.emplace("X-FEServer", "SIM");
  if (const auto caller = Authenticated(request, response)) Answer(request, *caller, response);
}

void ExchangeSim::Impl::Answer(const HttpRequest& request, const Caller& who, HttpResponse& response) {
  const auto soap = ParseSoap(request.body);
  if (!soap.ok()) {
    stats.RequestViolation(MessageOf(soap.status()));
    Fault(soap.status(), response);
    return;
  }
  const std::string operation = OperationOf((*soap)->operation);
  const bool known = Handlers().contains(operation) || operation == "GetStreamingEvents";
  known ? stats.Request(operation) : stats.UnknownOperation(operation);
  const std::string budget = Throttle::BudgetOf(who.account, ImpersonatedIn((*soap)->header));
  const auto ticket = throttle.Admit(budget);
  if (!ticket.ok()) return Fault(ticket.status(), response);
  const Exchange exchange{request, **soap, who, operation, TakeFault(**soap, who, operation, budget)};
  const auto& fault = exchange.fault;
  if (fault && fault->kind == "http_401") {
    Authenticated(HttpRequest{}, response);  // with the challenges that anybody without credentials gets
    return;
  }
  if (fault && fault->kind == "delay") std::this_thread::sleep_for(std::chrono::milliseconds(fault->delay_ms));
  if (!fault || !AnswerInstead(*fault, operation, response)) {
    known ? Operate(exchange, response)
          : Fault(EwsError("ErrorInvalidOperation", fmt::format("The operation {} is not simulated.", operation)),
                  response);
  }
  Check(operation, response);
  if (response.content_type == kXml && !response.body.empty()) response.body = quirks.Answer(response.body);
  if (fault) Spoil(*fault, response);
}

std::optional<InjectedFault> ExchangeSim::Impl::TakeFault(const SoapRequest& soap, const Caller& who,
                                                          const std::string& operation, const std::string& budget) {
  std::string mailbox = ImpersonatedIn(soap.header);
  if (mailbox.empty()) {
    std::lock_guard lock(store.mu);
    mailbox = Lower(store.MailboxByNumber(who.mailbox)->person.email);
  }
  const bool has_state = !Trim(soap.operation.child("m:SyncState").text().get()).empty();
  auto fault = faults.Take({operation, mailbox, has_state});
  if (!fault) return fault;
  stats.Injected(fault->kind);
  const auto wait = std::chrono::milliseconds(fault->back_off_ms) + std::chrono::seconds(fault->retry_after_s);
  if (wait.count() > 0) throttle.Told(budget, wait, fault->enforce);
  return fault;
}

void ExchangeSim::Impl::Check(const std::string& operation, const HttpResponse& response) {
  if (response.stream || response.body.empty() || response.content_type != kXml) return;
  stats.Answer(response.body);
  if (checker == nullptr) return;
  const absl::Status valid = checker->Check(response.body);
  if (!valid.ok()) stats.AnswerViolation(operation, MessageOf(valid));
}

void ExchangeSim::Impl::Operate(const Exchange& exchange, HttpResponse& response) {
  if (checker != nullptr) {
    if (const absl::Status valid =
            checker->Check(exchange.operation == "FindPeople" ? ForTheSchema(exchange.http.body) : exchange.http.body);
        !valid.ok()) {
      stats.RequestViolation(exchange.operation + ": " + MessageOf(valid));
      return Fault(SchemaError(MessageOf(valid)), response);
    }
  }
  const auto body = Dispatch(exchange, response);
  if (!body.ok()) {
    if (EwsCode(body.status()) == "ErrorSchemaValidation") {
      stats.RequestViolation(exchange.operation + ": " + MessageOf(body.status()));
    }
    Fault(body.status(), response);
  } else if (!response.stream) {
    response.content_type = kXml;
    response.body = Envelope(*body);
  }
}

absl::StatusOr<std::string> ExchangeSim::Impl::Dispatch(const Exchange& exchange, HttpResponse& response) {
  const SoapRequest& soap = exchange.soap;
  const HttpRequest& http = exchange.http;
  if (!KnownVersion(soap.header.child("t:RequestServerVersion").attribute("Version").value())) {
    return EwsError("ErrorInvalidServerVersion", "The specified server version is invalid.");
  }
  const std::string_view cookie = http.Header("cookie");
  const int reached = affinity.Route(cookie, http.Header("x-anchormailbox"), exchange.who.account);
  response.headers.emplace("X-TargetBEServer", Affinity::NameOf(reached));
  Caller caller = exchange.who;
  std::lock_guard lock(store.mu);
  CROSSPOINT_RETURN_IF_ERROR(access.Impersonate(soap.header, store, caller));
  const Limits limits = throttle.limits();
  Call call{.store = store,
            .caller = caller,
            .request = soap.operation,
            .zone = ZoneOf(soap.header),
            .if_none_match = std::string(http.Header("if-none-match")),
            .limits = limits,
            .quirks = quirks,
            .server = reached,
            .etag = ""};
  if (exchange.operation == "GetStreamingEvents") {
    CROSSPOINT_RETURN_IF_ERROR(streams->Open(call, response));
    return std::string();
  }
  if (http.Header("x-preferserveraffinity") == "true" && !affinity.HasCookie(cookie)) {
    response.headers.emplace("Set-Cookie", Affinity::Cookie(reached));
  }
  quirks.Request(soap.operation, store);
  auto answer = Handle(exchange, call);
  if (!call.etag.empty()) response.headers.emplace("ETag", call.etag);
  return answer;
}

absl::StatusOr<std::string> ExchangeSim::Impl::Handle(const Exchange& exchange, Call& call) {
  if (!exchange.fault || exchange.fault->kind != "item_error") return Run(exchange.operation, call);
  const BatchFault batch(*exchange.fault, call.request);
  if (batch.took_everything()) return batch.Merge("", exchange.operation);
  CROSSPOINT_ASSIGN_OR_RETURN(const std::string answer, Run(exchange.operation, call));
  return batch.Merge(answer, exchange.operation);
}

absl::StatusOr<std::string> ExchangeSim::Impl::Run(const std::string& operation, Call& call) {
  const Handler handler = Handlers().at(operation);
  if (!Journaled() || !Journal::Changes(operation)) return handler(call);
  const Moment moment = Moment::Fresh();
  (*journal)->Write({.moment = moment,
                     .operation = operation,
                     .body = Fragment(call.request),
                     .caller = call.caller,
                     .zone = call.zone->name()});
  const InMoment now(moment);
  return handler(call);
}

absl::Status ExchangeSim::Impl::Replay(const AdminParts& parts) {
  for (const Journal::Entry& entry : (*journal)->TakePast()) {
    const InMoment then(entry.moment);
    if (!entry.path.empty()) {
      CROSSPOINT_RETURN_IF_ERROR(RunCommand(parts, entry.path, entry.body));
      continue;
    }
    const auto soap = ParseSoap(Envelope(entry.body));
    if (!soap.ok() || !Handlers().contains(entry.operation)) {
      return absl::InvalidArgumentError("journal: an entry of " + entry.operation + " cannot be read");
    }
    const Limits limits = throttle.limits();
    const TimeZonePtr zone = TimeZone::Find(entry.zone);
    std::lock_guard lock(store.mu);
    Call call{.store = store,
              .caller = entry.caller,
              .request = (*soap)->operation,
              .zone = zone == nullptr ? TimeZone::Utc() : zone,
              .if_none_match = "",
              .limits = limits,
              .quirks = quirks,
              .server = 0,
              .etag = ""};
    // What it answered then, refusals included, was told to the caller of then.
    Handlers().at(entry.operation)(call).IgnoreError();
  }
  return absl::OkStatus();
}

void ExchangeSim::Impl::Fault(const absl::Status& error, HttpResponse& response) {
  stats.Fault(EwsCode(error));
  response.status = quirks.Has(Quirks::Kind::kHttp200Faults) ? 200 : 500;
  response.content_type = kXml;
  response.body = Envelope(FaultBody(error));
}

std::string ExchangeSim::Impl::EwsUrl() const {
  const char* const scheme = options.tls_cert_file.empty() ? "http" : "https";
  return fmt::format("{}://{}:{}{}", scheme, options.listen_address, server == nullptr ? 0 : server->port(), kEwsPath);
}

void ExchangeSim::Impl::ServePhoto(const HttpRequest& request, HttpResponse& response) {
  if (!Authenticated(request, response)) return;
  stats.Request("GetUserPhoto over HTTP");
  if (quirks.Has(Quirks::Kind::kNoPhotosOverHttp)) {
    response.status = 404;
    return;
  }
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

ExchangeSim::ExchangeSim(SimOptions options) {
  Impl::Opened journal(nullptr);
  if (!options.journal_file.empty()) journal = Journal::Open(options.journal_file, options.people, options.seed);
  impl_ = std::make_unique<Impl>(std::move(options), std::move(journal));
}

ExchangeSim::~ExchangeSim() { Stop(); }

absl::Status ExchangeSim::Start() { return impl_->Start(); }

void ExchangeSim::Stop() {
  if (impl_->server != nullptr) impl_->server->Stop();
}

int ExchangeSim::port() const { return impl_->server == nullptr ? 0 : impl_->server->port(); }

std::string ExchangeSim::url() const { return impl_->EwsUrl(); }

}  // namespace crosspoint::exchange_sim
