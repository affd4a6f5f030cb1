#include "contact/domain/number_index.h"

#include <algorithm>

#include "common/phone/phone_number.h"

namespace crosspoint::contact {
namespace {

constexpr size_t kShortest = 7;  // common digits at the end that may name somebody
constexpr int kExact = 1'000;
constexpr int kSameExtension = 100;

std::string Backwards(std::string_view digits) { return {digits.rbegin(), digits.rend()}; }

// Without the trunk prefix that is not dialled from elsewhere.
std::string WithoutZeros(const std::string& digits) {
  return digits.substr(std::min(digits.find_first_not_of('0'), digits.size()));
}

}  // namespace

// Where a phone is found; empty keys are not entered.
struct NumberIndex::Keys {
  std::string e164;
  std::string readable_end;
  std::string typed_end;
  std::string short_number;
  std::string extension;
};

NumberIndex::Keys NumberIndex::KeysOf(const Phone& phone) {
  Keys keys{.extension = phone.extension};
  if (!phone.e164.empty()) {
    keys.e164 = phone.e164;
    keys.readable_end = Backwards(std::string_view(phone.e164).substr(1));
    return keys;
  }
  const auto digits = phone::DigitsOf(phone.number);
  if (digits.size() < kShortest) {
    keys.short_number = digits;
  } else if (auto significant = WithoutZeros(digits); significant.size() >= kShortest) {
    keys.typed_end = Backwards(significant);
  }
  return keys;
}

void NumberIndex::Add(const std::string& contact, const std::vector<Phone>& phones) {
  for (const auto& phone : phones) {
    const auto keys = KeysOf(phone);
    const Entry entry{contact, phone.extension};
    if (!keys.e164.empty()) by_e164_[keys.e164].insert(entry);
    if (!keys.readable_end.empty()) readable_ends_[keys.readable_end].insert(entry);
    if (!keys.typed_end.empty()) typed_ends_[keys.typed_end].insert(entry);
    if (!keys.short_number.empty()) short_numbers_[keys.short_number].insert(entry);
    if (!keys.extension.empty()) extensions_[keys.extension].insert(entry);
  }
}

void NumberIndex::Remove(const std::string& contact, const std::vector<Phone>& phones) {
  const auto take = [](auto& index, const std::string& key, const Entry& entry) {
    const auto at = index.find(key);
    if (at == index.end()) return;
    if (const auto one = at->second.find(entry); one != at->second.end()) at->second.erase(one);
    if (at->second.empty()) index.erase(at);
  };
  for (const auto& phone : phones) {
    const auto keys = KeysOf(phone);
    const Entry entry{contact, phone.extension};
    take(by_e164_, keys.e164, entry);
    take(readable_ends_, keys.readable_end, entry);
    take(typed_ends_, keys.typed_end, entry);
    take(short_numbers_, keys.short_number, entry);
    take(extensions_, keys.extension, entry);
  }
}

void NumberIndex::Clear() { *this = NumberIndex(); }

void NumberIndex::FindEnds(const std::string& digits, bool readable, std::map<std::string, int>& ranks) const {
  const auto backwards = Backwards(digits);
  const auto note = [&ranks](const std::multiset<Entry>& entries, size_t common) {
    for (const auto& entry : entries) {
      auto& rank = ranks[entry.contact];
      rank = std::max(rank, static_cast<int>(common));
    }
  };
  const auto look = [&](const auto& index) {
    for (size_t length = kShortest; length < backwards.size(); ++length) {
      if (const auto at = index.find(backwards.substr(0, length)); at != index.end()) note(at->second, length);
    }
    for (auto at = index.lower_bound(backwards); at != index.end() && at->first.starts_with(backwards); ++at) {
      note(at->second, backwards.size());
    }
  };
  look(typed_ends_);
  if (!readable) look(readable_ends_);
}

NumberIndex::Answer NumberIndex::Find(std::string_view typed, std::string_view region) const {
  Answer answer;
  std::map<std::string, int> ranks;
  const auto note_all = [&ranks](const auto& index, const std::string& key, int rank, const std::string& extension) {
    const auto at = index.find(key);
    if (at == index.end()) return;
    for (const auto& entry : at->second) {
      auto& known = ranks[entry.contact];
      known = std::max(known, rank + (!extension.empty() && entry.extension == extension ? kSameExtension : 0));
    }
  };
  const auto parsed = PublicNumber(typed, region);
  if (parsed) {
    answer.e164 = parsed->e164;
    note_all(by_e164_, parsed->e164, kExact, parsed->extension);
  }
  if (ranks.empty()) {
    const auto digits = parsed ? parsed->e164.substr(1) : phone::DigitsOf(typed);
    if (!parsed && !digits.empty() && digits.size() < kShortest) {
      note_all(extensions_, digits, 1, "");
      note_all(short_numbers_, digits, kExact, "");
    } else if (const auto significant = WithoutZeros(digits); significant.size() >= kShortest) {
      FindEnds(significant, parsed.has_value(), ranks);
    }
  }
  for (const auto& [contact, rank] : ranks) answer.matches.push_back({contact, rank, rank >= kExact});
  std::stable_sort(answer.matches.begin(), answer.matches.end(),
                   [](const Match& a, const Match& b) { return a.rank > b.rank; });
  return answer;
}

}  // namespace crosspoint::contact
