#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "exchange_sim/sim.h"
#include "exchange_sim/test_client.h"

namespace crosspoint::exchange_sim {

// A simulator on a port of its own. Every request and answer is checked against the EWS schema where that is found.
class SimTest : public ::testing::Test {
 protected:
  SimTest() : SimTest(SimOptions{}) {}
  explicit SimTest(SimOptions options) : sim_(WithAccounts(std::move(options))) {}

  void SetUp() override { ASSERT_TRUE(sim_.Start().ok()); }
  void TearDown() override;

  static SimOptions WithAccounts(SimOptions options);
  // Address of the `index`th person, and one of somebody else.
  std::string Someone(size_t index = 0);

  HttpReply Post(std::string_view body, std::string_view headers);
  HttpReply Admin(std::string_view method, std::string_view path, std::string_view body = "");
  // As the service account, on behalf of `mailbox`.
  Reply Call(std::string_view operation, std::string_view mailbox);
  Reply CallAs(std::string_view operation, std::string_view headers, std::string_view mailbox = "");

  // A meeting of an hour; `more` holds elements that follow End in the schema. Returns its id element's attributes.
  struct Id {
    std::string id;
    std::string change_key;
    std::string Xml() const;
  };
  Id Create(std::string_view mailbox, std::string_view start, std::string_view end, std::string_view before = "",
            std::string_view after = "", std::string_view sending = "SendToNone");
  static Id IdIn(const Reply& reply);
  Reply Get(const Id& id, std::string_view mailbox, std::string_view additional = "");
  Reply Update(const Id& id, std::string_view mailbox, std::string_view uri, std::string_view element,
               std::string_view resolution = "AlwaysOverwrite", std::string_view sending = "SendToNone");
  Reply Delete(const Id& id, std::string_view mailbox, std::string_view type = "HardDelete",
               std::string_view sending = "SendToNone");
  Reply View(std::string_view mailbox, std::string_view from, std::string_view to);
  Reply Sync(std::string_view mailbox, std::string_view state, int max = 512);
  std::string Subscribe(
      std::string_view mailbox,
      std::string_view folders = "<t:FolderIds><t:DistinguishedFolderId Id=\"calendar\"/></t:FolderIds>",
      std::string_view attributes = "");
  std::unique_ptr<Wire> OpenStream(const std::vector<std::string>& ids, std::string_view mailbox);

  ExchangeSim sim_;
  bool expect_valid_ = true;  // false in tests that send what the schema forbids
};

}  // namespace crosspoint::exchange_sim
