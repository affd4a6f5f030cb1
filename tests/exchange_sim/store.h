#pragma once

#include <condition_variable>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "exchange_sim/items/item.h"

namespace crosspoint::exchange_sim {

// A change as a notification tells it. Names are those of the EventType values.
struct Event {
  std::string type;  // CreatedEvent, ModifiedEvent, DeletedEvent, MovedEvent
  Seconds at = 0;
  std::string item_xml;           // t:ItemId or t:FolderId
  std::string parent_xml;         // t:ParentFolderId
  std::string old_item_xml;       // MovedEvent: t:OldItemId
  std::string old_parent_xml;     // MovedEvent: t:OldParentFolderId
  std::vector<uint64_t> folders;  // whoever watches one of these is told
};

// One GetStreamingEvents response that is open.
struct StreamConnection {
  std::condition_variable changed;  // with Store::mu
  bool replaced = false;            // another connection took a subscription over
  bool cut = false;                 // by command, without a word
};

struct Subscription {
  std::string id;
  std::string owner;  // account that subscribed
  uint64_t mailbox = 0;
  bool all_folders = false;
  std::set<uint64_t> folders;
  std::set<std::string> event_types;
  std::deque<Event> pending;
  StreamConnection* connection = nullptr;
  Seconds last_used = 0;
};

enum class Disposal { kHardDelete, kSoftDelete, kMoveToDeletedItems };

// The whole organisation, in memory. Everything but the construction needs `mu`.
class Store {
 public:
  Store(int people, uint64_t seed);
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  std::mutex mu;

  uint64_t epoch() const { return epoch_; }
  void NewEpoch() { ++epoch_; }  // every sync state given out so far becomes invalid

  Mailbox& AddMailbox(Person person);
  Mailbox* FindMailbox(std::string_view address);  // by any of its addresses
  Mailbox* MailboxByNumber(uint64_t number);
  const std::map<uint64_t, Mailbox>& mailboxes() const { return mailboxes_; }
  // Visible people whom `entry` finds, by display name.
  std::vector<const Person*> ResolveNames(std::string_view entry) const;

  Item& AddItem(Mailbox& mailbox, uint64_t folder, Item item);
  // After a change of `item`: next version and change number, and everybody is told.
  void Touch(Mailbox& mailbox, Item& item);
  void Remove(Mailbox& mailbox, uint64_t item, Disposal disposal);

  std::map<std::string, Subscription> subscriptions;
  // Drops what nobody has read for longer than a streaming connection may last.
  void ExpireSubscriptions();

 private:
  void AddFolders(Mailbox& mailbox);
  void Publish(const Mailbox& mailbox, const Event& event);
  void PublishFolder(const Mailbox& mailbox, const Folder& folder);

  uint64_t epoch_;
  std::map<uint64_t, Mailbox> mailboxes_;
  std::map<std::string, uint64_t> by_address_;  // lower case
};

}  // namespace crosspoint::exchange_sim
