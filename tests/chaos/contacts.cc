#include "tests/chaos/contacts.h"

#include <fmt/format.h>

#include "common/grpcx/status.h"

namespace crosspoint::chaos {

namespace v1 = ::crosspoint::contact::v1;

namespace {

// Of one person; beyond it they go as they come.
constexpr size_t kContacts = 60;

}  // namespace

void Contacts::Prepare() {
  const auto& user = world_.people()[Below(world_.people().size())].name;
  const auto& known = uploaded_[user];
  open_.set_parent(user);
  open_.set_source(v1::CONTACT_SOURCE_OUTLOOK);
  open_.set_request_id(NewRequestId());
  auto& change = *open_.add_changes();
  if (known.size() < kContacts) {
    change.set_source_id(fmt::format("card-{}", next_));
    change.mutable_upsert()->set_display_name(fmt::format("Card {}", next_));
    change.mutable_upsert()->add_phones()->set_number(fmt::format("+49 30 23125 {:03}", next_ % 1000));
    ++next_;
  } else {
    change.set_source_id(*std::next(known.begin(), static_cast<std::ptrdiff_t>(Below(known.size()))));
    change.set_delete_(true);
  }
}

void Contacts::Act(const std::atomic<bool>& stop) {
  if (open_.request_id().empty()) Prepare();
  while (!stop) {
    const auto stub = v1::ContactService::NewStub(world_.Any("contact"));
    v1::BatchModifyContactsResponse answer;
    const auto context = World::Patient(world_.stack().AsUser(open_.parent()));
    if (!stub->BatchModifyContacts(context.get(), open_, &answer).ok()) continue;
    const auto& change = open_.changes(0);
    auto& known = uploaded_[open_.parent()];
    change.has_upsert() ? void(known.insert(change.source_id())) : void(known.erase(change.source_id()));
    ++acknowledged_;
    open_.Clear();
    return;
  }
}

Difference Contacts::Check() {
  Difference difference;
  for (const auto& [user, known] : uploaded_) {
    const auto stub = v1::ContactService::NewStub(world_.Any("contact"));
    v1::ListContactsRequest request;
    request.set_parent(user);
    request.set_page_size(500);
    v1::ListContactsResponse answer;
    const auto listed =
        grpcx::FromGrpc(stub->ListContacts(World::Patient(world_.stack().AsUser(user)).get(), request, &answer));
    if (!listed.ok()) {
      return {static_cast<int>(known.size()), 0, "contacts cannot be listed: " + listed.ToString()};
    }
    std::map<std::string, int> found;
    for (const auto& contact : answer.contacts()) ++found[contact.source_id()];
    // What was left open may have been done.
    const std::string open = open_.parent() == user ? open_.changes(0).source_id() : "";
    for (const auto& id : known) {
      if (found[id] == 0 && id != open) difference.Add({1, 0, id + " of " + user + " is gone"});
    }
    for (const auto& [id, count] : found) {
      const bool expected = known.contains(id) || id == open;
      if (count > 1 || (count == 1 && !expected)) difference.Add({0, 1, id + " of " + user + " is too much"});
    }
  }
  return difference;
}

}  // namespace crosspoint::chaos
