#include "contact/adapters/record_codec.h"

#include <gtest/gtest.h>

namespace crosspoint::contact {
namespace {

Facts Full() {
  return {.display_name = "Zoë \"Z\" Müller",
          .given_name = "Zoë",
          .family_name = "Müller",
          .company = "Werk",
          .job_title = "Chief",
          .emails = {"a@x", "b@x"},
          .phones = {{"mobile", "0171 1", "+491711", ""}, {"", "4711", "", "7"}},
          .addresses = {{"home", "Weg 1\nHof", "Berlin", "BE", "10115", "Germany"}}};
}

TEST(ContactRecord, FactsAreReadBackWholeAndAlwaysTheSameBytes) {
  for (const auto& facts : {Full(), Facts{.display_name = "Ada"}, Facts{}}) {
    const auto read = DecodeFacts(EncodeFacts(facts));
    ASSERT_TRUE(read.ok()) << read.status();
    EXPECT_EQ(*read, facts);
    EXPECT_EQ(EncodeFacts(*read), EncodeFacts(facts));
  }
}

TEST(ContactRecord, StampsAreReadBackWithAnySourceId) {
  Contact contact;
  ASSERT_TRUE(DecodeStamp("7 5 100 200 outlook AAMk with blanks =", contact).ok());
  EXPECT_EQ(contact.revision, 7u);
  EXPECT_EQ(contact.edition, 5u);
  EXPECT_EQ(contact.update_time_us, 200);
  EXPECT_EQ(contact.source, Source::kOutlook);
  EXPECT_EQ(contact.source_id, "AAMk with blanks =");
  ASSERT_TRUE(DecodeStamp("7 5 100 200 own ", contact).ok());
  EXPECT_EQ(contact.source_id, "");
}

TEST(ContactRecord, LinksAndRefusalsAreReadBack) {
  const auto link = DecodeLink(EncodeLink({.item = "i1", .change_key = "k", .base = Full()}));
  ASSERT_TRUE(link.ok());
  EXPECT_EQ(link->base, Full());
  const auto refusals = DecodeRefusals(EncodeRefusals({{3, "s", "f", "m"}}));
  ASSERT_EQ(refusals.size(), 1u);
  EXPECT_EQ(refusals[0].index, 3);
  EXPECT_EQ(refusals[0].message, "m");
}

TEST(ContactRecord, WhatIsNoRecordIsRefused) {
  for (const char* bad : {"", "[]", "{\"emails\":7}", "{\"phones\":[{\"number\":{}}]}", "{\"name\":1}"}) {
    EXPECT_FALSE(DecodeFacts(bad).ok()) << bad;
  }
  Contact contact;
  for (const char* bad : {"", "7", "7 5 1 2", "7 5 1 2 elsewhere x", "x 5 1 2 own "}) {
    EXPECT_FALSE(DecodeStamp(bad, contact).ok()) << bad;
  }
  EXPECT_FALSE(DecodeLink("{\"base\":\"x\"}").ok());
  EXPECT_TRUE(DecodeRefusals("no json").empty());
  EXPECT_TRUE(DecodeFacts("{\"name\":\"Ada\",\"of a newer replica\":[1]}").ok());
}

}  // namespace
}  // namespace crosspoint::contact
