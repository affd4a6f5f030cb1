#include "exchange_sim/autodiscover.h"

#include <nlohmann/json.hpp>

#include "common/status/status.h"
#include "exchange_sim/autodiscover_messages.h"
#include "exchange_sim/text.h"
#include "fmt/format.h"

namespace crosspoint::exchange_sim {
namespace {

constexpr std::string_view kXml = "text/xml; charset=utf-8";
constexpr size_t kMaxUsers = 100;
constexpr std::string_view kSchemas =
    "Exchange2007, Exchange2007_SP1, Exchange2010, Exchange2010_SP1, Exchange2010_SP2, Exchange2013, Exchange2013_SP1, "
    "Exchange2015, Exchange2016";

void Answer(HttpResponse& response, int status, std::string body) {
  response.status = status;
  response.content_type = kXml;
  response.body = std::move(body);
}

void Redirect(HttpResponse& response, const std::string& location) {
  response.status = 302;
  response.headers.emplace("Location", location);
}

std::string DistinguishedName(const Person& person) {
  return fmt::format("/o=Corp/ou=Exchange Administrative Group (FYDIBOHF23SPDLT)/cn=Recipients/cn={}", person.account);
}

}  // namespace

Autodiscover::Autodiscover(Store& store, Stats& stats, std::function<std::string()> ews_url,
                           Authenticated authenticated)
    : store_(store), stats_(stats), ews_url_(std::move(ews_url)), authenticated_(std::move(authenticated)) {}

void Autodiscover::AddRoutes(HttpServer& server) {
  for (const std::string folder : {"/autodiscover/autodiscover", "/Autodiscover/Autodiscover"}) {
    server.Handle("POST", folder + ".svc",
                  [this](const auto& request, auto& response) { ServeSoap(request, response); });
    server.Handle("POST", folder + ".xml",
                  [this](const auto& request, auto& response) { ServeXml(request, response); });
    server.Handle("GET", folder + ".xml",
                  [this](const auto& request, auto& response) { ServeProbe(request, response); });
  }
  server.Handle("POST", "/sim/autodiscover",
                [this](const auto& request, auto& response) { TakeOrder(request, response); });
  server.Handle("DELETE", "/sim/autodiscover", [this](const HttpRequest&, HttpResponse&) {
    std::lock_guard lock(store_.mu);
    orders_.clear();
  });
}

Autodiscover::Facts Autodiscover::FactsOf(const std::string& address) {
  std::lock_guard lock(store_.mu);
  Facts facts;
  for (const std::string& key : {std::string("*"), Lower(address)}) {
    if (const auto order = orders_.find(key); order != orders_.end()) facts.order = order->second;
  }
  if (const Mailbox* mailbox = store_.FindMailbox(address); mailbox != nullptr) {
    facts.person = mailbox->person;
    facts.grouping = facts.order.grouping.empty() ? fmt::format("SIM-{}", mailbox->number % 3) : facts.order.grouping;
  }
  return facts;
}

void Autodiscover::ServeSoap(const HttpRequest& request, HttpResponse& response) {
  if (!authenticated_(request, response)) return;
  const auto asked = ReadUserSettingsRequest(request.body);
  if (!asked.ok()) {
    stats_.RequestViolation("GetUserSettings: " + MessageOf(asked.status()));
    return Answer(response, 500, AutodiscoverFault(MessageOf(asked.status())));
  }
  stats_.Request("GetUserSettings");
  for (const std::string& user : asked->users) {
    if (const Facts facts = FactsOf(user); !facts.order.location.empty())
      return Redirect(response, facts.order.location);
  }
  if (asked->users.size() > kMaxUsers) {
    return Answer(response, 200, UserSettingsEnvelope("InvalidRequest", "Too many users.", ""));
  }
  XmlWriter users;
  for (const std::string& user : asked->users) WriteUser(users, user, asked->settings);
  Answer(response, 200, UserSettingsEnvelope("NoError", "", users.Take()));
}

void Autodiscover::WriteUser(XmlWriter& out, const std::string& address, const std::vector<std::string>& settings) {
  const Facts facts = FactsOf(address);
  const auto settled = [&](std::string_view code, std::string_view text, std::string_view target) {
    out.Open("UserResponse").Leaf("ErrorCode", code).Leaf("ErrorMessage", text);
    target.empty() ? out.Open("RedirectTarget").Attribute("i:nil", "true").Close() : out.Leaf("RedirectTarget", target);
  };
  const auto without_settings = [&out] { out.Open("UserSettingErrors").Close().Open("UserSettings").Close().Close(); };
  if (!facts.order.error.empty()) return settled(facts.order.error, "Ordered.", ""), without_settings();
  if (!facts.order.redirect_url.empty()) {
    return settled("RedirectUrl", "Redirection URL.", facts.order.redirect_url), without_settings();
  }
  if (!facts.order.redirect_address.empty()) {
    return settled("RedirectAddress", "Redirection address.", facts.order.redirect_address), without_settings();
  }
  if (!facts.person) return settled("InvalidUser", fmt::format("Invalid user: '{}'", address), ""), without_settings();
  const std::string url = facts.order.ews_url.empty() ? ews_url_() : facts.order.ews_url;
  const std::map<std::string, std::string> known = {
      {"UserDisplayName", facts.person->display_name},
      {"UserDN", DistinguishedName(*facts.person)},
      {"MailboxDN", DistinguishedName(*facts.person)},
      {"AutoDiscoverSMTPAddress", facts.person->email},
      {"ExternalEwsUrl", url},
      {"InternalEwsUrl", url},
      {"GroupingInformation", facts.grouping},
      {"CasVersion", "15.01.2507.006"},
      {"PublicFolderInformation", fmt::format("public.folders@{}", kDomain)},
      {"InternalRpcClientServer", fmt::format("5f2c0d1e-public@{}", kDomain)},
      {"EwsSupportedSchemas", std::string(kSchemas)}};
  settled("NoError", "No error.", "");
  out.Open("UserSettingErrors");
  for (const std::string& setting : settings) {
    if (known.contains(setting)) continue;
    out.Open("UserSettingError").Leaf("ErrorCode", "SettingIsNotAvailable");
    out.Leaf("ErrorMessage", "The setting is not available.").Leaf("SettingName", setting).Close();
  }
  out.Close().Open("UserSettings");
  for (const std::string& setting : settings) {
    const auto value = known.find(setting);
    if (value == known.end()) continue;
    out.Open("UserSetting").Attribute("i:type", "StringSetting").Leaf("Name", setting);
    out.Leaf("Value", value->second).Close();
  }
  out.Close().Close();
}

void Autodiscover::ServeXml(const HttpRequest& request, HttpResponse& response) {
  if (!authenticated_(request, response)) return;
  const auto address = ReadXmlRequest(request.body);
  if (!address.ok()) {
    stats_.RequestViolation("Autodiscover XML: " + MessageOf(address.status()));
    return Answer(response, 200, XmlError(600, "Invalid Request"));
  }
  stats_.Request("Autodiscover XML");
  const Facts facts = FactsOf(*address);
  if (!facts.order.location.empty()) return Redirect(response, facts.order.location);
  if (!facts.order.redirect_url.empty()) {
    return Answer(response, 200, XmlRedirect("redirectUrl", "RedirectUrl", facts.order.redirect_url));
  }
  if (!facts.order.redirect_address.empty()) {
    return Answer(response, 200, XmlRedirect("redirectAddr", "RedirectAddr", facts.order.redirect_address));
  }
  if (facts.order.error == "InvalidUser" || (facts.order.error.empty() && !facts.person)) {
    return Answer(response, 200, XmlError(500, "The email address can't be found."));
  }
  if (!facts.order.error.empty()) return Answer(response, 200, XmlError(603, "The server had an error."));
  Answer(response, 200,
         XmlSettings(*facts.person, DistinguishedName(*facts.person),
                     facts.order.ews_url.empty() ? ews_url_() : facts.order.ews_url, facts.grouping));
}

// What plain HTTP is asked for: a redirect, by somebody who must not show who they are.
void Autodiscover::ServeProbe(const HttpRequest& request, HttpResponse& response) {
  stats_.Request("Autodiscover probe");
  if (!request.Header("authorization").empty()) stats_.RequestViolation("credentials in a probe for redirects");
  const Facts facts = FactsOf("*");
  if (!facts.order.location.empty()) return Redirect(response, facts.order.location);
  response.status = 401;
  response.headers.emplace("WWW-Authenticate", fmt::format("Basic realm=\"{}\"", kDomain));
}

void Autodiscover::TakeOrder(const HttpRequest& request, HttpResponse& response) {
  const auto in = nlohmann::json::parse(request.body, nullptr, false);
  Order order;
  std::string email = "*";
  const std::map<std::string, std::string*> fields = {{"email", &email},
                                                      {"redirect_url", &order.redirect_url},
                                                      {"redirect_address", &order.redirect_address},
                                                      {"location", &order.location},
                                                      {"error", &order.error},
                                                      {"ews_url", &order.ews_url},
                                                      {"grouping", &order.grouping}};
  const auto refuse = [&response](const std::string& why) {
    response.status = 400;
    response.body = why + "\n";
  };
  if (!in.is_object()) return refuse("the body must be a JSON object");
  for (const auto& [name, value] : in.items()) {
    const auto field = fields.find(name);
    if (field == fields.end() || !value.is_string()) return refuse(name + ": is no text field of an order");
    *field->second = value.get<std::string>();
  }
  std::lock_guard lock(store_.mu);
  orders_[Lower(email)] = order;
}

}  // namespace crosspoint::exchange_sim
