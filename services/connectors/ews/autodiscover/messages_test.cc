#include "connectors/ews/autodiscover/messages.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "common/status/status.h"
#include "tests/support/ews_reference/reference.h"

namespace crosspoint::ews {
namespace {

using Kind = AutodiscoverAnswer::Kind;
using ::testing::HasSubstr;

std::string ReasonOf(const absl::Status& status) {
  const auto info = GetErrorInfo(status);
  return info ? info->reason : "";
}

std::string Answer(const std::string& code, const std::string& users) {
  return "<s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\"><s:Body><x:GetUserSettingsResponseMessage "
         "xmlns:x=\"http://schemas.microsoft.com/exchange/2010/Autodiscover\"><x:Response><x:ErrorCode>" +
         code + "</x:ErrorCode><x:ErrorMessage>because</x:ErrorMessage><x:Unknown/><x:UserResponses>" + users +
         "</x:UserResponses></x:Response></x:GetUserSettingsResponseMessage></s:Body></s:Envelope>";
}
std::string User(const std::string& code, const std::string& target = "") {
  return "<x:UserResponse><x:ErrorCode>" + code + "</x:ErrorCode><x:RedirectTarget>" + target +
         "</x:RedirectTarget></x:UserResponse>";
}

TEST(AutodiscoverMessages, PublishedAnswersAreRead) {
  const auto* const reference = crosspoint::testing::EwsReference::Find();
  if (reference == nullptr) GTEST_SKIP() << "NO REFERENCE DATA: the published answers were not tried";
  std::map<std::string, AutodiscoverAnswer> read;
  for (const auto& sample : reference->Samples()) {
    if (sample.operation != "GetUserSettings" || sample.is_request || sample.file.extension() != ".xml") continue;
    const auto answers = ReadGetUserSettings(reference->Read(sample.file), 1, {});
    ASSERT_TRUE(answers.ok()) << sample.file << answers.status();
    read.emplace(sample.file.filename().string(), answers->front());
  }
  ASSERT_EQ(read.size(), 3u);
  EXPECT_EQ(read.at("GetUserSettings-response-1.xml").kind, Kind::kRedirectAddress);
  EXPECT_EQ(read.at("GetUserSettings-response-1.xml").target, "elvin@mail.contoso.com");
  const auto& full = read.at("GetUserSettings-response-2.xml").settings;
  EXPECT_EQ(full.external_ews_url, "https://mail.contoso.com/EWS/Exchange.asmx");
  EXPECT_EQ(full.grouping, "CONTOSO-1");
  EXPECT_EQ(full.server_version, "15.01.0160.004");
  EXPECT_EQ(full.schemas.size(), 6u);
  EXPECT_EQ(read.at("GetUserSettings-response-4.xml").settings.schemas,
            (std::vector<std::string>{"Exchange2007", "Exchange2010"}));
}

TEST(AutodiscoverMessages, EveryUserHasAnAnswerOfItsOwn) {
  const auto answers =
      ReadGetUserSettings(Answer("NoError", User("NoError") + User("RedirectUrl", " https://a.example/b ") +
                                                User("InvalidUser") + User("ServerBusy") + User("InternalServerError") +
                                                User("SomethingNew") + User("RedirectUrl")),
                          7, {});
  ASSERT_TRUE(answers.ok()) << answers.status();
  EXPECT_EQ((*answers)[0].kind, Kind::kSettings);
  EXPECT_EQ((*answers)[1].kind, Kind::kRedirectUrl);
  EXPECT_EQ((*answers)[1].target, "https://a.example/b");
  EXPECT_EQ(ReasonOf((*answers)[2].error), "AUTODISCOVER_NO_USER");
  EXPECT_EQ(ReactionOf((*answers)[3].error), Reaction::kBackOff);
  EXPECT_EQ(ReactionOf((*answers)[4].error), Reaction::kRetry);
  EXPECT_EQ(ReasonOf((*answers)[5].error), "AUTODISCOVER_REFUSED");
  EXPECT_EQ((*answers)[6].kind, Kind::kError);  // a redirect to nowhere
}

TEST(AutodiscoverMessages, ErrorOfTheWholeRequestAndWrongNumbersAreErrors) {
  EXPECT_EQ(ReadGetUserSettings(Answer("ServerBusy", ""), 1, {}).status().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(ReasonOf(ReadGetUserSettings(Answer("NoError", User("NoError")), 2, {}).status()), "EWS_BAD_ANSWER");
  EXPECT_EQ(ReasonOf(ReadGetUserSettings(Answer("", User("NoError")), 1, {}).status()), "EWS_BAD_ANSWER");
}

TEST(AutodiscoverMessages, AddressesAreEscaped) {
  const std::string soap = WriteGetUserSettings("Exchange2013_SP1", "https://h/?a&b", {"o'neil<x>&@corp.example"});
  EXPECT_THAT(soap, HasSubstr("<a:Mailbox>o'neil&lt;x&gt;&amp;@corp.example</a:Mailbox>"));
  EXPECT_THAT(soap, HasSubstr("https://h/?a&amp;b"));
  EXPECT_THAT(WriteAutodiscoverXml("a<b@corp.example"), HasSubstr("a&lt;b@corp.example"));
}

TEST(AutodiscoverMessages, OlderProtocolIsReadWithItsErrorsAndRedirects) {
  const auto account = [](const std::string& inside) {
    return ReadAutodiscoverXml("<Autodiscover><Response><Account>" + inside + "</Account></Response></Autodiscover>",
                               {});
  };
  const auto error = [](const std::string& code) {
    return ReadAutodiscoverXml(
        "<Autodiscover><Response><Error><ErrorCode>" + code + "</ErrorCode></Error></Response></Autodiscover>", {});
  };
  EXPECT_EQ(account("<Action>settings</Action><PublicFolderInformation><SmtpAddress>p@c.example</SmtpAddress>"
                    "</PublicFolderInformation>")
                ->settings.public_folder_information,
            "p@c.example");
  EXPECT_EQ(account("<Action>redirectAddr</Action><RedirectAddr>b@c.example</RedirectAddr>")->target, "b@c.example");
  EXPECT_EQ(account("<Action>redirectUrl</Action><RedirectURL>https://x/</RedirectURL>")->target, "https://x/");
  EXPECT_EQ(account("<Action>redirectUrl</Action><RedirectUrl>https://y/</RedirectUrl>")->target, "https://y/");
  EXPECT_EQ(ReasonOf(account("<Action>dance</Action>").status()), "EWS_BAD_ANSWER");
  EXPECT_EQ(ReasonOf(error("500")->error), "AUTODISCOVER_NO_USER");
  EXPECT_EQ(ReactionOf(error("603")->error), Reaction::kRetry);
  EXPECT_EQ(ReasonOf(error("600")->error), "AUTODISCOVER_REFUSED");
  for (const char* hostile : {"", "<", "<a/>", "<!DOCTYPE a><Autodiscover><Response/></Autodiscover>"}) {
    EXPECT_EQ(ReasonOf(ReadAutodiscoverXml(hostile, {}).status()), "EWS_BAD_ANSWER") << hostile;
  }
}

}  // namespace
}  // namespace crosspoint::ews
