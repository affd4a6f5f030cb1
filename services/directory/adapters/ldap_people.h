#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "connectors/ldap/client.h"
#include "connectors/ldap/filter.h"
#include "directory/app/ports.h"
#include "directory/domain/person.h"

namespace crosspoint::directory {

// What LDAP servers call the facts about people: inetOrgPerson (RFC 2798) and Active Directory.

// Attributes that EntryOf reads.
const std::vector<std::string>& PeopleAttributes();
// Text that is no UTF-8, or longer than we show, is left out. Without a name: nullopt.
std::optional<CorporateEntry> EntryOf(const ldap::LdapEntry& entry);

// Every word of `query` begins a word of a name, or an address, or an alias.
ldap::Filter MatchesQuery(std::string_view query);
// Somebody who has that address.
ldap::Filter HasAddress(std::string_view email);

// Attributes that PictureOf reads, and the picture: the small one where a small one is wanted. nullopt when there is
// none that is a JPEG or PNG.
const std::vector<std::string>& PictureAttributes();
std::optional<Picture> PictureOf(const ldap::LdapEntry& entry, int size);

}  // namespace crosspoint::directory
