#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "directory/domain/user.h"

namespace crosspoint::directory {

// A search hit never has more people than this.
inline constexpr size_t kMaxPeople = 25;

// An entry of the corporate list: GAL or public folder, the difference is not kept.
struct CorporateEntry {
  std::string display_name;
  std::vector<std::string> emails;  // primary first
  std::vector<Phone> phones;
  std::string department;
  std::string title;
  std::string company;
  std::string office;
  bool operator==(const CorporateEntry&) const = default;
};

// What a search returns: a user, a corporate entry, or their merger.
struct Person {
  std::string user;  // resource name; empty for people who are not our users
  std::string display_name;
  std::vector<std::string> emails;
  std::string extension;
  std::vector<Phone> phones;
  std::string department;
  std::string title;
  std::string company;
  std::string office;
  bool operator==(const Person&) const = default;
};

// Joins `users` and `corporate` by any e-mail alias, case aside, also transitively, and puts the best `limit` first:
// 1. an exact address or extension, 2. the name begins with the query, 3. the rest; each by folded name, then address,
// then user name. The order of the inputs is irrelevant. Our users give extension and name, the list gives phones
// (ours follow where the list lacks them) and the rest.
std::vector<Person> MergePeople(const std::vector<User>& users, const std::vector<CorporateEntry>& corporate,
                                std::string_view query, size_t limit);

}  // namespace crosspoint::directory
