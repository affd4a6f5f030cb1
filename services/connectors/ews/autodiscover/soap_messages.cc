#include <fmt/format.h>

#include <map>

#include "common/status/status.h"
#include "connectors/ews/autodiscover/messages.h"
#include "connectors/ews/soap/text.h"
#include "connectors/ews/soap/xml_reader.h"
#include "connectors/ews/soap/xml_writer.h"

namespace crosspoint::ews {
namespace {

using absl::StatusCode;

constexpr std::string_view kSoapNamespace = "http://schemas.xmlsoap.org/soap/envelope/";
constexpr std::string_view kAutodiscoverNamespace = "http://schemas.microsoft.com/exchange/2010/Autodiscover";
constexpr std::string_view kAddressingNamespace = "http://www.w3.org/2005/08/addressing";
constexpr std::string_view kSettings[] = {
    "AutoDiscoverSMTPAddress", "ExternalEwsUrl",          "InternalEwsUrl",         "GroupingInformation", "CasVersion",
    "EwsSupportedSchemas",     "PublicFolderInformation", "InternalRpcClientServer"};

// ErrorCode of the request or of one user; never NoError.
absl::Status StatusOfCode(const std::string& code, const std::string& text) {
  struct Meaning {
    StatusCode code;
    std::string_view reason;
    Reaction reaction;
  };
  static const std::map<std::string_view, Meaning> kMeanings = {
      {"InvalidUser", {StatusCode::kNotFound, "AUTODISCOVER_NO_USER", Reaction::kGone}},
      {"ServerBusy", {StatusCode::kResourceExhausted, "AUTODISCOVER_SERVER_BUSY", Reaction::kBackOff}},
      {"InternalServerError", {StatusCode::kUnavailable, "AUTODISCOVER_SERVER_ERROR", Reaction::kRetry}}};
  const auto known = kMeanings.find(code);
  const Meaning meaning = known != kMeanings.end()
                              ? known->second
                              : Meaning{StatusCode::kFailedPrecondition, "AUTODISCOVER_REFUSED", Reaction::kStop};
  return AutodiscoverError(meaning.code, meaning.reason,
                           fmt::format("Autodiscover {}: {}", code.substr(0, 100), text.substr(0, 300)),
                           meaning.reaction);
}

std::vector<std::string> SplitAtCommas(std::string_view text) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    const size_t comma = std::min(text.find(','), text.size());
    const std::string_view part = Trim(text.substr(0, comma));
    if (!part.empty()) parts.emplace_back(part);
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
  return parts;
}

AutodiscoverSettings ReadSettings(const pugi::xml_node& list) {
  AutodiscoverSettings settings;
  const std::map<std::string_view, std::string*> targets = {
      {"AutoDiscoverSMTPAddress", &settings.smtp_address},
      {"ExternalEwsUrl", &settings.external_ews_url},
      {"InternalEwsUrl", &settings.internal_ews_url},
      {"GroupingInformation", &settings.grouping},
      {"CasVersion", &settings.server_version},
      {"PublicFolderInformation", &settings.public_folder_information},
      {"InternalRpcClientServer", &settings.rpc_client_server}};
  for (const pugi::xml_node& setting : list.children()) {
    const std::string name = ChildText(setting, "Name");
    const std::string text = ChildText(setting, "Value");
    const std::string value(Trim(text));
    if (name == "EwsSupportedSchemas") settings.schemas = SplitAtCommas(value);
    if (const auto target = targets.find(name); target != targets.end()) *target->second = value;
  }
  return settings;
}

AutodiscoverAnswer ReadUser(const pugi::xml_node& user) {
  using Kind = AutodiscoverAnswer::Kind;
  const std::string code_text = ChildText(user, "ErrorCode");
  const std::string code(Trim(code_text));
  const std::string target_text = ChildText(user, "RedirectTarget");
  const std::string target(Trim(target_text));
  if (code == "RedirectUrl" && !target.empty()) return AutodiscoverAnswer::Redirect(Kind::kRedirectUrl, target);
  if (code == "RedirectAddress" && !target.empty()) return AutodiscoverAnswer::Redirect(Kind::kRedirectAddress, target);
  if (code != "NoError") {
    return AutodiscoverAnswer::Error(
        StatusOfCode(code.empty() ? "without a code" : code, ChildText(user, "ErrorMessage")));
  }
  return {.kind = Kind::kSettings, .settings = ReadSettings(Child(user, "UserSettings"))};
}

}  // namespace

absl::Status AutodiscoverError(StatusCode code, std::string_view reason, std::string_view message, Reaction reaction) {
  return ErrorWithInfo(
      code, message,
      {std::string(reason), std::string(kErrorDomain), {{"reaction", std::string(ReactionName(reaction))}}});
}

std::string WriteGetUserSettings(std::string_view server_version, std::string_view url,
                                 const std::vector<std::string>& mailboxes) {
  XmlWriter xml;
  xml.Raw("<?xml version=\"1.0\" encoding=\"utf-8\"?>");
  xml.Open("soap:Envelope",
           {{"xmlns:soap", kSoapNamespace}, {"xmlns:wsa", kAddressingNamespace}, {"xmlns:a", kAutodiscoverNamespace}});
  xml.Open("soap:Header").Text("a:RequestedServerVersion", server_version);
  xml.Text("wsa:Action", kGetUserSettingsAction).Text("wsa:To", url).Close();
  xml.Open("soap:Body").Open("a:GetUserSettingsRequestMessage").Open("a:Request").Open("a:Users");
  for (const std::string& mailbox : mailboxes) xml.Open("a:User").Text("a:Mailbox", mailbox).Close();
  xml.Close().Open("a:RequestedSettings");
  for (const std::string_view setting : kSettings) xml.Text("a:Setting", setting);
  xml.Close().Close().Close().Close().Close();
  return xml.Take();
}

absl::StatusOr<std::vector<AutodiscoverAnswer>> ReadGetUserSettings(std::string_view xml, size_t mailboxes,
                                                                    const XmlLimits& limits) {
  CROSSPOINT_ASSIGN_OR_RETURN(const Envelope envelope, Envelope::Parse(xml, limits));
  if (LocalName(envelope.content()) != "GetUserSettingsResponseMessage") {
    return BadAnswer("is none of Autodiscover");
  }
  const pugi::xml_node response = Child(envelope.content(), "Response");
  const std::string code_text = ChildText(response, "ErrorCode");
  const std::string code(Trim(code_text));
  if (code.empty()) return BadAnswer("of Autodiscover has no code");
  if (code != "NoError") return StatusOfCode(code, ChildText(response, "ErrorMessage"));
  std::vector<AutodiscoverAnswer> answers;
  for (const pugi::xml_node& user : Child(response, "UserResponses").children()) {
    if (LocalName(user) == "UserResponse") answers.push_back(ReadUser(user));
  }
  if (answers.size() != mailboxes) {
    return BadAnswer(
        fmt::format("of Autodiscover tells of {} mailboxes, {} were asked for", answers.size(), mailboxes));
  }
  return answers;
}

}  // namespace crosspoint::ews
