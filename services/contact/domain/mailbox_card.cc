#include "contact/domain/mailbox_card.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "common/text/fold.h"

namespace crosspoint::contact {
namespace {

constexpr size_t kNowhere = static_cast<size_t>(-1);

using Synonyms = std::map<std::string, std::string, std::less<>>;

const Synonyms& PhoneSynonyms() {
  static const Synonyms words = {
      {"work", "business"},    {"office", "business"}, {"direct", "business"},   {"cell", "mobile"},
      {"cellular", "mobile"},  {"iphone", "mobile"},   {"main", "company"},      {"work fax", "business fax"},
      {"fax", "business fax"}, {"private", "home"},    {"work 2", "business 2"}, {"secretary", "assistant"},
  };
  return words;
}

const Synonyms& AddressSynonyms() {
  static const Synonyms words = {{"work", "business"}, {"office", "business"}, {"private", "home"}};
  return words;
}

// Where numbers go whose label says nothing to a mailbox, in this order.
const std::vector<std::string>& SparePhonePlaces() {
  static const std::vector<std::string> places = {"other", "business 2", "home 2",   "business", "mobile",
                                                  "home",  "primary",    "callback", "car",      "radio"};
  return places;
}

size_t PlaceOf(const std::string& label, const std::vector<std::string>& places) {
  const auto at = std::ranges::find(places, label);
  return at == places.end() ? kNowhere : static_cast<size_t>(at - places.begin());
}

// The place of each item; kNowhere for those that find none.
template <class Item>
std::vector<size_t> Place(const std::vector<Item>& items, const std::vector<std::string>& places,
                          const Synonyms& synonyms, const std::vector<std::string>& spare) {
  std::vector<size_t> placed(items.size(), kNowhere);
  std::vector<bool> taken(places.size(), false);
  const auto take = [&](size_t item, size_t place) {
    if (placed[item] != kNowhere || place == kNowhere || taken[place]) return;
    placed[item] = place;
    taken[place] = true;
  };
  for (size_t i = 0; i < items.size(); ++i) take(i, PlaceOf(FoldForSearch(items[i].label), places));
  for (size_t i = 0; i < items.size(); ++i) {
    const auto word = synonyms.find(FoldForSearch(items[i].label));
    if (word != synonyms.end()) take(i, PlaceOf(word->second, places));
  }
  for (size_t i = 0; i < items.size(); ++i) {
    for (const auto& label : spare) take(i, PlaceOf(label, places));
  }
  return placed;
}

std::vector<size_t> PlacePhones(const std::vector<Phone>& phones) {
  return Place(phones, PhonePlaces(), PhoneSynonyms(), SparePhonePlaces());
}
std::vector<size_t> PlaceAddresses(const std::vector<Address>& addresses) {
  return Place(addresses, AddressPlaces(), AddressSynonyms(), {"other", "home", "business"});
}

// By place, under the place's label.
template <class Item>
std::vector<std::optional<Item>> InPlaces(const std::vector<Item>& items, const std::vector<size_t>& placed,
                                          const std::vector<std::string>& places) {
  std::vector<std::optional<Item>> out(places.size());
  for (size_t i = 0; i < items.size(); ++i) {
    if (placed[i] == kNowhere) continue;
    auto item = items[i];
    item.label = places[placed[i]];
    out[placed[i]] = std::move(item);
  }
  return out;
}

template <class Item>
std::vector<Item> Present(std::vector<std::optional<Item>> in_places) {
  std::vector<Item> items;
  for (auto& item : in_places) {
    if (item) items.push_back(*std::move(item));
  }
  return items;
}

// Decides one value. True: theirs is to be taken.
template <class Value>
bool TakeTheirs(const Value& base, const Value& ours, const Value& theirs, Newer newer, const std::string& field,
                std::vector<std::string>& conflicts) {
  if (theirs == ours || theirs == base) return false;
  if (ours == base) return true;
  conflicts.push_back(field);
  return newer == Newer::kTheirs;
}

template <class Item>
void MergePlaces(const std::vector<std::optional<Item>>& base, const std::vector<std::optional<Item>>& theirs,
                 const std::vector<size_t>& placed, const std::vector<std::string>& places, Newer newer,
                 const std::string& field, std::vector<Item>& items, std::vector<std::string>& conflicts) {
  const auto ours = InPlaces(items, placed, places);
  std::vector<Item> added;
  std::vector<bool> dropped(items.size(), false);
  for (size_t place = 0; place < places.size(); ++place) {
    if (!TakeTheirs(base[place], ours[place], theirs[place], newer, field + " " + places[place], conflicts)) continue;
    const auto at = std::ranges::find(placed, place);
    if (at == placed.end()) {
      added.push_back(*theirs[place]);
      continue;
    }
    const auto i = static_cast<size_t>(at - placed.begin());
    if (!theirs[place]) {
      dropped[i] = true;
      continue;
    }
    auto label = std::move(items[i].label);
    items[i] = *theirs[place];
    items[i].label = std::move(label);
  }
  std::vector<Item> kept;
  for (size_t i = 0; i < items.size(); ++i) {
    if (!dropped[i]) kept.push_back(std::move(items[i]));
  }
  std::ranges::move(added, std::back_inserter(kept));
  items = std::move(kept);
}

std::vector<std::string> FirstEmails(const std::vector<std::string>& emails) {
  return {emails.begin(), emails.begin() + static_cast<std::ptrdiff_t>(std::min(emails.size(), kEmailPlaces))};
}

}  // namespace

const std::vector<std::string>& PhonePlaces() {
  static const std::vector<std::string> places = {"business", "business 2", "mobile",       "home",      "home 2",
                                                  "company",  "other",      "primary",      "assistant", "callback",
                                                  "car",      "radio",      "pager",        "telex",     "isdn",
                                                  "tty",      "home fax",   "business fax", "other fax"};
  return places;
}

const std::vector<std::string>& AddressPlaces() {
  static const std::vector<std::string> places = {"business", "home", "other"};
  return places;
}

Facts CardOf(const Facts& facts) {
  auto card = facts;
  card.emails = FirstEmails(facts.emails);
  card.phones = Present(InPlaces(facts.phones, PlacePhones(facts.phones), PhonePlaces()));
  card.addresses = Present(InPlaces(facts.addresses, PlaceAddresses(facts.addresses), AddressPlaces()));
  return card;
}

Merged Merge(const Facts& base, const Facts& ours, const Facts& theirs, Newer newer) {
  Merged merged{.facts = ours, .conflicts = {}};
  const auto text = [&](const char* field, std::string Facts::*member) {
    if (TakeTheirs(base.*member, ours.*member, theirs.*member, newer, field, merged.conflicts)) {
      merged.facts.*member = theirs.*member;
    }
  };
  text("display_name", &Facts::display_name);
  text("given_name", &Facts::given_name);
  text("family_name", &Facts::family_name);
  text("company", &Facts::company);
  text("job_title", &Facts::job_title);
  if (TakeTheirs(base.emails, FirstEmails(ours.emails), theirs.emails, newer, "emails", merged.conflicts)) {
    auto emails = theirs.emails;
    for (size_t i = kEmailPlaces; i < ours.emails.size(); ++i) emails.push_back(ours.emails[i]);
    merged.facts.emails = std::move(emails);
  }
  MergePlaces(InPlaces(base.phones, PlacePhones(base.phones), PhonePlaces()),
              InPlaces(theirs.phones, PlacePhones(theirs.phones), PhonePlaces()), PlacePhones(ours.phones),
              PhonePlaces(), newer, "phone", merged.facts.phones, merged.conflicts);
  MergePlaces(InPlaces(base.addresses, PlaceAddresses(base.addresses), AddressPlaces()),
              InPlaces(theirs.addresses, PlaceAddresses(theirs.addresses), AddressPlaces()),
              PlaceAddresses(ours.addresses), AddressPlaces(), newer, "address", merged.facts.addresses,
              merged.conflicts);
  return merged;
}

}  // namespace crosspoint::contact
