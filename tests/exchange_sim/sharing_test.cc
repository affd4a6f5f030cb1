#include "exchange_sim/sim_fixture.h"
#include "fmt/format.h"

namespace crosspoint::exchange_sim {
namespace {

// A chief with one open and one private appointment, and an assistant.
class Sharing : public SimTest {
 protected:
  void SetUp() override {
    SimTest::SetUp();
    Admin("POST", "/sim/mailboxes", R"({"email": "chief@corp.example"})");
    Admin("POST", "/sim/mailboxes", R"({"email": "assistant@corp.example"})");
    open_ = Create(chief_, "2027-01-10T10:00:00Z", "2027-01-10T11:00:00Z", "<t:Subject>Board</t:Subject>");
    private_ = Create(chief_, "2027-01-10T12:00:00Z", "2027-01-10T13:00:00Z",
                      "<t:Subject>Doctor</t:Subject><t:Sensitivity>Private</t:Sensitivity>",
                      "<t:Location>Practice</t:Location>");
  }
  void Share(std::string_view more = "") {
    const HttpReply reply =
        Admin("POST", "/sim/delegates",
              fmt::format(R"({{"owner": "{}", "delegate": "{}", "folder": "calendar"{}}})", chief_, assistant_, more));
    ASSERT_EQ(reply.status, 200) << reply.body;
  }
  Reply Shown() {
    return Call(
        fmt::format(
            "<m:FindItem Traversal=\"Shallow\"><m:ItemShape><t:BaseShape>AllProperties</t:BaseShape>"
            "</m:ItemShape><m:CalendarView StartDate=\"2027-01-10T00:00:00Z\" EndDate=\"2027-01-11T00:00:00Z\"/>"
            "<m:ParentFolderIds><t:DistinguishedFolderId Id=\"calendar\"><t:Mailbox><t:EmailAddress>{}"
            "</t:EmailAddress></t:Mailbox></t:DistinguishedFolderId></m:ParentFolderIds></m:FindItem>",
            chief_),
        assistant_);
  }
  const std::string chief_ = "chief@corp.example";
  const std::string assistant_ = "assistant@corp.example";
  Id open_;
  Id private_;
};

TEST_F(Sharing, CalendarIsClosedUntilItIsShared) {
  EXPECT_EQ(Shown().Code(), "ErrorAccessDenied");
  EXPECT_EQ(Get(open_, assistant_).Code(), "ErrorItemNotFound");
  Share();
  EXPECT_EQ(Shown().All("CalendarItem").size(), 2u);
  EXPECT_EQ(Get(open_, assistant_).Text("Subject"), "Board");
  Share(R"(, "present": false)");
  EXPECT_EQ(Shown().Code(), "ErrorAccessDenied");
}

TEST_F(Sharing, PrivateItemShowsOnlyThatTheTimeIsTaken) {
  Share();
  const Reply item = Get(private_, assistant_);
  EXPECT_EQ(item.Text("Start"), "2027-01-10T12:00:00Z");
  EXPECT_EQ(item.Text("LegacyFreeBusyStatus"), "Busy");
  EXPECT_EQ(item.Text("Sensitivity"), "Private");
  EXPECT_EQ(item.Text("Subject") + item.Text("Location"), "");
  EXPECT_EQ(Shown().http.body.find("Doctor"), std::string::npos);
  EXPECT_EQ(Delete(private_, assistant_).Code(), "ErrorAccessDenied");
  Share(R"(, "view_private": true)");
  EXPECT_EQ(Get(private_, assistant_).Text("Subject"), "Doctor");
}

TEST_F(Sharing, ReaderReadsAndEditorWrites) {
  Share(R"(, "write": false)");
  EXPECT_EQ(Update(open_, assistant_, "item:Subject", "<t:Subject>Mine</t:Subject>").Code(), "ErrorAccessDenied");
  Share();
  EXPECT_EQ(Update(open_, assistant_, "item:Subject", "<t:Subject>Ours</t:Subject>").Code(), "NoError");
  EXPECT_EQ(Get({open_.id, ""}, chief_).Text("Subject"), "Ours");
}

TEST_F(Sharing, NothingElseOfTheMailboxIsOpen) {
  Share();
  EXPECT_EQ(Call(fmt::format("<m:GetFolder><m:FolderShape><t:BaseShape>IdOnly</t:BaseShape></m:FolderShape>"
                             "<m:FolderIds><t:DistinguishedFolderId Id=\"inbox\"><t:Mailbox><t:EmailAddress>{}"
                             "</t:EmailAddress></t:Mailbox></t:DistinguishedFolderId></m:FolderIds></m:GetFolder>",
                             chief_),
                 assistant_)
                .Code(),
            "ErrorAccessDenied");
}

TEST_F(Sharing, UnknownPeopleAndFoldersAreRefused) {
  EXPECT_EQ(Admin("POST", "/sim/delegates", R"({"owner": "nobody@corp.example"})").status, 404);
  EXPECT_EQ(Admin("POST", "/sim/delegates", "no json").status, 400);
}

}  // namespace
}  // namespace crosspoint::exchange_sim
