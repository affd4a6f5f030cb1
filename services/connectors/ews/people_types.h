#pragma once

#include <string>
#include <vector>

#include "connectors/ews/search_types.h"
#include "connectors/ews/types.h"

namespace crosspoint::ews {

// FindPeople over an address list, or over a folder of contacts when `address_list` is empty.
struct FindPeopleQuery {
  std::string address_list;  // its id
  FolderRef folder = FolderRef::Named("contacts");
  std::string text;  // words to look for; empty: everybody
  PageQuery page;
};

struct Person {
  std::string id;    // opaque
  std::string type;  // "Person", "DistributionList", "Room", …
  std::string display_name;
  std::string given_name;
  std::string surname;
  std::vector<std::string> emails;  // the main one first, no doubles
  std::vector<Phone> phones;        // kinds named as in contacts: "BusinessPhone", "MobilePhone", …
  std::string department;
  std::string job_title;
  std::string company;
  std::string office;
  std::string im_address;
};

struct PeoplePage {
  std::vector<Person> people;
  PageEnd end;
};

// Whom a distribution list reaches, one level deep. Members may be lists themselves: see `mailbox_type`.
struct DistributionList {
  std::vector<Mailbox> members;
  bool includes_last = true;
};

}  // namespace crosspoint::ews
