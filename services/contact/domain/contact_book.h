#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "contact/domain/contact.h"
#include "contact/domain/number_index.h"

namespace crosspoint::contact {

// All contacts of one user, searchable, with the deletions that watchers may not know yet. Not thread-safe.
class ContactBook {
 public:
  // Adds, replaces or, when it is deleted, removes.
  void Apply(Contact contact);
  void Clear();

  const Contact* Find(const std::string& id) const;
  size_t size() const { return entries_.size(); }
  // Greatest revision applied.
  uint64_t revision() const { return revision_; }

  // Those after `after` by id, at most `limit`, of `source` if given.
  std::vector<Contact> List(const std::string& after, size_t limit, std::optional<Source> source) const;
  // Every word of `query` must begin a word of names, company, title, e-mail or postal address, case and accents aside;
  // a query of digits alone must be part of a number. Names that begin with the query first, then by name and id.
  std::vector<Contact> Search(std::string_view query, size_t limit) const;

  struct Lookup {
    std::string e164;
    std::vector<Contact> contacts;  // best first, then by name and id
    bool exact = false;
  };
  Lookup LookUp(std::string_view number, std::string_view region, size_t limit) const;

  // What changed after `revision`, by revision, at most `limit`; deleted ones only when `revision` is not 0.
  struct Changes {
    std::vector<Contact> contacts;
    uint64_t revision = 0;  // behind what is told
    bool complete = true;
  };
  Changes ChangesSince(uint64_t revision, size_t limit) const;

 private:
  struct Entry {
    Contact contact;
    std::string name;   // folded
    std::string words;  // " ada lovelace ada example "
  };
  static Entry MakeEntry(Contact contact);
  bool HasNumber(const Entry& entry, const std::string& digits) const;

  std::map<std::string, Entry> entries_;
  std::map<std::string, Contact> deleted_;
  std::map<uint64_t, std::string> by_revision_;
  std::map<std::string, uint64_t> revision_of_;
  NumberIndex numbers_;
  uint64_t revision_ = 0;
};

}  // namespace crosspoint::contact
