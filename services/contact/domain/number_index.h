#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "contact/domain/contact.h"

namespace crosspoint::contact {

// Which contacts have a number. Not thread-safe.
class NumberIndex {
 public:
  void Add(const std::string& contact, const std::vector<Phone>& phones);
  void Remove(const std::string& contact, const std::vector<Phone>& phones);
  void Clear();

  struct Match {
    std::string contact;
    int rank = 0;  // higher is better; of exact matches above that of all others
    bool exact = false;
  };
  struct Answer {
    std::string e164;            // of the number asked for; empty when it cannot be read
    std::vector<Match> matches;  // each contact once, best first, then by id
  };
  // `typed` as dialled in `region`. The same number in E.164; when nobody has it, numbers of which one ends with the
  // other in at least 7 digits, unless both are in E.164 and so known to differ; of up to 6 digits, an equal number or
  // extension.
  Answer Find(std::string_view typed, std::string_view region) const;

 private:
  struct Entry {
    std::string contact;
    std::string extension;
    auto operator<=>(const Entry&) const = default;
  };
  struct Keys;
  static Keys KeysOf(const Phone& phone);
  void FindEnds(const std::string& digits, bool readable, std::map<std::string, int>& ranks) const;

  std::map<std::string, std::multiset<Entry>, std::less<>> by_e164_;
  // Digits backwards, so that numbers with a common end stand together; with, and without E.164.
  std::map<std::string, std::multiset<Entry>, std::less<>> readable_ends_;
  std::map<std::string, std::multiset<Entry>, std::less<>> typed_ends_;
  std::map<std::string, std::multiset<Entry>, std::less<>> short_numbers_;
  std::map<std::string, std::multiset<Entry>, std::less<>> extensions_;
};

}  // namespace crosspoint::contact
