#include "voicemail/domain/voicemail.h"

#include <gmock/gmock.h>

#include "voicemail/domain/blob_key.h"
#include "voicemail/domain/mail_words.h"

namespace crosspoint::voicemail {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::HasSubstr;
using ::testing::Not;

const UserId kAda{TenantId{"acme"}, "ada"};

TEST(VoicemailName, IsReadAndWritten) {
  const auto name = VoicemailName::Parse("tenants/acme/users/ada/voicemails/v1");
  ASSERT_TRUE(name.ok());
  EXPECT_EQ(name->user, kAda);
  EXPECT_EQ(name->Name(), "tenants/acme/users/ada/voicemails/v1");
  for (const char* text : {"", "tenants/acme/users/ada", "tenants/acme/users/ada/voicemails/",
                           "tenants/acme/users/ada/voicemails/V", "tenants/acme/users/ada/voicemails/a/b"}) {
    EXPECT_FALSE(VoicemailName::Parse(text).ok()) << text;
  }
}

TEST(CallerNumber, IsE164OrAnExtensionOrWithheld) {
  const auto read = [](const char* text, const char* region = "DE") {
    return ReadCallerNumber(text, region, "caller").value_or("refused");
  };
  EXPECT_EQ(read("+49 30 23125-001"), "+493023125001");
  EXPECT_EQ(read("030 23125 001"), "+493023125001");
  EXPECT_EQ(read("201"), "201");
  EXPECT_EQ(read("70010"), "70010") << "no number of the region, though it could be read as one";
  EXPECT_EQ(read(""), "");
  EXPECT_EQ(read("x\r\nBcc: y"), "refused");
  EXPECT_EQ(read("12345678901234567890"), "refused");
}

TEST(Voicemail, IsGoneThirtyDaysAfterItWasDeleted) {
  Voicemail message;
  const TimePoint now{std::chrono::hours{1'000}};
  EXPECT_FALSE(message.ExpiredAt(now));
  message.delete_time = now - kRetention + seconds{1};
  EXPECT_FALSE(message.ExpiredAt(now));
  message.delete_time = now - kRetention;
  EXPECT_TRUE(message.ExpiredAt(now));
}

TEST(BlobKey, TellsItsOwner) {
  const auto key = MessageBlob(kAda, {"v1"});
  EXPECT_THAT(key, ::testing::MatchesRegex("acme/ada/[0-9a-f][0-9a-f]/[0-9a-f][0-9a-f]/v1\\.wav"));
  const auto owner = OwnerOf(key);
  ASSERT_TRUE(owner);
  EXPECT_EQ(owner->user, kAda);
  EXPECT_EQ(owner->message.value, "v1");
  const auto greeting = OwnerOf(GreetingBlob(kAda, {"default", {.sha256 = "abc"}}));
  ASSERT_TRUE(greeting);
  EXPECT_EQ(greeting->greeting, "default");
  EXPECT_EQ(greeting->sha256, "abc");
  for (const char* other : {"", "acme/ada/00/00/v1.wav", "acme/ada/v1.wav", "acme/ada/00/00/v1.mp3"}) {
    EXPECT_FALSE(OwnerOf(other)) << other;
  }
}

TEST(MailWords, TellCallerNumberAndLength) {
  Voicemail message;
  message.caller = {"+493023125001", "Bob Builder", std::nullopt};
  message.audio.length = milliseconds{65'400};
  for (const auto& words : {SyncedWords(message), NotifyWords(message, true)}) {
    EXPECT_EQ(words.subject, "Voice message from Bob Builder (1:05)");
    EXPECT_THAT(words.text, HasSubstr("Number: +493023125001\n"));
    EXPECT_THAT(words.text, HasSubstr("Length: 1:05\n"));
  }
  EXPECT_THAT(NotifyWords(message, true).text, HasSubstr("attached"));
  EXPECT_THAT(NotifyWords(message, false).text, Not(HasSubstr("attached")));
  message.caller = {};
  EXPECT_EQ(SyncedWords(message).subject, "Voice message from an unknown caller (1:05)");
  message.caller.name = "Eve\r\nBcc: all";
  EXPECT_EQ(SyncedWords(message).subject, "Voice message from Eve  Bcc: all (1:05)");
}

TEST(MailWords, LengthsReadAsPeopleSayThem) {
  EXPECT_EQ(LengthText(milliseconds{20}), "0:01");
  EXPECT_EQ(LengthText(seconds{59}), "0:59");
  EXPECT_EQ(LengthText(seconds{3'723}), "1:02:03");
}

}  // namespace
}  // namespace crosspoint::voicemail
