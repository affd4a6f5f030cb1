#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace crosspoint::exchange_sim {

struct Person {
  std::string given_name;
  std::string surname;
  std::string display_name;
  std::string email;                 // primary SMTP address
  std::vector<std::string> aliases;  // further proxy addresses
  std::string account;               // left of the @
  std::string department;
  std::string job_title;
  std::string office;
  std::string company;
  std::string manager;  // display name
  std::string business_phone;
  std::string mobile_phone;
  std::string home_phone;
  bool has_photo = true;
  int photo_version = 1;
  bool hidden = false;  // not in the address list
  std::string time_zone = "W. Europe Standard Time";

  bool HasAddress(std::string_view address) const;  // e-mail or alias, any case
};

inline constexpr std::string_view kDomain = "corp.example";

// The same people for the same arguments. Every fifth is called Miller, every tenth has no photo, and accounts are
// unique. Phone numbers are from the range that the German regulator keeps for fiction.
std::vector<Person> MakeCompany(int people, uint64_t seed);

// Whether Exchange's ambiguous name resolution finds `person` by `entry`: a prefix of one of the names, the account or
// an address, or "given surname" in either order. "smtp:" in front asks for an exact address.
bool MatchesName(const Person& person, std::string_view entry);

}  // namespace crosspoint::exchange_sim
