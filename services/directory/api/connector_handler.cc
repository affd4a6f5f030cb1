#include "directory/api/connector_handler.h"

#include <algorithm>
#include <chrono>
#include <string_view>
#include <utility>

#include "common/status/status.h"
#include "directory/api/connector_watch.h"
#include "directory/api/convert.h"
#include "directory/domain/user.h"

namespace crosspoint::directory {
namespace {

constexpr std::string_view kSuffix = "/exchangeConnector";
constexpr std::chrono::seconds kLookLimit{5};  // for a stream, which has no deadline

v1::ExchangeConnector ToProto(const TenantId& tenant, const ConnectorPage& page) {
  v1::ExchangeConnector out;
  out.set_name(tenant.Name() + std::string(kSuffix));
  out.set_enabled(page.enabled);
  out.set_server_address(page.server_address);
  out.set_username(page.username);
  out.set_password(page.password);
  out.set_credential_secret(page.credential_secret);
  out.set_etag(std::to_string(page.revision));
  return out;
}

using Setter = void (*)(const v1::ExchangeConnector&, ConnectorPage&);

constexpr std::pair<std::string_view, Setter> kFields[] = {
    {"enabled", [](const v1::ExchangeConnector& from, ConnectorPage& to) { to.enabled = from.enabled(); }},
    {"server_address",
     [](const v1::ExchangeConnector& from, ConnectorPage& to) { to.server_address = from.server_address(); }},
    {"username", [](const v1::ExchangeConnector& from, ConnectorPage& to) { to.username = from.username(); }},
    {"password", [](const v1::ExchangeConnector& from, ConnectorPage& to) { to.password = from.password(); }},
    {"credential_secret",
     [](const v1::ExchangeConnector& from, ConnectorPage& to) { to.credential_secret = from.credential_secret(); }},
};

absl::Status CheckMask(const google::protobuf::FieldMask& mask) {
  for (const auto& path : mask.paths()) {
    if (std::ranges::none_of(kFields, [&](const auto& field) { return field.first == path; })) {
      return InvalidField("update_mask", "'" + path +
                                             "' cannot be set; enabled, server_address, username, password and "
                                             "credential_secret can");
    }
  }
  return absl::OkStatus();
}

void Apply(const v1::ExchangeConnector& wanted, const google::protobuf::FieldMask& mask, ConnectorPage& page) {
  for (const auto& [name, set] : kFields) {
    if (mask.paths().empty() || std::ranges::find(mask.paths(), name) != mask.paths().end()) set(wanted, page);
  }
}

v1::ConnectorStep ToProto(ConnectorStep step) {
  switch (step) {
    case ConnectorStep::kNameLookup:
      return v1::CONNECTOR_STEP_NAME_LOOKUP;
    case ConnectorStep::kTcp:
      return v1::CONNECTOR_STEP_TCP;
    case ConnectorStep::kTls:
      return v1::CONNECTOR_STEP_TLS;
    case ConnectorStep::kExchange:
      return v1::CONNECTOR_STEP_EXCHANGE;
    case ConnectorStep::kAuthentication:
      return v1::CONNECTOR_STEP_AUTHENTICATION;
    case ConnectorStep::kImpersonation:
      return v1::CONNECTOR_STEP_IMPERSONATION;
    case ConnectorStep::kContacts:
      return v1::CONNECTOR_STEP_CONTACTS;
    case ConnectorStep::kMeetings:
      return v1::CONNECTOR_STEP_MEETINGS;
    case ConnectorStep::kCalendarEvents:
      return v1::CONNECTOR_STEP_CALENDAR_EVENTS;
    case ConnectorStep::kPictures:
      return v1::CONNECTOR_STEP_PICTURES;
    case ConnectorStep::kDirectory:
      return v1::CONNECTOR_STEP_DIRECTORY;
  }
  return v1::CONNECTOR_STEP_UNSPECIFIED;
}

v1::StepOutcome ToProto(StepOutcome outcome) {
  switch (outcome) {
    case StepOutcome::kOk:
      return v1::STEP_OUTCOME_OK;
    case StepOutcome::kFailed:
      return v1::STEP_OUTCOME_FAILED;
    case StepOutcome::kNotTried:
      return v1::STEP_OUTCOME_NOT_TRIED;
  }
  return v1::STEP_OUTCOME_UNSPECIFIED;
}

// CAPABILITY_UNSPECIFIED for the steps before them.
v1::Capability CapabilityOf(ConnectorStep step) {
  switch (step) {
    case ConnectorStep::kContacts:
      return v1::CAPABILITY_CONTACTS;
    case ConnectorStep::kMeetings:
      return v1::CAPABILITY_MEETINGS;
    case ConnectorStep::kCalendarEvents:
      return v1::CAPABILITY_CALENDAR_EVENTS;
    case ConnectorStep::kPictures:
      return v1::CAPABILITY_PICTURES;
    case ConnectorStep::kDirectory:
      return v1::CAPABILITY_DIRECTORY;
    default:
      return v1::CAPABILITY_UNSPECIFIED;
  }
}

void AddStep(const ConnectorStepResult& result, v1::TestExchangeConnectorResponse& response) {
  auto& step = *response.add_steps();
  step.set_step(ToProto(result.step));
  step.set_outcome(ToProto(result.outcome));
  step.mutable_took()->set_seconds(result.took.count() / 1000);
  step.mutable_took()->set_nanos(static_cast<int32_t>(result.took.count() % 1000 * 1'000'000));
  step.set_message(result.message);
  step.set_remedy(result.remedy);
  const auto capability = CapabilityOf(result.step);
  if (capability == v1::CAPABILITY_UNSPECIFIED) return;
  auto& summary = *response.add_results();
  summary.set_capability(capability);
  summary.set_works(result.outcome == StepOutcome::kOk);
  if (summary.works()) return;
  summary.set_problem(result.remedy.empty() ? result.message : result.message + ". " + result.remedy);
}

}  // namespace

void ConnectorHandler::Bind(grpcx::Methods& methods) {
  methods.Unary("GetExchangeConnector", this, &ConnectorHandler::GetExchangeConnector);
  methods.Unary("UpdateExchangeConnector", this, &ConnectorHandler::UpdateExchangeConnector);
  methods.Waiting("TestExchangeConnector", this, &ConnectorHandler::TestExchangeConnector);
  methods.ServerStream("WatchClientConfig", this, &ConnectorHandler::WatchClientConfig);
}

absl::StatusOr<TenantId> ConnectorHandler::TenantOf(const std::string& name, std::string_view field,
                                                    const grpcx::Call& call) const {
  if (!name.ends_with(kSuffix)) return InvalidField(field, "must be tenants/{tenant}/exchangeConnector");
  CROSSPOINT_ASSIGN_OR_RETURN(auto tenant, TenantId::Parse(name.substr(0, name.size() - kSuffix.size()), field));
  CROSSPOINT_RETURN_IF_ERROR(tenants_.Require(tenant, call.steady_deadline));
  return tenant;
}

absl::Status ConnectorHandler::GetExchangeConnector(const v1::GetExchangeConnectorRequest& request,
                                                    const grpcx::Call& call, v1::ExchangeConnector& response) {
  CROSSPOINT_ASSIGN_OR_RETURN(const auto tenant, TenantOf(request.name(), "name", call));
  CROSSPOINT_ASSIGN_OR_RETURN(const auto page, book_.Get(tenant, call.steady_deadline));
  response = ToProto(tenant, page);
  return absl::OkStatus();
}

absl::Status ConnectorHandler::UpdateExchangeConnector(const v1::UpdateExchangeConnectorRequest& request,
                                                       const grpcx::Call& call, v1::ExchangeConnector& response) {
  const auto& wanted = request.connector();
  CROSSPOINT_ASSIGN_OR_RETURN(const auto tenant, TenantOf(wanted.name(), "connector.name", call));
  CROSSPOINT_ASSIGN_OR_RETURN(const auto revision, ParseEtag(wanted.etag(), "connector.etag"));
  CROSSPOINT_RETURN_IF_ERROR(CheckMask(request.update_mask()));
  CROSSPOINT_ASSIGN_OR_RETURN(
      const auto page, book_.Update(
                           tenant, revision, [&](ConnectorPage& page) { Apply(wanted, request.update_mask(), page); },
                           call.steady_deadline));
  response = ToProto(tenant, page);
  return absl::OkStatus();
}

absl::Status ConnectorHandler::TestExchangeConnector(const v1::TestExchangeConnectorRequest& request,
                                                     const grpcx::Call& call,
                                                     v1::TestExchangeConnectorResponse& response) {
  CROSSPOINT_ASSIGN_OR_RETURN(const auto tenant, TenantOf(request.name(), "name", call));
  if (!request.mailbox().empty() && !IsEmail(request.mailbox())) {
    return InvalidField("mailbox", "must be an address such as ada@corp.example, or empty");
  }
  CROSSPOINT_ASSIGN_OR_RETURN(const auto report, test_run_.Run(tenant, request.mailbox(), call.steady_deadline));
  response.set_mailbox(report.mailbox);
  for (const auto& step : report.steps) AddStep(step, response);
  return absl::OkStatus();
}

void ConnectorHandler::WatchClientConfig(const v1::WatchClientConfigRequest& request, const grpcx::Call& call,
                                         std::shared_ptr<grpcx::ServerStream<v1::ClientConfig>> stream) {
  const auto tenant = TenantId::Parse(request.parent(), "parent");
  if (!tenant.ok()) return stream->Finish(tenant.status());
  const auto known =
      tenants_.Require(*tenant, std::min(call.steady_deadline, std::chrono::steady_clock::now() + kLookLimit));
  if (!known.ok()) return stream->Finish(known);
  ConnectorWatch::Start(book_, *tenant, std::move(stream));
}

}  // namespace crosspoint::directory
