#include "exchange_sim/operations/item_answers.h"

#include "exchange_sim/items/attachments.h"
#include "exchange_sim/items/item_values.h"
#include "fmt/format.h"

namespace crosspoint::exchange_sim {

std::string ItemsOf(const std::vector<ItemView>& views, bool with_attachments) {
  XmlWriter out;
  out.Open("m:Items");
  for (const ItemView& view : views) {
    out.Open(fmt::format("t:{}", ElementOf(view.item->kind)));
    WriteItemId(out, "t:ItemId", view);
    if (with_attachments && !view.item->attachments.empty()) {
      out.Open("t:Attachments");
      for (const Attachment& attachment : view.item->attachments) {
        out.Open(attachment.item ? "t:ItemAttachment" : "t:FileAttachment");
        WriteAttachmentId(out, view, attachment);
        out.Close();
      }
      out.Close();
    }
    out.Close();
  }
  out.Close();
  return out.Take();
}

std::string ItemsOf(const Mailbox& mailbox, const std::vector<uint64_t>& numbers) {
  std::vector<ItemView> views;
  for (const uint64_t number : numbers) {
    const auto found = mailbox.items.find(number);
    if (found != mailbox.items.end()) views.push_back(ViewOf(mailbox, found->second));
  }
  return ItemsOf(views);
}

}  // namespace crosspoint::exchange_sim
