#include "exchange_sim/autodiscover_messages.h"

#include <pugixml.hpp>

#include "exchange_sim/text.h"
#include "exchange_sim/xml.h"
#include "fmt/format.h"

namespace crosspoint::exchange_sim {
namespace {

constexpr std::string_view kDeclaration = "<?xml version=\"1.0\" encoding=\"utf-8\"?>";
constexpr std::string_view kSoap = "http://schemas.xmlsoap.org/soap/envelope/";
constexpr std::string_view kAddressing = "http://www.w3.org/2005/08/addressing";
constexpr std::string_view kAutodiscover = "http://schemas.microsoft.com/exchange/2010/Autodiscover";
constexpr std::string_view kAction =
    "http://schemas.microsoft.com/exchange/2010/Autodiscover/Autodiscover/GetUserSettings";
constexpr std::string_view kRequest = "http://schemas.microsoft.com/exchange/autodiscover/outlook/requestschema/2006";
constexpr std::string_view kAnswer = "http://schemas.microsoft.com/exchange/autodiscover/responseschema/2006";
constexpr std::string_view kOutlookAnswer =
    "http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a";

// The namespace that the prefix of `node` stands for.
std::string_view NamespaceOf(pugi::xml_node node) {
  const std::string_view name = node.name();
  const size_t colon = name.find(':');
  const std::string attribute = colon == name.npos ? "xmlns" : fmt::format("xmlns:{}", name.substr(0, colon));
  for (pugi::xml_node at = node; at; at = at.parent()) {
    if (const auto declared = at.attribute(attribute.c_str())) return declared.value();
  }
  return {};
}

pugi::xml_node Find(pugi::xml_node parent, std::string_view space, std::string_view name) {
  for (const pugi::xml_node child : Elements(parent)) {
    if (LocalName(child) == name && NamespaceOf(child) == space) return child;
  }
  return {};
}

absl::Status Parse(std::string_view text, pugi::xml_document& document) {
  if (text.find("<!DOCTYPE") != text.npos) return absl::InvalidArgumentError("a document type");
  if (!document.load_buffer(text.data(), text.size())) return absl::InvalidArgumentError("not well-formed");
  return absl::OkStatus();
}

// All children of `parent` have that name, and there is at least one.
absl::StatusOr<std::vector<pugi::xml_node>> OnlyThese(pugi::xml_node parent, std::string_view name) {
  const auto children = Elements(parent);
  for (const pugi::xml_node child : children) {
    if (LocalName(child) != name || NamespaceOf(child) != kAutodiscover) {
      return absl::InvalidArgumentError(fmt::format("{} where only {} may stand", child.name(), name));
    }
  }
  if (children.empty()) return absl::InvalidArgumentError(fmt::format("no {}", name));
  return children;
}

}  // namespace

absl::StatusOr<UserSettingsRequest> ReadUserSettingsRequest(std::string_view text) {
  pugi::xml_document document;
  if (const absl::Status parsed = Parse(text, document); !parsed.ok()) return parsed;
  const pugi::xml_node envelope = Find(document, kSoap, "Envelope");
  const pugi::xml_node header = Find(envelope, kSoap, "Header");
  if (!Find(header, kAutodiscover, "RequestedServerVersion")) {
    return absl::InvalidArgumentError("the header has no RequestedServerVersion");
  }
  if (!Find(header, kAddressing, "To")) return absl::InvalidArgumentError("the header has no To");
  if (Trim(Find(header, kAddressing, "Action").text().get()) != kAction) {
    return absl::InvalidArgumentError("ActionNotSupported: only GetUserSettings is here");
  }
  const pugi::xml_node message = Find(Find(envelope, kSoap, "Body"), kAutodiscover, "GetUserSettingsRequestMessage");
  const auto parts = Elements(Find(message, kAutodiscover, "Request"));
  if (parts.size() < 2 || LocalName(parts[0]) != "Users" || LocalName(parts[1]) != "RequestedSettings") {
    return absl::InvalidArgumentError("Request must hold Users, then RequestedSettings");
  }
  UserSettingsRequest request;
  const auto users = OnlyThese(parts[0], "User");
  if (!users.ok()) return users.status();
  for (const pugi::xml_node user : *users) {
    const std::string mailbox = Trim(Find(user, kAutodiscover, "Mailbox").text().get());
    if (mailbox.empty()) return absl::InvalidArgumentError("a User without Mailbox");
    request.users.push_back(mailbox);
  }
  const auto settings = OnlyThese(parts[1], "Setting");
  if (!settings.ok()) return settings.status();
  for (const pugi::xml_node setting : *settings) request.settings.push_back(Trim(setting.text().get()));
  return request;
}

std::string UserSettingsEnvelope(std::string_view code, std::string_view message, std::string_view users) {
  XmlWriter out;
  out.Raw(kDeclaration).Open("s:Envelope").Attribute("xmlns:s", kSoap).Attribute("xmlns:a", kAddressing);
  out.Open("s:Header").Open("a:Action").Attribute("s:mustUnderstand", "1");
  out.Text(fmt::format("{}Response", kAction)).Close();
  out.Open("h:ServerVersionInfo").Attribute("xmlns:h", kAutodiscover).Leaf("h:MajorVersion", "15");
  out.Leaf("h:MinorVersion", "1").Leaf("h:MajorBuildNumber", "2507").Leaf("h:MinorBuildNumber", "6");
  out.Leaf("h:Version", "Exchange2015").Close().Close();
  out.Open("s:Body").Open("GetUserSettingsResponseMessage").Attribute("xmlns", kAutodiscover);
  out.Open("Response").Attribute("xmlns:i", "http://www.w3.org/2001/XMLSchema-instance");
  out.Leaf("ErrorCode", code).Leaf("ErrorMessage", message).Open("UserResponses").Raw(users);
  out.Close().Close().Close().Close().Close();
  return out.Take();
}

std::string AutodiscoverFault(std::string_view text) {
  XmlWriter out;
  out.Raw(kDeclaration).Open("s:Envelope").Attribute("xmlns:s", kSoap).Open("s:Body").Open("s:Fault");
  out.Leaf("faultcode", "s:Client").Leaf("faultstring", text).Close().Close().Close();
  return out.Take();
}

absl::StatusOr<std::string> ReadXmlRequest(std::string_view text) {
  pugi::xml_document document;
  if (const absl::Status parsed = Parse(text, document); !parsed.ok()) return parsed;
  const pugi::xml_node request = Find(Find(document, kRequest, "Autodiscover"), kRequest, "Request");
  const std::string address = Trim(Find(request, kRequest, "EMailAddress").text().get());
  if (address.empty()) return absl::InvalidArgumentError("no EMailAddress");
  if (Trim(Find(request, kRequest, "AcceptableResponseSchema").text().get()) != kOutlookAnswer) {
    return absl::InvalidArgumentError("AcceptableResponseSchema is another one");
  }
  return address;
}

std::string XmlSettings(const Person& person, std::string_view distinguished_name, std::string_view ews_url,
                        std::string_view grouping) {
  XmlWriter out;
  out.Raw(kDeclaration)
      .Open("Autodiscover")
      .Attribute("xmlns", kAnswer)
      .Open("Response")
      .Attribute("xmlns", kOutlookAnswer);
  out.Open("User").Leaf("DisplayName", person.display_name).Leaf("LegacyDN", distinguished_name);
  out.Leaf("AutoDiscoverSMTPAddress", person.email).Close();
  out.Open("Account").Leaf("AccountType", "email").Leaf("Action", "settings").Leaf("MicrosoftOnline", "False");
  for (const std::string_view type : {"EXCH", "EXPR"}) {
    out.Open("Protocol").Leaf("Type", type).Leaf("Server", kDomain).Leaf("ServerVersion", "73C189CB");
    out.Leaf("AuthPackage", "Basic").Leaf("EwsUrl", ews_url).Leaf("GroupingInformation", grouping).Close();
  }
  out.Close().Close().Close();
  return out.Take();
}

std::string XmlRedirect(std::string_view action, std::string_view element, std::string_view target) {
  XmlWriter out;
  out.Raw(kDeclaration)
      .Open("Autodiscover")
      .Attribute("xmlns", kAnswer)
      .Open("Response")
      .Attribute("xmlns", kOutlookAnswer);
  out.Open("Account").Leaf("AccountType", "email").Leaf("Action", action).Leaf(element, target);
  out.Close().Close().Close();
  return out.Take();
}

std::string XmlError(int code, std::string_view message) {
  XmlWriter out;
  out.Raw(kDeclaration)
      .Open("Autodiscover")
      .Attribute("xmlns", kAnswer)
      .Open("Response")
      .Open("Error")
      .Attribute("Id", "1");
  out.Leaf("ErrorCode", std::to_string(code)).Leaf("Message", message).Leaf("DebugData", "");
  out.Close().Close().Close();
  return out.Take();
}

}  // namespace crosspoint::exchange_sim
