#include "exchange_sim/sim_fixture.h"
#include "fmt/format.h"

namespace crosspoint::exchange_sim {
namespace {

class Hierarchy : public SimTest {
 protected:
  static std::string Distinguished(std::string_view name) {
    return fmt::format("<t:DistinguishedFolderId Id=\"{}\"/>", name);
  }
  static std::string IdXml(std::string_view id) { return fmt::format("<t:FolderId Id=\"{}\"/>", id); }

  Reply CreateIn(std::string_view parent, std::string_view name, std::string_view element = "Folder") {
    return Call(fmt::format("<m:CreateFolder><m:ParentFolderId>{}</m:ParentFolderId><m:Folders><t:{}><t:DisplayName>{}"
                            "</t:DisplayName></t:{}></m:Folders></m:CreateFolder>",
                            parent, element, name, element),
                me_);
  }
  std::string Created(std::string_view parent, std::string_view name) {
    const Reply reply = CreateIn(parent, name);
    EXPECT_EQ(reply.Code(), "NoError") << reply.http.body;
    return reply.All("FolderId").at(0).attribute("Id").value();
  }
  Reply Delete(std::string_view id, std::string_view type) {
    return Call(
        fmt::format("<m:DeleteFolder DeleteType=\"{}\"><m:FolderIds>{}</m:FolderIds></m:DeleteFolder>", type, id), me_);
  }
  Reply Rename(std::string_view id, std::string_view name) {
    return Call(
        fmt::format("<m:UpdateFolder><m:FolderChanges><t:FolderChange>{}<t:Updates><t:SetFolderField><t:FieldURI "
                    "FieldURI=\"folder:DisplayName\"/><t:Folder><t:DisplayName>{}</t:DisplayName></t:Folder>"
                    "</t:SetFolderField></t:Updates></t:FolderChange></m:FolderChanges></m:UpdateFolder>",
                    id, name),
        me_);
  }
  Reply Sync(std::string_view root, std::string_view state) {
    const std::string folder = root.empty() ? "" : fmt::format("<m:SyncFolderId>{}</m:SyncFolderId>", root);
    const std::string known = state.empty() ? "" : fmt::format("<m:SyncState>{}</m:SyncState>", state);
    return Call(fmt::format("<m:SyncFolderHierarchy><m:FolderShape><t:BaseShape>AllProperties</t:BaseShape>"
                            "</m:FolderShape>{}{}</m:SyncFolderHierarchy>",
                            folder, known),
                me_);
  }
  Reply Find(std::string_view parent, std::string_view view, std::string_view restriction = "") {
    return Call(fmt::format("<m:FindFolder Traversal=\"Deep\"><m:FolderShape><t:BaseShape>Default</t:BaseShape>"
                            "</m:FolderShape>{}{}<m:ParentFolderIds>{}</m:ParentFolderIds></m:FindFolder>",
                            view, restriction, parent),
                me_);
  }
  // "Create Alpha" for each change.
  static std::vector<std::string> Told(const Reply& sync) {
    std::vector<std::string> told;
    for (const pugi::xml_node change : Elements(sync.All("Changes").at(0))) {
      const std::string name = Elements(change)[0].child("t:DisplayName").text().get();
      told.push_back(std::string(LocalName(change)) + (name.empty() ? "" : " " + name));
    }
    return told;
  }
  static std::vector<std::string> Names(const Reply& found) {
    std::vector<std::string> names;
    for (const pugi::xml_node name : found.All("DisplayName")) names.emplace_back(name.text().get());
    return names;
  }
  using List = std::vector<std::string>;
  const std::string me_ = Someone();
  const std::string top_ = Distinguished("msgfolderroot");
};

TEST_F(Hierarchy, SyncTellsOfNewRenamedAndDeletedFoldersOnce) {
  std::string state = Sync("", "").Text("SyncState");
  EXPECT_EQ(Told(Sync("", state)), List{});
  const std::string alpha = Created(top_, "Alpha");
  const std::string inner = Created(IdXml(alpha), "Inner");
  Reply sync = Sync("", state);
  EXPECT_EQ(Told(sync), (List{"Create Alpha", "Create Inner"}));
  EXPECT_EQ(sync.Text("IncludesLastFolderInRange"), "true");
  state = sync.Text("SyncState");

  EXPECT_EQ(Rename(IdXml(inner), "Renamed").Code(), "NoError");
  EXPECT_EQ(Told(sync = Sync("", state)), List{"Update Renamed"});
  EXPECT_EQ(Delete(IdXml(alpha), "HardDelete").Code(), "NoError");
  EXPECT_EQ(Told(Sync("", sync.Text("SyncState"))), (List{"Delete", "Delete"}));
  // Who has not heard of the two need not hear that they are gone.
  EXPECT_EQ(Told(Sync("", Sync("", "").Text("SyncState"))), List{});
}

TEST_F(Hierarchy, FolderMovedToDeletedItemsLeavesOneTreeAndEntersAnother) {
  const std::string alpha = Created(top_, "Alpha");
  const std::string beta = Created(IdXml(alpha), "Beta");
  const std::string everything = Sync("", "").Text("SyncState");
  const std::string of_alpha = Sync(IdXml(alpha), "").Text("SyncState");
  const std::string of_trash = Sync(Distinguished("deleteditems"), "").Text("SyncState");
  EXPECT_EQ(Delete(IdXml(beta), "MoveToDeletedItems").Code(), "NoError");
  EXPECT_EQ(Told(Sync("", everything)), List{"Update Beta"});
  EXPECT_EQ(Told(Sync(IdXml(alpha), of_alpha)), List{"Delete"});
  EXPECT_EQ(Told(Sync(Distinguished("deleteditems"), of_trash)), List{"Create Beta"});
  EXPECT_EQ(Delete(IdXml(beta), "MoveToDeletedItems").Code(), "NoError");  // for good this time
  EXPECT_EQ(Find(top_, "", "").Code(), "NoError");
  EXPECT_EQ(Told(Sync("", everything)), List{"Delete"});
}

TEST_F(Hierarchy, ForeignOrExpiredStatesAreRefused) {
  const std::string named = Sync(top_, "").Text("SyncState");
  EXPECT_EQ(Sync("", named).Code(), "ErrorInvalidSyncStateData");  // none and one named are different
  EXPECT_EQ(Sync(top_, "bm9uc2Vuc2U=").Code(), "ErrorInvalidSyncStateData");
  EXPECT_EQ(Sync(top_, SimTest::Sync(me_, "").Text("SyncState")).Code(), "ErrorInvalidSyncStateData");
  EXPECT_EQ(SimTest::Sync(me_, named).Code(), "ErrorInvalidSyncStateData");
  Admin("POST", "/sim/expire-sync-states");
  EXPECT_EQ(Sync(top_, named).Code(), "ErrorInvalidSyncStateData");
  EXPECT_EQ(Told(Sync(top_, Sync(top_, "").Text("SyncState"))), List{});
}

TEST_F(Hierarchy, FoldersHaveTheirKindsAndNamesOfTheirOwn) {
  EXPECT_EQ(CreateIn(top_, "Diary", "CalendarFolder").Code(), "NoError");
  EXPECT_EQ(CreateIn(top_, "Addresses", "ContactsFolder").Code(), "NoError");
  EXPECT_EQ(CreateIn(top_, "diary").Code(), "ErrorFolderExists");
  EXPECT_EQ(CreateIn(IdXml("bm9uc2Vuc2U="), "x").Code(), "ErrorInvalidIdMalformed");
  EXPECT_EQ(Delete(Distinguished("calendar"), "HardDelete").Code(), "ErrorDeleteDistinguishedFolder");
  const Reply found = Find(top_, "",
                           "<m:Restriction><t:IsEqualTo><t:FieldURI FieldURI=\"folder:FolderClass\"/>"
                           "<t:FieldURIOrConstant><t:Constant Value=\"IPF.Appointment\"/>"
                           "</t:FieldURIOrConstant></t:IsEqualTo></m:Restriction>");
  EXPECT_EQ(Names(found), (List{"Calendar", "Diary"}));
  EXPECT_EQ(found.All("CalendarFolder").size(), 2u);
}

TEST_F(Hierarchy, FindFolderPages) {
  const List all = Names(Find(top_, ""));
  ASSERT_GT(all.size(), 5u);
  List paged;
  std::string last;
  for (int offset = 0; last != "true"; offset += 4) {
    const Reply page = Find(top_, fmt::format("<m:IndexedPageFolderView MaxEntriesReturned=\"4\" Offset=\"{}\" "
                                              "BasePoint=\"Beginning\"/>",
                                              offset));
    const List names = Names(page);
    paged.insert(paged.end(), names.begin(), names.end());
    ASSERT_LE(names.size(), 4u);
    last = page.All("RootFolder").at(0).attribute("IncludesLastItemInRange").value();
  }
  EXPECT_EQ(paged, all);
}

TEST_F(Hierarchy, NotificationsTellOfFolders) {
  const std::string id = Subscribe(me_, "", " SubscribeToAllFolders=\"true\"");
  auto wire = OpenStream({id}, me_);
  EXPECT_EQ(ParseReply({200, "", wire->ReadEnvelope()}).Text("ConnectionStatus"), "OK");
  const std::string folder = Created(top_, "Alpha");
  const Reply news = ParseReply({200, "", wire->ReadEnvelope()});
  ASSERT_EQ(news.All("CreatedEvent").size(), 1u) << news.http.body;
  EXPECT_EQ(news.All("FolderId").at(0).attribute("Id").value(), folder);
}

}  // namespace
}  // namespace crosspoint::exchange_sim
