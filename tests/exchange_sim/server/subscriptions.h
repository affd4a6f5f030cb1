#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "exchange_sim/text.h"

namespace crosspoint::exchange_sim {

// A change as a notification tells it. Names are those of the EventType values.
struct Event {
  std::string type;  // CreatedEvent, ModifiedEvent, DeletedEvent, MovedEvent, CopiedEvent, NewMailEvent
  Seconds at = 0;
  std::string item_xml;           // t:ItemId or t:FolderId
  std::string parent_xml;         // t:ParentFolderId
  std::string old_item_xml;       // MovedEvent, CopiedEvent: t:OldItemId or t:OldFolderId
  std::string old_parent_xml;     // the same: t:OldParentFolderId
  std::vector<uint64_t> folders;  // whoever watches one of these is told
};

// One GetStreamingEvents response that is open.
struct StreamConnection {
  std::condition_variable changed;  // with Store::mu
  std::vector<std::string> ready;   // subscriptions that have something to tell
  std::vector<std::string> gone;    // subscriptions that ceased to be
  bool replaced = false;            // another connection took a subscription over
  bool cut = false;                 // by command, without a word
};

struct Subscription {
  enum class Kind { kStreaming, kPull };

  std::string id;
  Kind kind = Kind::kStreaming;
  std::string owner;  // account that subscribed
  uint64_t mailbox = 0;
  int server = 0;  // whose memory it lives in
  bool all_folders = false;
  std::set<uint64_t> folders;
  std::set<std::string> event_types;
  std::deque<Event> pending;
  uint64_t told = 0;                       // pull: events that have left `pending`
  StreamConnection* connection = nullptr;  // of a stream that is open
  Seconds last_used = 0;
  Seconds life = 0;  // without use
};

// Everybody who wants to be told of changes. The store's mutex guards it.
class Subscriptions {
 public:
  // Indexes it under its id.
  void Add(Subscription subscription);
  // nullptr for an id that is unknown or expired.
  Subscription* Find(std::string_view id);
  // A stream that reads it hears that it is gone.
  void Remove(std::string_view id);
  void RemoveIf(const auto& wanted) {
    std::vector<std::string> ids;
    for (const auto& [id, subscription] : by_id_) {
      if (wanted(subscription)) ids.push_back(id);
    }
    for (const std::string& id : ids) Remove(id);
  }
  void Publish(uint64_t mailbox, const Event& event);
  // Drops what nobody has read for its whole life; looks at most once a second.
  void Expire(Seconds now);
  size_t size() const { return by_id_.size(); }
  size_t CountOf(uint64_t mailbox) const;

 private:
  std::unordered_map<std::string, Subscription> by_id_;
  std::unordered_map<uint64_t, std::vector<std::string>> by_mailbox_;  // ids
  Seconds last_look_ = 0;
};

}  // namespace crosspoint::exchange_sim
