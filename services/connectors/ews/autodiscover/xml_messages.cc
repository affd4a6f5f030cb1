#include <fmt/format.h>

#include "common/status/status.h"
#include "connectors/ews/autodiscover/messages.h"
#include "connectors/ews/soap/text.h"
#include "connectors/ews/soap/xml_reader.h"
#include "connectors/ews/soap/xml_writer.h"

namespace crosspoint::ews {
namespace {

using absl::StatusCode;

constexpr std::string_view kRequestNamespace =
    "http://schemas.microsoft.com/exchange/autodiscover/outlook/requestschema/2006";
constexpr std::string_view kAnswerNamespace =
    "http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a";

std::string Value(const pugi::xml_node& node, std::string_view name) {
  const std::string text = ChildText(node, name);
  return std::string(Trim(text));
}

AutodiscoverAnswer ReadError(const pugi::xml_node& error) {
  const std::string code = Value(error, "ErrorCode");
  const std::string message =
      fmt::format("Autodiscover error {}: {}", code.substr(0, 20), Value(error, "Message").substr(0, 300));
  // Source: MS-OXDSCLI 2.2.4.1.1.1, ErrorCode.
  if (code == "500") {
    return AutodiscoverAnswer::Error(
        AutodiscoverError(StatusCode::kNotFound, "AUTODISCOVER_NO_USER", message, Reaction::kGone));
  }
  if (code == "603" || code == "700") {
    return AutodiscoverAnswer::Error(
        AutodiscoverError(StatusCode::kUnavailable, "AUTODISCOVER_SERVER_ERROR", message, Reaction::kRetry));
  }
  return AutodiscoverAnswer::Error(
      AutodiscoverError(StatusCode::kFailedPrecondition, "AUTODISCOVER_REFUSED", message, Reaction::kStop));
}

// "EXPR" is for clients outside the company, "EXCH" for those inside.
AutodiscoverSettings ReadProtocols(const pugi::xml_node& account) {
  AutodiscoverSettings settings;
  for (const pugi::xml_node& protocol : account.children()) {
    if (LocalName(protocol) != "Protocol") continue;
    const std::string type = Value(protocol, "Type");
    const std::string url = Value(protocol, "EwsUrl");
    if (type == "EXPR" && settings.external_ews_url.empty()) settings.external_ews_url = url;
    if (type == "EXCH" && settings.internal_ews_url.empty()) settings.internal_ews_url = url;
    if (settings.grouping.empty()) settings.grouping = Value(protocol, "GroupingInformation");
  }
  return settings;
}

}  // namespace

std::string WriteAutodiscoverXml(std::string_view mailbox) {
  XmlWriter xml;
  xml.Raw("<?xml version=\"1.0\" encoding=\"utf-8\"?>");
  xml.Open("Autodiscover", {{"xmlns", kRequestNamespace}}).Open("Request").Text("EMailAddress", mailbox);
  xml.Text("AcceptableResponseSchema", kAnswerNamespace).Close().Close();
  return xml.Take();
}

absl::StatusOr<AutodiscoverAnswer> ReadAutodiscoverXml(std::string_view xml, const XmlLimits& limits) {
  using Kind = AutodiscoverAnswer::Kind;
  CROSSPOINT_RETURN_IF_ERROR(CheckXml(xml, limits));
  pugi::xml_document document;
  const auto parsed = document.load_buffer(xml.data(), xml.size(), pugi::parse_default, pugi::encoding_utf8);
  if (!parsed) return BadAnswer(fmt::format("is not well-formed: {}", parsed.description()));
  const pugi::xml_node response = Child(document, "Autodiscover", "Response");
  if (!response) return BadAnswer("is none of Autodiscover");
  if (const pugi::xml_node error = Child(response, "Error")) return ReadError(error);
  const pugi::xml_node account = Child(response, "Account");
  const std::string action = Value(account, "Action");
  if (EqualsIgnoringCase(action, "redirectAddr")) {
    return AutodiscoverAnswer::Redirect(Kind::kRedirectAddress, Value(account, "RedirectAddr"));
  }
  if (EqualsIgnoringCase(action, "redirectUrl")) {
    // The published examples write it both ways.
    const std::string target = Value(account, "RedirectUrl");
    return AutodiscoverAnswer::Redirect(Kind::kRedirectUrl, target.empty() ? Value(account, "RedirectURL") : target);
  }
  if (!EqualsIgnoringCase(action, "settings")) return BadAnswer("of Autodiscover has no action");
  AutodiscoverAnswer answer{.kind = Kind::kSettings, .settings = ReadProtocols(account)};
  answer.settings.public_folder_information = Value(Child(account, "PublicFolderInformation"), "SmtpAddress");
  answer.settings.smtp_address = Value(Child(response, "User"), "AutoDiscoverSMTPAddress");
  return answer;
}

}  // namespace crosspoint::ews
