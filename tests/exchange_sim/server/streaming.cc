#include "exchange_sim/server/streaming.h"

#include <algorithm>

#include "exchange_sim/error.h"
#include "fmt/format.h"

namespace crosspoint::exchange_sim {
namespace {

constexpr size_t kMaxIds = 200;
constexpr size_t kMaxEvents = 50;  // of one notification
constexpr std::chrono::milliseconds kAliveCheck{500};

using Clock = std::chrono::steady_clock;

std::string StreamMessage(const absl::StatusOr<std::string>& content, std::string_view after_error = "") {
  Messages messages("GetStreamingEvents");
  messages.Add(content, after_error);
  return messages.Take();
}

std::string Status(std::string_view status) {
  return fmt::format("<m:ConnectionStatus>{}</m:ConnectionStatus>", status);
}

std::string FailedIds(const std::vector<std::string>& ids) {
  XmlWriter out;
  out.Open("m:ErrorSubscriptionIds");
  for (const std::string& id : ids) out.Leaf("t:SubscriptionId", id);
  out.Close();
  return out.Take();
}

void WriteEvent(XmlWriter& out, const Event& event) {
  out.Open("t:" + event.type).Leaf("t:TimeStamp", FormatDateTime(event.at)).Raw(event.item_xml).Raw(event.parent_xml);
  out.Raw(event.old_item_xml).Raw(event.old_parent_xml).Close();
}

// What waits for these subscriptions, as one message; empty when nothing does. The store is locked.
std::string TakeNotifications(Store& store, const std::vector<std::string>& ids) {
  XmlWriter out;
  bool any = false;
  out.Open("m:Notifications");
  for (const std::string& id : ids) {
    const auto found = store.subscriptions.find(id);
    if (found == store.subscriptions.end() || found->second.pending.empty()) continue;
    any = true;
    auto& pending = found->second.pending;
    out.Open("m:Notification").Leaf("t:SubscriptionId", id).Flag("t:MoreEvents", pending.size() > kMaxEvents);
    for (size_t i = 0; i < kMaxEvents && !pending.empty(); ++i) {
      WriteEvent(out, pending.front());
      pending.pop_front();
    }
    out.Close();
  }
  out.Close();
  return any ? StreamMessage(out.Take()) : "";
}

std::string Heartbeat(const std::vector<std::string>& ids) {
  XmlWriter out;
  out.Open("m:Notifications");
  for (const std::string& id : ids) {
    out.Open("m:Notification").Leaf("t:SubscriptionId", id).Open("t:StatusEvent").Close().Close();
  }
  out.Close();
  return StreamMessage(out.Take());
}

std::vector<std::string> Missing(const Store& store, const std::vector<std::string>& ids) {
  std::vector<std::string> missing;
  for (const std::string& id : ids) {
    if (!store.subscriptions.contains(id)) missing.push_back(id);
  }
  return missing;
}

}  // namespace

Streams::Streams(Store& store, Stats& stats, const SimOptions& options, const SchemaChecker* checker)
    : store_(store), stats_(stats), options_(options), checker_(checker) {}

absl::Status Streams::Open(Call& call, HttpResponse& response) {
  std::vector<std::string> ids;
  for (const pugi::xml_node id : Elements(call.request.child("m:SubscriptionIds")))
    ids.push_back(Trim(id.text().get()));
  const int minutes = call.request.child("m:ConnectionTimeout").text().as_int();
  if (ids.empty()) return SchemaError("The element 'SubscriptionIds' has incomplete content.");
  if (minutes < 1 || minutes > 30) return SchemaError("The 'ConnectionTimeout' element must be from 1 to 30.");
  const std::string budget = call.caller.account + "/" + call.caller.impersonated;
  int& open = open_by_budget_[budget];
  if (ids.size() > kMaxIds || open >= options_.max_streams) {
    return EwsError("ErrorExceededConnectionCount",
                    "You have exceeded the available concurrent connections for your account.");
  }
  ++open;
  // Counted from here; given back when the writer is destroyed, which happens also when it never ran.
  const std::shared_ptr<void> slot(nullptr, [this, budget](void*) {
    std::lock_guard lock(store_.mu);
    if (--open_by_budget_[budget] == 0) open_by_budget_.erase(budget);
  });
  response.content_type = "text/xml; charset=utf-8";
  response.stream = [this, slot, ids, caller = call.caller, minutes](HttpStream& out) {
    Run(out, ids, caller, minutes);
  };
  return absl::OkStatus();
}

int Streams::open() const { return static_cast<int>(connections_.size()); }

void Streams::CutAll() {
  for (StreamConnection* connection : connections_) {
    connection->cut = true;
    connection->changed.notify_all();
  }
}

bool Streams::Send(HttpStream& out, const std::string& message) {
  const std::string envelope = Envelope(message);
  if (checker_ != nullptr) {
    if (const absl::Status valid = checker_->Check(envelope); !valid.ok()) {
      stats_.AnswerViolation("GetStreamingEvents", std::string(valid.message()));
    }
  }
  return out.Write(envelope);
}

bool Streams::Attach(HttpStream& out, const std::vector<std::string>& ids, const Caller& caller,
                     StreamConnection& connection) {
  std::unique_lock lock(store_.mu);
  const auto missing = Missing(store_, ids);
  const bool foreign = std::any_of(ids.begin(), ids.end(), [&](const std::string& id) {
    const auto found = store_.subscriptions.find(id);
    return found != store_.subscriptions.end() && found->second.owner != caller.account;
  });
  if (!missing.empty() || foreign) {
    lock.unlock();
    const absl::Status error =
        missing.empty() ? EwsError("ErrorSubscriptionAccessDenied", "The subscription belongs to another account.")
                        : EwsError("ErrorSubscriptionNotFound", "The subscription was not found.");
    Send(out, StreamMessage(error, FailedIds(missing.empty() ? ids : missing)));
    return false;
  }
  for (const std::string& id : ids) {
    Subscription& subscription = store_.subscriptions[id];
    if (subscription.connection != nullptr) {
      subscription.connection->replaced = true;
      subscription.connection->changed.notify_all();
    }
    subscription.connection = &connection;
  }
  connections_.push_back(&connection);
  return true;
}

void Streams::Run(HttpStream& out, const std::vector<std::string>& ids, const Caller& caller, int minutes) {
  StreamConnection connection;
  if (!Attach(out, ids, caller, connection)) return;
  if (Send(out, StreamMessage(Status("OK")))) Pump(out, ids, connection, minutes);
  std::lock_guard lock(store_.mu);
  std::erase(connections_, &connection);
  for (const std::string& id : ids) {
    const auto found = store_.subscriptions.find(id);
    if (found == store_.subscriptions.end() || found->second.connection != &connection) continue;
    found->second.connection = nullptr;
    found->second.last_used = Now();
  }
}

void Streams::Pump(HttpStream& out, const std::vector<std::string>& ids, StreamConnection& connection, int minutes) {
  const auto close_at = Clock::now() + minutes * options_.stream_minute;
  auto beat_at = Clock::now() + options_.heartbeat;
  std::unique_lock lock(store_.mu);
  for (;;) {
    if (connection.cut) return;
    if (connection.replaced) {
      lock.unlock();
      Send(out, StreamMessage(EwsError("ErrorNewEventStreamConnectionOpened", "Another connection took over.")));
      return;
    }
    const auto missing = Missing(store_, ids);
    const std::string news = TakeNotifications(store_, ids);
    lock.unlock();
    if (!news.empty()) {
      if (!Send(out, news)) return;
      beat_at = Clock::now() + options_.heartbeat;
    }
    if (!missing.empty()) {
      Send(out,
           StreamMessage(EwsError("ErrorSubscriptionNotFound", "The subscription was not found."), FailedIds(missing)));
      return;
    }
    const auto now = Clock::now();
    if (now >= close_at) {
      Send(out, StreamMessage(Status("Closed")));
      return;
    }
    if (now >= beat_at) {
      if (!Send(out, Heartbeat(ids))) return;
      beat_at = now + options_.heartbeat;
    } else if (!out.Alive()) {
      return;
    }
    lock.lock();
    const auto waiting = [&] {
      return connection.cut || connection.replaced ||
             std::any_of(ids.begin(), ids.end(), [this](const std::string& id) {
               const auto found = store_.subscriptions.find(id);
               return found == store_.subscriptions.end() || !found->second.pending.empty();
             });
    };
    connection.changed.wait_until(lock, std::min({close_at, beat_at, now + kAliveCheck}), waiting);
  }
}

}  // namespace crosspoint::exchange_sim
