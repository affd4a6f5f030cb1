#include "exchange_sim/store.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace crosspoint::exchange_sim {
namespace {

TEST(Store, TenThousandMailboxesHoldNothingUntilSomebodyLooks) {
  Store store(10'000, 1);
  const auto holding = [&store] {
    const auto& all = store.mailboxes();
    return std::count_if(all.begin(), all.end(), [](const auto& entry) { return !entry.second.items.empty(); });
  };
  ASSERT_EQ(store.mailboxes().size(), 10'000u);
  EXPECT_EQ(holding(), 0);
  const std::string email = store.mailboxes().at(9'000).person.email;
  ASSERT_NE(store.FindPerson(email), nullptr);
  EXPECT_EQ(holding(), 0);
  EXPECT_GT(store.FindMailbox(email)->items.size(), 10u);
  EXPECT_EQ(holding(), 1);
}

TEST(Store, ChangesOfAFolderNameEachItemOnceByItsLastChange) {
  Store store(1, 1);
  Mailbox& mailbox = *store.MailboxByNumber(1);
  Folder& inbox = FolderNamed(mailbox, "inbox");
  const size_t before = inbox.changes.size();
  Item message;
  message.kind = ItemKind::kMessage;
  Item& kept = store.AddItem(mailbox, inbox.number, message);
  store.Touch(mailbox, kept);
  store.Touch(mailbox, kept, Store::Changed::kReadFlag);
  EXPECT_EQ(inbox.changes.size(), before + 1);
  EXPECT_EQ(inbox.changes.rbegin()->second, kept.number);
  EXPECT_LT(kept.content_change, kept.last_change);
  const uint64_t number = kept.number;
  store.Remove(mailbox, number, Disposal::kMoveToDeletedItems);
  EXPECT_EQ(inbox.changes.size(), before);
  EXPECT_EQ(inbox.tombstones.rbegin()->second.item, number);
  EXPECT_EQ(FolderNamed(mailbox, "deleteditems").changes.size(), 1u);
}

}  // namespace
}  // namespace crosspoint::exchange_sim
