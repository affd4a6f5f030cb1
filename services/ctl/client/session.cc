#include "ctl/client/session.h"

#include <fmt/format.h>
#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>

#include <algorithm>

#include "common/grpcx/channel.h"
#include "common/grpcx/status.h"
#include "common/status/status.h"
#include "crosspoint/directory/v1/directory_service.grpc.pb.h"
#include "ctl/client/failure.h"
#include "ctl/client/token_claims.h"
#include "ctl/input/csv.h"

namespace crosspoint::ctl {
namespace {

namespace directory = ::crosspoint::directory::v1;

// Where Debian keeps the authorities that the machine trusts.
constexpr char kSystemAuthorities[] = "/etc/ssl/certs/ca-certificates.crt";

template <class Addresses>
bool Has(const Addresses& addresses, const std::string& address) {
  const auto wanted = LowerAscii(address);
  return std::any_of(addresses.begin(), addresses.end(),
                     [&wanted](const std::string& email) { return LowerAscii(email) == wanted; });
}

absl::Status NoUserWith(const std::string& address, const std::string& tenant) {
  return absl::NotFoundError(fmt::format("no user of {} has the address {}", tenant, address));
}

}  // namespace

Session::Session(Settings settings, Output& output, Interrupt& interrupt)
    : settings_(std::move(settings)), output_(output), interrupt_(interrupt) {}

absl::StatusOr<std::unique_ptr<Session>> Session::Open(Settings settings, Output& output, Interrupt& interrupt) {
  auto session = std::unique_ptr<Session>(new Session(std::move(settings), output, interrupt));
  auto& wanted = session->settings_;
  grpcx::ChannelConfig config{.target = wanted.server};
  config.server_name = wanted.server_name;
  if (!wanted.plaintext) {
    config.tls.ca_file = wanted.ca_file.empty() ? kSystemAuthorities : wanted.ca_file;
    config.tls.certificate_file = wanted.certificate_file;
    config.tls.key_file = wanted.key_file;
  }
  auto channel = grpcx::MakeChannel(config);
  if (!channel.ok()) return UsageError(MessageOf(channel.status()));
  session->channel_ = *std::move(channel);
  if (!wanted.token_file.empty()) {
    const auto token = config::ReadSecretFile(wanted.token_file);
    if (!token.ok()) return UsageError(MessageOf(token.status()));
    const auto claims = ReadTokenClaims(*token);
    if (wanted.tenant.empty()) wanted.tenant = claims.tenant;
    if (wanted.user.empty()) wanted.user = claims.user;
  }
  return session;
}

std::string Session::Token() const {
  if (settings_.token_file.empty()) return "";
  return config::ReadSecretFile(settings_.token_file).value_or("");
}

std::unique_ptr<grpc::ClientContext> Session::Stream() const {
  auto context = std::make_unique<grpc::ClientContext>();
  const auto token = Token();
  if (!token.empty()) context->AddMetadata("authorization", "Bearer " + token);
  return context;
}

std::unique_ptr<grpc::ClientContext> Session::Call(std::chrono::milliseconds at_least) const {
  auto context = Stream();
  context->set_deadline(std::chrono::system_clock::now() + std::max(at_least, settings_.timeout));
  return context;
}

absl::Status Session::Outcome(const grpc::Status& status) const {
  auto outcome = grpcx::FromGrpc(status);
  if (outcome.ok() || GetErrorInfo(outcome)) return outcome;
  if (absl::IsUnavailable(outcome) || absl::IsDeadlineExceeded(outcome)) {
    return Annotate(outcome, settings_.server + " does not answer");
  }
  return outcome;
}

absl::StatusOr<std::string> Session::Tenant() const {
  if (settings_.tenant.empty()) return UsageError("no tenant: give --tenant NAME, or a token that names one");
  return "tenants/" + settings_.tenant;
}

absl::StatusOr<std::string> Session::User(const std::string& who) {
  const auto& wanted = who.empty() ? settings_.user : who;
  if (wanted.empty()) return UsageError("no user: give --user NAME, or a token that names one");
  if (wanted.rfind("tenants/", 0) == 0) return wanted;
  if (wanted.find('@') != std::string::npos) return UserByAddress(wanted);
  CROSSPOINT_ASSIGN_OR_RETURN(const auto tenant, Tenant());
  return tenant + "/users/" + wanted;
}

absl::StatusOr<std::string> Session::UserByAddress(const std::string& address) {
  CROSSPOINT_ASSIGN_OR_RETURN(const auto tenant, Tenant());
  directory::SearchPeopleRequest request;
  request.set_parent(tenant);
  request.set_query(address);
  directory::SearchPeopleResponse response;
  const auto stub = directory::DirectoryService::NewStub(channel_);
  const auto searched = Outcome(stub->SearchPeople(Call().get(), request, &response));
  if (absl::IsPermissionDenied(searched)) return ListedUser(tenant, address);
  CROSSPOINT_RETURN_IF_ERROR(Annotate(searched, "look for " + address));
  for (const auto& person : response.people()) {
    if (!person.user().empty() && Has(person.emails(), address)) return person.user();
  }
  return NoUserWith(address, tenant);
}

absl::StatusOr<std::string> Session::ListedUser(const std::string& tenant, const std::string& address) {
  directory::ListUsersRequest request;
  request.set_parent(tenant);
  request.set_page_size(1000);
  const auto stub = directory::DirectoryService::NewStub(channel_);
  for (;;) {
    directory::ListUsersResponse page;
    CROSSPOINT_RETURN_IF_ERROR(Annotate(Outcome(stub->ListUsers(Call().get(), request, &page)), "look for " + address));
    for (const auto& user : page.users()) {
      if (Has(user.aliases(), address) || LowerAscii(user.email()) == LowerAscii(address)) return user.name();
    }
    if (page.next_page_token().empty()) return NoUserWith(address, tenant);
    request.set_page_token(page.next_page_token());
  }
}

absl::StatusOr<std::string> Session::Resource(const std::string& text, const std::string& collection) {
  if (text.rfind("tenants/", 0) == 0) return text;
  CROSSPOINT_ASSIGN_OR_RETURN(const auto user, User(""));
  return user + "/" + collection + "/" + text;
}

}  // namespace crosspoint::ctl
