#include "exchange_sim/company.h"

#include <algorithm>
#include <array>
#include <set>

#include "exchange_sim/text.h"
#include "fmt/format.h"

namespace crosspoint::exchange_sim {
namespace {

constexpr std::array<std::string_view, 48> kGiven = {
    "Anna",   "Ben",    "Clara",  "David",  "Emma",   "Felix", "Greta",  "Hugo",   "Ida",    "Jakob",
    "Katja",  "Leon",   "Marie",  "Noah",   "Olivia", "Paul",  "Quirin", "Rosa",   "Simon",  "Tessa",
    "Ulrich", "Vera",   "Walter", "Xenia",  "Yasmin", "Zeno",  "Amir",   "Bianca", "Carlos", "Dana",
    "Erik",   "Fatima", "Georg",  "Hannah", "Igor",   "Julia", "Kenji",  "Laura",  "Mehmet", "Nina",
    "Oscar",  "Petra",  "Rashid", "Sofia",  "Tom",    "Uma",   "Viktor", "Wanda"};
constexpr std::array<std::string_view, 40> kSurnames = {
    "Becker", "Schneider", "Fischer", "Weber",   "Wagner",   "Hoffmann", "Schulz",  "Koch",     "Richter",   "Klein",
    "Wolf",   "Neumann",   "Schwarz", "Braun",   "Zimmer",   "Krause",   "Lehmann", "Huber",    "Mayer",     "Vogel",
    "Keller", "Frank",     "Berger",  "Winkler", "Roth",     "Beck",     "Lorenz",  "Baumann",  "Franke",    "Albrecht",
    "Simons", "Ludwig",    "Böhm",    "Kraus",   "Schumann", "Novák",    "Ozturk",  "O'Connor", "Lindqvist", "Moreau"};
constexpr std::array<std::string_view, 8> kDepartments = {"Sales",     "Support", "Engineering", "Finance",
                                                          "Marketing", "Legal",   "Operations",  "Research"};
constexpr std::array<std::string_view, 6> kTitles = {"Specialist", "Engineer",  "Consultant",
                                                     "Analyst",    "Team Lead", "Coordinator"};
constexpr std::array<std::string_view, 4> kOffices = {"Berlin", "Munich", "Hamburg", "Cologne"};

// ASCII letters and digits of a name, lower case, umlauts spelt out: fit for an address.
std::string AddressPart(std::string_view name) {
  std::string text(name);
  constexpr std::array<std::pair<std::string_view, std::string_view>, 4> kSpelt = {
      {{"ö", "oe"}, {"ü", "ue"}, {"ä", "ae"}, {"á", "a"}}};
  for (const auto& [from, to] : kSpelt) {
    for (size_t at = text.find(from); at != std::string::npos; at = text.find(from)) text.replace(at, from.size(), to);
  }
  std::string out;
  for (const char c : Lower(text)) {
    if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) out += c;
  }
  return out;
}

}  // namespace

bool Person::HasAddress(std::string_view address) const {
  const std::string wanted = Lower(address);
  return Lower(email) == wanted ||
         std::any_of(aliases.begin(), aliases.end(), [&](const std::string& alias) { return Lower(alias) == wanted; });
}

std::vector<Person> MakeCompany(int people, uint64_t seed) {
  std::vector<Person> company;
  std::set<std::string> taken;
  uint64_t random = Hash("company", seed);
  const auto pick = [&random](const auto& words) { return words[NextRandom(random) % words.size()]; };
  for (int i = 0; i < people; ++i) {
    Person person;
    person.given_name = kGiven[static_cast<size_t>(i) % kGiven.size()];
    person.surname = i % 5 == 0 ? "Miller" : pick(kSurnames);
    const std::string base = AddressPart(person.given_name) + "." + AddressPart(person.surname);
    person.account = base;
    for (int number = 2; !taken.insert(person.account).second; ++number) person.account = base + std::to_string(number);
    const std::string number = person.account.substr(base.size());
    person.display_name = person.given_name + " " + person.surname + (number.empty() ? "" : " (" + number + ")");
    person.email = fmt::format("{}@{}", person.account, kDomain);
    person.aliases.push_back(fmt::format("{}{}{}@{}", AddressPart(person.given_name).substr(0, 1),
                                         AddressPart(person.surname), 100 + i, kDomain));
    if (i % 3 == 0) person.aliases.push_back(fmt::format("{}@mail.{}", person.account, kDomain));
    person.department = pick(kDepartments);
    person.job_title = pick(kTitles);
    person.office = pick(kOffices);
    person.company = "Corp Example";
    person.manager = company.empty() ? "" : company[static_cast<size_t>(i) / 10].display_name;
    person.business_phone = fmt::format("+49 30 23125 {:03}", i);
    if (i % 2 == 0) person.mobile_phone = fmt::format("+49 1579 2300{:03}", i);
    if (i % 7 == 0) person.home_phone = fmt::format("+49 69 90009 {:03}", i);
    person.has_photo = i % 10 != 9;
    company.push_back(std::move(person));
  }
  return company;
}

bool MatchesName(const Person& person, std::string_view entry) {
  if (StartsWithNoCase(entry, "smtp:")) return person.HasAddress(entry.substr(5));
  const auto starts = [entry](std::string_view text) { return StartsWithNoCase(text, entry); };
  return starts(person.given_name) || starts(person.surname) || starts(person.display_name) || starts(person.account) ||
         starts(person.email) || std::any_of(person.aliases.begin(), person.aliases.end(), starts) ||
         starts(person.given_name + " " + person.surname) || starts(person.surname + " " + person.given_name) ||
         starts(person.surname + ", " + person.given_name);
}

}  // namespace crosspoint::exchange_sim
