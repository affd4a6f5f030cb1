#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <pugixml.hpp>

#include "connectors/ews/codec/requests_contacts.h"
#include "connectors/ews/codec/requests_mail.h"
#include "tests/support/ews_reference/reference.h"

namespace crosspoint::ews {
namespace {

using testing::EwsReference;

std::string_view LocalNameOf(const pugi::xml_node& node) {
  const std::string_view name = node.name();
  return name.substr(name.find(':') == name.npos ? 0 : name.find(':') + 1);
}

std::vector<pugi::xml_node> ElementsOf(const pugi::xml_node& node) {
  std::vector<pugi::xml_node> elements;
  for (const pugi::xml_node& child : node.children()) {
    if (child.type() == pugi::node_element) elements.push_back(child);
  }
  return elements;
}

pugi::xml_node RequestIn(const pugi::xml_document& document) {
  for (const pugi::xml_node& part : ElementsOf(document.document_element())) {
    if (LocalNameOf(part) == "Body") return ElementsOf(part).at(0);
  }
  return {};
}

// Ours may say more than the documented one: never less, never in another order, never with another value. How a
// conflict is resolved is our own choice.
void ExpectContains(const pugi::xml_node& ours, const pugi::xml_node& documented, const std::string& path) {
  for (const pugi::xml_attribute& attribute : documented.attributes()) {
    const std::string name = attribute.name();
    if (name.rfind("xmlns", 0) == 0 || name == "ConflictResolution") continue;
    EXPECT_STREQ(ours.attribute(name.c_str()).value(), attribute.value()) << path << " @" << name;
  }
  const auto mine = ElementsOf(ours);
  const auto theirs = ElementsOf(documented);
  if (theirs.empty()) {
    EXPECT_STREQ(ours.child_value(), documented.child_value()) << path;
  }
  size_t at = 0;
  for (const pugi::xml_node& wanted : theirs) {
    const std::string below = path + "/" + std::string(LocalNameOf(wanted));
    while (at < mine.size() && LocalNameOf(mine[at]) != LocalNameOf(wanted)) ++at;
    ASSERT_LT(at, mine.size()) << below << " is missing";
    ExpectContains(mine[at++], wanted, below);
  }
}

ContactUpdate WithFirstEmail(const std::string& address) {
  ContactUpdate update;
  update.emails[0] = ContactEmail{address, "", ""};
  return update;
}

// What we write where Microsoft documents a request for the same purpose.
const std::map<std::string, std::function<std::string()>>& OurRequests() {
  static const auto& requests = *new std::map<std::string, std::function<std::string()>>{
      {"CreateItem-request-1.xml",
       [] {
         return WriteCreateMessage({},
                                   {.subject = "Project priorities",
                                    .body = Body{BodyType::kHtml, "(1) Buy pizza, (2) Eat pizza"},
                                    .to = {{.email = "mack@contoso.com"}}},
                                   Disposition::kSaveOnly, FolderRef::Named("drafts"));
       }},
      {"UpdateItem-request-11.xml",
       [] {
         return WriteUpdateContact({}, {"AAAtAA=", "EQAAABYi"}, WithFirstEmail("changedemail@example.com"));
       }},
      {"SendItem-request-2.xml",
       [] {
         return WriteSendItem({}, {"jDKsAAA=", "CQAAABYAAAAFI5DJmZv+TLtyLOLIF1S5AAAZi/q/"},
                              FolderRef::Named("sentitems"));
       }},
      {"SendItem-request-4.xml",
       [] {
         return WriteSendItem({}, {"AAAtAEF=", "CQAAABY+T"}, FolderRef::Named("sentitems"));
       }},
      {"CopyItem-request-1.xml",
       [] {
         return WriteCopyItems({}, {{"2TSeSAAA=", "CQAAABYAAAApjGm7TnMWQ5TzjbhziLL0AAF2d+3+"}},
                               FolderRef::ById("pQ/3AAA="));
       }},
      {"CopyItem-request-2.xml",
       [] {
         return WriteCopyItems({}, {{"AS4AUnV=", ""}}, FolderRef::Named("inbox"));
       }},
      {"DeleteItem-request-5.xml",
       [] {
         return WriteDeleteItems({},
                                 {{"m4OkAAA=", "CQAAABYAAAApjGm7TnMWQ5TzjbhziLL0AAF/yKDE"},
                                  {"m4OlAAA=", "CQAAABYAAAApjGm7TnMWQ5TzjbhziLL0AAF/yKDF"},
                                  {"m4OmAAA=", "CQAAABYAAAApjGm7TnMWQ5TzjbhziLL0AAF/yKDG"}},
                                 DeleteType::kSoftDelete);
       }},
      {"CreateAttachment-request-3.xml",
       [] {
         return WriteCreateAttachment({}, {"AAAtAE...", "CQAAABYA..."},
                                      {.name = "SomeFile", .bytes = "\x01\x02\x03\x04\x05"});
       }},
      {"GetAttachment-request-4.xml", [] { return WriteGetAttachment({}, "AAAtAEFkbWluaX..."); }},
  };
  return requests;
}

TEST(DocumentedRequests, OursHaveTheDocumentedShape) {
  const EwsReference* reference = EwsReference::Find();
  if (reference == nullptr) GTEST_SKIP() << "NO REFERENCE DATA: our requests were not compared with the published ones";
  size_t compared = 0;
  for (const auto& sample : reference->Samples()) {
    const auto ours = OurRequests().find(sample.file.filename());
    if (ours == OurRequests().end()) continue;
    pugi::xml_document documented;
    pugi::xml_document written;
    ASSERT_TRUE(documented.load_string(EwsReference::Read(sample.file).c_str()));
    ASSERT_TRUE(written.load_string(ours->second().c_str()));
    ASSERT_EQ(LocalNameOf(RequestIn(written)), sample.operation);
    ExpectContains(RequestIn(written), RequestIn(documented), sample.file.filename());
    ++compared;
  }
  EXPECT_EQ(compared, OurRequests().size());
}

}  // namespace
}  // namespace crosspoint::ews
