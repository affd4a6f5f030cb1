#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "common/ids/ids.h"
#include "contact/app/ports.h"
#include "contact/app/shelf.h"

namespace crosspoint::contact {

enum class LookupOutcome { kExact, kEnd, kNobody };

// Told of every lookup. Thread-safe; must not wait.
class LookupObserver {
 public:
  virtual ~LookupObserver() = default;
  virtual void OnLookup(LookupOutcome outcome, std::chrono::microseconds took) = 0;
};

// What people do with their contacts. Thread-safe.
class Contacts {
 public:
  // `regions`: how numbers without a country code are meant, by tenant.
  Contacts(ContactStore& store, Shelf& shelf, ChangeAnnouncer& announcer, IdSource& ids, LookupObserver& observer,
           std::map<TenantId, std::string> regions)
      : store_(store),
        shelf_(shelf),
        announcer_(announcer),
        ids_(ids),
        observer_(observer),
        regions_(std::move(regions)) {}

  // Empty when the tenant has none.
  std::string RegionOf(const TenantId& tenant) const;

  // The facts are completed first, fields named below `field`. `request_id` as in WriteRequest.
  absl::StatusOr<Contact> Create(const UserId& owner, Facts facts, const std::string& field,
                                 const std::string& request_id, const std::string& request_hash, Deadline deadline);
  absl::StatusOr<Contact> Get(const ContactId& id, Deadline deadline);
  // `edition` 0: whatever is there.
  //   kAborted ETAG_STALE  kFailedPrecondition SOURCE_READ_ONLY
  absl::StatusOr<Contact> Update(const ContactId& id, uint64_t edition, const std::function<void(Facts&)>& change,
                                 Deadline deadline);
  absl::Status Delete(const ContactId& id, uint64_t edition, Deadline deadline);

  struct Page {
    std::vector<Contact> contacts;
    std::string last_id;  // where the next page begins; empty on the last one
  };
  absl::StatusOr<Page> List(const UserId& owner, const std::string& after, size_t limit, std::optional<Source> source,
                            Deadline deadline);
  absl::StatusOr<std::vector<Contact>> Search(const UserId& owner, const std::string& query, size_t limit,
                                              Deadline deadline);
  absl::StatusOr<ContactBook::Lookup> LookUp(const UserId& owner, const std::string& number, Deadline deadline);

  // Changes of one source, all or none.
  struct Change {
    std::string source_id;
    std::optional<Facts> facts;  // completed; nullopt: removed
  };
  absl::StatusOr<Counts> Modify(const UserId& owner, Source source, std::vector<Change> changes,
                                const std::string& request_id, const std::string& request_hash, Deadline deadline);
  ContactWrite ToWrite(Source source, Change change);

  // After a change of the owner's contacts: this replica's readers and the other replicas see it.
  void Told(const UserId& owner, Deadline deadline);

  ContactStore& store() { return store_; }

 private:
  ContactStore& store_;
  Shelf& shelf_;
  ChangeAnnouncer& announcer_;
  IdSource& ids_;
  LookupObserver& observer_;
  const std::map<TenantId, std::string> regions_;
};

}  // namespace crosspoint::contact
