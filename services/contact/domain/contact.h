#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/ids/ids.h"
#include "common/phone/phone_number.h"

namespace crosspoint::contact {

// Where a contact comes from. Each source is replaced without touching the others.
enum class Source { kOwn, kOutlook, kApple, kExchange, kFile };
inline constexpr Source kSources[] = {Source::kOwn, Source::kOutlook, Source::kApple, Source::kExchange, Source::kFile};

// "own", "outlook", …: part of keys and records, so they never change.
std::string_view SourceName(Source source);
std::optional<Source> ParseSource(std::string_view name);
// Whether contacts of the source are changed here. The others are changed where they come from and uploaded.
bool IsEditable(Source source);

struct Phone {
  std::string label;
  std::string number;     // as typed
  std::string e164;       // empty when it cannot be read
  std::string extension;  // digits dialled after the call is answered
  bool operator==(const Phone&) const = default;
};

struct Address {
  std::string label;
  std::string street;
  std::string city;
  std::string region;
  std::string postal_code;
  std::string country;
  bool operator==(const Address&) const = default;
};

// What a source or the user says of a contact.
struct Facts {
  std::string display_name;
  std::string given_name;
  std::string family_name;
  std::string company;
  std::string job_title;
  std::vector<std::string> emails;
  std::vector<Phone> phones;
  std::vector<Address> addresses;
  bool operator==(const Facts&) const = default;
};

struct ContactId {
  UserId owner;
  std::string value;
  auto operator<=>(const ContactId&) const = default;

  std::string Name() const { return owner.Name() + "/contacts/" + value; }
  // Parses "tenants/{tenant}/users/{user}/contacts/{contact}". kInvalidArgument names `field`.
  static absl::StatusOr<ContactId> Parse(std::string_view name, std::string_view field = "name");
};

struct Contact {
  std::string id;  // unique per owner
  Facts facts;
  Source source = Source::kOwn;
  std::string source_id;       // the source's own id; empty for kOwn
  uint64_t revision = 0;       // of the last change of any kind
  uint64_t edition = 0;        // revision at which the facts changed last: the etag
  int64_t create_time_us = 0;  // since 1970
  int64_t update_time_us = 0;
  bool deleted = false;  // then only id and revision mean something
  bool operator==(const Contact&) const = default;
};

// Digits that are a number within the company's own system rather than one of the public network.
inline constexpr size_t kMaxInternalDigits = 5;
// A number of the public network as dialled in `region`; nothing for internal ones and what cannot be read.
std::optional<phone::PhoneNumber> PublicNumber(std::string_view typed, std::string_view region);

inline constexpr size_t kMaxContacts = 20'000;  // of a user
inline constexpr size_t kMaxSourceId = 512;     // bytes

// Tidies what came from outside: blanks at the ends go, line breaks become blanks (but in streets), empty entries go, a
// missing display name is made of the others, numbers are read as dialled in `region`.
//   kInvalidArgument  names the field below `field`
absl::Status Complete(Facts& facts, std::string_view region, const std::string& field);
//   kInvalidArgument  names `field`
absl::Status CheckSourceId(const std::string& source_id, const std::string& field);

}  // namespace crosspoint::contact
