#include "exchange_sim/server/admin.h"

#include <map>
#include <nlohmann/json.hpp>

#include "common/status/status.h"
#include "exchange_sim/items/seed.h"
#include "exchange_sim/server/delegates.h"

namespace crosspoint::exchange_sim {
namespace {

using nlohmann::json;

constexpr std::string_view kJson = "application/json";

void Refuse(HttpResponse& response, std::string_view why) {
  response.status = 400;
  response.body = std::string(why) + "\n";
}

json ToJson(const Mailbox& mailbox) {
  const Person& person = mailbox.person;
  return {{"email", person.email},
          {"display_name", person.display_name},
          {"given_name", person.given_name},
          {"surname", person.surname},
          {"aliases", person.aliases},
          {"department", person.department},
          {"job_title", person.job_title},
          {"office", person.office},
          {"business_phone", person.business_phone},
          {"mobile_phone", person.mobile_phone},
          {"has_photo", person.has_photo},
          {"hidden", person.hidden},
          {"time_zone", person.time_zone},
          {"items", mailbox.items.size()}};
}

// Throws json::exception on a field of another type.
Person FromJson(const json& in) {
  Person person;
  person.email = in.value("email", "");
  person.account = person.email.substr(0, person.email.find('@'));
  person.display_name = in.value("display_name", person.account);
  person.given_name = in.value("given_name", "");
  person.surname = in.value("surname", "");
  person.aliases = in.value("aliases", std::vector<std::string>());
  person.department = in.value("department", "");
  person.job_title = in.value("job_title", "");
  person.office = in.value("office", "");
  person.business_phone = in.value("business_phone", "");
  person.mobile_phone = in.value("mobile_phone", "");
  person.has_photo = in.value("has_photo", true);
  person.hidden = in.value("hidden", false);
  person.time_zone = in.value("time_zone", person.time_zone);
  return person;
}

void AddMailbox(Store& store, const HttpRequest& request, HttpResponse& response) {
  const json in = json::parse(request.body, nullptr, false);
  if (!in.is_object()) return Refuse(response, "the body must be a JSON object");
  Person person;
  try {
    person = FromJson(in);
  } catch (const json::exception&) {
    return Refuse(response, "a field has the wrong type");
  }
  if (person.email.find('@') == std::string::npos) return Refuse(response, "email: an address is needed");
  if (TimeZone::Find(person.time_zone) == nullptr) return Refuse(response, "time_zone: a Windows name is needed");
  std::lock_guard lock(store.mu);
  if (store.FindMailbox(person.email) != nullptr) {
    response.status = 409;
    return;
  }
  response.status = 201;
  response.content_type = kJson;
  response.body = ToJson(store.AddMailbox(std::move(person))).dump(2);
}

void ListMailboxes(Store& store, const HttpRequest& request, HttpResponse& response) {
  const std::string_view wanted = request.Query("email");
  json list = json::array();
  std::lock_guard lock(store.mu);
  for (const auto& [number, mailbox] : store.mailboxes()) {
    if (wanted.empty() || mailbox.person.HasAddress(wanted)) list.push_back(ToJson(mailbox));
  }
  response.content_type = kJson;
  response.body = list.dump(2);
}

// {"email", "present"}: another photo, or none.
void ChangePhoto(Store& store, const HttpRequest& request, HttpResponse& response) {
  const json in = json::parse(request.body, nullptr, false);
  if (!in.is_object() || !in.contains("email") || !in["email"].is_string()) return Refuse(response, "email: is needed");
  std::lock_guard lock(store.mu);
  Mailbox* mailbox = store.FindMailbox(in["email"].get<std::string>());
  if (mailbox == nullptr) {
    response.status = 404;
    return;
  }
  const json present = in.value("present", json(true));
  mailbox->person.has_photo = !present.is_boolean() || present.get<bool>();
  ++mailbox->person.photo_version;
}

// {"email", "count"}: more meetings into a calendar, at most 100,000 at a time.
void AddMeetings(Store& store, const HttpRequest& request, HttpResponse& response) {
  const json in = json::parse(request.body, nullptr, false);
  if (!in.is_object() || !in.contains("email") || !in["email"].is_string()) return Refuse(response, "email: is needed");
  const json count = in.value("count", json(1));
  if (!count.is_number_unsigned() || count.get<uint64_t>() > 100'000) return Refuse(response, "count: 0 to 100000");
  std::lock_guard lock(store.mu);
  Mailbox* mailbox = store.FindMailbox(in["email"].get<std::string>());
  if (mailbox == nullptr) {
    response.status = 404;
    return;
  }
  const uint64_t calendar = FindFolder(*mailbox, "calendar")->number;
  for (uint64_t i = 0; i < count.get<uint64_t>(); ++i) {
    store.AddItem(*mailbox, calendar, MakeMeeting(*mailbox, mailbox->next_item, Now()));
  }
}

// A member that is text, empty when it is not there or something else.
std::string TextIn(const json& in, const char* name) {
  const auto found = in.find(name);
  return found != in.end() && found->is_string() ? found->get<std::string>() : "";
}

// {"account", "password"}, {"user_password"}, {"token", "account"} or {"token", "revoke": true}.
void ChangeAccount(const AdminParts& parts, const HttpRequest& request, HttpResponse& response) {
  const json in = json::parse(request.body, nullptr, false);
  if (!in.is_object()) return Refuse(response, "the body must be a JSON object");
  const std::string account = TextIn(in, "account");
  const std::string token = TextIn(in, "token");
  std::lock_guard lock(parts.store.mu);
  if (!token.empty() && in.value("revoke", json()) == json(true)) return parts.access.RevokeToken(token);
  if (!token.empty() && !account.empty()) return parts.access.SetToken(token, account);
  if (in.contains("user_password")) return parts.access.SetUserPassword(TextIn(in, "user_password"));
  if (account.empty() || TextIn(in, "password").empty()) {
    return Refuse(response, "account and password, user_password, token and account, or token and revoke");
  }
  parts.access.SetPassword(account, TextIn(in, "password"), parts.store);
}

// {"email", "shares_free_busy"}
void ChangeMailbox(const AdminParts& parts, const HttpRequest& request, HttpResponse& response) {
  const json in = json::parse(request.body, nullptr, false);
  const json shares = in.is_object() ? in.value("shares_free_busy", json()) : json();
  if (!shares.is_boolean()) return Refuse(response, "email and shares_free_busy: are needed");
  std::lock_guard lock(parts.store.mu);
  Mailbox* mailbox = parts.store.FindMailbox(TextIn(in, "email"));
  if (mailbox == nullptr) {
    response.status = 404;
    return;
  }
  mailbox->shares_free_busy = shares.get<bool>();
}

void OrderFault(const AdminParts& parts, const HttpRequest& request, HttpResponse& response) {
  auto fault = Faults::FromJson(request.body);
  if (!fault.ok()) return Refuse(response, MessageOf(fault.status()));
  if (fault->kind != "stream_401") return parts.faults.Add(*std::move(fault));
  fault->kind = "http_401";
  fault->operation = "GetStreamingEvents";
  parts.faults.Add(*std::move(fault));
  std::lock_guard lock(parts.store.mu);
  parts.streams.CutAll();
}

// {"on": [names], "off": [names]}
void ChangeQuirks(const AdminParts& parts, const HttpRequest& request, HttpResponse& response) {
  const json in = json::parse(request.body, nullptr, false);
  if (!in.is_object()) return Refuse(response, "the body must be a JSON object");
  for (const char* list : {"off", "on"}) {
    for (const json& name : in.value(list, json::array())) {
      const absl::Status set = parts.quirks.Set(name.is_string() ? name.get<std::string>() : "", list[1] == 'n');
      if (!set.ok()) return Refuse(response, MessageOf(set));
    }
  }
}

// {"server": number from 1}, or nothing for all.
void DropSubscriptions(const AdminParts& parts, const HttpRequest& request, HttpResponse& response) {
  const json in = request.body.empty() ? json::object() : json::parse(request.body, nullptr, false);
  const json wanted = in.is_object() ? in.value("server", json(0)) : json();
  if (!wanted.is_number_integer()) return Refuse(response, "server: a number from 1");
  const int server = wanted.get<int>();
  std::lock_guard lock(parts.store.mu);
  parts.store.subscriptions.RemoveIf(
      [server](const Subscription& subscription) { return server == 0 || subscription.server == server - 1; });
}

void SwapCertificate(const AdminParts& parts, const HttpRequest& request, HttpResponse& response) {
  const json in = json::parse(request.body, nullptr, false);
  if (!in.is_object()) return Refuse(response, "the body must be a JSON object");
  const absl::Status swapped = parts.server.ReplaceCertificate(TextIn(in, "cert"), TextIn(in, "key"));
  if (!swapped.ok()) Refuse(response, MessageOf(swapped));
}

void ShowStats(const AdminParts& parts, HttpResponse& response) {
  json stats = parts.stats.Json();
  stats["throttling"] = parts.throttle.Json();
  stats["faults_waiting"] = parts.faults.waiting();
  stats["quirks"] = parts.quirks.On();
  std::lock_guard lock(parts.store.mu);
  stats["open_streams"] = parts.streams.open();
  stats["subscriptions"] = parts.store.subscriptions.size();
  stats["mailboxes"] = parts.store.mailboxes().size();
  response.content_type = kJson;
  response.body = stats.dump(2);
}

void ExpireSyncStates(const AdminParts& parts, const HttpRequest&, HttpResponse&) {
  std::lock_guard lock(parts.store.mu);
  parts.store.NewEpoch();
}

void SetLimits(const AdminParts& parts, const HttpRequest& request, HttpResponse& response) {
  if (const absl::Status set = parts.throttle.SetJson(request.body); !set.ok()) Refuse(response, MessageOf(set));
}

using Route = void (*)(const AdminParts&, const HttpRequest&, HttpResponse&);

// POSTs that change what must be there again after a restart.
const std::map<std::string_view, Route>& Commands() {
  static const std::map<std::string_view, Route> commands = {
      {"/sim/limits", SetLimits},
      {"/sim/quirks", ChangeQuirks},
      {"/sim/accounts", ChangeAccount},
      {"/sim/expire-sync-states", ExpireSyncStates},
      {"/sim/mailboxes",
       [](const auto& p, const auto& request, auto& response) { AddMailbox(p.store, request, response); }},
      {"/sim/mailboxes/settings", ChangeMailbox},
      {"/sim/meetings",
       [](const auto& p, const auto& request, auto& response) { AddMeetings(p.store, request, response); }},
      {"/sim/photos",
       [](const auto& p, const auto& request, auto& response) { ChangePhoto(p.store, request, response); }},
      {"/sim/delegates",
       [](const auto& p, const auto& request, auto& response) { ShareFolder(p.store, request, response); }},
  };
  return commands;
}

// Only commands given at the same time as changes of the same mailbox may come in another order when done again.
void RunKept(const AdminParts& parts, Route route, const HttpRequest& request, HttpResponse& response) {
  const Moment moment = Moment::Fresh();
  if (parts.journal != nullptr) {
    parts.journal->Write({.moment = moment, .operation = "", .path = request.path, .body = request.body});
  }
  const InMoment now(moment);
  route(parts, request, response);
}

}  // namespace

absl::Status RunCommand(const AdminParts& parts, const std::string& path, const std::string& body) {
  const auto found = Commands().find(path);
  if (found == Commands().end()) return absl::InvalidArgumentError("journal: no command " + path);
  HttpRequest request;
  request.path = path;
  request.body = body;
  HttpResponse response;
  found->second(parts, request, response);
  return absl::OkStatus();
}

void AddAdminRoutes(HttpServer& server, const AdminParts& parts) {
  const auto add = [&server, parts](std::string_view method, std::string_view path, Route route) {
    server.Handle(method, path,
                  [parts, route](const auto& request, auto& response) { route(parts, request, response); });
  };
  for (const auto& [path, route] : Commands()) {
    server.Handle("POST", path, [parts, command = route](const auto& request, auto& response) {
      RunKept(parts, command, request, response);
    });
  }
  add("GET", "/sim/stats", [](const auto& p, const auto&, auto& response) { ShowStats(p, response); });
  add("POST", "/sim/faults", OrderFault);
  add("DELETE", "/sim/faults", [](const auto& p, const auto&, auto&) { p.faults.Clear(); });
  add("POST", "/sim/certificate", SwapCertificate);
  add("POST", "/sim/cut-streams", [](const auto& p, const auto&, auto&) {
    std::lock_guard lock(p.store.mu);
    p.streams.CutAll();
  });
  add("POST", "/sim/drop-subscriptions", DropSubscriptions);
  add("GET", "/sim/mailboxes",
      [](const auto& p, const auto& request, auto& response) { ListMailboxes(p.store, request, response); });
}

}  // namespace crosspoint::exchange_sim
