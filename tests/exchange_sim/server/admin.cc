#include "exchange_sim/server/admin.h"

#include <nlohmann/json.hpp>

#include "common/status/status.h"
#include "exchange_sim/items/seed.h"

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

}  // namespace

void AddAdminRoutes(HttpServer& server, Store& store, Stats& stats, Faults& faults, Streams& streams) {
  server.Handle("GET", "/sim/stats", [&](const HttpRequest&, HttpResponse& response) {
    std::lock_guard lock(store.mu);
    response.content_type = kJson;
    response.body = stats.Json(streams.open(), store.subscriptions.size(), store.mailboxes().size());
  });
  server.Handle("POST", "/sim/faults", [&](const HttpRequest& request, HttpResponse& response) {
    if (const absl::Status added = faults.AddJson(request.body); !added.ok()) Refuse(response, MessageOf(added));
  });
  server.Handle("DELETE", "/sim/faults", [&](const HttpRequest&, HttpResponse&) { faults.Clear(); });
  server.Handle("POST", "/sim/cut-streams", [&](const HttpRequest&, HttpResponse&) {
    std::lock_guard lock(store.mu);
    streams.CutAll();
  });
  server.Handle("POST", "/sim/drop-subscriptions", [&](const HttpRequest&, HttpResponse&) {
    std::lock_guard lock(store.mu);
    for (auto& [id, subscription] : store.subscriptions) {
      if (subscription.connection != nullptr) subscription.connection->changed.notify_all();
    }
    store.subscriptions.clear();
  });
  server.Handle("POST", "/sim/expire-sync-states", [&](const HttpRequest&, HttpResponse&) {
    std::lock_guard lock(store.mu);
    store.NewEpoch();
  });
  server.Handle("GET", "/sim/mailboxes",
                [&](const auto& request, auto& response) { ListMailboxes(store, request, response); });
  server.Handle("POST", "/sim/mailboxes",
                [&](const auto& request, auto& response) { AddMailbox(store, request, response); });
  server.Handle("POST", "/sim/meetings",
                [&](const auto& request, auto& response) { AddMeetings(store, request, response); });
  server.Handle("POST", "/sim/photos",
                [&](const auto& request, auto& response) { ChangePhoto(store, request, response); });
}

}  // namespace crosspoint::exchange_sim
