#include <algorithm>

#include "common/status/status.h"
#include "exchange_sim/call.h"
#include "exchange_sim/error.h"
#include "exchange_sim/operations/folder_fields.h"

namespace crosspoint::exchange_sim {
namespace {

constexpr size_t kMaxPage = 1000;

using Folders = std::vector<const Folder*>;

absl::StatusOr<Folders> Found(const Mailbox& mailbox, const Folder& parent, pugi::xml_node request) {
  const std::string_view traversal = request.attribute("Traversal").value();
  Folders found;
  for (const auto& [number, folder] : mailbox.folders) {
    const bool inside = traversal == "Deep" ? IsBelow(mailbox, folder, parent.number) : folder.parent == parent.number;
    if (!inside || traversal == "SoftDeleted") continue;
    const auto fits =
        Fulfils([&](pugi::xml_node path) { return FolderText(mailbox, folder, path); }, request.child("m:Restriction"));
    if (!fits.ok()) return fits.status();
    if (*fits) found.push_back(&folder);
  }
  return found;
}

std::string PageOf(const Mailbox& mailbox, const Folders& found, pugi::xml_node view, pugi::xml_node shape) {
  const size_t asked = view.attribute("MaxEntriesReturned").as_uint(kMaxPage);
  const size_t given = std::min<size_t>(view.attribute("Offset").as_uint(0), found.size());
  const size_t size = std::min({asked, kMaxPage, found.size() - given});
  const bool from_end = std::string_view(view.attribute("BasePoint").value()) == "End";
  const size_t begin = from_end ? found.size() - given - size : given;
  const size_t next = given + size;
  XmlWriter out;
  out.Open("m:RootFolder").Attribute("IndexedPagingOffset", std::to_string(next));
  out.Attribute("TotalItemsInView", std::to_string(found.size()));
  out.Attribute("IncludesLastItemInRange", next == found.size() ? "true" : "false").Open("t:Folders");
  for (size_t i = begin; i < begin + size; ++i) WriteFolder(out, mailbox, *found[i], shape);
  out.Close().Close();
  return out.Take();
}

}  // namespace

Answer GetFolder(Call& call) {
  const pugi::xml_node shape = call.request.child("m:FolderShape");
  CROSSPOINT_RETURN_IF_ERROR(CheckFolderShape(shape));
  Messages messages("GetFolder");
  for (const pugi::xml_node id : Elements(call.request.child("m:FolderIds"))) {
    const auto folder = FolderOf(call, id);
    if (!folder.ok()) {
      messages.Add(folder.status());
      continue;
    }
    XmlWriter out;
    out.Open("m:Folders");
    WriteFolder(out, call.MailboxOf(**folder), **folder, shape);
    out.Close();
    messages.Add(out.Take());
  }
  return messages.Take();
}

Answer FindFolder(Call& call) {
  const pugi::xml_node shape = call.request.child("m:FolderShape");
  CROSSPOINT_RETURN_IF_ERROR(CheckFolderShape(shape));
  Messages messages("FindFolder");
  for (const pugi::xml_node id : Elements(call.request.child("m:ParentFolderIds"))) {
    const auto parent = FolderOf(call, id);
    if (!parent.ok()) {
      messages.Add(parent.status());
      continue;
    }
    if (call.request.child("m:FractionalPageFolderView")) {
      messages.Add(EwsError("ErrorInvalidOperation", "Fractional paging is not simulated."));
      continue;
    }
    const Mailbox& mailbox = call.MailboxOf(**parent);
    const auto found = Found(mailbox, **parent, call.request);
    if (found.ok()) {
      messages.Add(PageOf(mailbox, *found, call.request.child("m:IndexedPageFolderView"), shape));
    } else {
      messages.Add(found.status());
    }
  }
  return messages.Take();
}

}  // namespace crosspoint::exchange_sim
