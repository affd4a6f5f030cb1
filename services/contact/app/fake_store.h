#pragma once

#include <algorithm>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "common/status/status.h"
#include "contact/app/mailbox_ports.h"
#include "contact/app/reasons.h"

namespace crosspoint::contact {

// For tests: contacts and what is known of mailboxes in memory, by the rules of the real stores. Time stands unless
// told to go on. Thread-safe.
class FakeStore final : public ContactStore, public SyncStore {
 public:
  absl::StatusOr<WriteResult> Write(const UserId& owner, const WriteRequest& request, Deadline) override {
    const std::lock_guard lock(mu_);
    CROSSPOINT_RETURN_IF_ERROR(trouble);
    auto& book = books_[owner];
    if (!request.request_id.empty()) {
      if (const auto earlier = book.requests.find(request.request_id); earlier != book.requests.end()) {
        if (earlier->second.first != request.request_hash) return RequestIdReused();
        return earlier->second.second;
      }
    }
    CROSSPOINT_RETURN_IF_ERROR(Check(book, request.writes));
    WriteResult result;
    const auto before = book.revision;
    for (const auto& write : request.writes) result.id = Carry(book, write, result.counts);
    if (!request.tell_mailbox_of.empty() && book.revision != before) told.push_back(request.tell_mailbox_of);
    if (!request.request_id.empty()) book.requests[request.request_id] = {request.request_hash, result};
    return result;
  }

  absl::StatusOr<ContactChanges> ReadChanges(const UserId& owner, const std::string& epoch, uint64_t revision,
                                             size_t limit, Deadline) override {
    const std::lock_guard lock(mu_);
    CROSSPOINT_RETURN_IF_ERROR(trouble);
    ++reads;
    auto& book = books_[owner];
    ContactChanges changes{.epoch = book.epoch,
                           .restart = epoch != book.epoch || (revision > 0 && revision < book.floor),
                           .floor = book.floor,
                           .contacts = {},
                           .complete = true};
    if (changes.restart) revision = 0;
    std::map<uint64_t, Contact> by_revision;
    for (const auto& [id, contact] : book.contacts) by_revision[contact.revision] = contact;
    for (const auto& [id, at] : book.gone) by_revision[at] = {.id = id, .revision = at, .deleted = true};
    for (auto& [at, contact] : by_revision) {
      if (at <= revision) continue;
      if (changes.contacts.size() == limit) {
        changes.complete = false;
        break;
      }
      changes.contacts.push_back(std::move(contact));
    }
    return changes;
  }

  absl::StatusOr<std::optional<Upload>> GetUpload(const UserId& owner, const std::string& upload_id,
                                                  Deadline) override {
    const std::lock_guard lock(mu_);
    CROSSPOINT_RETURN_IF_ERROR(trouble);
    const auto& uploads = books_[owner].uploads;
    const auto upload = uploads.find(upload_id);
    return upload == uploads.end() ? std::optional<Upload>() : std::optional(upload->second);
  }

  absl::Status StepUpload(const UserId& owner, const UploadStep& step, Deadline) override {
    const std::lock_guard lock(mu_);
    CROSSPOINT_RETURN_IF_ERROR(trouble);
    auto& book = books_[owner];
    const auto known = book.uploads.find(step.upload_id);
    if ((known == book.uploads.end() ? 0 : known->second.received) != step.expected) {
      return Refused(absl::StatusCode::kAborted, kUploadElsewhere, "the upload went on in another stream");
    }
    CROSSPOINT_RETURN_IF_ERROR(Check(book, step.writes));
    auto& upload = book.uploads[step.upload_id];
    for (const auto& write : step.writes) Carry(book, write, upload.counts);
    upload.id = step.upload_id;
    upload.source = step.source;
    upload.replace_all = step.replace_all;
    upload.received = step.received;
    upload.digest = step.digest;
    upload.complete = step.complete;
    upload.refused += static_cast<int>(step.refusals.size());
    for (const auto& refusal : step.refusals) {
      if (upload.refusals.size() < kMaxRefusals) upload.refusals.push_back(refusal);
    }
    if (step.replace_all) book.seen[step.upload_id].insert(step.seen.begin(), step.seen.end());
    return absl::OkStatus();
  }

  absl::StatusOr<std::vector<std::string>> Unnamed(const UserId& owner, const std::string& upload_id, Source source,
                                                   Deadline) override {
    const std::lock_guard lock(mu_);
    auto& book = books_[owner];
    std::vector<std::string> unnamed;
    for (const auto& [key, id] : book.index) {
      if (key.first == source && !book.seen[upload_id].contains(key.second)) unnamed.push_back(key.second);
    }
    return unnamed;
  }

  absl::StatusOr<SyncPoint> LoadPoint(const UserId& user) override {
    const std::lock_guard lock(mu_);
    CROSSPOINT_RETURN_IF_ERROR(trouble);
    auto& book = books_[user];
    auto point = book.point;
    point.linked = static_cast<int>(book.links.size());
    point.held = static_cast<int>(book.held.size());
    return point;
  }

  absl::StatusOr<std::map<std::string, std::string>> ContactsOf(const UserId& user,
                                                                const std::vector<std::string>& items) override {
    CROSSPOINT_ASSIGN_OR_RETURN(auto all, AllItems(user));
    std::erase_if(all, [&](const auto& one) { return std::ranges::find(items, one.first) == items.end(); });
    return all;
  }

  absl::StatusOr<std::map<std::string, std::string>> AllItems(const UserId& user) override {
    const std::lock_guard lock(mu_);
    std::map<std::string, std::string> items;
    for (const auto& [key, id] : books_[user].index) {
      if (key.first == Source::kExchange) items[key.second] = id;
    }
    return items;
  }

  absl::StatusOr<std::map<std::string, Linked>> Load(const UserId& user,
                                                     const std::vector<std::string>& contacts) override {
    const std::lock_guard lock(mu_);
    auto& book = books_[user];
    std::map<std::string, Linked> loaded;
    for (const auto& id : contacts) {
      Linked linked;
      const auto contact = book.contacts.find(id);
      const bool ours = contact != book.contacts.end() &&
                        (contact->second.source == Source::kOwn || contact->second.source == Source::kExchange);
      if (ours) linked.contact = contact->second;
      if (const auto link = book.links.find(id); link != book.links.end()) linked.link = link->second;
      if (linked.contact || linked.link) loaded[id] = std::move(linked);
    }
    return loaded;
  }

  absl::StatusOr<std::vector<std::string>> Held(const UserId& user) override {
    const std::lock_guard lock(mu_);
    const auto& held = books_[user].held;
    return std::vector<std::string>(held.begin(), held.end());
  }

  absl::StatusOr<int64_t> Now() override {
    const std::lock_guard lock(mu_);
    CROSSPOINT_RETURN_IF_ERROR(trouble);
    return now_us;
  }

  absl::Status Commit(const UserId& user, const MailboxLease& lease, const SyncCommit& commit) override {
    const std::lock_guard lock(mu_);
    CROSSPOINT_RETURN_IF_ERROR(trouble);
    if (lease.token != valid_token) return Refused(absl::StatusCode::kAborted, "FENCED", "lease lost");
    auto& book = books_[user];
    const auto refused = Check(book, commit.writes);
    if (absl::IsNotFound(refused)) return Refused(absl::StatusCode::kAborted, kEtagStale, MessageOf(refused));
    CROSSPOINT_RETURN_IF_ERROR(refused);
    Counts counts;
    for (const auto& write : commit.writes) Carry(book, write, counts);
    for (const auto& [contact, link] : commit.links) book.links[contact] = link;
    for (const auto& contact : commit.unlinked) book.links.erase(contact);
    book.held.insert(commit.hold.begin(), commit.hold.end());
    for (const auto& contact : commit.release) book.held.erase(contact);
    told.insert(told.end(), commit.tell.begin(), commit.tell.end());
    if (commit.sync_state) {
      book.point.sync_state = *commit.sync_state;
      book.point.begun_us = commit.begun_us;
      book.point.sync_time_us = now_us;
      book.point.problem.clear();
    }
    return absl::OkStatus();
  }

  absl::Status NoteProblem(const UserId& user, const MailboxLease&, const std::string& problem) override {
    const std::lock_guard lock(mu_);
    books_[user].point.problem = problem;
    return absl::OkStatus();
  }

  // All of a user, by id.
  std::map<std::string, Contact> contacts(const UserId& user) {
    const std::lock_guard lock(mu_);
    return books_[user].contacts;
  }
  // Deletions so far are forgotten, as after a day.
  void ForgetDeletions(const UserId& user) {
    const std::lock_guard lock(mu_);
    auto& book = books_[user];
    for (const auto& [id, at] : book.gone) book.floor = std::max(book.floor, at);
    book.gone.clear();
  }

  absl::Status trouble;              // what the store answers with while it is away
  std::vector<std::string> told;     // contacts whose mailbox item is to be brought up to date
  std::string valid_token = "1:me";  // of the lease
  int64_t now_us = 1'000'000;
  int reads = 0;

 private:
  struct Book {
    std::string epoch = "e1";
    uint64_t revision = 0;
    uint64_t floor = 0;
    std::map<std::string, Contact> contacts;
    std::map<std::string, uint64_t> gone;
    std::map<std::pair<Source, std::string>, std::string> index;
    std::map<std::string, std::pair<std::string, WriteResult>> requests;
    std::map<std::string, Upload> uploads;
    std::map<std::string, std::set<std::string>> seen;
    std::map<std::string, Link> links;
    std::set<std::string> held;
    SyncPoint point;
  };
  using Kind = ContactWrite::Kind;

  static absl::Status Check(const Book& book, const std::vector<ContactWrite>& writes) {
    std::set<std::string> fresh;
    size_t created = 0;
    for (const auto& write : writes) {
      if (write.kind == Kind::kUpdate || write.kind == Kind::kDelete) {
        const auto at = book.contacts.find(write.id);
        if (at == book.contacts.end()) return absl::NotFoundError(write.id + " does not exist");
        if (write.edition != 0 && write.edition != at->second.edition) {
          return Refused(absl::StatusCode::kAborted, kEtagStale, "the contact has changed since");
        }
      }
      if (write.kind == Kind::kCreate) ++created;
      if (write.kind == Kind::kUpsert && !book.index.contains({write.source, write.source_id})) {
        fresh.insert(write.source_id);
      }
    }
    created += fresh.size();
    if (created > 0 && book.contacts.size() + created > kMaxContacts) {
      return Refused(absl::StatusCode::kResourceExhausted, kTooManyContacts, "too many contacts");
    }
    return absl::OkStatus();
  }

  std::string Carry(Book& book, const ContactWrite& write, Counts& counts) {
    auto id = write.id;
    if (write.kind == Kind::kUpsert || write.kind == Kind::kRemove) {
      if (const auto at = book.index.find({write.source, write.source_id}); at != book.index.end()) id = at->second;
    }
    const auto old = book.contacts.find(id);
    const bool there = old != book.contacts.end();
    if (write.kind == Kind::kRemove || write.kind == Kind::kDelete) {
      if (there) Remove(book, old->second);
      ++(there ? counts.deleted : counts.unchanged);
      return id;
    }
    const bool keeps_source = write.kind == Kind::kUpdate && write.source_id.empty();
    const auto source = keeps_source && there ? old->second.source : write.source;
    const auto source_id = keeps_source && there ? old->second.source_id : write.source_id;
    const auto& facts = write.kind == Kind::kMove && there ? old->second.facts : write.facts;
    const bool same = there && old->second.facts == facts;
    if ((write.kind == Kind::kMove && !there) ||
        (same && old->second.source == source && old->second.source_id == source_id)) {
      ++counts.unchanged;
      return id;
    }
    Contact contact{.id = id, .facts = facts, .source = source, .source_id = source_id, .revision = ++book.revision};
    contact.edition = same ? old->second.edition : contact.revision;
    contact.create_time_us = there ? old->second.create_time_us : now_us;
    contact.update_time_us = same ? old->second.update_time_us : now_us;
    if (there && !old->second.source_id.empty()) book.index.erase({old->second.source, old->second.source_id});
    if (!source_id.empty()) book.index[{source, source_id}] = id;
    book.contacts[id] = std::move(contact);
    ++(there ? counts.updated : counts.created);
    return id;
  }

  static void Remove(Book& book, const Contact& contact) {
    book.gone[contact.id] = ++book.revision;
    book.index.erase({contact.source, contact.source_id});
    book.contacts.erase(std::string(contact.id));
  }

  std::mutex mu_;
  std::map<UserId, Book> books_;  // guarded by mu_
};

}  // namespace crosspoint::contact
