#pragma once

#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "connectors/ews/types.h"

namespace crosspoint::ews {

// Servers refuse restrictions with more nodes, and give at most that many entries at once. Source: ResponseCode page
// and "EWS throttling in Exchange".
inline constexpr int kMaxRestrictionNodes = 255;
inline constexpr int kMaxPageEntries = 1000;

// A field by its name in the interface ("item:Subject"), or one of a list ("contacts:PhoneNumber", "MobilePhone").
struct FieldName {
  std::string uri;
  std::string index;  // empty unless the field is a list with keys
  bool operator==(const FieldName&) const = default;
};
using SearchField = std::variant<FieldName, PropertyPath>;

// What a field is compared with, as EWS spells it.
class SearchValue {
 public:
  SearchValue(std::string text) : text_(std::move(text)) {}  // NOLINT(google-explicit-constructor)
  SearchValue(const char* text) : text_(text) {}             // NOLINT(google-explicit-constructor)
  SearchValue(int number);                                   // NOLINT(google-explicit-constructor)
  SearchValue(bool value);                                   // NOLINT(google-explicit-constructor)
  SearchValue(TimePoint time);                               // NOLINT(google-explicit-constructor)
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

enum class ContainmentMode { kFullString, kPrefixed, kSubstring, kPrefixOnWords, kExactPhrase };
enum class ContainmentComparison { kExact, kIgnoreCase, kIgnoreCaseAndAccents };

// A condition on items or folders: a tree made by the functions below.
struct Restriction {
  enum class Kind {
    kIsEqualTo,
    kIsNotEqualTo,
    kIsLessThan,
    kIsLessThanOrEqualTo,
    kIsGreaterThan,
    kIsGreaterThanOrEqualTo,
    kContains,
    kExists,
    kAnd,
    kOr,
    kNot
  };
  Kind kind = Kind::kExists;
  SearchField field;  // all but kAnd, kOr, kNot
  std::string value;  // comparisons and kContains
  ContainmentMode mode = ContainmentMode::kSubstring;
  ContainmentComparison comparison = ContainmentComparison::kIgnoreCase;
  std::vector<Restriction> terms;  // kAnd, kOr: at least one; kNot: exactly one

  // kInvalidArgument when it has too many nodes, a term is missing or a field is not named.
  absl::Status Validate() const;
};

Restriction Compare(Restriction::Kind kind, SearchField field, const SearchValue& value);
Restriction IsEqualTo(SearchField field, const SearchValue& value);
Restriction IsNotEqualTo(SearchField field, const SearchValue& value);
Restriction Contains(SearchField field, std::string text, ContainmentMode mode = ContainmentMode::kSubstring,
                     ContainmentComparison comparison = ContainmentComparison::kIgnoreCase);
Restriction Exists(SearchField field);
Restriction And(std::vector<Restriction> terms);
Restriction Or(std::vector<Restriction> terms);
Restriction Not(Restriction term);

// Which part of a long answer. A server may send fewer than asked for, with more to come: go on at `next_offset` until
// `includes_last`.
struct PageQuery {
  int offset = 0;
  int max_entries = 100;  // 1 to 1000
  bool from_end = false;  // counts from the last entry backwards
  // kInvalidArgument.
  absl::Status Validate() const;
};

struct SortKey {
  SearchField field;
  bool descending = false;
};

struct FindItemsQuery {
  FolderRef folder;
  std::optional<Restriction> restriction;
  std::vector<SortKey> sort;
  PageQuery page;
  std::vector<PropertyPath> properties;  // to be told with each item
  // kInvalidArgument.
  absl::Status Validate() const;
};

// Where a page ends.
struct PageEnd {
  bool includes_last = true;
  int next_offset = 0;  // where to go on; beyond this page even if the server does not tell
  std::optional<int> total;
};

// Completes the end of a page of `count` entries with what the server left out.
//   kUnavailable  there is more, yet nothing came and nothing says where to go on: ask again later
absl::Status CompletePageEnd(const PageQuery& query, size_t count, PageEnd& end);

}  // namespace crosspoint::ews
