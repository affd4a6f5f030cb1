#include "exchange_sim/items/item.h"

#include <algorithm>
#include <array>

#include "exchange_sim/xml.h"

namespace crosspoint::exchange_sim {
namespace {

const std::string kUnset;

// In the order of ItemKind.
constexpr std::array<std::string_view, 6> kElements = {
    "CalendarItem", "Message", "MeetingRequest", "MeetingResponse", "MeetingCancellation", "Contact"};

ItemView MakeOccurrence(const Mailbox& mailbox, const Item& item, Seconds original_start) {
  ItemView view{&mailbox, &item, ItemView::Type::kOccurrence, original_start, 0, original_start, nullptr, false};
  view.end = original_start + (item.end - item.start);
  const auto change = item.exceptions.find(original_start);
  if (change == item.exceptions.end()) return view;
  view.type = ItemView::Type::kException;
  view.change = &change->second;
  view.start = change->second.start.value_or(view.start);
  view.end = change->second.end.value_or(view.start + (item.end - item.start));
  return view;
}

bool IsDeleted(const Item& item, Seconds original_start) {
  const auto change = item.exceptions.find(original_start);
  return change != item.exceptions.end() && change->second.deleted;
}

}  // namespace

std::string_view ElementOf(ItemKind kind) { return kElements[static_cast<size_t>(kind)]; }

std::optional<ItemKind> KindOfElement(std::string_view element) {
  const auto found = std::find(kElements.begin(), kElements.end(), element);
  if (found == kElements.end()) return std::nullopt;
  return static_cast<ItemKind>(found - kElements.begin());
}

bool IsMail(ItemKind kind) { return kind != ItemKind::kCalendarItem && kind != ItemKind::kContact; }

std::string ItemView::Id() const {
  const bool one_of_many = type == Type::kOccurrence || type == Type::kException;
  return FormatId({mailbox->number, one_of_many ? EntityId::Kind::kOccurrence : EntityId::Kind::kItem, item->number,
                   one_of_many ? original_start : 0});
}

std::string ItemView::ChangeKey() const { return FormatChangeKey(mailbox->number, item->version); }

const std::string& ItemView::PropertyXml(const std::string& element) const {
  if (change != nullptr) {
    if (const auto found = change->properties.find(element); found != change->properties.end())
      return found->second.xml;
  }
  const auto found = item->properties.find(element);
  return found == item->properties.end() ? kUnset : found->second.xml;
}

std::string ItemView::PropertyText(const std::string& element) const { return TextOf(PropertyXml(element)); }

const std::string& ItemView::ExtendedXml(const std::string& key) const {
  if (concealed) return kUnset;
  if (change != nullptr) {
    if (const auto found = change->extended.find(key); found != change->extended.end()) return found->second.xml;
  }
  const auto found = item->extended.find(key);
  return found == item->extended.end() ? kUnset : found->second.xml;
}

ItemView ViewOf(const Mailbox& mailbox, const Item& item) {
  const auto type = item.recurrence ? ItemView::Type::kRecurringMaster : ItemView::Type::kSingle;
  return {&mailbox, &item, type, item.start, item.end, 0, nullptr, false};
}

std::vector<Seconds> OriginalStarts(const Item& item, Seconds before, size_t limit) {
  if (!item.recurrence) return {};
  const Seconds local = item.zone->ToLocal(item.start);
  const Seconds time_of_day = ((local % 86400) + 86400) % 86400;
  return ExpandStarts(*item.recurrence, *item.zone, time_of_day, before, limit);
}

std::vector<ItemView> ViewsBetween(const Mailbox& mailbox, const Item& item, Seconds from, Seconds to) {
  std::vector<ItemView> views;
  const auto add = [&](const ItemView& view) {
    // An item without length belongs to the window that holds its instant.
    const bool overlaps = view.start < to && (view.end > from || (view.end == view.start && view.start >= from));
    if (overlaps) views.push_back(view);
  };
  if (!item.recurrence) {
    add(ViewOf(mailbox, item));
    return views;
  }
  constexpr size_t kMost = 20'000;
  Seconds horizon = to;  // an exception may have been moved into the window from behind it
  for (const auto& [original, change] : item.exceptions) horizon = std::max(horizon, original + 1);
  for (const Seconds original : OriginalStarts(item, horizon, kMost)) {
    if (!IsDeleted(item, original)) add(MakeOccurrence(mailbox, item, original));
  }
  return views;
}

std::optional<ItemView> OccurrenceView(const Mailbox& mailbox, const Item& item, Seconds original_start) {
  const auto starts = OriginalStarts(item, original_start + 1, 20'000);
  if (starts.empty() || starts.back() != original_start || IsDeleted(item, original_start)) return std::nullopt;
  return MakeOccurrence(mailbox, item, original_start);
}

bool IsPrivate(const Item& item) {
  const auto found = item.properties.find("Sensitivity");
  if (found == item.properties.end()) return false;
  const std::string text = TextOf(found->second.xml);
  return text == "Private" || text == "Confidential";
}

void SetText(Properties& properties, const std::string& element, std::string_view text, uint32_t version) {
  XmlWriter out;
  out.Leaf("t:" + element, text);
  properties[element] = {out.Take(), version};
}

std::string TextOf(const std::string& xml) {
  if (xml.empty()) return {};
  pugi::xml_document document;
  document.load_string(xml.c_str(), pugi::parse_default | pugi::parse_ws_pcdata_single);
  return document.document_element().text().get();
}

const Folder* FindFolder(const Mailbox& mailbox, std::string_view distinguished_name) {
  for (const auto& [number, folder] : mailbox.folders) {
    if (folder.distinguished_name == distinguished_name) return &folder;
  }
  return nullptr;
}

Folder& FolderNamed(Mailbox& mailbox, std::string_view distinguished_name) {
  return mailbox.folders.at(FindFolder(mailbox, distinguished_name)->number);
}

}  // namespace crosspoint::exchange_sim
