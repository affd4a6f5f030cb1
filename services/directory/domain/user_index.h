#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "directory/domain/user.h"

namespace crosspoint::directory {

// All users of one tenant in memory, for search. Not thread-safe. About 1 kB a user.
class UserIndex {
 public:
  // Adds, replaces or, when `user` is deleted, removes. An older revision of a user than the one held is ignored.
  void Apply(User user);
  void Clear();

  // At most `limit` users of whom every word of `query` begins a word of the name, an address, an address's local part
  // or the extension; folded. In no stated order, but the same one for the same users: those whose name begins with
  // the query first, then by folded name.
  std::vector<User> Search(std::string_view query, size_t limit) const;

  // Any address, case aside.
  const User* FindByEmail(std::string_view email) const;
  const User* Find(const UserId& id) const;
  size_t size() const { return users_.size(); }
  // By id.
  const std::map<UserId, User>& users() const { return users_; }

 private:
  void Forget(const User& user);

  std::map<UserId, User> users_;
  std::unordered_map<std::string, UserId> by_email_;  // folded
  std::set<std::pair<std::string, UserId>> by_word_;  // folded word -> user; prefix ranges answer searches
  std::map<UserId, uint64_t> removed_;                // revisions of removed users, against late older news
};

// The folded words by which `user` is found.
std::vector<std::string> SearchWords(const User& user);

}  // namespace crosspoint::directory
