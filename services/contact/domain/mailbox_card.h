#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "contact/domain/contact.h"

namespace crosspoint::contact {

// A contact of a mailbox has fixed places: three e-mail addresses, three postal addresses and one number of each kind.
// Facts whose labels are those of the places, in their order, are called a card.

// Labels of the places, in order: "business", "mobile", "home", …; "business", "home", "other".
const std::vector<std::string>& PhonePlaces();
const std::vector<std::string>& AddressPlaces();
inline constexpr size_t kEmailPlaces = 3;

// What of `facts` finds a place: by its label or a known synonym ("work", "cell"), the others where one is left. What
// finds none is kept here only.
Facts CardOf(const Facts& facts);

// Which side wins where both changed.
enum class Newer { kOurs, kTheirs };

struct Merged {
  Facts facts;                         // of the contact
  std::vector<std::string> conflicts;  // fields that both sides changed to something else
};
// Three versions into one, field by field and place by place: `base` is the card both sides last agreed on, `ours` the
// contact now, `theirs` the card of the mailbox now. What one side changed holds.
Merged Merge(const Facts& base, const Facts& ours, const Facts& theirs, Newer newer);

}  // namespace crosspoint::contact
