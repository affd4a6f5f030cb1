#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "connectors/ews/errors.h"
#include "connectors/ews/feed/feed_hub.h"

namespace crosspoint::ews {

// A server in memory, for tests on one thread: subscriptions live on backends chosen by cookie or anchor, queue what
// nobody reads, and go to the newest connection that names them.
class FakeFeedServer final : public FeedServer {
 public:
  struct Open {
    int number;
    std::vector<std::string> ids;
    std::string speaker;
    Affinity affinity;
    EwsStreamCallbacks callbacks;
    bool running = true;
  };
  struct Held {
    std::string mailbox;
    std::vector<StreamEvent> pending;
    Open* reader = nullptr;
  };

  absl::StatusOr<Subscription> Subscribe(const std::string& mailbox, const Affinity& affinity) override {
    asked.push_back({mailbox, affinity});
    if (const auto failure = failures.find(mailbox); failure != failures.end()) return failure->second;
    if (!down.ok()) return down;
    const std::string id = mailbox + "#" + std::to_string(++made);
    held[id] = {.mailbox = mailbox, .pending = {}};
    const bool first = affinity.cookie.empty();
    return Subscription{.id = id, .affinity_cookie = first ? "on-" + affinity.anchor_mailbox : affinity.cookie};
  }

  void Unsubscribe(const std::string& id, const std::string&, const Affinity&) override {
    unsubscribed.push_back(id);
    held.erase(id);
  }

  std::unique_ptr<EwsStream> OpenStream(const std::vector<std::string>& ids, std::chrono::minutes,
                                        EwsStreamCallbacks callbacks, const std::string& mailbox,
                                        const Affinity& affinity) override {
    opens.push_back(std::make_unique<Open>(Open{.number = static_cast<int>(opens.size()),
                                                .ids = ids,
                                                .speaker = mailbox,
                                                .affinity = affinity,
                                                .callbacks = std::move(callbacks)}));
    Open& open = *opens.back();
    auto stream = std::make_unique<Stream>(open);
    if (const auto failure = failures.find(mailbox); failure != failures.end()) {
      End(open, failure->second);
    } else if (!down.ok()) {
      End(open, down);
    } else {
      Attach(open);
    }
    return stream;
  }

  // As real servers do: what is unknown is named, and the connection serves the others.
  void Attach(Open& open) {
    open.callbacks.on_alive();
    std::vector<std::string> lost;
    std::set<Open*> replaced;
    for (const auto& id : open.ids) {
      const auto found = held.find(id);
      if (found == held.end()) {
        lost.push_back(id);
        continue;
      }
      if (found->second.reader != nullptr && found->second.reader->running) replaced.insert(found->second.reader);
      found->second.reader = &open;
      for (const auto& event : std::exchange(found->second.pending, {})) open.callbacks.on_event(event);
    }
    if (hand_over) {
      for (Open* old : replaced) End(*old, StatusFromResponseCode("ErrorNewEventStreamConnectionOpened", ""));
    }
    if (!lost.empty()) open.callbacks.on_lost(lost);
  }

  void End(Open& open, const absl::Status& status) {
    if (!std::exchange(open.running, false)) return;
    open.callbacks.on_end(status);
  }
  void EndAll(const absl::Status& status) {
    for (size_t i = 0; i < opens.size(); ++i) End(*opens[i], status);
  }

  // Something happens in the mailbox.
  void Change(const std::string& mailbox) {
    for (auto& [id, subscription] : held) {
      if (subscription.mailbox != mailbox) continue;
      const StreamEvent event{.kind = StreamEvent::Kind::kCreated, .subscription_id = id, .item_id = "item"};
      if (subscription.reader != nullptr && subscription.reader->running) {
        subscription.reader->callbacks.on_event(event);
      } else {
        subscription.pending.push_back(event);
      }
    }
  }
  // Forgets the subscription of a mailbox and says so to its reader.
  void Lose(const std::string& mailbox) {
    for (auto it = held.begin(); it != held.end();) {
      if (it->second.mailbox != mailbox) {
        ++it;
        continue;
      }
      Open* const reader = it->second.reader;
      const std::string id = it->first;
      it = held.erase(it);
      if (reader != nullptr && reader->running) reader->callbacks.on_lost({id});
    }
  }

  std::vector<Open*> running() const {
    std::vector<Open*> found;
    for (const auto& open : opens) {
      if (open->running) found.push_back(open.get());
    }
    return found;
  }

  absl::Status down;
  bool hand_over = true;                         // ends the older connection when a newer one names its subscriptions
  std::map<std::string, absl::Status> failures;  // of calls in the name of a mailbox
  std::map<std::string, Held> held;              // by subscription
  std::vector<std::pair<std::string, Affinity>> asked;
  std::vector<std::string> unsubscribed;
  std::vector<std::unique_ptr<Open>> opens;
  int made = 0;

 private:
  struct Stream final : EwsStream {
    explicit Stream(Open& open) : open(open) {}
    ~Stream() override { open.running = false; }
    Open& open;
  };
};

}  // namespace crosspoint::ews
