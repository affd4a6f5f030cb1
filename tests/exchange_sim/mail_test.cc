#include "exchange_sim/sim_fixture.h"
#include "exchange_sim/text.h"
#include "fmt/format.h"

namespace crosspoint::exchange_sim {
namespace {

std::string To(std::string_view address) {
  return fmt::format("<t:ToRecipients><t:Mailbox><t:EmailAddress>{}</t:EmailAddress></t:Mailbox></t:ToRecipients>",
                     address);
}

std::string Named(std::string_view folder) { return fmt::format("<t:DistinguishedFolderId Id=\"{}\"/>", folder); }

// Two new people with empty mailboxes.
class Mail : public SimTest {
 protected:
  void SetUp() override {
    SimTest::SetUp();
    Admin("POST", "/sim/mailboxes", R"({"email": "sender@corp.example", "display_name": "Sam Sender"})");
    Admin("POST", "/sim/mailboxes", R"({"email": "reader@corp.example", "display_name": "Rita Reader"})");
  }
  Reply Write(std::string_view disposition, std::string_view elements, std::string_view folder = "") {
    const std::string saved =
        folder.empty() ? "" : fmt::format("<m:SavedItemFolderId>{}</m:SavedItemFolderId>", Named(folder));
    return Call(fmt::format("<m:CreateItem MessageDisposition=\"{}\">{}<m:Items><t:Message>{}</t:Message></m:Items>"
                            "</m:CreateItem>",
                            disposition, saved, elements),
                from_);
  }
  Reply In(std::string_view folder, std::string_view mailbox, std::string_view shape = "AllProperties") {
    return Call(fmt::format("<m:FindItem Traversal=\"Shallow\"><m:ItemShape><t:BaseShape>{}</t:BaseShape>"
                            "</m:ItemShape><m:ParentFolderIds>{}</m:ParentFolderIds></m:FindItem>",
                            shape, Named(folder)),
                mailbox);
  }
  size_t Count(std::string_view folder, std::string_view mailbox) { return In(folder, mailbox).All("ItemId").size(); }
  Reply Change(const Id& id, std::string_view mailbox, std::string_view update,
               std::string_view disposition = "SaveOnly") {
    return Call(fmt::format("<m:UpdateItem ConflictResolution=\"AutoResolve\" MessageDisposition=\"{}\">"
                            "<m:ItemChanges><t:ItemChange>{}<t:Updates>{}</t:Updates></t:ItemChange></m:ItemChanges>"
                            "</m:UpdateItem>",
                            disposition, id.Xml(), update),
                mailbox);
  }
  static std::string SetRead(bool read) {
    return fmt::format(
        "<t:SetItemField><t:FieldURI FieldURI=\"message:IsRead\"/><t:Message><t:IsRead>{}</t:IsRead>"
        "</t:Message></t:SetItemField>",
        read);
  }
  Reply SyncInbox(std::string_view state) {
    const std::string element = state.empty() ? "" : fmt::format("<m:SyncState>{}</m:SyncState>", state);
    return Call(fmt::format("<m:SyncFolderItems><m:ItemShape><t:BaseShape>Default</t:BaseShape></m:ItemShape>"
                            "<m:SyncFolderId>{}</m:SyncFolderId>{}<m:MaxChangesReturned>100</m:MaxChangesReturned>"
                            "</m:SyncFolderItems>",
                            Named("inbox"), element),
                to_);
  }
  Reply Take(std::string_view operation, const Id& id, std::string_view folder, std::string_view mailbox) {
    return Call(fmt::format("<m:{0}><m:ToFolderId>{1}</m:ToFolderId><m:ItemIds>{2}</m:ItemIds></m:{0}>", operation,
                            Named(folder), id.Xml()),
                mailbox);
  }
  Reply GetAttachment(std::string_view id, std::string_view mailbox) {
    return Call(fmt::format("<m:GetAttachment><m:AttachmentIds><t:AttachmentId Id=\"{}\"/></m:AttachmentIds>"
                            "</m:GetAttachment>",
                            id),
                mailbox);
  }

  const std::string from_ = "sender@corp.example";
  const std::string to_ = "reader@corp.example";
};

TEST_F(Mail, SentMessageArrivesUnreadAndACopyStays) {
  const Reply sent =
      Write("SendAndSaveCopy", "<t:Subject>Lunch?</t:Subject><t:Body BodyType=\"Text\">At one.</t:Body>" + To(to_));
  ASSERT_EQ(sent.Code(), "NoError") << sent.http.body;
  EXPECT_TRUE(sent.All("ItemId").empty());

  const Reply arrived = Get(IdIn(In("inbox", to_)), to_);
  EXPECT_EQ(arrived.Text("Subject"), "Lunch?");
  EXPECT_EQ(arrived.Text("Body"), "At one.");
  EXPECT_EQ(arrived.Text("IsRead"), "false");
  EXPECT_EQ(arrived.Text("IsDraft"), "false");
  EXPECT_EQ(arrived.Text("DisplayTo"), "Rita Reader");
  EXPECT_EQ(arrived.All("From")[0].child("t:Mailbox").child("t:EmailAddress").text().get(), from_);
  EXPECT_EQ(arrived.All("ReceivedBy")[0].child("t:Mailbox").child("t:EmailAddress").text().get(), to_);
  EXPECT_EQ(Get(IdIn(In("sentitems", from_)), from_).Text("InternetMessageId"), arrived.Text("InternetMessageId"));
}

TEST_F(Mail, SendOnlyKeepsNothing) {
  ASSERT_EQ(Write("SendOnly", "<t:Subject>x</t:Subject>" + To(to_)).Code(), "NoError");
  EXPECT_EQ(Count("inbox", to_), 1u);
  EXPECT_EQ(Count("sentitems", from_) + Count("drafts", from_), 0u);
}

TEST_F(Mail, DispositionAndRecipientsAreDemanded) {
  EXPECT_EQ(
      Call("<m:CreateItem><m:Items><t:Message><t:Subject>x</t:Subject></t:Message></m:Items></m:CreateItem>", from_)
          .Code(),
      "ErrorMessageDispositionRequired");
  EXPECT_EQ(Write("SendOnly", "<t:Subject>x</t:Subject>").Code(), "ErrorMissingRecipients");
  EXPECT_EQ(Write("SendOnly", To("no address")).Code(), "ErrorInvalidRecipients");
  EXPECT_EQ(Write("SendOnly", To(to_) + "<t:From><t:Mailbox><t:EmailAddress>" + Someone() +
                                  "</t:EmailAddress></t:Mailbox></t:From>")
                .Code(),
            "ErrorSendAsDenied");
  EXPECT_EQ(Count("inbox", to_), 0u);
}

TEST_F(Mail, AddressThatNobodyHasIsReported) {
  ASSERT_EQ(Write("SendOnly", "<t:Subject>Hello</t:Subject>" + To("nobody@corp.example")).Code(), "NoError");
  const Reply report = Get(IdIn(In("inbox", from_)), from_);
  EXPECT_EQ(report.Text("Subject"), "Undeliverable: Hello");
  EXPECT_EQ(report.Text("ItemClass"), "REPORT.IPM.Note.NDR");
}

TEST_F(Mail, DistributionListReachesItsMembersOnceEach) {
  for (const char* name : {"one", "two"}) {
    Admin("POST", "/sim/mailboxes",
          fmt::format(R"({{"email": "{0}@corp.example", "display_name": "{0}", "department": "Chess"}})", name));
  }
  const Reply sent = Write("SendAndSaveCopy",
                           "<t:Subject>Tournament</t:Subject><t:ToRecipients><t:Mailbox><t:EmailAddress>"
                           "chess-team@corp.example</t:EmailAddress></t:Mailbox><t:Mailbox><t:EmailAddress>"
                           "one@corp.example</t:EmailAddress></t:Mailbox></t:ToRecipients>");
  ASSERT_EQ(sent.Code(), "NoError") << sent.http.body;
  EXPECT_EQ(Count("inbox", "one@corp.example"), 1u);
  EXPECT_EQ(Count("inbox", "two@corp.example"), 1u);
  EXPECT_EQ(Count("inbox", from_), 0u);
  EXPECT_STREQ(
      Get(IdIn(In("sentitems", from_)), from_).All("ToRecipients")[0].first_child().child_value("t:MailboxType"),
      "PublicDL");
}

TEST_F(Mail, WhoIsOutOfOfficeAnswersEachSenderOnce) {
  const auto set = [this](std::string_view state) {
    return Call(fmt::format("<m:SetUserOofSettingsRequest><t:Mailbox><t:Address>{}</t:Address></t:Mailbox>"
                            "<t:UserOofSettings><t:OofState>{}</t:OofState><t:ExternalAudience>All</t:ExternalAudience>"
                            "<t:InternalReply><t:Message>At sea.</t:Message></t:InternalReply><t:ExternalReply>"
                            "<t:Message>Away.</t:Message></t:ExternalReply></t:UserOofSettings>"
                            "</m:SetUserOofSettingsRequest>",
                            to_, state),
                to_)
        .Code();
  };
  ASSERT_EQ(set("Enabled"), "NoError");
  for (int i = 0; i < 2; ++i) Write("SendOnly", "<t:Subject>Ahoy</t:Subject>" + To(to_));
  ASSERT_EQ(Count("inbox", from_), 1u);
  const Reply answer = Get(IdIn(In("inbox", from_)), from_);
  EXPECT_EQ(answer.Text("Subject"), "Automatic reply: Ahoy");
  EXPECT_EQ(answer.Text("Body"), "At sea.");
  ASSERT_EQ(set("Disabled"), "NoError");
  Write("SendOnly", "<t:Subject>Ahoy</t:Subject>" + To(to_));
  EXPECT_EQ(Count("inbox", from_), 1u);
}

TEST_F(Mail, BlindCopiesStayHidden) {
  ASSERT_EQ(Write("SendAndSaveCopy", "<t:Subject>x</t:Subject>" + To(Someone()) +
                                         "<t:BccRecipients><t:Mailbox><t:EmailAddress>" + to_ +
                                         "</t:EmailAddress></t:Mailbox></t:BccRecipients>")
                .Code(),
            "NoError");
  EXPECT_TRUE(Get(IdIn(In("inbox", to_)), to_).All("BccRecipients").empty());
  EXPECT_EQ(Get(IdIn(In("sentitems", from_)), from_).All("BccRecipients").size(), 1u);
}

TEST_F(Mail, DraftIsWrittenInStepsAndSent) {
  const Id draft = IdIn(Write("SaveOnly", "<t:Subject>Part one</t:Subject>"));
  EXPECT_EQ(Get(draft, from_).Text("IsDraft"), "true");
  const Reply changed = Change(draft, from_,
                               "<t:SetItemField><t:FieldURI FieldURI=\"message:ToRecipients\"/><t:Message>" + To(to_) +
                                   "</t:Message></t:SetItemField>");
  ASSERT_EQ(changed.Code(), "NoError") << changed.http.body;
  const auto send = [this](const Id& id) {
    return Call(fmt::format("<m:SendItem SaveItemToFolder=\"true\"><m:ItemIds>{}</m:ItemIds></m:SendItem>", id.Xml()),
                from_)
        .Code();
  };
  EXPECT_EQ(send({draft.id, ""}), "ErrorChangeKeyRequired");
  EXPECT_EQ(send(draft), "ErrorStaleObject");
  EXPECT_EQ(send(IdIn(changed)), "NoError");
  EXPECT_EQ(Count("drafts", from_), 0u);
  EXPECT_EQ(Count("sentitems", from_), 1u);
  EXPECT_EQ(Get(IdIn(In("inbox", to_)), to_).Text("Subject"), "Part one");
}

TEST_F(Mail, RecipientsAndTextAreAppended) {
  const Id draft = IdIn(Write("SaveOnly", "<t:Body BodyType=\"Text\">One</t:Body>" + To(to_)));
  const auto append = [](std::string_view uri, const std::string& element) {
    return fmt::format(
        "<t:AppendToItemField><t:FieldURI FieldURI=\"{}\"/><t:Message>{}</t:Message>"
        "</t:AppendToItemField>",
        uri, element);
  };
  const Reply changed = Change(
      draft, from_,
      append("message:ToRecipients", To(Someone())) + append("item:Body", "<t:Body BodyType=\"Text\">, two</t:Body>"));
  ASSERT_EQ(changed.Code(), "NoError") << changed.http.body;
  const Reply read = Get(IdIn(changed), from_);
  EXPECT_EQ(read.Text("Body"), "One, two");
  EXPECT_EQ(read.All("ToRecipients")[0].select_nodes("*").size(), 2u);
  EXPECT_EQ(Change(IdIn(changed), from_, append("item:Subject", "<t:Subject>x</t:Subject>")).Code(),
            "ErrorInvalidPropertyAppend");
}

TEST_F(Mail, SentMessageKeepsItsRecipients) {
  Write("SendOnly", To(to_));
  const Id id = IdIn(In("inbox", to_));
  EXPECT_EQ(
      Change(id, to_, "<t:DeleteItemField><t:FieldURI FieldURI=\"message:ToRecipients\"/></t:DeleteItemField>").Code(),
      "ErrorInvalidPropertyUpdateSentMessage");
}

TEST_F(Mail, ReadingIsSyncedAsReadingAndCounted) {
  Write("SendOnly", "<t:Subject>x</t:Subject>" + To(to_));
  const Reply first = SyncInbox("");
  ASSERT_EQ(first.All("Create").size(), 1u);
  const auto unread = [this] {
    return Call(fmt::format("<m:GetFolder><m:FolderShape><t:BaseShape>Default</t:BaseShape></m:FolderShape>"
                            "<m:FolderIds>{}</m:FolderIds></m:GetFolder>",
                            Named("inbox")),
                to_)
        .Text("UnreadCount");
  };
  EXPECT_EQ(unread(), "1");
  ASSERT_EQ(Change(IdIn(first), to_, SetRead(true)).Code(), "NoError");
  EXPECT_EQ(unread(), "0");
  const Reply second = SyncInbox(first.Text("SyncState"));
  ASSERT_EQ(second.All("ReadFlagChange").size(), 1u);
  EXPECT_EQ(second.Text("IsRead"), "true");

  const Id id = IdIn(second);
  Change(id, to_, SetRead(false));
  Change(IdIn(Get({id.id, ""}, to_)), to_,
         "<t:SetItemField><t:FieldURI FieldURI=\"item:Importance\"/><t:Message><t:Importance>High</t:Importance>"
         "</t:Message></t:SetItemField>");
  EXPECT_EQ(SyncInbox(second.Text("SyncState")).All("Update").size(), 1u);
}

TEST_F(Mail, HeadersOfOurOwnTravelAlong) {
  const std::string header =
      "<t:ExtendedFieldURI DistinguishedPropertySetId=\"InternetHeaders\" PropertyName=\"X-Voice-Caller\" "
      "PropertyType=\"String\"/>";
  const std::string length = "<t:ExtendedFieldURI PropertyTag=\"0x6801\" PropertyType=\"Integer\"/>";
  Write("SendOnly", "<t:ItemClass>IPM.Note.Microsoft.Voicemail.UM.CA</t:ItemClass><t:ExtendedProperty>" + header +
                        "<t:Value>+49 30 23125 007</t:Value></t:ExtendedProperty><t:ExtendedProperty>" + length +
                        "<t:Value>42</t:Value></t:ExtendedProperty>" + To(to_));
  const Reply arrived = Get(IdIn(In("inbox", to_)), to_, header + length);
  EXPECT_EQ(arrived.Text("ItemClass"), "IPM.Note.Microsoft.Voicemail.UM.CA");
  ASSERT_EQ(arrived.All("ExtendedProperty").size(), 2u);
  EXPECT_STREQ(arrived.All("ExtendedProperty")[1].child("t:Value").text().get(), "42");
  bool listed = false;
  for (const pugi::xml_node one : arrived.All("InternetMessageHeader")) {
    const bool ours = Lower(one.attribute("HeaderName").value()) == "x-voice-caller";
    listed = listed || (ours && one.text().get() == std::string_view("+49 30 23125 007"));
  }
  EXPECT_TRUE(listed);
}

TEST_F(Mail, PropertyOfAnotherTypeIsRefused) {
  const auto write = [this](std::string_view uri, std::string_view value) {
    return Write("SaveOnly",
                 fmt::format("<t:ExtendedProperty><t:ExtendedFieldURI {}/>{}</t:ExtendedProperty>", uri, value))
        .Code();
  };
  EXPECT_EQ(write("PropertyTag=\"0x6801\" PropertyType=\"Integer\"", "<t:Value>many</t:Value>"),
            "ErrorInvalidExtendedPropertyValue");
  EXPECT_EQ(write("PropertyTag=\"0x6801\" PropertyType=\"IntegerArray\"",
                  "<t:Values><t:Value>1</t:Value><t:Value>2</t:Value></t:Values>"),
            "NoError");
  EXPECT_EQ(write("PropertyName=\"x\" PropertyType=\"String\"", "<t:Value>1</t:Value>"),
            "ErrorInvalidExtendedProperty");
}

TEST_F(Mail, MessagePlacedInTheInboxIsNoDraftWhenItsFlagsSaySo) {
  const std::string flags = "<t:ExtendedFieldURI PropertyTag=\"0x0E07\" PropertyType=\"Integer\"/>";
  const Id id = IdIn(
      Write("SaveOnly",
            "<t:Subject>Placed</t:Subject><t:ExtendedProperty>" + flags + "<t:Value>0</t:Value></t:ExtendedProperty>",
            "inbox"));
  const Reply placed = Get(id, from_);
  EXPECT_EQ(placed.Text("IsDraft"), "false");
  EXPECT_EQ(placed.Text("IsRead"), "false");
}

TEST_F(Mail, AttachmentIsReadAtTheRecipient) {
  const Reply sent = Write("SendAndSaveCopy",
                           "<t:Subject>With file</t:Subject><t:Attachments><t:FileAttachment><t:Name>a.wav</t:Name>"
                           "<t:ContentType>audio/wav</t:ContentType><t:Content>" +
                               Base64("RIFF\x00\x01") + "</t:Content></t:FileAttachment></t:Attachments>" + To(to_));
  ASSERT_EQ(sent.Code(), "NoError") << sent.http.body;
  const Reply arrived = Get(IdIn(In("inbox", to_)), to_);
  EXPECT_EQ(arrived.Text("HasAttachments"), "true");
  ASSERT_EQ(arrived.All("AttachmentId").size(), 1u);
  const Reply file = GetAttachment(arrived.All("AttachmentId")[0].attribute("Id").value(), to_);
  EXPECT_EQ(file.Text("Content"), Base64("RIFF\x00\x01"));
  EXPECT_EQ(file.Text("ContentType"), "audio/wav");
  EXPECT_EQ(GetAttachment(arrived.All("AttachmentId")[0].attribute("Id").value(), from_).Code(), "ErrorItemNotFound");
}

TEST_F(Mail, AttachmentsComeAndGoAndChangeTheItem) {
  const Id draft = IdIn(Write("SaveOnly", "<t:Subject>x</t:Subject>"));
  const Reply added = Call(
      fmt::format("<m:CreateAttachment><m:ParentItemId Id=\"{}\"/><m:Attachments><t:FileAttachment><t:Name>a</t:Name>"
                  "<t:Content>QQ==</t:Content></t:FileAttachment><t:ItemAttachment><t:Name>n</t:Name><t:Message>"
                  "<t:Subject>Inside</t:Subject></t:Message></t:ItemAttachment></m:Attachments></m:CreateAttachment>",
                  draft.id),
      from_);
  ASSERT_EQ(added.All("AttachmentId").size(), 2u) << added.http.body;
  const pugi::xml_node file = added.All("AttachmentId")[0];
  EXPECT_EQ(draft.id, file.attribute("RootItemId").value());
  EXPECT_NE(draft.change_key, file.attribute("RootItemChangeKey").value());
  EXPECT_EQ(GetAttachment(added.All("AttachmentId")[1].attribute("Id").value(), from_).Text("Subject"), "Inside");

  const Reply removed = Call(fmt::format("<m:DeleteAttachment><m:AttachmentIds><t:AttachmentId Id=\"{}\"/>"
                                         "</m:AttachmentIds></m:DeleteAttachment>",
                                         file.attribute("Id").value()),
                             from_);
  EXPECT_EQ(removed.Code(), "NoError");
  EXPECT_EQ(GetAttachment(file.attribute("Id").value(), from_).Code(), "ErrorItemNotFound");
  EXPECT_EQ(Get({draft.id, ""}, from_).All("AttachmentId").size(), 1u);
}

TEST_F(Mail, MovedMessageHasANewIdAndComesBackFromDeletedItems) {
  Write("SendOnly", "<t:Subject>x</t:Subject>" + To(to_));
  const Id arrived = IdIn(In("inbox", to_));
  ASSERT_EQ(Delete(arrived, to_, "MoveToDeletedItems").Code(), "NoError");
  EXPECT_EQ(Get(arrived, to_).Code(), "ErrorItemNotFound");
  const Id deleted = IdIn(In("deleteditems", to_));
  const Reply back = Take("MoveItem", deleted, "inbox", to_);
  ASSERT_EQ(back.Code(), "NoError") << back.http.body;
  EXPECT_NE(IdIn(back).id, arrived.id);
  EXPECT_EQ(Get(IdIn(back), to_).Text("Subject"), "x");
  EXPECT_EQ(Count("deleteditems", to_), 0u);

  ASSERT_EQ(Take("CopyItem", IdIn(back), "junkemail", to_).Code(), "NoError");
  EXPECT_EQ(Count("inbox", to_) + Count("junkemail", to_), 2u);
}

TEST_F(Mail, SoftlyDeletedMessageCanBeRecovered) {
  Write("SendOnly", "<t:Subject>x</t:Subject>" + To(to_));
  Delete(IdIn(In("inbox", to_)), to_, "SoftDelete");
  const Id kept = IdIn(In("recoverableitemsdeletions", to_));
  ASSERT_EQ(Take("MoveItem", kept, "inbox", to_).Code(), "NoError");
  Delete(IdIn(In("inbox", to_)), to_, "HardDelete");
  EXPECT_EQ(Count("inbox", to_) + Count("recoverableitemsdeletions", to_) + Count("deleteditems", to_), 0u);
}

TEST_F(Mail, NewMailIsToldToWhoWatchesTheInbox) {
  const Reply subscribed = Call(
      "<m:Subscribe><m:StreamingSubscriptionRequest SubscribeToAllFolders=\"true\"><t:EventTypes>"
      "<t:EventType>NewMailEvent</t:EventType><t:EventType>MovedEvent</t:EventType></t:EventTypes>"
      "</m:StreamingSubscriptionRequest></m:Subscribe>",
      to_);
  const auto stream = OpenStream({subscribed.Text("SubscriptionId")}, to_);
  ASSERT_NE(stream->ReadEnvelope(), "");
  Write("SendOnly", "<t:Subject>x</t:Subject>" + To(to_));
  const Reply news = ParseReply({200, "", stream->ReadEnvelope()});
  ASSERT_EQ(news.All("NewMailEvent").size(), 1u);
  EXPECT_EQ(IdIn(news).id, IdIn(In("inbox", to_)).id);
  Take("MoveItem", IdIn(In("inbox", to_)), "junkemail", to_);
  EXPECT_EQ(ParseReply({200, "", stream->ReadEnvelope()}).All("OldItemId").size(), 1u);
}

TEST_F(Mail, AnswersAndForwardsQuoteTheMessage) {
  Write("SendOnly", "<t:Subject>Plan</t:Subject><t:Body BodyType=\"Text\">The plan.</t:Body>" + To(to_));
  const auto answer = [this](std::string_view element, std::string_view recipients) {
    return Call(fmt::format("<m:CreateItem MessageDisposition=\"SendOnly\"><m:Items><t:{0}>{1}<t:ReferenceItemId "
                            "Id=\"{2}\"/><t:NewBodyContent BodyType=\"Text\">See below.</t:NewBodyContent></t:{0}>"
                            "</m:Items></m:CreateItem>",
                            element, recipients, IdIn(In("inbox", to_)).id),
                to_)
        .Code();
  };
  ASSERT_EQ(answer("ReplyToItem", ""), "NoError");
  const Reply reply = Get(IdIn(In("inbox", from_)), from_);
  EXPECT_EQ(reply.Text("Subject"), "RE: Plan");
  EXPECT_NE(reply.Text("Body").find("The plan."), std::string::npos);
  ASSERT_EQ(answer("ForwardItem", To(from_)), "NoError");
  EXPECT_EQ(Get(IdIn(In("inbox", from_)), from_).Text("Subject"), "FW: Plan");
}

TEST_F(Mail, MimeContentIsTheMessageAsItWouldTravel) {
  Write("SendOnly", "<t:Subject>Grüße</t:Subject><t:Body BodyType=\"HTML\">&lt;b&gt;Hi&lt;/b&gt;</t:Body>" + To(to_));
  const Reply message = Get(IdIn(In("inbox", to_)), to_, "<t:FieldURI FieldURI=\"item:MimeContent\"/>");
  const std::string mime = FromBase64(message.Text("MimeContent")).value_or("");
  EXPECT_NE(mime.find("From: \"Sam Sender\" <sender@corp.example>\r\n"), std::string::npos) << mime;
  EXPECT_NE(mime.find("Subject: =?utf-8?B?"), std::string::npos);
  EXPECT_NE(mime.find(Base64("<b>Hi</b>")), std::string::npos);
}

}  // namespace
}  // namespace crosspoint::exchange_sim
