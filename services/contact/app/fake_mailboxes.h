#pragma once

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "common/status/status.h"
#include "contact/app/mailbox_ports.h"
#include "contact/app/reasons.h"

namespace crosspoint::contact {

// For tests: one mailbox's contacts folder. Its sync states are places in the list of changes.
class FakeMailboxes final : public ContactMailboxes {
 public:
  absl::StatusOr<MailboxChanges> Changes(const Mailbox&, const std::string& sync_state) override {
    CROSSPOINT_RETURN_IF_ERROR(trouble);
    if (!sync_state.empty() && lost_states) {
      return Refused(absl::StatusCode::kFailedPrecondition, kSyncStateLost, "no such state");
    }
    MailboxChanges page{.sync_state = "s" + std::to_string(log_.size()), .changes = {}, .last = true};
    if (sync_state.empty()) {
      for (const auto& [id, item] : items) {
        if (!unmentioned.contains(id)) page.changes.push_back({.removed = false, .item = item});
      }
      return page;
    }
    for (size_t i = std::stoul(sync_state.substr(1)); i < log_.size(); ++i) {
      const auto at = items.find(log_[i]);
      const bool there = at != items.end();
      page.changes.push_back({.removed = !there, .item = there ? at->second : MailboxItem{.id = log_[i]}});
    }
    return page;
  }
  absl::StatusOr<std::vector<std::optional<MailboxItem>>> Get(const Mailbox&,
                                                              const std::vector<std::string>& ids) override {
    CROSSPOINT_RETURN_IF_ERROR(trouble);
    std::vector<std::optional<MailboxItem>> found;
    for (const auto& id : ids) {
      const auto at = items.find(id);
      found.push_back(at == items.end() ? std::nullopt : std::optional(at->second));
    }
    return found;
  }
  absl::StatusOr<std::vector<MailboxItem>> Find(const Mailbox&, const std::string& contact) override {
    CROSSPOINT_RETURN_IF_ERROR(trouble);
    std::vector<MailboxItem> found;
    for (const auto& [id, item] : items) {
      if (item.contact == contact) found.push_back(item);
    }
    return found;
  }
  absl::StatusOr<MailboxItem> Create(const Mailbox&, const std::string& contact, const Facts& card) override {
    CROSSPOINT_RETURN_IF_ERROR(trouble);
    const auto made = Put("made" + std::to_string(items.size() + log_.size()), card, contact);
    // Made, but the answer does not arrive.
    if (std::exchange(lose_next_answer, false)) return absl::UnavailableError("connection lost");
    return made;
  }
  absl::StatusOr<MailboxItem> Update(const Mailbox&, const MailboxItem& item, const Facts& card) override {
    CROSSPOINT_RETURN_IF_ERROR(trouble);
    const auto at = items.find(item.id);
    if (at == items.end()) return absl::NotFoundError("no such item");
    if (at->second.change_key != item.change_key) return absl::AbortedError("stale change key");
    return Put(item.id, card, at->second.contact);
  }
  absl::Status Delete(const Mailbox&, const std::string& id) override {
    CROSSPOINT_RETURN_IF_ERROR(trouble);
    Remove(id);
    return absl::OkStatus();
  }

  // As the user does it in Outlook.
  MailboxItem Put(const std::string& id, const Facts& card, const std::string& contact = "") {
    auto& item = items[id];
    item.id = id;
    item.change_key = "k" + std::to_string(log_.size());
    if (!contact.empty()) item.contact = contact;
    item.card = card;
    item.modified_us = now_us;
    log_.push_back(id);
    return item;
  }
  void Remove(const std::string& id) {
    if (items.erase(id) > 0) log_.push_back(id);
  }

  std::map<std::string, MailboxItem> items;
  std::set<std::string> unmentioned;  // left out of what is told from the beginning
  absl::Status trouble;               // what the server answers with
  bool lost_states = false;
  bool lose_next_answer = false;
  int64_t now_us = 2'000'000;

 private:
  std::vector<std::string> log_;  // ids in the order of their changes
};

}  // namespace crosspoint::contact
