#include "directory/domain/user_index.h"

#include <algorithm>
#include <tuple>

#include "common/text/fold.h"

namespace crosspoint::directory {

std::vector<std::string> SearchWords(const User& user) {
  std::vector<std::string> words = WordsOf(FoldForSearch(user.display_name));
  for (const auto& email : FoldedEmails(user)) {
    const auto folded = FoldForSearch(email);
    words.push_back(folded);
    for (auto& word : WordsOf(folded.substr(0, folded.find('@')))) words.push_back(std::move(word));
  }
  if (!user.extension.empty()) words.push_back(user.extension);
  std::ranges::sort(words);
  words.erase(std::unique(words.begin(), words.end()), words.end());
  return words;
}

void UserIndex::Forget(const User& user) {
  for (const auto& email : FoldedEmails(user)) {
    const auto it = by_email_.find(email);
    if (it != by_email_.end() && it->second == user.id) by_email_.erase(it);
  }
  for (auto& word : SearchWords(user)) by_word_.erase({std::move(word), user.id});
}

void UserIndex::Apply(User user) {
  if (const auto removed = removed_.find(user.id); removed != removed_.end()) {
    if (removed->second >= user.revision) return;
    removed_.erase(removed);
  }
  if (const auto it = users_.find(user.id); it != users_.end()) {
    if (it->second.revision > user.revision) return;
    Forget(it->second);
    users_.erase(it);
  }
  if (user.deleted()) {
    removed_[user.id] = user.revision;
    return;
  }
  for (auto& email : FoldedEmails(user)) by_email_[std::move(email)] = user.id;
  for (auto& word : SearchWords(user)) by_word_.emplace(std::move(word), user.id);
  const UserId id = user.id;
  users_.emplace(id, std::move(user));
}

void UserIndex::Clear() {
  users_.clear();
  by_email_.clear();
  by_word_.clear();
  removed_.clear();
}

std::vector<User> UserIndex::Search(std::string_view query, size_t limit) const {
  const auto folded = FoldForSearch(query);
  std::vector<std::string> wanted;
  // An address is one word; everything else is split as names are.
  if (folded.find('@') != std::string::npos || folded.find_first_of("*#") != std::string::npos) {
    wanted.push_back(folded);
  } else {
    wanted = WordsOf(folded);
  }
  if (wanted.empty()) return {};

  std::set<UserId> hits;
  for (size_t i = 0; i < wanted.size(); ++i) {
    std::set<UserId> with_word;
    for (auto it = by_word_.lower_bound({wanted[i], UserId{}});
         it != by_word_.end() && it->first.starts_with(wanted[i]); ++it) {
      if (i == 0 || hits.contains(it->second)) with_word.insert(it->second);
    }
    hits = std::move(with_word);
  }

  std::vector<std::tuple<bool, std::string, const User*>> ordered;
  for (const auto& id : hits) {
    const auto& user = users_.at(id);
    auto name = FoldForSearch(user.display_name);
    const bool inside = !name.starts_with(folded);
    ordered.emplace_back(inside, std::move(name), &user);
  }
  std::ranges::sort(ordered, [](const auto& a, const auto& b) {
    return std::tie(std::get<0>(a), std::get<1>(a), std::get<2>(a)->id) <
           std::tie(std::get<0>(b), std::get<1>(b), std::get<2>(b)->id);
  });
  std::vector<User> found;
  for (size_t i = 0; i < ordered.size() && i < limit; ++i) found.push_back(*std::get<2>(ordered[i]));
  return found;
}

const User* UserIndex::FindByEmail(std::string_view email) const {
  const auto it = by_email_.find(FoldEmail(email));
  return it == by_email_.end() ? nullptr : Find(it->second);
}

const User* UserIndex::Find(const UserId& id) const {
  const auto it = users_.find(id);
  return it == users_.end() ? nullptr : &it->second;
}

}  // namespace crosspoint::directory
