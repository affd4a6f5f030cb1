#include "common/text/fold.h"

#include <gmock/gmock.h>

namespace crosspoint {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(FoldForSearch, CaseAccentsAndLigaturesDoNotMatter) {
  EXPECT_EQ(FoldForSearch("Müller"), "muller");
  EXPECT_EQ(FoldForSearch("MU\xCC\x88LLER"), "muller");
  EXPECT_EQ(FoldForSearch("Straße"), "strasse");
  EXPECT_EQ(FoldForSearch("ﬁnance"), "finance");
  EXPECT_EQ(FoldForSearch("ÅNGSTRÖM"), "angstrom");
}

TEST(FoldForSearch, WhiteSpaceIsOneBlankAndNoneAtTheEnds) {
  EXPECT_EQ(FoldForSearch(" \t Ada \xC2\xA0 Lovelace\n"), "ada lovelace");
}

TEST(FoldForSearch, BrokenUtf8DoesNotFail) {
  EXPECT_EQ(FoldForSearch("a\xFF"
                          "b"),
            "a\xEF\xBF\xBD"
            "b");
}

TEST(WordsOf, SplitsAtPunctuationOfAddressesAndNames) {
  EXPECT_THAT(WordsOf("ada.lovelace-byron@corp.example"), ElementsAre("ada", "lovelace", "byron", "corp", "example"));
  EXPECT_THAT(WordsOf(" ,. "), IsEmpty());
  EXPECT_THAT(WordsOf("東京 タワー"), ElementsAre("東京", "タワー"));
}

TEST(IsCleanUtf8, RefusesControlCharactersAndBrokenSequences) {
  EXPECT_TRUE(IsCleanUtf8("Zoë\tX\r\n"));
  EXPECT_FALSE(IsCleanUtf8(std::string("a\0b", 3)));
  EXPECT_FALSE(IsCleanUtf8("\xC3"));
  EXPECT_FALSE(IsCleanUtf8("\x1B[31m"));
}

}  // namespace
}  // namespace crosspoint
