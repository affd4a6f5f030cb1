#include "directory/domain/person.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <tuple>

#include "common/text/fold.h"

namespace crosspoint::directory {
namespace {

// Union-find over all entries; entries that share an address end in one set.
class Sets {
 public:
  explicit Sets(size_t size) : parent_(size) { std::iota(parent_.begin(), parent_.end(), size_t{0}); }
  size_t Find(size_t i) {
    while (parent_[i] != i) i = parent_[i] = parent_[parent_[i]];
    return i;
  }
  // The smaller root wins, so that a set is named by its first entry.
  void Join(size_t a, size_t b) {
    a = Find(a);
    b = Find(b);
    parent_[std::max(a, b)] = std::min(a, b);
  }

 private:
  std::vector<size_t> parent_;
};

void AddEmail(std::vector<std::string>& emails, const std::string& email) {
  if (email.empty()) return;
  const auto folded = FoldEmail(email);
  if (std::ranges::none_of(emails, [&](const auto& known) { return FoldEmail(known) == folded; })) {
    emails.push_back(email);
  }
}

std::string Digits(std::string_view number) {
  std::string digits;
  for (const char c : number) {
    if (c >= '0' && c <= '9') digits += c;
  }
  return digits;
}

void AddPhone(std::vector<Phone>& phones, const Phone& phone) {
  const auto digits = Digits(phone.number);
  if (std::ranges::none_of(phones, [&](const auto& known) { return Digits(known.number) == digits; })) {
    phones.push_back(phone);
  }
}

void FillIfEmpty(std::string& field, const std::string& value) {
  if (field.empty()) field = value;
}

void Add(Person& person, const CorporateEntry& entry) {
  FillIfEmpty(person.display_name, entry.display_name);
  for (const auto& email : entry.emails) AddEmail(person.emails, email);
  for (const auto& phone : entry.phones) AddPhone(person.phones, phone);
  FillIfEmpty(person.department, entry.department);
  FillIfEmpty(person.title, entry.title);
  FillIfEmpty(person.company, entry.company);
  FillIfEmpty(person.office, entry.office);
}

Person FromUser(const User& user) {
  Person person{.user = user.id.Name(), .display_name = user.display_name, .extension = user.extension};
  AddEmail(person.emails, user.email);
  for (const auto& alias : user.aliases) AddEmail(person.emails, alias);
  return person;
}

// The list's entries in an order of their own, so that the caller's order cannot show.
std::vector<const CorporateEntry*> Sorted(const std::vector<CorporateEntry>& entries) {
  std::vector<const CorporateEntry*> sorted;
  sorted.reserve(entries.size());
  for (const auto& entry : entries) sorted.push_back(&entry);
  const auto key = [](const CorporateEntry* entry) {
    return std::tuple(FoldForSearch(entry->display_name), entry->display_name, entry->emails, entry->department,
                      entry->title, entry->company, entry->office, entry->phones.size());
  };
  std::ranges::stable_sort(sorted, [&](const auto* a, const auto* b) { return key(a) < key(b); });
  return sorted;
}

int Rank(const Person& person, const std::string& folded_query, const std::string& folded_name) {
  const auto is_query = [&](const std::string& email) { return FoldForSearch(email) == folded_query; };
  if (person.extension == folded_query || std::ranges::any_of(person.emails, is_query)) return 0;
  return folded_name.starts_with(folded_query) ? 1 : 2;
}

std::vector<Person> Join(const std::vector<User>& users, const std::vector<const CorporateEntry*>& corporate) {
  Sets sets(users.size() + corporate.size());
  std::map<std::string, size_t> first_with;
  const auto seen = [&](const std::string& folded, size_t index) {
    const auto [it, fresh] = first_with.emplace(folded, index);
    if (!fresh) sets.Join(index, it->second);
  };
  for (size_t i = 0; i < users.size(); ++i) {
    for (const auto& email : FoldedEmails(users[i])) seen(email, i);
  }
  for (size_t i = 0; i < corporate.size(); ++i) {
    for (const auto& email : corporate[i]->emails) {
      if (!email.empty()) seen(FoldEmail(email), users.size() + i);
    }
  }

  // Two users never become one person, even when a list entry carries addresses of both: each keeps its own extension,
  // and the entry goes to the first of them.
  std::map<size_t, size_t> person_of_set;
  std::vector<Person> people;
  std::vector<std::vector<Phone>> own_phones;
  for (size_t i = 0; i < users.size(); ++i) {
    person_of_set.emplace(sets.Find(i), people.size());
    people.push_back(FromUser(users[i]));
    own_phones.push_back(users[i].phones);
  }
  for (size_t i = 0; i < corporate.size(); ++i) {
    const auto [it, fresh] = person_of_set.emplace(sets.Find(users.size() + i), people.size());
    if (fresh) {
      people.emplace_back();
      own_phones.emplace_back();
    }
    Add(people[it->second], *corporate[i]);
  }
  for (size_t i = 0; i < people.size(); ++i) {
    for (const auto& phone : own_phones[i]) AddPhone(people[i].phones, phone);
  }
  return people;
}

}  // namespace

std::vector<Person> MergePeople(const std::vector<User>& users, const std::vector<CorporateEntry>& corporate,
                                std::string_view query, size_t limit) {
  std::vector<User> ordered_users = users;
  std::ranges::sort(ordered_users, {}, [](const User& user) { return user.id; });
  struct Ranked {
    int rank;
    std::string name;
    Person person;
  };
  const auto folded_query = FoldForSearch(query);
  std::vector<Ranked> ranked;
  for (auto& person : Join(ordered_users, Sorted(corporate))) {
    auto name = FoldForSearch(person.display_name);
    const int rank = Rank(person, folded_query, name);
    ranked.push_back({rank, std::move(name), std::move(person)});
  }
  std::ranges::sort(ranked, [](const Ranked& a, const Ranked& b) {
    return std::tie(a.rank, a.name, a.person.emails, a.person.user) <
           std::tie(b.rank, b.name, b.person.emails, b.person.user);
  });
  if (ranked.size() > limit) ranked.resize(limit);
  std::vector<Person> people;
  people.reserve(ranked.size());
  for (auto& entry : ranked) people.push_back(std::move(entry.person));
  return people;
}

}  // namespace crosspoint::directory
