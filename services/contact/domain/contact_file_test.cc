#include "contact/domain/contact_file.h"

#include <gmock/gmock.h>

#include <random>
#include <set>

#include "common/status/status.h"

namespace crosspoint::contact {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;

constexpr char kVcard3[] =
    "BEGIN:VCARD\r\nVERSION:3.0\r\nN:Müller;Zoë;;;\r\nFN:Zoë Müller\r\nORG:Rechen\\, Werk;Labor\r\n"
    "item1.TEL;type=CELL;type=VOICE;type=pref:0171 555\r\n 0001\r\nTEL;TYPE=\"work,fax\":+49 30 1\r\n"
    "EMAIL;TYPE=INTERNET:zoe@x.example\r\nADR;TYPE=HOME:;;Weg 1\\nHof;Berlin;BE;10115;Germany\r\n"
    "PHOTO;ENCODING=b:AAAA\r\nUID:u-1\r\nEND:VCARD\r\n";

TEST(ContactFile, VcardsAreReadWithFoldsEscapesGroupsAndTypes) {
  const auto entries = ReadContactFile(kVcard3);
  ASSERT_TRUE(entries.ok()) << entries.status();
  ASSERT_THAT(*entries, SizeIs(1));
  const auto& entry = entries->front();
  EXPECT_EQ(entry.source_id, "u-1");
  EXPECT_EQ(entry.facts.display_name, "Zoë Müller");
  EXPECT_EQ(entry.facts.family_name, "Müller");
  EXPECT_EQ(entry.facts.company, "Rechen, Werk");
  ASSERT_THAT(entry.facts.phones, SizeIs(2));
  EXPECT_EQ(entry.facts.phones[0].label, "mobile");
  EXPECT_EQ(entry.facts.phones[0].number, "0171 5550001");
  EXPECT_EQ(entry.facts.phones[1].label, "business fax");
  ASSERT_THAT(entry.facts.addresses, SizeIs(1));
  EXPECT_EQ(entry.facts.addresses[0].street, "Weg 1\nHof");
  EXPECT_EQ(entry.facts.addresses[0].country, "Germany");
}

TEST(ContactFile, WhatIsWrittenIsReadBack) {
  Contact contact{.id = "c1"};
  contact.source = Source::kFile;
  contact.source_id = "uid; with, signs\\";
  contact.facts = {.display_name = "Zoë, \"the\" Müller; von und zu einem sehr langen Namen über mehr als eine Zeile ü",
                   .given_name = "Zoë",
                   .family_name = "Müller",
                   .company = "A;B",
                   .job_title = "Line\nbreak",
                   .emails = {"a@x", "b@x"},
                   .phones = {{"mobile", "+49 171 1", "", ""}, {"home fax", "2", "", ""}},
                   .addresses = {{"home", "Weg 1\nHof", "Berlin", "", "10115", "Germany"}}};
  const auto text = WriteVcard(contact);
  for (size_t at = 0; at < text.size();) {
    const auto end = text.find("\r\n", at);
    ASSERT_NE(end, std::string::npos);
    EXPECT_LE(end - at, 75u);
    at = end + 2;
  }
  const auto entries = ReadContactFile(text);
  ASSERT_TRUE(entries.ok()) << entries.status();
  ASSERT_THAT(*entries, SizeIs(1));
  EXPECT_EQ(entries->front().facts, contact.facts);
  EXPECT_EQ(entries->front().source_id, contact.source_id);
}

TEST(ContactFile, TablesAreReadByTheNamesOfTheirColumns) {
  const auto entries = ReadContactFile(
      "\xEF\xBB\xBF\"First Name\";\"Last Name\";E-mail Address;Mobile Phone;Business Fax;Home City;Notes\n"
      "Ada;\"Love;lace \"\"A\"\"\";ada@x;0171 1;;London;ignored\n"
      "\n"
      "Grace;Hopper;;;\"030\n1\";;\n");
  ASSERT_TRUE(entries.ok()) << entries.status();
  ASSERT_THAT(*entries, SizeIs(2));
  const auto& ada = (*entries)[0].facts;
  EXPECT_EQ(ada.family_name, "Love;lace \"A\"");
  EXPECT_THAT(ada.emails, ElementsAre("ada@x"));
  EXPECT_EQ(ada.phones[0].label, "mobile");
  EXPECT_EQ(ada.addresses[0].city, "London");
  EXPECT_EQ((*entries)[1].facts.phones[0].label, "business fax");
  EXPECT_EQ((*entries)[1].where, "line 4");
}

TEST(ContactFile, EntriesWithoutIdGetTheSameOneEachTime) {
  const std::string file = "Name,Phone\nAda,1\nAda,2\nGrace,3\n";
  const auto first = ReadContactFile(file);
  const auto again = ReadContactFile(file);
  ASSERT_TRUE(first.ok() && again.ok());
  std::set<std::string> ids;
  for (size_t i = 0; i < 3; ++i) {
    EXPECT_EQ((*first)[i].source_id, (*again)[i].source_id);
    ids.insert((*first)[i].source_id);
  }
  EXPECT_THAT(ids, SizeIs(3));
}

TEST(ContactFile, WhatIsNoFileOfContactsIsRefused) {
  for (const char* bad : {"", " \n", "\xff\xfe", "some text\nwithout columns", "Name,Phone\n",
                          "BEGIN:VCARD\nVERSION:2.1\nFN:x\nEND:VCARD"}) {
    const auto info = GetErrorInfo(ReadContactFile(bad).status());
    ASSERT_TRUE(info.has_value()) << bad;
    EXPECT_EQ(info->metadata.at("field"), "content");
  }
}

TEST(ContactFile, RubbishNeverBreaksIt) {
  std::mt19937 random(3);
  const std::string seed = kVcard3;
  for (int round = 0; round < 2'000; ++round) {
    auto text = round % 2 == 0 ? seed : std::string("Name;Mobile Phone;Home City\n\"Ada\";1;\"x\ny\"\n");
    for (int i = 0; i < 5; ++i) text[random() % text.size()] = "\":;,\\\n\t =x"[random() % 10];
    static_cast<void>(ReadContactFile(text));
    static_cast<void>(ReadContactFile(text.substr(0, random() % text.size())));
  }
}

}  // namespace
}  // namespace crosspoint::contact
