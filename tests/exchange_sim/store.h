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
  std::string type;  // CreatedEvent, ModifiedEvent, DeletedEvent, MovedEvent, CopiedEvent, NewMailEvent
  Seconds at = 0;
  std::string item_xml;           // t:ItemId or t:FolderId
  std::string parent_xml;         // t:ParentFolderId
  std::string old_item_xml;       // MovedEvent, CopiedEvent: t:OldItemId
  std::string old_parent_xml;     // the same: t:OldParentFolderId
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
  // Who has the address; unlike FindMailbox this never makes up what lies in the mailbox.
  const Person* FindPerson(std::string_view address) const;
  // All of people. What lies in them is there only once somebody looked: ask MailboxByNumber for that.
  const std::map<uint64_t, Mailbox>& mailboxes() const { return mailboxes_; }
  // The public folders, which everybody may read. Not among mailboxes().
  Mailbox& public_folders() { return public_folders_; }
  // Visible people whom `entry` finds, by display name.
  std::vector<const Person*> ResolveNames(std::string_view entry) const;

  Item& AddItem(Mailbox& mailbox, uint64_t folder, Item item);
  // Puts a message into the Inbox.
  Item& Deliver(Mailbox& mailbox, Item message);
  // After a change of `item`: next version and change number, and everybody is told.
  enum class Changed { kContent, kReadFlag };
  void Touch(Mailbox& mailbox, Item& item, Changed changed = Changed::kContent);
  // Into another folder, perhaps of another mailbox: a new id, as far as clients can see.
  Item& Move(Mailbox& from, uint64_t item, Mailbox& to, uint64_t folder);
  Item& Copy(Mailbox& from, uint64_t item, Mailbox& to, uint64_t folder);
  void Remove(Mailbox& mailbox, uint64_t item, Disposal disposal);

  std::map<std::string, Subscription> subscriptions;
  // Drops what nobody has read for longer than a streaming connection may last.
  void ExpireSubscriptions();

 private:
  void Furnish(Mailbox& mailbox);
  Item& Put(Mailbox& mailbox, uint64_t folder, Item item);
  Item TakeOut(Mailbox& mailbox, uint64_t number);
  void Publish(const Mailbox& mailbox, const Event& event);
  void PublishFolder(const Mailbox& mailbox, const Folder& folder);

  uint64_t epoch_;
  uint64_t seed_;
  Seconds began_;
  Mailbox public_folders_;
  std::map<uint64_t, Mailbox> mailboxes_;
  std::map<std::string, uint64_t> by_address_;  // lower case
};

}  // namespace crosspoint::exchange_sim
