#include "contact/domain/contact_book.h"

#include <algorithm>
#include <tuple>

#include "common/phone/phone_number.h"
#include "common/text/fold.h"

namespace crosspoint::contact {
namespace {

// Digits of a query that can only mean a number; empty when it can mean something else.
std::string NumberIn(std::string_view query) {
  constexpr std::string_view kBetween = " +-()./";
  std::string digits;
  for (const char c : query) {
    if (c >= '0' && c <= '9') {
      digits += c;
    } else if (kBetween.find(c) == std::string_view::npos) {
      return "";
    }
  }
  return digits;
}

void AddWords(std::string_view text, std::string& words) {
  for (const auto& word : WordsOf(FoldForSearch(text))) words += word + " ";
}

}  // namespace

ContactBook::Entry ContactBook::MakeEntry(Contact contact) {
  Entry entry;
  const auto& facts = contact.facts;
  entry.name = FoldForSearch(facts.display_name);
  entry.words = " ";
  for (const auto& text : {facts.display_name, facts.given_name, facts.family_name, facts.company, facts.job_title}) {
    AddWords(text, entry.words);
  }
  for (const auto& email : facts.emails) AddWords(email, entry.words);
  for (const auto& address : facts.addresses) {
    for (const auto& text : {address.street, address.city, address.region, address.postal_code, address.country}) {
      AddWords(text, entry.words);
    }
  }
  entry.contact = std::move(contact);
  return entry;
}

void ContactBook::Apply(Contact contact) {
  if (const auto known = revision_of_.find(contact.id); known != revision_of_.end()) {
    by_revision_.erase(known->second);
  }
  revision_of_[contact.id] = contact.revision;
  by_revision_[contact.revision] = contact.id;
  revision_ = std::max(revision_, contact.revision);
  if (const auto old = entries_.find(contact.id); old != entries_.end()) {
    numbers_.Remove(contact.id, old->second.contact.facts.phones);
    entries_.erase(old);
  }
  deleted_.erase(contact.id);
  const auto id = contact.id;
  if (contact.deleted) {
    deleted_[id] = std::move(contact);
  } else {
    numbers_.Add(id, contact.facts.phones);
    entries_[id] = MakeEntry(std::move(contact));
  }
}

void ContactBook::Clear() { *this = ContactBook(); }

const Contact* ContactBook::Find(const std::string& id) const {
  const auto found = entries_.find(id);
  return found == entries_.end() ? nullptr : &found->second.contact;
}

std::vector<Contact> ContactBook::List(const std::string& after, size_t limit, std::optional<Source> source) const {
  std::vector<Contact> contacts;
  for (auto it = entries_.upper_bound(after); it != entries_.end() && contacts.size() < limit; ++it) {
    if (!source || it->second.contact.source == *source) contacts.push_back(it->second.contact);
  }
  return contacts;
}

bool ContactBook::HasNumber(const Entry& entry, const std::string& digits) const {
  const auto significant = digits.substr(std::min(digits.find_first_not_of('0'), digits.size()));
  return std::ranges::any_of(entry.contact.facts.phones, [&](const Phone& phone) {
    return phone::DigitsOf(phone.number).find(digits) != std::string::npos ||
           (!significant.empty() && phone.e164.find(significant) != std::string::npos);
  });
}

std::vector<Contact> ContactBook::Search(std::string_view query, size_t limit) const {
  const auto folded = FoldForSearch(query);
  const auto digits = NumberIn(query);
  const auto words = WordsOf(folded);
  using Hit = std::tuple<bool, std::string_view, std::string_view, const Contact*>;
  std::vector<Hit> hits;
  for (const auto& [id, entry] : entries_) {
    const bool matches =
        (!words.empty() &&
         std::ranges::all_of(
             words, [&entry](const std::string& word) { return entry.words.find(" " + word) != std::string::npos; })) ||
        (!digits.empty() && HasNumber(entry, digits));
    if (matches) hits.emplace_back(!entry.name.starts_with(folded), entry.name, id, &entry.contact);
  }
  const auto count = std::min(limit, hits.size());
  std::partial_sort(hits.begin(), hits.begin() + static_cast<std::ptrdiff_t>(count), hits.end());
  std::vector<Contact> contacts;
  for (size_t i = 0; i < count; ++i) contacts.push_back(*std::get<const Contact*>(hits[i]));
  return contacts;
}

ContactBook::Lookup ContactBook::LookUp(std::string_view number, std::string_view region, size_t limit) const {
  auto found = numbers_.Find(number, region);
  std::ranges::stable_sort(found.matches, [this](const auto& a, const auto& b) {
    const auto key = [this](const auto& match) {
      return std::make_tuple(-match.rank, std::string_view(entries_.at(match.contact).name));
    };
    return key(a) < key(b);
  });
  Lookup lookup{
      .e164 = std::move(found.e164), .contacts = {}, .exact = !found.matches.empty() && found.matches[0].exact};
  for (size_t i = 0; i < std::min(limit, found.matches.size()); ++i) {
    lookup.contacts.push_back(entries_.at(found.matches[i].contact).contact);
  }
  return lookup;
}

ContactBook::Changes ContactBook::ChangesSince(uint64_t revision, size_t limit) const {
  Changes changes{.contacts = {}, .revision = revision, .complete = true};
  auto it = by_revision_.upper_bound(revision);
  for (; it != by_revision_.end() && changes.contacts.size() < limit; ++it) {
    changes.revision = it->first;
    if (const auto* contact = Find(it->second)) {
      changes.contacts.push_back(*contact);
    } else if (revision != 0) {
      changes.contacts.push_back(deleted_.at(it->second));
    }
  }
  changes.complete = it == by_revision_.end();
  return changes;
}

}  // namespace crosspoint::contact
