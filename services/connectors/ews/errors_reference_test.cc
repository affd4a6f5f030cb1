// The table of errors against the reference's page on codes and reactions, which is no part of this repository.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <iostream>
#include <map>
#include <regex>
#include <set>
#include <sstream>

#include "connectors/ews/errors.h"
#include "tests/support/ews_reference/reference.h"

namespace crosspoint::ews {
namespace {

using testing::EwsReference;

struct Expected {
  Reaction reaction;
  Repeat repeat;
  Reaction then = Reaction::kNone;
};

// What the words in the page's column "Reaction" mean here.
const std::map<std::string, Expected>& Meanings() {
  static const std::map<std::string, Expected> meanings = {
      {"BACKOFF", {Reaction::kBackOff, Repeat::kLimited}},
      {"SPLIT, BACKOFF", {Reaction::kSplit, Repeat::kAfterCure, Reaction::kBackOff}},
      {"SPLIT", {Reaction::kSplit, Repeat::kAfterCure}},
      {"RETRY", {Reaction::kRetry, Repeat::kLimited}},
      {"RETRY, few times", {Reaction::kRetry, Repeat::kFew}},
      {"RETRY, then REDISCOVER", {Reaction::kRetry, Repeat::kLimited, Reaction::kRediscover}},
      {"RETRY, then RESUBSCRIBE", {Reaction::kRetry, Repeat::kLimited, Reaction::kResubscribe}},
      {"RETRY once, then STOP", {Reaction::kRetry, Repeat::kOnce, Reaction::kStop}},
      {"repeat the rest", {Reaction::kRepeatRest, Repeat::kAfterCure}},
      {"REDISCOVER", {Reaction::kRediscover, Repeat::kAfterCure}},
      {"REDISCOVER, RESUBSCRIBE", {Reaction::kRediscover, Repeat::kAfterCure, Reaction::kResubscribe}},
      {"RESUBSCRIBE", {Reaction::kResubscribe, Repeat::kAfterCure}},
      {"RESUBSCRIBE, then sync", {Reaction::kResubscribe, Repeat::kAfterCure, Reaction::kSync}},
      {"close quietly", {Reaction::kCloseStream, Repeat::kNever}},
      {"RESYNC", {Reaction::kResync, Repeat::kAfterCure}},
      {"REFRESH", {Reaction::kRefresh, Repeat::kAfterCureOnce}},
      {"REFRESH or GONE", {Reaction::kRefresh, Repeat::kAfterCureOnce, Reaction::kGone}},
      {"correct and repeat once", {Reaction::kCorrectAddress, Repeat::kAfterCureOnce}},
      {"lower `RequestServerVersion`", {Reaction::kLowerVersion, Repeat::kAfterCure}},
      {"ConvertId", {Reaction::kConvertId, Repeat::kAfterCure}},
      {"repeat without body and MIME, once", {Reaction::kSimplify, Repeat::kAfterCureOnce}},
      {"use a restriction instead", {Reaction::kUseRestriction, Repeat::kAfterCure}},
      {"take the existing folder", {Reaction::kUseExisting, Repeat::kNever}},
      {"empty result", {Reaction::kEmptyResult, Repeat::kNever}},
      {"use the list", {Reaction::kUseResult, Repeat::kNever}},
      {"per recipient", {Reaction::kPerRecipient, Repeat::kNever}},
      {"GONE", {Reaction::kGone, Repeat::kNever}},
      {"GONE (folder)", {Reaction::kGone, Repeat::kNever}},
      {"GONE (occurrence)", {Reaction::kGone, Repeat::kNever}},
      {"GONE (attachment)", {Reaction::kGone, Repeat::kNever}},
      {"STOP", {Reaction::kStop, Repeat::kNever}},
      {"STOP for that mailbox", {Reaction::kStopMailbox, Repeat::kNever}},
      {"report to the user", {Reaction::kTellUser, Repeat::kNever}},
      {"do not retry", {Reaction::kFail, Repeat::kNever}},
      {"BUG", {Reaction::kBug, Repeat::kNever}},
  };
  return meanings;
}

// Codes whose notes ask for more than their reaction: the notes count too.
const std::map<std::string, Reaction>& ThenFromNotes() {
  static const std::map<std::string, Reaction> notes = {{"ErrorNonExistentMailbox", Reaction::kRediscover}};
  return notes;
}

// Element names of answers that begin like a code.
const std::set<std::string>& NoCodes() {
  static const std::set<std::string> names = {"ErrorSubscriptionIds"};
  return names;
}

std::vector<std::string> CodesIn(const std::string& text) {
  static const std::regex code("\\bError[A-Z][A-Za-z]+");
  std::vector<std::string> found;
  for (auto it = std::sregex_iterator(text.begin(), text.end(), code); it != std::sregex_iterator(); ++it) {
    if (!NoCodes().contains(it->str())) found.push_back(it->str());
  }
  return found;
}

std::string Trimmed(const std::string& text) {
  const auto begin = text.find_first_not_of(' ');
  return begin == text.npos ? "" : text.substr(begin, text.find_last_not_of(' ') - begin + 1);
}

struct Page {
  std::map<std::string, std::string> reactions;  // by code, from the tables and the prose on voice
  std::set<std::string> named;                   // every code anywhere
};

Page ReadPage(const std::string& text) {
  Page page;
  for (const auto& code : CodesIn(text)) page.named.insert(code);
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (line.rfind("| Error", 0) != 0) continue;
    const auto second = line.find('|', 2);
    const auto third = line.find('|', second + 1);
    for (const auto& code : CodesIn(line.substr(0, second))) {
      page.reactions[code] = Trimmed(line.substr(second + 1, third - second - 1));
    }
  }
  const auto voice = text.find("## Voice");
  const auto verdict = text.find(": report to the user; do not retry by itself", voice);
  if (voice != text.npos && verdict != text.npos) {
    for (const auto& code : CodesIn(text.substr(voice, verdict - voice))) page.reactions[code] = "report to the user";
  }
  return page;
}

class ErrorsReference : public ::testing::Test {
 protected:
  void SetUp() override {
    const auto* reference = EwsReference::Find();
    if (reference == nullptr) GTEST_SKIP() << "NO REFERENCE DATA: the table of codes was not checked against errors.md";
    page_ = ReadPage(EwsReference::Read(reference->directory() / "errors.md"));
  }
  Page page_;
};

TEST_F(ErrorsReference, EveryCodeNamedHasARow) {
  ASSERT_GT(page_.named.size(), 150U);
  for (const auto& code : page_.named) EXPECT_TRUE(RuleOf(code).known) << code;
  std::cerr << page_.named.size() << " codes named, " << page_.reactions.size() << " with a reaction\n";
}

TEST_F(ErrorsReference, EveryCodeHasItsReaction) {
  ASSERT_EQ(page_.reactions.size(), page_.named.size()) << "a code stands outside of the tables";
  for (const auto& [code, words] : page_.reactions) {
    const auto meaning = Meanings().find(words);
    ASSERT_NE(meaning, Meanings().end()) << code << ": no meaning for '" << words << "'";
    const ErrorRule rule = RuleOf(code);
    EXPECT_EQ(ReactionName(rule.reaction), ReactionName(meaning->second.reaction)) << code;
    EXPECT_EQ(rule.repeat, meaning->second.repeat) << code;
    const auto note = ThenFromNotes().find(code);
    const Reaction then = note == ThenFromNotes().end() ? meaning->second.then : note->second;
    EXPECT_EQ(ReactionName(rule.then), ReactionName(then)) << code;
  }
}

}  // namespace
}  // namespace crosspoint::ews
