#include "exchange_sim/server/streaming.h"

#include <algorithm>
#include <thread>

#include "exchange_sim/error.h"
#include "exchange_sim/server/notifications.h"
#include "fmt/format.h"

namespace crosspoint::exchange_sim {
namespace {

constexpr size_t kMaxIds = 200;
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

std::string Gone(const std::vector<std::string>& ids) {
  XmlWriter out;
  out.Open("m:ErrorSubscriptionIds");
  for (const std::string& id : ids) out.Leaf("t:SubscriptionId", id);
  out.Close();
  return StreamMessage(EwsError("ErrorSubscriptionNotFound", "The subscription was not found."), out.Take());
}

std::string Written(const std::vector<Notification>& notifications) {
  XmlWriter out;
  out.Open("m:Notifications");
  for (const Notification& notification : notifications) WriteNotification(out, notification);
  out.Close();
  return StreamMessage(out.Take());
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

// In pieces, with pauses between them.
bool Drip(HttpStream& out, const InjectedFault& fault, std::string_view envelope) {
  const auto bytes = static_cast<size_t>(fault.bytes);
  for (size_t at = 0; at < envelope.size(); at += bytes) {
    if (!out.Write(envelope.substr(at, bytes))) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(fault.delay_ms));
  }
  return true;
}

}  // namespace

// One response while it is open.
struct Streams::Reader {
  std::vector<std::string> ids;
  std::string account;
  int server = 0;
  int minutes = 1;
  HttpStream* out = nullptr;
  StreamConnection connection;
  bool silent = false;  // by a fault: nothing gets through any more
  std::string held;     // by a fault: a message that will come late
};

struct Streams::News {
  std::vector<Notification> notifications;
  std::vector<std::string> mailboxes;  // addresses they are about, in lower case
};

absl::Status Streams::Open(Call& call, HttpResponse& response) {
  auto reader = std::make_shared<Reader>();
  for (const pugi::xml_node id : Elements(call.request.child("m:SubscriptionIds"))) {
    reader->ids.push_back(Trim(id.text().get()));
  }
  reader->account = call.caller.account;
  reader->server = call.server;
  reader->minutes = call.request.child("m:ConnectionTimeout").text().as_int();
  if (reader->ids.empty()) return SchemaError("The element 'SubscriptionIds' has incomplete content.");
  if (reader->minutes < 1 || reader->minutes > 30) {
    return SchemaError("The 'ConnectionTimeout' element must be from 1 to 30.");
  }
  const std::string budget = Throttle::BudgetOf(call.caller.account, call.caller.impersonated);
  int& open = open_by_budget_[budget];
  if (reader->ids.size() > kMaxIds || open >= call.limits.max_streams) {
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
  response.stream = [this, slot, reader](HttpStream& out) { Run(out, *reader); };
  return absl::OkStatus();
}

void Streams::CutAll() {
  for (StreamConnection* connection : connections_) {
    connection->cut = true;
    connection->changed.notify_all();
  }
}

bool Streams::Send(Reader& reader, const std::string& message) {
  if (reader.silent) return reader.out->Alive();
  const std::string envelope = Envelope(message);
  parts_.stats.Answer(envelope);
  if (parts_.checker != nullptr) {
    if (const absl::Status valid = parts_.checker->Check(envelope); !valid.ok()) {
      parts_.stats.AnswerViolation("GetStreamingEvents", std::string(valid.message()));
    }
  }
  return reader.out->Write(parts_.quirks.Answer(envelope));
}

bool Streams::Attach(Reader& reader) {
  std::unique_lock lock(store_.mu);
  std::vector<std::string> missing;
  absl::Status refusal;
  for (const std::string& id : reader.ids) {
    const Subscription* found = store_.subscriptions.Find(id);
    if (found == nullptr || found->server != reader.server) {
      missing.push_back(id);
    } else if (found->owner != reader.account) {
      refusal = EwsError("ErrorSubscriptionAccessDenied", "The subscription belongs to another account.");
    } else if (found->kind != Subscription::Kind::kStreaming) {
      refusal = EwsError("ErrorInvalidSubscription", "The subscription is not one for streaming.");
    }
  }
  if (!missing.empty() || !refusal.ok()) {
    lock.unlock();
    Send(reader, missing.empty() ? StreamMessage(refusal) : Gone(missing));
    return false;
  }
  for (const std::string& id : reader.ids) {
    Subscription& subscription = *store_.subscriptions.Find(id);
    if (subscription.connection == &reader.connection) continue;  // named twice
    if (subscription.connection != nullptr) {
      subscription.connection->replaced = true;
      subscription.connection->changed.notify_all();
    }
    subscription.connection = &reader.connection;
    if (!subscription.pending.empty()) reader.connection.ready.push_back(id);
  }
  connections_.push_back(&reader.connection);
  parts_.stats.StreamOpened(connections_.size(), reader.ids.size());
  return true;
}

void Streams::Detach(Reader& reader) {
  std::lock_guard lock(store_.mu);
  std::erase(connections_, &reader.connection);
  for (const std::string& id : reader.ids) {
    Subscription* found = store_.subscriptions.Find(id);
    if (found == nullptr || found->connection != &reader.connection) continue;
    found->connection = nullptr;
    found->last_used = Now();
  }
}

void Streams::Run(HttpStream& out, Reader& reader) {
  reader.out = &out;
  if (!Attach(reader)) return;
  if (Send(reader, StreamMessage(Status("OK")))) Pump(reader);
  Detach(reader);
}

Streams::News Streams::TakeNews(StreamConnection& connection) {
  News news;
  for (const std::string& id : std::exchange(connection.ready, {})) {
    Subscription* subscription = store_.subscriptions.Find(id);
    if (subscription == nullptr || subscription->pending.empty()) continue;
    news.notifications.push_back(TakeNotification(*subscription));
    news.mailboxes.push_back(Lower(store_.MailboxByNumber(subscription->mailbox)->person.email));
    if (!subscription->pending.empty()) connection.ready.push_back(id);
  }
  return news;
}

// Sends what an ordered fault makes of an envelope, after which the stream is over. False for other faults.
bool Streams::Damage(Reader& reader, const InjectedFault& fault, const std::string& envelope) {
  HttpStream& out = *reader.out;
  const auto pause = std::chrono::milliseconds(fault.delay_ms);
  if (fault.kind == "stream_truncated") {
    out.Write(std::string_view(envelope).substr(0, envelope.size() / 2));
  } else if (fault.kind == "stream_malformed") {
    out.Write(envelope.substr(0, envelope.rfind("</s:Body>")) + "</s:Bodi></s:Envelope>");
  } else if (fault.kind == "stream_endless") {
    bool read = out.Write(std::string_view(envelope).substr(0, envelope.rfind("</s:Body>")));
    for (const std::string more(16'384, 'x'); read; read = out.Write(more)) std::this_thread::sleep_for(pause);
  } else if (fault.kind != "stream_drop") {
    return false;
  }
  out.Break();
  return true;
}

// Sends what is new, or what an ordered fault makes of it. False when the stream is over.
bool Streams::Tell(Reader& reader, News news) {
  const auto fault = parts_.faults.TakeForStream([&news](std::string_view mailbox) {
    return std::find(news.mailboxes.begin(), news.mailboxes.end(), mailbox) != news.mailboxes.end();
  });
  const std::string kind = fault ? fault->kind : "";
  if (fault) parts_.stats.Injected(kind);
  if (kind == "notification_lost") return true;
  if (kind == "stream_silent") {
    reader.silent = true;
    return true;
  }
  if (kind == "notification_reordered") {
    const bool one_event = news.notifications.size() == 1 && news.notifications[0].events.size() == 1;
    if (one_event && reader.held.empty()) {
      reader.held = Written(news.notifications);
      return true;
    }
    std::reverse(news.notifications.begin(), news.notifications.end());
    for (Notification& notification : news.notifications) {
      std::reverse(notification.events.begin(), notification.events.end());
    }
  }
  const std::string message = Written(news.notifications);
  if (fault && Damage(reader, *fault, Envelope(message))) return false;
  for (const Notification& notification : news.notifications) parts_.stats.EventsSent(notification.events.size());
  if (kind == "stream_drip") return Drip(*reader.out, *fault, Envelope(message));
  if (!Send(reader, message)) return false;
  if (kind == "notification_duplicated" && !Send(reader, message)) return false;
  return reader.held.empty() || Send(reader, std::exchange(reader.held, ""));
}

void Streams::Pump(Reader& reader) {
  StreamConnection& connection = reader.connection;
  const auto close_at = Clock::now() + reader.minutes * parts_.options.stream_minute;
  auto beat_at = Clock::now() + parts_.options.heartbeat;
  std::unique_lock lock(store_.mu);
  for (;;) {
    if (connection.cut) {
      reader.out->Break();
      return;
    }
    const auto gone = connection.gone;
    News news;
    if (!connection.replaced) news = TakeNews(connection);
    const bool replaced = connection.replaced;
    lock.unlock();
    if (replaced) {
      Send(reader, StreamMessage(EwsError("ErrorNewEventStreamConnectionOpened", "Another connection took over.")));
      return;
    }
    if (!news.notifications.empty()) {
      if (!Tell(reader, std::move(news))) return;
      beat_at = Clock::now() + parts_.options.heartbeat;
    }
    if (!gone.empty()) {
      Send(reader, Gone(gone));
      return;
    }
    const auto now = Clock::now();
    if (now >= close_at) {
      Send(reader, StreamMessage(Status("Closed")));
      return;
    }
    if (now >= beat_at) {
      if (!Send(reader, Heartbeat(reader.ids))) return;
      if (!reader.held.empty() && !Send(reader, std::exchange(reader.held, ""))) return;
      beat_at = now + parts_.options.heartbeat;
    } else if (!reader.out->Alive()) {
      return;
    }
    lock.lock();
    connection.changed.wait_until(lock, std::min({close_at, beat_at, now + kAliveCheck}), [&connection] {
      return connection.cut || connection.replaced || !connection.ready.empty() || !connection.gone.empty();
    });
  }
}

}  // namespace crosspoint::exchange_sim
