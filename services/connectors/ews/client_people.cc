#include "common/status/status.h"
#include "connectors/ews/client.h"
#include "connectors/ews/codec/requests.h"
#include "connectors/ews/codec/responses.h"
#include "connectors/ews/soap/text.h"
#include "connectors/ews/transport.h"

namespace crosspoint::ews {

absl::StatusOr<PeoplePage> EwsClient::FindPeople(const FindPeopleQuery& query, const EwsCall& call) {
  CROSSPOINT_RETURN_IF_ERROR(query.page.Validate());
  if (query.page.from_end) return InvalidField("page.from_end", "people are counted from the first");
  const auto read = [&](std::string_view xml, const XmlLimits& limits) -> absl::StatusOr<PeoplePage> {
    CROSSPOINT_ASSIGN_OR_RETURN(PeoplePage page, ReadFindPeople(xml, limits));
    const size_t count = page.people.size();
    const int next = query.page.offset + static_cast<int>(count);
    // Nothing in this answer says that it is the last: only the number of all, which some servers leave at zero.
    if (page.end.total.value_or(0) > 0) {
      page.end.includes_last = next >= *page.end.total;
    } else {
      page.end.total.reset();
      page.end.includes_last = count < static_cast<size_t>(query.page.max_entries);
    }
    CROSSPOINT_RETURN_IF_ERROR(CompletePageEnd(query.page, count, page.end));
    return page;
  };
  return transport_->Call("FindPeople", WriteFindPeople(transport_->Header(call), query), call, Effect::kReads, read);
}

absl::StatusOr<DistributionList> EwsClient::ExpandDistributionList(const std::string& email, const EwsCall& call) {
  if (Trim(email).empty()) return InvalidField("email", "must not be blank");
  return transport_->Call("ExpandDL", WriteExpandDl(transport_->Header(call), {.email = email}, {}), call,
                          Effect::kReads, ReadExpandDl);
}

absl::StatusOr<DistributionList> EwsClient::ExpandDistributionList(const ItemId& contact, const EwsCall& call) {
  if (contact.id.empty()) return InvalidField("contact", "has no id");
  return transport_->Call("ExpandDL", WriteExpandDl(transport_->Header(call), {}, contact), call, Effect::kReads,
                          ReadExpandDl);
}

}  // namespace crosspoint::ews
