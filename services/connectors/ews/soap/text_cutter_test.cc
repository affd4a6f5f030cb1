#include "connectors/ews/soap/text_cutter.h"

#include <gtest/gtest.h>

namespace crosspoint::ews {
namespace {

struct Cut {
  std::string text;
  std::string rest;
};
Cut CutContent(std::string document) {
  std::string text = CutText(document, "Content");
  return {text, document};
}

TEST(CutText, TextIsTakenOutAndItsElementStays) {
  for (const std::string name : {"Content", "t:Content", "q2:Content"}) {
    const std::string head = "<?xml version='1.0'?><a b=\"x>y\"><Contents>n</Contents><" + name + " c='>'>";
    const std::string tail = "</" + name + "><Content>second</Content></a>";
    const Cut cut = CutContent(head + "QUJD\r\nRA==" + tail);
    EXPECT_EQ(cut.text, "QUJD\r\nRA==");
    EXPECT_EQ(cut.rest, head + tail);
  }
}

TEST(CutText, WhatItCannotBeSureOfIsLeftToTheReader) {
  for (const std::string document :
       {"", "<", "<a>", "<a", "no tag", "<a b=\"", "<a b='>", "<a><Content/></a>", "<a><Content></Content></a>",
        "<a><Content>QUJD", "<a><Content>QU&#13;JD</Content></a>", "<a><Content>QUJD<b/></Content></a>",
        "<a><Content><![CDATA[QUJD]]></Content></a>", "<a><!-- <Content>QUJD</Content> --></a>",
        "<!DOCTYPE a><a><Content>QUJD</Content></a>", "<a><![CDATA[<Content>QUJD</Content>]]></a>",
        "<a><content>QUJD</content></a>"}) {
    const Cut cut = CutContent(document);
    EXPECT_EQ(cut.text, "") << document;
    EXPECT_EQ(cut.rest, document);
  }
}

TEST(CutText, LargeTextStaysWhereItIs) {
  std::string document = "<a><Content>" + std::string(10'000'000, 'A') + "</Content></a>";
  const char* const memory = document.data();
  const std::string text = CutText(document, "Content");
  EXPECT_EQ(text.size(), 10'000'000u);
  EXPECT_EQ(text.data(), memory);
  EXPECT_EQ(document, "<a><Content></Content></a>");
}

}  // namespace
}  // namespace crosspoint::ews
