#include <algorithm>
#include <functional>

#include "common/status/status.h"
#include "exchange_sim/call.h"
#include "exchange_sim/error.h"
#include "exchange_sim/items/item_fields.h"
#include "fmt/format.h"

namespace crosspoint::exchange_sim {
namespace {

constexpr size_t kMaxPage = 1000;
constexpr Seconds kMaxCalendarView = 2 * 366 * Seconds{86400};

struct Page {
  std::vector<ItemView> views;
  size_t offset = 0;  // of the next page; 0 where paging does not apply
  size_t total = 0;
  bool last = true;
};

absl::StatusOr<Page> CalendarPage(Call& call, const Folder& folder, pugi::xml_node view) {
  if (call.request.child("m:Restriction") || call.request.child("m:SortOrder")) {
    return EwsError("ErrorInvalidRestriction", "Restrictions and sort order may not be specified for a CalendarView.");
  }
  const auto from = ParseDateTime(view.attribute("StartDate").value());
  const auto to = ParseDateTime(view.attribute("EndDate").value());
  if (!from || !to) return SchemaError("A CalendarView needs StartDate and EndDate.");
  if (folder.folder_class != "IPF.Appointment") {
    return EwsError("ErrorCalendarFolderIsInvalidForCalendarView", "A calendar view needs a calendar folder.");
  }
  const Seconds begin = from->local ? call.zone->ToUtc(from->at) : from->at;
  const Seconds end = to->local ? call.zone->ToUtc(to->at) : to->at;
  if (end < begin) return EwsError("ErrorCalendarEndDateIsEarlierThanStartDate", "EndDate is earlier than StartDate");
  if (end - begin > kMaxCalendarView) {
    return EwsError("ErrorCalendarViewRangeTooBig", "The specified view range exceeds the maximum range of two years.");
  }
  Page page;
  const Mailbox& mailbox = call.MailboxOf(folder);
  for (const auto& [number, item] : mailbox.items) {
    if (item.folder != folder.number) continue;
    const bool concealed = IsConcealed(call, folder, item);
    auto views = ViewsBetween(mailbox, item, begin, end);
    if (call.quirks.Has(Quirks::Kind::kSeriesNotExpanded) && item.recurrence && !views.empty()) {
      views = {ViewOf(mailbox, item)};
    }
    for (ItemView& found : views) {
      found.concealed = concealed;
      page.views.push_back(found);
    }
  }
  std::stable_sort(page.views.begin(), page.views.end(),
                   [](const ItemView& a, const ItemView& b) { return a.start < b.start; });
  const size_t max = view.attribute("MaxEntriesReturned").as_uint(0);
  page.last = max == 0 || page.views.size() <= max;
  if (!page.last) page.views.resize(max);
  page.total = page.views.size();
  return page;
}

absl::Status Sort(std::vector<ItemView>& views, pugi::xml_node order) {
  struct Row {
    std::vector<std::string> keys;
    ItemView view;
  };
  std::vector<Row> rows;
  const auto fields = Elements(order);
  for (const ItemView& view : views) {
    Row row{{}, view};
    for (const pugi::xml_node field : fields) {
      CROSSPOINT_ASSIGN_OR_RETURN(std::string key, FieldText(view, Elements(field).front()));
      row.keys.push_back(std::move(key));
    }
    rows.push_back(std::move(row));
  }
  std::stable_sort(rows.begin(), rows.end(), [&fields](const Row& a, const Row& b) {
    for (size_t i = 0; i < fields.size(); ++i) {
      const bool descending = std::string_view(fields[i].attribute("Order").value()) == "Descending";
      if (a.keys[i] != b.keys[i]) return (a.keys[i] < b.keys[i]) != descending;
    }
    return false;
  });
  std::transform(rows.begin(), rows.end(), views.begin(), [](const Row& row) { return row.view; });
  return absl::OkStatus();
}

absl::StatusOr<Page> IndexedPage(Call& call, const Folder& folder) {
  const pugi::xml_node request = call.request;
  if (request.child("m:QueryString")) {
    return EwsError("ErrorContentIndexingNotEnabled", "Searches by QueryString need an index, which is off.");
  }
  // Hidden items and what was softly deleted lie in no folder that is searched so.
  const bool shallow = std::string_view(request.attribute("Traversal").value()) == "Shallow";
  std::vector<ItemView> found;
  const Mailbox& mailbox = call.MailboxOf(folder);
  for (const auto& [number, item] : mailbox.items) {
    if (item.folder != folder.number || !shallow) continue;
    ItemView view = ViewOf(mailbox, item);
    view.concealed = IsConcealed(call, folder, item);
    CROSSPOINT_ASSIGN_OR_RETURN(const bool fits, Matches(view, request.child("m:Restriction")));
    if (fits) found.push_back(view);
  }
  if (request.child("m:SortOrder")) {
    CROSSPOINT_RETURN_IF_ERROR(Sort(found, request.child("m:SortOrder")));
  } else {
    std::reverse(found.begin(), found.end());  // newest first, as by DateTimeReceived
  }
  const pugi::xml_node view = request.child("m:IndexedPageItemView");
  const size_t asked = view.attribute("MaxEntriesReturned").as_uint(0);
  const size_t most = std::min(kMaxPage, static_cast<size_t>(call.limits.find_count));
  const size_t max = asked == 0 ? most : std::min(asked, most);
  const size_t given = std::min<size_t>(view.attribute("Offset").as_uint(0), found.size());
  const bool from_end = std::string_view(view.attribute("BasePoint").value()) == "End";
  const size_t begin = from_end ? found.size() - std::min(found.size(), given + max) : given;
  const size_t end = from_end ? found.size() - given : std::min(found.size(), begin + max);
  Page page;
  page.total = found.size();
  page.views.assign(found.begin() + static_cast<std::ptrdiff_t>(begin),
                    found.begin() + static_cast<std::ptrdiff_t>(end));
  page.offset = from_end ? found.size() - begin : end;
  page.last = from_end ? begin == 0 : end == found.size();
  return page;
}

std::string Written(const Page& page, const ItemShape& shape, bool calendar_view) {
  XmlWriter out;
  out.Open("m:RootFolder");
  if (!calendar_view) out.Attribute("IndexedPagingOffset", std::to_string(page.offset));
  out.Attribute("TotalItemsInView", std::to_string(page.total));
  out.Attribute("IncludesLastItemInRange", page.last ? "true" : "false").Open("t:Items");
  for (const ItemView& view : page.views) WriteItem(out, view, shape, true);
  out.Close().Close();
  return out.Take();
}

}  // namespace

Answer FindItem(Call& call) {
  CROSSPOINT_ASSIGN_OR_RETURN(const ItemShape shape, ParseItemShape(call.request.child("m:ItemShape")));
  const pugi::xml_node calendar_view = call.request.child("m:CalendarView");
  if (call.request.child("m:GroupBy") || call.request.child("m:DistinguishedGroupBy") ||
      call.request.child("m:FractionalPageItemView") || call.request.child("m:SeekToConditionPageItemView")) {
    Messages messages("FindItem");
    messages.Add(EwsError("ErrorInvalidOperation", "Grouping and this kind of paging are not simulated."));
    return messages.Take();
  }
  Messages messages("FindItem");
  for (const pugi::xml_node id : Elements(call.request.child("m:ParentFolderIds"))) {
    const auto folder = FolderOf(call, id);
    if (!folder.ok()) {
      messages.Add(folder.status());
      continue;
    }
    const auto page = calendar_view ? CalendarPage(call, **folder, calendar_view) : IndexedPage(call, **folder);
    if (!page.ok() && EwsCode(page.status()) == "ErrorSchemaValidation") return page.status();
    page.ok() ? messages.Add(Written(*page, shape, static_cast<bool>(calendar_view))) : messages.Add(page.status());
  }
  return messages.Take();
}

}  // namespace crosspoint::exchange_sim
