#include "connectors/ews/auth.h"

#include "common/status/status.h"

namespace crosspoint::ews {
namespace {

absl::Status NeedsFile(std::string_view field, const std::string& file) {
  return file.empty() ? InvalidField(field, "must name a file") : absl::OkStatus();
}

struct Check {
  absl::Status operator()(const BasicAuth& auth) const { return UserAndPassword(auth.user, auth.password_file); }
  absl::Status operator()(const NtlmAuth& auth) const { return UserAndPassword(auth.user, auth.password_file); }
  absl::Status operator()(const BearerAuth& auth) const { return NeedsFile("auth.token_file", auth.token_file); }
  absl::Status operator()(const NegotiateAuth& auth) const {
    if (auth.principal.empty()) return InvalidField("auth.principal", "must name the account, as svc@CORP.EXAMPLE");
    return NeedsFile("auth.keytab_file", auth.keytab_file);
  }
  absl::Status operator()(const OAuth2Auth& auth) const {
    const absl::Status valid = auth.client.Validate();
    const auto info = GetErrorInfo(valid);
    if (valid.ok() || !info) return valid;
    const std::string field = info->metadata.at("field");
    return InvalidField("auth." + field, MessageOf(valid).substr(field.size() + 2));
  }
  static absl::Status UserAndPassword(const std::string& user, const std::string& password_file) {
    if (user.empty()) return InvalidField("auth.user", "must name the service account");
    return NeedsFile("auth.password_file", password_file);
  }
};

struct Scheme {
  std::string_view operator()(const BasicAuth&) const { return "Basic"; }
  std::string_view operator()(const BearerAuth&) const { return "Bearer"; }
  std::string_view operator()(const NtlmAuth&) const { return "NTLM"; }
  std::string_view operator()(const NegotiateAuth&) const { return "Negotiate"; }
  std::string_view operator()(const OAuth2Auth&) const { return "Bearer"; }
};

}  // namespace

absl::Status Validate(const EwsAuth& auth) { return std::visit(Check(), auth); }

std::string_view SchemeOf(const EwsAuth& auth) { return std::visit(Scheme(), auth); }

}  // namespace crosspoint::ews
