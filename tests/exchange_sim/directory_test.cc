#include <nlohmann/json.hpp>

#include "exchange_sim/photo.h"
#include "exchange_sim/sim_fixture.h"
#include "exchange_sim/text.h"
#include "fmt/format.h"

namespace crosspoint::exchange_sim {
namespace {

std::string Resolve(std::string_view entry, std::string_view attributes = "ContactDataShape=\"AllProperties\"") {
  return fmt::format(
      "<m:ResolveNames ReturnFullContactData=\"true\" SearchScope=\"ActiveDirectory\" {}><m:UnresolvedEntry>{}"
      "</m:UnresolvedEntry></m:ResolveNames>",
      attributes, entry);
}

std::string Photo(std::string_view email, std::string_view size) {
  return fmt::format("<m:GetUserPhoto><m:Email>{}</m:Email><m:SizeRequested>{}</m:SizeRequested></m:GetUserPhoto>",
                     email, size);
}

class Directory : public SimTest {};

TEST_F(Directory, AmbiguousNameIsAWarningWithAllCandidates) {
  const Reply reply = Call(Resolve("miller"), "");
  EXPECT_EQ(reply.Code(), "ErrorNameResolutionMultipleResults");
  EXPECT_STREQ(reply.Message().attribute("ResponseClass").value(), "Warning");
  EXPECT_EQ(reply.All("Resolution").size(), 40u);
  EXPECT_STREQ(reply.All("ResolutionSet")[0].attribute("IncludesLastItemInRange").value(), "true");
}

TEST_F(Directory, ExactAddressFindsOnePersonWithContactData) {
  const Reply reply = Call(Resolve("smtp:" + Someone(1)), "");
  ASSERT_EQ(reply.Code(), "NoError");
  EXPECT_EQ(reply.Text("EmailAddress"), Someone(1));
  EXPECT_EQ(reply.Text("ContactSource"), "ActiveDirectory");
  EXPECT_FALSE(reply.Text("Department").empty());
  EXPECT_FALSE(reply.Text("PhoneNumbers").empty() && reply.All("Entry").size() < 3);
}

TEST_F(Directory, AliasFindsItsOwner) {
  const auto listed = nlohmann::json::parse(Admin("GET", "/sim/mailboxes?email=" + Someone(3)).body);
  const Reply reply = Call(Resolve("smtp:" + listed[0]["aliases"][0].get<std::string>()), "");
  EXPECT_EQ(reply.Text("EmailAddress"), Someone(3));
}

TEST_F(Directory, NobodyFoundIsAnError) {
  EXPECT_EQ(Call(Resolve("zzzz"), "").Code(), "ErrorNameResolutionNoResults");
  EXPECT_EQ(Call(Resolve(","), "").Code(), "ErrorInvalidNameForNameResolution");
}

TEST_F(Directory, HiddenServiceAccountIsNotListed) {
  EXPECT_EQ(Call(Resolve("svc"), "").Code(), "ErrorNameResolutionNoResults");
}

TEST_F(Directory, ContactIsLeftOutUnlessAskedFor) {
  const Reply reply = Call(
      "<m:ResolveNames ReturnFullContactData=\"false\"><m:UnresolvedEntry>Miller</m:UnresolvedEntry></m:ResolveNames>",
      "");
  EXPECT_TRUE(reply.All("Contact").empty());
  EXPECT_EQ(reply.All("Mailbox").size(), 40u);
}

class BigDirectory : public SimTest {
 protected:
  BigDirectory() : SimTest(SimOptions{.people = 1000}) {}
};

TEST_F(BigDirectory, HundredCandidatesAreTheMostAndMoreAreAdmitted) {
  const Reply reply = Call(Resolve("Miller"), "");
  EXPECT_EQ(reply.All("Resolution").size(), 100u);
  EXPECT_STREQ(reply.All("ResolutionSet")[0].attribute("IncludesLastItemInRange").value(), "false");
}

TEST_F(Directory, PhotosAreJpegsOfTheSizeAskedForAndDifferByPerson) {
  for (const auto& [size, edge] : {std::pair("HR48x48", 48), {"HR240x240", 240}, {"HR648x648", 648}}) {
    const Reply reply = Call(Photo(Someone(0), size), "");
    ASSERT_EQ(reply.Code(), "NoError");
    const auto picture = FromBase64(reply.Text("PictureData"));
    ASSERT_TRUE(picture.has_value());
    EXPECT_TRUE(picture->starts_with("\xff\xd8\xff\xe0") && picture->ends_with("\xff\xd9"));
    const size_t frame = picture->find("\xff\xc0");  // then length, precision, height, width
    ASSERT_NE(frame, std::string::npos);
    const auto at = [&](size_t i) { return static_cast<uint8_t>((*picture)[frame + i]); };
    EXPECT_EQ(at(5) * 256 + at(6), edge);
    EXPECT_EQ(at(7) * 256 + at(8), edge);
  }
  EXPECT_NE(Call(Photo(Someone(0), "HR96x96"), "").Text("PictureData"),
            Call(Photo(Someone(1), "HR96x96"), "").Text("PictureData"));
}

TEST_F(Directory, PersonWithoutPhotoAndUnknownPersonHaveNone) {
  EXPECT_EQ(Call(Photo(Someone(9), "HR96x96"), "").Code(), "ErrorItemNotFound");
  EXPECT_EQ(Call(Photo("nobody@corp.example", "HR96x96"), "").Code(), "ErrorItemNotFound");
}

TEST_F(Directory, UnchangedPhotoIsNotSentAgainUntilItChanges) {
  const std::string auth = BasicHeader("svc", "secret");
  const auto tag_of = [](const HttpReply& reply) {
    const size_t at = reply.head.find("ETag: ");
    return at == std::string::npos ? "" : reply.head.substr(at + 6, reply.head.find("\r\n", at) - at - 6);
  };
  const Reply first = CallAs(Photo(Someone(0), "HR96x96"), auth);
  const std::string condition = auth + "If-None-Match: " + tag_of(first.http) + "\r\n";
  const Reply second = CallAs(Photo(Someone(0), "HR96x96"), condition);
  EXPECT_EQ(second.Text("HasChanged"), "false");
  EXPECT_TRUE(second.All("PictureData").empty());

  EXPECT_EQ(Admin("POST", "/sim/photos", fmt::format("{{\"email\": \"{}\"}}", Someone(0))).status, 200);
  const Reply third = CallAs(Photo(Someone(0), "HR96x96"), condition);
  EXPECT_EQ(third.Text("HasChanged"), "true");
  EXPECT_NE(third.Text("PictureData"), first.Text("PictureData"));
}

TEST_F(Directory, PhotoComesOverPlainHttpToo) {
  const auto get = [this](const std::string& email, const std::string& more) {
    Wire wire(sim_.port());
    wire.Send("GET /EWS/Exchange.asmx/s/GetUserPhoto?email=" + email + "&size=HR96x96 HTTP/1.1\r\nHost: sim\r\n" +
              BasicHeader("svc", "secret") + more + "\r\n");
    return wire.ReadReply();
  };
  const HttpReply found = get(Someone(0), "");
  EXPECT_EQ(found.status, 200);
  EXPECT_NE(found.head.find("image/jpeg"), std::string::npos);
  const size_t at = found.head.find("ETag: ");
  const std::string tag = found.head.substr(at + 6, found.head.find("\r\n", at) - at - 6);
  EXPECT_EQ(get(Someone(0), "If-None-Match: " + tag + "\r\n").status, 304);
  EXPECT_EQ(get(Someone(9), "").status, 404);
}

}  // namespace
}  // namespace crosspoint::exchange_sim
