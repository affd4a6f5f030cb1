#include "connectors/ews/codec/request_parts.h"
#include "connectors/ews/codec/requests.h"
#include "connectors/ews/codec/search_names.h"

// FindItem with restrictions, and the pieces of searching that other requests share.
namespace crosspoint::ews {
namespace {

void WriteSearchField(XmlWriter& xml, const SearchField& field) {
  if (const auto* path = std::get_if<PropertyPath>(&field)) {
    WritePropertyPath(xml, *path);
    return;
  }
  const auto& name = std::get<FieldName>(field);
  if (name.index.empty()) {
    xml.Empty("t:FieldURI", {{"FieldURI", name.uri}});
  } else {
    xml.Empty("t:IndexedFieldURI", {{"FieldURI", name.uri}, {"FieldIndex", name.index}});
  }
}

void WriteTerm(XmlWriter& xml, const Restriction& term) {
  using Kind = Restriction::Kind;
  const std::string element = "t:" + std::string(NameOf(kRestrictionNames, term.kind));
  if (term.kind == Kind::kContains) {
    xml.Open(element, {{"ContainmentMode", NameOf(kContainmentModeNames, term.mode)},
                       {"ContainmentComparison", NameOf(kContainmentComparisonNames, term.comparison)}});
  } else {
    xml.Open(element);
  }
  switch (term.kind) {
    case Kind::kAnd:
    case Kind::kOr:
    case Kind::kNot:
      for (const Restriction& inner : term.terms) WriteTerm(xml, inner);
      break;
    case Kind::kContains:
      WriteSearchField(xml, term.field);
      xml.Empty("t:Constant", {{"Value", term.value}});
      break;
    case Kind::kExists:
      WriteSearchField(xml, term.field);
      break;
    default:
      WriteSearchField(xml, term.field);
      xml.Open("t:FieldURIOrConstant").Empty("t:Constant", {{"Value", term.value}}).Close();
  }
  xml.Close();
}

void WriteSortOrder(XmlWriter& xml, const std::vector<SortKey>& sort) {
  if (sort.empty()) return;
  xml.Open("m:SortOrder");
  for (const SortKey& key : sort) {
    xml.Open("t:FieldOrder", {{"Order", key.descending ? "Descending" : "Ascending"}});
    WriteSearchField(xml, key.field);
    xml.Close();
  }
  xml.Close();
}

}  // namespace

void WritePage(XmlWriter& xml, std::string_view element, const PageQuery& page) {
  xml.Empty(element, {{"MaxEntriesReturned", std::to_string(page.max_entries)},
                      {"Offset", std::to_string(page.offset)},
                      {"BasePoint", page.from_end ? "End" : "Beginning"}});
}

void WriteRestriction(XmlWriter& xml, const std::optional<Restriction>& restriction) {
  if (!restriction) return;
  xml.Open("m:Restriction");
  WriteTerm(xml, *restriction);
  xml.Close();
}

std::string WriteFindItems(const RequestHeader& header, const FindItemsQuery& query,
                           const std::function<void(XmlWriter&)>& write_shape) {
  return WriteEnvelope(header, TakesTimeZone::kYes, [&](XmlWriter& xml) {
    xml.Open("m:FindItem", {{"Traversal", "Shallow"}});
    write_shape(xml);
    WritePage(xml, "m:IndexedPageItemView", query.page);
    WriteRestriction(xml, query.restriction);
    WriteSortOrder(xml, query.sort);
    WriteFolderRefs(xml, "m:ParentFolderIds", {query.folder});
    xml.Close();
  });
}

}  // namespace crosspoint::ews
