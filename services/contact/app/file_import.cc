#include "contact/app/file_import.h"

#include <algorithm>
#include <utility>

#include "common/status/status.h"
#include "contact/domain/contact_file.h"

namespace crosspoint::contact {
namespace {

constexpr size_t kContactsPerWrite = 200;

}  // namespace

absl::StatusOr<ImportResult> ImportFile(Contacts& contacts, const UserId& owner, std::string_view content,
                                        Deadline deadline) {
  CROSSPOINT_ASSIGN_OR_RETURN(auto entries, ReadContactFile(content));
  const auto region = contacts.RegionOf(owner.tenant);
  ImportResult result;
  std::vector<Contacts::Change> changes;
  for (auto& entry : entries) {
    const auto usable = Complete(entry.facts, region, "");
    if (usable.ok()) {
      changes.push_back({std::move(entry.source_id), std::move(entry.facts)});
    } else {
      ++result.refused;
      if (result.problems.size() < kMaxRefusals) result.problems.push_back(entry.where + ": " + MessageOf(usable));
    }
  }
  for (size_t at = 0; at < changes.size(); at += kContactsPerWrite) {
    const auto end = std::min(changes.size(), at + kContactsPerWrite);
    std::vector<Contacts::Change> step(std::make_move_iterator(changes.begin() + static_cast<std::ptrdiff_t>(at)),
                                       std::make_move_iterator(changes.begin() + static_cast<std::ptrdiff_t>(end)));
    CROSSPOINT_ASSIGN_OR_RETURN(const auto counts,
                                contacts.Modify(owner, Source::kFile, std::move(step), "", "", deadline));
    result.imported += counts.created + counts.updated + counts.unchanged;
    result.unchanged += counts.unchanged;
  }
  return result;
}

}  // namespace crosspoint::contact
