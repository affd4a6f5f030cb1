#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "contact/domain/contact_file.h"

// Whatever a file holds, reading it ends; and a contact that came of it is the same after being written and read.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace crosspoint::contact;
  auto entries = ReadContactFile({reinterpret_cast<const char*>(data), size});
  if (!entries.ok()) return 0;
  for (auto& entry : *entries) {
    if (!Complete(entry.facts, "", "").ok()) continue;
    Contact contact;
    contact.id = "c1";
    contact.facts = entry.facts;
    const auto again = ReadContactFile(WriteVcard(contact));
    if (!again.ok() || again->size() != 1) std::abort();
    if (again->front().facts.display_name != entry.facts.display_name) std::abort();
    if (again->front().facts.phones.size() != entry.facts.phones.size()) std::abort();
  }
  return 0;
}
