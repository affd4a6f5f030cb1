#include "contact/app/contacts.h"

#include <utility>

#include "common/status/status.h"
#include "contact/app/reasons.h"

namespace crosspoint::contact {
namespace {

constexpr int kMaxUpdateAttempts = 5;
constexpr size_t kMaxLookups = 10;

absl::Status CheckEditable(const Contact& contact) {
  if (IsEditable(contact.source)) return absl::OkStatus();
  return Refused(
      absl::StatusCode::kFailedPrecondition, kSourceReadOnly,
      "the contact comes from " + std::string(SourceName(contact.source)) + ": change it there and upload it again");
}

bool IsInMailbox(const Contact& contact) {
  return contact.source == Source::kOwn || contact.source == Source::kExchange;
}

}  // namespace

std::string Contacts::RegionOf(const TenantId& tenant) const {
  const auto region = regions_.find(tenant);
  return region == regions_.end() ? "" : region->second;
}

void Contacts::Told(const UserId& owner, Deadline deadline) {
  // A book that cannot be read now is read by whoever asks next.
  static_cast<void>(shelf_.Refresh(owner, deadline));
  announcer_.Announce(owner);
}

absl::StatusOr<Contact> Contacts::Create(const UserId& owner, Facts facts, const std::string& field,
                                         const std::string& request_id, const std::string& request_hash,
                                         Deadline deadline) {
  CROSSPOINT_RETURN_IF_ERROR(Complete(facts, RegionOf(owner.tenant), field));
  const auto id = ids_.NewId("c");
  CROSSPOINT_ASSIGN_OR_RETURN(
      const auto result,
      store_.Write(owner,
                   {.writes = {{.kind = ContactWrite::Kind::kCreate, .id = id, .facts = std::move(facts)}},
                    .request_id = request_id,
                    .request_hash = request_hash,
                    .tell_mailbox_of = id},
                   deadline));
  Told(owner, deadline);
  return Get({owner, result.id}, deadline);
}

absl::StatusOr<Contact> Contacts::Get(const ContactId& id, Deadline deadline) {
  std::optional<Contact> found;
  CROSSPOINT_RETURN_IF_ERROR(shelf_.Read(id.owner, Shelf::Need::kLatest, deadline, [&](const ContactBook& book) {
    if (const auto* contact = book.Find(id.value)) found = *contact;
  }));
  if (!found) return absl::NotFoundError(id.Name() + " does not exist");
  return *std::move(found);
}

absl::StatusOr<Contact> Contacts::Update(const ContactId& id, uint64_t edition,
                                         const std::function<void(Facts&)>& change, Deadline deadline) {
  absl::Status outcome;
  for (int attempt = 0; attempt < kMaxUpdateAttempts; ++attempt) {
    CROSSPOINT_ASSIGN_OR_RETURN(const auto contact, Get(id, deadline));
    CROSSPOINT_RETURN_IF_ERROR(CheckEditable(contact));
    auto facts = contact.facts;
    change(facts);
    CROSSPOINT_RETURN_IF_ERROR(Complete(facts, RegionOf(id.owner.tenant), "contact"));
    const auto written = store_.Write(id.owner,
                                      {.writes = {{.kind = ContactWrite::Kind::kUpdate,
                                                   .id = id.value,
                                                   .edition = edition == 0 ? contact.edition : edition,
                                                   .facts = std::move(facts)}},
                                       .request_id = "",
                                       .request_hash = "",
                                       .tell_mailbox_of = IsInMailbox(contact) ? id.value : ""},
                                      deadline);
    if (written.ok()) {
      Told(id.owner, deadline);
      return Get(id, deadline);
    }
    outcome = written.status();
    if (edition != 0 || !absl::IsAborted(outcome)) break;
  }
  return outcome;
}

absl::Status Contacts::Delete(const ContactId& id, uint64_t edition, Deadline deadline) {
  CROSSPOINT_ASSIGN_OR_RETURN(const auto contact, Get(id, deadline));
  CROSSPOINT_RETURN_IF_ERROR(CheckEditable(contact));
  CROSSPOINT_RETURN_IF_ERROR(
      store_
          .Write(id.owner,
                 {.writes = {{.kind = ContactWrite::Kind::kDelete, .id = id.value, .edition = edition}},
                  .request_id = "",
                  .request_hash = "",
                  .tell_mailbox_of = IsInMailbox(contact) ? id.value : ""},
                 deadline)
          .status());
  Told(id.owner, deadline);
  return absl::OkStatus();
}

absl::StatusOr<Contacts::Page> Contacts::List(const UserId& owner, const std::string& after, size_t limit,
                                              std::optional<Source> source, Deadline deadline) {
  Page page;
  CROSSPOINT_RETURN_IF_ERROR(shelf_.Read(owner, Shelf::Need::kLatest, deadline, [&](const ContactBook& book) {
    page.contacts = book.List(after, limit + 1, source);
  }));
  if (page.contacts.size() > limit) {
    page.contacts.pop_back();
    page.last_id = page.contacts.back().id;
  }
  return page;
}

absl::StatusOr<std::vector<Contact>> Contacts::Search(const UserId& owner, const std::string& query, size_t limit,
                                                      Deadline deadline) {
  std::vector<Contact> found;
  CROSSPOINT_RETURN_IF_ERROR(shelf_.Read(owner, Shelf::Need::kLatest, deadline,
                                         [&](const ContactBook& book) { found = book.Search(query, limit); }));
  return found;
}

absl::StatusOr<ContactBook::Lookup> Contacts::LookUp(const UserId& owner, const std::string& number,
                                                     Deadline deadline) {
  const auto begin = std::chrono::steady_clock::now();
  ContactBook::Lookup found;
  CROSSPOINT_RETURN_IF_ERROR(shelf_.Read(owner, Shelf::Need::kRecent, deadline, [&](const ContactBook& book) {
    found = book.LookUp(number, RegionOf(owner.tenant), kMaxLookups);
  }));
  const auto outcome = found.exact              ? LookupOutcome::kExact
                       : found.contacts.empty() ? LookupOutcome::kNobody
                                                : LookupOutcome::kEnd;
  const auto took = std::chrono::steady_clock::now() - begin;
  observer_.OnLookup(outcome, std::chrono::duration_cast<std::chrono::microseconds>(took));
  return found;
}

ContactWrite Contacts::ToWrite(Source source, Change change) {
  ContactWrite write{.source = source, .source_id = std::move(change.source_id)};
  write.kind = change.facts ? ContactWrite::Kind::kUpsert : ContactWrite::Kind::kRemove;
  if (change.facts) {
    write.id = ids_.NewId("c");
    write.facts = *std::move(change.facts);
  }
  return write;
}

absl::StatusOr<Counts> Contacts::Modify(const UserId& owner, Source source, std::vector<Change> changes,
                                        const std::string& request_id, const std::string& request_hash,
                                        Deadline deadline) {
  WriteRequest request{.writes = {}, .request_id = request_id, .request_hash = request_hash, .tell_mailbox_of = ""};
  for (auto& change : changes) request.writes.push_back(ToWrite(source, std::move(change)));
  CROSSPOINT_ASSIGN_OR_RETURN(const auto result, store_.Write(owner, request, deadline));
  Told(owner, deadline);
  return result.counts;
}

}  // namespace crosspoint::contact
