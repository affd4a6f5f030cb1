#include "connectors/smtp/mail.h"

#include <gmock/gmock.h>

#include <string>

namespace crosspoint::smtp {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

Mail Sample() {
  Mail mail;
  mail.from = {"voicemail@corp.example", "Crosspoint"};
  mail.to = {"anna@corp.example", ""};
  mail.subject = "Voice message";
  mail.text = "hello";
  mail.message_id = "v1.anna@corp.example";
  mail.date = TimePoint{std::chrono::seconds{1'763'891'696}};
  return mail;
}

TEST(SmtpMail, HasTheHeadersOfAMailAndItsTextAsBase64) {
  const auto mime = ToMime(Sample());
  ASSERT_TRUE(mime.ok()) << mime.status();
  EXPECT_THAT(*mime, HasSubstr("Date: Sun, 23 Nov 2025 09:54:56 +0000\r\n"));
  EXPECT_THAT(*mime, HasSubstr("From: Crosspoint <voicemail@corp.example>\r\n"));
  EXPECT_THAT(*mime, HasSubstr("To: <anna@corp.example>\r\n"));
  EXPECT_THAT(*mime, HasSubstr("Message-ID: <v1.anna@corp.example>\r\n"));
  EXPECT_THAT(*mime, HasSubstr("\r\n\r\naGVsbG8=\r\n"));
  EXPECT_THAT(*mime, Not(HasSubstr("multipart")));
}

TEST(SmtpMail, CarriesFilesAsAttachments) {
  auto mail = Sample();
  mail.files.push_back({"message.wav", "audio/wav", std::string("RIFF\0\r\n.\r\n", 10)});
  const auto mime = ToMime(mail);
  ASSERT_TRUE(mime.ok()) << mime.status();
  EXPECT_THAT(*mime, HasSubstr("Content-Disposition: attachment; filename=\"message.wav\"\r\n"));
  EXPECT_THAT(*mime, HasSubstr("UklGRgANCi4NCg==\r\n"));
}

TEST(SmtpMail, NoFieldCanAddAHeader) {
  const std::string evil = "x\r\nBcc: eve@evil.example";
  const auto refused = [](const Mail& mail) { return !ToMime(mail).ok(); };
  for (const std::string& text : {evil, std::string("x\ny"), std::string("x\ry"), std::string("x\0y", 3)}) {
    auto mail = Sample();
    mail.subject = text;
    EXPECT_TRUE(refused(mail));
    mail = Sample();
    mail.to.name = text;
    EXPECT_TRUE(refused(mail));
    mail = Sample();
    mail.to.email = "anna@corp.example" + text;
    EXPECT_TRUE(refused(mail));
    mail = Sample();
    mail.message_id = "a@b.c" + text;
    EXPECT_TRUE(refused(mail));
    mail = Sample();
    mail.headers = {{"X-Caller", text}};
    EXPECT_TRUE(refused(mail));
    mail = Sample();
    mail.headers = {{"X-" + text, "1"}};
    EXPECT_TRUE(refused(mail));
    mail = Sample();
    mail.files = {{text, "audio/wav", ""}};
    EXPECT_TRUE(refused(mail));
    mail = Sample();
    mail.files = {{"a.wav", "audio/wav" + text, ""}};
    EXPECT_TRUE(refused(mail));
  }
  auto mail = Sample();
  mail.headers = {{"Bcc", "eve@evil.example"}};
  EXPECT_TRUE(refused(mail));
}

TEST(SmtpMail, NamesThatLookLikeHeadersOrAddressesAreEncoded) {
  auto mail = Sample();
  mail.to.name = "Eve <eve@evil.example>, \"x\"";
  mail.subject = "J\xc3\xbcrgen =?utf-8?q?x?=";
  const auto mime = ToMime(mail);
  ASSERT_TRUE(mime.ok()) << mime.status();
  EXPECT_THAT(*mime, Not(HasSubstr("eve@evil.example")));
  EXPECT_THAT(*mime, HasSubstr("Subject: =?UTF-8?B?SsO8cmdlbiA9P3V0Zi04P3E/eD89?=\r\n"));
}

TEST(SmtpMail, LongTextIsBrokenBetweenCharacters) {
  auto mail = Sample();
  mail.subject.clear();
  for (int i = 0; i < 60; ++i) mail.subject += "\xc3\xbc";
  const auto mime = ToMime(mail);
  ASSERT_TRUE(mime.ok()) << mime.status();
  EXPECT_THAT(*mime, HasSubstr("?=\r\n =?UTF-8?B?"));
  size_t begin = 0;
  for (size_t end = mime->find("\r\n"); end != std::string::npos; end = mime->find("\r\n", begin)) {
    EXPECT_LE(end - begin, 100u);
    begin = end + 2;
  }
}

TEST(SmtpMail, KnowsAddresses) {
  EXPECT_TRUE(IsMailAddress("anna.miller+vm@corp.example"));
  EXPECT_TRUE(IsMailAddress("o'neil@sub.corp-x.example"));
  for (const char* text : {"", "anna", "@corp.example", "anna@", "an na@corp.example", "anna@corp..example", ".a@b.c",
                           "a@b@c", "<a@b.c>", "\"a b\"@c.d", "a@[127.0.0.1]", "\xc3\xa4@b.c", "a@b.c,d@e.f"}) {
    EXPECT_FALSE(IsMailAddress(text)) << text;
  }
  EXPECT_FALSE(IsMailAddress(std::string(65, 'a') + "@b.c"));
}

}  // namespace
}  // namespace crosspoint::smtp
