#include "exchange_sim/sim_fixture.h"
#include "fmt/format.h"

namespace crosspoint::exchange_sim {
namespace {

constexpr std::string_view kDora =
    "<t:GivenName>Dora</t:GivenName><t:CompanyName>Globus</t:CompanyName><t:EmailAddresses>"
    "<t:Entry Key=\"EmailAddress1\">dora@globus.example</t:Entry></t:EmailAddresses><t:PhysicalAddresses>"
    "<t:Entry Key=\"Business\"><t:Street>Hafen 1</t:Street><t:City>Kiel</t:City></t:Entry></t:PhysicalAddresses>"
    "<t:PhoneNumbers><t:Entry Key=\"BusinessPhone\">+49 40 66969 111</t:Entry>"
    "<t:Entry Key=\"MobilePhone\">+49 1579 2305111</t:Entry></t:PhoneNumbers><t:Surname>Globulus</t:Surname>";

class Contacts : public SimTest {
 protected:
  void SetUp() override {
    SimTest::SetUp();
    Admin("POST", "/sim/mailboxes", R"({"email": "me@corp.example"})");
  }
  Reply Make(std::string_view elements, std::string_view folder = "contacts") {
    return Call(fmt::format("<m:CreateItem><m:SavedItemFolderId><t:DistinguishedFolderId Id=\"{}\"/>"
                            "</m:SavedItemFolderId><m:Items><t:Contact>{}</t:Contact></m:Items></m:CreateItem>",
                            folder, elements),
                me_);
  }
  Reply Change(const Id& id, std::string_view update) {
    return Call(fmt::format("<m:UpdateItem ConflictResolution=\"AlwaysOverwrite\"><m:ItemChanges><t:ItemChange>{}"
                            "<t:Updates>{}</t:Updates></t:ItemChange></m:ItemChanges></m:UpdateItem>",
                            id.Xml(), update),
                me_);
  }
  static std::string SetEntry(std::string_view uri, std::string_view index, std::string_view contact) {
    return fmt::format(
        "<t:SetItemField><t:IndexedFieldURI FieldURI=\"{}\" FieldIndex=\"{}\"/><t:Contact>{}</t:Contact>"
        "</t:SetItemField>",
        uri, index, contact);
  }
  Reply Resolve(std::string_view entry, std::string_view scope, std::string_view folder = "") {
    const std::string parent = folder.empty() ? "" : fmt::format("<m:ParentFolderIds>{}</m:ParentFolderIds>", folder);
    return Call(fmt::format("<m:ResolveNames ReturnFullContactData=\"true\" SearchScope=\"{}\">{}<m:UnresolvedEntry>{}"
                            "</m:UnresolvedEntry></m:ResolveNames>",
                            scope, parent, entry),
                me_);
  }
  static std::string Entry(const Reply& contact, std::string_view key) {
    for (const pugi::xml_node entry : contact.All("Entry")) {
      if (key == entry.attribute("Key").value()) return entry.text().get();
    }
    return "";
  }
  const std::string me_ = "me@corp.example";
};

TEST_F(Contacts, WhatWasSetIsReadBack) {
  const Id id = IdIn(Make("<t:FileAsMapping>LastCommaFirst</t:FileAsMapping>" + std::string(kDora)));
  const Reply contact = Get(id, me_);
  EXPECT_EQ(contact.Text("DisplayName"), "Dora Globulus");
  EXPECT_EQ(contact.Text("FileAs"), "Globulus, Dora");
  EXPECT_EQ(contact.Text("LastName"), "Globulus");
  EXPECT_EQ(contact.Text("City"), "Kiel");
  EXPECT_EQ(contact.Text("ItemClass"), "IPM.Contact");
  EXPECT_EQ(Entry(contact, "EmailAddress1"), "dora@globus.example");
  EXPECT_EQ(Entry(contact, "MobilePhone"), "+49 1579 2305111");
}

TEST_F(Contacts, EntriesAreChangedOneByOne) {
  const Id id = IdIn(Make(kDora));
  const Reply changed =
      Change(id, SetEntry("contacts:PhoneNumber", "MobilePhone",
                          "<t:PhoneNumbers><t:Entry Key=\"MobilePhone\">+49 1579 2305999</t:Entry></t:PhoneNumbers>") +
                     SetEntry("contacts:PhysicalAddress:City", "Business",
                              "<t:PhysicalAddresses><t:Entry Key=\"Business\"><t:City>Bremen</t:City></t:Entry>"
                              "</t:PhysicalAddresses>") +
                     "<t:DeleteItemField><t:IndexedFieldURI FieldURI=\"contacts:EmailAddress\" "
                     "FieldIndex=\"EmailAddress1\"/></t:DeleteItemField>");
  ASSERT_EQ(changed.Code(), "NoError") << changed.http.body;
  const Reply contact = Get(id, me_);
  EXPECT_EQ(Entry(contact, "MobilePhone"), "+49 1579 2305999");
  EXPECT_EQ(Entry(contact, "BusinessPhone"), "+49 40 66969 111");
  EXPECT_EQ(contact.Text("City"), "Bremen");
  EXPECT_EQ(contact.Text("Street"), "Hafen 1");
  EXPECT_TRUE(contact.All("EmailAddresses").empty());
}

TEST_F(Contacts, WholeDictionariesAndOtherEntriesAreRefused) {
  const Id id = IdIn(Make(kDora));
  const std::string phone = "<t:PhoneNumbers><t:Entry Key=\"HomePhone\">1</t:Entry></t:PhoneNumbers>";
  EXPECT_EQ(Change(id, SetEntry("contacts:PhoneNumber", "MobilePhone", phone)).Code(), "ErrorUpdatePropertyMismatch");
  EXPECT_EQ(Change(id, "<t:SetItemField><t:FieldURI FieldURI=\"contacts:PhoneNumbers\"/><t:Contact>" + phone +
                           "</t:Contact></t:SetItemField>")
                .Code(),
            "ErrorInvalidPropertySet");
  EXPECT_EQ(Make(kDora, "inbox").Code(), "ErrorCannotCreateContactInNonContactFolder");
}

TEST_F(Contacts, SingleEntriesCanBeAskedForAndSearched) {
  const Id id = IdIn(Make(kDora));
  const std::string path = "<t:IndexedFieldURI FieldURI=\"contacts:PhoneNumber\" FieldIndex=\"MobilePhone\"/>";
  const Reply found = Call(
      fmt::format("<m:FindItem Traversal=\"Shallow\"><m:ItemShape><t:BaseShape>IdOnly</t:BaseShape>"
                  "<t:AdditionalProperties>{0}</t:AdditionalProperties></m:ItemShape><m:Restriction><t:Contains "
                  "ContainmentMode=\"Substring\" ContainmentComparison=\"Exact\">{0}<t:Constant Value=\"2305111\"/>"
                  "</t:Contains></m:Restriction><m:ParentFolderIds><t:DistinguishedFolderId Id=\"contacts\"/>"
                  "</m:ParentFolderIds></m:FindItem>",
                  path),
      me_);
  EXPECT_EQ(IdIn(found).id, id.id);
  ASSERT_EQ(found.All("Entry").size(), 1u);
  EXPECT_EQ(Entry(found, "MobilePhone"), "+49 1579 2305111");
}

TEST_F(Contacts, PictureIsAnAttachment) {
  const Id id = IdIn(Make(kDora));
  EXPECT_EQ(Get(id, me_).Text("HasPicture"), "false");
  Call(fmt::format("<m:CreateAttachment><m:ParentItemId Id=\"{}\"/><m:Attachments><t:FileAttachment>"
                   "<t:Name>ContactPicture.jpg</t:Name><t:IsContactPhoto>true</t:IsContactPhoto>"
                   "<t:Content>QUJD</t:Content></t:FileAttachment></m:Attachments></m:CreateAttachment>",
                   id.id),
       me_);
  EXPECT_EQ(Get({id.id, ""}, me_).Text("HasPicture"), "true");
}

TEST_F(Contacts, NamesAreResolvedWhereTheScopeSays) {
  Make(kDora);
  EXPECT_EQ(Resolve("Globul", "ActiveDirectory").Code(), "ErrorNameResolutionNoResults");
  const Reply found = Resolve("Globul", "Contacts");
  EXPECT_EQ(found.Text("EmailAddress"), "dora@globus.example");
  EXPECT_EQ(found.Text("MailboxType"), "Contact");
  EXPECT_EQ(found.Text("ContactSource"), "Store");
  EXPECT_EQ(Resolve("Miller", "Contacts").Code(), "ErrorNameResolutionNoResults");
}

TEST_F(Contacts, PublicFolderIsReadAndSearchedByEverybody) {
  const Reply folders = Call(
      "<m:FindFolder Traversal=\"Shallow\"><m:FolderShape><t:BaseShape>Default</t:BaseShape></m:FolderShape>"
      "<m:ParentFolderIds><t:DistinguishedFolderId Id=\"publicfoldersroot\"/></m:ParentFolderIds></m:FindFolder>",
      me_);
  ASSERT_EQ(folders.All("ContactsFolder").size(), 1u) << folders.http.body;
  const std::string folder = fmt::format("<t:FolderId Id=\"{}\"/>", folders.All("FolderId")[0].attribute("Id").value());
  const Reply items = Call(
      "<m:FindItem Traversal=\"Shallow\"><m:ItemShape><t:BaseShape>Default</t:BaseShape>"
      "</m:ItemShape><m:ParentFolderIds>" +
          folder + "</m:ParentFolderIds></m:FindItem>",
      me_);
  ASSERT_EQ(items.All("Contact").size(), 3u);
  EXPECT_EQ(Get(IdIn(items), me_).Code(), "NoError");
  EXPECT_EQ(Delete(IdIn(items), me_).Code(), "ErrorAccessDenied");
  EXPECT_EQ(Resolve("Ludovica", "Contacts").Code(), "ErrorNameResolutionNoResults");
  EXPECT_EQ(Resolve("Ludovica", "Contacts", folder).Text("Surname"), "Gandolfi");
}

}  // namespace
}  // namespace crosspoint::exchange_sim
