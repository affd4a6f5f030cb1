#include "connectors/ews/soap/xml_scanner.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <vector>

#include "common/status/status.h"
#include "connectors/ews/errors.h"

namespace crosspoint::ews {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

struct Scanned {
  std::vector<std::string> documents;
  absl::Status status;
  bool at_boundary = false;
};

Scanned Scan(std::string_view text, size_t piece, XmlLimits limits = {}) {
  Scanned scanned;
  XmlScanner scanner(limits);
  for (size_t at = 0; at < text.size() && scanned.status.ok(); at += piece) {
    scanned.status = scanner.Feed(text.substr(at, piece), [&](std::string_view document) {
      scanned.documents.emplace_back(document);
      return absl::OkStatus();
    });
  }
  scanned.at_boundary = scanner.AtBoundary();
  return scanned;
}

TEST(XmlScanner, DocumentsOfARowAreCutApartWhereverThePiecesEnd) {
  const std::string first = "<?xml version=\"1.0\"?><a x='>' y=\"/>\"><!-- </a> --><b/><![CDATA[</a>]]]>]]></a>";
  const std::string second = "<s:E xmlns:s='u'>text</s:E>";
  const std::string row = "\r\n" + first + "\r\n" + second + "<c/>  ";
  for (size_t piece = 1; piece <= row.size(); ++piece) {
    const Scanned scanned = Scan(row, piece);
    ASSERT_TRUE(scanned.status.ok()) << scanned.status;
    EXPECT_THAT(scanned.documents, ElementsAre(first, second, "<c/>"));
    EXPECT_TRUE(scanned.at_boundary);
  }
}

TEST(XmlScanner, ByteOrderMarkIsAccepted) { EXPECT_EQ(Scan("\xef\xbb\xbf<a/>", 1).documents.size(), 1u); }

TEST(XmlScanner, AnyDocumentTypeIsRefused) {
  for (const char* text : {"<!DOCTYPE a><a/>", "<!DOCTYPE a [<!ENTITY x \"y\">]><a>&x;</a>", "<a><!ENTITY x 'y'></a>",
                           "<?xml version='1.0'?>\n<!doctype a SYSTEM 'file:///etc/passwd'><a/>"}) {
    for (const size_t piece : {size_t{1}, size_t{1000}}) {
      const Scanned scanned = Scan(text, piece);
      ASSERT_THAT(MessageOf(scanned.status), HasSubstr("document type")) << text;
      EXPECT_EQ(GetErrorInfo(scanned.status)->reason, "EWS_BAD_ANSWER");
      EXPECT_TRUE(scanned.documents.empty());
    }
  }
}

TEST(XmlScanner, DepthHasALimit) {
  const auto nested = [](int depth) {
    std::string text;
    for (int i = 0; i < depth; ++i) text += "<a>";
    for (int i = 0; i < depth; ++i) text += "</a>";
    return text;
  };
  EXPECT_TRUE(Scan(nested(100), 1000).status.ok());
  EXPECT_THAT(MessageOf(Scan(nested(101), 1000).status), HasSubstr("deeper"));
}

TEST(XmlScanner, SizeHasALimitPerDocument) {
  const XmlLimits limits{.max_bytes = 20};
  EXPECT_TRUE(Scan("<a>0123456789012</a><a>0123456789012</a>", 7, limits).status.ok());
  EXPECT_THAT(MessageOf(Scan("<a>01234567890123</a>", 7, limits).status), HasSubstr("larger"));
  EXPECT_THAT(MessageOf(Scan("<a>" + std::string(100, 'x'), 1000, limits).status), HasSubstr("larger"));
}

TEST(XmlScanner, NumberOfElementsAndAttributesHasALimit) {
  const XmlLimits limits{.max_nodes = 4};
  EXPECT_TRUE(Scan("<a b='' c=''><d/></a><a/>", 100, limits).status.ok());
  EXPECT_THAT(MessageOf(Scan("<a b='' c='' d='' e=''/>", 100, limits).status), HasSubstr("more elements"));
  EXPECT_THAT(MessageOf(Scan("<a><b/><b/><b/><b/></a>", 100, limits).status), HasSubstr("more elements"));
}

TEST(XmlScanner, OtherEncodingsAndGarbageAreRefused) {
  using std::string_view_literals::operator""sv;
  for (const std::string_view text : {"\xff\xfe<\0a\0/\0>\0"sv, "<a>\0</a>"sv, "hello"sv, "</a>"sv, "<a><b</a>"sv,
                                      "<1/>"sv, "<a b='<'/>"sv, "<![CDATA[x]]><a/>"sv, "<a/>x"sv}) {
    const Scanned scanned = Scan(text, 3);
    EXPECT_FALSE(scanned.status.ok()) << text;
  }
}

TEST(XmlScanner, UnfinishedDocumentIsNotAtABoundary) {
  for (const char* text : {"<a>", "<a", "<", "<a/><b>", "<a/><!-- x"}) EXPECT_FALSE(Scan(text, 1).at_boundary) << text;
  EXPECT_FALSE(CheckXml("<a/><b/>", {}).ok());
  EXPECT_FALSE(CheckXml("", {}).ok());
  EXPECT_TRUE(CheckXml(" <a/>\n", {}).ok());
}

TEST(XmlScanner, ErrorOfTheReceiverEndsIt) {
  XmlScanner scanner;
  int documents = 0;
  const absl::Status status = scanner.Feed("<a/><b/>", [&](std::string_view) {
    ++documents;
    return absl::AbortedError("enough");
  });
  EXPECT_EQ(status.code(), absl::StatusCode::kAborted);
  EXPECT_EQ(documents, 1);
}

}  // namespace
}  // namespace crosspoint::ews
