#include <set>

#include "common/status/status.h"
#include "exchange_sim/call.h"
#include "exchange_sim/error.h"
#include "exchange_sim/items/item_fields.h"
#include "exchange_sim/items/item_values.h"

namespace crosspoint::exchange_sim {
namespace {

// One line of what happened since the state: an item that is there, or was deleted.
struct Change {
  uint64_t at = 0;
  const Item* item = nullptr;
  uint64_t deleted = 0;
};

// At most `max` and one more.
std::vector<Change> ChangesAfter(const Mailbox& mailbox, const Folder& folder, uint64_t done, size_t max) {
  std::vector<Change> changes;
  auto live = folder.changes.upper_bound(done);
  auto gone = folder.tombstones.upper_bound(done);
  while (changes.size() <= max && (live != folder.changes.end() || gone != folder.tombstones.end())) {
    if (gone == folder.tombstones.end() || (live != folder.changes.end() && live->first < gone->first)) {
      changes.push_back({live->first, &mailbox.items.at(live->second), 0});
      ++live;
    } else {
      // Who was never told of an item need not hear that it is gone.
      if (gone->second.created_change <= done) changes.push_back({gone->first, nullptr, gone->second.item});
      ++gone;
    }
  }
  return changes;
}

// What is new since `base`: the item, something in it, or only that it was read.
void WriteChange(XmlWriter& list, const ItemView& view, const ItemShape& shape, uint64_t base) {
  const bool is_new = view.item->created_change > base;
  if (!is_new && view.item->content_change <= base) {
    list.Open("t:ReadFlagChange");
    WriteItemId(list, "t:ItemId", view);
    list.Flag("t:IsRead", view.item->mail.is_read).Close();
    return;
  }
  list.Open(is_new ? "t:Create" : "t:Update");
  WriteItem(list, view, shape, true);
  list.Close();
}

std::string SyncAnswer(Call& call, const Folder& folder, SyncState state, const ItemShape& shape, size_t max) {
  const Mailbox& mailbox = call.MailboxOf(folder);
  const auto changes = ChangesAfter(mailbox, folder, state.done, max);
  const bool last = changes.size() <= max;
  std::set<std::string> ignored;
  for (const pugi::xml_node id : Elements(call.request.child("m:Ignore"))) ignored.insert(id.attribute("Id").value());
  XmlWriter list;
  list.Open("m:Changes");
  for (size_t i = 0; i < changes.size() && i < max; ++i) {
    const Change& change = changes[i];
    state.done = change.at;
    if (change.item == nullptr) {
      list.Open("t:Delete")
          .Open("t:ItemId")
          .Attribute("Id", FormatId({mailbox.number, EntityId::Kind::kItem, change.deleted, 0}));
      list.Attribute("ChangeKey", FormatChangeKey(mailbox.number, 1)).Close().Close();
      continue;
    }
    ItemView view = ViewOf(mailbox, *change.item);
    view.concealed = IsConcealed(call, folder, *change.item);
    if (ignored.contains(view.Id())) continue;
    WriteChange(list, view, shape, state.base);
  }
  list.Close();
  if (last) {
    state.done = state.base = folder.last_change;
  }
  XmlWriter out;
  out.Leaf("m:SyncState", FormatSyncState(state)).Flag("m:IncludesLastItemInRange", last).Raw(list.Take());
  return out.Take();
}

}  // namespace

Answer SyncFolderItems(Call& call) {
  CROSSPOINT_ASSIGN_OR_RETURN(const ItemShape shape, ParseItemShape(call.request.child("m:ItemShape")));
  const auto ids = Elements(call.request.child("m:SyncFolderId"));
  if (ids.size() != 1) return SchemaError("The element 'SyncFolderId' must name one folder.");
  const int max = call.request.child("m:MaxChangesReturned").text().as_int();
  if (max < 1 || max > 512) return SchemaError("The 'MaxChangesReturned' element must be from 1 to 512.");
  Messages messages("SyncFolderItems");
  const auto folder = FolderOf(call, ids[0]);
  if (!folder.ok()) {
    messages.Add(folder.status());
    return messages.Take();
  }
  const std::string text = Trim(call.request.child("m:SyncState").text().get());
  const auto state = text.empty() ? SyncState{call.store.epoch(), (*folder)->mailbox, (*folder)->number, 0, 0}
                                  : ParseSyncState(text).value_or(SyncState{});
  const bool valid = state.epoch == call.store.epoch() && state.mailbox == (*folder)->mailbox &&
                     state.folder == (*folder)->number && state.done <= (*folder)->last_change;
  if (!valid) {
    messages.Add(EwsError("ErrorInvalidSyncStateData", "Synchronization state data is corrupt or otherwise invalid."));
    return messages.Take();
  }
  messages.Add(SyncAnswer(call, **folder, state, shape, static_cast<size_t>(max)));
  return messages.Take();
}

}  // namespace crosspoint::exchange_sim
