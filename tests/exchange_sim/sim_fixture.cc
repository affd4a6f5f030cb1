#include "exchange_sim/sim_fixture.h"

#include <nlohmann/json.hpp>

#include "exchange_sim/company.h"
#include "fmt/format.h"

namespace crosspoint::exchange_sim {

SimOptions SimTest::WithAccounts(SimOptions options) {
  options.service_accounts = {{"svc", "secret"}};
  options.tokens = {{"token-1", "svc"}};
  options.user_password = "users";
  if (Schema() != nullptr) options.schema_dir = ReferenceDir() + "/schema";
  return options;
}

void SimTest::TearDown() {
  const auto stats = nlohmann::json::parse(Admin("GET", "/sim/stats").body);
  EXPECT_EQ(stats["answer_schema_violations"], 0) << stats["last_answer_violation"];
  if (expect_valid_) {
    EXPECT_EQ(stats["request_schema_violations"], 0) << stats["last_request_violation"];
  }
}

std::string SimTest::Someone(size_t index) { return MakeCompany(200, 1)[index].email; }

HttpReply SimTest::Post(std::string_view body, std::string_view headers) {
  Wire wire(sim_.port());
  wire.Send(PostRequest("/EWS/Exchange.asmx", body, headers));
  return wire.ReadReply();
}

HttpReply SimTest::Admin(std::string_view method, std::string_view path, std::string_view body) {
  Wire wire(sim_.port());
  wire.Send(fmt::format("{} {} HTTP/1.1\r\nHost: sim\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{}", method,
                        path, body.size(), body));
  return wire.ReadReply();
}

Reply SimTest::CallAs(std::string_view operation, std::string_view headers, std::string_view mailbox) {
  return ParseReply(Post(Soap(operation, mailbox), headers));
}

Reply SimTest::Call(std::string_view operation, std::string_view mailbox) {
  return CallAs(operation, BasicHeader("svc", "secret"), mailbox);
}

std::string SimTest::Id::Xml() const {
  return change_key.empty() ? fmt::format("<t:ItemId Id=\"{}\"/>", id)
                            : fmt::format("<t:ItemId Id=\"{}\" ChangeKey=\"{}\"/>", id, change_key);
}

SimTest::Id SimTest::IdIn(const Reply& reply) {
  const auto ids = reply.All("ItemId");
  if (ids.empty()) return {};
  return {ids[0].attribute("Id").value(), ids[0].attribute("ChangeKey").value()};
}

SimTest::Id SimTest::Create(std::string_view mailbox, std::string_view start, std::string_view end,
                            std::string_view before, std::string_view after, std::string_view sending) {
  const Reply reply =
      Call(fmt::format("<m:CreateItem SendMeetingInvitations=\"{}\"><m:SavedItemFolderId><t:DistinguishedFolderId "
                       "Id=\"calendar\"/></m:SavedItemFolderId><m:Items><t:CalendarItem>{}<t:Start>{}</t:Start>"
                       "<t:End>{}</t:End>{}</t:CalendarItem></m:Items></m:CreateItem>",
                       sending, before, start, end, after),
           mailbox);
  EXPECT_EQ(reply.Code(), "NoError") << reply.http.body;
  return IdIn(reply);
}

Reply SimTest::Get(const Id& id, std::string_view mailbox, std::string_view additional) {
  const std::string properties =
      additional.empty() ? "" : fmt::format("<t:AdditionalProperties>{}</t:AdditionalProperties>", additional);
  return Call(fmt::format("<m:GetItem><m:ItemShape><t:BaseShape>AllProperties</t:BaseShape>{}</m:ItemShape>"
                          "<m:ItemIds>{}</m:ItemIds></m:GetItem>",
                          properties, id.Xml()),
              mailbox);
}

Reply SimTest::Update(const Id& id, std::string_view mailbox, std::string_view uri, std::string_view element,
                      std::string_view resolution, std::string_view sending) {
  return Call(
      fmt::format("<m:UpdateItem ConflictResolution=\"{}\" SendMeetingInvitationsOrCancellations=\"{}\">"
                  "<m:ItemChanges><t:ItemChange>{}<t:Updates><t:SetItemField><t:FieldURI FieldURI=\"{}\"/>"
                  "<t:CalendarItem>{}</t:CalendarItem></t:SetItemField></t:Updates></t:ItemChange></m:ItemChanges>"
                  "</m:UpdateItem>",
                  resolution, sending, id.Xml(), uri, element),
      mailbox);
}

Reply SimTest::Delete(const Id& id, std::string_view mailbox, std::string_view type, std::string_view sending) {
  return Call(fmt::format("<m:DeleteItem DeleteType=\"{}\" SendMeetingCancellations=\"{}\"><m:ItemIds>{}</m:ItemIds>"
                          "</m:DeleteItem>",
                          type, sending, id.Xml()),
              mailbox);
}

Reply SimTest::View(std::string_view mailbox, std::string_view from, std::string_view to) {
  return Call(
      fmt::format(
          "<m:FindItem Traversal=\"Shallow\"><m:ItemShape><t:BaseShape>AllProperties</t:BaseShape></m:ItemShape>"
          "<m:CalendarView StartDate=\"{}\" EndDate=\"{}\"/><m:ParentFolderIds><t:DistinguishedFolderId "
          "Id=\"calendar\"/></m:ParentFolderIds></m:FindItem>",
          from, to),
      mailbox);
}

Reply SimTest::Sync(std::string_view mailbox, std::string_view state, int max) {
  const std::string element = state.empty() ? "" : fmt::format("<m:SyncState>{}</m:SyncState>", state);
  return Call(
      fmt::format("<m:SyncFolderItems><m:ItemShape><t:BaseShape>Default</t:BaseShape></m:ItemShape><m:SyncFolderId>"
                  "<t:DistinguishedFolderId Id=\"calendar\"/></m:SyncFolderId>{}<m:MaxChangesReturned>{}"
                  "</m:MaxChangesReturned></m:SyncFolderItems>",
                  element, max),
      mailbox);
}

std::string SimTest::Subscribe(std::string_view mailbox, std::string_view folders, std::string_view attributes) {
  std::string types;
  for (const std::string_view type : {"CreatedEvent", "ModifiedEvent", "DeletedEvent", "MovedEvent"}) {
    types += fmt::format("<t:EventType>{}</t:EventType>", type);
  }
  const Reply reply =
      Call(fmt::format("<m:Subscribe><m:StreamingSubscriptionRequest{}>{}<t:EventTypes>{}</t:EventTypes>"
                       "</m:StreamingSubscriptionRequest></m:Subscribe>",
                       attributes, folders, types),
           mailbox);
  EXPECT_EQ(reply.Code(), "NoError") << reply.http.body;
  return reply.Text("SubscriptionId");
}

std::unique_ptr<Wire> SimTest::OpenStream(const std::vector<std::string>& ids, std::string_view mailbox) {
  std::string list;
  for (const std::string& id : ids) list += fmt::format("<t:SubscriptionId>{}</t:SubscriptionId>", id);
  const std::string operation = fmt::format(
      "<m:GetStreamingEvents><m:SubscriptionIds>{}</m:SubscriptionIds><m:ConnectionTimeout>1</m:ConnectionTimeout>"
      "</m:GetStreamingEvents>",
      list);
  auto wire = std::make_unique<Wire>(sim_.port());
  wire->Send(PostRequest("/EWS/Exchange.asmx", Soap(operation, mailbox), BasicHeader("svc", "secret")));
  return wire;
}

}  // namespace crosspoint::exchange_sim
